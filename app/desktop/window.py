"""The operator's window: conversation, board and journal, command bar, status."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import QMainWindow, QSplitter, QVBoxLayout, QWidget

from app.core import events
from app.core.adapters import Adapters
from app.core.model import Candidate, Origin, Severity
from app.core.ports import Health
from app.desktop.card import RunCard
from app.desktop.command_bar import CommandBar
from app.desktop.conversation import Conversation
from app.desktop.header import BOARD_KEY, JOURNAL_KEY, Header
from app.desktop.keys import KeyWatch
from app.desktop.look import Look
from app.desktop.session import DeskSession
from app.desktop.side import Side
from app.desktop.status_strip import StatusStrip
from app.desktop.veil import Veil
from app.desktop.voice import MuteButton, Voice
from app.system import paths

if TYPE_CHECKING:
    from app.desktop.board.panel import BoardPanel
    from app.desktop.journal_panel import JournalPanel
    from app.desktop.people.doorkeeper import Doorkeeper
    from app.desktop.viewing import Viewing

WIDE: Final = 1060
"""From this width on, conversation and board or journal stand side by side."""

_BOARD: Final = 540


class DeskWindow(QMainWindow):
    """Lays out the desk and passes on what the operator does.

    Signals:
        first_painted: The window is on the screen.
        close_wanted: The operator closes the window; it stays until told.
        theme_chosen: The operator chose a theme; its name.
    """

    first_painted = Signal()
    close_wanted = Signal()
    theme_chosen = Signal(str)

    def __init__(self, look: Look, talk_key: str = "F8") -> None:
        super().__init__()
        self._look = look
        self._talk_key = talk_key
        self._session: DeskSession | None = None
        self._painted = False
        self._may_close = False
        self._wide = True
        self._viewing: Viewing | None = None
        self._adapters: Adapters | None = None
        self._voice: Voice | None = None
        self.door: Doorkeeper | None = None
        self._parts: Sequence[Health] = ()
        self.setWindowTitle(self.tr("GridDesk 巡检值班台"))
        self.setMinimumSize(720, 480)
        self.resize(1366, 768)
        self.page = page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.header = Header(look, talk_key)
        self.header.adapters_wanted.connect(self._show_adapters)
        self.header.theme_chosen.connect(self.theme_chosen)
        self.board_button = self.header.board_button
        self.journal_button = self.header.journal_button
        self.adapters_button = self.header.adapters_button
        self.theme_button = self.header.theme_button
        column.addWidget(self.header)
        self.above = QVBoxLayout()
        column.addLayout(self.above)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.conversation = Conversation(look)
        self.conversation.setMinimumWidth(360)
        self.conversation.say_starting()
        self.splitter.addWidget(self.conversation)
        self.side = Side()
        self.side.hide()
        self.splitter.addWidget(self.side)
        self.side.changed.connect(self._arrange)
        column.addWidget(self.splitter, 1)
        self.bar = CommandBar(look, talk_key)
        column.addWidget(self.bar)
        self.strip = StatusStrip(look)
        column.addWidget(self.strip)
        self.setCentralWidget(page)
        self.board: BoardPanel | None = None
        self.journal: JournalPanel | None = None
        self.veil = Veil(self, look)
        self.bar.setEnabled(False)
        self.conversation.card_added.connect(self._wire_card)
        self.conversation.example_wanted.connect(self.bar.set_text)
        for keys, slot in (
            ("Esc", self._escape),
            ("Ctrl+L", self._focus_text),
            ("Ctrl+F", self._focus_filter),
            (BOARD_KEY, self.board_button.click),
            (JOURNAL_KEY, self.journal_button.click),
            ("Ctrl+E", self._toggle_reasons),
        ):
            # A shortcut would take the key before anybody could talk with it.
            if keys != talk_key:
                QShortcut(QKeySequence(keys), self).activated.connect(slot)
        self.keys = KeyWatch(self, talk_key, self._asks)
        self.keys.number_pressed.connect(self._answer)

    def give_voice(self, voice: Voice) -> None:
        """Let the desk read aloud; before `attach`."""
        voice.setParent(self)
        self._voice = voice
        self.header.insert(MuteButton(voice))
        voice.changed.connect(self._show_parts)

    def _read_aloud(self) -> str:
        return self._voice.reads_aloud() if self._voice is not None else ""

    def attach(self, session: DeskSession) -> None:
        """Connect the window to a desk."""
        # What only a desk needs is imported when the window has been painted.
        from app.desktop.aids import wire_aids
        from app.desktop.alarms import wire_alarms
        from app.desktop.board.panel import BoardPanel
        from app.desktop.journal_panel import JournalPanel
        from app.desktop.people.doorkeeper import wire_people
        from app.desktop.reports import wire_reports
        from app.desktop.review.wiring import wire_review
        from app.desktop.talking import wire_talking
        from app.desktop.trends.wiring import wire_trends
        from app.desktop.viewing import Viewing

        # Qt objects end with the window, on its thread: left to the garbage collector
        # they could be destroyed on whichever thread it happens to run.
        session.setParent(self)
        self._session = session
        desk, bridge = session.desk, session.bridge
        self.header.say_who(desk.info)
        for signal in (
            bridge.run_started,
            bridge.partial_heard,
            bridge.heard,
            bridge.understood,
            bridge.call_started,
            bridge.observed,
            bridge.summarised,
            bridge.asked,
            bridge.declined,
            bridge.run_finished,
            bridge.run_failed,
            bridge.run_cancelled,
        ):
            signal.connect(self.conversation.show_event)
        bridge.run_broke.connect(self.conversation.show_break)
        if self._voice is not None:
            self._voice.attach(bridge, session.talk, desk.presence)
        session.read_aloud = self._read_aloud
        bridge.partial_heard.connect(self._show_partial)
        bridge.heard.connect(self._heard)
        bridge.asked.connect(self._focus_question)
        for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            ended.connect(self._run_ended)
        self.bar.follow_up.watch(lambda: desk.context)
        session.noticed.connect(self.notice)
        session.withdrawn.connect(self.bar.withdraw)
        session.accepted.connect(self._accepted)
        session.health_known.connect(self._show_health)
        session.warming_changed.connect(self.strip.show_warming)
        session.closing_advanced.connect(self.veil.step)
        session.talk.state_changed.connect(self.bar.show_talk_state)
        session.talk.state_changed.connect(self.conversation.show_talk_state)
        session.talk.level_changed.connect(self.bar.level.set_level)
        wire_talking(session, self.bar, self.strip)
        alarm_bar = wire_alarms(session, self, self._look, self._voice)
        for source in (self.bar, self.keys):
            source.talk_pressed.connect(session.press_talk)
            source.talk_released.connect(session.release_talk)
        self.bar.text_entered.connect(session.submit_text)
        self.board = BoardPanel(self._look, session)
        self.journal = JournalPanel(self._look, session.reader)
        self._viewing = Viewing(self._look, session.reader, desk, self)
        self.journal.entry_wanted.connect(self._viewing.show_entry)
        self.board.entry_wanted.connect(self._viewing.show_entry)
        self.review = wire_review(
            session, self, self._look, self._talk_key, alarm_bar.alarms
        )
        wire_trends(self.review, self._look, session)
        wire_reports(self.review, self._look, session)
        self.side.add_page(self.board, self.board_button)
        self.side.add_page(self.journal, self.journal_button)
        self.splitter.setStretchFactor(0, 4)
        self.splitter.setStretchFactor(1, 3)
        # A board narrower than this has to shorten its cells.
        beside = max(self.width() * 3 // 7, min(_BOARD, self.width() - _BOARD))
        self.splitter.setSizes([self.width() - beside, beside])
        self.side.open(wanted=self._wide)
        self._arrange()
        self.board.load()
        self.journal.load()
        self.conversation.greet(tuple(desk.directory.sites()[:3]), self._talk_key)
        self.aids = wire_aids(session, self, self._look, self._talk_key)
        self.bar.setEnabled(True)
        self.keys.active = True
        self.bar.talk.setFocus(Qt.FocusReason.OtherFocusReason)
        self.door = wire_people(session, self, self._look, alarm_bar)
        self.door.changed.connect(self._show_parts)

    def offer(self, adapters: Adapters | None) -> None:
        """Let the operator look at adapters, and choose one."""
        self._adapters = adapters
        self.adapters_button.setVisible(adapters is not None)

    def show_closing(self) -> None:
        """Cover the window while it ends; nothing new can be asked."""
        self.keys.active = False
        self.bar.setEnabled(False)
        self.bar.follow_up.rest()
        if self.board is not None:
            self.board.rest()
        if self.journal is not None:
            self.journal.rest()
        self.veil.cover(self.tr("正在结束…"))

    def show_start_failure(self, name: str) -> None:
        """Say that the desk could not be put together, for no reason we foresaw."""
        told = self.tr(
            "起因记在日志里（{name}）。请重新启动；"
            "若再次出现，请把文件夹 {folder} 交给维护人员。"
        ).format(name=name, folder=paths.home() / "logs")
        self.veil.cover(self.tr("无法启动"), told, alarm=True)

    def finish(self) -> None:
        """Close for good."""
        self._may_close = True
        self.header.rest()
        self.bar.follow_up.rest()
        self.keys.close()
        self.close()

    @Slot(str, str)
    def notice(self, sentence: str, severity: str) -> None:
        """Show a sentence in the command bar."""
        self.bar.notice(sentence, Severity(severity))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask to be closed; close only when told."""
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.close_wanted.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tell when the window is first on the screen."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            self.first_painted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rearrange for the width."""
        super().resizeEvent(event)
        self.veil.setGeometry(self.rect())
        wide = self.width() >= WIDE
        if wide is not self._wide:
            self._wide = wide
            self.side.open(wanted=wide)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        wanted = self.side.wanted
        self.side.setVisible(wanted)
        self.conversation.setVisible(self._wide or not wanted)

    @Slot(object)
    def _wire_card(self, card: RunCard) -> None:
        card.cancel_wanted.connect(self._cancel)
        card.chosen.connect(self._choose)
        card.edit_wanted.connect(self.bar.edit)
        card.edit_at.connect(self.bar.text.setCursorPosition)
        if self._viewing is not None:
            card.details_wanted.connect(self._viewing.show_record)
            card.finding_added.connect(self._viewing.wire)

    @Slot(object)
    def _show_health(self, parts: Sequence[Health]) -> None:
        self._parts = parts
        self._show_parts()

    @Slot()
    def _show_parts(self) -> None:
        """Show the desk's parts, the window's own voice, and who is there."""
        if not self._parts:
            return
        own = self._voice.health() if self._voice is not None else None
        parts: Sequence[Health] = [*self._parts, *([own] if own else [])]
        self.strip.show_health(self.door.among(parts) if self.door else parts)

    @Slot(events.PartialHeard)
    def _show_partial(self, event: events.PartialHeard) -> None:
        self.bar.show_partial(event.text)

    @Slot()
    def _heard(self) -> None:
        self.bar.quiet()

    @Slot(str)
    def _accepted(self, _run_id: str) -> None:
        self.bar.quiet()
        self.bar.clear_entered()
        if not self._wide:
            self.side.open(wanted=False)

    @Slot()
    def _focus_question(self) -> None:
        card = self.conversation.open_question()
        # Whoever is typing goes on typing; else the number keys answer.
        if card is None or card.question is None or self.bar.text.text():
            return
        card.question.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(object)
    def _run_ended(self, event: events.TerminalEvent) -> None:
        if event.record.origin in (Origin.MICROPHONE, Origin.FILE):
            self.bar.quiet_partial()
        if self.journal is not None and event.journalled:
            self.journal.model.refresh()
        self.bar.follow_up.refresh()

    @Slot(str)
    def _cancel(self, run_id: str) -> None:
        if self._session is not None:
            self._session.cancel(run_id)

    @Slot(str, object)
    def _choose(self, run_id: str, candidate: Candidate) -> None:
        if self._session is not None:
            self._session.choose(run_id, candidate)
            self.bar.talk.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _answer(self, number: int) -> None:
        card = self.conversation.open_question()
        if card is not None:
            card.answer(number)

    @Slot()
    def _escape(self) -> None:
        if self._session is None or not self._session.cancel_newest():
            self.bar.text.clear()
            self.bar.quiet()

    @Slot()
    def _toggle_reasons(self) -> None:
        """Open or close the reasons of the newest command that has any."""
        for card in reversed(self.conversation.cards):
            if card.why.isVisibleTo(card):
                card.why.toggle()
                return

    @Slot()
    def _focus_text(self) -> None:
        self.bar.text.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.text.selectAll()

    @Slot()
    def _focus_filter(self) -> None:
        """Go to the filter of the page at the side; of the board if there is none."""
        if self.board is None or self.journal is None:
            return
        self.side.open(wanted=True)
        page = self.side.currentWidget()
        field = self.journal.filter if page is self.journal else self.board.filter
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        field.selectAll()

    @Slot()
    def _show_adapters(self) -> None:
        if self._viewing is not None and self._adapters is not None:
            self._viewing.show_adapters(self._adapters)

    def _asks(self) -> bool:
        return self.conversation.open_question() is not None
