"""Work orders and counts from real databases: PostgreSQL and SQLite."""

import asyncio
import contextlib
import logging
import socket
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
    LibraryMissingError,
    SettingsError,
)
from app.core.model import Check, Site
from app.core.observation import Service
from app.sites.answers import order_problem, scene_problem
from app.sites.backends.context import BackendContext
from app.sites.backends.described import read_system
from app.sites.backends.sql import SqlBackend
from app.sites.conformance import RULES, Trial, conform
from app.system.paths import resources
from tests.postgres import PASSWORD, Postgres

JINAN = Site(id="A-1", name="济南", region="山东", work_order_key="WO7")
QINGDAO = Site(id="B", name="青岛")
AT = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)  # 10:00 in 上海
ORDERS = (
    "SELECT expected, ticket, leader, valid_from, valid_until FROM orders "
    "WHERE site = :work_order_key AND valid_from < :day_end "
    "AND valid_until >= :day_start"
)
SCENES = (
    "SELECT people, wearing, carrying, taken_at, frames, detector, confidence "
    "FROM scenes WHERE site = :site_id AND :check <> ''"
)

Maker = Callable[..., SqlBackend]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Maker]:
    """Give a maker of backends; all are closed at the end."""
    made: list[SqlBackend] = []

    def maker(
        url: str,
        orders: str = ORDERS,
        *,
        password: str = PASSWORD,
        empty: str = "no_order",
        **options: object,
    ) -> SqlBackend:
        context = BackendContext(
            name="wo",
            evidence_dir=tmp_path,
            clock=SystemClock(),
            secret=lambda name: {"db": password}[name],
            folder=tmp_path,
            options={
                "url": url,
                "title": "工单库",
                "work_orders": {"query": orders, "empty": empty},
                **({} if url.startswith("sqlite") else {"secret": "db"}),
                **options,
            },
        )
        made.append(SqlBackend.from_context(context))
        return made[-1]

    yield maker
    for backend in made:
        await backend.close()


@pytest.fixture(scope="session")
def filled(postgres: Postgres) -> Postgres:
    postgres.run(
        "CREATE TABLE orders (site text, expected numeric, ticket text, leader text, "
        "valid_from timestamp, valid_until timestamptz)",
        "INSERT INTO orders VALUES "
        "('WO7', 3, 'T1', '王工', '2026-11-21 08:00', '2026-11-21 18:00+08'), "
        "('WO7', 4, 'T2', '王工', '2026-11-21 09:00', '2026-11-21 12:00+08'), "
        "('WO7', 9, 'T3', '李工', '2026-11-21 20:00', '2026-11-21 23:00+08'), "
        "('LATE', 2, 'T4', '', '2026-11-21 20:00', '2026-11-21 23:00+08'), "
        "('LATE', 2, 'T5', '', '2026-11-21 06:00', '2026-11-21 07:00+08'), "
        "('NULL', NULL, 'T6', '', '2026-11-21 08:00', '2026-11-21 18:00+08'), "
        "('NULL', 5, 'T7', '', '2026-11-21 08:00', '2026-11-21 18:00+08')",
        "CREATE TABLE scenes (site text, people int, wearing int, carrying int, "
        "taken_at timestamp, frames int, detector text, confidence numeric)",
        "INSERT INTO scenes VALUES "
        "('A-1', 7, 6, NULL, '2026-11-21 09:59', 5, 'yolo 8', 0.91), "
        "('A-1', 1, 1, 1, '2026-11-21 09:00', 5, 'yolo 8', 0.91), "
        "('TWICE', 1, 1, 1, '2026-11-21 09:00', 5, '', NULL), "
        "('TWICE', 2, 1, 1, '2026-11-21 09:00', 5, '', NULL)",
        "CREATE TABLE diary (said text)",
        "CREATE SEQUENCE numbers",
        "CREATE FUNCTION note() RETURNS int LANGUAGE plpgsql AS "
        "$$ BEGIN INSERT INTO diary VALUES ('was here'); RETURN 1; END $$",
        "CREATE FUNCTION escape_note() RETURNS int LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM set_config('transaction_read_only', 'off', false); "
        "INSERT INTO diary VALUES ('escaped'); RETURN 1; END $$",
        "CREATE FUNCTION count_up() RETURNS bigint LANGUAGE sql AS "
        "$$ SELECT nextval('numbers') $$",
        f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'",
    )
    return postgres


def site(key: str) -> Site:
    return Site(id=key, name=key)


async def test_orders_in_force_at_once_are_added_up(
    filled: Postgres, make: Maker
) -> None:
    order = await make(filled.url()).expected(JINAN, AT)
    assert (order.expected, order.ticket, order.leader) == (7, "T1、T2", "王工")
    assert order.valid_from == datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
    assert order.valid_until == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert order.source == "工单库"
    assert order_problem(order, AT) is None


async def test_of_orders_not_in_force_the_nearest_is_given(
    filled: Postgres, make: Maker
) -> None:
    order = await make(filled.url()).expected(site("LATE"), AT)
    assert order.ticket == "T5"
    problem = order_problem(order, AT)
    assert problem is not None
    assert "到期" in problem.detail


async def test_an_order_without_a_number_leaves_the_sum_unknown(
    filled: Postgres, make: Maker
) -> None:
    order = await make(filled.url()).expected(site("NULL"), AT)
    assert (order.expected, order.ticket) == (None, "T6、T7")


@pytest.mark.parametrize(("empty", "expected"), [("no_order", 0), ("unknown", None)])
async def test_no_row_means_what_the_settings_say(
    filled: Postgres, make: Maker, empty: str, expected: int | None
) -> None:
    order = await make(filled.url(), empty=empty).expected(QINGDAO, AT)
    assert order.expected == expected


async def test_no_row_says_nothing_unless_the_settings_say_otherwise(
    make: Maker, tmp_path: Path
) -> None:
    backend = make(sqlite_orders(tmp_path), work_orders={"query": ORDERS})
    assert (await backend.expected(QINGDAO, AT)).expected is None


async def test_the_last_counts_are_given(filled: Postgres, make: Maker) -> None:
    backend = make(filled.url(), detection={"query": SCENES})
    assert backend.services == frozenset(Service)
    scene = await backend.observe(JINAN, Check.HELMET, AT)
    assert (scene.people, scene.wearing, scene.carrying) == (7, 6, None)
    assert (scene.frames, scene.detector, scene.confidence) == (5, "yolo 8", 0.91)
    assert scene.taken_at == datetime(2026, 11, 21, 1, 59, tzinfo=UTC)
    assert scene_problem(scene, AT, 120) is None
    with pytest.raises(BackendDataError, match="没有 青岛 的检测记录"):
        await backend.observe(QINGDAO, Check.HELMET, AT)
    with pytest.raises(BackendDataError, match="同一时刻"):
        await backend.observe(site("TWICE"), Check.HELMET, AT)


async def test_a_question_without_a_query_is_refused(
    filled: Postgres, make: Maker
) -> None:
    backend = make(filled.url())
    assert backend.services == {Service.WORK_ORDERS}
    with pytest.raises(BackendRefusedError):
        await backend.observe(JINAN, Check.HELMET, AT)
    other = make(filled.url(), detection={"query": SCENES}, work_orders=None)
    assert other.services == {Service.DETECTION}
    with pytest.raises(BackendRefusedError):
        await other.expected(JINAN, AT)


@pytest.mark.parametrize("empty", ["no_order", "unknown"])
async def test_it_conforms(
    filled: Postgres, make: Maker, tmp_path: Path, empty: str
) -> None:
    backend = make(filled.url(), empty=empty, detection={"query": SCENES})
    trial = Trial(backend=backend, site=JINAN, at=AT, evidence_dir=tmp_path)
    results = await conform(trial)
    assert len(results) == len(RULES)
    assert [result for result in results if not result.ok] == []


async def test_it_conforms_on_sqlite(make: Maker, tmp_path: Path) -> None:
    backend = make(sqlite_orders(tmp_path))
    trial = Trial(backend=backend, site=JINAN, at=AT, evidence_dir=tmp_path)
    assert [result for result in await conform(trial) if not result.ok] == []


@pytest.mark.parametrize("function", ["note", "escape_note", "count_up"])
async def test_a_function_that_writes_writes_nothing(
    filled: Postgres, make: Maker, function: str
) -> None:
    backend = make(filled.url(), f"SELECT {function}() AS expected")
    with pytest.raises(BackendError) as caught:
        await backend.expected(JINAN, AT)
    assert isinstance(caught.value, BackendRefusedError | BackendDataError)
    assert filled.run("SELECT * FROM diary") == []
    assert filled.run("SELECT is_called FROM numbers") == [(False,)]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM orders",
        "SELECT * INTO stolen FROM orders",
        "WITH a AS (DELETE FROM orders RETURNING 1) SELECT 1 AS expected FROM a",
        "SELECT 1 AS expected; DELETE FROM orders",
        "SELECT 1 AS expected FROM orders FOR UPDATE",
    ],
)
async def test_what_the_guard_refuses_the_database_refuses_as_well(
    filled: Postgres, make: Maker, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    with pytest.raises(SettingsError, match="不能使用"):
        make(filled.url(), query)
    monkeypatch.setattr(
        "app.sites.backends.sql.checked_query", lambda query, **rest: query
    )
    before = filled.run("SELECT count(*) FROM orders")
    with pytest.raises(BackendError):
        await make(filled.url(), query).expected(JINAN, AT)
    assert filled.run("SELECT count(*) FROM orders") == before
    assert filled.run("SELECT to_regclass('stolen')") == [(None,)]


async def test_nothing_stays_behind_in_the_session(
    filled: Postgres, make: Maker
) -> None:
    backend = make(
        filled.url(),
        "SELECT count(*) AS expected FROM pg_stat_activity "
        "WHERE application_name = 'griddesk' AND state LIKE 'idle in%'",
        connections=2,
    )
    await asyncio.gather(*(backend.expected(JINAN, AT) for _ in range(20)))
    assert (await backend.expected(JINAN, AT)).expected == 0


async def test_a_statement_over_time_is_stopped_by_the_database(
    filled: Postgres, make: Maker
) -> None:
    backend = make(
        filled.url(),
        "SELECT 1 AS expected FROM pg_sleep(600)",
        statement_timeout_s=0.2,
    )
    with pytest.raises(BackendTimeoutError):
        await backend.expected(JINAN, AT)
    assert sleeping(filled) == 0


async def test_a_cancelled_question_returns_while_its_statement_runs(
    filled: Postgres, make: Maker
) -> None:
    backend = make(
        filled.url(),
        "SELECT 1 AS expected FROM pg_sleep(600)",
        statement_timeout_s=30,
        connections=1,
    )
    question = asyncio.create_task(backend.expected(JINAN, AT))
    await until(lambda: sleeping(filled) == 1)
    waiting = asyncio.create_task(backend.expected(JINAN, AT))
    await asyncio.sleep(0)
    for task in (question, waiting):
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=1)
        assert done
        assert task.cancelled()
    assert sleeping(filled) == 1
    # Closing does not wait for the statement: its thread comes back.
    await backend.close()
    await until(lambda: "sql wo" not in [t.name for t in threading.enumerate()])
    filled.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE query LIKE '%pg_sleep(600)%' AND application_name = 'griddesk'"
    )


async def test_a_closed_backend_answers_with_a_reason(
    filled: Postgres, make: Maker
) -> None:
    backend = make(filled.url())
    await backend.expected(JINAN, AT)
    await backend.close()
    await backend.close()
    with pytest.raises(BackendUnreachableError, match="关闭"):
        await backend.expected(JINAN, AT)
    assert not (await backend.health()).ok
    connected = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name='griddesk'"
    )
    await until(lambda: filled.run(connected) == [(0,)])


async def test_a_connection_that_the_server_ended_is_made_anew(
    filled: Postgres, make: Maker
) -> None:
    backend = make(filled.url(), connections=1)
    await backend.expected(JINAN, AT)
    filled.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'griddesk'"
    )
    assert (await backend.expected(JINAN, AT)).expected == 7


async def test_a_wrong_password_is_a_refusal_that_does_not_show_it(
    filled: Postgres, make: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    backend = make(filled.url(), password="not-the-password")
    with pytest.raises(BackendRefusedError, match="拒绝登录") as caught:
        await backend.expected(JINAN, AT)
    health = await backend.health()
    assert not health.ok
    assert health.remedy
    said = f"{caught.value!r} {chain(caught.value)} {health} {caplog.text}"
    assert "not-the-password" not in said


async def test_a_secret_that_is_not_there_is_said(
    filled: Postgres, make: Maker, tmp_path: Path
) -> None:
    def none(name: str) -> str:
        raise BackendRefusedError(f"没有密钥 {name}")

    context = BackendContext(
        name="wo", evidence_dir=tmp_path, clock=SystemClock(), secret=none,
        folder=tmp_path,
        options={
            "url": filled.url(), "secret": "db", "work_orders": {"query": ORDERS},
        },
    )  # fmt: skip
    backend = SqlBackend.from_context(context)
    with pytest.raises(BackendRefusedError, match="没有密钥 db"):
        await backend.expected(JINAN, AT)
    await backend.close()


async def test_no_right_and_no_database_are_refusals(
    filled: Postgres, make: Maker
) -> None:
    with pytest.raises(BackendRefusedError, match="权限"):
        await make(filled.url("stranger")).expected(JINAN, AT)
    with pytest.raises(BackendRefusedError, match="库"):
        await make(filled.url(database="nowhere")).expected(JINAN, AT)


async def test_no_server_is_unreachable(make: Maker) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    backend = make(f"postgresql://owner@127.0.0.1:{port}/postgres")
    with pytest.raises(BackendUnreachableError, match="连接不上"):
        await backend.expected(JINAN, AT)
    assert not (await backend.health()).ok


async def test_a_server_that_says_nothing_is_given_up(
    make: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sites.backends.sql_engine.GRACE_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        backend = make(
            f"postgresql://owner@127.0.0.1:{port}/postgres", statement_timeout_s=0.1
        )
        with pytest.raises(BackendTimeoutError):
            await backend.expected(JINAN, AT)


async def test_a_server_without_tls_is_refused_where_tls_is_asked(
    filled: Postgres, make: Maker
) -> None:
    with pytest.raises(BackendUnreachableError):
        await make(filled.url(), tls=True).expected(JINAN, AT)


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("SELECT nowhere AS expected FROM orders", "列 nowhere"),
        ("SELECT 1 AS expected FROM gone", "表 gone"),
        ("SELECT 1 AS people", "没有 expected 列"),
        ("SELECT 1 AS expected, 2 AS expected", "两列都叫 expected"),
        ("SELECT 'x'::int AS expected", "错误代码 22P02"),
        ("SELECT -1 AS expected", "expected 不合理"),
        ("SELECT 1.5 AS expected", "expected 不合理"),
        ("SELECT 'NaN'::numeric AS expected", "expected 不合理"),
        ("SELECT 'Infinity'::float8 AS expected", "expected 不合理"),
        ("SELECT true AS expected", "expected 不合理"),
        ("SELECT '12人' AS expected", "expected 不合理"),
        ("SELECT 1 AS expected, 5 AS valid_from", "valid_from 不合理"),
        ("SELECT 1 AS expected, 'soon' AS valid_until", "valid_until 不合理"),
        ("SELECT 1 AS expected, 'infinity'::timestamp AS valid_until", "valid_until"),
        ("SELECT 1 AS expected, repeat('x', 500) AS ticket", "ticket 不合理"),
        ("SELECT 1 AS expected FROM generate_series(1, 101)", "超过100行"),
        (
            "SELECT 1 AS expected FROM generate_series(1, 10000) a, "
            "generate_series(1, 100000) b",
            "超过100行",
        ),
    ],
)
async def test_what_makes_no_sense_is_named(
    filled: Postgres, make: Maker, query: str, said: str
) -> None:
    backend = make(filled.url(), query)
    with pytest.raises(BackendDataError) as caught:
        await backend.expected(JINAN, AT)
    assert said in caught.value.message
    assert query not in chain(caught.value)


async def test_every_bind_reaches_the_query(filled: Postgres, make: Maker) -> None:
    query = (
        "SELECT 1 AS expected, concat_ws('|', :site_id, :site_name, :region, "
        ":work_order_key, :at, :day_start, :day_end, '100%') AS ticket"
    )
    query = query.replace(":site_id", "CAST(:site_id AS text)")
    for name in ("site_name", "region", "work_order_key"):
        query = query.replace(f":{name}", f"CAST(:{name} AS text)")
    order = await make(filled.url(), query).expected(JINAN, AT)
    assert order.ticket == (
        "A-1|济南|山东|WO7|2026-11-21 10:00:00+08|2026-11-21 00:00:00+08|"
        "2026-11-22 00:00:00+08|100%"
    )


@pytest.mark.parametrize("value", ["'; DROP TABLE orders; --", "%s", "a' OR '1'='1"])
async def test_what_a_site_is_called_is_never_part_of_the_statement(
    filled: Postgres, make: Maker, value: str
) -> None:
    order = await make(filled.url()).expected(Site(id=value, name=value), AT)
    assert order.expected == 0
    assert filled.run("SELECT count(*) > 0 FROM orders") == [(True,)]


def test_a_password_in_the_url_is_refused(make: Maker) -> None:
    for url in (
        "postgresql://u:hunter2@h/d",
        "postgresql://u:@h/d",
        "postgresql://u@h/d?password=hunter2",
    ):
        with pytest.raises(SettingsError, match="密码") as caught:
            make(url)
        assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"url": "no url"}, SettingsError, "不是数据库地址"),
        ({"url": "marvel://h/d"}, SettingsError, "marvel"),
        ({"url": "sqlite://"}, SettingsError, "SQLite 文件"),
        ({"url": "sqlite:///:memory:"}, SettingsError, "SQLite 文件"),
        ({"url": "oracle+oracledb://u@h/d"}, LibraryMissingError, "oracledb"),
        ({"url": "sqlite:///x.db", "tls": True}, SettingsError, "tls"),
        ({"url": "sqlite:///x.db", "timezone": "Mars/North"}, SettingsError, "时区"),
        ({"url": "sqlite:///x.db", "work_orders": None}, SettingsError, "至少要有一个"),
        ({"url": "sqlite:///x.db", "colour": 1}, SettingsError, "colour"),
        ({"url": "sqlite:///x.db", "secret": "Abc123"}, SettingsError, "密钥的名称"),
        ({"url": "postgresql://u@h/d", "tls": True, "ca_file": "none.pem"},
         SettingsError, "ca_file"),
    ],
)  # fmt: skip
def test_options_that_cannot_work_are_said_at_once(
    make: Maker, options: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        make(**{"url": "sqlite:///x.db", **options})  # type: ignore[arg-type]


def test_the_shipped_example_is_taken(tmp_path: Path) -> None:
    example = read_system(resources() / "systems" / "sql.toml")
    backend = SqlBackend.from_context(
        BackendContext(
            name="wo", evidence_dir=tmp_path, clock=SystemClock(), secret=str,
            folder=tmp_path, options=example.options,
        )
    )  # fmt: skip
    assert backend.services == frozenset(Service)


async def test_sqlite_answers_and_cannot_be_written(
    make: Maker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = sqlite_orders(tmp_path)
    order = await make(url).expected(JINAN, AT)
    assert (order.expected, order.ticket) == (7, "T1、T2")
    assert order.valid_until == datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    before = (tmp_path / "orders.db").read_bytes()
    monkeypatch.setattr(
        "app.sites.backends.sql.checked_query", lambda query, **rest: query
    )
    for query in (
        "DELETE FROM orders",
        "SELECT 1) AS q; DELETE FROM orders; --",
        "ATTACH DATABASE 'other.db' AS other",
    ):
        with pytest.raises(BackendError):
            await make(url, query).expected(JINAN, AT)
    assert (tmp_path / "orders.db").read_bytes() == before
    assert [p.name for p in tmp_path.glob("*.db*")] == ["orders.db"]


async def test_sqlite_is_stopped_and_interrupted(make: Maker, tmp_path: Path) -> None:
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
        "SELECT max(i) AS expected FROM n"
    )
    url = sqlite_orders(tmp_path)
    with pytest.raises(BackendTimeoutError):
        await make(url, endless, statement_timeout_s=0.1).expected(JINAN, AT)
    backend = make(url, endless, statement_timeout_s=60)
    question = asyncio.create_task(backend.expected(JINAN, AT))
    await until(lambda: bool(backend._reader._at_work))
    await backend.close()
    with pytest.raises(BackendError):
        await question


async def test_a_sqlite_file_that_is_missing_broken_or_locked_is_said(
    make: Maker, tmp_path: Path
) -> None:
    with pytest.raises(BackendUnreachableError, match=r"none\.db 找不到"):
        await make("sqlite:///none.db").expected(JINAN, AT)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "text.db").write_bytes(b"no database " * 200)
    with pytest.raises(BackendDataError):
        await make("sqlite:///text.db").expected(JINAN, AT)
    url = sqlite_orders(tmp_path)
    with pytest.raises(BackendDataError, match="表 gone"):
        await make(url, "SELECT 1 AS expected FROM gone").expected(JINAN, AT)
    with pytest.raises(BackendDataError, match="列 gone"):
        await make(url, "SELECT gone AS expected FROM orders").expected(JINAN, AT)
    with contextlib.closing(sqlite3.connect(tmp_path / "orders.db")) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BackendBusyError):
            await make(url, statement_timeout_s=0.1).expected(JINAN, AT)


def sqlite_orders(folder: Path) -> str:
    with contextlib.closing(sqlite3.connect(folder / "orders.db")) as database:
        database.execute(
            "CREATE TABLE orders "
            "(site, expected, ticket, leader, valid_from, valid_until)"
        )
        database.executemany(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)",
            [
                ("WO7", 3, "T1", "王工", "2026-11-21 08:00:00", "2026-11-21 18:00:00"),
                ("WO7", "4", "T2", None, "2026-11-21 09:00:00", "2026-11-21 12:00:00"),
                ("WO7", 9, "T3", "李工", "2026-11-21 20:00:00", "2026-11-21 23:00:00"),
            ],
        )
        database.commit()
    return "sqlite:///orders.db"


def sleeping(server: Postgres) -> int:
    [(count,)] = server.run(
        "SELECT count(*)::int FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' "
        "AND application_name = 'griddesk' AND state = 'active'"
    )
    assert isinstance(count, int)
    return count


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(timedelta(milliseconds=10).total_seconds())


def chain(error: BaseException | None) -> str:
    """Give every error that a traceback could show."""
    said = []
    while error is not None:
        said.append(f"{error!r} {error}")
        error = error.__cause__ or error.__context__
    return " ".join(said)


async def test_an_order_that_a_join_repeats_is_refused(
    make: Maker, tmp_path: Path
) -> None:
    twice = f"{ORDERS} UNION ALL {ORDERS}"
    with pytest.raises(BackendDataError, match="T1 给了两次"):
        await make(sqlite_orders(tmp_path), twice).expected(JINAN, AT)


async def test_frames_that_are_not_stated_are_none(make: Maker, tmp_path: Path) -> None:
    query = "SELECT 7 AS people, '2026-11-21 10:00:00' AS taken_at"
    backend = make(sqlite_orders(tmp_path), detection={"query": query})
    scene = await backend.observe(JINAN, Check.HEADCOUNT, AT)
    assert (scene.people, scene.frames) == (7, 0)
