"""The content of a shift report, from the journal alone."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.core.counting import Silences, Totals, findings_of, told
from app.core.entries import EventKind
from app.core.model import Outcome, RunRecord, Severity
from app.core.ports import Journal, JournalEntry, JournalQuery
from app.core.reporting import (
    FailedRun,
    Progress,
    ReportedFinding,
    ShiftReport,
    ShiftWanted,
)
from app.core.reviewing import LoggedEvent, Review

MOST: Final = 1000
"""Open findings that are listed one by one; all of them are counted."""

_PRESENCE: Final = (EventKind.SIGNED_IN, EventKind.SIGNED_OUT)


def shift_report(
    journal: Journal,
    review: Review,
    wanted: ShiftWanted,
    *,
    workstation: str,
    progress: Progress | None = None,
) -> ShiftReport:
    """Collect what a shift did and leaves behind.

    Runs count to the shift in which they began. What is open is open at the moment of
    the report; to be read within one moment of the review.

    Raises:
        JournalError: The journal cannot be read.
    """
    totals, silences = Totals(), Silences()
    findings: list[ReportedFinding] = []
    failed: list[FailedRun] = []
    operators: dict[str, None] = {}
    runs = 0
    span = JournalQuery(since=wanted.since, until=wanted.until)
    for entry, history in told(journal, review, span, progress=progress):
        runs += 1
        record = entry.record
        operators[record.operator] = None
        totals.add(record)
        silences.add(record)
        findings += findings_of(entry, history)
        if record.outcome is Outcome.FAILED:
            failed.append(_failed(entry))
    findings.sort(key=lambda one: one.finding.severity is not Severity.ALARM)
    still_open = review.open_findings(limit=MOST)
    return ShiftReport(
        since=wanted.since,
        until=wanted.until,
        workstation=workstation,
        giving=wanted.giving.strip(),
        taking=wanted.taking.strip(),
        people=_people(review, wanted.since, wanted.until),
        operators=tuple(operators),
        runs=runs,
        totals=totals.given(),
        findings=tuple(findings),
        open_count=still_open.count,
        still_open=still_open.newest,
        unanswered=silences.given(),
        failed=tuple(failed),
        notes=_events(review, (EventKind.SHIFT_NOTE,), wanted.since, wanted.until),
        corrections=tuple(review.corrections(decided=False, limit=None)),
    )


def _failed(entry: JournalEntry) -> FailedRun:
    record = entry.record
    return FailedRun(
        seq=entry.seq,
        run_id=record.run_id,
        at=record.finished_at,
        asked_by=record.operator,
        heard=heard_of(record),
        sentence=f"{record.fault.message} ({record.fault.code})"
        if record.fault
        else "",
    )


def heard_of(record: RunRecord) -> str:
    """Give the words of a command; empty: none were recorded."""
    return record.utterance.text if record.utterance else ""


def _events(
    review: Review, kinds: Sequence[EventKind], since: datetime, until: datetime
) -> tuple[LoggedEvent, ...]:
    newest = review.events(kinds=kinds, since=since, until=until, limit=None)
    return tuple(reversed(newest))


def _people(
    review: Review, since: datetime, until: datetime
) -> tuple[LoggedEvent, ...]:
    """Give who came and went, and whoever was there when the shift began."""
    before = review.events(kinds=_PRESENCE, until=since, limit=1)
    there = (one for one in before if one.event.kind is EventKind.SIGNED_IN)
    return (*there, *_events(review, _PRESENCE, since, until))
