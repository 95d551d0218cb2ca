"""Lets somebody choose a password of his own."""

from typing import Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.people.secret_field import SecretField
from app.desktop.people.told import Told
from app.desktop.pieces import button, text_label

_TALL: Final = 38
"""Of a field: three of them, with all that may be said, fit into 512 pixels."""


class PasswordForm(QWidget):
    """The old password, and the new one twice.

    Signals:
        submitted: The old password and the new one.
    """

    submitted = Signal(str, str)

    def __init__(self, look: Look, rules: str) -> None:
        """Take what a password has to be: it is said before one is typed."""
        super().__init__()
        self._busy = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(text_label(rules, "muted", wrap=True))
        self.old: Final = SecretField(self.tr("原密码"))
        self.new: Final = SecretField(self.tr("新密码"))
        self.again: Final = SecretField(self.tr("再输一遍新密码"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        for line, field in enumerate(self._fields):
            grid.addWidget(text_label(field.accessibleName()), line, 0)
            field.setMinimumHeight(_TALL)
            grid.addWidget(field, line, 1)
            field.caps_changed.connect(self._show_caps)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self.caps: Final = Told(look)
        column.addWidget(self.caps)
        self.told: Final = Told(look)
        column.addWidget(self.told)
        self.button: Final = button("", "primary")
        self.button.setMinimumHeight(48)
        self.foot: Final = QHBoxLayout()
        self.foot.setSpacing(10)
        self.foot.addWidget(self.button, 1)
        column.addLayout(self.foot)
        self.button.clicked.connect(self.submit)
        self.old.returnPressed.connect(self._to_new)
        self.new.returnPressed.connect(self._to_again)
        self.again.returnPressed.connect(self.submit)
        self._show()

    @property
    def _fields(self) -> tuple[SecretField, SecretField, SecretField]:
        return self.old, self.new, self.again

    def begin(self) -> None:
        """Ask afresh."""
        self.rest()
        self._show()

    def rest(self) -> None:
        """Forget what was typed."""
        self._busy = False
        self.told.say("")
        for field in self._fields:
            field.wipe()

    def take_focus(self) -> None:
        """Put the cursor where typing begins."""
        self.old.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def submit(self) -> None:
        """Send both passwords, once; what cannot be right is said at once."""
        if self._busy:
            return
        for field in self._fields:
            if not field.text():
                field.setFocus(Qt.FocusReason.OtherFocusReason)
                return
        if self.new.text() != self.again.text():
            self.new.wipe()
            self.again.wipe()
            self.told.say(self.tr("两遍新密码不一样，请重新输入。"), Severity.ALARM)
            self.new.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._busy = True
        self.told.say("")
        self._show()
        self.again.wipe()
        self.submitted.emit(self.old.take(), self.new.take())

    def refuse(self, sentence: str) -> None:
        """Say why the password is still the old one."""
        self._busy = False
        self.told.say(sentence, Severity.ALARM)
        self._show()
        self.take_focus()

    @Slot(bool)
    def _show_caps(self, caps: bool) -> None:
        sentence = self.tr("大写锁定（Caps Lock）打开着") if caps else ""
        self.caps.say(sentence, Severity.ATTENTION)

    @Slot()
    def _to_new(self) -> None:
        self.new.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _to_again(self) -> None:
        self.again.setFocus(Qt.FocusReason.OtherFocusReason)

    def _show(self) -> None:
        self.button.setText(self.tr("正在保存…") if self._busy else self.tr("修改密码"))
        self.button.setEnabled(not self._busy)
        for field in self._fields:
            field.setReadOnly(self._busy)
