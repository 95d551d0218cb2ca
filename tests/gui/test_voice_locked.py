"""Behind the gate nothing of the desk is heard, but that there is an alarm."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from app.core.model import Severity
from app.core.spoken_words import BEHIND_THE_GATE, Saying
from app.desktop.people.gate import Door
from app.desktop.speaker import VoiceOptions
from app.desktop.voice import Voice
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.people_scenes import enter, gate_of, leave, lock
from tests.gui.support import SPOKEN, DeskForTests, Expect, said
from tests.gui.test_people_lock import ALARMING, furnished

SILENT = VoiceOptions(read_back="answers", engine="mock", voice="Kari")
LONG = Saying(text="word " * 30)
"""The silent engine takes 0.1 s a word, of Latin letters only."""
LOUD = Saying(text="alarm " * 30, severity=Severity.ALARM)

Spoken = Callable[[Stage, Voice, list[str]], Awaitable[None]]


@pytest.fixture
def speak(play: Play) -> Callable[..., None]:
    """Play a scene on a desk with accounts; every sentence that is said is noted."""

    def start(
        scene: Spoken, *, prepare: Callable[[DeskForTests], None] = furnished
    ) -> None:
        async def whole(stage: Stage) -> None:
            voice = Voice(SILENT, stage.desk.microphone)
            session = stage.session
            voice.attach(session.bridge, session.talk, stage.desk.presence)
            told: list[str] = []
            voice.saying.connect(told.append)
            try:
                async with Expect(voice.changed):
                    pass
                await scene(stage, voice, told)
            finally:
                voice.close()
                voice.deleteLater()

        play(whole, prepare=prepare)

    return start


async def finished_behind(stage: Stage, words: str) -> None:
    """Let a run end that was begun before the screen was locked."""
    stage.desk.dispatcher.gate = asyncio.Event()
    async with Expect(stage.session.bridge.call_started):
        stage.session.submit_text(words)
    await lock(stage.window)
    async with Expect(stage.session.bridge.run_finished):
        stage.desk.dispatcher.gate.set()


def test_an_answer_behind_the_lock_is_not_said(speak: Callable[..., None]) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        await enter(stage.window, "wangjg")
        await finished_behind(stage, SPOKEN)
        assert told == []
        await enter(stage.window, "wangjg")
        assert told == []
        await said(stage.session, SPOKEN)
        assert len(told) == 1
        assert "济南工地" in told[0]

    speak(scene)


def test_an_alarm_behind_the_lock_is_said_without_its_place(
    speak: Callable[..., None],
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        await enter(stage.window, "wangjg")
        await finished_behind(stage, ALARMING)
        assert told == [BEHIND_THE_GATE.text]

    speak(scene)


@pytest.mark.parametrize("go", [lock, leave], ids=["lock", "leave"])
def test_what_is_being_said_ends_when_nobody_may_hear_it(
    speak: Callable[..., None], go: Callable[..., Awaitable[None]]
) -> None:
    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        await enter(stage.window, "wangjg")
        voice.say([LONG, LONG])
        await go(stage.window)
        assert not voice.speaking
        voice.say([LONG])
        assert told == [LONG.text]
        await enter(stage.window, "wangjg")
        voice.say([LOUD, LOUD])
        await go(stage.window)
        # Both are one: how many there are is on the page.
        assert told[1:] == [LOUD.text, BEHIND_THE_GATE.text]
        voice.say([LOUD])
        assert not voice._waiting

    speak(scene)


def test_whoever_has_to_change_his_password_hears_nothing_before(
    speak: Callable[..., None],
) -> None:
    def prepare(desk: DeskForTests) -> None:
        furnished(desk)
        login, name, role = "neu", "新来的", desk.people.everybody()[0].role
        desk.people.put(login, name, role, PASSWORD, must_change=True)

    async def scene(stage: Stage, voice: Voice, told: list[str]) -> None:
        await enter(stage.window, "neu")
        assert gate_of(stage.window).door is Door.CHANGE
        voice.say([LONG])
        assert told == []

    speak(scene, prepare=prepare)
