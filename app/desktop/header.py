"""The line at the top: whose desk it is, what stands at the side, theme, clock."""

from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QWidget

from app.core.desk import DeskInfo
from app.desktop.look import Look, ThemeName
from app.desktop.pieces import ElidedLabel, button, text_label

BOARD_KEY: Final = "F7"
JOURNAL_KEY: Final = "F9"
_SHORT: Final = "GridDesk"
_DENSEST: Final = 3
"""0: all is said; 1: the program in a word; 2: no keys; 3: not the program."""
_SLACK: Final = 16


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
        self._keyed: list[tuple[QPushButton, str, str]] = []
        """Buttons that name their key, with and without it."""
        self._density = 0
        self.setObjectName("header")
        self._row: Final = QHBoxLayout(self)
        self._row.setContentsMargins(16, 6, 12, 6)
        self._row.setSpacing(12)
        self._whole: Final = self.tr("GridDesk 巡检值班台")
        self._title = text_label(self._whole, "title")
        self._row.addWidget(self._title)
        self._who = ElidedLabel("muted")
        self._row.addWidget(self._who, 1)
        # A key that is there to talk opens nothing.
        self.board_button = button("")
        self.board_button.setToolTip(self.tr("每个工地最近一次的检查结果"))
        sites = self.tr("站点"), self.tr("站点 F7")
        self._name(self.board_button, *sites, keyed=talk_key != BOARD_KEY)
        self.journal_button = button("")
        self.journal_button.setToolTip(self.tr("巡检日志，最新的在上面"))
        log = self.tr("日志"), self.tr("日志 F9")
        self._name(self.journal_button, *log, keyed=talk_key != JOURNAL_KEY)
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
        look.changed.connect(self._name_theme_button)
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

    def event(self, event: QEvent) -> bool:
        """Fit anew what says something else now."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().event(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say less where there is less room: first of the program, then of the keys."""
        super().resizeEvent(event)
        self._fit()

    def insert(self, widget: QWidget) -> None:
        """Put a button before the one for the theme."""
        self._row.insertWidget(self._row.indexOf(self.theme_button), widget)

    def insert_keyed(self, made: QPushButton, name: str, with_key: str) -> None:
        """Put a button there that names its key where there is room for it."""
        self._name(made, name, with_key, keyed=True)
        self.insert(made)

    def _name(
        self, made: QPushButton, name: str, with_key: str, *, keyed: bool
    ) -> None:
        made.setText(with_key if keyed else name)
        made.setAccessibleName(made.text())
        if keyed:
            self._keyed.append((made, name, with_key))

    def _fit(self) -> None:
        """Leave out what there is no room for; who is here goes last."""
        said = self._density
        whole = self._row.minimumSize().width() + self._saved(said)
        who = self._who.sizeHint().width() - self._who.minimumSizeHint().width()
        for density in range(_DENSEST + 1):
            wanted = whole - self._saved(density)
            if density < _DENSEST:
                wanted += who
            if density < said:
                # Else it might be said, and taken back, for ever.
                wanted += _SLACK
            if wanted <= self.width() or density == _DENSEST:
                self._say(density)
                return

    def _saved(self, density: int) -> int:
        """Give the pixels that are saved by saying less; see `_DENSEST`."""
        letters = self._title.fontMetrics()
        short = letters.horizontalAdvance(_SHORT)
        saved = 0
        if density >= 1:
            saved += letters.horizontalAdvance(self._whole) - short
        if density >= 2:
            for made, name, with_key in self._keyed:
                if made.isVisibleTo(self):
                    advance = made.fontMetrics().horizontalAdvance
                    saved += advance(with_key) - advance(name)
        if density >= _DENSEST:
            saved += short + self._row.spacing()
        return saved

    def _say(self, density: int) -> None:
        """Say as much as that; see `_DENSEST`."""
        self._density = density
        self._title.setText(self._whole if density == 0 else _SHORT)
        self._title.setVisible(density < _DENSEST)
        for made, name, with_key in self._keyed:
            made.setText(with_key if density < 2 else name)

    def rest(self) -> None:
        """Stop the clock: the window ends."""
        self._timer.stop()

    @Slot()
    def _toggle_theme(self) -> None:
        dark = self._look.theme.name is ThemeName.DARK
        self._look.wear(ThemeName.LIGHT if dark else ThemeName.DARK)
        self.theme_chosen.emit(self._look.theme.name)

    @Slot()
    def _name_theme_button(self) -> None:
        dark = self._look.theme.name is ThemeName.DARK
        self.theme_button.setText(self.tr("浅色") if dark else self.tr("深色"))

    @Slot()
    def _tick(self) -> None:
        self._clock.setText(datetime.now().astimezone().strftime("%H:%M:%S"))
