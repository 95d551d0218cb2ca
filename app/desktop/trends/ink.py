"""What lines look like: colour, mark and stroke, each alone enough to tell them."""

import math
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from app.desktop.look import LIGHT, Theme, ThemeName

MOST: Final = 8
"""Lines at once: more cannot be told apart."""

_ON_DARK: Final = (
    *("#5aa9ff", "#ffb454", "#57d9a3", "#ff8f8f"),
    *("#d3b3ff", "#f2e36b", "#6fe3f0", "#ffa3dc"),
)
_ON_LIGHT: Final = (
    *("#0a56bd", "#a34700", "#07694a", "#b01030"),
    *("#5d35a8", "#6b5d00", "#00687a", "#99226f"),
)
_DASHES: Final[tuple[tuple[float, ...], ...]] = (
    (),
    (7, 3),
    (2, 2.5),
    (9, 3, 2, 3),
    (4, 3),
    (12, 4),
    (9, 3, 2, 3, 2, 3),
    (1.2, 3),
)
"""In widths of the pen; none: drawn through."""
# Corners of each mark, from its first angle on; 0: round, and a star has five points.
_MARKS: Final = (
    *((0, 0.0), (4, 45.0), (3, -90.0), (4, 0.0)),
    *((3, 90.0), (5, -90.0), (6, 0.0), (10, -90.0)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ink:
    """The colours of a chart."""

    ground: QColor
    text: QColor
    muted: QColor
    grid: QColor
    lines: tuple[QColor, ...]
    """As many as `MOST`."""


def ink_of(theme: Theme) -> Ink:
    """Give the colours of a chart in a theme."""
    dark = theme.name is ThemeName.DARK
    return Ink(
        ground=QColor(theme.surface),
        text=QColor(theme.text),
        muted=QColor(theme.muted),
        grid=QColor(theme.line),
        lines=tuple(map(QColor, _ON_DARK if dark else _ON_LIGHT)),
    )


PAPER: Final = LIGHT
"""What is printed is dark on white, whatever the screen is."""


def line_pen(ink: Ink, slot: int, width: float = 2.0) -> QPen:
    """Give the pen of a line."""
    pen = QPen(ink.lines[slot], width)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if _DASHES[slot]:
        pen.setDashPattern(list(_DASHES[slot]))
    return pen


def paint_point(
    painter: QPainter,
    ink: Ink,
    slot: int,
    at: QPointF,
    *,
    hollow: bool = False,
    size: float = 5.0,
) -> None:
    """Paint the mark of a line; hollow where few were counted."""
    colour = ink.lines[slot]
    pen = QPen(colour if hollow else ink.ground, 1.8 if hollow else 1.0)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(ink.ground if hollow else colour)
    corners, first = _MARKS[slot]
    if not corners:
        painter.drawEllipse(at, size, size)
        return
    # A triangle of the same radius looks smaller than a disc.
    radius = size * {3: 1.35, 4: 1.2, 10: 1.4}.get(corners, 1.1)
    outline = QPolygonF()
    for corner in range(corners):
        angle = math.radians(first + corner * 360 / corners)
        reach = radius * (0.45 if corners == 10 and corner % 2 else 1.0)
        outline.append(at + QPointF(math.cos(angle), math.sin(angle)) * reach)
    painter.drawPolygon(outline)


def mark_pixmap(ink: Ink, slot: int, size: int, ratio: float) -> QPixmap:
    """Give the mark of a line as a picture of `size` logical pixels."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_point(painter, ink, slot, QPointF(size / 2, size / 2))
    painter.end()
    return pixmap
