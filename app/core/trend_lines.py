"""The lines of a trend: points put together, put in order, and led to their records."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from app.core.model import Check, Severity
from app.core.ports import JournalQuery
from app.core.trends import (
    MEASURE_CHECK,
    Bucket,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    first_day,
    next_start,
    span_of,
)

SMALL: Final = 10
"""A rate of fewer than so many is marked: one more or less would change it much."""
LESS_IS_WORSE: Final = frozenset(
    {Measure.ATTENDANCE, Measure.HELMETS, Measure.EQUIPMENT}
)
"""Measures of which a low rate is the bad one."""
WITH_CHECK: Final = frozenset({Measure.FINDINGS, Measure.UNANSWERED})
"""Measures that can be limited to one check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All points of one group, in the order of time; at least one."""

    group: str
    label: str
    points: tuple[TrendPoint, ...]

    @property
    def part(self) -> int:
        """The parts of all its points together."""
        return sum(point.part for point in self.points)

    @property
    def whole(self) -> int:
        """The wholes of all its points together."""
        return sum(point.whole for point in self.points)

    @property
    def runs(self) -> int:
        """How many runs stand behind it."""
        return sum(point.runs for point in self.points)


def starts(first: date, last: date, bucket: Bucket) -> tuple[date, ...]:
    """Give the first day of every span from the one of `first` to that of `last`."""

    def each() -> Iterator[date]:
        start = first_day(first, bucket)
        while start <= last:
            yield start
            start = next_start(start, bucket)

    return tuple(each())


def lines_of(points: Iterable[TrendPoint]) -> tuple[Line, ...]:
    """Put the points of each group together; what was not counted is no point."""
    counted = sorted(
        (point for point in points if point.whole),
        key=lambda point: (point.group, point.start),
    )
    return tuple(
        # The newest name is what the group is called today.
        Line(group=group, label=mine[-1].label, points=tuple(mine))
        for group, mine in (
            (group, list(some)) for group, some in groupby(counted, _group)
        )
    )


def worst_first(
    lines: Iterable[Line], measure: Measure, *, by_number: bool = False
) -> tuple[Line, ...]:
    """Put lines in order by their rate over the whole time, the worst first.

    A line of few counts is behind all others: one bad day is not the worst site.
    By number, who has the most is the worst.
    """

    def badness(line: Line) -> tuple[bool, float, int, str]:
        if by_number:
            return False, -line.part, -line.whole, line.label
        rate = line.part / line.whole
        worse = rate if measure in LESS_IS_WORSE else -rate
        return line.whole < SMALL, worse, -line.whole, line.label

    return tuple(sorted(lines, key=badness))


def stretches(line: Line, bucket: Bucket) -> tuple[tuple[TrendPoint, ...], ...]:
    """Part a line where nothing was counted: only neighbours are joined."""
    parts: list[list[TrendPoint]] = []
    for point in line.points:
        if parts and next_start(parts[-1][-1].start, bucket) == point.start:
            parts[-1].append(point)
        else:
            parts.append([point])
    return tuple(map(tuple, parts))


def records_of(
    query: TrendQuery, start: date, group: str = "", severity: Severity | None = None
) -> JournalQuery:
    """Say how the records behind a point are found.

    They are all that were counted, and those of the same kind that could not be. What
    is asked for may begin or end within the span.
    """
    since, until = span_of(start, query.bucket)
    return JournalQuery(
        since=max(since, query.since),
        until=min(until, query.until),
        site=group if query.by is GroupBy.SITE else query.site,
        region=group if query.by is GroupBy.REGION else query.region,
        check=check_of(query),
        severity=severity,
    )


def check_of(query: TrendQuery) -> Check | None:
    """Give the check whose answers are counted; None: all of them."""
    if query.measure in WITH_CHECK:
        return query.check
    return MEASURE_CHECK.get(query.measure)


def _group(point: TrendPoint) -> str:
    return point.group
