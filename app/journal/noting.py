"""What a check notes on its way: in the database, for a log may name millions."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final, TypeAlias

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from app.journal import schema

Progress: TypeAlias = Callable[[int, int], None]
"""Gets how much is done, and how much is known of so far; may raise to end it."""

_CHUNK: Final = 1000


@contextmanager
def noted_in(connection: Connection, table: str, columns: str) -> Iterator[None]:
    """Have a temporary table for as long as this lasts."""
    ask = connection.exec_driver_sql
    ask(f"DROP TABLE IF EXISTS temp.{table}")
    ask(f"CREATE TEMP TABLE {table} ({columns})")
    try:
        yield
    finally:
        # What ended the check counts; the transaction takes the table with it.
        with suppress(OperationalError):
            ask(f"DROP TABLE temp.{table}")


def spans(connection: Connection) -> Iterator[tuple[int, int]]:
    """Give the first and last number of each stretch of the log, oldest first."""
    entries = schema.entries.c
    last = connection.execute(select(func.max(entries.seq))).scalar() or 0
    for low in range(1, last + 1, _CHUNK):
        yield low, low + _CHUNK - 1
