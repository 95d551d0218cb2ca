"""Several adapters beside one base, each for its task, without reading it again."""

import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from app.agent import glm as glm_module
from app.agent.adapters import Mind
from app.agent.decoding import Decoder
from app.agent.desk_agent import DeskAgent
from app.agent.glm import LoadedGlm, load_glm
from app.agent.prompts import greeting_prompt, summary_prompt
from app.compose import House
from app.core.adapters import SHIPPED, Task
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, ModelMissingError, UsageError
from app.core.model import Call, Check, Origin, Site, Utterance
from app.core.observation import Observation
from app.house.model import DeskModel
from app.modelstore.active import ActiveFile, Choice, Use
from app.modelstore.adapters import AdapterShelf
from app.settings.declaration import AgentSettings
from app.sites.directory import Directory
from app.system.worker import InferenceWorker
from tests.unit.modelstore.packed import make_base, make_package

PROMPT = summary_prompt(Check.HEADCOUNT, expected=3, actual=2)
NAMES = ("one", "two")


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    return make_base(tmp_path_factory.mktemp("models") / "glm-mini")


@pytest.fixture(scope="module")
def packages(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("packages")
    return [
        make_package(folder, base, name=name, scale=scale)
        for name, scale in zip(NAMES, (0.3, 0.7), strict=True)
    ]


@pytest.fixture
def shelf(base: Path, packages: list[Path], tmp_path: Path) -> AdapterShelf:
    made = AdapterShelf(tmp_path / "adapters", lambda: base)
    for package in packages:
        made.import_package(package, accept=True)
    return made


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Say which weights were read."""
    found: list[str] = []
    read = AutoModelForCausalLM.from_pretrained

    def counted(folder: Path, *args: Any, **options: Any) -> Any:
        found.append(Path(folder).name)
        return read(folder, *args, **options)

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", counted)
    return found


def model_of(base: Path, shelf: AdapterShelf, **wanted: str) -> DeskModel:
    settings = AgentSettings(**{"device": "cpu", **wanted})
    return DeskModel(settings, lambda _: base, lambda: shelf)


def written(glm: LoadedGlm, prompt: str = PROMPT) -> str:
    return Decoder(glm).write(prompt, longest=24, cancel=CancelToken()).text


def alone(base: Path, shelf: AdapterShelf, name: str) -> LoadedGlm:
    """Give the model with one adapter, as if there were no other."""
    return load_glm(base, shelf.folder(name), device="cpu")


def test_another_adapter_takes_the_place_of_a_few_tensors(
    base: Path, shelf: AdapterShelf, reads: list[str]
) -> None:
    model = model_of(base, shelf)
    weights = model.load().model
    said = {}
    for name in (*NAMES, SHIPPED):
        shelf.activate(name)
        glm = model.load()
        assert glm.model is weights
        said[name] = written(glm)
    assert reads == ["glm-mini"]
    for name, text in said.items():
        assert text == written(alone(base, shelf, name))
    assert len(set(said.values())) == len(said), "each reads in its own way"


async def test_each_task_is_asked_of_the_adapter_that_does_it(
    base: Path, shelf: AdapterShelf, reads: list[str]
) -> None:
    shelf.activate("one", [Task.SUMMARY])
    shelf.activate("two", [Task.GREETING])
    model = model_of(base, shelf)
    worker = InferenceWorker()
    sites = Directory([Site(id="jn", name="济南")])
    agent = DeskAgent(worker, sites, model.load)
    await agent.warm_up()
    assert agent.name == (
        "glm-mini+adapter (cpu, float32), 总结: glm-mini+one, 问候: glm-mini+two"
    )
    said = Utterance(text="查一下济南的人数", origin=Origin.TYPED)
    made = await agent.understand(said, cancel=CancelToken())
    assert made.model == "glm-mini+adapter"
    call, seen = (
        Call(sites.sites()[0], Check.HEADCOUNT),
        Observation(expected=3, actual=2),
    )
    found = await agent.summarise(call, seen, cancel=CancelToken())
    worker.close()
    assert reads == ["glm-mini"]
    one = Decoder(alone(base, shelf, "one"))
    wanted = one.write(PROMPT, longest=72, cancel=CancelToken()).text
    assert found.model_sentence == wanted


def test_adapters_of_one_task_keep_nothing_of_anothers(
    base: Path, shelf: AdapterShelf
) -> None:
    shelf.activate("one", [Task.SUMMARY, Task.GREETING])
    mind = Mind(model_of(base, shelf).load())
    decoders = mind.decoders
    assert decoders[Task.SUMMARY] is decoders[Task.GREETING]
    assert decoders[Task.SUMMARY] is not decoders[Task.UNDERSTANDING]
    prompts = {Task.SUMMARY: PROMPT, Task.GREETING: greeting_prompt("你好")}
    fresh = alone(base, shelf, "one")
    for _ in range(2):
        mind.warm_up()
        for task, prompt in prompts.items():
            text = decoders[task].write(prompt, longest=24, cancel=CancelToken()).text
            assert text == written(fresh, prompt)


def test_an_adapter_that_breaks_leaves_its_task_to_the_shipped_one(
    base: Path, shelf: AdapterShelf, tmp_path: Path
) -> None:
    shelf.activate("one", [Task.SUMMARY])
    shelf.activate("two", [Task.UNDERSTANDING])
    model = model_of(base, shelf)
    assert model.load().at(Task.SUMMARY).name == "glm-mini+one"
    assert model.fault is None
    (weights,) = (tmp_path / "adapters" / "one").rglob("adapter_model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    glm = model.load()
    assert glm.name == "glm-mini+two"
    assert glm.at(Task.SUMMARY).name == "glm-mini+adapter"
    assert model.fault is not None
    assert "one" in model.fault.message
    assert model.fault.message.startswith(
        "用于总结的适配器不能使用, 已改用随程序附带的: "
    )
    (tmp_path / "adapters" / "active.json").write_text("{")
    assert model.load().name == "glm-mini+adapter"
    assert "已损坏" in model.fault.message
    assert model.fault.message.startswith("启用的适配器不能使用, ")


def test_where_no_adapter_is_shipped_nothing_else_is_said(
    base: Path, shelf: AdapterShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.activate("one")
    (weights,) = (tmp_path / "adapters" / "one").rglob("adapter_model.safetensors")
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    folder = shelf.folder
    monkeypatch.setattr(
        shelf, "folder", lambda name: None if name == SHIPPED else folder(name)
    )
    model = model_of(base, shelf)
    assert model.load().name == "glm-mini"
    assert model.fault is not None
    assert "已改用没有适配器的底座" in model.fault.message
    assert "随程序附带" not in model.fault.message


def test_what_a_given_up_gpu_finds_late_changes_nothing(
    base: Path, shelf: AdapterShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(base, shelf, device="auto")
    read, stuck = model._names, iter([True])

    def names(found: Any) -> Any:
        if next(stuck, False):
            model.load_on_cpu("显卡无响应")
            raise ModelMissingError("太迟了", "")
        return read(found)

    monkeypatch.setattr(model, "_names", names)
    with pytest.raises(ModelMissingError):
        model.load()
    assert model.fault is None
    assert model._adapter is not None


def test_without_the_gpu_all_is_read_once_more_and_never_on_it(
    base: Path, shelf: AdapterShelf, reads: list[str]
) -> None:
    model = model_of(base, shelf, device="auto")
    first = model.load()
    assert model.may_use_gpu
    glm = model.load_on_cpu("显卡无响应")
    assert reads == ["glm-mini"] * 2
    assert glm.model is not first.model
    assert (glm.device, glm.not_gpu) == ("cpu", "显卡无响应")
    shelf.activate("one")
    again = model.load()
    assert again.model is glm.model
    assert again.not_gpu == "显卡无响应"
    assert not model_of(base, shelf, device="cpu").may_use_gpu
    model.release()
    assert model.load().model is not glm.model


def test_a_model_without_memory_is_loaded_the_next_way_and_stays_there(
    base: Path, shelf: AdapterShelf, reads: list[str]
) -> None:
    model = model_of(base, shelf)
    shelf.activate("two")
    first = model.load()
    assert (first.precision, first.notice) == ("float32", "")
    second = model.load_smaller(first)
    assert (second.name, second.precision) == (first.name, "bfloat16")
    assert second.notice == "CPU float32 内存不足, 已降为 CPU bfloat16"
    third = model.load_smaller(second)
    assert third.precision == "8bit"
    assert third.notice.startswith("CPU float32、CPU bfloat16 内存不足")
    assert reads == ["glm-mini"] * 3
    # A lost GPU begins at the best that the processor has.
    assert model.load_on_cpu("显卡无响应").precision == "float32"


@pytest.mark.parametrize("wrapped", [False, True], ids=["bare", "as a fault"])
def test_an_adapter_without_memory_beside_the_base_leads_to_a_smaller_base(
    base: Path,
    shelf: AdapterShelf,
    reads: list[str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    *,
    wrapped: bool,
) -> None:
    check, times, full = glm_module.check_effect, iter([True]), []

    def checked(model: Any, *rest: Any) -> Any:
        if next(times, False):
            full.append(model)
            error = RuntimeError("CUDA error: out of memory")
            if wrapped:
                raise ModelCorruptError("适配器无法读取") from error
            raise error
        return check(model, *rest)

    monkeypatch.setattr(glm_module, "check_effect", checked)
    shelf.activate("one")
    model = model_of(base, shelf)
    glm = model.load()
    assert (glm.name, glm.precision) == ("glm-mini+one", "bfloat16")
    assert glm.notice == "CPU float32 内存不足, 已降为 CPU bfloat16"
    assert model.fault is None, "it is no fault of the adapter's"
    assert not full[0].__dict__, "the large one went first"
    assert reads == ["glm-mini"] * 2
    assert model.load().model is glm.model
    assert "no memory for its adapters" in caplog.text
    caplog.clear()


def test_a_lost_gpu_begins_at_the_best_and_still_steps_down(
    base: Path,
    shelf: AdapterShelf,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    model = model_of(base, shelf)
    assert model.load_smaller(model.load()).precision == "bfloat16"
    check, times = glm_module.check_effect, iter([True])

    def checked(*given: Any) -> Any:
        if next(times, False):
            raise MemoryError
        return check(*given)

    monkeypatch.setattr(glm_module, "check_effect", checked)
    glm = model.load_on_cpu("显卡无响应")
    assert glm.precision == "bfloat16"
    assert glm.notice == "CPU float32 内存不足, 已降为 CPU bfloat16"
    assert glm.not_gpu == "显卡无响应"
    caplog.clear()


def test_what_runs_out_of_memory_on_a_given_up_gpu_takes_nothing_apart(
    base: Path, shelf: AdapterShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = model_of(base, shelf, device="auto")
    read, stuck, made = model._names, iter([True]), []

    def names(found: Any) -> Any:
        if next(stuck, False):
            made.append(model.load_on_cpu("显卡无响应"))
            raise RuntimeError("CUDA error: out of memory")
        return read(found)

    monkeypatch.setattr(model, "_names", names)
    with pytest.raises(RuntimeError):
        model.load()
    assert model.load().model is made[0].model
    assert made[0].notice == ""


def test_memory_is_counted_for_what_the_adapters_in_use_have_before_a_prompt(
    base: Path, shelf: AdapterShelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    load = glm_module.load_glm

    def loading(*given: Any, beside: Any, **options: Any) -> Any:
        asked.extend(beside)
        return load(*given, beside=beside, **options)

    monkeypatch.setattr(glm_module, "load_glm", loading)
    shelf.activate("one", [Task.SUMMARY])
    model_of(base, shelf).load()
    assert set(asked) == {shelf.folder("one"), shelf.folder(SHIPPED)}


def test_an_adapter_that_the_settings_insist_on_does_every_task(
    base: Path, shelf: AdapterShelf
) -> None:
    shelf.activate("one", [Task.SUMMARY])
    own = shelf.folder("two")
    assert own is not None
    model = DeskModel(
        AgentSettings(device="cpu", adapter="two"),
        lambda name: own if name == "two" else base,
        lambda: shelf,
    )
    glm = model.load()
    assert glm.others == ()
    assert written(glm) == written(alone(base, shelf, "two"))


def test_tasks_are_given_and_taken_back_together(shelf: AdapterShelf) -> None:
    shelf.activate("one", [Task.SUMMARY, Task.GREETING])
    used = {sheet.name: sheet for sheet in shelf.sheets()}
    assert used[SHIPPED].tasks == (Task.UNDERSTANDING,)
    assert used[SHIPPED].active
    assert used["one"].tasks == (Task.SUMMARY, Task.GREETING)
    assert not used["one"].active
    assert used["two"].tasks == ()
    with pytest.raises(UsageError, match="正在使用"):
        shelf.remove("one")
    assert shelf.activate("two").tasks == tuple(Task)
    back = shelf.rollback()
    assert (back.name, back.tasks) == (SHIPPED, (Task.UNDERSTANDING,))
    assert shelf.in_use()[Task.GREETING] == "one"
    assert shelf.rollback().tasks == tuple(Task)


def test_a_choice_of_an_earlier_version_is_for_every_task(tmp_path: Path) -> None:
    file = ActiveFile(tmp_path / "active.json")
    file.path.write_text('{"active": "one", "former": ["shipped"]}', encoding="utf-8")
    one = Use(understanding="one", summary="one", greeting="one")
    assert file.read() == Choice(use=one, former=(Use(),))
    mixed = one.given("two", [Task.SUMMARY])
    file.write(file.read().then(mixed))
    assert file.read() == Choice(use=mixed, former=(Use(), one))
    stated = json.loads(file.path.read_text(encoding="utf-8"))
    assert stated["former"] == ["shipped", "one"], "as earlier versions read it"


async def test_the_desk_gives_the_memory_back_when_it_closes(
    base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDDESK_MODELS", str(base.parent))
    with House() as house:
        assert (await house.agent.health()).ok
        weights = weakref.ref(house.model.load().model)
        await house.desk.close()
        assert weights() is None
    with House() as house:
        assert (await house.agent.health()).ok
        weights = weakref.ref(house.model.load().model)
    assert weights() is None
