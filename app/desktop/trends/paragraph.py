"""Text over several lines that asks for the height it needs, and for no more."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel

from app.desktop.words import breakable


class Paragraph(QLabel):
    """Is as high as its text is at its width.

    Left to itself a label asks for the height of the narrowest width there is, and a
    splitter gives it less than it needs.
    """

    def __init__(self, role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setMinimumWidth(40)
        self.setMinimumHeight(1)
        if role:
            self.setProperty("role", role)

    def say(self, text: str) -> None:
        """Show another text."""
        self.setText(breakable(text))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Need another height at another width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(max(1, self.heightForWidth(self.width())))
