"""Axes: where a scale begins and ends, where its ticks are, and what they say.

For every drawing of a trend, on the screen and on paper.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.core.trends import Bucket

_UNIT: Final = 1000
"""Rates are scaled in thousandths: whole numbers do not drift."""
_STEPS: Final = (1, 2, 5, 10, 20, 50, 100, 200)
"""Thousandths between two ticks."""
_MOST_TICKS: Final = 7
_LEAST_SPAN: Final = 50
"""Thousandths that a scale spans at least: noise is not made a mountain."""
_EVERY: Final = {
    Bucket.DAY: (1, 2, 7, 14, 28, 56, 91, 182, 364),
    Bucket.WEEK: (1, 2, 4, 8, 13, 26, 52),
    Bucket.MONTH: (1, 2, 3, 6, 12, 24),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The upright axis of a chart."""

    low: float
    high: float
    ticks: tuple[float, ...]
    """From `low` to `high`, both included."""

    @property
    def broken(self) -> bool:
        """Whether it does not begin at zero, which a drawing has to show."""
        return self.low > 0

    def share(self, value: float) -> float:
        """Give how far up a value is, 0 … 1."""
        return (value - self.low) / (self.high - self.low)


WHOLE: Final = Scale(low=0.0, high=1.0, ticks=(0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
"""All that a rate can be."""


def rate_scale(rates: Iterable[float], *, zoomed: bool) -> Scale:
    """Make the axis for rates of 0 … 1; all of that unless it is zoomed."""
    known = [rate * _UNIT for rate in rates]
    if not zoomed or not known:
        return WHOLE
    least, most = min(known), max(known)
    margin = max((most - least) * 0.1, (_LEAST_SPAN - most + least) / 2)
    low, high = max(0.0, least - margin), min(float(_UNIT), most + margin)
    # A scale that all but reaches zero begins there: a break is for what needs one.
    if low < (high - low) / 2:
        low = 0.0
    high = max(high, min(low + _LEAST_SPAN, _UNIT))
    low = min(low, max(0.0, high - _LEAST_SPAN))
    for step in _STEPS:
        first, last = math.floor(low / step), math.ceil(high / step)
        if last - first < _MOST_TICKS:
            break
    ticks = tuple(each * step / _UNIT for each in range(first, last + 1))
    return Scale(low=ticks[0], high=ticks[-1], ticks=ticks)


def count_scale(most: int) -> Scale:
    """Make the axis for counts: from zero, in whole numbers."""
    step, power = 1, 1
    while math.ceil(max(most, 1) / step) >= _MOST_TICKS:
        step = next(n for n in (power, 2 * power, 5 * power, 10 * power) if n > step)
        power = power * 10 if step == 10 * power else power
    last = max(1, math.ceil(most / step))
    ticks = tuple(float(each * step) for each in range(last + 1))
    return Scale(low=0.0, high=ticks[-1], ticks=ticks)


def rate_label(part: int, whole: int) -> str:
    """Write a rate as a person reads it.

    100% and 0% are said only of all and of none. Nothing counted gives nothing.
    """
    if not whole:
        return ""
    if part in (0, whole):
        return "0%" if not part else "100%"
    percent = part * 100 / whole
    if percent < 0.1:
        return "<0.1%"
    if percent > 99.9:
        return ">99.9%"
    return f"{percent:.1f}%"


def tick_label(tick: float, scale: Scale) -> str:
    """Write a tick of a scale of rates: as many digits as tell the ticks apart."""
    hundredths = [round(each * _UNIT) % 10 for each in scale.ticks]
    return f"{tick * 100:.{1 if any(hundredths) else 0}f}%"


def axis_label(start: date, bucket: Bucket) -> str:
    """Write a span on the axis, by its first day; the year stands beneath."""
    return f"{start:%m}" if bucket is Bucket.MONTH else f"{start:%m-%d}"


def shown_every(number: int, room: int, bucket: Bucket) -> int:
    """Say that each so-maniest of `number` spans is labelled where `room` labels fit.

    In steps of the calendar, as far as there are any.
    """
    needed = math.ceil(number / max(1, room))
    return next((every for every in _EVERY[bucket] if every >= needed), needed)


def spread(
    wanted: Sequence[float], gap: float, low: float, high: float
) -> tuple[float, ...]:
    """Move places apart until none is nearer to another than `gap`.

    Their order stays, and each moves as little as it can. Where they do not all fit
    between `low` and `high` they come closer than `gap`, evenly.
    """
    if not wanted:
        return ()
    gap = min(gap, (high - low) / (len(wanted) - 1)) if len(wanted) > 1 else gap
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    # Without their gaps the places only have to ascend: pool the ones that do not.
    pools: list[tuple[float, int]] = []
    for rank, index in enumerate(order):
        mean, size = wanted[index] - rank * gap, 1
        while pools and pools[-1][0] > mean:
            before, many = pools.pop()
            mean = (before * many + mean * size) / (many + size)
            size += many
        pools.append((mean, size))
    last = high - (len(wanted) - 1) * gap
    flat = [max(low, min(last, mean)) for mean, size in pools for _ in range(size)]
    placed = [0.0] * len(wanted)
    for rank, index in enumerate(order):
        placed[index] = flat[rank] + rank * gap
    return tuple(placed)
