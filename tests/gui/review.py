"""What the tests of the review share: a past, and a window on it."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from app.core.entries import Disposition, Step
from app.core.model import Call, Check, Origin, Utterance
from app.desktop.review.window import ReviewWindow
from tests.gui.conftest import Stage
from tests.gui.support import (
    JINAN,
    YANTAI,
    DeskForTests,
    Expect,
    finding_of,
    past_record,
    seen,
)

HEAD = Call(JINAN, Check.HEADCOUNT)
HATS = Call(YANTAI, Check.HELMET)
SAID = Utterance(text="查一下技能的人数", origin=Origin.MICROPHONE, confidence=0.71)


async def remember(desk: DeskForTests, *kinds: str) -> list[str]:
    """Fill the journal: `alarm`, `well` or `nothing` for each run; give their ids."""
    runs = []
    for kind in kinds:
        number = len(desk.journal.entries)
        finding = {
            "alarm": finding_of(HATS, seen(actual=20, wearing=17)),
            "well": finding_of(HEAD, seen(expected=9, actual=9)),
            "nothing": None,
        }[kind]
        record = replace(past_record(number, finding), utterance=SAID)
        await desk.journal.append(record)
        runs.append(record.run_id)
    return runs


async def opened(stage: Stage) -> ReviewWindow:
    """Open the review, and wait until its first page is there."""
    stage.window.review.open()
    window = stage.window.review.window
    assert window is not None
    window.resize(1366, 740)
    async with Expect(window.records.model.loaded):
        window.reload()
    # The names for the filters come, too, and the detail follows the list.
    records = window.records
    while (
        stage.session.reader._tasks
        or records.model._loading
        or records._resting.isActive()
    ):
        await asyncio.sleep(0)
    return window


async def took(desk: DeskForTests, run_id: str, step: Step, **more: str) -> None:
    """Take a step from another desk."""
    await desk.review.dispose(
        Disposition(
            run_id=run_id,
            index=0,
            step=step,
            at=datetime.now(UTC),
            by="钱进",
            workstation="济南调控 1 号席",
            **more,  # type: ignore[arg-type]
        )
    )


def cells(window: ReviewWindow, column: int) -> list[str]:
    model = window.records.model
    return [
        str(model.data(model.index(row, column))) for row in range(model.rowCount())
    ]
