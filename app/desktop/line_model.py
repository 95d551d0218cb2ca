"""Lines with a text in each cell, as a table: what every such model has in common."""

from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QIcon

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.pieces import mark_pixmap, tip
from app.desktop.tables import MARK

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class LineModel(QAbstractTableModel):
    """A table of lines that are read, not changed.

    Abstract: who derives from it says what the columns are called and what stands in a
    cell. Qt has a metaclass of its own, so that only mypy sees to it.
    """

    _rows: Sequence[object] = ()

    @abstractmethod
    def _titles(self) -> tuple[str, ...]:
        """Give the titles of the columns."""

    @abstractmethod
    def _cell(self, line: int, column: int) -> str:
        """Give what stands in a cell."""

    @cached_property
    def _named(self) -> tuple[str, ...]:
        # A view asks for the number of columns thousands of times.
        return self._titles()

    def rowCount(self, parent: _Index | None = None) -> int:
        """Give the number of lines read so far."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Give the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._named)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = _Role.DisplayRole,
    ) -> object:
        """Give the title of a column."""
        across = orientation == Qt.Orientation.Horizontal
        if across and role == _Role.DisplayRole:
            return self._named[section]
        if across and role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give the text of a cell."""
        if role not in (_Role.DisplayRole, _Role.ToolTipRole):
            return None
        text = self._cell(index.row(), index.column())
        return text if role == _Role.DisplayRole else tip(text.replace("\n", " "))


def mark_icon(severity: Severity, look: Look, ratio: float) -> QIcon:
    """Make the mark of a severity, of the same colour on a chosen line."""
    mark = mark_pixmap(severity, look.theme, MARK, ratio)
    icon = QIcon(mark)
    # Else Qt would tint it on a chosen line: red would be no longer red.
    icon.addPixmap(mark, QIcon.Mode.Selected)
    return icon
