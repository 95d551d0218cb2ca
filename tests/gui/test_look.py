"""Size, contrast, status strip, and the binding that must not lose references."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from app.core.model import Call, Check, Severity
from app.core.ports import Health
from app.desktop.look import DARK, LIGHT, Look, Theme, ThemeName, blend, stylesheet
from app.desktop.pieces import mark_pixmap
from app.desktop.words import breakable, kept, together
from tests.gui.conftest import Play, Stage
from tests.gui.support import LONG, DeskForTests, Expect, said, seen, texts


def luminance(colour: QColor) -> float:
    def linear(share: float) -> float:
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (
        linear(colour.redF()),
        linear(colour.greenF()),
        linear(colour.blueF()),
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    lights = sorted((luminance(QColor(first)), luminance(QColor(second))), reverse=True)
    return (lights[0] + 0.05) / (lights[1] + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_and_severities_have_contrast(theme: Theme) -> None:
    grounds = [theme.ground, theme.surface, theme.raised, theme.field]
    for severity in Severity:
        colour = theme.of(severity).name()
        grounds.append(blend(colour, theme.surface, 0.10))
        assert contrast(colour, theme.surface) >= 4.5
        assert contrast(theme.on_severity, colour) >= 4.5
    for ground in grounds:
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.muted, ground) >= 4.5
    assert contrast(theme.on_accent, theme.accent) >= 4.5
    assert "$" not in stylesheet(theme)


def test_each_severity_has_a_shape_of_its_own(clean_qt: QApplication) -> None:
    shapes = set()
    for severity in Severity:
        image = mark_pixmap(severity, DARK, 32, 1.0).toImage()
        shapes.add(
            tuple(
                image.pixelColor(x, y).alpha() > 128
                for x in range(0, 32, 2)
                for y in range(0, 32, 2)
            )
        )
    assert len(shapes) == len(Severity)


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
        assert window.journal is not None
        window.resize(1366, 768)
        assert window.journal.isVisible()
        assert window.conversation.isVisible()
        window.resize(910, 512)
        assert not window.journal.isVisible()
        window.journal_button.click()
        assert window.journal.isVisible()
        assert not window.conversation.isVisible()
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


def test_the_strip_names_every_part_with_word_cause_and_remedy(play: Play) -> None:
    def prepare(desk: DeskForTests) -> None:
        desk.parts[2] = Health(
            name="模型", ok=False, detail="没有 GPU 驱动", remedy="请安装驱动"
        )

    async def scene(stage: Stage) -> None:
        strip = stage.window.strip
        async with Expect(stage.session.health_known):
            stage.session._recheck.set()
        said_by = [shown.text() for shown in strip.buttons]
        assert [text.split()[0] for text in said_by] == [
            "麦克风", "识别", "模型", "后端", "日志",
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
        desk.parts[2] = Health(name="模型", ok=False, detail="还没有载入")

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
