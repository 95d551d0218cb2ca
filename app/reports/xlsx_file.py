"""Tables as a workbook: typed cells, frozen heading, filter, ready to be printed.

The first sheet is the notice of the export; each table has a sheet of its own.
"""

import errno
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any, Final

from app.core.errors import UsageError
from app.core.reporting import REPORT_NAMES, ExportNotice
from app.reports.files import settled
from app.reports.harmless import defused
from app.reports.sheet import Cell, Sheet, local
from app.reports.wording import notice_lines

MOST_ROWS: Final = 1_048_576
NOTICE: Final = "导出说明"
_TIME: Final = "yyyy-mm-dd hh:mm:ss"
_SHARE: Final = "0.0%"
_FRONT: Final = (14, 110)
_GREY: Final = "FFD9D9D9"
_A4: Final = 9
_PAGE: Final = 215
"""Digits across a page that are still read without a glass."""
_LINE: Final = 15.0
_TALLEST: Final = 409.0
"""Points: a line of text, and the highest row that there is."""


def _wide(words: str) -> int:
    """Give the width in digits; a Chinese character takes two."""
    return len(words) + sum(letter >= "\u2e80" for letter in words)


def _tall(row: Sequence[Cell], widths: Sequence[int]) -> float | None:
    """Give the height of a row whose text needs several lines; None: one is enough.

    Not every program that opens a workbook finds it out by itself.
    """
    lines = max(
        ceil(_wide(cell) / width) if isinstance(cell, str) else 1
        for cell, width in zip(row, widths, strict=True)
    )
    return min(lines * _LINE, _TALLEST) if lines > 1 else None


@contextmanager
def _on_disk() -> Iterator[None]:
    """Make an OSError of what the XML library says of a full temporary folder."""
    try:
        yield
    except Exception as error:
        # By name: without lxml the workbook is written by another library.
        if type(error).__name__ != "SerialisationError":
            raise
        said = f"临时文件夹 {tempfile.gettempdir()} 没有空间"
        raise OSError(errno.ENOSPC, said) from error


class WorkbookFile:
    """A workbook that is written row by row."""

    def __init__(self, notice: ExportNotice) -> None:
        """Begin one; its notice is filled in at the end."""
        from openpyxl import Workbook

        self._notice = notice
        self._book: Any = Workbook(write_only=True)
        self._book.properties.title = REPORT_NAMES[notice.kind]
        self._book.properties.creator = defused(notice.by)
        # First of the sheets, and written last: then the records are counted.
        self._front: Any = self._sheet(NOTICE, _FRONT)

    @_on_disk()
    def add(self, sheet: Sheet) -> None:
        """Write a table.

        Raises:
            UsageError: More rows than a sheet of a workbook has.
        """
        from openpyxl.utils import get_column_letter

        widths = [column.width for column in sheet.columns]
        made = self._sheet(sheet.title, widths)
        made.freeze_panes = "A2"
        made.print_title_rows = "1:1"
        made.append([self._heading(made, each.heading) for each in sheet.columns])
        rows = 1
        for row in sheet.rows:
            rows += 1
            if rows > MOST_ROWS:
                raise UsageError(
                    f"记录超过一个工作表的{MOST_ROWS}行",
                    "请缩小时间范围分几次导出, 或导出为 .csv。",
                )
            made.row_dimensions[rows].height = _tall(row, widths)
            made.append(
                [
                    self._cell(made, cell, width)
                    for cell, width in zip(row, widths, strict=True)
                ]
            )
        last = get_column_letter(len(sheet.columns))
        made.auto_filter.ref = f"A1:{last}{rows}"

    @_on_disk()
    def save(self, path: Path, records: int, notes: Sequence[Sheet] = ()) -> None:
        """Write the notice, and the file. The `notes` are those of these tables."""
        told = [*notice_lines(self._notice, records)]
        told += [(sheet.title, sheet.note) for sheet in notes if sheet.note]
        for line, (name, value) in enumerate(told, 1):
            self._front.row_dimensions[line].height = _tall((name, value), _FRONT)
            told_by = self._wrapped(self._front, value, "top")
            self._front.append([self._heading(self._front, name), told_by])
        self._book.save(path)
        settled(path)

    def close(self) -> None:
        """Give back what is under way, the texts in the temporary folder too.

        Nothing else removes those of a workbook that is given up.
        """
        for sheet in self._book.worksheets:
            rows = sheet._writer
            if rows is None:
                continue
            # What is wrong with the disk has been said.
            with suppress(Exception):
                if not sheet.closed:
                    sheet.close()
            with suppress(OSError):
                rows.cleanup()

    def _sheet(self, title: str, widths: Sequence[int]) -> Any:
        from openpyxl.utils import get_column_letter

        made = self._book.create_sheet(title)
        for place, width in enumerate(widths, 1):
            made.column_dimensions[get_column_letter(place)].width = width
        made.page_setup.orientation = "landscape"
        made.page_setup.paperSize = _A4
        made.page_setup.fitToHeight = 0
        made.page_setup.fitToWidth = ceil(sum(widths) / _PAGE)
        made.print_options.gridLines = True
        made.sheet_properties.pageSetUpPr.fitToPage = True
        made.oddFooter.left.text = REPORT_NAMES[self._notice.kind]
        made.oddFooter.right.text = "第 &P / &N 页"
        return made

    def _heading(self, sheet: Any, words: str) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment, Font, PatternFill

        cell = WriteOnlyCell(sheet, value=words)
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", start_color=_GREY)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        return cell

    def _wrapped(self, sheet: Any, words: str, stands: str = "bottom") -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.styles import Alignment

        # At the bottom in a table, where cells without a style of their own stand.
        cell = WriteOnlyCell(sheet, value=defused(words))
        cell.alignment = Alignment(wrap_text=True, vertical=stands)
        return cell

    def _cell(self, sheet: Any, value: Cell, width: int) -> Any:
        if isinstance(value, str):
            # What does not fit would be hidden by the cell beside it.
            long = len(value) * 2 > width and _wide(value) > width
            return self._wrapped(sheet, value) if long else defused(value)
        if isinstance(value, datetime | float):
            from openpyxl.cell import WriteOnlyCell

            if isinstance(value, float):
                cell = WriteOnlyCell(sheet, value=value)
                cell.number_format = _SHARE
                return cell
            # A workbook knows no zones: the heading says whose clock it is.
            cell = WriteOnlyCell(sheet, value=local(value).replace(tzinfo=None))
            cell.number_format = _TIME
            return cell
        return value


def write(
    path: Path, notice: ExportNotice, sheets: Sequence[Sheet], records: int
) -> None:
    """Write a report of several tables."""
    book = WorkbookFile(notice)
    try:
        for sheet in sheets:
            book.add(sheet)
        book.save(path, records, notes=sheets)
    finally:
        book.close()
