"""The accounts of a desk, for whoever keeps them; on a new desk the first one."""

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from app.core.model import Severity
from app.core.people import Person, Role
from app.core.presence import Presence
from app.desktop.look import Look
from app.desktop.people.accounts_model import STATE, AccountsModel, is_locked
from app.desktop.people.person_form import PersonForm
from app.desktop.people.told import Told
from app.desktop.people.trying import refusal_of
from app.desktop.pieces import button, text_label
from app.desktop.reader import Reader
from app.desktop.tables import choose_line

_ROW: Final = 40


class AccountsWindow(QDialog):
    """Every account; what is done with one is done off the screen's thread.

    Signals:
        settled: What was asked for is done, or was refused; nothing is under way.
        first_made: The desk has accounts from now on; the login of the first one.
    """

    settled = Signal()
    first_made = Signal(str)

    def __init__(
        self,
        look: Look,
        reader: Reader,
        presence: Presence,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("账户"))
        self.resize(900, 560)
        self._reader, self._presence = reader, presence
        self._first = not presence.configured
        self._busy = False
        column = QVBoxLayout(self)
        column.setSpacing(10)
        explained = self.tr(
            "停用的账户不能登录，已写入日志的记录仍然保留。没有人能看到别人的密码。"
        )
        if self._first:
            explained = self.tr("这台值班台还没有账户，任何人都可以操作。")
        column.addWidget(text_label(explained, "muted", wrap=True))
        self.model: Final = AccountsModel(look)
        self.model.setParent(self)
        self.table: Final = self._make_table()
        column.addWidget(self.table, 1)
        column.addLayout(self._make_row())
        self.form: Final = PersonForm()
        self.form.added.connect(self._add)
        self.form.changed.connect(self._change)
        self.form.password_set.connect(self._set_password)
        self.form.left.connect(self._leave_form)
        self.form.hide()
        column.addWidget(self.form)
        self.told: Final = Told(look, loud=True)
        column.addWidget(self.told)
        self._rest: Final = QWidget()
        """Takes the room that the form does not need."""
        column.addWidget(self._rest, 1)
        self._foot = QHBoxLayout()
        self._foot.addStretch(1)
        self.leave: Final = button(self.tr("关闭"))
        self.leave.clicked.connect(self.close)
        self._foot.addWidget(self.leave)
        column.addLayout(self._foot)
        for each in self.findChildren(QPushButton):
            # Else Enter in a field would press one.
            each.setAutoDefault(False)
        self.finished.connect(self._forget)
        if self._first:
            self.form.ask_new(first=True)
            self._switch()
        else:
            self._begin(lambda: "")

    def _make_table(self) -> QTableView:
        table = QTableView()
        table.setModel(self.model)
        table.setAccessibleName(self.tr("账户"))
        table.setAlternatingRowColors(True)
        table.setShowGrid(False)
        table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        table.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.setMinimumHeight(3 * _ROW)
        rows = table.verticalHeader()
        rows.hide()
        rows.setDefaultSectionSize(_ROW)
        columns = table.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        columns.setSectionResizeMode(STATE, QHeaderView.ResizeMode.ResizeToContents)
        table.selectionModel().currentRowChanged.connect(self._chosen)
        table.activated.connect(self._edit)
        return table

    def _make_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.new = button(self.tr("新增…"), "primary")
        self.edit = button(self.tr("修改…"))
        self.reset = button(self.tr("重设密码…"))
        self.unlock = button(self.tr("解锁"))
        self.unlock.setToolTip(self.tr("忘掉输错的密码，马上可以再登录"))
        self.disable = button(self.tr("停用"))
        self._actions = (self.new, self.edit, self.reset, self.unlock, self.disable)
        for made, wanted in zip(
            self._actions,
            (self._new, self._edit, self._reset, self._unlock, self._disable),
            strict=True,
        ):
            made.clicked.connect(wanted)
            row.addWidget(made)
        row.addStretch(1)
        return row

    @property
    def chosen(self) -> Person | None:
        """The account of the chosen line."""
        return self.model.person(self.table.currentIndex().row())

    @Slot()
    def _new(self) -> None:
        self.told.say("")
        self.form.ask_new(first=False)
        self._switch()

    @Slot()
    def _edit(self) -> None:
        if (person := self.chosen) is not None and not self._busy:
            self.told.say("")
            self.form.ask_change(person)
            self._switch()

    @Slot()
    def _reset(self) -> None:
        if (person := self.chosen) is not None:
            self.told.say("")
            self.form.ask_password(person)
            self._switch()

    @Slot()
    def _unlock(self) -> None:
        if (person := self.chosen) is None:
            return
        people, done = self._presence.people, self.tr("「{login}」已解锁。")

        def work() -> str:
            people.unlock(person.login)
            return done.format(login=person.login)

        self._begin(work)

    @Slot()
    def _disable(self) -> None:
        if (person := self.chosen) is None:
            return
        people, wanted = self._presence.people, not person.disabled
        done = self.tr("「{login}」可以登录了。")
        if wanted:
            done = self.tr("「{login}」已停用，不能再登录。")

        def work() -> str:
            people.change(person.login, disabled=wanted)
            return done.format(login=person.login)

        self._begin(work)

    @Slot(object, str)
    def _add(self, person: Person, password: str) -> None:
        people = self._presence.people
        done = self.tr("「{login}」的账户已建立。初始密码：{password}，只显示这一次。")
        if self._first:
            done = ""

        def work() -> str:
            made = people.add(person, password)
            return done.format(login=made.login, password=password)

        first = person.login if self._first else ""
        self._begin(work, first=first, then=person.login)

    @Slot(str, str, object)
    def _change(self, login: str, name: str, role: Role) -> None:
        people, done = self._presence.people, self.tr("「{login}」已修改。")

        def work() -> str:
            people.change(login, name=name, role=role)
            return done.format(login=login)

        self._begin(work)

    @Slot(str, str)
    def _set_password(self, login: str, password: str) -> None:
        people = self._presence.people
        done = self.tr("「{login}」的密码已重设为：{password}，只显示这一次。")

        def work() -> str:
            people.reset_password(login, password)
            return done.format(login=login, password=password)

        self._begin(work)

    @Slot()
    def _leave_form(self) -> None:
        self.form.rest()
        if self._first:
            self.close()
            return
        self._switch()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _forget(self) -> None:
        self.form.rest()
        self.told.say("")

    @Slot(QModelIndex, QModelIndex)
    def _chosen(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._switch()

    def _begin(
        self, work: Callable[[], str], *, first: str = "", then: str = ""
    ) -> None:
        """Do something off the screen's thread, and read the accounts again.

        `then` is the login that is chosen after it was done; empty: as before.
        """
        if self._busy:
            return
        self._busy = True
        self._switch()
        self._reader.begin(self._do(work, first, then))

    async def _do(self, work: Callable[[], str], first: str, then: str) -> None:
        said: list[str] = []
        everybody: list[Person] = []
        why = await refusal_of(self._reader.run(lambda: said.append(work())))
        people = self._presence.people
        unread = await refusal_of(
            self._reader.run(lambda: everybody.extend(people.everybody()))
        )
        sentence, severity = "".join(said), Severity.NORMAL
        if why or unread:
            sentence, severity = why or unread, Severity.ALARM
        # The window may have been closed meanwhile.
        if isValid(self):
            shown = None if unread else everybody
            self._show(shown, sentence, severity, why, then)
        if first and not why and isValid(self):
            self.first_made.emit(first)
            self.settled.emit()
            self.close()
            return
        # A change of one's own account is known at once.
        await refusal_of(self._presence.refresh())
        if isValid(self):
            self.settled.emit()

    def _show(
        self,
        everybody: Sequence[Person] | None,
        sentence: str,
        severity: Severity,
        why: str,
        then: str,
    ) -> None:
        self._busy = False
        chosen = self.chosen
        if everybody is not None:
            self.model.show(everybody)
            login = chosen.login if chosen is not None else ""
            if then and not why:
                login = then
            choose_line(self.table, max(0, self.model.row_of(login)))
        if not why:
            # What could not be done stays to be put right.
            self.form.rest()
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self.told.say(sentence, severity)
        self._switch()

    def _switch(self) -> None:
        """Let only be pressed what can be done now."""
        person = self.chosen
        asking = not self.form.isHidden()
        # In a low window there is room for one of them.
        for each in (self.table, *self._actions):
            each.setVisible(not asking)
        self._rest.setVisible(asking)
        free = not self._busy and not asking
        self.new.setEnabled(free)
        for each in (self.edit, self.reset, self.disable):
            each.setEnabled(free and person is not None)
        self.unlock.setEnabled(free and person is not None and is_locked(person))
        disabled = person is not None and person.disabled
        self.disable.setText(self.tr("启用") if disabled else self.tr("停用"))
        self.form.setEnabled(not self._busy)
