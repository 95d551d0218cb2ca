"""Gives the supervisor's window its page of trends."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.desktop.look import Look
from app.desktop.session import DeskSession

if TYPE_CHECKING:
    from app.desktop.review.window import ReviewWindow
    from app.desktop.review.wiring import Reviewing
    from app.desktop.trends.page import TrendsPage


def _tr(text: str) -> str:
    return QCoreApplication.translate("trends", text)


class _Room(QWidget):
    """Makes the page when it is first shown: the window opens without waiting."""

    def __init__(
        self, look: Look, session: DeskSession, window: "ReviewWindow"
    ) -> None:
        super().__init__()
        self._look, self._session, self._window = look, session, window
        self._page: TrendsPage | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)

    def load(self) -> None:
        """Read anew what is shown; a page that is first shown reads by itself."""
        if self._page is not None:
            self._page.load()

    def showEvent(self, event: QShowEvent) -> None:
        """Make the page."""
        if self._page is None:
            from app.desktop.trends.page import TrendsPage

            desk, reader = self._session.desk, self._session.reader
            self._page = TrendsPage(
                self._look,
                reader,
                desk.review,
                desk.directory,
                presence=desk.presence,
            )
            self._page.records_wanted.connect(self._window.show_query)
            self._column.addWidget(self._page)
        super().showEvent(event)


def wire_trends(reviewing: "Reviewing", look: Look, session: DeskSession) -> None:
    """Let the window have the page when it is made."""

    def add(window: "ReviewWindow") -> None:
        room = _Room(look, session, window)
        window.add_page(_tr("趋势"), room, room.load)

    reviewing.extend(add)
