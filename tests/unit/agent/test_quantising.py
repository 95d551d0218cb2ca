"""Weights in 8 and 4 bits for real, and what happens where memory ends."""

import logging
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.agent import quantising
from app.agent.decoding import Decoder
from app.agent.desk_agent import DeskAgent
from app.agent.glm import LoadedGlm, load_glm
from app.agent.grammar import grammar_for
from app.agent.precision import Machine, Quantisation, Way
from app.agent.prompts import parse_split_answer, split_prompt
from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError, ModelMemoryError
from app.core.model import Origin, Utterance
from app.system import paths
from app.system.worker import InferenceWorker
from tests.unit.agent.sentences import directory
from tests.unit.agent.tiny import LAYERS, save_adapter, save_tokenizer
from tests.unit.tuning.tiny import write_base

HEADS, HIDDEN = 4, 64
CHATGLM, CHATGLM_6B = "glm", "chatglm-6b"
PACKED: tuple[Quantisation, ...] = ("8bit", "4bit", "fp4")
LEAST = {"8bit": 0.999, "4bit": 0.97, "fp4": 0.94}
"""Cosine between the logits of a packed model and those of the whole one."""
TABLES = {
    # Dettmers et al. 2023 (arXiv 2305.14314), appendix E.
    "4bit": torch.tensor(
        [
            *(-1.0, -0.6961928, -0.5250731, -0.3949175, -0.2844414, -0.1847734),
            *(-0.0910500, 0.0, 0.0795803, 0.1609302, 0.2461123, 0.3379152),
            *(0.4407098, 0.5626170, 0.7229568, 1.0),
        ]
    ),
    # A sign, two bits of exponent, one of mantissa, over the greatest: 12.
    "fp4": torch.tensor([0, 1 / 16, 8, 12, 4, 6, 2, 3]) / 12,
}
TABLES["fp4"] = torch.cat((TABLES["fp4"], -TABLES["fp4"]))


def save_model(folder: Path, kind: str) -> Path:
    """Save a random model: as ChatGLM2 and later ones, or as the first."""
    from transformers import GlmConfig, GlmForCausalLM

    from app.agent.chatglm6b import ChatGlm6bConfig, ChatGlm6bForCausalLM

    vocabulary = save_tokenizer(folder)
    common: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": HIDDEN,
        "intermediate_size": 256,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "max_position_embeddings": 512,
        "eos_token_id": 1,
        "pad_token_id": 0,
    }
    torch.manual_seed(3)
    model: Any
    if kind == CHATGLM:
        more = {"num_key_value_heads": 2, "head_dim": 16, "attention_bias": True}
        model = GlmForCausalLM(GlmConfig(**common, **more, bos_token_id=None))
    else:
        marks = {"bos_token_id": 3, "gmask_token_id": 2, "mask_token_id": 2}
        model = ChatGlm6bForCausalLM(ChatGlm6bConfig(**common, **marks))
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim == 2:
                weight.normal_(0, 1.0 if "embed" in name else 0.1)
    model.generation_config.eos_token_id = 1
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Give bases, each with a prefix of 48 tokens."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("packed")
    return {
        kind: (
            save_model(folder / kind, kind),
            save_adapter(folder / f"{kind}-prefix", groups=groups, scale=2.0),
        )
        for kind, groups in ((CHATGLM, 2), (CHATGLM_6B, HEADS))
    }


@pytest.fixture(scope="module", params=[CHATGLM, CHATGLM_6B])
def folders(
    request: pytest.FixtureRequest, models: dict[str, tuple[Path, Path]]
) -> tuple[Path, Path]:
    return models[request.param]


@pytest.fixture
def one(models: dict[str, tuple[Path, Path]]) -> tuple[Path, Path]:
    return models[CHATGLM]


@pytest.fixture(scope="module", params=PACKED)
def packed(request: pytest.FixtureRequest, folders: tuple[Path, Path]) -> LoadedGlm:
    return load_glm(*folders, device="cpu", quantisation=request.param)


@pytest.fixture(scope="module")
def whole(folders: tuple[Path, Path]) -> LoadedGlm:
    return load_glm(*folders, device="cpu")


def first(glm: LoadedGlm, *, prefix: bool = True) -> torch.Tensor:
    ids = torch.tensor([glm.framing.prompt(split_prompt("查一下济南的人数"))])
    past = glm.fresh_cache() if prefix else None
    with torch.inference_mode():
        logits: torch.Tensor = glm.model(ids, past_key_values=past).logits[0, -1]
    return logits.float()


def held(glm: LoadedGlm) -> int:
    """Bytes of the weights and of their scales."""
    states = (getattr(p, "quant_state", None) for p in glm.model.parameters())
    packed = [s for s in states if s is not None]
    return (
        sum(p.numel() * p.element_size() for p in glm.model.parameters())
        + sum(s.absmax.numel() * s.absmax.element_size() for s in packed)
        + sum(s.state2.absmax.numel() * 4 for s in packed if s.state2 is not None)
    )


def matrices(glm: LoadedGlm) -> list[Any]:
    """The linear layers between the table of vectors and the output."""
    return [
        module
        for name, module in glm.model.named_modules()
        if isinstance(module, torch.nn.Linear) and "lm_head" not in name
    ]


def test_a_packed_model_says_nearly_what_the_whole_one_says_and_its_prefix_works(
    packed: LoadedGlm, whole: LoadedGlm
) -> None:
    least = LEAST[packed.precision]
    same = torch.nn.functional.cosine_similarity
    close = float(same(first(packed), first(whole), dim=0))
    assert least < close < 0.999999
    # What the prefix changes is the same change, and far more than what packing does.
    effect = first(packed) - first(packed, prefix=False)
    wished = first(whole) - first(whole, prefix=False)
    assert float(same(effect, wished, dim=0)) > least - 0.04
    lost = float((first(packed) - first(whole)).norm())
    assert float(effect.norm()) > lost
    said = Decoder(packed).choose(
        split_prompt("济南"), grammar_for("济南"), CancelToken()
    )
    parse_split_answer(said.text)


def test_every_matrix_of_a_layer_is_packed_as_the_plan_counts_it(
    folders: tuple[Path, Path], packed: LoadedGlm, whole: LoadedGlm
) -> None:
    import bitsandbytes as bnb

    eight = packed.precision == "8bit"
    sizes = quantising.sizes_of(folders[0])
    kind = bnb.nn.Linear8bitLt if eight else bnb.nn.Linear4bit
    assert len(matrices(packed)) == len(matrices(whole)) > 0
    assert all(isinstance(module, kind) for module in matrices(packed))
    counted = sum(p.numel() for p in whole.model.parameters())
    assert sizes.linear + sizes.other == counted
    assert sizes.linear == sum(m.weight.numel() for m in matrices(whole))
    assert sizes.largest == max(m.weight.numel() for m in matrices(whole))
    a_token = sum(k.numel() + v.numel() for k, v in whole.prefix) // 48
    assert sizes.token == a_token
    saved = held(whole) - held(packed)
    most = sizes.linear * (3 if eight else 3.5)
    assert 0.95 * most < saved <= most


def test_four_bits_are_of_the_kind_that_is_wished_for_with_packed_scales(
    packed: LoadedGlm, whole: LoadedGlm
) -> None:
    import bitsandbytes as bnb

    if packed.precision == "8bit":
        pytest.skip("has a scale for each row")
    table = TABLES[packed.precision]
    for ours, module in zip(matrices(whole), matrices(packed), strict=True):
        state = module.weight.quant_state
        assert state.nested
        assert state.absmax.dtype == torch.uint8
        blocks = ours.weight.reshape(-1, 64)
        scale = blocks.abs().amax(1, keepdim=True)
        nearest = (blocks[..., None] / scale[..., None] - table).abs().argmin(-1)
        wanted = (table[nearest] * scale).view_as(ours.weight)
        got = bnb.functional.dequantize_4bit(module.weight.data, state)
        # Scales are in 8 bits themselves, and a value between two may go either way.
        apart = (got - wanted).abs() / scale.expand(-1, 64).reshape(wanted.shape)
        assert float((apart < 0.03).float().mean()) > 0.99


@pytest.mark.parametrize("wanted", ["8bit", "4bit"])
def test_the_program_s_own_model_reads_the_same_call_from_packed_weights(
    wanted: Quantisation,
) -> None:
    base = paths.program_root() / "models" / "glm-mini"
    text = "先查佛山的安全帽, 再查东莞的人数"
    prompt, grammar = split_prompt(text), grammar_for(text)
    said = [
        Decoder(glm).choose(prompt, grammar, CancelToken())
        for glm in (
            load_glm(base, base / "adapter", device="cpu"),
            load_glm(base, base / "adapter", device="cpu", quantisation=wanted),
        )
    ]
    assert said[1].text == said[0].text
    assert "佛山" in said[1].text
    assert said[1].probability > 0.9


class Full:
    """Lets loading run out of memory, as a device does, for as many times."""

    def __init__(self, times: int) -> None:
        self.left = times
        self.tried: list[str] = []


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], Full]]:
    """Pretend that the processor is a GPU, and let it be full a number of times."""

    def make(times: int) -> Full:
        full = Full(times)
        found = Machine(gpu_free=10**12, ram_free=10**12)
        monkeypatch.setattr(quantising, "machine", lambda **_: found)
        monkeypatch.setattr(quantising, "torch_device", lambda _: "cpu")
        load = quantising._load

        def loading(folder: Path, way: Way) -> Any:
            full.tried.append(way.title)
            if full.left:
                full.left -= 1
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return load(folder, way)

        monkeypatch.setattr(quantising, "_load", loading)
        return full

    yield make
    logging.getLogger("bitsandbytes").setLevel(logging.NOTSET)


@pytest.fixture(scope="module")
def whole_one(models: dict[str, tuple[Path, Path]]) -> LoadedGlm:
    return load_glm(*models[CHATGLM], device="cpu")


STEPS = ["GPU bfloat16", "GPU 8bit", "GPU 4bit", "CPU float32", "CPU bfloat16"]


@pytest.mark.parametrize("times", [0, 1, 4])
def test_a_full_memory_leads_one_step_down_and_says_so(
    one: tuple[Path, Path],
    gpu: Callable[[int], Full],
    times: int,
    caplog: pytest.LogCaptureFixture,
) -> None:
    full = gpu(times)
    glm = load_glm(*one, quantisation="auto")
    assert [r.getMessage().split(" as ")[1] for r in caplog.records] == STEPS[:times]
    caplog.clear()
    assert full.tried == STEPS[: times + 1]
    place, precision = STEPS[times].split()
    assert (glm.device, glm.precision) == (
        "cuda" if place == "GPU" else "cpu",
        precision,
    )
    tried = "、".join(STEPS[:times])
    said = f"{tried} 内存不足, 已降为 {STEPS[times]}" if times else ""
    assert glm.notice == said
    assert bool(glm.not_gpu) == (place == "CPU")


@pytest.mark.slow
def test_where_every_way_is_full_the_sentence_names_them_all(
    one: tuple[Path, Path], gpu: Callable[[int], Full], caplog: pytest.LogCaptureFixture
) -> None:
    gpu(99)
    with pytest.raises(ModelMemoryError) as error:
        load_glm(*one, quantisation="auto")
    assert all(step in error.value.message for step in STEPS)
    assert "CPU 4bit" in error.value.message
    caplog.clear()


def test_what_packing_swallows_is_still_a_full_memory(
    one: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # transformers logs what fails in packing, and raises something else at the end.
    import bitsandbytes as bnb

    times = iter([True])

    class Short(bnb.nn.Int8Params):  # type: ignore[misc]
        def to(self, *args: Any, **options: Any) -> Any:
            if next(times, False):
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().to(*args, **options)

    monkeypatch.setattr(bnb.nn, "Int8Params", Short)
    glm = load_glm(*one, device="cpu", quantisation="8bit")
    assert glm.notice == "CPU 8bit 内存不足, 已降为 CPU 4bit"
    caplog.clear()


def test_a_first_pass_that_has_no_memory_leads_down_as_well(
    one: tuple[Path, Path],
    gpu: Callable[[int], Full],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gpu(0)
    probe, times = quantising._probe, iter([True, True])

    def probing(model: Any, tokens: int) -> None:
        if next(times, False):
            raise RuntimeError("CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate")
        probe(model, tokens)

    monkeypatch.setattr(quantising, "_probe", probing)
    glm = load_glm(*one, quantisation="auto")
    assert glm.notice == "GPU bfloat16、GPU 8bit 内存不足, 已降为 GPU 4bit"
    caplog.clear()


def test_what_did_not_fit_is_gone_before_the_next_way_is_loaded(
    one: tuple[Path, Path],
    gpu: Callable[[int], Full],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    gpu(0)
    load, times = quantising._load, iter([True])
    held: list[weakref.ref[Any]] = []

    def loading(folder: Path, way: Way) -> Any:
        assert all(model() is None for model in held)
        model = load(folder, way)
        held.append(weakref.ref(model))
        return model

    def probing(*_: Any) -> None:
        if next(times, False):
            raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(quantising, "_load", loading)
    monkeypatch.setattr(quantising, "_probe", probing)
    assert load_glm(*one, quantisation="auto").precision == "8bit"
    assert len(held) == 2
    caplog.clear()


def test_what_another_thread_loads_is_not_told_as_ours() -> None:
    teller = logging.getLogger("transformers.modeling_utils")
    with quantising._reported() as ours:
        other = threading.Thread(target=teller.warning, args=("theirs",))
        other.start()
        other.join()
        teller.warning("ours")
    assert ours.text == "ours"
    assert not teller.filters


def test_a_fault_that_is_not_of_memory_is_not_answered_by_a_step_down(
    one: tuple[Path, Path],
    gpu: Callable[[int], Full],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gpu(0)

    def failing(*_: Any) -> None:
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    monkeypatch.setattr(quantising, "_probe", failing)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        load_glm(*one, quantisation="auto")


def test_a_model_that_cannot_be_counted_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ModelCorruptError, match=tmp_path.name):
        quantising.sizes_of(tmp_path)


async def test_a_desk_says_with_its_health_and_each_answer_that_memory_ran_out(
    whole_one: LoadedGlm,
) -> None:
    notice = "GPU bfloat16 内存不足, 已降为 GPU 8bit"
    glm = replace(whole_one, notice=notice, not_gpu="")
    worker = InferenceWorker()
    try:
        agent = DeskAgent(worker, directory(), lambda: glm)
        health = await agent.health()
        utterance = Utterance(text="查一下济南的人数", origin=Origin.TYPED)
        understood = await agent.understand(utterance, cancel=CancelToken())
    finally:
        worker.close()
    assert health.ok
    assert health.detail.startswith(notice)
    assert glm.reason in health.detail
    assert "agent.quantisation" in health.remedy
    assert understood.notes.count(notice) == 1


async def test_a_desk_with_memory_enough_says_why_it_holds_the_model_so(
    whole_one: LoadedGlm,
) -> None:
    worker = InferenceWorker()
    try:
        health = await DeskAgent(worker, directory(), lambda: whole_one).health()
    finally:
        worker.close()
    assert health.ok
    assert "float32 约需" in health.detail
    assert "可用内存" in health.detail
    assert not health.remedy


@pytest.mark.parametrize("wanted", PACKED)
def test_what_a_base_knows_of_words_and_sounds_is_not_packed(
    tmp_path: Path, wanted: Quantisation
) -> None:
    folder = write_base(tmp_path / "words", words=True, hidden=HIDDEN)
    whole = load_glm(folder, None, device="cpu")
    packed = load_glm(folder, None, device="cpu", quantisation=wanted)
    layers = packed.model.get_decoder().layers
    plain = [one for one in layers.modules() if type(one) is torch.nn.Linear]
    assert not plain
    tables = [
        dict(glm.model.get_input_embeddings().state_dict()) for glm in (whole, packed)
    ]
    assert tables[0].keys() == tables[1].keys()
    assert len(tables[0]) > 1
    for name, table in tables[0].items():
        assert torch.equal(table.float(), tables[1][name].float()), name
    same = torch.nn.functional.cosine_similarity
    assert float(same(first(packed), first(whole), dim=0)) > LEAST[wanted]
