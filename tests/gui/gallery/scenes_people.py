"""Scenes of people: signing in, the lock, the accounts."""

import asyncio

from PySide6.QtTest import QTest

from app.core.errors import PeopleError
from app.core.model import Call, Check
from app.core.people import Role
from app.desktop.people.accounts import AccountsWindow
from app.desktop.people.gate import Door
from tests.gui.gallery.furniture import ALARMING
from tests.gui.gallery.scene import Scene, Stage
from tests.gui.people_scenes import (
    WRONG,
    beside,
    door_of,
    enter,
    gate_of,
    leave,
    lock,
    staffed,
)
from tests.gui.support import JINAN, SPOKEN, DeskForTests, Expect, said, seen

LONG_NAME = "阿布都热合曼·买买提吐尔逊江·依明诺夫"


def newcomer(desk: DeskForTests) -> None:
    staffed(desk)
    desk.people.put("xinren", "辛仁", Role.OPERATOR, must_change=True)
    desk.people.put("abu", LONG_NAME, Role.SUPERVISOR)


def unreadable(desk: DeskForTests) -> None:
    staffed(desk)
    desk.people.error = PeopleError("账户文件「people.sqlite」已损坏: 没有格式版本")


async def sign_in(stage: Stage) -> None:
    stage.window.activateWindow()


async def sign_in_wrong(stage: Stage) -> None:
    await enter(stage.window, "wangjg", WRONG)
    QTest.keyClicks(gate_of(stage.window).form.password, "ABCD")


async def locked_out(stage: Stage) -> None:
    for _ in range(5):
        await enter(stage.window, "wangjg", WRONG)


async def must_change(stage: Stage) -> None:
    await enter(stage.window, "xinren")
    form = gate_of(stage.window).change
    form.old.setText(WRONG)
    form.new.setText(WRONG)
    form.again.setText("oops")
    form.submit()
    QTest.keyClicks(gate_of(stage.window).change.new, "ABCD")


async def locked(stage: Stage) -> None:
    await enter(stage.window, "wangjg")
    await lock(stage.window)


async def locked_at_work(stage: Stage) -> None:
    await enter(stage.window, "abu")
    await said(stage.session, ALARMING)
    stage.desk.dispatcher.gate = asyncio.Event()
    async with Expect(stage.session.bridge.call_started):
        stage.session.submit_text(SPOKEN)
    await lock(stage.window)


async def signed_in(stage: Stage) -> None:
    await enter(stage.window, "wangjg")
    await said(stage.session, SPOKEN)
    await lock(stage.window)
    await enter(stage.window, "abu")


async def person_menu(stage: Stage) -> None:
    await enter(stage.window, "zhaoyw")
    door_of(stage.window).badge.click()


async def acknowledging(stage: Stage) -> None:
    await enter(stage.window, "wangjg")
    await said(stage.session, ALARMING)
    door_of(stage.window)._alarm_bar.acknowledge.click()


async def may_not(stage: Stage) -> None:
    await enter(stage.window, "zhaoyw")
    await said(stage.session, ALARMING)
    door_of(stage.window)._alarm_bar.ask()


async def password(stage: Stage) -> None:
    await enter(stage.window, "wangjg")
    door_of(stage.window).show_password()


async def first_account(stage: Stage) -> None:
    door_of(stage.window).show_accounts()


async def opened(stage: Stage) -> AccountsWindow:
    await enter(stage.window, "wangjg", WRONG)
    for _ in range(4):
        await enter(stage.window, "wangjg", WRONG)
    stage.desk.people.change("sunty", disabled=True)
    await enter(stage.window, "zhaoyw")
    door_of(stage.window).show_accounts()
    (found,) = (top for top in beside(stage.window) if isinstance(top, AccountsWindow))
    async with Expect(found.settled):
        pass
    return found


async def accounts(stage: Stage) -> None:
    await opened(stage)


async def account_new(stage: Stage) -> None:
    window = await opened(stage)
    window.new.click()
    window.form.login.setText("chenwei")
    window.form.name.setText("陈伟")
    window.form.role.buttons[Role.SUPERVISOR].click()
    window.form.password.setText("k7md-4xwq-9rtp")


async def account_made(stage: Stage) -> None:
    await account_new(stage)
    (window,) = (top for top in beside(stage.window) if isinstance(top, AccountsWindow))
    async with Expect(window.settled):
        window.form.confirm.click()


async def no_door(stage: Stage) -> None:
    door = door_of(stage.window)
    if door.gate.door is not Door.FAULT:
        async with Expect(door.changed, lambda: door.gate.door is Door.FAULT):
            pass


async def left(stage: Stage) -> None:
    stage.desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=3, actual=3)})
    await enter(stage.window, "wangjg")
    await leave(stage.window)


PEOPLE = (
    Scene(name="sign-in", act=sign_in, prepare=staffed),
    Scene(name="sign-in-wrong", act=sign_in_wrong, prepare=staffed),
    Scene(name="sign-in-locked-out", act=locked_out, prepare=staffed),
    Scene(name="sign-in-alarms", act=left, prepare=staffed, alarms=2),
    Scene(name="sign-in-must-change", act=must_change, prepare=newcomer, alarms=2),
    Scene(name="sign-in-no-accounts-file", act=no_door, prepare=unreadable),
    Scene(name="screen-locked", act=locked, prepare=staffed),
    Scene(name="screen-locked-alarms", act=locked_at_work, prepare=newcomer, alarms=3),
    Scene(name="signed-in", act=signed_in, prepare=newcomer),
    Scene(name="person-menu", act=person_menu, prepare=staffed),
    Scene(name="acknowledge-signed-in", act=acknowledging, prepare=staffed),
    Scene(name="may-not-acknowledge", act=may_not, prepare=staffed),
    Scene(name="change-password", act=password, prepare=staffed),
    Scene(name="first-account", act=first_account),
    Scene(name="accounts", act=accounts, prepare=newcomer),
    Scene(name="account-new", act=account_new, prepare=newcomer),
    Scene(name="account-made", act=account_made, prepare=newcomer),
)
