"""What a user brings is held out, looked at on the way, and measured by itself."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.core.errors import BadInputError, ModelMissingError
from app.tuning.data.brought import brought_rows, dev_rows
from app.tuning.data.maker import DataConfig, make_data
from app.tuning.data.maker import write_data as write_made
from app.tuning.data.rowset import Row
from app.tuning.data.sources import parse_phrase
from app.tuning.measuring.evaluate import EvalConfig, draw
from app.tuning.measuring.measure import Measure, measure
from app.tuning.measuring.report_html import word
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


def test_what_was_held_out_of_a_users_phrases_is_asked(tmp_path: Path) -> None:
    texts = [f"{each}儿{{place}}拢共杵着多少号" for each in "嘎旮旯犄角鼓捣拾掇"]
    phrases = [parse_phrase(text, "inspect", "{place}:人数") for text in texts]
    config = DataConfig(
        out=tmp_path / "made", train=8, dev=8, test=8, phrases=tuple(phrases), repeat=2
    )
    write_made(config)
    own = [row for row in make_data(config)[Split.TEST] if row.source == "csv"]
    assert own
    asked = draw(EvalConfig(base=tmp_path, rows=1, levels=(0.0,), data=config.out))
    found = [one for one in asked if one.group == "brought csv"]
    assert [one.prompt for one in found] == [row.content for row in own]
    assert all(one.wanted and one.said for one in found)
    assert word(found[0].group) == "带来的短语 (留出)"
    assert not any(
        one.group == "brought csv"
        for one in draw(EvalConfig(base=tmp_path, rows=1, levels=(0.0,)))
    )


def test_each_source_is_a_group_and_what_was_heard_has_no_error_rate(
    data: Path,
) -> None:
    test = json.dumps(rows(4))
    (data / "test.json").write_text(test, encoding="utf-8")
    describe(data, "test", "made", "csv", "journal", "csv")
    asked = draw(EvalConfig(base=data, rows=1, levels=(), data=data))
    groups = [one.group for one in asked]
    assert groups == ["brought csv", "brought journal", "brought csv"]
    assert [bool(one.said) for one in asked] == [True, False, True]


def test_that_nothing_was_held_out_is_said(data: Path, tmp_path: Path) -> None:
    (data / "test.json").write_text(json.dumps(rows(2)), encoding="utf-8")
    describe(data, "test", "made", "made")
    told: list[str] = []
    config = EvalConfig(base=tmp_path / "none", rows=1, levels=(0.0,), data=data)
    with pytest.raises(ModelMissingError):
        measure(Measure(config=config), tell=told.append)
    assert "没有留出带来的语句" in told[0]


def test_the_command_asks_for_the_folder(data: Path) -> None:
    done = CliRunner().invoke(app, ["tune", "eval", "--data", str(data / "none")])
    assert done.exit_code == 2
    assert "test.meta.json" in done.stderr
