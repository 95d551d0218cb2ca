"""The site board beside the conversation: every site at a glance, and a click asks."""

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.core import events
from app.core.errors import UserFacingError
from app.core.model import Check, Severity
from app.core.workdays import desk_day
from app.desktop.board.asking_bar import AskingBar
from app.desktop.board.counts import Counts
from app.desktop.board.finding_sites import SiteFinder, folded, in_letters
from app.desktop.board.menu import choices_at
from app.desktop.board.model import CHECKS, BoardModel, Line, Region
from app.desktop.board.plans import Plan, at_site, in_region
from app.desktop.board.table import BoardTable
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.session import DeskSession
from app.desktop.words import breakable

log = logging.getLogger(__name__)

NEWS_EVERY_MS: Final = 20_000
"""How often ages are told anew and the journal is looked at."""
_ROOMY: Final = 780
"""From this width on, filter and counts are one line: a low screen needs the other."""


def _now() -> datetime:
    return datetime.now(UTC)


class _Filter(QLineEdit):
    """A filter that Esc empties, before Esc means anything in the window."""

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and self.text():
            assert isinstance(event, QKeyEvent)
            if event.key() == Qt.Key.Key_Escape:
                event.accept()
                return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.text():
            self.clear()
            return
        super().keyPressEvent(event)


class BoardPanel(QWidget):
    """Shows the newest answer of each site and check, and asks for new ones.

    Signals:
        entry_wanted: The operator wants to see the record of an answer; the entry.
        loaded: What the journal had is on the board.
    """

    entry_wanted = Signal(object)
    loaded = Signal()

    def __init__(
        self,
        look: Look,
        session: DeskSession,
        *,
        now: Callable[[], datetime] = _now,
        today: Callable[[], date] = desk_day,
    ) -> None:
        super().__init__()
        self._session, self._reader = session, session.reader
        self._directory = session.desk.directory
        self._finder = SiteFinder(())
        self._learning = self._reading = self._stale = False
        self._head = 0
        self.model = BoardModel(now, today)
        self.model.setParent(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 16, 16, 12)
        column.setSpacing(8)
        self._line = head = QHBoxLayout()
        head.addWidget(text_label(self.tr("站点看板"), "title"))
        self.filter = _Filter()
        self.filter.setPlaceholderText(self.tr("筛选：名称、片区或拼音 Ctrl+F"))
        self.filter.setAccessibleName(self.tr("筛选工地"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._filter)
        self.filter.returnPressed.connect(self._enter_table)
        head.addWidget(self.filter, 1)
        column.addLayout(head)
        self.counts = Counts(look)
        self.counts.chosen_changed.connect(self._filter)
        column.addWidget(self.counts)
        self.hint = text_label(self.tr("还没有查过。点一格就查。"), "caption")
        self.hint.hide()
        column.addWidget(self.hint)
        trouble = QHBoxLayout()
        self._mark = Mark(look, Severity.UNKNOWN, 20)
        self._mark.hide()
        trouble.addWidget(self._mark)
        self.trouble = text_label("", wrap=True)
        set_state(self.trouble, "tone", Severity.UNKNOWN.value)
        self.trouble.hide()
        trouble.addWidget(self.trouble, 1)
        column.addLayout(trouble)
        self.table = BoardTable(look, self.model)
        self.table.asked.connect(self._ask_cell)
        self.table.choices_wanted.connect(self._offer)
        self.table.typed.connect(self._type_on)
        column.addWidget(self.table, 1)
        self.nothing = QWidget()
        middle = QVBoxLayout(self.nothing)
        middle.addStretch(1)
        self.empty = text_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self.empty)
        self.show_all = button(self.tr("清除筛选"))
        self.show_all.clicked.connect(self.clear_filter)
        middle.addWidget(self.show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self.nothing.hide()
        column.addWidget(self.nothing, 1)
        self.asking = AskingBar()
        self.asking.agreed.connect(self._begin)
        self.asking.left.connect(self._to_table)
        column.addWidget(self.asking)
        # Another window on the same journal writes too, and tells nobody; and what
        # is shown grows older.
        self.news = QTimer(self)
        self.news.setInterval(NEWS_EVERY_MS)
        self.news.timeout.connect(self.refresh)
        self.model.counted.connect(self._count)
        look.changed.connect(self.table.viewport().update)
        bridge = session.bridge
        bridge.call_started.connect(self._call_started)
        bridge.observed.connect(self._observed)
        for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            ended.connect(self._ended)
        bridge.run_broke.connect(self._broke)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the counts beside the filter where there is room for both."""
        super().resizeEvent(event)
        roomy = self.width() >= _ROOMY
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        if roomy and self._line.indexOf(self.counts) < 0:
            self._line.addWidget(self.counts)
        elif not roomy and column.indexOf(self.counts) < 0:
            column.insertWidget(1, self.counts)

    def load(self) -> None:
        """Show the sites, and read what the journal knows of them."""
        sites = self._directory.sites()
        self._finder = SiteFinder(sites)
        self.model.set_sites(sites)
        self._show_emptiness()
        self.refresh()
        self.news.start()

    def rest(self) -> None:
        """Do nothing more by itself: the window ends."""
        self.news.stop()
        self.model.rest()
        self.asking.leave()

    @Slot()
    def refresh(self) -> None:
        """Read what is new in the journal, and tell the ages anew."""
        self.model.grow_older()
        self.table.viewport().update()
        self._stale = self._reading
        if not self._reading:
            self._reading = True
            self._reader.begin(self._read())

    async def _read(self) -> None:
        turn = self.model.answers.turn
        try:
            found = await self._reader.latest(self._head)
        except UserFacingError as error:
            log.error("the board could not be read: %s", error)
            self._say(str(error))
        except Exception as error:
            log.exception("the board could not be read")
            sentence = self.tr("日志读不出来（{name}）。请把日志文件交给维护人员。")
            self._say(sentence.format(name=type(error).__name__))
        else:
            self._say("")
            self._head = max((each.seq for each in found), default=self._head)
            self.model.take(found, turn)
            self.model.flush()
            self.loaded.emit()
        finally:
            self._reading = False
        if self._stale:
            self.refresh()

    def _say(self, sentence: str) -> None:
        self._mark.setVisible(bool(sentence))
        self.trouble.setVisible(bool(sentence))
        if sentence:
            lost = self.tr("看板上可能缺少较早的结果。")
            self.trouble.setText(breakable(f"{sentence}{lost}"))

    @Slot(events.CallStarted)
    def _call_started(self, event: events.CallStarted) -> None:
        self.model.ask(event.run_id, (event.call,))

    @Slot(events.Observed)
    def _observed(self, event: events.Observed) -> None:
        self.model.heard(event.run_id, event.call)

    @Slot(object)
    def _ended(self, event: events.TerminalEvent) -> None:
        self.model.end(event.run_id, event.record if event.journalled else None)

    @Slot(str, str)
    def _broke(self, run_id: str, _sentence: str) -> None:
        self.model.end(run_id, None)

    @Slot()
    def _count(self) -> None:
        total, known = self.model.total(), self.model.answers.known
        self.counts.say(total, known=known)
        self.hint.setVisible(known and not total.total() and bool(self.model.sites))

    @Slot(QModelIndex)
    def _ask_cell(self, index: QModelIndex) -> None:
        column = index.column()
        line = self.model.line(index.row())
        self.ask(line, CHECKS if column == 0 else (CHECKS[column - 1],))

    def ask(self, line: Line, wanted: Sequence[Check]) -> None:
        """Ask these checks of a line; of a region after the operator said yes."""
        busy = self.model.answers.busy
        if not isinstance(line, Region):
            self._begin(at_site(line, wanted, busy))
            return
        plan = in_region(line.name, line.sites, wanted, busy, self.model.day)
        shown = {
            site.id for site in line.sites if self.model.row_of(site.id) is not None
        }
        asked = {call.site.id for call in plan.calls}
        if plan.calls:
            self.asking.show_plan(plan, len(asked - shown))
        elif not plan.under_way:
            sentence = self.tr("这个片区的工地今天都不在工期内，没有可查的。")
            self._session.noticed.emit(sentence, Severity.ATTENTION.value)

    @Slot(object)
    def _begin(self, plan: Plan) -> None:
        run_id = self._session.ask(plan.calls, plan.label)
        if run_id:
            # Before the run says so itself: a second click must find it asked.
            self.model.ask(run_id, plan.calls)
        self._to_table()

    @Slot(QModelIndex, QPoint)
    def _offer(self, index: QModelIndex, place: QPoint) -> None:
        menu = choices_at(self, index)
        menu.popup(place)

    def show_record(self, run_id: str) -> None:
        """Show the record that an answer stands in."""
        self._reader.begin(self._find(run_id))

    async def _find(self, run_id: str) -> None:
        try:
            entry = await self._reader.entry(run_id)
        except UserFacingError as error:
            self._say(str(error))
            return
        if entry is not None:
            self.entry_wanted.emit(entry)

    @Slot(str)
    def _type_on(self, text: str) -> None:
        self.filter.setFocus(Qt.FocusReason.OtherFocusReason)
        self.filter.setText(self.filter.text() + text)

    @Slot()
    def clear_filter(self) -> None:
        """Show every site again."""
        self.counts.clear()
        self.filter.clear()
        self._filter()

    @Slot()
    def _filter(self) -> None:
        typed = self.filter.text().strip()
        chosen = self.counts.chosen
        if any(map(in_letters, folded(typed).split())) and not self._finder.reads:
            self._learn()
        if not typed and not chosen:
            self.model.show_only(None)
        else:
            wanted = self._finder.find(typed)
            if chosen:
                # Rows stay when their answer becomes another: a row that jumps away
                # under the mouse is another row that is clicked.
                wanted &= self.model.with_severity(chosen)
            self.model.show_only(wanted)
        self._show_emptiness()

    def _learn(self) -> None:
        if not self._learning:
            self._learning = True
            self._reader.begin(self._read_aloud())

    async def _read_aloud(self) -> None:
        """Read the names aloud: the first letters typed wait for it, not the start."""
        finder = self._finder
        await self._reader.run(lambda: finder.learn(self._directory.readings))
        self._filter()

    def _show_emptiness(self) -> None:
        nothing = self.model.rowCount() == 0
        none_at_all = not self.model.sites
        if none_at_all:
            sentence = self.tr(
                "还没有工地目录，看板是空的。"
                "请运行 griddesk sites import 文件.csv 导入，再重新打开窗口。"
            )
        elif self.filter.text().strip():
            sentence = self.tr("没有符合「{typed}」的工地。")
            sentence = sentence.format(typed=self.filter.text().strip())
        else:
            sentence = self.tr("没有这样的结果。")
        self.empty.setText(breakable(sentence))
        self.nothing.setVisible(nothing)
        self.show_all.setVisible(not none_at_all)
        self.table.setVisible(not nothing)
        self.counts.setVisible(not none_at_all)

    @Slot()
    def _enter_table(self) -> None:
        """Go from the filter to the first site that was found."""
        if self.model.rowCount():
            first = next(
                row
                for row in range(self.model.rowCount())
                if not isinstance(self.model.line(row), Region)
            )
            self.table.setCurrentIndex(self.model.index(first, 1))
            self._to_table()

    @Slot()
    def _to_table(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
