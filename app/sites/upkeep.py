"""Asking systems how they are, and closing them: each with patience, all at once.

A system's code is not ours: it may never answer, or fail in any way, and must not keep
the desk from saying how the others are, or from ending.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Final

from app.core.ports import Backend, Health
from app.system.redaction import redacted

log = logging.getLogger(__name__)

PATIENCE_S: Final = 5.0
"""How long a system may take to say how it is, or to close."""
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
