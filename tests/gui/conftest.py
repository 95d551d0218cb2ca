"""A window on a desk made for tests, on a loop of its own; nothing may stay behind."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import qasync
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from app.desktop.look import Look
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow
from tests.gui.support import DeskForTests


@dataclass
class Stage:
    """Everything of a scene."""

    desk: DeskForTests
    session: DeskSession
    window: DeskWindow


Scene = Callable[[Stage], Awaitable[None]]
Play = Callable[..., None]


@pytest.fixture(scope="session")
def settled_heap(qapp: QApplication) -> QApplication:
    """Leave what was there before the first scene out of every look for leaks."""
    gc.collect()
    gc.freeze()
    return qapp


@pytest.fixture
def clean_qt(settled_heap: QApplication) -> Iterator[QApplication]:
    qapp = settled_heap
    qapp.setQuitOnLastWindowClosed(False)
    yield qapp
    # A click of a key with Shift leaves Shift "held" until the next key without it.
    QTest.keyRelease(QWidget(), Qt.Key.Key_Control, Qt.KeyboardModifier.NoModifier)
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    # A closed qasync loop is a cycle with a timer in it. Each scene leaves one; the
    # next scene's threads must not be the ones that collect it.
    gc.collect()
    ticking = [
        timer
        for timer in gc.get_objects()
        # Not isinstance: some objects of torch answer `__class__` with a warning.
        if issubclass(type(timer), QTimer) and isValid(timer) and timer.isActive()
    ]
    assert not ticking, f"timers left running: {ticking}"
    shown = [top for top in qapp.topLevelWidgets() if top.isVisible()]
    assert not shown, f"windows left open: {shown}"


@pytest.fixture
def play(clean_qt: QApplication, tmp_path: Path) -> Play:
    """Play a scene on a window with a desk behind it."""

    def start(
        scene: Scene, *, prepare: Callable[[DeskForTests], None] | None = None
    ) -> None:
        async def whole() -> None:
            desk = DeskForTests(tmp_path)
            if prepare is not None:
                prepare(desk)
            look = Look()
            look.apply()
            window = DeskWindow(look)
            window.show()
            session = DeskSession(desk, grace_s=0.2)
            window.attach(session)
            session.begin()
            try:
                await asyncio.wait_for(scene(Stage(desk, session, window)), 20)
            finally:
                try:
                    await session.close()
                finally:
                    for top in QApplication.topLevelWidgets():
                        if top is not window:
                            top.close()
                    window.finish()
                    window.deleteLater()
            assert desk.closed

        qasync.run(whole())

    return start


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker("gui")
            # What the offscreen platform cannot do is no fault of the window.
            item.add_marker(pytest.mark.qt_log_ignore("This plugin does not support"))
