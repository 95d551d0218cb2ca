"""Site lists from files: CSV (UTF-8 or GB18030) and Excel, checked row by row.

Nothing is imported silently: a row is taken as it stands or reported with its line
and cause, and what is left out or doubtful is said.
"""

import csv
import io
import logging
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.errors import SitesFileError
from app.core.model import Site
from app.sites.spelling import fold, shells
from app.system.encoding import decoded

log = logging.getLogger(__name__)

COLUMNS: Final = ("id", "name", "aliases", "region", "work_order_key", "cameras")
REQUIRED: Final = ("id", "name")
LONGEST_CELL: Final = 200
LONGEST_NAME: Final = 40
MOST_ROWS: Final = 100_000
MOST_BYTES: Final = 64 << 20

_CHINESE_HEADERS: Final = {
    "编号": "id", "名称": "name", "别名": "aliases", "地区": "region",
    "工单编号": "work_order_key", "摄像头": "cameras",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProblem:
    """A row that cannot be imported as it is."""

    line: int
    """Line of the file, or row of the sheet, from 1."""
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a file holds, before anything is changed."""

    sites: tuple[Site, ...]
    """The rows without a problem."""
    problems: tuple[ImportProblem, ...] = ()
    notices: tuple[str, ...] = ()
    """Sentences on what is left out, and on names that will have to be asked for."""
    ignored_columns: tuple[str, ...] = ()
    encoding: str = ""


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: tuple[str, ...]


def read_sites(path: Path) -> ImportPreview:
    """Read a list of sites from a .csv or .xlsx file.

    Raises:
        SitesFileError: The file as a whole cannot be used; the sentence says why.
    """
    suffix = path.suffix.casefold()
    data = _bytes_of(path)
    if suffix == ".csv":
        text, encoding = _decoded(path, data)
        rows = _csv_rows(path, text)
    elif suffix == ".xlsx":
        encoding = "xlsx"
        rows = _sheet_rows(path, data)
    else:
        raise SitesFileError(
            f"不认识的站点文件类型 {suffix or path.name}",
            "请另存为 CSV (UTF-8) 或 .xlsx 后重新导入。",
        )
    return _preview(path, rows, encoding)


def _bytes_of(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SitesFileError(
                f"站点文件 {path.name} 超过{MOST_BYTES >> 20} MB, 不像是站点表"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise SitesFileError(
            f"找不到站点文件 {path}", "请检查文件名和路径后重试。"
        ) from None
    except OSError as error:
        raise SitesFileError(
            f"无法读取站点文件 {path}: {error.strerror or error}",
            "请检查文件是否存在、是否有读取权限。",
        ) from error


def _decoded(path: Path, data: bytes) -> tuple[str, str]:
    if found := decoded(data):
        return found
    raise SitesFileError(
        f"站点文件 {path.name} 既不是 UTF-8 也不是 GB18030 文本",
        "请在表格软件中另存为 CSV (UTF-8) 后重新导入。",
    )


def _csv_rows(path: Path, text: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    first_line = 1
    try:
        for cells in reader:
            yield _Row(first_line, tuple(cell.strip(" \t　") for cell in cells))
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise SitesFileError(
            f"站点文件 {path.name} 第{first_line}行不是合格的 CSV: {error}",
            "请检查该行的引号和逗号后重新导入。",
        ) from error


def _sheet_rows(path: Path, data: bytes) -> Iterator[_Row]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            for line, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
                yield _Row(line, tuple(_cell_text(cell) for cell in cells))
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError,
        OSError, SyntaxError,
    ) as error:  # fmt: skip
        raise SitesFileError(
            f"站点文件 {path.name} 不是可读的 Excel 工作簿",
            "请用表格软件重新另存为 .xlsx 或 CSV (UTF-8)。",
        ) from error


def _cell_text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip(" \t　")


def _preview(path: Path, rows: Iterable[_Row], encoding: str) -> ImportPreview:
    filled = (row for row in rows if any(row.cells))
    header = next(filled, None)
    if header is None:
        raise SitesFileError(f"站点文件 {path.name} 是空的")
    places, ignored = _columns(path, header)
    found: list[tuple[_Row, Site]] = []
    problems: list[ImportProblem] = []
    for number, row in enumerate(filled):
        if number >= MOST_ROWS:
            raise SitesFileError(f"站点文件 {path.name} 超过{MOST_ROWS}行")
        cause = _cause_in_cells(row, len(header.cells))
        site = _site(row, places)
        if cause := cause or _cause_in_site(site):
            problems.append(ImportProblem(line=row.line, cause=cause))
        else:
            found.append((row, site))
    sound, clashes = _without_clashes(found)
    problems += clashes
    notices = [f"未导入的列: {', '.join(ignored)}"] if ignored else []
    notices += _shared_names(sound)
    if not sound and not problems:
        raise SitesFileError(f"站点文件 {path.name} 只有表头, 没有站点")
    return ImportPreview(
        sites=tuple(sound),
        problems=tuple(sorted(problems, key=lambda p: p.line)),
        notices=tuple(notices),
        ignored_columns=ignored,
        encoding=encoding,
    )


def _columns(path: Path, header: _Row) -> tuple[Mapping[str, int], tuple[str, ...]]:
    places: dict[str, int] = {}
    ignored: list[str] = []
    for index, cell in enumerate(header.cells):
        name = _CHINESE_HEADERS.get(cell, cell.casefold())
        if name not in COLUMNS:
            if cell:
                ignored.append(cell)
        elif name in places:
            raise SitesFileError(f"站点文件 {path.name} 的表头有两列 {cell}")
        else:
            places[name] = index
    missing = [name for name in REQUIRED if name not in places]
    if missing:
        raise SitesFileError(f"站点文件 {path.name} 的表头缺少 {', '.join(missing)} 列")
    return places, tuple(ignored)


def _site(row: _Row, places: Mapping[str, int]) -> Site:
    def cell(column: str) -> str:
        place = places.get(column, len(row.cells))
        return row.cells[place] if place < len(row.cells) else ""

    name = cell("name")
    return Site(
        id=cell("id"),
        name=name,
        aliases=tuple(alias for alias in _listed(cell("aliases")) if alias != name),
        region=cell("region"),
        work_order_key=cell("work_order_key"),
        cameras=_listed(cell("cameras")),
    )


def _listed(cell: str) -> tuple[str, ...]:
    parts = (part.strip() for part in cell.replace("；", ";").split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _cause_in_cells(row: _Row, width: int) -> str:
    if any(row.cells[width:]):
        return f"有{len(row.cells)}格, 表头只有{width}列, 请检查逗号和引号"
    for cell in row.cells:
        if len(cell) > LONGEST_CELL:
            return f"有一格超过{LONGEST_CELL}个字"
        for character in cell:
            if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
                return f"含有控制字符 U+{ord(character):04X}"
    return ""


def _cause_in_site(site: Site) -> str:
    if not site.id:
        return "编号 (id) 是空的"
    if not site.name:
        return "名称 (name) 是空的"
    for name in (site.name, *site.aliases):
        if len(name) > LONGEST_NAME:
            return f"名称或别名超过{LONGEST_NAME}个字: {name[:10]}…"
        forms = shells(fold(name))
        if not forms[0]:
            return f"名称或别名里没有字: {name}"
        if not forms[-1]:
            # Whoever says 工地 would be answered with this one.
            return f"「{name}」只是通称, 不能作名称或别名"
    return ""


def _without_clashes(
    found: Sequence[tuple[_Row, Site]],
) -> tuple[list[Site], list[ImportProblem]]:
    """Take out rows whose id or names belong to another row."""
    lines: dict[str, int] = {}
    named: dict[tuple[str, str], int] = {}
    kept: list[tuple[_Row, Site]] = []
    problems: list[ImportProblem] = []
    for row, site in found:
        name = (fold(site.name), fold(site.region))
        if (first := lines.get(site.id)) is not None:
            cause = f"编号 {site.id} 与第{first}行重复"
        elif (first := named.get(name)) is not None:
            cause = f"名称「{site.name}」与第{first}行相同, 且地区相同"
        else:
            lines[site.id] = named[name] = row.line
            kept.append((row, site))
            continue
        problems.append(ImportProblem(line=row.line, cause=cause))
    owners: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for row, site in kept:
        owners[fold(site.name)].append((row.line, site.id))
    sound = []
    for row, site in kept:
        cause = ""
        for alias in site.aliases:
            for line, owner in owners.get(fold(alias), ()):
                if owner != site.id:
                    cause = f"别名「{alias}」是第{line}行站点的名称"
        if cause:
            problems.append(ImportProblem(line=row.line, cause=cause))
        else:
            sound.append(site)
    return sound, problems


def _shared_names(sites: Iterable[Site]) -> list[str]:
    """Say which names several sites share: the desk will always ask."""
    owners: dict[str, dict[str, str]] = defaultdict(dict)
    for site in sites:
        for name in (site.name, *site.aliases):
            owners[fold(name)].setdefault(site.id, name)
    return [
        f"「{next(iter(ids.values()))}」指{len(ids)}个站点 ({', '.join(ids)}), "
        "使用时会先询问"
        for ids in owners.values()
        if len(ids) > 1
    ]
