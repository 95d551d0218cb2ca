"""Takes the desk off the screen, with its keys and the windows beside it."""

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QGuiApplication, QShortcut
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

if TYPE_CHECKING:
    from app.desktop.window import DeskWindow


class Cover(QObject):
    """While it is closed, nothing of the desk can be read, asked or opened.

    The desk's widgets are hidden, not only covered: what is hidden takes no key, and
    no screen reader reads it.
    """

    def __init__(self, window: "DeskWindow") -> None:
        super().__init__(window)
        self._window: Final = window
        self._page: Final = window.page
        self._closed = False
        self._shortcuts: list[QShortcut] = []
        self._hidden: list[QWidget] = []
        self._focus: QWidget | None = None

    @property
    def closed(self) -> bool:
        """Whether the desk is off the screen."""
        return self._closed

    def close(self) -> None:
        """Take everything off the screen; does nothing when it is."""
        if self._closed:
            return
        self._closed = True
        window = self._window
        window.keys.rest()
        self._focus = window.focusWidget()
        self._shortcuts = [
            each for each in window.findChildren(QShortcut) if each.isEnabled()
        ]
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
        self._page.hide()
        # A window that opens later need not take the focus. Nobody works meanwhile,
        # so that Python may look at every event.
        self._application().installEventFilter(self)
        self._clear()

    def open(self, *, back: bool) -> None:
        """Bring the desk back; the windows beside it only if they are `back` too.

        What another person had opened is closed.
        """
        if not self._closed:
            return
        self._closed = False
        self._application().removeEventFilter(self)
        window = self._window
        self._page.show()
        for shortcut in self._shortcuts:
            if isValid(shortcut):
                shortcut.setEnabled(True)
        self._shortcuts = []
        hidden, self._hidden = self._hidden, []
        for beside in hidden:
            if isValid(beside):
                beside.show() if back else beside.close()
        window.keys.active = True
        focus, self._focus = self._focus, None
        if focus is None or not isValid(focus) or not back:
            focus = window.bar.talk
        focus.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def sweep(self) -> None:
        """Hide what was opened meanwhile; does nothing while the desk is seen."""
        if self._closed:
            self._clear()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hide what is shown before it is painted."""
        if event.type() != QEvent.Type.Show or not isinstance(watched, QWidget):
            return False
        # No tip is of the desk: its widgets are hidden.
        if watched.isWindow() and watched.windowType() != Qt.WindowType.ToolTip:
            QTimer.singleShot(0, self, self.sweep)
        return False

    def _clear(self) -> None:
        for top in QApplication.topLevelWidgets():
            if top is self._window or not top.isVisible():
                continue
            if top.windowType() in (Qt.WindowType.Popup, Qt.WindowType.ToolTip):
                top.close()
                continue
            self._hidden.append(top)
            top.hide()

    def _application(self) -> QGuiApplication:
        app = QGuiApplication.instance()
        assert isinstance(app, QGuiApplication)
        return app
