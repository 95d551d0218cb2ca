"""Hold to talk: button, keys, slips of the finger, and microphones that fail."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLabel

from app.core import events
from app.core.confirming import confirmed_first
from app.core.dialogue import NOTHING
from app.core.errors import AudioDeviceError
from app.core.model import Call, Check, Origin, Outcome, Utterance
from app.desktop.talk import TalkState
from app.settings.declaration import HOLD_KEYS
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    DeskForTests,
    Expect,
    inspect,
    key,
    seen,
    texts,
)


def knows_jinan(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})


def test_a_card_says_that_it_listens_until_the_key_is_let_go(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        conversation, run_id = stage.window.conversation, "f" * 32
        conversation.show_event(events.RunStarted(run_id=run_id))
        card = conversation.card(run_id)
        assert card is not None

        def said() -> str:
            return " ".join(label.text() for label in card.findChildren(QLabel))

        conversation.show_talk_state(TalkState.LISTENING)
        assert "正在听" in said()
        conversation.show_talk_state(TalkState.IDLE)
        conversation.show_event(events.PartialHeard(run_id=run_id, text="查"))
        assert "正在听" not in said()
        assert "正在识别" in said()
        card.show_break("结束")
        conversation.show_talk_state(TalkState.IDLE)
        assert "正在识别" not in said()

    play(scene)


def test_a_spoken_command_becomes_a_card_with_the_verdict(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session, window = stage.session, stage.window
        window.bar.text.setText("写到一半")
        async with Expect(session.talk.take_ready):
            window.bar.talk.pressed.emit()
        async with Expect(session.bridge.partial_heard):
            pass
        assert "未确认：查一下" in window.bar.line.text()
        assert window.bar.talk.property("state") == TalkState.LISTENING
        async with Expect(session.bridge.run_finished) as ended:
            window.bar.talk.released.emit()
        (event,) = ended.args
        assert event.record.origin is Origin.MICROPHONE
        assert event.record.outcome is Outcome.ANSWERED
        shown = texts(window.conversation.cards[0])
        assert f"语音：「{SPOKEN}」" in shown
        assert "[人数检测] 应到47人, 实到34人, 有人缺勤" in shown
        assert "注意" in shown
        assert "未确认" not in window.bar.line.text()
        assert stage.desk.microphone.takes[0].finished >= 1
        assert window.bar.text.text() == "写到一半"

    play(scene, prepare=knows_jinan)


def test_a_tap_starts_no_run_and_leaves_nothing(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session = stage.session
        async with Expect(
            session.talk.state_changed, lambda s: s == TalkState.LISTENING
        ):
            session.press_talk()
        async with Expect(session.talk.state_changed, lambda s: s == TalkState.IDLE):
            session.release_talk()
        assert stage.desk.microphone.takes[0].finished == 1
        assert session.bridge.running == ()
        assert stage.window.conversation.cards == []
        assert stage.desk.journal.entries == []
        assert stage.window.bar.line.text() == ""

    play(scene)


def test_a_tap_is_told_to_hold_for_a_few_seconds(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session, hint = stage.session, stage.window.bar.hint
        session.talk._taught.setInterval(50)
        async with Expect(
            session.talk.state_changed, lambda s: s == TalkState.LISTENING
        ):
            session.press_talk()
        async with Expect(session.talk.hint_changed, bool):
            session.release_talk()
        assert hint.text() == "按住再说，松开结束"
        assert hint.isVisibleTo(stage.window)
        async with Expect(session.talk.hint_changed, lambda said: not said):
            pass
        assert not hint.isVisibleTo(stage.window)

    play(scene)


def test_a_tap_before_the_microphone_is_open_is_told_the_same(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        talk = stage.session.talk
        gate = stage.desk.microphone.gate = asyncio.Event()
        stage.session.press_talk()
        stage.session.release_talk()
        async with Expect(talk.hint_changed, bool) as hint:
            gate.set()
        assert hint.args == ("按住再说，松开结束",)

    play(scene)


@pytest.mark.parametrize("how", ["esc", "hands free"])
def test_what_is_no_slip_of_the_finger_is_not_lectured(play: Play, how: str) -> None:
    async def scene(stage: Stage) -> None:
        told: list[str] = []
        stage.session.talk.hint_changed.connect(told.append)
        stage.desk.microphone.hands_free = how == "hands free"
        async with Expect(
            stage.session.talk.state_changed, lambda s: s == TalkState.LISTENING
        ):
            stage.session.press_talk()
        if how == "esc":
            stage.window._escape()
        else:
            stage.session.press_talk()
        assert not any(told)

    play(scene)


@pytest.mark.parametrize("what", ["status", "quick", "menu"])
def test_f8_talks_while_a_popup_is_open_and_closes_it(play: Play, what: str) -> None:
    async def scene(stage: Stage) -> None:
        window, quick = stage.window, stage.window.bar.quick
        window.activateWindow()
        while not window.bar.talk.hasFocus():
            async with Expect(QApplication.instance().focusChanged):
                window.bar.talk.setFocus()
        if what == "status":
            while not window.strip.buttons:
                async with Expect(stage.session.health_known):
                    stage.session._recheck.set()
            window.strip.buttons[0].click()
        elif what == "quick":
            quick.keep(("s1",))
            quick.buttons[0].click()
        else:
            quick.offer("s1", window.mapToGlobal(window.rect().center()))
        popup = QApplication.activePopupWidget()
        assert popup is not None
        async with Expect(stage.session.talk.take_ready):
            key(popup, Qt.Key.Key_F8, down=True)
        assert QApplication.activePopupWidget() is None
        async with Expect(stage.session.bridge.run_finished):
            key(window, Qt.Key.Key_F8, down=False)
        assert len(window.conversation.cards) == 1

    play(scene, prepare=knows_jinan)


@pytest.mark.parametrize("setting", [True, False])
def test_a_confirmation_says_how_to_answer_and_who_asks(
    play: Play, setting: bool
) -> None:
    spoken = Utterance(text=SPOKEN, origin=Origin.MICROPHONE)
    reading = confirmed_first(inspect(Call(JINAN, Check.HEADCOUNT)), spoken, NOTHING)

    def prepare(desk: DeskForTests) -> None:
        notes = reading.notes if setting else ()
        desk.agent.readings[SPOKEN] = replace(reading, notes=notes)

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            stage.session.press_talk()
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()
        shown = texts(stage.window.conversation.cards[0])
        assert "说「是」或按 1 就查；说「不是」就不查。" in shown
        assert ("设置为每条口头指令先确认" in shown) is setting
        assert "按数字键选定" not in shown

    play(scene, prepare=prepare)


def test_f8_talks_and_auto_repeat_is_not_a_second_press(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        notices: list[str] = []
        stage.session.noticed.connect(lambda sentence, _: notices.append(sentence))
        async with Expect(stage.session.talk.take_ready):
            key(window, Qt.Key.Key_F8, down=True)
            for _ in range(5):
                key(window, Qt.Key.Key_F8, down=True, repeat=True)
                key(window, Qt.Key.Key_F8, down=False, repeat=True)
            # Xvfb, VNC and some remote desktops do not mark their repeats.
            for _ in range(5):
                key(window, Qt.Key.Key_F8, down=False)
                key(window, Qt.Key.Key_F8, down=True)
        assert stage.session.talk.state is TalkState.LISTENING
        assert notices == []
        async with Expect(stage.session.bridge.run_finished):
            key(window, Qt.Key.Key_F8, down=False)
        assert len(stage.desk.microphone.takes) == 1
        assert len(window.conversation.cards) == 1

    play(scene, prepare=knows_jinan)


def test_space_talks_unless_somebody_types(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        window.bar.text.setFocus()
        key(window.bar.text, Qt.Key.Key_Space, down=True)
        assert stage.session.talk.state is TalkState.IDLE
        window.bar.talk.setFocus()
        async with Expect(stage.session.talk.take_ready):
            key(window, Qt.Key.Key_Space, down=True)
        async with Expect(stage.session.bridge.run_finished):
            key(window, Qt.Key.Key_Space, down=False)

    play(scene, prepare=knows_jinan)


def test_a_window_that_loses_the_keyboard_lets_go_of_the_key(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            key(stage.window, Qt.Key.Key_F8, down=True)
        async with Expect(stage.session.bridge.run_finished):
            QApplication.sendEvent(stage.window, QEvent(QEvent.Type.WindowDeactivate))
        assert stage.session.talk.state is TalkState.IDLE

    play(scene, prepare=knows_jinan)


def test_a_missing_microphone_is_a_sentence_and_typing_goes_on(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone.error = AudioDeviceError("没有找到麦克风")

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.noticed):
            stage.session.press_talk()
        line = stage.window.bar.line.text().replace("\u200b", "")
        assert "没有找到麦克风" in line
        assert "可以直接输入文字" in line
        async with Expect(stage.session.bridge.run_finished):
            stage.session.submit_text(SPOKEN)
        assert "实到34人" in texts(stage.window.conversation.cards[0])

    play(scene, prepare=prepare)


def test_a_microphone_that_opens_too_late_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        gate = stage.desk.microphone.gate = asyncio.Event()
        stage.session.press_talk()
        stage.session.talk._pressed_at -= 1.0
        stage.session.release_talk()
        async with Expect(stage.session.noticed) as notice:
            gate.set()
        assert "没有录到" in notice.args[0]
        assert stage.desk.microphone.takes[0].finished == 1
        assert stage.session.talk.state is TalkState.IDLE

    play(scene)


def test_escape_while_talking_cancels_and_closes_the_take(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            stage.session.press_talk()
        async with Expect(stage.session.bridge.run_cancelled):
            stage.session.cancel_newest()
        assert stage.session.talk.state is TalkState.IDLE
        assert stage.desk.microphone.takes[0].finished >= 1

    play(scene)


@pytest.mark.parametrize("name", HOLD_KEYS)
def test_every_key_that_the_settings_allow_is_one_that_qt_knows(name: str) -> None:
    keys = QKeySequence(name)
    assert keys.count() == 1
    assert keys[0].key() is not Qt.Key.Key_unknown  # type: ignore[index]
