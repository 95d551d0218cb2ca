"""Reviewing on the disk: kept exactly, derived rightly, and every change is found."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import Phase, given, settings

from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    FindingState,
    Step,
)
from app.core.errors import JournalUnwritableError, UsageError
from app.core.model import Call, Check, RunRecord
from app.core.ports import JournalQuery
from app.core.trends import Bucket, GroupBy, Measure, TrendQuery
from app.journal import later
from app.journal.canonical import (
    NotCanonicalError,
    chain_hash,
    decode,
    decode_as,
    encode,
    layout_of,
)
from app.journal.database import Database
from app.journal.form import escaped, unescaped
from app.journal.store import SqliteJournal
from tests.contract.reviewed import (
    ALARM,
    CALM,
    CLOCK,
    COAST,
    EAST,
    START,
    WEST,
    cancelled,
    correction,
    decision,
    event,
    filled,
    found_in,
    hats,
    heads,
    heard,
    run,
    run_id,
    silent,
    step,
    written,
)
from tests.unit.journal.conftest import OpenJournal
from tests.unit.journal.records import acknowledgement, anything
from tests.unit.journal.test_canonical import run_documented_program
from tests.unit.journal.test_layouts import (
    meta_of,
    take_away_version_2,
    take_away_version_3,
)
from tests.unit.journal.test_verify import tamper

EVERYTHING = (
    run(1, ALARM, heads(COAST, 10, 7)),
    run(2, CALM, operator="王芳"),
    cancelled(3, Call(EAST, Check.HELMET), Call(COAST, Check.HEADCOUNT)),
    heard(4, silent(WEST), written(hats(COAST, 5, 4), differed=True), agreed=False),
    heard(5, agreed=True),
    run(6, hats(WEST, 3, 2)),
)


@pytest.mark.parametrize("kept", [Disposition, Correction, Decision, DeskEvent])
def test_any_later_entry_comes_back_exactly(kept: type) -> None:
    @settings(max_examples=25, deadline=None)
    @given(anything(kept))
    def check(made: Any) -> None:
        text = encode(made, recorded_at=START)
        assert decode_as(text, kept) == made
        assert encode(decode_as(text, kept), recorded_at=START) == text
        assert layout_of(text) == 7
        with pytest.raises(NotCanonicalError, match="kind"):
            decode(text)
        with pytest.raises(NotCanonicalError, match="schema"):
            decode_as(text.replace('"schema":7}', '"schema":5}'), kept)

    check()


@settings(max_examples=100, deadline=None)
@given(anything(str))
def test_a_text_stands_in_a_table_as_in_the_canonical_text(text: str) -> None:
    made = event(EventKind.SHIFT_NOTE, detail=text)
    assert f'"detail":"{escaped(text)}",' in encode(made, recorded_at=START)
    assert unescaped(escaped(text)) == text


@pytest.fixture
def journal(open_journal: OpenJournal) -> Iterator[SqliteJournal]:
    """Entries 1 … 6 are runs; then come a step, a correction, a decision, an event."""
    made = open_journal()

    async def course() -> None:
        await filled(made, *EVERYTHING)
        await made.review.dispose(step(1, Step.DISPATCHED))
        said = await made.review.correct(correction(2, entry_id="c" * 32))
        await made.review.decide(decision(said, approved=True))
        await made.review.note(event(EventKind.LOCKED))

    asyncio.run(course())
    return made


@settings(max_examples=8, deadline=None, phases=[Phase.generate])
@given(anything(RunRecord))
def test_whatever_a_record_holds_its_figures_are_derived_alike_twice(
    tmp_path_factory: pytest.TempPathFactory, made: RunRecord
) -> None:
    """Huge counts, counts below zero, half characters in the name of a region."""
    path = tmp_path_factory.mktemp("any") / "journal.db"
    journal = SqliteJournal(path, clock=CLOCK)
    try:
        asyncio.run(journal.append(replace(made, run_id="a" * 32)))
        assert journal.verify().ok, journal.verify()
        named = {f.call.site.region for f in made.findings} - {""}
        if made.findings:
            assert set(journal.review.regions()) == named
        for region in named:
            assert journal.page(JournalQuery(region=region))
    finally:
        journal.close()


def shown(journal: SqliteJournal) -> dict[str, object]:
    """Everything that a review shows of a journal."""
    review = journal.review
    asked = {"since": START - timedelta(days=9), "until": START + timedelta(days=9)}
    trends = {
        f"{measure} {by}": review.trend(
            TrendQuery(measure=measure, by=by, bucket=Bucket.DAY, **asked)
        )
        for measure in Measure
        for by in GroupBy
    }
    pages: dict[str, object] = {
        "coast": found_in(journal, region=COAST.region),
        "alarms at the coast": found_in(
            journal, region=COAST.region, severity=ALARM.severity
        ),
        "open": found_in(journal, open=True),
        "open in the east": found_in(journal, open=True, site="E"),
        "open in 济南": found_in(journal, open=True, region="济南"),
        "settled": found_in(journal, open=False),
        "no state": found_in(journal, state=FindingState.NONE),
        "words": found_in(journal, text="安全帽"),
    }
    return {
        **trends,
        **pages,
        "regions": review.regions(),
        "operators": review.operators(),
        "findings": review.open_findings(),
        "findings of 济南": review.open_findings(region="济南"),
        "histories": review.histories([run_id(n) for n in range(1, 7)]),
        "alarms": journal.open_alarms(),
        "events": review.events(),
        "corrections": review.corrections(),
    }


@pytest.mark.parametrize(
    ("version", "take_away"), [(1, take_away_version_2), (2, take_away_version_3)]
)
def test_an_older_journal_shows_the_same_before_and_after_it_is_brought_up_to_date(
    open_journal: OpenJournal,
    path: Path,
    version: int,
    take_away: Callable[[Callable[[str], object]], None],
) -> None:
    made = open_journal()
    asyncio.run(filled(made, *EVERYTHING))
    if version == 2:
        asyncio.run(made.acknowledge(acknowledgement_of(1)))
    wanted = shown(made)
    made.close()
    database = Database(path, busy_s=5)
    with database.writing(START) as connection:
        take_away(connection.exec_driver_sql)
    database.drop_writer()
    database.close()

    older = open_journal()
    assert shown(older) == wanted
    assert older.verify().ok
    assert meta_of(path, "tables") == str(version)
    # Another desk brings it up to date, and this one goes on with its connections.
    asyncio.run(open_journal().review.note(event(EventKind.LOCKED)))
    assert meta_of(path, "tables") == "3"
    (locked,) = older.review.events()
    assert {**shown(older), "events": ()} == {**wanted, "events": ()}
    assert locked.event.kind is EventKind.LOCKED
    assert older.verify().ok
    asyncio.run(older.review.dispose(step(1, Step.CLOSED)))
    assert found_in(older, state=FindingState.CLOSED) == [1]
    assert older.verify().ok


def acknowledgement_of(number: int) -> Any:
    return replace(acknowledgement(1), run_id=run_id(number))


def test_the_chain_of_every_kind_verifies_without_this_program(
    journal: SqliteJournal, path: Path
) -> None:
    report = journal.verify()
    assert (report.ok, report.checked) == (True, 10)
    head = journal.review.head()
    assert run_documented_program(path).stdout.split() == ["10", head.hash]
    assert (head.seq, head.hash) == (10, report.head)


def test_two_desks_that_close_at_once_close_once(
    journal: SqliteJournal, open_journal: OpenJournal
) -> None:
    other = open_journal()

    async def course() -> list[Any]:
        steps = (
            desk.review.dispose(step(6, Step.CLOSED, by=by))
            for desk, by in ((journal, "甲"), (other, "乙"))
        )
        return list(await asyncio.gather(*steps, return_exceptions=True))

    both = asyncio.run(course())
    assert [type(each) for each in both].count(UsageError) == 1
    (history,) = journal.review.histories([run_id(6)])
    assert len(history.dispositions) == 1
    assert journal.verify().ok


def test_a_lock_held_too_long_leaves_the_finding_as_it_was(
    journal: SqliteJournal, open_journal: OpenJournal, path: Path
) -> None:
    impatient = open_journal(busy_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalUnwritableError, match="另一个程序占用"):
            asyncio.run(impatient.review.dispose(step(6, Step.CLOSED)))
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert journal.review.open_findings().newest[0].state is FindingState.OPEN
    asyncio.run(impatient.review.dispose(step(6, Step.CLOSED)))
    assert impatient.verify().ok


def test_more_runs_than_one_question_takes_are_asked_about(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = journal.review.histories([run_id(n) for n in range(1, 7)])
    listed = journal.review.open_findings()
    monkeypatch.setattr(later, "_MANY", 2)
    assert journal.review.histories([run_id(n) for n in range(1, 7)]) == usual
    assert journal.review.open_findings() == listed


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM journal_figures",
        "UPDATE journal_figures SET actual = 12 WHERE seq = 1",
        "DELETE FROM journal_ears",
        "UPDATE journal_ears SET apart = 0",
        "DELETE FROM journal_states",
        "UPDATE journal_states SET state = 'closed', is_open = 0 WHERE seq = 6",
        "UPDATE journal_states SET region = 'x' WHERE seq = 6",
        "DELETE FROM journal_said",
        "UPDATE journal_said SET step = 'closed'",
        "DELETE FROM journal_events",
        "UPDATE journal_events SET at_us = 0",
    ],
)
def test_the_tables_refuse_to_forget(
    journal: SqliteJournal, path: Path, statement: str
) -> None:
    other = sqlite3.connect(path)
    try:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            other.execute(statement)
    finally:
        other.close()
    assert journal.verify().ok


@pytest.mark.parametrize(
    ("statement", "first_broken", "why"),
    [
        ("UPDATE journal_figures SET actual = 12 WHERE seq = 1", 1, "人数索引"),
        ("UPDATE journal_figures SET region = 'x' WHERE seq = 3", 3, "人数索引"),
        ("UPDATE journal_figures SET site_key = 2 WHERE seq = 2", 2, "人数索引"),
        ("UPDATE journal_figures SET answered = 1 WHERE seq = 3", 3, "人数索引"),
        ("UPDATE journal_figures SET started_us = 1 WHERE seq = 2", 2, "人数索引"),
        ("DELETE FROM journal_figures WHERE seq = 6", 6, "人数索引"),
        (
            "INSERT INTO journal_figures (started_us, seq, position, region, written, "
            "differed) VALUES (1, 5, 0, '', 0, 0)",
            5,
            "人数索引",
        ),
        ("UPDATE journal_ears SET apart = 5 WHERE seq = 4", 4, "听音索引"),
        ("DELETE FROM journal_ears WHERE seq = 5", 5, "听音索引"),
        ("UPDATE journal_said SET step = 'closed' WHERE seq = 7", 7, "处置与更正索引"),
        ("UPDATE journal_said SET run_seq = 2 WHERE seq = 7", 7, "处置与更正索引"),
        ("DELETE FROM journal_said WHERE seq = 8", 8, "处置与更正索引"),
        ("UPDATE journal_said SET about = NULL WHERE seq = 9", 9, "处置与更正索引"),
        ("UPDATE journal_events SET event = 'locked_out'", 10, "席位事件索引"),
        ("DELETE FROM journal_events", 10, "席位事件索引"),
        ("INSERT INTO journal_events VALUES (11, 'locked', 1)", 11, "已被截掉"),
        ("INSERT INTO journal_events VALUES (0, 'locked', 1)", 0, "插入"),
        ("UPDATE journal_states SET is_open = 0 WHERE seq = 6", 11, "待处置"),
        ("UPDATE journal_states SET state = 'closed' WHERE seq = 6", 11, "待处置"),
        ("UPDATE journal_states SET region = 'x' WHERE seq = 6", 11, "待处置"),
        ("DELETE FROM journal_states WHERE seq = 1", 11, "待处置"),
        (
            "INSERT INTO journal_states VALUES (2, 0, 'open', 1, 1, '济南')",
            11,
            "待处置",
        ),
        (
            "INSERT INTO journal_words (rowid, words) VALUES (-8, '青 岛')",
            11,
            "文字检索",
        ),
    ],
)
def test_a_review_table_that_does_not_fit_the_entries_is_found(
    journal: SqliteJournal, path: Path, statement: str, first_broken: int, why: str
) -> None:
    assert journal.verify().ok
    tamper(path, lambda db: db.execute(statement))
    report = journal.verify()
    assert (report.ok, report.first_broken) == (False, first_broken), report
    assert why in report.detail


def chained(path: Path, said: Any, row: tuple[object, ...]) -> None:
    """Add an entry that the program would not have taken."""

    def change(db: sqlite3.Connection) -> None:
        seq, head = db.execute(
            "SELECT seq + 1, hash FROM journal_entries ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        body = encode(said, recorded_at=START)
        kind = type(said).__name__.lower()
        db.execute(
            "INSERT INTO journal_entries VALUES (?, ?, ?, ?, ?, ?)",
            (seq, kind, said.entry_id, head, chain_hash(head, seq, body), body),
        )
        if row:
            db.execute(
                "INSERT INTO journal_said VALUES (?, ?, ?, ?, ?, ?)", (seq, *row)
            )

    tamper(path, change)


@pytest.mark.parametrize(
    ("said", "row", "why"),
    [
        (
            step(6, Step.RECHECKED),
            (6, "disposition", 0, "rechecked", None),
            "“复查”不能跟在“待处置”之后",
        ),
        (
            step(1, Step.REOPENED),
            (1, "disposition", 0, "reopened", None),
            "“重新打开”不能跟在“已派发”之后",
        ),
        (step(9, Step.DISPATCHED), (), "处置的结论不存在"),
        (step(3, Step.DISPATCHED), (), "处置的结论不存在"),
        (step(1, Step.DISPATCHED, 7), (), "处置的结论不存在"),
        (correction(9), (), "更正的记录不存在"),
        (decision(correction(2), approved=True), (), "审批的更正不存在"),
    ],
)
def test_an_entry_that_cannot_follow_from_those_before_is_found(
    journal: SqliteJournal, path: Path, said: Any, row: tuple[object, ...], why: str
) -> None:
    chained(path, said, row)
    report = journal.verify()
    assert (report.ok, report.first_broken) == (False, 11), report
    assert why in report.detail


def test_a_step_with_a_run_that_comes_later_is_found(
    journal: SqliteJournal, path: Path
) -> None:
    chained(path, step(8, Step.DISPATCHED), (1, "disposition", 0, "dispatched", None))
    asyncio.run(journal.append(run(8, ALARM)))
    assert journal.verify().first_broken == 11


def plan(path: Path, asked: str) -> str:
    db = sqlite3.connect(path)
    found = db.execute(f"EXPLAIN QUERY PLAN {asked}").fetchall()
    db.close()
    return str(found)


def test_what_is_quick_on_a_million_records_walks_an_index(
    journal: SqliteJournal, path: Path
) -> None:
    """Each filter has an index in the order of the pages: nothing is sorted."""
    for where, table in (
        ("region = '济南'", "journal_figures"),
        ("region = '济南' AND severity = 'alarm'", "journal_figures"),
        ("is_open = 1", "journal_states"),
        ("state = 'closed'", "journal_states"),
        ("kind = 'correction'", "journal_said"),
        ("event = 'locked'", "journal_events"),
    ):
        asked = f"SELECT DISTINCT seq FROM {table} WHERE {where} ORDER BY seq DESC"
        found = plan(path, asked)
        assert "TEMP B-TREE" not in found, (where, found)
        assert "SEARCH" in found, (where, found)
