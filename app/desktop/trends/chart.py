"""The chart on the screen: what keys and mouse mean in it."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QColor,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.core.trends import TrendPoint
from app.desktop.look import Look
from app.desktop.pieces import tip
from app.desktop.trends.drawing import draw, mark_current
from app.desktop.trends.ink import ink_of
from app.desktop.trends.plot import Drawn, Plot, Sheet

_REACH: Final = 16.0
"""How near to a point a click has to be: a glove is not a needle."""
_SAME: Final = 5.0
"""Points nearer than this to one another are told together."""

At = tuple[Drawn, TrendPoint]


class TrendChart(QWidget):
    """Draws a plot; the arrow keys walk its points, Enter or a click opens one.

    Signals:
        current_changed: The keys or the mouse are on a point; its group, and it.
        opened: The records of a point are wanted; its group, and it.
    """

    current_changed = Signal(str, object)
    opened = Signal(str, object)

    def __init__(self, look: Look, said: Callable[[Drawn, TrendPoint], str]) -> None:
        super().__init__()
        self._look, self._said = look, said
        self._plot = Plot()
        self._sheet: Sheet | None = None
        self._current: At | None = None
        self.setAccessibleName(self.tr("趋势图"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look.changed.connect(self.update)

    @property
    def plot(self) -> Plot:
        """What is shown."""
        return self._plot

    @property
    def current(self) -> At | None:
        """The point that the keys are on."""
        return self._current

    def show_plot(self, plot: Plot) -> None:
        """Show another plot; the keys stay on their point as far as it is there."""
        before = self._current
        self._plot, self._sheet, self._current = plot, None, None
        if before is not None:
            self.go_to(before[0].line.group, before[1])
        self.update()

    def go_to(self, group: str, wanted: TrendPoint) -> None:
        """Put the keys on the point of a group and a span, if there is one."""
        found = next(
            (
                (drawn, point)
                for drawn in self._plot.lines
                for point in drawn.line.points
                if drawn.line.group == group and point.start == wanted.start
            ),
            None,
        )
        if found is not None:
            self._go(found)

    def leave(self) -> None:
        """Be on no point."""
        self._current = None
        self.setAccessibleDescription("")
        self.update()

    def sheet(self) -> Sheet:
        """Give where everything lies now."""
        if self._sheet is None:
            self._sheet = Sheet(self._plot, QRectF(self.rect()), self.font())
        return self._sheet

    def sizeHint(self) -> QSize:
        """Want room for axes and a few names."""
        return QSize(640, 300)

    def minimumSizeHint(self) -> QSize:
        """Be content with what can still be read."""
        return QSize(320, 170)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._sheet = None

    def changeEvent(self, event: QEvent) -> None:
        """Lay out anew in another font."""
        super().changeEvent(event)
        self._sheet = None

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint."""
        ink = ink_of(self._look.theme)
        painter = QPainter(self)
        painter.fillRect(self.rect(), ink.ground)
        if self._plot.lines:
            draw(painter, self.sheet(), ink)
            if self._current is not None:
                mark_current(painter, self.sheet(), ink, *self._current)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._look.theme.accent), 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk the points."""
        key = event.key()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if self._current is not None and not event.isAutoRepeat():
                self._open(self._current)
            return
        steps: dict[int, int] = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        lanes: dict[int, int] = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
        if not self._plot.lines:
            super().keyPressEvent(event)
        elif self._current is None and key in (*steps, *lanes):
            first = self._plot.lines[0]
            self._go((first, first.line.points[-1]))
        elif self._current is None:
            super().keyPressEvent(event)
        elif key in steps:
            self._walk(self._current, steps[key])
        elif key in lanes:
            self._change_line(self._current, lanes[key])
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End):
            points = self._current[0].line.points
            end = points[0 if key == Qt.Key.Key_Home else -1]
            self._go((self._current[0], end))
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point out what a click would open."""
        near = self.sheet().near(event.position(), _REACH)
        shape = (
            Qt.CursorShape.PointingHandCursor if near else Qt.CursorShape.ArrowCursor
        )
        self.setCursor(shape)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the point that is clicked, and open it."""
        near = self.sheet().near(event.position(), _REACH)
        if event.button() != Qt.MouseButton.LeftButton or not near:
            super().mousePressEvent(event)
            return
        # Where several lie on one another the keys choose between them.
        chosen = self._current if self._current in near else near[0]
        assert chosen is not None
        self._go(chosen)
        self._open(chosen)

    def event(self, event: QEvent) -> bool:
        """Say in a tooltip what a point is."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.told_at(QPointF(event.pos()))
            if text:
                QToolTip.showText(event.globalPos(), tip(text), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def told_at(self, where: QPointF) -> str:
        """Say what lies at a place: a line for each point; empty: nothing."""
        sheet = self.sheet()
        near = sheet.near(where, _REACH)
        if not near:
            return ""
        same = sheet.near(sheet.at(near[0][1]), _SAME)
        return "\n".join(self._said(*each) for each in same)

    def _walk(self, at: At, by: int) -> None:
        drawn, point = at
        points = drawn.line.points
        index = points.index(point) + by
        if 0 <= index < len(points):
            self._go((drawn, points[index]))

    def _change_line(self, at: At, by: int) -> None:
        """Go to the line above or below at this span; where it has none, beside it."""
        here = at[1].start
        lanes = sorted(
            (
                (drawn, min(drawn.line.points, key=lambda p: abs(p.start - here)))
                for drawn in self._plot.lines
            ),
            key=lambda each: (-self._plot.value(each[1]), each[0].slot),
        )
        place = next(n for n, each in enumerate(lanes) if each[0] is at[0]) + by
        if 0 <= place < len(lanes):
            self._go(lanes[place])

    def _go(self, at: At) -> None:
        if at == self._current:
            return
        self._current = at
        self.setAccessibleDescription(self._said(*at))
        event = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(event)
        self.update()
        self.current_changed.emit(at[0].line.group, at[1])

    def _open(self, at: At) -> None:
        self.opened.emit(at[0].line.group, at[1])
