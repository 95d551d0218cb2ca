"""A desk whose systems fall silent says so, without anybody pressing a key."""

import asyncio

from app.core.model import Call, Check, Severity
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, SPOKEN, YANTAI, DeskForTests, Expect, seen

HEADS = Call(JINAN, Check.HEADCOUNT)


def knows_a_silent_system(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {HEADS: seen(expected=9, actual=9)})
    desk.dispatcher.answers[Call(YANTAI, Check.HELMET)] = seen(actual=9, wearing=9)
    desk.dispatcher.gate = asyncio.Event()


def soon(stage: Stage) -> None:
    """Be impatient."""
    stage.session.waiting._silent_s = 0.02
    stage.session.waiting._looking.setInterval(5)


def test_silence_of_the_systems_is_told_with_what_to_do_and_where_to_look(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        soon(stage)
        async with (
            Expect(stage.session.waiting.silent) as told,
            Expect(stage.session.noticed) as noticed,
            Expect(stage.session.health_known),
        ):
            stage.session.submit_text(SPOKEN)
        assert told.args[0] == stage.session.bridge.running[0]
        sentence, severity = noticed.args
        assert "没有任何答复" in sentence
        assert "Esc" in sentence
        assert severity == Severity.UNKNOWN
        assert stage.window.bar.line.text().replace("\u200b", "") == sentence
        assert stage.desk.dispatcher.gate is not None
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()
        assert not stage.session.waiting._looking.isActive()
        # It is no longer so.
        assert stage.window.bar.line.text() == ""

    play(scene, prepare=knows_a_silent_system)


def test_another_sentence_is_not_taken_away_with_the_one_about_silence(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        soon(stage)
        async with Expect(stage.session.waiting.silent):
            stage.session.submit_text(SPOKEN)
        stage.session.noticed.emit("另一件事", Severity.ATTENTION.value)
        assert stage.desk.dispatcher.gate is not None
        async with Expect(stage.session.waiting.over):
            stage.desk.dispatcher.gate.set()
        assert stage.window.bar.line.text().replace("\u200b", "") == "另一件事"

    play(scene, prepare=knows_a_silent_system)


def test_silence_is_told_once_and_not_after_the_end(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        soon(stage)
        told: list[str] = []
        stage.session.waiting.silent.connect(lambda run_id, _: told.append(run_id))
        async with Expect(stage.session.waiting.silent):
            stage.session.submit_text(SPOKEN)
        assert not stage.session.waiting._looking.isActive()
        first = stage.session.bridge.running[0]
        async with Expect(stage.session.bridge.run_cancelled):
            stage.session.cancel(first)
        assert told == [first]
        # Another run is another wait.
        async with Expect(stage.session.waiting.silent):
            stage.session.submit_text(SPOKEN)
        assert len(told) == 2
        stage.session.cancel_newest()

    play(scene, prepare=knows_a_silent_system)


def test_a_system_that_answers_is_not_called_silent(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_a_silent_system(desk)
        desk.dispatcher.gate = None

    async def scene(stage: Stage) -> None:
        soon(stage)
        told: list[str] = []
        stage.session.waiting.silent.connect(lambda run_id, _: told.append(run_id))
        async with Expect(stage.session.bridge.run_finished):
            stage.session.submit_text(SPOKEN)
        waiting = stage.session.waiting
        assert not waiting._looking.isActive()
        waiting._look()
        assert told == []

    play(scene, prepare=prepare)
