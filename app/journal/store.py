"""The inspection log on the desk's disk: `core.ports.Journal` on SQLite.

Appends run one after another on a thread of their own and are awaited; reading
happens in the caller's thread on connections of its own. Nothing is opened before it
is needed, so a desk whose journal cannot be opened still starts, and says so.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection, insert, select

from app.core.alarms import NO_ALARMS, Acknowledgement, OpenAlarms
from app.core.errors import JournalError, JournalUnwritableError, UsageError
from app.core.model import RunRecord
from app.core.ports import (
    ChainReport,
    Clock,
    Health,
    JournalEntry,
    JournalQuery,
)
from app.core.standing import Standing
from app.journal import (
    acknowledging,
    canonical,
    failure,
    index,
    queries,
    schema,
    standing,
)
from app.journal.canonical import GENESIS, chain_hash
from app.journal.database import Database
from app.journal.reserve import Reserve, free_space
from app.journal.statistics import NO_RUNS, Statistics, counted
from app.journal.verify import Walk
from app.system.worker import InferenceWorker

NAME: Final = "journal"
LOW_SPACE: Final = 64 * 1024 * 1024
"""Free bytes below which `health` warns."""

_MEGABYTE: Final = 1024 * 1024
_CHUNK: Final = 256

_T = TypeVar("_T")


class SqliteJournal:
    """Append-only, hash-chained, durable; several processes may share the file."""

    def __init__(self, path: Path, *, clock: Clock, busy_s: float = 5.0) -> None:
        """Name the file; `busy_s` is how long to wait for another process."""
        self._path = path
        self._clock = clock
        self._database = Database(path, busy_s=busy_s)
        self._reserve = Reserve(path.with_name(path.name + ".reserve"))
        self._worker = InferenceWorker("journal-writer")
        self._decoded = acknowledging.Decoded()
        self._closed = False

    @property
    def path(self) -> Path:
        """The database file."""
        return self._path

    async def append(self, record: RunRecord) -> JournalEntry:
        """Make the record durable and give it back with its place in the chain.

        Raises:
            JournalUnwritableError: Disk full, read-only, locked, damaged, a newer
                journal, a run that has its record, or the journal is closed.
        """
        return await self._on_writer(lambda: self._append(record))

    async def acknowledge(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """Make an acknowledgement durable, and give the one that stands.

        Raises:
            UsageError: There is no such alarm in the journal, or nobody's name.
            JournalUnwritableError: As for `append`.
        """
        if not acknowledgement.by.strip():
            raise UsageError(
                "确认告警的人没有写姓名, 没有确认", "请写上姓名后再确认一次。"
            )
        return await self._on_writer(lambda: self._acknowledge(acknowledgement))

    def open_alarms(self, *, limit: int = _CHUNK) -> OpenAlarms:
        """Count the alarms that nobody has acknowledged, and give the newest.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is None:
                return NO_ALARMS
            known = self._database.has_alarms(at)
            return acknowledging.still_open(at, self._decoded, limit=limit, known=known)

    def acknowledgements(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        """Give what has been acknowledged of these runs.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is None or not self._database.has_alarms(at):
                return ()
            return tuple(acknowledging.of_runs(at, run_ids))

    def page(
        self, query: JournalQuery, *, before: int | None = None, limit: int = _CHUNK
    ) -> Sequence[JournalEntry]:
        """Give entries newest first; `before` is the last `seq` of the page above.

        `since` is included, `until` is not. Site, check and severity are sought in one
        and the same call. `site` is an id, or else part of a name; `operator` is part
        of a name; of `text`, parts with a blank between must all occur.

        Raises:
            JournalError: Damaged, newer, not a journal, unreadable.
        """
        with self._database.reading() as at:
            if at is None:
                return []
            return queries.newest_first(at, query, before=before, limit=limit)

    def get(self, run_id: str) -> JournalEntry | None:
        """Give the entry of a run; a unique prefix of the id is enough.

        Raises:
            UsageError: More than one run id begins so.
            JournalError: As for `page`.
        """
        prefix = index.storable(run_id.strip())
        if not prefix:
            return None
        with self._database.reading() as at:
            found = [] if at is None else queries.by_run_id(at, prefix)
        if len(found) > 1:
            raise UsageError(
                f"不止一条记录的运行编号以「{prefix}」开头", "请多写几位运行编号。"
            )
        return found[0] if found else None

    def latest(self, *, after: int = 0) -> Sequence[Standing]:
        """Give the newest answer to each check at each site, in no order.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            return [] if at is None else standing.latest(at, after=after)

    def entries(self, query: JournalQuery) -> Iterator[JournalEntry]:
        """Give every entry that matches, oldest first, as of one moment.

        Raises:
            JournalError: As for `page`.
        """
        return (stored.entry for stored in self._stored(query))

    def head(self) -> str:
        """Give the hash of the last entry, to be noted outside; see `verify`."""
        with self._database.reading() as at:
            return GENESIS if at is None else _last(at)[1]

    def verify(
        self,
        progress: Callable[[int, int], None] | None = None,
        *,
        expected_head: str = "",
    ) -> ChainReport:
        """Walk the whole chain; `progress` gets (checked, total).

        A hash that was noted outside shows a chain whose end was cut off, or that was
        replaced as a whole: `expected_head` must be the hash of one of the entries.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as connection:
            if connection is not None:
                return Walk(connection, expected_head).run(progress)
        if expected_head.strip() in {"", GENESIS}:
            return ChainReport(checked=0, ok=True, head=GENESIS, detail="日志还是空的")
        return ChainReport(
            checked=0,
            ok=False,
            head=GENESIS,
            first_broken=1,
            detail="日志是空的, 没有找到给定的链头: 记录已被删除",
        )

    def statistics(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Statistics:
        """Count the runs that began in a span; `since` is included, `until` is not.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is None:
                return NO_RUNS
            return counted(at, JournalQuery(since=since, until=until))

    def export(self, path: Path, query: JournalQuery) -> int:
        """Write entries to csv, xlsx or jsonl by suffix; give their number.

        Raises:
            UsageError: Another suffix.
            JournalUnwritableError: The file cannot be written.
            JournalError: As for `page`.
        """
        from app.journal.export import export

        return export(path, self._stored(query))

    async def health(self) -> Health:
        """Say whether a record could be written now, and how much space is left."""
        try:
            count = await self._on_writer(self._probe)
        except JournalError as error:
            return Health(
                name=NAME, ok=False, detail=error.message, remedy=error.remedy
            )
        free = free_space(self._path.parent)
        remedy = f"请清理「{self._path.parent}」所在的磁盘。"
        if free is not None and free < LOW_SPACE:
            spent = "" if self._reserve.present else ", 预留空间已经动用"
            return Health(
                name=NAME,
                ok=False,
                detail=f"磁盘将满, 只剩{free // _MEGABYTE} MB{spent}; "
                f"日志有{count}条记录, 还能写",
                remedy=remedy,
            )
        if not self._reserve.present:
            return Health(
                name=NAME,
                ok=False,
                detail=f"日志有{count}条记录, 但没有预留空间 "
                f"({self._reserve.size // _MEGABYTE} MB), 磁盘写满时可能丢失记录",
                remedy=remedy,
            )
        left = "" if free is None else f", 磁盘剩余{free // _MEGABYTE} MB"
        return Health(name=NAME, ok=True, detail=f"日志有{count}条记录{left}")

    def close(self) -> None:
        """Finish what is queued and give back the file; idempotent."""
        if not self._closed:
            self._closed = True
            self._database.close()
            # Last of all the one that may write: it folds the WAL into the file.
            self._worker.submit(self._database.drop_writer)
            self._worker.close()

    async def _on_writer(self, work: Callable[[], _T]) -> _T:
        if self._closed:
            raise failure.closed()
        future = self._worker.submit(work)
        return await asyncio.wrap_future(future)

    def _stored(self, query: JournalQuery) -> Iterator[queries.StoredEntry]:
        with self._database.reading() as at:
            after = 0
            known = at is not None and self._database.has_alarms(at)
            while at is not None:
                found = queries.oldest_first(at, query, after=after, limit=_CHUNK)
                yield from acknowledging.told(at, found) if known else found
                if len(found) < _CHUNK:
                    return
                after = found[-1].entry.seq

    def _append(self, record: RunRecord) -> JournalEntry:
        body = canonical.encode(record, recorded_at=self._clock.now())
        rows = index.derive(record)
        return self._durably(lambda again: self._write(record, body, rows, again=again))

    def _acknowledge(self, given: Acknowledgement) -> Acknowledgement:
        body = canonical.encode(given, recorded_at=self._clock.now())
        return self._durably(lambda _: self._write_acknowledgement(given, body))

    def _durably(self, write: Callable[[bool], _T]) -> _T:
        """Write, and once more on the reserve where the disk is full.

        `write` is told whether it has been tried before.
        """
        try:
            try:
                written = write(False)
            except failure.FAILURES as error:
                if not failure.is_full(error, self._path):
                    raise
                if not self._reserve.release():
                    raise
                written = write(True)
        except failure.FAILURES as error:
            raise failure.unwritable(error, self._path) from error
        except JournalUnwritableError:
            raise
        except JournalError as error:
            raise JournalUnwritableError(error.message, error.remedy) from error
        self._reserve.ensure()
        return written

    def _write_acknowledgement(
        self, given: Acknowledgement, body: str
    ) -> Acknowledgement:
        with self._database.writing(self._clock.now()) as connection:
            run_seq = acknowledging.find_alarm(connection, given)
            if run_seq is None:
                raise failure.no_alarm(given.run_id)
            self._database.note_layout(connection)
            # Somebody at another desk; or this very one, whose commit succeeded
            # although it reported a failure.
            first = acknowledging.first_of(connection, run_seq, given.index)
            if first is not None:
                return first
            kind = canonical.KIND_ACKNOWLEDGEMENT
            seq, _, _ = _chain(connection, kind, given.entry_id, body)
            acknowledging.note(connection, seq, run_seq, given.index)
        return given

    def _write(
        self, record: RunRecord, body: str, rows: index.IndexRows, *, again: bool
    ) -> JournalEntry:
        entries = schema.entries
        run_id = record.run_id
        with self._database.writing(self._clock.now()) as connection:
            known = connection.execute(
                select(entries.c.seq, entries.c.previous_hash, entries.c.hash).where(
                    entries.c.kind == canonical.KIND_RUN,
                    entries.c.entry_id == run_id,
                )
            ).one_or_none()
            if known is not None:
                # A commit that reported a failure may have succeeded all the same.
                if again:
                    return _placed(record, *known)
                raise failure.duplicate(run_id)
            kind = canonical.KIND_RUN
            seq, previous, digest = _chain(connection, kind, run_id, body)
            index.write(connection, seq, rows)
            self._database.note_layout(connection)
        return _placed(record, seq, previous, digest)

    def _probe(self) -> int:
        """Begin to write, as an append would, and count."""
        try:
            with self._database.writing(self._clock.now()) as connection:
                count, _ = _last(connection)
        except failure.FAILURES as error:
            raise failure.unwritable(error, self._path) from error
        self._reserve.ensure()
        return count


def _last(connection: Connection) -> tuple[int, str]:
    """Give number and hash of the last entry."""
    entries = schema.entries.c
    row = connection.execute(
        select(entries.seq, entries.hash).order_by(entries.seq.desc()).limit(1)
    ).one_or_none()
    return (row[0], row[1]) if row is not None else (0, GENESIS)


def _chain(
    connection: Connection, kind: str, entry_id: str, body: str
) -> tuple[int, str, str]:
    """Insert the next entry; give its number, the hash before it, and its own."""
    last, previous = _last(connection)
    seq = last + 1
    digest = chain_hash(previous, seq, body)
    connection.execute(
        insert(schema.entries),
        {
            "seq": seq,
            "kind": kind,
            "entry_id": entry_id,
            "previous_hash": previous,
            "hash": digest,
            "body": body,
        },
    )
    return seq, previous, digest


def _placed(record: RunRecord, seq: int, previous: str, digest: str) -> JournalEntry:
    return JournalEntry(seq=seq, record=record, previous_hash=previous, hash=digest)
