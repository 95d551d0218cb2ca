"""A page: paper, styles, the notice on top, the foot with page n of m."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    CondPageBreak,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from app.core.reporting import REPORT_NAMES, ExportNotice
from app.reports import fonts
from app.reports.harmless import printable
from app.reports.sheet import clock
from app.reports.wording import notice_lines

MARGIN: Final = 15 * mm
GREY: Final = colors.HexColor("#d9d9d9")
PALE: Final = colors.HexColor("#f2f2f2")
DARK: Final = colors.HexColor("#333333")

_BREAKS: Final = re.compile(r"\r\n|[\r\n\v\f\u2028\u2029\x85]")
_LONGEST: Final = 1200
_MOST_LINES: Final = 30
"""Characters and lines of a text on paper. The other forms have all of it."""
_CUT: Final = "… (全文见其他格式)"
_ROOM: Final = 40 * mm
"""What must be left of a page for a heading and what begins below it."""
_FOOT: Final = 8
_PADDING: Final = 6


def _style(name: str, size: float, **more: Any) -> ParagraphStyle:
    values = {"leading": size * 1.35, "wordWrap": "CJK", **more}
    return ParagraphStyle(name, fontName=fonts.NAME, fontSize=size, **values)


BODY: Final = _style("body", 9)
SMALL: Final = _style("small", 7.5, textColor=DARK)
CELL: Final = _style("cell", 7.5)
LEAD: Final = _style("lead", 11)
TITLE: Final = _style("title", 18, alignment=TA_CENTER, spaceAfter=2 * mm)
HEADING: Final = _style("heading", 13, spaceBefore=5 * mm, spaceAfter=1.5 * mm)
_NOTE: Final = SMALL.clone("note", spaceAfter=3)


def words(text: str) -> str:
    """Give a text as markup that shows it as it is: speech is never read as markup."""
    cut = text[:_LONGEST]
    lines = _BREAKS.split(printable(cut).replace("\t", " "))
    if len(text) > _LONGEST or len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], _CUT]
    return "<br/>".join(escape(fonts.shown(line)) for line in lines)


def paragraph(text: str, style: ParagraphStyle = BODY) -> Paragraph:
    """Make a paragraph that shows a text as it is."""
    return Paragraph(words(text), style)


def heading(text: str, note: str = "") -> list[Any]:
    """Make the heading of a part, with how it is counted below.

    A long table begins under it, wherever on the page that is.
    """
    return [CondPageBreak(_ROOM), *_heading(text, note)]


def headed(text: str, note: str, first: Sequence[Any]) -> Any:
    """Make the heading of a part that stays with what comes first below it."""
    return KeepTogether([*_heading(text, note), *first])


def _heading(text: str, note: str) -> list[Any]:
    said = [paragraph(note, _NOTE)] if note else []
    return [paragraph(text, HEADING), *said]


def top(notice: ExportNotice, records: int, subtitle: str = "") -> list[Any]:
    """Make title and notice."""
    rows = [
        [paragraph(name, SMALL), paragraph(value, SMALL)]
        for name, value in notice_lines(notice, records)[1:]
    ]
    table = Table(rows, colWidths=[22 * mm, None], hAlign="LEFT")
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 0.5, DARK),
                ("BACKGROUND", (0, 0), (0, -1), PALE),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    made: list[Any] = [paragraph(REPORT_NAMES[notice.kind], TITLE)]
    if subtitle:
        style = ParagraphStyle("subtitle", parent=LEAD, alignment=TA_CENTER)
        made += [paragraph(subtitle, style), Spacer(1, 2 * mm)]
    return [*made, table]


def build(
    path: Path, notice: ExportNotice, story: Sequence[Any], *, wide: bool
) -> None:
    """Lay out the pages and write the file."""
    size = landscape(A4) if wide else A4
    title = REPORT_NAMES[notice.kind]
    document = SimpleDocTemplate(
        str(path),
        pagesize=size,
        # A frame has a padding of its own.
        leftMargin=MARGIN - _PADDING,
        rightMargin=MARGIN - _PADDING,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 4 * mm,
        title=title,
        author=printable(notice.by),
        creator=notice.program,
        subject=printable(notice.filtered),
    )
    head = notice.head
    left = f"{title}　{clock(notice.at)}　链头 {head.short if head.seq else '空'}"
    document.build(list(story), canvasmaker=_numbered(left))


def _numbered(left: str) -> Any:
    """Give a canvas that knows at the end how many pages there are."""

    class Numbered(Canvas):  # type: ignore[misc]
        def __init__(self, *args: Any, **more: Any) -> None:
            super().__init__(*args, **more)
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for number, page in enumerate(self._pages, 1):
                self.__dict__.update(page)
                self._foot(number)
                super().showPage()
            super().save()

        def _foot(self, number: int) -> None:
            width, _ = self._pagesize
            self.setFont(fonts.NAME, _FOOT)
            self.setFillColor(DARK)
            self.setStrokeColor(DARK)
            self.setLineWidth(0.4)
            line = MARGIN + 1 * mm
            self.line(MARGIN, line, width - MARGIN, line)
            self.drawString(MARGIN, line - 4 * mm, fonts.shown(left))
            page = f"第 {number} / {len(self._pages)} 页"
            self.drawRightString(width - MARGIN, line - 4 * mm, page)

    return Numbered
