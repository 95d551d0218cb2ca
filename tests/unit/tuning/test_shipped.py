"""The model that ships: whole, light, loadable by name alone, and able."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.agent.prompts import (
    GREETING_ANSWER,
    PATTERN_VERSION,
    greeting_prompt,
    parse_split_answer,
    split_prompt,
    summary_prompt,
)
from app.core.model import Check, Intent
from app.modelstore.evaluations import figures_of, measured_files
from app.system.files import sha256_of
from app.tuning.base.tokens import build_vocabulary, load_characters
from app.tuning.package import MAX_BYTES, check_package

FOLDER = Path(__file__).resolve().parents[3] / "models" / "glm-mini"

pytestmark = [
    pytest.mark.model,
    # peft 0.21 still asks transformers 5.23 by the old name; nothing of ours.
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing.*:FutureWarning"),
]


@pytest.fixture(scope="module")
def model() -> Any:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    # Makes AutoModelForCausalLM know the kind of GLM-mini.
    import app.agent.prefix_lm  # noqa: F401

    base = AutoModelForCausalLM.from_pretrained(FOLDER, local_files_only=True)
    return PeftModel.from_pretrained(base, str(FOLDER / "adapter")).eval()


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(FOLDER, local_files_only=True)


def answer(model: Any, tokenizer: Any, prompt: str) -> str:
    import torch

    user, assistant = tokenizer.convert_tokens_to_ids(["<|user|>", "<|assistant|>"])
    text = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    tokens = torch.tensor([[user, *text, assistant]])
    given = model.generate(
        input_ids=tokens,
        attention_mask=torch.ones_like(tokens),
        max_new_tokens=90,
        do_sample=False,
    )
    return str(tokenizer.decode(given[0, tokens.shape[1] :], skip_special_tokens=True))


def test_it_is_as_it_was_packed() -> None:
    assert check_package(FOLDER) == []
    assert sum(p.stat().st_size for p in FOLDER.rglob("*") if p.is_file()) < MAX_BYTES


def test_the_adapter_names_its_patterns_and_no_path() -> None:
    card = json.loads((FOLDER / "adapter" / "griddesk.json").read_text())
    assert card["pattern_version"] == PATTERN_VERSION
    config = json.loads((FOLDER / "adapter" / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == "glm-mini"
    assert config["num_virtual_tokens"] == 48


def test_its_evaluation_is_of_these_weights_and_can_be_shown() -> None:
    text = (FOLDER / "adapter" / "evaluation.json").read_text(encoding="utf-8")
    names = ("model.safetensors", "adapter/adapter_model.safetensors")
    assert measured_files(text) == {sha256_of(FOLDER / name) for name in names}
    shown = {one.name: one for one in figures_of(text)}
    assert "指令全对 (无噪声)" in shown
    assert (FOLDER / "adapter" / "evaluation.html").is_file()


def test_the_vocabulary_is_the_one_this_source_builds() -> None:
    from app.tuning.phrases.lexicon import Lexicon

    assert load_characters(FOLDER) == build_vocabulary(Lexicon())


def test_it_splits_a_command(model: Any, tokenizer: Any) -> None:
    text = answer(model, tokenizer, split_prompt("查一下济南工地的人数"))
    parsed = parse_split_answer(text)
    assert parsed.intent is Intent.INSPECT
    assert parsed.pairs == (("济南", Check.HEADCOUNT),)


def test_it_greets(model: Any, tokenizer: Any) -> None:
    assert answer(model, tokenizer, greeting_prompt("你好")) == GREETING_ANSWER


def test_it_declines(model: Any, tokenizer: Any) -> None:
    text = answer(model, tokenizer, split_prompt("把济南工地的闸拉了"))
    assert parse_split_answer(text).intent is Intent.UNSUPPORTED


def test_it_sums_up(model: Any, tokenizer: Any) -> None:
    prompt = summary_prompt(Check.HEADCOUNT, expected=47, actual=34)
    wanted = "[人数检测] 应到47人, 实到34人, 有人缺勤"
    assert answer(model, tokenizer, prompt) == wanted
