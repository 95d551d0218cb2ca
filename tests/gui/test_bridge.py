"""A sweep lets the window breathe, and is shown whole once it is durable."""

import asyncio

import pytest
from PySide6.QtCore import QTimer

from app.core import breath, events
from app.core.model import Call, Check, Site
from app.desktop.card import RunCard
from app.desktop.finding_list import AT_ONCE, SHOWN
from tests.gui.conftest import Play, Stage
from tests.gui.support import DeskForTests, Expect, laid_out, said, seen

CALLS = 40


def prepare(desk: DeskForTests) -> None:
    sites = [Site(id=f"m{n}", name=f"第{n}标段") for n in range(CALLS)]
    desk.knows(
        "全部", {Call(site, Check.HELMET): seen(actual=9, wearing=9) for site in sites}
    )


def test_keys_and_frames_are_served_while_a_sweep_is_told(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breath, "TURN_S", 0.0)

    async def scene(stage: Stage) -> None:
        told: list[str] = []
        bridge = stage.session.bridge
        bridge.observed.connect(lambda event: told.append("observed"))
        bridge.summarised.connect(lambda event: told.append("summarised"))
        timer = QTimer(stage.window)
        timer.timeout.connect(lambda: told.append("timer"))
        timer.start(0)
        await said(stage.session, "全部")
        timer.stop()
        for event in ("observed", "summarised"):
            first, last = told.index(event), len(told) - told[::-1].index(event)
            assert told[first:last].count(event) == CALLS
            assert told[first:last].count("timer") >= CALLS // 2

    play(scene, prepare=prepare)


def test_what_is_durable_cannot_be_stopped_half_told(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(breath, "TURN_S", 0.0)

    async def scene(stage: Stage) -> None:
        stopped: list[bool] = []
        bridge = stage.session.bridge

        def stop(_event: events.Summarised) -> None:
            stopped.append(stage.session.cancel_newest())

        bridge.summarised.connect(stop)
        async with Expect(bridge.run_finished) as ended:
            await said(stage.session, "全部")
        assert stopped == [False] * CALLS
        assert len(ended.args[0].record.findings) == CALLS
        assert stage.desk.journal.entries[0].record == ended.args[0].record

    play(scene, prepare=prepare)


def test_the_findings_of_a_sweep_are_laid_out_one_by_one(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        added: list[int] = []
        at_the_end: list[int] = []
        conversation = stage.window.conversation

        def watch(card: RunCard) -> None:
            card.finding_added.connect(lambda _: added.append(len(card.finding_views)))

        conversation.card_added.connect(watch)
        stage.session.bridge.run_finished.connect(
            lambda _: at_the_end.append(len(added))
        )
        await said(stage.session, "全部")
        assert at_the_end == [AT_ONCE]
        (card,) = conversation.cards
        await laid_out(card, SHOWN)
        assert added[AT_ONCE:] == [*range(AT_ONCE + 1, SHOWN + 1)]
        while not all(view.isVisibleTo(card) for view in card.finding_views):
            await asyncio.sleep(0)

    play(scene, prepare=prepare)
