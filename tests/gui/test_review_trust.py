"""What the review shows and writes is what the log has, whoever else is at work."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QItemSelectionModel, QModelIndex

from app.core.entries import (
    Correction,
    Decision,
    Disposition,
    FindingState,
    History,
    Step,
)
from app.core.errors import JournalBrokenError
from app.core.filters import LogFilter, Span
from app.core.model import Call, Check, Finding, RunRecord, Severity, Site
from app.core.people import Role
from app.desktop.review import corrections_page
from app.desktop.review.course import CourseView, course_of
from app.desktop.review.dates import day_of
from app.desktop.review.disposing import Wanted
from app.desktop.review.model import STATE
from app.desktop.review.window import ReviewWindow
from app.desktop.words import share
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.review import HATS, HEAD, cells, opened, remember, took
from tests.gui.support import (
    YANTAI,
    DeskForTests,
    Expect,
    finding_of,
    past_record,
    seen,
    texts,
)
from tests.gui.test_review_dealing import choose, people, steps, take

BAD = finding_of(HATS, seen(actual=20, wearing=11))
GOOD = finding_of(HEAD, seen(expected=9, actual=9))


def of_all(number: int, *findings: Finding) -> RunRecord:
    record = past_record(number, findings[0])
    return replace(record, findings=findings)


async def quiet(stage: Stage) -> None:
    """Let everything that is read by now be shown."""
    for _ in range(12):
        await stage.session.reader.run(bool)
        await asyncio.sleep(0)


async def show(stage: Stage, window: ReviewWindow, line: int) -> str:
    """Choose a line, and give what the record beside it says."""
    window.records.table.selectRow(line)
    window.records.show_current()
    await quiet(stage)
    return texts(window.records.detail)


def test_each_finding_of_a_run_shows_what_was_done_with_it(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        record = of_all(1, BAD, BAD)
        await stage.desk.journal.append(record)
        await took(stage.desk, record.run_id, Step.DISPATCHED, responsible="王建国")
        window = await opened(stage)
        assert "责任人 王建国" not in await show(stage, window, 1)
        assert "责任人 王建国" in await show(stage, window, 0)
        assert "责任人 王建国" not in await show(stage, window, 1)
        assert "责任人 王建国" in await show(stage, window, 0)

    play(scene)


def test_the_record_that_is_shown_is_the_one_that_is_dealt_with(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "alarm")
        window = await opened(stage)
        table, flag = window.records.table, QItemSelectionModel.SelectionFlag
        chosen, second = table.selectionModel(), table.model().index(1, 0)
        table.selectRow(0)
        # As with Ctrl and two clicks: the keys are on a line that is not chosen.
        chosen.setCurrentIndex(second, flag.Select | flag.Rows)
        chosen.select(second, flag.Deselect | flag.Rows)
        window.records.show_current()
        detail = window.records.detail
        assert detail.entry is not None
        (target,) = detail.disposal.targets
        assert target.run_id == detail.entry.record.run_id

    play(scene)


def test_what_another_desk_did_is_shown_at_the_next_news(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        runs = await remember(stage.desk, "alarm", "alarm", *["well"] * 90, "alarm")
        await took(stage.desk, runs[0], Step.CLOSED)
        window = ReviewWindow(stage.window._look, stage.session, page=3)
        window.show()
        model = window.records.model
        async with Expect(model.loaded):
            window.records.search()
        table = window.records.table
        table.selectRow(1)
        window.records.show_current()
        await took(stage.desk, runs[1], Step.FALSE_ALARM, note="看错了")
        await took(stage.desk, runs[0], Step.REOPENED, note="又没戴")
        async with Expect(model.loaded):
            window.records.news.timeout.emit()
        await quiet(stage)
        assert [model.row(line).entry.seq for line in range(3)] == [93, 2, 1]
        assert cells(window, STATE)[:3] == ["待处置", "误报", "待处置"]
        assert "看错了" in texts(window.records.detail)
        assert window.records.detail.disposal.targets[0].state.value == "false_alarm"
        window.close()
        window.deleteLater()

    play(scene)


def test_after_a_page_that_failed_the_list_goes_on(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, *["well"] * 9)
        window = ReviewWindow(stage.window._look, stage.session, page=2)
        model = window.records.model
        async with Expect(model.loaded):
            window.records.search()
        stage.desk.journal.unreadable = JournalBrokenError("日志文件打不开")
        async with Expect(model.failed):
            model.fetchMore(QModelIndex())
        assert not model.canFetchMore(QModelIndex())
        stage.desk.journal.unreadable = None
        caplog.clear()
        async with Expect(model.loaded):
            window.records.refresh()
        assert model.canFetchMore(QModelIndex())
        window.records.rest()
        window.deleteLater()

    play(scene)


def supervisors(desk: DeskForTests) -> None:
    people(desk)
    desk.people.put("sun", "孙安监", Role.SUPERVISOR)


def test_steps_are_written_in_the_name_of_who_began_them(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "alarm", "alarm")
        desk = stage.desk
        await desk.presence.sign_in("zhao", PASSWORD)
        window = await opened(stage)
        await choose(window, 0, 1, 2)
        written = desk.review.dispose

        async def changed(step: Disposition) -> Disposition:
            done = await written(step)
            await desk.presence.sign_in("sun", PASSWORD)
            return done

        desk.review.dispose = changed  # type: ignore[method-assign]
        await take(window, Step.CLOSED)
        assert [step.by for step in steps(desk)] == ["赵安监"] * 3

    play(scene, prepare=supervisors)


def test_the_next_person_finds_no_form_and_no_refusal_of_the_one_before(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await remember(stage.desk, "alarm")
        presence = stage.desk.presence
        await presence.sign_in("zhao", PASSWORD)
        window = await opened(stage)
        window.records.show_current()
        disposal = window.records.detail.disposal
        disposal.press(Step.FALSE_ALARM)
        disposal.note.setText("是保安")
        await presence.sign_in("li", PASSWORD)
        assert "请由安监登录后操作" in texts(disposal)
        await presence.sign_in("sun", PASSWORD)
        assert disposal.step is None
        assert "请由安监登录后操作" not in texts(disposal)

    play(scene, prepare=supervisors)


def test_the_lines_of_a_run_are_those_that_the_chips_mean(play: Play) -> None:
    east, west = (Site(id=r, name=f"{r}工地", region=r) for r in ("东", "西"))
    far = [
        finding_of(Call(site, Check.HELMET), seen(actual=20, wearing=11))
        for site in (east, west)
        for _ in range(8)
    ]

    async def scene(stage: Stage) -> None:
        for number, found in enumerate(((BAD, GOOD), far, (GOOD,) * 40)):
            await stage.desk.journal.append(of_all(number, *found))
        window = await opened(stage)
        model = window.records.model

        async def lines(wanted: LogFilter) -> list[Finding | None]:
            async with Expect(model.loaded):
                window.records.filters.show_filter(wanted)
            return [model.row(line).finding for line in range(model.rowCount())]

        assert await lines(LogFilter(severity=Severity.NORMAL)) == [None, GOOD]
        assert await lines(LogFilter(region="东")) == far[:8]
        assert await lines(LogFilter(open=True)) == [*far, BAD]
        # A sweep of thousands of which nothing is to be done is not spread out.
        assert await lines(LogFilter(state=FindingState.NONE)) == [None, GOOD]
        both = LogFilter(open=True, state=FindingState.OPEN)
        assert await lines(both) == [*far, BAD]
        (chip,) = window.records.filters._without
        assert "待处置、所有未结的" in chip.text()

    play(scene)


def test_a_sweep_with_a_step_for_each_finding_is_shown_at_once(play: Play) -> None:
    """Counted, not timed: each finding is looked at once, and few lines are made."""
    many = 400

    async def scene(stage: Stage) -> None:
        record = of_all(1, *[BAD] * many)
        told = History(
            run_id=record.run_id,
            dispositions=tuple(
                Disposition(
                    run_id=record.run_id,
                    index=index,
                    step=Step.DISPATCHED,
                    at=datetime.now(UTC),
                    by="钱进",
                    workstation="",
                    responsible=f"责任人{index}",
                )
                for index in range(many)
            ),
        )
        (line,) = course_of(record, told, 7)
        assert "责任人7" in line.what
        view = CourseView(stage.window._look, record, told)
        assert "较早的 340 条" in texts(view)
        assert texts(view).count("派发") == 60
        assert f"有 {many} 条告警还没有人确认" in texts(view)
        view.deleteLater()
        await stage.desk.journal.append(record)
        stage.desk.review.histories = (  # type: ignore[method-assign]
            lambda runs: [told for _ in runs]
        )
        window = await opened(stage)
        window.records.table.selectAll()
        chosen = window.records.selected
        assert [row.index for row in chosen] == list(range(many))
        window.records.show_current()
        named = [t.responsible for t in window.records.detail.disposal.targets]
        assert named == [f"责任人{index}" for index in range(many)]

    play(scene)


def test_pinyin_finds_sites_when_the_window_is_opened_again(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = await opened(stage)
        field = window.records.filters.site
        for _ in range(2):
            field.setText("yt")
            field.textEdited.emit("yt")
            await quiet(stage)
            assert field._names.stringList() == [YANTAI.name]
            field.clear()
            stage.desk.directory._sites += (Site(id="new", name="新的工地"),)
            window.close()
            window.open()
            await quiet(stage)

    play(scene)


def test_a_span_that_moves_with_the_clock_moves_what_is_shown(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        record = past_record(1, BAD)
        await stage.desk.journal.append(record)
        window = await opened(stage)
        now = record.started_at + timedelta(minutes=5)
        filters, model = window.records.filters, window.records.model
        filters._now = lambda: now
        async with Expect(model.loaded):
            filters.show_filter(LogFilter(span=Span.SHIFT))
        assert model.rowCount() == 1
        now += timedelta(hours=13)
        window.records.detail.disposal.press(Step.CLOSED)
        async with Expect(model.loaded):
            window.records.refresh()
        assert model.rowCount() == 1, "not while a form about it is filled in"
        window.records.detail.disposal.leave()
        async with Expect(model.loaded):
            window.records.refresh()
        assert model.rowCount() == 0

    play(scene)


def correction(run_id: str) -> Correction:
    now = datetime.now(UTC)
    return Correction(run_id=run_id, at=now, by="李明", workstation="", text="喂")


def test_a_decision_is_about_what_was_chosen_and_nothing_after_it(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(stage: Stage) -> None:
        review = stage.desk.review
        runs = await remember(stage.desk, *["well"] * 4)
        given = [await review.correct(correction(run)) for run in runs]
        last = Decision(
            correction_id=given[3].entry_id,
            at=datetime.now(UTC),
            by="赵安",
            workstation="",
            approved=True,
        )
        await review.decide(last)
        window = await opened(stage)
        page = window.corrections
        async with Expect(page.waiting):
            window.corrections_tab.setChecked(True)
        page.table.selectRow(2)
        async with Expect(page.waiting):
            page.load()
        (chosen,) = page.selected
        assert chosen.correction == given[0], "read anew, and still chosen"
        async with Expect(page.settled):
            page.approve.click()
            # The second half of a double click.
            page.approve.click()
        page.approve.click()
        await quiet(stage)
        decided = [d for d in review._all(Decision) if d is not last]
        assert [d.correction_id for d in decided] == [given[0].entry_id]
        monkeypatch.setattr(corrections_page, "SHOWN", 1)
        async with Expect(page.waiting) as waiting:
            page.all.setChecked(True)
        assert waiting.args == (1,), "what waits is not hidden by what is decided"

    play(scene)


def test_the_recheck_that_is_written_is_the_one_that_was_shown(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        (run,) = await remember(stage.desk, "alarm")
        await took(stage.desk, run, Step.DISPATCHED, responsible="王建国")
        await took(stage.desk, run, Step.RECTIFIED)
        shown, unseen = (past_record(n, BAD) for n in (50, 51))
        await stage.desk.journal.append(shown)
        window = await opened(stage)
        disposal = window.records.detail.disposal
        line = window.records.model.line_of(run, 0)
        assert line is not None
        await show(stage, window, line)
        disposal.press(Step.RECHECKED)
        await quiet(stage)
        assert disposal.recheck.isChecked()
        await stage.desk.journal.append(unseen)
        async with Expect(window.records.dealing.settled):
            disposal.confirm.click()
        assert steps(stage.desk)[-1].recheck_run == shown.run_id
        doing = window.records.dealing.doing
        (target,) = disposal.targets
        done = await doing.take(Wanted(targets=(target,), step=Step.RECHECKED))
        assert not done.ok

    play(scene)


@pytest.mark.parametrize(
    ("part", "said"),
    [(1.0, "100%"), (0.997, ">99%"), (0.71, "71%"), (0.002, "<1%"), (0.0, "0%")],
)
def test_all_and_none_are_said_only_of_all_and_none(part: float, said: str) -> None:
    assert share(part) == said


@pytest.mark.parametrize("typed", ["9999-12-31", "0001-01-01"])
def test_a_year_that_no_clock_knows_is_no_date(typed: str) -> None:
    assert day_of(typed, datetime(2026, 11, 22).date()) is None
