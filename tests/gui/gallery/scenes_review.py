"""Scenes of the supervisor's window: found, shown, dealt with, proved."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

from app.core.alarms import Acknowledgement
from app.core.entries import (
    Correction,
    DeskEvent,
    Disposition,
    EventKind,
    Step,
)
from app.core.errors import JournalBrokenError
from app.core.filters import LogFilter, Span
from app.core.model import Call, Check, Severity
from app.core.observation import Exchange, Service
from app.desktop.review.window import ReviewWindow
from tests.gui.gallery.furniture import SITES, SWEEP
from tests.gui.gallery.scene import SCALED, SMALL, USUAL, Scene, Stage
from tests.gui.support import (
    LONG,
    SPOKEN,
    DeskForTests,
    Expect,
    finding_of,
    said,
    seen,
)

LINE = "济南调控 3 号席"


async def review(stage: Stage) -> ReviewWindow:
    """Open the window as large as the screen, and wait until it shows its records."""
    stage.window.review.open()
    opened = stage.window.review.window
    assert opened is not None
    opened.resize(stage.window.size())
    async with Expect(opened.records.detail_shown):
        opened.records.search()
    return opened


async def listed(stage: Stage) -> None:
    await review(stage)


async def dealt_with(stage: Stage) -> None:
    """A record with everything: heard, asked, seen, dispatched, corrected."""
    await said(stage.session, SPOKEN)
    await course(stage.desk)
    opened = await review(stage)
    opened.records.model.reload()
    async with Expect(opened.records.detail_shown):
        opened.records.table.selectRow(0)
    narrow_open(opened)


def narrow_open(opened: ReviewWindow) -> None:
    if opened.width() < 1000:
        opened.records.table.activated.emit(opened.records.table.currentIndex())


async def course(desk: DeskForTests) -> None:
    record = desk.journal.entries[-1].record
    finding = replace(
        finding_of(Call(LONG, Check.HELMET), seen(actual=20, wearing=17)),
        observation=seen(
            actual=20,
            wearing=17,
            exchanges=(
                Exchange(
                    service=Service.DETECTION,
                    system="cameras",
                    host="10.20.3.4:8443",
                    latency_ms=132.0,
                    attempts=1,
                ),
            ),
        ),
    )
    late = replace(record, run_id="c" * 32, findings=(finding,))
    await desk.journal.append(late)
    now = datetime.now(UTC)
    await desk.journal.acknowledge(
        Acknowledgement(
            run_id=late.run_id, index=0, at=now, by="李明", workstation=LINE
        )
    )
    for step, responsible, note in (
        (Step.DISPATCHED, "王建国", "三人没戴，已停工教育"),
        (Step.RECTIFIED, "", "已补发安全帽"),
    ):
        await desk.review.dispose(
            Disposition(
                run_id=late.run_id,
                index=0,
                step=step,
                at=now,
                by="赵安",
                workstation=LINE,
                responsible=responsible,
                note=note,
            )
        )
    await desk.review.correct(
        Correction(
            run_id=late.run_id,
            at=now,
            by="李明",
            workstation=LINE,
            text="查一下微山湖工地的安全帽",
        )
    )


async def dispatching(stage: Stage) -> None:
    opened = await review(stage)
    narrow_open(opened)
    opened.records.detail.disposal.press(Step.DISPATCHED)


async def several(stage: Stage) -> None:
    opened = await review(stage)
    table = opened.records.table
    async with Expect(opened.records.detail_shown):
        table.selectRow(0)
        for _ in range(2):
            table.selectionModel().select(
                table.model().index(1, 0),
                table.selectionModel().SelectionFlag.Select
                | table.selectionModel().SelectionFlag.Rows,
            )
    narrow_open(opened)
    opened.records.detail.disposal.press(Step.FALSE_ALARM)


async def refused(stage: Stage) -> None:
    """Another supervisor was first."""
    opened = await review(stage)
    row = opened.records.model.row(0)
    await stage.desk.review.dispose(
        Disposition(
            run_id=row.entry.record.run_id,
            index=0,
            step=Step.CLOSED,
            at=datetime.now(UTC),
            by="钱进",
            workstation="济南调控 1 号席",
        )
    )
    narrow_open(opened)
    disposal = opened.records.detail.disposal
    disposal.press(Step.DISPATCHED)
    disposal.responsible.setText("王建国")
    async with Expect(opened.records.dealing.settled):
        disposal.confirm.click()


async def filtered(stage: Stage) -> None:
    opened = await review(stage)
    opened.records.filters.saved.use(
        {"本周未结的告警": "span=week severity=alarm open=yes"}
    )
    wanted = LogFilter(
        span=Span.WEEK,
        severity=Severity.ALARM,
        open=True,
        site=SITES[5].id,
        operator="李明",
        text="安全帽",
    )
    async with Expect(opened.records.model.loaded):
        opened.records.filters.show_filter(wanted)


async def nothing_found(stage: Stage) -> None:
    opened = await review(stage)
    async with Expect(opened.records.model.loaded):
        opened.records.filters.show_filter(LogFilter(text="没有这样的记录"))


async def nothing_yet(stage: Stage) -> None:
    stage.window.review.open()
    opened = stage.window.review.window
    assert opened is not None
    opened.resize(stage.window.size())
    async with Expect(opened.records.model.loaded):
        opened.records.search()


async def unreadable(stage: Stage) -> None:
    error = JournalBrokenError("日志文件打不开：磁盘上的内容已损坏")
    stage.desk.journal.unreadable = error
    stage.window.review.open()
    opened = stage.window.review.window
    assert opened is not None
    opened.resize(stage.window.size())
    async with Expect(opened.records.model.failed):
        opened.records.search()


async def sweep(stage: Stage) -> None:
    await said(stage.session, SWEEP)
    await review(stage)


async def correcting(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    opened = await review(stage)
    entry = stage.desk.journal.entries[-1]
    opened.records.dealing.ask_correction(entry)


async def corrections(stage: Stage) -> None:
    await said(stage.session, SPOKEN)
    await course(stage.desk)
    opened = await review(stage)
    async with Expect(opened.corrections.waiting):
        opened.corrections_tab.setChecked(True)


async def events(stage: Stage) -> None:
    for kind, subject, detail in (
        (EventKind.SIGNED_IN, "zhaoan", ""),
        (EventKind.SIGN_IN_FAILED, "liming", "密码不对"),
        (EventKind.EXPORTED, "巡检记录-2026-11.xlsx", "214 条记录，近 7 天"),
        (EventKind.VERIFIED, "", "1 204 331 条记录完整"),
    ):
        await stage.desk.review.note(
            DeskEvent(
                kind=kind,
                at=datetime.now(UTC),
                by="赵安",
                role="supervisor",
                workstation=LINE,
                subject=subject,
                detail=detail,
            )
        )
    opened = await review(stage)
    async with Expect(opened.events.model.loaded):
        opened.events_tab.setChecked(True)


async def verified(stage: Stage) -> None:
    opened = await review(stage)
    opened.chain_tab.setChecked(True)
    async with Expect(opened.chain.verified):
        opened.chain.verify()
    await asyncio.sleep(0)


async def broken(stage: Stage) -> None:
    stage.desk.journal.broken = 17
    await verified(stage)


REVIEW = (
    Scene(name="review", act=listed, alarms=3),
    Scene(name="review-record", act=dealt_with, alarms=1),
    Scene(name="review-dispatching", act=dispatching, alarms=3),
    Scene(name="review-several", act=several, alarms=4, settings=(SMALL, SCALED)),
    Scene(name="review-refused", act=refused, alarms=2, settings=(SMALL, SCALED)),
    Scene(name="review-filtered", act=filtered, alarms=3),
    Scene(name="review-nothing-found", act=nothing_found, settings=(SMALL,)),
    Scene(name="review-nothing-yet", act=nothing_yet, records=0, settings=(SMALL,)),
    Scene(name="review-unreadable", act=unreadable, settings=(SMALL,), logged=True),
    Scene(name="review-sweep", act=sweep, alarms=1, settings=(SMALL,)),
    Scene(name="review-correcting", act=correcting, settings=USUAL),
    Scene(name="review-corrections", act=corrections, alarms=1),
    Scene(name="review-events", act=events),
    Scene(name="review-verified", act=verified),
    Scene(name="review-broken", act=broken, settings=(SMALL,)),
)
