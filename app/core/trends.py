"""Trends: what the answers of weeks say, as rates that lead back to their records."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from app.core.model import Check, Severity
from app.core.workdays import DESKS_ZONE


class Measure(StrEnum):
    """What is counted; each is a part of a whole."""

    ATTENDANCE = "attendance"
    """People who were there and should be, of those who should be. Who is there beyond
    that is a finding, and does not make up for somebody absent elsewhere."""
    HELMETS = "helmets"
    """People with a hard hat, of the people counted for that."""
    EQUIPMENT = "equipment"
    """People with a voltage tester, of the people counted for that."""
    FINDINGS = "findings"
    """Answers of severity attention or alarm, of the answers with a verdict."""
    UNANSWERED = "unanswered"
    """Calls without a usable number, of all calls."""
    EARS_APART = "ears_apart"
    """Spoken commands whose two readings differed, of those with two."""
    MODEL_APART = "model_apart"
    """Sentences of the model that differed from the rule's, of those it wrote."""


class Bucket(StrEnum):
    """How long the span of one point is, by the desk's calendar."""

    DAY = "day"
    WEEK = "week"
    """From Monday on (ISO 8601)."""
    MONTH = "month"


class GroupBy(StrEnum):
    """What each line of a chart is of."""

    ALL = "all"
    REGION = "region"
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendQuery:
    """Which trend is wanted."""

    measure: Measure
    bucket: Bucket = Bucket.WEEK
    by: GroupBy = GroupBy.ALL
    since: datetime
    """Aware; included."""
    until: datetime
    """Aware; not included."""
    region: str = ""
    site: str = ""
    """Site id; empty: all."""
    check: Check | None = None
    """Only for FINDINGS and UNANSWERED; the rates of people have a check of their
    own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendPoint:
    """One point of one line."""

    start: date
    """First day of its span."""
    group: str = ""
    """Region or site id; empty: all."""
    label: str = ""
    """What the group is called."""
    part: int
    whole: int
    """0: nothing was counted, and there is no rate: a gap, never a zero."""
    runs: int
    """How many runs stand behind it."""

    @property
    def rate(self) -> float | None:
        """Give the part of the whole, 0 … 1."""
        return self.part / self.whole if self.whole else None


MEASURE_CHECK: Final = {
    Measure.ATTENDANCE: Check.HEADCOUNT,
    Measure.HELMETS: Check.HELMET,
    Measure.EQUIPMENT: Check.EQUIPMENT,
}
"""The check whose answers a rate of people is made of."""

FINDING_SEVERITIES: Final = frozenset({Severity.ATTENTION, Severity.ALARM})


def first_day(day: date, bucket: Bucket) -> date:
    """Give the first day of the span that this day of the desk's calendar is in."""
    if bucket is Bucket.WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if bucket is Bucket.MONTH else day


def next_start(start: date, bucket: Bucket) -> date:
    """Give the first day of the span after the one that `start` is in."""
    start = first_day(start, bucket)
    if bucket is Bucket.MONTH:
        return (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return start + timedelta(days=7 if bucket is Bucket.WEEK else 1)


def midnight(day: date) -> datetime:
    """Give the moment at which a day of the desk's calendar begins, as aware UTC."""
    return datetime.combine(day, time(), DESKS_ZONE).astimezone(UTC)


def span_of(start: date, bucket: Bucket) -> tuple[datetime, datetime]:
    """Give begin (included) and end (not included) of the span that `start` is in."""
    return midnight(first_day(start, bucket)), midnight(next_start(start, bucket))
