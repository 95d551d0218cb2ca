"""The log from the command line: what a run continues, why it was read so, counts."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.commands import doctor
from app.compose import House
from app.core.explanation import Reason, ReasonKind
from app.core.labels import OUTCOMES
from app.core.model import (
    Call,
    Check,
    Intent,
    Mention,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    RunRecord,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.house.doctor import LOOKED_BACK, HouseDoctor, sentences_health
from app.journal.statistics import NO_RUNS
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.records import START, record

JINAN = Site(id="A", name="济南工地")
FIRST, FOLLOWING, REPEATED = "a" * 32, "b" * 32, "c" * 32
REASONS = (
    Reason(kind=ReasonKind.PLACE, words="济男", start=1, meaning="济南工地"),
    Reason(kind=ReasonKind.REPAIR, words="济男", start=1, meaning="与「济南」同音"),
    Reason(kind=ReasonKind.CONTEXT, meaning="检查沿用刚才的人数检测"),
)


def run(
    run_id: str, minute: int, text: str, outcome: Outcome, **read: object
) -> RunRecord:
    at = START + timedelta(minutes=minute)
    values = {"intent": Intent.INSPECT, "source": Source.MODEL_AND_RULES, **read}
    return RunRecord(
        run_id=run_id,
        started_at=at,
        finished_at=at + timedelta(seconds=2),
        operator="李明",
        workstation="一号席",
        origin=Origin.TYPED,
        outcome=outcome,
        utterance=Utterance(text=text, origin=Origin.TYPED),
        understanding=Understanding(**values),  # type: ignore[arg-type]
    )


RUNS = (
    run(FIRST, 1, "查一下济南工地的人数", Outcome.ASKED),
    run(
        FOLLOWING,
        2,
        "那济男呢",
        Outcome.CANCELLED,
        mentions=(Mention(place=JINAN.name, site=JINAN, check=Check.HEADCOUNT),),
        calls=(Call(JINAN, Check.HEADCOUNT),),
        reasons=REASONS,
        continues=FIRST,
    ),
    run(
        REPEATED,
        3,
        "再说一遍",
        Outcome.REPEATED,
        reply="[人数检测] 应到47人, 实到34人, 有人缺勤",
        repeats=True,
        continues=FOLLOWING,
    ),
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path))
    return tmp_path


def write(home: Path, *records: RunRecord) -> None:
    journal = SqliteJournal(home / "journal.sqlite", clock=HeldClock())

    async def append_all() -> None:
        for each in records:
            await journal.append(each)

    asyncio.run(append_all())
    journal.close()


def griddesk(*words: str) -> Result:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done


def local(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def test_show_says_what_a_run_continues_and_why_it_was_read_so(home: Path) -> None:
    write(home, *RUNS)
    lines = griddesk("log", "show", FOLLOWING).output.splitlines()
    ended = local(RUNS[0].finished_at)
    assert f"  接着   运行 aaaaaaaa, {ended} 结束" in lines
    why = lines.index("  依据   那【济男】①②呢")
    assert lines[why + 1 : why + 4] == [
        "         ① 地点  「济男」 → 济南工地",
        "         ② 按读音修正  「济男」 → 与「济南」同音",
        "         ③ 沿用上文  检查沿用刚才的人数检测",
    ]


def test_show_says_from_when_an_answer_is_that_was_said_again(home: Path) -> None:
    write(home, *RUNS)
    shown = griddesk("log", "show", REPEATED).output
    ended = local(RUNS[1].finished_at)
    assert f"  重说   那时的答复 (运行 bbbbbbbb, {ended} 结束), 没有重新查询" in shown
    assert "  答复   [人数检测] 应到47人, 实到34人, 有人缺勤" in shown
    assert "依据" not in shown


def test_show_knows_no_more_than_the_number_of_a_run_that_is_not_there(
    home: Path,
) -> None:
    write(home, RUNS[2])
    shown = griddesk("log", "show", REPEATED).output
    assert "  重说   那时的答复 (运行 bbbbbbbb), 没有重新查询" in shown


def test_show_as_json_has_reasons_and_what_a_run_continues(home: Path) -> None:
    write(home, *RUNS)
    shown = json.loads(griddesk("log", "show", FOLLOWING, "--json").output)
    assert shown["continues"] == FIRST
    assert shown["reasons"][0] == {
        "kind": "place",
        "words": "济男",
        "start": 1,
        "meaning": "济南工地",
    }
    assert shown["reasons"][2]["start"] is None
    first = json.loads(griddesk("log", "show", FIRST, "--json").output)
    assert (first["reasons"], first["continues"]) == ([], "")


def test_the_list_says_what_was_said_again(home: Path) -> None:
    write(home, *RUNS)
    newest = griddesk("log", "list").output.splitlines()[0]
    assert newest.split("\t")[4:] == [
        "重说",
        "再说一遍",
        "[人数检测] 应到47人, 实到34人, 有人缺勤",
    ]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl"])
def test_an_export_knows_every_outcome(home: Path, suffix: str) -> None:
    write(home, *(record(n, outcome=end) for n, end in enumerate(Outcome, 1)))
    file = home / f"out.{suffix}"
    griddesk("log", "export", str(file))
    assert file.stat().st_size


def written(number: int, *, differs: bool) -> RunRecord:
    plain = record(number)
    (found,) = plain.findings
    found = replace(found, model_sentence="x", model_differed=differs)
    return replace(plain, findings=(found,))


def test_stats_count_over_a_span(home: Path) -> None:
    made = [written(n, differs=n <= 2) for n in range(1, 9)]
    write(home, *made, record(20, outcome=Outcome.ASKED, findings=()))
    shown = griddesk("log", "stats").output
    assert [" ".join(line.split()) for line in shown.splitlines()] == [
        "运行 9",
        "已答复 8",
        "已询问 1",
        "提问 1",
        "结论 8",
        "模型语句与规则不同 2 / 8 (25.0%)",
        "模型与规则理解不同 0 / 0",
    ]
    since = (START + timedelta(minutes=2)).isoformat()
    until = (START + timedelta(minutes=5)).isoformat()
    done = griddesk("log", "stats", "--since", since, "--until", until, "--json")
    assert json.loads(done.output) == {
        "runs": 3,
        "outcomes": {each.value: 3 * (each is Outcome.ANSWERED) for each in Outcome},
        "questions": 0,
        "findings": 3,
        "sentences_compared": 3,
        "sentences_different": 1,
        "readings_agreed": 0,
        "readings_disagreed": 0,
    }


@pytest.mark.parametrize(
    ("differed", "compared", "ok"),
    [(0, 0, True), (3, 120, True), (49, 49, True), (10, 50, True), (11, 50, False)],
)
def test_the_doctor_minds_sentences_that_differ_often(
    differed: int, compared: int, ok: bool
) -> None:
    found = sentences_health(replace(NO_RUNS, compared=compared, differed=differed))
    assert found.detail == f"与规则不同: {differed} / {compared} (近 30 天)"
    assert found.ok is ok
    assert bool(found.remedy) is not ok
    # What is shown is the rule's sentence: the desk works all the same.
    assert found.key in doctor.OPTIONAL


def test_the_doctor_looks_at_the_last_month(home: Path) -> None:
    now = datetime.now(UTC)
    old = now - LOOKED_BACK - timedelta(hours=1)
    write(
        home,
        replace(written(1, differs=True), started_at=old),
        replace(written(2, differs=True), started_at=now - timedelta(days=29)),
        replace(written(3, differs=False), started_at=now - timedelta(days=1)),
    )
    with House() as house:
        *_, line = HouseDoctor(house)._journal()
    assert "1 / 2" in line.detail


def test_the_doctor_leaves_a_broken_journal_to_the_journals_line(home: Path) -> None:
    (home / "journal.sqlite").write_bytes(b"this is a letter and no database" * 200)
    with House() as house:
        assert list(HouseDoctor(house)._journal()) == []


def test_the_list_says_in_words_how_each_run_ended(home: Path) -> None:
    write(home, *RUNS)
    lines = griddesk("log", "list").output.splitlines()
    ended = {line.split("\t")[2]: line.split("\t")[4] for line in lines}
    assert ended == {"aaaaaaaa": "已询问", "bbbbbbbb": "已取消", "cccccccc": "重说"}


def test_every_outcome_is_called_the_same_everywhere() -> None:
    from app.desktop.words import outcome_word

    assert {one: outcome_word(one) for one in Outcome} == dict(OUTCOMES)


def test_the_list_says_what_was_asked(home: Path) -> None:
    asked = run(FIRST, 1, "查人数", Outcome.ASKED)
    assert asked.understanding is not None
    question = Question(kind=QuestionKind.CONFIRM, sentence="要查的是哪一个?")
    write(
        home,
        replace(asked, understanding=replace(asked.understanding, question=question)),
    )
    (line,) = griddesk("log", "list").output.splitlines()
    assert line.split("\t")[-1] == "要查的是哪一个?"
