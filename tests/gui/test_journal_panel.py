"""The journal beside the conversation: pages, news, filter, verify, records."""

import asyncio
import threading
from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication

from app.core.errors import JournalBrokenError
from app.core.model import Call, Check, Origin, Outcome, Utterance
from app.core.observation import Observation
from app.desktop.journal_model import JournalModel
from app.desktop.journal_panel import JournalPanel
from app.desktop.record_view import RecordWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    YANTAI,
    DeskForTests,
    Expect,
    finding_of,
    past_record,
    said,
    seen,
    texts,
)

HEAD = Call(JINAN, Check.HEADCOUNT)


async def fill(desk: DeskForTests, count: int) -> None:
    for number in range(count):
        call = Call((JINAN, YANTAI)[number % 2], Check.HEADCOUNT)
        finding = finding_of(call, seen(expected=9, actual=9))
        await desk.journal.append(past_record(number, finding))


def panel_of(stage: Stage) -> JournalPanel:
    assert stage.window.journal is not None
    return stage.window.journal


def cell(model: JournalModel, row: int, column: int) -> str:
    return str(model.data(model.index(row, column)))


async def loaded(stage: Stage) -> JournalModel:
    """Read the first page of what is in the journal now."""
    model = panel_of(stage).model
    async with Expect(model.loaded):
        model.reload()
    return model


def test_pages_follow_one_another_without_gap_or_repeat(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 600)
        model = await loaded(stage)
        assert model.rowCount() == 256
        while model.canFetchMore(QModelIndex()):
            async with Expect(model.loaded):
                model.fetchMore(QModelIndex())
        order = [model.row(row).entry.seq for row in range(model.rowCount())]
        assert order == list(range(600, 0, -1))

    play(scene)


def test_columns_say_severity_time_site_check_verdict_and_operator(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 1)
        model = await loaded(stage)
        row = [cell(model, 0, column) for column in range(model.columnCount())]
        assert row[0] == "正常"
        assert row[2:] == [
            "济南工地",
            "人数检测",
            "应到9人, 实到9人, 无人缺勤, 正常出工",
            "李明",
        ]
        mark = model.data(model.index(0, 0), Qt.ItemDataRole.DecorationRole)
        assert mark is not None

    play(scene)


def test_journal_is_read_off_the_ui_thread(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        names: list[str] = []
        read = stage.desk.journal.page

        def page(*args: object, **kwargs: object) -> object:
            names.append(threading.current_thread().name)
            return read(*args, **kwargs)  # type: ignore[arg-type]

        stage.desk.journal.page = page  # type: ignore[method-assign, assignment]
        await loaded(stage)
        assert names
        assert all(name.startswith("reader") for name in names)

    play(scene)


def test_a_new_record_comes_on_top_and_the_rest_stays(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.knows(SPOKEN, {HEAD: seen(expected=47, actual=34)})

    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 300)
        model = await loaded(stage)
        async with Expect(model.rowsInserted) as inserted:
            await said(stage.session, SPOKEN)
        assert inserted.args[1:] == (0, 0)
        assert model.rowCount() == 257
        assert cell(model, 0, 4) == "应到47人, 实到34人, 有人缺勤"
        assert cell(model, 0, 0) == "注意"

    play(scene, prepare=prepare)


def test_what_another_window_writes_is_seen_without_a_run_of_ones_own(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 3)
        model = await loaded(stage)
        await fill(stage.desk, 1)
        async with Expect(model.rowsInserted):
            panel_of(stage).news.timeout.emit()
        assert model.rowCount() == 4
        assert panel_of(stage).news.isActive()
        stage.window.show_closing()
        assert not panel_of(stage).news.isActive()

    play(scene)


def test_a_cancelled_run_says_what_was_asked(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        asked = Utterance(text=SPOKEN, origin=Origin.TYPED)
        past = past_record(1, finding_of(HEAD, seen(expected=9, actual=9)))
        cancelled = replace(
            past,
            outcome=Outcome.CANCELLED,
            utterance=asked,
            understanding=None,
            findings=(),
        )
        await stage.desk.journal.append(cancelled)
        model = await loaded(stage)
        assert cell(model, 0, 0) == "已取消"
        assert cell(model, 0, 4) == f"「{SPOKEN}」"

    play(scene)


def test_the_filter_finds_by_text_and_says_when_nothing_fits(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 10)
        panel = panel_of(stage)
        model = await loaded(stage)
        async with Expect(model.loaded):
            panel.filter.setText("烟台")
        assert model.rowCount() == 5
        async with Expect(model.loaded):
            panel.filter.setText("没有这个地方")
        assert panel.empty.isVisibleTo(panel)
        assert "没有符合筛选" in panel.empty.text()

    play(scene)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (JournalBrokenError("巡检日志第7条记录读不出来"), "请立即备份日志文件"),
        (MemoryError(), "日志读不出来（MemoryError）"),
    ],
)
def test_a_journal_that_cannot_be_read_is_told_until_it_can(
    play: Play, caplog: pytest.LogCaptureFixture, error: Exception, sentence: str
) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 300)
        panel = panel_of(stage)
        model = await loaded(stage)
        stage.desk.journal.unreadable = error
        async with Expect(model.failed):
            model.fetchMore(QModelIndex())
        # What was read stays, and nobody tries again with every movement.
        assert model.rowCount() == 256
        assert not model.canFetchMore(QModelIndex())
        assert sentence in panel.result.text()
        assert panel.result.isVisibleTo(panel)
        async with Expect(model.failed):
            panel.filter.setText("烟台")
        # Rows of another filter would be taken for this one's.
        assert model.rowCount() == 0
        assert not panel.empty.isVisibleTo(panel)
        stage.desk.journal.unreadable = None
        async with Expect(model.loaded):
            model.refresh()
        assert model.rowCount() == 150
        assert not panel.result.isVisibleTo(panel)

    play(scene)
    assert "the journal could not be read" in caplog.text
    caplog.clear()


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [(None, "已校验 3 条记录，链条完整"), (2, "第 2 条记录对不上")],
)
def test_verifying_says_what_it_found(
    play: Play, broken: int | None, sentence: str
) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 3)
        stage.desk.journal.broken = broken
        panel = panel_of(stage)
        async with Expect(panel.verified) as verified:
            panel.verify_button.click()
            assert not panel.verify_button.isEnabled()
        assert verified.args == (broken is None,)
        assert sentence in panel.result.text()

    play(scene)


def test_closing_does_not_wait_for_a_long_verification(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 3)
        go_on, begun = threading.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def hold() -> None:
            loop.call_soon_threadsafe(begun.set)
            go_on.wait(10)

        stage.desk.journal.hold = hold
        panel_of(stage).verify()
        await begun.wait()
        closing = asyncio.ensure_future(stage.session.reader.close())
        loop.call_soon(go_on.set)
        await closing
        # The stage closes the session once more, which must do no harm.

    play(scene)


def test_a_record_opens_with_its_findings_and_its_place_in_the_chain(
    play: Play,
) -> None:
    async def scene(stage: Stage) -> None:
        await fill(stage.desk, 2)
        model = await loaded(stage)
        panel_of(stage).table.activated.emit(model.index(0, 4))
        (window,) = [
            top
            for top in QApplication.topLevelWidgets()
            if isinstance(top, RecordWindow) and top.isVisible()
        ]
        shown = texts(window)
        entry = stage.desk.journal.entries[1]
        assert entry.hash in shown
        assert entry.previous_hash in shown
        assert entry.record.run_id in shown
        assert "[人数检测] 应到9人, 实到9人" in shown

    play(scene)


def test_a_picture_that_was_changed_is_not_shown(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        proof = desk.keep("a.png", b"not what was recorded")
        (desk.evidence_dir / "a.png").write_bytes(b"changed")
        view: Observation = seen(expected=1, actual=1, evidence=(proof,))
        desk.knows(SPOKEN, {HEAD: view})

    async def scene(stage: Stage) -> None:
        await said(stage.session, SPOKEN)
        evidence = stage.window.conversation.cards[0].finding_views[0].finding
        (recorded,) = evidence.observation.evidence
        picture = await stage.session.reader.picture(recorded)
        assert picture.image is None
        assert "与记录的指纹不符" in picture.problem

    play(scene, prepare=prepare)
