"""A button that offers the values of one filter."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QPushButton

from app.desktop.pieces import caption

ANY: Final = "*"
"""Key of the choice that filters nothing."""
Choice = tuple[str, str]
"""Key, and the word that is shown."""


def popup_below(menu: QMenu, under: QPushButton) -> None:
    """Open a menu under a button; nothing waits for it."""
    menu.popup(under.mapToGlobal(QPoint(0, under.height())))


class Chooser(QPushButton):
    """Opens a menu of words; what is chosen stands on a chip, not on the button.

    Signals:
        chosen: A word was chosen; its key.
    """

    chosen = Signal(str)

    def __init__(self, title: str) -> None:
        super().__init__(f"{caption(title)} ▾")
        # Enter opens it, since Space may be the key to talk.
        self.setAutoDefault(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self._choices: Sequence[Choice] = ()
        self._current = ANY
        self.menu_shown: QMenu | None = None
        self.clicked.connect(self.open)

    def offer(self, choices: Sequence[Choice]) -> None:
        """Take the words to choose from."""
        self._choices = choices

    def point_at(self, key: str) -> None:
        """Mark what is chosen now."""
        self._current = key

    def word(self, key: str) -> str:
        """Give the word of a key; the key where it is not offered."""
        return dict(self._choices).get(key, key)

    @Slot()
    def open(self) -> None:
        """Offer the words."""
        menu = QMenu(self)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.setAccessibleName(self.accessibleName())
        for key, word in self._choices:
            action = menu.addAction(caption(word))
            action.setData(key)
            action.setCheckable(True)
            action.setChecked(key == self._current)
        menu.triggered.connect(self._choose)
        self.menu_shown = menu
        popup_below(menu, self)

    @Slot(QAction)
    def _choose(self, action: QAction) -> None:
        self.chosen.emit(str(action.data()))
