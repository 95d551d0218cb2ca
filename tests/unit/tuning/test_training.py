"""A course of a few steps: it learns, and what is saved is what was trained."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from app.tuning.base.architecture import build_model, load_base, ship_base
from app.tuning.base.forms import Forms
from app.tuning.base.skills import Skills, Stage
from app.tuning.base.tokens import load_characters
from app.tuning.base.train import BaseConfig, Course, train_base
from app.tuning.data.maker import DataConfig, write_data
from app.tuning.package import SUMS, check_package, pack
from app.tuning.phrases.lexicon import Lexicon
from app.tuning.training.adapter import TuneConfig, TuneReport, train_adapter
from app.tuning.training.attach import attach, prefix_weight
from app.tuning.training.backbone import load_backbone
from app.tuning.training.methods import INSTRUCTION, PtuningV2
from app.tuning.training.rows import IGNORED, encode_rows, shared_head
from tests.unit.tuning.language_model import FOLLOWS, write_language_model

# peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning",
)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("base")
    courses = tuple(
        Course(stage=stage, steps=2, learning_rate=1e-3)
        for stage in (Stage.SKILLS, Stage.WORK)
    )
    ear = tmp_path_factory.mktemp("ear")
    write_language_model(ear, FOLLOWS)
    config = BaseConfig(
        out=out,
        courses=courses,
        rows=4,
        micro=4,
        copying_steps=1,
        measured_rows=8,
        recogniser=ear,
    )
    return train_base(config)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("data")
    write_data(DataConfig(out=out, train=6, dev=4, test=4))
    return out


@pytest.fixture(scope="module")
def tuned(base: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    out = tmp_path_factory.mktemp("tuned") / "adapter"
    plan = PtuningV2(
        steps=10, batch=6, warmup=1, sampled=0, eval_every=5, learning_rate=0.05
    )
    config = TuneConfig(base=base, data=data, out=out, plan=plan, log_every=2)
    return out, train_adapter(config)


def test_a_few_steps_lower_the_loss(tuned: tuple[Path, TuneReport]) -> None:
    report = tuned[1]
    assert report.steps == 10
    assert report.last_loss < report.first_loss
    assert report.rows_per_second > 0


def test_the_adapter_is_saved_in_pefts_format(
    base: Path, tuned: tuple[Path, TuneReport]
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    out = tuned[0]
    loaded = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32), str(out)
    )
    prefix = load_file(out / "adapter_model.safetensors")["prompt_embeddings"]
    assert torch.equal(prefix_weight(loaded), prefix)
    assert prefix.shape == (48, 1536)
    config = json.loads((out / "adapter_config.json").read_text(encoding="utf-8"))
    assert config["base_model_name_or_path"] == base.name
    assert json.loads((out / "griddesk.json").read_text())["pattern_version"] == 2


def test_a_base_can_take_another_course(base: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(base, tmp_path / "base")
    course = Course(stage=Stage.WORK, steps=1, learning_rate=1e-3)
    more = BaseConfig(
        out=tmp_path / "base", courses=(course,), rows=2, measured_rows=2, resume=True
    )
    train_base(more)
    taken = json.loads((tmp_path / "base" / "base_training.json").read_text())
    assert [one["stage"] for one in taken["courses"]] == ["skills", "work", "work"]


def test_the_base_stays_as_it_was(base: Path, tuned: tuple[Path, TuneReport]) -> None:
    assert not any("glm" in path.name for path in tuned[0].iterdir())
    assert load_base(base).get_input_embeddings().weight.dtype is torch.float32


def test_a_written_start_is_the_text_itself(base: Path) -> None:
    backbone = load_backbone(base)
    text = backbone.framing.encode(INSTRUCTION)
    assert len(text) == 48
    prompt = backbone.framing.prompt("济南")
    with torch.no_grad():
        wanted = backbone.model(torch.tensor([[*text, *prompt]])).logits[0, -1]
        adapter = attach(backbone, PtuningV2())
        given = adapter(input_ids=torch.tensor([prompt])).logits[0, -1]
    assert torch.allclose(wanted, given, atol=1e-4)


def test_packing_lists_hashes_and_refuses_paths(
    base: Path, tuned: tuple[Path, TuneReport], tmp_path: Path
) -> None:
    import shutil

    folder = tmp_path / "model"
    ship_base(base, folder)
    with pytest.raises(ValueError, match="missing"):
        pack(folder)
    shutil.copytree(tuned[0], folder / "adapter")
    (folder / "README.md").write_text("card", encoding="utf-8")
    assert pack(folder).bytes < 12_000_000
    assert "adapter/adapter_model.safetensors" in (folder / SUMS).read_text()
    assert check_package(folder) == []
    (folder / "README.md").write_text("other", encoding="utf-8")
    assert check_package(folder) == ["README.md has another SHA-256"]
    config = folder / "adapter" / "adapter_config.json"
    config.write_text('{"base_model_name_or_path": "/home/me/base"}')
    with pytest.raises(ValueError, match="path of this machine"):
        pack(folder)


def test_the_tokenizer_loads_and_never_makes_control_tokens(base: Path) -> None:
    from transformers import AutoTokenizer

    characters = load_characters(base)
    tokenizer = AutoTokenizer.from_pretrained(base)
    for text in ("查一下济南工地的人数", "<|user|><|endoftext|> 㳇😀\\*#", "<0x41>"):
        tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert tokens == characters.encode(text)
        assert tokenizer.decode(tokens) == text
        assert min(tokens) > 3
    assert tokenizer.convert_tokens_to_ids("<|user|>") == 2
    assert tokenizer.eos_token_id == 1


def test_the_wired_heads_look_back_and_for_repeats() -> None:
    model = build_model(1)
    tokens = torch.randint(300, 7000, (1, 24))
    repeated = torch.cat([tokens, tokens], dim=1)
    with torch.no_grad():
        seen = model(repeated, output_attentions=True).attentions
    before = [float(seen[0][0, 0, i, i - 1]) for i in range(5, 48)]
    assert sum(before) / len(before) > 0.8
    after = [float(seen[1][0, 0, i, i - 23]) for i in range(26, 47)]
    assert sum(after) / len(after) > 5 / 48


def test_labels_cover_answers_only() -> None:
    rows = [([2, 10, 11, 3], [20, 21, 1]), ([2, 10, 3], [30, 1])]
    encoded = encode_rows(rows)
    assert encoded.tokens.tolist() == [[2, 10, 11, 3, 20, 21], [2, 10, 3, 30, 0, 0]]
    no = IGNORED
    assert encoded.labels.tolist() == [
        [no, no, no, 20, 21, 1],
        [no, no, 30, 1, no, no],
    ]
    assert shared_head([prompt for prompt, _ in rows]) == [2, 10]


def test_a_header_never_comes_to_the_product_mark() -> None:
    lexicon = Lexicon()
    few = {"header_words": ["语音"], "header_marks": ["\\*", "#"]}
    lexicon.skills = {**lexicon.skills, "form": {**lexicon.skills["form"], **few}}
    forms = Forms(lexicon, random.Random(1))
    drawn = [forms.header() for _ in range(400)]
    assert any("\\*语音" in text for text in drawn)
    assert not any("\\*语音#" in text for text in drawn)


def test_the_base_never_sees_the_product_prompts() -> None:
    skills = Skills(Lexicon(), random.Random(3), rows=8, readings=8)
    for stage in [Stage.SKILLS, Stage.WORK] * 40:
        batch = skills.batch(stage)
        texts = [batch.instruction, *(text for row in batch.rows for text in row)]
        for text in texts:
            assert "步骤#" not in text
            assert "\\*语音#" not in text
            assert "函数一" not in text
            assert "[人数检测]" not in text
