"""Alarms on the disk: what is open survives, and nobody quietly closes one."""

import asyncio
import csv
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings

from app.core.alarms import Acknowledgement
from app.core.errors import JournalUnwritableError
from app.core.model import Finding, RunRecord
from app.core.workdays import DESKS_ZONE
from app.journal import acknowledging
from app.journal.canonical import (
    NotCanonicalError,
    Recorded,
    chain_hash,
    decode,
    decode_as,
    encode,
)
from app.journal.store import SqliteJournal
from tests.alarm_memory import ALARM, CALM
from tests.unit.journal.conftest import OpenJournal
from tests.unit.journal.records import START, acknowledgement, anything, record
from tests.unit.journal.test_canonical import run_documented_program
from tests.unit.journal.test_verify import tamper
from tests.unit.reports.told import export

RUNS = 6


def run(number: int, *findings: Finding) -> RunRecord:
    return record(number, findings=findings or (CALM, ALARM))


@pytest.fixture
def journal(open_journal: OpenJournal) -> Iterator[SqliteJournal]:
    """Entries 1 … 6 are runs with an alarm each; 7 and 8 acknowledge runs 2 and 5."""
    made = open_journal()

    async def course() -> None:
        for number in range(1, RUNS + 1):
            await made.append(run(number))
        for number in (2, 5):
            await made.acknowledge(acknowledgement(number, 1))

    asyncio.run(course())
    return made


def still_open(journal: SqliteJournal) -> list[int]:
    found = journal.open_alarms()
    assert found.count == len(found.newest)
    assert {alarm.index for alarm in found.newest} <= {1}
    return [int(alarm.run_id, 16) for alarm in found.newest]


@settings(max_examples=50, deadline=None)
@given(anything(Acknowledgement))
def test_any_acknowledgement_comes_back_exactly(made: Acknowledgement) -> None:
    text = encode(made, recorded_at=START)
    assert decode_as(text, Acknowledgement) == made
    assert encode(decode_as(text, Acknowledgement), recorded_at=START) == text
    with pytest.raises(NotCanonicalError, match="kind"):
        decode(text)


def test_the_text_of_an_acknowledgement_is_as_documented() -> None:
    made = Acknowledgement(
        entry_id="ab",
        run_id="cd",
        index=1,
        at=START,
        by="王芳",
        workstation="一号席",
        note="已电话通知",
    )
    assert encode(made, recorded_at=START) == (
        '{"acknowledgement":{"at":"2026-11-21T00:00:00.000000Z","by":"王芳",'
        '"entry_id":"ab","index":1,"note":"已电话通知","run_id":"cd",'
        '"workstation":"一号席"},"kind":"acknowledgement",'
        '"recorded_at":"2026-11-21T00:00:00.000000Z","schema":7}'
    )
    older = encode(made, recorded_at=START).replace('"schema":7', '"schema":4')
    with pytest.raises(NotCanonicalError, match="schema"):
        decode_as(older, Acknowledgement)


def test_an_acknowledgement_is_an_entry_of_the_same_chain(
    journal: SqliteJournal, path: Path
) -> None:
    report = journal.verify()
    assert (report.ok, report.checked) == (True, RUNS + 2)
    assert run_documented_program(path).stdout.split() == ["8", journal.head()]
    assert still_open(journal) == [6, 4, 3, 1]


def test_another_desk_and_the_next_shift_see_the_same_open_alarms(
    journal: SqliteJournal, open_journal: OpenJournal
) -> None:
    other = open_journal()
    assert still_open(other) == [6, 4, 3, 1]
    asyncio.run(other.acknowledge(acknowledgement(6, 1)))
    assert still_open(journal) == [4, 3, 1]
    journal.close()
    other.close()
    assert still_open(open_journal()) == [4, 3, 1]


def test_two_desks_that_write_at_once_make_one_chain(
    journal: SqliteJournal, open_journal: OpenJournal
) -> None:
    desks = [journal, open_journal()]

    async def course() -> None:
        work = [desks[n % 2].append(run(n)) for n in range(7, 27)]
        work += [
            desk.acknowledge(acknowledgement(n, 1, by=name))
            for n in (1, 3, 4, 6)
            for desk, name in zip(desks, ("李明", "王芳"), strict=True)
        ]
        await asyncio.gather(*work)

    asyncio.run(course())
    assert sorted(still_open(desks[1])) == list(range(7, 27))
    runs = [f"{n:032x}" for n in (1, 3, 4, 6)]
    assert len(desks[0].acknowledgements(runs)) == 4
    report = desks[0].verify()
    assert (report.ok, report.checked) == (True, RUNS + 2 + 20 + 4)


def test_a_lock_held_too_long_leaves_the_alarm_open_with_a_sentence(
    journal: SqliteJournal, open_journal: OpenJournal, path: Path
) -> None:
    impatient = open_journal(busy_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalUnwritableError, match="另一个程序占用"):
            asyncio.run(impatient.acknowledge(acknowledgement(6, 1)))
        other.execute("ROLLBACK")
    finally:
        other.close()
    assert still_open(journal)[0] == 6
    asyncio.run(impatient.acknowledge(acknowledgement(6, 1)))
    assert still_open(journal)[0] == 4


def test_open_alarms_are_asked_for_without_reading_what_is_closed(
    journal: SqliteJournal, path: Path
) -> None:
    """What is quick on a million records: the table holds what is open, no more."""
    db = sqlite3.connect(path)
    rows = db.execute("SELECT seq, position FROM journal_open_alarms").fetchall()
    assert rows == [(1, 1), (3, 1), (4, 1), (6, 1)]
    asked = "SELECT seq, position FROM journal_open_alarms ORDER BY seq DESC, position"
    plan = db.execute(f"EXPLAIN QUERY PLAN {asked} LIMIT 5").fetchall()
    db.close()
    assert "journal_open_alarms" in str(plan)
    assert "journal_calls" not in str(plan)


def test_more_runs_than_one_question_takes_are_asked_about(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "_MANY", 2)
    runs = [f"{n:032x}" for n in range(1, RUNS + 1)]
    found = journal.acknowledgements(runs)
    assert {int(each.run_id, 16) for each in found} == {2, 5}


def test_open_alarms_are_in_many_questions_but_in_one_order(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "_MANY", 2)
    with journal._database.reading() as at:
        assert at is not None
        driver = at.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        usual = driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 3)
    assert still_open(journal) == [6, 4, 3, 1]
    driver.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, usual)


def test_an_open_alarm_is_decoded_once(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[str] = []
    usual = acknowledging.canonical.decode

    def counting(text: str) -> Recorded:
        decoded.append(text)
        return usual(text)

    monkeypatch.setattr(acknowledging.canonical, "decode", counting)
    first = journal.open_alarms()
    assert len(decoded) == 4
    assert journal.open_alarms() == first
    assert len(decoded) == 4
    asyncio.run(journal.append(run(9)))
    asyncio.run(journal.acknowledge(acknowledgement(3, 1)))
    decoded.clear()
    assert still_open(journal) == [9, 6, 4, 1]
    assert len(decoded) == 1


def test_not_every_alarm_of_a_bad_year_is_kept_in_memory(
    journal: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledging, "_KEPT", 3)
    assert still_open(journal) == still_open(journal) == [6, 4, 3, 1]
    assert len(journal._decoded._known) == 3


Tamper = Callable[[sqlite3.Connection], object]


def edited(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE journal_entries SET body = replace(body, '李明', '王芳') WHERE seq = 7"
    )


def edited_and_hashed_again(db: sqlite3.Connection) -> None:
    edited(db)
    rehash(db, 7)


def rehash(db: sqlite3.Connection, seq: int) -> None:
    previous, body = db.execute(
        "SELECT previous_hash, body FROM journal_entries WHERE seq = ?", (seq,)
    ).fetchone()
    digest = chain_hash(previous, seq, body)
    db.execute("UPDATE journal_entries SET hash = ? WHERE seq = ?", (digest, seq))


def deleted(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_entries WHERE seq = 7")


def cut_off(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_entries WHERE seq = 8")


def cut_off_and_opened_again(db: sqlite3.Connection) -> None:
    cut_off(db)
    db.execute("INSERT INTO journal_open_alarms VALUES (5, 1)")


def passed_off_as_a_run(db: sqlite3.Connection) -> None:
    db.execute("UPDATE journal_entries SET kind = 'run' WHERE seq = 7")


def given_another_id(db: sqlite3.Connection) -> None:
    db.execute("UPDATE journal_entries SET entry_id = 'x' WHERE seq = 7")


def about_another_run(db: sqlite3.Connection) -> None:
    db.execute("UPDATE journal_acknowledgements SET run_seq = 3 WHERE seq = 7")


def row_deleted(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_acknowledgements WHERE seq = 7")


def row_made_up(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO journal_acknowledgements VALUES (4, 3, 1)")


def row_made_up_at_the_end(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO journal_acknowledgements VALUES (9, 3, 1)")


def quietly_closed(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_open_alarms WHERE seq = 4")


def quietly_opened(db: sqlite3.Connection) -> None:
    db.execute("INSERT INTO journal_open_alarms VALUES (2, 1)")


def chained(db: sqlite3.Connection, made: Acknowledgement, run_seq: int) -> None:
    """Add an acknowledgement that the program would not have taken."""
    (head,) = db.execute("SELECT hash FROM journal_entries WHERE seq = 8").fetchone()
    body = encode(made, recorded_at=START)
    db.execute(
        "INSERT INTO journal_entries VALUES (9, 'acknowledgement', ?, ?, ?, ?)",
        (made.entry_id, head, chain_hash(head, 9, body), body),
    )
    if run_seq:
        db.execute("INSERT INTO journal_acknowledgements VALUES (9, ?, ?)",
                   (run_seq, made.index))  # fmt: skip


def of_no_alarm(db: sqlite3.Connection) -> None:
    chained(db, acknowledgement(3, 0), 3)


def of_no_run(db: sqlite3.Connection) -> None:
    chained(db, acknowledgement(99, 1), 0)


def a_second_time(db: sqlite3.Connection) -> None:
    chained(db, acknowledgement(2, 1), 0)


@pytest.mark.parametrize(
    ("change", "first_broken", "why"),
    [
        (edited, 7, "已被改动"),
        (edited_and_hashed_again, 8, "不相连"),
        (deleted, 7, "第7条记录缺失"),
        (cut_off, 8, "已被截掉"),
        (cut_off_and_opened_again, 8, "已被截掉"),
        (passed_off_as_a_run, 7, "不是本程序写成的记录"),
        (given_another_id, 7, "运行编号与记录内容不符"),
        (about_another_run, 7, "告警确认索引"),
        (row_deleted, 7, "告警确认索引"),
        (row_made_up, 4, "告警确认索引"),
        (row_made_up_at_the_end, 9, "已被截掉"),
        (quietly_closed, 9, "未确认告警的清单"),
        (quietly_opened, 9, "未确认告警的清单"),
        (of_no_alarm, 9, "确认的告警不存在"),
        (of_no_run, 9, "确认的告警不存在"),
        (a_second_time, 9, "之前已确认过"),
    ],
)
def test_every_change_of_an_acknowledgement_is_found(
    journal: SqliteJournal, path: Path, change: Tamper, first_broken: int, why: str
) -> None:
    assert journal.verify().ok
    tamper(path, change)
    report = journal.verify()
    assert (report.ok, report.first_broken) == (False, first_broken), report
    assert why in report.detail


def test_a_skilful_truncation_shows_against_a_noted_head(
    journal: SqliteJournal, path: Path
) -> None:
    noted = journal.head()

    def skilful(db: sqlite3.Connection) -> None:
        cut_off_and_opened_again(db)
        db.execute("DELETE FROM journal_acknowledgements WHERE seq = 8")
        db.execute("DELETE FROM journal_said WHERE seq = 8")

    tamper(path, skilful)
    assert journal.verify().ok, "the chain alone cannot know"
    assert not journal.verify(expected_head=noted).ok


def test_the_tables_refuse_to_close_an_alarm_without_a_name(
    journal: SqliteJournal, path: Path
) -> None:
    statements = (
        "DELETE FROM journal_open_alarms WHERE seq = 4",
        "UPDATE journal_open_alarms SET seq = 99 WHERE seq = 4",
        "DELETE FROM journal_acknowledgements",
        "UPDATE journal_acknowledgements SET position = 5",
    )
    other = sqlite3.connect(path)
    try:
        for statement in statements:
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                other.execute(statement)
    finally:
        other.close()
    assert still_open(journal) == [6, 4, 3, 1]
    assert journal.verify().ok


def test_a_table_says_who_acknowledged_and_when_and_who_did_not(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    asyncio.run(journal.acknowledge(acknowledgement(6, 1, by="=王芳", note="已处理")))
    file = tmp_path / "log.csv"
    assert export(journal, file) == RUNS
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    told = {
        (int(row["序号"]), row["级别"]): (row["确认人"], row["确认说明"])
        for row in rows
    }
    assert told[2, "告警"] == ("李明", "")
    assert told[6, "告警"] == ("'=王芳", "已处理")
    assert told[3, "告警"] == ("未确认", "")
    assert {told[n, "正常"] for n in range(1, 7)} == {("", "")}
    (when,) = [r["确认时间 (北京时间)"] for r in rows if r["确认人"] == "'=王芳"]
    at = acknowledgement(6).at.astimezone(DESKS_ZONE).replace(tzinfo=None)
    assert when == at.isoformat(" ")


def test_a_workbook_holds_the_time_of_an_acknowledgement(
    journal: SqliteJournal, tmp_path: Path
) -> None:
    import openpyxl

    file = tmp_path / "log.xlsx"
    export(journal, file)
    book = openpyxl.load_workbook(file)
    header, *rows = book.worksheets[1].iter_rows(values_only=True)
    book.close()
    named, timed = header.index("确认人"), header.index("确认时间 (北京时间)")
    by = {row[0]: (row[named], row[timed]) for row in rows if row[named]}
    local = acknowledgement(5).at.astimezone(DESKS_ZONE).replace(tzinfo=None)
    assert by[5] == ("李明", local)
    assert by[4] == ("未确认", None)
