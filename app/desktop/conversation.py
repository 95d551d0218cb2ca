"""The conversation: a card for each run, newest at the bottom."""

from typing import Final

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.core import events
from app.core.model import RunRecord, Site
from app.desktop.card import RunCard
from app.desktop.look import Look
from app.desktop.pieces import button, caption, empty_layout, text_label
from app.desktop.talk import TalkState

KEPT: Final = 60
"""Cards on the screen; older runs are in the journal."""
_SHORT: Final = 14
_SIDE: Final = 12
"""Room around what stands above the cards."""


class _Page(QWidget):
    """Has the height that its cards need at its width, and not their least width's."""

    def minimumSizeHint(self) -> QSize:
        return QSize(320, 0)


class _Banner(QWidget):
    """What stands above the cards.

    Not watched by an event filter of the conversation: Qt would ask that for every
    event of the page, and each time wait until no other thread runs Python.

    Signals:
        changed: It needs another height.
    """

    changed = Signal()

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() == QEvent.Type.LayoutRequest:
            self.changed.emit()
        return done


class Conversation(QScrollArea):
    """Scrolls cards; keeps the newest in sight.

    Signals:
        card_added: A card for a new run.
        example_wanted: The operator clicked an example; its text.
    """

    card_added = Signal(object)
    example_wanted = Signal(str)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._cards: dict[str, RunCard] = {}
        self._examples: dict[QPushButton, str] = {}
        self._once = False
        self._greeted: tuple[tuple[Site, ...], str] | None = None
        self._banner: _Banner | None = None
        self.setAccessibleName(self.tr("对话"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = _Page()
        page.setObjectName("page")
        self._column = QVBoxLayout(page)
        self._column.setSizeConstraint(QVBoxLayout.SizeConstraint.SetNoConstraint)
        self._column.setContentsMargins(16, 16, 16, 16)
        self._column.setSpacing(14)
        self._welcome = QWidget()
        self._greeting = QVBoxLayout(self._welcome)
        self._greeting.setSpacing(12)
        self._column.addWidget(self._welcome, 1)
        self._stack = QVBoxLayout()
        self._stack.setSpacing(14)
        self._column.addLayout(self._stack)
        self.setWidget(page)
        # A card has its height only after the layout has run, which changes the
        # range; until the operator scrolls away, every change brings the newest back.
        self._following = True
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._show_newest)
        bar.actionTriggered.connect(self._scrolled)

    @property
    def cards(self) -> list[RunCard]:
        """The cards, oldest first."""
        return list(self._cards.values())

    def card(self, run_id: str) -> RunCard | None:
        """Give the card of a run."""
        return self._cards.get(run_id)

    def greet(self, sites: tuple[Site, ...], key: str) -> None:
        """Say how to begin, with examples from the desk's own sites."""
        self._greeted = (sites, key)
        self._examples.clear()
        empty_layout(self._greeting)
        self._greeting.addStretch(1)
        centre = Qt.AlignmentFlag.AlignHCenter
        how = self.tr("按一下 {key} 说话") if self._once else self.tr("按住 {key} 说话")
        self._greeting.addWidget(text_label(how.format(key=key), "hero"), 0, centre)
        if not sites:
            lines = (
                self.tr("还没有工地目录，说出的地点会先请您确认。"),
                self.tr("导入目录：griddesk sites import 文件.csv"),
            )
            for line in lines:
                label = text_label(line, "muted", wrap=True)
                label.setAlignment(Qt.AlignmentFlag.AlignCenter)
                self._greeting.addWidget(label)
            self._greeting.addStretch(1)
            return
        hint = self.tr("说完松开，或在下方输入后按回车。例如：")
        if self._once:
            hint = self.tr("说完自动结束，也可在下方输入后按回车。例如：")
        # Wrapped: the page then asks for its height, and scrolls where it is low.
        label = text_label(hint, "muted", wrap=True)
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._greeting.addWidget(label)
        patterns = (
            self.tr("查一下{site}的人数"),
            self.tr("{site}有没有人没戴安全帽"),
            self.tr("检查{site}的电笔携带情况"),
        )
        # Names that an operator would say, and that fit on a button.
        short = sorted(sites, key=lambda site: len(site.name) > _SHORT)
        short = [site for site in short if len(site.name) <= _SHORT] or short[:1]
        for index, pattern in enumerate(patterns):
            text = pattern.format(site=short[index % len(short)].name)
            example = button(caption(text))
            self._examples[example] = text
            example.setMaximumWidth(560)
            example.clicked.connect(self._want_example)
            self._greeting.addWidget(example, 0, centre)
        self._greeting.addStretch(1)

    def set_hands_free(self, once: bool) -> None:
        """Say that one press is enough, where the end of the speech is heard."""
        if once is self._once:
            return
        self._once = once
        if self._greeted is not None and not self._cards:
            self.greet(*self._greeted)

    def set_banner(self, banner: QWidget | None) -> None:
        """Show something above the cards, or nothing; the one before is gone."""
        if self._banner is not None:
            self._banner.hide()
            self._banner.deleteLater()
        self._banner = None
        if banner is not None:
            # Between the two, or the style of what scrolls would be the banner's.
            self._banner = _Banner(self)
            column = QVBoxLayout(self._banner)
            column.setContentsMargins(0, 0, 0, 0)
            column.addWidget(banner)
            self._banner.changed.connect(self._place_banner)
            banner.show()
            self._banner.show()
        self._place_banner()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the banner to the width."""
        super().resizeEvent(event)
        self._place_banner()

    @Slot()
    def _place_banner(self) -> None:
        layout = self._banner.layout() if self._banner is not None else None
        if self._banner is None or layout is None:
            self.setViewportMargins(0, 0, 0, 0)
            return
        width = max(1, self.width() - 2 * _SIDE)
        height = layout.totalHeightForWidth(width)
        self._banner.setGeometry(_SIDE, _SIDE, width, height)
        self.setViewportMargins(0, height + _SIDE, 0, 0)

    def say_starting(self) -> None:
        """Say that the desk is being put together."""
        empty_layout(self._greeting)
        label = text_label(self.tr("正在启动…"), "hero")
        self._greeting.addWidget(label, 0, Qt.AlignmentFlag.AlignHCenter)

    @Slot(object)
    def show_event(self, event: events.RunEvent) -> None:
        """Show an event on the card of its run; the first one makes the card."""
        card = self._cards.get(event.run_id)
        if card is None:
            if not isinstance(event, events.RunStarted):
                return
            card = self._add_card(event.run_id)
        if isinstance(event, events.Understood):
            earlier = self._cards.get(event.understanding.continues)
            card.continue_from(earlier.record if earlier is not None else None)
        card.show_event(event)
        if isinstance(event, events.TerminalEvent):
            self._settle_questions(event)
        if not isinstance(event, events.PartialHeard):
            self._following = True
            self._show_newest()

    @Slot(str)
    def show_talk_state(self, state: str) -> None:
        """Show on the card that listens that the key was let go."""
        if state == TalkState.IDLE:
            for card in self._cards.values():
                card.end_listening()

    @Slot(str, str)
    def show_break(self, run_id: str, sentence: str) -> None:
        """Show that a run ended without a terminal event."""
        card = self._cards.get(run_id) or self._add_card(run_id)
        card.show_break(sentence)
        self._reopen_question()
        self._following = True
        self._show_newest()

    def open_question(self) -> RunCard | None:
        """Give the newest card that asks something."""
        return next((card for card in reversed(self.cards) if card.question), None)

    def close_questions(self) -> None:
        """End every open question: whoever was asked is no longer there."""
        for card in self.cards:
            if (question := card.unsettled) is not None:
                question.settle(self.tr("换了值班人员，不再等待回答。"))

    def _settle_questions(self, event: events.TerminalEvent) -> None:
        """End the questions that stood open when a run began."""
        record = event.record
        reading = record.understanding
        if record.utterance is None or not event.journalled:
            # Nothing was heard, or none of it counts: the question still waits.
            self._reopen_question()
            return
        for card in self.cards:
            if card.run_id == record.run_id:
                return
            if (question := card.unsettled) is not None:
                after = reading.continues if reading is not None else ""
                answered = card.run_id in (record.answers_run, after)
                question.settle(self._ending(record) if answered else self._outdated())

    def _ending(self, record: RunRecord) -> str:
        """Say how a question was answered: with what, or by calling it off."""
        reading = record.understanding
        heard = record.utterance.text if record.utterance is not None else ""
        if reading is not None and (reading.calls or reading.question is not None):
            return self.tr("已用「{words}」回答").format(words=heard)
        return self.tr("已取消")

    def _outdated(self) -> str:
        return self.tr("后来有了新的指令，不再等待回答。")

    def _reopen_question(self) -> None:
        waiting = [card.unsettled for card in self.cards if card.unsettled is not None]
        if waiting and waiting[-1] is not None:
            waiting[-1].reopen()

    def _add_card(self, run_id: str) -> RunCard:
        if self._welcome.isVisibleTo(self):
            self._welcome.hide()
            # Cards begin at the top and grow down.
            self._column.addStretch(1)
        for card in self._cards.values():
            if (question := card.unsettled) is not None:
                question.rest()
        made = RunCard(self._look, run_id)
        made.reasons_opened.connect(self._bring)
        self._cards[run_id] = made
        self._stack.addWidget(made)
        for stale in [card for card in self.cards if not card.running][:-KEPT]:
            del self._cards[stale.run_id]
            self._stack.removeWidget(stale)
            stale.hide()
            stale.deleteLater()
        self.card_added.emit(made)
        return made

    @Slot()
    def _show_newest(self) -> None:
        if not self._cards or not self._following:
            return
        newest = self.cards[-1]
        bar = self.verticalScrollBar()
        # The top of a card taller than the window counts more than its end.
        bar.setValue(min(bar.maximum(), max(0, newest.y() - 12)))

    @Slot(object)
    def _bring(self, opened: QWidget) -> None:
        """Bring into sight what the operator has opened, once it has its place."""
        self._following = False
        QTimer.singleShot(0, opened, lambda: self.ensureWidgetVisible(opened, 0, 12))

    @Slot()
    def _scrolled(self) -> None:
        self._following = False

    @Slot()
    def _want_example(self) -> None:
        sender = self.sender()
        for made, text in self._examples.items():
            if made is sender:
                self.example_wanted.emit(text)
