"""Reports and exports from the window: asked for, written beside it, told."""

import asyncio
import threading
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.core.entries import EventKind
from app.core.people import Role
from app.core.reporting import ReportKind
from app.desktop.report_form import MOMENT
from app.desktop.reports import ReportWindow
from tests.fake_people import PASSWORD
from tests.gui.conftest import Play, Stage
from tests.gui.review import opened, remember
from tests.gui.support import Expect, texts


async def asked(stage: Stage, kind: ReportKind, form: str = ".csv") -> ReportWindow:
    """Open the review, and from it the window that asks for a report."""
    review = await opened(stage)
    review.reports.click()
    (made,) = review.findChildren(ReportWindow)
    for group, key in ((made.form.kinds, kind.value), (made.form.forms, form)):
        for each in group.buttons():
            if each.property("key") == key:
                each.click()
    return made


async def written(made: ReportWindow, path: Path) -> None:
    made.form.path.setText(str(path))
    async with Expect(made.settled):
        made.begin.click()


@pytest.mark.parametrize("kind", list(ReportKind))
def test_each_kind_is_written_and_kept_in_the_journal(
    play: Play, tmp_path: Path, kind: ReportKind
) -> None:
    async def course(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well", "nothing")
        made = await asked(stage, kind)
        await written(made, tmp_path / "a.csv")
        assert "已写入" in made.notice.text()
        assert made.folder.isVisible()
        (event,) = stage.desk.review.events(kinds=(EventKind.EXPORTED,))
        assert event.event.subject == "a.csv"
        made.close()

    play(course)
    assert (tmp_path / "a.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_shift_is_the_last_twelve_hours_in_the_name_of_whoever_is_there(
    play: Play,
) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.SHIFT, ".pdf")
        form = made.form
        begin, end = (
            datetime.strptime(field.text(), MOMENT)
            for field in (form.since, form.until)
        )
        assert end - begin == timedelta(hours=12)
        assert form.giving.text() == "李明"
        assert form.target.suffix == ".pdf"
        made.close()

    play(course)


def test_a_time_that_is_none_is_said_and_nothing_is_written(
    play: Play, tmp_path: Path
) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.SHIFT)
        made.form.path.setText(str(tmp_path / "a.csv"))
        made.form.since.setText("昨天")
        made.begin.click()
        assert "「昨天」看不懂" in made.notice.text()
        assert made.begin.isEnabled()
        made.close()

    play(course)
    assert not (tmp_path / "a.csv").exists()


def test_what_was_typed_for_the_file_stays_and_the_name_follows_the_month(
    play: Play, tmp_path: Path
) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.MONTH, ".xlsx")
        form = made.form
        form.month.clear()
        QTest.keyClicks(form.month, "2026-10")
        assert form.target.name == "月度汇总-2026-10.xlsx"
        folder = form.target.parent
        # A name alone is of that folder and form; none at all is the suggested one.
        form.path.setText("十月")
        assert form.target == folder / "十月.xlsx"
        form.path.setText(" ")
        assert form.target == folder / "月度汇总-2026-10.xlsx"
        form.path.setText(str(tmp_path))
        assert form.target == tmp_path / "月度汇总-2026-10.xlsx"
        form.path.setText(str(tmp_path / "十月.xlsx"))
        form.forms.buttons()[0].click()
        assert form.target == tmp_path / "十月.pdf"
        form.month.setText("9999-12")
        made.begin.click()
        assert "「9999-12」看不懂" in made.notice.text()
        made.close()

    play(course)


def test_a_folder_that_is_not_there_is_said(play: Play, tmp_path: Path) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.LOG)
        await written(made, tmp_path / "none" / "a.csv")
        assert "写不进去" in made.notice.text()
        assert not made.folder.isVisible()
        made.close()

    play(course)


def test_a_file_of_that_name_is_said_before_it_is_replaced(
    play: Play, tmp_path: Path
) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.LOG)
        made.form.path.setText(str(tmp_path / "a.csv"))
        assert made.begin.text() == "生成"
        (tmp_path / "b.csv").write_text("old")
        made.form.path.setText(str(tmp_path / "b.csv"))
        assert made.begin.text() == "替换原有文件"
        made.close()

    play(course)


def test_an_operator_may_write_the_shift_report_and_no_export(
    play: Play, tmp_path: Path
) -> None:
    async def course(stage: Stage) -> None:
        desk = stage.desk
        desk.people.put("liming", "李明", Role.OPERATOR)
        await desk.presence.refresh()
        await desk.presence.sign_in("liming", PASSWORD)
        made = await asked(stage, ReportKind.LOG)
        assert not made.begin.isEnabled()
        assert "不能导出" in made.notice.text()
        for each in made.form.kinds.buttons():
            if each.property("key") == ReportKind.SHIFT:
                each.click()
        assert made.begin.isEnabled()
        assert made.notice.text() == ""
        made.close()

    play(course)


def test_what_is_under_way_can_be_stopped_and_leaves_nothing(
    play: Play, tmp_path: Path
) -> None:
    reading, go_on = threading.Event(), threading.Event()

    async def course(stage: Stage) -> None:
        await remember(stage.desk, "alarm", "well")
        made = await asked(stage, ReportKind.LOG)
        inner = stage.desk.review.histories

        def slow(run_ids: object) -> object:
            reading.set()
            assert go_on.wait(10)
            return inner(run_ids)  # type: ignore[arg-type]

        stage.desk.review.histories = slow  # type: ignore[method-assign]
        made.form.path.setText(str(tmp_path / "a.csv"))
        async with Expect(made.settled):
            made.begin.click()
            while not reading.is_set():
                await asyncio.sleep(0.005)
            assert not made.begin.isEnabled()
            made.stop.click()
            go_on.set()
        assert "已停止" in made.notice.text()
        made.close()

    play(course)
    assert [p for p in tmp_path.iterdir() if p.suffix == ".csv"] == []


def test_every_control_has_a_name(play: Play) -> None:
    async def course(stage: Stage) -> None:
        made = await asked(stage, ReportKind.MONTH)
        assert "每个数都写明怎样统计" in texts(made).replace("\u200b", "")
        for field in (made.form.month, made.form.path, made.form.since):
            assert field.accessibleName()
        made.close()
        QApplication.processEvents()

    play(course)
