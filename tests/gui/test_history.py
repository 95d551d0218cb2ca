"""The arrow keys of the text box walk through the commands of this desk."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt

from app.core import events
from app.core.model import Call, Check, Origin, Outcome, RunRecord, Utterance
from app.core.ports import JournalEntry
from app.desktop.history import KEPT
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    DeskForTests,
    Expect,
    compose,
    key,
    said,
    seen,
)

HEADS = {Call(JINAN, Check.HEADCOUNT): seen(expected=47, actual=34)}


def past(number: int, text: str, origin: Origin = Origin.TYPED) -> JournalEntry:
    moment = datetime(2026, 11, 21, 0, number, tzinfo=UTC)
    record = RunRecord(
        run_id=f"{number:032x}",
        started_at=moment,
        finished_at=moment,
        operator="李明",
        workstation="3 号席",
        origin=origin,
        outcome=Outcome.ANSWERED,
        utterance=Utterance(text=text, origin=origin) if text else None,
    )
    return JournalEntry(seq=number, record=record, previous_hash="", hash="")


def press(stage: Stage, code: Qt.Key) -> str:
    box = stage.window.bar.text
    key(box, code, down=True)
    return box.text()


def up(stage: Stage) -> str:
    return press(stage, Qt.Key.Key_Up)


def down(stage: Stage) -> str:
    return press(stage, Qt.Key.Key_Down)


async def read(stage: Stage, count: int) -> None:
    """Wait until what the journal held is in the history."""
    while len(stage.window.aids.history.texts) < count:
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()


def test_up_walks_from_the_newest_and_down_gives_back_what_was_being_typed(
    play: Play,
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows(SPOKEN, HEADS)
        desk.knows("烟台安全", HEADS)

    async def scene(stage: Stage) -> None:
        box = stage.window.bar.text
        await said(stage.session, SPOKEN)
        await said(stage.session, "烟台安全")
        compose(box, "查一下青")
        assert up(stage) == "烟台安全"
        assert up(stage) == SPOKEN
        assert up(stage) == SPOKEN, "the oldest is the end"
        assert down(stage) == "烟台安全"
        assert down(stage) == "查一下青"
        assert down(stage) == "查一下青"

    play(scene, prepare=prepare)


def test_a_fetched_command_that_was_changed_is_what_is_being_typed(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        history, box = stage.window.aids.history, stage.window.bar.text
        history.take_journal([past(2, "乙"), past(1, "甲")])
        assert up(stage) == "乙"
        compose(box, "的人数")
        assert box.text() == "乙的人数"
        assert up(stage) == "乙", "the newest again"
        assert down(stage) == "乙的人数"

    play(scene)


def test_sending_begins_anew_from_the_newest(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.aids.history.take_journal([past(2, "乙"), past(1, "甲")])
        up(stage)
        assert up(stage) == "甲"
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            stage.window.bar.send.click()
        assert stage.window.bar.text.text() == ""
        assert up(stage) == "甲"
        assert up(stage) == "乙"

    play(scene)


def test_the_journal_of_former_days_is_there_from_the_start(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.journal.entries = [
            past(1, "查一下济南的人数", Origin.MICROPHONE),
            past(2, "济南 人数检测", Origin.CHOSEN),
            past(3, ""),
            past(4, "青岛安全帽"),
            past(5, "青岛安全帽", Origin.FILE),
        ]

    async def scene(stage: Stage) -> None:
        await read(stage, 2)
        assert stage.window.aids.history.texts == ["查一下济南的人数", "青岛安全帽"]
        await said(stage.session, "后来的")
        assert [up(stage), up(stage), up(stage)] == [
            "后来的",
            "青岛安全帽",
            "查一下济南的人数",
        ]

    play(scene, prepare=prepare)


def test_what_is_said_comes_too_and_the_same_in_a_row_only_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        history = stage.window.aids.history
        spoken = Utterance(text="说的话", origin=Origin.MICROPHONE)
        for heard in (spoken, spoken, replace(spoken, origin=Origin.CHOSEN, text="点")):
            history.take_heard(events.Heard(run_id="r", utterance=heard))
        assert history.texts == ["说的话"]
        assert up(stage) == "说的话"
        other = replace(spoken, text="又一句")
        history.take_heard(events.Heard(run_id="r", utterance=other))
        assert stage.window.bar.text.text() == "说的话", "the box keeps what it shows"
        assert down(stage) == "又一句"

    play(scene)


def test_an_unreadable_journal_leaves_the_history_of_today(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.journal.unreadable = OSError("disk")

    async def scene(stage: Stage) -> None:
        await said(stage.session, "今天的")
        assert up(stage) == "今天的"

    play(scene, prepare=prepare)
    assert "the history could not be read" in caplog.text
    caplog.clear()


def test_the_history_is_bounded(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        history = stage.window.aids.history
        entries = [past(1, f"第{n}条") for n in range(KEPT + 50)]
        history.take_journal(entries[::-1])
        assert len(history.texts) == KEPT
        assert up(stage) == f"第{KEPT + 49}条"

    play(scene)
