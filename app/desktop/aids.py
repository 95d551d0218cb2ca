"""What helps at the desk: history, quick buttons, help, the first steps."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut

from app.core.model import Call, Severity
from app.core.ports import JournalQuery
from app.desktop.card import RunCard
from app.desktop.finding_view import FindingView
from app.desktop.first_run import Guide
from app.desktop.help import HelpPage, examples
from app.desktop.history import CommandHistory
from app.desktop.look import Look
from app.desktop.session import DeskSession

if TYPE_CHECKING:
    from app.desktop.window import DeskWindow

log = logging.getLogger(__name__)

LOOKED_AT: Final = 256
"""Entries of the journal that are read at the start."""
HELP_KEY: Final = "F1"
"""Opens the page of help, unless it is the key to talk."""
LOW: Final = 620
"""Below this height of the window the quick buttons are one button."""


class Aids(QObject):
    """Connects the helps with the parts of a window.

    Signals:
        favourites_changed: The ids of the favourite sites, to be kept.
        guide_ended: The first steps are done or skipped.
    """

    favourites_changed = Signal(object)
    guide_ended = Signal()

    def __init__(
        self, session: DeskSession, window: "DeskWindow", look: Look, talk_key: str
    ) -> None:
        super().__init__(window)
        self._session, self._window = session, window
        self._look, self._talk_key = look, talk_key
        self._bar, self._conversation = window.bar, window.conversation
        self._help: HelpPage | None = None
        self._guide: Guide | None = None
        self.history = CommandHistory(self._bar.text)
        self.quick = self._bar.quick
        bridge = session.bridge
        bridge.heard.connect(self.history.take_heard)
        for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            ended.connect(self.quick.take_run)
        self.quick.use(session.desk.directory.sites(), None)
        self.quick.asked.connect(self._ask)
        self.quick.favourites_changed.connect(self.favourites_changed)
        self.quick.refused.connect(self._refuse)
        self.quick.help_wanted.connect(self.toggle_help)
        self._conversation.card_added.connect(self._watch_card)
        session.health_known.connect(self._look_at_microphone)
        # A shortcut would take the key before anybody could talk with it.
        if talk_key != HELP_KEY:
            shortcut = QShortcut(QKeySequence(HELP_KEY), window)
            shortcut.activated.connect(self.toggle_help)
        else:
            self.quick.forget_help_key()
        window.installEventFilter(self)
        self._look_at_microphone()
        self._fit()
        session.reader.begin(self._read_journal())

    @property
    def help(self) -> HelpPage | None:
        """The page on the screen, if any."""
        return self._help

    @property
    def guide(self) -> Guide | None:
        """The first steps, while they are shown."""
        return self._guide

    def begin(self, favourites: Sequence[str], *, guided: bool) -> None:
        """Take what is kept for this desk; show the first steps if they are wanted."""
        self.quick.keep(favourites)
        if guided:
            self.show_guide()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Look how high the window is."""
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._fit()
        return False

    @Slot()
    def toggle_help(self) -> None:
        """Open the page of help, or close it."""
        if self._help is not None:
            self._help.close()
            return
        if not self._window.keys.active:
            # The window ends: nothing opens over the veil.
            return
        sites = self._session.desk.directory.sites()
        page = HelpPage(self._look, sites, self._talk_key, self._window)
        page.example_wanted.connect(self._take_example)
        page.guide_wanted.connect(self.show_guide)
        page.finished.connect(self._help_gone)
        if self._talk_key != HELP_KEY:
            leave = QShortcut(QKeySequence(HELP_KEY), page)
            leave.activated.connect(page.close)
        self._window.keys.watch_also(page)
        self._help = page
        page.show_over(self._window.splitter)

    @Slot()
    def show_guide(self) -> None:
        """Show the first steps from the first one."""
        self._end_guide()
        told = examples(self._session.desk.directory.sites())
        guide = Guide(self._look, self._talk_key, told[0] if told else "")
        guide.set_hands_free(self._session.desk.microphone.hands_free)
        guide.ended.connect(self._leave_guide)
        guide.example_wanted.connect(self._bar.set_text)
        guide.microphones_wanted.connect(self._window.strip.microphones_wanted)
        self._session.talk.level_changed.connect(guide.show_level)
        self._session.bridge.run_finished.connect(guide.show_run)
        self._guide = guide
        self._conversation.set_banner(guide)

    @Slot()
    def _leave_guide(self) -> None:
        self._end_guide()
        self.guide_ended.emit()

    def _end_guide(self) -> None:
        if self._guide is not None:
            self._guide = None
            self._conversation.set_banner(None)

    async def _read_journal(self) -> None:
        try:
            entries = await self._session.reader.page(
                JournalQuery(), before=None, limit=LOOKED_AT
            )
        except Exception:
            # The journal's panel and the status strip say it to the operator.
            log.exception("the history could not be read")
            return
        self.history.take_journal(entries)
        self.quick.take_journal(entries)

    def _fit(self) -> None:
        self._bar.set_low(low=self._window.height() < LOW)

    @Slot()
    def _look_at_microphone(self) -> None:
        # Whether the end of speech can be heard may turn out later.
        once = self._session.desk.microphone.hands_free
        self._conversation.set_hands_free(once)
        if self._guide is not None:
            self._guide.set_hands_free(once)

    @Slot(str)
    def _take_example(self, text: str) -> None:
        self._window.activateWindow()
        self._bar.set_text(text)

    @Slot()
    def _help_gone(self) -> None:
        self._help = None

    @Slot(object, str)
    def _ask(self, calls: Sequence[Call], label: str) -> None:
        self._session.ask(calls, label)

    @Slot(str)
    def _refuse(self, sentence: str) -> None:
        self._window.notice(sentence, Severity.ATTENTION.value)

    @Slot(object)
    def _watch_card(self, card: RunCard) -> None:
        card.finding_added.connect(self._watch_finding)

    @Slot(object)
    def _watch_finding(self, view: FindingView) -> None:
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._offer_favourite)

    @Slot(QPoint)
    def _offer_favourite(self, where: QPoint) -> None:
        view = self.sender()
        if isinstance(view, FindingView):
            self.quick.offer(view.finding.call.site.id, view.mapToGlobal(where))


def wire_aids(
    session: DeskSession, window: "DeskWindow", look: Look, talk_key: str
) -> Aids:
    """Give a window its helps; the window owns them."""
    return Aids(session, window, look, talk_key)
