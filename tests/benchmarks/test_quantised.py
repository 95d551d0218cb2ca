"""The small version of the full size: what is measured, not how fast it is."""

from pathlib import Path
from typing import Any

import pytest
import torch

from app.agent.effect import first_logits
from tests.benchmarks.importing import imported, write_checkpoint
from tests.benchmarks.quantised import Widths, load, write_model
from tests.benchmarks.quantised_full import grow, measure_full
from tests.benchmarks.quantised_matrix import table

SMALL = Widths(vocabulary=7400, hidden=64, inner=128, heads=4, groups=2, head=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("full") / "small"
    write_model(made, 1, SMALL)
    return made


def pointers(layer: Any) -> set[int]:
    return {weight.data_ptr() for weight in layer.parameters()}


@pytest.mark.parametrize("way", ["bfloat16", "4bit"])
def test_every_layer_has_memory_of_its_own_and_computes(folder: Path, way: str) -> None:
    glm = load(folder, "cpu", way, prefix=False)
    before = first_logits(glm.model, glm.framing)
    weights = glm.model.get_memory_footprint()
    grow(glm.model, 4)
    layers = glm.model.model.layers
    assert [layer.self_attn.layer_idx for layer in layers] == [0, 1, 2, 3]
    assert not any(
        pointers(one) & pointers(two)
        for number, one in enumerate(layers)
        for two in layers[number + 1 :]
    )
    assert glm.model.get_memory_footprint() > weights
    after = first_logits(glm.model, glm.framing)
    assert bool(torch.isfinite(after).all())
    assert not torch.equal(after, before)
    # The copies compute what the first one computes.
    glm.model.model.layers = torch.nn.ModuleList([layers[0]] * 4)
    assert torch.equal(first_logits(glm.model, glm.framing), after)


def test_memory_speed_and_a_step_of_training_are_measured(folder: Path) -> None:
    found = measure_full(folder, "cpu", "4bit", 2, 2)
    assert (found["layers"], found["precision"]) == (2, "4bit")
    for name in ("weights_gb", "process_peak_gb", "first_call_s", "tokens_per_s"):
        assert isinstance(found[name], float), name
    tuned = measure_full(folder, "cpu", "training", 2, 2)
    assert tuned["method"] == "ptuning-v2"
    assert tuned["trained"] == 48 * 2 * 2 * 2 * 16
    assert float(str(tuned["samples_per_s"])) > 0


def test_the_table_of_a_matrix_has_a_line_for_each_way() -> None:
    before = torch.get_num_threads()
    try:
        lines = list(table(64, 128, 1))
    finally:
        torch.set_num_threads(before)
    assert len(lines) == 10
    assert {line.count("|") for line in lines} == {7}


@pytest.mark.slow
def test_an_import_says_what_each_part_took(tmp_path: Path) -> None:
    small = {
        "ffn_hidden_size": 48,
        "hidden_size": 32,
        "kv_channels": 8,
        "num_attention_heads": 4,
    }
    write_checkpoint(tmp_path / "from", 2, pickled=True, **small)
    found = imported(tmp_path / "from", tmp_path / "to")
    assert float(str(found["converting_holds_gb"])) > 0
    assert float(str(found["proving_holds_gb"])) > 0
