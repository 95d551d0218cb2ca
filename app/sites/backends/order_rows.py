"""Work orders as tables hold them: rows with a number, a ticket and a time.

What databases and spreadsheets have in common: how a cell is read as a number of
people or a moment, and what several rows of one site say together.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from app.core.errors import BackendDataError
from app.core.observation import WorkOrder

LONGEST_LIST: Final = 200
"""Characters of several tickets or names together."""

_DIGITS: Final = re.compile(r"[0-9]{1,9}(?:\.0+)?")
_DATE: Final = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]*(?=[0-9]|$))"
)
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{8}")
"""In full: Python's own reader drops what follows the eighth digit."""
_TIME: Final = re.compile(r"([0-9]{1,2})[:时点]([0-9]{1,2})?分?(?::([0-9]{1,2}))?")
_SERIAL: Final = re.compile(r"[2-7][0-9]{4}(?:\.[0-9]+)?")
"""A day as Excel counts it, from 1954 to 2119."""
_SERIAL_START: Final = datetime(1899, 12, 30)
_DAY: Final = timedelta(days=1)


def _zone_name(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("没有这个时区, 例如 Asia/Shanghai") from None
    return name


ZoneName = Annotated[str, AfterValidator(_zone_name)]
"""Of a system's options: the zone of its times, as IANA calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRow:
    """One order of a site."""

    expected: int | None
    """None: not stated."""
    ticket: str = ""
    leader: str = ""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Whether the order is in force at this time."""
        return (self.valid_from is None or self.valid_from <= at) and (
            self.valid_until is None or at <= self.valid_until
        )

    def distance(self, at: datetime) -> timedelta:
        """How far the order's time is from this one."""
        if self.valid_from is not None and at < self.valid_from:
            return self.valid_from - at
        if self.valid_until is not None and at > self.valid_until:
            return at - self.valid_until
        return timedelta()


def together(rows: Sequence[OrderRow], at: datetime, *, source: str) -> WorkOrder:
    """Give what one or more rows of a site say of a time.

    Orders in force are added up; one without a number leaves the sum unknown. Where
    none is in force the nearest is given, so that the desk can say from when, or till
    when, it holds.
    """
    held = [row for row in rows if row.holds(at)]
    held = held or [min(rows, key=lambda row: row.distance(at))]
    numbers = [row.expected for row in held if row.expected is not None]
    since = [row.valid_from for row in held if row.valid_from is not None]
    until = [row.valid_until for row in held if row.valid_until is not None]
    return WorkOrder(
        expected=sum(numbers) if len(numbers) == len(held) else None,
        ticket=_listed(row.ticket for row in held),
        leader=_listed(row.leader for row in held),
        valid_from=max(since, default=None),
        valid_until=min(until, default=None),
        source=source,
    )


def check_each_once(rows: Iterable[OrderRow], *, title: str) -> None:
    """Refuse two rows that say the same of one ticket.

    A JOIN or an export by person repeats an order, two crews of one order look alike:
    nobody can tell whether these people count once or twice.

    Raises:
        BackendDataError: There are such rows.
    """
    seen: set[OrderRow] = set()
    for row in rows:
        if row.ticket and row in seen:
            raise BackendDataError(
                f"{title}把工单 {row.ticket[:20]} 给了两次, 看不出人数是否重复",
                "请让每张工单只有一行, 或在查询和表格中去掉重复。",
            )
        seen.add(row)


def _listed(words: Iterable[str]) -> str:
    each = list(dict.fromkeys(word for word in words if word))
    text = "、".join(each)
    if len(each) == 1 or len(text) <= LONGEST_LIST:
        return text
    return f"{text[:LONGEST_LIST].rpartition('、')[0]}等{len(each)}项"


def people_of(value: object) -> int | None:
    """Read a number of people; None and an empty text: not stated.

    Raises:
        ValueError: It is no whole number of people: negative, a fraction, 12人, True.
    """
    number: object = value
    if isinstance(value, str):
        if any(each.isnumeric() and not each.isdecimal() for each in value):
            # A note, 12①, would become 121.
            raise ValueError("no number of people")
        text = unicodedata.normalize("NFKC", value).strip()
        if not text:
            return None
        number = int(text.partition(".")[0]) if _DIGITS.fullmatch(text) else text
    elif isinstance(value, float | Decimal) and value == value // 1:
        number = int(value)
    if number is None:
        return None
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise ValueError("no number of people")
    return number


def moment_of(
    value: object, zone: tzinfo, *, day: date | None = None, end: bool = False
) -> datetime | None:
    """Read a moment; None and an empty text: not stated.

    A moment without a zone is in `zone`, a time alone is of the `day`. A date alone
    is its first moment, or with `end` its last.

    Raises:
        ValueError: It is neither.
    """
    found = _read(value, day)
    if found is None:
        return None
    if not isinstance(found, datetime):
        return datetime.combine(found, time.max if end else time(), zone)
    return found if found.utcoffset() is not None else found.replace(tzinfo=zone)


def day_of(value: object, zone: tzinfo) -> date | None:
    """Read a day; None and an empty text: not stated.

    Raises:
        ValueError: It is none.
    """
    moment = moment_of(value, zone)
    return None if moment is None else moment.astimezone(zone).date()


def _read(value: object, day: date | None) -> datetime | date | None:
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, time) and day is not None:
        return datetime.combine(day, value)
    if not isinstance(value, str):
        raise ValueError("no moment")
    text = unicodedata.normalize("NFKC", value).strip()
    if not text:
        return None
    if _SERIAL.fullmatch(text):
        return _of_serial(float(text))
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        if len(text) > 10:
            return datetime.fromisoformat(text)
    except ValueError:
        pass
    return _written(text, day)


def _of_serial(days: float) -> datetime | date:
    moment = _SERIAL_START + timedelta(seconds=round(days * 86400))
    return moment.date() if moment.time() == time() else moment


def _written(text: str, day: date | None) -> datetime | date:
    """Read 2026/11/21 8:00, 2026年11月21日 8时30分, 8:00."""
    if match := _DATE.match(text):
        day = date(int(match[1]), int(match[2]), int(match[3]))
        text = text[match.end() :]
        if not text:
            return day
    clock = _TIME.fullmatch(text)
    if clock is None or day is None:
        raise ValueError("no moment")
    hour, minute, second = (int(part or 0) for part in clock.groups())
    if (hour, minute, second) == (24, 0, 0):
        return datetime.combine(day + _DAY, time())
    return datetime.combine(day, time(hour, minute, second))
