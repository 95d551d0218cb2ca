"""A shift report as tables."""

from app.core.checks import label, missing_label
from app.core.entries import EVENT_NAMES, OpenFinding
from app.core.model import Finding
from app.core.reporting import CheckTotal, ReportedFinding, ShiftReport
from app.core.reviewing import LoggedEvent, ProposedCorrection
from app.core.shift_report import heard_of
from app.reports.log_sheet import (
    COUNTS,
    DEALT,
    correction_words,
    counts_of,
    dealt_with,
)
from app.reports.pictures import Look
from app.reports.sheet import NO_DATA, NONE, Cell, Row, Sheet, clock, number, text, time
from app.reports.wording import SEVERITIES, role_words, state_words

OPEN_NOTE = "截至导出时仍未结, 含本班之前的; 告警自发现起即为未结, 直至关闭或判为误报"
UNANSWERED_NOTE = (
    "同一工地、检查和原因合为一行; “其后已答复”指本班内同一查询后来有了结论"
)
TOTALS_NOTE = "本班开始的查询的答复数, 一次查询可有多条; 未知即数据缺失, 不算正常"


def shift_sheets(report: ShiftReport, look: Look) -> tuple[Sheet, ...]:
    """Make the tables of a shift report; `look` checks a picture's hash."""
    findings = [_finding(each, look) for each in report.findings]
    return (
        _front(report),
        totals_sheet(report.totals),
        Sheet(
            key="findings",
            title="异常",
            columns=_FINDINGS,
            rows=findings,
            note="级别为告警或注意的答复, 告警在前",
            nothing=_none_of(report),
        ),
        Sheet(
            key="open",
            title="未结",
            columns=_OPEN,
            rows=[_open(each, report) for each in report.still_open],
            note=OPEN_NOTE,
        ),
        _unanswered(report),
        _failed(report),
        Sheet(
            key="notes",
            title="值班备注",
            columns=(time("at", "时间"), text("by", "姓名"), text("note", "备注", 80)),
            rows=[
                (n.event.at, n.event.by, n.event.detail or n.event.subject)
                for n in report.notes
            ],
        ),
        Sheet(
            key="corrections",
            title="待审批的更正",
            columns=(
                time("at", "时间"),
                text("heard", "记录的话", 36),
                text("correction", "更正", 60),
                text("run_id", "运行编号", 34),
            ),
            rows=[_correction(each) for each in report.corrections],
        ),
        _people(report),
    )


def _none_of(report: ShiftReport) -> str:
    """Say what it means that there is none of the answers: without any, nothing."""
    return NONE if report.totals else NO_DATA


def _front(report: ShiftReport) -> Sheet:
    return Sheet(
        key="shift",
        title="本班",
        columns=(text("name", "项目", 14), text("value", "内容", 60)),
        rows=(
            ("开始", clock(report.since)),
            ("结束", clock(report.until)),
            ("席位", report.workstation),
            ("交班人", report.giving),
            ("接班人", report.taking),
            ("查询人", "、".join(report.operators)),
            ("运行数", report.runs),
            ("未结", report.open_count),
        ),
    )


def totals_sheet(totals: tuple[CheckTotal, ...], note: str = TOTALS_NOTE) -> Sheet:
    """Make the table of answers by check and severity."""
    return Sheet(
        key="totals",
        title="答复分级",
        columns=(
            text("check", "检查", 12),
            number("answers", "答复"),
            number("normal", "正常"),
            number("attention", "注意"),
            number("alarm", "告警"),
            number("unknown", "未知"),
        ),
        rows=[
            (label(t.check), t.answers, t.normal, t.attention, t.alarm, t.unknown)
            for t in totals
        ],
        note=note,
        nothing=NO_DATA,
    )


_FINDINGS = (
    number("seq", "记录序号"),
    time("at", "时间"),
    text("severity", "级别", 8),
    text("site", "工地", 26),
    text("region", "地区", 10),
    text("check", "检查", 10),
    text("summary", "结论", 46),
    *COUNTS,
    text("ticket", "工单号", 20),
    text("leader", "负责人", 10),
    text("asked_by", "查询人", 10),
    *DEALT,
    text("pictures", "图片", 40),
    text("run_id", "运行编号", 34),
)


def _finding(one: ReportedFinding, look: Look) -> Row:
    finding, seen = one.finding, one.finding.observation
    pictures = (f"{each.path}: {look(each)}" for each in seen.evidence)
    return (
        one.seq,
        one.at,
        *_called(finding),
        *counts_of(seen),
        seen.ticket,
        seen.leader,
        one.asked_by,
        *dealt_with(
            one.acknowledged,
            finding.severity,
            state_words(one.state),
            one.responsible,
            one.dispositions,
        ),
        "; ".join(pictures),
        one.run_id,
    )


def _called(finding: Finding) -> tuple[Cell, ...]:
    site = finding.call.site
    return (
        SEVERITIES[finding.severity],
        site.name,
        site.region,
        label(finding.call.check),
        finding.summary,
    )


_OPEN = (
    time("at", "时间"),
    text("when", "何时发现", 10),
    text("severity", "级别", 8),
    text("site", "工地", 26),
    text("region", "地区", 10),
    text("check", "检查", 10),
    text("summary", "结论", 46),
    text("state", "处置状态", 10),
    text("responsible", "责任人", 12),
    text("run_id", "运行编号", 34),
)


def _open(one: OpenFinding, report: ShiftReport) -> Row:
    return (
        one.at,
        found_when(one, report),
        *_called(one.finding),
        state_words(one.state),
        one.responsible,
        one.run_id,
    )


def found_when(one: OpenFinding, report: ShiftReport) -> str:
    """Say whether something open is of this shift."""
    if one.at < report.since:
        return "本班之前"
    return "本班" if one.at < report.until else "本班之后"


def _unanswered(report: ShiftReport) -> Sheet:
    return Sheet(
        key="unanswered",
        title="未答复",
        columns=(
            text("site", "工地", 26),
            text("check", "检查", 10),
            text("reason", "原因", 14),
            text("detail", "说明", 36),
            number("times", "次数", 7),
            time("last", "最后一次"),
            text("later", "其后", 10),
        ),
        rows=[
            (
                one.site,
                label(one.check),
                missing_label(one.reason),
                one.detail,
                one.times,
                one.last,
                "已答复" if one.answered_later else "仍未答复",
            )
            for one in report.unanswered
        ],
        note=UNANSWERED_NOTE,
        nothing=_none_of(report),
    )


def _failed(report: ShiftReport) -> Sheet:
    return Sheet(
        key="failed",
        title="失败的指令",
        columns=(
            number("seq", "记录序号"),
            time("at", "时间"),
            text("asked_by", "查询人", 10),
            text("heard", "听到的话", 36),
            text("reason", "原因", 50),
            text("run_id", "运行编号", 34),
        ),
        rows=[
            (one.seq, one.at, one.asked_by, one.heard, one.sentence, one.run_id)
            for one in report.failed
        ],
    )


def _correction(one: ProposedCorrection) -> Row:
    said = one.correction
    return (said.at, heard_of(one.entry.record), correction_words(said), said.run_id)


def _people(report: ShiftReport) -> Sheet:
    return Sheet(
        key="people",
        title="登录记录",
        columns=(
            time("at", "时间"),
            text("what", "事项", 12),
            text("by", "姓名", 12),
            text("login", "账户", 12),
            text("role", "角色", 8),
            text("workstation", "席位", 12),
        ),
        rows=[_came(each) for each in report.people],
        note="" if report.people else "本班没有人登录或退出; 本席位可能没有启用账户",
    )


def _came(one: LoggedEvent) -> Row:
    event = one.event
    return (
        event.at,
        EVENT_NAMES[event.kind],
        event.by,
        event.login,
        role_words(event.role),
        event.workstation,
    )
