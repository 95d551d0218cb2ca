"""Nobody comes to the desk but by the gate, and nothing typed there stays."""

import asyncio
import threading
from datetime import timedelta
from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit

from app.core.errors import PeopleError, UsageError
from app.core.model import Call, Check
from app.core.people import Before, Person, Role
from app.desktop.people.gate import Door
from app.desktop.people.person_form import generated
from app.desktop.people.rules import SHORTEST
from app.people.passwords import SHORTEST as ASKED_FOR
from app.people.passwords import check_new
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.people_scenes import (
    NEW,
    WRONG,
    door_of,
    enter,
    gate_of,
    leave,
    staffed,
)
from tests.gui.support import (
    SPOKEN,
    YANTAI,
    DeskForTests,
    Expect,
    key,
    said,
    seen,
    texts,
)
from tests.gui.test_accessible import active, check, without_focus_ring

ALARMING = "检测烟台工地的安全帽"


def test_a_desk_without_accounts_opens_as_ever_and_says_that_nobody_signs_in(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        door = door_of(stage.window)
        assert door.gate.isHidden()
        assert stage.window.page.isVisible()
        assert door.badge.text() == "未设账户"
        assert "李明" in door.badge.toolTip()
        await said(stage.session, SPOKEN)
        (entry,) = stage.desk.journal.entries
        assert (entry.record.operator, entry.record.role) == ("李明", "")
        door.lock()
        assert not stage.desk.presence.locked
        assert "未设账户" in stage.window.bar.line.text()

    play(scene)


def test_nothing_of_the_desk_is_there_until_somebody_has_signed_in(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, gate = stage.window, gate_of(stage.window)
        await active(window)
        assert gate.door is Door.SIGN_IN
        assert gate.isVisible()
        assert not window.page.isVisible()
        assert window.focusWidget() is gate.form.login
        assert "李明" not in texts(window)
        stage.session.submit_text(SPOKEN)
        window.keys.talk_pressed.emit()
        key(window, Qt.Key.Key_F8, down=True)
        QTest.keyClick(window, Qt.Key.Key_F9)
        assert not stage.session.bridge.running
        assert stage.desk.microphone.takes == []
        assert not window.page.isVisible()

    play(scene, prepare=staffed)


def test_whoever_signs_in_by_keyboard_alone_asks_in_his_own_name(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, gate = stage.window, gate_of(stage.window)
        await active(window)
        QTest.keyClicks(gate.form.login, "wangjg")
        QTest.keyClick(gate.form.login, Qt.Key.Key_Return)
        assert window.focusWidget() is gate.form.password
        # Qt's test keyboard has no Chinese letters.
        gate.form.password.setText(PASSWORD)
        async with Expect(door_of(window).settled):
            QTest.keyClick(gate.form.password, Qt.Key.Key_Return)
        assert gate.isHidden()
        assert window.page.isVisible()
        assert gate.form.password.text() == ""
        assert door_of(window).badge.text() == "王建国 · 值班员"
        await said(stage.session, SPOKEN)
        (entry,) = stage.desk.journal.entries
        assert (entry.record.operator, entry.record.role) == ("王建国", "operator")

    play(scene, prepare=staffed)


def test_a_wrong_password_is_said_and_gone_from_the_field(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        await enter(stage.window, "wangjg", WRONG)
        assert form.told.text.startswith("登录名或密码不对")
        assert form.password.text() == ""
        form.password.undo()
        assert form.password.text() == ""
        assert stage.window.focusWidget() is form.password
        assert stage.desk.noted.kinds == ["sign_in_failed"]
        await enter(stage.window, "nobody", WRONG)
        assert form.told.text.startswith("登录名或密码不对")
        assert not stage.window.page.isVisible()

    play(scene, prepare=staffed)


def test_a_second_enter_while_the_password_is_checked_sends_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        sent: list[str] = []
        form.submitted.connect(lambda login, _: sent.append(login))
        stage.desk.noted.hold = asyncio.Event()
        form.login.setText("wangjg")
        form.password.setText(PASSWORD)
        async with Expect(door_of(stage.window).settled):
            QTest.keyClick(form.password, Qt.Key.Key_Return)
            assert form.button.text() == "正在核对…"
            assert not form.button.isEnabled()
            assert form.password.text() == ""
            QTest.keyClick(form.password, Qt.Key.Key_Return)
            QTest.keyClicks(form.password, "again")
            assert form.password.text() == ""
            stage.desk.noted.hold.set()
        assert sent == ["wangjg"]
        assert stage.window.page.isVisible()

    play(scene, prepare=staffed)


def test_a_refusal_does_not_wait_for_who_reads_the_log(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form, read = gate_of(stage.window).form, threading.Event()
        reading = asyncio.ensure_future(stage.session.reader.run(lambda: read.wait(9)))
        form.login.setText("wangjg")
        form.password.setText(WRONG)
        form.submit()
        try:
            while form.busy:
                await asyncio.sleep(0.01)
            assert "登录名或密码不对" in form.told.text
            assert not reading.done()
        finally:
            read.set()
        async with Expect(door_of(stage.window).settled):
            await reading

    play(scene, prepare=staffed)


def test_whoever_leaves_while_his_password_is_changed_stays_out(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.people.put("xin", "新来的", Role.OPERATOR, WRONG, must_change=True)

    async def scene(stage: Stage) -> None:
        door, people = door_of(stage.window), stage.desk.people
        await enter(stage.window, "xin", WRONG)
        form, change, left = (
            door.gate.change,
            people.change_password,
            threading.Event(),
        )

        def slowly(
            login: str, old: str, new: str, *, before: Before | None = None
        ) -> Person:
            assert left.wait(9)
            return change(login, old, new, before=before)

        monkeypatch.setattr(people, "change_password", slowly)
        for field, typed in ((form.old, WRONG), (form.new, NEW), (form.again, NEW)):
            field.setText(typed)
        form.submit()
        async with Expect(door.settled):
            door.gate.leave.click()
        assert door.gate.door is Door.SIGN_IN
        async with Expect(door.settled):
            left.set()
        assert door.gate.door is Door.SIGN_IN
        assert not stage.window.page.isVisible()

    play(scene, prepare=prepare)


def test_a_locked_account_counts_down_and_another_person_may_sign_in(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        for _ in range(5):
            await enter(stage.window, "wangjg", WRONG)
        assert "已锁定" in form.told.text
        assert not form.button.isEnabled()
        left = form.button.text().removeprefix("账户锁定中，还剩 ")
        assert left.startswith(("15:00", "14:5"))
        form.login.setText("WangJG")
        assert not form.button.isEnabled()
        form.login.setText("lixm")
        assert form.button.text() == "登录"
        await enter(stage.window, "lixm")
        assert stage.window.page.isVisible()

    play(scene, prepare=staffed)


def test_a_lock_that_is_over_lets_the_button_be_pressed_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        stage.desk.clock.ahead = timedelta(minutes=-15, milliseconds=700)
        for _ in range(5):
            await enter(stage.window, "wangjg", WRONG)
        assert not form.button.isEnabled()
        async with Expect(form._second.timeout, lambda: form.button.isEnabled()):
            pass
        assert form.told.text == "现在可以再试了。"
        assert not form._second.isActive()

    play(scene, prepare=staffed)


def test_an_account_that_is_unlocked_elsewhere_need_not_wait(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        for _ in range(5):
            await enter(stage.window, "wangjg", WRONG)
        assert not form.button.isEnabled()
        stage.desk.people.unlock("wangjg")
        async with Expect(door_of(stage.window).changed):
            stage.session._recheck.set()
        assert form.button.isEnabled()
        assert not form._second.isActive()

    play(scene, prepare=staffed)


def test_capitals_that_are_locked_are_hinted_at(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        form = gate_of(stage.window).form
        QTest.keyClick(form.password, "A")
        assert "大写锁定" in form.caps.text
        assert form.caps.isVisible()
        QTest.keyClick(form.password, "a")
        assert form.caps.isHidden()
        QTest.keyClick(form.password, "A", Qt.KeyboardModifier.ShiftModifier)
        assert form.caps.isHidden()

    play(scene, prepare=staffed)


def test_no_input_method_reads_a_password(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        gate = gate_of(stage.window)
        for field in (gate.form.password, gate.change.old, gate.change.new):
            assert not field.testAttribute(Qt.WidgetAttribute.WA_InputMethodEnabled)
            hidden = Qt.InputMethodHint.ImhHiddenText
            assert field.inputMethodHints() & hidden
            assert field.echoMode() is QLineEdit.EchoMode.Password

    play(scene, prepare=staffed)


def test_a_password_that_somebody_else_set_is_changed_first(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.people.put("xinren", "辛仁", Role.OPERATOR, must_change=True)

    async def scene(stage: Stage) -> None:
        window, gate = stage.window, gate_of(stage.window)
        await enter(window, "xinren")
        assert gate.door is Door.CHANGE
        assert not window.page.isVisible()
        assert "至少 8 个字符" in texts(gate)
        stage.session.submit_text(SPOKEN)
        assert not stage.session.bridge.running
        form = gate.change
        assert window.focusWidget() is form.old
        form.old.setText(PASSWORD)
        form.new.setText(NEW)
        form.again.setText(WRONG)
        form.submit()
        assert "两遍新密码不一样" in form.told.text
        assert (form.new.text(), form.again.text()) == ("", "")
        form.new.setText("short")
        form.again.setText("short")
        async with Expect(door_of(window).settled):
            form.submit()
        assert "至少要8个字符" in form.told.text
        for field, text in ((form.old, PASSWORD), (form.new, NEW), (form.again, NEW)):
            assert field.text() == ""
            field.setText(text)
        async with Expect(door_of(window).settled):
            form.submit()
        assert window.page.isVisible()
        assert [f.text() for f in (form.old, form.new, form.again)] == ["", "", ""]

    play(scene, prepare=prepare)


def test_all_that_may_be_said_has_room_in_the_smallest_window(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.knows(ALARMING, {Call(YANTAI, Check.HELMET): seen(actual=34, wearing=30)})
        desk.people.put("xin", "欧阳新来", Role.OPERATOR, WRONG, must_change=True)

    async def scene(stage: Stage) -> None:
        window, gate = stage.window, gate_of(stage.window)
        await enter(window, "wangjg")
        await said(stage.session, ALARMING)
        await leave(window)
        await enter(window, "xin", WRONG)
        window.resize(window.minimumSize())
        with pytest.raises(UsageError) as refused:
            check_new("南湖春雨三十三", Person(login="x", name="x", role=Role.TUNER))
        gate.change.refuse(str(refused.value))
        gate.change.caps.say("大写锁定（Caps Lock）打开着")
        window.grab()
        lines = (gate.change.old, gate.change.new, gate.change.again, gate.change.caps)
        for above, below in pairwise(lines):
            assert above.geometry().bottom() < below.geometry().top()

    play(scene, prepare=prepare)


def test_whoever_does_not_change_his_password_may_leave(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.people.put("xinren", "辛仁", Role.INSTALLER, must_change=True)

    async def scene(stage: Stage) -> None:
        gate = gate_of(stage.window)
        await enter(stage.window, "xinren")
        async with Expect(door_of(stage.window).settled):
            gate.leave.click()
        assert gate.door is Door.SIGN_IN

    play(scene, prepare=prepare)


def test_accounts_that_cannot_be_read_let_nobody_in(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.people.error = PeopleError("账户文件已损坏")

    async def scene(stage: Stage) -> None:
        window, gate = stage.window, gate_of(stage.window)
        async with Expect(door_of(window).changed, lambda: gate.door is Door.FAULT):
            pass
        assert not window.page.isVisible()
        assert "账户文件已损坏" in gate.fault.text
        stage.desk.people.error = None
        async with Expect(door_of(window).changed, lambda: gate.door is Door.SIGN_IN):
            gate.retry.click()
        await enter(window, "wangjg")
        assert window.page.isVisible()

    play(scene, prepare=prepare)


def test_a_journal_that_is_full_lets_nobody_in(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.noted.full = True
        await enter(stage.window, "wangjg")
        assert not stage.window.page.isVisible()
        assert "磁盘已满" in gate_of(stage.window).form.told.text

    play(scene, prepare=staffed)


def test_whoever_is_disabled_elsewhere_is_signed_out(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await enter(stage.window, "wangjg")
        stage.desk.people.change("wangjg", disabled=True)
        gate = gate_of(stage.window)
        door = door_of(stage.window)
        async with Expect(door.changed, lambda: gate.door is Door.SIGN_IN):
            stage.session._recheck.set()
        assert not stage.window.page.isVisible()

    play(scene, prepare=staffed)


def test_the_window_closes_while_nobody_is_signed_in(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.window.close_wanted):
            stage.window.close()
        stage.window.show_closing()
        assert stage.window.veil.isVisible()
        top = stage.window.childAt(stage.window.rect().center())
        assert top is not None
        assert stage.window.veil.isAncestorOf(top) or top is stage.window.veil

    play(scene, prepare=staffed)


@pytest.mark.parametrize("size", [(911, 512), (1366, 768)])
def test_every_control_of_the_gate_has_a_name_and_is_reached(
    play: Play, size: tuple[int, int]
) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.people.put("xinren", "辛仁", Role.OPERATOR, must_change=True)

    async def scene(stage: Stage) -> None:
        window = stage.window
        window.resize(*size)
        await active(window)
        check(window)
        assert "\n".join(without_focus_ring(window)) == ""
        await enter(window, "xinren")
        check(window)
        await leave(window)
        assert QApplication.activeWindow() is window

    play(scene, prepare=prepare)


def test_the_rules_that_are_said_are_those_that_are_kept() -> None:
    assert SHORTEST == ASKED_FOR


def test_a_generated_password_is_never_the_same() -> None:
    made = {generated() for _ in range(50)}
    assert len(made) == 50
    assert all(len(each) == 14 for each in made)
