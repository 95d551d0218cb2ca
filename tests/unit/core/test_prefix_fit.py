"""A prefix fits a base or is refused with both shapes, whoever asks."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.errors import ModelCorruptError
from app.core.prefix_fit import (
    PrefixSizes,
    check_prefix_fits,
    sizes_of_adapter,
    sizes_of_base,
)
from app.modelstore.bases import check_fits

CHATGLM3: dict[str, object] = {
    "model_type": "glm",
    "num_hidden_layers": 28,
    "num_attention_heads": 32,
    "num_key_value_heads": 2,
    "head_dim": 128,
    "hidden_size": 4096,
    "max_position_embeddings": 8192,
}
ADAPTER: dict[str, object] = {
    "peft_type": "PREFIX_TUNING",
    "num_virtual_tokens": 48,
    "num_layers": 28,
    "num_attention_heads": 2,
    "token_dim": 256,
}
BASE = sizes_of_base(CHATGLM3)
WIDTH = 28 * 2 * 2 * 128


def fits(table: tuple[int, ...], stated: PrefixSizes, base: PrefixSizes = BASE) -> None:
    check_prefix_fits("适配器 a", table, stated, "模型 b", base)


def test_sizes_are_read_from_what_peft_and_transformers_write() -> None:
    assert PrefixSizes(layers=28, groups=2, size=128, tokens=8192) == BASE
    stated = sizes_of_adapter(ADAPTER)
    assert stated == PrefixSizes(layers=28, groups=2, size=128, tokens=48)
    # The first ChatGLM: every head has keys of its own, and no head size is written.
    first = {
        "num_hidden_layers": 28,
        "num_attention_heads": 32,
        "hidden_size": 4096,
        "max_position_embeddings": 2048,
    }
    assert sizes_of_base(first).width == 28 * 2 * 4096
    assert sizes_of_base({}) == sizes_of_adapter({}) == PrefixSizes()


def test_what_fits_is_taken_with_and_without_sizes_beside_it() -> None:
    fits((48, WIDTH), sizes_of_adapter(ADAPTER))
    fits((48, WIDTH), PrefixSizes())


STATED = sizes_of_adapter(ADAPTER)


@pytest.mark.parametrize(
    ("table", "stated"),
    [
        ((48, WIDTH + 256), STATED),
        ((48, WIDTH), replace(STATED, layers=56, groups=1)),
        ((48, WIDTH), replace(STATED, layers=14, groups=4)),
        ((48, WIDTH), replace(STATED, groups=4, size=64)),
        ((48, WIDTH), replace(STATED, size=64)),
        ((48, WIDTH), replace(STATED, tokens=40)),
        ((0, WIDTH), replace(STATED, tokens=0)),
        ((48 * WIDTH,), STATED),
        ((48, WIDTH, 1), STATED),
    ],
    ids=[
        "width",
        "layers and groups",
        "layers",
        "groups",
        "head size",
        "length",
        "no token",
        "flat",
        "three axes",
    ],
)
def test_what_does_not_fit_is_refused_with_both_shapes(
    table: tuple[int, ...], stated: PrefixSizes
) -> None:
    with pytest.raises(ModelCorruptError) as refused:
        fits(table, stated)
    said = refused.value.message
    assert f"前缀为 {table} ({stated.words})" in said
    wanted = (stated.tokens or (table[0] if len(table) == 2 else 0), WIDTH)
    assert f"需要 {wanted} (28 层, 2 组, 每组 128 维)" in said
    assert "适配器 a 与模型 b" in said
    assert refused.value.remedy


def test_a_prefix_that_leaves_no_place_for_a_text_is_refused() -> None:
    short = replace(BASE, tokens=48)
    fits((47, WIDTH), replace(STATED, tokens=47), short)
    with pytest.raises(ModelCorruptError, match="位置一共只有 48 个"):
        fits((48, WIDTH), STATED, short)


def test_a_base_that_does_not_say_its_sizes_takes_no_prefix() -> None:
    with pytest.raises(ModelCorruptError, match="没有注明"):
        fits((48, 0), PrefixSizes(), PrefixSizes())


def test_the_store_refuses_equal_widths_of_other_layers(tmp_path: Path) -> None:
    """Its own rule once looked at the width alone."""
    base, adapter = tmp_path / "b", tmp_path / "a"
    base.mkdir()
    adapter.mkdir()
    (base / "config.json").write_text(json.dumps(CHATGLM3))
    header = json.dumps({"prompt_embeddings": {"shape": [48, WIDTH]}}).encode()
    weights = struct.pack("<Q", len(header)) + header
    (adapter / "adapter_model.safetensors").write_bytes(weights)
    config = adapter / "adapter_config.json"
    config.write_text(json.dumps(ADAPTER))
    check_fits(base, adapter)
    config.write_text(json.dumps(ADAPTER | {"num_layers": 14}))
    with pytest.raises(ModelCorruptError, match="14 层"):
        check_fits(base, adapter)
