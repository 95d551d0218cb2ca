"""The line at the top: whose desk it is, what stands at the side, theme, clock."""

from datetime import datetime
from typing import Final

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QWidget

from app.core.desk import DeskInfo
from app.desktop.look import Look, ThemeName
from app.desktop.pieces import ElidedLabel, button, text_label

BOARD_KEY: Final = "F7"
JOURNAL_KEY: Final = "F9"
_ROOMY: Final = 1000
"""From this width on, there is room for the program's whole name."""


class Header(QFrame):
    """Holds what is needed now and then.

    Signals:
        adapters_wanted: The operator wants to look at adapters.
        theme_chosen: The operator chose a theme; its name.
    """

    adapters_wanted = Signal()
    theme_chosen = Signal(str)

    def __init__(self, look: Look, talk_key: str = "") -> None:
        super().__init__()
        self._look = look
        self.setObjectName("header")
        self._row: Final = QHBoxLayout(self)
        self._row.setContentsMargins(16, 6, 12, 6)
        self._row.setSpacing(12)
        self._title = text_label(self.tr("GridDesk 巡检值班台"), "title")
        self._row.addWidget(self._title)
        self._who = ElidedLabel("muted")
        self._row.addWidget(self._who, 1)
        # A key that is there to talk opens nothing.
        sites = self.tr("站点") if talk_key == BOARD_KEY else self.tr("站点 F7")
        self.board_button = button(sites)
        self.board_button.setToolTip(self.tr("每个工地最近一次的检查结果"))
        log = self.tr("日志") if talk_key == JOURNAL_KEY else self.tr("日志 F9")
        self.journal_button = button(log)
        self.journal_button.setToolTip(self.tr("巡检日志，最新的在上面"))
        for choice in (self.board_button, self.journal_button):
            choice.setCheckable(True)
            # Until there is a page that it shows.
            choice.setEnabled(False)
            self._row.addWidget(choice)
        self.adapters_button = button(self.tr("适配器"))
        self.adapters_button.setToolTip(self.tr("语言模型的适配器和它们的评测"))
        self.adapters_button.clicked.connect(self.adapters_wanted)
        self.adapters_button.hide()
        self._row.addWidget(self.adapters_button)
        self.theme_button = button("")
        self.theme_button.clicked.connect(self._toggle_theme)
        self._name_theme_button()
        self._row.addWidget(self.theme_button)
        self._clock = text_label("", "clock")
        self._row.addWidget(self._clock)
        self._timer = QTimer(self)
        self._timer.setInterval(1000)
        self._timer.timeout.connect(self._tick)
        self._timer.start()
        self._tick()

    def say_who(self, info: DeskInfo, *, signed_in: bool = False) -> None:
        """Name the desk, and its operator unless he signs in and stands elsewhere."""
        who = "" if signed_in else info.operator
        self._who.setText(f"{info.workstation}　{who}".strip())

    def seat(self, widget: QWidget) -> None:
        """Put who is there beside the clock."""
        self._row.insertWidget(self._row.indexOf(self._clock), widget)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Name the program in one word where the buttons need the room."""
        super().resizeEvent(event)
        roomy = self.width() >= _ROOMY
        self._title.setText(self.tr("GridDesk 巡检值班台") if roomy else "GridDesk")

    def insert(self, widget: QWidget) -> None:
        """Put a button before the one for the theme."""
        self._row.insertWidget(self._row.indexOf(self.theme_button), widget)

    def rest(self) -> None:
        """Stop the clock: the window ends."""
        self._timer.stop()

    @Slot()
    def _toggle_theme(self) -> None:
        dark = self._look.theme.name is ThemeName.DARK
        self._look.wear(ThemeName.LIGHT if dark else ThemeName.DARK)
        self._name_theme_button()
        self.theme_chosen.emit(self._look.theme.name)

    def _name_theme_button(self) -> None:
        dark = self._look.theme.name is ThemeName.DARK
        self.theme_button.setText(self.tr("浅色") if dark else self.tr("深色"))

    @Slot()
    def _tick(self) -> None:
        self._clock.setText(datetime.now().astimezone().strftime("%H:%M:%S"))
