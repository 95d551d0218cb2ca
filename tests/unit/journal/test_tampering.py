"""What is said later, the pictures and the guards: every change to them is named.

`test_verify` does the same for runs. Who tampers here knows SQL, takes the guards away
before, and puts them back after; or he has the file and a hex editor.
"""

import asyncio
import contextlib
import hashlib
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest

from app.core.alarms import Acknowledgement, alarms_of
from app.core.cancel import CancelToken
from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    Step,
)
from app.core.errors import Cancelled, JournalBrokenError
from app.core.model import RunRecord
from app.core.observation import Evidence
from app.core.ports import ChainReport, JournalQuery
from app.core.reviewing import EvidenceReport
from app.journal import canonical, derived, noting, schema
from app.journal.canonical import chain_hash
from app.journal.store import SqliteJournal
from app.journal.words import indexed
from tests.fakes import HeldClock
from tests.unit.journal.records import START, acknowledgement, record
from tests.unit.journal.test_verify import tamper

RUNS: Final = 24
BEFORE: Final = 40
"""Entry 1 is the record of the number after this one: many of them are alarms."""
ALARM: Final = next(n for n in range(1, RUNS) if any(alarms_of(record(BEFORE + n))))
_RUN: Final = f"{BEFORE + ALARM:032x}"
_BY: Final[dict[str, Any]] = {"by": "陈静", "workstation": "安监室"}


def picture(number: int) -> bytes:
    return f"picture {number // 2}".encode()


def with_picture(number: int) -> RunRecord:
    """A record that names a picture; two runs name the same one."""
    made = record(BEFORE + number)
    digest = hashlib.sha256(picture(number)).hexdigest()
    shown = Evidence(path=f"{digest[:2]}/{digest}.png", sha256=digest)
    finding = made.findings[0]
    seen = replace(finding.observation, evidence=(shown,))
    return replace(made, findings=(replace(finding, observation=seen),))


async def desk(journal: SqliteJournal) -> None:
    """What a shift leaves: runs, and an entry of every other kind about one alarm."""
    for number in range(1, RUNS + 1):
        await journal.append(with_picture(number))
    await journal.acknowledge(acknowledgement(BEFORE + ALARM))
    about: dict[str, Any] = {"run_id": _RUN, "at": START, **_BY}
    for step, more in (
        (Step.DISPATCHED, {"responsible": "赵强"}),
        (Step.RECTIFIED, {}),
        (Step.CLOSED, {}),
    ):
        made = Disposition(index=0, step=step, **about, **more)
        await journal.review.dispose(made)
    correction = Correction(text="查一下青岛", **about)
    await journal.review.correct(correction)
    decision = Decision(
        correction_id=correction.entry_id, at=START, approved=True, **_BY
    )
    await journal.review.decide(decision)
    event = DeskEvent(kind=EventKind.EXPORTED, at=START, subject="日志.xlsx", **_BY)
    await journal.review.note(event)
    await journal.append(with_picture(RUNS + 1))


ACKNOWLEDGED, DISPATCHED, CLOSED, CORRECTED, DECIDED, NOTED = (
    RUNS + 1,
    RUNS + 2,
    RUNS + 4,
    RUNS + 5,
    RUNS + 6,
    RUNS + 7,
)
LAST: Final = NOTED + 1
KIND_OF: Final = {
    ACKNOWLEDGED: Acknowledgement,
    DISPATCHED: Disposition,
    CLOSED: Disposition,
    CORRECTED: Correction,
    DECIDED: Decision,
    NOTED: DeskEvent,
}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    journal = SqliteJournal(folder / "journal.db", clock=HeldClock())
    asyncio.run(desk(journal))
    journal.close()
    for number in range(1, RUNS + 2):
        shown = with_picture(number).findings[0].observation.evidence[0]
        path = folder / "evidence" / shown.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(number))
    return folder


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    shutil.copytree(template, tmp_path / "巡检 日志")
    return tmp_path / "巡检 日志" / "journal.db"


def verified(path: Path) -> ChainReport:
    journal = SqliteJournal(path, clock=HeldClock())
    try:
        return journal.verify()
    finally:
        journal.close()


def test_what_a_shift_leaves_verifies(path: Path) -> None:
    report = verified(path)
    assert (report.ok, report.checked) == (True, LAST), report


@pytest.mark.parametrize("seq", sorted(KIND_OF))
@pytest.mark.parametrize(
    ("old", "new"), [("陈静", "李明"), ('"at":"2026', '"at":"2025')]
)
def test_an_edited_body_is_named(path: Path, seq: int, old: str, new: str) -> None:
    if seq == ACKNOWLEDGED:
        old = old.replace("陈静", "李明")
        new = new.replace("李明", "陈静")
    tamper(
        path,
        lambda db: db.execute(
            "UPDATE journal_entries SET body = replace(body, ?, ?) WHERE seq = ?",
            (old, new, seq),
        ),
    )
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, seq)
    assert "已被改动" in report.detail


@pytest.mark.parametrize("seq", sorted(KIND_OF))
def test_an_edited_entry_with_a_new_hash_is_named_by_the_one_after_it(
    path: Path, seq: int
) -> None:
    def change(db: sqlite3.Connection) -> None:
        previous, body = db.execute(
            "SELECT previous_hash, body FROM journal_entries WHERE seq = ?", (seq,)
        ).fetchone()
        body = body.replace("安监室", "一号席").replace('"note":""', '"note":"x"')
        digest = chain_hash(previous, seq, body)
        db.execute(
            "UPDATE journal_entries SET body = ?, hash = ? WHERE seq = ?",
            (body, digest, seq),
        )

    tamper(path, change)
    report = verified(path)
    assert not report.ok
    assert report.first_broken in {seq, seq + 1}, "its words may be searched for"


def chained_anew(db: sqlite3.Connection, low: int) -> None:
    """Compute every hash from an entry on, as somebody with the program would."""
    head = db.execute(
        "SELECT hash FROM journal_entries WHERE seq = ?", (low - 1,)
    ).fetchone()[0]
    rows = db.execute(
        "SELECT seq, body FROM journal_entries WHERE seq >= ? ORDER BY seq", (low,)
    ).fetchall()
    for seq, body in rows:
        digest = chain_hash(head, seq, body)
        db.execute(
            "UPDATE journal_entries SET previous_hash = ?, hash = ? WHERE seq = ?",
            (head, digest, seq),
        )
        head = digest


def state_forged(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE journal_entries SET body = replace(body, ?, ?) WHERE seq = ?",
        ('"step":"closed"', '"step":"false_alarm"', CLOSED),
    )
    chained_anew(db, CLOSED)


def acknowledged_twice(db: sqlite3.Connection) -> None:
    body = db.execute(
        "SELECT body FROM journal_entries WHERE seq = ?", (ACKNOWLEDGED,)
    ).fetchone()[0]
    said = canonical.decode_as(body, Acknowledgement)
    again = replace(said, entry_id="f" * 32, by="王芳")
    again_body = canonical.encode(again, recorded_at=START)
    db.execute(
        "INSERT INTO journal_entries VALUES (?, 'acknowledgement', ?, '', '', ?)",
        (LAST + 1, "f" * 32, again_body),
    )
    chained_anew(db, LAST)


def about_no_run(db: sqlite3.Connection) -> None:
    db.execute(
        "UPDATE journal_entries SET body = replace(body, ?, ?) WHERE seq = ?",
        (f'"run_id":"{_RUN}"', f'"run_id":"{"9" * 32}"', CORRECTED),
    )
    chained_anew(db, CORRECTED)


@pytest.mark.parametrize(
    ("change", "seq"),
    [
        (state_forged, CLOSED),
        (acknowledged_twice, LAST + 1),
        (about_no_run, CORRECTED),
    ],
)
def test_a_whole_new_chain_that_says_what_no_desk_says_is_named(
    path: Path, change: Callable[[sqlite3.Connection], None], seq: int
) -> None:
    tamper(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, seq), report


@pytest.mark.parametrize("seq", sorted(KIND_OF))
def test_a_deleted_entry_is_named(path: Path, seq: int) -> None:
    tamper(
        path,
        lambda db: db.execute("DELETE FROM journal_entries WHERE seq = ?", (seq,)),
    )
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, seq)
    assert "记录缺失" in report.detail


def test_two_entries_of_different_kinds_that_changed_places_are_named(
    path: Path,
) -> None:
    def change(db: sqlite3.Connection) -> None:
        for old, new in ((CLOSED, 999), (CORRECTED, CLOSED), (999, CORRECTED)):
            db.execute("UPDATE journal_entries SET seq = ? WHERE seq = ?", (new, old))

    tamper(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, CLOSED)


def test_an_end_cut_off_after_the_last_run_is_named_by_what_was_derived(
    path: Path,
) -> None:
    tamper(
        path,
        lambda db: db.execute("DELETE FROM journal_entries WHERE seq > ?", (RUNS,)),
    )
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, RUNS + 1)
    assert "已被截掉" in report.detail


@pytest.mark.parametrize(
    "statement",
    [
        f"DELETE FROM journal_acknowledgements WHERE seq = {ACKNOWLEDGED}",
        f"UPDATE journal_acknowledgements SET position = 7 WHERE seq = {ACKNOWLEDGED}",
        f"INSERT INTO journal_open_alarms VALUES ({ALARM}, 0)",
        "DELETE FROM journal_open_alarms",
        f"DELETE FROM journal_said WHERE seq = {DISPATCHED}",
        f"UPDATE journal_said SET step = 'noted' WHERE seq = {CLOSED}",
        f"UPDATE journal_said SET about = NULL WHERE seq = {DECIDED}",
        f"UPDATE journal_states SET state = 'open', is_open = 1 WHERE seq = {ALARM}",
        "UPDATE journal_states SET state = 'closed', is_open = 0 WHERE is_open = 1",
        "DELETE FROM journal_states WHERE is_open = 1",
        "UPDATE journal_states SET region = '别处'",
        f"DELETE FROM journal_events WHERE seq = {NOTED}",
        f"UPDATE journal_events SET event = 'signed_in' WHERE seq = {NOTED}",
        f"UPDATE journal_events SET at_us = 0 WHERE seq = {NOTED}",
        "UPDATE journal_figures SET actual = expected WHERE seq = 3",
        "DELETE FROM journal_figures WHERE seq = 3",
        "UPDATE journal_figures SET region = '别处' WHERE seq = 3",
    ],
)
def test_a_derived_row_that_does_not_fit_is_named(path: Path, statement: str) -> None:
    tamper(path, lambda db: db.execute(statement))
    report = verified(path)
    assert not report.ok
    assert "完整" not in report.detail or "不符" in report.detail, report.detail


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DROP TRIGGER journal_entries_no_delete", "缺少"),
        ("DROP TRIGGER journal_states_no_update", "缺少"),
        (
            "CREATE TRIGGER helpful AFTER INSERT ON journal_calls "
            "WHEN NEW.severity = 'alarm' "
            "BEGIN DELETE FROM journal_entries WHERE seq = NEW.seq; END",
            "多出",
        ),
    ],
)
def test_guards_that_were_taken_away_or_added_are_named(
    path: Path, statement: str, why: str
) -> None:
    other = sqlite3.connect(path)
    other.execute(statement)
    other.close()
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, LAST + 1)
    assert why in report.detail
    assert "触发器" in report.detail


def test_a_guard_that_was_made_harmless_is_named(path: Path) -> None:
    other = sqlite3.connect(path)
    other.executescript(
        "DROP TRIGGER journal_entries_no_delete;"
        "CREATE TRIGGER journal_entries_no_delete BEFORE DELETE ON journal_entries "
        "WHEN 0 BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;"
    )
    other.close()
    assert "改动了" in verified(path).detail


@pytest.mark.parametrize("seq", [ALARM, ACKNOWLEDGED, CLOSED, NOTED])
def test_one_byte_changed_with_a_hex_editor_is_named(path: Path, seq: int) -> None:
    other = sqlite3.connect(path)
    previous, digest, body = other.execute(
        "SELECT previous_hash, hash, body FROM journal_entries WHERE seq = ?", (seq,)
    ).fetchone()
    other.execute("PRAGMA journal_mode = DELETE")
    other.close()
    data = path.read_bytes()
    begin = data.index((previous + digest).encode())
    end = data.index(body.encode(), begin) + len(body.encode())
    for at in (begin, begin + 64, begin + 128 + len(body) // 2, end - 3):
        changed = bytearray(data)
        changed[at] ^= 1
        path.write_bytes(changed)
        report = verified(path)
        assert (report.ok, report.first_broken) == (False, seq)


def checked(path: Path, **how: Any) -> EvidenceReport:
    journal = SqliteJournal(path, clock=HeldClock())
    try:
        return journal.review.check_evidence(path.with_name("evidence"), **how)
    finally:
        journal.close()


def pictures(path: Path) -> list[Path]:
    return sorted(each for each in path.with_name("evidence").rglob("*.png"))


def test_pictures_that_are_as_recorded_are_said_to_be(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "_CHUNK", 1)
    seen: list[tuple[int, int]] = []
    report = checked(path, progress=lambda done, total: seen.append((done, total)))
    there = len(pictures(path))
    assert report == EvidenceReport(checked=there)
    assert report.ok
    assert there < RUNS, "two runs name the same picture, and it is read once"
    assert seen[-1] == (there, there)


def test_a_swapped_and_a_missing_picture_are_named(path: Path) -> None:
    first, second, third, fourth = pictures(path)[:4]
    first.write_bytes(second.read_bytes())
    third.unlink()
    changed = bytearray(fourth.read_bytes())
    changed[0] ^= 1
    fourth.write_bytes(changed)
    folder = path.with_name("evidence")
    report = checked(path)
    assert not report.ok
    assert set(report.swapped) == {
        each.relative_to(folder).as_posix() for each in (first, fourth)
    }
    assert report.missing == (third.relative_to(folder).as_posix(),)


def test_a_picture_in_whose_place_is_something_else_is_missing(
    path: Path, tmp_path: Path
) -> None:
    first, second = pictures(path)[:2]
    outside = tmp_path / "outside.png"
    first.rename(outside)
    first.symlink_to(outside)
    second.unlink()
    second.mkdir()
    assert len(checked(path).missing) == 2


def test_checking_pictures_can_be_stopped(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "_CHUNK", 5)
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        checked(path, progress=lambda *_: token.raise_if_cancelled())
    assert checked(path).ok, "and done again"


def test_a_check_that_is_stopped_while_it_compares_says_that_it_was_stopped(
    path: Path,
) -> None:
    def stop(done: int, _total: int) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        checked(path, progress=stop)
    assert checked(path).ok, "and done again"


def test_a_journal_that_is_not_there_names_no_pictures(tmp_path: Path) -> None:
    assert checked(tmp_path / "none" / "journal.db") == EvidenceReport(checked=0)


def without_guards(path: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    """Change the file with its schema open to writing, guards put back after."""
    other = sqlite3.connect(path)
    guards = other.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall()
    for name, _ in guards:
        other.execute(f"DROP TRIGGER {name}")
    other.execute("PRAGMA foreign_keys = OFF")
    other.execute("PRAGMA legacy_alter_table = ON")
    change(other)
    for _, statement in guards:
        with contextlib.suppress(sqlite3.Error):
            other.execute(statement)
    other.commit()
    other.close()


def test_a_byte_that_makes_a_text_no_text_is_named(path: Path) -> None:
    other = sqlite3.connect(path)
    body = other.execute("SELECT body FROM journal_entries WHERE seq = 5").fetchone()[0]
    other.execute("PRAGMA journal_mode = DELETE")
    other.close()
    data = bytearray(path.read_bytes())
    data[data.index("号".encode(), data.index(body[:300].encode()))] ^= 0x80
    path.write_bytes(data)
    report = verified(path)
    assert (report.ok, report.first_broken, report.checked) == (False, 5, 4)
    assert "读不出来" in report.detail
    journal = SqliteJournal(path, clock=HeldClock())
    with pytest.raises(JournalBrokenError, match="可能被改动过") as caught:
        journal.page(JournalQuery())
    journal.close()
    assert "log verify" in caught.value.remedy


def test_a_derived_text_that_is_no_text_is_named(path: Path) -> None:
    change = "UPDATE journal_figures SET region = CAST(x'ff' AS TEXT) WHERE seq = 3"
    tamper(path, lambda db: db.execute(change))
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, 3)


def test_a_finding_that_was_moved_out_of_its_place_is_named(path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        for table in ("journal_calls", "journal_figures"):
            db.execute(f"UPDATE {table} SET position = 5 WHERE seq = 3")

    tamper(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, 3)


@pytest.mark.parametrize(
    "becomes",
    [
        lambda: {999_999: indexed(with_picture(5)), 6: indexed(with_picture(6))},
        lambda: {5: indexed(with_picture(6)), 6: indexed(with_picture(5))},
        lambda: {
            number: " ".join(reversed(indexed(with_picture(number)).split()))
            for number in (5, 6)
        },
    ],
    ids=["of no record", "of another record", "in another order"],
)
def test_words_that_search_finds_elsewhere_are_named(
    path: Path, becomes: Callable[[], dict[int, str]]
) -> None:
    def change(db: sqlite3.Connection) -> None:
        for number in (5, 6):
            db.execute(
                "INSERT INTO journal_words (journal_words, rowid, words) "
                "VALUES ('delete', ?, ?)",
                (number, indexed(with_picture(number))),
            )
        db.executemany(
            "INSERT INTO journal_words (rowid, words) VALUES (?, ?)",
            becomes().items(),
        )

    tamper(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, LAST + 1)
    assert "文字检索" in report.detail


def test_an_index_that_hides_what_its_table_holds_is_named(path: Path) -> None:
    def change(db: sqlite3.Connection) -> None:
        """Change the table with its index, and back again without it."""
        name = "journal_runs_by_outcome"
        db.execute("UPDATE journal_runs SET outcome = 'cancelled' WHERE seq = 4")
        row = db.execute(
            "SELECT * FROM sqlite_master WHERE name = ?", (name,)
        ).fetchone()
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_master WHERE name = ?", (name,))
        db.execute("PRAGMA writable_schema = RESET")
        db.execute("UPDATE journal_runs SET outcome = 'answered' WHERE seq = 4")
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", row)
        db.execute("PRAGMA writable_schema = RESET")

    without_guards(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, LAST + 1)
    assert "journal_runs的索引" in report.detail


def test_a_site_that_nobody_asked_about_and_that_misleads_a_filter_is_named(
    path: Path,
) -> None:
    other = sqlite3.connect(path)
    with other:
        other.execute("INSERT INTO journal_sites (site_id, name) VALUES ('济南', '')")
    other.close()
    journal = SqliteJournal(path, clock=HeldClock())
    assert not journal.page(JournalQuery(site="济南")), "its id hides all the others"
    journal.close()
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, LAST + 1)
    assert "工地" in report.detail


@pytest.mark.parametrize(
    ("statements", "why"),
    [
        (["DROP TABLE journal_states"], "缺少表 journal_states"),
        (["DROP TABLE journal_words"], "journal_words"),
        (
            [
                "ALTER TABLE journal_open_alarms RENAME TO aside",
                "CREATE VIEW journal_open_alarms AS SELECT * FROM aside "
                "WHERE strftime('%w') <> '0'",
            ],
            "缺少表 journal_open_alarms",
        ),
        (
            [
                "CREATE TABLE other (seq INTEGER PRIMARY KEY, kind TEXT, "
                "entry_id TEXT, previous_hash TEXT, hash TEXT, body TEXT)",
                "INSERT INTO other SELECT * FROM journal_entries",
                "DROP TABLE journal_entries",
                "ALTER TABLE other RENAME TO journal_entries",
            ],
            "改动了表 journal_entries",
        ),
        (["ALTER TABLE journal_runs ADD COLUMN more TEXT"], "改动了表 journal_runs"),
    ],
)
def test_a_table_that_is_not_as_it_was_made_is_named(
    path: Path, statements: list[str], why: str
) -> None:
    def change(db: sqlite3.Connection) -> None:
        for statement in statements:
            db.execute(statement)

    without_guards(path, change)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, 1)
    assert why in report.detail


def test_a_journal_that_was_made_older_to_forget_its_steps_is_named(path: Path) -> None:
    """As version 2 it has no table of steps, and every alarm would be open again."""
    other = sqlite3.connect(path)
    other.execute("PRAGMA foreign_keys = OFF")
    for name, sql in other.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        if sql in derived.TRIGGERS:
            other.execute(f"DROP TRIGGER {name}")
    for table in derived.TABLES:
        other.execute(f"DROP TABLE {table.name}")
    other.execute("UPDATE journal_meta SET value = '2' WHERE key = 'tables'")
    other.commit()
    other.close()
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, DISPATCHED)


def member_twice(body: str) -> str:
    return body.replace('"by":"陈静"', '"by":"李明","by":"陈静"')


def with_blanks(body: str) -> str:
    return body.replace('"by":"陈静"', '"by": "陈静"')


@pytest.mark.parametrize("change", [member_twice, with_blanks])
def test_an_entry_in_a_form_that_no_desk_writes_is_named(
    path: Path, change: Callable[[str], str]
) -> None:
    """A member that stands twice is read as one thing here, and another there."""
    event = DeskEvent(kind=EventKind.EXPORTED, at=START, **_BY)
    body = change(canonical.encode(event, recorded_at=START))
    canonical.decode_as(body, DeskEvent)

    def added(db: sqlite3.Connection) -> None:
        db.execute(
            "INSERT INTO journal_entries VALUES (?, 'event', ?, '', '', ?)",
            (LAST + 1, event.entry_id, body),
        )
        at = canonical.microseconds(START)
        row = (LAST + 1, event.kind.value, at)
        db.execute("INSERT INTO journal_events VALUES (?, ?, ?)", row)
        chained_anew(db, LAST + 1)

    tamper(path, added)
    report = verified(path)
    assert (report.ok, report.first_broken) == (False, LAST + 1)
    assert "canonical" in report.detail


def test_two_halves_of_a_character_that_met_are_no_tampering(path: Path) -> None:
    journal = SqliteJournal(path, clock=HeldClock())
    for detail in ("\ud83d\ude00", "\\\ud83d\ude00", "\ude00\ud83d\ude00", "\\ud83d"):
        event = DeskEvent(kind=EventKind.SHIFT_NOTE, at=START, detail=detail, **_BY)
        asyncio.run(journal.review.note(event))
    report = journal.verify()
    journal.close()
    assert report.ok, report


def test_the_guards_are_word_for_word_what_they_were_when_files_were_made() -> None:
    """Another word in them, and every journal out there is called tampered with.

    Whoever needs another trigger makes another version of the tables.
    """
    digests = [
        hashlib.sha256("\n".join(made).encode()).hexdigest()[:16]
        for made in (schema.TRIGGERS, schema.TRIGGERS_2, derived.TRIGGERS)
    ]
    assert digests == [
        "c055359dbe6b4a57",
        "977aa8600dfb8c95",
        "c0237857a4a18df7",
    ]
