"""Hold to talk, the finer points: Esc, the last seconds, loudness, other devices."""

import asyncio

import pytest
from PySide6.QtCore import SIGNAL, Qt
from PySide6.QtWidgets import QPushButton

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError, SettingsError
from app.core.model import Call, Check, Outcome
from app.core.ports import Health
from app.desktop.loudness import Hint
from app.desktop.talk import TalkState
from app.desktop.talking import MicrophonePicker, wire_talking
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, SPOKEN, DeskForTests, Expect, key, seen, texts
from tests.virtual_audio import ScriptedSound

LOUD = b"\xff\x7f" * 1600
FAINT = b"\x10\x00" * 1600
FINE = b"\x00\x20" * 1600


def knows_jinan(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})


def wired(stage: Stage) -> MicrophonePicker:
    window = stage.window
    if not stage.session.talk.receivers(SIGNAL("hint_changed(QString)")):
        return wire_talking(stage.session, window.bar, window.strip)
    (picker,) = window.strip.findChildren(MicrophonePicker)
    return picker


async def listening(stage: Stage) -> None:
    talk = stage.session.talk
    async with Expect(talk.state_changed, lambda s: s == TalkState.LISTENING):
        stage.session.press_talk()


def test_esc_before_the_run_leaves_neither_run_nor_record(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.session.talk._shortest_ms = 60_000
        await listening(stage)
        async with Expect(stage.session.talk.state_changed) as state:
            key(stage.window, Qt.Key.Key_Escape, down=True)
            stage.window._escape()
        assert state.args == (TalkState.IDLE,)
        stage.session.release_talk()
        assert stage.desk.microphone.takes[0].finished == 1
        assert stage.session.bridge.running == ()
        assert stage.desk.journal.entries == []
        assert stage.window.conversation.cards == []
        assert stage.window.bar.line.text() == ""

    play(scene)


def test_esc_while_the_microphone_opens_gives_no_run_and_no_complaint(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        notices: list[str] = []
        stage.session.noticed.connect(lambda sentence, _: notices.append(sentence))
        gate = stage.desk.microphone.gate = asyncio.Event()
        stage.session.press_talk()
        stage.session.talk._pressed_at -= 1.0
        stage.window._escape()
        async with Expect(stage.session.talk.state_changed):
            gate.set()
        assert stage.session.talk.state is TalkState.IDLE
        assert stage.desk.microphone.takes[0].finished == 1
        assert notices == []
        assert stage.desk.journal.entries == []

    play(scene)


def test_esc_after_the_run_began_leaves_a_record_that_says_cancelled(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            stage.session.press_talk()
        async with Expect(stage.session.bridge.run_cancelled):
            stage.window._escape()
        stage.session.release_talk()
        (entry,) = stage.desk.journal.entries
        assert entry.record.outcome is Outcome.CANCELLED
        assert entry.record.findings == ()

    play(scene, prepare=knows_jinan)


def test_esc_stops_the_take_and_not_the_command_before_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session = stage.session
        stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(session.bridge.call_started):
            session.submit_text(SPOKEN)
        session.talk._shortest_ms = 60_000
        await listening(stage)
        stage.window._escape()
        assert session.talk.state is TalkState.IDLE
        assert len(session.bridge.stoppable) == 1
        async with Expect(session.bridge.run_finished) as ended:
            stage.desk.dispatcher.gate.set()
        assert ended.args[0].record.outcome is Outcome.ANSWERED

    play(scene, prepare=knows_jinan)


def test_the_last_seconds_are_counted_down_on_the_button(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        wired(stage)
        talk, button = stage.session.talk, stage.window.bar.talk
        told: list[int] = []
        talk.time_ran_low.connect(told.append)
        # No tap, however quickly the rest of this goes.
        talk._shortest_ms = 0
        await listening(stage)
        (take,) = stage.desk.microphone.takes
        take.left_s = 30.0
        async with Expect(talk.level_changed):
            pass
        assert told == []
        assert "还剩" not in button.text()
        for left in (9.4, 9.2, 3.0):
            take.left_s = left
            async with Expect(talk.level_changed):
                pass
        assert told == [10, 3]
        assert "还剩 3 秒" in button.text()
        assert "松开结束" in button.text()
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            stage.session.release_talk()
        assert "还剩" not in button.text()

    play(scene, prepare=knows_jinan)


def test_a_take_that_ends_by_itself_frees_the_key(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.talk.take_ready):
            key(stage.window, Qt.Key.Key_F8, down=True)
        # Before the run has ended: it may take its time.
        gate = stage.desk.agent.gate = asyncio.Event()
        async with Expect(stage.session.talk.state_changed) as state:
            stage.desk.microphone.takes[0].finish()
        assert state.args == (TalkState.IDLE,)
        async with Expect(stage.session.bridge.run_finished):
            gate.set()
        async with Expect(stage.window.keys.talk_released):
            key(stage.window, Qt.Key.Key_F8, down=False)
        async with Expect(stage.session.talk.take_ready):
            key(stage.window, Qt.Key.Key_F8, down=True)
        async with Expect(stage.session.bridge.run_finished):
            key(stage.window, Qt.Key.Key_F8, down=False)
        assert len(stage.desk.microphone.takes) == 2

    play(scene, prepare=knows_jinan)


def test_whoever_makes_the_desk_speak_is_told_before_it_listens(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        microphone = stage.desk.microphone
        microphone.hush()
        stage.session.talk.about_to_listen.connect(microphone.resume)
        async with Expect(stage.session.talk.take_ready):
            stage.session.press_talk()
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()

    play(scene, prepare=knows_jinan)


def test_a_press_into_the_desks_own_voice_is_refused_with_a_sentence(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.microphone.hush()
        async with Expect(stage.session.noticed) as notice:
            stage.session.press_talk()
        assert "播报" in notice.args[0]
        assert stage.session.talk.state is TalkState.IDLE

    play(scene)


def test_one_press_talks_hands_free_and_the_speech_ends_it(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone.hands_free = True

    async def scene(stage: Stage) -> None:
        wired(stage)
        session, button = stage.session, stage.window.bar.talk
        assert "按一下说话" in button.text()
        async with Expect(session.talk.take_ready):
            key(stage.window, Qt.Key.Key_F8, down=True)
            key(stage.window, Qt.Key.Key_F8, down=False)
        async with Expect(session.bridge.partial_heard):
            pass
        assert session.talk.state is TalkState.LISTENING
        assert "说完自动结束" in button.text()
        async with Expect(session.bridge.run_finished):
            stage.desk.microphone.takes[0].finish()
        assert session.talk.state is TalkState.IDLE

    play(scene, prepare=prepare)


def test_hands_free_the_next_press_ends_the_take(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone.hands_free = True

    async def scene(stage: Stage) -> None:
        session = stage.session
        async with Expect(session.talk.take_ready):
            session.press_talk()
        session.release_talk()
        assert session.talk.state is TalkState.LISTENING
        async with Expect(session.bridge.run_finished):
            session.press_talk()
        assert len(stage.desk.microphone.takes) == 1
        assert stage.window.bar.line.text() == ""

    play(scene, prepare=prepare)


def test_the_microphone_stands_by_with_the_window_and_is_closed_with_it(
    play: Play,
) -> None:
    desks: list[DeskForTests] = []

    async def scene(stage: Stage) -> None:
        desks.append(stage.desk)
        assert stage.desk.microphone.stood_by == 1
        assert stage.desk.microphone.closed == 0

    play(scene)
    assert desks[0].microphone.closed == 1


@pytest.mark.parametrize(
    ("block", "sentence"),
    [(LOUD, "声音过大"), (FAINT, "声音太小"), (bytes(3200), "静音"), (FINE, "")],
)
def test_a_hint_stands_under_the_meter_until_the_next_take(
    play: Play, block: bytes, sentence: str
) -> None:
    sound = ScriptedSound()

    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone = SoundDeviceMicrophone(  # type: ignore[assignment]
            system=SoundSystem(sound),  # type: ignore[arg-type]
        )

    async def scene(stage: Stage) -> None:
        wired(stage)
        talk, hint = stage.session.talk, stage.window.bar.hint
        height = stage.window.bar.height()
        async with Expect(talk.take_ready):
            stage.session.press_talk()
        for _ in range(12):
            sound.streams[-1].push(block)
            async with Expect(talk.level_changed):
                pass
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()
        assert sentence in hint.text().replace("\u200b", "")
        assert hint.isVisible() is bool(sentence)
        # One line under the meter: the bar does not jump when it comes.
        assert stage.window.bar.height() == height
        assert hint.fontMetrics().horizontalAdvance(hint.text()) <= hint.width()
        talk._hint(Hint.NONE)
        assert not hint.isVisible()

    play(scene, prepare=prepare)


def with_microphone_part(desk: DeskForTests) -> None:
    desk.parts[0] = Health(name="麦克风", key="microphone", ok=True, detail="内置")


async def opened_menu(stage: Stage, picker: MicrophonePicker) -> None:
    strip = stage.window.strip
    while not strip.buttons:
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
    strip.buttons[0].click()
    assert strip.popup is not None
    (other,) = [
        each
        for each in strip.popup.findChildren(QPushButton)
        if "换一个麦克风" in each.text()
    ]
    assert other.minimumHeight() >= 44
    async with Expect(stage.session.microphones.listed):
        other.click()
    assert picker.menu is not None
    assert picker.menu.isVisible()


def test_another_microphone_is_two_presses_away(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        picker = wired(stage)
        await opened_menu(stage, picker)
        menu = picker.menu
        assert menu is not None
        assert [each.text() for each in menu.choices] == [
            "✓ 系统默认（内置麦克风）",
            "内置麦克风",
            "USB 麦克风",
        ]
        assert all(each.height() >= 44 for each in menu.choices)
        async with Expect(stage.session.microphones.chosen):
            menu.choices[2].click()
        assert stage.desk.microphone.chosen == "USB 麦克风"
        line = stage.window.bar.line.text().replace("\u200b", "")
        assert "已换用麦克风：USB 麦克风" in line

    play(scene, prepare=with_microphone_part)


def test_a_choice_that_is_not_remembered_is_said(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        picker = wired(stage)
        await opened_menu(stage, picker)
        stage.desk.microphone.error = SettingsError("设置文件写不进去")
        assert picker.menu is not None
        async with Expect(stage.session.noticed) as notice:
            picker.menu.choices[1].click()
        assert "写不进去" in notice.args[0]

    play(scene, prepare=with_microphone_part)


def test_a_list_that_cannot_be_made_is_a_sentence(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        wired(stage)
        stage.desk.microphone.error = AudioDeviceError("声音驱动没有响应")
        async with Expect(stage.session.noticed) as notice:
            stage.session.microphones.look()
        assert "没有响应" in notice.args[0]

    play(scene, prepare=with_microphone_part)


def test_from_press_to_record_with_the_pre_roll_and_the_real_microphone(
    play: Play,
) -> None:
    sound = ScriptedSound()
    heard: list[bytes] = []

    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone = SoundDeviceMicrophone(  # type: ignore[assignment]
            standby=True,
            system=SoundSystem(sound),  # type: ignore[arg-type]
        )

    async def scene(stage: Stage) -> None:
        session = stage.session
        assert await asyncio.to_thread(sound.opened.wait, 5)
        await stage.desk.microphone._kept_line()  # type: ignore[attr-defined]
        sound.streams[0].push(FINE)
        async with Expect(session.talk.take_ready) as taken:
            session.press_talk()
        take = taken.args[0]
        reading = take.blocks

        def blocks(cancel: CancelToken):  # type: ignore[no-untyped-def]
            for block in reading(cancel):
                heard.append(block)
                yield block

        take.blocks = blocks
        sound.streams[0].push(LOUD)
        async with Expect(session.bridge.run_finished) as ended:
            session.release_talk()
        assert ended.args[0].record.outcome is Outcome.ANSWERED
        assert "实到34人" in texts(stage.window.conversation.cards[0])

    play(scene, prepare=prepare)
    assert sound.open_streams == 0
