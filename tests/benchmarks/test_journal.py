"""The million entries are written as the journal writes them."""

from pathlib import Path

from app.core.clock import SystemClock
from app.journal.store import SqliteJournal
from tests.benchmarks.journal import Maker, write


def test_what_is_made_in_bulk_is_a_sound_journal(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    Maker(path).make(300, chunk=100)
    write(path, count=3)
    journal = SqliteJournal(path, clock=SystemClock())
    report = journal.verify()
    journal.close()
    assert report.ok, report
    assert report.checked > 300
