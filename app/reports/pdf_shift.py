"""A shift report on paper."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Image, KeepTogether, Spacer, Table, TableStyle

from app.core.model import Severity
from app.core.observation import Evidence
from app.core.reporting import ExportNotice, ReportedFinding, ShiftReport
from app.reports.log_sheet import UNSEEN, step_words
from app.reports.pdf_page import (
    BODY,
    DARK,
    LEAD,
    MARGIN,
    PALE,
    SMALL,
    build,
    headed,
    heading,
    paragraph,
    top,
)
from app.reports.pdf_table import on_paper
from app.reports.pictures import SOUND, Pictures
from app.reports.sheet import NO_DATA, NONE, Sheet, clock
from app.reports.shift_sheets import shift_sheets
from app.reports.wording import (
    SEVERITIES,
    called,
    figures,
    picture_words,
    state_words,
)

WIDTH: Final = A4[0] - 2 * MARGIN
MOST_PICTURES: Final = 150
"""On one report; what is left out is said, and lies in the evidence folder."""
IN_FULL: Final = 200
"""Findings told each in a block of its own; further ones are rows of a table."""
_EACH: Final = 2
"""Pictures of one finding that are shown."""
_PICTURE: Final = (56 * mm, 38 * mm)
_WHITE: Final = colors.white

_COLUMNS: Final = {
    "findings": ("at", "severity", "site", "check", "summary", "state", "responsible"),
    "open": ("at", "when", "severity", "site", "summary", "state", "responsible"),
}


def write(
    path: Path, notice: ExportNotice, report: ShiftReport, pictures: Pictures
) -> None:
    """Write the report.

    Raises:
        MissingError: There is no Chinese font.
    """
    # Pictures that are shown are checked when they are; the tables here have none.
    sheets = {sheet.key: sheet for sheet in shift_sheets(report, lambda _: "")}
    story: list[Any] = top(notice, report.runs, _subtitle(report))
    story += _front(report)
    story += heading("答复分级", sheets["totals"].note)
    story += on_paper(sheets["totals"], WIDTH * 0.7)
    story += _findings(report, pictures, sheets["findings"])
    story += heading(f"未结 {report.open_count} 条", sheets["open"].note)
    story += on_paper(sheets["open"], WIDTH, _COLUMNS["open"])
    if left := report.open_count - len(report.still_open):
        story.append(paragraph(f"另有更早的 {left} 条未结, 没有逐条列出。", SMALL))
    for key in ("unanswered", "failed", "notes", "corrections", "people"):
        sheet = sheets[key]
        keys = [c.key for c in sheet.columns if c.key not in {"run_id", "login"}]
        story += heading(sheet.title, sheet.note)
        story += on_paper(sheet, WIDTH, keys)
    story.append(_signatures(report))
    build(path, notice, story, wide=False)


def _subtitle(report: ShiftReport) -> str:
    return f"{clock(report.since)} 至 {clock(report.until)} (北京时间)"


def _front(report: ShiftReport) -> list[Any]:
    alarms = sum(f.finding.severity is Severity.ALARM for f in report.findings)
    unseen = sum(
        f.finding.severity is Severity.ALARM and f.acknowledged is None
        for f in report.findings
    )
    # A question that failed for two reasons is still one question.
    silent = {
        (one.site_id, one.check) for one in report.unanswered if not one.answered_later
    }
    counts = (
        ("告警", f"{alarms} 条, 其中 {unseen} 条未确认" if alarms else NONE),
        ("注意", f"{len(report.findings) - alarms} 条"),
        ("仍未答复", f"{len(silent)} 项"),
    )
    asked = bool(report.totals)
    alarm, attention, unanswered = (
        (name, told if asked else NO_DATA) for name, told in counts
    )
    facts = (
        ("运行", str(report.runs) if report.runs else NO_DATA),
        alarm,
        attention,
        ("未结", f"{report.open_count} 条"),
        unanswered,
    )
    cells = [[paragraph(name, SMALL) for name, _ in facts]]
    cells.append([paragraph(value, LEAD) for _, value in facts])
    table = Table(cells, colWidths=[WIDTH / len(facts)] * len(facts))
    table.setStyle(
        TableStyle(
            [
                ("BOX", (0, 0), (-1, -1), 0.8, DARK),
                ("INNERGRID", (0, 0), (-1, -1), 0, _WHITE),
                ("BACKGROUND", (0, 0), (-1, 0), PALE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ]
        )
    )
    asked_by = paragraph(f"查询人: {'、'.join(report.operators) or NO_DATA}")
    return [Spacer(1, 3 * mm), table, Spacer(1, 1.5 * mm), asked_by]


def _findings(report: ShiftReport, pictures: Pictures, sheet: Sheet) -> list[Any]:
    if not report.findings:
        return [*heading("异常", sheet.note), paragraph(sheet.nothing, SMALL)]
    blocks, room = [], MOST_PICTURES
    for number, one in enumerate(report.findings[:IN_FULL], 1):
        blocks.append(_block(number, one, pictures, room))
        room -= min(_EACH, len(one.finding.observation.evidence))
    title = f"异常 {len(report.findings)} 条"
    story = [headed(title, sheet.note, blocks[0]), *map(KeepTogether, blocks[1:])]
    rest = list(sheet.rows)[IN_FULL:]
    if rest:
        story.append(paragraph(f"其余 {len(rest)} 条:", BODY))
        short = Sheet(key="rest", title="", columns=sheet.columns, rows=rest)
        story += on_paper(short, WIDTH, _COLUMNS["findings"])
    return story


def _block(
    number: int, one: ReportedFinding, pictures: Pictures, room: int
) -> list[Any]:
    severity = one.finding.severity
    alarm = severity is Severity.ALARM
    badge = paragraph(SEVERITIES[severity], LEAD if not alarm else _ON_DARK)
    title = paragraph(f"{number}. {called(one.finding)}", LEAD)
    head = Table([[badge, title]], colWidths=[16 * mm, WIDTH - 16 * mm])
    head.setStyle(
        TableStyle(
            [
                ("BACKGROUND", (0, 0), (0, 0), DARK if alarm else _WHITE),
                ("BOX", (0, 0), (0, 0), 0.8, DARK),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
                ("TOPPADDING", (0, 0), (-1, -1), 1),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    lines: list[Any] = [Spacer(1, 2.5 * mm), head, Spacer(1, 1 * mm)]
    lines += [paragraph(line) for line in _lines(one)]
    lines += _shown(one, pictures, room)
    return lines


def _lines(one: ReportedFinding) -> Iterator[str]:
    seen, said = one.finding.observation, one.acknowledged
    yield one.finding.summary
    counts = figures(seen, one.finding.call.check)
    known = (("工单", seen.ticket), ("负责人", seen.leader))
    yield "　".join([counts, *(f"{name} {value}" for name, value in known if value)])
    record = f"记录第{one.seq}条 ({one.run_id[:8]})"
    yield f"{clock(one.at)}　查询人 {one.asked_by}　{record}"
    if said is not None:
        note = f" ({said.note})" if said.note else ""
        yield f"确认: {said.by} {clock(said.at)}{note}"
    elif one.finding.severity is Severity.ALARM:
        yield f"确认: {UNSEEN}"
    responsible = f"　责任人 {one.responsible}" if one.responsible else ""
    yield f"处置: {state_words(one.state)}{responsible}"
    for step in one.dispositions:
        yield f"　· {step_words(step)}"


def _shown(one: ReportedFinding, pictures: Pictures, room: int) -> list[Any]:
    evidence = one.finding.observation.evidence
    if not evidence:
        return [paragraph("没有现场图片。", SMALL)]
    if room <= 0:
        return [paragraph(f"图片 {len(evidence)} 张, 见证据文件夹。", SMALL)]
    cells, captions = [], []
    for each in evidence[:_EACH]:
        small = pictures.small(each)
        if small.problem:
            cells.append(paragraph(f"{small.problem}。", BODY))
        else:
            cells.append(_image(small.jpeg, small.size))
        told = f"{picture_words(each)}; SHA-256 {each.sha256[:16]}…"
        captions.append(paragraph(told, SMALL))
    wide = [WIDTH / _EACH] * len(cells)
    table = Table([cells, captions], colWidths=wide, hAlign="LEFT")
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP")]))
    return [table, *_others(evidence[_EACH:], pictures)]


def _others(evidence: tuple[Evidence, ...], pictures: Pictures) -> list[Any]:
    """Name the pictures that are not shown; one that is not there any more is said."""
    if not evidence:
        return []
    wrong = [pictures.state(each) for each in evidence]
    lines = [f"另有 {len(evidence)} 张, 见证据文件夹。"]
    lines += [f"{each}。" for each in wrong if each != SOUND]
    return [paragraph(line, SMALL) for line in lines]


def _image(jpeg: bytes, size: tuple[int, int]) -> Image:
    scale = min(_PICTURE[0] / size[0], _PICTURE[1] / size[1])
    made = Image(io.BytesIO(jpeg), width=size[0] * scale, height=size[1] * scale)
    made.hAlign = "LEFT"
    return made


def _signatures(report: ShiftReport) -> Any:
    line = "________________________"
    cells = [
        [paragraph(f"交班人  {report.giving}", LEAD), _signed(line)],
        [paragraph(f"接班人  {report.taking}", LEAD), _signed(line)],
    ]
    table = Table(cells, colWidths=[WIDTH * 0.45, WIDTH * 0.55], rowHeights=14 * mm)
    table.setStyle(TableStyle([("VALIGN", (0, 0), (-1, -1), "BOTTOM")]))
    said = "双方确认以上内容已当面交接。"
    return KeepTogether([Spacer(1, 8 * mm), paragraph(said, LEAD), table])


def _signed(line: str) -> Any:
    return paragraph(f"签名 {line}　时间 ____________", BODY)


_ON_DARK: Final = LEAD.clone("on-dark", textColor=_WHITE)
