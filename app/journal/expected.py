"""What the derived tables must hold, as far as the chain has been walked."""

from typing import Final, TypeAlias

from sqlalchemy import Connection, select

from app.core.alarms import Acknowledgement
from app.core.entries import (
    STATE_NAMES,
    STEP_NAMES,
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    FindingState,
    first_state,
    state_after,
    steps_from,
)
from app.core.model import RunRecord, Severity
from app.journal import canonical, derived, schema, words
from app.journal.canonical import microseconds
from app.journal.rows import Place, Rows, SaidRow

Later: TypeAlias = Acknowledgement | Disposition | Correction | Decision | DeskEvent

LATER: Final[dict[str, type[Later]]] = {
    canonical.KIND_ACKNOWLEDGEMENT: Acknowledgement,
    canonical.KIND_DISPOSITION: Disposition,
    canonical.KIND_CORRECTION: Correction,
    canonical.KIND_DECISION: Decision,
    canonical.KIND_EVENT: DeskEvent,
}

_WORDS_SINCE: Final = 6
"""The layout from which on the notes of acknowledgements are in the text index."""

_entries, _calls, _said = schema.entries.c, schema.calls.c, derived.said.c


class UnfitError(Exception):
    """An entry that does not follow from those before; the text says why."""


class Expected:
    """Which alarms nobody has acknowledged, and how far findings are dealt with."""

    def __init__(self, connection: Connection) -> None:
        """Begin with none; tables are asked about entries walked before only."""
        self._connection = connection
        self.unseen: set[Place] = set()
        self.states: dict[Place, FindingState] = {}

    def run(self, seq: int, record: RunRecord) -> None:
        """Take in a run."""
        for index, finding in enumerate(record.findings):
            if finding.severity is Severity.ALARM:
                self.unseen.add((seq, index))
                self.states[seq, index] = FindingState.OPEN

    def later(self, seq: int, said: Later) -> Rows:
        """Take in what was said later, and give its rows.

        Raises:
            UnfitError: It cannot have been said after the entries before.
        """
        if isinstance(said, DeskEvent):
            return Rows(event=(said.kind.value, microseconds(said.at)))
        if isinstance(said, Decision):
            return Rows(said=self._decided(seq, said))
        kind, run_seq = canonical.kind_of(said), self._run_before(seq, said.run_id)
        if isinstance(said, Acknowledgement):
            place = (run_seq, said.index)
            self._acknowledged(seq, place)
            return Rows(acknowledged=place, said=(run_seq, kind, said.index, "", None))
        if isinstance(said, Disposition):
            self._disposed(seq, said, (run_seq, said.index))
            return Rows(said=(run_seq, kind, said.index, said.step.value, None))
        if not run_seq:
            raise UnfitError(f"第{seq}条更正的记录不存在")
        return Rows(said=(run_seq, kind, None, "", None))

    def words(self, said: Later, body: str) -> str:
        """Give what the text index holds of it."""
        return words.of_later(said) if canonical.layout_of(body) >= _WORDS_SINCE else ""

    def _acknowledged(self, seq: int, place: Place) -> None:
        if place not in self.unseen:
            raise UnfitError(f"第{seq}条确认的告警不存在, 或在它之前已确认过")
        self.unseen.remove(place)

    def _disposed(self, seq: int, said: Disposition, place: Place) -> None:
        state = self.states.get(place) or self._untouched(place)
        if state is None:
            raise UnfitError(f"第{seq}条处置的结论不存在")
        if said.step not in steps_from(state):
            raise UnfitError(
                f"第{seq}条登记的“{STEP_NAMES[said.step]}”不能跟在"
                f"“{STATE_NAMES[state]}”之后"
            )
        following = state_after(Severity.NORMAL, [said.step])
        if following is not FindingState.NONE:
            self.states[place] = following

    def _untouched(self, place: Place) -> FindingState | None:
        severity = self._connection.execute(
            select(_calls.severity).where(
                _calls.seq == place[0], _calls.position == place[1]
            )
        ).scalar()
        return first_state(Severity(severity)) if severity else None

    def _decided(self, seq: int, said: Decision) -> SaidRow:
        found = self._connection.execute(
            select(_said.run_seq, _said.seq)
            .join(schema.entries, _entries.seq == _said.seq)
            .where(
                _entries.kind == canonical.KIND_CORRECTION,
                _entries.entry_id == said.correction_id,
                _entries.seq < seq,
            )
        ).one_or_none()
        if found is None:
            raise UnfitError(f"第{seq}条审批的更正不存在")
        run_seq, about = found
        return run_seq, canonical.KIND_DECISION, None, "", about

    def _run_before(self, seq: int, run_id: str) -> int:
        """Give the entry of a run that was there already; 0: it was not."""
        found = self._connection.execute(
            select(_entries.seq).where(
                _entries.kind == canonical.KIND_RUN,
                _entries.entry_id == run_id,
                _entries.seq < seq,
            )
        ).scalar_one_or_none()
        return found or 0
