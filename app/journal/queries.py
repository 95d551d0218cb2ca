"""Filters as SQL: which entries, newest or oldest first, a page at a time.

The most selective table drives and is walked in order of `seq`; the others are asked
row by row through EXISTS, which SQLite never turns into the driver.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    Table,
    and_,
    exists,
    false,
    select,
    union,
)

from app.core.entries import FindingState
from app.core.errors import JournalBrokenError
from app.core.model import RunRecord
from app.core.ports import JournalEntry, JournalQuery
from app.journal import canonical, derived, form, schema
from app.journal.canonical import microseconds
from app.journal.held import Held
from app.journal.index import storable
from app.journal.words import match

_MANY: Final = 500
"""Numbers in one question; SQLite takes no more than some thousands."""

Bound: TypeAlias = Callable[[Select[int], ColumnElement[int]], Select[int]]
"""Puts a statement in order, and begins it after the page above."""

_PLACE = (
    schema.entries.c.seq,
    schema.entries.c.previous_hash,
    schema.entries.c.hash,
)
_ENTRY = (*_PLACE, schema.entries.c.body)

_Places: TypeAlias = Iterable[Row[int, str, str]]
"""Number, hash before and hash of some entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry and the text it was read from."""

    entry: JournalEntry
    body: str


def newest_first(
    connection: Connection,
    held: Held,
    query: JournalQuery,
    *,
    before: int | None,
    limit: int,
) -> list[JournalEntry]:
    """Give the entries just older than `before`."""

    def bound(statement: Select[int], seq: ColumnElement[int]) -> Select[int]:
        if before is not None:
            statement = statement.where(seq < before)
        return statement.order_by(seq.desc())

    wanted = _matching(connection, query, bound, limit).subquery()
    seq = schema.entries.c.seq
    found = select(*_PLACE).join(wanted, wanted.c.seq == seq).order_by(seq.desc())
    return list(_read(connection, held, connection.execute(found)))


def oldest_first(
    connection: Connection, query: JournalQuery, *, after: int, limit: int
) -> list[StoredEntry]:
    """Give the entries just newer than `after`."""

    def bound(statement: Select[int], seq: ColumnElement[int]) -> Select[int]:
        return statement.where(seq > after).order_by(seq)

    wanted = _matching(connection, query, bound, limit).subquery()
    seq = schema.entries.c.seq
    rows = connection.execute(
        select(*_ENTRY).join(wanted, wanted.c.seq == seq).order_by(seq)
    )
    return [
        StoredEntry(
            entry=JournalEntry(
                seq=seq, record=_decoded(seq, body), previous_hash=previous, hash=digest
            ),
            body=body,
        )
        for seq, previous, digest, body in rows
    ]


def by_run_id(connection: Connection, held: Held, prefix: str) -> list[JournalEntry]:
    """Give at most two entries whose run id begins so; the exact one alone."""
    entries = schema.entries
    runs = select(*_PLACE).where(entries.c.kind == canonical.KIND_RUN)
    rows = connection.execute(runs.where(entries.c.entry_id == prefix)).all()
    if not rows:
        # A range and not LIKE: it uses the index, and % means itself.
        begins = and_(
            entries.c.entry_id >= prefix, entries.c.entry_id < prefix + "\U0010ffff"
        )
        rows = connection.execute(runs.where(begins).limit(2)).all()
    return list(_read(connection, held, rows))


def by_seq(
    connection: Connection, held: Held, numbers: Iterable[int]
) -> list[JournalEntry]:
    """Give the entries with these numbers, in no order."""
    found: list[JournalEntry] = []
    rest = iter(numbers)
    while some := list(islice(rest, _MANY)):
        wanted = select(*_PLACE).where(schema.entries.c.seq.in_(some))
        found += _read(connection, held, connection.execute(wanted))
    return found


def _read(
    connection: Connection, held: Held, places: _Places
) -> Iterator[JournalEntry]:
    """Give entries in their order; the text only of those that nobody holds."""
    rest = iter(places)
    while some := list(islice(rest, _MANY)):
        records = {seq: held.find(digest) for seq, _, digest in some}
        unknown = [seq for seq, record in records.items() if record is None]
        bodies = _bodies(connection, unknown)
        for seq, previous, digest in some:
            record = records[seq]
            if record is None:
                record = _decoded(seq, bodies[seq])
                held.keep(digest, record)
            yield JournalEntry(
                seq=seq, record=record, previous_hash=previous, hash=digest
            )


def _bodies(connection: Connection, numbers: list[int]) -> dict[int, str]:
    if not numbers:
        return {}
    columns = schema.entries.c
    asked = select(columns.seq, columns.body).where(columns.seq.in_(numbers))
    return dict(iter(connection.execute(asked)))


def _decoded(seq: int, body: str) -> RunRecord:
    try:
        return canonical.decode(body).record
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error


def _matching(
    connection: Connection, query: JournalQuery, bound: Bound, limit: int
) -> Select[int]:
    """Give the numbers of the entries, those next to the bound."""
    if not query.text.strip():
        return _driven(connection, query, bound, limit)
    phrase = match(query.text)
    words, said = schema.words, derived.said
    found = words.c.journal_words.match(phrase) if phrase else false()
    of_runs = select(words.c.rowid.label("seq")).where(found, words.c.rowid > 0)
    # What was said later stands below zero, and is few beside the runs.
    number = -words.c.rowid
    later = (
        select(said.c.run_seq.label("seq"))
        .select_from(schema.words.join(said, said.c.seq == number))
        .where(found, words.c.rowid < 0)
        .distinct()
    )
    halves = [
        bound(_filtered(connection, query, of_runs, words.c.rowid), words.c.rowid),
        bound(_filtered(connection, query, later, said.c.run_seq), said.c.run_seq),
    ]
    both = union(*(select(half.limit(limit).subquery()) for half in halves)).subquery()
    return bound(select(both.c.seq), both.c.seq).limit(limit)


def _driven(
    connection: Connection, query: JournalQuery, bound: Bound, limit: int
) -> Select[int]:
    """Let the table drive that says most about what is looked for."""
    place, of_calls = _call_filters(connection, query)
    if not of_calls:
        seq: ColumnElement[int] = schema.runs.c.seq
        statement = select(seq.label("seq")).where(*run_filters(query))
    else:
        seq = place.c.seq
        statement = select(seq.label("seq")).distinct().where(*of_calls)
        if of_runs := run_filters(query):
            runs = schema.runs
            statement = statement.where(exists().where(runs.c.seq == seq, *of_runs))
    statement = statement.where(*_settled(connection, query, seq))
    return bound(statement, seq).limit(limit)


def _filtered(
    connection: Connection,
    query: JournalQuery,
    statement: Select[int],
    seq: ColumnElement[int],
) -> Select[int]:
    """Ask row by row for everything but the text."""
    if of_runs := run_filters(query):
        statement = statement.where(exists().where(schema.runs.c.seq == seq, *of_runs))
    place, of_calls = _call_filters(connection, query)
    if of_calls:
        statement = statement.where(exists().where(place.c.seq == seq, *of_calls))
    return statement.where(*_settled(connection, query, seq))


def run_filters(query: JournalQuery) -> list[ColumnElement[bool]]:
    """Give the conditions on the run as a whole."""
    runs = schema.runs
    filters: list[ColumnElement[bool]] = []
    if query.since is not None:
        filters.append(runs.c.started_us >= microseconds(query.since))
    if query.until is not None:
        filters.append(runs.c.started_us < microseconds(query.until))
    if query.outcome is not None:
        filters.append(runs.c.outcome == query.outcome.value)
    if query.operator:
        part = storable(query.operator)
        filters.append(runs.c.operator.contains(part, autoescape=True))
    return filters


def _call_filters(
    connection: Connection, query: JournalQuery
) -> tuple[Table, list[ColumnElement[bool]]]:
    """Give the conditions on one and the same call, and the table they are of.

    The fewest rows first: findings to deal with, the calls of a region, every call.
    """
    calls, figures, states = schema.calls, derived.figures, derived.states
    untouched = query.state is FindingState.NONE
    if query.open or (query.state is not None and not untouched):
        place = states
    else:
        place = figures if query.region else calls
    filters = _of_site(connection, place, query)
    if query.open:
        filters.append(states.c.is_open == 1)
    if place is states and query.state is not None:
        filters.append(states.c.state == query.state.value)
    of_call = _of_call(calls if place is states else place, query)
    if untouched and place is states:
        # What is open has been touched.
        filters.append(false())
    elif untouched:
        here = and_(states.c.seq == place.c.seq, states.c.position == place.c.position)
        filters += [place.c.severity != "", ~exists().where(here)]
    if place is states and of_call:
        same = (calls.c.seq == place.c.seq, calls.c.position == place.c.position)
        return place, [*filters, exists().where(*same, *of_call)]
    return place, [*filters, *of_call]


def _settled(
    connection: Connection, query: JournalQuery, seq: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """Give the condition that no call that is looked for is open."""
    if query.open is not False:
        return []
    states, calls = derived.states.alias(), schema.calls.alias()
    wanted = [states.c.seq == seq, states.c.is_open == 1]
    wanted += _of_site(connection, states, query)
    of_call = _of_call(calls, query)
    if of_call:
        same = (calls.c.seq == states.c.seq, calls.c.position == states.c.position)
        wanted.append(exists().where(*same, *of_call))
    return [~exists().where(*wanted)]


def open_filters(
    connection: Connection, *, region: str, site: str
) -> list[ColumnElement[bool]]:
    """Give the conditions on the findings that are still to be dealt with."""
    states = derived.states
    query = JournalQuery(region=region, site=site)
    return [states.c.is_open == 1, *_of_site(connection, states, query)]


def _of_site(
    connection: Connection, place: FromClause, query: JournalQuery
) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.region:
        filters.append(place.c.region == form.escaped(query.region))
    if query.site:
        keys = _site_keys(connection, storable(query.site))
        one = len(keys) == 1
        filters.append(
            place.c.site_key == keys[0] if one else place.c.site_key.in_(keys)
        )
    return filters


def _of_call(place: FromClause, query: JournalQuery) -> list[ColumnElement[bool]]:
    filters: list[ColumnElement[bool]] = []
    if query.check is not None:
        filters.append(place.c.check_name == query.check.value)
    if query.severity is not None:
        filters.append(place.c.severity == query.severity.value)
    return filters


def _site_keys(connection: Connection, words: str) -> list[int]:
    """Give the keys of the sites that the words name; of the id alone if it is one."""
    sites = schema.sites
    by_id = select(sites.c.key).where(sites.c.site_id == words)
    keys = connection.execute(by_id).scalars().all()
    if not keys:
        part = sites.c.name.contains(words, autoescape=True)
        keys = connection.execute(select(sites.c.key).where(part)).scalars().all()
    return [int(key) for key in keys]
