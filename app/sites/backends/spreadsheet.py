"""Work orders from a CSV or Excel file, for desks whose system can only export one.

The file is read anew when it has changed. One that is half written, locked or old is
refused with a sentence: what was read before is never given in its place.
"""

import os
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendUnreachableError,
)
from app.core.model import Check, Site
from app.core.observation import Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Clock, Health
from app.sites.backends.context import BackendContext
from app.sites.backends.options import Options, parsed
from app.sites.backends.order_rows import (
    OrderRow,
    ZoneName,
    check_each_once,
    together,
)
from app.sites.backends.order_sheet import OrderSheet, SheetColumns, read_sheet
from app.sites.backends.threads import Threads
from app.sites.tables import bytes_of, read_rows

_DATE_IN_NAME: Final = re.compile(r"\{date(?::((?:%[YmdyHMj]|[^{}%])*))?\}")
_SETTLED_S: Final = 2.0
"""Seconds without a change after which a CSV is taken to be whole: its end says less
than that of a workbook."""
_RECENT_S: Final = 60.0
"""Seconds since a change in which it is watched; the clocks of a network drive and of
the desk may differ by less."""
_MOST_KEPT: Final = 2
"""Files whose rows are kept: today's, and around midnight yesterday's."""


def _file_name(name: str) -> str:
    written = _of_day(name, date(2026, 11, 21))
    if "{" in written or "}" in written or "\0" in written:
        raise ValueError("花括号里只能写日期, 例如 工单-{date:%Y%m%d}.xlsx")
    if not written.casefold().endswith((".csv", ".xlsx")):
        raise ValueError("只能是 .csv 或 .xlsx 文件")
    return name


def _of_day(name: str, day: date) -> str:
    return _DATE_IN_NAME.sub(lambda match: day.strftime(match[1] or "%Y%m%d"), name)


class _Columns(Options):
    site: str = Field(default="站点", min_length=1)
    expected: str = Field(default="应到人数", min_length=1)
    ticket: str = "工单号"
    leader: str = "负责人"
    valid_from: str = "开始时间"
    valid_until: str = "结束时间"
    date: str = "日期"


class _Options(Options):
    file: Annotated[str, AfterValidator(_file_name)]
    """Path of the file; `{date}` in it is the day asked for."""
    title: str = ""
    """What the record calls the source; empty: the system's name."""
    timezone: ZoneName = "Asia/Shanghai"
    sheet: str = ""
    """Name of the sheet; empty: the first."""
    columns: _Columns = _Columns()
    """Headings of the columns; all but `site` and `expected` may be absent."""
    absent: Literal["unknown", "no_order"] = "unknown"
    """What it means that a site is not in the list: nothing known, or no order."""
    most_age_hours: float | None = Field(default=None, gt=0, le=24 * 31)
    """Hours after which a file that nobody saved again is too old; None: never."""


_Stamp = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What a file gave when it was last read: its rows, or why there are none."""

    stamp: _Stamp
    sheet: OrderSheet | None
    message: str = ""
    remedy: str = ""


class SpreadsheetBackend:
    """`core.ports.Backend` on a file."""

    contract = BACKEND_CONTRACT
    services = frozenset({Service.WORK_ORDERS})

    def __init__(
        self, name: str, options: _Options, *, folder: Path, clock: Clock
    ) -> None:
        """Take the settings; the file is read when it is first asked for."""
        self._name = name
        self._options = options
        self._title = options.title or name
        self._folder = folder
        self._clock = clock
        self._zone = ZoneInfo(options.timezone)
        self._headings = SheetColumns(**options.columns.model_dump())
        self._kept: dict[Path, _Kept] = {}
        self._watched: dict[Path, tuple[_Stamp, float]] = {}
        # One at a time: many questions at once read the file once.
        self._threads = Threads(1, name=f"spreadsheet {name}")

    @classmethod
    def from_context(cls, context: BackendContext) -> "SpreadsheetBackend":
        """Make it from settings; see `resources/systems/spreadsheet.toml`."""
        wanted = parsed(_Options, context.options, system=context.name)
        return cls(context.name, wanted, folder=context.folder, clock=context.clock)

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        return self._name

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Look the site up by id, work-order key, name or alias."""
        sheet, orders = await self._threads.run(partial(self._orders, site, at))
        if orders:
            check_each_once(orders, title=self._title)
            return together(orders, at, source=self._title)
        if self._options.absent == "no_order":
            return WorkOrder(expected=0, source=self._title)
        raise BackendDataError(
            f"工单表 {sheet.name} 里没有站点 {site.name} 当天的工单",
            "请核对表中的站点编号或名称; 未列出即无工单的, "
            '请在系统配置中写 absent = "no_order"。',
        )

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Refuse: a list of orders has no cameras."""
        raise BackendRefusedError(f"{self._title}只有工单, 不能查询现场画面")

    async def health(self) -> Health:
        """Read today's file, and say how many orders it holds."""
        day = self._clock.now().astimezone(self._zone).date()
        try:
            sheet = await self._threads.run(partial(self._read, day))
        except BackendError as error:
            return Health(
                name=self._name, ok=False, detail=error.message, remedy=error.remedy
            )
        detail = f"{self._title}: {sheet.name} 有{sheet.count}行工单"
        return Health(name=self._name, ok=True, detail=detail)

    async def close(self) -> None:
        """Read no more; a network drive that does not answer is not waited for."""
        await self._threads.close()

    def _orders(self, site: Site, at: datetime) -> tuple[OrderSheet, list[OrderRow]]:
        """Give the site's orders of the day, and of the night that began before it."""
        day = at.astimezone(self._zone).date()
        before = day - timedelta(days=1)
        sheet = self._read(day)
        orders = sheet.orders(site, day)
        same = self._path(before) == self._path(day)
        nights = sheet.night_orders(site, before, at, undated=same)
        # A desk's first day has no file of the day before.
        if not same and self._path(before).exists():
            earlier = self._read(before, old=True)
            nights += earlier.night_orders(site, before, at, undated=True)
        return sheet, [*nights, *orders]

    def _path(self, day: date) -> Path:
        return self._folder / _of_day(self._options.file, day)

    def _read(self, day: date, *, old: bool = False) -> OrderSheet:
        """Give the file of the day, read anew when it has changed."""
        path = self._path(day)
        stamp = _stamp_of(path)
        kept = self._kept.get(path)
        if kept is None or kept.stamp != stamp:
            self._kept.pop(path, None)
            self._check_settled(path, stamp)
            kept = self._newly_read(path, stamp)
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[path] = kept
        if kept.sheet is None:
            raise BackendDataError(kept.message, kept.remedy)
        if not old:
            self._check_age(path, stamp)
        return kept.sheet

    def _check_settled(self, path: Path, stamp: _Stamp) -> None:
        """Refuse a CSV that may still be being written."""
        age = self._clock.now().timestamp() - stamp[0] / 1e9
        if abs(age) > _RECENT_S or path.suffix.casefold() != ".csv":
            return
        now = self._clock.monotonic()
        seen, since = self._watched.get(path, (None, now))
        if seen != stamp:
            since = now
            self._watched = {path: (stamp, now)}
        if now - since < _SETTLED_S:
            raise BackendBusyError(
                f"工单表 {path.name} 刚刚改动, 可能还没有写完",
                retry_after_s=_SETTLED_S,
            )

    def _newly_read(self, path: Path, stamp: _Stamp) -> _Kept:
        data = bytes_of(path, wrong=_unreachable)
        if _stamp_of(path) != stamp or len(data) != stamp[1]:
            raise BackendUnreachableError(
                f"工单表 {path.name} 正在被写入", "请等文件写完后再查询。"
            )
        try:
            rows, kind = read_rows(
                path, data, wrong=_unusable, sheet=self._options.sheet
            )
            sheet = read_sheet(
                rows,
                name=path.name,
                headings=self._headings,
                zone=self._zone,
                cut=kind != "xlsx",
            )
            if kind != "xlsx" and not data.endswith((b"\n", b"\r")):
                raise _unusable(
                    f"{path.name} 的最后一行没有换行, 可能还没有写完",
                    "请等文件写完后再查询; 手工编辑的请在末行后按回车再保存。",
                )
        except BackendDataError as error:
            # A broken file is not read again for each of five hundred sites.
            return _Kept(
                stamp=stamp, sheet=None, message=error.message, remedy=error.remedy
            )
        return _Kept(stamp=stamp, sheet=sheet)

    def _check_age(self, path: Path, stamp: _Stamp) -> None:
        most = self._options.most_age_hours
        age = timedelta(seconds=self._clock.now().timestamp() - stamp[0] / 1e9)
        if most is not None and age > timedelta(hours=most):
            hours = age.total_seconds() / 3600
            raise BackendDataError(
                f"工单表 {path.name} 是{hours:.0f}小时前保存的, 超过{most:g}小时",
                "请重新导出当天的工单表。",
            )


def _stamp_of(path: Path) -> _Stamp:
    """Give what changes when the file does."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        raise BackendUnreachableError(
            f"工单表 {path.name} 找不到", f"请检查 {path} 是否已经导出。"
        ) from None
    except OSError as error:
        raise BackendUnreachableError(
            f"工单表 {path.name} 无法读取: {error.strerror or type(error).__name__}",
            "请检查网络盘是否连接、是否有读取权限。",
        ) from error
    return found.st_mtime_ns, found.st_size, found.st_ino


def _unreachable(message: str, remedy: str) -> BackendError:
    return BackendUnreachableError(f"工单表 {message}", remedy)


def _unusable(message: str, remedy: str) -> BackendError:
    return BackendDataError(f"工单表 {message}", remedy)
