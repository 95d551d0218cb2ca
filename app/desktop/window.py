"""The operator's window: conversation, journal, command bar, status strip."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QCloseEvent,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
    QShortcut,
)
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.core import events
from app.core.adapters import Adapters
from app.core.model import Candidate, Origin, Severity
from app.core.ports import Health
from app.desktop.card import RunCard
from app.desktop.command_bar import CommandBar
from app.desktop.conversation import Conversation
from app.desktop.journal_panel import JournalPanel
from app.desktop.keys import KeyWatch
from app.desktop.look import Look, ThemeName
from app.desktop.pieces import button, text_label
from app.desktop.session import DeskSession
from app.desktop.status_strip import StatusStrip
from app.desktop.talking import wire_talking
from app.desktop.veil import Veil
from app.desktop.viewing import Viewing
from app.desktop.voice import MuteButton, Voice

WIDE: Final = 1060
"""From this width on, conversation and journal stand side by side."""


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
        self._parts: Sequence[Health] = ()
        self.setWindowTitle(self.tr("GridDesk 巡检值班台"))
        self.setMinimumSize(720, 480)
        self.resize(1366, 768)
        page = QWidget()
        page.setObjectName("page")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._make_header())
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.conversation = Conversation(look)
        self.conversation.setMinimumWidth(360)
        self.conversation.say_starting()
        self.splitter.addWidget(self.conversation)
        column.addWidget(self.splitter, 1)
        self.bar = CommandBar(look, talk_key)
        column.addWidget(self.bar)
        self.strip = StatusStrip(look)
        column.addWidget(self.strip)
        self.setCentralWidget(page)
        self.journal: JournalPanel | None = None
        self.veil = Veil(self)
        self.bar.setEnabled(False)
        self.conversation.card_added.connect(self._wire_card)
        self.conversation.example_wanted.connect(self.bar.set_text)
        self._clock_timer = QTimer(self)
        self._clock_timer.setInterval(1000)
        self._clock_timer.timeout.connect(self._tick)
        self._clock_timer.start()
        self._tick()
        for keys, slot in (
            ("Esc", self._escape),
            ("Ctrl+L", self._focus_text),
            ("F9", self.journal_button.click),
            ("Ctrl+E", self._toggle_reasons),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
        self.keys = KeyWatch(self, talk_key, self._asks)
        self.keys.number_pressed.connect(self._answer)

    def _make_header(self) -> QFrame:
        header = QFrame()
        header.setObjectName("header")
        row = QHBoxLayout(header)
        self._header = row
        row.setContentsMargins(16, 6, 12, 6)
        row.setSpacing(12)
        row.addWidget(text_label(self.tr("GridDesk 巡检值班台"), "title"))
        self._who = text_label("", "muted")
        row.addWidget(self._who)
        row.addStretch(1)
        self.journal_button = button(self.tr("日志 F9"))
        self.journal_button.setCheckable(True)
        self.journal_button.setChecked(True)
        self.journal_button.toggled.connect(self._arrange)
        row.addWidget(self.journal_button)
        self.adapters_button = button(self.tr("适配器"))
        self.adapters_button.setToolTip(self.tr("语言模型的适配器和它们的评测"))
        self.adapters_button.clicked.connect(self._show_adapters)
        self.adapters_button.hide()
        row.addWidget(self.adapters_button)
        self.theme_button = button("")
        self.theme_button.clicked.connect(self._toggle_theme)
        self._name_theme_button()
        row.addWidget(self.theme_button)
        self._clock = text_label("", "clock")
        row.addWidget(self._clock)
        return header

    def give_voice(self, voice: Voice) -> None:
        """Let the desk read aloud; before `attach`."""
        voice.setParent(self)
        self._voice = voice
        before_theme = self._header.indexOf(self.theme_button)
        self._header.insertWidget(before_theme, MuteButton(voice))
        voice.changed.connect(self._show_parts)

    def attach(self, session: DeskSession) -> None:
        """Connect the window to a desk."""
        # Qt objects end with the window, on its thread: left to the garbage collector
        # they could be destroyed on whichever thread it happens to run.
        session.setParent(self)
        self._session = session
        desk, bridge = session.desk, session.bridge
        self._who.setText(f"{desk.info.workstation}　{desk.info.operator}".strip())
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
            self._voice.attach(bridge, session.talk)
        bridge.partial_heard.connect(self._show_partial)
        bridge.heard.connect(self._heard)
        bridge.asked.connect(self._focus_question)
        for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            ended.connect(self._run_ended)
        self.bar.follow_up.watch(lambda: desk.context)
        session.noticed.connect(self.notice)
        session.accepted.connect(self._accepted)
        session.health_known.connect(self._show_health)
        session.warming_changed.connect(self.strip.show_warming)
        session.closing_advanced.connect(self.veil.step)
        session.talk.state_changed.connect(self.bar.show_talk_state)
        session.talk.state_changed.connect(self.conversation.show_talk_state)
        session.talk.level_changed.connect(self.bar.level.set_level)
        wire_talking(session, self.bar, self.strip)
        for source in (self.bar, self.keys):
            source.talk_pressed.connect(session.press_talk)
            source.talk_released.connect(session.release_talk)
        self.bar.text_entered.connect(session.submit_text)
        self.journal = JournalPanel(self._look, session.reader)
        self.journal.setMinimumWidth(360)
        self._viewing = Viewing(self._look, session.reader, desk.recordings, self)
        self.journal.entry_wanted.connect(self._viewing.show_entry)
        self.splitter.addWidget(self.journal)
        self.splitter.setStretchFactor(0, 4)
        self.splitter.setStretchFactor(1, 3)
        self.splitter.setSizes([self.width() * 4 // 7, self.width() * 3 // 7])
        self._arrange()
        self.journal.load()
        self.conversation.greet(tuple(desk.directory.sites()[:3]), self._talk_key)
        self.bar.setEnabled(True)
        self.keys.active = True
        self.bar.talk.setFocus(Qt.FocusReason.OtherFocusReason)

    def offer(self, adapters: Adapters | None) -> None:
        """Let the operator look at adapters, and choose one."""
        self._adapters = adapters
        self.adapters_button.setVisible(adapters is not None)

    def show_closing(self) -> None:
        """Cover the window while it ends; nothing new can be asked."""
        self.keys.active = False
        self.bar.setEnabled(False)
        self.bar.follow_up.rest()
        if self.journal is not None:
            self.journal.rest()
        self.veil.cover(self.tr("正在结束…"))

    def show_start_failure(self, name: str) -> None:
        """Say that the desk could not be put together, for no reason we foresaw."""
        self.veil.cover(
            self.tr("无法启动（{name}）").format(name=name),
            self.tr("请重新启动；若再次出现，请把日志文件交给维护人员。"),
            alarm=True,
        )

    def finish(self) -> None:
        """Close for good."""
        self._may_close = True
        self._clock_timer.stop()
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
            self.journal_button.setChecked(wide)
        self._arrange()

    @Slot()
    def _arrange(self) -> None:
        wanted = self.journal_button.isChecked()
        if self.journal is not None:
            self.journal.setVisible(wanted)
        self.conversation.setVisible(self._wide or not wanted or self.journal is None)

    @Slot(object)
    def _wire_card(self, card: RunCard) -> None:
        card.cancel_wanted.connect(self._cancel)
        card.chosen.connect(self._choose)
        card.edit_wanted.connect(self.bar.set_text)
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
        """Show the desk's parts, and the window's own voice."""
        own = self._voice.health() if self._voice is not None else None
        if self._parts:
            self.strip.show_health([*self._parts, *([own] if own else [])])

    @Slot(events.PartialHeard)
    def _show_partial(self, event: events.PartialHeard) -> None:
        self.bar.show_partial(event.text)

    @Slot()
    def _heard(self) -> None:
        self.bar.quiet()

    @Slot(str)
    def _accepted(self, _run_id: str) -> None:
        self.bar.quiet()
        self.bar.text.clear()
        if not self._wide:
            self.journal_button.setChecked(False)

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
    def _show_adapters(self) -> None:
        if self._viewing is not None and self._adapters is not None:
            self._viewing.show_adapters(self._adapters)

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

    def _asks(self) -> bool:
        return self.conversation.open_question() is not None
