"""Filters as SQL: which entries, newest or oldest first, a page at a time.

The most selective table drives and is walked in order of `seq`; the others are asked
row by row through EXISTS, which SQLite never turns into the driver.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    exists,
    false,
    select,
)

from app.core.alarms import Acknowledgement
from app.core.errors import JournalBrokenError
from app.core.ports import JournalEntry, JournalQuery
from app.journal import canonical, schema
from app.journal.canonical import microseconds
from app.journal.index import storable
from app.journal.words import match

_ENTRY = (
    schema.entries.c.seq,
    schema.entries.c.previous_hash,
    schema.entries.c.hash,
    schema.entries.c.body,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry and the text it was read from."""

    entry: JournalEntry
    body: str
    acknowledged: tuple[Acknowledgement, ...] = ()
    """Who has acknowledged which of its alarms; only what is exported is told it."""


def newest_first(
    connection: Connection, query: JournalQuery, *, before: int | None, limit: int
) -> list[JournalEntry]:
    """Give the entries just older than `before`."""
    statement, seq = _matching(connection, query)
    if before is not None:
        statement = statement.where(seq < before)
    statement = statement.order_by(seq.desc()).limit(limit)
    return [stored.entry for stored in _fetch(connection, statement, newest=True)]


def oldest_first(
    connection: Connection, query: JournalQuery, *, after: int, limit: int
) -> list[StoredEntry]:
    """Give the entries just newer than `after`."""
    statement, seq = _matching(connection, query)
    statement = statement.where(seq > after).order_by(seq).limit(limit)
    return _fetch(connection, statement, newest=False)


def by_run_id(connection: Connection, prefix: str) -> list[JournalEntry]:
    """Give at most two entries whose run id begins so; the exact one alone."""
    entries = schema.entries
    runs = select(*_ENTRY).where(entries.c.kind == canonical.KIND_RUN)
    rows = connection.execute(runs.where(entries.c.entry_id == prefix)).all()
    if not rows:
        # A range and not LIKE: it uses the index, and % means itself.
        begins = and_(
            entries.c.entry_id >= prefix, entries.c.entry_id < prefix + "\U0010ffff"
        )
        rows = connection.execute(runs.where(begins).limit(2)).all()
    return [_stored(row).entry for row in rows]


def by_seq(connection: Connection, numbers: Sequence[int]) -> list[JournalEntry]:
    """Give the entries with these numbers, in no order."""
    wanted = select(*_ENTRY).where(schema.entries.c.seq.in_(numbers))
    return [_stored(row).entry for row in connection.execute(wanted)]


def _fetch(
    connection: Connection, matching: Select[int], *, newest: bool
) -> list[StoredEntry]:
    wanted = matching.subquery()
    seq = schema.entries.c.seq
    order = seq.desc() if newest else seq
    rows = connection.execute(
        select(*_ENTRY).join(wanted, wanted.c.seq == seq).order_by(order)
    )
    return [_stored(row) for row in rows]


def _stored(row: Row[int, str, str, str]) -> StoredEntry:
    seq, previous, digest, body = row
    try:
        record = canonical.decode(body).record
    except canonical.NotCanonicalError as error:
        raise JournalBrokenError(f"巡检日志第{seq}条记录读不出来: {error}") from error
    return StoredEntry(
        entry=JournalEntry(seq=seq, record=record, previous_hash=previous, hash=digest),
        body=body,
    )


def _matching(
    connection: Connection, query: JournalQuery
) -> tuple[Select[int], ColumnElement[int]]:
    """Give the driving statement, and the column of it that is the sequence."""
    runs, calls, words = schema.runs, schema.calls, schema.words
    of_runs = run_filters(query)
    of_calls = _call_filters(connection, query)
    if query.text.strip():
        seq: ColumnElement[int] = words.c.rowid
        phrase = match(query.text)
        found = words.c.journal_words.match(phrase) if phrase else false()
        statement = select(seq.label("seq")).where(found)
    elif of_calls:
        seq = calls.c.seq
        statement = select(seq.label("seq")).distinct().where(*of_calls)
        of_calls = []
    else:
        seq = runs.c.seq
        return select(seq.label("seq")).where(*of_runs), seq
    if of_runs:
        statement = statement.where(exists().where(runs.c.seq == seq, *of_runs))
    if of_calls:
        statement = statement.where(exists().where(calls.c.seq == seq, *of_calls))
    return statement, seq


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
) -> list[ColumnElement[bool]]:
    calls = schema.calls
    filters: list[ColumnElement[bool]] = []
    if query.site:
        keys = _site_keys(connection, storable(query.site))
        one = len(keys) == 1
        filters.append(
            calls.c.site_key == keys[0] if one else calls.c.site_key.in_(keys)
        )
    if query.check is not None:
        filters.append(calls.c.check_name == query.check.value)
    if query.severity is not None:
        filters.append(calls.c.severity == query.severity.value)
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
