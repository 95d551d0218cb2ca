"""A sentence with its shape in front of it; takes no room while there is none."""

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.pieces import Mark, set_state, text_label
from app.desktop.words import breakable


class Told(QWidget):
    """Says something in a colour, with a shape and in words."""

    def __init__(self, look: Look, *, loud: bool = False) -> None:
        """Take whether it is to be read from where one stands."""
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._mark: Final = Mark(look, Severity.NORMAL, 20)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        self._label: Final = text_label("", "lead" if loud else "", wrap=True)
        row.addWidget(self._label, 1)
        self.hide()

    @property
    def text(self) -> str:
        """The sentence."""
        return self._label.text().replace("\u200b", "")

    def say(self, sentence: str, severity: Severity = Severity.NORMAL) -> None:
        """Say a sentence; empty: nothing."""
        self._mark.set_severity(severity)
        set_state(self._label, "tone", severity.value)
        self._label.setText(breakable(sentence))
        self.setVisible(bool(sentence))
