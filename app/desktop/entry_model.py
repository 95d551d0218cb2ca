"""Entries of the log as a table that grows page by page as it is scrolled."""

import bisect
import logging
from abc import abstractmethod
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final, TypeVar

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)

from app.core.errors import UserFacingError
from app.core.ports import JournalEntry, JournalQuery
from app.desktop.journal_rows import Row, rows_of, severity_of
from app.desktop.line_model import LineModel, mark_icon
from app.desktop.look import Look
from app.desktop.reader import Reader

log = logging.getLogger(__name__)

PAGE: Final = 256
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
_T = TypeVar("_T")


@dataclass(slots=True)
class _Part:
    """Lines that answer one query; a table may be of several, one under the other."""

    query: JournalQuery
    lines: int = 0
    newest: int = 0
    """Number of the newest entry read so far."""
    last: int | None = None
    """Number of the oldest entry read so far."""
    whole: bool = False
    begun: bool = False


class EntryModel(LineModel):
    """Reads pages of the journal on the reader's thread, newest first.

    Abstract: who derives from it says what a line is and what stands in its cells.

    Signals:
        loaded: A page, or the news, is in the table.
        failed: Why the journal could not be read: a sentence for the operator.
    """

    loaded = Signal()
    failed = Signal(str)

    def __init__(self, look: Look, reader: Reader, page: int = PAGE) -> None:
        super().__init__()
        self._look, self._reader, self._page = look, reader, page
        self._query = JournalQuery()
        self._rows: list[Row] = []
        self._parts: list[_Part] = []
        self._seen: set[int] = set()
        """Numbers of the entries in the table: none is shown twice."""
        self._failed = False
        self._loading = False
        self._stale = False
        self._resetting = False
        """Whether the rows are those of an earlier query."""
        self._turn = 0
        self._ratio = 1.0
        look.changed.connect(self._repaint)

    def row(self, index: int) -> Row:
        """Give a line."""
        return self._rows[index]

    @property
    def query(self) -> JournalQuery:
        """What is asked for."""
        return self._query

    def set_query(self, query: JournalQuery) -> None:
        """Show other records."""
        self._query = query
        self.reload()

    @Slot()
    def reload(self) -> None:
        """Read from the newest record again."""
        self._turn += 1
        self._loading = self._resetting = True
        self._reader.begin(self._first(self._turn))

    @Slot()
    def refresh(self) -> None:
        """Put records that are new on top; what is shown stays where it is."""
        if self._loading:
            self._stale = True
            return
        if not self._rows:
            self.reload()
            return
        self._loading = True
        self._reader.begin(self._news(self._turn))

    def _queries(self) -> Sequence[JournalQuery]:
        """Give what is asked for, part by part of the table."""
        return (self._query,)

    def _lines(self, entry: JournalEntry, _part: int) -> list[Row]:
        """Give the lines of an entry."""
        return rows_of(entry, self._query)

    async def _learn(self, entries: Sequence[JournalEntry]) -> None:
        """Read what else is to be known of entries before they are shown."""

    async def _look_again(self) -> None:
        """Look whether something has happened to what is shown."""

    @abstractmethod
    def _text(self, row: Row, column: int) -> str:
        """Give what stands in a cell of a line."""

    def _cell(self, line: int, column: int) -> str:
        return self._text(self._rows[line], column)

    async def _first(self, turn: int) -> None:
        parts = [_Part(query) for query in self._queries()]
        read = await self._read_on(parts, turn)
        if read is None:
            return
        self.beginResetModel()
        self._rows, self._parts, self._seen = [], parts, set()
        for number, entries in read:
            rows = self._rows_of(number, entries)
            parts[number].lines += len(rows)
            self._rows += rows
        self._resetting = self._failed = False
        self.endResetModel()
        self._settle()

    async def _more(self, turn: int) -> None:
        read = await self._read_on(self._parts, turn)
        if read is None:
            return
        for number, entries in read:
            self._insert(number, self._parts[number].lines, entries)
        self._settle()

    async def _read_on(
        self, parts: Sequence[_Part], turn: int
    ) -> list[tuple[int, Sequence[JournalEntry]]] | None:
        """Read the next page, over the end of a part into the next one."""
        read = []
        left = self._page
        for number, part in enumerate(parts):
            if part.whole:
                continue
            if left <= 0:
                break
            entries = await self._read(part.query, part.last, turn)
            if entries is None:
                return None
            if entries:
                part.newest = part.newest if part.begun else entries[0].seq
                part.last = entries[-1].seq
            part.begun = True
            part.whole = len(entries) < self._page
            left -= len(entries)
            read.append((number, entries))
        return read

    async def _news(self, turn: int) -> None:
        for number, part in enumerate(self._parts):
            if not part.begun:
                continue
            entries = await self._read(part.query, None, turn)
            if entries is None:
                return
            if len(entries) == self._page and entries[-1].seq > part.newest:
                # More news than a page: there would be a gap, so begin anew.
                self._loading = False
                self.reload()
                return
            # What was opened or settled elsewhere comes among those that were read.
            down_to = 0 if part.whole else part.last or 0
            self._insert_sorted(number, [e for e in entries if e.seq > down_to])
            part.newest = max([part.newest, *(e.seq for e in entries[:1])])
        if await self._tried(self._looked_again(), turn) is None:
            return
        self._failed = False
        self._settle()

    async def _read(
        self, query: JournalQuery, before: int | None, turn: int
    ) -> Sequence[JournalEntry] | None:
        """Read a page; None when it failed, or another query was asked meanwhile."""
        return await self._tried(self._read_page(query, before), turn)

    async def _read_page(
        self, query: JournalQuery, before: int | None
    ) -> Sequence[JournalEntry]:
        entries = await self._reader.page(query, before=before, limit=self._page)
        await self._learn(entries)
        return entries

    async def _looked_again(self) -> bool:
        await self._look_again()
        return True

    async def _tried(self, reading: Awaitable[_T], turn: int) -> _T | None:
        """Wait for what is read; None when it failed or is not wanted any more."""
        try:
            read = await reading
        except UserFacingError as error:
            log.error("the journal could not be read: %s", error)
            self._fail(turn, str(error))
            return None
        except Exception as error:
            log.exception("the journal could not be read")
            sentence = self.tr("日志读不出来（{name}）。请把日志文件交给维护人员。")
            self._fail(turn, sentence.format(name=type(error).__name__))
            return None
        return read if turn == self._turn else None

    def _fail(self, turn: int, sentence: str) -> None:
        """Stop reading on; what the table shows stays only if it is what was asked."""
        if turn != self._turn:
            return
        self._loading = self._stale = False
        self._failed = True
        if self._resetting:
            self.beginResetModel()
            self._rows, self._parts, self._seen = [], [], set()
            self.endResetModel()
        self.failed.emit(sentence)

    def _rows_of(self, part: int, entries: Sequence[JournalEntry]) -> list[Row]:
        fresh = [entry for entry in entries if entry.seq not in self._seen]
        self._seen.update(entry.seq for entry in fresh)
        return [row for entry in fresh for row in self._lines(entry, part)]

    def _insert_sorted(self, part: int, entries: Sequence[JournalEntry]) -> None:
        """Put entries that are not in the table where their number belongs."""
        start = sum(each.lines for each in self._parts[:part])
        lines = self._rows[start : start + self._parts[part].lines]

        def place(entry: JournalEntry) -> int:
            return bisect.bisect_left(lines, -entry.seq, key=lambda row: -row.entry.seq)

        fresh = [entry for entry in entries if entry.seq not in self._seen]
        placed = [(at, list(some)) for at, some in groupby(fresh, place)]
        # From below: what stands above keeps its place.
        for at, some in reversed(placed):
            self._insert(part, at, some)

    def _insert(self, part: int, at: int, entries: Sequence[JournalEntry]) -> None:
        """Put lines into a part, `at` of its lines from its top."""
        rows = self._rows_of(part, entries)
        if not rows:
            return
        at += sum(each.lines for each in self._parts[:part])
        self.beginInsertRows(QModelIndex(), at, at + len(rows) - 1)
        self._rows[at:at] = rows
        self._parts[part].lines += len(rows)
        self.endInsertRows()

    def _settle(self) -> None:
        self._loading = False
        self.loaded.emit()
        if self._stale:
            self._stale = False
            self.refresh()

    def canFetchMore(self, _parent: _Index) -> bool:
        """Say whether older records are left to read."""
        if self._loading or self._failed or not self._rows:
            return False
        return any(not part.whole for part in self._parts)

    def fetchMore(self, _parent: _Index) -> None:
        """Begin to read the next page."""
        if self._loading:
            return
        self._loading = True
        self._reader.begin(self._more(self._turn))

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give text or mark of a cell."""
        if role == _Role.DecorationRole and index.column() == 0:
            severity = severity_of(self._rows[index.row()])
            if severity is not None:
                return mark_icon(severity, self._look, self._ratio)
        return super().data(index, role)

    def set_ratio(self, ratio: float) -> None:
        """Say how many device pixels a logical one has."""
        self._ratio = ratio

    def _changed(self, run_ids: Collection[str]) -> None:
        """Have the lines of these records painted anew."""
        wanted = set(run_ids)
        lines = [
            line
            for line, row in enumerate(self._rows)
            if row.entry.record.run_id in wanted
        ]
        if lines:
            last = self.columnCount() - 1
            self.dataChanged.emit(self.index(lines[0], 0), self.index(lines[-1], last))

    @Slot()
    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))
