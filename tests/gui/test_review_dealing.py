"""The supervisor acts: steps, several at once, corrections, decisions, the chain."""

import threading
from datetime import UTC, datetime

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from app.core.entries import (
    EVENT_NAMES,
    STATE_NAMES,
    STEP_NAMES,
    Correction,
    DeskEvent,
    Disposition,
    EventKind,
    FindingState,
    Step,
)
from app.core.errors import JournalUnwritableError
from app.core.model import Call, Check
from app.core.people import Role
from app.core.reviewing import EvidenceReport, RecordingsReport
from app.desktop.review.chain import grouped
from app.desktop.review.correcting import CorrectionForm
from app.desktop.review.disposing import Wanted
from app.desktop.review.model import STATE
from app.desktop.review.terms import event_word, state_word, step_word
from app.desktop.review.window import ReviewWindow
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.review import HATS, cells, opened, remember, took
from tests.gui.support import (
    JINAN,
    DeskForTests,
    Expect,
    finding_of,
    past_record,
    seen,
    texts,
)
from tests.gui.test_accessible import active, check


async def take(
    window: ReviewWindow, step: Step, responsible: str = "", note: str = ""
) -> None:
    """Take a step with what is chosen, as somebody with a keyboard would."""
    disposal = window.records.detail.disposal
    disposal.buttons[step].click()
    disposal.responsible.setText(responsible)
    disposal.note.setText(note)
    settled = Expect(window.records.dealing.settled)
    async with Expect(window.records.counted), settled:
        disposal.confirm.click()


async def choose(window: ReviewWindow, *lines: int) -> None:
    table = window.records.table
    flags = QItemSelectionModel.SelectionFlag
    async with Expect(window.records.detail_shown):
        table.selectRow(lines[0])
        for line in lines[1:]:
            index = table.model().index(line, 0)
            table.selectionModel().select(index, flags.Select | flags.Rows)


def steps(desk: DeskForTests) -> list[Disposition]:
    return [each for _, each in desk.review.said if isinstance(each, Disposition)]


def offered(window: ReviewWindow) -> list[Step]:
    buttons = window.records.detail.disposal.buttons
    return [step for step, made in buttons.items() if made.isVisible()]


def test_the_window_calls_steps_states_and_events_what_the_core_calls_them() -> None:
    assert {step: step_word(step) for step in Step} == STEP_NAMES
    assert {state: state_word(state) for state in FindingState} == STATE_NAMES
    assert {kind: event_word(kind) for kind in EventKind} == EVENT_NAMES


def test_a_finding_goes_its_way_and_only_the_steps_that_may_follow_are_offered(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        window = await opened(stage)
        disposal = window.records.detail.disposal
        told = []
        for step, responsible, note in (
            (Step.DISPATCHED, "王建国", "马上去"),
            (Step.RECTIFIED, "", ""),
            (Step.RECHECKED, "", ""),
            (Step.CLOSED, "", ""),
            (Step.REOPENED, "", "又没戴"),
            (Step.FALSE_ALARM, "", "是保安"),
        ):
            assert step in offered(window)
            await take(window, step, responsible, note)
            told.append(cells(window, STATE)[0].replace("\n", " "))
        assert told == [
            "已派发 王建国",
            "已整改 王建国",
            "已复查 王建国",
            "已关闭",
            "待处置",
            "误报",
        ]
        assert offered(window) == [Step.REOPENED, Step.NOTED]
        first = steps(stage.desk)[0]
        assert (first.run_id, first.index, first.by) == (run, 0, "李明")
        assert (first.responsible, first.note) == ("王建国", "马上去")
        assert first.workstation == "济南调控 3 号席"
        assert "已登记「误报」1 条" in texts(disposal)
        assert "没有未结的发现" in texts(window)
        shown = texts(window.records.detail)
        assert shown.index("又没戴") < shown.index("是保安")

    play(scene)


def test_a_step_that_needs_a_name_or_a_reason_waits_for_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        window = await opened(stage)
        disposal = window.records.detail.disposal
        disposal.press(Step.DISPATCHED)
        assert not disposal.confirm.isEnabled()
        QTest.keyClick(disposal.responsible, Qt.Key.Key_Return)
        assert steps(stage.desk) == []
        disposal.responsible.setText("王建国")
        assert disposal.confirm.isEnabled()
        await active(window)
        QTest.keyClick(disposal.note, Qt.Key.Key_Escape)
        assert disposal.step is None
        disposal.press(Step.FALSE_ALARM)
        assert not disposal.confirm.isEnabled()
        disposal.note.setText("是保安")
        async with Expect(window.records.dealing.settled):
            QTest.keyClick(disposal.note, Qt.Key.Key_Return)
        assert [each.step for each in steps(stage.desk)] == [Step.FALSE_ALARM]

    play(scene)


def test_who_was_responsible_before_is_offered_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run, _) = await remember(stage.desk, "alarm", "alarm")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        window = await opened(stage)
        async with Expect(window.records.counted):
            window.records.refresh()
        people = window.records.detail.disposal._people.stringList()
        assert people == ["王建国"]

    play(scene)


def test_several_findings_take_the_same_step_and_a_failure_stops_no_other(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        runs = await remember(stage.desk, "alarm", "alarm", "alarm")
        window = await opened(stage)
        await choose(window, 0, 1, 2)
        assert "处置所选 3 条" in texts(window.records.detail)
        # Another desk is first with the one in the middle.
        await took(stage.desk, runs[1], Step.CLOSED)
        disposal = window.records.detail.disposal
        disposal.press(Step.DISPATCHED)
        assert disposal.confirm.text() == "派发 3 条"
        disposal.responsible.setText("王建国")
        async with Expect(window.records.dealing.settled):
            disposal.confirm.click()
        told = texts(disposal)
        assert "「派发」登记了 2 条，1 条没有登记" in told
        assert "已关闭" in told
        shown = [each.split("\n")[0] for each in cells(window, STATE)]
        assert shown == ["已派发", "已关闭", "已派发"]
        assert offered(window) == [Step.NOTED], "their states differ now"

    play(scene)


def test_whoever_is_second_is_told_and_sees_what_the_first_one_did(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        window = await opened(stage)
        await took(stage.desk, run, Step.FALSE_ALARM, note="看错了")
        await take(window, Step.DISPATCHED, "王建国")
        assert "不能登记“派发”" in texts(window.records.detail.disposal)
        assert "看错了" in texts(window.records.detail)
        assert offered(window) == [Step.REOPENED, Step.NOTED]
        assert len(steps(stage.desk)) == 1

    play(scene)


def test_a_full_disk_leaves_the_finding_as_it_was_and_says_so(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        window = await opened(stage)
        stage.desk.review.full = JournalUnwritableError("磁盘已满, 日志没有写入")
        await take(window, Step.CLOSED)
        assert "磁盘已满" in texts(window.records.detail.disposal)
        assert cells(window, STATE) == ["待处置"]

    play(scene)


def test_a_recheck_names_the_newest_answer_since(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        await took(stage.desk, run, Step.RECTIFIED)
        later = past_record(50, finding_of(HATS, seen(actual=20, wearing=20)))
        await stage.desk.journal.append(later)
        await remember(stage.desk, "well")
        window = await opened(stage)
        disposal = window.records.detail.disposal
        disposal.press(Step.RECHECKED)
        while not disposal.recheck.isChecked():
            await stage.session.reader.run(bool)
        assert "均佩戴安全帽" in disposal.recheck.text()
        async with Expect(window.records.dealing.settled):
            disposal.confirm.click()
        assert steps(stage.desk)[-1].recheck_run == later.run_id
        assert later.run_id[:8] in texts(window.records.detail)

    play(scene)


def test_a_recheck_without_a_later_answer_names_none(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        await took(stage.desk, run, Step.RECTIFIED)
        window = await opened(stage)
        disposal = window.records.detail.disposal
        disposal.press(Step.RECHECKED)
        while "没有再查过" not in disposal.recheck.text():
            await stage.session.reader.run(bool)
        assert not disposal.recheck.isEnabled()
        async with Expect(window.records.dealing.settled):
            disposal.confirm.click()
        assert steps(stage.desk)[-1].recheck_run == ""

    play(scene)


def people(desk: DeskForTests) -> None:
    desk.people.put("wang", "王运维", Role.INSTALLER)
    desk.people.put("li", "李值班", Role.OPERATOR)
    desk.people.put("zhao", "赵安监", Role.SUPERVISOR)


def test_only_a_supervisor_disposes_and_is_named_with_his_role(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        await stage.desk.presence.sign_in("li", PASSWORD)
        window = await opened(stage)
        window.records.show_current()
        disposal = window.records.detail.disposal
        assert not any(made.isEnabled() for made in disposal.buttons.values())
        assert "请由安监登录后操作" in texts(disposal)
        disposal.press(Step.CLOSED)
        assert disposal.step is None
        await stage.desk.presence.sign_in("zhao", PASSWORD)
        stage.window.review.open()
        window.records.show_current()
        await take(window, Step.CLOSED)
        (step,) = steps(stage.desk)
        assert (step.by, step.login, step.role) == ("赵安监", "zhao", "supervisor")

    play(scene, prepare=people)


def test_who_lost_the_right_while_a_form_was_open_is_refused(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        await stage.desk.presence.sign_in("zhao", PASSWORD)
        window = await opened(stage)
        window.records.show_current()
        disposal = window.records.detail.disposal
        disposal.press(Step.CLOSED)
        await stage.desk.presence.lock()
        assert disposal.step is None or not disposal.confirm.isVisible()
        disposal.confirm.click()
        await stage.session.reader.run(bool)
        assert steps(stage.desk) == []

    play(scene, prepare=people)


def form_of(window: ReviewWindow) -> CorrectionForm:
    (form,) = window.findChildren(CorrectionForm)
    return form


def test_what_was_really_said_and_meant_is_corrected_and_shown(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "well")
        window = await opened(stage)
        window.records.show_current()
        window.records.detail.correct.click()
        form = form_of(window)
        check(form)
        form.text.setText("查一下济南的安全帽")
        form.site.setText(JINAN.name)
        form.check.chosen.emit(Check.HELMET.value)
        form.add.click()
        assert form.calls == (Call(JINAN, Check.HELMET),)
        form.site.setText("没有的工地")
        form.submit.click()
        assert "没有认出「没有的工地」" in texts(form)
        form.site.clear()
        settled = Expect(window.records.dealing.settled)
        async with Expect(window.corrections.waiting), settled:
            form.submit.click()
        (correction,) = [
            each for _, each in stage.desk.review.said if isinstance(each, Correction)
        ]
        assert correction.run_id == run
        assert correction.text == "查一下济南的安全帽"
        assert correction.calls == (Call(JINAN, Check.HELMET),)
        assert "原话应为「查一下济南的安全帽」" in texts(window.records.detail)
        assert window.corrections_tab.text() == "更正（1 待审）"

    play(scene)


def test_a_correction_that_corrects_nothing_is_refused_in_the_form(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "well")
        window = await opened(stage)
        window.records.show_current()
        window.records.detail.correct.click()
        form = form_of(window)
        async with Expect(window.records.dealing.settled):
            form.submit.click()
        assert "没有写任何内容" in texts(form)
        assert stage.desk.review.said == []

    play(scene)


def test_a_correction_is_decided_with_a_remark(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        runs = await remember(stage.desk, "well", "well")
        for run in runs:
            correction = Correction(
                run_id=run,
                at=datetime.now(UTC),
                by="李明",
                workstation="",
                text="查一下济南工地",
            )
            await stage.desk.review.correct(correction)
        window = await opened(stage)
        page = window.corrections
        async with Expect(page.waiting):
            window.corrections_tab.setChecked(True)
        assert page.model.rowCount() == 2
        for run, press in zip(reversed(runs), (page.approve, page.reject), strict=True):
            page.table.selectRow(0)
            page.note.setText("听过录音")
            async with Expect(page.settled):
                press.click()
            (decision,) = stage.desk.review.histories([run])[0].decisions
            assert decision.approved is (press is page.approve)
            assert decision.note == "听过录音"
        assert "没有待审批的更正" in texts(page)
        async with Expect(page.waiting):
            page.all.setChecked(True)
        states = [page.model.data(page.model.index(row, 4)) for row in range(2)]
        assert states == ["采纳\n李明", "不采纳\n李明"]

    play(scene)


def test_an_operator_does_not_approve(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "well")
        await stage.desk.presence.sign_in("li", PASSWORD)
        await stage.desk.review.correct(
            Correction(
                run_id=run, at=datetime.now(UTC), by="李", workstation="", text="喂"
            )
        )
        window = await opened(stage)
        async with Expect(window.corrections.waiting):
            window.corrections_tab.setChecked(True)
        window.corrections.approve.click()
        assert "请由安监登录后操作" in texts(window.corrections)
        assert stage.desk.review.histories([run])[0].decisions == ()

    play(scene, prepare=people)


def test_events_are_listed_page_by_page_and_by_kind(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        for number in range(5):
            kind = EventKind.EXPORTED if number == 2 else EventKind.SIGNED_IN
            await stage.desk.review.note(
                DeskEvent(
                    kind=kind,
                    at=datetime.now(UTC),
                    by="赵安",
                    role="supervisor",
                    workstation="3 号席",
                    subject=str(number),
                )
            )
        window = await opened(stage)
        model = window.events.model
        model._page = 2
        async with Expect(model.loaded):
            window.events_tab.setChecked(True)
        while model.rowCount() < 5:
            async with Expect(model.loaded):
                if model.canFetchMore(QModelIndex()):
                    model.fetchMore(QModelIndex())
        subjects = [model.data(model.index(row, 4)) for row in range(model.rowCount())]
        assert subjects == ["4", "3", "2", "1", "0"]
        async with Expect(model.loaded):
            window.events.kinds.chosen.emit("log")
        row = [model.data(model.index(0, column)) for column in range(1, 5)]
        assert row == ["导出", "赵安\n安监", "3 号席", "2"]
        async with Expect(model.loaded):
            window.events.kinds.chosen.emit("notes")
        assert "还没有这样的事件" in texts(window.events)

    play(scene)


def test_chain_and_pictures_are_verified_and_the_head_is_copied(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        stage.desk.review.evidence = EvidenceReport(checked=3)
        window = await opened(stage)
        window.chain_tab.setChecked(True)
        async with Expect(window.chain.verified) as verified:
            window.chain.start.click()
            assert not window.chain.start.isEnabled()
        assert verified.args == (True,)
        shown = texts(window.chain)
        assert "2 条记录链条完整" in shown
        assert "3 张证据图与记录一致" in shown
        await stage.session.reader.run(bool)
        head = stage.desk.review.head()
        while grouped(head.hash) not in texts(window.chain):
            await stage.session.reader.run(bool)
        window.chain.copy.click()
        assert QGuiApplication.clipboard().text() == f"2 {head.hash}"

    play(scene)


def test_a_broken_chain_and_swapped_pictures_are_named(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        stage.desk.journal.broken = 17
        stage.desk.review.evidence = EvidenceReport(
            checked=9, missing=("a.png",), swapped=("b.png", "c.png", "d.png", "e.png")
        )
        window = await opened(stage)
        window.chain_tab.setChecked(True)
        async with Expect(window.chain.verified) as verified:
            window.chain.verify()
        assert verified.args == (False,)
        shown = texts(window.chain)
        assert "第 17 条记录对不上" in shown
        assert "4 张证据图被换过：b.png、c.png、d.png 等" in shown
        assert "1 张证据图不见了：a.png" in shown

    play(scene)


def test_recordings_that_were_removed_or_swapped_are_named(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        review = stage.desk.review
        review.recordings = RecordingsReport(checked=5, expired=3, unstated=2)
        window = await opened(stage)
        window.chain_tab.setChecked(True)
        async with Expect(window.chain.verified) as verified:
            window.chain.verify()
        assert verified.args == (True,)
        shown = texts(window.chain)
        assert "5 个录音与记录一致" in shown
        assert "3 个录音已按保留天数删除" in shown
        assert "2 个录音不在" in shown
        review.recordings = RecordingsReport(
            checked=5, missing=(4,), swapped=(7, 8, 9, 12), unread=(15,)
        )
        async with Expect(window.chain.verified) as verified:
            window.chain.verify()
        assert verified.args == (False,)
        shown = texts(window.chain)
        assert "与记录一致" not in shown
        assert "4 个录音被换过或损坏：第 7、8、9 等 条记录" in shown
        assert "1 个录音不见了，日志里没有到期删除的记载：第 4 条记录" in shown
        assert "1 个录音读不出来，没有核对：第 15 条记录" in shown
        assert window.chain.result.property("tone") == "alarm"

    play(scene)


def test_a_long_verification_is_stopped_and_records_are_read_meanwhile(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        going, reached = threading.Event(), threading.Event()

        def hold() -> None:
            reached.set()
            going.wait(8)

        stage.desk.journal.hold = hold
        window = await opened(stage)
        window.chain.verify()
        try:
            while not reached.is_set():
                await stage.session.reader.run(bool)
            async with Expect(window.records.model.loaded):
                window.records.search()
            async with Expect(window.chain.stopped):
                window.chain.stop.click()
                going.set()
        finally:
            going.set()
        assert "没有结论" in texts(window.chain)
        assert window.chain.start.isEnabled()

    play(scene)


def test_the_log_is_asked_for_the_right_again_when_a_step_is_written(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        await stage.desk.presence.sign_in("zhao", PASSWORD)
        window = await opened(stage)
        (target,) = window.records.detail.disposal.targets
        await stage.desk.presence.sign_in("li", PASSWORD)
        doing = window.records.dealing.doing
        done = await doing.take(Wanted(targets=(target,), step=Step.CLOSED))
        assert not done.ok
        assert "不能处置" in done.sentence
        li = stage.desk.presence.acting()
        assert not (await doing.decide("x", li, approved=True, note="")).ok
        assert stage.desk.review.histories([run])[0].dispositions == ()

    play(scene, prepare=people)
