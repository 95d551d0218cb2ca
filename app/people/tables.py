"""The tables of the accounts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
)

from app.core.people import Person, Role
from app.people.file import damaged, newer
from app.people.lockout import Lockout

VERSION: Final = 1
"""Version of the tables; a greater one is refused."""

metadata = MetaData()

meta = Table(
    "people_meta",
    metadata,
    Column("key", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

people = Table(
    "people",
    metadata,
    Column("folded", String(64), primary_key=True),
    Column("login", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("role", String(32), nullable=False),
    Column("password", Text, nullable=False),
    Column("must_change", Boolean, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("locked_at", Text),
)


def create(connection: Connection) -> None:
    """Make the tables."""
    metadata.create_all(connection, checkfirst=False)
    connection.execute(insert(meta), {"key": "tables", "value": str(VERSION)})


def recognised(connection: Connection, path: Path) -> bool:
    """Say whether the tables are there.

    Raises:
        PeopleError: They are of a newer program, or of another one.
    """
    names = inspect(connection).get_table_names()
    if not names:
        return False
    if not {meta.name, people.name} <= set(names):
        raise damaged(path, "它是别的程序的数据库")
    found = select(meta.c.value).where(meta.c.key == "tables")
    version = connection.execute(found).scalar_one_or_none() or ""
    if not version.isdecimal():
        raise damaged(path, "没有格式版本")
    if int(version) > VERSION:
        raise newer(path, version)
    return True


def person_of(row: Row[Any], path: Path, now: datetime) -> Person:
    """Give an account as screens see it.

    Raises:
        PeopleError: The row says what this program never writes.
    """
    try:
        role = Role(row.role)
    except ValueError as error:
        raise damaged(path, f"「{row.login}」的角色 {row.role!r} 不存在") from error
    return Person(
        login=row.login,
        name=row.name,
        role=role,
        must_change=row.must_change,
        disabled=row.disabled,
        locked_until=lockout_of(row, path).at(now).until,
    )


def lockout_of(row: Row[Any], path: Path) -> Lockout:
    """Give the wrong passwords of an account.

    Raises:
        PeopleError: The row says what this program never writes.
    """
    try:
        since = datetime.fromisoformat(row.locked_at) if row.locked_at else None
        known = Lockout(
            failures=int(row.failures), since=since and since.astimezone(UTC)
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise damaged(path, f"「{row.login}」的锁定记录看不懂") from error
    return known
