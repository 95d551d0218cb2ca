"""Gives the operator's window the way to the supervisor's, and back."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from app.core.errors import NotAllowedError
from app.core.model import Severity
from app.core.people import May
from app.core.ports import JournalQuery
from app.desktop.alarms import Alarms
from app.desktop.look import Look
from app.desktop.pieces import button, within_screen
from app.desktop.session import DeskSession

if TYPE_CHECKING:
    from app.desktop.review.window import ReviewWindow
    from app.desktop.window import DeskWindow

REVIEW_KEY: Final = "F6"
"""Opens the window; in it, leads back to the desk."""
Made: TypeAlias = "Callable[[ReviewWindow], None]"


class Reviewing(QObject):
    """Makes the review window when it is first wanted, and ends it with the desk.

    Signals:
        filters_changed: The saved filters, name → line, to be kept.
    """

    filters_changed = Signal(object)

    def __init__(
        self,
        session: DeskSession,
        window: "DeskWindow",
        look: Look,
        talk_key: str,
        alarms: Alarms,
    ) -> None:
        super().__init__(window)
        self._session, self._desk_window = session, window
        self._look, self._talk_key = look, talk_key
        self._alarms = alarms
        self._filters: Mapping[str, str] = {}
        self._makers: list[Made] = []
        self._ended = False
        self.window: ReviewWindow | None = None
        keyed = talk_key != REVIEW_KEY
        self.button: Final = button(self.tr("审阅"))
        self.button.setToolTip(self.tr("查找记录，处置发现，校验日志"))
        self.button.clicked.connect(self.open)
        if keyed:
            named = self.tr("审阅"), self.tr("审阅 F6")
            window.header.insert_keyed(self.button, *named)
        else:
            window.header.insert(self.button)
        # A shortcut would take the key before anybody could talk with it.
        if keyed:
            key = QShortcut(QKeySequence(REVIEW_KEY), window)
            key.activated.connect(self.open)
        alarms.changed.connect(self._show_alarms)
        session.closing_advanced.connect(self.rest)

    def keep(self, filters: Mapping[str, str]) -> None:
        """Take the filters that are kept for this desk."""
        self._filters = dict(filters)
        if self.window is not None:
            self.window.records.filters.saved.use(filters)

    def extend(self, made: Made) -> None:
        """Have this called with the window when it is made: it may add pages."""
        self._makers.append(made)
        if self.window is not None:
            made(self.window)

    @Slot()
    def open(self) -> None:
        """Show the window, if whoever is there may review."""
        window = self._ready()
        if window is not None:
            window.open()

    @Slot(object)
    def show_query(self, query: JournalQuery) -> None:
        """Show the records that a query means."""
        window = self._ready()
        if window is not None:
            window.show_query(query)

    def _ready(self) -> "ReviewWindow | None":
        if self._ended:
            return None
        try:
            self._session.desk.presence.acting().require(May.REVIEW)
        except NotAllowedError as error:
            self._session.noticed.emit(str(error), Severity.ATTENTION.value)
            return None
        return self.window or self._make()

    def _make(self) -> "ReviewWindow":
        from app.desktop.review.window import ReviewWindow

        desk_window = self._desk_window
        made = ReviewWindow(
            self._look,
            self._session,
            filters=self._filters,
            talk_key=self._talk_key,
        )
        made.filters_changed.connect(self.filters_changed)
        made.desk_wanted.connect(self._go_back)
        desk_window.keys.watch_also(made)
        desk_window.destroyed.connect(made.deleteLater)
        self.window = made
        self._show_alarms()
        for maker in self._makers:
            maker(made)
        within_screen(made)
        return made

    @Slot()
    def _show_alarms(self) -> None:
        if self.window is not None:
            self.window.show_alarms(self._alarms.count)

    @Slot()
    def _go_back(self) -> None:
        window = self._desk_window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.raise_()
        window.activateWindow()

    @Slot()
    def rest(self) -> None:
        """Close the window: the desk ends."""
        self._ended = True
        if self.window is not None:
            self.window.rest()
            self.window.close()


def wire_review(
    session: DeskSession,
    window: "DeskWindow",
    look: Look,
    talk_key: str,
    alarms: Alarms,
) -> Reviewing:
    """Give a window the way to the review; the window owns it."""
    return Reviewing(session, window, look, talk_key, alarms)
