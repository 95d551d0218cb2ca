"""A journal to review: runs over three sites in two regions, and what is said later."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from app.core.draft import finding_by_rule
from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    Step,
)
from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Understanding,
    Utterance,
)
from app.core.observation import Missing, MissingReason, Observation
from app.core.ports import Journal
from app.core.reviewing import Review
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.gui.support import FakeJournal

CLOCK = HeldClock()
START = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
EAST = Site(id="E", name="济南东郊站", region="济南")
WEST = Site(id="W", name="济南西郊站", region="济南")
COAST = Site(id="C", name='青岛"港口"站', region='青岛"市北"')
ABROAD = Site(id="A", name="无区域工地")


class Reviewed(Journal, Protocol):
    """A journal with its review."""

    @property
    def review(self) -> Review: ...


MAKERS: dict[str, Callable[[Path], Reviewed]] = {
    "sqlite": lambda path: SqliteJournal(path, clock=CLOCK),
    "window": lambda path: FakeJournal(),
}


def heads(site: Site, expected: int | None, actual: int | None) -> Finding:
    return finding_by_rule(
        Call(site, Check.HEADCOUNT), Observation(expected=expected, actual=actual)
    )


def hats(site: Site, actual: int | None, wearing: int | None) -> Finding:
    return finding_by_rule(
        Call(site, Check.HELMET), Observation(actual=actual, wearing=wearing)
    )


def pens(site: Site, actual: int, carrying: int) -> Finding:
    return finding_by_rule(
        Call(site, Check.EQUIPMENT), Observation(actual=actual, carrying=carrying)
    )


def silent(site: Site, check: Check = Check.HEADCOUNT) -> Finding:
    missing = Missing(reason=MissingReason.TIMEOUT, detail="3秒内没有答复")
    return finding_by_rule(Call(site, check), Observation(expected=9, missing=missing))


def written(finding: Finding, *, differed: bool) -> Finding:
    return replace(finding, model_sentence="写了一句", model_differed=differed)


ALARM = hats(EAST, 12, 11)
CALM = hats(EAST, 12, 12)


def run_id(number: int) -> str:
    return f"{number:x}" * 32


def run(number: int, *findings: Finding, **changes: Any) -> RunRecord:
    at = START + timedelta(hours=number)
    values: dict[str, Any] = {
        "run_id": run_id(number),
        "started_at": at,
        "finished_at": at + timedelta(seconds=2),
        "operator": "李明",
        "workstation": "一号席",
        "origin": Origin.TYPED,
        "outcome": Outcome.ANSWERED,
        "findings": findings,
    }
    return RunRecord(**{**values, **changes})


def heard(number: int, *findings: Finding, agreed: bool) -> RunRecord:
    """A spoken command that was read twice."""
    utterance = Utterance(
        text="查一下", origin=Origin.MICROPHONE, agreement=0.2, agreed=agreed
    )
    return run(number, *findings, utterance=utterance, origin=Origin.MICROPHONE)


def cancelled(number: int, *calls: Call) -> RunRecord:
    """A run that came to no finding."""
    understanding = Understanding(intent=Intent.INSPECT, calls=calls)
    return run(number, understanding=understanding, outcome=Outcome.CANCELLED)


def step(number: int, taken: Step, index: int = 0, **more: Any) -> Disposition:
    """A step with everything that it needs."""
    said: dict[str, Any] = {
        "run_id": run_id(number),
        "index": index,
        "step": taken,
        "at": START,
        "by": "王芳",
        "login": "wangfang",
        "role": "supervisor",
        "workstation": "二号席",
        "responsible": "赵六" if taken is Step.DISPATCHED else "",
        "note": "已核实",
    }
    return Disposition(**{**said, **more})


def correction(number: int, **more: Any) -> Correction:
    said: dict[str, Any] = {
        "run_id": run_id(number),
        "at": START,
        "by": "李明",
        "workstation": "一号席",
        "text": "查一下济南东郊的安全帽",
    }
    return Correction(**{**said, **more})


def decision(about: Correction, *, approved: bool, **more: Any) -> Decision:
    said: dict[str, Any] = {
        "correction_id": about.entry_id,
        "at": START,
        "by": "王芳",
        "workstation": "二号席",
        "approved": approved,
    }
    return Decision(**{**said, **more})


def event(kind: EventKind, hour: int = 0, **more: Any) -> DeskEvent:
    at = START + timedelta(hours=hour)
    return DeskEvent(kind=kind, at=at, by="王芳", workstation="二号席", **more)


async def filled(journal: Reviewed, *records: RunRecord) -> None:
    for record in records:
        await journal.append(record)


def found_in(journal: Reviewed, **wanted: Any) -> list[int]:
    """Give the numbers of the runs that a filter finds, newest first."""
    from app.core.ports import JournalQuery

    page = journal.page(JournalQuery(**wanted))
    return [int(entry.record.run_id[0], 16) for entry in page]
