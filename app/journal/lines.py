"""Entries as they stand in the chain, for whoever writes them to a file."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, select

from app.core.ports import ChainLine, JournalQuery
from app.journal import canonical, queries, schema

_CHUNK: Final = 256


def every(connection: Connection) -> Iterator[ChainLine]:
    """Give every entry of the chain, of whatever kind, in its order."""
    entries = schema.entries.c
    columns = select(
        entries.seq,
        entries.kind,
        entries.entry_id,
        entries.previous_hash,
        entries.hash,
        entries.body,
    )
    after = 0
    while True:
        some = columns.where(entries.seq > after).order_by(entries.seq).limit(_CHUNK)
        rows = connection.execute(some).all()
        for seq, kind, entry_id, previous, digest, body in rows:
            yield ChainLine(
                seq=seq,
                kind=kind,
                entry_id=entry_id,
                previous_hash=previous,
                hash=digest,
                body=body,
            )
        if len(rows) < _CHUNK:
            return
        after = rows[-1].seq


def of_runs(connection: Connection, query: JournalQuery) -> Iterator[ChainLine]:
    """Give the runs that a filter finds, oldest first."""
    for stored in stored_runs(connection, query):
        entry = stored.entry
        yield ChainLine(
            seq=entry.seq,
            kind=canonical.KIND_RUN,
            entry_id=entry.record.run_id,
            previous_hash=entry.previous_hash,
            hash=entry.hash,
            body=stored.body,
        )


def stored_runs(
    connection: Connection, query: JournalQuery
) -> Iterator[queries.StoredEntry]:
    """Give the runs that a filter finds with their texts, oldest first."""
    after = 0
    while True:
        found = queries.oldest_first(connection, query, after=after, limit=_CHUNK)
        yield from found
        if len(found) < _CHUNK:
            return
        after = found[-1].entry.seq
