"""Plays a scene on a real window, and takes its picture."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from PySide6.QtCore import (
    QCoreApplication,
    QEvent,
    QObject,
    QPoint,
    QRect,
    Qt,
    QTranslator,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.desktop.look import Look
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow
from app.system import paths
from tests.gui.gallery.furniture import SITES, furnish, remember
from tests.gui.gallery.scene import Scene, Setting, Stage
from tests.gui.support import DeskForTests

_PATIENCE_S: Final = 20
_LOOK_S: Final = 0.02
_LOOKS: Final = 25
_STILL: Final = 3
"""Looks in a row without a movement: the window has come to rest."""
_EDGE: Final = QColor("#7d8ba0")
"""What every desk draws around a window, and no grab has."""
_MOVES: Final = (QEvent.Type.Paint, QEvent.Type.LayoutRequest, QEvent.Type.Resize)


async def perform(scene: Scene, setting: Setting, home: Path) -> tuple[QPixmap, Stage]:
    """Play a scene; give its picture, and the stage, still lit."""
    look = Look(setting.theme)
    look.apply()
    desk = DeskForTests(home, SITES)
    furnish(desk)
    scene.prepare(desk)
    await remember(desk, scene.records, scene.alarms)
    window = DeskWindow(look)
    window.resize(*setting.logical)
    window.show()
    window.activateWindow()
    session = DeskSession(desk, grace_s=0.2)
    stage = Stage(desk=desk, session=session, window=window, look=look, folder=home)
    try:
        if scene.rehearse is not None:
            scene.rehearse(stage)
        if scene.attached:
            window.attach(session)
            session.begin()
            await settled(stage)
        await asyncio.wait_for(scene.act(stage), _PATIENCE_S)
        await settled(stage)
        await brought_forward()
    except BaseException:
        await strike(stage)
        raise
    return photograph(window), stage


async def strike(stage: Stage) -> None:
    """End what a scene began; nothing stays behind."""
    desk = stage.desk
    for gate in (desk.agent.gate, desk.dispatcher.gate, desk.microphone.gate):
        if gate is not None:
            gate.set()
    for take in desk.microphone.takes:
        type(take).finish(take)
    if (voice := stage.window._voice) is not None:
        voice.close()
    try:
        await asyncio.wait_for(stage.session.close(), _PATIENCE_S)
    finally:
        for top in QApplication.topLevelWidgets():
            if top is not stage.window:
                top.close()
        stage.window.finish()
        stage.window.deleteLater()


async def brought_forward() -> None:
    """Let the last window that was opened have the focus, as a desk would give it."""
    opened = [
        top
        for top in QApplication.topLevelWidgets()
        if isinstance(top, QDialog) and top.isVisible()
    ]
    if not opened or QApplication.activePopupWidget() is not None:
        return
    last = max(opened, key=_depth)
    last.activateWindow()
    for _ in range(_LOOKS):
        if last.isActiveWindow():
            break
        await asyncio.sleep(_LOOK_S)
    # Its field may have been shown as focused before it was.
    last.update()
    await asyncio.sleep(_LOOK_S)


class _Movement(QObject):
    """Counts what is painted and laid out anew, anywhere."""

    count = 0

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in _MOVES:
            self.count += 1
        return False


async def settled(_stage: Stage) -> None:
    """Wait until nothing is painted or laid out for a while."""
    app = QApplication.instance()
    assert app is not None
    movement = _Movement()
    app.installEventFilter(movement)
    still = 0
    for _ in range(_LOOKS):
        before = movement.count
        await asyncio.sleep(_LOOK_S)
        still = still + 1 if movement.count == before else 0
        if still >= _STILL:
            break
    app.removeEventFilter(movement)


def photograph(window: QWidget) -> QPixmap:
    """Take the window as it stands on the screen, with what lies over it."""
    ratio = window.devicePixelRatioF()
    origin = window.mapToGlobal(QPoint(0, 0))
    layers = [(QRect(QPoint(0, 0), window.size()), window.grab())]
    for top in sorted(QApplication.topLevelWidgets(), key=_depth):
        if top is window or not top.isVisible():
            continue
        place = QRect(top.mapToGlobal(QPoint(0, 0)) - origin, top.size())
        if top.windowType() is not Qt.WindowType.Popup:
            place.moveCenter(layers[0][0].center())
        layers.append((place, top.grab()))
    whole = layers[0][0]
    for place, _ in layers:
        whole = whole.united(place)
    canvas = QPixmap(whole.size() * ratio)
    canvas.setDevicePixelRatio(ratio)
    canvas.fill(Qt.GlobalColor.black)
    painter = QPainter(canvas)
    painter.setPen(QPen(_EDGE, 2))
    for number, (place, picture) in enumerate(layers):
        corner = place.topLeft() - whole.topLeft()
        painter.drawPixmap(corner, picture)
        if number:
            painter.drawRect(QRect(corner, place.size()).adjusted(1, 1, -1, -1))
    painter.end()
    return canvas


def _depth(widget: QWidget) -> int:
    """How many windows stand behind one that was opened from another."""
    parent = widget.parentWidget()
    return 0 if parent is None else 1 + _depth(parent)


@contextmanager
def translated(language: str) -> Iterator[bool]:
    """Speak another language for a while; say whether there is a translation."""
    translator = QTranslator()
    path = paths.resources() / "i18n" / f"griddesk_{language}.qm"
    there = path.is_file() and translator.load(str(path))
    if there:
        QCoreApplication.installTranslator(translator)
    try:
        yield there or language == "zh"
    finally:
        if there:
            QCoreApplication.removeTranslator(translator)
