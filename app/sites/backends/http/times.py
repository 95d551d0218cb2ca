"""How a system writes times: ISO 8601, seconds or milliseconds, or a pattern."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import Enum, auto
from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo

from app.sites.backends.http.parsing import ReadBy

_PER_SECOND: Final = {"s": 1, "ms": 1000}
_PATTERN: Final = re.compile(r"(?:[^%]|%[YmdHMSfz%])*%[YmdHMSfz](?:[^%]|%[YmdHMSfz%])*")
_LETTERS: Final = re.compile(r"%([YmdHMSfz])")
_CLOCK: Final = frozenset("HMSf")
_ISO_DAY: Final = re.compile(r"\d{4}-?(?:\d\d-?\d\d|W\d\d-?\d)")
_ISO_WEEK: Final = re.compile(r"\d{4}-?W\d\d")
_DIGITS: Final = re.compile(r"[0-9]{1,16}")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_S: Final = 8_000_000_000
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2199
"""Outside of these, seconds were taken for milliseconds or the reverse."""
NO_END: Final = datetime(9999, 12, 31, 9, 59, 59, tzinfo=UTC)
"""What lies beyond, as the usual 9999-12-31 for "no end", is given as this: in every
time zone it is still within the calendar."""


class DayMeans(Enum):
    """What a day without a time of day is good for."""

    NOTHING = auto()
    START = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """A way to write a time: `iso`, `s`, `ms`, or a pattern such as `%Y-%m-%d`."""

    text: str

    @classmethod
    def parse(cls, text: object) -> "TimeFormat":
        """Take what the installer wrote.

        Raises:
            ValueError: There is no such way.
        """
        known = isinstance(text, str) and (
            text == "iso" or text in _PER_SECOND or _PATTERN.fullmatch(text)
        )
        if not isinstance(text, str) or not known:
            raise ValueError(
                '时间格式请用 "iso"、"s"、"ms", 或 %Y %m %d %H %M %S %f %z 的组合'
            )
        return cls(text)

    @classmethod
    def parse_readable(cls, text: object) -> "TimeFormat":
        """Take one that a moment can be read from.

        Raises:
            ValueError: There is no such way, or it lacks year, month or day.
        """
        made = cls.parse(text)
        letters = _LETTERS.findall(made.text)
        if "%" in made.text and not (
            set(letters) >= set("Ymd") and len(letters) == len(set(letters))
        ):
            raise ValueError("读取时间的格式要有 %Y、%m、%d, 每项一次")
        return made

    def written(self, moment: datetime) -> str | int:
        """Write a moment that is in the system's time zone already."""
        if self.text in _PER_SECOND:
            whole = (moment - _EPOCH) // timedelta(milliseconds=1)
            return whole * _PER_SECOND[self.text] // 1000
        if self.text == "iso":
            return moment.isoformat(timespec="seconds")
        return moment.strftime(self.text)

    def read(
        self, value: object, zone: ZoneInfo, *, digits: bool, day: DayMeans
    ) -> datetime:
        """Read a moment as UTC; without an offset it is in the system's time zone.

        `digits` allows a number that is given as text.

        Raises:
            ValueError: It is no time of this format, or one of another age.
        """
        if self.text in _PER_SECOND:
            moment, last = self._from_number(value, digits=digits), LAST_YEAR
        else:
            moment = self._from_text(value, zone, day)
            last = NO_END.year if day is DayMeans.END else LAST_YEAR
        if not FIRST_YEAR <= moment.year <= last:
            raise ValueError("of another age")
        return NO_END if moment > NO_END else moment.astimezone(UTC)

    def _from_number(self, value: object, *, digits: bool) -> datetime:
        if digits and isinstance(value, str) and _DIGITS.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("no number")
        # Written so that NaN is outside too.
        if not 0 <= value <= _LATEST_S * _PER_SECOND[self.text]:
            raise ValueError("no time")
        return _EPOCH + timedelta(seconds=value / _PER_SECOND[self.text])

    def _from_text(self, value: object, zone: ZoneInfo, day: DayMeans) -> datetime:
        if not isinstance(value, str) or len(value) > 64:
            raise ValueError("no text")
        if self.text == "iso":
            if _ISO_WEEK.fullmatch(value):
                raise ValueError("a week is no day")
            moment = datetime.fromisoformat(value)
            alone = _ISO_DAY.fullmatch(value) is not None
        else:
            moment = datetime.strptime(value, self.text)
            alone = not _CLOCK & set(_LETTERS.findall(self.text))
        if alone and day is DayMeans.NOTHING:
            raise ValueError("a day is no moment")
        if alone and day is DayMeans.END:
            moment = datetime.combine(moment.date(), time.max, moment.tzinfo)
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)


SentTime: TypeAlias = Annotated[TimeFormat, ReadBy(TimeFormat.parse)]
ReadTime: TypeAlias = Annotated[TimeFormat, ReadBy(TimeFormat.parse_readable)]
