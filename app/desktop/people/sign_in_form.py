"""Asks for login and password; says what went wrong, and how long a lock lasts."""

from datetime import UTC, datetime
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.people.secret_field import SecretField
from app.desktop.people.told import Told
from app.desktop.pieces import button, text_label

_TALL: Final = 44
_LONGEST: Final = 64


class SignInForm(QWidget):
    """Two fields and a button; nothing typed stays after it was used.

    Signals:
        submitted: Login and password.
    """

    submitted = Signal(str, str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._action = ""
        self._busy = False
        self._locked: dict[str, datetime] = {}
        """Logins that are locked, folded, and until when."""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        self.login: Final = QLineEdit()
        self.login.setAccessibleName(self.tr("登录名"))
        self.login.setMaxLength(_LONGEST)
        self.login.setMinimumHeight(_TALL)
        self.password: Final = SecretField(self.tr("密码"))
        for line, (name, field) in enumerate(
            ((self.tr("登录名"), self.login), (self.tr("密码"), self.password))
        ):
            grid.addWidget(text_label(name), line, 0)
            grid.addWidget(field, line, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        self.caps: Final = Told(look)
        column.addWidget(self.caps)
        self.told: Final = Told(look)
        column.addWidget(self.told)
        self.button: Final = button("", "primary")
        self.button.setMinimumHeight(52)
        column.addWidget(self.button)
        self.login.returnPressed.connect(self._to_password)
        self.login.textChanged.connect(self._show)
        self.password.returnPressed.connect(self.submit)
        self.password.caps_changed.connect(self._show_caps)
        self.button.clicked.connect(self.submit)
        self._second: Final = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._show)

    @property
    def busy(self) -> bool:
        """Whether a password is being checked."""
        return self._busy

    def begin(self, login: str, action: str) -> None:
        """Ask afresh; `action` is the word on the button."""
        self._action = action
        self._busy = False
        self._locked.clear()
        self.login.setText(login)
        self.password.wipe()
        self.told.say("")
        self._show()

    def take_focus(self) -> None:
        """Put the cursor where typing begins."""
        wanted = self.password if self.login.text() else self.login
        wanted.setFocus(Qt.FocusReason.OtherFocusReason)

    def rest(self) -> None:
        """Forget what was typed, and count nothing."""
        self.password.wipe()
        self._second.stop()
        self.told.say("")

    @Slot()
    def submit(self) -> None:
        """Send what was typed, once."""
        if self._busy or not self._ready():
            return
        if not self.login.text().strip():
            self.login.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        if not self.password.text():
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        self._busy = True
        self.told.say("")
        self._show()
        self.submitted.emit(self.login.text().strip(), self.password.take())

    def refuse(self, sentence: str) -> None:
        """Say why nobody was let in."""
        self._busy = False
        self.told.say(sentence, Severity.ALARM)
        self._show()
        self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def waiting(self) -> str:
        """Login of the account that is counted down; empty: none is."""
        return self.login.text().strip() if self._left_s() else ""

    def wait_until(self, login: str, until: datetime | None) -> None:
        """Let an account wait until then; None: it need not wait."""
        if until is None:
            self._locked.pop(_folded(login), None)
        else:
            self._locked[_folded(login)] = until
        self._show()

    def _ready(self) -> bool:
        return self._left_s() <= 0

    def _left_s(self) -> int:
        until = self._locked.get(_folded(self.login.text()))
        if until is None:
            return 0
        return max(0, -int((datetime.now(UTC) - until).total_seconds() // 1))

    @Slot(bool)
    def _show_caps(self, caps: bool) -> None:
        sentence = self.tr("大写锁定（Caps Lock）打开着") if caps else ""
        self.caps.say(sentence, Severity.ATTENTION)

    @Slot()
    def _to_password(self) -> None:
        if self.password.text():
            self.submit()
        else:
            self.password.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _show(self) -> None:
        left = self._left_s()
        if left and not self._second.isActive():
            self._second.start()
        elif not left and self._second.isActive():
            self._second.stop()
            self.told.say(self.tr("现在可以再试了。"), Severity.NORMAL)
        text = self._action
        if self._busy:
            text = self.tr("正在核对…")
        elif left:
            minutes, seconds = divmod(left, 60)
            text = self.tr("账户锁定中，还剩 {minutes}:{seconds}").format(
                minutes=minutes, seconds=f"{seconds:02}"
            )
        self.button.setText(text)
        self.button.setEnabled(not self._busy and not left)
        for field in (self.login, self.password):
            field.setReadOnly(self._busy)


def _folded(login: str) -> str:
    return login.strip().casefold()
