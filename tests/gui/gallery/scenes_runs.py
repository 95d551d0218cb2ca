"""Scenes of commands: what is asked, what is answered, what is asked back."""

import asyncio
from dataclasses import replace

from app.core.cancel import CancelToken
from app.core.model import Span, Utterance
from app.core.ports import AudioSource
from tests.gui.gallery.furniture import (
    ALARMING,
    FORBIDDEN,
    GREETING,
    LACKING,
    REPAIRED,
    SWEEP,
    TO_CONFIRM,
    UNCLEAR,
    WELL,
)
from tests.gui.gallery.scene import EVERY, SMALL, Scene, Stage
from tests.gui.support import SPOKEN, DeskForTests, Expect, said


async def ask(stage: Stage, *commands: str) -> None:
    """Type commands, one after the other."""
    for command in commands:
        await said(stage.session, command)


async def begin(stage: Stage, command: str) -> None:
    """Type a command that is not answered yet."""
    async with Expect(stage.session.bridge.call_started):
        stage.session.submit_text(command)


async def start(_stage: Stage) -> None:
    pass


async def answered(stage: Stage) -> None:
    await ask(stage, SPOKEN)


async def alarm(stage: Stage) -> None:
    await ask(stage, SPOKEN, ALARMING)


async def missing(stage: Stage) -> None:
    await ask(stage, LACKING)


async def long_name(stage: Stage) -> None:
    await ask(stage, WELL)


async def question(stage: Stage) -> None:
    await ask(stage, UNCLEAR)


async def question_answered(stage: Stage) -> None:
    await ask(stage, UNCLEAR, "第二个")
    bar = stage.window.conversation.verticalScrollBar()
    bar.setValue(bar.minimum())


async def confirm(stage: Stage) -> None:
    await ask(stage, TO_CONFIRM)


async def repaired(stage: Stage) -> None:
    await ask(stage, REPAIRED)
    stage.window._toggle_reasons()


async def followed(stage: Stage) -> None:
    await ask(stage, SPOKEN, "那烟台呢", "再说一遍")


async def declined(stage: Stage) -> None:
    await ask(stage, GREETING, FORBIDDEN)


def doubting(desk: DeskForTests) -> None:
    """Let two readings of the audio differ."""
    heard = desk.recognizer.recognize
    desk.recognizer.lexicon_text = "查一下济宁工地的人数"

    async def recognize(
        audio: AudioSource, *, on_partial: object, cancel: CancelToken
    ) -> Utterance:
        utterance = await heard(audio, on_partial=on_partial, cancel=cancel)  # type: ignore[arg-type]
        return replace(utterance, uncertain=(Span(start=3, end=5),))

    desk.recognizer.recognize = recognize  # type: ignore[method-assign]


async def uncertain(stage: Stage) -> None:
    async with Expect(stage.session.talk.take_ready):
        stage.session.press_talk()
    async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
        stage.session.release_talk()


def holding(desk: DeskForTests) -> None:
    """Let the systems take their time."""
    desk.dispatcher.gate = asyncio.Event()


def pausing(desk: DeskForTests) -> None:
    """Let the model take its time."""
    desk.agent.gate = asyncio.Event()


async def querying(stage: Stage) -> None:
    await begin(stage, SPOKEN)


async def understanding(stage: Stage) -> None:
    async with Expect(stage.session.bridge.heard):
        stage.session.submit_text(SPOKEN)


def half_way(desk: DeskForTests) -> None:
    """Let the systems answer for eight sites, and then take their time."""
    whole = desk.dispatcher.dispatch
    held = desk.dispatcher.gate = asyncio.Event()

    async def dispatch(*args: object, **more: object):  # type: ignore[no-untyped-def]
        desk.dispatcher.gate = None
        told = 0
        async for answer in whole(*args, **more):  # type: ignore[arg-type]
            yield answer
            told += 1
            if told == 8:
                desk.dispatcher.gate = held

    desk.dispatcher.dispatch = dispatch  # type: ignore[method-assign]


async def sweep_running(stage: Stage) -> None:
    told = 0

    def enough(_event: object) -> bool:
        nonlocal told
        told += 1
        return told == 8

    async with Expect(stage.session.bridge.observed, enough):
        stage.session.submit_text(SWEEP)


async def sweep_stopped(stage: Stage) -> None:
    await sweep_running(stage)
    async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
        stage.session.cancel_newest()


async def sweep_finished(stage: Stage) -> None:
    await ask(stage, SWEEP)


async def two_at_once(stage: Stage) -> None:
    await begin(stage, SWEEP)
    await begin(stage, SPOKEN)


RUNS = (
    Scene(name="start", act=start, settings=EVERY),
    Scene(name="starting", act=start, attached=False, settings=(SMALL,)),
    Scene(name="no-records", act=start, records=0, settings=(SMALL,)),
    Scene(name="answered", act=answered, settings=EVERY),
    Scene(name="answered-alarm", act=alarm, settings=EVERY),
    Scene(name="answered-missing", act=missing),
    Scene(name="answered-long-name", act=long_name),
    Scene(name="question", act=question),
    Scene(name="question-answered", act=question_answered, settings=(SMALL,)),
    Scene(name="question-confirm", act=confirm),
    Scene(name="repaired-with-reasons", act=repaired),
    Scene(name="followed-and-repeated", act=followed, settings=(SMALL,)),
    Scene(name="declined", act=declined, settings=(SMALL,)),
    Scene(name="uncertain", act=uncertain, prepare=doubting),
    Scene(name="understanding", act=understanding, prepare=pausing, settings=(SMALL,)),
    Scene(name="querying", act=querying, prepare=holding),
    Scene(name="two-at-once", act=two_at_once, prepare=holding, settings=(SMALL,)),
    Scene(name="sweep-running", act=sweep_running, prepare=half_way),
    Scene(name="sweep-finished", act=sweep_finished, settings=EVERY),
    Scene(name="sweep-stopped", act=sweep_stopped, prepare=half_way, settings=(SMALL,)),
)
