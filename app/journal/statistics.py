"""How often a desk did what, over a span of time: counted, not read record by record.

How a run ended stands in a column. What a model's sentence came to, and who read the
command, stand in the body alone. Its text is canonical (no blanks, quotes within a text
escaped), so that a member and its value can be looked for as a piece of text: a month
of a busy desk takes a fifth of a second, where to read every record takes ten.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, LargeBinary, cast, func, select

from app.core.model import Outcome, Source
from app.core.ports import JournalQuery
from app.journal import queries, schema


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeCount:
    """How many runs ended so."""

    outcome: Outcome
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """What the runs of a span of time come to."""

    outcomes: tuple[OutcomeCount, ...] = ()
    """One for each member of `Outcome`, those that never were too."""
    findings: int = 0
    compared: int = 0
    """Findings for which a model wrote a sentence, compared with the rule's."""
    differed: int = 0
    """Of these, the ones that did not say the same; the rule's was shown."""
    agreed: int = 0
    """Commands that model and rules read alike."""
    disagreed: int = 0
    """Commands that both read, and one of the two had to be followed."""

    @property
    def runs(self) -> int:
        """How many runs there were."""
        return sum(each.runs for each in self.outcomes)

    @property
    def asked(self) -> int:
        """How many runs ended in a question."""
        return sum(e.runs for e in self.outcomes if e.outcome is Outcome.ASKED)


NO_RUNS: Final = Statistics(
    outcomes=tuple(OutcomeCount(outcome=each, runs=0) for each in Outcome)
)

_WRITTEN: Final = b'"model_sentence":"'
_NOTHING: Final = b'"model_sentence":""'
_DIFFERED: Final = b'"model_differed":true'
_NO_MODEL: Final = b'"model":""'
_SOURCE: Final = b'"source":"'
_BOTH: Final = f'{Source.MODEL_AND_RULES}"'.encode()
_EITHER: Final = (f'{Source.MODEL}"'.encode(), f'{Source.RULES}"'.encode())


def counted(connection: Connection, query: JournalQuery) -> Statistics:
    """Count the runs that a query finds; of it only what is said of the whole run."""
    runs, entries = schema.runs.c, schema.entries.c
    wanted = queries.run_filters(query)
    ended = connection.execute(
        select(runs.outcome, func.count(), func.min(runs.seq), func.max(runs.seq))
        .where(*wanted)
        .group_by(runs.outcome)
    ).all()
    if not ended:
        return NO_RUNS
    number = {str(outcome): int(count) for outcome, count, _, _ in ended}
    # The times have no index; the numbers of the entries have.
    first, last = min(row[2] for row in ended), max(row[3] for row in ended)
    bodies = connection.execute(
        # As bytes: to make text of them would take as long as to count in them.
        select(cast(entries.body, LargeBinary))
        .select_from(schema.entries.join(schema.runs, runs.seq == entries.seq))
        .where(entries.seq.between(first, last), *wanted)
    )
    found: Counter[str] = Counter()
    for (body,) in bodies:
        _count(body, found)
    return Statistics(
        outcomes=tuple(
            OutcomeCount(outcome=each, runs=number.get(each.value, 0))
            for each in Outcome
        ),
        findings=found["findings"],
        compared=found["compared"],
        differed=found["differed"],
        agreed=found["agreed"],
        disagreed=found["disagreed"],
    )


def _count(body: bytes, found: Counter[str]) -> None:
    """Add what one body holds."""
    if findings := body.count(_WRITTEN):
        found["findings"] += findings
        if written := findings - body.count(_NOTHING):
            found["compared"] += written
            found["differed"] += body.count(_DIFFERED)
    begins = body.find(_SOURCE) + len(_SOURCE)
    if begins < len(_SOURCE):
        return
    if body.startswith(_BOTH, begins):
        found["agreed"] += 1
    elif body.startswith(_EITHER, begins) and _NO_MODEL not in body:
        found["disagreed"] += 1
