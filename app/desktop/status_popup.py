"""What a click on the status strip opens: how a part is, why, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.core.model import Severity
from app.core.ports import Health
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, text_label
from app.desktop.words import breakable

_MICROPHONE: Final = "microphone"
_WIDTH: Final = 420
_LINE: Final = 1
"""Width of the line around it."""
_SHARE: Final = 0.7
"""Of the screen's height, that an explanation takes before it scrolls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How a part is, as the strip says it."""

    health: Health
    severity: Severity
    word: str


class StatusPopup(QFrame):
    """Explains parts, one below the other.

    Signals:
        microphones_wanted: The operator wants to use another microphone.
        doctor_wanted: The operator wants everything examined.
        settings_wanted: The operator wants to look at the settings.
    """

    microphones_wanted = Signal()
    doctor_wanted = Signal()
    settings_wanted = Signal()

    def __init__(
        self,
        look: Look,
        parts: Sequence[Told],
        parent: QWidget,
        *,
        doctor: bool = False,
        settings: bool = False,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("popup")
        self.setFixedWidth(_WIDTH)
        self.setAccessibleName(self.tr("原因和办法"))
        self._look = look
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(16, 12, 16, 14)
        for part in parts:
            self._describe(part, column)
        mute = all(part.health.key != _MICROPHONE for part in parts)
        for there, text, wanted in (
            (not mute, self.tr("换一个麦克风…"), self.microphones_wanted),
            (doctor, self.tr("全部自检…"), self.doctor_wanted),
            (settings, self.tr("设置…"), self.settings_wanted),
        ):
            if there:
                made = button(text)
                made.setMinimumHeight(44)
                made.clicked.connect(self.close)
                made.clicked.connect(wanted)
                column.addWidget(made)
        screen = self.screen().availableGeometry()
        needed = column.totalHeightForWidth(self.width() - 2 * _LINE) + 2 * _LINE
        self.setFixedHeight(min(needed, round(screen.height() * _SHARE)))
        self._fill(page, scrolls=needed > self.height())

    def show_above(self, widget: QWidget) -> None:
        """Open above a widget, inside the screen."""
        screen = self.screen().availableGeometry()
        corner = widget.mapToGlobal(QPoint(0, -self.height() - 6))
        corner.setX(min(corner.x(), screen.right() - self.width()))
        corner.setY(max(corner.y(), screen.top()))
        self.move(corner)
        self.show()

    def _describe(self, part: Told, column: QVBoxLayout) -> None:
        head = QHBoxLayout()
        head.addWidget(Mark(self._look, part.severity, 24))
        title = text_label(
            self.tr("{a}：{b}").format(a=words.part_word(part.health), b=part.word),
            "lead",
            wrap=True,
        )
        head.addWidget(title, 1)
        column.addLayout(head)
        column.addWidget(text_label(part.health.detail, wrap=True))
        if part.health.remedy:
            column.addWidget(text_label(self.tr("怎么办"), "caption"))
            column.addWidget(text_label(breakable(part.health.remedy), wrap=True))

    def _fill(self, page: QWidget, *, scrolls: bool) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        if not scrolls:
            outer.addWidget(page)
            return
        area = QScrollArea()
        area.setAccessibleName(self.accessibleName())
        layout = page.layout()
        bar = area.verticalScrollBar().sizeHint().width()
        if layout is not None:
            # In a scroll area, wrapped labels would else ask for their narrowest form.
            inside = self.width() - 2 * _LINE - bar
            page.setFixedHeight(layout.totalHeightForWidth(inside))
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        outer.addWidget(area)
