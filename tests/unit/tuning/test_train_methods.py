"""Every method trains, says its size, and is saved as peft and the desk load it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from app.core.errors import BadInputError
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.attach import trainable_line
from app.tuning.training.methods import (
    INSTRUCTION,
    Full,
    Lora,
    Method,
    Plan,
    Preset,
    PromptText,
    PtuningV1,
    PtuningV2,
    Qlora,
    adjusted,
    plan_of,
)
from tests.unit.tuning.tiny import write_base, write_data

# peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_base(tmp_path_factory.mktemp("base") / "tiny")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_data(tmp_path_factory.mktemp("data"))


def few_steps(method: Method, **changes: object) -> Plan:
    return adjusted(
        plan_of(method), **{"steps": 2, "batch": 4, "eval_every": 1, **changes}
    )


def prompt_logits(base: Path, model: Any) -> torch.Tensor:
    from app.tuning.training.backbone import load_backbone

    framing = load_backbone(base).framing
    with torch.no_grad():
        ids = torch.tensor([framing.prompt("查一下济南的人数")])
        logits: torch.Tensor = model.eval()(input_ids=ids).logits[0, -1]
    return logits


def plain(base: Path) -> Any:
    from transformers import AutoModelForCausalLM

    return AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)


@pytest.mark.parametrize("method", list(Method))
def test_a_method_trains_and_what_is_saved_loads_and_acts(
    method: Method, base: Path, data: Path, tmp_path: Path
) -> None:
    from peft import PeftModel

    said: list[str] = []
    # In float32 and without 4 bits, so that what is loaded can be compared exactly.
    plan = few_steps(method, bf16=False)
    if method is Method.PTUNING_V1:
        plan = replace(plan, virtual_tokens=4, encoder_size=8)
    config = TuneConfig(base=base, data=data, out=tmp_path / "out", plan=plan)
    report = train_adapter(config, said.append)

    assert report.steps == 2
    assert report.trainable < report.parameters or method is Method.FULL
    assert any(line.startswith("trainable params: ") for line in said)
    card = json.loads((tmp_path / "out" / "griddesk.json").read_text("utf-8"))
    assert card["method"] == method.value
    assert card["pattern_version"] == 2
    assert str(base.parent) not in json.dumps(card)
    assert not (tmp_path / "out" / "training" / "checkpoints").exists()

    if method is Method.FULL:
        tuned = plain(tmp_path / "out")
    else:
        tuned = PeftModel.from_pretrained(plain(base), str(tmp_path / "out"))
        settings = (tmp_path / "out" / "adapter_config.json").read_text("utf-8")
        assert json.loads(settings)["base_model_name_or_path"] == "tiny"
        assert str(base.parent) not in settings
    # Two steps are enough to differ from the base; that they help is tested elsewhere.
    assert not torch.allclose(
        prompt_logits(base, tuned), prompt_logits(base, plain(base)), atol=1e-5
    )


def test_a_prefix_works_in_the_desk(base: Path, data: Path, tmp_path: Path) -> None:
    from app.agent.glm import load_glm

    for projection in (False, True):
        out = tmp_path / f"projection-{projection}"
        plan = few_steps(Method.PTUNING_V2, projection=projection, projection_size=4)
        train_adapter(TuneConfig(base=base, data=data, out=out, plan=plan))
        glm = load_glm(base, out, device="cpu")
        assert len(glm.prefix) == 2
        assert glm.prefix[0][0].shape == (1, 1, 48, 8)


def test_training_learns(base: Path, data: Path, tmp_path: Path) -> None:
    plan = few_steps(
        Method.FULL, steps=40, batch=16, eval_every=20, learning_rate=2e-2, warmup=2
    )
    report = train_adapter(
        TuneConfig(base=base, data=data, out=tmp_path / "out", plan=plan)
    )
    assert report.last_loss < 0.6 * report.first_loss


def test_the_presets_are_the_references_recipe_and_ours() -> None:
    reference = plan_of("ptuning-v2", "reference")
    assert isinstance(reference, PtuningV2)
    assert (reference.virtual_tokens, reference.learning_rate) == (48, 2e-2)
    assert (reference.batch, reference.accumulation, reference.steps) == (4, 16, 1500)
    assert (reference.max_source, reference.max_target) == (64, 64)
    assert reference.four_bits
    assert not reference.instruction
    assert (reference.decay, reference.warmup, reference.patience) == ("linear", 0, 0)

    ours = plan_of("ptuning-v2")
    assert isinstance(ours, PtuningV2)
    assert ours.instruction == INSTRUCTION
    assert ours.decay == "cosine"
    assert ours.patience > 0
    assert ours.bf16
    for method in Method:
        for preset in Preset:
            plan = plan_of(method, preset)
            assert plan.method is method
            assert plan.four_bits is (
                method is Method.QLORA
                or (preset is Preset.REFERENCE and method is not Method.FULL)
            )


@pytest.mark.parametrize(
    ("plan", "changes", "said"),
    [
        (PtuningV2(), {"rank": 4}, "没有参数 rank"),
        (PtuningV2(), {"steps": 0}, "steps"),
        (PtuningV2(), {"virtual_tokens": -1}, "virtual_tokens"),
        (Lora(), {"rank": 0}, "rank 必须不小于 1"),
        (Lora(), {"max_source": -5}, "max_source 不能小于 0"),
        (Lora(), {"patience": -1}, "patience 不能小于 0"),
        (Lora(), {"warmup": -1}, "warmup 不能小于 0"),
        (Lora(), {"learning_rate": 0.0}, "学习率"),
        (Full(), {"four_bits": True}, "4 比特"),
        (Qlora(), {"four_bits": False}, "4 比特"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(
    plan: Plan, changes: dict[str, object], said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        adjusted(plan, **changes)


def test_nothing_changes_where_nothing_is_given() -> None:
    assert adjusted(PromptText(), steps=None, rank=None) == PromptText()
    assert adjusted(PtuningV1(), virtual_tokens=8) == PtuningV1(virtual_tokens=8)


@pytest.mark.parametrize(
    ("method", "preset", "said"),
    [("ptuning-v3", "griddesk", "ptuning-v2"), ("lora", "best", "reference")],
)
def test_unknown_names_are_refused_with_the_known_ones(
    method: str, preset: str, said: str
) -> None:
    with pytest.raises(BadInputError, match=said):
        plan_of(method, preset)


def test_parameters_are_counted_as_the_references_print_them(base: Path) -> None:
    from peft import PromptTuningConfig, TaskType, get_peft_model

    adapter = get_peft_model(
        plain(base),
        PromptTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=10),
    )
    trained, every = adapter.get_nb_trainable_parameters()
    assert trained == 160
    assert trainable_line(adapter) == (
        f"trainable params: 160 || all params: {every:,d} "
        f"|| trainable%: {100 * 160 / every:.4f}"
    )
