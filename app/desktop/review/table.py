"""The table of a review: a heading parts what is open from what is not."""

from typing import Final

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt, Slot
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.desktop.look import CAPTION, Look
from app.desktop.review.model import ReviewModel
from app.desktop.tables import LINE, set_up

HEADING: Final = 28
"""Height of the heading, on top of the line below it."""
_WIDTHS: Final = (110, 84, 132, 84, 150, 84, 68)
_Index = QModelIndex | QPersistentModelIndex


class _BelowHeading(QStyledItemDelegate):
    """Paints a line below the heading that stands on it."""

    def __init__(self, table: "ReviewTable") -> None:
        super().__init__(table)
        self._table = table

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Paint."""
        if index.row() == self._table.parted_at:
            option.rect = QRect(option.rect).adjusted(0, HEADING, 0, 0)
        super().paint(painter, option, index)


class ReviewTable(QTableView):
    """Lines of a review; several may be chosen."""

    def __init__(self, look: Look, model: ReviewModel) -> None:
        super().__init__()
        self._look, self._model = look, model
        self._tall = -1
        set_up(self, model, self.tr("审阅记录"), _WIDTHS, 4)
        self.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        self.setItemDelegate(_BelowHeading(self))
        for changed in (
            model.modelReset,
            model.rowsInserted,
            model.rowsRemoved,
            look.changed,
        ):
            changed.connect(self._part)

    @property
    def parted_at(self) -> int:
        """The line under the heading; -1: there is no heading."""
        line = self._model.rest
        return line if 0 < line < self._model.rowCount() else -1

    @Slot()
    def _part(self) -> None:
        """Make room for the heading."""
        rows = self.verticalHeader()
        line = self.parted_at
        if 0 <= self._tall < self._model.rowCount():
            rows.resizeSection(self._tall, LINE)
        if line > 0:
            for stale in (line - 1, line + 1):
                if stale < self._model.rowCount():
                    rows.resizeSection(stale, LINE)
            rows.resizeSection(line, LINE + HEADING)
        self._tall = line
        self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the lines, and the heading between them."""
        super().paintEvent(event)
        line = self.parted_at
        if line < 0:
            return
        top = self.rowViewportPosition(line)
        area = QRect(0, top, self.viewport().width(), HEADING)
        if not area.intersects(self.viewport().rect()):
            return
        theme = self._look.theme
        painter = QPainter(self.viewport())
        painter.fillRect(area, QColor(theme.raised))
        painter.fillRect(area.adjusted(0, 0, 0, 2 - HEADING), QColor(theme.accent))
        font = QFont(self.font())
        font.setPixelSize(CAPTION)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(theme.muted))
        painter.drawText(
            area.adjusted(10, 2, -10, 0),
            Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft,
            self.tr("以下在列出时没有待处置的发现　F5 重新排列"),
        )
        painter.end()
