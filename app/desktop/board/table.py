"""The view of the board: what keys and mouse mean in it."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QElapsedTimer,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAccessible, QContextMenuEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHeaderView, QTableView

from app.desktop.board.delegate import HEIGHT, REGION_HEIGHT, BoardDelegate
from app.desktop.board.model import BoardModel
from app.desktop.look import Look

TREMBLE_MS: Final = 700
"""A second click on the same cell within this time is the first one once more."""
_LEAST_NAME: Final = 88
_MOST_NAME: Final = 320
_CHECK: Final = 132
"""Width of a column of answers, before a name gets more than its share."""
_Index = QModelIndex | QPersistentModelIndex


class BoardTable(QTableView):
    """Asks with a click or Enter; Space stays the key to talk.

    Signals:
        asked: The operator asks for a cell; its index.
        choices_wanted: The operator wants to choose; index, place on the screen.
        typed: Characters typed on the table; they belong to the filter.
    """

    asked = Signal(QModelIndex)
    choices_wanted = Signal(QModelIndex, QPoint)
    typed = Signal(str)

    def __init__(self, look: Look, model: BoardModel) -> None:
        super().__init__()
        self._board = model
        self._last: tuple[int, int] | None = None
        self._since = QElapsedTimer()
        self.setModel(model)
        self.delegate = BoardDelegate(look, model, self)
        self.setItemDelegate(self.delegate)
        self.setAccessibleName(self.tr("站点看板"))
        self.setMinimumHeight(2 * HEIGHT)
        self.setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        self.setSelectionMode(QTableView.SelectionMode.NoSelection)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        rows = self.verticalHeader()
        rows.hide()
        rows.setMinimumSectionSize(REGION_HEIGHT)
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(HEIGHT)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionsClickable(False)
        columns.setMinimumSectionSize(_LEAST_NAME)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        model.modelReset.connect(self._arrange_rows)
        self.clicked.connect(self._clicked)

    @Slot()
    def _arrange_rows(self) -> None:
        for row in self._board.region_rows():
            self.setRowHeight(row, REGION_HEIGHT)

    def dataChanged(
        self, first: _Index, last: _Index, roles: Sequence[int] = ()
    ) -> None:
        """Paint the lines that changed and are in sight; Qt would paint all there are.

        Of a sweep over thousands of sites the next answer is seldom one in sight.
        """
        top, bottom = self.rowAt(0), self.rowAt(self.viewport().height() - 1)
        bottom = bottom if bottom >= 0 else self._board.rowCount() - 1
        top, bottom = max(top, first.row()), min(bottom, last.row())
        if top <= bottom:
            upper = self.visualRect(self._board.index(top, 0))
            lower = self.visualRect(self._board.index(bottom, last.column()))
            self.viewport().update(upper.united(lower))
        if QAccessible.isActive():
            # Nobody else tells whoever reads the screen aloud.
            super().dataChanged(first, last, list(roles))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give a name what the answers do not need."""
        width = self.viewport().width()
        share = width // self._board.columnCount()
        spare = min(width - (self._board.columnCount() - 1) * _CHECK, _MOST_NAME)
        self.setColumnWidth(0, max(share, spare))
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ask with Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if not event.isAutoRepeat() and self.currentIndex().isValid():
                self._ask(self.currentIndex())
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str) -> None:
        """Filter by what is typed, and not jump to where a line begins so."""
        if search.strip():
            self.typed.emit(search)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be asked here."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        if not index.isValid():
            return
        place = event.globalPos()
        if keyboard:
            box = self.visualRect(index)
            place = self.viewport().mapToGlobal(box.bottomLeft())
        self.choices_wanted.emit(index, place)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._ask(index)

    def _ask(self, index: QModelIndex) -> None:
        cell = index.row(), index.column()
        soon = self._since.isValid() and self._since.elapsed() < TREMBLE_MS
        if soon and cell == self._last:
            return
        self._last = cell
        self._since.start()
        self.asked.emit(index)
