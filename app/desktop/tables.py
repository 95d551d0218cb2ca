"""Tables of lines that are read, chosen and opened: all of one kind."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QAbstractItemModel, QItemSelectionModel, QSize, Qt
from PySide6.QtWidgets import QHeaderView, QTableView

LINE: Final = 48
"""Height of a line: two lines of text."""
MARK: Final = 18
"""Side of a severity's mark."""


def set_up(
    table: QTableView,
    model: QAbstractItemModel,
    name: str,
    widths: Sequence[int],
    stretched: int,
) -> None:
    """Let a table show a model; the column `stretched` takes the room that is left.

    `name` is what a screen reader calls it; `widths` are pixels.
    """
    table.setAccessibleName(name)
    table.setModel(model)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(True)
    table.setCornerButtonEnabled(False)
    table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
    table.setTabKeyNavigation(False)
    table.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    table.setIconSize(QSize(MARK, MARK))
    rows = table.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setDefaultSectionSize(LINE)
    columns = table.horizontalHeader()
    columns.setHighlightSections(False)
    columns.setMinimumSectionSize(40)
    for index, width in enumerate(widths):
        table.setColumnWidth(index, width)
    columns.setSectionResizeMode(stretched, QHeaderView.ResizeMode.Stretch)


def choose_line(table: QTableView, line: int) -> None:
    """Choose one line alone, whatever keys are held.

    `selectRow` takes a Ctrl or Shift that happens to be down for the user's wish to
    change what is chosen, and may leave a current line that is not chosen.
    """
    flags = QItemSelectionModel.SelectionFlag
    table.selectionModel().setCurrentIndex(
        table.model().index(line, 0), flags.ClearAndSelect | flags.Rows
    )
