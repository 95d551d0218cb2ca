"""The file of the accounts: a small SQLite database that only its owner may read.

A transaction begins IMMEDIATE, so that two processes never count one wrong password
as the first. Nothing is kept open between two questions.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.errors import PeopleError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

NAME: Final = "people.sqlite"
_PRIVATE: Final = 0o600
_BACK_IN: Final = (
    "在修好之前不能登录。若有备份请放回原处; 没有备份时, 由本机的管理者移走这个文件, "
    "重新启动后用 griddesk people add 重新建立账户, 巡检日志会留下记录。"
)
"""How to get back in. Whoever may remove the file owns the machine anyway."""


class PeopleFile:
    """Opens the file for one transaction at a time."""

    def __init__(self, path: Path, *, busy_s: float) -> None:
        """Name the file; nothing is opened yet."""
        self.path: Final = path
        self._busy_s = busy_s
        self._engine: Engine | None = None
        self._was_there = False

    def exists(self) -> bool:
        """Say whether there is a file with anything in it.

        Raises:
            PeopleError: It was there a while ago, or cannot be looked at.
        """
        try:
            there = self.path.stat().st_size > 0
        except FileNotFoundError:
            there = False
        except OSError as error:
            raise self._unreadable(error) from error
        if self._was_there and not there:
            # Whoever is signed in must not become everybody while he works.
            raise PeopleError(
                f"账户文件「{self.path}」在程序运行中被移走",
                "请放回原处; 若确实不再使用账户, 请重新启动程序。",
            )
        self._was_there = there
        return there

    @contextmanager
    def opened(self, *, write: bool = False) -> Iterator["Connection"]:
        """Give a transaction; the file is made when it is to be written and not there.

        Raises:
            PeopleError: Damaged, newer, not ours, unreadable, or the disk is full.
        """
        from sqlalchemy.exc import SQLAlchemyError

        from app.people import tables

        try:
            if not self.exists():
                self._make()
            self._keep_private()
            with self._connected().connect() as connection:
                begin = "BEGIN IMMEDIATE" if write else "BEGIN"
                connection.exec_driver_sql(begin)
                try:
                    if not tables.recognised(connection, self.path):
                        tables.create(connection)
                    yield connection
                except BaseException:
                    connection.rollback()
                    raise
                connection.commit()
            self._was_there = True
        except (SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._unreadable(error) from error

    def _make(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self.path, os.O_CREAT | os.O_RDWR, _PRIVATE))

    def _keep_private(self) -> None:
        """Take away what others may do with the file, for instance after a copy."""
        if os.name == "posix" and self.path.stat().st_mode & 0o077:
            self.path.chmod(_PRIVATE)

    def _connected(self) -> "Engine":
        if self._engine is None:
            from sqlalchemy import NullPool, create_engine

            self._engine = create_engine(
                "sqlite://", creator=self._connect, poolclass=NullPool
            )
        return self._engine

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=self._busy_s,
            isolation_level=None,
        )
        # What was answered survives a power cut: a wrong password stays counted.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _unreadable(self, error: Exception) -> PeopleError:
        said = str(getattr(error, "orig", None) or error)
        code = getattr(getattr(error, "orig", error), "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return PeopleError(
                f"账户文件「{self.path}」一直被另一个程序占用", "请稍后再试。"
            )
        if code == sqlite3.SQLITE_FULL:
            return PeopleError(
                f"磁盘已满, 账户文件「{self.path}」写不进去", "请清理磁盘空间后再试。"
            )
        return PeopleError(f"账户文件「{self.path}」不能使用: {said}", _BACK_IN)


def damaged(path: Path, what: str) -> PeopleError:
    """Say that the file holds what this program never writes."""
    return PeopleError(f"账户文件「{path}」已损坏: {what}", _BACK_IN)


def newer(path: Path, version: str) -> PeopleError:
    """Say that the file was written by a newer program."""
    return PeopleError(
        f"账户文件「{path}」由较新版本的程序写成 (格式版本{version}), 本程序不能读写",
        "请用较新版本的程序, 不要删除或覆盖这个文件。",
    )
