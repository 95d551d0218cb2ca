"""A table on paper: the heading on every page, long texts in several lines."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import LongTable, TableStyle

from app.reports import fonts
from app.reports.harmless import printable
from app.reports.pdf_page import CELL, DARK, GREY, SMALL, paragraph
from app.reports.sheet import Cell, Column, Kind, Sheet, minute

_PIECE: Final = 100
"""Rows: to break a table into pages takes the square of its length."""
_SIDE: Final = 2.5
_STYLE: Final = TableStyle(
    [
        ("BACKGROUND", (0, 0), (-1, 0), GREY),
        ("LINEBELOW", (0, 0), (-1, -1), 0.3, DARK),
        ("BOX", (0, 0), (-1, -1), 0.6, DARK),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("FONT", (0, 0), (-1, -1), fonts.NAME, CELL.fontSize, CELL.leading),
        ("LEFTPADDING", (0, 0), (-1, -1), _SIDE),
        ("RIGHTPADDING", (0, 0), (-1, -1), _SIDE),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)


def on_paper(
    sheet: Sheet, width: float, keys: Sequence[str] | None = None
) -> list[Any]:
    """Make the table, or the words that there is nothing in it.

    `keys` chooses and orders the columns; the widths are shared among them.
    """
    places = {column.key: place for place, column in enumerate(sheet.columns)}
    wanted = [places[key] for key in keys] if keys else list(places.values())
    columns = [sheet.columns[place] for place in wanted]
    rows = [[row[place] for place in wanted] for row in sheet.rows]
    if not rows:
        return [paragraph(sheet.nothing, SMALL)]
    return grid(columns, rows, width)


def grid(
    columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: float
) -> list[Any]:
    """Make a table of cells, in pieces that can be laid out in little time."""
    shares = sum(column.width for column in columns)
    widths = [width * column.width / shares for column in columns]
    heads: list[Cell] = [column.heading for column in columns]
    made = []
    for start in range(0, len(rows), _PIECE):
        piece = [heads, *rows[start : start + _PIECE]]
        cells = [
            [_cell(cell, room) for cell, room in zip(row, widths, strict=True)]
            for row in piece
        ]
        # A row may be higher than a page: a long text in a narrow column.
        table = LongTable(
            cells, colWidths=widths, repeatRows=1, hAlign="LEFT", splitInRow=1
        )
        table.setStyle(_STYLE)
        made.append(table)
    return made


def _cell(cell: Cell, room: float) -> Any:
    """Make a cell: what fits into a line is not taken for a paragraph, it is quicker.

    A text alone is drawn as it is; only a paragraph reads markup.
    """
    told = cell_words(cell)
    plain = fonts.shown(printable(told)) if "\n" not in told else ""
    if plain and stringWidth(plain, fonts.NAME, CELL.fontSize) < room - 2 * _SIDE:
        return plain
    return paragraph(told, CELL)


def cell_words(cell: Cell) -> str:
    """Write a cell for people."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return minute(cell)
    if isinstance(cell, float):
        return f"{cell:.1%}"
    return str(cell)


def narrow(heading: str, key: str = "", width: int = 10) -> Column:
    """Make a column for paper alone."""
    return Column(key=key, heading=heading, kind=Kind.TEXT, width=width)
