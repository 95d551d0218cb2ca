"""Who is at the desk, in the header; a click opens what he may do about it."""

from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton

from app.core.people import May
from app.core.presence import Presence
from app.desktop.people.naming import role_word
from app.desktop.pieces import caption, tip

LOCK_KEY: Final = "Ctrl+Shift+L"
"""Not Ctrl+Alt+L: that locks the whole computer on most Linux desks."""
_WIDE: Final = 190
_NARROW: Final = 120
_ROOMY: Final = 1000
"""From this width of the window on, a name has more room."""


class PersonButton(QPushButton):
    """Says who is signed in, or plainly that nobody signs in here.

    Signals:
        lock_wanted: The screen is to be locked.
        change_wanted: Whoever is there wants another password.
        sign_out_wanted: Whoever is there leaves.
        accounts_wanted: The accounts are to be looked at, or the first one made.
    """

    lock_wanted = Signal()
    change_wanted = Signal()
    sign_out_wanted = Signal()
    accounts_wanted = Signal()

    def __init__(self, presence: Presence, operator: str) -> None:
        """Take in whose name everybody acts where there are no accounts."""
        super().__init__()
        self._presence, self._operator = presence, operator
        self._room = _WIDE
        self._menu: QMenu | None = None
        # Enter presses it; Space may be the talk key.
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(self.show_menu)
        self.tell()

    @property
    def menu_shown(self) -> QMenu | None:
        """The menu on the screen, if any."""
        return self._menu

    def make_room(self, window_width: int) -> None:
        """Say less of a long name where the window is narrow."""
        room = _WIDE if window_width >= _ROOMY else _NARROW
        if room != self._room:
            self._room = room
            self.tell()

    def tell(self) -> None:
        """Say who is there now."""
        person = self._presence.person
        if person is not None:
            role = role_word(person.role)
            # A name that has no room is cut, never the role.
            text = self.tr("{name} · {role}").format(name="{name}", role=role)
            name = self._cut(person.name, self._width(text.format(name="")))
            text = text.format(name=name)
            more = self.tr("{name}（{role}），登录名 {login}").format(
                name=person.name, role=role, login=person.login
            )
        elif self._presence.configured:
            text = more = self.tr("未登录")
        else:
            text = self.tr("未设账户")
            more = self.tr(
                "任何人都以「{name}」的名义操作，日志里分不清是谁。"
                "要各人登录，请点这里设置第一个账户（运维）。"
            ).format(name=self._operator)
        self.setText(caption(text))
        self.setToolTip(tip(more))
        self.setAccessibleName(self.tr("值班人员：{text}").format(text=text))
        self.setAccessibleDescription(more)

    def _width(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text)

    def _cut(self, name: str, taken: int) -> str:
        room = max(self._room - taken, self._width(name[:1]) * 3)
        right = Qt.TextElideMode.ElideRight
        return self.fontMetrics().elidedText(name, right, room)

    @Slot()
    def show_menu(self) -> None:
        """Open the menu below the button."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        actor = self._presence.actor
        if not self._presence.configured:
            menu.addAction(self.tr("设置第一个账户…")).triggered.connect(
                self.accounts_wanted
            )
        else:
            lock = menu.addAction(self.tr("锁定屏幕") + "\t" + LOCK_KEY)
            lock.triggered.connect(self.lock_wanted)
            for text, wanted in (
                (self.tr("修改密码…"), self.change_wanted),
                (self.tr("退出登录"), self.sign_out_wanted),
            ):
                menu.addAction(text).triggered.connect(wanted)
            if actor is not None and actor.may(May.KEEP_PEOPLE):
                menu.addSeparator()
                menu.addAction(self.tr("账户…")).triggered.connect(self.accounts_wanted)
        menu.destroyed.connect(self._gone)
        self._menu = menu
        corner = self.mapToGlobal(QPoint(0, self.height() + 2))
        right = self.screen().availableGeometry().right()
        corner.setX(min(corner.x(), right - menu.sizeHint().width()))
        menu.popup(corner)

    @Slot()
    def _gone(self) -> None:
        self._menu = None
