"""A page of trends over a journal, and records to be counted."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import qasync

from app.core.model import (
    Call,
    Check,
    Finding,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Utterance,
)
from app.core.observation import MissingReason, Observation
from app.core.presence import Presence
from app.core.reviewing import Review
from app.core.trends import TrendPoint, TrendQuery
from app.desktop.look import Look
from app.desktop.reader import Reader
from app.desktop.trends.page import TrendsPage
from tests.gui.support import (
    FakeDirectory,
    FakeJournal,
    finding_of,
    lost,
    seen,
)
from tests.review_memory import ReviewMemory

TODAY = date(2026, 11, 22)
"""A Sunday."""
HEAD, HELMET, GEAR = Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT
PLACES = tuple(
    Site(id=f"s{number}", name=name, region=region)
    for number, (name, region) in enumerate(
        (
            ("济南北郊变电站", "济南"),
            ("济南高铁站线路", "济南"),
            ("青岛港区升压站", "青岛"),
            ("烟台开发区电缆", ""),
        )
    )
)


class Points(ReviewMemory):
    """A log that gives the points it was told to."""

    def __init__(self, points: Sequence[TrendPoint] = ()) -> None:
        super().__init__(list, list)
        self.points = points
        self.asked: list[TrendQuery] = []
        self.error: Exception | None = None
        self.hold: Callable[[], object] | None = None

    def trend(self, query: TrendQuery) -> Sequence[TrendPoint]:
        self.asked.append(query)
        if self.hold is not None:
            self.hold()
        if self.error is not None:
            raise self.error
        return self.points

    def regions(self) -> Sequence[str]:
        return ("济南", "青岛")


def point(start: date, part: int, whole: int, group: str = "") -> TrendPoint:
    return TrendPoint(
        start=start, part=part, whole=whole, runs=whole, group=group, label=group
    )


def weekly(*pairs: tuple[int, int] | None, group: str = "") -> list[TrendPoint]:
    """A point a week, the last in the week of today; None: nothing was counted."""
    last = TODAY - timedelta(days=TODAY.weekday())
    first = last - timedelta(weeks=len(pairs) - 1)
    return [
        point(first + timedelta(weeks=number), *pair, group=group)
        for number, pair in enumerate(pairs)
        if pair is not None
    ]


Scene = Callable[[TrendsPage], Awaitable[None]]


def show(
    scene: Scene,
    review: Review,
    *,
    presence: Presence | None = None,
    before: Callable[[TrendsPage], None] | None = None,
) -> None:
    """Play a scene on a page that is on the screen."""

    async def whole() -> None:
        look = Look()
        look.apply()
        reader = Reader(FakeJournal(), Path())
        page = TrendsPage(
            look,
            reader,
            review,
            FakeDirectory(PLACES),
            presence=presence,
            today=lambda: TODAY,
        )
        if before is not None:
            before(page)
        page.resize(1100, 700)
        page.show()
        try:
            await asyncio.wait_for(scene(page), 20)
        finally:
            await reader.close()
            page.close()
            page.deleteLater()

    qasync.run(whole())


def heard(agreed: bool | None, origin: Origin = Origin.MICROPHONE) -> Utterance:
    """A spoken command; None: it was heard by one ear only."""
    return Utterance(
        text="查一下",
        origin=origin,
        agreement=None if agreed is None else (0.0 if agreed else 0.4),
        agreed=bool(agreed) or agreed is None,
    )


def run(number: int, at: datetime, *findings: Finding, **more: Any) -> RunRecord:
    fields: dict[str, Any] = {
        "run_id": f"{number:032x}",
        "started_at": at,
        "finished_at": at + timedelta(seconds=2),
        "operator": "李明",
        "workstation": "3 号席",
        "origin": Origin.MICROPHONE,
        "outcome": Outcome.ANSWERED,
        "findings": findings,
    }
    return RunRecord(**(fields | more))


def counted(site: Site, check: Check, there: int, wanted: int) -> Finding:
    """An answer: so many of those who were to be there, or wear, or carry."""
    if check is HEAD:
        return finding_of(Call(site, check), seen(expected=wanted, actual=there))
    return finding_of(
        Call(site, check), seen(actual=wanted, wearing=there, carrying=there)
    )


def unknown(site: Site, check: Check) -> Finding:
    missing: Observation = lost(MissingReason.TIMEOUT, "没有答复")
    return finding_of(Call(site, check), missing)


def monday(weeks_ago: int = 0) -> datetime:
    """The first moment of a week of the desk."""
    day = TODAY - timedelta(days=TODAY.weekday(), weeks=weeks_ago)
    return datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
