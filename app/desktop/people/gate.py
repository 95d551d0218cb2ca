"""The page over the desk: sign in, unlock, or choose a password first."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.people.naming import joined
from app.desktop.people.open_alarms import OpenAlarmsLine
from app.desktop.people.password_form import PasswordForm
from app.desktop.people.rules import password_rules
from app.desktop.people.sign_in_form import SignInForm
from app.desktop.people.told import Told
from app.desktop.pieces import ElidedLabel, button, set_state, text_label
from app.desktop.words import breakable

_WIDE: Final = 560
_LOW: Final = 620
"""Below this height of the window the title is smaller, and lines stand closer."""


class Door(StrEnum):
    """What stands between whoever is there and the desk."""

    OPEN = "open"
    SIGN_IN = "sign_in"
    LOCKED = "locked"
    CHANGE = "change"
    """The password was set by somebody else."""
    FAULT = "fault"
    """The accounts cannot be read: nobody is let in."""


class Gate(QFrame):
    """Covers its window with one of the doors; shows nothing of the desk.

    Signals:
        submitted: Login and password.
        new_password: The old password and the new one.
        sign_out_wanted: Whoever has to change his password would rather leave.
        retry_wanted: The accounts are to be read again.
    """

    submitted = Signal(str, str)
    new_password = Signal(str, str)
    sign_out_wanted = Signal()
    retry_wanted = Signal()

    def __init__(
        self, window: QWidget, look: Look, workstation: str, alarms: OpenAlarmsLine
    ) -> None:
        super().__init__(window)
        self._window = window
        self._door = Door.OPEN
        self.setObjectName("veil")
        self.hide()
        outer = QVBoxLayout(self)
        outer.setContentsMargins(24, 10, 24, 10)
        head = QHBoxLayout()
        place = ElidedLabel("muted")
        place.setText(
            self.tr("GridDesk 巡检值班台　{desk}").format(desk=workstation).strip()
        )
        head.addWidget(place, 1)
        self._clock = text_label("", "clock")
        head.addWidget(self._clock)
        outer.addLayout(head)
        outer.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        card = QFrame()
        card.setObjectName("card")
        card.setMaximumWidth(_WIDE)
        card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Maximum)
        middle.addWidget(card, 1000)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)
        self._column: Final = QVBoxLayout(card)
        column = self._column
        column.setContentsMargins(28, 16, 28, 18)
        self.title: Final = text_label("", "hero", wrap=True)
        self.detail: Final = text_label("", "muted", wrap=True)
        column.addWidget(self.title)
        column.addWidget(self.detail)
        self.alarms: Final = alarms
        column.addWidget(alarms)
        self.fault: Final = Told(look)
        column.addWidget(self.fault)
        self.form: Final = SignInForm(look)
        column.addWidget(self.form)
        self.change: Final = PasswordForm(look, password_rules())
        column.addWidget(self.change)
        self.leave: Final = button(self.tr("退出登录"))
        self.leave.clicked.connect(self.sign_out_wanted)
        self.leave.setMinimumHeight(48)
        self.change.foot.addWidget(self.leave)
        self.retry: Final = button(self.tr("重新读取账户"), "primary")
        self.retry.setMinimumHeight(52)
        self.retry.clicked.connect(self.retry_wanted)
        column.addWidget(self.retry)
        self.form.submitted.connect(self.submitted)
        self.change.submitted.connect(self.new_password)
        self._second: Final = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        window.installEventFilter(self)

    @property
    def door(self) -> Door:
        """What is shown."""
        return self._door

    def ask_sign_in(self, login: str = "") -> None:
        """Ask who is there; `login` is who it probably is."""
        self.form.begin(login, self.tr("登录"))
        self._open(
            Door.SIGN_IN,
            self.tr("请登录"),
            self.tr("登录后才能查询；操作都以登录人的名义写入日志。"),
        )

    def ask_unlock(self, login: str, who: str, at: datetime, running: int) -> None:
        """Ask whoever locked the screen, or whoever comes in his place."""
        self.form.begin(login, self.tr("解锁"))
        text = self.tr("{who}在 {time} 锁定。换人值班，请改成自己的登录名。").format(
            who=who, time=at.astimezone().strftime("%H:%M:%S")
        )
        if running:
            more = self.tr("进行中的查询 {n} 条，照常完成并写入日志。")
            text = joined(text, more.format(n=running))
        self._open(Door.LOCKED, self.tr("屏幕已锁定"), text)

    def ask_change(self, who: str) -> None:
        """Let a person choose a password that nobody else knows."""
        self.change.begin()
        text = self.tr("{who}，现在的密码是别人设的，请先换成只有自己知道的。")
        self._open(Door.CHANGE, self.tr("请修改密码"), text.format(who=who))

    def show_fault(self, sentence: str) -> None:
        """Say why nobody can be let in."""
        self.fault.say(sentence, Severity.ALARM)
        self._open(Door.FAULT, self.tr("无法登录"), "")

    def open(self) -> None:
        """Let the desk be seen."""
        self._door = Door.OPEN
        self.rest()
        self.hide()

    def rest(self) -> None:
        """Forget what was typed, and do nothing more by itself."""
        self._second.stop()
        self.form.rest()
        self.change.rest()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the window."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._fit()
        return False

    def take_focus(self) -> None:
        """Put the cursor where typing begins."""
        if self._door in (Door.SIGN_IN, Door.LOCKED):
            self.form.take_focus()
        elif self._door is Door.CHANGE:
            self.change.take_focus()
        elif self._door is Door.FAULT:
            self.retry.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open(self, door: Door, title: str, detail: str) -> None:
        if door is not Door.CHANGE:
            self.change.rest()
        if door is Door.CHANGE or door is Door.FAULT:
            self.form.rest()
        self._door = door
        signing = door in (Door.SIGN_IN, Door.LOCKED)
        self.setAccessibleName(title)
        self.title.setText(title)
        set_state(self.title, "tone", "alarm" if door is Door.FAULT else "")
        self.detail.setText(breakable(detail))
        self.detail.setVisible(bool(detail))
        self.form.setVisible(signing)
        self.change.setVisible(door is Door.CHANGE)
        self.fault.setVisible(door is Door.FAULT)
        self.retry.setVisible(door is Door.FAULT)
        self.alarms.say_locked(locked=door is Door.LOCKED)
        self._tick()
        self._second.start()
        self._fit()
        self.raise_()
        self.show()
        self.take_focus()

    def _fit(self) -> None:
        self.setGeometry(self._window.rect())
        low = self._window.height() < _LOW
        set_state(self.title, "role", "title" if low else "hero")
        self._column.setSpacing(5 if low else 12)

    @Slot()
    def _tick(self) -> None:
        self._clock.setText(datetime.now().astimezone().strftime("%H:%M:%S"))
