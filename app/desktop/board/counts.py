"""How many answers of each severity the desk has; a click shows only those sites."""

from collections import Counter

from PySide6.QtCore import QSize, Signal, Slot
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.core import checks
from app.core.model import Severity
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import button, mark_pixmap

_MARK = 16


class Counts(QWidget):
    """A button for each severity.

    Signals:
        chosen_changed: Other severities are to be shown.
    """

    chosen_changed = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.buttons: dict[Severity, QPushButton] = {}
        for severity in checks.URGENCY:
            made = button("", "quiet")
            made.setCheckable(True)
            made.setIconSize(QSize(_MARK, _MARK))
            tip = self.tr("只显示有「{word}」的工地；再点一次恢复")
            made.setToolTip(tip.format(word=words.severity_word(severity)))
            made.clicked.connect(self.chosen_changed)
            row.addWidget(made)
            self.buttons[severity] = made
        row.addStretch(1)
        look.changed.connect(self._paint)
        self._paint()
        self.say(Counter(), known=False)

    @property
    def chosen(self) -> frozenset[Severity]:
        """The severities to be shown; none: all there is."""
        return frozenset(s for s, made in self.buttons.items() if made.isChecked())

    def say(self, tally: Counter[Severity], *, known: bool) -> None:
        """Show how many there are; none only where the journal was read."""
        for severity, made in self.buttons.items():
            count = tally[severity]
            shown = str(count) if known or count else "…"
            made.setText(f"{words.severity_word(severity)} {shown}")

    def clear(self) -> None:
        """Show everything again."""
        for made in self.buttons.values():
            made.setChecked(False)

    @Slot()
    def _paint(self) -> None:
        ratio = self.devicePixelRatioF()
        for severity, made in self.buttons.items():
            pixmap = mark_pixmap(severity, self._look.theme, _MARK, ratio)
            made.setIcon(QIcon(pixmap))
