"""The threads that read journal and pictures, so that the window never waits."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from PySide6.QtCore import QObject, Signal

from app.core.alarms import Acknowledgement, OpenAlarms, alarms_of
from app.core.errors import Cancelled
from app.core.model import RunRecord
from app.core.observation import Evidence
from app.core.ports import ChainReport, Journal, JournalEntry, JournalQuery
from app.core.recording import Recording, Recordings
from app.core.standing import Standing
from app.desktop.evidence import EvidencePicture, read_evidence

log = logging.getLogger(__name__)

_T = TypeVar("_T")

Progress = Callable[[int, int], None]
"""Gets how much is done, and how much there is."""


class Reader(QObject):
    """One thread for what is read from disk, but for alarms and for long walks.

    Signals:
        verify_advanced: Records checked so far, records in all.
    """

    verify_advanced = Signal(int, int)

    def __init__(self, journal: Journal, evidence_dir: Path) -> None:
        super().__init__()
        self._journal = journal
        self._evidence_dir = evidence_dir
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="reader")
        # To verify a long journal takes minutes: nobody who reads waits for that,
        # and an alarm waits for nobody who reads.
        self._walker = ThreadPoolExecutor(1, thread_name_prefix="verifier")
        self._urgent = ThreadPoolExecutor(1, thread_name_prefix="alarm-reader")
        self._stop = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def page(
        self, query: JournalQuery, *, before: int | None, limit: int
    ) -> Sequence[JournalEntry]:
        """Read a page, newest first."""
        return await self._run(
            lambda: self._journal.page(query, before=before, limit=limit)
        )

    async def open_alarms(self, limit: int) -> OpenAlarms:
        """Read what nobody has acknowledged yet, on a thread of its own."""
        work = self._urgent.submit(lambda: self._journal.open_alarms(limit=limit))
        return await asyncio.wrap_future(work)

    async def acknowledged(
        self, records: Sequence[RunRecord]
    ) -> Sequence[Acknowledgement]:
        """Read who has acknowledged the alarms of these records."""
        runs = [record.run_id for record in records if any(alarms_of(record))]
        if not runs:
            return ()
        return await self._run(lambda: self._journal.acknowledgements(runs))

    async def latest(self, after: int) -> Sequence[Standing]:
        """Read the newest answers from entries after the one numbered `after`."""
        return await self._run(lambda: self._journal.latest(after=after))

    async def entry(self, run_id: str) -> JournalEntry | None:
        """Read the entry of a run."""
        return await self._run(lambda: self._journal.get(run_id))

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do something that takes a while on the thread."""
        return await self._run(work)

    async def verify(self, stop: threading.Event | None = None) -> ChainReport:
        """Walk the chain; see `walk`."""
        return await self.walk(self._journal.verify, stop)

    async def walk(
        self, work: Callable[[Progress], _T], stop: threading.Event | None = None
    ) -> _T:
        """Do what takes minutes on a thread of its own; one such thing at a time.

        `verify_advanced` tells how far it is; `stop` ends it.

        Raises:
            Cancelled: It was stopped.
        """

        def advance(checked: int, total: int) -> None:
            if self._stop.is_set() or (stop is not None and stop.is_set()):
                raise Cancelled
            self.verify_advanced.emit(checked, total)

        return await asyncio.wrap_future(self._walker.submit(lambda: work(advance)))

    async def picture(self, evidence: Evidence) -> EvidencePicture:
        """Read a picture and check its hash."""
        return await self._run(lambda: read_evidence(self._evidence_dir, evidence))

    async def recording(self, kept: Recordings, sha256: str) -> Recording | None:
        """Look for the audio of this hash, and check it."""
        return await self._run(lambda: kept.find(sha256))

    def begin(self, work: Coroutine[object, object, None]) -> None:
        """Run a coroutine that reads; failures are logged, closing cancels it."""
        if self._stop.is_set():
            # What the window had still begun by itself: nobody will see it.
            work.close()
            return
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def close(self) -> None:
        """Stop what reads and join the thread; idempotent."""
        if self._stop.is_set():
            return
        self._stop.set()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        # Whatever the thread is still at ends before the pool is joined, so that
        # joining does not hold up the window.
        for pool in (self._pool, self._urgent, self._walker):
            await asyncio.wrap_future(pool.submit(bool))
            pool.shutdown()

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.wrap_future(self._pool.submit(work))

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("reading failed", exc_info=error)
