"""What a chart shows, and where on a sheet each point of it lies."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF

from app.core.scales import (
    Scale,
    axis_label,
    count_scale,
    rate_label,
    rate_scale,
    shown_every,
    spread,
    tick_label,
)
from app.core.trend_lines import Line
from app.core.trends import Bucket, TrendPoint

_EDGE: Final = 10.0
"""Free room around everything."""
_INNER: Final = 14.0
"""From the upright axis to the first point, and from the last to the labels."""
_BREAK: Final = 16.0
"""Height of the strip in which a broken axis is torn."""
_LEADER: Final = 18.0
"""Width in which a line is led to its label."""
_MARK: Final = 16.0
_LONGEST: Final = 0.26
"""Share of the width that the labels of the lines have at most."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A line in a chart."""

    line: Line
    slot: int
    """Which colour, mark and stroke it has, from 0; of its own for each line."""
    name: str


@dataclass(frozen=True, kw_only=True)
class Plot:
    """What a chart shows."""

    lines: tuple[Drawn, ...] = ()
    starts: tuple[date, ...] = ()
    """Every span, with or without points."""
    bucket: Bucket = Bucket.WEEK
    as_number: bool = False
    """Whether the parts are drawn, and not their share of the whole."""
    zoomed: bool = True

    @cached_property
    def scale(self) -> Scale:
        """The upright axis."""
        points = [point for drawn in self.lines for point in drawn.line.points]
        if self.as_number:
            return count_scale(max((point.part for point in points), default=1))
        rates = (point.part / point.whole for point in points)
        return rate_scale(rates, zoomed=self.zoomed)

    @cached_property
    def index(self) -> Mapping[date, int]:
        """Which span a day begins."""
        return {start: index for index, start in enumerate(self.starts)}

    @cached_property
    def uncounted(self) -> tuple[int, ...]:
        """Spans in which no line has a point."""
        counted = {point.start for drawn in self.lines for point in drawn.line.points}
        return tuple(n for n, start in enumerate(self.starts) if start not in counted)

    def value(self, point: TrendPoint) -> float:
        """Give the height of a point."""
        return float(point.part) if self.as_number else point.part / point.whole

    def written(self, point: TrendPoint) -> str:
        """Give the value of a point in figures."""
        if self.as_number:
            return str(point.part)
        return rate_label(point.part, point.whole)

    def tick(self, tick: float) -> str:
        """Give the figures beside a tick."""
        return f"{tick:.0f}" if self.as_number else tick_label(tick, self.scale)


@dataclass(frozen=True, slots=True)
class EndLabel:
    """The name of a line at its end."""

    drawn: Drawn
    text: str
    end: QPointF
    """Where the line ends."""
    place: QPointF
    """Middle of the left side of the label."""


class Sheet:
    """Where everything of a plot lies on a rectangle."""

    def __init__(self, plot: Plot, rect: QRectF, font: QFont) -> None:
        self.plot, self.rect = plot, rect
        self.letters = QFontMetricsF(font)
        self.line_height = self.letters.height()
        ticks = (self.letters.horizontalAdvance(plot.tick(t)) for t in plot.scale.ticks)
        named = (self.letters.horizontalAdvance(drawn.name) for drawn in plot.lines)
        self._label_room = min(max(named, default=0.0), rect.width() * _LONGEST)
        beside = _LEADER + _MARK + self._label_room if plot.lines else 0.0
        self.field = rect.adjusted(
            _EDGE + max(ticks, default=0.0) + 8,
            _EDGE + self.line_height / 2,
            -_EDGE - beside,
            -_EDGE - 2 * self.line_height - 6,
        )
        """Where the lines lie."""
        self.floor = self.field.bottom() - (_BREAK if plot.scale.broken else 0.0)
        """Where the lowest tick lies; below it the axis may be torn."""

    @property
    def step(self) -> float:
        """From one span to the next."""
        between = max(1, len(self.plot.starts) - 1)
        return (self.field.width() - 2 * _INNER) / between

    def x(self, index: int) -> float:
        """Give the place of a span."""
        if len(self.plot.starts) == 1:
            return self.field.center().x()
        return self.field.left() + _INNER + index * self.step

    def y(self, value: float) -> float:
        """Give the height of a value."""
        share = self.plot.scale.share(value)
        return self.floor - share * (self.floor - self.field.top())

    def at(self, point: TrendPoint) -> QPointF:
        """Give the place of a point."""
        index = self.plot.index[point.start]
        return QPointF(self.x(index), self.y(self.plot.value(point)))

    def bands(self) -> Iterator[QRectF]:
        """Give the ground of the spans in which nothing was counted."""
        half = self.step / 2 if len(self.plot.starts) > 1 else self.field.width() / 2
        top, height = self.field.top(), self.field.height()
        for index in self.plot.uncounted:
            band = QRectF(self.x(index) - half, top, 2 * half, height)
            yield band.intersected(self.field)

    def dates(self) -> Iterator[tuple[float, str, str]]:
        """Give the labels of the axis of time: place, span, and year where it is new.

        Counted from the newest span, which always has one.
        """
        starts, bucket = self.plot.starts, self.plot.bucket
        if not starts:
            return
        wide = self.letters.horizontalAdvance("00-00") + 16
        room = int(self.field.width() / wide) + 1
        every = shown_every(len(starts), max(1, room), bucket)
        year, free = 0, self.field.left() - wide
        for index in range((len(starts) - 1) % every, len(starts), every):
            start, place = starts[index], self.x(index)
            new = start.year != year and place - free >= wide
            if new:
                year, free = start.year, place
            yield place, axis_label(start, bucket), str(year) if new else ""

    def end_labels(self) -> tuple[EndLabel, ...]:
        """Give the names at the ends of the lines, none over another."""
        ends = [self.at(drawn.line.points[-1]) for drawn in self.plot.lines]
        places = spread(
            [end.y() for end in ends],
            self.line_height + 4,
            self.field.top(),
            max(self.field.top(), self.field.bottom()),
        )
        left = self.field.right() + _LEADER + _MARK
        right = Qt.TextElideMode.ElideMiddle
        return tuple(
            EndLabel(
                drawn,
                self.letters.elidedText(drawn.name, right, self._label_room + 1),
                end,
                QPointF(left, place),
            )
            for drawn, end, place in zip(self.plot.lines, ends, places, strict=True)
        )

    def near(self, where: QPointF, reach: float) -> list[tuple[Drawn, TrendPoint]]:
        """Give the points about a place, the nearest first."""
        found: list[tuple[float, Drawn, TrendPoint]] = []
        if not self.plot.starts:
            return []
        middle = round((where.x() - self.x(0)) / self.step) if self.step > 0 else 0
        around = max(1, round(reach / self.step)) if self.step > 0 else 1
        nearby = self.plot.starts[max(0, middle - around) : middle + around + 1]
        for drawn in self.plot.lines:
            for point in drawn.line.points:
                if point.start not in nearby:
                    continue
                off = self.at(point) - where
                away = (off.x() ** 2 + off.y() ** 2) ** 0.5
                if away <= reach:
                    found.append((away, drawn, point))
        found.sort(key=lambda each: (each[0], each[1].slot))
        return [(drawn, point) for _, drawn, point in found]
