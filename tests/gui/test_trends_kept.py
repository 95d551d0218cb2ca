"""A chart as a file: readable on paper, written by whoever may, and in the log."""

import asyncio
import io
from pathlib import Path

import pypdf
import pytest
from PIL import Image
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QFileDialog

from app.core.entries import EventKind
from app.core.errors import JournalUnwritableError, UsageError
from app.core.people import Actor, Role
from app.core.presence import Presence
from app.desktop.trends.page import TrendsPage
from app.desktop.trends.saving import encoded
from tests.gui.support import Expect
from tests.gui.trends_support import Points, show, weekly


class There:
    """Somebody is at the desk; of `Presence`, what a page asks for."""

    def __init__(self, role: Role | None = None) -> None:
        self.role = role

    def acting(self) -> Actor:
        return Actor(name="王芳", workstation="3 号席", role=self.role)


def there(role: Role | None = None) -> Presence:
    return There(role)  # type: ignore[return-value]


async def loaded(page: TrendsPage) -> None:
    if page.shown is None:
        async with Expect(page.loaded):
            pass


def exported(review: Points) -> list[str]:
    return [
        logged.event.subject for logged in review.events(kinds=(EventKind.EXPORTED,))
    ]


def test_a_page_to_print_can_be_read_and_searched(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        data = encoded(page.view.titled(), Path("a.pdf"), QFont(page.font()))
        (paper,) = pypdf.PdfReader(io.BytesIO(data)).pages
        assert paper.mediabox.width > paper.mediabox.height
        text = paper.extract_text()
        assert "出勤率" in text
        assert "11-16" in text
        assert "不是零" in text

    show(scene, Points(weekly((30, 40), None, (30, 40))))


def test_a_picture_is_dark_on_white_in_every_theme(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        data = encoded(page.view.titled(), Path("a.PNG"), QFont(page.font()))
        picture = Image.open(io.BytesIO(data)).convert("L")
        assert picture.size == (2080, 1400)
        histogram = picture.histogram()
        assert histogram[255] > 0.8 * 2080 * 1400
        assert sum(histogram[:80]) > 1000

    show(scene, Points(weekly((30, 40))))


def test_another_suffix_is_refused_with_a_sentence(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        with pytest.raises(UsageError, match="svg"):
            encoded(page.view.titled(), Path("a.svg"), QFont(page.font()))

    show(scene, Points(weekly((30, 40))))


def test_a_kept_chart_is_in_the_log(clean_qt: QApplication, tmp_path: Path) -> None:
    review = Points(weekly((30, 40)))
    path = tmp_path / "趋势.png"

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert page.keeper is not None
        async with Expect(page.keeper.kept):
            page.keeper.keep(page.view.titled(), path)
        assert path.is_file()
        assert exported(review) == ["趋势.png"]
        assert "趋势.png" in page.state.text()
        assert list(tmp_path.iterdir()) == [path]

    show(scene, review, presence=there())


def test_there_is_no_file_that_the_log_does_not_know(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    review = Points(weekly((30, 40)))
    review.full = JournalUnwritableError("磁盘已满")

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert page.keeper is not None
        async with Expect(page.keeper.refused):
            page.keeper.keep(page.view.titled(), tmp_path / "a.pdf")
        assert "磁盘已满" in page.state.text()
        assert list(tmp_path.iterdir()) == []

    show(scene, review, presence=there())


def test_a_folder_that_cannot_be_written_is_a_sentence(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    review = Points(weekly((30, 40)))

    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert page.keeper is not None
        async with Expect(page.keeper.refused):
            page.keeper.keep(page.view.titled(), tmp_path / "no" / "a.pdf")
        assert "趋势图没有存成" in page.state.text()
        assert exported(review) == []

    show(scene, review, presence=there())


def test_who_may_not_export_keeps_no_chart(
    clean_qt: QApplication, tmp_path: Path
) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        page.view.bar.keep.click()
        assert "不能导出" in page.state.text()
        assert page.findChildren(QFileDialog) == []

    show(scene, Points(weekly((30, 40))), presence=there(Role.OPERATOR))


def test_the_suffix_follows_the_kind_of_file(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        page.view.bar.keep.click()
        (dialog,) = page.findChildren(QFileDialog)
        assert dialog.defaultSuffix() == "pdf"
        dialog.filterSelected.emit(dialog.nameFilters()[1])
        assert dialog.defaultSuffix() == "png"
        dialog.reject()
        await asyncio.sleep(0)

    show(scene, Points(weekly((30, 40))), presence=there())


def test_without_a_presence_nothing_is_offered(clean_qt: QApplication) -> None:
    async def scene(page: TrendsPage) -> None:
        await loaded(page)
        assert not page.view.bar.keep.isVisible()

    show(scene, Points(weekly((30, 40))))
