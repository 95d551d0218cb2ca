"""The site board: what it shows, what a click asks, and what it leaves alone."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from app.core import events
from app.core.errors import JournalBrokenError
from app.core.model import Call, Check, Origin, Outcome, RunRecord, Severity, Site
from app.core.observation import MissingReason, Observation
from app.core.standing import Standing
from app.desktop.board.panel import BoardPanel
from app.desktop.board.table import TREMBLE_MS
from app.desktop.record_view import RecordWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    DeskForTests,
    Expect,
    FakeDirectory,
    compose,
    finding_of,
    inspect,
    key,
    lost,
    past_record,
    said,
    seen,
)

HEAD, HELMET, GEAR = Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT
EAST = Site(id="e", name="济南东站", aliases=("历下",), region="济南")
WEST = Site(id="w", name="济南西站", region="济南")
OVER = Site(id="o", name="老站", region="济南", valid_until=date(2020, 1, 1))
PORT = Site(id="p", name="烟台港", region="烟台")
BARE = Site(id="b", name="无名塔基")
SITES = (EAST, PORT, WEST, OVER, BARE)


def with_sites(sites: Sequence[Site] = SITES) -> Callable[[DeskForTests], None]:
    def prepare(desk: DeskForTests) -> None:
        desk.directory = FakeDirectory(sites)
        for site in sites:
            desk.dispatcher.answers |= {
                Call(site, HEAD): seen(expected=47, actual=34),
                Call(site, HELMET): seen(actual=19, wearing=16),
                Call(site, GEAR): seen(actual=19, carrying=19),
            }

    return prepare


def board_of(stage: Stage) -> BoardPanel:
    assert stage.window.board is not None
    return stage.window.board


def at(board: BoardPanel, site: Site, column: int) -> QModelIndex:
    row = board.model.row_of(site.id)
    assert row is not None
    return board.model.index(row, column)


def says(board: BoardPanel, site: Site, check: Check | None) -> str:
    column = 0 if check is None else 1 + list(Check).index(check)
    return str(board.model.data(at(board, site, column)))


def counted(board: BoardPanel) -> list[str]:
    return [made.text() for made in board.counts.buttons.values()]


def lines(board: BoardPanel) -> list[str]:
    model = board.model
    return [str(model.data(model.index(row, 0))) for row in range(model.rowCount())]


def click(board: BoardPanel, index: QModelIndex) -> None:
    # A board that was scrolled paints first, as it does for a person.
    board.table.scrollTo(index)
    place = board.table.visualRect(index).center()
    QTest.mouseClick(board.table.viewport(), Qt.MouseButton.LeftButton, pos=place)


async def clicked(stage: Stage, index: QModelIndex) -> None:
    """Click a cell and wait until the run has ended."""
    async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
        click(board_of(stage), index)


async def read(board: BoardPanel) -> None:
    """Have the board look at the journal now, after what it reads already."""
    if board._reading:
        async with Expect(board.loaded):
            pass
    async with Expect(board.loaded):
        board.refresh()


def press(
    stage: Stage,
    code: Qt.Key,
    modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier,
) -> None:
    """Press a key where the focus is; on the window's handle events would be run."""
    QTest.keyClick(stage.window.focusWidget(), code, modifier)


class Events(QObject):
    """Tells of the events of one kind that a widget gets."""

    came = Signal()

    def __init__(self, widget: QWidget, kind: QEvent.Type) -> None:
        super().__init__(widget)
        self._kind = kind
        widget.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() == self._kind:
            self.came.emit()
        return False


async def painted(board: BoardPanel) -> None:
    """Wait until cells have been painted."""
    paints = Events(board.table.viewport(), QEvent.Type.Paint)
    while not board.table.delegate.painted:
        async with Expect(paints.came):
            pass


async def active(stage: Stage) -> None:
    """Wait until the window has the keys: before, none of its shortcuts works."""
    activations = Events(stage.window, QEvent.Type.WindowActivate)
    while not stage.window.isActiveWindow():
        async with Expect(activations.came):
            stage.window.activateWindow()


def past(number: int, *answers: tuple[Site, Check, Observation]) -> RunRecord:
    made = past_record(number, None)
    findings = tuple(finding_of(Call(site, check), o) for site, check, o in answers)
    return replace(made, outcome=Outcome.ANSWERED, findings=findings)


def test_regions_stand_above_their_sites_and_nothing_was_asked_yet(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        assert stage.window.board_button.isChecked()
        assert board.isVisible()
        assert lines(board) == [
            "济南 3 个工地", "济南东站", "济南西站", "老站",
            "烟台 1 个工地", "烟台港",
            "未写片区 1 个工地", "无名塔基",
        ]  # fmt: skip
        # Not read yet is another thing than never asked.
        assert says(board, EAST, HEAD) == "…"
        await read(board)
        assert says(board, EAST, HEAD) == "—"
        assert not board.model.works(OVER)
        assert "不在工期" in str(board.model.data(
            at(board, OVER, 0), Qt.ItemDataRole.ToolTipRole
        ))  # fmt: skip

    play(scene, prepare=with_sites())


def test_a_click_on_a_cell_asks_this_check_at_this_site(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        stage.window.bar.text.setText("写到一半的指令")
        await clicked(stage, at(board, EAST, 1))
        (entry,) = stage.desk.journal.entries
        assert entry.record.origin is Origin.CHOSEN
        assert entry.record.utterance is not None
        assert entry.record.utterance.text == "济南东站 · 人数检测"
        assert [f.call for f in entry.record.findings] == [Call(EAST, HEAD)]
        assert says(board, EAST, HEAD) == "34/47 注意 刚刚"
        assert says(board, EAST, HELMET) in ("—", "…")
        assert len(stage.window.conversation.cards) == 1
        assert stage.window.bar.text.text() == "写到一半的指令"
        tally = board.model.tally(board.model.line(0), HEAD)  # type: ignore[arg-type]
        assert tally == {Severity.ATTENTION: 1}
        board.model.flush()
        assert board.counts.buttons[Severity.ATTENTION].text() == "注意 1"

    play(scene, prepare=with_sites())


def test_the_board_takes_nothing_from_a_run_that_is_in_no_journal(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, bridge = board_of(stage), stage.session.bridge
        await read(board)
        record = past_record(
            9, finding_of(Call(EAST, HEAD), seen(expected=9, actual=8))
        )
        for ended, kind in (
            (bridge.run_finished, events.RunFinished),
            (bridge.run_cancelled, events.RunCancelled),
        ):
            board.model.ask(record.run_id, (Call(EAST, HEAD),))
            ended.emit(kind(run_id=record.run_id, record=record, journalled=False))
            assert says(board, EAST, HEAD) == "—"
            assert not board.model.total()
        ended.emit(kind(run_id=record.run_id, record=record, journalled=True))
        assert says(board, EAST, HEAD).startswith("8/9")

    play(scene, prepare=with_sites())


def test_a_click_on_a_name_asks_all_checks_in_one_run(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        await clicked(stage, at(board, WEST, 0))
        (entry,) = stage.desk.journal.entries
        assert [f.call.check for f in entry.record.findings] == [HEAD, HELMET, GEAR]
        assert says(board, WEST, HELMET) == "16/19 告警 刚刚"
        assert says(board, WEST, GEAR) == "19/19 正常 刚刚"

    play(scene, prepare=with_sites())


def test_a_double_click_and_a_trembling_hand_ask_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        index = at(board, EAST, 1)
        place = board.table.visualRect(index).center()
        view, left = board.table.viewport(), Qt.MouseButton.LeftButton
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            QTest.mouseClick(view, left, pos=place)
            QTest.mouseDClick(view, left, pos=place)
        # The run has ended, the hand has not.
        click(board, index)
        assert not stage.session.bridge.running
        assert len(stage.desk.journal.entries) == 1
        board.table._since.restart()
        assert TREMBLE_MS > 0
        board.table._last = None
        await clicked(stage, index)
        assert len(stage.desk.journal.entries) == 2

    play(scene, prepare=with_sites())


def test_what_is_being_asked_says_so_and_is_not_asked_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            click(board, at(board, EAST, 1))
            assert says(board, EAST, HEAD).startswith("正在查")
        running = stage.session.bridge.running
        board.table._last = None
        click(board, at(board, EAST, 1))
        assert stage.session.bridge.running == running
        # All checks: those two that are not under way.
        async with Expect(
            stage.session.bridge.call_started, lambda event: event.call.check is GEAR
        ):
            click(board, at(board, EAST, 0))
        second = stage.window.conversation.cards[-1]
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            desk.dispatcher.gate.set()
        assert second.record is not None
        checks = [f.call.check for f in second.record.findings]
        assert checks == [HELMET, GEAR]
        assert says(board, EAST, HEAD) == "34/47 注意 刚刚"

    play(scene, prepare=with_sites())


def test_a_spoken_or_typed_command_is_seen_on_the_board(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        desk.agent.readings["都查"] = inspect(Call(EAST, HEAD), Call(PORT, HEAD))
        desk.dispatcher.gate = asyncio.Event()
        async with Expect(
            stage.session.bridge.call_started, lambda event: event.index == 1
        ):
            stage.session.submit_text("都查")
        assert says(board, PORT, HEAD) == "正在查"
        ended = Expect(stage.session.bridge.run_finished)
        seen_while: list[str] = []

        def note(_event: events.Observed) -> None:
            seen_while.append(says(board, EAST, HEAD))

        stage.session.bridge.observed.connect(note)
        async with ended:
            desk.dispatcher.gate.set()
        # Answered, but in no record yet: no number.
        assert seen_while[0] == "已答，记录中"
        assert says(board, PORT, HEAD) == "34/47 注意 刚刚"

    play(scene, prepare=with_sites())


def test_what_was_cancelled_or_not_recorded_leaves_the_old_answer(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        await desk.journal.append(past(1, (EAST, HEAD, seen(expected=9, actual=9))))
        await read(board)
        before = says(board, EAST, HEAD)
        assert before.startswith("9/9 正常 ")
        desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            click(board, at(board, EAST, 1))
        async with Expect(stage.session.bridge.run_cancelled):
            stage.session.cancel_newest()
        assert says(board, EAST, HEAD) == before
        desk.dispatcher.gate = None
        desk.journal.full = True
        async with Expect(stage.session.bridge.run_failed):
            click(board, at(board, EAST, 0))
        assert says(board, EAST, HEAD) == before
        assert board.model.answers.busy == {}.keys()

    play(scene, prepare=with_sites())


def test_of_a_sweep_that_was_stopped_the_answers_stand(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        answer = seen(expected=9, actual=9)
        await desk.journal.append(past(1, (EAST, HEAD, answer), (PORT, HEAD, answer)))
        await read(board)
        stopped = replace(
            past(2, (EAST, HEAD, seen(expected=9, actual=12)),
                 (PORT, HEAD, lost(MissingReason.CANCELLED, "已由值班员取消"))),
            outcome=Outcome.CANCELLED,
        )  # fmt: skip
        ending = events.RunCancelled(run_id=stopped.run_id, record=stopped)
        stage.session.bridge.run_cancelled.emit(ending)
        assert says(board, EAST, HEAD).startswith("12/9 告警")
        assert says(board, PORT, HEAD).startswith("9/9 正常")

    play(scene, prepare=with_sites())


def test_the_board_begins_with_the_journal_and_sees_what_others_write(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        board, journal = board_of(stage), stage.desk.journal
        await journal.append(past(1, (PORT, GEAR, seen(actual=5, carrying=5))))
        lack = lost(MissingReason.TIMEOUT, "没有答复")
        await journal.append(past(2, (EAST, HELMET, lack)))
        await read(board)
        assert says(board, PORT, GEAR).startswith("5/5 正常")
        assert says(board, EAST, HELMET).startswith("数据缺失 ")
        assert not any(c.isdigit() for c in says(board, EAST, HELMET).split()[0])
        await journal.append(past(3, (EAST, HELMET, seen(actual=4, wearing=4))))
        assert board.news.isActive()
        async with Expect(board.loaded):
            board.news.timeout.emit()
        assert says(board, EAST, HELMET).startswith("4/4 正常")

    play(scene, prepare=with_sites())


def test_what_is_read_late_does_not_hide_what_was_answered_meanwhile(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        board, journal = board_of(stage), stage.desk.journal
        await read(board)
        await journal.append(past(1, (EAST, HEAD, seen(expected=9, actual=9))))
        reading, go_on = threading.Event(), threading.Event()
        latest = journal.latest

        def slowly(*, after: int = 0) -> Sequence[Standing]:
            found = latest(after=after)
            reading.set()
            assert go_on.wait(10)
            return found

        journal.latest = slowly  # type: ignore[method-assign]
        async with Expect(board.loaded):
            board.refresh()
            await asyncio.to_thread(reading.wait, 10)
            await clicked(stage, at(board, EAST, 1))
            go_on.set()
        assert says(board, EAST, HEAD) == "34/47 注意 刚刚"

    play(scene, prepare=with_sites())


def test_a_journal_that_cannot_be_read_is_no_empty_board(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    def prepare(desk: DeskForTests) -> None:
        with_sites()(desk)
        desk.journal.unreadable = JournalBrokenError("日志损坏")

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        appearances = Events(board.trouble, QEvent.Type.Show)
        while not board.trouble.isVisible():
            async with Expect(appearances.came):
                pass
        assert "日志损坏" in board.trouble.text()
        assert says(board, EAST, HEAD) == "…"
        # How many there are is not known: none would be a number.
        assert board.model.data(board.model.index(0, 1)) == "…"
        assert counted(board) == ["告警 …", "数据缺失 …", "注意 …", "正常 …"]
        # Asking goes on all the same.
        await clicked(stage, at(board, EAST, 1))
        assert says(board, EAST, HEAD) == "34/47 注意 刚刚"
        board.model.flush()
        assert counted(board) == ["告警 …", "数据缺失 …", "注意 1", "正常 …"]
        stage.desk.journal.unreadable = None
        await read(board)
        assert not board.trouble.isVisible()
        assert counted(board) == ["告警 0", "数据缺失 0", "注意 1", "正常 0"]

    play(scene, prepare=prepare)
    assert "the board could not be read" in caplog.text
    caplog.clear()


def test_a_region_is_asked_only_after_a_yes(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, window = board_of(stage), stage.window
        header = board.model.index(0, 2)
        click(board, header)
        assert board.asking.isVisible()
        assert "共 2 项" in board.asking.sentence.text()
        assert "1 个工地今天不在工期内" in board.asking.left_out.text()
        assert not stage.session.bridge.running
        QTest.keyClick(board.asking.yes, Qt.Key.Key_Escape)
        assert not board.asking.isVisible()
        board.table._last = None
        click(board, header)
        # The same Enter still: repeated, or sent anew where nobody can tell.
        key(board.asking.yes, Qt.Key.Key_Return, down=True)
        key(board.asking.yes, Qt.Key.Key_Enter, down=True)
        board.asking._since.invalidate()
        key(board.asking.yes, Qt.Key.Key_Return, down=True, repeat=True)
        assert board.asking.plan is not None
        assert not stage.session.bridge.running
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            QTest.keyClick(board.asking.yes, Qt.Key.Key_Return)
        (entry,) = stage.desk.journal.entries
        assert [f.call for f in entry.record.findings] == [
            Call(EAST, HELMET),
            Call(WEST, HELMET),
        ]
        assert entry.record.utterance is not None
        assert entry.record.utterance.text == "济南的 2 个工地 安全检查"
        assert says(board, OVER, HELMET) == "—"
        assert len(window.conversation.cards) == 1

    play(scene, prepare=with_sites())


def test_esc_says_no_to_a_plan_and_stops_no_run(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        await active(stage)
        desk.dispatcher.gate = asyncio.Event()
        async with Expect(stage.session.bridge.call_started):
            click(board, at(board, PORT, 1))
        click(board, board.model.index(0, 1))
        press(stage, Qt.Key.Key_Escape)
        assert not board.asking.isVisible()
        assert stage.session.bridge.stoppable
        async with Expect(stage.session.bridge.run_cancelled):
            press(stage, Qt.Key.Key_Escape)

    play(scene, prepare=with_sites())


def test_a_filter_does_not_make_a_region_smaller(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        board.filter.setText("东站")
        assert lines(board) == ["济南 3 个工地", "济南东站"]
        click(board, board.model.index(0, 0))
        assert board.asking.plan is not None
        assert len(board.asking.plan.calls) == 6
        assert "1 个工地被筛选隐藏" in board.asking.left_out.text()

    play(scene, prepare=with_sites())


def test_sites_are_found_by_characters_initials_and_severity(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        compose(board.filter, "历下")
        assert lines(board) == ["济南 3 个工地", "济南东站"]
        board.filter.clear()
        async with Expect(board.model.modelReset, lambda: len(lines(board)) == 2):
            QTest.keyClicks(board.filter, "ytg")
        assert lines(board) == ["烟台 1 个工地", "烟台港"]
        board.filter.setText("xyz")
        assert board.nothing.isVisible()
        assert "「xyz」" in board.empty.text()
        assert not board.table.isVisible()
        board.show_all.click()
        assert len(lines(board)) == 8
        await clicked(stage, at(board, PORT, 2))
        board.counts.buttons[Severity.ALARM].click()
        assert lines(board) == ["烟台 1 个工地", "烟台港"]
        board.counts.buttons[Severity.ALARM].click()
        assert len(lines(board)) == 8

    play(scene, prepare=with_sites())


def test_everything_goes_with_the_keyboard_alone(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board, window = board_of(stage), stage.window
        await active(stage)
        press(stage, Qt.Key.Key_F9)
        assert window.journal is not None
        assert window.journal.isVisible()
        press(stage, Qt.Key.Key_F7)
        assert board.isVisible()
        press(stage, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
        assert window.focusWidget() is board.filter
        compose(board.filter, "西站")
        press(stage, Qt.Key.Key_Return)
        assert window.focusWidget() is board.table
        assert board.table.currentIndex() == at(board, WEST, 1)
        press(stage, Qt.Key.Key_Right)
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            press(stage, Qt.Key.Key_Return)
        assert says(board, WEST, HELMET) == "16/19 告警 刚刚"
        # Letters typed on the table are for the filter; Esc empties it.
        press(stage, Qt.Key.Key_Y)
        assert board.filter.text().casefold() == "西站y"
        press(stage, Qt.Key.Key_Escape)
        assert board.filter.text() == ""
        # Space stays the key to talk.
        board.table.setFocus()
        key(board.table, Qt.Key.Key_Space, down=True)
        await asyncio.sleep(0)
        assert stage.session.talk.state != "idle"
        stage.session.cancel_newest()
        assert len(stage.desk.journal.entries) == 1

    play(scene, prepare=with_sites())


def offered(board: BoardPanel) -> dict[str, QAction]:
    """What the open menu offers."""
    (menu,) = board.findChildren(QMenu)
    return {action.text(): action for action in menu.actions() if action.text()}


def test_the_menu_offers_each_check_and_the_record(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        await clicked(stage, at(board, EAST, 1))
        board._offer(at(board, EAST, 1), QPoint(5, 5))
        actions = offered(board)
        assert list(actions) == [
            "查询人数检测", "查询安全检查", "查询设备检查", "三项都查", "查看这次记录",
        ]  # fmt: skip
        async with Expect(stage.session.bridge.busy_changed, lambda busy: not busy):
            actions["查询设备检查"].trigger()
        async with Expect(board.entry_wanted):
            actions["查看这次记录"].trigger()
        assert any(
            isinstance(top, RecordWindow) for top in QApplication.topLevelWidgets()
        )
        assert says(board, EAST, GEAR) == "19/19 正常 刚刚"

    play(scene, prepare=with_sites())


def test_ages_grow_without_a_new_answer(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        await clicked(stage, at(board, EAST, 1))
        await read(board)
        board.model.flush()
        told: list[object] = []
        board.model.dataChanged.connect(lambda *args: told.append(args))
        for later, said_then in ((5, "5分钟前"), (190, "3小时前")):
            moment = datetime.now(UTC) + timedelta(minutes=later)
            board.model._now = lambda moment=moment: moment  # type: ignore[misc]
            board.table.delegate.painted = 0
            board.news.timeout.emit()
            await painted(board)
            assert says(board, EAST, HEAD) == f"34/47 注意 {said_then}"
            # What is in sight is painted again, and nothing is told of each cell.
            assert 0 < board.table.delegate.painted <= 2 * 4 * board.model.rowCount()
        assert told == []

    play(scene, prepare=with_sites())


def test_two_thousand_sites_paint_only_what_is_in_sight(play: Play) -> None:
    sites = [
        Site(id=f"s{n}", name=f"第{n}号塔基", region=f"第{n // 40}片区")
        for n in range(2000)
    ]

    async def scene(stage: Stage) -> None:
        board, desk = board_of(stage), stage.desk
        assert board.model.rowCount() == 2050
        await painted(board)
        board.table.delegate.painted = 0
        board.load()
        board.table.viewport().repaint()
        rows = board.table.viewport().height() // 30 + 2
        assert 0 < board.table.delegate.painted <= 4 * rows
        board.table.delegate.painted = 0
        board.table.scrollToBottom()
        board.table.viewport().repaint()
        assert 0 < board.table.delegate.painted <= 2 * 4 * rows
        # A sweep of hundreds tells the table a handful of times.
        calls = [Call(site, HEAD) for site in sites[:400]]
        desk.agent.readings["全查"] = inspect(*calls)
        told: list[object] = []
        board.model.dataChanged.connect(lambda *args: told.append(args))
        await said(stage.session, "全查")
        board.model.flush()
        assert says(board, sites[399], HEAD) == "34/47 注意 刚刚"
        assert len(told) < 40

    play(scene, prepare=with_sites(sites))


def test_what_happens_out_of_sight_paints_nothing(play: Play) -> None:
    sites = [Site(id=f"s{n}", name=f"第{n}号塔基") for n in range(200)]

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        await read(board)
        QApplication.processEvents()
        for number, wanted in ((150, 0), (2, 4)):
            # Its region counts nothing yet, but stands on top.
            board.table.delegate.painted = 0
            board.table.dataChanged(
                at(board, sites[number], 0), at(board, sites[number], 3)
            )
            QApplication.processEvents()
            assert board.table.delegate.painted == wanted

    play(scene, prepare=with_sites(sites))


def test_thousands_of_answers_come_onto_the_board_piece_by_piece(play: Play) -> None:
    sites = [Site(id=f"s{n}", name=f"第{n}号塔基") for n in range(450)]
    calls = [Call(site, HEAD) for site in sites]
    findings = [finding_of(call, seen(expected=9, actual=8)) for call in calls]

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        await read(board)
        sweep = replace(past_record(9, findings[0]), findings=tuple(findings))
        later = replace(
            past_record(10, finding_of(calls[449], seen(expected=9, actual=9))),
            finished_at=sweep.finished_at,
        )
        for record, asked in ((sweep, calls), (later, calls[449:])):
            board.model.ask(record.run_id, asked)
        for record in (sweep, later):
            ended = events.RunFinished(run_id=record.run_id, record=record)
            stage.session.bridge.run_finished.emit(ended)
        assert "8/9" in says(board, sites[0], HEAD)
        assert says(board, sites[449], HEAD).startswith("正在查")
        while says(board, sites[448], HEAD).startswith("正在查"):
            async with Expect(board.model._ending.timeout):
                pass
        async with Expect(board.model.dataChanged):
            pass
        assert all("8/9" in says(board, site, HEAD) for site in sites[:449])
        # In the order in which the runs ended.
        assert "9/9" in says(board, sites[449], HEAD)
        assert not board.model._ending.isActive()

    play(scene, prepare=with_sites(sites))


def test_a_desk_without_sites_says_how_to_get_them(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        assert board.nothing.isVisible()
        assert "sites import" in board.empty.text().replace("\u200b", "")
        assert not board.show_all.isVisible()

    play(scene, prepare=with_sites(()))


def test_the_hint_of_a_cell_is_no_markup(play: Play) -> None:
    marked = Site(id="x", name="三标段<s>已停工</s>")

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        hint = board.model.data(at(board, marked, 0), Qt.ItemDataRole.ToolTipRole)
        assert "三标段&lt;s&gt;已停工&lt;/s&gt;" in str(hint)

    play(scene, prepare=with_sites((marked,)))


def test_one_region_and_a_long_name(play: Play) -> None:
    long = Site(id="l", name="国网山东省电力公司济宁供电公司" * 4)

    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        assert lines(board)[0] == "全部工地 2 个工地"
        tip = str(board.model.data(at(board, long, 0), Qt.ItemDataRole.ToolTipRole))
        assert long.name in tip
        assert stage.window.width() == 1366
        click(board, board.model.index(0, 1))
        assert board.asking.plan is not None
        assert board.asking.plan.label == "全部 2 个工地 人数检测"

    play(scene, prepare=with_sites((BARE, long)))


def test_in_a_narrow_window_the_board_stays_while_it_asks(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        board = board_of(stage)
        stage.window.resize(910, 512)
        assert not board.isVisible()
        stage.window.board_button.click()
        await clicked(stage, at(board, EAST, 1))
        assert board.isVisible()
        assert says(board, EAST, HEAD) == "34/47 注意 刚刚"
        click(board, board.model.index(0, 1))
        board.grab()
        assert board.asking.yes.height() >= board.asking.yes.sizeHint().height()

    play(scene, prepare=with_sites())


@pytest.mark.parametrize("shortcut", ["F7", "F9", "Ctrl+F"])
def test_keys_of_the_side_do_nothing_before_the_desk_is_there(
    shortcut: str, clean_qt: QApplication
) -> None:
    from app.desktop.look import Look
    from app.desktop.window import DeskWindow

    window = DeskWindow(Look())
    window.show()
    QTest.keySequence(window.windowHandle(), QKeySequence(shortcut))
    assert not window.side.isVisible()
    assert window.conversation.isVisible()
    window.finish()
    window.deleteLater()
