"""One thread asks the systems, so that the window's thread never does.

Sending, waiting, reading and checking five hundred answers is two seconds of work in
ten thousand small steps. On the window's own loop they come in bursts that hold up
every key and every frame; and code of other houses that blocks would block the window.
So the backends live on an event loop of their own: made there, asked there, closed
there. Answers cross over in batches.
"""

import asyncio
import logging
import sys
import threading
import traceback
from collections import deque
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from concurrent.futures import Future
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from app.core.cancel import CancelToken
from app.core.errors import BackendUnreachableError, Cancelled
from app.core.model import Call
from app.core.observation import Observation
from app.core.ports import Dispatcher

log = logging.getLogger(__name__)

LEAVING_S: Final = 1.0
"""How long a run that was given up may take to end on the other side."""
COURTESY_S: Final = 0.5
"""How long a run that is stopped may take to end over there by itself."""
CLOSE_WITHIN_S: Final = 3.0
"""How long the thread may take to end once nothing goes on there."""
_AFTER_THE_LAST_S: Final = 0.1
"""Between a thread's last line and its end."""
LAST_WITHIN_S: Final = 6.0
"""How long its last work may take: closing has a patience of its own."""

_T = TypeVar("_T")


class AskingThread:
    """A thread with an event loop; starts with the first work.

    The thread is a daemon: a system's code that never comes back must not keep the
    program from ending.
    """

    def __init__(self, name: str = "site-systems") -> None:
        """Name the thread; it does not run yet."""
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread: threading.Thread | None = None
        self._ended: Future[None] = Future()
        self._closed = False
        self._held_up = False
        """Whether the thread did not turn when it was looked at last."""

    async def run(self, work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
        """Await the work over there; what it raises is raised here.

        A caller that is cancelled cancels the work and does not wait for it.

        Raises:
            BackendUnreachableError: `close` was called.
        """
        loop = self.loop()
        future = asyncio.run_coroutine_threadsafe(_begun(work), loop)
        return await asyncio.wrap_future(future)

    async def beats(self, within_s: float) -> bool:
        """Say whether the thread still turns; the log gets the code that holds it up.

        Raises:
            BackendUnreachableError: `close` was called.
        """
        try:
            async with asyncio.timeout(within_s):
                await self.run(_nothing)
        except TimeoutError:
            if not self._held_up:
                self._held_up = True
                log.error("the thread %s is held up:\n%s", self._name, self._where())
            return False
        self._held_up = False
        return True

    def _where(self) -> str:
        """Give the calls that the thread is in, the innermost last."""
        number = self._thread.ident if self._thread is not None else None
        frame = sys._current_frames().get(number or 0)
        return "".join(traceback.format_stack(frame)) if frame is not None else ""

    async def finish(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Do the last work over there, bounded in time, then close.

        Where nothing was ever asked over there, it is done here. May be called twice.
        """
        if self._loop is None:
            await last()
        elif not self._closed:
            try:
                async with asyncio.timeout(LAST_WITHIN_S):
                    await self.run(last)
            except TimeoutError:
                log.error("the thread %s does not do its last work", self._name)
        self._ask_to_end()
        if self._thread is not None:
            # Not a join beside the loop: Qt's executor would be taken for a thread of
            # Python's that never ends.
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await asyncio.shield(asyncio.wrap_future(self._ended))
        self._join(_AFTER_THE_LAST_S)

    def loop(self) -> asyncio.AbstractEventLoop:
        """Give the loop over there; called on the loops and threads that use it.

        Raises:
            BackendUnreachableError: `close` was called.
        """
        if self._closed:
            raise BackendUnreachableError("现场系统的连接已经关闭")
        if self._loop is None:
            # Not by the policy: on the window's thread that gives Qt's loop.
            self._loop = _new_loop()
            self._thread = threading.Thread(
                target=self._serve, args=(self._loop,), name=self._name, daemon=True
            )
            self._thread.start()
        return self._loop

    def close(self) -> None:
        """End what goes on there, and the thread; may be called twice."""
        self._ask_to_end()
        self._join(CLOSE_WITHIN_S)

    def _ask_to_end(self) -> None:
        self._closed = True
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)

    def _join(self, within_s: float) -> None:
        if self._thread is None:
            return
        self._thread.join(within_s)
        if self._thread.is_alive():
            log.error("the thread %s does not end; it is left behind", self._name)

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        # The runner cancels what is left and closes generators, executor and loop.
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                runner.run(self._until_stopped())
        finally:
            self._ended.set_result(None)

    async def _until_stopped(self) -> None:
        await self._stop.wait()


class DispatcherBeside:
    """`core.ports.Dispatcher` whose work is done on another thread."""

    def __init__(self, dispatcher: Dispatcher, thread: AskingThread) -> None:
        """Take what asks, and where."""
        self._dispatcher = dispatcher
        self._thread = thread

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        """Yield what the dispatcher yields over there, in its order.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        there = self._thread.loop()
        box: _Box[tuple[int, Observation]] = _Box()

        async def carry() -> None:
            answers = self._dispatcher.dispatch(calls, at=at, cancel=cancel)
            async with aclosing(answers):
                async for each in answers:
                    box.put(each)

        errand = _Errand(there, carry, box.end)
        # Also on this side: while somebody's code blocks the thread, nobody listens
        # over there.
        forget = cancel.on_cancel(lambda: box.give_up_in(COURTESY_S, Cancelled()))
        try:
            while batch := await box.batch():
                for each in batch:
                    yield each
            box.raise_fault()
        finally:
            forget()
            errand.cancel()
            if not await box.ended(LEAVING_S):
                log.error("a run is left behind: a system's code does not come back")


class _Errand:
    """A task on another loop, which can be cancelled from here."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Callable[[], Coroutine[Any, Any, None]],
        end: Callable[[BaseException | None], None],
    ) -> None:
        self._loop, self._work, self._end = loop, work, end
        self._task: asyncio.Task[None] | None = None
        loop.call_soon_threadsafe(self._begin)

    def cancel(self) -> None:
        """Have it cancelled; nothing happens when it has ended."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._give_up)

    def _begin(self) -> None:
        self._task = self._loop.create_task(self._work())
        self._task.add_done_callback(self._done)

    def _give_up(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _done(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            self._end(asyncio.CancelledError())
        else:
            self._end(task.exception())


class _Box(Generic[_T]):
    """Things put in on one thread and taken out, all at once, on a loop of another."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._things: deque[_T] = deque()
        self._come = asyncio.Event()
        self._told = threading.Event()
        """Whether the other side has been woken and has not looked yet."""
        self._over = asyncio.Event()
        self._fault: BaseException | None = None
        self._given_up: BaseException | None = None

    def put(self, thing: _T) -> None:
        """Put something in; over there."""
        self._things.append(thing)
        if not self._told.is_set():
            self._told.set()
            self._tell(self._come.set)

    def end(self, fault: BaseException | None) -> None:
        """Say that nothing more comes, and why if for a fault; over there."""
        self._fault = fault
        self._tell(self._finish)

    def give_up_in(self, seconds: float, why: BaseException) -> None:
        """Wait no longer than this for what may still come; on any thread."""
        self._tell(lambda: self._loop.call_later(seconds, self._give_up, why))

    async def batch(self) -> list[_T]:
        """Give what has come, at least one thing; nothing when no more is to come."""
        while not (self._things or self._over.is_set() or self._given_up):
            await self._come.wait()
            self._come.clear()
        # Before looking: what is put in from now on wakes us again.
        self._told.clear()
        return [self._things.popleft() for _ in range(len(self._things))]

    async def ended(self, within_s: float) -> bool:
        """Wait for the end; say whether it has come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._over.wait()
        return self._over.is_set()

    def raise_fault(self) -> None:
        """Raise what ended it, if it was a fault."""
        for fault in (self._given_up, self._fault):
            if fault is not None:
                raise fault

    def _give_up(self, why: BaseException) -> None:
        self._given_up = why
        self._come.set()

    def _finish(self) -> None:
        self._over.set()
        self._come.set()

    def _tell(self, what: Callable[[], object]) -> None:
        # The loop may be gone before the other side has noticed.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(what)


async def _nothing() -> None:
    """Do nothing: whoever does it turns."""


async def _begun(work: Callable[[], Coroutine[Any, Any, _T]]) -> _T:
    """Make the coroutine over there: making it may be work, too."""
    return await work()


def _new_loop() -> asyncio.AbstractEventLoop:
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    return asyncio.SelectorEventLoop()
