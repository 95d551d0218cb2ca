"""A locked desk shows and does nothing, but for its alarms; and it comes back whole."""

import asyncio

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolTip

from app.core.entries import EventKind
from app.core.model import Call, Check
from app.desktop.alarm_bar import AlarmBar
from app.desktop.people.gate import Door
from app.desktop.record_view import RecordWindow
from app.desktop.talk import TalkState
from tests.fake_people import presence_over
from tests.gui.conftest import Play, Stage
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
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    YANTAI,
    DeskForTests,
    Expect,
    key,
    said,
    seen,
    texts,
)
from tests.gui.test_accessible import active

ALARMING = "检测烟台工地的安全帽"
AFTER_THAT = "那烟台呢"


NOTHING_HELD = Qt.KeyboardModifier.NoModifier


def furnished(desk: DeskForTests) -> None:
    staffed(desk)
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})
    desk.knows(ALARMING, {Call(YANTAI, Check.HELMET): seen(actual=34, wearing=30)})
    desk.agent.readings["技能"] = WHICH_SITE


def impatient(desk: DeskForTests) -> None:
    furnished(desk)
    desk.presence = presence_over(
        desk.people, desk.noted, lock_after_s=0.2, clock=desk.clock
    )


def test_a_locked_desk_shows_nothing_and_takes_no_key(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await said(stage.session, SPOKEN)
        await active(window)
        await lock(window)
        assert gate_of(window).door is Door.LOCKED
        assert "济南工地" not in texts(gate_of(window))
        assert not window.page.isVisible()
        talked: list[None] = []
        window.keys.talk_pressed.connect(lambda: talked.append(None))
        key(window, Qt.Key.Key_F8, down=True)
        key(window, Qt.Key.Key_Space, down=True)
        assert talked == []
        stage.session.press_talk()
        await asyncio.sleep(0)
        assert stage.desk.microphone.takes == []
        stage.session.submit_text(SPOKEN)
        for code in (Qt.Key.Key_F1, Qt.Key.Key_F7, Qt.Key.Key_F9, Qt.Key.Key_Escape):
            QTest.keyClick(window, code)
        QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
        assert beside(window) == []
        assert not window.page.isVisible()
        assert len(stage.desk.journal.entries) == 1
        await enter(window, "wangjg")
        assert window.page.isVisible()
        QTest.keyClick(window, Qt.Key.Key_F1)
        assert len(beside(window)) == 1

    play(scene, prepare=furnished)


def test_the_key_and_the_menu_lock_the_screen(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, door = stage.window, door_of(stage.window)
        await enter(window, "wangjg")
        await active(window)
        both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        async with Expect(door.settled):
            QTest.keyClick(window, Qt.Key.Key_L, both)
        assert stage.desk.presence.locked
        await enter(window, "wangjg")
        door.badge.click()
        assert door.badge.menu_shown is not None
        actions = door.badge.menu_shown.actions()
        assert [each.text().split("\t")[0] for each in actions] == [
            "锁定屏幕",
            "修改密码…",
            "退出登录",
        ]
        async with Expect(door.settled):
            actions[0].trigger()
        assert stage.desk.presence.locked
        assert beside(window) == []

    play(scene, prepare=furnished)


def test_a_desk_that_nobody_touches_locks_itself(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, door = stage.window, door_of(stage.window)
        await enter(window, "wangjg")
        handle = window.windowHandle()
        await active(window)
        loop = asyncio.get_running_loop()
        until = loop.time() + 0.4
        while loop.time() < until:
            # Posted: QTest would let other coroutines run inside this one.
            shift = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Shift, NOTHING_HELD)
            QCoreApplication.postEvent(handle, shift)
            await asyncio.sleep(0.05)
        assert not stage.desk.presence.locked
        async with Expect(door.settled):
            pass
        assert stage.desk.presence.locked
        assert stage.desk.noted.events[-1].kind is EventKind.LOCKED
        assert stage.desk.noted.events[-1].detail == "无人操作"
        # Nothing counts while it is locked.
        assert not door.idle._timer.isActive()

    play(scene, prepare=impatient)


def test_whoever_is_speaking_is_there(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, door = stage.window, door_of(stage.window)
        await enter(window, "wangjg")
        stage.session.press_talk()
        async with Expect(door.idle.idle):
            pass
        assert not stage.desk.presence.locked
        stage.session.release_talk()
        async with Expect(door.settled):
            pass
        assert stage.desk.presence.locked

    play(scene, prepare=impatient)


def test_a_desk_without_accounts_never_locks_itself(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        assert not door_of(stage.window).idle._timer.isActive()

    def prepare(desk: DeskForTests) -> None:
        desk.presence = presence_over(
            desk.people, desk.noted, lock_after_s=0.01, clock=desk.clock
        )

    play(scene, prepare=prepare)


def test_a_run_under_way_ends_behind_the_lock_and_is_in_the_log(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(SPOKEN)
        await lock(window)
        assert "进行中的查询 1 条" in texts(gate_of(window))
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()
        assert len(stage.desk.journal.entries) == 1
        assert not window.page.isVisible()
        await enter(window, "wangjg")
        assert len(window.conversation.cards) == 1

    play(scene, prepare=furnished)


def test_a_take_that_was_given_to_a_run_ends_when_the_screen_locks(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await active(window)
        async with Expect(stage.session.accepted):
            key(window, Qt.Key.Key_F8, down=True)
        async with Expect(stage.session.bridge.run_finished):
            await lock(window)
        assert len(stage.desk.journal.entries) == 1
        assert stage.desk.journal.entries[0].record.operator == "王建国"
        key(window, Qt.Key.Key_F8, down=False)
        await enter(window, "wangjg")
        async with Expect(stage.session.accepted):
            key(window, Qt.Key.Key_F8, down=True)
        key(window, Qt.Key.Key_F8, down=False)
        async with Expect(stage.session.bridge.run_finished):
            pass

    play(scene, prepare=furnished)


def test_no_microphone_listens_on_behind_the_lock(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.microphone.hands_free = True
        await enter(stage.window, "wangjg")
        async with Expect(stage.session.accepted):
            stage.session.press_talk()
        assert stage.session.talk.hands_free
        async with Expect(stage.session.bridge.run_finished):
            await lock(stage.window)
        assert stage.session.talk.state is TalkState.IDLE
        assert len(stage.desk.journal.entries) == 1

    play(scene, prepare=furnished)


def test_the_lock_page_counts_the_open_alarms_and_names_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window, line = stage.window, gate_of(stage.window).alarms
        await enter(window, "wangjg")
        await lock(window)
        assert line.text == ""
        await enter(window, "wangjg")
        stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text(ALARMING)
        await lock(window)
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()
        assert line.text.startswith("未确认的告警 1 条，最早的从 ")
        assert line.text.endswith("解锁后确认。")
        assert line.isVisible()
        shown = texts(gate_of(window))
        assert "烟台" not in shown
        assert "安全帽" not in shown
        (bar,) = window.findChildren(AlarmBar)
        bar.ask()
        assert not bar.isVisible()
        await enter(window, "wangjg")
        assert bar.isVisible()
        await leave(window)
        assert line.text.endswith("登录后确认。")

    play(scene, prepare=furnished)


def test_windows_beside_are_hidden_and_come_back_to_the_same_person(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await said(stage.session, SPOKEN)
        card = window.conversation.cards[0]
        card.details_wanted.emit(card.record)
        (record,) = beside(window)
        assert isinstance(record, RecordWindow)
        await lock(window)
        assert beside(window) == []
        card.details_wanted.emit(card.record)
        unfocused = QLabel("烟台工地")
        unfocused.setParent(window, Qt.WindowType.Dialog)
        unfocused.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        unfocused.show()
        QTimer.singleShot(0, (later := asyncio.Event()).set)
        await later.wait()
        assert beside(window) == [], "what opens later is hidden as well"
        await enter(window, "wangjg")
        assert len(beside(window)) == 3
        unfocused.close()
        async with Expect(door_of(window).changed):
            stage.session._recheck.set()
        assert len(beside(window)) == 2, "nothing is hidden any more"
        assert record.isVisible()

    play(scene, prepare=furnished)


def test_a_popup_does_not_outlast_the_lock(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        window.strip.buttons[0].click()
        assert len(beside(window)) == 1
        await lock(window)
        assert beside(window) == []
        await enter(window, "wangjg")
        assert beside(window) == []

    play(scene, prepare=furnished)


def test_a_tip_does_not_outlast_the_lock(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        QToolTip.showText(QPoint(40, 40), "济南工地 应到 47 人", window)
        assert QToolTip.isVisible()
        door_of(window).lock()
        async with Expect(door_of(window).settled):
            pass
        assert not any("济南工地" in texts(each) for each in beside(window))

    play(scene, prepare=furnished)


def test_what_one_person_left_is_not_the_next_ones(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await said(stage.session, SPOKEN)
        await said(stage.session, "技能")
        assert window.conversation.open_question() is not None
        assert stage.desk.context.calls
        card = window.conversation.cards[0]
        card.details_wanted.emit(card.record)
        QTest.keyClicks(window.bar.text, "half")
        await lock(window)
        await enter(window, "lixm")
        assert window.page.isVisible()
        assert door_of(window).badge.text() == "李晓梅 · 安监"
        assert beside(window) == []
        window.bar.text.undo()
        assert window.bar.text.text() == ""
        assert len(window.conversation.cards) == 2
        assert window.conversation.open_question() is None
        assert not stage.desk.context.calls
        assert stage.desk.context.question is None
        kinds = stage.desk.noted.kinds
        assert kinds == ["signed_in", "locked", "signed_out", "signed_in"]

    play(scene, prepare=furnished)


def test_a_run_of_the_former_person_that_ends_later_is_no_context_either(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        stage.desk.agent.gate = asyncio.Event()
        stage.session.submit_text("技能")
        await lock(window)
        await enter(window, "lixm")
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.agent.gate.set()
        assert stage.desk.journal.entries[-1].record.operator == "王建国"
        assert window.conversation.open_question() is None
        assert stage.desk.context.question is None

    play(scene, prepare=furnished)


def test_the_same_person_goes_on_where_he_was(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await said(stage.session, SPOKEN)
        window.bar.text.setText("写了一半")
        shown = window.side.currentWidget()
        await active(window)
        await lock(window)
        QTest.keyClick(window, Qt.Key.Key_Escape)
        QTest.keyClick(window, Qt.Key.Key_F9)
        assert window.side.currentWidget() is shown
        gate = gate_of(window)
        assert gate.form.login.text() == "wangjg"
        assert window.focusWidget() is gate.form.password
        await enter(window, "wangjg", WRONG)
        assert not window.page.isVisible()
        await enter(window, "wangjg")
        assert window.bar.text.text() == "写了一半"
        assert stage.desk.context.calls

    play(scene, prepare=furnished)


def test_whoever_leaves_and_comes_back_begins_anew(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await enter(window, "wangjg")
        await said(stage.session, SPOKEN)
        window.bar.text.setText("写了一半")
        await leave(window)
        assert gate_of(window).form.login.text() == ""
        await enter(window, "wangjg")
        assert window.bar.text.text() == ""
        assert not stage.desk.context.calls

    play(scene, prepare=furnished)


def test_a_journal_that_is_full_locks_all_the_same_and_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await enter(stage.window, "wangjg")
        stage.desk.noted.full = True
        await lock(stage.window)
        assert not stage.window.page.isVisible()
        assert "锁屏没有写入日志" in gate_of(stage.window).form.told.text

    play(scene, prepare=furnished)


def test_the_window_closes_while_it_is_locked(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await enter(stage.window, "wangjg")
        await lock(stage.window)
        async with Expect(stage.window.close_wanted):
            stage.window.close()
        stage.window.show_closing()
        assert stage.window.veil.isVisible()

    play(scene, prepare=furnished)
