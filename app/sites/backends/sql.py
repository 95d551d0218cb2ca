"""Work orders and counts straight from a database, by queries in the settings.

The queries only read: their words are looked at (`sql_guard`), and the database is
told to refuse writing (`sql_engine`). They run in a few threads of their own; a
question that is given up returns at once, and the database itself stops its statement.
"""

import asyncio
import itertools
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from app.core.errors import (
    BackendDataError,
    BackendError,
    BackendRefusedError,
)
from app.core.model import Check, Site
from app.core.observation import Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Health
from app.sites.backends.context import BackendContext
from app.sites.backends.options import Options, SecretName, parsed
from app.sites.backends.order_rows import (
    OrderRow,
    ZoneName,
    check_each_once,
    moment_of,
    people_of,
    together,
)
from app.sites.backends.sql_engine import Database, Reader, url_of
from app.sites.backends.sql_guard import checked_query
from app.sites.backends.threads import Threads

log = logging.getLogger(__name__)

BINDS: Final = frozenset(
    {"site_id", "site_name", "region", "work_order_key", "at", "day_start", "day_end"}
)
"""What a query may ask for; the detection query `check` as well."""
LONGEST_TEXT: Final = 200

_Row = Mapping[str, object]


class _WorkOrders(Options):
    query: str = Field(min_length=1)
    """Gives `expected`, and where it can `ticket`, `leader`, `valid_from`,
    `valid_until`: one row an order."""
    empty: Literal["no_order", "unknown"] = "unknown"
    """What no row means: no order today (0), or that nothing is known. A wrong key of a
    site gives no row too, so "no_order" is for keys that were checked."""


class _Detection(Options):
    query: str = Field(min_length=1)
    """Gives `people` and `taken_at`, and where it can `wearing`, `carrying`, `frames`,
    `detector`, `confidence`; of several rows the last taken counts."""


class _Options(Options):
    url: str = Field(min_length=1)
    """SQLAlchemy's URL of the database, without a password."""
    secret: SecretName = ""
    """Name of the password among the system's secrets; empty: none is needed."""
    title: str = ""
    """What the record calls the source; empty: the system's name."""
    timezone: ZoneName = "Asia/Shanghai"
    """Of times that the database keeps without a zone."""
    statement_timeout_s: float = Field(default=8.0, ge=0.1, le=60)
    connections: int = Field(default=4, ge=1, le=16)
    tls: bool = False
    """Whether to encrypt, and verify the server (PostgreSQL)."""
    ca_file: str = ""
    """Certificate of a private CA; empty: those of the machine."""
    work_orders: _WorkOrders | None = None
    detection: _Detection | None = None

    @model_validator(mode="after")
    def _asks_something(self) -> "_Options":
        if self.work_orders is None and self.detection is None:
            raise ValueError("[work_orders] 和 [detection] 至少要有一个")
        return self


class SqlBackend:
    """`core.ports.Backend` on a database."""

    contract = BACKEND_CONTRACT

    def __init__(self, name: str, options: _Options, database: Database) -> None:
        """Check the queries; connects when it is first asked.

        Raises:
            SettingsError: A query may not run.
            LibraryMissingError: The driver is not installed.
        """
        self._name = name
        self._title = database.title
        self._url = database.url
        self._zone = database.zone
        self._orders, self._detection = options.work_orders, options.detection
        where = f"系统 {name} 的"
        if self._orders is not None:
            self._order_query = checked_query(
                self._orders.query, binds=BINDS, where=f"{where} work_orders.query"
            )
        if self._detection is not None:
            self._scene_query = checked_query(
                self._detection.query,
                binds=BINDS | {"check"},
                where=f"{where} detection.query",
            )
        self._reader = Reader(database)
        self._threads = Threads(database.connections, name=f"sql {name}")

    @classmethod
    def from_context(cls, context: BackendContext) -> "SqlBackend":
        """Make it from settings; see `resources/systems/sql.toml`."""
        wanted = parsed(_Options, context.options, system=context.name)
        database = Database(
            system=context.name,
            title=wanted.title or context.name,
            url=url_of(wanted.url, system=context.name, folder=context.folder),
            password=partial(context.secret, wanted.secret) if wanted.secret else None,
            timeout_s=wanted.statement_timeout_s,
            connections=wanted.connections,
            zone=ZoneInfo(wanted.timezone),
            tls=wanted.tls,
            ca_file=context.folder / Path(wanted.ca_file) if wanted.ca_file else None,
        )
        return cls(context.name, wanted, database)

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        return self._name

    @property
    def host(self) -> str:
        """`host:port`, for the record; empty: a file."""
        host, port = self._url.host or "", self._url.port
        return f"{host}:{port}" if host and port else host

    @property
    def services(self) -> frozenset[Service]:
        """The questions that the settings have a query for."""
        services = set()
        if self._orders is not None:
            services.add(Service.WORK_ORDERS)
        if self._detection is not None:
            services.add(Service.DETECTION)
        return frozenset(services)

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Run the query of work orders; rows in force at once are added up."""
        if self._orders is None:
            raise BackendRefusedError(f"{self._title}没有工单查询")
        rows = await self._asked(self._order_query, self._binds(site, at))
        if not rows:
            nothing = None if self._orders.empty == "unknown" else 0
            return WorkOrder(expected=nothing, source=self._title)
        orders = [self._order(row) for row in rows]
        check_each_once(orders, title=self._title)
        return together(orders, at, source=self._title)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Run the query of counts; of several rows the last taken counts."""
        if self._detection is None:
            raise BackendRefusedError(f"{self._title}没有现场检测查询")
        binds = {**self._binds(site, at), "check": check.value}
        rows = await self._asked(self._scene_query, binds)
        if not rows:
            raise BackendDataError(f"{self._title}没有 {site.name} 的检测记录")
        scenes = sorted(map(self._scene, rows), key=lambda scene: scene.taken_at)
        if any(a.taken_at == b.taken_at for a, b in itertools.pairwise(scenes[-2:])):
            raise BackendDataError(
                f"{self._title}对 {site.name} 在同一时刻有两条检测记录",
                "请在查询中把各摄像头合为一行, 或只选一个摄像头。",
            )
        return scenes[-1]

    async def health(self) -> Health:
        """Connect, and ask the smallest question there is."""
        try:
            await self._threads.run(self._reader.ping)
        except BackendError as error:
            return Health(
                name=self._name, ok=False, detail=error.message, remedy=error.remedy
            )
        return Health(name=self._name, ok=True, detail=f"{self._title}的数据库可以查询")

    async def close(self) -> None:
        """End connections and threads; what will not end is not waited for."""
        self._reader.stop()
        if late := await self._threads.close():
            log.info("%s: %d statements go on in the database", self._name, late)
        await asyncio.to_thread(self._reader.close)

    def _binds(self, site: Site, at: datetime) -> dict[str, object]:
        local = at.astimezone(self._zone)
        day = datetime.combine(local.date(), time(), self._zone)
        return {
            "site_id": site.id,
            "site_name": site.name,
            "region": site.region,
            "work_order_key": site.work_order_key or site.id,
            "at": self._bound(local),
            "day_start": self._bound(day),
            "day_end": self._bound(day + timedelta(days=1)),
        }

    def _bound(self, moment: datetime) -> object:
        """Give a moment as the database compares it with its own."""
        if self._reader.takes_aware_times:
            return moment
        if self._reader.takes_times:
            return moment.replace(tzinfo=None)
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    async def _asked(self, query: str, binds: dict[str, object]) -> Sequence[_Row]:
        return await self._threads.run(partial(self._reader.rows, query, binds))

    def _order(self, row: _Row) -> OrderRow:
        read = _Reading(row, self._title, self._zone)
        return OrderRow(
            expected=read.people("expected"),
            ticket=read.text("ticket"),
            leader=read.text("leader"),
            valid_from=read.moment("valid_from"),
            valid_until=read.moment("valid_until", end=True),
        )

    def _scene(self, row: _Row) -> Scene:
        read = _Reading(row, self._title, self._zone)
        taken_at = read.moment("taken_at", needed=True)
        if taken_at is None:
            raise read.wrong("taken_at")
        return Scene(
            people=read.people("people"),
            wearing=read.people("wearing", needed=False),
            carrying=read.people("carrying", needed=False),
            taken_at=taken_at,
            frames=read.frames(),
            detector=read.text("detector"),
            confidence=read.share("confidence"),
            source=self._title,
        )


class _Reading:
    """Reads the values of one row; an error names the column."""

    def __init__(self, row: _Row, title: str, zone: ZoneInfo) -> None:
        self._row, self._title, self._zone = row, title, zone

    def people(self, column: str, *, needed: bool = True) -> int | None:
        value = self._value(column, needed)
        try:
            return people_of(value)
        except (ValueError, ArithmeticError):
            raise self.wrong(column) from None

    def frames(self) -> int:
        frames = self.people("frames", needed=False)
        return 0 if frames is None else frames

    def text(self, column: str) -> str:
        value = self._value(column, needed=False)
        words = "" if value is None else str(value).strip()
        raw = isinstance(value, bytes | bytearray | memoryview)
        if raw or len(words) > LONGEST_TEXT:
            raise self.wrong(column)
        return words

    def moment(
        self, column: str, *, end: bool = False, needed: bool = False
    ) -> datetime | None:
        value = self._value(column, needed)
        try:
            return moment_of(value, self._zone, end=end)
        except (ValueError, OverflowError):
            raise self.wrong(column) from None

    def share(self, column: str) -> float | None:
        value = self._value(column, needed=False)
        if value is None:
            return None
        try:
            share = float(str(value)) if not isinstance(value, bool) else -1.0
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise self.wrong(column)
        return share

    def wrong(self, column: str) -> BackendDataError:
        """Say that a column holds what it cannot hold."""
        return BackendDataError(
            f"{self._title}给出的 {column} 不合理或类型不对",
            f"请核对查询结果中的 {column} 列。",
        )

    def _value(self, column: str, needed: bool) -> object:
        if needed and column not in self._row:
            raise BackendDataError(
                f"{self._title}的查询结果没有 {column} 列",
                f"请在 SELECT 中用 AS {column} 命名该列。",
            )
        return self._row.get(column)
