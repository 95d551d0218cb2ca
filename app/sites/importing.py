"""Site lists from files: CSV (UTF-8 or GB18030) and Excel, checked row by row.

Nothing is imported silently: a row is taken as it stands or reported with its line
and cause, and what is left out is said.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from app.core.errors import SitesFileError
from app.core.model import Site
from app.sites.spelling import fold, shells
from app.sites.tables import TableRow, bytes_of, read_rows

COLUMNS: Final = (
    "id", "name", "aliases", "region", "work_order_key", "cameras",
    "valid_from", "valid_until",
)  # fmt: skip
REQUIRED: Final = ("id", "name")
LONGEST_CELL: Final = 2000
"""Characters; a site may have dozens of cameras."""
LONGEST_KEY: Final = 200
LONGEST_NAME: Final = 40
MOST_ROWS: Final = 100_000

CHINESE_HEADERS: Final = {
    "编号": "id", "名称": "name", "别名": "aliases", "地区": "region",
    "工单编号": "work_order_key", "摄像头": "cameras",
    "开始日期": "valid_from", "结束日期": "valid_until",
}  # fmt: skip

_BETWEEN_ENTRIES: Final = re.compile("[;；,，、]")
_DAY: Final = re.compile(
    r"(\d{4})(?:(\d\d)(\d\d)|([-/.])(\d\d?)\4(\d\d?)|年(\d\d?)月(\d\d?)日?)"
    # Excel writes the time of day into every date.
    r"(?:[ T]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?)?"
)
_FORMULA_ERRORS: Final = frozenset(
    {"#REF!", "#N/A", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!"}
)
_OTHER_KINDS: Final = {
    ".xls": "旧版 Excel 工作簿", ".xlsm": "带宏的工作簿", ".xlsb": "二进制工作簿",
    ".et": "WPS 表格", ".ods": "OpenDocument 表格", ".numbers": "Numbers 表格",
    ".docx": "Word 文档", ".doc": "Word 文档", ".pdf": "PDF 文档", ".txt": "纯文本",
}  # fmt: skip
_SAVE_AS: Final = "请在表格软件中另存为 .xlsx 或 CSV (UTF-8) 后重新导入。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportProblem:
    """A row that cannot be imported as it is."""

    line: int
    """Line of the file, or row of the sheet, from 1."""
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedSite:
    """A site and where it stands."""

    line: int
    """Line of the file, or row of the sheet, from 1; 0: not in the file."""
    site: Site

    @property
    def where(self) -> str:
        """Words for the place, as they stand in a cause."""
        return f"第{self.line}行" if self.line else f"现有工地 {self.site.id} "


@dataclass(frozen=True, slots=True, kw_only=True)
class SitesFile:
    """What a file holds."""

    rows: tuple[PlacedSite, ...]
    """The rows without a problem."""
    problems: tuple[ImportProblem, ...] = ()
    notices: tuple[str, ...] = ()
    """Sentences on what is left out."""
    encoding: str = ""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites of the rows without a problem."""
        return tuple(row.site for row in self.rows)


def read_sites(path: Path) -> SitesFile:
    """Read a list of sites from a .csv or .xlsx file.

    Raises:
        SitesFileError: The file as a whole cannot be used; the sentence says why.
    """
    _check_kind(path)
    data = bytes_of(path, wrong=_wrong)
    if not data:
        raise SitesFileError(f"站点文件 {path.name} 是空的")
    if path.suffix.casefold() == ".csv" and data.startswith(b"PK\x03\x04"):
        raise SitesFileError(
            f"站点文件 {path.name} 的后缀是 .csv, 内容却是工作簿",
            "请把后缀改为 .xlsx, 或在表格软件中另存为 CSV (UTF-8)。",
        )
    rows, encoding = read_rows(path, data, wrong=_wrong)
    return _read(path, rows, encoding)


def _wrong(message: str, remedy: str) -> SitesFileError:
    return SitesFileError(f"站点文件 {message}", remedy)


def _check_kind(path: Path) -> None:
    """Say plainly what a file is that cannot be a list of sites."""
    if path.is_dir():
        raise SitesFileError(
            f"{path.name} 是文件夹, 不是站点文件", "请指定其中的文件。"
        )
    if path.name.startswith(("~$", ".~")):
        raise SitesFileError(
            f"{path.name} 是表格软件打开文件时的临时文件", "请指定原来的文件。"
        )
    suffix = path.suffix.casefold()
    if kind := _OTHER_KINDS.get(suffix):
        raise SitesFileError(f"站点文件 {path.name} 是 {kind} ({suffix})", _SAVE_AS)


def _read(path: Path, rows: Iterator[TableRow], encoding: str) -> SitesFile:
    header = next(rows, None)
    if header is None:
        raise SitesFileError(f"站点文件 {path.name} 是空的")
    columns = _Columns.of(path, header.cells)
    untitled: set[int] = set()
    found: list[PlacedSite] = []
    problems: list[ImportProblem] = []
    for number, row in enumerate(rows):
        if number >= MOST_ROWS:
            raise SitesFileError(f"站点文件 {path.name} 超过{MOST_ROWS}行")
        beyond = columns.untitled(row.cells)
        untitled.update(beyond)
        site: Site | None = None
        try:
            if encoding != "xlsx" and max(beyond, default=0) >= columns.width:
                # In a CSV it is a stray comma or quote: every cell may have moved.
                raise _RowError(
                    f"有{len(row.cells)}格, 表头只有{columns.width}列, 请检查逗号和引号"
                )
            _check_cells(row.cells)
            site = _site(columns, row.cells)
            _check_site(site)
        except _RowError as error:
            problems.append(ImportProblem(line=row.line, cause=str(error)))
        else:
            found.append(PlacedSite(line=row.line, site=site))
    sound, clashes = without_clashes(found)
    problems += clashes
    if not sound and not problems:
        raise SitesFileError(f"站点文件 {path.name} 只有表头, 没有站点")
    left_out = [*columns.unknown, *(f"第{place + 1}列" for place in sorted(untitled))]
    return SitesFile(
        rows=tuple(sound),
        problems=tuple(sorted(problems, key=lambda p: p.line)),
        notices=(f"未导入的列: {', '.join(left_out)}",) if left_out else (),
        encoding=encoding,
    )


class _RowError(Exception):
    """Why a row cannot be imported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    places: Mapping[str, int]
    unknown: tuple[str, ...]
    blank: tuple[int, ...]
    """Places before the last title that have none."""
    width: int
    """Cells up to the last title."""

    @classmethod
    def of(cls, path: Path, titles: Sequence[str]) -> "_Columns":
        places: dict[str, int] = {}
        unknown: list[str] = []
        for index, title in enumerate(titles):
            plain = _plain(title)
            name = CHINESE_HEADERS.get(plain, plain)
            if name not in COLUMNS:
                unknown += [title] if plain else []
            elif name in places:
                raise SitesFileError(f"站点文件 {path.name} 的表头有两列 {title}")
            else:
                places[name] = index
        if missing := [name for name in REQUIRED if name not in places]:
            hint = ""
            if len(titles) == 1 and set(titles[0]) & set(";\t|"):
                hint = ", 各列之间应为逗号"
            raise SitesFileError(
                f"站点文件 {path.name} 的表头缺少 {', '.join(missing)} 列{hint}",
                "第一行应为表头, 例如 id,name,aliases,region 或 编号,名称,别名,地区。",
            )
        filled = [index for index, title in enumerate(titles) if _plain(title)]
        return cls(
            places=places,
            unknown=tuple(unknown),
            blank=tuple(sorted(set(range(filled[-1])) - set(filled))),
            width=filled[-1] + 1,
        )

    def cell(self, name: str, cells: Sequence[str]) -> str:
        place = self.places.get(name, len(cells))
        return cells[place] if place < len(cells) else ""

    def untitled(self, cells: Sequence[str]) -> list[int]:
        """Give the places that hold something and have no title."""
        beyond = (*self.blank, *range(self.width, len(cells)))
        return [place for place in beyond if place < len(cells) and cells[place]]


def _plain(title: str) -> str:
    """Fold a title: full width, byte order marks, blanks, `Work-Order Key`."""
    text = unicodedata.normalize("NFKC", title).replace("\ufeff", "").strip()
    text = "_".join(re.split(r"[\s_-]+", text.casefold()))
    return text if text.isascii() else text.replace("_", "")


def _check_cells(cells: Sequence[str]) -> None:
    for cell in cells:
        if len(cell) > LONGEST_CELL:
            raise _RowError(f"有一格超过{LONGEST_CELL}个字")
        if cell in _FORMULA_ERRORS:
            raise _RowError(f"有一格的公式出错: {cell}")
        if cell.isprintable():
            continue
        for character in cell:
            if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs"):
                raise _RowError(f"含有控制字符 U+{ord(character):04X}")


def _site(columns: _Columns, cells: Sequence[str]) -> Site:
    name = columns.cell("name", cells)
    aliases = _listed(columns.cell("aliases", cells))
    return Site(
        id=columns.cell("id", cells),
        name=name,
        aliases=tuple(alias for alias in aliases if alias != name),
        region=columns.cell("region", cells),
        work_order_key=columns.cell("work_order_key", cells),
        cameras=_listed(columns.cell("cameras", cells)),
        valid_from=_day("开始日期", columns.cell("valid_from", cells)),
        valid_until=_day("结束日期", columns.cell("valid_until", cells)),
    )


def _listed(cell: str) -> tuple[str, ...]:
    parts = (part.strip() for part in _BETWEEN_ENTRIES.split(cell))
    return tuple(dict.fromkeys(part for part in parts if part))


def _day(what: str, cell: str) -> date | None:
    if not cell:
        return None
    match = _DAY.fullmatch(unicodedata.normalize("NFKC", cell))
    try:
        if match is None:
            raise ValueError(cell)
        year, *rest = (int(part) for part in match.groups() if part and part.isdigit())
        return date(year, *rest)
    except ValueError:
        raise _RowError(f"{what}「{cell[:20]}」不是日期, 请写成 2026-11-22") from None


def _check_site(site: Site) -> None:
    if not site.id:
        raise _RowError("编号 (id) 是空的")
    if not site.name:
        raise _RowError("名称 (name) 是空的")
    if max(map(len, (site.id, site.region, site.work_order_key))) > LONGEST_KEY:
        raise _RowError(f"编号、地区或工单编号超过{LONGEST_KEY}个字")
    for name in (site.name, *site.aliases):
        if len(name) > LONGEST_NAME:
            raise _RowError(f"名称或别名超过{LONGEST_NAME}个字: {name[:10]}…")
        forms = shells(fold(name))
        if not forms[0]:
            raise _RowError(f"名称或别名里没有字: {name}")
        if not forms[-1]:
            # Whoever says 工地 would be answered with this one.
            raise _RowError(f"「{name}」只是通称, 不能作名称或别名")
    first, last = site.valid_from, site.valid_until
    if first and last and last < first:
        raise _RowError(f"结束日期 {last} 早于开始日期 {first}")


def without_clashes(
    rows: Iterable[PlacedSite],
) -> tuple[list[PlacedSite], list[ImportProblem]]:
    """Take out rows whose id or names belong to another row."""
    ids: dict[str, PlacedSite] = {}
    named: dict[tuple[str, str], PlacedSite] = {}
    problems: list[ImportProblem] = []
    for row in rows:
        site = row.site
        name = (fold(site.name), fold(site.region))
        if first := ids.get(site.id):
            cause = f"编号 {site.id} 与{first.where}重复"
        elif first := named.get(name):
            cause = f"名称「{site.name}」与{first.where}相同, 且地区相同"
        else:
            ids[site.id] = named[name] = row
            continue
        problems.append(ImportProblem(line=row.line, cause=cause))
    owners: dict[str, list[PlacedSite]] = defaultdict(list)
    for row in ids.values():
        owners[fold(row.site.name)].append(row)
    sound = []
    for row in ids.values():
        problem = None
        for alias in row.site.aliases:
            for owner in owners.get(fold(alias), ()):
                if owner is not row:
                    problem = _taken_alias(alias, row, owner)
        if problem:
            problems.append(problem)
        else:
            sound.append(row)
    return sound, problems


def _taken_alias(alias: str, row: PlacedSite, owner: PlacedSite) -> ImportProblem:
    if row.line:
        cause = f"别名「{alias}」是{owner.where}的名称"
        return ImportProblem(line=row.line, cause=cause)
    # Of a site outside the file nothing can be mended in the file.
    cause = f"名称「{owner.site.name}」是{row.where}的别名"
    return ImportProblem(line=owner.line, cause=cause)
