"""Presses that lead to no run of their own: one too many, or one at a bad time."""

import asyncio

from app.core.model import Call, Check
from app.desktop.talk import TalkState
from tests.gui.conftest import Play, Stage
from tests.gui.support import JINAN, SPOKEN, DeskForTests, Expect, seen


def knows_jinan(desk: DeskForTests) -> None:
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)})


def test_hands_free_a_second_press_while_it_opens_is_no_mistake(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        knows_jinan(desk)
        desk.microphone.hands_free = True

    async def scene(stage: Stage) -> None:
        session = stage.session
        notices: list[str] = []
        session.noticed.connect(lambda sentence, _: notices.append(sentence))
        gate = stage.desk.microphone.gate = asyncio.Event()
        session.press_talk()
        session.press_talk()
        async with Expect(session.talk.take_ready):
            gate.set()
        async with Expect(session.bridge.run_finished):
            session.press_talk()
        assert len(stage.desk.microphone.takes) == 1
        assert notices == []

    play(scene, prepare=prepare)


def test_a_take_that_no_run_may_read_is_not_let_go_without_a_word(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session = stage.session
        session.talk._shortest_ms = 60_000
        async with Expect(
            session.talk.state_changed, lambda state: state == TalkState.LISTENING
        ):
            session.press_talk()
        gate = stage.desk.agent.gate = asyncio.Event()
        async with Expect(session.bridge.run_finished):
            session._start(stage.desk.request(text=SPOKEN))
            async with Expect(session.noticed) as notice:
                session.talk._ripen()
            gate.set()
        assert "这一句没有录到" in notice.args[0]
        assert stage.desk.microphone.takes[0].finished == 1
        assert len(stage.desk.journal.entries) == 1

    play(scene, prepare=knows_jinan)
