"""A file is there whole or not at all, and never without its entry in the journal."""

import asyncio
import errno
import hashlib
import os
import tempfile
import threading
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.entries import DeskEvent, EventKind, Step
from app.core.errors import (
    Cancelled,
    JournalUnwritableError,
    NotAllowedError,
    UsageError,
)
from app.core.model import Check
from app.core.people import Actor, Role
from app.core.reporting import ExportNotice
from app.journal.store import SqliteJournal
from app.reports import files, xlsx_file
from app.reports.service import JournalReports
from app.system.worker import InferenceWorker
from tests.fakes import HeldClock
from tests.unit.reports.conftest import SHIFT
from tests.unit.reports.told import (
    ALL,
    END,
    WANG,
    YANTAI,
    at,
    found,
    reports_of,
    run,
    seen_by,
    step,
)

OPERATOR = Actor(name="李明", login="liming", role=Role.OPERATOR, workstation="二号席")
SUFFIXES = [".csv", ".xlsx", ".jsonl", ".pdf"]


def test_every_export_is_an_entry_with_the_hash_of_its_file(
    journal: SqliteJournal, reports: JournalReports, tmp_path: Path
) -> None:
    made = asyncio.run(reports.log(tmp_path / "十一月.csv", ALL, WANG))
    (logged,) = journal.review.events(kinds=(EventKind.EXPORTED,), limit=1)
    event = logged.event
    assert (event.by, event.login, event.role) == ("王芳", "wangfang", "supervisor")
    assert event.subject == "十一月.csv"
    assert event.detail.startswith("巡检日志导出; 筛选: 全部记录, 没有筛选; 10条记录; ")
    digest = hashlib.sha256((tmp_path / "十一月.csv").read_bytes()).hexdigest()
    assert made.sha256 == digest
    assert event.detail.endswith(digest)
    assert logged.seq == made.notice.head.seq + 1


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_the_old_file_and_no_half_of_a_new_one(
    reports: JournalReports,
    tmp_path: Path,
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / f"a{suffix}"
    target.write_text("old")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    monkeypatch.setattr(files, "digest_of", full)
    with pytest.raises(JournalUnwritableError, match="No space"):
        asyncio.run(reports.shift(target, SHIFT, WANG))
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [
        (target.name, "old")
    ]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_folder_that_is_not_there_is_a_sentence(
    reports: JournalReports, tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(JournalUnwritableError, match="写不进去"):
        asyncio.run(reports.log(tmp_path / "none" / f"a{suffix}", ALL, WANG))
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_another_program_holds_is_left_and_not_in_the_journal(
    journal: SqliteJournal,
    reports: JournalReports,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "a.csv"
    target.write_text("old")
    before = journal.review.head()

    def held(path: Path) -> None:
        raise PermissionError(errno.EACCES, "in use", str(path))

    monkeypatch.setattr(files, "check_free", held)
    with pytest.raises(JournalUnwritableError, match="in use"):
        asyncio.run(reports.log(target, ALL, WANG))
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]
    assert target.read_text() == "old"
    assert journal.review.head().hash == before.hash


def test_a_folder_in_the_place_of_the_file_is_a_sentence(
    reports: JournalReports, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(JournalUnwritableError):
        asyncio.run(reports.log(tmp_path / "a.csv", ALL, WANG))
    assert [p.name for p in tmp_path.iterdir()] == ["a.csv"]


def test_there_is_no_file_where_the_journal_cannot_keep_the_entry(
    journal: SqliteJournal,
    reports: JournalReports,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(_: DeskEvent) -> DeskEvent:
        raise JournalUnwritableError("磁盘已满")

    monkeypatch.setattr(journal.review, "note", broken)
    with pytest.raises(JournalUnwritableError, match="磁盘已满"):
        asyncio.run(reports.log(tmp_path / "a.csv", ALL, WANG))
    assert list(tmp_path.iterdir()) == []


def test_a_report_that_nobody_wants_any_more_leaves_nothing(
    journal: SqliteJournal,
    reports: JournalReports,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stop(_: int) -> None:
        raise Cancelled

    before = journal.review.head()
    # A workbook keeps its texts in a temporary folder first.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    month = date(2026, 11, 1)
    for suffix in SUFFIXES:
        file = tmp_path / f"a{suffix}"
        with pytest.raises(Cancelled):
            asyncio.run(reports.month(file, month, WANG, progress=stop))
    with pytest.raises(Cancelled):
        asyncio.run(reports.log(tmp_path / "a.xlsx", ALL, WANG, progress=stop))
    assert list(tmp_path.iterdir()) == []
    assert journal.review.head().hash == before.hash


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_who_waits_no_longer_finds_no_half_of_a_file(
    journal: SqliteJournal,
    reports: JournalReports,
    tmp_path: Path,
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    writing, go_on = threading.Event(), threading.Event()
    notice, before = reports._notice, journal.review.head()

    def slow(*of: Any) -> ExportNotice:
        writing.set()
        assert go_on.wait(10)
        return notice(*of)

    monkeypatch.setattr(reports, "_notice", slow)

    async def leave() -> None:
        worker = InferenceWorker("reports")
        try:
            file = tmp_path / f"a{suffix}"
            task = asyncio.ensure_future(
                reports.log(file, ALL, WANG, beside=worker.run)
            )
            while not writing.is_set():
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        finally:
            go_on.set()
            worker.close()

    asyncio.run(leave())
    assert list(tmp_path.iterdir()) == []
    assert journal.review.head().hash == before.hash


@pytest.mark.parametrize("kind", ["log", "shift", "month"])
def test_what_is_said_while_a_report_is_written_is_not_in_it(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())
    alarm = found(YANTAI, Check.HELMET, actual=34, wearing=30)
    asyncio.run(journal.append(run(2, at(10), alarm)))
    reports = reports_of(journal, tmp_path, END + timedelta(minutes=5))
    notice = reports._notice

    def late(*of: Any) -> ExportNotice:
        given = notice(*of)

        async def meanwhile() -> None:
            await journal.acknowledge(seen_by(2, 0, 20))
            await journal.review.dispose(step(2, Step.CLOSED, 30, note="已处理"))
            await journal.append(run(3, at(11), alarm))

        asyncio.run(meanwhile())
        return given

    def written(name: str) -> str:
        worker, file = InferenceWorker("reports"), tmp_path / name
        writing = {
            "log": lambda: reports.log(file, ALL, WANG, beside=worker.run),
            "shift": lambda: reports.shift(file, SHIFT, WANG, beside=worker.run),
            "month": lambda: reports.month(file, END.date(), WANG, beside=worker.run),
        }[kind]
        asyncio.run(writing())
        worker.close()
        _, _, content = file.read_text(encoding="utf-8-sig").partition("链头")
        return content.partition("\n")[2]

    before = written("before.csv")
    monkeypatch.setattr(reports, "_notice", late)
    assert written("meanwhile.csv") == before
    monkeypatch.undo()
    assert written("after.csv") != before
    journal.close()


def test_an_operator_hands_over_and_exports_nothing_else(
    reports: JournalReports, tmp_path: Path
) -> None:
    asyncio.run(reports.shift(tmp_path / "a.jsonl", SHIFT, OPERATOR))
    for refused in (
        reports.log(tmp_path / "b.csv", ALL, OPERATOR),
        reports.month(tmp_path / "b.csv", date(2026, 11, 1), OPERATOR),
    ):
        with pytest.raises(NotAllowedError, match="不能导出"):
            asyncio.run(refused)
    assert [p.name for p in tmp_path.iterdir()] == ["a.jsonl"]


def test_the_last_shift_report_is_found_again(
    reports: JournalReports, tmp_path: Path
) -> None:
    asyncio.run(reports.shift(tmp_path / "a.csv", SHIFT, WANG))
    earlier = replace(SHIFT, until=SHIFT.until - timedelta(hours=6))
    asyncio.run(reports.shift(tmp_path / "b.csv", earlier, WANG))
    asyncio.run(reports.log(tmp_path / "c.csv", ALL, WANG))
    # It was written five minutes later; what was asked in them is of the next.
    assert reports.last_shift() == SHIFT.until


def test_a_run_under_way_at_the_hand_over_is_in_the_next_report(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())
    try:
        reports = reports_of(journal, tmp_path, END)
        running = replace(SHIFT, until=END + timedelta(minutes=1))
        made = asyncio.run(reports.shift(tmp_path / "a.csv", running, WANG))
        assert "导出时尚未结束" in made.notice.filtered
        assert reports.last_shift() == END
        asyncio.run(journal.append(run(1, END - timedelta(seconds=20))))
        assert reports.last_shift() == END - timedelta(seconds=20)
    finally:
        journal.close()


def test_a_full_temporary_folder_is_a_sentence_and_nothing_stays_in_it(
    reports: JournalReports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class SerialisationError(Exception):
        """As the XML library says of a full disk."""

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    target = tmp_path / "out" / "a.xlsx"
    target.parent.mkdir()

    def full(*_: object) -> None:
        raise SerialisationError("IO_ENOSPC")

    monkeypatch.setattr(xlsx_file.WorkbookFile, "_cell", full)
    with pytest.raises(JournalUnwritableError, match="临时文件夹"):
        asyncio.run(reports.log(target, ALL, WANG))
    assert list(target.parent.iterdir()) == []
    assert [p for p in tmp_path.iterdir() if p.is_file()] == []


@pytest.mark.parametrize("name", ["a.docx", "a", "a.csv.gz"])
def test_another_suffix_names_those_supported(
    reports: JournalReports, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        asyncio.run(reports.log(tmp_path / name, ALL, WANG))
    for suffix in SUFFIXES:
        assert suffix in caught.value.remedy
    assert not (tmp_path / name).exists()
