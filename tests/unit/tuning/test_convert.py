"""Prefixes that others trained compute here what they computed there, and back."""

import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, DynamicCache, GlmConfig, GlmModel

from app.agent.glm import LoadedGlm, load_glm
from app.core.errors import ModelCorruptError, ModelMissingError, UsageError
from app.tuning.measuring.loading import load_tuned
from app.tuning.prefixes import convert as course
from app.tuning.prefixes.convert import ConvertConfig, ConvertReport, convert
from app.tuning.prefixes.forms import Form, Numbering
from app.tuning.prefixes.reading import read_prefix
from app.tuning.prefixes.shape import BaseShape, renumbered
from app.tuning.training.errors import TuneError
from tests.unit.agent.test_chatglm6b import second_reading
from tests.unit.modelstore.test_chatglm import later_reading
from tests.unit.tuning.converted import (
    LAYERS,
    SIZE,
    TOKENS,
    Published,
    make_base,
    random_prefix,
    write_checkpoint,
    write_peft,
)

DATA = Path(__file__).parents[2] / "data" / "chatglm"
IDS = [5, 6, 7, 8, 9, 41, 44, 11, 12]
"""A prompt of the first ChatGLM ends with 44; to the others it is a token."""
LATER = ("ChatGLM2", "ChatGLM3", "GLM-4", "every head its own keys")
FIRST = "ChatGLM-6B"


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Published]:
    folder = tmp_path_factory.mktemp("bases")
    return {kind: make_base(folder, kind) for kind in (*LATER, FIRST)}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Let nothing as small as this wait for a second core."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def made(bases: dict[str, Published]) -> Published:
    return bases["ChatGLM2"]


def converted(
    source: Path,
    made: Published,
    *,
    to: Form = Form.GRIDDESK,
    positions: Numbering | None = None,
    patterns: int | None = None,
) -> tuple[Path, ConvertReport]:
    out = source.parent / f"{source.name}-{to}"
    settings = ConvertConfig(
        source=source,
        base=made.base,
        out=out,
        to=to,
        positions=positions,
        patterns=patterns,
    )
    return out, convert(settings)


def published_logits(
    made: Published, prefix: torch.Tensor, ids: list[int]
) -> torch.Tensor:
    """Give what THUDM's program computes behind a prefix of its own."""
    if "inner_hidden_size" not in made.configuration:
        return later_reading(made.configuration, made.weights, ids, prefix)
    model = AutoModelForCausalLM.from_pretrained(made.base, local_files_only=True)
    rows = prefix.view(len(prefix), LAYERS, 2, made.groups, SIZE)
    return second_reading(model, ids, rows.permute(1, 2, 3, 0, 4))


def near(got: torch.Tensor, wanted: torch.Tensor, part: float = 1e-4) -> None:
    assert float((got - wanted).abs().max()) <= part * float(wanted.abs().max())


def ours(glm: LoadedGlm, ids: list[int]) -> torch.Tensor:
    with torch.inference_mode():
        cache = glm.fresh_cache()
        found = glm.model(torch.tensor([ids]), past_key_values=cache)
    logits: torch.Tensor = found.logits[0]
    return logits


@pytest.mark.parametrize(
    ("kind", "pickled"),
    [
        ("ChatGLM2", True),
        ("ChatGLM3", True),
        ("GLM-4", False),
        ("every head its own keys", True),
        (FIRST, False),
    ],
)
def test_a_prefix_of_the_official_program_computes_what_it_computed_there(
    bases: dict[str, Published], tmp_path: Path, kind: str, pickled: bool
) -> None:
    made = bases[kind]
    table = random_prefix(made)
    parts = {"embedding.weight": table}
    source = write_checkpoint(
        tmp_path / "checkpoint-3000", made, parts, pickled=pickled
    )
    out, report = converted(source, made)
    assert report.turned_by == (0 if kind == FIRST else TOKENS)
    glm = load_glm(made.base, out, device="cpu")
    wanted = published_logits(made, table, IDS)
    near(ours(glm, IDS), wanted)
    # Token by token on the cache it is the same.
    cache = glm.fresh_cache()
    steps = []
    with torch.inference_mode():
        for row in (IDS[:7], IDS[7:8], IDS[8:]):
            found = glm.model(torch.tensor([row]), past_key_values=cache)
            steps.append(found.logits[0])
    near(torch.cat(steps), wanted)


@pytest.mark.parametrize("kind", ["ChatGLM2", FIRST])
def test_what_the_projection_makes_is_the_prefix(
    bases: dict[str, Published], tmp_path: Path, kind: str
) -> None:
    made = bases[kind]
    torch.manual_seed(4)
    # ChatGLM2 projects the prefix's own width, the first one the hidden size.
    width, inner = (32 if kind == FIRST else made.width), 32
    parts = {
        "embedding.weight": torch.randn(TOKENS, width),
        "trans.0.weight": torch.randn(inner, width) / 4,
        "trans.0.bias": torch.randn(inner),
        "trans.2.weight": torch.randn(made.width, inner) / 4,
        "trans.2.bias": torch.randn(made.width),
    }
    source = write_checkpoint(tmp_path / "projected", made, parts, projection=True)
    out, report = converted(source, made)
    assert report.projected
    hidden = parts["embedding.weight"] @ parts["trans.0.weight"].T
    hidden = torch.tanh(hidden + parts["trans.0.bias"])
    flat = hidden @ parts["trans.2.weight"].T + parts["trans.2.bias"]
    near(
        ours(load_glm(made.base, out, device="cpu"), IDS),
        published_logits(made, flat, IDS),
    )


@pytest.mark.parametrize("kind", [*LATER, FIRST])
@pytest.mark.parametrize("side", ["left", "right"])
def test_rows_that_are_filled_up_are_what_they_are_alone(
    bases: dict[str, Published], tmp_path: Path, kind: str, side: str
) -> None:
    made = bases[kind]
    table = random_prefix(made)
    parts = {"embedding.weight": table}
    out, _ = converted(write_checkpoint(tmp_path / "from", made, parts), made)
    glm = load_glm(made.base, out, device="cpu")
    short = [9, 8, 44, 11]
    fill = len(IDS) - len(short)
    left = side == "left"
    row, seen = ([0] * fill + short, [0] * fill + [1] * 4)
    if not left:
        row, seen = (short + [0] * fill, [1] * 4 + [0] * fill)
    mask = torch.tensor([[1] * TOKENS + [1] * len(IDS), [1] * TOKENS + seen])
    # As generate() of transformers counts the rows of a batch.
    places = (mask.cumsum(-1) - 1).clamp(min=0)[:, TOKENS:]
    with torch.inference_mode():
        logits = glm.model(
            torch.tensor([IDS, row]),
            attention_mask=mask,
            position_ids=places,
            past_key_values=glm.fresh_cache(2),
        ).logits
    near(logits[0], published_logits(made, table, IDS))
    alone = logits[1, fill:] if left else logits[1, : len(short)]
    near(alone, published_logits(made, table, short))


@pytest.mark.parametrize("kind", [*LATER, FIRST])
def test_generated_tokens_are_those_of_the_official_program(
    bases: dict[str, Published], tmp_path: Path, kind: str
) -> None:
    made = bases[kind]
    table = random_prefix(made)
    parts = {"embedding.weight": table}
    out, _ = converted(write_checkpoint(tmp_path / "from", made, parts), made)
    glm = load_glm(made.base, out, device="cpu")
    wanted = list(IDS[:7])
    for _ in range(5):
        wanted.append(int(published_logits(made, table, wanted)[-1].argmax()))
    got = glm.model.generate(
        torch.tensor([IDS[:7]]),
        attention_mask=torch.ones(1, TOKENS + 7, dtype=torch.long),
        past_key_values=glm.fresh_cache(),
        max_new_tokens=5,
        do_sample=False,
        eos_token_id=None,
    )
    assert got[0].tolist() == wanted


def test_the_tensors_of_another_program_come_out_behind_its_prefix() -> None:
    """chatglm.cpp's test of ChatGLM3 with P-tuning v2; it counts the text from 0."""
    raw, at = (DATA / "glm3_ptuning_v2_model.data").read_bytes(), 0

    def take(*shape: int, kind: str = "<f4") -> torch.Tensor:
        nonlocal at
        found = np.frombuffer(raw, kind, math.prod(shape), at).reshape(shape).copy()
        at += found.nbytes
        return torch.from_numpy(found)

    shape = BaseShape(
        name="glm3",
        kind="glm",
        layers=1,
        heads=8,
        groups=2,
        size=4,
        hidden=32,
        longest=8,
        theta=10_000.0,
        turned=2,
    )
    rows = take(2, 2, TOKENS, 4, kind="<f2").float()
    official = rows.permute(2, 0, 1, 3).reshape(TOKENS, -1)
    config = GlmConfig(
        vocab_size=5,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=1,
        num_attention_heads=8,
        num_key_value_heads=2,
        head_dim=4,
        attention_bias=True,
        rms_norm_eps=1e-5,
        pad_token_id=0,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 10_000.0,
            "partial_rotary_factor": 0.5,
        },
    )
    model = GlmModel(config).eval()
    layer = "layers.0"
    embed, norm = take(5, 32), take(32)
    fused, bias = take(48, 32), take(48)
    dense, after, up, down = take(32, 32), take(32), take(96, 32), take(32, 48)
    model.load_state_dict(
        {
            "embed_tokens.weight": embed,
            f"{layer}.input_layernorm.weight": norm,
            **{
                f"{layer}.self_attn.{name}_proj.{part}": tensor[slice(*rows_of)]
                for part, tensor in (("weight", fused), ("bias", bias))
                for name, rows_of in (("q", (0, 32)), ("k", (32, 40)), ("v", (40, 48)))
            },
            f"{layer}.self_attn.o_proj.weight": dense,
            f"{layer}.post_attention_layernorm.weight": after,
            f"{layer}.mlp.gate_up_proj.weight": up,
            f"{layer}.mlp.down_proj.weight": down,
            "norm.weight": take(32),
        }
    )
    table = renumbered(official, shape, TOKENS)
    keys, values = table.view(TOKENS, 2, 2, 4).permute(1, 2, 0, 3)
    cache = DynamicCache(config=config)
    cache.update(keys[None], values[None], 0)
    with torch.inference_mode():
        for width in (3, 1, 1):
            ids, wanted = take(1, width, kind="<i4").long(), take(width, 32)
            got = model(ids, past_key_values=cache).last_hidden_state[0]
            # The prefix is kept in half precision there, what came of it is not.
            near(got, wanted, part=3e-4)
    assert at == len(raw)


@pytest.mark.parametrize("kind", ["ChatGLM2", FIRST])
def test_a_prefix_goes_to_the_official_form_and_back(
    bases: dict[str, Published], tmp_path: Path, kind: str
) -> None:
    made = bases[kind]
    table = random_prefix(made)
    first = write_checkpoint(tmp_path / "first", made, {"embedding.weight": table})
    own, _ = converted(first, made)
    again, report = converted(own, made, to=Form.OFFICIAL)
    assert report.turned_by == (0 if kind == FIRST else -TOKENS)
    there = torch.load(again / "pytorch_model.bin", weights_only=True)
    assert list(there) == ["transformer.prefix_encoder.embedding.weight"]
    assert torch.allclose(*there.values(), table, atol=1e-6)
    assert json.loads((again / "config.json").read_text())["pre_seq_len"] == TOKENS
    back, _ = converted(again, made)
    one, two = (load_file(each / "adapter_model.safetensors") for each in (own, back))
    assert torch.allclose(one["prompt_embeddings"], two["prompt_embeddings"], atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_peft_loads_what_was_converted(made: Published, tmp_path: Path) -> None:
    from peft import PeftModel

    table = random_prefix(made)
    parts = {"embedding.weight": table}
    out, _ = converted(write_checkpoint(tmp_path / "from", made, parts), made)
    base = AutoModelForCausalLM.from_pretrained(made.base, local_files_only=True)
    tuned = PeftModel.from_pretrained(base, out).eval()
    ids = torch.tensor([IDS])
    with torch.inference_mode():
        got = tuned(input_ids=ids, attention_mask=torch.ones_like(ids)).logits[0]
    near(got, published_logits(made, table, IDS))


def test_a_prefix_is_found_among_the_weights_of_the_whole_model(
    made: Published, tmp_path: Path
) -> None:
    """As ChatGLM3's finetune_demo saves it, in several files."""
    table = random_prefix(made)
    parts = {"embedding.weight": table}
    source = write_checkpoint(tmp_path / "checkpoint-500", made, parts)
    (source / "pytorch_model.bin").rename(source / "pytorch_model-00002-of-00002.bin")
    torch.save(made.weights, source / "pytorch_model-00001-of-00002.bin")
    told: list[str] = []
    settings = ConvertConfig(source=source, base=made.base, out=tmp_path / "out")
    report = convert(settings, told.append)
    assert report.others == len(made.weights)
    assert "只取前缀" in told[0]
    glm = load_glm(made.base, tmp_path / "out", device="cpu")
    near(ours(glm, IDS), published_logits(made, table, IDS))


@pytest.mark.parametrize("head", ["", "prefix_encoder.", "module.prefix_encoder."])
def test_names_of_a_saved_module_are_known_too(
    made: Published, tmp_path: Path, head: str
) -> None:
    table = random_prefix(made)
    parts = {"embedding.weight": table.half()}
    source = write_checkpoint(tmp_path / "from", made, parts, head=head)
    (source / "config.json").unlink()
    found = read_prefix(source / "pytorch_model.bin")
    assert torch.equal(found.table, table.half().float())


@pytest.mark.parametrize("pickled", [True, False], ids=["pickle", "safetensors"])
@pytest.mark.parametrize("positions", list(Numbering))
def test_an_adapter_of_peft_is_counted_as_its_program_counted(
    made: Published, tmp_path: Path, positions: Numbering, pickled: bool
) -> None:
    table = random_prefix(made)
    source = write_peft(tmp_path / "adapter", made, table, pickled=pickled)
    out, report = converted(source, made, positions=positions)
    got = ours(load_glm(made.base, out, device="cpu"), IDS)
    wanted = published_logits(made, table, IDS)
    if positions is Numbering.ZERO:
        near(got, wanted)
        assert report.turned_by == TOKENS
        return
    kept = load_file(out / "adapter_model.safetensors")["prompt_embeddings"]
    assert torch.equal(kept, table)
    assert float((got - wanted).abs().max()) > 1e-2 * float(wanted.abs().max())


def test_an_adapter_that_does_not_say_how_it_counts_is_asked_about(
    made: Published, tmp_path: Path
) -> None:
    source = write_peft(tmp_path / "adapter", made, random_prefix(made))
    with pytest.raises(UsageError, match="从哪个位置数起") as refused:
        converted(source, made)
    assert "--positions zero" in refused.value.remedy
    assert not (tmp_path / "adapter-griddesk").exists()


@pytest.mark.parametrize(
    ("says", "known"),
    [
        ({"base_model_name_or_path": "THUDM/glm-4-9b-chat-hf"}, Numbering.AFTER),
        (
            {"auto_mapping": {"parent_library": "transformers.models.glm"}},
            Numbering.AFTER,
        ),
        (
            {"auto_mapping": {"parent_library": "transformers_modules.chatglm3-6b"}},
            Numbering.ZERO,
        ),
        ({}, None),
    ],
)
def test_files_of_an_adapter_may_tell_which_program_trained_it(
    made: Published, tmp_path: Path, says: dict[str, object], known: Numbering | None
) -> None:
    source = write_peft(tmp_path / "adapter", made, random_prefix(made), **says)
    assert read_prefix(source).numbering is known
    if known is None:
        (source / "griddesk.json").write_text('{"method": "ptuning-v2"}')
        assert read_prefix(source).numbering is Numbering.AFTER


def test_saying_other_than_the_files_is_refused(
    made: Published, tmp_path: Path
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    with pytest.raises(UsageError, match="zero"):
        converted(source, made, positions=Numbering.AFTER)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"num_layers": 4, "multi_query_group_num": 1}, "4 层, 1 组, 每组 8 维"),
        ({"kv_channels": 16, "multi_query_group_num": 1}, "2 层, 1 组, 每组 16 维"),
        ({"pre_seq_len": 6}, r"\(6, 64\)"),
    ],
    ids=["layers", "head size", "length"],
)
def test_a_prefix_of_equal_width_and_another_shape_is_refused_with_both(
    made: Published, tmp_path: Path, changes: dict[str, object], said: str
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts, **changes)
    with pytest.raises(ModelCorruptError, match=said) as refused:
        converted(source, made)
    assert "前缀为 (5, 64)" in refused.value.message
    assert "2 层, 2 组, 每组 8 维" in refused.value.message
    assert list(tmp_path.iterdir()) == [source]


def test_a_prefix_of_another_width_is_refused_with_both_shapes(
    bases: dict[str, Published], made: Published, tmp_path: Path
) -> None:
    other = bases["every head its own keys"]
    parts = {"embedding.weight": random_prefix(other)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    (source / "config.json").unlink()
    with pytest.raises(ModelCorruptError) as refused:
        converted(source, made)
    assert "(5, 128)" in refused.value.message
    assert "(5, 64)" in refused.value.message
    source = write_peft(tmp_path / "adapter", other, random_prefix(other))
    with pytest.raises(ModelCorruptError, match=r"2 层, 4 组.*\(5, 64\)"):
        converted(source, made)


def test_a_prefix_that_leaves_no_room_is_refused(
    made: Published, tmp_path: Path
) -> None:
    room = json.loads((made.base / "config.json").read_text())
    longest = int(room["max_position_embeddings"])
    table = random_prefix(made, longest)
    parts = {"embedding.weight": table}
    source = write_checkpoint(tmp_path / "from", made, parts)
    with pytest.raises(ModelCorruptError, match=f"一共只有 {longest} 个"):
        converted(source, made)


def broken(fault: str, folder: Path, made: Published) -> Path:
    """Write a source with one fault."""
    table = random_prefix(made)
    if fault == "LORA":
        return write_peft(folder, made, table, peft_type="LORA")
    if fault == "adapter":
        source = write_peft(folder, made, table)
        (source / "adapter_model.safetensors").unlink()
        return source
    if fault == "table":
        source = write_peft(folder, made, table, pickled=True)
        torch.save({"base_layer": table}, source / "adapter_model.bin")
        return source
    parts = {"embedding.weight": table}
    if fault == "projection":
        parts["trans.0.weight"] = torch.randn(32, made.width)
    if fault == "projected":
        parts = {
            "embedding.weight": table,
            "trans.0.weight": torch.randn(32, made.width + 1),
            "trans.0.bias": torch.randn(32),
            "trans.2.weight": torch.randn(made.width, 32),
            "trans.2.bias": torch.randn(made.width),
        }
    if fault == "numbers":
        table[2, 3] = math.nan
    if fault == "strange":
        parts["trans.4.weight"] = torch.randn(2)
    source = write_checkpoint(folder, made, parts, projection=fault == "said")
    weights = source / "pytorch_model.bin"
    if fault == "code":
        torch.save({"x": _Evil()}, weights)
    if fault == "other":
        torch.save({"lm_head.weight": table}, weights)
    if fault == "text":
        torch.save({"transformer.prefix_encoder.embedding.weight": "x"}, weights)
    if fault == "cut":
        weights.write_bytes(weights.read_bytes()[:100])
    if fault == "deeper":
        (source / "checkpoint-500").mkdir()
        weights.unlink()
    if fault == "none":
        weights.unlink()
    return source


class _Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return (Path.write_text, (Path("ran"), "x"))


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("LORA", "类型是 LORA"),
        ("adapter", "缺少文件 adapter_model"),
        ("table", "没有 prompt_embeddings"),
        ("projection", r"缺少投影层 trans\.0\.bias"),
        ("said", r"缺少投影层 trans\.0\.weight"),
        ("projected", "投影层形状不符"),
        ("numbers", "含有无效数值"),
        ("strange", r"不认识的部分 trans\.4"),
        ("code", "张量以外的内容"),
        ("other", "没有前缀"),
        ("text", "不是数值张量"),
        ("cut", "无法读取"),
        ("deeper", "1 个检查点"),
        ("none", "没有权重文件"),
    ],
)
def test_what_is_no_whole_prefix_is_refused_by_name(
    made: Published,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fault: str,
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    source = broken(fault, tmp_path / "from", made)
    with pytest.raises((ModelCorruptError, ModelMissingError), match=said):
        converted(source, made, positions=None if fault != "table" else Numbering.ZERO)
    assert list(tmp_path.iterdir()) == [source]


def test_a_conversion_that_computes_another_thing_is_not_kept(
    made: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    # As when a release of transformers turns its keys in another way.
    monkeypatch.setattr(course, "renumbered", lambda table, shape, by: table)
    with pytest.raises(ModelCorruptError, match="换算位置后"):
        converted(source, made)
    assert list(tmp_path.iterdir()) == [source]


def test_a_prefix_that_the_base_does_not_look_at_is_not_kept(
    made: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    monkeypatch.setattr(
        "app.agent.proving._cache_of",
        lambda model, table: DynamicCache(config=model.config),
    )
    with pytest.raises(ModelCorruptError, match="没有起作用"):
        converted(source, made)
    assert list(tmp_path.iterdir()) == [source]


def test_virtual_tokens_that_the_base_does_not_look_at_are_refused(
    made: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = torch.randn(TOKENS, 32, generator=torch.Generator().manual_seed(2))
    adapter = write_peft(tmp_path / "adapter", made, table, peft_type="PROMPT_TUNING")
    assert load_tuned(made.base, adapter, device="cpu").prefix
    monkeypatch.setattr(
        LoadedGlm, "fresh_cache", lambda self: DynamicCache(config=self.model.config)
    )
    with pytest.raises(ModelCorruptError, match="adapter 没有起作用"):
        load_tuned(made.base, adapter, device="cpu")


def test_a_base_that_stays_on_the_disk_is_proved_alike(made: Published) -> None:
    from app.agent.proving import prove_prefix

    shape = course.shape_of(made.base)
    table = random_prefix(made)
    prove_prefix(made.base, renumbered(table, shape, TOKENS), table, small=0)
    with pytest.raises(ModelCorruptError, match="换算位置后"):
        prove_prefix(made.base, table, table, small=0)


def test_where_it_came_from_is_written_down_step_by_step(
    made: Published, tmp_path: Path
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "checkpoint-3000", made, parts)
    own, report = converted(source, made)
    card = json.loads((own / "griddesk.json").read_text())
    assert (card["method"], card["pattern_version"]) == ("ptuning-v2", 1)
    assert card["base_sha256"] == report.base_sha256
    (step,) = card["converted"]
    assert (step["source"], step["form"]) == ("checkpoint-3000", "official")
    assert step["turned_by"] == TOKENS
    assert load_glm(made.base, own, device="cpu").pattern_version == 1
    card |= {"data_sha256": "abc", "pattern_version": 2}
    (own / "griddesk.json").write_text(json.dumps(card))
    again, _ = converted(own, made, to=Form.OFFICIAL)
    later = json.loads((again / "griddesk.json").read_text())
    assert [each["to"] for each in later["converted"]] == ["griddesk", "official"]
    assert (later["data_sha256"], later["pattern_version"]) == ("abc", 2)


def test_a_prefix_of_other_weights_is_refused(made: Published, tmp_path: Path) -> None:
    source = write_peft(tmp_path / "adapter", made, random_prefix(made))
    card = {"method": "ptuning-v2", "base": "chatglm3-6b", "base_sha256": "0" * 64}
    (source / "griddesk.json").write_text(json.dumps(card))
    with pytest.raises(ModelCorruptError, match=r"底座 chatglm3-6b .* 上训练"):
        converted(source, made)


@pytest.mark.parametrize("version", [0, 3])
def test_patterns_that_never_were_are_refused(
    made: Published, tmp_path: Path, version: int
) -> None:
    with pytest.raises(UsageError, match=f"没有第 {version} 版"):
        converted(tmp_path, made, patterns=version)


def test_what_lies_in_the_folder_is_never_replaced(
    made: Published, tmp_path: Path
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    out = tmp_path / "from-griddesk"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with pytest.raises(TuneError, match="不是空的"):
        converted(source, made)
    (out / "mine.txt").unlink()
    converted(source, made)


def test_a_full_disk_leaves_nothing(
    made: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.tuning.prefixes.writing.write_json", full)
    with pytest.raises(TuneError, match="No space left"):
        converted(source, made)
    assert list(tmp_path.iterdir()) == [source]


def test_a_disk_that_is_full_for_the_weights_is_told_as_such(
    made: Published, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_checkpoint(
        tmp_path / "from", made, {"embedding.weight": random_prefix(made)}
    )

    def full(*_: object, **__: object) -> None:
        raise SafetensorError("Error while serializing: No space left on device")

    monkeypatch.setattr("safetensors.torch.save_file", full)
    with pytest.raises(TuneError, match="No space left"):
        converted(source, made)
    assert list(tmp_path.iterdir()) == [source]


def test_of_two_files_in_a_folder_the_one_that_was_named_is_read(
    made: Published, tmp_path: Path
) -> None:
    table = random_prefix(made)
    source = write_peft(tmp_path / "adapter", made, table)
    torch.save({"prompt_embeddings": table + 1}, source / "adapter_model.bin")
    found = {
        name: read_prefix(source / name)
        for name in ("adapter_model.bin", "adapter_model.safetensors", "")
    }
    assert torch.equal(found["adapter_model.bin"].table, table + 1)
    assert torch.equal(found["adapter_model.safetensors"].table, table)
    assert torch.equal(found[""].table, table)


def test_a_base_that_turns_its_keys_in_another_way_is_refused_before_all_else(
    made: Published, tmp_path: Path
) -> None:
    source = write_peft(tmp_path / "adapter", made, random_prefix(made))
    base = tmp_path / "base"
    base.mkdir()
    # No weights are here: nothing is hashed or computed before.
    stated = json.loads((made.base / "config.json").read_text())
    stated["rope_parameters"] |= {"rope_type": "linear", "factor": 2.0}
    (base / "config.json").write_text(json.dumps(stated))
    settings = ConvertConfig(
        source=source,
        base=base,
        out=tmp_path / "out",
        to=Form.OFFICIAL,
        positions=Numbering.AFTER,
    )
    with pytest.raises(TuneError, match="怎样编排位置"):
        convert(settings)


def test_what_a_killed_conversion_left_does_not_get_into_the_next(
    made: Published, tmp_path: Path
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    left = tmp_path / "from-griddesk.writing"
    left.mkdir()
    (left / "adapter_model.safetensors").write_bytes(b"half")
    (left / "config.json").write_text("half")
    out, _ = converted(source, made)
    assert not left.exists()
    assert sorted(each.name for each in out.iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "griddesk.json",
    ]


_KILLED = """
import os, signal, sys
from pathlib import Path
from app.tuning.prefixes import writing
from app.tuning.prefixes.convert import ConvertConfig, convert
writing.write_json = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
source, base, out = map(Path, sys.argv[1:])
convert(ConvertConfig(source=source, base=base, out=out))
"""


@pytest.mark.slow
def test_a_killed_conversion_leaves_no_folder_of_that_name(
    made: Published, tmp_path: Path
) -> None:
    parts = {"embedding.weight": random_prefix(made)}
    source = write_checkpoint(tmp_path / "from", made, parts)
    out = tmp_path / "from-griddesk"
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, source, made.base, out],
        cwd=Path(__file__).resolve().parents[3],
        env=dict(os.environ),
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not out.exists()
    converted(source, made)
