"""Which lines are drawn: the worst few, or those that somebody chose."""

from collections.abc import Mapping, Sequence
from typing import Final

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.core.model import Site
from app.core.scales import rate_label
from app.core.trend_lines import Line
from app.desktop.board.finding_sites import Read, SiteFinder
from app.desktop.look import Look
from app.desktop.pieces import button, set_state, tip
from app.desktop.reader import Reader
from app.desktop.trends.ink import MOST, ink_of, mark_pixmap
from app.desktop.trends.paragraph import Paragraph

WORST: Final = 5
"""Lines that are drawn until somebody chooses."""
_MARK: Final = 16
_ROOT: Final = QModelIndex()
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole


class _Lines(QAbstractListModel):
    """The lines that the filter lets through; a tick says that one is drawn.

    Signals:
        toggled: A tick is wanted or not; the group.
    """

    toggled = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._lines: Sequence[Line] = ()
        self._names: Mapping[str, str] = {}
        self.slots: Mapping[str, int] = {}
        self.as_number = False

    def show_lines(self, lines: Sequence[Line], names: Mapping[str, str]) -> None:
        self.beginResetModel()
        self._lines, self._names = lines, names
        self.endResetModel()

    def paint_again(self) -> None:
        if self._lines:
            self.dataChanged.emit(self.index(0), self.index(len(self._lines) - 1))

    def line(self, number: int) -> Line:
        return self._lines[number]

    def rowCount(self, parent: _Index = _ROOT) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsUserCheckable

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        line = self._lines[index.row()]
        name, slot = self._names[line.group], self.slots.get(line.group)
        if role == _Role.DisplayRole:
            return f"{self._value(line)}  {name}"
        if role == _Role.CheckStateRole:
            drawn = slot is not None
            return Qt.CheckState.Checked if drawn else Qt.CheckState.Unchecked
        if role == _Role.DecorationRole and slot is not None:
            return mark_pixmap(ink_of(self._look.theme), slot, _MARK, 2.0)
        if role == _Role.ToolTipRole:
            return tip(f"{name}\n{self._value(line)}（{line.part}/{line.whole}）")
        return None

    def setData(
        self, index: _Index, _value: object, role: int = _Role.EditRole
    ) -> bool:
        if role != _Role.CheckStateRole:
            return False
        self.toggled.emit(self._lines[index.row()].group)
        return True

    def _value(self, line: Line) -> str:
        return str(line.part) if self.as_number else rate_label(line.part, line.whole)


class _List(QListView):
    """Takes Enter as a click on the tick; the talk key may be Space."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            index = self.currentIndex()
            if index.isValid() and not event.isAutoRepeat():
                self.model().setData(index, None, _Role.CheckStateRole)
            return
        super().keyPressEvent(event)


class LineChooser(QWidget):
    """Lists every line, the worst first, with a filter; at most eight are ticked.

    Signals:
        changed: Other lines are to be drawn.
    """

    changed = Signal()

    def __init__(self, look: Look, reader: Reader, read: Read) -> None:
        super().__init__()
        self._reader, self._read = reader, read
        self._lines: Sequence[Line] = ()
        self._names: Mapping[str, str] = {}
        self._finder = SiteFinder(())
        self._slots: dict[str, int] = {}
        self._own: list[str] | None = None
        """What somebody chose, whether or not it is there now; None: nothing yet."""
        self.model = _Lines(look)
        self.model.setParent(self)
        self.model.toggled.connect(self.toggle)
        look.changed.connect(self.model.paint_again)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 0, 0, 0)
        column.setSpacing(6)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(self.tr("筛选：名称或拼音"))
        self.filter.setAccessibleName(self.tr("筛选要画的线"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        column.addWidget(self.filter)
        self.list = _List()
        self.list.setModel(self.model)
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName(self.tr("要画的线，差的在前"))
        self.list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setSpacing(3)
        column.addWidget(self.list, 1)
        self.said = Paragraph("caption")
        column.addWidget(self.said)
        row = QHBoxLayout()
        self.worst = button(self.tr("画最差的 {n} 条").format(n=WORST), "quiet")
        self.worst.clicked.connect(self.choose_worst)
        row.addWidget(self.worst)
        row.addStretch(1)
        column.addLayout(row)

    @property
    def slots(self) -> Mapping[str, int]:
        """The groups that are drawn, each with its colour, mark and stroke."""
        return self._slots

    @property
    def readable(self) -> bool:
        """Whether letters find names already: they are read aloud on a thread."""
        return self._finder.reads

    def forget(self) -> None:
        """Begin anew: the lines are of something else."""
        self._own = None
        self._slots = {}
        self.filter.clear()

    def take(
        self, lines: Sequence[Line], names: Mapping[str, str], *, as_number: bool
    ) -> None:
        """Take lines, the worst first; what was chosen stays chosen."""
        known = {line.group for line in self._lines} == {line.group for line in lines}
        self._lines, self._names = lines, names
        self.model.as_number = as_number
        if not known:
            sites = [Site(id=one.group, name=names[one.group]) for one in lines]
            self._finder = SiteFinder(sites)
            self._reader.begin(self._learn(self._finder))
        self._settle()
        self._show()

    @Slot(str)
    def toggle(self, group: str) -> None:
        """Draw a line, or draw it no more."""
        chosen = list(self._slots)
        if group in chosen:
            chosen.remove(group)
        elif len(chosen) == MOST:
            self._say(
                self.tr("最多画 {n} 条线，请先取消一条。").format(n=MOST), loud=True
            )
            return
        else:
            chosen.append(group)
        self._own = chosen
        self._changed()

    @Slot()
    def choose_worst(self) -> None:
        """Draw the worst few again."""
        self._own = None
        self._changed()

    def _changed(self) -> None:
        self._settle()
        self.model.paint_again()
        self._count()
        self.changed.emit()

    def _settle(self) -> None:
        """Give each line that is drawn a look; whoever has one keeps it."""
        there = [line.group for line in self._lines]
        if self._own is None:
            chosen = there[:WORST]
        else:
            chosen = [group for group in self._own if group in set(there)]
        kept = {group: self._slots[group] for group in chosen if group in self._slots}
        free = iter([slot for slot in range(MOST) if slot not in kept.values()])
        self._slots = {
            group: kept[group] if group in kept else next(free) for group in chosen
        }
        self.model.slots = self._slots

    @Slot()
    def _filter(self) -> None:
        self._show()

    def _show(self) -> None:
        found = self._finder.find(self.filter.text())
        shown = [line for line in self._lines if line.group in found]
        self.model.show_lines(shown, self._names)
        self._count()

    def _count(self) -> None:
        counted = self.tr("画了 {n} 条，共 {all} 条；差的在前，计数少的排在最后")
        if self.model.as_number:
            counted = self.tr("画了 {n} 条，共 {all} 条；多的在前")
        self._say(counted.format(n=len(self._slots), all=len(self._lines)))

    def _say(self, text: str, *, loud: bool = False) -> None:
        self.said.say(text)
        set_state(self.said, "tone", "attention" if loud else "")

    async def _learn(self, finder: SiteFinder) -> None:
        await self._reader.run(lambda: finder.learn(self._read))
        if isValid(self) and finder is self._finder and self.filter.text():
            self._show()
