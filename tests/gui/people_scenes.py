"""People of a desk, and what they do at its gate, for tests and pictures."""

from PySide6.QtWidgets import QApplication, QWidget

from app.core.people import Role
from app.desktop.people.doorkeeper import Doorkeeper
from app.desktop.people.gate import Gate
from app.desktop.window import DeskWindow
from tests.fake_people import PASSWORD
from tests.gui.support import DeskForTests, Expect

WRONG = "不是这个密码"
NEW = "Dongling-chunyu-2026"


def staffed(desk: DeskForTests) -> None:
    """Give a desk the people of two shifts."""
    desk.people.put("wangjg", "王建国", Role.OPERATOR)
    desk.people.put("lixm", "李晓梅", Role.SUPERVISOR)
    desk.people.put("zhaoyw", "赵运维", Role.INSTALLER)
    desk.people.put("sunty", "孙调优", Role.TUNER)


def door_of(window: DeskWindow) -> Doorkeeper:
    """Give who opens and closes the desk."""
    assert window.door is not None
    return window.door


def gate_of(window: DeskWindow) -> Gate:
    """Give the page over the desk."""
    return door_of(window).gate


async def enter(window: DeskWindow, login: str, password: str = PASSWORD) -> None:
    """Type login and password, and wait for what comes of it."""
    door = door_of(window)
    form = door.gate.form
    form.login.setText(login)
    form.password.setText(password)
    async with Expect(door.settled):
        form.submit()


async def lock(window: DeskWindow) -> None:
    """Lock the screen."""
    door = door_of(window)
    async with Expect(door.settled):
        door.lock()


async def leave(window: DeskWindow) -> None:
    """Sign out."""
    door = door_of(window)
    async with Expect(door.settled):
        door.sign_out()


def beside(window: DeskWindow) -> list[QWidget]:
    """Give the windows on the screen that are not the desk's own."""
    tops = QApplication.topLevelWidgets()
    return [top for top in tops if top.isVisible() and top is not window]
