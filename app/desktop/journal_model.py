"""The operator's log as a table: what was answered, and which alarms are open."""

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Slot

from app.core.alarms import Acknowledgement, alarms_of
from app.core.model import Severity
from app.core.ports import JournalEntry
from app.desktop import words
from app.desktop.entry_model import PAGE, EntryModel
from app.desktop.journal_rows import (
    Row,
    check_text,
    place_text,
    severity_of,
    verdict_text,
)
from app.desktop.look import Look
from app.desktop.reader import Reader

_LOOKED_AT: Final = 500
"""Lines, from the newest on, whose open alarms are asked about again."""


class JournalModel(EntryModel):
    """Lines of the log, each alarm with a word on whether somebody has seen it."""

    def __init__(self, look: Look, reader: Reader, page: int = PAGE) -> None:
        super().__init__(look, reader, page)
        self._said: dict[tuple[str, int], Acknowledgement] = {}
        """Who has acknowledged which finding of the records in the table."""

    async def _learn(self, entries: Sequence[JournalEntry]) -> None:
        for said in await self._reader.acknowledged([e.record for e in entries]):
            self._said[said.run_id, said.index] = said

    async def _look_again(self) -> None:
        # Another desk may have acknowledged what is open here.
        lines = self._rows[:_LOOKED_AT]
        open_still = [row.entry.record for row in lines if self._is_open(row)]
        for each in await self._reader.acknowledged(open_still):
            self.acknowledged(each)

    @Slot(object)
    def acknowledged(self, said: Acknowledgement) -> None:
        """Show that an alarm has been acknowledged."""
        self._said[said.run_id, said.index] = said
        self._changed([said.run_id])

    def _is_open(self, row: Row) -> bool:
        """Whether an alarm of a line has been acknowledged by nobody."""
        return any(
            (alarm.run_id, alarm.index) not in self._said
            for alarm in alarms_of(row.entry.record)
            if row.finding is None or row.finding is alarm.finding
        )

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
