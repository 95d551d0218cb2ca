"""The derived rows of an entry: as its body wants them, and as the tables hold them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select

from app.core.model import RunRecord
from app.journal import derived, schema
from app.journal.index import (
    CallRow,
    Figures,
    IndexRows,
    RunRow,
    ears_of,
    figures_of,
)

Place: TypeAlias = tuple[int, int]
"""Entry of a run, and which of its findings."""

SaidRow: TypeAlias = tuple[int, str, int | None, str, int | None]
"""Entry of the run, kind, which finding, step, and entry that is decided about."""

EventRow: TypeAlias = tuple[str, int]

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Rows:
    """What the derived tables hold of one entry, or must."""

    run: RunRow | None = None
    calls: tuple[CallRow | None, ...] = ()
    """None: a row that does not stand where it should among those of its run."""
    acknowledged: Place | None = None
    figures: tuple[Figures | None, ...] = ()
    """None: the same, or a row that does not fit that of its call."""
    ears: tuple[int, int] | None = None
    said: SaidRow | None = None
    event: EventRow | None = None

    def differs(self, other: "Rows") -> str:
        """Name the first index in which the two differ; empty: none."""
        for name, what in _NAMES.items():
            if getattr(self, name) != getattr(other, name):
                return what
        return ""


_NAMES: Final = {
    "run": "检索索引 (时间等) ",
    "calls": "检索索引 (工地或结论) ",
    "acknowledged": "告警确认索引",
    "figures": "人数索引",
    "ears": "听音索引",
    "said": "处置与更正索引",
    "event": "席位事件索引",
}


def tables(version: int) -> tuple[Table, ...]:
    """Give the derived tables of a version that have rows of single entries."""
    return (
        schema.runs,
        schema.calls,
        *((schema.acknowledgements, schema.open_alarms) if version > 1 else ()),
        *(derived.TABLES if version > 2 else ()),
    )


def of_run(record: RunRecord, rows: IndexRows, version: int) -> Rows:
    """Give the rows that the body of a run wants."""
    if version < 3:
        return Rows(rows.run, rows.calls)
    return Rows(
        rows.run,
        rows.calls,
        figures=tuple(figures_of(record)),
        ears=ears_of(record),
    )


class Found:
    """The rows of some entries that follow one another, read at once."""

    def __init__(
        self, connection: Connection, version: int, low: int, high: int
    ) -> None:
        """Read what the tables hold of the entries `low` to `high`."""
        self._connection, self._low, self._high = connection, low, high
        self._runs = self._one(schema.runs, RunRow)
        self._calls = self._many(_CALLS, schema.calls, lambda *row: CallRow(*row))
        self._acknowledged: dict[int, Place] = {}
        self._figures: dict[int, list[Figures | None]] = {}
        self._ears: dict[int, tuple[int, int]] = {}
        self._said: dict[int, SaidRow] = {}
        self._events: dict[int, EventRow] = {}
        if version > 1:
            self._acknowledged = self._one(schema.acknowledgements, _together)
        if version > 2:
            self._figures = self._many(_FIGURES, derived.figures, _figures)
            columns = derived.ears.c
            asked = select(columns.seq, columns.started_us, columns.apart)
            self._ears = {row[0]: (row[1], row[2]) for row in self._ask(asked, columns)}
            self._said = self._one(derived.said, _together)
            self._events = self._one(derived.events, _together)

    def of(self, seq: int) -> Rows:
        """Give the rows of an entry."""
        return Rows(
            self._runs.get(seq),
            tuple(self._calls.get(seq, ())),
            self._acknowledged.get(seq),
            tuple(self._figures.get(seq, ())),
            self._ears.get(seq),
            self._said.get(seq),
            self._events.get(seq),
        )

    def _one(self, table: Table, made: Callable[..., _T]) -> dict[int, _T]:
        """Read a table whose first column is the number of the entry."""
        rows = self._ask(select(table), table.c)
        return {row[0]: made(*row[1:]) for row in rows}

    def _many(
        self, asked: Any, table: Table, made: Callable[..., _T | None]
    ) -> dict[int, list[_T | None]]:
        """Read a table whose first columns are number of the entry and position."""
        found: dict[int, list[_T | None]] = {}
        order = (table.c.seq, table.c.position)
        for seq, position, *row in self._ask(asked.order_by(*order), table.c):
            there = found.setdefault(seq, [])
            there.append(made(*row) if position == len(there) else None)
        return found

    def _ask(self, asked: Any, columns: Any) -> Iterable[Any]:
        within = columns.seq.between(self._low, self._high)
        return self._connection.execute(asked.where(within))


def _together(*row: Any) -> Any:
    return row


def _figures(fits: int, *row: Any) -> Figures | None:
    return row if fits else None


_calls, _sites, _figured = schema.calls.c, schema.sites.c, derived.figures.c

_CALLS: Final = select(
    _calls.seq,
    _calls.position,
    _sites.site_id,
    _sites.name,
    _calls.check_name,
    _calls.severity,
    _calls.verdict,
).join(schema.sites, _sites.key == _calls.site_key)

_FITS: Final[ColumnElement[bool]] = and_(
    _calls.site_key == _figured.site_key,
    _calls.check_name == _figured.check_name,
    _calls.severity == _figured.severity,
)
_FIGURES: Final = select(
    _figured.seq,
    _figured.position,
    func.coalesce(_FITS, 0),
    _figured.started_us,
    _figured.answered,
    _figured.region,
    _figured.expected,
    _figured.actual,
    _figured.wearing,
    _figured.carrying,
    _figured.written,
    _figured.differed,
).join(
    schema.calls,
    and_(_calls.seq == _figured.seq, _calls.position == _figured.position),
    isouter=True,
)
