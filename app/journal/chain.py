"""The end of the chain: the one place where an entry of any kind is added.

Entries are added one after another on a thread of its own, each durable before the
next begins, and with the rows that are derived from it in the same transaction.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, Insert, insert, select

from app.core.alarms import Acknowledgement
from app.core.entries import Correction, Decision, DeskEvent, Disposition
from app.core.errors import JournalError, JournalUnwritableError
from app.core.model import RunRecord
from app.core.ports import Clock, JournalEntry
from app.journal import canonical, failure, index, schema, words
from app.journal.canonical import GENESIS, chain_hash
from app.journal.database import Database
from app.journal.held import Held
from app.journal.reserve import Reserve
from app.system.worker import InferenceWorker

_T = TypeVar("_T")
Later = TypeVar("Later", Acknowledgement, Disposition, Correction, Decision, DeskEvent)


class Chain:
    """Adds entries; several processes may share the file."""

    def __init__(self, path: Path, *, clock: Clock, busy_s: float) -> None:
        """Name the file; nothing is opened yet."""
        self.path = path
        self.clock = clock
        self.database = Database(path, busy_s=busy_s)
        self.reserve = Reserve(path.with_name(path.name + ".reserve"))
        self._held = Held()
        self._worker = InferenceWorker("journal-writer")
        self._closed = False

    @property
    def held(self) -> Held:
        """The records in memory; none within a moment: a report tells of the file."""
        return Held() if self.database.in_moment else self._held

    async def append(self, record: RunRecord) -> JournalEntry:
        """Add the record of a run.

        Raises:
            JournalUnwritableError: Disk full, read-only, locked, damaged, a newer
                journal, a run that has its record, or the journal is closed.
        """
        return await self.on_writer(lambda: self._append(record))

    async def say(
        self, given: Later, check: Callable[[Connection], Later | Insert]
    ) -> Later:
        """Add what is said later, unless `check` finds that it stands already.

        `check` sees what no other process can change before the entry is there. It
        gives the row that is derived from the entry, or the entry that stands.

        Raises:
            JournalUnwritableError: As for `append`.
        """
        return await self.on_writer(lambda: self._say(given, check))

    async def on_writer(self, work: Callable[[], _T]) -> _T:
        """Do something on the writer's thread, after what was asked for before."""
        if self._closed:
            raise failure.closed()
        return await asyncio.wrap_future(self._worker.submit(work))

    def count(self) -> int:
        """Begin to write, as an append would, and count; on the writer's thread.

        Raises:
            JournalUnwritableError: As for `append`.
        """
        try:
            with self.database.writing(self.clock.now()) as connection:
                self.database.require_room(connection)
                count, _ = last(connection)
        except failure.FAILURES as error:
            raise failure.unwritable(error, self.path) from error
        self.reserve.ensure()
        return count

    def close(self) -> None:
        """Finish what is queued and give back the file; idempotent."""
        if not self._closed:
            self._closed = True
            self.database.close()
            # Last of all the one that may write: it folds the WAL into the file.
            self._worker.submit(self.database.drop_writer)
            self._worker.close()

    def _append(self, record: RunRecord) -> JournalEntry:
        body = canonical.encode(record, recorded_at=self.clock.now())
        rows = index.derive(record)
        entry = self._durably(
            lambda again: self._write(record, body, rows, again=again)
        )
        self._held.keep(entry.hash, record)
        return entry

    def _say(
        self, given: Later, check: Callable[[Connection], Later | Insert]
    ) -> Later:
        body = canonical.encode(given, recorded_at=self.clock.now())
        found = words.of_later(given)

        def write(again: bool) -> Later:
            with self.database.writing(self.clock.now()) as connection:
                self.database.note_layout(connection)
                if again and _known(connection, given, given.entry_id) is not None:
                    return given
                checked = check(connection)
                if not isinstance(checked, Insert):
                    return checked
                seq, _, _ = _link(connection, given, given.entry_id, body)
                connection.execute(checked.values(seq=seq))
                index.write_later(connection, seq, found)
            return given

        return self._durably(write)

    def _write(
        self, record: RunRecord, body: str, rows: index.IndexRows, *, again: bool
    ) -> JournalEntry:
        run_id = record.run_id
        with self.database.writing(self.clock.now()) as connection:
            known = _known(connection, record, run_id)
            if known is not None:
                if again:
                    return _placed(record, *known)
                raise failure.duplicate(run_id)
            self.database.note_layout(connection)
            seq, previous, digest = _link(connection, record, run_id, body)
            index.write(connection, seq, rows)
        return _placed(record, seq, previous, digest)

    def _durably(self, write: Callable[[bool], _T]) -> _T:
        """Write, and once more on the reserve where the disk is full.

        `write` is told whether it has been tried before: a commit that reported a
        failure may have succeeded all the same.
        """
        try:
            try:
                written = write(False)
            except failure.FAILURES as error:
                if not failure.is_full(error, self.path):
                    raise
                if not self.reserve.release():
                    raise
                written = write(True)
        except failure.FAILURES as error:
            raise failure.unwritable(error, self.path) from error
        except JournalUnwritableError:
            raise
        except JournalError as error:
            raise JournalUnwritableError(error.message, error.remedy) from error
        self.reserve.ensure()
        return written


def last(connection: Connection) -> tuple[int, str]:
    """Give number and hash of the last entry."""
    entries = schema.entries.c
    row = connection.execute(
        select(entries.seq, entries.hash).order_by(entries.seq.desc()).limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else (0, GENESIS)


def _known(
    connection: Connection, kept: canonical.Kept, entry_id: str
) -> tuple[int, str, str] | None:
    """Give number, hash before and hash of an entry that is there already."""
    entries = schema.entries.c
    row = connection.execute(
        select(entries.seq, entries.previous_hash, entries.hash).where(
            entries.kind == canonical.kind_of(kept), entries.entry_id == entry_id
        )
    ).one_or_none()
    return (row[0], row[1], row[2]) if row is not None else None


def _link(
    connection: Connection, kept: canonical.Kept, entry_id: str, body: str
) -> tuple[int, str, str]:
    """Insert the next entry; give its number, the hash before it, and its own."""
    before, previous = last(connection)
    seq = before + 1
    digest = chain_hash(previous, seq, body)
    connection.execute(
        insert(schema.entries),
        {
            "seq": seq,
            "kind": canonical.kind_of(kept),
            "entry_id": entry_id,
            "previous_hash": previous,
            "hash": digest,
            "body": body,
        },
    )
    return seq, previous, digest


def _placed(record: RunRecord, seq: int, previous: str, digest: str) -> JournalEntry:
    return JournalEntry(seq=seq, record=record, previous_hash=previous, hash=digest)
