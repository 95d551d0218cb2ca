"""Accounts are made and changed in the window, by whoever keeps them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PySide6.QtCore import Qt
from shiboken6 import isValid

from app.core.errors import PeopleError
from app.core.people import Before, Person, Role
from app.desktop.people.accounts import AccountsWindow
from app.desktop.people.gate import Door
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.people_scenes import (
    NEW,
    WRONG,
    beside,
    door_of,
    enter,
    gate_of,
    leave,
    lock,
    staffed,
)
from tests.gui.support import Expect, texts
from tests.gui.test_accessible import check


@asynccontextmanager
async def accounts(stage: Stage) -> AsyncIterator[AccountsWindow]:
    """Have the accounts open, as whoever keeps them."""
    await enter(stage.window, "zhaoyw")
    door_of(stage.window).show_accounts()
    (opened,) = beside(stage.window)
    assert isinstance(opened, AccountsWindow)
    async with Expect(opened.settled):
        pass
    yield opened
    if isValid(opened):
        opened.close()


def choose(opened: AccountsWindow, login: str) -> None:
    opened.table.selectRow(opened.model.row_of(login))


def test_the_first_account_is_of_who_keeps_accounts_and_ends_the_open_desk(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        window, door = stage.window, door_of(stage.window)
        door.badge.click()
        assert door.badge.menu_shown is not None
        (action,) = door.badge.menu_shown.actions()
        assert action.text() == "设置第一个账户…"
        action.trigger()
        (opened,) = (top for top in beside(window) if isinstance(top, AccountsWindow))
        check(opened)
        form = opened.form
        assert form.role.role is Role.INSTALLER
        assert not form.role.buttons[Role.OPERATOR].isEnabled()
        assert not form.confirm.isEnabled()
        form.login.setText("zhaoyw")
        form.name.setText("赵运维")
        form.password.setText("kurz")
        async with Expect(opened.settled):
            form.confirm.click()
        assert "至少要8个字符" in opened.told.text
        assert stage.desk.people.everybody() == ()
        assert form.login.text() == "zhaoyw", "what was typed is put right"
        form.password.setText(NEW)
        gate = gate_of(window)
        async with Expect(door.changed, lambda: gate.door is Door.SIGN_IN):
            form.confirm.click()
        assert beside(window) == []
        assert not window.page.isVisible()
        assert gate.form.login.text() == "zhaoyw"
        await enter(window, "zhaoyw", NEW)
        assert gate.door is Door.CHANGE
        assert stage.desk.noted.kinds == ["person_added", "signed_in"]

    play(scene)


def test_whoever_closes_the_window_too_soon_still_has_to_sign_in(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        window, people = stage.window, stage.desk.people
        add, closed = people.add, threading.Event()

        def slowly(
            person: Person, password: str, *, before: Before | None = None
        ) -> Person:
            assert closed.wait(9)
            return add(person, password, before=before)

        monkeypatch.setattr(people, "add", slowly)
        door_of(window).show_accounts()
        (opened,) = beside(window)
        assert isinstance(opened, AccountsWindow)
        form = opened.form
        for field, typed in (
            (form.login, "wang"),
            (form.name, "王工"),
            (form.password, NEW),
        ):
            field.setText(typed)
        form.confirm.click()
        opened.close()
        while isValid(opened):
            await asyncio.sleep(0)
        gate = gate_of(window)
        shut = Expect(door_of(window).changed, lambda: gate.door is Door.SIGN_IN)
        async with shut:
            closed.set()
        assert not window.page.isVisible()

    play(scene)


def test_no_first_password_is_set_that_the_sign_in_could_not_take(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            enabled = Qt.WidgetAttribute.WA_InputMethodEnabled
            assert not opened.form.password.testAttribute(enabled)
            assert opened.form.name.testAttribute(enabled)

    play(scene, prepare=staffed)


def test_an_account_is_added_with_a_password_that_is_shown_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            opened.new.click()
            check(opened)
            form = opened.form
            form.login.setText("chenwei")
            form.name.setText("陈伟")
            form.role.buttons[Role.SUPERVISOR].click()
            assert "审批更正" in texts(form.role)
            first = form.password.text()
            form._again.click()
            assert form.password.text() != first
            first = form.password.text()
            async with Expect(opened.settled):
                form.confirm.click()
            assert first in opened.told.text
            assert form.password.text() == ""
            assert form.isHidden()
            made = stage.desk.people.find("chenwei")
            assert made is not None
            assert (made.name, made.role) == ("陈伟", Role.SUPERVISOR)
            assert opened.model.row_of("chenwei") >= 0
            # What the buttons below would change now.
            assert opened.chosen is not None
            assert opened.chosen.login == "chenwei"
            told = opened.told
            opened.close()
            assert told.text == ""
        await leave(stage.window)
        await enter(stage.window, "chenwei", first)
        assert gate_of(stage.window).door is Door.CHANGE

    play(scene, prepare=staffed)


def test_name_and_role_are_changed_and_one_s_own_are_shown_at_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            choose(opened, "sunty")
            opened.edit.click()
            opened.form.name.setText("孙小优")
            opened.form.role.buttons[Role.OPERATOR].click()
            async with Expect(opened.settled):
                opened.form.confirm.click()
            changed = stage.desk.people.find("sunty")
            assert changed is not None
            assert (changed.name, changed.role) == ("孙小优", Role.OPERATOR)
            choose(opened, "zhaoyw")
            opened.edit.click()
            opened.form.name.setText("赵大维")
            async with Expect(opened.settled):
                opened.form.confirm.click()
            assert door_of(stage.window).badge.text() == "赵大维 · 运维"

    play(scene, prepare=staffed)


def test_the_last_who_keeps_accounts_stays_one(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            choose(opened, "zhaoyw")
            async with Expect(opened.settled):
                opened.disable.click()
            assert "最后一个能管理账户的人" in opened.told.text
            assert not stage.desk.people.find("zhaoyw").disabled

    play(scene, prepare=staffed)


def test_an_account_is_disabled_and_enabled_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            choose(opened, "wangjg")
            async with Expect(opened.settled):
                opened.disable.click()
            assert stage.desk.people.find("wangjg").disabled
            assert opened.disable.text() == "启用"
            row = opened.model.row_of("wangjg")
            assert opened.model.index(row, 3).data() == "已停用"
            async with Expect(opened.settled):
                opened.disable.click()
            assert not stage.desk.people.find("wangjg").disabled

    play(scene, prepare=staffed)


def test_a_locked_account_is_unlocked(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        for _ in range(5):
            await enter(stage.window, "wangjg", WRONG)
        async with accounts(stage) as opened:
            choose(opened, "lixm")
            assert not opened.unlock.isEnabled()
            choose(opened, "wangjg")
            row = opened.model.row_of("wangjg")
            assert opened.model.index(row, 3).data().startswith("锁定到 ")
            async with Expect(opened.settled):
                opened.unlock.click()
            assert not opened.unlock.isEnabled()
        await leave(stage.window)
        await enter(stage.window, "wangjg", PASSWORD)
        assert stage.window.page.isVisible()

    play(scene, prepare=staffed)


def test_a_password_is_set_anew_and_must_be_changed(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            choose(opened, "wangjg")
            opened.reset.click()
            opened.form.password.setText(NEW)
            async with Expect(opened.settled):
                opened.form.confirm.click()
            assert NEW in opened.told.text
        await leave(stage.window)
        await enter(stage.window, "wangjg", NEW)
        assert gate_of(stage.window).door is Door.CHANGE

    play(scene, prepare=staffed)


def test_the_accounts_are_hidden_by_the_lock_and_closed_for_the_next_person(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            await lock(stage.window)
            assert not opened.isVisible()
            await enter(stage.window, "zhaoyw")
            assert opened.isVisible()
            await lock(stage.window)
            await enter(stage.window, "wangjg")
            assert beside(stage.window) == []
            menu = door_of(stage.window).badge
            menu.click()
            assert menu.menu_shown is not None
            assert "账户…" not in [a.text() for a in menu.menu_shown.actions()]

    play(scene, prepare=staffed)


def test_accounts_that_cannot_be_read_are_told_in_a_sentence(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with accounts(stage) as opened:
            stage.desk.people.error = PeopleError("账户文件一直被另一个程序占用")
            choose(opened, "wangjg")
            async with Expect(opened.settled):
                opened.disable.click()
            assert "一直被另一个程序占用" in opened.told.text
            stage.desk.people.error = None

    play(scene, prepare=staffed)
