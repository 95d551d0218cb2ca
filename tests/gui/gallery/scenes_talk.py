"""Scenes of talking: the key, the level, the last seconds, the microphones."""

import asyncio
from dataclasses import replace

from app.desktop.speaker import VoiceOptions
from app.desktop.talk import TalkState
from app.desktop.voice import Voice
from tests.fake_microphone import FakeTake
from tests.gui.gallery.scene import SCALED, SMALL, Prepare, Scene, Stage
from tests.gui.support import SPOKEN, DeskForTests, Expect, said
from tests.gui.test_adapters import ShelfInMemory

_LOUD = b"\x00\x20" * 1600


async def listen(stage: Stage) -> None:
    """Hold the key until something is heard."""
    async with Expect(stage.session.talk.take_ready):
        stage.session.press_talk()
    async with Expect(stage.session.bridge.partial_heard, lambda e: "济南" in e.text):
        stage.desk.microphone.takes[-1].feed(_LOUD)
    async with Expect(stage.session.talk.level_changed):
        pass


async def opening(stage: Stage) -> None:
    stage.desk.microphone.gate = asyncio.Event()
    async with Expect(stage.session.talk.state_changed):
        stage.session.press_talk()


async def recognising(stage: Stage) -> None:
    await listen(stage)
    take = stage.desk.microphone.takes[-1]
    # The key goes up, and the recogniser is still at work.
    take.finish = lambda: None  # type: ignore[method-assign]
    async with Expect(
        stage.session.talk.state_changed, lambda state: state == TalkState.IDLE
    ):
        stage.session.release_talk()


async def countdown(stage: Stage) -> None:
    await listen(stage)
    async with Expect(stage.session.talk.time_ran_low):
        stage.desk.microphone.takes[-1].left_s = 6.4


def sounding(level: float) -> Prepare:
    """Let every take be as loud as this, and seconds long at once."""

    def prepare(desk: DeskForTests) -> None:
        whole = desk.microphone.open

        async def opened() -> FakeTake:
            take = await whole()
            take.level = level
            return take

        desk.microphone.open = opened  # type: ignore[method-assign]

    return prepare


async def hinted(stage: Stage) -> None:
    talk = stage.session.talk
    async with Expect(talk.take_ready):
        stage.session.press_talk()
    take = stage.desk.microphone.takes[-1]

    def older(_level: float) -> None:
        take.left_s -= 1

    talk.level_changed.connect(older)
    async with Expect(talk.hint_changed, lambda hint: hint != ""):
        take.feed(_LOUD)


def one_press(desk: DeskForTests) -> None:
    desk.microphone.hands_free = True


async def ready(_stage: Stage) -> None:
    pass


async def microphones(stage: Stage) -> None:
    async with Expect(stage.session.microphones.listed):
        stage.window.strip.microphones_wanted.emit(stage.window.strip.buttons[0])


def mute(stage: Stage) -> None:
    options = VoiceOptions(read_back="answers", engine="mock", muted=True)
    stage.window.give_voice(Voice(options, stage.desk.microphone))


def crowded(stage: Stage) -> None:
    """Put all that a desk may have into the header."""
    mute(stage)
    stage.window.offer(ShelfInMemory())


def long_names(desk: DeskForTests) -> None:
    """Let the desk and its operator have long names."""
    desk.info = replace(
        desk.info,
        workstation="国网济南供电公司电力调度控制中心 12 号席",
        operator="欧阳建国",
    )


async def answered(stage: Stage) -> None:
    await said(stage.session, SPOKEN)


TALK = (
    Scene(name="listening-opens", act=opening, settings=(SMALL,)),
    Scene(name="listening", act=listen),
    Scene(name="recognising", act=recognising, settings=(SMALL,)),
    Scene(name="countdown", act=countdown, settings=(SMALL, SCALED)),
    Scene(
        name="too-loud",
        act=hinted,
        prepare=sounding(1.0),
        settings=(SMALL, SCALED),
    ),
    Scene(name="too-quiet", act=hinted, prepare=sounding(0.01), settings=(SMALL,)),
    Scene(name="silent", act=hinted, prepare=sounding(0.0), settings=(SMALL,)),
    Scene(name="hands-free", act=ready, prepare=one_press, settings=(SMALL,)),
    Scene(name="hands-free-listens", act=listen, prepare=one_press, settings=(SMALL,)),
    Scene(name="microphones", act=microphones, settings=(SMALL, SCALED)),
    Scene(name="muted", act=answered, rehearse=mute),
    Scene(name="crowded-header", act=ready, prepare=long_names, rehearse=crowded),
)
