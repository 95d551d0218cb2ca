"""The supervisor finds records: open first, filters, saved filters, the record."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.core.entries import Correction, Decision, FindingState, Step
from app.core.errors import JournalBrokenError
from app.core.filters import LogFilter, Span
from app.core.model import Call, Check, Outcome, Severity
from app.core.ports import JournalQuery
from app.core.workdays import DESKS_ZONE
from app.desktop.alarm_bar import AlarmBar
from app.desktop.finding_view import FindingView
from app.desktop.record_view import RecordWindow
from app.desktop.review.course import CourseView
from app.desktop.review.dates import day_of
from app.desktop.review.model import STATE
from app.desktop.review.window import ReviewWindow
from app.journal.store import SqliteJournal
from tests.gui.conftest import Play, Stage
from tests.gui.review import HATS, cells, opened, remember, took
from tests.gui.support import (
    JINAN,
    SITES,
    YANTAI,
    DeskForTests,
    Expect,
    finding_of,
    key,
    past_record,
    said,
    seen,
    texts,
)
from tests.gui.test_accessible import active, check, without_focus_ring

SWEEP = "查所有工地"


async def looks_for(window: ReviewWindow, wanted: LogFilter) -> None:
    async with Expect(window.records.model.loaded):
        window.records.filters.show_filter(wanted)


def chips(window: ReviewWindow) -> list[QPushButton]:
    return [
        chip
        for chip in window.records.filters.chips.findChildren(QPushButton)
        if chip.isVisibleTo(window)
    ]


def test_the_review_opens_beside_the_desk_which_goes_on(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "well")
        await active(stage.window)
        QTest.keyClick(stage.window, Qt.Key.Key_F6)
        window = stage.window.review.window
        assert window is not None
        assert window.isVisible()
        assert not window.isModal()
        await said(stage.session, "你好")
        async with Expect(window.desk_wanted):
            window.back.click()
        stage.window.review.open()
        assert stage.window.review.window is window, "one window, not one a press"

    play(scene)


def test_an_alarm_that_waits_at_the_desk_is_told_in_the_review(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows("查烟台", {HATS: seen(actual=20, wearing=17)})

    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        assert window.back.text() == "回值班台  F6"
        (bar,) = stage.window.findChildren(AlarmBar)
        async with Expect(bar.alarms.changed):
            await said(stage.session, "查烟台")
        assert window.back.text() == "1 条告警待确认，回值班台  F6"

    play(scene, prepare=prepare)


def test_the_talk_key_talks_in_the_review_too(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        await active(window)
        async with Expect(stage.window.keys.talk_pressed):
            key(window, Qt.Key.Key_F8, down=True)
        async with Expect(stage.window.keys.talk_released):
            key(window, Qt.Key.Key_F8, down=False)

    play(scene)


def test_open_findings_stand_first_and_a_heading_parts_them(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well", "alarm", "well")
        window = await opened(stage)
        assert cells(window, 0) == ["告警", "告警", "正常", "正常"]
        assert cells(window, STATE) == ["待处置", "待处置", "", ""]
        assert window.records.table.parted_at == 2
        tall = window.records.table.rowHeight(2)
        assert tall > window.records.table.rowHeight(1)
        assert "未结 2 条" in texts(window)

    play(scene)


def test_pages_run_on_from_the_open_ones_into_the_rest_without_gap_or_repeat(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, *(["alarm", "well", "well"] * 4))
        window = ReviewWindow(
            stage.window._look,
            stage.session,
            page=3,
        )
        model = window.records.model
        async with Expect(model.loaded):
            window.records.search()
        # The table asks for the next page itself while there is room.
        while model.rowCount() < 12:
            async with Expect(model.loaded):
                if model.canFetchMore(QModelIndex()):
                    model.fetchMore(QModelIndex())
        order = [model.row(line).entry.seq for line in range(model.rowCount())]
        assert order == [10, 7, 4, 1, 12, 11, 9, 8, 6, 5, 3, 2]
        assert model.rest == 4
        assert window.records.table.parted_at == 4
        window.records.rest()
        window.deleteLater()

    play(scene)


def test_a_new_record_comes_on_top_of_its_part_and_the_rest_stays(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        window = await opened(stage)
        await remember(stage.desk, "well", "alarm")
        model = window.records.model
        async with Expect(model.loaded):
            window.records.news.timeout.emit()
        order = [model.row(line).entry.seq for line in range(model.rowCount())]
        assert order == [4, 1, 3, 2]
        assert window.records.table.parted_at == 2

    play(scene)


def test_the_first_line_is_chosen_whatever_key_is_held_meanwhile(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        held = QWidget()
        shift = Qt.KeyboardModifier.ShiftModifier
        QTest.keyPress(held, Qt.Key.Key_Shift, shift)
        assert QGuiApplication.keyboardModifiers() == shift
        window = await opened(stage)
        assert [row.entry.seq for row in window.records.selected] == [1]
        assert len(window.records.detail.disposal.targets) == 1

    play(scene)


def test_a_journal_that_cannot_be_read_says_so_and_counts_nothing(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        window = await opened(stage)
        stage.desk.journal.unreadable = JournalBrokenError("日志文件打不开")
        failed = Expect(window.records.model.failed)
        async with Expect(window.records.counted), failed:
            window.reload()
        shown = texts(window)
        assert "日志文件打不开" in shown
        assert "未结 ？ 条" in shown
        assert "还没有巡检记录" not in shown
        assert window.records.detail.disposal.targets == ()
        stage.desk.journal.unreadable = None
        async with Expect(window.records.model.loaded):
            window.reload()
        assert "日志文件打不开" not in texts(window)

    play(scene)
    caplog.clear()


def test_nothing_found_and_nothing_yet_are_told_apart(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        assert "还没有巡检记录" in texts(window)
        assert not window.records.show_all.isVisible()
        await remember(stage.desk, "well")
        await looks_for(window, LogFilter(text="没有这样的话"))
        assert "没有符合筛选的记录" in texts(window)
        async with Expect(window.records.model.loaded):
            window.records.show_all.click()
        assert window.records.model.rowCount() == 1
        assert chips(window) == []

    play(scene)


def test_each_choice_filters_and_is_a_chip_that_takes_it_away(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well", "nothing")
        window = await opened(stage)
        filters = window.records.filters
        for chooser, value, said_on_chip, left in (
            (filters.severity, Severity.ALARM.value, "级别：告警", 1),
            (filters.check, Check.HEADCOUNT.value, "检查：人数检测", 1),
            (filters.outcome, Outcome.CANCELLED.value, "结果：已取消", 1),
            (filters.operator, "李明", "值班员：李明", 3),
            (filters.state, FindingState.OPEN.value, "处置：待处置", 1),
            (filters.state, "still_open", "处置：所有未结的", 1),
            (filters.span, Span.TODAY.value, "时间：今天", 0),
        ):
            async with Expect(window.records.model.loaded):
                chooser.chosen.emit(value)
            assert window.records.model.rowCount() == left, said_on_chip
            (chip, _clear) = chips(window)
            assert chip.accessibleName() == f"去掉筛选 {said_on_chip}"
            async with Expect(window.records.model.loaded):
                chip.click()
            assert filters.wanted == LogFilter()
            assert window.records.model.rowCount() == 3

    play(scene)


def test_a_menu_marks_what_is_chosen(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        severity = window.records.filters.severity
        severity.open()
        assert severity.menu_shown is not None
        actions = severity.menu_shown.actions()
        assert [each.text() for each in actions][:2] == ["全部", "正常"]
        assert [each.isChecked() for each in actions][:2] == [True, False]
        async with Expect(window.records.model.loaded):
            actions[1].trigger()
        severity.menu_shown.close()
        assert window.records.query.severity is Severity.NORMAL

    play(scene)


def test_typed_words_are_searched_when_the_keys_rest(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        window = await opened(stage)
        async with Expect(window.records.model.loaded):
            window.records.filters.text.setText("  安全隐患 ")
        assert window.records.query.text == "安全隐患"
        assert window.records.model.rowCount() == 1
        QTest.keyClick(window.records.filters.text, Qt.Key.Key_Escape)
        async with Expect(window.records.model.loaded):
            pass
        assert window.records.model.rowCount() == 2

    play(scene)


def test_a_site_is_found_by_characters_and_by_initials(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        window = await opened(stage)
        field = window.records.filters.site
        field.setFocus()
        for typed in ("yt", "yantai", "烟台"):
            field.clear()
            QTest.keyClicks(field, typed) if typed.isascii() else field.insert(typed)
            field.textEdited.emit(field.text())
            while not field._names.stringList():
                await asyncio.sleep(0.005)
            assert field._names.stringList() == [YANTAI.name], typed
        completer = field.completer()
        assert completer is not None
        async with Expect(window.records.model.loaded):
            completer.activated.emit(YANTAI.name)
        assert window.records.query.site == YANTAI.id
        assert "工地：烟台工地" in chips(window)[0].text()

    play(scene)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-11-01", "2026-11-01"),
        ("20261101", "2026-11-01"),
        ("2026年11月1日", "2026-11-01"),
        ("11-01", "2026-11-01"),
        ("12.31", "2025-12-31"),
        ("2026-02-30", None),
        ("昨天", None),
    ],
)
def test_a_day_is_read_as_people_write_it(typed: str, day: str | None) -> None:
    today = datetime(2026, 11, 22, tzinfo=DESKS_ZONE).date()
    found = day_of(typed, today)
    assert (found.isoformat() if found else None) == day


def test_two_dates_include_the_last_day_and_wrong_ones_are_said(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        filters = window.records.filters
        filters.span.chosen.emit("dates")
        dates = filters.dates
        assert dates.isVisible()
        dates.since.setText("2026-11-20")
        dates.until.setText("2026-13-41")
        dates.apply.click()
        assert "「2026-13-41」不是日期" in texts(window)
        dates.until.setText("2026-11-19")
        dates.apply.click()
        assert "请对调" in texts(window)
        dates.until.setText("2026-11-21")
        async with Expect(window.records.model.loaded):
            dates.apply.click()
        query = window.records.query
        assert query.since == datetime(2026, 11, 20, tzinfo=DESKS_ZONE)
        assert query.until == datetime(2026, 11, 22, tzinfo=DESKS_ZONE)
        assert "2026-11-20 – 2026-11-21" in chips(window)[0].text()
        assert not dates.isVisible()

    play(scene)


def test_a_filter_is_saved_applied_overwritten_and_deleted(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        window = await opened(stage)
        saved = window.records.filters.saved
        await looks_for(window, LogFilter(severity=Severity.ALARM))
        saved.open()
        assert saved.menu_shown is not None
        (save,) = saved.menu_shown.actions()
        save.trigger()
        saved.menu_shown.close()
        saved.name.setText("告警")
        async with Expect(stage.window.review.filters_changed) as kept:
            saved.save.click()
        assert kept.args == ({"告警": "severity=alarm"},)
        assert "告警" in saved.button.text()
        await looks_for(window, LogFilter(check=Check.HEADCOUNT))
        saved.name.clear()
        saved.name.setText("告警")
        assert saved.save.text() == "覆盖同名的"
        async with Expect(window.filters_changed) as kept:
            saved.save.click()
        assert kept.args == ({"告警": "check=headcount"},)
        await looks_for(window, LogFilter())
        async with Expect(window.records.model.loaded):
            saved.apply("告警")
        assert window.records.query.check is Check.HEADCOUNT
        saved.open()
        gone = saved.menu_shown.actions()[-1].menu()
        async with Expect(window.filters_changed) as kept:
            gone.actions()[0].trigger()  # type: ignore[union-attr]
        saved.menu_shown.close()
        assert kept.args == ({},)

    play(scene)


def test_a_saved_filter_that_was_spoilt_by_hand_is_told_and_changes_nothing(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.review.keep({"坏的": "colour=red"})
        window = await opened(stage)
        window.records.filters.saved.apply("坏的")
        assert "colour=red" in texts(window)
        assert window.records.filters.wanted == LogFilter()

    play(scene)


def test_a_query_from_elsewhere_leads_to_its_records(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        now = datetime.now(UTC)
        query = JournalQuery(
            since=now - timedelta(days=900), until=now, check=Check.HELMET
        )
        stage.window.review.show_query(query)
        window = stage.window.review.window
        assert window is not None
        async with Expect(window.records.detail_shown):
            pass
        assert window.records.query == query
        assert window.records.model.rowCount() == 1
        assert "检查：安全检查" in chips(window)[1].text()
        async with Expect(window.reports_wanted) as wanted:
            window.reports.click()
        assert wanted.args == (query,)

    play(scene)


def test_a_record_is_shown_with_everything_that_is_known_of_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        window = await opened(stage)
        window.records.show_current()
        shown = texts(window.records.detail)
        for told in (
            "实到20人, 17人佩戴安全帽, 存在安全隐患",
            "戴帽人数少于实到",
            "来源系统的时钟",
            "查一下技能的人数",
            "71%",
            run,
            "责任人 王建国",
            "钱进　济南调控 1 号席",
            "告警还没有人确认",
        ):
            assert told in shown, told
        page = window.records.detail.page
        assert page is not None
        page.copy.click()
        clipboard = QGuiApplication.clipboard().text()
        assert run in clipboard
        assert "戴帽人数少于实到" in clipboard

    play(scene)


def test_a_record_in_a_window_of_its_own_tells_all_that_came_later(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        run, well, spoken_of = await remember(stage.desk, "alarm", "well", "well")
        review, said_at = stage.desk.review, datetime.now(UTC)
        by: dict[str, Any] = {"at": said_at, "by": "钱进", "workstation": "1 号席"}
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        await took(stage.desk, run, Step.NOTED, note="电话通知了班组")
        await took(stage.desk, spoken_of, Step.NOTED, note="门卫也在")
        right = Correction(run_id=run, text="查一下济南的人数", **by)
        await review.correct(right)
        await review.decide(Decision(correction_id=right.entry_id, approved=True, **by))
        window = await opened(stage)
        entries = {entry.record.run_id: entry for entry in stage.desk.journal.entries}
        for each in (run, well, spoken_of):
            window.records.detail.window_wanted.emit(entries[each])
        while stage.session.reader._tasks:
            await asyncio.sleep(0)
        first, second, third = window.findChildren(RecordWindow)
        shown = texts(first)
        for told in (
            "派发　责任人 王建国",
            "备注　电话通知了班组",
            "更正：原话应为「查一下济南的人数」",
            "采纳更正",
            "告警还没有人确认",
        ):
            assert told in shown, told
        assert not second.findChildren(CourseView), "nothing came, and nothing had to"
        assert "备注　门卫也在" in texts(third)

    play(scene)


def test_of_a_sweep_what_is_open_has_a_line_each_and_is_shown_first(
    play: Play,
) -> None:
    calls = [Call(site, c) for site in SITES for c in Check] * 2
    bad = {1, 4}

    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "well")
        findings = tuple(
            finding_of(HATS, seen(actual=20, wearing=11 + index))
            if index in bad
            else finding_of(Call(JINAN, Check.HEADCOUNT), seen(expected=5, actual=5))
            for index, _ in enumerate(calls)
        )
        record = past_record(7, findings[0])
        object.__setattr__(record, "findings", findings)
        await stage.desk.journal.append(record)
        window = await opened(stage)
        model = window.records.model
        lines = [(model.row(i).index, model.state(model.row(i))) for i in range(2)]
        assert lines == [(1, FindingState.OPEN), (4, FindingState.OPEN)]
        assert model.rowCount() == 3
        async with Expect(window.records.detail_shown):
            window.records.table.selectRow(1)
        page = window.records.detail.page
        assert page is not None
        lead = page.findChildren(FindingView)[-1]
        assert lead.finding is findings[4]
        assert lead.y() < page.views[0].mapTo(page, QPoint(0, 0)).y()
        assert window.records.detail.disposal.targets[0].index == 4

    play(scene)


def test_a_sweep_with_nothing_open_is_one_line_that_enter_spreads(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        record = past_record(
            1, finding_of(Call(JINAN, Check.HEADCOUNT), seen(expected=5, actual=4))
        )
        object.__setattr__(record, "findings", record.findings * 14)
        await stage.desk.journal.append(record)
        window = await opened(stage)
        table = window.records.table
        assert window.records.model.rowCount() == 1
        window.records.show_current()
        assert "按 Enter 逐项列出" in texts(window.records.detail)
        async with Expect(window.records.detail_shown):
            QTest.keyClick(table, Qt.Key.Key_Return)
        assert window.records.model.rowCount() == 14
        assert len(window.records.detail.disposal.targets) == 1

    play(scene)


def test_a_narrow_window_shows_the_record_in_the_place_of_the_list(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        window = await opened(stage)
        window.resize(911, 512)
        records = window.records
        assert records.table.isVisible()
        assert not records.detail.isVisible()
        QTest.keyClick(records.table, Qt.Key.Key_Return)
        assert records.detail.isVisible()
        assert not records.table.isVisible()
        await active(window)
        QTest.keyClick(window, Qt.Key.Key_Escape)
        assert records.table.isVisible()

    play(scene)


def test_every_control_of_the_review_has_a_name_a_ring_and_is_reached(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        (run, *_) = await remember(stage.desk, "alarm", "well")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        window = await opened(stage)
        await active(window)
        await looks_for(window, LogFilter(severity=Severity.ALARM))
        window.records.filters.dates.open(None, None)
        window.records.filters.saved.show()
        check(window)
        window.records.show_current()
        window.records.detail.disposal.press(Step.DISPATCHED)
        check(window)
        assert "\n".join(without_focus_ring(window)) == ""
        for tab in (window.corrections_tab, window.events_tab, window.chain_tab):
            tab.setChecked(True)
            check(window)

    def prepare(desk: DeskForTests) -> None:
        desk.journal.broken = None

    play(scene, prepare=prepare)


def test_a_log_on_disk_is_reviewed_dealt_with_and_proved(play: Play) -> None:
    """All of it on the file that a desk writes, and not on what tests made up."""

    def prepare(desk: DeskForTests) -> None:
        made = SqliteJournal(desk.info.journal_path, clock=desk.clock)
        desk.journal = made  # type: ignore[assignment]
        desk.review = made.review  # type: ignore[assignment]

    async def scene(stage: Stage) -> None:
        alarm = finding_of(HATS, seen(actual=20, wearing=17))
        well = finding_of(Call(JINAN, Check.HEADCOUNT), seen(expected=9, actual=9))
        for number, finding in enumerate((alarm, well, alarm, well)):
            await stage.desk.journal.append(past_record(number, finding))
        window = await opened(stage)
        assert cells(window, STATE) == ["待处置", "待处置", "", ""]
        disposal = window.records.detail.disposal
        disposal.press(Step.FALSE_ALARM)
        disposal.note.setText("是保安")
        counted = Expect(window.records.counted)
        async with Expect(window.records.dealing.settled), counted:
            disposal.confirm.click()
        assert cells(window, STATE) == ["误报", "待处置", "", ""], "it stays in sight"
        assert counted.args == (1,)
        async with Expect(window.records.model.loaded):
            window.reload()
        assert cells(window, STATE) == ["待处置", "", "误报", ""]
        await looks_for(window, LogFilter(state=FindingState.FALSE_ALARM))
        assert window.records.model.rowCount() == 1
        await looks_for(window, LogFilter(site=YANTAI.id, text="安全隐患", open=True))
        assert window.records.model.rowCount() == 1
        async with Expect(window.chain.verified) as verified:
            window.chain.verify()
        assert verified.args == (True,)
        assert "5 条记录链条完整" in texts(window.chain)

    play(scene, prepare=prepare)
