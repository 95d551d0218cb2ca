"""Asking systems how they are, and closing them: each with patience, all at once.

A system's code is not ours: it may never answer, or fail in any way, and must not keep
the desk from saying how the others are, or from ending.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from functools import partial
from typing import Final

from app.core.ports import Backend, Health
from app.sites.asking_thread import AskingThread
from app.sites.routing import Router
from app.system.redaction import redacted

log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0
"""How long a system may take to say how it is, or to close."""
BEAT_S: Final = 4.0
"""How long the thread of the systems may take for nothing at all."""
_GRACE_S: Final = 1.0
_STUCK: Final = "请重新启动程序; 若再次出现, 请把日志文件交给维护人员。"
_WHOM_TO_ASK: Final = "请检查网络, 或联系该系统的维护人员。"


async def health_of(backend: Backend) -> Health:
    """Ask a system how it is; no answer is one, too."""
    try:
        async with asyncio.timeout(PATIENCE_S):
            said = await backend.health()
        # `replace` would do for a `Health`; a plug-in may give anything.
        return Health(
            name=backend.name,
            ok=said.ok,
            detail=redacted(said.detail),
            remedy=redacted(said.remedy),
        )
    except TimeoutError:
        detail = f"{PATIENCE_S:.0f} 秒内没有答复自检"
    except Exception as error:
        log.exception("system %s could not say how it is", backend.name)
        detail = f"自检出错 ({type(error).__name__}), 详情见日志"
    return Health(name=backend.name, ok=False, detail=detail, remedy=_WHOM_TO_ASK)


async def health_beside(
    thread: AskingThread, name: str, system: Callable[[str], Backend]
) -> Health:
    """Ask the system of this name on the thread where the systems live.

    Its own patience runs over there, and cannot end while somebody's code blocks the
    whole thread: so the wait is bounded on this side, too.
    """

    async def asked() -> Health:
        return await health_of(system(name))

    if await thread.beats(BEAT_S):
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_S + _GRACE_S):
                return await thread.run(asked)
        log.error("system %s keeps its thread from answering", name)
    detail = "查询线程没有反应, 可能有接口程序停住了"
    return Health(name=name, ok=False, detail=detail, remedy=_STUCK)


def system_checks(
    router: Router, thread: AskingThread
) -> Iterator[tuple[str, str, Callable[[], Awaitable[Health]]]]:
    """Give a check for each system that may be asked, the default first.

    Each is a stable key, the operator's name, and what gives the health.
    """
    for index, name in enumerate(router.names()):
        key = f"backend:{name}" if index else "backend"
        asking = partial(health_beside, thread, name, router.system)
        yield key, f"现场系统 {name}", asking


async def close_all(backends: Collection[Backend]) -> None:
    """Give back the connections of systems, on the loop that used them."""
    await asyncio.gather(*(_close(each) for each in backends))


async def _close(backend: Backend) -> None:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await backend.close()
    except TimeoutError:
        log.error("system %s did not close in time", backend.name)
    except Exception:
        log.exception("system %s failed to close", backend.name)
