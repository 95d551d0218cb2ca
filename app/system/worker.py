"""The one inference thread: it owns every model, and everyone queues for it.

Python cannot end a thread. Work that never ends is therefore left to its thread, which
stays behind until the program ends, and a new thread takes over the queue.
"""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_POLL_S = 0.2
_left_behind: list[threading.Thread] = []


class WorkAbandonedError(RuntimeError):
    """The work did not end, and nobody waits for it any more."""


def leave_behind(thread: threading.Thread) -> None:
    """Remember a thread that nobody waits for any more."""
    _left_behind.append(thread)


def left_behind() -> bool:
    """Whether a thread was given up that still runs: an orderly exit may wait for it.

    A library that is stuck in a driver may be waited for by its own exit handlers.
    """
    return any(thread.is_alive() for thread in _left_behind)


@dataclass(frozen=True, slots=True)
class _Job:
    """Work that tells its future how it ended, and what tells it that nobody waits."""

    run: Callable[[], None]
    give_up: Callable[[], None]


_Queue = queue.SimpleQueue[_Job | None]


class InferenceWorker:
    """A dedicated thread with a queue.

    Recogniser and agent run here and nowhere else, so no model is ever used from two
    threads and the screen never waits for one. The thread starts with the first work.
    """

    def __init__(self, name: str = "inference") -> None:
        """Make a worker; no thread yet."""
        self._name = name
        self._jobs: _Queue = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._running: _Job | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], _T]) -> "Future[_T]":
        """Queue `work`; give its future.

        Raises:
            RuntimeError: The worker is closed.
        """
        future: Future[_T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 – the thread boundary
                # Nobody is told what comes of work that was given up.
                with suppress(InvalidStateError):
                    future.set_exception(error)
            else:
                with suppress(InvalidStateError):
                    future.set_result(result)

        def give_up() -> None:
            with suppress(InvalidStateError):
                future.set_exception(WorkAbandonedError(self._name))

        with self._lock:
            if self._closed:
                raise RuntimeError("the inference worker is closed")
            self._jobs.put(_Job(run, give_up))
            if self._thread is None:
                self._start()
        return future

    async def run(self, work: Callable[[], _T]) -> _T:
        """Queue `work` and await its result on the running loop.

        Cancelling the await drops work that has not begun. Work that has begun goes on
        until it polls its own cancel token.

        Raises:
            WorkAbandonedError: It was given up before it ended.
        """
        return await asyncio.wrap_future(self.submit(work))

    def abandon(self) -> None:
        """Give up the work that is under way; what is queued goes on on a new thread.

        Whoever waits for that work gets `WorkAbandonedError`. Its thread cannot be
        ended: it stays behind, takes no more work, and keeps what it holds.
        """
        with self._lock:
            stuck, thread = self._running, self._thread
            if stuck is None or thread is None:
                return
            old, self._jobs = self._jobs, queue.SimpleQueue()
            with suppress(queue.Empty):
                while True:
                    self._jobs.put(old.get_nowait())
            # Should it come back, it ends.
            old.put(None)
            leave_behind(thread)
            self._running = self._thread = None
            if not self._jobs.empty():
                self._start()
        log.warning("a thread of %s is left behind", self._name)
        stuck.give_up()

    def close(self) -> None:
        """Finish what is queued and join the thread; idempotent."""
        with self._lock:
            self._closed = True
            if self._thread is not None:
                self._jobs.put(None)
        # Looked at again and again: the thread may be given up meanwhile.
        while (thread := self._thread) is not None and thread.is_alive():
            thread.join(_POLL_S)

    def _start(self) -> None:
        # A daemon, or one that is stuck would keep the program from ending.
        self._thread = threading.Thread(
            target=self._loop, args=(self._jobs,), name=self._name, daemon=True
        )
        self._thread.start()

    def _loop(self, jobs: _Queue) -> None:
        while (job := jobs.get()) is not None:
            with self._lock:
                if jobs is self._jobs:
                    self._running = job
            job.run()
            with self._lock:
                if self._running is job:
                    self._running = None
            del job
