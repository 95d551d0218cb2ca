"""What is asked at a window is asked by whoever is signed in, and by nobody else."""

import asyncio

from PySide6.QtCore import Qt

from app.core.model import Call, Check, Origin
from app.core.people import Role
from tests.fake_microphone import FakeTake
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    DeskForTests,
    Expect,
    key,
    said,
    seen,
)

HEAD = Call(JINAN, Check.HEADCOUNT)


def staffed(desk: DeskForTests) -> None:
    desk.people.put("wang", "王建国", Role.OPERATOR)
    desk.knows(SPOKEN, {HEAD: seen(expected=47, actual=34)})
    desk.agent.readings["查一下技能"] = WHICH_SITE


def test_every_way_of_asking_names_who_is_signed_in(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session, journal = stage.session, stage.desk.journal
        await stage.desk.presence.sign_in("wang", PASSWORD)
        await said(session, "查一下技能")
        async with Expect(session.bridge.run_finished):
            key(stage.window, Qt.Key.Key_1, down=True)
        async with Expect(session.bridge.run_finished):
            assert session.ask((HEAD,), "济南工地 · 人数检测")
        async with Expect(session.talk.take_ready):
            session.press_talk()
        async with Expect(session.bridge.run_finished):
            session.release_talk()
        records = [entry.record for entry in journal.entries]
        origins = [Origin.TYPED, Origin.CHOSEN, Origin.CHOSEN, Origin.MICROPHONE]
        assert [record.origin for record in records] == origins
        for record in records:
            assert (record.operator, record.role) == ("王建国", "operator")

    play(scene, prepare=staffed)


def test_what_was_begun_before_the_lock_goes_on_and_nothing_new_begins(
    play: Play,
) -> None:
    def prepare(desk: DeskForTests) -> None:
        staffed(desk)
        desk.dispatcher.gate = asyncio.Event()

    async def scene(stage: Stage) -> None:
        session, desk = stage.session, stage.desk
        await desk.presence.sign_in("wang", PASSWORD)
        async with Expect(session.bridge.call_started):
            session.submit_text(SPOKEN)
        await desk.presence.lock()
        told: list[str] = []
        session.noticed.connect(lambda sentence, _: told.append(sentence))
        session.submit_text(SPOKEN)
        session.press_talk()
        assert session.ask((HEAD,), "济南工地 · 人数检测") == ""
        assert told == ["屏幕已锁定。请先解锁。"] * 3
        assert desk.microphone.takes == []
        gate = desk.dispatcher.gate
        assert gate is not None
        async with Expect(session.bridge.run_finished):
            gate.set()
        (entry,) = desk.journal.entries
        assert (entry.record.operator, entry.record.role) == ("王建国", "operator")
        assert entry.record.findings

    play(scene, prepare=prepare)


def test_a_take_that_comes_after_the_lock_is_not_heard(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        session, desk = stage.session, stage.desk
        await desk.presence.sign_in("wang", PASSWORD)
        await desk.presence.lock()
        async with Expect(session.noticed) as told:
            session.talk.take_ready.emit(FakeTake())
        assert told.args[0] == "屏幕已锁定。请先解锁。"
        assert session.bridge.running == ()
        assert desk.journal.entries == []

    play(scene, prepare=staffed)
