"""A database that is stopped, and tables that are half written.

As in `test_backend_faults`: three sites at once, and the two others are untouched.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.observation import MissingReason, Service
from app.sites.backends.spreadsheet import SpreadsheetBackend
from app.sites.backends.sql import SqlBackend
from app.sites.dispatcher import ConcurrentDispatcher
from tests.contract.three_sites import (
    EAST,
    SICK,
    ThreeSites,
    Vendor,
    assert_no_number,
    assert_others_are_right,
    settings,
)
from tests.postgres import PASSWORD, Postgres, running_postgres
from tests.site_server import serving

BAD = MissingReason.BAD_DATA


@contextmanager
def locked(postgres: Postgres, table: str) -> Iterator[None]:
    """Let every question about the table wait; the server may end within."""
    import pg8000.dbapi

    connection = pg8000.dbapi.connect(
        user="owner",
        password=PASSWORD,
        host="127.0.0.1",
        port=postgres.port,
        database="postgres",
    )
    try:
        connection.cursor().execute(f"LOCK TABLE {table}")
        yield
    finally:
        with suppress(pg8000.dbapi.Error):
            connection.close()


def is_waited_for(postgres: Postgres) -> bool:
    waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    return postgres.run(waiting) != []


async def test_a_database_that_is_stopped_in_the_middle(desk: ThreeSites) -> None:
    with ExitStack() as server:
        postgres = await asyncio.to_thread(server.enter_context, running_postgres())
        postgres.run(
            "CREATE TABLE orders (site text, expected int)",
            f"INSERT INTO orders VALUES ('{SICK.id}', 9)",
        )
        options = {
            "url": postgres.url(),
            "secret": "db",
            "title": "工单库",
            "work_orders": {
                "query": "SELECT expected FROM orders WHERE site = :site_id"
            },
        }
        context = replace(desk.context("orders", options), secret=lambda _: PASSWORD)
        async with AsyncExitStack() as made, serving(Vendor().app) as url:
            sick, well = SqlBackend.from_context(context), desk.http(settings(url))
            made.push_async_callback(sick.close)
            made.push_async_callback(well.close)
            dispatcher = ConcurrentDispatcher(
                lambda site, service: (
                    sick if (site, service) == (SICK, Service.WORK_ORDERS) else well
                ),
                clock=desk.clock,
                timeout_s=20,
            )
            before = await desk.dispatched(dispatcher)
            with locked(postgres, "orders"):
                asking = asyncio.ensure_future(desk.dispatched(dispatcher))
                while not await asyncio.to_thread(is_waited_for, postgres):
                    await asyncio.sleep(0)
                await asyncio.to_thread(server.close)
            seen = await asking
            desk.health.append(await sick.health())
    assert (before[SICK.id].expected, before[SICK.id].missing) == (9, None)
    assert_others_are_right(seen)
    assert_no_number(
        seen[SICK.id],
        MissingReason.UNREACHABLE,
        "连接不上工单库的数据库",
        lost=Service.WORK_ORDERS,
    )
    assert not desk.health[-1].ok


def written(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    # A while ago: one that has just changed may not be whole yet.
    os.utime(path, (time.time() - 120,) * 2)


def a_csv(path: Path) -> bytes:
    rows = f"站点,应到人数,工单号,负责人\n{EAST.id},1,T1,王工\n{SICK.id},9,T9,李工\n"
    return rows.encode("gb18030")


def a_book(path: Path) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["站点", "应到人数", "工单号", "负责人"])
    sheet.append([SICK.id, 9, "T9", "李工"])
    book.save(path)
    book.close()
    return path.read_bytes()


@pytest.mark.parametrize(
    ("make", "name", "lost", "words"),
    [
        (a_csv, "工单.csv", 7, "最后一行不完整, 可能还没有写完"),
        (a_book, "工单.xlsx", 200, "工单.xlsx"),
        (a_book, "工单.xlsx", 4000, "工单.xlsx"),
    ],
)
async def test_a_table_that_is_half_written(
    desk: ThreeSites,
    make: Callable[[Path], bytes],
    name: str,
    lost: int,
    words: str,
) -> None:
    path = desk.folder / name
    whole = make(path)
    options = {"file": name, "title": "工单表"}
    async with AsyncExitStack() as made, serving(Vendor().app) as url:
        table = SpreadsheetBackend.from_context(desk.context("table", options))
        well = desk.http(settings(url))
        made.push_async_callback(table.close)
        made.push_async_callback(well.close)
        dispatcher = ConcurrentDispatcher(
            lambda site, service: (
                table if (site, service) == (SICK, Service.WORK_ORDERS) else well
            ),
            clock=desk.clock,
        )
        written(path, whole)
        before = await desk.dispatched(dispatcher)
        written(path, whole[:-lost])
        seen = await desk.dispatched(dispatcher)
        written(path, whole)
        after = await desk.dispatched(dispatcher)
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], BAD, words, lost=Service.WORK_ORDERS)
    for sound in (before, after):
        assert (sound[SICK.id].expected, sound[SICK.id].missing) == (9, None)
