"""The talk key and the number keys, wherever in the window the focus is."""

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from shiboken6 import isValid

RELEASE_MS: Final = 50
"""How long a key must stay up to count as released. X servers without detectable
auto-repeat (Xvfb, VNC, some remote desktops) send a release and a press for each
repeat, a millisecond apart, which Qt cannot tell from fingers."""


class KeyWatch(QObject):
    """Takes keys from whichever widget of the window has the focus.

    Space talks too while nobody types; auto-repeat is not a second press.

    Signals:
        talk_pressed: The talk key went down.
        talk_released: The talk key went up.
        number_pressed: A number 1 … 3 was pressed while a question is open.
    """

    talk_pressed = Signal()
    talk_released = Signal()
    number_pressed = Signal(int)

    def __init__(
        self, window: QWidget, talk_key: str, asks: Callable[[], bool]
    ) -> None:
        super().__init__(window)
        self._window, self._asks = window, asks
        self._key = Qt.Key(QKeySequence(talk_key)[0].key())  # type: ignore[index]
        self._watched: QWidget | None = None
        self._beside: list[QWidget] = []
        self._held: int | None = None
        self._letting_go = QTimer(self)
        self._letting_go.setSingleShot(True)
        self._letting_go.setInterval(RELEASE_MS)
        self._letting_go.timeout.connect(self._let_go)
        self.active = False
        """Whether keys do anything yet, or still."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self._app = app
        app.focusChanged.connect(self._watch)
        window.installEventFilter(self)

    def close(self) -> None:
        """Let go of the application."""
        self._app.focusChanged.disconnect(self._watch)
        self._letting_go.stop()
        self.active = False

    def rest(self) -> None:
        """Take no key, and let go of one that is held."""
        self._let_go()
        self.active = False

    def watch_also(self, beside: QWidget) -> None:
        """Take the talk key from a window beside this one, too."""
        self._beside = [each for each in self._beside if isValid(each)] + [beside]
        beside.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take the keys that mean something here."""
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate:
            self._leave(watched)
        if isinstance(event, QFocusEvent):
            self._watch_popup(event)
        if not self.active or not isinstance(event, QKeyEvent):
            return False
        if kind == QEvent.Type.KeyPress:
            if watched in self._beside:
                return self._talk_beside(event)
            return self._down(event)
        if kind == QEvent.Type.KeyRelease and event.key() == self._held:
            if not event.isAutoRepeat():
                self._letting_go.start()
            return True
        return False

    def _down(self, event: QKeyEvent) -> bool:
        # What a text box does not take comes on to the window, so look at the focus.
        typing = isinstance(self._window.focusWidget(), QLineEdit)
        key = event.key()
        if key == self._held and self._letting_go.isActive():
            self._letting_go.stop()
            return True
        if key == self._key or (key == Qt.Key.Key_Space and not typing):
            if not event.isAutoRepeat() and self._held is None:
                self._held = key
                self.talk_pressed.emit()
            return True
        number = key - Qt.Key.Key_0
        if not typing and 1 <= number <= 3 and self._asks():
            if not event.isAutoRepeat():
                self.number_pressed.emit(number)
            return True
        return False

    def _talk_beside(self, event: QKeyEvent) -> bool:
        """Take the talk key alone; a menu or list that is open makes way for it."""
        if event.key() != self._key:
            return False
        while (popup := self._app.activePopupWidget()) is not None:
            popup.close()
            if self._app.activePopupWidget() is popup:
                break
        return self._down(event)

    def _leave(self, left: QObject) -> None:
        """Let go when another window comes, unless its keys are watched as well."""
        ours = (self._window, *self._beside)
        following = self._app.activeWindow()
        if left in ours and (following is left or following not in ours):
            # The release of a held key goes to whichever window comes next.
            self._let_go()

    def _watch_popup(self, event: QFocusEvent) -> None:
        """Watch what opens on top of the window: it takes every key."""
        if not event.lostFocus() or event.reason() != Qt.FocusReason.PopupFocusReason:
            return
        popup = self._app.activePopupWidget()
        if popup is not None and popup not in self._beside:
            self.watch_also(popup)

    @Slot()
    def _let_go(self) -> None:
        self._letting_go.stop()
        if self._held is not None:
            self._held = None
            self.talk_released.emit()

    @Slot(QWidget, QWidget)
    def _watch(self, _old: QWidget | None, new: QWidget | None) -> None:
        # Only the widget with the focus is watched: a filter on the application would
        # run Python for every event there is.
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = None
        if new is None or new is self._window or new.window() is not self._window:
            return
        new.installEventFilter(self)
        self._watched = new
