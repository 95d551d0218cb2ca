"""Verifying finds every change that a person with the file can make."""

import hashlib
import sqlite3
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.ports import ChainReport, JournalQuery
from app.journal import schema, verify
from app.journal.canonical import GENESIS, chain_hash
from app.journal.store import SqliteJournal
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import record
from tests.unit.journal.test_canonical import run_documented_program

Tamper = Callable[[sqlite3.Connection], object]


def tamper(path: Path, change: Tamper) -> None:
    """Change the file as somebody would who knows SQL.

    He takes the guards away, and puts them back when he has done.
    """
    other = sqlite3.connect(path)
    with other:
        guards = other.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall()
        for name, _ in guards:
            other.execute(f"DROP TRIGGER {name}")
        change(other)
        for _, statement in guards:
            other.execute(statement)
    other.close()


def edited(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE journal_entries SET body = replace(body, '李明', '王芳') WHERE seq = 30"
    )


def edited_and_hashed_again(db: sqlite3.Connection) -> None:
    edited(db)
    previous, body = db.execute(
        "SELECT previous_hash, body FROM journal_entries WHERE seq = 30"
    ).fetchone()
    digest = chain_hash(previous, 30, body)
    db.execute("UPDATE journal_entries SET hash = ? WHERE seq = 30", (digest,))
    db.execute("UPDATE journal_runs SET operator = '王芳' WHERE seq = 30")


def deleted(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_entries WHERE seq IN (30, 31)")


def deleted_and_closed_up(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_entries WHERE seq = 30")
    db.execute("UPDATE journal_entries SET seq = seq - 1 WHERE seq > 30")


def reordered(db: sqlite3.Connection) -> None:
    for old, new in ((30, 999), (31, 30), (999, 31)):
        db.execute("UPDATE journal_entries SET seq = ? WHERE seq = ?", (new, old))


def inserted(db: sqlite3.Connection) -> None:
    body = db.execute("SELECT body FROM journal_entries WHERE seq = 29").fetchone()[0]
    db.execute("UPDATE journal_entries SET seq = -seq WHERE seq >= 30")
    db.execute("UPDATE journal_entries SET seq = 1 - seq WHERE seq < 0")
    before = db.execute("SELECT hash FROM journal_entries WHERE seq = 29").fetchone()[0]
    db.execute(
        "INSERT INTO journal_entries VALUES (30, 'run', 'new', ?, ?, ?)",
        (before, chain_hash(before, 30, body), body),
    )


def inserted_before_all(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO journal_entries SELECT 0, kind, 'new', previous_hash, hash, body "
        "FROM journal_entries WHERE seq = 1"
    )


def renamed(db: sqlite3.Connection) -> None:
    db.execute("UPDATE journal_entries SET entry_id = 'other' WHERE seq = 30")


def truncated(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM journal_entries WHERE seq > 50")


@pytest.mark.parametrize(
    ("change", "first_broken", "why"),
    [
        (edited, 30, "已被改动"),
        (edited_and_hashed_again, 31, "不相连"),
        (deleted, 30, "第30至31条记录缺失"),
        (deleted_and_closed_up, 30, "已被改动"),
        (reordered, 30, "已被改动"),
        (inserted, 30, "运行编号与记录内容不符"),
        (inserted_before_all, 0, "插入"),
        (renamed, 30, "运行编号"),
        (truncated, 51, "已被截掉"),
    ],
)
def test_a_broken_chain_names_the_first_record_and_why(
    filled: SqliteJournal,
    path: Path,
    change: Tamper,
    first_broken: int,
    why: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(verify, "_CHUNK", 7)
    head = filled.head()
    tamper(path, change)
    report = filled.verify()
    assert not report.ok
    assert report.first_broken == first_broken
    assert report.checked == max(0, first_broken - 1)
    assert why in report.detail
    assert len(report.head) == 64
    assert not filled.verify(expected_head=head).ok


def truncated_everywhere(db: sqlite3.Connection) -> None:
    for table in [*schema.metadata.tables.values()]:
        if "seq" in table.columns:
            db.execute(f"DELETE FROM {table.name} WHERE seq > 50")
    db.execute("DROP TABLE journal_words")
    db.execute(
        "CREATE VIRTUAL TABLE journal_words USING fts5(words, content='', "
        'columnsize=0, tokenize="unicode61 remove_diacritics 0")'
    )
    from app.journal.words import indexed

    rows = [(n, indexed(record(n))) for n in range(1, 51)]
    db.executemany("INSERT INTO journal_words (rowid, words) VALUES (?, ?)", rows)


def test_a_skilful_truncation_shows_against_a_noted_head(
    filled: SqliteJournal, path: Path
) -> None:
    noted = filled.head()
    tamper(path, truncated_everywhere)
    assert filled.verify().ok, "the chain alone cannot know"
    report = filled.verify(expected_head=noted)
    assert (report.ok, report.first_broken) == (False, 51)
    assert "链头" in report.detail


def test_a_head_noted_earlier_is_still_found(filled: SqliteJournal) -> None:
    noted = filled.head()
    asyncio_fill_more(filled)
    assert filled.verify(expected_head=noted.upper()).ok
    assert filled.verify(expected_head=GENESIS).ok
    assert not filled.verify(expected_head="0" * 63 + "1").ok


def asyncio_fill_more(journal: SqliteJournal) -> None:
    fill(journal, 3, start=61)


def test_an_emptied_journal_shows_against_a_noted_head(
    filled: SqliteJournal, open_journal: OpenJournal, path: Path
) -> None:
    noted = filled.head()
    gone = open_journal(path.with_name("other.db"))
    assert gone.verify().ok
    report = gone.verify(expected_head=noted)
    assert (report.ok, report.first_broken) == (False, 1)


@pytest.mark.parametrize(
    ("statement", "first_broken"),
    [
        ("UPDATE journal_runs SET operator = 'x' WHERE seq = 30", 30),
        ("UPDATE journal_runs SET started_us = 0 WHERE seq = 30", 30),
        ("DELETE FROM journal_runs WHERE seq = 30", 30),
        ("DELETE FROM journal_calls WHERE seq = 30", 30),
        ("UPDATE journal_calls SET severity = 'normal' WHERE seq = 17", 17),
        ("UPDATE journal_sites SET name = 'x' WHERE site_id = 'S29'", 29),
        ("INSERT INTO journal_calls VALUES (30, 9, 1, 'helmet', '', '')", 30),
        ("INSERT INTO journal_runs VALUES (61, 1, 1, 'answered', 'x')", 61),
        ("INSERT INTO journal_words (rowid, words) VALUES (99, '烟 台')", 61),
        ("INSERT INTO journal_words(journal_words) VALUES ('delete-all')", 61),
    ],
)
def test_an_index_that_does_not_fit_the_records_is_found(
    filled: SqliteJournal, path: Path, statement: str, first_broken: int
) -> None:
    tamper(path, lambda db: db.execute(statement))
    report = filled.verify()
    assert (report.ok, report.first_broken) == (False, first_broken)


def test_a_sound_journal_reports_its_head_and_progress(
    filled: SqliteJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "_CHUNK", 25)
    seen: list[tuple[int, int]] = []
    report = filled.verify(lambda done, total: seen.append((done, total)))
    # To the end, and on while the indexes are looked at: it can still be stopped.
    assert list(dict.fromkeys(seen)) == [(25, 60), (50, 60), (60, 60)]
    newest = filled.page(JournalQuery(), limit=1)[0]
    assert report == ChainReport(
        checked=60, ok=True, head=newest.hash, detail=report.detail
    )


def test_a_third_party_verifies_with_the_documented_lines(
    filled: SqliteJournal, path: Path
) -> None:
    filled.close()
    said = run_documented_program(path)
    assert said.returncode == 0, said.stderr
    count, _ = said.stdout.split()
    assert int(count) == 60
    tamper(path, edited)
    said = run_documented_program(path)
    assert (said.returncode, said.stderr.strip()) == (1, "entry 30 is broken")


def test_the_documented_hash_is_plain_sha256(filled: SqliteJournal, path: Path) -> None:
    other = sqlite3.connect(path)
    try:
        previous, digest, body = other.execute(
            "SELECT previous_hash, hash, body FROM journal_entries WHERE seq = 1"
        ).fetchone()
    finally:
        other.close()
    link = textwrap.dedent(
        f"""\
        griddesk-journal/1
        {previous}
        1
        """
    )
    assert hashlib.sha256((link + body).encode()).hexdigest() == digest
    assert previous == "0" * 64
