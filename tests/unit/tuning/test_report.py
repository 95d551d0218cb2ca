"""The sheet: every figure is in the page and in the JSON, and no text breaks out."""

import json
import platform
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from app.agent.prompts import (
    UNSUPPORTED_ANSWER,
    parse_split_answer,
    split_answer,
    split_prompt,
)
from app.commands.tune.evaluate import _command_line
from app.core.errors import UsageError
from app.core.model import Check
from app.modelstore.evaluations import figures_of
from app.tuning.measuring.answering import Pace
from app.tuning.measuring.card import write_card
from app.tuning.measuring.evaluate import Cost, EvalReport, Wrong
from app.tuning.measuring.likeness import Likeness
from app.tuning.measuring.loading import Size
from app.tuning.measuring.questions import Question, Wanted, read_table
from app.tuning.measuring.report import (
    HTML_NAME,
    JSON_NAME,
    Sheet,
    headline,
    headline_table,
    sheet_json,
    write_sheet,
)
from app.tuning.measuring.report_html import page
from app.tuning.measuring.report_text import (
    calls_table,
    care_table,
    kinds_table,
    markdown,
    plain,
    verdicts_table,
)
from app.tuning.measuring.runcard import Named, RunCard, machine, run_card
from app.tuning.measuring.scores import Figures, Line, Score, figures, mark
from app.tuning.measuring.summaries import SummaryFigures
from app.tuning.training.commit import commit

EVIL = "<script>alert('历城')</script>"


def group(name: str, right: int, total: int) -> Figures:
    """Give figures of `total` inspections and as many refusals, `right` of each."""
    rows = []
    for kind, answer in (
        ("inspect", split_answer([("历城", Check.HELMET)])),
        ("unsupported", UNSUPPORTED_ANSWER),
    ):
        reading = parse_split_answer(answer)
        question = Question(
            group=name,
            kind=kind,
            prompt=split_prompt("历城"),
            answer=answer,
            speech="历城",
            wanted=Wanted(intent=reading.intent, calls=frozenset(reading.pairs)),
        )
        rows += [mark(question, answer)] * right
        rows += [mark(question, "不知道")] * (total - right)
    return figures(name, rows, {"inspect": 3.0, "unsupported": 1.0})


def reader(name: str, right: int) -> EvalReport:
    return EvalReport(
        name=name,
        free=(group("clean", right, 31), group("cer 10 %", right - 2, 31)),
        closed=(group("clean", right + 1, 31), group("cer 10 %", right - 1, 31)),
        summaries=SummaryFigures(
            before=(Line("headcount some_absent", Score(17, 23)),),
            after=(
                Line("headcount some_absent", Score(23, 23)),
                Line("helmet data_missing", Score(11, 11)),
            ),
            all_before=Score(17, 23),
            all_after=Score(34, 34),
            missing_asked=0,
        ),
        likeness=(
            Likeness(
                group="clean",
                rouge_1=91.25,
                rouge_2=81.5,
                rouge_l=90.75,
                bleu_4=78.125,
                rows=62,
            ),
        ),
        cost=Cost(
            size=Size(method="PREFIX_TUNING", parameters=49_152, bytes=196_731),
            pace=Pace(closed_ms=43.0, free_ms=171.0, tokens_per_s=239.0),
            device="cpu",
            precision="float32",
        ),
        wrong_free=(
            Wrong(
                group="clean", kind="inspect", content=EVIL, wanted="甲 & 乙", given='"'
            ),
        ),
        wrong_closed=(),
    )


@pytest.fixture
def sheet() -> Sheet:
    card = RunCard(
        date="2026-01-02T03:04:05+00:00",
        command=f"griddesk tune eval {EVIL}",
        data_sha256="ab" * 32,
        questions=1234,
        seeds=(Named("rows", "7"),),
        files=(Named("tiny/model.safetensors", "cd" * 32),),
        versions=(Named("torch", "2.13.0"),),
        commit="unknown",
        machine=(Named("cores", "2"),),
    )
    rules = EvalReport(
        name="rules",
        free=(),
        closed=(group("clean", 29, 31), group("cer 10 %", 20, 31)),
        summaries=None,
        likeness=(),
        cost=None,
        wrong_free=(),
        wrong_closed=(),
    )
    return Sheet(card=card, readers=(reader("base", 5), reader("tuned", 27), rules))


def test_the_page_holds_the_figures(sheet: Sheet) -> None:
    text = page(sheet)
    tuned = headline(sheet.readers[1])
    assert tuned.closed_clean == Score(56, 62)
    for score in (tuned.closed_clean, tuned.closed_noisy, tuned.free_noisy):
        assert score is not None
        low, high = score.interval
        assert f"{100 * score.share:.1f}" in text
        assert f"{100 * low:.1f} – {100 * high:.1f}" in text
    for figure in ("49 152", "196 731", "91.25", "78.12", "1 234", "ab" * 32):
        assert figure in text
    for heading in ("并排比较", "按噪声", "混淆表", "按判定表", "运行卡片", "仅规则"):
        assert heading in text
    assert "有人缺勤" in text
    assert "不问模型" in text


def test_the_page_escapes_what_comes_from_data(sheet: Sheet) -> None:
    text = page(sheet)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "甲 &amp; 乙" in text


def test_the_page_needs_nothing_from_outside(sheet: Sheet) -> None:
    text = page(sheet)
    for word in ("http:", "https:", "src=", "href=", "@import", "url("):
        assert word not in text
    assert "<svg" in text
    assert "@media print" in text


def test_a_sheet_of_rules_alone_is_a_page_too(sheet: Sheet) -> None:
    assert "仅规则" in page(replace(sheet, readers=sheet.readers[2:]))


def test_the_json_is_complete(sheet: Sheet) -> None:
    data = json.loads(json.dumps(sheet_json(sheet), ensure_ascii=False))
    assert data["schema"] == 1
    assert data["card"]["seeds"] == [{"name": "rows", "value": "7"}]
    tuned = data["readers"][1]
    clean = tuned["closed"][0]
    assert clean["group"] == "clean"
    assert clean["all_calls"]["right"] == 56
    assert clean["all_calls"]["low"] < clean["all_calls"]["share"]
    assert set(clean["kinds"]) == {"inspect", "unsupported"}
    assert set(clean) == set(Figures.__dataclass_fields__)
    assert tuned["summaries"]["after"]["helmet data_missing"]["total"] == 11
    assert tuned["cost"]["size"]["parameters"] == 49_152
    assert data["headlines"][2]["free_clean"] is None


def test_only_figures_become_plain_data() -> None:
    with pytest.raises(TypeError, match="no figure"):
        plain(object())
    assert plain(Path("/somewhere/else/adapter")) == "adapter"


def test_tables_for_the_model_card(sheet: Sheet) -> None:
    tuned = sheet.readers[1]
    assert str(Score(56, 62)) in headline_table(sheet)
    assert "| inspect | 0.871" in kinds_table(tuned)
    assert str(tuned.closed[0].weighted_calls) in kinds_table(tuned)
    assert str(tuned.closed[0].refused) in care_table(tuned)
    assert "not asked" in verdicts_table(tuned)
    assert verdicts_table(sheet.readers[2]) == ""
    assert f"| check helmet | {Score(28, 31)}" in calls_table(tuned.closed)


def test_cells_cannot_break_a_table() -> None:
    assert markdown(["a"], [["x|y\nz"]]) == "| a |\n| --- |\n| x\\|y z |"


def test_both_files_are_written(sheet: Sheet, tmp_path: Path) -> None:
    data, html = write_sheet(sheet, tmp_path / "new" / "report")
    assert data.name == JSON_NAME
    assert html.name == HTML_NAME
    assert json.loads(data.read_text(encoding="utf-8"))["schema"] == 1
    assert html.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_folder_that_cannot_be_written_is_a_sentence(
    sheet: Sheet, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(UsageError, match="无法写入"):
        write_sheet(sheet, tmp_path / "file")


def test_the_run_card_tells_the_machine_and_not_its_name(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"weights")
    question = Question(group="clean", kind="helmet", prompt="p", answer="a")
    card = run_card([question], command="c", seeds={"rows": 7}, weights=[weights])
    other = replace(question, answer="b")
    again = run_card([other], command="c", seeds={"rows": 7}, weights=[])
    assert card.questions == 1
    assert card.data_sha256 != again.data_sha256
    assert {one.name for one in card.machine} >= {"cpu", "cores", "threads", "system"}
    names = " ".join(one.value for one in (*card.machine, *card.files, *card.versions))
    assert str(tmp_path) not in names
    assert platform.node() not in names.split()


def test_the_command_is_told_without_folders_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["griddesk", "tune", "eval", "/home/me/mine", "--base=/home/me/glm"]
    monkeypatch.setattr("sys.argv", [*words, "--tsv", "work/a=b.tsv"])
    assert _command_line() == ("griddesk tune eval mine --base=glm --tsv work/a=b.tsv")


def test_the_commit_is_told_or_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tuning.training.commit.program_root", lambda: tmp_path)
    assert commit() == "unknown"
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))
    assert commit() == "unknown"


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_changed_phrases_are_another_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tuning.training.commit.program_root", lambda: tmp_path)
    phrases = tmp_path / "resources" / "phrases"
    phrases.mkdir(parents=True)
    (phrases / "openers.txt").write_text("请\n", encoding="utf-8")

    def git(*words: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *words], cwd=tmp_path, check=True)

    git("init", "-q")
    git("add", ".")
    git("commit", "-q", "-m", "first")
    clean = commit()
    assert len(clean) == 40
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert commit() == clean
    (phrases / "closers.txt").write_text("吧\n", encoding="utf-8")
    assert commit() == f"{clean}+"
    (phrases / "closers.txt").unlink()
    (phrases / "openers.txt").write_text("请您\n", encoding="utf-8")
    assert commit() == f"{clean}+"


def test_figures_are_called_on_the_page_as_on_the_desk(sheet: Sheet) -> None:
    shown = figures_of(json.dumps(sheet_json(sheet)))
    names = {one.key: one.name for one in shown}
    for key in ("refused", "wrongly_refused", "silently_wrong", "asked_instead"):
        assert f"<td>{names[key]}</td>" in page(sheet)


def test_another_intent_is_another_table(tmp_path: Path) -> None:
    def digest(intent: str) -> str:
        table = tmp_path / "heard.tsv"
        line = f"历城呢\t{intent}\t"
        table.write_text(f"text\tintent\tcalls\n{line}\n", encoding="utf-8")
        return run_card(read_table(table), command="", seeds={}, weights=[]).data_sha256

    assert digest("no_check") != digest("no_place")


def test_the_machine_is_told_by_what_figures_of_cost_depend_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    monkeypatch.setattr("os.cpu_count", lambda: 48)
    told = {one.name: one.value for one in machine()}
    assert (told["threads"], told["cores"]) == ("3", "48")
    assert told["cpu"]


def test_the_model_card_holds_the_figures(sheet: Sheet, tmp_path: Path) -> None:
    shape = {
        "architectures": ["GlmForCausalLM"],
        "num_hidden_layers": 4,
        "hidden_size": 256,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "vocab_size": 7296,
    }
    adapter = {"peft_type": "PREFIX_TUNING", "num_virtual_tokens": 48}
    tuned = {"steps_done": 800, "rows_seen": 25_600, "pattern_version": 2}
    course = {
        "stage": "skills",
        "steps": 3600,
        "rows": 7200,
        "readings": 0,
        "tokens": 6_400_000,
        "minutes": 30.5,
        "learning_rate": 4e-3,
    }
    work = course | {"stage": "work", "readings": 50, "minutes": 4}
    slow = work | {"learning_rate": 1e-3}
    (tmp_path / "adapter").mkdir()
    for name, value in (
        ("config.json", shape),
        ("adapter/adapter_config.json", adapter),
        ("adapter/griddesk.json", tuned),
        ("base_training.json", {"courses": [work, course, slow]}),
    ):
        (tmp_path / name).write_text(json.dumps(value), encoding="utf-8")
    base, after, rules = sheet.readers
    program = "## In the program\n\nMeasured by hand."
    history = "## How this base came about\n\nIn many courses."
    (tmp_path / "README.md").write_text(
        f"# Old\n\n{history}\n\n## Old\n\n{program}\n\n## Limits\n\nOld."
    )
    write_card(tmp_path, before=base, after=after, beside=(rules,))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert (
        "- work: 2 courses, 7,200 steps, 14,400 rows answered and 100 only read (12.8 "
        "million tokens, 8 minutes), at a rate of 0.004 to 0.001\n"
        "- skills: 1 course, 3,600 steps, 7,200 rows answered and 0 only read (6.4 "
        "million tokens, 30 minutes), at a rate of 0.004\n"
    ) in text
    assert text.count(f"{history}\n\n## What is measured") == 1
    assert "800 steps of 32 rows" in text
    assert text.count(f"{program}\n\n## Limits") == 1
    assert "Old" not in text
    assert str(Score(56, 62)) in text
    assert "--rows 31" in text
    assert "| tuned | clean | 91.25 |" in text
    assert "| calls exact | base | tuned | rules |" in text
    assert "syllables" not in text
    assert "any characters" not in text
    record = {"courses": [course, work | {"any_characters": 0.25}]}
    (tmp_path / "base_training.json").write_text(json.dumps(record), encoding="utf-8")
    shape |= {"words": 34_818, "word_size": 64, "sounds": 401}
    (tmp_path / "config.json").write_text(json.dumps(shape), encoding="utf-8")
    write_card(tmp_path, before=base, after=after, beside=(rules,))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    row = "| words | 34,818, each a fixed vector of 64 numbers; 401 syllables |\n| tok"
    assert row in text
    assert "vosk-model-small-cn-0.22` (Apache-2.0)" in text
    assert "In 1 of its 2 courses other names were given any characters" in text
