"""A GPU that fails or is stuck: asked again, then the processor reads, and it is said.

The GPU here is a model that behaves as one does: it computes, raises what torch raises,
or never comes back.
"""

import asyncio
import copy
import gc
import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.agent import quantising
from app.agent.adapters import Mind
from app.agent.desk_agent import DeskAgent
from app.agent.glm import LoadedGlm, load_glm
from app.agent.watch import FULL, Limits, failure_of_gpu, free_memory, out_of_memory
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, ModelMemoryError, ModelMissingError
from app.core.model import (
    Call,
    Check,
    Intent,
    Origin,
    QuestionKind,
    Understanding,
    Utterance,
)
from app.core.observation import Observation
from app.system import worker as worker_module
from app.system.worker import InferenceWorker, left_behind
from tests.unit.agent.sentences import directory

SITES = directory()
WORDS = "查一下济南的人数"
LOGGED = {"app.agent.watched", "app.agent.desk_agent", "app.system.worker"}
PATIENT = Limits(load_s=60.0, step_s=60.0)
QUICK = Limits(load_s=60.0, step_s=0.2)


@dataclass
class Gpu:
    """A model on a GPU that may break."""

    model: Any
    error: Exception | None = None
    stuck: bool = False
    gate: threading.Event = field(default_factory=threading.Event)
    """Set: what is stuck comes back after all."""
    waits: bool = False

    def __call__(self, *args: object, **options: object) -> object:
        if self.error is not None:
            raise self.error
        if self.stuck:
            self.waits = True
            self.gate.wait(30)
            self.waits = self.stuck = False
        return self.model(*args, **options)

    def __getattr__(self, name: str) -> object:
        return getattr(self.model, name)


@dataclass
class Bench:
    """An agent on a GPU, and what it was told to load on the processor."""

    agent: DeskAgent
    worker: InferenceWorker
    gpu: Gpu
    asked: list[str]

    async def say(self, text: str = WORDS) -> Understanding:
        utterance = Utterance(text=text, origin=Origin.TYPED)
        return await self.agent.understand(utterance, cancel=CancelToken())

    async def recovered(self) -> None:
        thread = self.agent._model._recovery
        assert thread is not None
        await asyncio.to_thread(thread.join, 20)


async def until(true: Callable[[], bool]) -> None:
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came")


async def came_back() -> None:
    """Wait for the thread that was left behind last."""
    await asyncio.to_thread(worker_module._left_behind[-1].join, 20)


@pytest.fixture(scope="module")
def on_cpu(tiny: tuple[Path, Path]) -> LoadedGlm:
    return load_glm(*tiny, device="cpu")


def own(glm: LoadedGlm) -> LoadedGlm:
    """Give a model of one's own: what is let go is taken apart."""
    return replace(glm, model=copy.deepcopy(glm.model))


Make = Callable[..., Bench]


@pytest.fixture
def make(on_cpu: LoadedGlm, caplog: pytest.LogCaptureFixture) -> Iterator[Make]:
    made: list[Bench] = []

    def bench(
        *,
        limits: Limits = PATIENT,
        load: Callable[[], None] = lambda: None,
        load_on_cpu: Callable[[], None] = lambda: None,
        smaller: Callable[[LoadedGlm], LoadedGlm] | None = None,
    ) -> Bench:
        worker, gpu, asked = InferenceWorker(), Gpu(own(on_cpu).model), []
        on_gpu = replace(on_cpu, device="cuda", precision="bfloat16", not_gpu="")

        def first() -> LoadedGlm:
            load()
            return replace(on_gpu, model=gpu)

        def again(why: str) -> LoadedGlm:
            asked.append(why)
            load_on_cpu()
            return replace(own(on_cpu), not_gpu=why)

        agent = DeskAgent(
            worker,
            SITES,
            first,
            load_on_cpu=again,
            load_smaller=smaller,
            limits=limits,
        )
        made.append(Bench(agent, worker, gpu, asked))
        return made[-1]

    with caplog.at_level(logging.INFO):
        yield bench
        for one in made:
            one.gpu.gate.set()
            one.worker.close()
    # That the GPU was given up is logged, and nothing else may be.
    told = caplog.get_records("call")
    assert {r.name for r in told if r.levelno >= logging.WARNING} <= LOGGED
    told.clear()


ERRORS = [
    (torch.AcceleratorError("CUDA error: device-side assert triggered"), "assert"),
    (RuntimeError("CUDA error: an illegal memory access\nCompile with"), "illegal"),
    (RuntimeError("cublas failed: CUBLAS_STATUS_EXECUTION_FAILED"), "CUBLAS"),
    (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "显存不足"),
]


@pytest.mark.parametrize(("error", "said"), ERRORS)
async def test_a_command_on_a_failed_gpu_is_asked_again_and_then_read_on_the_cpu(
    make: Make, error: Exception, said: str
) -> None:
    bench = make()
    assert (await bench.agent.health()).ok
    bench.gpu.error = error
    made = await bench.say()
    assert made.calls == ()
    assert made.intent is Intent.UNCLEAR
    assert made.question is not None
    assert made.question.kind is QuestionKind.SAY_AGAIN
    assert made.question.candidates == ()
    assert said in made.question.sentence
    assert said in made.notes[0]
    await bench.recovered()
    health = await bench.agent.health()
    assert not health.ok
    assert "(cpu, float32)" in health.detail
    assert f"未使用 GPU: {made.notes[0]}" in health.detail
    assert "重新启动" in health.remedy
    assert (await bench.say()).model == "tiny+prefix"
    assert len(bench.asked) == 1
    assert said in bench.asked[0]


async def test_a_stuck_command_is_asked_again_and_holds_nobody_up(make: Make) -> None:
    bench = make(limits=QUICK)
    await bench.agent.warm_up()
    bench.gpu.stuck = True
    asked = asyncio.create_task(bench.say())
    await asyncio.sleep(0)
    hearing = asyncio.create_task(bench.worker.run(lambda: "heard"))
    made = await asked
    assert made.calls == ()
    assert made.question is not None
    assert "显卡无响应 (一次计算超过 0.2 秒)" in made.question.sentence
    assert await hearing == "heard", "what waited behind it goes on"
    assert bench.gpu.waits, "nobody waited for it"
    await bench.recovered()
    assert (await bench.say()).model == "tiny+prefix"
    # It comes back after all: nothing of that is used, and nothing is loaded anew.
    reads = bench.agent._model.mind
    bench.gpu.gate.set()
    await came_back()
    assert (await bench.say()).model == "tiny+prefix"
    assert bench.agent._model.mind is reads
    assert len(bench.asked) == 1


async def test_a_stuck_command_that_was_cancelled_is_given_up_all_the_same(
    make: Make,
) -> None:
    bench = make(limits=QUICK)
    await bench.agent.warm_up()
    bench.gpu.stuck = True
    asked = asyncio.create_task(bench.say())
    await asyncio.sleep(0.05)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert await bench.worker.run(lambda: "heard") == "heard"
    assert bench.gpu.waits, "nobody waited for it"
    await bench.recovered()
    assert not (await bench.agent.health()).ok


async def test_a_gpu_that_is_stuck_while_it_loads_leaves_the_cpu(make: Make) -> None:
    gate = threading.Event()
    bench = make(limits=Limits(load_s=0.2, step_s=60), load=lambda: gate.wait(30))
    await bench.agent.warm_up()
    await bench.recovered()
    health = await bench.agent.health()
    assert "载入模型超过 0.2 秒, 显卡可能没有响应" in health.detail
    assert "(cpu, float32)" in health.detail
    reads = bench.agent._model.mind
    gate.set()
    await came_back()
    assert (await bench.say()).model == "tiny+prefix"
    assert bench.agent._model.mind is reads


async def test_a_gpu_that_fails_at_its_first_computation_leaves_the_cpu(
    make: Make,
) -> None:
    bench = make()
    bench.gpu.error = RuntimeError("CUDA error: no kernel image is available")
    await bench.agent.warm_up()
    await bench.recovered()
    assert "no kernel image" in (await bench.agent.health()).detail
    assert (await bench.say()).model == "tiny+prefix"


async def test_a_sentence_on_a_failed_gpu_is_the_rules(make: Make) -> None:
    call, seen = (
        Call(SITES.sites()[0], Check.HEADCOUNT),
        Observation(expected=2, actual=2),
    )
    for stuck in (False, True):
        bench = make(limits=QUICK if stuck else PATIENT)
        await bench.agent.warm_up()
        bench.gpu.stuck = stuck
        bench.gpu.error = None if stuck else RuntimeError("CUDA error: unknown")
        found = await bench.agent.summarise(call, seen, cancel=CancelToken())
        assert found.summary == "[人数检测] 应到2人, 实到2人, 无人缺勤, 正常出工"
        assert found.model_sentence == ""
        await bench.recovered()
        assert len(bench.asked) == 1


async def test_rules_read_while_the_model_is_loaded_on_the_cpu(make: Make) -> None:
    gate = threading.Event()
    bench = make(load_on_cpu=lambda: gate.wait(30))
    await bench.agent.warm_up()
    bench.gpu.error = RuntimeError("CUDA error: unknown error")
    await bench.say()
    try:
        health = await bench.agent.health()
        assert not health.ok
        assert health.detail.startswith("仅规则 (显卡运算出错")
        assert "正在改用 CPU 载入模型" in health.detail
        made = await bench.say()
        assert len(made.calls) == 1
        assert "语言模型正在 CPU 上载入, 本次仅按规则理解" in made.notes
    finally:
        gate.set()
    await bench.recovered()
    assert (await bench.say()).model


async def test_a_cpu_that_cannot_hold_the_model_leaves_rules_with_both_reasons(
    make: Make,
) -> None:
    def refuse() -> None:
        raise ModelMissingError("内存不足", "请加装内存。")

    bench = make(load_on_cpu=refuse)
    await bench.agent.warm_up()
    bench.gpu.error = RuntimeError("CUDA error: unknown error")
    await bench.say()
    await bench.recovered()
    health = await bench.agent.health()
    assert "显卡运算出错" in health.detail
    assert "改用 CPU 也没有成功: 内存不足" in health.detail
    assert len((await bench.say()).calls) == 1


async def test_what_is_not_the_gpus_fault_does_not_cost_the_gpu(make: Make) -> None:
    bench = make()
    await bench.agent.warm_up()
    bench.gpu.error = ValueError("index out of range")
    made = await bench.say()
    assert "模型出错, 本次仅按规则理解" in made.notes
    bench.gpu.error = None
    assert (await bench.say()).model
    assert (await bench.agent.health()).ok
    assert bench.asked == []


async def test_a_slow_processor_is_waited_for(on_cpu: LoadedGlm) -> None:
    worker = InferenceWorker()
    agent = DeskAgent(worker, SITES, lambda: on_cpu, limits=Limits(step_s=1e-9))
    said = Utterance(text=WORDS, origin=Origin.TYPED)
    made = await agent.understand(said, cancel=CancelToken())
    worker.close()
    assert made.model == "tiny+prefix"


def test_a_failure_is_told_through_what_it_was_wrapped_in() -> None:
    def raised(outer: Exception, inner: Exception) -> Exception:
        try:
            raise outer from inner
        except Exception as error:  # noqa: BLE001
            return error

    inner = RuntimeError("CUDA error: invalid device ordinal")
    assert "ordinal" in failure_of_gpu(raised(ModelCorruptError("无法读取"), inner))
    none_left = raised(ModelMemoryError("装不下"), torch.OutOfMemoryError("CUDA"))
    assert failure_of_gpu(none_left) == "", "whoever chose tried the CPU as well"
    for other in (ValueError("CUDA error"), RuntimeError("size mismatch"), None):
        assert failure_of_gpu(other) == ""


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("CUDA driver error: out of memory"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("CUDA_ERROR_OUT_OF_MEMORY"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError(
            "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"
        ),
    ],
)
def test_a_gpu_without_memory_is_known_in_all_its_words(error: Exception) -> None:
    assert failure_of_gpu(error) == FULL
    assert out_of_memory(error)


def test_a_machine_without_memory_is_no_full_gpu() -> None:
    for error in (
        MemoryError(),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ):
        assert failure_of_gpu(error) == ""
        assert out_of_memory(error), "another way to hold the model may still do"


async def test_memory_is_given_back_when_the_desk_closes(
    tiny: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied: list[str] = []
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: emptied.append("cuda"))
    kept: list[LoadedGlm] = []

    def load() -> LoadedGlm:
        kept.append(replace(load_glm(*tiny, device="cpu"), device="cuda"))
        # What refers to itself, as hooks make models do, is freed when it is collected.
        kept[-1].model.itself = [kept[-1].model]
        return kept[-1]

    worker = InferenceWorker()
    agent = DeskAgent(worker, SITES, load, release=kept.clear)
    await agent.warm_up()
    said = Utterance(text=WORDS, origin=Origin.TYPED)
    await agent.understand(said, cancel=CancelToken())
    weights = weakref.ref(kept[0].model)
    # No collection of garbage may be needed: in the desk's threads it would delete
    # what is left of windows.
    gc.disable()
    try:
        agent.release()
        agent.release()
        worker.close()
        assert weights() is None
    finally:
        gc.enable()
    assert emptied == ["cuda"]
    assert agent.name == "仅规则 (模型已释放)"


async def test_closing_does_not_wait_for_what_is_loaded_in_the_gpus_place(
    make: Make,
) -> None:
    gate = threading.Event()
    bench = make(load_on_cpu=lambda: gate.wait(30))
    await bench.agent.warm_up()
    bench.gpu.error = RuntimeError("CUDA error: unknown error")
    await bench.say()
    bench.agent.release()
    bench.worker.close()
    assert left_behind(), "the program ends past it"
    gate.set()
    await bench.recovered()
    assert bench.agent._model.mind is None, "nobody wants it any more"


async def test_what_is_still_loading_when_the_desk_closes_is_let_go(
    on_cpu: LoadedGlm,
) -> None:
    begun, gate, released = threading.Event(), threading.Event(), []

    def load() -> LoadedGlm:
        begun.set()
        gate.wait(30)
        return own(on_cpu)

    worker = InferenceWorker()
    agent = DeskAgent(worker, SITES, load, release=lambda: released.append(True))
    warming = asyncio.create_task(agent.warm_up())
    await asyncio.to_thread(begun.wait, 20)
    agent.release()
    closing = asyncio.create_task(asyncio.to_thread(worker.close))
    gate.set()
    await warming
    await closing
    assert agent._model.mind is None
    assert agent.name == "仅规则 (模型已释放)"
    assert released
    # The house lets go once more where its window has closed before.
    agent.release()


async def test_a_load_that_was_given_up_says_nothing_when_it_fails_late(
    make: Make,
) -> None:
    gate, cpu = threading.Event(), threading.Event()

    def load() -> None:
        gate.wait(30)
        raise ModelMissingError("太迟了", "")

    bench = make(
        limits=Limits(load_s=0.2, step_s=60),
        load=load,
        load_on_cpu=lambda: cpu.wait(30),
    )
    await bench.agent.warm_up()
    gate.set()
    await came_back()
    said = bench.agent.name
    cpu.set()
    await bench.recovered()
    assert "正在改用 CPU 载入模型" in said


async def test_measuring_on_a_stuck_gpu_ends_without_figures(make: Make) -> None:
    bench = make(limits=QUICK)
    await bench.agent.warm_up()
    bench.gpu.stuck = True
    assert await bench.agent.measure([WORDS]) is None
    await bench.recovered()
    assert "显卡无响应" in (await bench.agent.health()).detail


def test_a_failed_gpu_that_keeps_its_memory_harms_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails() -> None:
        raise RuntimeError("CUDA error: device-side assert triggered")

    monkeypatch.setattr(torch.cuda, "empty_cache", fails)
    free_memory("cuda")


async def test_the_first_command_finds_everything_computed_once(
    on_cpu: LoadedGlm,
) -> None:
    read: list[int] = []

    class Counting(Gpu):
        def __call__(self, *args: Any, **options: Any) -> object:
            read.append(args[0].shape[1])
            return super().__call__(*args, **options)

    glm = replace(on_cpu, model=Counting(on_cpu.model))
    worker = InferenceWorker()
    agent = DeskAgent(worker, SITES, lambda: glm)
    await agent.warm_up()
    assert agent._model.mind is not None
    speed = agent._model.mind.tokens_per_s
    assert speed > 0
    assert f"每秒约 {speed:.3g} 个词元" in (await agent.health()).detail
    read.clear()
    said = Utterance(text=WORDS, origin=Origin.TYPED)
    await agent.understand(said, cancel=CancelToken())
    warm = read[0]
    read.clear()
    cold = Mind(glm).reader
    cold.read(said, agent._rules.read(WORDS), SITES, CancelToken())
    worker.close()
    assert warm < read[0], "the fixed part of the prompt is not computed again"


async def test_a_card_that_only_lacks_its_libraries_is_told_what_to_install(
    on_cpu: LoadedGlm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    monkeypatch.setattr(quantising, "has_nvidia_card", lambda: True)
    glm = replace(own(on_cpu), not_gpu=quantising.machine().no_gpu)
    worker = InferenceWorker()
    agent = DeskAgent(worker, SITES, lambda: glm)
    await agent.warm_up()
    health = await agent.health()
    assert health.ok
    assert "本机有 NVIDIA 显卡" in health.detail
    assert "GPU 组件" in health.remedy
    monkeypatch.setattr(quantising, "has_nvidia_card", lambda: False)
    assert quantising.machine().no_gpu == "安装的 torch 不支持 GPU"
    worker.close()


def test_loading_on_the_processor_asks_no_gpu(
    tiny: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(*_: object, **__: object) -> None:
        raise AssertionError("a stuck driver never answers")

    for name in ("is_available", "mem_get_info", "is_bf16_supported", "empty_cache"):
        monkeypatch.setattr(torch.cuda, name, stuck)
    assert load_glm(*tiny, device="cpu", quantisation="auto").device == "cpu"


OUT_OF_MEMORY = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate")
EIGHT_BITS = "GPU bfloat16 内存不足, 已降为 GPU 8bit"


class Smaller:
    """Gives the model in 8 bits on the same GPU, and says what it was asked."""

    def __init__(self, on_cpu: LoadedGlm, error: Exception | None = None) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked: list[LoadedGlm] = []
        self.gone: list[bool] = []
        self._on_cpu, self._error = on_cpu, error

    def __call__(self, full: LoadedGlm) -> LoadedGlm:
        self.asked.append(full)
        self.gone.append(not full.model.model.__dict__)
        self.gate.wait(30)
        if self._error is not None:
            raise self._error
        eight = replace(
            own(self._on_cpu), device="cuda", precision="8bit", notice=EIGHT_BITS
        )
        return replace(eight, not_gpu="")


async def test_a_command_without_memory_takes_the_model_one_step_down_on_the_gpu(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    assert (await bench.agent.health()).ok
    bench.gpu.error = RuntimeError("CUDA error: out of memory\nCompile with")
    made = await bench.say()
    assert made.calls == ()
    assert made.question is not None
    assert "显存不足" in made.question.sentence
    await bench.agent.warm_up()
    await bench.recovered()
    health = await bench.agent.health()
    assert health.ok
    assert health.detail.startswith(EIGHT_BITS)
    assert "(cuda, 8bit)" in health.detail
    assert "agent.quantisation" in health.remedy
    made = await bench.say()
    assert made.model
    assert EIGHT_BITS in made.notes
    assert (len(smaller.asked), smaller.gone) == (1, [True]), "the large one went first"
    assert bench.asked == [], "the processor was not needed"


async def test_rules_read_while_a_smaller_model_is_loaded(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    await bench.agent.warm_up()
    smaller.gate.clear()
    bench.gpu.error = OUT_OF_MEMORY
    await bench.say()
    try:
        health = await bench.agent.health()
        assert "正在以更小的精度重新载入模型" in health.detail
        made = await bench.say()
        assert len(made.calls) == 1
        assert "语言模型正在以更小的精度重新载入, 本次仅按规则理解" in made.notes
    finally:
        smaller.gate.set()
    await bench.recovered()
    assert (await bench.say()).model


async def test_a_sentence_without_memory_is_the_rules_and_steps_down_as_well(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    await bench.agent.warm_up()
    bench.gpu.error = OUT_OF_MEMORY
    call = Call(SITES.sites()[0], Check.HEADCOUNT)
    seen = Observation(expected=2, actual=2, wearing=2, carrying=2)
    found = await bench.agent.summarise(call, seen, cancel=CancelToken())
    assert found.summary == "[人数检测] 应到2人, 实到2人, 无人缺勤, 正常出工"
    await bench.agent.warm_up()
    await bench.recovered()
    assert len(smaller.asked) == 1


async def test_where_no_smaller_way_is_left_rules_read_and_say_why(
    make: Make, on_cpu: LoadedGlm
) -> None:
    refused = ModelMemoryError("内存不足, 装不下语言模型: GPU 8bit 内存不足")
    bench = make(smaller=Smaller(on_cpu, refused))
    await bench.agent.warm_up()
    bench.gpu.error = OUT_OF_MEMORY
    await bench.say()
    await bench.agent.warm_up()
    await bench.recovered()
    health = await bench.agent.health()
    assert not health.ok
    assert "装不下语言模型" in health.detail
    assert len((await bench.say()).calls) == 1


async def test_a_gpu_that_is_stuck_in_a_smaller_model_leaves_the_cpu(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    await bench.agent.warm_up()
    thread = bench.worker._thread
    bench.agent._model._limits = Limits(load_s=0.2, step_s=60.0)
    smaller.gate.clear()
    bench.gpu.error = OUT_OF_MEMORY
    await bench.say()
    try:
        await until(lambda: bool(bench.asked) and left_behind())
        assert bench.worker._thread is thread, "the worker is as well as it was"
    finally:
        smaller.gate.set()
    await bench.recovered()
    await came_back()
    assert "载入较小的模型超过 0.2 秒" in bench.asked[0]
    assert "(cpu, float32)" in (await bench.agent.health()).detail


async def test_a_model_without_memory_for_its_first_words_is_loaded_smaller(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    bench.gpu.error = OUT_OF_MEMORY
    health = await bench.agent.health()
    assert health.ok
    assert "(cuda, 8bit)" in health.detail
    assert smaller.gone == [True]
    assert bench.asked == []


async def test_closing_does_not_wait_for_a_smaller_model(
    make: Make, on_cpu: LoadedGlm
) -> None:
    smaller = Smaller(on_cpu)
    bench = make(smaller=smaller)
    await bench.agent.warm_up()
    smaller.gate.clear()
    bench.gpu.error = OUT_OF_MEMORY
    await bench.say()
    await until(lambda: bool(smaller.asked))
    bench.agent.release()
    bench.worker.close()
    smaller.gate.set()
    await bench.recovered()
    assert bench.agent._model.mind is None, "nobody wants it any more"
