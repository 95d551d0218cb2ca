"""What is said later about a run: what may be said, its row, and reading it again."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from sqlalchemy import Connection, Insert, Select, and_, exists, insert, select

from app.core.alarms import Acknowledgement
from app.core.disposing import no_correction, no_finding, no_run, require_follows
from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    History,
    Step,
    state_after,
)
from app.core.errors import JournalBrokenError
from app.core.model import Severity
from app.journal import canonical, derived, schema
from app.journal.canonical import microseconds

_entries, _calls, _said = schema.entries.c, schema.calls.c, derived.said.c
_MANY: Final = 500
"""Run ids in one question; SQLite takes no more than some thousands."""

_KEPT: Final = {
    canonical.KIND_ACKNOWLEDGEMENT: Acknowledgement,
    canonical.KIND_DISPOSITION: Disposition,
    canonical.KIND_CORRECTION: Correction,
    canonical.KIND_DECISION: Decision,
}
_T = TypeVar("_T")


def take_disposition(connection: Connection, given: Disposition) -> Insert:
    """Give the row of a step, where it may be taken.

    Raises:
        UsageError: No such finding, or a step that cannot follow.
    """
    found = connection.execute(
        select(_entries.seq, _calls.severity)
        .join(schema.calls, _calls.seq == _entries.seq)
        .where(
            _entries.kind == canonical.KIND_RUN,
            _entries.entry_id == given.run_id,
            _calls.position == given.index,
            # A call that never came to a finding has none to deal with.
            _calls.severity != "",
        )
    ).one_or_none()
    if found is None:
        raise no_finding(given.run_id, given.index)
    run_seq, severity = found
    if given.recheck_run and _run_seq(connection, given.recheck_run) is None:
        raise no_run(given.recheck_run)
    taken = connection.execute(
        select(_said.step)
        .where(
            _said.run_seq == run_seq,
            _said.position == given.index,
            _said.kind == canonical.KIND_DISPOSITION,
        )
        .order_by(_said.seq)
    ).scalars()
    state = state_after(Severity(severity), [Step(step) for step in taken])
    require_follows(given.step, state)
    return _row(given, run_seq, position=given.index, step=given.step.value)


def take_correction(connection: Connection, given: Correction) -> Insert:
    """Give the row of a correction.

    Raises:
        UsageError: No such run.
    """
    run_seq = _run_seq(connection, given.run_id)
    if run_seq is None:
        raise no_run(given.run_id)
    return _row(given, run_seq)


def take_decision(connection: Connection, given: Decision) -> Insert:
    """Give the row of a decision.

    Raises:
        UsageError: No such correction.
    """
    found = connection.execute(
        select(_said.run_seq, _said.seq)
        .join(schema.entries, _entries.seq == _said.seq)
        .where(
            _entries.kind == canonical.KIND_CORRECTION,
            _entries.entry_id == given.correction_id,
        )
    ).one_or_none()
    if found is None:
        raise no_correction(given.correction_id)
    run_seq, about = found
    return _row(given, run_seq, about=about)


def take_event(given: DeskEvent) -> Insert:
    """Give the row of something that happened at the desk."""
    return insert(derived.events).values(
        event=given.kind.value, at_us=microseconds(given.at)
    )


def histories(
    connection: Connection | None, run_ids: Sequence[str]
) -> Iterator[History]:
    """Give what was said later about some runs, in their order, one for each."""
    rest = iter(run_ids)
    while some := list(islice(rest, _MANY)):
        found: dict[str, list[tuple[str, object]]] = {}
        if connection is not None:
            for run_id, seq, kind, body in connection.execute(_about_runs(some)):
                found.setdefault(run_id, []).append((kind, _read_any(seq, kind, body)))
        for run_id in some:
            yield _history(run_id, [kept for _, kept in found.get(run_id, ())])


def _about_runs(run_ids: Sequence[str]) -> Select[str, int, str, str]:
    later = schema.entries.alias()
    return (
        select(_entries.entry_id, later.c.seq, later.c.kind, later.c.body)
        .select_from(schema.entries)
        .join(derived.said, _said.run_seq == _entries.seq)
        .join(later, later.c.seq == _said.seq)
        .where(_entries.kind == canonical.KIND_RUN, _entries.entry_id.in_(run_ids))
        .order_by(later.c.seq)
    )


def _history(run_id: str, kept: Iterable[object]) -> History:
    every = list(kept)
    return History(
        run_id=run_id,
        acknowledgements=tuple(_of(every, Acknowledgement)),
        dispositions=tuple(_of(every, Disposition)),
        corrections=tuple(_of(every, Correction)),
        decisions=tuple(_of(every, Decision)),
    )


def _of(every: Iterable[object], kept: type[_T]) -> Iterator[_T]:
    return (each for each in every if isinstance(each, kept))


def corrections(
    connection: Connection, *, decided: bool | None, limit: int | None
) -> list[tuple[int, Correction, Decision | None]]:
    """Give corrections with the runs they are about, newest first."""
    verdict = derived.said.alias()
    wanted = select(_said.seq, _said.run_seq, _entries.body).join(
        schema.entries, _entries.seq == _said.seq
    )
    wanted = wanted.where(_said.kind == canonical.KIND_CORRECTION)
    if decided is not None:
        is_decided = exists().where(verdict.c.about == _said.seq)
        wanted = wanted.where(is_decided if decided else ~is_decided)
    rows = connection.execute(wanted.order_by(_said.seq.desc()).limit(limit)).all()
    stands = _decisions(connection, [seq for seq, _, _ in rows])
    return [
        (run_seq, read(seq, body, Correction), stands.get(seq))
        for seq, run_seq, body in rows
    ]


def _decisions(connection: Connection, about: Sequence[int]) -> dict[int, Decision]:
    """Give the decision that stands for each correction: the last one."""
    found: dict[int, Decision] = {}
    rest = iter(about)
    while some := list(islice(rest, _MANY)):
        rows = connection.execute(
            select(_said.about, _said.seq, _entries.body)
            .join(schema.entries, _entries.seq == _said.seq)
            .where(_said.about.in_(some))
            .order_by(_said.seq)
        )
        found |= {number: read(seq, body, Decision) for number, seq, body in rows}
    return found


def responsible(
    connection: Connection, places: Sequence[tuple[int, int]]
) -> dict[tuple[int, int], str]:
    """Give who was last made responsible for findings, by run and position."""
    found: dict[tuple[int, int], str] = {}
    wanted = set(places)
    rest = iter(sorted({seq for seq, _ in places}))
    while some := list(islice(rest, _MANY)):
        rows = connection.execute(
            select(_said.run_seq, _said.position, _said.seq, _entries.body)
            .join(schema.entries, _entries.seq == _said.seq)
            .where(
                and_(_said.run_seq.in_(some), _said.step == Step.DISPATCHED.value),
            )
            .order_by(_said.seq)
        )
        for run_seq, position, seq, body in rows:
            if (run_seq, position) in wanted:
                found[run_seq, position] = read(seq, body, Disposition).responsible
    return found


def read(seq: int, body: str, kept: type[_T]) -> _T:
    """Give back an entry of this type.

    Raises:
        JournalBrokenError: It is none.
    """
    try:
        return canonical.decode_as(body, kept)
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error


def _read_any(seq: int, kind: str, body: str) -> object:
    if kind not in _KEPT:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: kind {kind!r}")
    return read(seq, body, _KEPT[kind])


def _run_seq(connection: Connection, run_id: str) -> int | None:
    return connection.execute(
        select(_entries.seq).where(
            _entries.kind == canonical.KIND_RUN, _entries.entry_id == run_id
        )
    ).scalar_one_or_none()


def _row(
    given: Disposition | Correction | Decision,
    run_seq: int,
    *,
    position: int | None = None,
    step: str = "",
    about: int | None = None,
) -> Insert:
    return insert(derived.said).values(
        run_seq=run_seq,
        kind=canonical.kind_of(given),
        position=position,
        step=step,
        about=about,
    )
