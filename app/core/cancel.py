"""A token that says "stop", readable from every thread."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import TypeVar

from app.core.errors import Cancelled


class CancelToken:
    """Set once, polled per audio block, decoding step and backend attempt."""

    def __init__(self) -> None:
        """Make a token that is not cancelled."""
        self._lock = threading.Lock()
        self._set = False
        self._callbacks: list[Callable[[], object]] = []

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked to stop."""
        return self._set

    def cancel(self) -> None:
        """Ask to stop; may be called from any thread, any number of times."""
        with self._lock:
            if self._set:
                return
            self._set = True
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def raise_if_cancelled(self) -> None:
        """Raise `Cancelled` when somebody asked to stop."""
        if self._set:
            raise Cancelled

    def on_cancel(self, callback: Callable[[], object]) -> Callable[[], None]:
        """Call `callback` once on cancel, in the cancelling thread.

        Returns a function that takes the callback back.
        """
        with self._lock:
            if not self._set:
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def _forget(self, callback: Callable[[], object]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)


_T = TypeVar("_T")


async def cancellable(work: Coroutine[object, object, _T], token: CancelToken) -> _T:
    """Await `work`; raise `Cancelled` as soon as the token is set.

    The work's task is cancelled and awaited, so nothing is left running.
    """
    if token.cancelled:
        work.close()
        raise Cancelled
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    forget = token.on_cancel(lambda: loop.call_soon_threadsafe(task.cancel))
    try:
        return await task
    except asyncio.CancelledError:
        if token.cancelled:
            raise Cancelled from None
        task.cancel()
        raise
    finally:
        forget()
