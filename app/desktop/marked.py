"""A text in which some characters are marked as not surely heard."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QPainter,
    QPaintEvent,
    QPen,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import QLabel, QSizePolicy

from app.core.model import Span
from app.desktop.words import breakable

_UNDER: Final = 2
"""Pixels under the letters where the dots stand, and their size."""


class MarkedLabel(QLabel):
    """Shows text as it is, with dots under what was not surely heard."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setWordWrap(True)
        self.setMinimumWidth(40)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._spans: tuple[Span, ...] = ()
        self._heights: dict[int, int] = {}
        """Width → height, for this text in this font."""

    @property
    def spans(self) -> tuple[Span, ...]:
        """What is marked, in characters of `text()`."""
        return self._spans

    def show_marked(self, text: str, spans: Sequence[Span], description: str) -> None:
        """Show a text; `description` says for a screen reader what is marked."""
        broken = breakable(text)
        where, at = [], 0
        for char in text:
            at = broken.index(char, at)
            where.append(at)
            at += 1
        self._spans = tuple(
            Span(start=where[span.start], end=where[span.end - 1] + 1)
            for span in spans
            if 0 <= span.start < span.end <= len(text)
        )
        self.setText(broken)
        self.setAccessibleDescription(description)
        self.updateGeometry()
        self.update()

    def heightForWidth(self, width: int) -> int:
        """Give the height of the lines, dots and all."""
        if width not in self._heights:
            self._heights[width] = self._height_for(width)
        return self._heights[width]

    def _height_for(self, width: int) -> int:
        if not self._spans:
            return super().heightForWidth(width)
        return round(self._laid_out(width).boundingRect().height() + 0.5) + _UNDER

    def setText(self, text: str) -> None:
        """Show a text without marks."""
        self._heights.clear()
        super().setText(text)

    def changeEvent(self, event: QEvent) -> None:
        """Measure anew what is written in another font."""
        self._heights.clear()
        super().changeEvent(event)

    def minimumSizeHint(self) -> QSize:
        """Be content with one line where it is wide enough."""
        hint = super().minimumSizeHint()
        return hint + QSize(0, _UNDER) if self._spans else hint

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the text, then the dots."""
        if not self._spans:
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self.palette().color(self.foregroundRole())
        painter.setPen(colour)
        box = QRectF(self.contentsRect())
        layout = self._laid_out(round(box.width()))
        layout.draw(painter, box.topLeft())
        pen = QPen(colour, _UNDER)
        pen.setDashPattern([1, 1.5])
        painter.setPen(pen)
        for span in self._spans:
            for index in range(layout.lineCount()):
                line = layout.lineAt(index)
                start = max(span.start, line.textStart())
                end = min(span.end, line.textStart() + line.textLength())
                if start >= end:
                    continue
                y = box.y() + line.y() + line.ascent() + line.descent()
                left, right = _x(line.cursorToX(start)), _x(line.cursorToX(end))
                painter.drawLine(
                    QPointF(box.x() + left, y), QPointF(box.x() + right, y)
                )
        painter.end()

    def _laid_out(self, width: int) -> QTextLayout:
        layout = QTextLayout(self.text(), self.font(), self)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        layout.beginLayout()
        height = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(1, width))
            line.setPosition(QPointF(0, height))
            height += line.height() + 1
        layout.endLayout()
        return layout


def _x(place: object) -> float:
    """PySide gives (x, cursor) where Qt gives x alone."""
    return float(place[0] if isinstance(place, tuple) else place)  # type: ignore[arg-type]
