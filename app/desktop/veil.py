"""What covers the window while nothing can be asked: ending, or unable to start."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from app.core.model import Severity
from app.desktop.look import Look
from app.desktop.pieces import Mark, set_state, text_label
from app.desktop.words import breakable


class Veil(QFrame):
    """Covers its window with a title and sentences; a fault has its shape above."""

    def __init__(self, window: QWidget, look: Look | None = None) -> None:
        super().__init__(window)
        self._window = window
        self.setObjectName("veil")
        self.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(60, 40, 60, 40)
        column.setSpacing(16)
        column.addStretch(1)
        self._mark = Mark(look, Severity.ALARM, 56) if look is not None else None
        if self._mark is not None:
            column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        self.title = text_label("", "hero", wrap=True)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.title)
        self.detail = text_label("", "lead", wrap=True)
        self.detail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self.detail)
        column.addStretch(1)

    def cover(self, title: str, detail: str = "", *, alarm: bool = False) -> None:
        """Cover the window."""
        set_state(self.title, "tone", "alarm" if alarm else "")
        if self._mark is not None:
            self._mark.setVisible(alarm)
        self.title.setText(breakable(title))
        self.detail.setText(breakable(detail))
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()

    @Slot(str)
    def step(self, detail: str) -> None:
        """Say what is being waited for."""
        self.detail.setText(breakable(detail))
