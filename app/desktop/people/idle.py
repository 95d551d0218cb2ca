"""Notices that nobody has touched the desk for a while."""

import time
from typing import Final

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow

_TOUCHES: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.KeyRelease,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseButtonRelease,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
    }
)


class IdleWatch(QObject):
    """Watches keys and mouse of every window of the program.

    The system gives them to windows before Qt gives them to widgets. A filter on the
    application would run Python for every event there is.

    Signals:
        idle: Nothing came for the time that was asked for.
    """

    idle = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._after_s = 0.0
        self._touched = 0.0
        self._timer: Final = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look)
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        self._app: Final = app
        app.focusWindowChanged.connect(self._watch)
        self._watch(app.focusWindow())

    def begin(self, after_s: float) -> None:
        """Count from now; 0 seconds: never."""
        self._after_s = after_s
        self.touch()
        if after_s > 0:
            self._timer.start(round(after_s * 1000))
        else:
            self._timer.stop()

    def counts(self, after_s: float) -> bool:
        """Say whether it counts so many seconds, or rests as it should."""
        return after_s == self._after_s and self._timer.isActive() is (after_s > 0)

    def pause(self) -> None:
        """Count no more."""
        self._timer.stop()

    def close(self) -> None:
        """Let go of the application."""
        self.pause()
        self._app.focusWindowChanged.disconnect(self._watch)

    @Slot()
    def touch(self) -> None:
        """Take it that somebody is there."""
        self._touched = time.monotonic()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """See keys and mouse."""
        if event.type() in _TOUCHES:
            self.touch()
        return False

    @Slot(QWindow)
    def _watch(self, window: QWindow | None) -> None:
        if window is not None:
            # Twice is once: Qt moves a filter that is there to the front.
            window.installEventFilter(self)
            self.touch()

    @Slot()
    def _look(self) -> None:
        left_s = self._after_s - (time.monotonic() - self._touched)
        if left_s <= 0:
            self.idle.emit()
        else:
            self._timer.start(max(1, round(left_s * 1000)))
