"""Draws a plot with any painter: on the screen, into a picture, on paper."""

from typing import Final

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.core.trend_lines import SMALL, stretches
from app.core.trends import TrendPoint
from app.desktop.trends.ink import Ink, line_pen, paint_point
from app.desktop.trends.plot import Drawn, EndLabel, Sheet

_CROWDED: Final = 9.0
"""Points nearer than this have no marks: only those that say something of their own."""
_HATCH: Final = 9.0
_RIGHT: Final = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT: Final = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_MIDDLE: Final = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter


def draw(painter: QPainter, sheet: Sheet, ink: Ink) -> None:
    """Draw axes, lines and names; the painter has the font of the sheet."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _ground(painter, sheet, ink)
    _axes(painter, sheet, ink)
    for drawn in sheet.plot.lines:
        _line(painter, sheet, ink, drawn)
    for label in sheet.end_labels():
        _name(painter, sheet, ink, label)
    painter.restore()


def mark_current(
    painter: QPainter, sheet: Sheet, ink: Ink, drawn: Drawn, point: TrendPoint
) -> None:
    """Show which point the keys are on."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    at = sheet.at(point)
    painter.setPen(QPen(ink.muted, 1, Qt.PenStyle.DotLine))
    painter.drawLine(
        QPointF(at.x(), sheet.field.top()), QPointF(at.x(), sheet.field.bottom())
    )
    painter.setBrush(ink.ground)
    painter.setPen(QPen(ink.text, 2))
    painter.drawEllipse(at, 11, 11)
    _point(painter, sheet, ink, drawn, point)
    painter.restore()


def _ground(painter: QPainter, sheet: Sheet, ink: Ink) -> None:
    hatching = QColor(ink.muted)
    hatching.setAlpha(80)
    painter.setPen(QPen(hatching, 1))
    # A pattern of Qt's counts the dots of a printer: on paper it would be grey.
    for band in sheet.bands():
        painter.save()
        painter.setClipRect(band)
        x = band.left() - band.height()
        while x < band.right():
            foot = QPointF(x, band.bottom())
            painter.drawLine(foot, foot + QPointF(band.height(), -band.height()))
            x += _HATCH
        painter.restore()


def _axes(painter: QPainter, sheet: Sheet, ink: Ink) -> None:
    field, high = sheet.field, sheet.line_height
    for tick in sheet.plot.scale.ticks:
        y = sheet.y(tick)
        painter.setPen(QPen(ink.grid, 1))
        painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
        painter.setPen(ink.muted)
        box = QRectF(sheet.rect.left(), y - high / 2, 0, high)
        box.setRight(field.left() - 8)
        painter.drawText(box, _RIGHT, sheet.plot.tick(tick))
    painter.setPen(QPen(ink.muted, 1.4))
    painter.drawLine(field.bottomLeft(), field.bottomRight())
    _upright(painter, sheet, ink)
    half = max(sheet.step, 60.0)
    for x, span, year in sheet.dates():
        painter.setPen(QPen(ink.muted, 1.4))
        painter.drawLine(QPointF(x, field.bottom()), QPointF(x, field.bottom() + 4))
        painter.setPen(ink.muted)
        box = QRectF(x - half, field.bottom() + 6, 2 * half, high)
        painter.drawText(box, _MIDDLE, span)
        painter.drawText(box.translated(0, high), _MIDDLE, year)


def _upright(painter: QPainter, sheet: Sheet, ink: Ink) -> None:
    """Draw the upright axis, torn where it does not reach down to zero."""
    field = sheet.field
    painter.setPen(QPen(ink.muted, 1.4))
    foot = field.bottomLeft()
    if not sheet.plot.scale.broken:
        painter.drawLine(field.topLeft(), foot)
        return
    high = field.bottom() - sheet.floor
    upper, lower = sheet.floor + high * 0.2, sheet.floor + high * 0.8
    painter.drawLine(field.topLeft(), QPointF(field.left(), upper))
    painter.drawLine(QPointF(field.left(), lower), foot)
    tear = QPolygonF()
    step, x, up = 7.0, field.left(), False
    while x <= field.right():
        tear.append(QPointF(x, sheet.floor + high * (0.3 if up else 0.7)))
        x, up = x + step, not up
    painter.setPen(QPen(ink.muted, 1.2))
    painter.drawPolyline(tear)


def _line(painter: QPainter, sheet: Sheet, ink: Ink, drawn: Drawn) -> None:
    crowded = sheet.step < _CROWDED
    for stretch in stretches(drawn.line, sheet.plot.bucket):
        places = [sheet.at(point) for point in stretch]
        painter.setPen(line_pen(ink, drawn.slot))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(QPolygonF(places))
        for point in stretch:
            alone = len(stretch) == 1 or point is drawn.line.points[-1]
            if not crowded or alone or point.whole < SMALL:
                _point(painter, sheet, ink, drawn, point)


def _point(
    painter: QPainter, sheet: Sheet, ink: Ink, drawn: Drawn, point: TrendPoint
) -> None:
    size = 3.5 if sheet.step < _CROWDED else 5.0
    at, hollow = sheet.at(point), point.whole < SMALL
    paint_point(painter, ink, drawn.slot, at, hollow=hollow, size=size)


def _name(painter: QPainter, sheet: Sheet, ink: Ink, label: EndLabel) -> None:
    slot, place = label.drawn.slot, label.place
    leader = QPen(ink.lines[slot], 1)
    leader.setStyle(Qt.PenStyle.DotLine)
    painter.setPen(leader)
    mark = place - QPointF(9, 0)
    # A line that ended before is not led across the time in which it has no points.
    if label.drawn.line.points[-1].start == sheet.plot.starts[-1]:
        painter.drawLine(label.end + QPointF(7, 0), mark - QPointF(7, 0))
    paint_point(painter, ink, slot, mark, size=4.5)
    painter.setPen(ink.text)
    box = QRectF(place.x(), place.y() - sheet.line_height / 2, 0, sheet.line_height)
    box.setRight(sheet.rect.right())
    painter.drawText(box, _LEFT, label.text)
