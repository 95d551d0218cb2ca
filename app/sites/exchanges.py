"""What the record keeps of a question that was put to a site system."""

import re
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from app.core.observation import Exchange, Missing, MissingReason, Service
from app.core.ports import Backend

OK: Final = "ok"
_HOST: Final = re.compile(
    r"[\w.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?"
)
"""A name or an address, and a port: no scheme, no path, nothing secret."""

_T = TypeVar("_T")


class Put:
    """A question on its way: counts its tries, and knows when it began."""

    def __init__(self, backend: Backend, service: Service) -> None:
        """Name the system; nothing is asked yet."""
        self._system, self._host = backend.name, host_of(backend)
        self._service = service
        self._began = 0.0
        self._status: str = MissingReason.CANCELLED
        self._took_ms: float | None = None
        self._attempts = 0

    async def tried(self, question: Callable[[], Awaitable[_T]]) -> _T:
        """Try once, and count it."""
        if not self._attempts:
            self._began = time.monotonic()
        self._attempts += 1
        return await question()

    def end(self, missing: Missing | None, took_ms: float) -> None:
        """Note what it came to; a question without an end was cancelled."""
        self._status = missing.reason if missing is not None else OK
        self._took_ms = took_ms

    def exchange(self) -> Exchange | None:
        """Give what is kept; None: it still waited for its turn."""
        took_ms = self._took_ms
        if took_ms is None:
            if not self._attempts:
                return None
            took_ms = (time.monotonic() - self._began) * 1000
        return Exchange(
            service=self._service,
            system=self._system,
            host=self._host,
            status=str(self._status),
            latency_ms=took_ms,
            attempts=self._attempts,
        )


class Puts:
    """Every question that was put for one call, in the order of asking."""

    def __init__(self) -> None:
        """None yet."""
        self._put: list[Put] = []

    def add(self, put: Put) -> Put:
        """Keep a question."""
        self._put.append(put)
        return put

    def exchanges(self) -> tuple[Exchange, ...]:
        """Give what is kept of them by now."""
        found = (put.exchange() for put in self._put)
        return tuple(each for each in found if each is not None)


def host_of(backend: Backend) -> str:
    """Say where a system is asked; empty where it does not say, or says too much.

    A backend may have a `host`; one of another house may give anything there.
    """
    try:
        host: object = getattr(backend, "host", "")
    except Exception:  # noqa: BLE001 – code of other houses; the question is asked
        return ""
    return host if isinstance(host, str) and _HOST.fullmatch(host) else ""
