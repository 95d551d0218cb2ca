"""What stands beside the conversation: one page of several, or nothing."""

from typing import Final

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QAbstractButton, QStackedWidget, QWidget

LEAST: Final = 420
"""Pixels that the pages need at least."""


class Side(QStackedWidget):
    """Shows the page whose button is down; none is down: it is not there.

    Signals:
        changed: Another page is shown, or none.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMinimumWidth(LEAST)
        self._pages: list[tuple[QAbstractButton, QWidget]] = []
        self._first: QAbstractButton | None = None
        self._settling = False

    def add_page(self, page: QWidget, choice: QAbstractButton) -> None:
        """Add a page and the button that shows it; the first is shown first."""
        self.addWidget(page)
        self._pages.append((choice, page))
        self._first = self._first or choice
        choice.setEnabled(True)
        choice.toggled.connect(self._toggled)

    @property
    def wanted(self) -> bool:
        """Whether there is a page to show."""
        return any(choice.isChecked() for choice, _ in self._pages)

    def open(self, *, wanted: bool) -> None:
        """Show the first page where none is shown, or show none."""
        if not wanted:
            for choice, _ in self._pages:
                choice.setChecked(False)
        elif not self.wanted and self._first is not None:
            self._first.setChecked(True)

    @Slot()
    def _toggled(self) -> None:
        # Buttons of a QButtonGroup could not all be up, and the side would never go.
        if self._settling:
            return
        self._settling = True
        sender = self.sender()
        for choice, page in self._pages:
            if choice is sender and choice.isChecked():
                self.setCurrentWidget(page)
            elif choice is not sender:
                choice.setChecked(False)
        self._settling = False
        self.changed.emit()
