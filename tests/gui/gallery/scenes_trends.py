"""Scenes of the page of trends: lines and gaps, one point, nothing, on paper."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from app.core.trend_lines import starts
from app.core.trends import Bucket, GroupBy, Measure, TrendPoint, TrendQuery
from app.core.workdays import DESKS_ZONE
from app.desktop.trends.choices import Last
from app.desktop.trends.measures import Shown
from app.desktop.trends.page import TrendsPage
from app.desktop.trends.saving import encoded
from tests.gui.gallery.furniture import SITES
from tests.gui.gallery.scene import LIGHT, SCALED, SMALL, USUAL, Scene, Stage
from tests.gui.support import DeskForTests, Expect

_WHOLES = (120, 80, 240, 6, 160)


def _spans(query: TrendQuery) -> tuple[date, ...]:
    first = query.since.astimezone(DESKS_ZONE).date()
    last = (query.until - timedelta(seconds=1)).astimezone(DESKS_ZONE).date()
    return starts(first, last, query.bucket)


def _groups(by: GroupBy) -> list[tuple[str, str]]:
    if by is GroupBy.ALL:
        return [("", "")]
    if by is GroupBy.SITE:
        return [(site.id, site.name) for site in SITES]
    regions = dict.fromkeys(site.region for site in SITES)
    return [(region, region) for region in regions][:6]


def past(query: TrendQuery) -> Iterator[TrendPoint]:
    """Three months at every site, with holes."""
    good = query.measure in {Measure.ATTENDANCE, Measure.HELMETS, Measure.EQUIPMENT}
    for line, (group, label) in enumerate(_groups(query.by)):
        for number, start in enumerate(_spans(query)):
            noise = (number * 37 + line * 53 + number * line * 11) % 23
            if noise == 7 or number == 4:
                continue
            whole = _WHOLES[(number + line * 2) % len(_WHOLES)]
            bad = (noise % 9 + line % 5) / 100
            part = round(whole * (1 - bad if good else bad))
            yield TrendPoint(
                start=start,
                group=group,
                label=label,
                part=part,
                whole=whole,
                runs=whole // 4 + 1,
            )


def one(query: TrendQuery) -> Iterator[TrendPoint]:
    yield next(past(query))


def nothing(_query: TrendQuery) -> Iterator[TrendPoint]:
    yield from ()


def remembers(
    told: Callable[[TrendQuery], Iterator[TrendPoint]],
) -> Callable[[DeskForTests], None]:
    """Let the desk's log give these points."""

    def prepare(desk: DeskForTests) -> None:
        desk.review.trend = lambda query: tuple(told(query))  # type: ignore[method-assign]

    return prepare


async def page_of(
    stage: Stage, choose: Callable[[TrendsPage], None] = lambda _: None
) -> TrendsPage:
    stage.window.review.open()
    window = stage.window.review.window
    assert window is not None
    window.resize(stage.window.size())
    tab = next(
        made
        for made in window.findChildren(QPushButton)
        if made.text() in {"趋势", "Trends"}
    )
    tab.setChecked(True)
    (page,) = window.findChildren(TrendsPage)
    async with Expect(page.loaded):
        choose(page)
    return page


async def sites(stage: Stage) -> None:
    page = await page_of(stage, lambda page: page.choices.choose(by=GroupBy.SITE))
    chart = page.view.chart
    chart.setFocus(Qt.FocusReason.OtherFocusReason)
    for key in (*[Qt.Key.Key_Left] * 3, Qt.Key.Key_Up):
        QTest.keyClick(chart, key)


async def regions(stage: Stage) -> None:
    await page_of(stage, lambda page: page.choices.choose(by=GroupBy.REGION))


async def findings(stage: Stage) -> None:
    def choose(page: TrendsPage) -> None:
        shown = Shown(Measure.FINDINGS, as_number=True)
        page.choices.choose(shown=shown, last=Last.DAYS, by=GroupBy.REGION)

    await page_of(stage, choose)


async def alone(stage: Stage) -> None:
    await page_of(stage)


async def too_long(stage: Stage) -> None:
    page = await page_of(stage)
    page.choices.choose_days(date(2015, 1, 1), date(2026, 11, 22))
    page.choices.choose(bucket=Bucket.DAY)


async def on_paper(stage: Stage) -> None:
    """The picture that is kept, as it will be printed."""
    page = await page_of(stage, lambda page: page.choices.choose(by=GroupBy.REGION))
    data = encoded(page.view.titled(), Path("a.png"), QFont(page.font()))
    sheet = QLabel()
    picture = QPixmap()
    picture.loadFromData(data)
    sheet.setPixmap(picture)
    sheet.setScaledContents(True)
    sheet.setParent(page.window(), Qt.WindowType.Dialog)
    room = stage.window.size() * 0.9
    sheet.setFixedSize(picture.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio))
    sheet.show()
    stage.others.append(sheet)


TRENDS = (
    Scene(name="trends-sites", act=sites, prepare=remembers(past)),
    Scene(name="trends-regions", act=regions, prepare=remembers(past)),
    Scene(
        name="trends-findings", act=findings, prepare=remembers(past),
        settings=(SMALL, SCALED, LIGHT),
    ),
    Scene(name="trends-one-point", act=alone, prepare=remembers(one)),
    Scene(name="trends-nothing", act=alone, prepare=remembers(nothing), settings=USUAL),
    Scene(
        name="trends-too-long", act=too_long, prepare=remembers(past),
        settings=(SMALL, SCALED),
    ),
    Scene(name="trends-on-paper", act=on_paper, prepare=remembers(past)),
)  # fmt: skip
