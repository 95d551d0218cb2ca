"""Asks for what an account is: whose, in which role, with which first password."""

import secrets
from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.core.people import Person, Role
from app.desktop.people.naming import rights_word, role_word
from app.desktop.people.rules import SHORTEST
from app.desktop.pieces import button, text_label
from app.desktop.words import breakable

_ALPHABET: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""Nothing that is taken for something else when it is read out or written down."""
_GROUPS: Final = 3
_GROUP: Final = 4


def generated() -> str:
    """Make a password of 59 bits that can be read out."""
    return "-".join(
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP))
        for _ in range(_GROUPS)
    )


class RoleChoice(QWidget):
    """A button for each role, and below them what it may do."""

    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.buttons: Final[dict[Role, QPushButton]] = {}
        for role in Role:
            made = button(role_word(role))
            made.setCheckable(True)
            made.setMinimumHeight(40)
            made.clicked.connect(self._choose)
            self.buttons[role] = made
            row.addWidget(made)
        row.addStretch(1)
        column.addLayout(row)
        self._rights: Final = text_label("", "caption", wrap=True)
        column.addWidget(self._rights)
        self._role = Role.OPERATOR
        self.choose(Role.OPERATOR)

    @property
    def role(self) -> Role:
        """The role that is chosen."""
        return self._role

    def choose(self, role: Role, *, only: bool = False) -> None:
        """Choose a role; `only`: there is no other choice."""
        self._role = role
        for each, made in self.buttons.items():
            made.setChecked(each is role)
            made.setEnabled(each is role or not only)
        rights = self.tr("可以：{rights}").format(rights=rights_word(role))
        self._rights.setText(breakable(rights))

    @Slot()
    def _choose(self) -> None:
        sender = self.sender()
        self.choose(next(r for r, made in self.buttons.items() if made is sender))


class PersonForm(QFrame):
    """Makes an account, changes one, or sets a password anew.

    The first password is shown: whoever keeps the accounts has to tell it. It is
    good for one sign-in, at which its owner chooses another.

    Signals:
        added: A new account and its first password.
        changed: Login, name and role.
        password_set: Login and the new first password.
        left: Nothing is to be done.
    """

    added = Signal(object, str)
    changed = Signal(str, str, object)
    password_set = Signal(str, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("card")
        self._person: Person | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 12, 16, 12)
        column.setSpacing(8)
        self._title: Final = text_label("", "lead", wrap=True)
        column.addWidget(self._title)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(8)
        self.login, self.name, self.password = QLineEdit(), QLineEdit(), QLineEdit()
        # What takes an input method could not be typed at the sign-in.
        self.password.setAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled, False)
        self.role: Final = RoleChoice()
        rows: tuple[tuple[str, QWidget], ...] = (
            (self.tr("登录名"), self.login),
            (self.tr("姓名"), self.name),
            (self.tr("角色"), self.role),
            (self.tr("初始密码"), self.password),
        )
        self._rows: list[tuple[QWidget, QWidget]] = []
        for line, (name, field) in enumerate(rows):
            label = text_label(name)
            field.setAccessibleName(name)
            field.setMinimumHeight(38)
            alignment = Qt.AlignmentFlag.AlignTop
            if isinstance(field, QLineEdit):
                alignment = Qt.AlignmentFlag.AlignVCenter
                field.setMaxLength(64)
                field.textChanged.connect(self._check)
                field.returnPressed.connect(self._submit)
            grid.addWidget(label, line, 0, alignment)
            grid.addWidget(field, line, 1)
            self._rows.append((label, field))
        self.login.setPlaceholderText(self.tr("字母、数字、汉字，例如 wangjg"))
        again = button(self.tr("换一个"))
        again.setAccessibleName(self.tr("生成另一个初始密码"))
        again.clicked.connect(self._generate)
        self._again: Final = again
        grid.addWidget(again, 3, 2)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self._hint: Final = text_label("", "caption", wrap=True)
        column.addWidget(self._hint)
        foot = QHBoxLayout()
        self.confirm: Final = button("", "primary")
        self.confirm.clicked.connect(self._submit)
        self.back: Final = button(self.tr("返回"))
        self.back.clicked.connect(self.left)
        foot.addStretch(1)
        foot.addWidget(self.back)
        foot.addWidget(self.confirm)
        column.addLayout(foot)
        for each in (again, self.confirm, self.back):
            # Enter in a field sends; else it would press one of them as well.
            each.setAutoDefault(False)

    def ask_new(self, *, first: bool) -> None:
        """Ask for a new account; the first one must be of who keeps accounts."""
        self._person = None
        title, hint = self.tr("新增账户"), self._told_once()
        if first:
            title = self.tr("设置第一个账户（运维）")
            hint = self.tr(
                "从此各人要登录才能操作。这个账户管理其他账户；"
                "密码请自己定，至少 {n} 个字符，登录后还要改一次。"
            ).format(n=SHORTEST)
        self._begin(title, self.tr("建立账户"), hint, (0, 1, 2, 3))
        self._again.setVisible(not first)
        self.login.clear()
        self.name.clear()
        self.role.choose(Role.INSTALLER if first else Role.OPERATOR, only=first)
        self.password.setText("" if first else generated())
        self.login.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask_change(self, person: Person) -> None:
        """Ask for another name and role."""
        self._person = person
        title = self.tr("修改「{login}」").format(login=person.login)
        hint = self.tr("已写入日志的姓名和角色不会改变。")
        self._begin(title, self.tr("保存修改"), hint, (1, 2))
        self.name.setText(person.name)
        self.role.choose(person.role)
        self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def ask_password(self, person: Person) -> None:
        """Ask for a new first password."""
        self._person = person
        title = self.tr("重设「{login}」的密码").format(login=person.login)
        self._begin(title, self.tr("重设密码"), self._told_once(), (3,))
        self.password.setText(generated())
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)
        self.password.selectAll()

    def rest(self) -> None:
        """Forget the password."""
        self.password.setText("")
        self.hide()

    def _begin(self, title: str, action: str, hint: str, rows: tuple[int, ...]) -> None:
        self._title.setText(breakable(title))
        self.confirm.setText(action)
        self._hint.setText(breakable(hint))
        for line, pair in enumerate(self._rows):
            for widget in pair:
                widget.setVisible(line in rows)
        self._again.setVisible(3 in rows)
        self.show()
        self._check()

    def _told_once(self) -> str:
        return self.tr("请把初始密码告诉本人；第一次登录时必须改成自己的。")

    @Slot()
    def _generate(self) -> None:
        self.password.setText(generated())

    @Slot()
    def _check(self) -> None:
        shown = [field for _, field in self._rows if not field.isHidden()]
        fields = [each for each in shown if isinstance(each, QLineEdit)]
        self.confirm.setEnabled(all(each.text().strip() for each in fields))

    @Slot()
    def _submit(self) -> None:
        if not self.confirm.isEnabled():
            return
        person, name = self._person, self.name.text().strip()
        if person is None:
            login = self.login.text().strip()
            made = Person(login=login, name=name, role=self.role.role)
            self.added.emit(made, self.password.text())
        elif not self.name.isHidden():
            self.changed.emit(person.login, name, self.role.role)
        else:
            self.password_set.emit(person.login, self.password.text())
