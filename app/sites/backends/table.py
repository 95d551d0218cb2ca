"""The family of backends: those in the house, and those other packages bring.

A package brings one by an entry point of the group `griddesk.backends` that names a
`BackendFactory`. It is loaded only when it is chosen.
"""

import logging
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from app.core.errors import BackendUnreachableError, UsageError, UserFacingError
from app.core.model import Check, Scene, Site, WorkOrder
from app.core.ports import Backend, Health
from app.sites.backends.context import BackendContext, BackendFactory
from app.sites.backends.demo import DemoBackend

log = logging.getLogger(__name__)

GROUP: Final = "griddesk.backends"

BACKENDS: Final[dict[str, BackendFactory]] = {
    "demo": DemoBackend.from_context,
}


def backend_names() -> tuple[str, ...]:
    """Give the names that the settings may choose from."""
    return tuple(sorted({*BACKENDS, *_brought()}))


def make_backend(name: str, context: BackendContext) -> Backend:
    """Make the backend of this name.

    Another package's backend that cannot be loaded does not stop the desk: what is
    given then has no answers, and its health says why.

    Raises:
        UsageError: There is no backend of this name, or an option of it is wrong.
    """
    if (factory := BACKENDS.get(name)) is not None:
        return factory(context)
    brought = _brought().get(name)
    if brought is None:
        known = ", ".join(backend_names())
        raise UsageError(f"没有名为 {name} 的站点系统", f"请改用其中之一: {known}。")
    try:
        made: Backend = brought.load()(context)
    except UserFacingError:
        raise
    except Exception as error:
        log.exception("backend %s (%s) cannot be loaded", name, brought.value)
        return UnavailableBackend(name, f"{type(error).__name__}: {error}")
    return made


def _brought() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


class UnavailableBackend:
    """Stands for a backend that could not be made; has no answers."""

    def __init__(self, name: str, cause: str) -> None:
        """Take the name it was chosen by and why it is not there."""
        self._name = name
        self._cause = cause

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        return self._name

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Say that there is no such system."""
        raise self._error()

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Say that there is no such system."""
        raise self._error()

    async def health(self) -> Health:
        """Say why it could not be made."""
        return Health(
            name=self._name,
            ok=False,
            detail=f"站点系统插件 {self._name} 无法加载 ({self._cause})",
            remedy="请重新安装该插件, 或在设置中选择其他站点系统。",
        )

    async def close(self) -> None:
        """Nothing to give back."""

    def _error(self) -> BackendUnreachableError:
        return BackendUnreachableError(f"站点系统插件 {self._name} 无法加载")
