"""Filters of the log as people set and save them; a saved one is a line of text.

A filter may name a span that moves with the clock (`span=week`); the query that is
made of it names moments. `severity=alarm state=open span=week` is how one is written
in the settings; what holds a blank or a quotation mark is quoted as in a shell.
"""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.core.entries import FindingState
from app.core.errors import UsageError
from app.core.model import Check, Outcome, Severity
from app.core.ports import JournalQuery
from app.core.workdays import DESKS_ZONE

SHIFT: Final = timedelta(hours=12)
"""How long a shift at the desk is."""
WEEK: Final = timedelta(days=7)


class Span(StrEnum):
    """A time that ends now, by the desk's calendar."""

    TODAY = "today"
    SHIFT = "shift"
    """The last 12 hours."""
    WEEK = "week"
    """The last 7 days."""
    MONTH = "month"
    """Since the first of this month."""

    def since(self, now: datetime) -> datetime:
        """Give the moment it begins."""
        if self is Span.SHIFT:
            return now - SHIFT
        if self is Span.WEEK:
            return now - WEEK
        day = now.astimezone(DESKS_ZONE).replace(
            hour=0, minute=0, second=0, microsecond=0
        )
        return day.replace(day=1) if self is Span.MONTH else day


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What somebody looks for; None and empty mean "any"."""

    span: Span | None = None
    """Takes the place of `since` and `until`."""
    since: datetime | None = None
    """Aware; included."""
    until: datetime | None = None
    """Aware; not included."""
    site: str = ""
    region: str = ""
    check: Check | None = None
    severity: Severity | None = None
    operator: str = ""
    outcome: Outcome | None = None
    state: FindingState | None = None
    open: bool | None = None
    text: str = ""

    def query(self, now: datetime) -> JournalQuery:
        """Say which records are meant at this moment."""
        spanned = self.span is not None
        return JournalQuery(
            since=self.span.since(now) if self.span is not None else self.since,
            until=None if spanned else self.until,
            site=self.site,
            region=self.region,
            check=self.check,
            severity=self.severity,
            operator=self.operator,
            outcome=self.outcome,
            state=self.state,
            open=self.open,
            text=self.text,
        )


def filter_of(query: JournalQuery) -> LogFilter:
    """Give the filter that asks what a query asks."""
    return LogFilter(
        since=query.since,
        until=query.until,
        site=query.site,
        region=query.region,
        check=query.check,
        severity=query.severity,
        operator=query.operator,
        outcome=query.outcome,
        state=query.state,
        open=query.open,
        text=query.text,
    )


def written(wanted: LogFilter) -> str:
    """Write a filter as a line; what is "any" is left out."""
    parts = []
    for each in fields(wanted):
        value = getattr(wanted, each.name)
        if value is None or value == "":
            continue
        if isinstance(value, bool):
            value = "yes" if value else "no"
        elif isinstance(value, datetime):
            value = value.isoformat()
        parts.append(f"{each.name}={shlex.quote(str(value))}")
    return " ".join(parts)


def read(line: str) -> LogFilter:
    """Read a filter from its line.

    Raises:
        UsageError: It names something that cannot be filtered by.
    """
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"筛选「{line}」的引号不成对") from error
    given: dict[str, object] = {}
    for part in parts:
        name, equals, value = part.partition("=")
        if not equals or name not in _READ:
            raise UsageError(
                f"筛选「{line}」里的「{part}」看不懂",
                f"可用的条件: {', '.join(_READ)}, 写成 条件=值。",
            )
        try:
            given[name] = _READ[name](value)
        except (KeyError, ValueError) as error:
            raise UsageError(
                f"筛选「{line}」里 {name} 的值「{value}」不可用"
            ) from error
    return LogFilter(**given)  # type: ignore[arg-type]


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=DESKS_ZONE)


_READ: Final[Mapping[str, Callable[[str], object]]] = {
    "span": Span,
    "since": _moment,
    "until": _moment,
    "site": str,
    "region": str,
    "check": Check,
    "severity": Severity,
    "operator": str,
    "outcome": Outcome,
    "state": FindingState,
    "open": {"yes": True, "no": False}.__getitem__,
    "text": str,
}
