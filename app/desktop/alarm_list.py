"""Every open alarm, one a line; any of them, or several, are acknowledged here."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import (
    QItemSelection,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionButton,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.core.alarms import OpenAlarm
from app.core.model import Severity
from app.desktop import words
from app.desktop.alarm_form import NameForm
from app.desktop.alarms import Alarms
from app.desktop.line_model import LineModel, mark_icon
from app.desktop.look import Look
from app.desktop.pieces import button, set_state, text_label, tip
from app.desktop.tables import choose_line
from app.desktop.words import breakable

_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_WIDTHS: Final = (90, 150, 230, 0, 80, 90)
_SENTENCE: Final = 3
_BUTTON: Final = 5
_ROW: Final = 48


class AlarmModel(LineModel):
    """The open alarms as a table, newest first."""

    def __init__(self, look: Look, alarms: Alarms) -> None:
        super().__init__()
        self._look, self._alarms = look, alarms
        self._rows: tuple[OpenAlarm, ...] = alarms.newest
        alarms.changed.connect(self._change)

    def alarm(self, row: int) -> OpenAlarm:
        """Give the alarm of a line."""
        return self._rows[row]

    @Slot()
    def _change(self) -> None:
        """Put in and take out lines one by one: what is selected stays selected."""
        wanted = self._alarms.newest
        keep = {_place(each) for each in wanted}
        for row in reversed(range(len(self._rows))):
            if _place(self._rows[row]) not in keep:
                self.beginRemoveRows(QModelIndex(), row, row)
                self._rows = self._rows[:row] + self._rows[row + 1 :]
                self.endRemoveRows()
        known = {_place(each) for each in self._rows}
        for row, alarm in enumerate(wanted):
            if _place(alarm) not in known:
                self.beginInsertRows(QModelIndex(), row, row)
                self._rows = (*self._rows[:row], alarm, *self._rows[row:])
                self.endInsertRows()

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("级别"),
            self.tr("时间"),
            self.tr("工地"),
            self.tr("结论"),
            self.tr("值班员"),
            "",
        )

    @property
    def confirm(self) -> str:
        """The word on the buttons."""
        return self.tr("确认")

    def _cell(self, line: int, column: int) -> str:
        alarm = self._rows[line]
        finding = alarm.finding
        return (
            words.severity_word(Severity.ALARM),
            words.full_time(alarm.at).replace(" ", "\n"),
            finding.call.site.name,
            finding.summary,
            alarm.operator,
            self.confirm,
        )[column]

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give text or mark of a cell."""
        if role == _Role.DecorationRole and index.column() == 0:
            return mark_icon(Severity.ALARM, self._look, 2.0)
        return super().data(index, role)


def _place(alarm: OpenAlarm) -> tuple[str, int]:
    return alarm.run_id, alarm.index


class _Button(QStyledItemDelegate):
    """Paints a cell as a button: hundreds of real ones would hold up the window."""

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self._like = QPushButton(view)
        self._like.hide()

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: _Index
    ) -> None:
        """Paint."""
        shape = QStyleOptionButton()
        shape.rect = QRect(option.rect).adjusted(6, 7, -6, -7)
        shape.text = index.data()
        shape.state = QStyle.StateFlag.State_Enabled | QStyle.StateFlag.State_Raised
        style = self._like.style()
        style.drawControl(
            QStyle.ControlElement.CE_PushButton, shape, painter, self._like
        )

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """Give the size of a button."""
        return QSize(_WIDTHS[_BUTTON], _ROW)


class AlarmList(QDialog):
    """All open alarms; not modal, work goes on beside it.

    Signals:
        record_wanted: The operator wants to see the record of an alarm; its run id.
    """

    record_wanted = Signal(str)

    def __init__(
        self, look: Look, alarms: Alarms, form: NameForm, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("未确认的告警"))
        self.resize(1000, 560)
        self._alarms = alarms
        self._targets: tuple[OpenAlarm, ...] = ()
        self.model = AlarmModel(look, alarms)
        self.model.setParent(self)
        column = QVBoxLayout(self)
        self.head = text_label("", "title", wrap=True)
        column.addWidget(self.head)
        self.table = self._make_table()
        column.addWidget(self.table, 1)
        self.told = text_label("", wrap=True)
        column.addWidget(self.told)
        row = QHBoxLayout()
        self.chosen = button("", "primary")
        self.chosen.clicked.connect(self.ask)
        row.addWidget(self.chosen)
        self.record = button(self.tr("查看记录和证据图"))
        self.record.clicked.connect(self._want_record)
        row.addWidget(self.record)
        self.form = form
        form.confirmed.connect(self._confirm)
        form.left.connect(self._leave)
        row.addWidget(form)
        row.addStretch(1)
        self.leave_button = button(self.tr("关闭"))
        self.leave_button.clicked.connect(self.close)
        row.addWidget(self.leave_button)
        column.addLayout(row)
        self.table.selectionModel().selectionChanged.connect(self._selected)
        alarms.changed.connect(self._show)
        alarms.refused.connect(self._refused)
        for each in self.findChildren(QPushButton):
            # Else Enter anywhere would press one, and be it the one that is hidden.
            each.setAutoDefault(False)
        choose_line(self.table, 0)
        self._show()
        self.table.setFocus()

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self.tr("未确认的告警"))
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setWordWrap(True)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.ExtendedSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setItemDelegateForColumn(_BUTTON, _Button(table))
        rows = table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_ROW)
        columns = table.horizontalHeader()
        columns.setHighlightSections(False)
        for index, width in enumerate(_WIDTHS):
            if width:
                table.setColumnWidth(index, width)
        # In another language the word on the button may be longer.
        word = table.fontMetrics().horizontalAdvance(self.model.confirm)
        table.setColumnWidth(_BUTTON, max(_WIDTHS[_BUTTON], word + 48))
        columns.setSectionResizeMode(_SENTENCE, QHeaderView.ResizeMode.Stretch)
        table.clicked.connect(self._click)
        table.activated.connect(self.ask)
        return table

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press the button that has the focus on Enter."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        focus = self.focusWidget()
        if enter and isinstance(focus, QPushButton):
            if not event.isAutoRepeat():
                focus.click()
        else:
            super().keyPressEvent(event)

    @property
    def selected(self) -> tuple[OpenAlarm, ...]:
        """The alarms of the chosen lines, from top to bottom."""
        rows = sorted(i.row() for i in self.table.selectionModel().selectedRows())
        return tuple(self.model.alarm(row) for row in rows)

    @Slot(QModelIndex)
    def _click(self, index: QModelIndex) -> None:
        if index.column() == _BUTTON:
            choose_line(self.table, index.row())
            self.ask()

    @Slot()
    def ask(self) -> None:
        """Ask for the name of whoever has seen the chosen alarms."""
        if why := self._alarms.refusal:
            self._refused(why)
        elif self.selected:
            self._targets = self.selected
            self._say("")
            self._show()
            self.form.ask(self._alarms.signer, signed_in=self._alarms.signed_in)

    @Slot(str, str)
    def _confirm(self, name: str, note: str) -> None:
        if self._targets:
            self._alarms.acknowledge(self._targets, name, note)
        self._leave()

    @Slot()
    def _leave(self) -> None:
        self._targets = ()
        self._say("")
        self._show()
        self.table.setFocus()

    @Slot(str)
    def _refused(self, sentence: str) -> None:
        self._say(sentence, Severity.ALARM.value)

    def _say(self, sentence: str, tone: str = "") -> None:
        set_state(self.told, "tone", tone)
        self.told.setText(breakable(sentence))

    @Slot(QItemSelection, QItemSelection)
    def _selected(self, _now: QItemSelection, _before: QItemSelection) -> None:
        self._show()

    @Slot()
    def _want_record(self) -> None:
        if self.selected:
            self.record_wanted.emit(self.selected[0].run_id)

    @Slot()
    def _show(self) -> None:
        count, listed = self._alarms.count, self.model.rowCount()
        text = self.tr("未确认的告警：{n} 条").format(n=count)
        if not count:
            text = self.tr("没有未确认的告警。")
        elif count > listed:
            text += self.tr("，列出最新的 {n} 条").format(n=listed)
        self.head.setText(text)
        asking = bool(self._targets)
        self.form.setVisible(asking)
        self.chosen.setVisible(not asking)
        self.record.setVisible(not asking)
        chosen = len(self.selected)
        self.chosen.setEnabled(bool(chosen) and not self._alarms.refusal)
        self.chosen.setToolTip(tip(self._alarms.refusal))
        self.record.setEnabled(chosen == 1)
        self.chosen.setText(self.tr("确认所选 {n} 条").format(n=chosen))
        if asking:
            self._say(self._about(self._targets))

    def _about(self, alarms: Sequence[OpenAlarm]) -> str:
        first = alarms[0].finding
        name = f"{first.call.site.name} {first.summary}"
        if len(alarms) == 1:
            return self.tr("签名确认：{name}").format(name=name)
        return self.tr("签名确认 {n} 条：{name} 等").format(n=len(alarms), name=name)
