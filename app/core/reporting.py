"""What reports and exports say, as data; how they look is decided in `app.reports`.

Counts are of records and findings; None means that nothing was counted, which is never
zero. Times are aware; days and months are those of the desk's calendar.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol, TypeVar

from app.core.alarms import Acknowledgement
from app.core.entries import Disposition, FindingState, OpenFinding
from app.core.model import Check, Finding, Severity, Verdict
from app.core.observation import MissingReason
from app.core.people import Actor
from app.core.ports import JournalQuery
from app.core.reviewing import ChainHead, LoggedEvent, ProposedCorrection
from app.core.trends import GroupBy, Measure, TrendPoint

_T = TypeVar("_T")

Progress = Callable[[int], None]
"""Gets the records read so far; raises `Cancelled` where nobody wants them any more."""

TABLE_SUFFIXES: Final = (".pdf", ".xlsx", ".csv", ".jsonl")
"""What an export or a report may be written as."""


class ReportKind(StrEnum):
    """What is written to a file."""

    LOG = "log"
    SHIFT = "shift"
    MONTH = "month"


REPORT_NAMES: Final = {
    ReportKind.LOG: "巡检日志导出",
    ReportKind.SHIFT: "交接班报告",
    ReportKind.MONTH: "月度汇总",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportNotice:
    """What stands on every export: of what, by whom, when, and of which chain."""

    kind: ReportKind
    filtered: str
    """What was chosen, in words."""
    by: str
    login: str = ""
    role: str = ""
    """In Chinese; empty: the desk has no accounts."""
    workstation: str
    at: datetime
    program: str
    head: ChainHead
    """The last entry when reading began. Nothing of the file is from after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """A file that was written, and is in the journal as written."""

    path: Path
    records: int
    sha256: str
    notice: ExportNotice


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedFinding:
    """A finding with all that was said about it later."""

    seq: int
    run_id: str
    index: int
    at: datetime
    """When its run ended."""
    asked_by: str
    finding: Finding
    state: FindingState
    responsible: str = ""
    acknowledged: Acknowledgement | None = None
    dispositions: tuple[Disposition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTotal:
    """How many answers there were to one check, by severity."""

    check: Check
    normal: int = 0
    attention: int = 0
    alarm: int = 0
    unknown: int = 0

    @property
    def answers(self) -> int:
        """Give all of them."""
        return self.normal + self.attention + self.alarm + self.unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """Questions about a site that one and the same reason left without a number."""

    site_id: str
    site: str
    check: Check
    reason: MissingReason
    detail: str
    """Of the last time."""
    times: int
    last: datetime
    answered_later: bool
    """Whether the same question was answered in the same span after that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun:
    """A command that ended in an error."""

    seq: int
    run_id: str
    at: datetime
    asked_by: str
    heard: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftReport:
    """What one shift hands over to the next."""

    since: datetime
    until: datetime
    workstation: str
    giving: str
    """Who hands over; empty: a line to be filled in by hand."""
    taking: str
    people: tuple[LoggedEvent, ...]
    """Who signed in and out, in order; the last one from before the shift first."""
    operators: tuple[str, ...]
    """Everybody who asked."""
    runs: int
    totals: tuple[CheckTotal, ...]
    """One for each check that was asked about."""
    findings: tuple[ReportedFinding, ...]
    """Alarms first, then attention; each in the order of time."""
    open_count: int
    still_open: tuple[OpenFinding, ...]
    """Newest first, those from before the shift too; may be fewer than counted."""
    unanswered: tuple[Unanswered, ...]
    failed: tuple[FailedRun, ...]
    notes: tuple[LoggedEvent, ...]
    corrections: tuple[ProposedCorrection, ...]
    """Those that wait for a decision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLine:
    """One rate of one region or site, a point a week."""

    measure: Measure
    by: GroupBy
    label: str
    group: str
    points: tuple[TrendPoint, ...]

    @property
    def part(self) -> int:
        """Give what was counted as part, over all points."""
        return sum(point.part for point in self.points)

    @property
    def whole(self) -> int:
        """Give what it is a part of."""
        return sum(point.whole for point in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTotal:
    """How many findings of one kind there were."""

    check: Check
    verdict: Verdict
    severity: Severity
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """How long something took, where it was done at all."""

    done: int
    waiting: int
    """How many it was not done with yet."""
    mean: timedelta | None = None
    longest: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgeBand:
    """How many open findings are so old."""

    label: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemTotal:
    """What became of the questions that were put to one site system."""

    system: str
    asked: int
    failed: int
    reasons: tuple[tuple[MissingReason, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthlySummary:
    """What the answers of a month say together."""

    month: date
    """Its first day."""
    since: datetime
    until: datetime
    runs: int
    totals: tuple[CheckTotal, ...]
    rates: tuple[RateLine, ...]
    weeks: tuple[date, ...]
    """First days of the weeks (Monday) that reach into the month."""
    kinds: tuple[KindTotal, ...]
    acknowledging: Spent
    closing: Spent
    open_by_age: tuple[AgeBand, ...]
    open_count: int
    systems: tuple[SystemTotal, ...]
    missing: tuple[tuple[MissingReason, int], ...]
    """Why calls had no usable number."""
    ears: TrendPoint | None
    """Spoken commands whose two readings differed; None: none had two."""
    model: TrendPoint | None
    """Sentences of the model that differed from the rule's; None: it wrote none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShiftWanted:
    """Which shift is to be reported, and the names on it."""

    since: datetime
    until: datetime
    giving: str = ""
    taking: str = ""


class Beside(Protocol):
    """Does what takes a while somewhere else than on the event loop."""

    async def __call__(self, work: Callable[[], _T], /) -> _T:
        """Do it, and give what it gives."""
        ...


class Reports(Protocol):
    """Writes exports and reports, each one an entry of the journal.

    A file is there whole or not at all, and never without its entry. All of them raise

    - NotAllowedError: The role of the actor may not.
    - UsageError: A suffix that is not in `TABLE_SUFFIXES`, or too much for the form.
    - MissingError: There is no Chinese font for a PDF.
    - JournalUnwritableError: The file cannot be written, or the entry cannot.
    - Cancelled: `progress` raised it.
    """

    async def log(
        self,
        path: Path,
        query: JournalQuery,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write the records that a filter finds."""
        ...

    async def shift(
        self,
        path: Path,
        wanted: ShiftWanted,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write a shift report."""
        ...

    async def month(
        self,
        path: Path,
        month: date,
        actor: Actor,
        *,
        beside: Beside | None = None,
        progress: Progress | None = None,
    ) -> Exported:
        """Write the summary of the month that this day is in."""
        ...

    def last_shift(self) -> datetime | None:
        """Give from when the next shift report must tell, so that no run is missing.

        That is the end of the last shift that was reported, or the beginning of a run
        that was under way at its report. None: there was none lately.
        """
        ...
