"""One question to one site system: deadline, retry, breaker.

Raises nothing, and waits for nobody longer than agreed: a backend that does not heed
its deadline is left behind.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from app.core.errors import (
    BackendError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.core.model import Missing, MissingReason
from app.sites.answers import missing_for
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


async def ask(
    question: Callable[[], Awaitable[_T]],
    *,
    what: str,
    place: str,
    timeout_s: float,
    breaker: Breaker,
) -> Answer[_T]:
    """Ask until there is an answer, a refusal, or no time left.

    Reading is safe to repeat, so a connection that failed quickly is tried once more.

    Raises:
        asyncio.CancelledError: Somebody else gave the question up; nothing else.
    """
    if not breaker.admit():
        detail = (
            f"{what}多次没有答复, 暂停询问, 约{max(1, round(breaker.wait_s()))}秒后再试"
        )
        return Answer(missing=Missing(reason=MissingReason.UNREACHABLE, detail=detail))
    attempts = 0
    well = None
    try:
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    attempts += 1
                    try:
                        value = await _heard_out(question)
                    except (BackendUnreachableError, BackendTimeoutError):
                        if attempts == ATTEMPTS:
                            raise
                        await asyncio.sleep(random.uniform(*RETRY_AFTER_S))
                    else:
                        well = True
                        return Answer(value=value, attempts=attempts)
        except TimeoutError:
            well = False
            detail = f"{what}在{timeout_s:g}秒内没有答复"
            missing = Missing(reason=MissingReason.TIMEOUT, detail=detail)
        except BackendError as error:
            # A refusal or a strange answer is an answer: the system is there.
            well = not isinstance(error, BackendUnreachableError | BackendTimeoutError)
            missing = missing_for(error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # The backend's own task was cancelled, not ours.
            log.exception("%s of %s cancelled itself", what, place)
            well, missing = False, _broken(what, "CancelledError")
        except Exception as error:
            log.exception("%s failed for %s", what, place)
            well, missing = False, _broken(what, type(error).__name__)
        return Answer(missing=missing, attempts=attempts)
    finally:
        if well is None:
            breaker.abandoned()
        elif well:
            breaker.succeeded()
        else:
            breaker.failed(place)


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
