"""The content of a monthly summary, from the journal alone.

Each figure is counted in one place: rates by `Review.trend`, the rest here, and
`HOW_COUNTED` says in words what is counted.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from app.core.counting import Totals, findings_of, most_first, told
from app.core.entries import FindingState, Step
from app.core.model import Check, Finding, Severity, Verdict
from app.core.observation import MissingReason
from app.core.ports import Journal, JournalQuery
from app.core.reporting import (
    AgeBand,
    KindTotal,
    MonthlySummary,
    Progress,
    RateLine,
    ReportedFinding,
    Spent,
    SystemTotal,
)
from app.core.reviewing import Review
from app.core.trends import (
    Bucket,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    first_day,
    next_start,
    span_of,
)

RATES: Final = (
    Measure.ATTENDANCE,
    Measure.HELMETS,
    Measure.EQUIPMENT,
    Measure.FINDINGS,
    Measure.UNANSWERED,
)
"""Those that are told of each region and site, week by week."""

HOW_COUNTED: Final[Mapping[Measure, str]] = {
    Measure.ATTENDANCE: "到岗人数 (不超过应到) ÷ 应到人数; 多出的人是一条异常, "
    "不抵别处的缺勤",
    Measure.HELMETS: "佩戴安全帽人数 ÷ 安全检查中数到的人数",
    Measure.EQUIPMENT: "携带电笔人数 ÷ 设备检查中数到的人数",
    Measure.FINDINGS: "级别为注意或告警的答复 ÷ 有结论的答复",
    Measure.UNANSWERED: "没有可用数字的查询 ÷ 全部查询",
    Measure.EARS_APART: "两路识别不一致的语音指令 ÷ 有两路识别的语音指令",
    Measure.MODEL_APART: "与规则不同的模型语句 ÷ 模型写出的语句",
}

_OLDEST: Final = 10_000
"""Open findings that are read one by one to tell their age."""
_BANDS: Final = (
    ("不到1天", timedelta(days=1)),
    ("1至3天", timedelta(days=3)),
    ("3至7天", timedelta(days=7)),
    ("7至30天", timedelta(days=30)),
)
_OLDER: Final = "30天以上"
_SETTLED: Final = frozenset({FindingState.CLOSED, FindingState.FALSE_ALARM})


def monthly_summary(
    journal: Journal,
    review: Review,
    month: date,
    *,
    now: datetime,
    progress: Progress | None = None,
) -> MonthlySummary:
    """Count what a month's runs say.

    A run counts to the month in which it began. What is open, and how old it is, is
    told of the moment `now`. To be read within one moment of the review.

    Raises:
        JournalError: The journal cannot be read.
    """
    since, until = span_of(month, Bucket.MONTH)
    counted = _Counted()
    span = JournalQuery(since=since, until=until)
    for entry, history in told(journal, review, span, progress=progress):
        counted.add_run(entry.record.findings)
        counted.totals.add(entry.record)
        for finding in findings_of(entry, history):
            counted.add(finding)
    count, ages = _open_by_age(review, now)
    first = first_day(month, Bucket.MONTH)
    return MonthlySummary(
        month=first,
        since=since,
        until=until,
        runs=counted.runs,
        totals=counted.totals.given(),
        rates=_rates(review, since, until),
        weeks=_weeks(first),
        kinds=counted.kinds_given(),
        acknowledging=_spent(counted.to_acknowledge, counted.unacknowledged),
        closing=_spent(counted.to_close, counted.unclosed),
        open_by_age=ages,
        open_count=count,
        systems=counted.systems_given(),
        missing=most_first(counted.missing.items()),
        ears=_whole(review, Measure.EARS_APART, since, until),
        model=_whole(review, Measure.MODEL_APART, since, until),
    )


class _Counted:
    """What one walk over the month's runs counts."""

    def __init__(self) -> None:
        self.runs = 0
        self.totals = Totals()
        self.missing: Counter[MissingReason] = Counter()
        self.asked: Counter[str] = Counter()
        self.failed: Counter[tuple[str, MissingReason]] = Counter()
        self.to_acknowledge: list[timedelta] = []
        self.to_close: list[timedelta] = []
        self.unacknowledged = self.unclosed = 0
        self._kinds: dict[tuple[Check, Verdict], KindTotal] = {}

    def add_run(self, findings: tuple[Finding, ...]) -> None:
        """Count the questions of a run."""
        self.runs += 1
        for finding in findings:
            seen = finding.observation
            if finding.verdict is Verdict.DATA_MISSING and seen.missing is not None:
                self.missing[seen.missing.reason] += 1
            for put in seen.exchanges:
                self.asked[put.system] += 1
                if put.status != "ok":
                    self.failed[put.system, _reason(put.status)] += 1

    def add(self, one: ReportedFinding) -> None:
        """Count a finding that asks for attention."""
        finding = one.finding
        key = (finding.call.check, finding.verdict)
        before = self._kinds.get(key)
        self._kinds[key] = KindTotal(
            check=finding.call.check,
            verdict=finding.verdict,
            severity=finding.severity,
            count=1 + (before.count if before else 0),
        )
        if finding.severity is Severity.ALARM:
            if one.acknowledged is None:
                self.unacknowledged += 1
            else:
                self.to_acknowledge.append(one.acknowledged.at - one.at)
        if one.state in _SETTLED:
            ends = (Step.CLOSED, Step.FALSE_ALARM)
            closed = [step.at for step in one.dispositions if step.step in ends]
            self.to_close.append(closed[-1] - one.at)
        elif one.state.is_open:
            self.unclosed += 1

    def kinds_given(self) -> tuple[KindTotal, ...]:
        """Give the kinds of findings, the most frequent first."""
        return tuple(
            sorted(self._kinds.values(), key=lambda kind: (-kind.count, kind.verdict))
        )

    def systems_given(self) -> tuple[SystemTotal, ...]:
        """Give the systems that were asked, those that failed most first."""
        totals = []
        for system, asked in self.asked.items():
            failed = [(r, n) for (s, r), n in self.failed.items() if s == system]
            totals.append(
                SystemTotal(
                    system=system,
                    asked=asked,
                    failed=sum(n for _, n in failed),
                    reasons=most_first(failed),
                )
            )
        return tuple(sorted(totals, key=lambda one: (-one.failed, one.system)))


def _reason(status: str) -> MissingReason:
    try:
        return MissingReason(status)
    except ValueError:
        return MissingReason.INTERNAL


def _spent(times: list[timedelta], waiting: int) -> Spent:
    if not times:
        return Spent(done=0, waiting=waiting)
    return Spent(
        done=len(times),
        waiting=waiting,
        mean=sum(times, timedelta()) / len(times),
        longest=max(times),
    )


def _open_by_age(review: Review, now: datetime) -> tuple[int, tuple[AgeBand, ...]]:
    found = review.open_findings(limit=_OLDEST)
    bands = dict.fromkeys([*(label for label, _ in _BANDS), _OLDER], 0)
    for each in found.newest:
        age = now - each.at
        label = next((label for label, less in _BANDS if age < less), _OLDER)
        bands[label] += 1
    # What is not read one by one is older than all that is.
    rest = found.count - len(found.newest)
    ages = [AgeBand(label=label, count=count) for label, count in bands.items()]
    if rest:
        ages.append(AgeBand(label="更早 (没有逐条列出)", count=rest))
    return found.count, tuple(ages)


def _rates(review: Review, since: datetime, until: datetime) -> tuple[RateLine, ...]:
    lines = []
    for measure in RATES:
        for by in GroupBy:
            points = review.trend(
                TrendQuery(measure=measure, by=by, since=since, until=until)
            )
            for group, mine in groupby(points, key=lambda point: point.group):
                found = tuple(mine)
                lines.append(
                    RateLine(
                        measure=measure,
                        by=by,
                        label=found[-1].label,
                        group=group,
                        points=found,
                    )
                )
    return tuple(lines)


def _whole(
    review: Review, measure: Measure, since: datetime, until: datetime
) -> TrendPoint | None:
    points = review.trend(
        TrendQuery(measure=measure, bucket=Bucket.MONTH, since=since, until=until)
    )
    return points[0] if points and points[0].whole else None


def _weeks(first: date) -> tuple[date, ...]:
    weeks, end = [], next_start(first, Bucket.MONTH)
    week = first_day(first, Bucket.WEEK)
    while week < end:
        weeks.append(week)
        week = next_start(week, Bucket.WEEK)
    return tuple(weeks)
