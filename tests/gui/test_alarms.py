"""Alarms: seen, heard, acknowledged by name, and listed until then."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.core import events
from app.core.alarms import Acknowledgement, OpenAlarms
from app.core.errors import JournalError
from app.core.labels import UNNAMED
from app.core.model import Call, Check, Site
from app.core.ports import Health, JournalQuery
from app.desktop import alarms as alarms_module
from app.desktop.alarm_bar import HEIGHT, AlarmBar
from app.desktop.alarm_bell import AlarmBell
from app.desktop.alarm_list import AlarmList
from app.desktop.alarms import Alarms
from app.desktop.look import ThemeName
from app.desktop.record_view import RecordWindow
from app.journal.store import SqliteJournal
from app.settings.declaration import DeskSettings
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    LONG,
    YANTAI,
    DeskForTests,
    Expect,
    compose,
    finding_of,
    key,
    past_record,
    said,
    seen,
    texts,
)

HELMETS, SOON, SWEEP = "烟台安全", "微山湖安全", "全部安全"
BARE = Call(YANTAI, Check.HELMET)
TEN = 10


def knows(desk: DeskForTests) -> None:
    desk.knows(HELMETS, {BARE: seen(actual=34, wearing=30)})
    desk.knows(SOON, {Call(LONG, Check.HELMET): seen(actual=9, wearing=7)})
    desk.knows("济南人数", {Call(JINAN, Check.HEADCOUNT): seen(expected=5, actual=5)})
    desk.knows(
        SWEEP,
        {
            Call(Site(id=f"m{n}", name=f"第{n}标段"), Check.HELMET): seen(
                actual=20, wearing=20 - n
            )
            for n in range(1, TEN + 1)
        },
    )


def knows_past(desk: DeskForTests) -> None:
    """The shift before has left two alarms, and acknowledged a third."""
    knows(desk)
    alarm = finding_of(BARE, seen(actual=12, wearing=11))
    calm = finding_of(BARE, seen(actual=12, wearing=12))
    for number, finding in enumerate((alarm, calm, alarm, alarm), 1):
        at_once(desk.journal.append(past_record(number, finding)))
    at_once(desk.journal.acknowledge(done(3)))


def at_once(work: Coroutine[Any, Any, object]) -> None:
    """Run what never waits, also before the loop does."""
    with pytest.raises(StopIteration):
        work.send(None)


def done(number: int, index: int = 0, by: str = "王芳") -> Acknowledgement:
    return Acknowledgement(
        run_id=f"{number:032x}",
        index=index,
        at=datetime.now(UTC),
        by=by,
        workstation="二号席",
    )


def bar_of(stage: Stage) -> AlarmBar:
    (bar,) = stage.window.findChildren(AlarmBar)
    return bar


def alarms_of(stage: Stage) -> Alarms:
    (alarms,) = stage.window.findChildren(Alarms)
    return alarms


async def loaded(stage: Stage) -> AlarmBar:
    """Give the bar, once it knows what is open."""
    alarms = alarms_of(stage)
    while alarms._reading:
        await asyncio.sleep(0)
    return bar_of(stage)


async def acknowledged(stage: Stage, press: Callable[[], object]) -> Acknowledgement:
    async with Expect(alarms_of(stage).acknowledged) as told:
        press()
    found: Acknowledgement = told.args[0]
    return found


def shortcut(stage: Stage) -> None:
    bar_of(stage).key.activated.emit()


def test_there_is_no_bar_where_nothing_is_open(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, "济南人数")
        assert not bar.isVisible()
        shortcut(stage)
        assert not bar.isVisible()

    play(scene, prepare=knows)


def test_an_alarm_is_seen_at_once_with_word_place_sentence_and_time(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        assert bar.isVisible()
        shown = texts(bar)
        assert "告警" in shown
        assert YANTAI.name in shown
        record = stage.desk.journal.entries[0].record
        assert record.findings[0].summary in bar.sentence.text
        when = record.finished_at.astimezone().strftime("%H:%M:%S")
        assert when in bar.site.text
        for part in ("告警", YANTAI.name, record.findings[0].summary):
            assert part in bar.accessibleName()
        assert "Ctrl+K" in bar.acknowledge.text()

    play(scene, prepare=knows)


def test_an_alarm_is_acknowledged_by_name_with_two_presses_and_the_bar_goes(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        shortcut(stage)
        assert bar.form.isVisible()
        assert bar.form.name.text() == "李明"
        assert stage.window.focusWidget() is bar.form.name
        assert stage.desk.journal.alarms.said == [], "one press is not enough"

        def enter() -> None:
            key(bar.form.name, Qt.Key.Key_Return, down=True)

        standing = await acknowledged(stage, enter)
        assert stage.desk.journal.alarms.said == [standing]
        record = stage.desk.journal.entries[0].record
        assert (standing.run_id, standing.index) == (record.run_id, 0)
        assert (standing.by, standing.workstation) == ("李明", "济南调控 3 号席")
        assert (standing.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert not bar.isVisible()
        assert stage.window.focusWidget() is stage.window.bar.talk

    play(scene, prepare=knows)


def test_another_name_and_a_note_are_taken_as_they_are_typed(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        bar.acknowledge.click()
        bar.form.name.clear()
        assert not bar.form.confirm.isEnabled(), "nobody is no name"
        key(bar.form.name, Qt.Key.Key_Return, down=True)
        assert stage.desk.journal.alarms.said == []
        compose(bar.form.name, " 王芳 ")
        compose(bar.form.note, "已电话通知现场")
        standing = await acknowledged(stage, bar.form.confirm.click)
        assert (standing.by, standing.note) == ("王芳", "已电话通知现场")

    play(scene, prepare=knows)


def test_esc_leaves_the_alarm_open_and_stops_no_query(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        stage.desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            stage.session.submit_text("济南人数")
        bar.acknowledge.click()
        stage.window.activateWindow()
        QTest.keyClick(bar.form.name, Qt.Key.Key_Escape)
        assert not bar.form.isVisible()
        assert bar.acknowledge.isVisible()
        assert len(stage.session.bridge.running) == 1
        async with Expect(stage.session.bridge.run_finished):
            stage.desk.dispatcher.gate.set()
        assert bar.isVisible()
        assert stage.desk.journal.alarms.said == []

    play(scene, prepare=knows)


def test_a_second_alarm_is_on_top_and_the_first_is_counted_and_comes_back(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        assert not bar.number.isVisible()
        await said(stage.session, SOON)
        assert LONG.name in bar.site.text
        assert bar.number.text() == "未确认 2 条"
        assert "2" in bar.all.text()
        shortcut(stage)
        standing = await acknowledged(stage, bar.form.confirm.click)
        assert standing.run_id == stage.desk.journal.entries[1].record.run_id
        assert YANTAI.name in bar.site.text
        assert bar.isVisible()

    play(scene, prepare=knows)


def test_a_new_alarm_does_not_take_the_place_of_the_one_being_acknowledged(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        shortcut(stage)
        await said(stage.session, SOON)
        assert YANTAI.name in bar.site.text
        assert bar.form.isVisible()
        assert bar.number.text() == "未确认 2 条"
        shortcut(stage)
        assert YANTAI.name in bar.site.text
        standing = await acknowledged(stage, bar.form.confirm.click)
        assert standing.run_id == stage.desk.journal.entries[0].record.run_id
        assert LONG.name in bar.site.text

    play(scene, prepare=knows)


def test_ten_alarms_of_a_sweep_take_no_more_room_than_one(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        assert bar.height() == HEIGHT
        await said(stage.session, SWEEP)
        assert bar.height() == HEIGHT
        assert bar.number.text() == f"未确认 {TEN + 1} 条"

    play(scene, prepare=knows)


def test_the_list_holds_all_and_any_of_them_is_acknowledged(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        await said(stage.session, SWEEP)
        bar.all.click()
        listed = bar.list
        assert isinstance(listed, AlarmList)
        assert listed.model.rowCount() == TEN + 1
        assert f"{TEN + 1} 条" in listed.head.text()
        last = listed.model.index(TEN, 0)
        shown = [listed.model.index(TEN, n).data() for n in range(5)]
        assert (shown[0], shown[2], shown[4]) == ("告警", YANTAI.name, "李明")
        listed.table.setCurrentIndex(last)
        key(listed.table, Qt.Key.Key_Return, down=True)
        assert listed.form.isVisible()
        assert YANTAI.name in listed.told.text()
        standing = await acknowledged(stage, listed.form.confirm.click)
        assert standing.run_id == stage.desk.journal.entries[0].record.run_id
        assert listed.model.rowCount() == TEN
        assert bar.number.text() == f"未确认 {TEN} 条"

    play(scene, prepare=knows)


def test_the_button_of_a_line_is_about_that_line_even_if_a_new_one_comes(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        bar.all.click()
        listed = bar.list
        assert listed is not None
        third = listed.model.alarm(2)
        cell = listed.table.visualRect(listed.model.index(2, 5)).center()
        QTest.mouseClick(listed.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
        assert listed.form.isVisible()
        await said(stage.session, HELMETS)
        assert listed.model.rowCount() == TEN + 1
        standing = await acknowledged(stage, listed.form.confirm.click)
        assert (standing.run_id, standing.index) == (third.run_id, third.index)

    play(scene, prepare=knows)


def test_several_chosen_lines_are_acknowledged_one_entry_each(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        bar.all.click()
        listed = bar.list
        assert listed is not None
        listed.table.selectAll()
        assert str(TEN) in listed.chosen.text()
        listed.chosen.click()
        async with Expect(
            alarms_of(stage).acknowledged, lambda *_: not alarms_of(stage).count
        ):
            listed.form.confirm.click()
        assert [each.index for each in stage.desk.journal.alarms.said] == list(
            range(TEN)
        )
        assert not bar.isVisible()
        assert "没有未确认的告警" in listed.head.text()
        assert not listed.chosen.isEnabled()

    play(scene, prepare=knows)


def test_the_list_leads_to_the_record_which_says_who_acknowledged(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        shortcut(stage)
        await acknowledged(stage, bar.form.confirm.click)
        bar.all.click()
        assert bar.list is not None
        assert stage.window.journal is not None
        async with Expect(stage.window.journal.entry_wanted):
            bar.list.record.click()
        (record,) = stage.window.findChildren(RecordWindow)
        while "还没有人确认" not in texts(record):
            await asyncio.sleep(0)
        shown = texts(record)
        assert "第1标段 · 安全检查：确认告警\n李明" in shown
        assert "条告警还没有人确认：第2标段 · 安全检查、" in shown

    play(scene, prepare=knows)


def test_alarms_of_the_shift_before_are_open_when_the_desk_starts(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        assert bar.isVisible()
        assert bar.number.text() == "未确认 2 条"
        assert [int(a.run_id, 16) for a in alarms_of(stage).newest] == [4, 1]
        assert "2026-11-21" in bar.site.text, "not of today, so the day is said"

    play(scene, prepare=knows_past)


def knows_many(desk: DeskForTests) -> None:
    """More are open than are held in full."""
    knows(desk)
    alarm = finding_of(BARE, seen(actual=12, wearing=11))
    for number in range(1, alarms_module.MOST + 51):
        at_once(desk.journal.append(past_record(number, alarm)))


async def read_again(alarms: Alarms) -> None:
    alarms.refresh()
    while alarms._reading:
        await asyncio.sleep(0)


def test_an_alarm_that_was_only_counted_is_not_new_when_it_has_a_place(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        alarms = alarms_of(stage)
        raised: list[int] = []
        alarms.raised.connect(lambda fresh: raised.append(len(fresh)))
        for _ in range(2):
            shortcut(stage)
            await acknowledged(stage, bar.form.confirm.click)
            await read_again(alarms)
        assert len(alarms.newest) == alarms_module.MOST
        for known in alarms.newest:
            await stage.desk.journal.acknowledge(done(int(known.run_id, 16)))
        await read_again(alarms)
        assert alarms.count == len(alarms.newest) == 48
        assert raised == []
        alarm = finding_of(BARE, seen(actual=12, wearing=11))
        await stage.desk.journal.append(past_record(900, alarm))
        await read_again(alarms)
        assert raised == [1]

    play(scene, prepare=knows_many)


def test_a_new_alarm_is_raised_though_others_have_got_a_place(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await loaded(stage)
        alarms = alarms_of(stage)
        raised: list[str] = []
        alarms.raised.connect(lambda fresh: raised.extend(a.run_id for a in fresh))
        for known in alarms.newest:
            await stage.desk.journal.acknowledge(done(int(known.run_id, 16)))
        late = past_record(900, finding_of(BARE, seen(actual=12, wearing=11)))
        slow = replace(late, finished_at=late.finished_at - timedelta(days=1))
        await stage.desk.journal.append(slow)
        await read_again(alarms)
        assert alarms.count == 51
        assert raised == [slow.run_id], "also by a clock that is slow"

    play(scene, prepare=knows_many)


def test_the_alarms_of_a_run_are_counted_once_though_they_were_read_before(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        alarms = alarms_of(stage)
        alarm = finding_of(BARE, seen(actual=9, wearing=8))
        count = alarms_module.MOST + 50
        record = replace(past_record(9, alarm), findings=(alarm,) * count)
        await stage.desk.journal.append(record)
        await read_again(alarms)
        ended = events.RunFinished(run_id=record.run_id, record=record, journalled=True)
        alarms.take(ended)
        assert alarms.count == count
        assert bar.number.text() == f"未确认 {count} 条"
        while alarms._reading:
            await asyncio.sleep(0)

    play(scene, prepare=knows)


def test_the_talk_key_talks_from_the_list_too(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        bar.all.click()
        assert bar.list is not None
        bar.list.activateWindow()
        bar.list.table.setFocus()
        pressed: list[bool] = []
        stage.window.keys.talk_pressed.connect(lambda: pressed.append(True))
        async with Expect(stage.window.keys.talk_released):
            key(bar.list.table, Qt.Key.Key_F8, down=True)
            key(bar.list.table, Qt.Key.Key_F8, down=False)
        assert pressed == [True]

    play(scene, prepare=knows)


def test_enter_in_the_list_presses_no_button_but_the_one_with_the_focus(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        bar.all.click()
        listed = bar.list
        assert listed is not None
        buttons = listed.findChildren(QPushButton)
        assert len(buttons) >= 6
        assert not [b.text() for b in buttons if b.isDefault() or b.autoDefault()]
        listed.activateWindow()
        listed.chosen.setFocus()
        QTest.keyClick(listed.chosen, Qt.Key.Key_Return)
        assert listed.form.isVisible()
        listed.form.confirm.setFocus()

        def enter() -> None:
            QTest.keyClick(listed.form.confirm, Qt.Key.Key_Return)

        await acknowledged(stage, enter)

    play(scene, prepare=knows)


def test_the_last_name_that_was_given_here_is_offered(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        shortcut(stage)
        assert bar.form.name.text() == "李明"
        bar.form.name.setText(" 王芳 ")
        await acknowledged(stage, bar.form.confirm.click)
        shortcut(stage)
        assert bar.form.name.text() == "王芳"
        bar.all.click()
        assert bar.list is not None
        bar.list.chosen.click()
        assert bar.list.form.name.text() == "王芳"

    play(scene, prepare=knows)


def test_nobody_is_offered_where_the_settings_name_only_the_post(play: Play) -> None:
    assert DeskSettings().operator == UNNAMED

    def prepare(desk: DeskForTests) -> None:
        knows(desk)
        desk.info = replace(desk.info, operator=DeskSettings().operator)

    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        shortcut(stage)
        assert bar.form.name.text() == ""
        assert not bar.form.confirm.isEnabled()

    play(scene, prepare=prepare)


def test_what_another_desk_raises_and_acknowledges_is_seen_here(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms_module, "NEWS_EVERY_MS", 20)

    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        alarms = alarms_of(stage)
        alarm = finding_of(BARE, seen(actual=12, wearing=11))
        async with Expect(alarms.raised):
            await stage.desk.journal.append(past_record(9, alarm))
        assert bar.isVisible()
        async with Expect(alarms.changed, lambda: alarms.count == 0):
            await stage.desk.journal.acknowledge(done(9))
        assert not bar.isVisible()

    play(scene, prepare=knows)


def test_who_comes_second_is_told_who_was_first(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        run_id = stage.desk.journal.entries[0].record.run_id
        first = done(int(run_id, 16))
        shortcut(stage)
        await stage.desk.journal.acknowledge(first)
        async with Expect(stage.session.noticed) as told:
            standing = await acknowledged(stage, bar.form.confirm.click)
        assert standing == first
        assert "已由王芳" in told.args[0]
        assert not bar.isVisible()

    play(scene, prepare=knows)


def test_an_acknowledgement_that_is_not_written_leaves_the_alarm_with_a_sentence(
    play: Play,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        stage.desk.journal.full = True
        shortcut(stage)
        async with Expect(alarms_of(stage).refused):
            bar.form.confirm.click()
        assert bar.isVisible()
        assert YANTAI.name in bar.site.text
        assert "告警仍未确认" in bar.sentence.text
        assert "磁盘已满" in bar.sentence.text
        caplog.clear()
        assert "告警仍未确认" in texts(stage.window.bar)
        await said(stage.session, "济南人数")
        assert bar.isVisible()
        stage.desk.journal.full = False
        shortcut(stage)
        await acknowledged(stage, bar.form.confirm.click)
        assert not bar.isVisible()
        await said(stage.session, SOON)
        assert "仍未确认" not in bar.sentence.text

    play(scene, prepare=knows)


def test_the_list_says_so_too(play: Play, caplog: pytest.LogCaptureFixture) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, SWEEP)
        stage.desk.journal.full = True
        bar.all.click()
        assert bar.list is not None
        bar.list.chosen.click()
        async with Expect(alarms_of(stage).refused):
            bar.list.form.confirm.click()
        assert "告警仍未确认" in bar.list.told.text()
        assert bar.list.model.rowCount() == TEN
        caplog.clear()

    play(scene, prepare=knows)


def test_a_run_that_is_in_no_journal_raises_no_alarm(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        stage.desk.journal.full = True
        async with Expect(stage.session.bridge.run_failed):
            stage.session.submit_text(HELMETS)
        assert not bar.isVisible()
        record = past_record(9, finding_of(BARE, seen(actual=12, wearing=11)))
        for journalled in (False, True):
            ended = events.RunCancelled(
                run_id=record.run_id, record=record, journalled=journalled
            )
            stage.session.bridge.run_cancelled.emit(ended)
            assert bar.isVisible() is journalled

    play(scene, prepare=knows)


def test_what_was_read_before_an_alarm_came_up_does_not_close_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        alarms = alarms_of(stage)
        record = past_record(9, finding_of(BARE, seen(actual=12, wearing=11)))
        ended = events.RunFinished(run_id=record.run_id, record=record, journalled=True)
        reads: list[int] = []
        read = alarms._reader.open_alarms

        async def overtaken(limit: int) -> OpenAlarms:
            found = await read(limit)
            reads.append(found.count)
            if len(reads) == 1:
                await stage.desk.journal.append(record)
                alarms.take(ended)
            return found

        alarms._reader.open_alarms = overtaken  # type: ignore[method-assign]
        alarms.refresh()
        while alarms._reading:
            await asyncio.sleep(0)
        assert reads == [0, 1]
        assert alarms.count == 1
        assert bar.isVisible()

    play(scene, prepare=knows)


def test_that_open_alarms_cannot_be_read_is_said_and_not_taken_for_none(
    play: Play,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        alarms = alarms_of(stage)
        stage.desk.journal.unreadable = JournalError("日志文件读不出来")
        async with Expect(alarms.changed):
            alarms.refresh()
        assert bar.isVisible()
        assert "可能有告警没有列出" in bar.site.text
        assert "日志文件读不出来" in bar.sentence.text
        caplog.clear()
        stage.desk.journal.unreadable = None
        async with Expect(alarms.changed):
            alarms.refresh()
        assert not bar.isVisible()

    play(scene, prepare=knows)


def test_an_alarm_is_seen_while_the_journal_is_being_verified(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        import threading

        await loaded(stage)
        gate = threading.Event()
        stage.desk.journal.hold = lambda: gate.wait(10)
        assert stage.window.journal is not None
        stage.window.journal.verify()
        alarm = finding_of(BARE, seen(actual=12, wearing=11))
        await stage.desk.journal.append(past_record(9, alarm))
        async with Expect(alarms_of(stage).raised):
            alarms_of(stage).refresh()
        async with Expect(stage.window.journal.verified):
            gate.set()

    play(scene, prepare=knows)


def test_the_journal_beside_it_marks_what_is_open(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        panel = stage.window.journal
        assert panel is not None
        async with Expect(panel.model.rowsInserted):
            await said(stage.session, HELMETS)
        mark = panel.model.index(0, 0)
        assert mark.data() == "告警\n未确认"
        shortcut(stage)
        await acknowledged(stage, bar.form.confirm.click)
        assert mark.data() == "告警\n已确认"

    play(scene, prepare=lambda desk: knows_past(desk))


def test_an_acknowledgement_in_the_window_is_an_entry_on_the_disk(
    play: Play,
) -> None:
    """With the journal that desks have."""
    kept: list[SqliteJournal] = []

    def prepare(desk: DeskForTests) -> None:
        knows(desk)
        made = SqliteJournal(desk.info.journal_path, clock=desk.clock)
        kept.append(made)
        desk.journal = made  # type: ignore[assignment]
        desk._pipeline._journal = made

    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        await said(stage.session, HELMETS)
        shortcut(stage)
        await acknowledged(stage, bar.form.confirm.click)
        (journal,) = kept
        assert journal.open_alarms().count == 0
        (entry,) = journal.page(JournalQuery())
        (told,) = journal.acknowledgements([entry.record.run_id])
        assert told.by == "李明"
        report = journal.verify()
        assert (report.ok, report.checked) == (True, 2)

    play(scene, prepare=prepare)


@dataclass
class FakeSound:
    """An alarm sound that counts."""

    repeat_s: float = 0.05
    lasts_s: float = 0.02
    played: int = 0
    stopped: int = 0
    hushed: Callable[[], bool] = lambda: True
    heard_by_microphone: int = 0

    def play(self) -> None:
        self.played += 1
        self.heard_by_microphone += not self.hushed()

    def stop(self) -> None:
        self.stopped += 1

    async def health(self) -> Health:
        return Health(name="loudspeaker", ok=True, detail="")

    def close(self) -> None: ...


def sounding(**options: Any) -> tuple[FakeSound, Callable[[DeskForTests], None]]:
    sound = FakeSound(**options)

    def prepare(desk: DeskForTests) -> None:
        knows(desk)
        sound.hushed = lambda: desk.microphone.hushed
        desk.alarm_sound = sound

    return sound, prepare


def bell_of(stage: Stage) -> AlarmBell:
    (bell,) = stage.window.findChildren(AlarmBell)
    return bell


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(8):
        while not condition():
            await asyncio.sleep(0.001)


def test_an_alarm_sounds_again_and_again_until_it_is_acknowledged(play: Play) -> None:
    sound, prepare = sounding()

    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        assert sound.played == 0
        await said(stage.session, HELMETS)
        await until(lambda: sound.played >= 3)
        assert sound.heard_by_microphone == 0
        shortcut(stage)
        await acknowledged(stage, bar.form.confirm.click)
        assert not stage.desk.microphone.hushed
        bell = bell_of(stage)
        assert not bell._next.isActive()
        assert not bell._end.isActive()

    play(scene, prepare=prepare)


def test_it_is_silent_while_the_operator_talks_and_sounds_after(play: Play) -> None:
    sound, prepare = sounding(lasts_s=30.0)

    async def scene(stage: Stage) -> None:
        await loaded(stage)
        await said(stage.session, HELMETS)
        await until(lambda: sound.played == 1)
        assert stage.desk.microphone.hushed
        stage.window.bar.talk_pressed.emit()
        assert sound.stopped == 1
        assert not stage.desk.microphone.hushed, "the microphone hears the operator"
        bell = bell_of(stage)
        bell._ring()
        assert sound.played == 1, "not into a command"
        stage.window.bar.talk_released.emit()
        await until(lambda: sound.played == 2)

    play(scene, prepare=prepare)


def test_it_waits_for_the_voice_and_does_not_open_the_microphone_under_it(
    play: Play,
) -> None:
    sound, prepare = sounding(lasts_s=30.0)

    class Speaks:
        speaking = True

    async def scene(stage: Stage) -> None:
        await loaded(stage)
        alarms = alarms_of(stage)
        voice = Speaks()
        bell = AlarmBell(
            sound, alarms, stage.session.talk, stage.desk.microphone, voice
        )
        bell.setParent(stage.window)
        stage.desk.microphone.hush()
        await said(stage.session, HELMETS)
        own = sound.played
        bell._ring()
        assert sound.played == own
        voice.speaking = False
        bell._ring()
        assert sound.played == own + 1
        voice.speaking = True
        stage.desk.microphone.hush()
        bell.rest()
        assert stage.desk.microphone.hushed, (
            "the voice lets it hear again, not the tone"
        )
        stage.desk.microphone.resume()

    play(scene, prepare=prepare)


def test_what_was_open_at_the_start_is_heard(play: Play) -> None:
    sound, prepare = sounding()

    def both(desk: DeskForTests) -> None:
        knows_past(desk)
        prepare(desk)

    async def scene(stage: Stage) -> None:
        await loaded(stage)
        await until(lambda: sound.played >= 1)

    play(scene, prepare=both)


def test_a_desk_without_any_sound_still_shows_the_alarm(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        bar = await loaded(stage)
        assert stage.window.findChildren(AlarmBell) == []
        await said(stage.session, HELMETS)
        assert bar.isVisible()

    play(scene, prepare=knows)


@pytest.mark.parametrize("theme", list(ThemeName))
@pytest.mark.parametrize("width", [720, 1366])
def test_the_bar_fits_and_its_parts_have_names(
    play: Play, theme: ThemeName, width: int
) -> None:
    async def scene(stage: Stage) -> None:
        stage.window._look.wear(theme)
        stage.window.resize(width, 600)
        bar = await loaded(stage)
        await said(stage.session, SOON)
        await said(stage.session, HELMETS)
        for ask in (False, True):
            if ask:
                shortcut(stage)
            assert bar.minimumSizeHint().width() <= width
            assert bar.width() <= stage.window.width()
        for part in (bar.form.name, bar.form.note):
            assert part.accessibleName()

    play(scene, prepare=knows)
