"""Charts of vectors, told apart without colours: by dashes, marks and words.

A week in which nothing was counted is a gap in its line, never a point at zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from reportlab.graphics.shapes import (
    Circle,
    Drawing,
    Line,
    Polygon,
    PolyLine,
    Rect,
    String,
)
from reportlab.lib import colors
from reportlab.lib.units import mm

from app.reports import fonts

_INK: Final = colors.black
_FAINT: Final = colors.HexColor("#b0b0b0")
_BAR: Final = colors.HexColor("#8c8c8c")
_TEXT: Final = 7.5
_LEFT, _BOTTOM, _TOP = 12 * mm, 8 * mm, 4 * mm
_LEGEND: Final = 46 * mm
_DASHES: Final = (None, (5, 2), (1.5, 1.5), (7, 2, 1.5, 2), (3, 3), (9, 3))
MOST_LINES: Final = len(_DASHES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartLine:
    """One line: a rate a week, 0 … 1; None: nothing was counted."""

    label: str
    rates: tuple[float | None, ...]


def lines(
    weeks: Sequence[str], drawn: Sequence[ChartLine], width: float, height: float
) -> Drawing:
    """Draw rates week by week, at most `MOST_LINES` of them."""
    drawing = Drawing(width, height)
    right = width - _LEGEND
    plot_width, plot_height = right - _LEFT, height - _BOTTOM - _TOP
    for percent in (0, 25, 50, 75, 100):
        y = _BOTTOM + plot_height * percent / 100
        drawing.add(Line(_LEFT, y, right, y, strokeColor=_FAINT, strokeWidth=0.4))
        drawing.add(_label(_LEFT - 3, y - 2.5, f"{percent}%", "end"))
    step = plot_width / max(1, len(weeks))
    across = [_LEFT + step * (place + 0.5) for place in range(len(weeks))]
    for x, week in zip(across, weeks, strict=True):
        drawing.add(_label(x, _BOTTOM - 10, week, "middle"))
    for place, line in enumerate(drawn[:MOST_LINES]):
        points = [
            None if rate is None else (x, _BOTTOM + plot_height * rate)
            for x, rate in zip(across, line.rates, strict=True)
        ]
        for run in _unbroken(points):
            flat = [value for point in run for value in point]
            if len(run) > 1:
                drawing.add(_stroke(flat, place))
            for x, y in run:
                drawing.add(_mark(x, y, place))
        _legend(drawing, line, place, right + 4 * mm, height - _TOP - 4)
    return drawing


def bars(counts: Sequence[tuple[str, int]], width: float) -> Drawing:
    """Draw numbers as bars with the numbers beside them."""
    row = 6 * mm
    height = row * len(counts) + 2 * mm
    drawing = Drawing(width, height)
    left = 60 * mm
    most = max((count for _, count in counts), default=0) or 1
    room = width - left - 14 * mm
    for place, (name, count) in enumerate(counts):
        y = height - row * (place + 1)
        drawing.add(_label(left - 3, y + 5, name, "end"))
        long = room * count / most
        drawing.add(
            Rect(
                left,
                y + 2,
                long,
                row - 5,
                fillColor=_BAR,
                strokeColor=_INK,
                strokeWidth=0.5,
            )
        )
        drawing.add(_label(left + long + 4, y + 5, str(count), "start"))
    drawing.add(Line(left, 0, left, height, strokeColor=_INK, strokeWidth=0.6))
    return drawing


def _unbroken(
    points: Sequence[tuple[float, float] | None],
) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _stroke(flat: list[float], place: int) -> Any:
    wide = 1.8 if place == 0 else 1.0
    return PolyLine(
        flat, strokeColor=_INK, strokeWidth=wide, strokeDashArray=_DASHES[place]
    )


def _mark(x: float, y: float, place: int) -> Any:
    fill = _INK if place % 2 == 0 else colors.white
    look = {"fillColor": fill, "strokeColor": _INK, "strokeWidth": 0.8}
    size = 2.4
    if place in {0, 1}:
        return Circle(x, y, size, **look)
    if place in {2, 3}:
        return Rect(x - size, y - size, 2 * size, 2 * size, **look)
    return Polygon([x - size, y - size, x + size, y - size, x, y + size], **look)


def _legend(
    drawing: Drawing, line: ChartLine, place: int, left: float, top: float
) -> None:
    y = top - place * 5 * mm
    drawing.add(_stroke([left, y, left + 9 * mm, y], place))
    drawing.add(_mark(left + 4.5 * mm, y, place))
    words = line.label if len(line.label) <= 11 else f"{line.label[:10]}…"
    drawing.add(_label(left + 11 * mm, y - 2.5, words, "start"))


def _label(x: float, y: float, words: str, anchor: str) -> Any:
    return String(
        x,
        y,
        fonts.shown(words),
        fontName=fonts.NAME,
        fontSize=_TEXT,
        textAnchor=anchor,
        fillColor=_INK,
    )
