"""The versions of the tables: made new, brought up to date, or read as they are.

Version 2 added who acknowledged which alarm, version 3 what `journal.derived` holds. A
journal of an older version is read as it is, through views of the connection, and
brought up to date with the next entry that is written: everything new is derived from
what is there, in the transaction of that entry, so that nobody sees half of it.
"""

from typing import Final

from sqlalchemy import Connection
from sqlalchemy.schema import CreateTable

from app.core.model import Severity
from app.journal import derived, schema

VERSION: Final = 3
"""Version of the tables, in `journal_meta`; a greater one is refused."""
ROOM: Final = 1 / 3
"""Of the size of an older journal, what bringing it up to date needs at most: the new
tables, first in the WAL and then in the file. Measured were 9 % for usual records."""

_ADDED_2: Final = (schema.acknowledgements, schema.open_alarms)


def create(connection: Connection) -> None:
    """Make every table of an empty journal."""
    schema.metadata.create_all(connection, checkfirst=False)
    _run(connection, *schema.TRIGGERS, *schema.TRIGGERS_2, *derived.TRIGGERS)


def upgrade(connection: Connection, version: int) -> None:
    """Bring tables of an older version up to date, from what is there."""
    _drop_views(connection)
    if version < 2:
        schema.metadata.create_all(connection, tables=_ADDED_2, checkfirst=False)
        _run(
            connection,
            "INSERT INTO journal_open_alarms SELECT seq, position FROM journal_calls "
            f"WHERE severity = '{Severity.ALARM}'",
            *schema.TRIGGERS_2,
        )
    if version < 3:
        for table in derived.TABLES:
            connection.execute(CreateTable(table))
        _run(connection, *derived.FROM_BODIES)
        # An index is made several times faster of what is there already.
        for index in (*derived.INDEXES, derived.by_operator):
            index.create(connection)
        _run(connection, *derived.TRIGGERS)


def see(connection: Connection, version: int) -> None:
    """Let a connection that only reads see tables that an older journal lacks.

    Somebody else may have brought it up to date since.
    """
    views = {
        **(derived.VIEWS_1 if version < 2 else {}),
        **(derived.VIEWS if version < 3 else {}),
    }
    known = _views(connection)
    if known == set(views):
        return
    _drop_views(connection)
    for name, definition in views.items():
        _run(connection, f"CREATE TEMP VIEW {name} {definition}")


def _views(connection: Connection) -> set[str]:
    found = connection.exec_driver_sql(
        "SELECT name FROM temp.sqlite_master WHERE type = 'view'"
    )
    return {str(name) for name in found.scalars()}


def _drop_views(connection: Connection) -> None:
    for name in _views(connection):
        _run(connection, f"DROP VIEW temp.{name}")


def _run(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement)
