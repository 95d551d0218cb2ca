"""Alarms in the tables: which are open, who has acknowledged which, and one more."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby, islice

from sqlalchemy import Connection, Select, func, insert, select

from app.core.alarms import Acknowledgement, OpenAlarm, OpenAlarms, alarms_of
from app.core.errors import JournalBrokenError
from app.core.model import Severity
from app.journal import canonical, schema
from app.journal.queries import StoredEntry

_entries, _calls = schema.entries.c, schema.calls.c
_acknowledged, _open = schema.acknowledgements.c, schema.open_alarms.c
_MANY = 500
"""Run ids in one question; SQLite takes no more than some thousands."""


def still_open(connection: Connection, *, limit: int, known: bool) -> OpenAlarms:
    """Count what is open, and give the newest.

    `known`: whether the tables know of acknowledgements. Where they do not yet, every
    alarm is open.
    """
    which = select(_open.seq, _open.position)
    if not known:
        which = select(_calls.seq, _calls.position).where(
            _calls.severity == Severity.ALARM.value
        )
    count = connection.execute(select(func.count()).select_from(which.subquery()))
    return OpenAlarms(
        count=count.scalar_one(),
        newest=tuple(_newest(connection, which, limit)),
    )


def _newest(
    connection: Connection, which: Select[int, int], limit: int
) -> Iterator[OpenAlarm]:
    seq, position = which.selected_columns
    rows = connection.execute(which.order_by(seq.desc(), position).limit(limit)).all()
    wanted = {
        run: [place for _, place in group]
        for run, group in groupby(rows, key=lambda row: row[0])
    }
    bodies = connection.execute(
        select(_entries.seq, _entries.body)
        .where(_entries.seq.in_(wanted))
        .order_by(_entries.seq.desc())
    )
    for run, body in bodies:
        try:
            alarms = {
                each.index: each for each in alarms_of(canonical.decode(body).record)
            }
            yield from (alarms[place] for place in wanted[run])
        except (canonical.NotCanonicalError, KeyError) as error:
            raise JournalBrokenError(
                f"巡检日志第{run}条记录读不出来: {error}"
            ) from error


def of_runs(
    connection: Connection, run_ids: Sequence[str]
) -> Iterator[Acknowledgement]:
    """Give what has been acknowledged of some runs."""
    said = schema.entries.alias()
    statement = (
        select(said.c.seq, said.c.body)
        .select_from(schema.entries)
        .join(schema.acknowledgements, _acknowledged.run_seq == _entries.seq)
        .join(said, said.c.seq == _acknowledged.seq)
        .where(_entries.kind == canonical.KIND_RUN)
    )
    rest = iter(run_ids)
    while some := list(islice(rest, _MANY)):
        for seq, body in connection.execute(
            statement.where(_entries.entry_id.in_(some))
        ):
            yield _read(seq, body)


def told(connection: Connection, found: Sequence[StoredEntry]) -> Iterator[StoredEntry]:
    """Give entries with what was acknowledged of them."""
    with_alarms = [
        stored.entry.record.run_id
        for stored in found
        if any(alarms_of(stored.entry.record))
    ]
    by_run: defaultdict[str, list[Acknowledgement]] = defaultdict(list)
    for each in of_runs(connection, with_alarms):
        by_run[each.run_id].append(each)
    for stored in found:
        given = by_run.get(stored.entry.record.run_id)
        yield replace(stored, acknowledged=tuple(given)) if given else stored


def find_alarm(connection: Connection, acknowledgement: Acknowledgement) -> int | None:
    """Give the entry of the alarm that is meant; None: there is no such alarm."""
    return connection.execute(
        select(_entries.seq)
        .join(schema.calls, _calls.seq == _entries.seq)
        .where(
            _entries.kind == canonical.KIND_RUN,
            _entries.entry_id == acknowledgement.run_id,
            _calls.position == acknowledgement.index,
            _calls.severity == Severity.ALARM.value,
        )
    ).scalar_one_or_none()


def first_of(
    connection: Connection, run_seq: int, index: int
) -> Acknowledgement | None:
    """Give who has acknowledged an alarm already."""
    row = connection.execute(
        select(_entries.seq, _entries.body)
        .join(schema.acknowledgements, _acknowledged.seq == _entries.seq)
        .where(_acknowledged.run_seq == run_seq, _acknowledged.position == index)
    ).one_or_none()
    return None if row is None else _read(*row)


def note(connection: Connection, seq: int, run_seq: int, index: int) -> None:
    """Insert the derived row of the entry `seq`; the alarm is no longer open."""
    connection.execute(
        insert(schema.acknowledgements),
        {"seq": seq, "run_seq": run_seq, "position": index},
    )


def _read(seq: int, body: str) -> Acknowledgement:
    try:
        return canonical.decode_acknowledgement(body)
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error
