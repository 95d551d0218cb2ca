"""Size, contrast, status strip, and the binding that must not lose references."""

import asyncio
import os
import subprocess
import sys
from itertools import combinations
from operator import ne
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QWidget

from app.core.model import Call, Check, Severity
from app.core.ports import Health
from app.desktop import look
from app.desktop.look import DARK, LIGHT, Look, ThemeName
from app.desktop.pieces import ElidedLabel, Mark, mark_pixmap, tip
from app.desktop.veil import Veil
from app.desktop.words import breakable, kept, together
from tests.gui.conftest import Play, Stage
from tests.gui.support import LONG, YANTAI, DeskForTests, Expect, said, seen, texts


@pytest.mark.parametrize("size", [16, 18, 32])
def test_without_colours_each_severity_is_another_shape(
    clean_qt: QApplication, size: int
) -> None:
    def filled(severity: Severity) -> list[bool]:
        image = mark_pixmap(severity, DARK, size, 1.0).toImage()
        places = ((x, y) for x in range(size) for y in range(size))
        return [image.pixelColor(x, y).alpha() > 128 for x, y in places]

    for one, other in combinations(Severity, 2):
        differing = map(ne, filled(one), filled(other))
        assert sum(differing) / size**2 > 0.1, (one, other)


def test_a_tooltip_shows_data_as_it_is() -> None:
    for text in ("", "济南工地\n47/47", "甲 > 乙"):
        assert tip(text) == text
    for text in ("三标段<s>已停工</s>", "A&lt;B\n&C", "<!-- 站"):
        document = QTextDocument()
        document.setHtml(tip(text))
        assert document.toPlainText() == text


def test_a_line_without_room_is_elided_and_told_in_full(
    clean_qt: QApplication,
) -> None:
    label = ElidedLabel()
    label.setText("国网济南供电公司电力调度控制中心 12 号席")
    assert label.minimumSizeHint().width() < 60
    label.resize(label.sizeHint())
    label.show()
    assert label.toolTip() == ""
    before = label.grab().toImage()
    label.resize(120, label.height())
    assert label.toolTip() == label.text()
    assert label.text().endswith("号席")
    cut = before.copy(0, 0, 120, before.height())
    assert label.grab().toImage() != cut, "the end is shown as cut off"
    label.setText("三标段<s>已停工</s>" * 20)
    label.resize(100, label.height())
    assert "&lt;s&gt;已停工&lt;/s&gt;" in label.toolTip()
    label.close()
    label.deleteLater()


def test_a_fault_that_covers_the_window_has_its_shape(clean_qt: QApplication) -> None:
    window = QWidget()
    veil = Veil(window, Look())
    veil.cover("无法启动", "请重新启动。", alarm=True)
    (mark,) = veil.findChildren(Mark)
    assert mark.severity is Severity.ALARM
    assert mark.isVisibleTo(window)
    veil.cover("正在结束…")
    assert not mark.isVisibleTo(window)
    window.deleteLater()


def outside(window: QWidget) -> list[str]:
    """Name what is cut by the window's edges."""
    area = window.rect()
    cut = []
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.window() is not window:
            continue
        place = QRect(widget.mapTo(window, widget.rect().topLeft()), widget.size())
        if place.left() < area.left() or place.right() > area.right():
            cut.append(f"{type(widget).__name__} {widget.objectName()} {place}")
    return cut


@pytest.mark.parametrize("size", [(1366, 768), (910, 512), (1280, 720), (2560, 1440)])
def test_everything_fits_and_nothing_is_cut(play: Play, size: tuple[int, int]) -> None:
    def prepare(desk: DeskForTests) -> None:
        call = Call(LONG, Check.HEADCOUNT)
        desk.knows("长" * 80, {call: seen(expected=12, actual=12)})
        desk.knows("x" * 200, {call: seen(expected=1234567, actual=1234567)})

    async def scene(stage: Stage) -> None:
        window = stage.window
        window.resize(*size)
        assert (window.width(), window.height()) == size
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        await said(stage.session, "长" * 80)
        await said(stage.session, "x" * 200)
        window.grab()
        assert outside(window) == []
        hint = window.minimumSizeHint()
        assert hint.width() <= 910
        assert hint.height() <= 512
        assert window.conversation.height() >= 200

    play(scene, prepare=prepare)


def test_narrow_windows_show_one_side_at_a_time(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        assert window.board is not None
        assert window.journal is not None
        window.resize(1366, 768)
        assert window.board.isVisible()
        assert window.conversation.isVisible()
        window.journal_button.click()
        assert window.journal.isVisible()
        assert not window.board.isVisible()
        window.journal_button.click()
        assert not window.side.isVisible()
        window.board_button.click()
        window.resize(910, 512)
        assert not window.board.isVisible()
        window.journal_button.click()
        assert window.journal.isVisible()
        assert not window.conversation.isVisible()
        window.board_button.click()
        assert window.board.isVisible()
        assert not window.journal.isVisible()
        await said(stage.session, "你好")
        assert window.conversation.isVisible()

    play(scene)


def test_at_150_per_cent_on_a_small_screen_the_window_fits() -> None:
    code = (
        "from PySide6.QtWidgets import QApplication;"
        "app=QApplication(['t']);"
        "from app.desktop.look import Look;from app.desktop.window import DeskWindow;"
        "look=Look();look.apply();w=DeskWindow(look);w.resize(910,512);w.show();"
        "image=w.grab();h=w.minimumSizeHint();"
        "assert image.devicePixelRatio()==1.5,image.devicePixelRatio();"
        "assert (image.width(),image.height())==(1365,768),image.size();"
        "assert h.width()*1.5<=1366 and h.height()*1.5<=768,h;"
        "w.finish();w.deleteLater();app.processEvents();print('fits')"
    )
    env = {**os.environ, "QT_SCALE_FACTOR": "1.5", "QT_QPA_PLATFORM": "offscreen"}
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env, cwd=root, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "fits", done.stderr


def test_what_opens_beside_the_window_is_no_larger_than_the_screen(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await said(stage.session, "查烟台")
        card = stage.window.conversation.cards[-1]
        card.finding_views[0].evidence_wanted.emit(card.finding_views[0].finding)
        card.details_wanted.emit(card.record)
        free = stage.window.screen().availableGeometry().size()
        opened = [
            top
            for top in QApplication.topLevelWidgets()
            if isinstance(top, QDialog) and top.isVisible()
        ]
        assert len(opened) == 2
        for top in opened:
            assert top.width() < free.width()
            assert top.height() < free.height()
            assert top.minimumWidth() < free.width()
            assert top.minimumHeight() <= 480

    def prepare(desk: DeskForTests) -> None:
        proof = desk.keep("a.png", b"no picture")
        view = seen(expected=12, actual=12, evidence=(proof,))
        desk.knows("查烟台", {Call(YANTAI, Check.HEADCOUNT): view})

    play(scene, prepare=prepare)


def test_the_strip_names_every_part_with_word_cause_and_remedy(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.parts[2] = Health(
            name="语言模型", ok=False, detail="没有 GPU 驱动", remedy="请安装驱动"
        )

    async def scene(stage: Stage) -> None:
        strip = stage.window.strip
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        said_by = [shown.text() for shown in strip.buttons]
        assert [text.split()[0] for text in said_by] == [
            "麦克风", "语音识别", "语言模型", "现场系统", "巡检日志", "值班人员",
        ]  # fmt: skip
        assert "正常" in said_by[0]
        assert "异常" in said_by[2]
        strip.buttons[2].click()
        assert strip.popup is not None
        shown = texts(strip.popup)
        assert "没有 GPU 驱动" in shown
        assert "请安装驱动" in shown
        strip.popup.close()

    play(scene, prepare=prepare)


def test_the_theme_changes_at_once_and_is_told(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        async with Expect(stage.window.theme_chosen) as chosen:
            stage.window.theme_button.click()
        assert chosen.args == (ThemeName.LIGHT,)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        assert LIGHT.ground in app.styleSheet()

    play(scene)


def test_the_binding_does_not_lose_references_to_none(clean_qt: QApplication) -> None:
    # PySide6 6.12.0 on Python 3.10
    # and 3.11 loses a reference to None a call, and the process dies.
    label = QLabel()
    before = sys.getrefcount(None)
    for number in range(60_000):
        label.setText(str(number & 7))
    assert sys.getrefcount(None) > before - 100
    label.deleteLater()


def test_words_keep_together_and_long_runs_break() -> None:
    assert together("应到47人, 实到34人").replace("\u2060", "") == "应到47人, 实到34人"
    assert "\u2060" in together("有人缺勤")
    assert "\u2060" not in together("很" * 20)
    assert " " not in kept("工单 GD-1")
    assert "\u200b" in breakable("x" * 40)
    assert "\u200b" not in breakable("字" * 40)


def test_looks_start_dark() -> None:
    assert Look().theme is DARK


def test_loading_models_is_visible_and_the_desk_is_usable_meanwhile(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.warm_gate = asyncio.Event()
        desk.parts[2] = Health(name="语言模型", ok=False, detail="还没有载入")

    async def scene(stage: Stage) -> None:
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        assert "正在载入模型" in texts(stage.window.strip)
        assert "准备中" in stage.window.strip.buttons[2].text()
        await said(stage.session, "你好")
        assert stage.desk.warm_gate is not None
        async with Expect(stage.session.warming_changed):
            stage.desk.warm_gate.set()
        assert "正在载入模型" not in texts(stage.window.strip)
        assert "异常" in stage.window.strip.buttons[2].text()

    play(scene, prepare=prepare)


@pytest.mark.parametrize("there", [[], ["System Sans"]])
def test_a_font_that_came_along_is_used_where_the_system_has_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, there: list[str]
) -> None:
    class Fonts:
        """What Qt knows of: the system's fonts, and those that are added."""

        WritingSystem = look.QFontDatabase.WritingSystem

        @staticmethod
        def families(_: object) -> list[str]:
            return there

        @staticmethod
        def addApplicationFont(path: str) -> int:
            there.append(Path(path).stem)
            return 0

    (tmp_path / "Own Hei.ttc").touch()
    (tmp_path / "LICENSE").touch()
    monkeypatch.setattr(look, "OWN_FONTS", tmp_path)
    monkeypatch.setattr(look, "QFontDatabase", Fonts)
    wanted = there[0] if there else "Own Hei"
    assert look.chinese_family() == wanted
