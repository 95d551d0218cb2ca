"""What a user brings is held out, looked at on the way, and measured by itself."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from app.core.errors import BadInputError
from app.tuning.data.brought import brought_rows, dev_rows
from app.tuning.data.rowset import Row
from app.tuning.phrases.lexicon import Split
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import Lora
from tests.unit.tuning.tiny import rows, write_base, write_data

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*is_gradient_checkpointing.*:FutureWarning",
)


def describe(folder: Path, split: str, *sources: str) -> list[Row]:
    """Say of each row of a split where it comes from."""
    made = json.loads((folder / f"{split}.json").read_text(encoding="utf-8"))
    found = [
        Row(one["content"], one["summary"], "inspect", f"<1>{n}", source=source)
        for n, (one, source) in enumerate(zip(made, sources, strict=True))
    ]
    text = json.dumps([asdict(row) for row in found], ensure_ascii=False)
    (folder / f"{split}.meta.json").write_text(text, encoding="utf-8")
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_data(tmp_path / "data", train=6, dev=6)


def test_what_was_brought_is_known_by_its_source(data: Path) -> None:
    made = describe(data, "dev", "made", "csv", "made", "made", "made", "journal")
    assert brought_rows(data, Split.DEV) == [made[1], made[5]]
    left = [*rows(5, start=6), {"content": "步骤", "summary": "空"}]
    (data / "dev.json").write_text(json.dumps(left), encoding="utf-8")
    assert brought_rows(data, Split.DEV) == [made[1]]


def test_a_training_looks_at_what_was_brought(data: Path, tmp_path: Path) -> None:
    describe(data, "dev", "made", "csv", "made", "teacher", "csv", "journal")
    plan = Lora(steps=1, batch=2, eval_every=1, rank=1, bf16=False)
    out = tmp_path / "out"
    train_adapter(
        TuneConfig(
            base=write_base(tmp_path / "tiny"),
            data=data,
            out=out,
            plan=plan,
            dev_rows=2,
        )
    )
    history = json.loads((out / "training" / "history.json").read_text("utf-8"))
    (look,) = [line for line in history if "eval_rows" in line]
    assert look["eval_rows"] == 4


def test_anybodys_rows_are_looked_at_in_order(data: Path) -> None:
    pairs = [(one["content"], one["summary"]) for one in rows(6, start=6)]
    assert dev_rows(data, 2) == pairs[:2]
    assert dev_rows(data, 0) == pairs


@pytest.mark.parametrize("text", ["[{]", "[1]", '[{"content": "a"}]', "{}", "7"])
def test_descriptions_that_are_none_are_a_sentence(data: Path, text: str) -> None:
    (data / "dev.meta.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=r"dev\.meta\.json 内容有误"):
        dev_rows(data, 2)


def test_a_missing_description_is_a_sentence(data: Path) -> None:
    with pytest.raises(BadInputError, match=r"找不到 .*dev\.meta\.json"):
        brought_rows(data, Split.DEV)
