"""The family of backends: those in the house, and those other packages bring.

A package brings one by an entry point of the group `griddesk.backends` that names a
`BackendFactory`. Each is loaded only when a system of its kind is made.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final, cast

from app.core.errors import BackendUnreachableError, UsageError, UserFacingError
from app.core.model import Check, Site
from app.core.observation import Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Backend, Clock, Health
from app.sites.backends.context import BackendContext, BackendFactory
from app.sites.backends.described import SystemFile, read_system, system_names
from app.system.redaction import redacted

log = logging.getLogger(__name__)

GROUP: Final = "griddesk.backends"

BACKENDS: Final[dict[str, str]] = {
    "demo": "app.sites.backends.demo:DemoBackend.from_context",
    "http": "app.sites.backends.http.backend:HttpBackend.from_context",
    "sql": "app.sites.backends.sql:SqlBackend.from_context",
    "spreadsheet": "app.sites.backends.spreadsheet:SpreadsheetBackend.from_context",
}
"""Kind → where its factory is."""

_NEED_A_FILE: Final = frozenset({"http", "sql", "spreadsheet"})
_BOTH: Final = frozenset(Service)


@dataclass(frozen=True, slots=True, kw_only=True)
class Systems:
    """What every backend of this desk is made with."""

    folder: Path
    """Of the descriptions, one `NAME.toml` a system."""
    evidence_dir: Path
    clock: Clock
    secret: Callable[[str, str], str]
    """From a system's name and a secret's name to the secret; `BackendContext`."""

    def names(self) -> tuple[str, ...]:
        """Give the names that settings may choose from."""
        free = {*BACKENDS} - _NEED_A_FILE
        return tuple(sorted({*system_names(self.folder), *free, *_brought()}))

    def make(self, name: str) -> Backend:
        """Make the system of this name.

        Raises:
            UsageError: There is none of this name, or its kind is not known.
            SettingsError: Its description is wrong.
            LibraryMissingError: What it works with is not installed.
        """
        path = self.folder / f"{name}.toml"
        if path.exists():
            return self._made(read_system(path))
        if name not in self.names():
            known = ", ".join(self.names())
            raise UsageError(
                f"没有名为 {name} 的站点系统",
                f"请改用其中之一: {known}; 或把它的配置放在 {path}。",
            )
        return self._made(SystemFile(name=name, kind=name, path=path, options={}))

    def _made(self, system: SystemFile) -> Backend:
        context = BackendContext(
            name=system.name,
            evidence_dir=self.evidence_dir,
            clock=self.clock,
            secret=partial(self.secret, system.name),
            folder=self.folder,
            options=system.options,
        )
        if (where := BACKENDS.get(system.kind)) is not None:
            return _factory_at(where)(context)
        if (brought := _brought().get(system.kind)) is not None:
            return _plugged_in(brought, context)
        known = ", ".join(sorted({*BACKENDS, *_brought()}))
        raise UsageError(
            f"系统 {system.name} 的类型 {system.kind} 不认识",
            f"类型请用其中之一: {known}; 插件要先安装。",
        )


def _factory_at(where: str) -> BackendFactory:
    module, _, names = where.partition(":")
    found: object = import_module(module)
    for name in names.split("."):
        found = getattr(found, name)
    return cast("BackendFactory", found)


def _plugged_in(point: EntryPoint, context: BackendContext) -> Backend:
    """Make another package's backend; whatever it does, the desk goes on."""
    try:
        made: Backend = point.load()(context)
        contract = made.contract
    except UserFacingError:
        raise
    except Exception as error:
        log.exception("backend %s (%s) cannot be loaded", point.name, point.value)
        cause = redacted(f"{type(error).__name__}: {error}")
        return UnavailableBackend(context.name, cause)
    if contract != BACKEND_CONTRACT:
        return UnavailableBackend(
            context.name,
            f"它按接口第{contract}版编写, 本程序用第{BACKEND_CONTRACT}版",
        )
    return made


def _brought() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


class UnavailableBackend:
    """Stands for a system that could not be made; has no answers."""

    contract = BACKEND_CONTRACT
    services = _BOTH

    def __init__(self, name: str, cause: str, remedy: str = "") -> None:
        """Take the name it was chosen by, why it is not there and what to do."""
        self._name = name
        self._cause = cause
        self._remedy = remedy or "请重新安装该插件, 或在设置中选择其他站点系统。"

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
            detail=f"站点系统 {self._name} 无法使用: {self._cause}",
            remedy=self._remedy,
        )

    async def close(self) -> None:
        """Nothing to give back."""

    def _error(self) -> BackendUnreachableError:
        return BackendUnreachableError(f"站点系统 {self._name} 无法使用, 详见状态栏")
