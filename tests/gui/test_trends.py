"""The page of trends: what is drawn, read with the keys, and led to its records."""

import asyncio
import threading
from datetime import date
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.errors import JournalBrokenError
from app.core.model import Check, Severity
from app.core.trends import Bucket, GroupBy, Measure, span_of
from app.desktop.trends.choices import Last, first_of
from app.desktop.trends.ink import MOST
from app.desktop.trends.measures import Shown
from app.desktop.trends.page import TrendsPage
from tests.gui.support import Expect
from tests.gui.test_accessible import check as check_accessible
from tests.gui.trends_support import TODAY, Points, point, show, weekly

KEYS = Qt.Key


def press(page: TrendsPage, *keys: Qt.Key) -> None:
    for key in keys:
        QTest.keyClick(page.view.chart, key)


def cells(page: TrendsPage, row: int) -> list[str]:
    model = page.view.model
    return [
        str(model.data(model.index(row, column)))
        for column in range(model.columnCount())
    ]


def by_site(page: TrendsPage) -> None:
    page.choices.choose(by=GroupBy.SITE)


async def loaded(page: TrendsPage) -> None:
    if page.shown is None:
        async with Expect(page.loaded):
            pass


def test_each_value_of_the_picture_stands_in_the_table(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert cells(page, 0) == [
            *("2026-11-16 至 11-22", "全部", "75.0%", "30/40", "40", "未满期")
        ]
        assert cells(page, 1)[2:] == ["", "", "", "没有计数"]
        assert cells(page, 2)[2:] == ["50.0%", "4/8", "8", "计数不足 10"]
        # Twelve weeks were asked for: a row for each.
        assert page.view.model.rowCount() == 12

    show(scene, Points(weekly((4, 8), None, (30, 40))))


def test_a_gap_is_drawn_as_a_gap_and_explained(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chart = page.view.chart
        sheet = chart.sheet()
        (drawn,) = chart.plot.lines
        ink = chart.grab().toImage()
        ratio = ink.devicePixelRatio()

        def coloured(x: float, y: float) -> bool:
            """Whether the line goes through a column of dots about a place."""
            spots = (
                ink.pixelColor(round(x * ratio), round((y + off) * ratio))
                for off in range(-3, 4)
            )
            return any(spot.blue() > 180 and spot.red() < 150 for spot in spots)

        first, second, after, last = (sheet.at(each) for each in drawn.line.points)
        assert coloured((first.x() + second.x()) / 2, (first.y() + second.y()) / 2)
        assert not coloured((second.x() + after.x()) / 2, (second.y() + after.y()) / 2)
        assert coloured((after.x() + last.x()) / 2, (after.y() + last.y()) / 2)
        assert "不是零" in page.view.note.text()
        assert "斜纹" in page.view.note.text()

    pairs = ((30, 40), (30, 40), None, (30, 40), (30, 40))
    show(scene, Points(weekly(*pairs)))


def test_the_keys_walk_the_points_and_say_what_they_are(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chart, bar = page.view.chart, page.view.bar
        assert not bar.open_all.isEnabled()
        press(page, KEYS.Key_Left)
        assert "2026-11-16 至 11-22  全部  75.0%（30/40，40 次巡检）" in bar.said.text()
        press(page, KEYS.Key_Left)
        # The week without a point is no place for the keys.
        assert "2026-11-02 至 11-08" in bar.said.text()
        press(page, KEYS.Key_Left, KEYS.Key_Left)
        assert "2026-10-26 至 11-01  全部  50.0%（4/8" in bar.said.text()
        assert page.view.table.currentIndex().row() == 3
        told = QAccessible.queryAccessibleInterface(chart)
        assert "50.0%" in told.text(QAccessible.Text.Description)
        press(page, KEYS.Key_End)
        assert "11-16" in bar.said.text()

    show(scene, Points(weekly((4, 8), (1, 2), None, (30, 40))))


def test_up_and_down_change_the_line(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        press(page, KEYS.Key_Right)
        chart = page.view.chart
        assert chart.current is not None
        assert chart.current[0].line.group == "low"
        press(page, KEYS.Key_Up)
        assert chart.current[0].line.group == "high"
        press(page, KEYS.Key_Up)
        assert chart.current[0].line.group == "high"
        press(page, KEYS.Key_Down)
        assert chart.current[0].line.group == "low"

    lines = [*weekly((90, 100), group="high"), *weekly((50, 100), group="low")]
    show(scene, Points(lines), before=by_site)


def test_enter_and_a_click_lead_to_the_records_of_the_point(
    clean_qt: QApplication,
) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        wanted: list[object] = []
        page.records_wanted.connect(wanted.append)
        press(page, KEYS.Key_Left, KEYS.Key_Left, KEYS.Key_Return)
        chart = page.view.chart
        place = chart.sheet().at(chart.plot.lines[0].line.points[0]).toPoint()
        QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place + QPoint(3, 2))
        table = page.view.table
        table.activated.emit(table.model().index(1, 0))
        page.view.bar.open_all.click()
        assert len(wanted) == 4
        assert len(set(map(repr, wanted))) == 1
        query = wanted[0]
        assert (query.since, query.until) == span_of(date(2026, 11, 9), Bucket.WEEK)  # type: ignore[attr-defined]
        assert query.site == "s1"  # type: ignore[attr-defined]
        assert query.check is Check.HEADCOUNT  # type: ignore[attr-defined]

    lines = weekly((30, 40), (20, 40), group="s1")
    show(scene, Points(lines), before=by_site)


def test_a_click_beside_every_point_opens_nothing(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        wanted: list[object] = []
        page.records_wanted.connect(wanted.append)
        QTest.mouseClick(page.view.chart, Qt.MouseButton.LeftButton, pos=QPoint(90, 60))
        assert wanted == []

    show(scene, Points(weekly((30, 40))))


def test_a_row_without_a_count_opens_nothing(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        wanted: list[object] = []
        page.records_wanted.connect(wanted.append)
        table, bar = page.view.table, page.view.bar
        table.setCurrentIndex(table.model().index(0, 0))
        assert bar.open_all.isEnabled()
        table.setCurrentIndex(table.model().index(5, 0))
        assert "没有计数" in bar.said.text()
        assert not bar.open_all.isEnabled()
        table.activated.emit(table.currentIndex())
        press(page, KEYS.Key_Return)
        assert wanted == []

    show(scene, Points(weekly((30, 40))))


def test_findings_can_be_opened_by_severity(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        wanted: list[object] = []
        page.records_wanted.connect(wanted.append)
        press(page, KEYS.Key_Left)
        parts = page.view.bar.parts
        assert [s for s, made in parts.items() if made.isVisible()] == [
            Severity.ALARM, Severity.ATTENTION
        ]  # fmt: skip
        parts[Severity.ALARM].click()
        assert [query.severity for query in wanted] == [Severity.ALARM]  # type: ignore[attr-defined]

    def findings(page: TrendsPage) -> None:
        page.choices.choose(shown=Shown(Measure.FINDINGS))

    show(scene, Points(weekly((3, 40))), before=findings)


def test_points_of_few_are_hollow_and_said_to_be(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chart = page.view.chart
        few, many = (chart.sheet().at(p) for p in chart.plot.lines[0].line.points)
        image = chart.grab().toImage()
        ratio = image.devicePixelRatio()
        inside, full = (
            image.pixelColor((place * ratio).toPoint()) for place in (few, many)
        )
        assert inside.lightness() < 60 < full.lightness()
        assert "空心" in page.view.note.text()

    show(scene, Points(weekly((4, 8), (40, 80))))


def test_a_torn_axis_is_said_and_can_be_had_whole(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert page.view.chart.plot.scale.broken
        assert "纵轴断开" in page.view.note.text()
        page.choices.zoom.setChecked(False)
        assert page.view.chart.plot.scale.low == 0
        assert page.view.chart.plot.scale.high == 1
        assert "纵轴断开" not in page.view.note.text()

    show(scene, Points(weekly((97, 100), (99, 100))))


def test_names_at_the_ends_do_not_lie_over_one_another(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        sheet = page.view.chart.sheet()
        places = sorted(label.place.y() for label in sheet.end_labels())
        gaps = [b - a for a, b in pairwise(places)]
        assert len(places) == 5
        assert min(gaps) >= sheet.line_height

    lines = [one for n in range(5) for one in weekly((900 + n, 1000), group=f"工地{n}")]
    show(scene, Points(lines), before=by_site)


def test_the_worst_five_of_many_are_drawn_and_at_most_eight(
    clean_qt: QApplication,
) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chooser = page.view.chooser
        drawn = [each.line.group for each in page.view.chart.plot.lines]
        assert drawn == [f"{n:03}" for n in range(5)]
        for n in (100, 200, 300):
            chooser.toggle(f"{n:03}")
        assert len(page.view.chart.plot.lines) == MOST
        chooser.toggle("400")
        assert "最多画 8 条" in chooser.said.text()
        assert len(page.view.chart.plot.lines) == MOST
        before = dict(chooser.slots)
        chooser.toggle("000")
        # The others keep their colours, marks and strokes.
        assert dict(chooser.slots) == {k: v for k, v in before.items() if k != "000"}
        chooser.toggle("400")
        assert chooser.slots["400"] == before["000"]
        chooser.choose_worst()
        assert list(chooser.slots) == drawn

    lines = [one for n in range(600) for one in weekly((n, 1000), group=f"{n:03}")]
    show(scene, Points(lines), before=by_site)


def test_what_was_chosen_stays_chosen_over_another_time(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        page.view.chooser.toggle("007")
        async with Expect(page.loaded):
            page.choices.choose_days(date(2026, 10, 1), TODAY)
        assert "007" in page.view.chooser.slots
        async with Expect(page.loaded):
            page.choices.choose(by=GroupBy.REGION)
        assert "007" not in page.view.chooser.slots

    lines = [one for n in range(9) for one in weekly((n, 1000), group=f"{n:03}")]
    show(scene, Points(lines), before=by_site)


def test_a_line_is_found_by_name_and_by_pinyin(clean_qt: QApplication) -> None:
    def found(page: TrendsPage) -> list[str]:
        model = page.view.chooser.model
        return [model.line(row).group for row in range(model.rowCount())]

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chooser = page.view.chooser
        chooser.filter.setText("青岛")
        assert found(page) == ["青岛港区"]
        while not chooser.readable:
            await asyncio.sleep(0)
        chooser.filter.setText("jnbj")
        assert found(page) == ["济南北郊"]
        QTest.keyClick(chooser.filter, KEYS.Key_Down)
        chooser.list.setCurrentIndex(chooser.model.index(0))
        QTest.keyClick(chooser.list, KEYS.Key_Return)
        assert "济南北郊" not in chooser.slots

    lines = [
        one
        for name in ("济南北郊", "青岛港区", "烟台")
        for one in weekly((30, 40), group=name)
    ]
    show(scene, Points(lines), before=by_site)


def test_an_older_answer_is_not_shown_over_a_newer_choice(
    clean_qt: QApplication,
) -> None:
    review = Points(weekly((30, 40)))
    gate = threading.Event()

    async def scene(page: TrendsPage) -> None:
        while not review.asked:
            await asyncio.sleep(0)
        seen: list[object] = []
        page.loaded.connect(lambda: seen.append(page.shown))
        page.choices.choose(shown=Shown(Measure.HELMETS))
        page.choices.choose(shown=Shown(Measure.EQUIPMENT))
        async with Expect(page.loaded):
            gate.set()
        assert [each.shown.measure for each in seen] == [Measure.EQUIPMENT]  # type: ignore[attr-defined]
        # What lay between was never asked for.
        assert [query.measure for query in review.asked] == [
            Measure.ATTENDANCE, Measure.EQUIPMENT
        ]  # fmt: skip
        assert "电笔携带率" in page.title.text()

    review.hold = lambda: gate.wait(10)
    show(scene, review)


def test_a_long_wait_is_said(clean_qt: QApplication) -> None:
    review = Points(weekly((30, 40)))
    gate = threading.Event()
    review.hold = lambda: gate.wait(10)

    async def scene(page: TrendsPage) -> None:
        while not page.state.isVisible():
            await asyncio.sleep(0.02)
        assert "正在读取" in page.state.text()
        async with Expect(page.loaded):
            gate.set()
        assert not page.state.isVisible()

    show(scene, review)


def test_a_log_that_cannot_be_read_is_said_and_can_be_tried_again(
    clean_qt: QApplication,
) -> None:
    review = Points(weekly((30, 40)))
    review.error = JournalBrokenError("磁盘不见了")

    async def scene(page: TrendsPage) -> None:
        async with Expect(page.failed):
            pass
        assert "磁盘不见了" in page.state.text()
        assert not page.view.isVisible()
        review.error = None
        async with Expect(page.loaded):
            page.remedy.click()
        assert page.view.isVisible()
        assert not page.remedy.isVisible()

    show(scene, review)


def test_where_nothing_is_there_is_said_what_to_do(clean_qt: QApplication) -> None:
    review = Points()

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert "没有可以统计出勤率的记录" in page.state.text()
        assert not page.view.isVisible()
        review.points = [point(date(2026, 3, 1), 30, 40)]
        async with Expect(page.loaded):
            page.remedy.click()
        assert page.shown is not None
        assert (page.shown.bucket, page.shown.first) == (
            Bucket.MONTH, date(2025, 12, 1)
        )  # fmt: skip
        assert page.view.isVisible()

    show(scene, review)


def test_too_many_points_are_refused_with_a_way_out(clean_qt: QApplication) -> None:
    review = Points(weekly((30, 40)))

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        asked = len(review.asked)
        page.choices.choose_days(date(2010, 1, 1), TODAY)
        page.choices.choose(bucket=Bucket.DAY)
        assert "时间太长" in page.state.text()
        assert page._mark.isVisible()
        assert not page.view.isVisible()
        review.points = [point(date(2026, 11, 1), 30, 40)]
        async with Expect(page.loaded):
            page.choices.choose(bucket=Bucket.MONTH)
        assert page.view.isVisible()
        assert all(query.bucket is not Bucket.DAY for query in review.asked[asked:])

    show(scene, review)


def test_whole_spans_are_asked_for_by_the_calendar_of_the_desk(
    clean_qt: QApplication,
) -> None:
    review = Points(weekly((30, 40)))

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        review.points = [point(date(2026, 10, 5), 30, 40)]
        async with Expect(page.loaded):
            page.choices.choose_days(date(2026, 10, 8), date(2026, 10, 14))
        query = review.asked[-1]
        assert query.since == span_of(date(2026, 10, 5), Bucket.WEEK)[0]
        assert query.until == span_of(date(2026, 10, 12), Bucket.WEEK)[1]

    show(scene, review)


@pytest.mark.parametrize(
    ("last", "first"),
    [
        (Last.DAYS, date(2026, 10, 24)),
        (Last.WEEKS, date(2026, 8, 31)),
        (Last.MONTHS, date(2025, 12, 1)),
    ],
)
def test_the_times_that_end_today_begin_where_they_say(last: Last, first: date) -> None:
    assert first_of(last, TODAY) == first
    assert first_of(Last.MONTHS, date(2026, 12, 31)) == date(2026, 1, 1)


def test_a_check_is_offered_where_it_means_something(clean_qt: QApplication) -> None:
    review = Points(weekly((3, 40)))

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert not page.choices.check.isVisible()
        async with Expect(page.loaded):
            page.choices.choose(shown=Shown(Measure.UNANSWERED))
        assert page.choices.check.isVisible()
        async with Expect(page.loaded):
            page.choices.check.setCurrentIndex(2)
        assert review.asked[-1].check is tuple(Check)[1]
        async with Expect(page.loaded):
            page.choices.choose(shown=Shown(Measure.EARS_APART))
        assert review.asked[-1].check is None

    show(scene, review)


def test_a_region_can_be_chosen_of_those_in_the_log(clean_qt: QApplication) -> None:
    review = Points(weekly((30, 40)))

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        box = page.choices.region
        while not box.isVisible():
            await asyncio.sleep(0)
        async with Expect(page.loaded):
            box.setCurrentIndex(box.findData("青岛"))
        assert review.asked[-1].region == "青岛"
        assert "片区：青岛" in page.how.text()

    show(scene, review)


def test_the_number_of_findings_is_drawn_and_not_their_rate(
    clean_qt: QApplication,
) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert page.view.chart.plot.scale.ticks == (0, 1, 2, 3)
        assert cells(page, 0)[2:4] == ["3", "3/40"]
        assert not page.choices.zoom.isVisible()

    def number(page: TrendsPage) -> None:
        page.choices.choose(shown=Shown(Measure.FINDINGS, as_number=True))

    show(scene, Points(weekly((3, 40))), before=number)


def test_points_on_one_place_are_all_told(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chart = page.view.chart
        place = chart.sheet().at(chart.plot.lines[0].line.points[0])
        told = sorted(chart.told_at(place).splitlines())
        assert [line.split("  ")[1] for line in told] == ["乙", "甲"]

    lines = [*weekly((20, 20), group="甲"), *weekly((20, 20), group="乙")]
    show(scene, Points(lines), before=by_site)


def test_everything_is_named_and_reached_with_tab(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        page.activateWindow()
        while QApplication.activeWindow() is not page:
            await asyncio.sleep(0)
        check_accessible(page)

    show(scene, Points(weekly((20, 20), group="甲")), before=by_site)


def test_lines_are_told_apart_without_any_colour(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        chooser = page.view.chooser
        for n in range(5, 8):
            chooser.toggle(str(n))
        icons = set()
        for row in range(8):
            index = chooser.model.index(row)
            picture = chooser.model.data(index, Qt.ItemDataRole.DecorationRole)
            image = picture.toImage().convertToFormat(  # type: ignore[attr-defined]
                picture.toImage().Format.Format_Alpha8  # type: ignore[attr-defined]
            )
            icons.add(bytes(image.constBits()))
        assert len(icons) == 8

    lines = [one for n in range(8) for one in weekly((30, 40), group=str(n))]
    show(scene, Points(lines), before=by_site)
