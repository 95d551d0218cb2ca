"""Writes exports and reports: `core.reporting.Reports` on journal and review.

A file becomes what it is called only after the journal has the entry of its export, so
that no export is without one. An entry whose file could then not be put in its place
stays: it says what was read.
"""

import re
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

from app.core.counting import told
from app.core.entries import EventKind, happened
from app.core.errors import UsageError
from app.core.month_report import monthly_summary
from app.core.people import ROLE_NAMES, Actor, May
from app.core.ports import Clock, Journal, JournalQuery
from app.core.reporting import (
    REPORT_NAMES,
    TABLE_SUFFIXES,
    Beside,
    Exported,
    ExportNotice,
    Progress,
    ReportKind,
    ShiftWanted,
)
from app.core.reviewing import LoggedEvent, Review
from app.core.shift_report import shift_report
from app.core.trends import Bucket, first_day, span_of
from app.core.workdays import DESKS_ZONE
from app.reports import csv_file, files, jsonl_file, xlsx_file
from app.reports.log_sheet import log_sheet
from app.reports.month_sheets import month_sheets
from app.reports.pictures import Pictures
from app.reports.sheet import Sheet, clock
from app.reports.shift_sheets import shift_sheets
from app.reports.walking import counted, with_histories, with_progress
from app.reports.wording import filter_words

_T = TypeVar("_T")

Fill: TypeAlias = Callable[[Path, ExportNotice], int]
"""Writes the file, and gives the number of records in it."""

_LAST: Final = 64
"""Exports that are looked through for the last shift report."""
_LONGEST_RUN: Final = timedelta(hours=1)
_UNTIL: Final = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) 前开始的运行")


class JournalReports:
    """Exports and reports of one journal."""

    def __init__(
        self,
        journal: Journal,
        review: Review,
        *,
        evidence_dir: Path,
        program: str,
        clock: Clock,
    ) -> None:
        """Take the parts whose content is written."""
        self._journal, self._review = journal, review
        self._evidence_dir: Final = evidence_dir
        self._program: Final = program
        self._clock: Final = clock

    async def log(
        self,
        path: Path,
        query: JournalQuery,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write the records that a filter finds; see `core.reporting.Reports`."""
        actor.require(May.EXPORT)

        def fill(half: Path, notice: ExportNotice) -> int:
            return self._fill_log(half, notice, query, progress)

        chosen = filter_words(query)
        return await self._write(path, ReportKind.LOG, chosen, actor, fill, beside)

    async def shift(
        self,
        path: Path,
        wanted: ShiftWanted,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write a shift report; see `core.reporting.Reports`."""
        actor.require(May.HAND_OVER)
        if wanted.since >= wanted.until:
            raise UsageError("交接班的开始时间不早于结束时间", "请更正时间后再试。")

        def fill(half: Path, notice: ExportNotice) -> int:
            report = shift_report(
                self._journal,
                self._review,
                wanted,
                workstation=actor.workstation,
                progress=progress,
            )
            pictures = Pictures(self._evidence_dir)
            if half.suffix == ".pdf":
                from app.reports import pdf_shift

                pdf_shift.write(half, notice, report, pictures)
            else:
                sheets = shift_sheets(report, pictures.state)
                _write_sheets(half, notice, sheets, report.runs)
            return report.runs

        chosen = self._span(wanted.since, wanted.until)
        return await self._write(path, ReportKind.SHIFT, chosen, actor, fill, beside)

    async def month(
        self,
        path: Path,
        month: date,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write the summary of a month; see `core.reporting.Reports`."""
        actor.require(May.EXPORT)

        def fill(half: Path, notice: ExportNotice) -> int:
            summary = monthly_summary(
                self._journal,
                self._review,
                month,
                now=notice.at,
                progress=progress,
            )
            if half.suffix == ".pdf":
                from app.reports import pdf_month

                pdf_month.write(half, notice, summary)
            else:
                _write_sheets(half, notice, month_sheets(summary), summary.runs)
            return summary.runs

        since, until = span_of(first_day(month, Bucket.MONTH), Bucket.MONTH)
        chosen = self._span(since, until)
        return await self._write(path, ReportKind.MONTH, chosen, actor, fill, beside)

    def last_shift(self) -> datetime | None:
        """Give until when the last shift report told; see `core.reporting.Reports`."""
        exports = self._review.events(kinds=(EventKind.EXPORTED,), limit=_LAST)
        name = REPORT_NAMES[ReportKind.SHIFT]
        told = [each for each in exports if each.event.detail.startswith(name)]
        if not told:
            return None
        last = max(told, key=_told_until)
        until = _told_until(last)
        # What was still running then is in none of the reports yet.
        span = JournalQuery(since=until - _LONGEST_RUN, until=until)
        late = (e for e in self._journal.entries(span) if e.seq > last.seq)
        return min((each.record.started_at for each in late), default=until)

    def _span(self, since: datetime, until: datetime) -> str:
        """Say which runs are told of, and whether there may be more of them later."""
        running = " (导出时尚未结束)" if self._clock.now() < until else ""
        return f"{clock(since)} 起, {clock(until)} 前开始的运行{running}"

    async def _write(
        self,
        path: Path,
        kind: ReportKind,
        chosen: str,
        actor: Actor,
        fill: Fill,
        beside: Beside | None,
    ) -> Exported:
        _check_suffix(path)
        run = _here if beside is None else beside
        left = threading.Event()

        def write(half: Path) -> tuple[ExportNotice, int, str]:
            try:
                with self._review.moment(), files.told(path):
                    notice = self._notice(kind, chosen, actor)
                    records = fill(half, notice)
                    digest = files.digest_of(half)
                    files.check_free(path)
                return notice, records, digest
            finally:
                # Nobody waits any more: the window was closed meanwhile.
                if left.is_set():
                    files.remove(half)

        def put(half: Path) -> None:
            with files.told(path):
                half.replace(path)

        with files.half_made(path, left) as half:
            notice, records, digest = await run(lambda: write(half))
            detail = (
                f"{REPORT_NAMES[kind]}; 筛选: {chosen}; {records}条记录; "
                f"文件SHA-256 {digest}"
            )
            now = self._clock.now()
            await self._review.note(
                happened(
                    EventKind.EXPORTED, actor, now, subject=path.name, detail=detail
                )
            )
            await run(lambda: put(half))
        return Exported(path=path, records=records, sha256=digest, notice=notice)

    def _notice(self, kind: ReportKind, chosen: str, actor: Actor) -> ExportNotice:
        return ExportNotice(
            kind=kind,
            filtered=chosen,
            by=actor.name,
            login=actor.login,
            role=ROLE_NAMES[actor.role] if actor.role is not None else "",
            workstation=actor.workstation,
            at=self._clock.now(),
            program=self._program,
            head=self._review.head(),
        )

    def _fill_log(
        self,
        half: Path,
        notice: ExportNotice,
        query: JournalQuery,
        progress: Progress | None,
    ) -> int:
        if half.suffix == ".jsonl":
            return self._lines(half, notice, query, progress)
        runs = told(self._journal, self._review, query, progress=progress)
        count = [0]
        with closing(runs):
            found = counted(runs, count)
            if half.suffix == ".csv":
                csv_file.write_log(half, notice, log_sheet(found))
                csv_file.fill_in(half, count[0])
            elif half.suffix == ".xlsx":
                book = xlsx_file.WorkbookFile(notice)
                try:
                    book.add(log_sheet(found))
                    book.save(half, count[0])
                finally:
                    book.close()
            else:
                from app.reports import pdf_log

                pdf_log.write(half, notice, found, count)
        return count[0]

    def _lines(
        self,
        half: Path,
        notice: ExportNotice,
        query: JournalQuery,
        progress: Progress | None,
    ) -> int:
        everything = query == JournalQuery()
        lines = self._journal.lines(None if everything else query)
        if everything:
            return jsonl_file.write_chain(half, notice, with_progress(lines, progress))
        runs = with_histories(lines, self._review, progress)
        return jsonl_file.write_runs(half, notice, runs)


def _check_suffix(path: Path) -> None:
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise UsageError(
            f"不能导出为「{path.suffix or path.name}」格式",
            f"请使用这些后缀之一: {'、'.join(TABLE_SUFFIXES)}。",
        )


def _told_until(export: LoggedEvent) -> datetime:
    """Give the end of the shift, or when its report was written if that was before."""
    event = export.event
    words = _UNTIL.search(event.detail)
    if words is None:
        return event.at
    end = datetime.strptime(words[1], "%Y-%m-%d %H:%M:%S")
    return min(event.at, end.replace(tzinfo=DESKS_ZONE))


def _write_sheets(
    half: Path, notice: ExportNotice, sheets: Sequence[Sheet], records: int
) -> None:
    if half.suffix == ".csv":
        csv_file.write_report(half, notice, sheets)
        csv_file.fill_in(half, records)
    elif half.suffix == ".xlsx":
        xlsx_file.write(half, notice, sheets, records)
    else:
        jsonl_file.write_report(half, notice, sheets)


async def _here(work: Callable[[], _T], /) -> _T:
    return work()
