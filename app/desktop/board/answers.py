"""What is known of every cell of the board, and what is being asked."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Final

from app.core.model import Call, Check, Finding, RunRecord, Severity, Site
from app.core.standing import Standing, standing_findings
from app.desktop.board.plans import Key, key

AT_ONCE: Final = 200
"""Cells of a run that has ended which are brought up to date in one go."""


class Asking(StrEnum):
    """How far a call is that is under way."""

    ASKED = "asked"
    ANSWERED = "answered"
    """A system has answered; the number is shown when its record is durable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The newest answer to one check at one site."""

    finding: Finding
    answered_at: datetime
    run_id: str
    turn: int
    """When it was put here, counted in answers of this window."""


class Answers:
    """Keeps the newest answer of each cell and the calls that are under way."""

    def __init__(self) -> None:
        self._answers: dict[Key, Answer] = {}
        self._asking: dict[Key, dict[str, Asking]] = {}
        self._cells_of: dict[str, set[Key]] = {}
        self._turn = 0
        self.known = False
        """Whether the journal was read: before, no answer does not mean none."""

    @property
    def turn(self) -> int:
        """To be noted before the journal is read, and given to `take`."""
        return self._turn

    def answer(self, cell: Key) -> Answer | None:
        """Give the newest answer."""
        return self._answers.get(cell)

    def asking(self, cell: Key) -> Asking | None:
        """Say how far a call for this cell is; None: nothing is under way."""
        runs = self._asking.get(cell)
        if not runs:
            return None
        waits = Asking.ASKED in runs.values()
        return Asking.ASKED if waits else Asking.ANSWERED

    @property
    def busy(self) -> Collection[Key]:
        """The cells that are being asked."""
        return self._asking.keys()

    def ask(self, run_id: str, call: Call) -> None:
        """Note that a run puts this call."""
        self._asking.setdefault(key(call), {})[run_id] = Asking.ASKED
        self._cells_of.setdefault(run_id, set()).add(key(call))

    def heard(self, run_id: str, call: Call) -> None:
        """Note that a system has answered."""
        runs = self._asking.get(key(call))
        if runs is not None and run_id in runs:
            runs[run_id] = Asking.ANSWERED

    def end(self, run_id: str, record: RunRecord | None) -> Iterator[set[Key]]:
        """Note that a run has ended; with `record`, take its answers: it is durable.

        It counts at once; its cells are brought up to date piece by piece, as long as
        it is asked to, and those of each are given: keys need not wait for thousands.
        """
        self._turn += 1
        cells = self._cells_of.pop(run_id, set())
        return self._pieces(run_id, record, cells, self._turn)

    def _pieces(
        self, run_id: str, record: RunRecord | None, cells: set[Key], turn: int
    ) -> Iterator[set[Key]]:
        found = iter(standing_findings(record) if record is not None else ())
        while some := list(islice(found, AT_ONCE)):
            assert record is not None
            put = {
                key(finding.call): Answer(
                    finding=finding,
                    answered_at=record.finished_at,
                    run_id=run_id,
                    turn=turn,
                )
                for finding in some
            }
            self._answers |= put
            self._let_go(run_id, put)
            cells -= put.keys()
            yield set(put)
        rest = iter(cells)
        while left := set(islice(rest, AT_ONCE)):
            self._let_go(run_id, left)
            yield left

    def _let_go(self, run_id: str, cells: Iterable[Key]) -> None:
        for cell in cells:
            runs = self._asking.get(cell, {})
            runs.pop(run_id, None)
            if not runs:
                self._asking.pop(cell, None)

    def take(self, found: Iterable[Standing], turn: int) -> set[Key]:
        """Take what the journal had when it was read; give the cells that changed.

        What this window was answered since `turn` is newer than what was read.
        """
        self.known = True
        changed = set()
        for standing in found:
            cell = key(standing.finding.call)
            held = self._answers.get(cell)
            if held is not None and (
                held.turn > turn or held.run_id == standing.run_id
            ):
                continue
            self._answers[cell] = Answer(
                finding=standing.finding,
                answered_at=standing.answered_at,
                run_id=standing.run_id,
                turn=turn,
            )
            changed.add(cell)
        return changed

    def tally(
        self, sites: Sequence[Site], checks: Sequence[Check]
    ) -> Counter[Severity]:
        """Count the answers of some sites."""
        answers = (self._answers.get((s.id, check)) for s in sites for check in checks)
        return Counter(answer.finding.severity for answer in answers if answer)
