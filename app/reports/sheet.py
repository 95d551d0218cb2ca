"""A table before it is known what it is written as."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

from app.core.workdays import DESKS_ZONE

Cell: TypeAlias = str | int | float | datetime | None
"""None: nothing is known, and the cell stays empty. A float is a share, 0 … 1."""

Row: TypeAlias = Sequence[Cell]

NO_DATA: Final = "无数据"
"""What stands where nothing was counted; never 0 %."""

NONE: Final = "无"
"""What stands where it was counted, and there is none."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    SHARE = "share"
    TIME = "time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column of a table."""

    key: str
    """For programs; never changes."""
    heading: str
    kind: Kind = Kind.TEXT
    width: int = 14
    """In characters of a digit's width; a Chinese one takes two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A table with a name; its rows may come one by one from the journal."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]
    note: str = ""
    """How its figures are counted."""
    nothing: str = NONE
    """What a table without rows means."""


def text(key: str, heading: str, width: int = 14) -> Column:
    """Make a column of words."""
    return Column(key=key, heading=heading, width=width)


def number(key: str, heading: str, width: int = 9) -> Column:
    """Make a column of whole numbers."""
    return Column(key=key, heading=heading, kind=Kind.NUMBER, width=width)


def share(key: str, heading: str, width: int = 10) -> Column:
    """Make a column of parts of a whole."""
    return Column(key=key, heading=heading, kind=Kind.SHARE, width=width)


def time(key: str, heading: str) -> Column:
    """Make a column of times; the heading says by which clock."""
    return Column(key=key, heading=f"{heading} (北京时间)", kind=Kind.TIME, width=20)


def local(moment: datetime) -> datetime:
    """Give a time by the desk's clock, to the second."""
    return moment.astimezone(DESKS_ZONE).replace(microsecond=0)


def clock(moment: datetime) -> str:
    """Write a time by the desk's clock."""
    return local(moment).strftime("%Y-%m-%d %H:%M:%S")


def minute(moment: datetime) -> str:
    """Write a time by the desk's clock as people do; what is open may be of years."""
    return local(moment).strftime("%Y-%m-%d %H:%M")


def percent(part: int, whole: int) -> str:
    """Write a rate with what it is made of."""
    return f"{part / whole:.1%} ({part}/{whole})" if whole else NO_DATA
