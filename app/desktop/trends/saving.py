"""A chart as a file: a picture, or a page of A4 to print."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QBuffer,
    QByteArray,
    QCoreApplication,
    QIODevice,
    QMarginsF,
    QRectF,
    QSizeF,
    Qt,
)
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from app.core.errors import UsageError
from app.desktop.look import LEAD
from app.desktop.trends.drawing import draw
from app.desktop.trends.ink import PAPER, ink_of
from app.desktop.trends.plot import Plot, Sheet

_SHEET: Final = QSizeF(1040, 700)
"""What is drawn, in pixels as on the screen."""
_RATIO: Final = 2.0
"""Dots of a picture for each of them."""
_DOTS: Final = 300
"""Dots an inch on paper."""
_WRAPPED: Final = int(Qt.AlignmentFlag.AlignLeft) | int(Qt.TextFlag.TextWordWrap)
_MARGIN: Final = 12.0
"""Millimetres on each side of the paper."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """A plot with what has to be read above and below it."""

    plot: Plot
    title: str
    lines: tuple[str, ...]
    """Above it: how it is counted, of what."""
    notes: tuple[str, ...]
    """Below it: what marks and gaps mean, when and by whom it was made."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("trends", text)


def encoded(titled: Titled, path: Path, font: QFont) -> bytes:
    """Give the content of the file, as the suffix says.

    Raises:
        UsageError: Another suffix than png or pdf.
    """
    kinds = {".png": _picture, ".pdf": _page}
    kind = kinds.get(path.suffix.lower())
    if kind is None:
        refused = _tr("趋势图不能存成「{suffix}」文件").format(suffix=path.suffix)
        raise UsageError(refused, _tr("请以 .png 或 .pdf 结尾。"))
    return kind(titled, font)


def _picture(titled: Titled, font: QFont) -> bytes:
    image = QImage((_SHEET * _RATIO).toSize(), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_RATIO)
    image.fill(QColor(PAPER.surface))
    painter = QPainter(image)
    _paint(painter, titled, font, QRectF(0, 0, _SHEET.width(), _SHEET.height()))
    painter.end()
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(data.data())


def _page(titled: Titled, font: QFont) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DOTS)
    writer.setTitle(titled.title)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Landscape,
            QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN),
            QPageLayout.Unit.Millimeter,
        )
    )
    painter = QPainter(writer)
    scale = writer.width() / _SHEET.width()
    painter.scale(scale, scale)
    high = writer.height() / scale
    _paint(painter, titled, font, QRectF(0, 0, _SHEET.width(), high))
    painter.end()
    buffer.close()
    return bytes(data.data())


def _paint(painter: QPainter, titled: Titled, font: QFont, rect: QRectF) -> None:
    ink = ink_of(PAPER)
    body, head = QFont(font), QFont(font)
    body.setPixelSize(14)
    head.setPixelSize(LEAD + 4)
    head.setBold(True)
    room = rect.adjusted(14, 10, -14, -10)
    painter.setPen(ink.text)
    painter.setFont(head)
    top = _write(painter, room, titled.title) + 4
    painter.setFont(body)
    for line in titled.lines:
        top = _write(painter, QRectF(room).adjusted(0, top - room.top(), 0, 0), line)
    painter.setPen(ink.muted)
    bottom = room.bottom() - sum(_height(painter, room, line) for line in titled.notes)
    field = QRectF(room.left(), top + 4, room.width(), bottom - top - 8)
    for line in titled.notes:
        box = QRectF(room)
        box.setTop(bottom)
        bottom = _write(painter, box, line)
    draw(painter, Sheet(titled.plot, field, body), ink)


def _write(painter: QPainter, box: QRectF, text: str) -> float:
    """Write text as wide as a box; give where it ends."""
    painter.drawText(box, _WRAPPED, text)
    return box.top() + _height(painter, box, text)


def _height(painter: QPainter, box: QRectF, text: str) -> float:
    return painter.boundingRect(box, _WRAPPED, text).height() + 2
