"""The inspection log on the desk's disk: `core.ports.Journal` on SQLite.

Appends run one after another on a thread of their own and are awaited; reading
happens in the caller's thread on connections of its own. Nothing is opened before it
is needed, so a desk whose journal cannot be opened still starts, and says so.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.alarms import NO_ALARMS, Acknowledgement, OpenAlarms
from app.core.errors import JournalError, UsageError
from app.core.model import RunRecord
from app.core.ports import (
    ChainLine,
    ChainReport,
    Clock,
    Health,
    JournalEntry,
    JournalQuery,
)
from app.core.standing import Standing
from app.journal import acknowledging, index, lines, queries, standing
from app.journal.canonical import GENESIS
from app.journal.chain import Chain, last
from app.journal.reserve import free_space
from app.journal.review import SqliteReview
from app.journal.statistics import NO_RUNS, Statistics, counted
from app.journal.verify import Walk

NAME: Final = "journal"
LOW_SPACE: Final = 64 * 1024 * 1024
"""Free bytes below which `health` warns."""

_MEGABYTE: Final = 1024 * 1024
_CHUNK: Final = 256


class SqliteJournal:
    """Append-only, hash-chained, durable; several processes may share the file."""

    def __init__(self, path: Path, *, clock: Clock, busy_s: float = 5.0) -> None:
        """Name the file; `busy_s` is how long to wait for another process."""
        self._chain = Chain(path, clock=clock, busy_s=busy_s)
        self._database = self._chain.database
        self._decoded = acknowledging.Decoded()
        self.review = SqliteReview(self._chain)

    @property
    def path(self) -> Path:
        """The database file."""
        return self._chain.path

    async def append(self, record: RunRecord) -> JournalEntry:
        """Make the record durable and give it back with its place in the chain.

        Raises:
            JournalUnwritableError: Disk full, read-only, locked, damaged, a newer
                journal, a run that has its record, or the journal is closed.
        """
        return await self._chain.append(record)

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
        given = acknowledgement
        return await self._chain.say(given, lambda at: acknowledging.take(at, given))

    def open_alarms(self, *, limit: int = _CHUNK) -> OpenAlarms:
        """Count the alarms that nobody has acknowledged, and give the newest.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is None:
                return NO_ALARMS
            return acknowledging.still_open(
                at, self._decoded, self._chain.held, limit=limit
            )

    def acknowledgements(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        """Give what has been acknowledged of these runs.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is None:
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
            return queries.newest_first(
                at, self._chain.held, query, before=before, limit=limit
            )

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
            held = self._chain.held
            found = [] if at is None else queries.by_run_id(at, held, prefix)
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
            if at is None:
                return []
            return standing.latest(at, self._chain.held, after=after)

    def entries(self, query: JournalQuery) -> Iterator[JournalEntry]:
        """Give every record that a filter finds, oldest first, as of one moment.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is not None:
                for stored in lines.stored_runs(at, query):
                    yield stored.entry

    def lines(self, query: JournalQuery | None = None) -> Iterator[ChainLine]:
        """Give entries as they stand in the chain, oldest first, as of one moment.

        Those of the runs that a filter finds; without one, every entry of every kind.

        Raises:
            JournalError: As for `page`.
        """
        with self._database.reading() as at:
            if at is not None:
                found = lines.every(at) if query is None else lines.of_runs(at, query)
                yield from found

    def head(self) -> str:
        """Give the hash of the last entry, to be noted outside; see `verify`."""
        with self._database.reading() as at:
            return GENESIS if at is None else last(at)[1]

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

    async def health(self) -> Health:
        """Say whether a record could be written now, and how much space is left."""
        try:
            count = await self._chain.on_writer(self._chain.count)
        except JournalError as error:
            return Health(
                name=NAME, ok=False, detail=error.message, remedy=error.remedy
            )
        free = free_space(self.path.parent)
        remedy = f"请清理「{self.path.parent}」所在的磁盘。"
        if free is not None and free < LOW_SPACE:
            spent = "" if self._chain.reserve.present else ", 预留空间已经动用"
            return Health(
                name=NAME,
                ok=False,
                detail=f"磁盘将满, 只剩{free // _MEGABYTE} MB{spent}; "
                f"日志有{count}条记录, 还能写",
                remedy=remedy,
            )
        if not self._chain.reserve.present:
            return Health(
                name=NAME,
                ok=False,
                detail=f"日志有{count}条记录, 但没有预留空间 "
                f"({self._chain.reserve.size // _MEGABYTE} MB), 磁盘写满时可能丢失记录",
                remedy=remedy,
            )
        left = "" if free is None else f", 磁盘剩余{free // _MEGABYTE} MB"
        return Health(name=NAME, ok=True, detail=f"日志有{count}条记录{left}")

    def close(self) -> None:
        """Finish what is queued and give back the file; idempotent."""
        self._chain.close()
