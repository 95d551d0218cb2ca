"""What is about to change, shown before it does."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from app.desktop.pieces import button, text_label, within_screen
from app.desktop.scrolling import scrolling


class ChangesDialog(QDialog):
    """Lists changes, and asks.

    Signals:
        wanted: They are to be made.
        dropped: They are to be forgotten.
    """

    wanted = Signal()
    dropped = Signal()

    def __init__(
        self,
        title: str,
        changes: Sequence[tuple[str, str]],
        parent: QWidget,
        *,
        notes: Sequence[str] = (),
        make: str = "",
        drop: str = "",
    ) -> None:
        """Take (name, what is another) of each, and the words for both ways.

        Empty words: that way is not there.
        """
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setModal(True)
        self.resize(640, 420)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(10)
        column.addWidget(text_label(title, "lead", wrap=True))
        for note in notes:
            column.addWidget(text_label(note, wrap=True))
        scroll, lines = scrolling(title)
        for name, change in changes:
            card = QFrame()
            card.setObjectName("card")
            card.setAccessibleName(f"{name} {change}")
            inside = QVBoxLayout(card)
            inside.setContentsMargins(12, 8, 12, 8)
            inside.addWidget(text_label(name, "muted", wrap=True))
            inside.addWidget(text_label(change, wrap=True))
            lines.addWidget(card)
        lines.addStretch(1)
        column.addWidget(scroll, 1)
        foot = QHBoxLayout()
        foot.addStretch(1)
        self.make: Final = button(make, "primary")
        self.drop: Final = button(drop)
        self.back: Final = button(self.tr("返回  Esc"))
        for made, words, told in (
            (self.drop, drop, self.dropped),
            (self.back, self.back.text(), None),
            (self.make, make, self.wanted),
        ):
            made.setMinimumHeight(40)
            made.setVisible(bool(words))
            made.clicked.connect(self.close)
            if told is not None:
                made.clicked.connect(told)
            foot.addWidget(made)
        column.addLayout(foot)
        within_screen(self)
        first = self.make if make else self.back
        first.setFocus(Qt.FocusReason.OtherFocusReason)
