"""The tables, and the triggers that keep them append-only: are they as they were made.

Whoever takes a trigger away changes nothing yet, but can. Whoever adds one can have the
desk itself lose what it writes, and the chain stays whole. In the place of a table may
stand a view that shows another thing each day, or a table that takes a record twice;
and an index that does not fit its table hides what the table holds.
"""

import re
from collections.abc import Iterable
from typing import Final, TypeAlias

from sqlalchemy import Connection, Table, UniqueConstraint

from app.journal import derived, schema

_OF_VERSION: Final = {
    1: schema.TRIGGERS,
    2: schema.TRIGGERS_2,
    3: derived.TRIGGERS,
}
"""What came with which version of the tables; their text never changes after that."""
_NAME: Final = re.compile(r"CREATE TRIGGER (\w+)")
_TRIGGER: Final = "CREATE TRIGGER"
_WORDS: Final = next(each for each in schema.TRIGGERS if _TRIGGER not in each)

_Shape: TypeAlias = tuple[list[str], set[str], set[frozenset[str]]]
"""Columns, those of the key, and those that no two rows may have the same."""


def trouble(connection: Connection, version: int) -> str:
    """Say in a Chinese clause what is wrong with the triggers; empty: nothing."""
    wanted = {
        _named(statement): _plain(statement)
        for since, statements in _OF_VERSION.items()
        for statement in statements
        if since <= version and _TRIGGER in statement
    }
    there = {
        str(name): _plain(statement)
        for name, statement in connection.exec_driver_sql(
            "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'"
        )
    }
    for words, names in (
        ("缺少", wanted.keys() - there.keys()),
        ("多出", there.keys() - wanted.keys()),
        ("改动了", {n for n in wanted.keys() & there.keys() if wanted[n] != there[n]}),
    ):
        if names:
            return f"{words}防改动的触发器 {'、'.join(sorted(names))}"
    return ""


def tables_trouble(connection: Connection, tables: Iterable[Table]) -> str:
    """Say in a Chinese clause what is wrong with tables; empty: nothing."""
    kinds = {
        str(name): (str(kind), str(sql))
        for name, kind, sql in connection.exec_driver_sql(
            "SELECT name, type, sql FROM main.sqlite_master WHERE type <> 'trigger'"
        )
    }
    nothing = ("", "")
    for table in tables:
        if kinds.get(table.name, nothing)[0] != "table":
            return f"缺少表 {table.name}"
        if _shape(connection, table.name) != _wanted(table):
            return f"改动了表 {table.name}"
    words = kinds.get(schema.words.name, nothing)[1]
    if "".join(words.split()) != "".join(_WORDS.split()):
        return f"缺少或改动了文字检索索引 {schema.words.name}"
    return ""


def index_trouble(connection: Connection, table: Table) -> str:
    """Say what SQLite finds wrong with a table and its indexes; empty: nothing."""
    asked = f"PRAGMA main.integrity_check({table.name})"
    found = str(connection.exec_driver_sql(asked).scalar_one())
    return "" if found == "ok" else found


def _wanted(table: Table) -> _Shape:
    unique = (c for c in table.constraints if isinstance(c, UniqueConstraint))
    return (
        [column.name for column in table.columns],
        {column.name for column in table.primary_key},
        {frozenset(column.name for column in each.columns) for each in unique},
    )


def _shape(connection: Connection, name: str) -> _Shape:
    ask = connection.exec_driver_sql
    columns = ask(f"PRAGMA main.table_xinfo({name})").all()
    indexes = ask(f"PRAGMA main.index_list({name})").all()
    return (
        # A column that is computed is none that was written.
        [str(each.name) for each in columns if not each.hidden],
        {str(each.name) for each in columns if each.pk},
        {
            frozenset(str(c.name) for c in ask(f"PRAGMA main.index_info({each.name})"))
            for each in indexes
            if each.unique and each.origin == "u"
        },
    )


def _named(statement: str) -> str:
    found = _NAME.search(statement)
    assert found is not None, statement
    return found.group(1)


def _plain(statement: str) -> str:
    return " ".join(statement.split())
