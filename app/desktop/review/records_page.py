"""The log to be reviewed: filters, the list, and the record that is looked at."""

import logging
from datetime import timedelta
from typing import Final

from PySide6.QtCore import QItemSelection, QModelIndex, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from app.core.desk import Desk
from app.core.errors import UserFacingError
from app.core.filters import LogFilter, filter_of
from app.core.model import Severity
from app.core.ports import JournalQuery
from app.desktop.entry_model import PAGE
from app.desktop.journal_rows import Row
from app.desktop.look import Look
from app.desktop.pieces import Mark, button, set_state, text_label
from app.desktop.reader import Reader
from app.desktop.review.dealing import Dealing
from app.desktop.review.detail import Detail
from app.desktop.review.filter_bar import FilterBar
from app.desktop.review.model import CHECK, PERSON, ReviewModel
from app.desktop.review.table import ReviewTable
from app.desktop.tables import choose_line
from app.desktop.viewing import Viewing
from app.desktop.words import breakable

log = logging.getLogger(__name__)

NEWS_EVERY_MS: Final = 20_000
NARROW: Final = 1000
"""Below this width list and record stand one in the place of the other."""
_OUTDATED: Final = timedelta(hours=1)
"""So much may a span that moves with the clock be behind what is shown."""
_RESTING_MS: Final = 120
"""How long a line is passed over before its record is laid out."""


class RecordsPage(QWidget):
    """Finds records, shows one, and takes steps with what was found in them.

    Signals:
        counted: How many findings are open; None: that could not be read.
        detail_shown: The record of the current line is laid out.
    """

    counted = Signal(object)
    detail_shown = Signal()

    def __init__(
        self,
        look: Look,
        desk: Desk,
        reader: Reader,
        viewing: Viewing,
        page: int = PAGE,
    ) -> None:
        super().__init__()
        self._look, self._desk, self._reader = look, desk, reader
        self._viewing = viewing
        self._unread = self._opened = False
        self._wanted_line: tuple[str, int | None] | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(8)
        self.filters = FilterBar(desk.directory, reader)
        self.filters.changed.connect(self.search)
        self.filters.told.connect(self._tell)
        column.addWidget(self.filters)
        column.addLayout(self._make_line(look))
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setChildrenCollapsible(False)
        self.model = ReviewModel(look, reader, desk.review, page)
        self.model.setParent(self)
        self.model.in_sight = self._in_sight
        self._list = QWidget()
        lines = QVBoxLayout(self._list)
        lines.setContentsMargins(0, 0, 0, 0)
        self.table = ReviewTable(look, self.model)
        lines.addWidget(self.table, 1)
        lines.addWidget(self._make_nothing(), 1)
        self.detail = Detail(look, viewing)
        self.splitter.addWidget(self._list)
        self.splitter.addWidget(self.detail)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        column.addWidget(self.splitter, 1)
        self.dealing = Dealing(
            look, desk, reader, self.model, self.detail, lambda: self.selected, self
        )
        self.dealing.told.connect(self._tell)
        self.dealing.settled.connect(self._settled)
        self._wire()

    def _make_line(self, look: Look) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(8)
        self._mark = Mark(look, Severity.NORMAL, 20)
        self._mark.hide()
        line.addWidget(self._mark)
        self.told = text_label("", wrap=True)
        self.told.hide()
        line.addWidget(self.told, 1)
        return line

    def _make_nothing(self) -> QWidget:
        self.nothing = QWidget()
        middle = QVBoxLayout(self.nothing)
        middle.addStretch(1)
        self.empty = text_label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        middle.addWidget(self.empty)
        self.show_all = button(self.tr("清除筛选"))
        self.show_all.clicked.connect(self.filters.clear)
        middle.addWidget(self.show_all, 0, Qt.AlignmentFlag.AlignHCenter)
        middle.addStretch(1)
        self.nothing.hide()
        return self.nothing

    def _wire(self) -> None:
        self.model.loaded.connect(self._loaded)
        self.model.modelReset.connect(self._reset)
        self.model.failed.connect(self._not_read)
        # Of a table that fills up by itself, selection and current line are one thing.
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.selectionModel().currentRowChanged.connect(self._moved)
        self.table.activated.connect(self._activate)
        self._resting = QTimer(self)
        self._resting.setSingleShot(True)
        self._resting.setInterval(_RESTING_MS)
        self._resting.timeout.connect(self.show_current)
        # Another window on the same journal writes too, and tells nobody.
        self.news = QTimer(self)
        self.news.setInterval(NEWS_EVERY_MS)
        self.news.timeout.connect(self.refresh)
        self.detail.window_wanted.connect(self._viewing.show_entry)
        self.detail.left.connect(self._leave_detail)

    @property
    def query(self) -> JournalQuery:
        """What is looked for."""
        return self.model.query

    def load(self) -> None:
        """Read the newest page, and what there is to choose from."""
        self.model.set_ratio(self.devicePixelRatioF())
        self.filters.use(self._desk.directory.sites())
        self.search()
        self._reader.begin(self._learn())
        self.news.start()

    def rest(self) -> None:
        """Read nothing more by itself: the window ends, or is closed."""
        self.news.stop()
        self._resting.stop()
        self.filters.rest()

    @Slot()
    def refresh(self) -> None:
        """Read what is new, and what others did with what is shown."""
        if self._moved_on():
            for row in self.selected:
                self.show_record(row.entry.record.run_id, row.index)
            self.search()
            return
        self.model.refresh()
        self._reader.begin(self._count())

    def _moved_on(self) -> bool:
        """Whether the shown lines are of a time that its chip does not mean any more.

        What is being chosen or filled in is not taken away for that.
        """
        begun = self.query.since
        since = self.filters.wanted.query(self.filters.moment()).since
        if self.filters.wanted.span is None or begun is None or since is None:
            return False
        busy = len(self.selected) > 1 or self.detail.disposal.step is not None
        return since - begun >= _OUTDATED and not busy

    def _in_sight(self) -> list[Row]:
        """Give the lines that are seen or chosen."""
        table, lines = self.table, self.model.rowCount()
        first, last = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
        seen = range(max(first, 0), (last if last >= 0 else lines - 1) + 1)
        return [*map(self.model.row, seen), *self.selected]

    @Slot()
    def search(self) -> None:
        """Look for what the filters say, from the newest on."""
        self._tell("")
        self.model.set_query(self.filters.wanted.query(self.filters.moment()))
        self._reader.begin(self._count())

    def show_query(self, query: JournalQuery) -> None:
        """Look for something else altogether."""
        self.filters.show_filter(filter_of(query))

    def show_record(self, run_id: str, index: int | None = None) -> None:
        """Bring a line into sight once it is in the table."""
        self._wanted_line = (run_id, index)

    async def _learn(self) -> None:
        review = self._desk.review
        try:
            regions = await self._reader.run(review.regions)
            operators = await self._reader.run(review.operators)
        except UserFacingError:
            # The page says that the journal cannot be read.
            log.warning("regions and operators could not be read", exc_info=True)
            return
        self.filters.use(self._desk.directory.sites(), regions, operators)

    async def _count(self) -> None:
        review = self._desk.review
        try:
            found = await self._reader.run(lambda: review.open_findings(limit=64))
        except UserFacingError as error:
            log.warning("open findings could not be counted: %s", error)
            self.counted.emit(None)
            return
        named = [each.responsible for each in found.newest if each.responsible]
        people = dict.fromkeys((*self.model.people(), *named))
        self.detail.disposal.offer(list(people))
        self.counted.emit(found.count)

    @property
    def selected(self) -> list[Row]:
        """The chosen lines, from top to bottom."""
        # By ranges: to ask for every row of a sweep one by one takes a second.
        chosen = self.table.selectionModel().selection()
        ranges = map(chosen.at, range(chosen.count()))
        lines = {line for r in ranges for line in range(r.top(), r.bottom() + 1)}
        return [self.model.row(line) for line in sorted(lines)]

    @Slot(QItemSelection, QItemSelection)
    def _selected(self, _now: QItemSelection, _before: QItemSelection) -> None:
        self._resting.start()

    @Slot(QModelIndex, QModelIndex)
    def _moved(self, _now: QModelIndex, _before: QModelIndex) -> None:
        self._resting.start()

    @Slot()
    def show_current(self) -> None:
        """Lay out the record of the current line, and what may be done."""
        self._resting.stop()
        chosen, current = self.selected, self.table.currentIndex()
        if not chosen:
            self.detail.clear()
            return
        row = chosen[0]
        # What is shown is dealt with at its foot: never a line that is not chosen.
        if self.table.selectionModel().isRowSelected(current.row(), current.parent()):
            row = self.model.row(current.row())
        history = self.model.history(row.entry.record.run_id)
        self.detail.show_entry(row.entry, history, row.index)
        self.dealing.show_targets()
        self.detail_shown.emit()

    @Slot()
    def _settled(self) -> None:
        # Who fills in the next form by now goes on typing there.
        if self.detail.disposal.step is None:
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        self._reader.begin(self._count())

    @Slot(QModelIndex)
    def _activate(self, index: QModelIndex) -> None:
        """Spread a sweep, or open the record."""
        row = self.model.row(index.row())
        if row.finding is None and row.entry.record.findings:
            self.model.spread(index.row())
            choose_line(self.table, index.row())
            return
        self.show_current()
        if self._narrow:
            self._opened = True
            self._arrange()
        self.detail.correct.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _leave_detail(self) -> None:
        self._opened = False
        self._arrange()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def leave_detail(self) -> bool:
        """Give the list back where the record stands in its place; say whether so."""
        if self.detail.disposal.step is not None:
            self.detail.disposal.leave()
            return True
        if self._narrow and self._opened:
            self._leave_detail()
            return True
        return False

    @property
    def _narrow(self) -> bool:
        return self.width() < NARROW

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Rearrange for the width."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        narrow = self._narrow
        alone = narrow and self._opened
        self._list.setVisible(not alone)
        # A record that stands in the place of the list needs the room.
        self.filters.setVisible(not alone)
        self.detail.setVisible(not narrow or self._opened)
        self.detail.back.setVisible(narrow)
        tight = self.width() < 1500
        self.table.setColumnHidden(PERSON, tight and not narrow)
        self.table.setColumnHidden(CHECK, False)

    @Slot()
    def _reset(self) -> None:
        """Deal with nothing that is not in the list any more."""
        self._resting.stop()
        self.detail.disposal.show_targets(())

    @Slot()
    def _loaded(self) -> None:
        if self._unread:
            self._unread = False
            self._tell("")
        nothing = self.model.rowCount() == 0
        filtered = self.filters.wanted != LogFilter()
        found = self.tr("没有符合筛选的记录。")
        none = self.tr("还没有巡检记录。回值班台查一次，答复就记在这里。")
        self.empty.setText(found if filtered else none)
        self.show_all.setVisible(filtered)
        self.nothing.setVisible(nothing)
        self.table.setVisible(not nothing)
        if nothing:
            self.detail.clear()
        elif not self.table.currentIndex().isValid():
            choose_line(self.table, 0)
        self._go_to_wanted()
        if not nothing:
            self.show_current()

    def _go_to_wanted(self) -> None:
        if self._wanted_line is None:
            return
        line = self.model.line_of(*self._wanted_line)
        # Later it would take whoever has gone on by then away from where he is.
        self._wanted_line = None
        if line is not None:
            choose_line(self.table, line)

    @Slot(str)
    def _not_read(self, sentence: str) -> None:
        self._unread = True
        self._tell(sentence, Severity.ALARM)
        # No rows and no "nothing there yet": it is not known what is there.
        self.nothing.hide()
        self.table.show()
        if not self.model.rowCount():
            self.detail.clear()

    @Slot(str)
    @Slot(str, object)
    def _tell(self, sentence: str, severity: Severity = Severity.UNKNOWN) -> None:
        shown = bool(sentence)
        self._mark.set_severity(severity)
        self._mark.setVisible(shown and severity is not Severity.UNKNOWN)
        tone = severity.value if severity is not Severity.UNKNOWN else ""
        set_state(self.told, "tone", tone)
        self.told.setText(breakable(sentence))
        self.told.setVisible(shown)
