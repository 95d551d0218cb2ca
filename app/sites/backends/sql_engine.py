"""Connections of one database that only read: made, protected, timed and given back."""

import contextlib
import socket
import sqlite3
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Engine,
    Row,
    bindparam,
    create_engine,
    event,
    make_url,
    select,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    DisconnectionError,
    NoSuchModuleError,
    SQLAlchemyError,
)

from app.core.errors import (
    BackendDataError,
    BackendError,
    BackendUnreachableError,
    LibraryMissingError,
    SettingsError,
)
from app.sites.backends.sql_errors import backend_error, connection_error

_T = TypeVar("_T")

MOST_ROWS: Final = 100
"""Of one answer."""
GRACE_S: Final = 3.0
"""How much longer than a statement its connection may be silent."""
_RECYCLE_S: Final = 1800
_CHECK_EVERY: Final = 1000
"""Steps of SQLite's machine between two looks at the clock."""
_SECRET_WORDS: Final = ("password", "passwd", "pwd", "secret", "token")
_WITH_LIMIT: Final = frozenset({"postgresql", "mysql", "mariadb", "sqlite"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """What is needed to connect."""

    system: str
    """Its name, for sentences about its settings."""
    title: str
    url: URL
    password: Callable[[], str] | None
    """Asked in a worker thread for every new connection; None: no password."""
    timeout_s: float
    connections: int
    zone: ZoneInfo
    tls: bool
    ca_file: Path | None


def url_of(written: str, *, system: str, folder: Path) -> URL:
    """Read the database's URL; it must hold no password.

    Raises:
        SettingsError: It is none, or it holds one.
    """
    try:
        url = make_url(written)
    except (ArgumentError, ValueError):
        raise SettingsError(
            f"系统 {system} 的 url 不是数据库地址",
            "例如 postgresql://用户@主机:5432/库名 或 sqlite:///文件。",
        ) from None
    if url.password is not None or any(
        word in key.casefold() for key in url.query for word in _SECRET_WORDS
    ):
        raise SettingsError(
            f"系统 {system} 的 url 里写有密码, 不予使用",
            "请从 url 中删去密码, 把它存入系统密钥环, 并用 secret 写明密钥的名称。",
        )
    if url.drivername == "postgresql":
        url = url.set(drivername="postgresql+pg8000")
    if url.get_backend_name() == "sqlite":
        if not url.database or url.database.startswith((":memory:", "file:")):
            raise SettingsError(f"系统 {system} 的 url 没有写明 SQLite 文件")
        url = url.set(database=str(folder / url.database), query={})
    return url


class Reader:
    """Runs one query at a time on each of a few connections; called in threads."""

    def __init__(self, database: Database) -> None:
        """Make the engine; nothing is connected yet.

        Raises:
            SettingsError, LibraryMissingError: The URL names a driver that is absent.
        """
        self._database = database
        self._engine = _engine(database)
        self._dialect = self._engine.dialect.name
        self._lock = threading.Lock()
        self._at_work: set[Any] = set()
        self._closed = False

    @property
    def takes_aware_times(self) -> bool:
        """Whether times are bound with their zone; else as local times."""
        return self._dialect == "postgresql"

    @property
    def takes_times(self) -> bool:
        """Whether there is a type for times; SQLite has texts."""
        return self._dialect != "sqlite"

    def rows(self, query: str, binds: Mapping[str, object]) -> list[dict[str, object]]:
        """Run a checked query; rows by the names of their columns in lower case.

        Raises:
            BackendError: There is no answer, or it has too many rows.
        """
        if self._dialect in _WITH_LIMIT:
            # As a part of another statement it can be nothing but a query.
            query = f"SELECT * FROM (\n{query}\n) AS griddesk LIMIT {MOST_ROWS + 1}"
        statement = text(query)
        used = {name: binds[name] for name in statement.compile().params}
        if self.takes_aware_times:
            times = [n for n, value in used.items() if isinstance(value, datetime)]
            statement = statement.bindparams(
                *(bindparam(name, type_=DateTime(timezone=True)) for name in times)
            )

        def fetch(connection: Connection) -> tuple[list[str], Sequence[Row[Any]]]:
            result = connection.execute(statement, used)
            names = [str(name).casefold() for name in tuple(result.keys())]
            return names, result.fetchmany(MOST_ROWS + 1)

        names, values = self._asked(fetch)
        title = self._database.title
        if len(values) > MOST_ROWS:
            raise BackendDataError(
                f"{title}对一个站点给出超过{MOST_ROWS}行",
                "请在查询的 WHERE 中限定站点和日期。",
            )
        if twice := {name for name in names if names.count(name) > 1}:
            raise BackendDataError(
                f"{title}的查询结果有两列都叫 {min(twice):.40}", "请用 AS 分别命名。"
            )
        return [dict(zip(names, row, strict=True)) for row in values]

    def ping(self) -> None:
        """Ask the smallest question there is.

        Raises:
            BackendError: No answer.
        """
        self._asked(lambda connection: connection.execute(select(1)).scalar())

    def stop(self) -> None:
        """Take no more questions, and end those at work where the driver can."""
        with self._lock:
            self._closed = True
            at_work = list(self._at_work)
        for raw in at_work:
            _interrupt(raw)

    def close(self) -> None:
        """Close what is idle; what is at work closes when it is done."""
        self.stop()
        with contextlib.suppress(SQLAlchemyError, OSError):
            self._engine.dispose()

    def _asked(self, work: Callable[[Connection], _T]) -> _T:
        """Do something with a connection; a failed one is not used again."""
        failure: BackendError
        title = self._database.title
        try:
            with self._engine.connect() as connection:
                return self._read_only(connection, work)
        except SQLAlchemyError as error:
            failure = backend_error(error, title)
        except (OSError, sqlite3.Error) as error:
            failure = connection_error(error, title)
        except (ValueError, OverflowError) as error:
            failure = BackendDataError(
                f"{title}的查询结果有读不出来的值 ({type(error).__name__})"
            )
        # Out here, without a context: the database's own error holds the query.
        raise failure

    def _read_only(
        self, connection: Connection, work: Callable[[Connection], _T]
    ) -> _T:
        raw: Any = connection.connection.dbapi_connection
        clean = False
        try:
            self._begin(raw)
            self._protect(connection, raw)
            found = work(connection)
            connection.rollback()
            clean = True
        finally:
            if self._ended(raw) or not clean:
                connection.invalidate()
        return found

    def _begin(self, raw: object) -> None:
        with self._lock:
            if self._closed:
                raise BackendUnreachableError(f"{self._database.title}已经关闭")
            self._at_work.add(raw)

    def _protect(self, connection: Connection, raw: Any) -> None:
        """Have the database itself refuse writing, and stop what takes too long."""
        milliseconds = max(1, round(self._database.timeout_s * 1000))
        match self._dialect:
            case "postgresql":
                for statement in (
                    "SET TRANSACTION READ ONLY",
                    f"SET LOCAL statement_timeout = {milliseconds}",
                    f"SET LOCAL lock_timeout = {milliseconds}",
                    f"SET LOCAL TIME ZONE '{self._database.zone.key}'",
                ):
                    connection.exec_driver_sql(statement)
            case "mysql":
                # Of the session: it holds for the transaction that begins next.
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                connection.exec_driver_sql(
                    f"SET SESSION max_execution_time = {milliseconds}"
                )
            case "mariadb":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                connection.exec_driver_sql(
                    f"SET SESSION max_statement_time = {milliseconds / 1000}"
                )
            case "oracle":
                connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            case "sqlite":
                ends = time.monotonic() + self._database.timeout_s
                raw.set_progress_handler(lambda: time.monotonic() > ends, _CHECK_EVERY)

    def _ended(self, raw: object) -> bool:
        """Say whether the reader was closed while the connection was at work."""
        with self._lock:
            self._at_work.discard(raw)
            return self._closed


def _engine(database: Database) -> Engine:
    url, timeout_s = database.url, database.timeout_s + GRACE_S
    arguments: dict[str, object] = {}
    driver = url.get_driver_name() if "+" in url.drivername else ""
    if driver == "pg8000":
        arguments = {
            "timeout": timeout_s,
            "ssl_context": _tls(database) if database.tls else False,
            "application_name": "griddesk",
        }
    elif database.tls:
        raise SettingsError(
            f"系统 {database.system} 的 tls 只用于 postgresql://",
            "其他数据库请按其驱动的写法在 url 中要求加密连接。",
        )
    try:
        engine = create_engine(
            url,
            connect_args=arguments,
            pool_size=database.connections,
            max_overflow=0,
            pool_timeout=database.timeout_s,
            pool_recycle=_RECYCLE_S,
            hide_parameters=True,
        )
    except ModuleNotFoundError as error:
        raise LibraryMissingError(
            f"系统 {database.system} 要用的数据库驱动没有安装: Python 库 {error.name}",
            f"请在本程序的 Python 环境中安装 {error.name}, "
            "或在 url 中改用已安装的驱动。",
        ) from error
    except (NoSuchModuleError, ArgumentError, TypeError) as error:
        raise SettingsError(
            f"系统 {database.system} 的 url 里的数据库类型 {url.drivername:.40} 不认识",
            "常用的有 postgresql、mysql+pymysql、oracle+oracledb、sqlite; "
            "其他数据库要先安装它的 SQLAlchemy 方言包。",
        ) from error
    _try_before_use(engine)
    if engine.dialect.name == "sqlite":
        _read_only_file(engine, database)
    elif database.password is not None:
        _with_password(engine, database.password)
    return engine


def _tls(database: Database) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=database.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SettingsError(
            f"系统 {database.system} 的 ca_file 不是可读的证书文件"
        ) from error


def _try_before_use(engine: Engine) -> None:
    """Have the pool replace a connection that the server has ended.

    Its own `pool_pre_ping` looks for the driver's errors alone, and pg8000 lets those
    of the socket through.
    """

    @event.listens_for(engine, "checkout")
    def ping(raw: Any, record: object, proxy: object) -> None:
        failed = False
        try:
            engine.dialect.do_ping(raw)
        except (OSError, engine.dialect.loaded_dbapi.Error):
            failed = True
        if failed:
            raise DisconnectionError


def _with_password(engine: Engine, password: Callable[[], str]) -> None:
    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Any, record: Any, cargs: list[Any], cparams: dict[str, Any]
    ) -> None:
        # Made anew every time, so that it is kept nowhere.
        url = engine.url.set(password=password())
        arguments, parameters = dialect.create_connect_args(url)
        cargs[:] = arguments
        cparams.update(parameters)


def _read_only_file(engine: Engine, database: Database) -> None:
    path = Path(database.url.database or "").absolute()

    @event.listens_for(engine, "do_connect")
    def connect(
        dialect: Any, record: Any, cargs: Any, cparams: Any
    ) -> sqlite3.Connection:
        if not path.is_file():
            raise BackendUnreachableError(
                f"{database.title}的数据库文件 {path.name} 找不到",
                f"请检查 {path} 是否存在、网络盘是否连接。",
            )
        connection = sqlite3.connect(
            f"{path.as_uri()}?mode=ro",
            uri=True,
            timeout=database.timeout_s,
            check_same_thread=False,
        )
        connection.execute("PRAGMA query_only = ON")
        connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
        return connection


def _interrupt(raw: Any) -> None:
    """End a statement at work on another thread, by whatever the driver has for it."""
    for name in ("interrupt", "cancel"):
        if callable(stop := getattr(raw, name, None)):
            with contextlib.suppress(Exception):
                stop()
            return
    # pg8000 has neither; without its socket its thread comes back.
    wire = getattr(raw, "_usock", None)
    if isinstance(wire, socket.socket):
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)
