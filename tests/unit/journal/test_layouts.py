"""Journals of older programs: read as today's records, proved as they were written."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert

from app.core.entries import FindingState
from app.core.errors import (
    JournalBrokenError,
    JournalError,
    JournalUnwritableError,
)
from app.core.explanation import Reason, ReasonKind
from app.core.model import Outcome, RunRecord, Span
from app.core.ports import JournalQuery
from app.journal import canonical, derived, index, schema
from app.journal import database as database_module
from app.journal.canonical import GENESIS, NotCanonicalError, chain_hash, decode
from app.journal.database import Database
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.kept import AT, MEANT, PICTURE, Line, kept
from tests.unit.journal.records import START, acknowledgement, record
from tests.unit.journal.test_canonical import run_documented_program

OLD = (1, 2, 3, 4)
"""The layouts of older programs; each went on with the journal of the one before."""


def old() -> list[Line]:
    return [line for layout in OLD for line in kept(layout)]


def meant() -> list[RunRecord]:
    return [made for layout in OLD for made in MEANT[layout]]


def take_away_version_3(ask: Callable[[str], object]) -> None:
    """Make the tables what they were before anybody reviewed anything."""
    for trigger in ("runs_figures", "calls_figures", "acknowledgements_said"):
        ask(f"DROP TRIGGER journal_{trigger}")
    for table in reversed(derived.TABLES):
        ask(f"DROP TABLE {table.name}")
    ask("DROP INDEX journal_runs_by_operator")
    ask("UPDATE journal_meta SET value = '2' WHERE key = 'tables'")


def take_away_version_2(ask: Callable[[str], object]) -> None:
    """Make the tables what they were before anybody acknowledged an alarm."""
    take_away_version_3(ask)
    for trigger in ("calls_open_alarm", "open_alarms_no_delete"):
        ask(f"DROP TRIGGER journal_{trigger}")
    ask("DROP TABLE journal_open_alarms")
    ask("DROP TABLE journal_acknowledgements")
    ask("UPDATE journal_meta SET value = '1' WHERE key = 'tables'")


def write_old(path: Path, lines: list[Line]) -> None:
    """Put entries into a journal as the older programs left them."""
    database = Database(path, busy_s=5)
    with database.writing(START) as connection:
        for line, made in zip(lines, meant(), strict=False):
            connection.execute(
                insert(schema.entries),
                {
                    "seq": line.seq,
                    "kind": "run",
                    "entry_id": made.run_id,
                    "previous_hash": line.previous_hash,
                    "hash": line.hash,
                    "body": line.body,
                },
            )
            index.write(connection, line.seq, index.derive(made))
        connection.exec_driver_sql(
            "UPDATE journal_meta SET value = '4' WHERE key = 'records'"
        )
        take_away_version_2(connection.exec_driver_sql)
    database.drop_writer()
    database.close()


def layout_of(path: Path) -> str:
    """Give the layout that an older program looks at before anything else."""
    return meta_of(path, "records")


def meta_of(path: Path, key: str) -> str:
    with sqlite3.connect(path) as opened:
        ask = "SELECT value FROM journal_meta WHERE key = ?"
        ((found,),) = opened.execute(ask, (key,)).fetchall()
    opened.close()
    return str(found)


@pytest.mark.parametrize("layout", OLD)
def test_each_sample_is_of_its_layout(layout: int) -> None:
    assert {json.loads(line.body)["schema"] for line in kept(layout)} == {layout}


def test_the_sample_of_layout_1_has_one_picture_or_none() -> None:
    first = json.loads(kept(1)[0].body)["run"]["findings"]
    pictures = [finding["observation"]["evidence"] for finding in first]
    assert pictures == [
        {"media_type": "image/png", "path": PICTURE.path, "sha256": PICTURE.sha256},
        None,
    ]


def test_the_sample_of_layout_2_knows_pictures_and_days_but_no_reasons() -> None:
    run = json.loads(kept(2)[0].body)["run"]
    pictures = run["findings"][0]["observation"]["evidence"]
    assert [(one["camera"], one["annotated"]) for one in pictures] == [
        ("塔吊", True),
        ("东门", False),
    ]
    site = run["findings"][0]["call"]["site"]
    assert (site["valid_from"], site["valid_until"]) == ("2026-03-01", "2027-06-30")
    assert not {"reasons", "repeats", "continues"} & set(run["understanding"])
    assert "alternatives" not in run["utterance"]


@pytest.mark.parametrize("layout", OLD)
def test_an_old_entry_is_read_exactly_as_what_it_meant(layout: int) -> None:
    recorded = [decode(line.body) for line in kept(layout)]
    assert tuple(entry.record for entry in recorded) == MEANT[layout]
    # Each program wrote ten minutes after the one before.
    minutes = {(e.recorded_at - AT).total_seconds() / 60 for e in recorded}
    assert minutes == {(layout - 1) * 10}


def test_an_old_chain_still_holds() -> None:
    head = GENESIS
    for seq, line in enumerate(old(), 1):
        assert (line.seq, line.previous_hash) == (seq, head)
        assert chain_hash(head, seq, line.body) == line.hash
        head = line.hash


def test_an_old_journal_is_read_continued_and_verified(
    open_journal: OpenJournal, path: Path
) -> None:
    write_old(path, old())
    journal = open_journal()
    assert journal.verify().ok
    last = asyncio.run(journal.append(newest()))
    assert (last.seq, last.previous_hash) == (8, old()[-1].hash)
    report = journal.verify()
    assert (report.ok, report.checked, report.head) == (True, 8, last.hash)
    shown = [entry.record for entry in journal.page(JournalQuery())]
    assert shown == [newest(), *reversed(meant())]
    assert run_documented_program(path).stdout.split() == ["8", last.hash]
    again = [
        Line(seq=e.seq, previous_hash=e.previous_hash, hash=e.hash, body=e.body)
        for e in journal.lines()
    ]
    assert again[:7] == old()
    schemas = [json.loads(line.body)["schema"] for line in again]
    assert schemas == [1, 1, 1, 2, 2, 3, 4, 7]


def newest() -> RunRecord:
    """A record that has everything that came with layouts 3 and 4."""
    plain = record(9)
    assert plain.understanding is not None
    assert plain.utterance is not None
    return replace(
        plain,
        outcome=Outcome.REPEATED,
        utterance=replace(
            plain.utterance,
            alternatives=("查一下记得人数", "查一下"),
            uncertain=(Span(start=3, end=5),),
        ),
        understanding=replace(
            plain.understanding,
            calls=(),
            reply="刚才的答复: …",
            repeats=True,
            continues=f"{1:032x}",
            reasons=(
                Reason(
                    kind=ReasonKind.REPAIR, words="技能", start=3, meaning="读作济南"
                ),
                Reason(kind=ReasonKind.CONTEXT, meaning="接着上一条"),
            ),
        ),
        findings=(),
    )


def test_what_layouts_3_and_4_know_comes_back_and_is_found(
    open_journal: OpenJournal,
) -> None:
    journal = open_journal()
    asyncio.run(journal.append(newest()))
    (found,) = journal.page(JournalQuery(outcome=Outcome.REPEATED, text="刚才的答复"))
    assert found.record == newest()
    assert journal.verify().ok


def test_an_older_program_is_told_at_once_that_the_journal_is_newer(
    open_journal: OpenJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_old(path, old())
    journal = open_journal()
    asyncio.run(journal.health())
    # To look at it, and to be ready to write, leaves it to the older program.
    assert (layout_of(path), meta_of(path, "tables")) == ("4", "1")
    asyncio.run(journal.append(newest()))
    assert (layout_of(path), meta_of(path, "tables")) == ("7", "3")
    journal.close()
    monkeypatch.setattr(canonical, "SCHEMA", 4)
    older = SqliteJournal(path, clock=HeldClock())
    with pytest.raises(JournalError, match="由较新版本的程序写成") as caught:
        older.page(JournalQuery())
    assert not isinstance(caught.value, JournalBrokenError)
    with pytest.raises(JournalError, match="由较新版本的程序写成"):
        asyncio.run(older.append(record(10)))
    older.close()


def test_the_sample_of_layout_3_knows_reasons_but_no_uncertain_words() -> None:
    (said,) = [json.loads(line.body)["run"] for line in kept(3)]
    assert said["understanding"]["reasons"]
    assert "uncertain" not in said["utterance"]


def test_the_sample_of_layout_4_knows_uncertain_words_and_an_alarm() -> None:
    (said,) = [json.loads(line.body)["run"] for line in kept(4)]
    assert said["utterance"]["uncertain"] == [{"end": 5, "start": 3}]
    assert [f["severity"] for f in said["findings"]] == ["normal", "alarm"]


ALARMS = [(7, 1), (4, 0)]
"""Runs of the samples with an alarm, and which finding it is; newest first."""


def open_in(journal: SqliteJournal) -> list[tuple[int, int]]:
    found = journal.open_alarms()
    assert found.count == len(found.newest)
    return [(int(alarm.run_id, 16), alarm.index) for alarm in found.newest]


def test_the_alarms_of_an_old_journal_are_open_before_it_is_written_to(
    open_journal: OpenJournal, path: Path
) -> None:
    write_old(path, old())
    journal = open_journal()
    assert open_in(journal) == ALARMS
    assert journal.acknowledgements([f"{7:032x}"]) == ()
    assert meta_of(path, "tables") == "1"
    asyncio.run(journal.append(record(10)))
    assert open_in(journal) == ALARMS
    assert journal.verify().ok


def test_an_alarm_of_an_old_journal_can_be_acknowledged_at_once(
    open_journal: OpenJournal, path: Path
) -> None:
    write_old(path, old())
    journal = open_journal()
    said = acknowledgement(7, 1)
    assert asyncio.run(journal.acknowledge(said)) == said
    assert open_in(journal) == ALARMS[1:]
    assert journal.acknowledgements([f"{7:032x}"]) == (said,)
    report = journal.verify()
    assert (report.ok, report.checked) == (True, 8)
    assert (layout_of(path), meta_of(path, "tables")) == ("7", "3")


def test_an_old_program_that_is_still_open_keeps_the_open_alarms_too(
    open_journal: OpenJournal, path: Path
) -> None:
    journal = open_journal()
    fill(journal, 1)
    made = record(2, findings=meant()[-1].findings, run_id="a" * 32)
    body = canonical.encode(made, recorded_at=START)
    with sqlite3.connect(path) as older:
        # Word for word what version 1 does with an entry, and no more.
        (head,) = older.execute("SELECT hash FROM journal_entries").fetchone()
        older.execute(
            "INSERT INTO journal_entries VALUES (2, 'run', ?, ?, ?, ?)",
            (made.run_id, head, chain_hash(head, 2, body), body),
        )
        older.execute(
            "INSERT INTO journal_runs VALUES (2, ?, ?, 'answered', ?)",
            (
                canonical.microseconds(made.started_at),
                canonical.microseconds(made.finished_at),
                made.operator,
            ),
        )
        for position, finding in enumerate(made.findings):
            site = finding.call.site
            (key,) = older.execute(
                "INSERT INTO journal_sites (site_id, name) VALUES (?, ?) RETURNING key",
                (site.id, site.name),
            ).fetchone()
            row = (finding.call.check, finding.severity, finding.verdict)
            older.execute(
                "INSERT INTO journal_calls VALUES (2, ?, ?, ?, ?, ?)",
                (position, key, *row),
            )
        older.execute(
            "INSERT INTO journal_words (rowid, words) VALUES (2, ?)",
            (index.derive(made).words,),
        )
    older.close()
    assert [alarm.run_id for alarm in journal.open_alarms().newest] == ["a" * 32]
    (found,) = journal.review.open_findings(site="SD-YT-02").newest
    assert (found.run_id, found.state) == ("a" * 32, FindingState.OPEN)
    assert journal.verify().ok


def test_a_journal_whose_bringing_up_to_date_was_cut_off_is_the_old_one(
    open_journal: OpenJournal, path: Path
) -> None:
    write_old(path, old())
    cut = path.with_name("cut.db")
    database = Database(path, busy_s=5)
    with database.writing(START) as connection:
        # What does not fit into memory is in the file before it is committed.
        connection.exec_driver_sql("PRAGMA cache_size = 1")
        database.note_layout(connection)
        for end in ("", "-wal"):
            there = path.with_name(path.name + end)
            shutil.copy(there, cut.with_name(cut.name + end))
    database.drop_writer()
    database.close()
    assert meta_of(path, "tables") == "3"
    assert cut.with_name("cut.db-wal").stat().st_size > 0
    journal = open_journal(cut)
    assert meta_of(cut, "tables") == "1"
    assert open_in(journal) == ALARMS
    assert journal.verify().ok
    asyncio.run(journal.append(record(10)))
    report = journal.verify()
    assert (report.ok, report.checked) == (True, 8)


def test_a_large_old_journal_is_not_begun_to_be_brought_up_to_date_without_space(
    open_journal: OpenJournal, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_old(path, old())
    # Less than this is held back for, whatever it costs.
    monkeypatch.setattr(database_module, "SIZE", 1024)
    room = [path.stat().st_size // 4]
    monkeypatch.setattr(database_module, "free_space", lambda _: room[0])
    journal = open_journal()
    health = asyncio.run(journal.health())
    assert not health.ok
    assert "要先升级" in health.detail
    with pytest.raises(JournalUnwritableError, match="要先升级") as caught:
        asyncio.run(journal.append(record(10)))
    assert "腾出至少" in caught.value.remedy
    assert meta_of(path, "tables") == "1"
    shown = [entry.record for entry in journal.page(JournalQuery())]
    assert shown == list(reversed(meant())), "it is read as before"
    room[0] = path.stat().st_size
    asyncio.run(journal.append(record(10)))
    assert meta_of(path, "tables") == "3"
    room[0] = 0
    asyncio.run(journal.append(record(11)))
    assert (journal.verify().ok, journal.verify().checked) == (True, 9)


def test_a_journal_that_is_newer_still_is_not_marked_older(path: Path) -> None:
    write_old(path, old())
    database = Database(path, busy_s=5)
    with database.writing(START) as connection:
        # Another desk on the same file has been brought up to date meanwhile.
        connection.exec_driver_sql(
            "UPDATE journal_meta SET value = '12' WHERE key = 'records'"
        )
        database.note_layout(connection)
    database.drop_writer()
    database.close()
    assert layout_of(path) == "12"


def test_an_old_entry_that_was_changed_is_found(
    open_journal: OpenJournal, path: Path
) -> None:
    lines = old()
    lines[0] = replace(lines[0], body=lines[0].body.replace("34", "47"))
    write_old(path, lines)
    report = open_journal().verify()
    assert (report.ok, report.first_broken) == (False, 1)


def test_an_entry_of_a_newer_program_is_refused(
    open_journal: OpenJournal, path: Path
) -> None:
    lines = kept(1)
    newer = canonical.SCHEMA + 1
    body = lines[1].body.replace('"schema":1', f'"schema":{newer}')
    digest = chain_hash(lines[0].hash, 2, body)
    lines[1] = replace(lines[1], body=body, hash=digest)
    lines[2] = replace(
        lines[2], previous_hash=digest, hash=chain_hash(digest, 3, lines[2].body)
    )
    write_old(path, lines)
    journal = open_journal()
    with pytest.raises(JournalBrokenError, match=f"schema {newer}"):
        journal.page(JournalQuery())
    report = journal.verify()
    assert (report.ok, report.checked, report.first_broken) == (False, 1, 2)


@pytest.mark.parametrize(
    ("layout", "was", "becomes"),
    [
        (1, '"schema":1', '"schema":2'),
        (1, '"evidence":null', '"evidence":[]'),
        (1, '"media_type"', '"annotated":false,"media_type"'),
        (1, '"work_order_key":""', '"valid_from":null,"work_order_key":""'),
        (1, '"region":"",', ""),
        (2, '"schema":2', '"schema":1'),
        (2, '"schema":2', '"schema":3'),
        (2, '"camera":"塔吊",', ""),
        (2, '"overflows":1', '"alternatives":[],"overflows":1'),
        (2, '"reply":""', '"reasons":[],"reply":""'),
        (2, '"reply":""', '"repeats":false,"reply":""'),
        (4, '"schema":4', '"schema":3'),
    ],
)
def test_a_mixture_of_layouts_is_refused(layout: int, was: str, becomes: str) -> None:
    body = kept(layout)[0].body
    assert was in body
    with pytest.raises(NotCanonicalError):
        decode(body.replace(was, becomes))
