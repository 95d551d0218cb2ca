"""The journal as a table that grows page by page as it is scrolled."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
    Slot,
)

from app.core import checks
from app.core.alarms import Acknowledgement, alarms_of
from app.core.errors import UserFacingError
from app.core.model import Finding, Outcome, Severity
from app.core.ports import JournalEntry, JournalQuery
from app.desktop import words
from app.desktop.look import Look
from app.desktop.pieces import mark_pixmap, tip
from app.desktop.reader import Reader

log = logging.getLogger(__name__)

PAGE: Final = 256
_LOOKED_AT: Final = 500
"""Lines, from the newest on, whose open alarms are asked about again."""
_Index = QModelIndex | QPersistentModelIndex
_Role = Qt.ItemDataRole
SWEEP: Final = 12
"""More findings of one record than this share a line; see `rows_of`."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("journal", text)


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """What the line of a sweep says; counted once, for a table paints often."""

    place: str
    check: str
    verdict: str
    severity: Severity


# No slots: what is counted is kept beside the fields.
@dataclass(frozen=True)
class Row:
    """One line: a finding of a record, or the record as a whole."""

    entry: JournalEntry
    finding: Finding | None

    @cached_property
    def sweep(self) -> SweepSummary | None:
        """What all findings come to; None where the line is about one, or none."""
        record = self.entry.record
        if self.finding is not None or not record.findings:
            return None
        return _summary(record.findings, stopped=record.outcome is Outcome.CANCELLED)


def rows_of(entry: JournalEntry, query: JournalQuery) -> list[Row]:
    """Give the lines of a record.

    Hundreds of lines of one sweep would bury every other record, so it has one. Who
    looks for a site still sees the findings that were looked for, if they are few.
    """
    findings = entry.record.findings
    if len(findings) > SWEEP:
        wanted = [finding for finding in findings if _is_wanted(finding, query)]
        findings = tuple(wanted) if len(wanted) <= SWEEP else ()
    return [Row(entry, finding) for finding in findings] or [Row(entry, None)]


def place_text(row: Row) -> str:
    """Name the site, or say how many there were."""
    if row.finding is not None:
        return row.finding.call.site.name
    return row.sweep.place if row.sweep else ""


def check_text(row: Row) -> str:
    """Name the check, or all of a sweep."""
    if row.finding is not None:
        return words.check_word(row.finding.call.check)
    return row.sweep.check if row.sweep else ""


def verdict_text(row: Row) -> str:
    """Give the sentence of a line; the check has its own column."""
    record, finding = row.entry.record, row.finding
    if finding is not None:
        return finding.summary.removeprefix(
            f"[{checks.label(finding.call.check)}]"
        ).lstrip()
    if row.sweep is not None:
        return row.sweep.verdict
    if record.fault is not None:
        return record.fault.message
    reading = record.understanding
    if reading is not None and reading.question is not None:
        return reading.question.sentence
    if reading is not None and reading.reply:
        return reading.reply
    # A cancelled run has no answer; what was asked tells it from the next one.
    return f"「{record.utterance.text}」" if record.utterance is not None else ""


def severity_of(row: Row) -> Severity | None:
    """Give what a line asks for; None when it is neither good nor bad."""
    if row.finding is not None:
        return row.finding.severity
    if row.sweep is not None:
        return row.sweep.severity
    failed = row.entry.record.outcome is Outcome.FAILED
    return Severity.UNKNOWN if failed else None


def _summary(findings: Sequence[Finding], *, stopped: bool) -> SweepSummary:
    counts = Counter(finding.severity for finding in findings)
    present = [severity for severity in checks.URGENCY if counts[severity]]
    tally = words.clauses(f"{words.severity_word(s)} {counts[s]}" for s in present)
    verdict = _tr("{n} 项：{tally}").format(n=len(findings), tally=tally)
    if stopped:
        verdict = _tr("中途停止。{verdict}").format(verdict=verdict)
    sites = {finding.call.site.id for finding in findings}
    asked = dict.fromkeys(finding.call.check for finding in findings)
    return SweepSummary(
        place=_tr("{n} 个工地").format(n=len(sites)),
        check=words.listed(map(words.check_word, asked)),
        verdict=verdict,
        severity=present[0],
    )


def _is_wanted(finding: Finding, query: JournalQuery) -> bool:
    """Whether somebody who asks this looks for the finding, not for the whole run."""
    site = finding.call.site
    if query.site and query.site != site.id and query.site not in site.name:
        return False
    if query.check is not None and query.check is not finding.call.check:
        return False
    if query.severity is not None and query.severity is not finding.severity:
        return False
    said = f"{site.name} {finding.summary}".casefold()
    return all(part in said for part in query.text.casefold().split())


class JournalModel(QAbstractTableModel):
    """Reads pages of the journal on the reader's thread, newest first.

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
        self._said: dict[tuple[str, int], Acknowledgement] = {}
        """Who has acknowledged which finding of the records in the table."""
        self._whole = False
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

    def set_query(self, query: JournalQuery) -> None:
        """Show other records."""
        self._query = query
        self.reload()

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

    async def _first(self, turn: int) -> None:
        entries = await self._read(None, turn)
        if entries is None:
            return
        self._said = {
            place: said
            for place, said in self._said.items()
            if place[0] in {entry.record.run_id for entry in entries}
        }
        self.beginResetModel()
        self._rows = [row for entry in entries for row in rows_of(entry, self._query)]
        self._whole = len(entries) < self._page
        self._resetting = False
        self.endResetModel()
        self._settle()

    async def _more(self, turn: int) -> None:
        entries = await self._read(self._rows[-1].entry.seq, turn)
        if entries is None:
            return
        self._whole = len(entries) < self._page
        self._insert(len(self._rows), entries)
        self._settle()

    async def _news(self, turn: int) -> None:
        entries = await self._read(None, turn)
        if entries is None:
            return
        newest = self._rows[0].entry.seq
        fresh = [entry for entry in entries if entry.seq > newest]
        if len(fresh) == len(entries) == self._page:
            # More news than a page: there would be a gap, so begin anew.
            self._loading = False
            self.reload()
            return
        self._insert(0, fresh)
        self._settle()
        # Another desk may have acknowledged what is open here.
        lines = self._rows[:_LOOKED_AT]
        open_still = [row.entry.record for row in lines if self._is_open(row)]
        for each in await self._reader.acknowledged(open_still):
            self.acknowledged(each)

    @Slot(object)
    def acknowledged(self, said: Acknowledgement) -> None:
        """Show that an alarm has been acknowledged."""
        self._said[said.run_id, said.index] = said
        for line, row in enumerate(self._rows):
            if row.entry.record.run_id == said.run_id:
                self.dataChanged.emit(self.index(line, 0), self.index(line, 0))

    def _is_open(self, row: Row) -> bool:
        """Whether an alarm of a line has been acknowledged by nobody."""
        return any(
            (alarm.run_id, alarm.index) not in self._said
            for alarm in alarms_of(row.entry.record)
            if row.finding is None or row.finding is alarm.finding
        )

    async def _read(
        self, before: int | None, turn: int
    ) -> Sequence[JournalEntry] | None:
        """Read a page; None when it failed, or another query was asked meanwhile."""
        query = self._query
        try:
            entries = await self._reader.page(query, before=before, limit=self._page)
            for said in await self._reader.acknowledged([e.record for e in entries]):
                self._said[said.run_id, said.index] = said
        except UserFacingError as error:
            log.error("the journal could not be read: %s", error)
            self._fail(turn, str(error))
            return None
        except Exception as error:
            log.exception("the journal could not be read")
            sentence = self.tr("日志读不出来（{name}）。请把日志文件交给维护人员。")
            self._fail(turn, sentence.format(name=type(error).__name__))
            return None
        return entries if turn == self._turn else None

    def _fail(self, turn: int, sentence: str) -> None:
        """Stop reading on; what the table shows stays only if it is what was asked."""
        if turn != self._turn:
            return
        self._loading = self._stale = False
        self._whole = True
        if self._resetting:
            self.beginResetModel()
            self._rows = []
            self.endResetModel()
        self.failed.emit(sentence)

    def _insert(self, at: int, entries: Sequence[JournalEntry]) -> None:
        rows = [row for entry in entries for row in rows_of(entry, self._query)]
        if not rows:
            return
        self.beginInsertRows(QModelIndex(), at, at + len(rows) - 1)
        self._rows[at:at] = rows
        self.endInsertRows()

    def _settle(self) -> None:
        self._loading = False
        self.loaded.emit()
        if self._stale:
            self._stale = False
            self.refresh()

    def canFetchMore(self, _parent: _Index) -> bool:
        """Say whether older records are left to read."""
        return not self._whole and not self._loading and bool(self._rows)

    def fetchMore(self, _parent: _Index) -> None:
        """Begin to read the next page."""
        if self._loading:
            return
        self._loading = True
        self._reader.begin(self._more(self._turn))

    def rowCount(self, parent: _Index | None = None) -> int:
        """Give the number of lines read so far."""
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        """Give the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(self._titles())

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = _Role.DisplayRole,
    ) -> object:
        """Give the title of a column."""
        across = orientation == Qt.Orientation.Horizontal
        if across and role == _Role.DisplayRole:
            return self._titles()[section]
        if across and role == _Role.TextAlignmentRole:
            return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: _Index, role: int = _Role.DisplayRole) -> object:
        """Give text or mark of a cell."""
        row = self._rows[index.row()]
        if role in (_Role.DisplayRole, _Role.ToolTipRole):
            text = self._text(row, index.column())
            return text if role == _Role.DisplayRole else tip(text.replace("\n", " "))
        if role == _Role.DecorationRole and index.column() == 0:
            severity = severity_of(row)
            if severity is not None:
                return mark_pixmap(severity, self._look.theme, 18, self._ratio)
        return None

    def set_ratio(self, ratio: float) -> None:
        """Say how many device pixels a logical one has."""
        self._ratio = ratio

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("级别"),
            self.tr("时间"),
            self.tr("地点"),
            self.tr("检查"),
            self.tr("结论"),
            self.tr("值班员"),
        )

    def _text(self, row: Row, column: int) -> str:
        record = row.entry.record
        if column == 0:
            severity = severity_of(row) if record.findings else None
            if severity is Severity.ALARM:
                state = self.tr("未确认") if self._is_open(row) else self.tr("已确认")
                return f"{words.severity_word(severity)}\n{state}"
            if severity is not None:
                return words.severity_word(severity)
            return words.outcome_word(record.outcome)
        if column == 1:
            return words.full_time(record.started_at)[5:].replace(" ", "\n")
        if column == 2:
            return place_text(row)
        if column == 3:
            return check_text(row)
        return verdict_text(row) if column == 4 else record.operator

    def _repaint(self) -> None:
        if self._rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, 0))
