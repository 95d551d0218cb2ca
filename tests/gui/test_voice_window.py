"""The voice, the marks and the recordings as the whole window puts them together."""

import asyncio
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.model import Call, Check, Span, Utterance
from app.core.recording import Recording
from app.desktop.record_view import RecordWindow
from app.desktop.speaker import VoiceOptions
from app.desktop.voice import MuteButton, Voice
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    DeskForTests,
    Expect,
    said,
    seen,
    texts,
)

SHA = "0" * 64


def knows(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})


def test_a_record_shows_the_recording_that_was_found_for_it(
    play: Play, tmp_path: Path
) -> None:
    async def scene(stage: Stage) -> None:
        stage.desk.recordings.found[SHA] = Recording(path=tmp_path / "a.flac")
        stage.session.press_talk()
        async with Expect(stage.session.bridge.run_started):
            pass
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()
        card = stage.window.conversation.cards[-1]
        card.details_wanted.emit(card.record)
        (window,) = [
            top
            for top in QApplication.topLevelWidgets()
            if isinstance(top, RecordWindow)
        ]
        while "a.flac" not in texts(window):
            await stage.session.reader.recording(stage.desk.recordings, SHA)
        window.close()

    play(scene, prepare=knows)


def test_editing_puts_the_cursor_where_it_was_not_surely_heard(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.agent.readings[SPOKEN] = WHICH_SITE
        hear = desk.recognizer.recognize

        async def unsure(*args: object, **kwargs: object) -> Utterance:
            heard = await hear(*args, **kwargs)  # type: ignore[arg-type]
            return replace(heard, uncertain=(Span(start=3, end=5),))

        desk.recognizer.recognize = unsure  # type: ignore[method-assign]

    async def scene(stage: Stage) -> None:
        stage.session.press_talk()
        async with Expect(stage.session.bridge.run_started):
            pass
        async with Expect(stage.session.bridge.run_finished):
            stage.session.release_talk()
        card = stage.window.conversation.cards[-1]
        assert card.question is not None
        card.question.edit.click()
        box = stage.window.bar.text
        assert box.text() == SPOKEN
        assert box.cursorPosition() == 3
        assert stage.window.focusWidget() is box

    play(scene, prepare=prepare)


def part(stage: Stage) -> str:
    """Give what the strip says of the voice."""
    said = [shown.text() for shown in stage.window.strip.buttons]
    (found,) = [text for text in said if text.startswith("朗读")]
    return found


def test_the_strip_says_how_the_voice_is_and_a_key_mutes_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        voice = Voice(
            VoiceOptions(read_back="answers", engine="mock"), stage.desk.microphone
        )
        window = stage.window
        window.give_voice(voice)
        async with Expect(voice.changed):
            pass
        assert window.door is not None
        # Health is known, and who is there was looked up: a key that is clicked lets
        # Qt go round, and no task may wake up in the middle of this one.
        async with Expect(window.door.changed):
            stage.session._recheck.set()
        assert part(stage) == "朗读  异常  本机没有中文语音"
        (mute,) = window.findChildren(MuteButton)
        assert mute.isVisible()
        window.activateWindow()
        while QApplication.activeWindow() is not window:
            await asyncio.sleep(0)
        # Not to its QWindow: that would let other coroutines run inside this one.
        QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
        assert voice.muted
        assert part(stage).startswith("朗读  正常")
        await said(stage.session, SPOKEN)
        assert not voice.speaking
        assert stage.desk.journal.entries[-1].record.read_aloud == "muted"
        voice.close()

    play(scene, prepare=knows)
