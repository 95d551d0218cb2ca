"""Weights in 8 bits: half the bytes, hardly another model, and no other file passes."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from app.agent.glm import load_glm
from app.agent.int8 import SCALE, WEIGHTS, is_int8, read_int8, write_int8
from app.core.errors import ModelCorruptError


@pytest.fixture(scope="module")
def model(tiny_prefix_lm: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_prefix_lm, dtype=torch.float32)


@pytest.fixture
def small(model: Any, tiny_prefix_lm: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    ignored = shutil.ignore_patterns(WEIGHTS)
    shutil.copytree(tiny_prefix_lm, folder, ignore=ignored)
    write_int8(weights_of(model), folder)
    return folder


def weights_of(model: Any) -> dict[str, torch.Tensor]:
    found = model.state_dict()
    return {name: one for name, one in found.items() if name != "lm_head.weight"}


def test_every_weight_is_within_half_a_step_of_its_row(model: Any, small: Path) -> None:
    stored = read_int8(small)
    wanted = weights_of(model)
    assert stored.keys() == wanted.keys()
    for name, one in wanted.items():
        far = (stored[name] - one).abs()
        if one.ndim == 2:
            step = one.abs().amax(dim=1, keepdim=True) / 127
            assert bool((far <= step * 0.501).all())
        else:
            assert torch.allclose(stored[name], one, atol=1e-3)


def test_the_model_loads_by_its_folder_like_any_other(
    tiny: tuple[Path, Path], model: Any, small: Path, tiny_prefix_lm: Path
) -> None:
    assert is_int8(small)
    assert not is_int8(tiny_prefix_lm)
    glm = load_glm(small, tiny[1], device="cpu")
    assert glm.precision == "float32"
    ids = torch.tensor([glm.framing.prompt("查一下济南的人数")])
    with torch.inference_mode():
        found = glm.model(ids).logits
        wanted = model(ids).logits
    far = (found - wanted).abs().mean() / wanted.abs().mean()
    # Random weights are large and make much of little; wrong scales would make 1.
    assert 0 < float(far) < 0.2
    size, whole = ((f / WEIGHTS).stat().st_size for f in (small, tiny_prefix_lm))
    assert size < whole / 3


def test_zeros_stay_zeros(tmp_path: Path) -> None:
    write_int8({"a": torch.zeros(2, 3), "b": torch.ones(3)}, tmp_path)
    assert not read_int8(tmp_path)["a"].any()


def test_whole_numbers_stay_as_they_are(tmp_path: Path) -> None:
    codes = torch.tensor([7, 2**53 + 1])
    write_int8({"codes": codes}, tmp_path)
    found = read_int8(tmp_path)["codes"]
    assert found.dtype is torch.int64
    assert torch.equal(found, codes)


def test_a_broken_file_is_a_sentence(small: Path) -> None:
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    path = small / WEIGHTS
    with safe_open(path, "pt") as file:
        told = file.metadata()
    without = {n: t for n, t in load_file(path).items() if not n.endswith(SCALE)}
    save_file(without, path, metadata=told)
    with pytest.raises(ModelCorruptError, match="无法读取"):
        load_glm(small, None, device="cpu")
    path.write_bytes(b"broken")
    assert not is_int8(small)
    with pytest.raises(ModelCorruptError, match="无法读取"):
        load_glm(small, None, device="cpu")
