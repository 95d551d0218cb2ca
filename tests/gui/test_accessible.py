"""Whoever has no mouse, or no eyes for the screen, reaches and knows every control."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QTabBar,
    QTextEdit,
    QWidget,
)

from app.core.errors import SettingsError
from app.core.model import Call, Check
from app.desktop.alarm_bar import AlarmBar
from app.desktop.look import Look
from app.desktop.refusal import RefusalWindow
from tests.gui.conftest import Play, Stage
from tests.gui.support import (
    JINAN,
    SPOKEN,
    WHICH_SITE,
    YANTAI,
    DeskForTests,
    Expect,
    said,
    seen,
)
from tests.gui.test_adapters import ShelfInMemory

ALARMING = "检测烟台工地的安全帽"
INTERACTIVE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QComboBox,
    QLineEdit,
    QTabBar,
    QTextEdit,
)


def interactive(window: QWidget) -> Iterator[QWidget]:
    """What of a window can be used, and is shown."""
    for widget in window.findChildren(QWidget):
        if not widget.isVisible() or widget.window() is not window:
            continue
        if isinstance(widget, QScrollBar | QHeaderView):
            continue
        # A line's clear button belongs to the line.
        if isinstance(widget.parent(), QLineEdit):
            continue
        if isinstance(widget, INTERACTIVE) or takes_tab(widget):
            yield widget


def takes_tab(widget: QWidget) -> bool:
    policy = widget.focusPolicy()
    wanted = Qt.FocusPolicy.TabFocus
    return bool(policy & wanted) and widget.isEnabled()


def name_of(widget: QWidget) -> str:
    """What a screen reader calls it; a placeholder is no name: it goes away."""
    if isinstance(widget, QLineEdit | QAbstractItemView | QScrollArea):
        return widget.accessibleName().strip()
    found = QAccessible.queryAccessibleInterface(widget)
    return found.text(QAccessible.Text.Name).strip() if found is not None else ""


def nameless(window: QWidget) -> list[str]:
    return [
        f"{type(widget).__module__}.{type(widget).__name__} {widget.objectName()} "
        f"in {type(widget.parent()).__name__}"
        for widget in interactive(window)
        if not name_of(widget)
    ]


def told(widget: QWidget) -> str:
    text = getattr(widget, "text", None)
    words = text() if callable(text) else ""
    return f"{type(widget).__name__} {widget.objectName()} {words!r}"


def left_out(window: QWidget) -> list[str]:
    """What the Tab key never comes to."""
    wanted = {widget for widget in interactive(window) if takes_tab(widget)}
    wanted = {widget for widget in wanted if widget.focusProxy() is None}
    reached: set[QWidget] = set()
    for _ in range(3 * len(wanted) + 10):
        window.focusNextPrevChild(True)
        focused = window.focusWidget()
        if focused is not None:
            reached.add(focused)
    # Of buttons that exclude one another, the arrow keys reach the others.
    return [told(widget) for widget in wanted - reached]


def without_focus_ring(window: QWidget) -> list[str]:
    """What looks the same with the focus and without it."""
    alike = []
    for widget in interactive(window):
        if not takes_tab(widget) or widget.focusProxy() is not None:
            continue
        widget.clearFocus()
        before = widget.grab().toImage()
        widget.setFocus(Qt.FocusReason.TabFocusReason)
        if window.focusWidget() is widget and widget.grab().toImage() == before:
            alike.append(told(widget))
    return alike


def check(window: QWidget) -> None:
    assert "\n".join(nameless(window)) == "", "controls without a name"
    assert "\n".join(left_out(window)) == "", "controls that Tab does not reach"


async def active(window: QWidget) -> None:
    window.activateWindow()
    while QApplication.activeWindow() is not window:
        await asyncio.sleep(0)


def furnish(desk: DeskForTests) -> None:
    proof = desk.keep("a.png", _picture())
    answer = seen(expected=47, actual=34, evidence=(proof,))
    desk.knows(SPOKEN, {Call(JINAN, Check.HEADCOUNT): answer})
    desk.knows(ALARMING, {Call(YANTAI, Check.HELMET): seen(actual=34, wearing=30)})
    desk.agent.readings["技能"] = WHICH_SITE


def _picture() -> bytes:
    from PySide6.QtCore import QBuffer, QIODevice
    from PySide6.QtGui import QImage

    image = QImage(64, 48, QImage.Format.Format_RGB32)
    image.fill(0x49606D)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


async def with_cards(stage: Stage) -> None:
    async with Expect(stage.session.health_known):
        stage.session._recheck.set()
    await said(stage.session, SPOKEN)
    await said(stage.session, "技能")


def opened(stage: Stage) -> QWidget:
    (found,) = (
        top
        for top in QApplication.topLevelWidgets()
        if top.isVisible() and top is not stage.window
    )
    return found


def test_every_control_of_the_window_has_a_name_and_is_reached(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        stage.window.offer(ShelfInMemory())
        await with_cards(stage)
        check(stage.window)
        stage.window.journal_button.setChecked(False)
        stage.window.resize(911, 512)
        check(stage.window)

    play(scene, prepare=furnish)


def test_the_focus_is_seen_on_every_control(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await with_cards(stage)
        await active(stage.window)
        assert "\n".join(without_focus_ring(stage.window)) == ""

    play(scene, prepare=furnish)


def test_records_pictures_adapters_and_causes_are_named_too(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        await with_cards(stage)
        window = stage.window
        card = window.conversation.cards[0]
        card.details_wanted.emit(card.record)
        check(record := opened(stage))
        record.close()
        thumbnail = card.finding_views[0].thumbnail
        assert thumbnail is not None
        thumbnail.click()
        check(evidence := opened(stage))
        evidence.close()
        window.offer(ShelfInMemory())
        window.adapters_button.click()
        adapters = opened(stage)
        async with Expect(adapters.settled):
            pass
        check(adapters)
        adapters.close()
        window.strip.buttons[2].click()
        assert window.strip.popup is not None
        check(window.strip.popup)
        window.strip.popup.close()

    play(scene, prepare=furnish)


def test_board_alarms_help_and_first_steps_are_named_too(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        await said(stage.session, ALARMING)
        (bar,) = window.findChildren(AlarmBar)
        assert bar.isVisible()
        window.board_button.setChecked(True)
        window.aids.show_guide()
        check(window)
        bar.ask()
        check(window)
        bar.form.back.click()
        bar.show_list()
        assert bar.list is not None
        check(bar.list)
        bar.list.close()
        window.aids.toggle_help()
        assert window.aids.help is not None
        check(window.aids.help)
        window.aids.help.close()

    play(scene, prepare=furnish)


def test_quick_buttons_microphones_and_refusals_are_named_too(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        window = stage.window
        window.aids.quick.keep(("s1", "s2"))
        window.aids.quick.all_sites.click()
        check(popup := opened(stage))
        popup.close()
        async with Expect(stage.session.microphones.listed):
            window.strip.microphones_wanted.emit(window.strip)
        check(menu := opened(stage))
        menu.close()
        error = SettingsError("theme 不对", "请改正。")
        refusal = RefusalWindow(Look(), error, Path("settings.toml"))
        refusal.show()
        check(refusal)
        refusal.close()
        refusal.deleteLater()

    play(scene, prepare=furnish)
