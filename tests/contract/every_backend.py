"""Every backend of the house, against what it is for: a server, a database, a file.

    async with MAKERS[name](folder, request) as backend: ...

All that ask a system of their own expect 47 people at `worked_servers.SITE`, and see
34 of them, 31 with a hard hat.
"""

import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from app.core.clock import SystemClock
from app.core.ports import Backend
from app.sites.backends.context import BackendContext
from app.sites.backends.demo import DemoBackend
from app.sites.backends.described import read_system
from app.sites.backends.http.backend import HttpBackend
from app.sites.backends.spreadsheet import SpreadsheetBackend
from app.sites.backends.sql import SqlBackend
from app.sites.backends.table import UnavailableBackend
from app.system.paths import resources
from tests.postgres import PASSWORD, Postgres
from tests.site_server import serving
from tests.unit.sites.http.worked_servers import SITE, TOKEN, native, now

SHIPPED: Final = resources() / "systems"
"""The settings that installers start from."""
TABLES: Final = (
    "CREATE TABLE work_order (site_code text, planned_people int, ticket_no text, "
    "leader_name text, start_time timestamp, end_time timestamp, status text)",
    "CREATE TABLE detection_result (site_code text, people_count int, "
    "helmet_count int, tester_count int, captured_at timestamp, frame_count int, "
    "model_name text, score numeric)",
)
Maker = Callable[[Path, pytest.FixtureRequest], AbstractAsyncContextManager[Backend]]


def context(folder: Path, options: Any, secret: str = TOKEN) -> BackendContext:
    return BackendContext(
        name="theirs",
        evidence_dir=folder,
        clock=SystemClock(),
        secret=lambda _: secret,
        folder=folder,
        options=options,
    )


@asynccontextmanager
async def closed_at_the_end(backend: Backend) -> AsyncIterator[Backend]:
    try:
        yield backend
    finally:
        await backend.close()


def demo(folder: Path, request: pytest.FixtureRequest) -> Any:
    return closed_at_the_end(DemoBackend(folder, latency_ms=0))


def unavailable(folder: Path, request: pytest.FixtureRequest) -> Any:
    return closed_at_the_end(UnavailableBackend("theirs", "ImportError"))


@asynccontextmanager
async def http(folder: Path, request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    options: Any = read_system(SHIPPED / "native.toml").options
    async with serving(native()) as url:
        pointed = {**options["connection"], "base_url": url}
        own = context(folder, {**options, "connection": pointed})
        async with closed_at_the_end(HttpBackend.from_context(own)) as made:
            yield made


def sql(folder: Path, url: str, **changes: object) -> Any:
    options = {**read_system(SHIPPED / "sql.toml").options, "url": url, **changes}
    return closed_at_the_end(
        SqlBackend.from_context(context(folder, options, PASSWORD))
    )


def rows() -> tuple[str, str]:
    """Fill the tables of the shipped queries, around this moment in Beijing."""

    def at(hours: float) -> str:
        return f"{now() + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"

    return (
        f"INSERT INTO work_order VALUES ('{SITE.work_order_key}', 47, 'GZP-1', "
        f"'王建国', '{at(-2)}', '{at(2)}', 'approved')",
        f"INSERT INTO detection_result VALUES ('{SITE.id}', 34, 31, 9, "
        f"'{at(-0.001)}', 5, 'hat-net 3.1', 0.88)",
    )


@asynccontextmanager
async def postgresql(
    folder: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Backend]:
    server: Postgres = request.getfixturevalue("postgres")
    server.run(*TABLES, *rows())
    try:
        async with sql(folder, server.url()) as made:
            yield made
    finally:
        server.run("DROP TABLE work_order", "DROP TABLE detection_result")


@asynccontextmanager
async def sqlite(
    folder: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Backend]:
    with closing(sqlite3.connect(folder / "orders.db")) as database:
        for statement in (*TABLES, *rows()):
            database.execute(statement)
        database.commit()
    url = f"sqlite:///{(folder / 'orders.db').as_posix()}"
    async with sql(folder, url, secret="") as made:
        yield made


def spreadsheet(
    folder: Path, request: pytest.FixtureRequest, *, write: Callable[[Path], Path]
) -> Any:
    shipped = read_system(SHIPPED / "spreadsheet.toml").options
    options = {**shipped, "file": write(folder).name}
    return closed_at_the_end(SpreadsheetBackend.from_context(context(folder, options)))


LINES: Final = (
    ("站点", "应到人数", "工单号", "负责人", "开始时间", "结束时间"),
    (SITE.id, 47, "GZP-1", "王建国", "", ""),
)


def a_csv(folder: Path) -> Path:
    path = folder / "工单.csv"
    text = "".join(",".join(map(str, line)) + "\n" for line in LINES)
    path.write_bytes(text.encode("gb18030"))
    # A while ago: one that has just changed may not be whole yet.
    os.utime(path, (time.time() - 120,) * 2)
    return path


def a_book(folder: Path) -> Path:
    from openpyxl import Workbook

    path = folder / "工单.xlsx"
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in LINES:
        sheet.append(line)
    book.save(path)
    book.close()
    return path


MAKERS: Final[dict[str, Maker]] = {
    "demo": demo,
    "unavailable": unavailable,
    "http": http,
    "sql on postgresql": postgresql,
    "sql on sqlite": sqlite,
    "spreadsheet csv": partial(spreadsheet, write=a_csv),
    "spreadsheet xlsx": partial(spreadsheet, write=a_book),
}
