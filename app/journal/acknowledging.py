"""Alarms in the tables: which are open, who has acknowledged which, and one more."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice

from sqlalchemy import ColumnElement, Connection, Insert, Select, func, insert, select

from app.core.alarms import Acknowledgement, OpenAlarm, OpenAlarms, alarms_of
from app.core.errors import JournalBrokenError
from app.core.model import RunRecord, Severity
from app.journal import canonical, failure, schema
from app.journal.held import Held

_entries, _calls = schema.entries.c, schema.calls.c
_acknowledged, _open = schema.acknowledgements.c, schema.open_alarms.c
_MANY = 500
"""Run ids in one question; SQLite takes no more than some thousands."""
_KEPT = 500
"""Open alarms that are kept in memory; a window shows fewer."""


class Decoded:
    """The open alarms that were given before; an entry never changes.

    A window asks every few seconds, and hours of a bad shift are the same ones. The
    hash of the entry is the key: the same numbers in another file are other alarms.
    """

    def __init__(self) -> None:
        """Know none."""
        self._known: dict[tuple[str, int], OpenAlarm] = {}

    def find(self, digest: str, positions: Sequence[int]) -> list[OpenAlarm] | None:
        """Give the alarms of an entry; None: not all of them are known."""
        known = self._known
        found = [known.get((digest, position)) for position in positions]
        given = [each for each in found if each is not None]
        return given if len(given) == len(found) else None

    def keep(self, given: Iterable[tuple[str, OpenAlarm]]) -> None:
        """Know what was given last, with the hashes of the entries, and no more."""
        newest = islice(given, _KEPT)
        self._known = {(digest, each.index): each for digest, each in newest}


def still_open(
    connection: Connection, decoded: Decoded, held: Held, *, limit: int
) -> OpenAlarms:
    """Count what is open, and give the newest."""
    which = select(_open.seq, _open.position)
    count = connection.execute(select(func.count()).select_from(which.subquery()))
    newest = tuple(_newest(connection, which, limit, decoded, held))
    decoded.keep(newest)
    return OpenAlarms(
        count=count.scalar_one(), newest=tuple(alarm for _, alarm in newest)
    )


def _newest(
    connection: Connection,
    which: Select[int, int],
    limit: int,
    decoded: Decoded,
    held: Held,
) -> Iterator[tuple[str, OpenAlarm]]:
    """Give alarms with the hashes of their entries; read what is not known yet."""
    seq, position = which.selected_columns
    rows = connection.execute(which.order_by(seq.desc(), position).limit(limit)).all()
    wanted = {
        run: [place for _, place in group]
        for run, group in groupby(rows, key=lambda row: row[0])
    }
    rest = iter(wanted)
    while some := list(islice(rest, _MANY)):
        digests = _of_entries(connection, _entries.hash, some)
        found = {run: decoded.find(digests.get(run, ""), wanted[run]) for run in some}
        unknown = [run for run, alarms in found.items() if alarms is None]
        records = {run: held.find(digests.get(run, "")) for run in unknown}
        unread = [run for run, record in records.items() if record is None]
        bodies = _of_entries(connection, _entries.body, unread)
        for run, alarms in found.items():
            if alarms is None:
                record = records[run] or _decode(run, bodies.get(run, ""))
                alarms = _alarms(run, record, wanted[run])
            for alarm in alarms:
                yield digests[run], alarm


def _of_entries(
    connection: Connection, column: ColumnElement[str], runs: Sequence[int]
) -> dict[int, str]:
    if not runs:
        return {}
    asked = select(_entries.seq, column).where(_entries.seq.in_(runs))
    return dict(iter(connection.execute(asked)))


def _decode(run: int, body: str) -> RunRecord:
    try:
        return canonical.decode(body).record
    except canonical.NotCanonicalError as error:
        raise _unreadable(run, error) from error


def _alarms(run: int, record: RunRecord, positions: Sequence[int]) -> list[OpenAlarm]:
    alarms = {each.index: each for each in alarms_of(record)}
    try:
        return [alarms[place] for place in positions]
    except KeyError as error:
        raise _unreadable(run, error) from error


def _unreadable(run: int, error: Exception) -> JournalBrokenError:
    return JournalBrokenError(f"巡检日志第{run}条记录读不出来: {error}")


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


def take(connection: Connection, given: Acknowledgement) -> Acknowledgement | Insert:
    """Give the row of an acknowledgement, or who has acknowledged the alarm before.

    Raises:
        UsageError: There is no such alarm.
    """
    run_seq = _find_alarm(connection, given)
    if run_seq is None:
        raise failure.no_alarm(given.run_id)
    # Somebody at another desk; or this very one, whose commit succeeded although it
    # reported a failure.
    first = _first_of(connection, run_seq, given.index)
    if first is not None:
        return first
    table = schema.acknowledgements
    return insert(table).values(run_seq=run_seq, position=given.index)


def _find_alarm(connection: Connection, acknowledgement: Acknowledgement) -> int | None:
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


def _first_of(
    connection: Connection, run_seq: int, index: int
) -> Acknowledgement | None:
    """Give who has acknowledged an alarm already."""
    row = connection.execute(
        select(_entries.seq, _entries.body)
        .join(schema.acknowledgements, _acknowledged.seq == _entries.seq)
        .where(_acknowledged.run_seq == run_seq, _acknowledged.position == index)
    ).one_or_none()
    return None if row is None else _read(*row)


def _read(seq: int, body: str) -> Acknowledgement:
    try:
        return canonical.decode_as(body, Acknowledgement)
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error
