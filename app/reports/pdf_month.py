"""A monthly summary on paper."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any, Final

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Spacer

from app.core.month_report import HOW_COUNTED, RATES
from app.core.reporting import ExportNotice, MonthlySummary, RateLine
from app.core.trends import GroupBy, Measure
from app.reports.month_sheets import WEEKS_NOTE, group_words, month_sheets, week_words
from app.reports.pdf_chart import MOST_LINES, ChartLine, bars, lines
from app.reports.pdf_page import MARGIN, SMALL, build, headed, heading, paragraph, top
from app.reports.pdf_table import grid, narrow, on_paper
from app.reports.sheet import NO_DATA, Sheet, percent
from app.reports.wording import LEVELS, MEASURES, VERDICTS

WIDTH: Final = A4[0] - 2 * MARGIN
_CHART: Final = 42 * mm


def write(path: Path, notice: ExportNotice, summary: MonthlySummary) -> None:
    """Write the summary.

    Raises:
        MissingError: There is no Chinese font.
    """
    sheets = {sheet.key: sheet for sheet in month_sheets(summary)}
    month = f"{summary.month.year}年{summary.month.month}月 (北京时间)"
    story: list[Any] = top(notice, summary.runs, month)
    for key in ("month", "totals"):
        sheet = sheets[key]
        story += heading(sheet.title, sheet.note)
        story += on_paper(sheet, WIDTH)
    story += _kinds(summary, sheets["kinds"])
    for measure in RATES:
        story += _rates(summary, measure)
    for key in ("ages", "systems", "missing"):
        sheet = sheets[key]
        nothing = key == "ages" and not summary.open_count
        story += heading(sheet.title, sheet.note)
        story += [paragraph("无未结", SMALL)] if nothing else on_paper(sheet, WIDTH)
    build(path, notice, story, wide=False)


def _kinds(summary: MonthlySummary, sheet: Sheet) -> list[Any]:
    if not summary.kinds:
        return [*heading(sheet.title, sheet.note), paragraph(sheet.nothing, SMALL)]
    counts = [(VERDICTS[kind.verdict], kind.count) for kind in summary.kinds]
    return [headed(sheet.title, sheet.note, [bars(counts, WIDTH)])]


def _rates(summary: MonthlySummary, measure: Measure) -> list[Any]:
    """Draw the desk and its regions, and write down every region and site."""
    mine = [line for line in summary.rates if line.measure is measure and line.whole]
    note = f"{HOW_COUNTED[measure]}。{WEEKS_NOTE}; 没有计数的周在图中是空缺"
    if not mine:
        return [*heading(MEASURES[measure], note), paragraph(NO_DATA, SMALL)]
    drawn = [line for line in mine if line.by is GroupBy.ALL]
    regions = [line for line in mine if line.by is GroupBy.REGION]
    # The largest ones: a page cannot tell more lines apart. The table has all.
    regions.sort(key=lambda line: line.whole, reverse=True)
    drawn += regions[: MOST_LINES - len(drawn)]
    weeks = [week_words(week, summary) for week in summary.weeks]
    chart = lines(weeks, [_line(each, summary) for each in drawn], WIDTH, _CHART)
    columns = [
        narrow("范围", width=6),
        narrow("名称", width=20),
        *(narrow(week, width=13) for week in weeks),
        narrow("全月", width=14),
    ]
    rows = [list(_row(each, summary)) for each in mine]
    table = grid(columns, rows, WIDTH)
    return [headed(MEASURES[measure], note, [chart]), Spacer(1, 2 * mm), *table]


def _line(line: RateLine, summary: MonthlySummary) -> ChartLine:
    by_week = {point.start: point.rate for point in line.points}
    rates = tuple(by_week.get(week) for week in summary.weeks)
    return ChartLine(label=group_words(line), rates=rates)


def _row(line: RateLine, summary: MonthlySummary) -> Iterator[str]:
    yield LEVELS[line.by]
    yield group_words(line)
    for week in summary.weeks:
        yield _of_week(line, week)
    yield _in_lines(percent(line.part, line.whole), 15)


def _of_week(line: RateLine, week: date) -> str:
    for point in line.points:
        if point.start == week:
            return _in_lines(percent(point.part, point.whole), 14)
    return NO_DATA


def _in_lines(rate: str, room: int) -> str:
    """Break a rate before what it is made of, and not within a number."""
    return rate.replace(" ", "\n") if len(rate) > room else rate
