"""The log on paper: what a reader of a table of findings needs, on wide pages."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from app.core.errors import UsageError
from app.core.reporting import ExportNotice
from app.reports.log_sheet import Told, log_sheet
from app.reports.pdf_page import MARGIN, build, top
from app.reports.pdf_table import on_paper
from app.reports.sheet import Sheet

WIDTH: Final = A4[1] - 2 * MARGIN
MOST_ROWS: Final = 10_000
"""Nobody reads more pages; the other forms hold everything."""

_COLUMNS: Final = (
    "seq",
    "started_at",
    "operator",
    "outcome",
    "heard",
    "site",
    "severity",
    "summary",
    "acknowledged_by",
    "state",
    "responsible",
)


def write(
    path: Path, notice: ExportNotice, told: Iterable[Told], count: list[int]
) -> None:
    """Write the records; `count` gets their number as they are read.

    Raises:
        UsageError: More rows than anybody reads on paper.
        MissingError: There is no Chinese font.
    """
    whole = log_sheet(told)
    rows = list(islice(whole.rows, MOST_ROWS + 1))
    if len(rows) > MOST_ROWS:
        raise UsageError(
            f"记录超过 PDF 的{MOST_ROWS}行",
            "请缩小筛选范围, 或导出为 .xlsx 或 .csv。",
        )
    sheet = Sheet(key="log", title="", columns=whole.columns, rows=rows)
    story: list[Any] = [*top(notice, count[0]), Spacer(1, 3 * mm)]
    story += on_paper(sheet, WIDTH, _COLUMNS)
    build(path, notice, story, wide=True)
