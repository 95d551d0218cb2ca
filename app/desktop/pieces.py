"""Small widgets that the whole window is made of."""

import html
from collections.abc import Iterable
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLayoutItem,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.core.model import Severity
from app.desktop.look import Look, Theme
from app.desktop.words import breakable

_FRAME: Final = QSize(16, 40)
"""What the system puts around a window; known for sure only once it is shown."""
_SLIVER: Final = 48
"""Width of a line that is not worth more."""
_LEAST: Final = QSize(480, 320)
"""What a window that was opened can be made as small as."""


def text_label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """Make a label that shows text as it is: speech is never read as markup."""
    label = QLabel(breakable(text) if wrap else text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    if role:
        label.setProperty("role", role)
    if wrap:
        label.setWordWrap(True)
        label.setMinimumWidth(40)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        label.setSizePolicy(policy)
    return label


def button(text: str, kind: str = "") -> QPushButton:
    """Make a button that Enter presses, since Space may be the talk key."""
    made = QPushButton(text)
    made.setAutoDefault(True)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if kind:
        made.setProperty("kind", kind)
    return made


def tip(text: str) -> str:
    """Make a tooltip that shows text as it is: no name is ever read as markup."""
    if not {"<", "&"} & set(text):
        # Qt guesses; what it cannot take for markup stays plain for a screen reader.
        return text
    return f"<qt style='white-space:pre-wrap'>{html.escape(text)}</qt>"


def caption(text: str) -> str:
    """Make a button's text of a name: its `&` marks no key."""
    return text.replace("&", "&&")


def set_state(widget: QWidget, name: str, value: str) -> None:
    """Change a property that the style sheet looks at."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def within_screen(window: QWidget) -> None:
    """Make a window that is about to open no larger than its screen."""
    parent = window.parentWidget()
    free = (parent or window).screen().availableGeometry().size() - _FRAME
    layout = window.layout()
    if isinstance(window, QDialog) and layout is not None:
        # Wrapped texts would ask for the height of their narrowest form.
        layout.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        window.setMinimumSize(_LEAST.boundedTo(free))
    window.resize(window.size().boundedTo(free))


def empty_layout(layout: QLayout) -> None:
    """Remove everything from a layout, now and for good."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.setParent(None)
            widget.deleteLater()


def paint_mark(
    painter: QPainter, box: QRectF, severity: Severity, theme: Theme
) -> None:
    """Paint a severity's shape: ring, triangle, octagon or dashed diamond.

    What is well is hollow: a disc and an octagon are one shape where they are small.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    colour = theme.of(severity)
    inner = box.adjusted(1, 1, -1, -1)
    centre, half = inner.center(), inner.width() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    ink = QPen(QColor(theme.on_severity), max(1.6, half / 4.5))
    ink.setCapStyle(Qt.PenCapStyle.RoundCap)
    ink.setJoinStyle(Qt.PenJoinStyle.RoundJoin)

    def at(x: float, y: float) -> QPointF:
        return QPointF(centre.x() + x * half, centre.y() + y * half)

    if severity is Severity.NORMAL:
        ink.setColor(colour)
        painter.setPen(ink)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = ink.widthF() / 2
        painter.drawEllipse(inner.adjusted(edge, edge, -edge, -edge))
        painter.drawPolyline(
            QPolygonF([at(-0.45, 0.02), at(-0.1, 0.38), at(0.5, -0.35)])
        )
    elif severity is Severity.ATTENTION:
        painter.drawPolygon(QPolygonF([at(0, -0.95), at(1, 0.85), at(-1, 0.85)]))
        painter.setPen(ink)
        painter.drawLine(at(0, -0.25), at(0, 0.25))
        painter.drawPoint(at(0, 0.58))
    elif severity is Severity.ALARM:
        c = 0.414
        right = [at(c, -1), at(1, -c), at(1, c), at(c, 1)]
        left = [at(-c, 1), at(-1, c), at(-1, -c), at(-c, -1)]
        painter.drawPolygon(QPolygonF([*right, *left]))
        painter.setPen(ink)
        painter.drawLine(at(0, -0.5), at(0, 0.12))
        painter.drawPoint(at(0, 0.52))
    else:
        pen = QPen(colour, max(1.5, half / 6))
        pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolygon(
            QPolygonF([at(0, -0.95), at(0.95, 0), at(0, 0.95), at(-0.95, 0)])
        )
        font = painter.font()
        font.setPixelSize(max(8, round(half * 1.1)))
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, "?")
    painter.restore()


def mark_pixmap(severity: Severity, theme: Theme, size: int, ratio: float) -> QPixmap:
    """Give a severity's shape as a picture of `size` logical pixels."""
    pixmap = QPixmap(round(size * ratio), round(size * ratio))
    pixmap.setDevicePixelRatio(ratio)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    paint_mark(painter, QRectF(0, 0, size, size), severity, theme)
    painter.end()
    return pixmap


class Mark(QWidget):
    """A severity's shape in its colour; the word stands beside it."""

    def __init__(self, look: Look, severity: Severity, size: int) -> None:
        super().__init__()
        self._look, self._severity = look, severity
        self.setFixedSize(size, size)
        look.changed.connect(self.update)

    @property
    def severity(self) -> Severity:
        """What the mark shows."""
        return self._severity

    def set_severity(self, severity: Severity) -> None:
        """Show another severity."""
        self._severity = severity
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        painter = QPainter(self)
        paint_mark(painter, QRectF(self.rect()), self._severity, self._look.theme)
        painter.end()


class ElidedLabel(QLabel):
    """One line, as much of it as there is room for; the tooltip has the rest."""

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)

    def minimumSizeHint(self) -> QSize:
        """Make no window wider than it has to be."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _SLIVER), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say in the tooltip what has no room."""
        super().resizeEvent(event)
        self.setToolTip(tip(self.text()) if self._elided() != self.text() else "")

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint what there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.rect(), self.alignment(), self._elided())
        painter.end()

    def _elided(self) -> str:
        letters, right = self.fontMetrics(), Qt.TextElideMode.ElideRight
        return letters.elidedText(self.text(), right, self.width())


class Chip(QFrame):
    """A rounded tag: an optional mark and a text."""

    def __init__(self, look: Look, text: str, mark: Severity | None = None) -> None:
        super().__init__()
        self.setObjectName("chip")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(6)
        self._mark = Mark(look, mark or Severity.NORMAL, 16)
        self._mark.setVisible(mark is not None)
        row.addWidget(self._mark)
        self._text = text_label(text)
        row.addWidget(self._text)

    @property
    def text(self) -> str:
        """What the chip says."""
        return self._text.text()

    def say(self, text: str, mark: Severity | None = None) -> None:
        """Change text and mark."""
        self._text.setText(text)
        self._mark.setVisible(mark is not None)
        if mark is not None:
            self._mark.set_severity(mark)


class FlowLayout(QLayout):
    """Rows that break where the width ends."""

    def __init__(self, spacing: int = 8) -> None:
        super().__init__()
        self._items: list[QLayoutItem] = []
        self._heights: dict[int, int] = {}
        """Width → height, until something in it is another."""
        self.setContentsMargins(0, 0, 0, 0)
        self.setSpacing(spacing)

    def add_all(self, widgets: Iterable[QWidget]) -> None:
        """Add widgets in order."""
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item."""
        self._items.append(item)

    def count(self) -> int:
        """Give the number of items."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """Give an item."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item away."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def expandingDirections(self) -> Qt.Orientation:
        """Want no more room than needed."""
        return Qt.Orientation(0)

    def hasHeightForWidth(self) -> bool:
        """Be higher where it is narrower."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Give the height that the rows need."""
        # Qt asks a dozen times for each change anywhere in the conversation.
        if width not in self._heights:
            self._heights[width] = self._arrange(QRect(0, 0, width, 0), move=False)
        return self._heights[width]

    def invalidate(self) -> None:
        """Measure anew."""
        self._heights.clear()
        super().invalidate()

    def setGeometry(self, rect: QRect) -> None:
        """Arrange the rows."""
        super().setGeometry(rect)
        self._arrange(rect, move=True)

    def sizeHint(self) -> QSize:
        """Be content with the least."""
        return self.minimumSize()

    def minimumSize(self) -> QSize:
        """Give the size of the largest item."""
        size = QSize()
        for item in self._items:
            widget = item.widget()
            if widget is None or not widget.isHidden():
                hint = item.minimumSize()
                # A chip wider than the window is cut, not allowed to widen it.
                size = size.expandedTo(QSize(min(hint.width(), 240), hint.height()))
        return size

    def _arrange(self, rect: QRect, *, move: bool) -> int:
        x, y, height = rect.x(), rect.y(), 0
        for item in self._items:
            widget = item.widget()
            if widget is not None and widget.isHidden():
                continue
            hint = item.sizeHint()
            size = QSize(min(hint.width(), max(1, rect.width())), hint.height())
            if x > rect.x() and x + size.width() > rect.x() + rect.width():
                x, y, height = rect.x(), y + height + self.spacing(), 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), size))
            x += size.width() + self.spacing()
            height = max(height, size.height())
        return y + height - rect.y()


class Level(QWidget):
    """A level meter of segments, silent when nothing is recorded."""

    _SEGMENTS = 24

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._level = 0.0
        self.setFixedHeight(8)
        self.setMinimumWidth(80)
        look.changed.connect(self.update)

    @property
    def level(self) -> float:
        """The peak shown, 0 … 1."""
        return self._level

    @Slot(float)
    def set_level(self, level: float) -> None:
        """Show a peak of 0 … 1; falls slowly so that the eye can follow."""
        level = max(0.0, min(1.0, level))
        self._level = level if level == 0 else max(level, self._level * 0.8)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        theme = self._look.theme
        painter = QPainter(self)
        step = self.width() / self._SEGMENTS
        # Speech sits far below full scale: the square root makes it visible.
        lit = round(self._level**0.5 * self._SEGMENTS)
        for index in range(self._SEGMENTS):
            share = index / self._SEGMENTS
            colour = theme.line
            if index < lit:
                colour = theme.normal if share < 0.8 else theme.attention
                colour = theme.alarm if share >= 0.94 else colour
            painter.fillRect(
                QRectF(index * step, 0, step - 2, self.height()), QColor(colour)
            )
        painter.end()
