"""Journals that are closed when the test ends."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.records import record

OpenJournal = Callable[..., SqliteJournal]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    # A folder as they are: a blank, Chinese, and what a URI would misread.
    return tmp_path / "巡检 日志#1?%41" / "journal.db"


@pytest.fixture
def open_journal(path: Path) -> Iterator[OpenJournal]:
    opened: list[SqliteJournal] = []

    def open_one(at: Path = path, *, busy_s: float = 5.0) -> SqliteJournal:
        opened.append(SqliteJournal(at, clock=HeldClock(), busy_s=busy_s))
        return opened[-1]

    yield open_one
    for journal in opened:
        journal.close()


def fill(journal: SqliteJournal, count: int, start: int = 1) -> None:
    """Append records `start` … as a desk would."""

    async def append_all() -> None:
        for number in range(start, start + count):
            await journal.append(record(number))

    asyncio.run(append_all())


@pytest.fixture
def filled(open_journal: OpenJournal) -> SqliteJournal:
    journal = open_journal()
    fill(journal, 60)
    return journal
