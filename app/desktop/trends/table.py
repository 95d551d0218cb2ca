"""The values of a chart as a table: everything that the picture says, to be read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QPixmap

from app.core.trends import TrendPoint
from app.desktop.look import Look
from app.desktop.trends.ink import ink_of, mark_pixmap
from app.desktop.trends.measures import remarks, span_word
from app.desktop.trends.plot import Drawn, Plot

_ROOT: Final = QModelIndex()
_MARK: Final = 16
WIDTHS: Final = (190, 200, 80, 100, 80, 250)
NAME: Final = 1
"""The column of the lines' names; it takes the room that is left."""
_FIGURES: Final = range(2, 5)
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


@dataclass(frozen=True, slots=True)
class Row:
    """A span of a line; without a point where nothing was counted."""

    start: date
    drawn: Drawn
    point: TrendPoint | None


class TrendTable(QAbstractTableModel):
    """Keeps a row for each span and line, the newest first."""

    def __init__(self, look: Look, today: Callable[[], date]) -> None:
        super().__init__()
        self._look, self._today = look, today
        self._plot = Plot()
        self._rows: list[Row] = []
        self._place: dict[tuple[str, date], int] = {}
        self._ratio = 1.0
        self._marks: dict[int, QPixmap] = {}
        look.changed.connect(self._marks.clear)

    def show_plot(self, plot: Plot, ratio: float) -> None:
        """Show another plot, on a screen of so many dots a pixel."""
        self.beginResetModel()
        self._plot, self._ratio = plot, ratio
        self._marks.clear()
        points = {
            (drawn.line.group, point.start): point
            for drawn in plot.lines
            for point in drawn.line.points
        }
        self._rows = [
            Row(start, drawn, points.get((drawn.line.group, start)))
            for start in reversed(plot.starts)
            for drawn in plot.lines
        ]
        self._place = {
            (row.drawn.line.group, row.start): number
            for number, row in enumerate(self._rows)
        }
        self.endResetModel()

    def row(self, number: int) -> Row:
        """Give a row."""
        return self._rows[number]

    def place(self, group: str, start: date) -> int | None:
        """Say in which row a point stands."""
        return self._place.get((group, start))

    def rowCount(self, parent: _Index = _ROOT) -> int:
        """Give the number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = _ROOT) -> int:
        """Give the number of columns."""
        return 0 if parent.isValid() else len(WIDTHS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole
    ) -> object:
        """Name a column."""
        if role == _Role.TextAlignmentRole:
            return _aligned(section)
        if orientation is not Qt.Orientation.Horizontal or role != _Role.DisplayRole:
            return None
        value = self.tr("条数") if self._plot.as_number else self.tr("比率")
        return (
            self.tr("时间"),
            self.tr("线"),
            value,
            self.tr("计数"),
            self.tr("巡检次数"),
            self.tr("说明"),
        )[section]

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Say what stands in a cell."""
        row = self._rows[index.row()]
        if role == _Role.DisplayRole:
            return self._text(row, index.column())
        if role == _Role.AccessibleTextRole:
            return self._text(row, index.column()) or self.tr("没有计数")
        if role == _Role.TextAlignmentRole:
            return _aligned(index.column())
        if role == _Role.DecorationRole and index.column() == NAME:
            return self._mark(row.drawn.slot)
        if role == _Role.ToolTipRole and index.column() == NAME:
            return row.drawn.name
        return None

    def _text(self, row: Row, column: int) -> str:
        point = row.point
        if column == 0:
            return span_word(row.start, self._plot.bucket)
        if column == NAME:
            return row.drawn.name
        if column == len(WIDTHS) - 1:
            whole = point.whole if point is not None else 0
            return remarks(row.start, self._plot.bucket, whole, self._today())
        if point is None:
            return ""
        counted = f"{point.part}/{point.whole}"
        return (self._plot.written(point), counted, str(point.runs))[column - 2]

    def _mark(self, slot: int) -> QPixmap:
        if slot not in self._marks:
            ink = ink_of(self._look.theme)
            self._marks[slot] = mark_pixmap(ink, slot, _MARK, self._ratio)
        return self._marks[slot]


def _aligned(column: int) -> Qt.AlignmentFlag:
    """Put figures beneath one another."""
    flags = Qt.AlignmentFlag
    side = flags.AlignRight if column in _FIGURES else flags.AlignLeft
    return side | flags.AlignVCenter
