"""The one inference thread: it owns every model, and everyone queues for it."""

import asyncio
import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

log = logging.getLogger(__name__)

_T = TypeVar("_T")


class InferenceWorker:
    """A dedicated thread with a queue.

    Recogniser and agent run here and nowhere else, so no model is ever used from two
    threads and the screen never waits for one. The thread starts with the first work.
    """

    def __init__(self, name: str = "inference") -> None:
        """Make a worker; no thread yet."""
        self._name = name
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._closed = False

    def submit(self, work: Callable[[], _T]) -> "Future[_T]":
        """Queue `work`; give its future.

        Raises:
            RuntimeError: The worker is closed.
        """
        future: Future[_T] = Future()

        def job() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 – the thread boundary
                future.set_exception(error)
            else:
                future.set_result(result)

        with self._lock:
            if self._closed:
                raise RuntimeError("the inference worker is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name=self._name)
                self._thread.start()
            self._jobs.put(job)
        return future

    async def run(self, work: Callable[[], _T]) -> _T:
        """Queue `work` and await its result on the running loop.

        Cancelling the await drops work that has not begun. Work that has begun goes on
        until it polls its own cancel token.
        """
        return await asyncio.wrap_future(self.submit(work))

    def close(self) -> None:
        """Finish what is queued and join the thread; idempotent."""
        with self._lock:
            self._closed = True
            thread = self._thread
        if thread is not None and thread.is_alive():
            self._jobs.put(None)
            thread.join()

    def _loop(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
