"""Rows of CSV and Excel files that others wrote: bounded, and nothing taken on trust.

A workbook is a zip of XML files. Before anything parses it, its entries are counted
and unpacked within limits, and XML with a document type is refused: that is where
entity bombs and references to other files live.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final, TypeAlias

from app.core.errors import UserFacingError
from app.system.encoding import decoded

MOST_BYTES: Final = 64 << 20
MOST_ENTRIES: Final = 2_000
"""Files in a workbook's zip."""
MOST_UNPACKED: Final = 128 << 20
MOST_RATIO: Final = 200
"""Unpacked to packed, above `SMALL`: the sheets of the trade stay below 60."""
SMALL: Final = 8 << 20
MOST_LINES: Final = 1 << 20
"""Rows with the empty ones; Excel's own limit."""
MOST_CELLS: Final = 5_000_000
"""Places in all rows with something in them, empty places before the last included."""
LONGEST_CELL: Final = 32_767
"""Characters; Excel's own limit."""

Wrong: TypeAlias = Callable[[str, str], UserFacingError]
"""Makes the caller's own error of a message and a remedy. The message begins with the
file's name, so that the caller may say before it what kind of file this is."""

_BLANKS: Final = " \t\r\n\u3000\u00a0"
_BYTE_ORDER_MARKS: Final = b"\xef\xbb\xbf\xfe\xff"
_OLD_OR_LOCKED: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_AS_XLSX: Final = "请用表格软件重新另存为 .xlsx 或 CSV (UTF-8)。"
_XML_NAMES: Final = (".xml", ".rels", ".vml")
_ENCODING: Final = re.compile(rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{0,40})")
_ENCODINGS: Final = frozenset({b"utf-8", b"utf-16", b"us-ascii", b"ascii"})
_TO_CALCULATE: Final = re.compile(rb"fullCalcOnLoad\s*=\s*[\"'](?:1|true)[\"']")
"""In a workbook that a library wrote: the results in it are placeholders, zeros."""
_FORMULA: Final = re.compile(rb"<(?:\w+:)?f[\s/>]")
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, IndexError, ValueError,
    TypeError, AttributeError, SyntaxError, OSError, OverflowError, RuntimeError,
)  # fmt: skip
"""What unpacking and parsing raise for a file that is cut short or made up; a parser's
own error is a SyntaxError."""


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row as it stands."""

    line: int
    """Line of the file, or row of the sheet, from 1."""
    cells: tuple[str, ...]


def bytes_of(path: Path, *, wrong: Wrong) -> bytes:
    """Read a whole file; one that is too large to be a table is refused."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise wrong(
                f"{path.name} 超过{MOST_BYTES >> 20} MB, 不像是表格", "请核对文件。"
            )
        with path.open("rb") as file:
            # The file may grow between the two.
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise wrong(f"{path.name} 找不到", f"请检查路径 {path} 后重试。") from None
    except PermissionError as error:
        raise wrong(
            f"{path.name} 无法读取: 没有权限, 或正被表格软件占用",
            "请关闭打开它的软件, 并检查读取权限后重试。",
        ) from error
    except OSError as error:
        raise wrong(
            f"{path.name} 无法读取: {error.strerror or error}",
            "请检查文件是否存在、网络盘是否连接、是否有读取权限。",
        ) from error
    if len(data) > MOST_BYTES:
        raise wrong(
            f"{path.name} 超过{MOST_BYTES >> 20} MB, 不像是表格", "请核对文件。"
        )
    return data


def read_rows(
    path: Path, data: bytes, *, wrong: Wrong, sheet: str = ""
) -> tuple[Iterator[TableRow], str]:
    """Give the rows of a .csv or .xlsx file, and its encoding (`xlsx` for a workbook).

    `path` is for its suffix and for sentences; `data` is what it held. Rows come one
    by one, and so may an error. Empty rows are left out. `sheet` names the sheet of a
    workbook; empty: the first.
    """
    suffix = path.suffix.casefold()
    if suffix == ".csv":
        found = decoded(data)
        if found is None:
            raise wrong(
                f"{path.name} 既不是 UTF-8 也不是 GB18030 文本",
                "请在表格软件中另存为 CSV (UTF-8) 后重试。",
            )
        return _csv_rows(path, found[0], wrong), found[1]
    if suffix == ".xlsx":
        return _sheet_rows(path, data, sheet, wrong), "xlsx"
    raise wrong(
        f"{path.name} 的类型 {suffix or '(无后缀)'} 不认识",
        "请另存为 CSV (UTF-8) 或 .xlsx 后重试。",
    )


def _csv_rows(path: Path, text: str, wrong: Wrong) -> Iterator[TableRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    limits = _Limits(path, wrong)
    line = 1
    try:
        for cells in reader:
            row = TableRow(line, tuple(cell.strip(_BLANKS) for cell in cells))
            line = reader.line_num + 1
            if limits.passed(row):
                yield row
    except csv.Error as error:
        raise wrong(
            f"{path.name} 第{line}行不是合格的 CSV: {error}",
            "请检查该行的引号和逗号后重试。",
        ) from error


def _sheet_rows(path: Path, data: bytes, name: str, wrong: Wrong) -> Iterator[TableRow]:
    from openpyxl import load_workbook

    calculated, no_zero = _inspected(path, data, wrong)
    # It warns of every extension it does not know; what is read does not depend on it.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"openpyxl\.")
    limits = _Limits(path, wrong)
    books = []
    try:
        for data_only in (True, False)[: 1 if calculated else 2]:
            books.append(
                load_workbook(
                    io.BytesIO(data),
                    read_only=True,
                    data_only=data_only,
                    keep_links=False,
                )
            )
        found = _rows_of(books[0], path, name, wrong)
        formulas = _rows_of(books[-1], path, name, wrong)
        for line, cells in enumerate(found, start=1):
            if not calculated:
                own = next(formulas, ())
                _check_calculated(path, line, cells, own, wrong, no_zero=no_zero)
            texts = (_cell_text(path, line, cell, wrong) for cell in cells)
            row = TableRow(line, tuple(texts))
            if limits.passed(row):
                yield row
    except _BROKEN as error:
        raise _unreadable(path, wrong) from error
    finally:
        for book in books:
            book.close()


def _inspected(path: Path, data: bytes, wrong: Wrong) -> tuple[bool, bool]:
    """Refuse what must not be parsed.

    Say whether there is nothing to calculate, and whether a result of zero may be none.
    """
    if data.startswith(_OLD_OR_LOCKED):
        raise wrong(f"{path.name} 是旧版 .xls 工作簿, 或设有打开密码", _AS_XLSX)
    bomb = wrong(f"{path.name} 解压后过大, 不像是正常的工作簿", "请核对文件的来源。")
    formulas = no_zero = False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            unpacked = sum(entry.file_size for entry in entries)
            if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
                raise bomb
            if unpacked > SMALL and unpacked > MOST_RATIO * len(data):
                raise bomb
            for entry in entries:
                # No more than the size it states is unpacked, and its sum is checked.
                part = archive.read(entry)
                _check_part(path, entry.filename, part, wrong)
                formulas = formulas or _FORMULA.search(part) is not None
                if entry.filename.casefold().endswith("workbook.xml"):
                    no_zero = no_zero or _TO_CALCULATE.search(part) is not None
    except _BROKEN as error:
        raise _unreadable(path, wrong) from error
    return not formulas, no_zero


def _check_part(path: Path, name: str, part: bytes, wrong: Wrong) -> None:
    # UTF-16 without its zeros is enough like ASCII to be searched.
    head = part[:1024].replace(b"\0", b"").lstrip(_BYTE_ORDER_MARKS + b" \t\r\n")
    is_xml = head.startswith(b"<")
    encoding = _ENCODING.match(head)
    odd = is_xml and encoding and encoding[1].lower() not in _ENCODINGS
    if odd or (part and not is_xml and name.casefold().endswith(_XML_NAMES)):
        raise _unreadable(path, wrong)
    if is_xml and b"<!DOCTYPE" in part.replace(b"\0", b""):
        raise wrong(
            f"{path.name} 含有文档类型声明 (DOCTYPE), 正常的工作簿没有, 不予打开",
            "请核对文件的来源。",
        )


def _rows_of(
    book: Any, path: Path, name: str, wrong: Wrong
) -> Iterator[tuple[Any, ...]]:
    if not name:
        # A hidden sheet in front holds lists for menus, or a vendor's notes.
        shown = (s for s in book.worksheets if s.sheet_state == "visible")
        sheet = next(shown, book.worksheets[0])
    elif name in book.sheetnames and hasattr(book[name], "reset_dimensions"):
        sheet = book[name]
    else:
        raise wrong(
            f"{path.name} 里没有工作表「{name}」", "请核对工作表名称和系统配置。"
        )
    # The size that a sheet states of itself is often wrong; rows beyond it are lost.
    sheet.reset_dimensions()
    rows: Iterator[tuple[Any, ...]] = sheet.iter_rows()
    return rows


def _check_calculated(
    path: Path,
    line: int,
    cells: tuple[Any, ...],
    formulas: tuple[Any, ...],
    wrong: Wrong,
    *,
    no_zero: bool,
) -> None:
    for place, (cell, formula) in enumerate(zip(cells, formulas, strict=False), 1):
        # A formula whose result is an empty text has no value, but is of type text.
        none = cell.value is None and cell.data_type != "str"
        if (none and formula.value is not None) or (
            no_zero and cell.value == 0 and formula.data_type == "f"
        ):
            raise wrong(
                f"{path.name} 第{line}行第{place}列的公式没有计算结果",
                "请用表格软件打开并保存一次, 或改填数值。",
            )


def _cell_text(path: Path, line: int, cell: Any, wrong: Wrong) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time() and _is_day(cell):
        return f"{value:%Y-%m-%d}"
    text = str(value)
    if len(text) > LONGEST_CELL:
        raise wrong(
            f"{path.name} 第{line}行有一格超过{LONGEST_CELL}个字", "请核对文件的来源。"
        )
    return text.strip(_BLANKS)


def _is_day(cell: Any) -> bool:
    """Whether the sheet shows a date without a time: it means the day, not midnight."""
    return "h" not in str(cell.number_format).casefold()


class _Limits:
    """Counts what has been read; refuses what goes on without end."""

    def __init__(self, path: Path, wrong: Wrong) -> None:
        self._path, self._wrong = path, wrong
        self._cells = 0

    def passed(self, row: TableRow) -> bool:
        """Whether there is something in the row."""
        self._cells += len(row.cells)
        if row.line > MOST_LINES or self._cells > MOST_CELLS:
            raise self._wrong(
                f"{self._path.name} 的行或列过多, 不像是正常的表格",
                "请删去多余的空行和空列, 或核对文件的来源。",
            )
        return any(row.cells)


def _unreadable(path: Path, wrong: Wrong) -> UserFacingError:
    return wrong(
        f"{path.name} 不是可读的 Excel 工作簿, 或还没有写完",
        _AS_XLSX,
    )
