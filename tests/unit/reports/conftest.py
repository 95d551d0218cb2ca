"""One told journal for all tests that only read it; what is exported is added."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.reporting import ShiftReport, ShiftWanted
from app.core.shift_report import shift_report
from app.journal.store import SqliteJournal
from app.reports.service import JournalReports
from tests.fakes import HeldClock
from tests.unit.reports.told import BEGIN, END, reports_of, tell

SHIFT = ShiftWanted(since=BEGIN, until=END, giving="李明", taking="王芳")


@pytest.fixture(scope="package")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("evidence")


@pytest.fixture(scope="package")
def journal(
    tmp_path_factory: pytest.TempPathFactory, evidence: Path
) -> Iterator[SqliteJournal]:
    path = tmp_path_factory.mktemp("told") / "journal.db"
    made = SqliteJournal(path, clock=HeldClock())
    tell(made, evidence)
    yield made
    made.close()


@pytest.fixture(scope="package")
def reports(journal: SqliteJournal, evidence: Path) -> JournalReports:
    return reports_of(journal, evidence, END + timedelta(minutes=5))


@pytest.fixture(scope="package")
def shift(journal: SqliteJournal) -> ShiftReport:
    return shift_report(
        journal,
        journal.review,
        SHIFT,
        workstation="一号席",
    )
