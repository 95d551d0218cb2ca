"""A few threads for work that blocks, which nobody has to wait for."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from app.core.errors import BackendUnreachableError

CLOSE_WITHIN_S: Final = 3.0

_T = TypeVar("_T")


class Threads:
    """Runs blocking work beside the event loop, some at a time.

    A caller that is cancelled returns at once; its thread goes on and counts until it
    is done. The threads are daemons: a network drive that never answers must not keep
    the program from ending, as the threads of an executor would.
    """

    def __init__(self, most: int, *, name: str) -> None:
        """Allow `most` threads at a time; `name` is what the log calls them."""
        self._free = asyncio.Semaphore(most)
        self._name = name
        self._at_work: set[asyncio.Future[None]] = set()
        self._closed = False

    async def run(self, work: Callable[[], _T]) -> _T:
        """Do the work in a thread; what it raises is raised here.

        Raises:
            BackendUnreachableError: `close` was called.
        """
        await self._free.acquire()
        if self._closed:
            self._free.release()
            raise BackendUnreachableError(f"站点系统 {self._name} 已经关闭")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[_T] = loop.create_future()
        ended: asyncio.Future[None] = loop.create_future()
        self._at_work.add(ended)

        def settle(put: Callable[[Any], None], what: object) -> None:
            self._at_work.discard(ended)
            self._free.release()
            ended.set_result(None)
            if not answer.done():
                put(what)

        def job() -> None:
            try:
                done = partial(settle, answer.set_result, work())
            except BaseException as error:  # noqa: BLE001 – raised where it is awaited
                done = partial(settle, answer.set_exception, error)
            # The loop may be gone before the work is done.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(done)

        threading.Thread(target=job, name=self._name, daemon=True).start()
        return await answer

    async def close(self) -> int:
        """Take no more work, wait a little; give how many threads go on."""
        self._closed = True
        if not self._at_work:
            return 0
        _, late = await asyncio.wait(set(self._at_work), timeout=CLOSE_WITHIN_S)
        return len(late)
