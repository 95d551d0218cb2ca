"""The record of a sweep: opens with a few findings, and takes one line of the log."""

import asyncio
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication, QWidget

from app.core.model import Call, Check, Finding, Outcome, RunRecord, Site
from app.core.observation import Evidence, MissingReason
from app.core.ports import JournalEntry, JournalQuery
from app.desktop.finding_list import SHOWN, FindingList
from app.desktop.finding_view import FindingView
from app.desktop.journal_model import JournalModel
from app.desktop.journal_rows import rows_of
from app.desktop.look import Look
from app.desktop.record_view import RecordWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    Expect,
    finding_of,
    lost,
    past_record,
    seen,
    texts,
)

SITES = 500


def picture(number: int) -> Evidence:
    return Evidence(path=f"{number}.png", sha256=f"{number:064}")


def findings(count: int = SITES) -> tuple[Finding, ...]:
    made = []
    for number in range(count):
        call = Call(Site(id=f"S{number}", name=f"第{number}标段"), Check.HELMET)
        wearing = 8 if number % 100 == 99 else 9
        view = seen(actual=9, wearing=wearing, evidence=(picture(number),))
        if number % 100 == 50:
            view = lost(MissingReason.TIMEOUT, "相机系统 3 秒内没有答复")
        made.append(finding_of(call, view))
    return tuple(made)


def sweep_record(count: int = SITES, outcome: Outcome = Outcome.ANSWERED) -> RunRecord:
    bare = past_record(1, None)
    found = findings(count)
    return replace(bare, outcome=outcome, findings=found, fault=None)


def entry_of(record: RunRecord) -> JournalEntry:
    return JournalEntry(seq=1, record=record, previous_hash="0" * 64, hash="1" * 64)


def line(model: JournalModel, row: int = 0) -> list[str]:
    return [str(model.data(model.index(row, column))) for column in range(5)]


def open_record(stage: Stage, record: RunRecord) -> RecordWindow:
    stage.window._viewing.show_record(record)  # type: ignore[union-attr]
    (window,) = [
        top for top in QApplication.topLevelWidgets() if isinstance(top, RecordWindow)
    ]
    return window


def test_a_record_of_many_lays_out_the_first_and_bounds_the_rows_of_pictures(
    clean_qt: QApplication,
) -> None:
    window = RecordWindow(Look(), sweep_record())
    assert len(window.page.views) == SHOWN
    assert len(window.findChildren(FindingView)) == SHOWN
    shown = texts(window)
    assert "共 500 项" in shown
    assert "告警 5" in shown
    views = window.page.views
    laid_out = [p for view in views for p in view.finding.observation.evidence]
    assert len(laid_out) == SHOWN - 5
    assert all(one.sha256 in shown for one in laid_out)
    assert shown.count("SHA-256") == len(laid_out)
    rest = SITES - 5 - len(laid_out)
    assert f"其余结果另有 {rest} 张" in shown
    window.deleteLater()


def test_a_record_is_no_taller_than_what_it_says(clean_qt: QApplication) -> None:
    window = RecordWindow(Look(), sweep_record())
    window.show()
    page = window.findChild(QWidget, "page")
    assert page is not None
    clean_qt.processEvents()
    assert page.height() == page.heightForWidth(page.width()) > window.height()
    window.close()
    window.deleteLater()


def test_a_record_of_one_says_nothing_of_more_pictures(clean_qt: QApplication) -> None:
    window = RecordWindow(Look(), sweep_record(1))
    assert len(window.page.views) == 1
    assert "其余结果另有" not in texts(window)
    window.deleteLater()


def test_every_finding_of_a_record_is_wired_once(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        wired: list[FindingView] = []
        viewing = stage.window._viewing
        assert viewing is not None
        begin, viewing._reader.begin = viewing._reader.begin, lambda work: work.close()  # type: ignore[method-assign]
        asked: list[Finding] = []
        viewing.show_evidence = asked.append  # type: ignore[method-assign]
        wire = type(viewing).wire
        record = sweep_record()

        def counted(view: FindingView) -> None:
            wired.append(view)
            wire(viewing, view)

        viewing.wire = counted  # type: ignore[method-assign]
        window = open_record(stage, record)
        assert wired == window.page.views
        shown = window.findChild(FindingList)
        assert isinstance(shown, FindingList)
        shown.more.click()
        shown.rest.clicked.emit(shown.rest.model().index(3, 0))
        assert len(wired) == SHOWN + 1
        for view in wired:
            if view.thumbnail is not None:
                view.thumbnail.click()
        with_pictures = [v.finding for v in wired if v.finding.observation.evidence]
        assert asked == with_pictures
        viewing._reader.begin = begin  # type: ignore[method-assign]
        window.close()

    play(scene)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Outcome.ANSWERED, "500 项：告警 5，数据缺失 5，正常 490"),
        (Outcome.CANCELLED, "中途停止。500 项：告警 5，数据缺失 5，正常 490"),
    ],
)
def test_a_sweep_is_one_line_with_its_worst_and_its_counts(
    play: Play, outcome: Outcome, verdict: str
) -> None:
    async def scene(stage: Stage) -> None:
        assert stage.window.journal is not None
        model = stage.window.journal.model
        await stage.desk.journal.append(sweep_record(outcome=outcome))
        async with Expect(model.loaded):
            model.reload()
        assert model.rowCount() == 1
        severity, _, place, check, said = line(model)
        assert (severity, place, check) == (
            "告警\n未确认",
            "500 个工地",
            "安全检查",
        )
        assert said == verdict

    play(scene)


def test_the_filter_finds_the_single_findings_of_a_sweep(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        assert stage.window.journal is not None
        panel = stage.window.journal
        await stage.desk.journal.append(sweep_record())
        async with Expect(panel.model.loaded):
            panel.model.reload()
        async with Expect(panel.model.loaded):
            panel.filter.setText("第499标段")
        assert panel.model.rowCount() == 1
        assert line(panel.model)[2] == "第499标段"
        assert "8人佩戴安全帽" in line(panel.model)[4]
        async with Expect(panel.model.loaded):
            panel.filter.setText("安全隐患")
        assert [line(panel.model, row)[0] for row in range(5)] == ["告警\n未确认"] * 5
        assert panel.model.rowCount() == 5
        async with Expect(panel.model.loaded):
            panel.filter.setText("标段")
        # Too many to be looked for one by one: the run again.
        assert panel.model.rowCount() == 1
        assert line(panel.model)[2] == "500 个工地"

    play(scene)


def test_other_filters_find_single_findings_too() -> None:
    from app.core.model import Severity

    entry = entry_of(sweep_record())
    for query, count in (
        (JournalQuery(severity=Severity.ALARM), 5),
        (JournalQuery(severity=Severity.UNKNOWN), 5),
        (JournalQuery(site="S7"), 1),
        (JournalQuery(site="第49", severity=Severity.ALARM), 1),
        (JournalQuery(check=Check.HEADCOUNT), 0),
    ):
        rows = rows_of(entry, query)
        found = [row.finding for row in rows if row.finding is not None]
        assert len(found) == count, query
        assert len(rows) == max(count, 1)


def test_a_command_of_a_few_keeps_a_line_for_each() -> None:
    record = sweep_record(12)
    rows = rows_of(entry_of(record), JournalQuery())
    assert [row.finding for row in rows] == list(record.findings)
    assert len(rows_of(entry_of(sweep_record(13)), JournalQuery())) == 1


def test_the_news_of_a_sweep_is_one_new_line(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        assert stage.window.journal is not None
        model = stage.window.journal.model
        await stage.desk.journal.append(past_record(1, None))
        async with Expect(model.loaded):
            model.reload()
        await stage.desk.journal.append(sweep_record(40))
        async with Expect(model.rowsInserted) as inserted:
            model.refresh()
        assert inserted.args[1:] == (0, 0)

    play(scene)


def test_nothing_is_read_any_more_when_the_reader_has_ended(play: Play) -> None:
    begun: list[str] = []

    async def read() -> None:
        begun.append("read")

    async def scene(stage: Stage) -> None:
        await stage.session.reader.close()
        stage.session.reader.begin(read())
        await asyncio.sleep(0)
        assert begun == []

    play(scene)
