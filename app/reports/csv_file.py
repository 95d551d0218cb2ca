"""Tables as CSV: UTF-8 with a byte order mark, commas, CRLF, one heading row.

Where the notice of an export stands: it is the heading of one more column, the last,
which is empty below. So a spreadsheet shows it and keeps it when rows are sorted or
filtered, and for a program the first line is the heading and every other one a row
(`csv.DictReader`, pandas). It ends with the number of records.

A report has several tables. There, every row begins with the title of its table and
`列名` (its headings) or the number of the row, and all rows are of the same width.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.reporting import ExportNotice
from app.reports.files import settle
from app.reports.harmless import defused, one_line
from app.reports.sheet import Cell, Sheet, local
from app.reports.wording import notice_lines

NOTICE: Final = "导出说明"
_COUNT: Final = "9" * 12
"""Its place is filled when the records have been counted."""


def write_log(path: Path, notice: ExportNotice, sheet: Sheet) -> None:
    """Write one table with the notice in its heading."""
    headings = [column.heading for column in sheet.columns]
    _write(path, notice, headings, (_texts(row) for row in sheet.rows))


def fill_in(path: Path, records: int) -> None:
    """Say in the notice how many records there are."""
    mark = _COUNT.encode()
    with path.open("rb+") as file:
        first = file.readline()
        file.seek(first.rindex(mark))
        file.write(str(records).ljust(len(mark)).encode())
        settle(file)


def write_report(path: Path, notice: ExportNotice, sheets: Sequence[Sheet]) -> None:
    """Write the tables of a report one after another."""
    width = max(len(sheet.columns) for sheet in sheets)
    headings = ["部分", "行", *(f"第{n}列" for n in range(1, width + 1))]
    _write(path, notice, headings, _all_rows(sheets, width))


def _write(
    path: Path,
    notice: ExportNotice,
    headings: list[str],
    rows: Iterable[list[str | int | float]],
) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        # Alone, since it is looked through for the place of the number.
        line = io.StringIO(newline="")
        csv.writer(line).writerow([*headings, _notice_heading(notice)])
        file.write(line.getvalue())
        writer = csv.writer(file)
        for row in rows:
            writer.writerow([*row, ""])
        settle(file)


def _notice_heading(notice: ExportNotice) -> str:
    """Give the notice as a heading, with the place of the number."""
    lines = notice_lines(notice, _COUNT)
    told = "; ".join(f"{name}: {one_line(value)}" for name, value in lines)
    return f"{NOTICE} – {told}"


def _all_rows(sheets: Iterable[Sheet], width: int) -> Iterable[list[str | int | float]]:
    for sheet in sheets:
        names: list[Cell] = [column.heading for column in sheet.columns]
        for number, row in enumerate([names, *sheet.rows]):
            cells = _texts(row)
            gap = [""] * (width - len(cells))
            yield [sheet.title, number or "列名", *cells, *gap]


def _texts(row: Iterable[Cell]) -> list[str | int | float]:
    return [_text(cell) for cell in row]


def _text(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return local(cell).replace(tzinfo=None).isoformat(" ")
    if isinstance(cell, float):
        return round(cell, 6)
    return defused(cell) if isinstance(cell, str) else cell
