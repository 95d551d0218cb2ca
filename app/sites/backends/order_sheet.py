"""A list of work orders as a table of texts: its heading found, its rows by site."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Final
from zoneinfo import ZoneInfo

from app.core.errors import BackendDataError
from app.core.model import Site
from app.sites.backends.order_rows import OrderRow, day_of, moment_of, people_of
from app.sites.spelling import fold
from app.sites.tables import TableRow

HEADING_WITHIN: Final = 10
"""Filled rows in which the heading must stand: there may be a title above it."""
_TOTALS: Final = frozenset({"合计", "总计", "小计", "共计"})
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetColumns:
    """The headings of the columns."""

    site: str
    expected: str
    ticket: str
    leader: str
    valid_from: str
    valid_until: str
    date: str


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]
    """By the field of `SheetColumns`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSheet:
    """What a file holds; the cells of a site are read when it is asked for."""

    name: str
    zone: ZoneInfo
    headings: SheetColumns
    count: int
    _exact: Mapping[str, list[_Line]] = field(repr=False)
    _folded: Mapping[str, list[_Line]] = field(repr=False)

    def orders(self, site: Site, day: date) -> list[OrderRow]:
        """Give the site's orders of a day; a row without a date is of every day.

        Raises:
            BackendDataError: A cell of the site makes no sense; the row is named.
        """
        lines = self._lines(site)
        return [
            self._order(line, day)
            for line in lines
            if self._day(line) is None or self._day(line) == day
        ]

    def night_orders(
        self, site: Site, day: date, at: datetime, *, undated: bool
    ) -> list[OrderRow]:
        """Give the site's orders of a day that run into the next, and still hold.

        Args:
            site: Whose.
            day: On which they began.
            at: A time of the day after.
            undated: Whether a row without a date, and times alone, is of this day too.

        Raises:
            BackendDataError: A cell of the site makes no sense; the row is named.
        """
        midnight = datetime.combine(day + _DAY, time(), self.zone)
        found = []
        for line in self._lines(site):
            if (stated := self._day(line)) is None:
                # Times with their dates are the same order on every day.
                columns = ("valid_from", "valid_until")
                alone = all(self._is_time_alone(line, each) for each in columns)
                if not undated or not alone:
                    continue
            elif stated != day:
                continue
            since, until = self._times(line, day)
            begun = since is None or since < midnight
            if begun and until is not None and midnight <= until and at <= until:
                found.append(self._order(line, day))
        return found

    def _lines(self, site: Site) -> list[_Line]:
        found: dict[int, _Line] = {}
        for key in filter(None, (site.id, site.work_order_key)):
            found.update(
                (line.number, line) for line in self._exact.get(_plain(key), ())
            )
        # Of two sites with one name, what is listed under the name is the other's.
        for name in () if found else (site.name, *site.aliases):
            found.update(
                (line.number, line) for line in self._folded.get(fold(name), ())
            )
        return [found[number] for number in sorted(found)]

    def _day(self, line: _Line) -> date | None:
        try:
            return day_of(line.cells["date"], self.zone)
        except (ValueError, OverflowError):
            raise self._wrong(line, "date") from None

    def _order(self, line: _Line, day: date) -> OrderRow:
        try:
            expected = people_of(line.cells["expected"])
        except ValueError:
            raise self._wrong(line, "expected") from None
        since, until = self._times(line, day)
        return OrderRow(
            expected=expected,
            ticket=line.cells["ticket"],
            leader=line.cells["leader"],
            valid_from=since,
            valid_until=until,
        )

    def _times(self, line: _Line, day: date) -> tuple[datetime | None, datetime | None]:
        since = self._moment(line, "valid_from", day)
        until = self._moment(line, "valid_until", day)
        if since is not None and until is not None and until < since:
            if not self._is_time_alone(line, "valid_until"):
                raise self._wrong(line, "valid_until")
            # A night shift: 22:00 till 6:00.
            until += _DAY
        return since, until

    def _moment(self, line: _Line, column: str, day: date) -> datetime | None:
        end = column == "valid_until"
        try:
            return moment_of(line.cells[column], self.zone, day=day, end=end)
        except (ValueError, OverflowError):
            raise self._wrong(line, column) from None

    def _is_time_alone(self, line: _Line, column: str) -> bool:
        try:
            moment_of(line.cells[column], self.zone)
        except ValueError:
            return True
        return False

    def _wrong(self, line: _Line, column: str) -> BackendDataError:
        said, heading = line.cells[column], getattr(self.headings, column)
        return BackendDataError(
            f"工单表 {self.name} 第{line.number}行的{heading}「{said:.20}」不对",
            "人数请只填整数, 时间请写作 2026-11-21 08:00; 更正后保存即可。",
        )


def read_sheet(
    rows: Iterable[TableRow],
    *,
    name: str,
    headings: SheetColumns,
    zone: ZoneInfo,
    cut: bool,
) -> OrderSheet:
    """Sort the rows of a file by site.

    Args:
        rows: As they stand in the file, without the empty ones.
        name: The file's, for sentences.
        headings: What the columns are called.
        zone: Of the times.
        cut: Whether a short last row means that the file is not whole, and a long one
            that its cells have moved (CSV).

    Raises:
        BackendDataError: There is no heading, or another one later, or a row belongs
            to no site.
    """
    left = iter(rows)
    heading, places = _heading(left, name, headings)
    width, wanted = len(heading.cells), _wanted(headings)
    exact: dict[str, list[_Line]] = defaultdict(list)
    folded: dict[str, list[_Line]] = defaultdict(list)
    count, last = 0, None
    for row in left:
        last = row
        line = _Line(row.line, _picked(row, places))
        words = line.cells["site"]
        _check_heading(row, name, wanted, places)
        if not _is_order(row, line, name, headings):
            continue
        if cut:
            _check_width(row, heading, name)
        count += 1
        exact[_plain(words)].append(line)
        folded[fold(words)].append(line)
    if cut and last is not None and len(last.cells) < width:
        raise BackendDataError(
            f"工单表 {name} 的最后一行不完整, 可能还没有写完", "请等文件写完后再查询。"
        )
    return OrderSheet(
        name=name, zone=zone, headings=headings, count=count,
        _exact=dict(exact), _folded=dict(folded),
    )  # fmt: skip


def _heading(
    left: Iterator[TableRow], name: str, headings: SheetColumns
) -> tuple[TableRow, dict[str, int]]:
    """Find the heading; give it, and each column's place."""
    wanted = _wanted(headings)
    empty = True
    for row in islice(left, HEADING_WITHIN):
        empty = False
        cells = [fold(cell) for cell in row.cells]
        if not {wanted["site"], wanted["expected"]} <= set(cells):
            continue
        for column, words in wanted.items():
            if words and cells.count(words) > 1:
                heading = getattr(headings, column)
                raise BackendDataError(
                    f"工单表 {name} 的表头有两列「{heading}」", "请保留其中一列。"
                )
        return row, _places(cells, wanted)
    if empty:
        raise BackendDataError(
            f"工单表 {name} 是空的, 可能还没有写完", "请核对文件后重试。"
        )
    raise BackendDataError(
        f"工单表 {name} 前{HEADING_WITHIN}行里没有表头: "
        f"要有「{headings.site}」和「{headings.expected}」两列",
        "请核对表头, 或在系统配置的 columns 中写明列名。",
    )


def _wanted(headings: SheetColumns) -> dict[str, str]:
    return {each.name: fold(getattr(headings, each.name)) for each in fields(headings)}


def _places(cells: Sequence[str], wanted: Mapping[str, str]) -> dict[str, int]:
    return {c: cells.index(words) for c, words in wanted.items() if words in cells}


def _check_heading(
    row: TableRow, name: str, wanted: Mapping[str, str], places: Mapping[str, int]
) -> None:
    """Refuse a second heading whose columns are not those of the first."""
    cells = [fold(cell) for cell in row.cells]
    if wanted["site"] in cells and _places(cells, wanted) != places:
        raise BackendDataError(
            f"工单表 {name} 第{row.line}行又有一个表头, 各列与前面的表头不同",
            "一张表里只能有一种表头; 请拆成几张表, 或把各列排成一样。",
        )


def _check_width(row: TableRow, heading: TableRow, name: str) -> None:
    """Refuse a row of a CSV that has more than the heading: its cells have moved."""
    width, filled = (
        max(place for place, cell in enumerate(each.cells, 1) if cell)
        for each in (heading, row)
    )
    if filled > width:
        raise BackendDataError(
            f"工单表 {name} 第{row.line}行有{filled}格, 表头只有{width}列, "
            "请检查该行的逗号和引号",
            "内容里有逗号的格请用英文双引号括起来; 更正后保存即可。",
        )


def _picked(row: TableRow, places: Mapping[str, int]) -> dict[str, str]:
    return {
        each.name: row.cells[place]
        if (place := places.get(each.name, len(row.cells))) < len(row.cells)
        else ""
        for each in fields(SheetColumns)
    }


def _is_order(row: TableRow, line: _Line, name: str, headings: SheetColumns) -> bool:
    """Whether the row is an order: no total, no note, no heading of another page."""
    words = line.cells["site"]
    if any(fold(cell) in _TOTALS for cell in row.cells):
        return False
    if words:
        return fold(words) != fold(headings.site)
    if any(line.cells.values()):
        raise BackendDataError(
            f"工单表 {name} 第{row.line}行没有写{headings.site}",
            "合并的单元格请拆开, 每行都写明站点。",
        )
    return False


def _plain(words: str) -> str:
    """Fold an id: full width and case, but A-1 is not A1."""
    return unicodedata.normalize("NFKC", words).strip().casefold()
