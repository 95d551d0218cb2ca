"""The log as a supervisor reads it: open findings first, each with its state."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QModelIndex

from app.core.entries import (
    Disposition,
    FindingState,
    History,
    Step,
    state_after,
)
from app.core.ports import JournalEntry, JournalQuery
from app.core.reviewing import Review
from app.desktop import words
from app.desktop.entry_model import PAGE, EntryModel
from app.desktop.journal_rows import (
    SWEEP,
    Row,
    check_text,
    fits,
    place_text,
    rows_of,
    says,
    severity_of,
    verdict_text,
)
from app.desktop.look import Look
from app.desktop.reader import Reader
from app.desktop.review.terms import state_word

STATE, PERSON, CHECK = 5, 6, 3
"""Columns that a narrow window shows or leaves out."""


class ReviewModel(EntryModel):
    """Lines of the log in two parts: what is still to be dealt with, and the rest.

    A line stays where it is when its finding is dealt with: what jumps away under the
    mouse is another line that is clicked. `reload` puts everything in its place.
    """

    def __init__(
        self, look: Look, reader: Reader, review: Review, page: int = PAGE
    ) -> None:
        super().__init__(look, reader, page)
        self._review = review
        self._histories: dict[str, History] = {}
        self._steps: dict[str, Mapping[int, Sequence[Disposition]]] = {}
        """What was done with each finding of a run: a sweep has thousands."""
        self.in_sight: Callable[[], Sequence[Row]] = tuple
        """Gives the lines that are seen or chosen, to be looked at again."""
        self._spread: set[str] = set()
        """Runs of sweeps whose findings have a line each."""

    def set_query(self, query: JournalQuery) -> None:
        """Show other records."""
        self._spread.clear()
        super().set_query(query)

    def history(self, run_id: str) -> History:
        """Give what was said later about a run in the table."""
        return self._histories.get(run_id, History(run_id=run_id))

    def state(self, row: Row) -> FindingState | None:
        """Say how far a line's finding has been dealt with; None: it is of none."""
        if row.finding is None:
            return None
        return state_after(row.finding.severity, (s.step for s in self.steps(row)))

    def steps(self, row: Row) -> Sequence[Disposition]:
        """Give the steps that were taken with a line's finding, the first one first."""
        if row.index is None:
            return ()
        return self._steps.get(row.entry.record.run_id, {}).get(row.index, ())

    @property
    def rest(self) -> int:
        """The first line with which nobody has to do anything; 0: no line is above."""
        return self._parts[0].lines if len(self._parts) > 1 else 0

    def line_of(self, run_id: str, index: int | None) -> int | None:
        """Give the line of a finding; of its run where it has none."""
        found = None
        for line, row in enumerate(self._rows):
            if row.entry.record.run_id == run_id:
                if row.index == index:
                    return line
                found = line if found is None else found
        return found

    def people(self) -> list[str]:
        """Give everybody who was made responsible, the last one first."""
        steps = [
            step
            for history in self._histories.values()
            for step in history.dispositions
            if step.responsible
        ]
        steps.sort(key=lambda step: step.at, reverse=True)
        return list(dict.fromkeys(step.responsible for step in steps))

    async def look_at(self, run_ids: Sequence[str]) -> None:
        """Read anew what was said about these runs."""
        await self._take(run_ids)
        self._changed(run_ids)

    def spread(self, line: int) -> None:
        """Give each finding of a sweep a line of its own."""
        entry = self._rows[line].entry
        run_id = entry.record.run_id
        if run_id in self._spread or self._rows[line].finding is not None:
            return
        self._spread.add(run_id)
        part = 0 if line < self.rest or len(self._parts) == 1 else 1
        rows = [Row(entry, index) for index in range(len(entry.record.findings))]
        if not rows:
            return
        self.beginRemoveRows(QModelIndex(), line, line)
        del self._rows[line]
        self._parts[part].lines -= 1
        self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), line, line + len(rows) - 1)
        self._rows[line:line] = rows
        self._parts[part].lines += len(rows)
        self.endInsertRows()

    def _queries(self) -> Sequence[JournalQuery]:
        query = self._query
        if query.open is not None or query.state is not None:
            return (query,)
        return (replace(query, open=True), replace(query, open=False))

    async def _learn(self, entries: Sequence[JournalEntry]) -> None:
        await self._take([entry.record.run_id for entry in entries])

    async def _take(self, run_ids: Sequence[str]) -> None:
        wanted = list(run_ids)
        if wanted:
            review = self._review
            read = await self._reader.run(lambda: review.histories(wanted))
            for history in read:
                steps = defaultdict(list)
                for step in history.dispositions:
                    steps[step.index].append(step)
                self._histories[history.run_id] = history
                self._steps[history.run_id] = steps

    async def _look_again(self) -> None:
        # Another desk may have dealt with what is open here.
        lines = self.in_sight()
        await self.look_at(list(dict.fromkeys(r.entry.record.run_id for r in lines)))

    def _lines(self, entry: JournalEntry, part: int) -> list[Row]:
        query, found = self._query, entry.record.findings
        asked = self._queries()[part].open
        fitting = [Row(entry, i) for i, each in enumerate(found) if fits(each, query)]
        lines = [row for row in fitting if self._stands_so(row, asked)]
        named = [row for row in lines if row.finding and says(row.finding, query)]
        # The words may be of the run; then they tell no finding from another.
        lines = named or lines
        # Of a sweep, what somebody has to deal with has a line each.
        each = asked or query.state not in {None, FindingState.NONE}
        if len(found) > SWEEP and len(lines) > SWEEP and not each:
            return [Row(entry)]
        return lines or rows_of(entry, query)

    def _stands_so(self, row: Row, asked: bool | None) -> bool:
        """Whether a finding stands as is looked for; few of one run stay together."""
        if self._query.state is not None:
            return self.state(row) is self._query.state
        many = len(row.entry.record.findings) > SWEEP
        if not asked or not (many or self._query.open):
            return True
        state = self.state(row)
        return state is not None and state.is_open

    def _titles(self) -> tuple[str, ...]:
        return (
            self.tr("级别"),
            self.tr("时间"),
            self.tr("地点"),
            self.tr("检查"),
            self.tr("结论"),
            self.tr("处置"),
            self.tr("值班员"),
        )

    def _text(self, row: Row, column: int) -> str:
        record = row.entry.record
        if column == 0:
            severity = severity_of(row) if record.findings else None
            if severity is not None:
                return words.severity_word(severity)
            return words.outcome_word(record.outcome)
        if column == 1:
            return words.full_time(record.started_at)[2:].replace(" ", "\n")
        if column == 2:
            return place_text(row)
        if column == 3:
            return check_text(row)
        if column == 4:
            return verdict_text(row)
        return self._dealt_with(row) if column == STATE else record.operator

    def _dealt_with(self, row: Row) -> str:
        state = self.state(row)
        if state is None or state is FindingState.NONE:
            return ""
        steps = self.steps(row)
        named = [s.responsible for s in steps if s.responsible]
        last = steps[-1].step if steps else Step.NOTED
        shown = named[-1:] if state.is_open and last is not Step.REOPENED else []
        return "\n".join([state_word(state), *shown])
