"""One question to one site system: deadline, retry, breaker.

Raises nothing, and waits for nobody longer than agreed: a backend that does not heed
its deadline is left behind.
"""

import asyncio
import logging
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from app.core.errors import (
    BackendBusyError,
    BackendError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.core.observation import Missing, MissingReason
from app.sites.answers import AnsweredError, missing_for
from app.sites.breaker import Breaker

log = logging.getLogger(__name__)

ATTEMPTS: Final = 2
RETRY_AFTER_S: Final = (0.05, 0.25)
"""Jitter: desks that failed together should not come back together."""
LEAVING_S: Final = 0.2
"""How long a question that was given up may take to end."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[_T]):
    """What came back: a value, or why there is none."""

    value: _T | None = None
    missing: Missing | None = None
    attempts: int = 0
    """How often it was asked; 0: nobody was."""
    took_ms: float = 0.0
    """From the first attempt to the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """To whom a question goes and how long it may take."""

    what: str
    """What the operator calls the one who is asked."""
    place: str
    """Id of the site."""
    timeout_s: float
    """For all attempts together, from the first."""
    breaker: Breaker


async def ask(question: Callable[[], Awaitable[_T]], asking: Asking) -> Answer[_T]:
    """Ask until there is an answer, a refusal, or no time left.

    Both questions only read, which is safe to repeat: one that found nobody is asked
    once more, after the time that the system wants where it says one.

    Raises:
        asyncio.CancelledError: Somebody else gave the question up; nothing else.
    """
    breaker, what = asking.breaker, asking.what
    if not await breaker.admit():
        wait = max(1, round(breaker.wait_s()))
        detail = f"{what}多次没有答复, 暂停询问, 约{wait}秒后再试"
        return Answer(missing=Missing(reason=MissingReason.UNREACHABLE, detail=detail))
    course = _Course(asking)
    value: _T | None = None
    missing: Missing | None = None
    well: bool | None = None
    try:
        try:
            async with asyncio.timeout_at(course.deadline):
                value = await course.answered(question)
            well = True
        except TimeoutError:
            well = False
            detail = f"{what}在{asking.timeout_s:g}秒内没有答复"
            missing = Missing(reason=MissingReason.TIMEOUT, detail=detail)
        except BackendError as error:
            missing = missing_for(error)
            if course.attempts:
                # A refusal, a strange answer, "later": the system is there.
                silent = isinstance(
                    error, BackendUnreachableError | BackendTimeoutError
                ) and not isinstance(error, AnsweredError)
                well = not silent or breaker.paused_s() > 0
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # The backend's own task was cancelled, not ours.
            log.exception("%s of %s cancelled itself", what, asking.place)
            well, missing = False, _broken(what, "CancelledError")
        except Exception as error:
            log.exception("%s failed for %s", what, asking.place)
            well, missing = False, _broken(what, type(error).__name__)
        return Answer(
            value=value,
            missing=missing,
            attempts=course.attempts,
            took_ms=course.took_ms,
        )
    finally:
        if well is None:
            breaker.abandoned()
        elif well:
            breaker.succeeded()
        else:
            breaker.failed(asking.place)


class _Course:
    """The attempts of one question, within its time."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        self._time = asyncio.get_running_loop().time
        self._began = self._time()
        self.deadline = self._began + asking.timeout_s
        self.attempts = 0

    @property
    def took_ms(self) -> float:
        """Give the milliseconds since it began."""
        return (self._time() - self._began) * 1000

    async def answered(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """Give the answer, or raise why there is none; whoever calls keeps the time."""
        breaker = self._asking.breaker
        while True:
            if (pause := breaker.paused_s()) > 0:
                await self._rest(pause, self._busy())
                continue
            self.attempts += 1
            try:
                return await _heard_out(question)
            except (BackendUnreachableError, BackendTimeoutError) as error:
                last = self.attempts == ATTEMPTS
                if isinstance(error, BackendBusyError) and breaker.pause(
                    error.retry_after_s
                ):
                    if last:
                        raise self._busy() from error
                    continue
                if last:
                    raise
                await self._rest(0, error)

    async def _rest(self, seconds: float, otherwise: BackendError) -> None:
        """Wait at least so long; raise `otherwise` where there is no time for it."""
        seconds += random.uniform(*RETRY_AFTER_S)
        if self._time() + seconds >= self.deadline:
            raise otherwise
        await asyncio.sleep(seconds)

    def _busy(self) -> BackendBusyError:
        wait = max(1, math.ceil(self._asking.breaker.paused_s()))
        return BackendBusyError(f"{self._asking.what}忙, {wait}秒后再试")


async def _heard_out(question: Callable[[], Awaitable[_T]]) -> _T:
    """Await a question in a task of its own, and leave it when we are cancelled."""
    asking = asyncio.ensure_future(question())
    try:
        await asyncio.wait({asking})
    except asyncio.CancelledError:
        asking.cancel()
        await asyncio.wait({asking}, timeout=LEAVING_S)
        if not asking.done():
            log.error("a backend does not heed its cancellation; it is left behind")
        asking.add_done_callback(_forget)
        raise
    return asking.result()


def _forget(asking: "asyncio.Future[_T]") -> None:
    """Look at what a question came to, or asyncio complains that nobody did."""
    if not asking.cancelled():
        asking.exception()


def _broken(what: str, error: str) -> Missing:
    return Missing(
        reason=MissingReason.INTERNAL,
        detail=f"{what}的接口程序出错 ({error}), 详情见日志",
    )
