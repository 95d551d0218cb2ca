"""The log as a table: a row for each call, or one for a run that has none."""

from collections.abc import Iterable, Iterator

from app.core.alarms import Acknowledgement, of_finding
from app.core.checks import label, missing_label
from app.core.entries import STATE_NAMES, STEP_NAMES, Correction, Disposition, History
from app.core.labels import OUTCOMES
from app.core.model import Call, RunRecord, Severity
from app.core.observation import Exchange, Observation
from app.core.ports import JournalEntry
from app.reports.sheet import Cell, Sheet, clock, number, share, text, time
from app.reports.wording import ORIGINS, SERVICES, SEVERITIES, role_words

UNSEEN = "未确认"

COUNTS = (
    number("expected", "应到", 7),
    number("actual", "实到", 7),
    number("wearing", "佩戴安全帽", 11),
    number("carrying", "携带设备", 9),
)
DEALT = (
    text("acknowledged_by", "确认人", 10),
    time("acknowledged_at", "确认时间"),
    text("acknowledged_note", "确认说明", 20),
    text("state", "处置状态", 10),
    text("responsible", "责任人", 10),
    text("dispositions", "处置经过", 40),
)
COLUMNS = (
    number("seq", "序号", 8),
    time("started_at", "开始时间"),
    text("run_id", "运行编号", 34),
    text("operator", "值班员", 10),
    text("role", "角色", 8),
    text("workstation", "席位", 10),
    text("origin", "来源", 8),
    text("outcome", "结果", 8),
    text("heard", "听到的话", 36),
    share("heard_confidence", "识别把握"),
    text("site_id", "工地编号", 12),
    text("site", "工地", 26),
    text("region", "地区", 10),
    text("check", "检查", 10),
    text("severity", "级别", 7),
    text("summary", "结论", 46),
    *COUNTS,
    text("missing", "数据缺失原因", 26),
    text("ticket", "工单号", 20),
    text("leader", "负责人", 10),
    time("taken_at", "检测时间"),
    text("sources", "数据来源", 18),
    text("exchanges", "系统问询", 40),
    text("pictures", "现场图片", 30),
    text("pictures_sha256", "现场图片SHA-256", 30),
    text("camera", "图片摄像头", 14),
    time("picture_taken_at", "图片拍摄时间"),
    *DEALT,
    text("corrections", "更正", 30),
    text("hash", "记录哈希", 66),
)

Told = tuple[JournalEntry, History]


def log_sheet(told: Iterable[Told]) -> Sheet:
    """Make the table of some runs; they are read as the rows are."""
    rows = (row for entry, history in told for row in _rows(entry, history))
    return Sheet(key="log", title="巡检日志", columns=COLUMNS, rows=rows)


def _rows(entry: JournalEntry, history: History) -> Iterator[list[Cell]]:
    record = entry.record
    before, after = _run(entry), [_corrected(history), entry.hash]
    for index, finding in enumerate(record.findings):
        yield [
            *before,
            *_called(finding.call),
            SEVERITIES[finding.severity],
            finding.summary,
            *_observed(finding.observation),
            *_later(record, history, index),
            *after,
        ]
    if record.findings:
        return
    unknown: list[Cell] = ["", _said(record), *_observed(Observation())]
    nothing: list[Cell] = ["", None, "", "", "", ""]
    calls = record.understanding.calls if record.understanding else ()
    for call in calls:
        yield [*before, *_called(call), *unknown, *nothing, *after]
    if not calls:
        yield [*before, "", "", "", "", *unknown, *nothing, *after]


def _run(entry: JournalEntry) -> list[Cell]:
    record, heard = entry.record, entry.record.utterance
    return [
        entry.seq,
        record.started_at,
        record.run_id,
        record.operator,
        role_words(record.role),
        record.workstation,
        ORIGINS[record.origin],
        OUTCOMES[record.outcome],
        heard.text if heard else "",
        heard.confidence if heard else None,
    ]


def _said(record: RunRecord) -> str:
    """Give what a run without findings was answered."""
    if record.fault is not None:
        return f"{record.fault.message} ({record.fault.code})"
    reading = record.understanding
    if reading is None:
        return ""
    return reading.question.sentence if reading.question else reading.reply


def _called(call: Call) -> list[Cell]:
    site = call.site
    return [site.id, site.name, site.region, label(call.check)]


def counts_of(seen: Observation) -> list[Cell]:
    """Give the cells of `COUNTS`."""
    return [seen.expected, seen.actual, seen.wearing, seen.carrying]


def _observed(seen: Observation) -> list[Cell]:
    missing = ""
    if seen.missing is not None:
        missing = f"{missing_label(seen.missing.reason)}: {seen.missing.detail}"
    pictures = seen.evidence
    first = pictures[0] if pictures else None
    return [
        *counts_of(seen),
        missing,
        seen.ticket,
        seen.leader,
        seen.taken_at,
        "; ".join(seen.sources),
        "; ".join(_asked(each) for each in seen.exchanges),
        "; ".join(picture.path for picture in pictures),
        "; ".join(picture.sha256 for picture in pictures),
        first.camera if first else "",
        first.taken_at if first else None,
    ]


def _asked(put: Exchange) -> str:
    where = f" {put.host}" if put.host else ""
    took = f"{put.latency_ms:.0f}毫秒, {put.attempts}次"
    return f"{SERVICES[put.service]} {put.system}{where}: {put.status}, {took}"


def _later(record: RunRecord, history: History, index: int) -> list[Cell]:
    """Say who acknowledged, and how far it has been dealt with."""
    severity = record.findings[index].severity
    mine = [step for step in history.dispositions if step.index == index]
    named = [step.responsible for step in mine if step.responsible]
    state = history.state(index, severity)
    return dealt_with(
        of_finding(history.acknowledgements, record.run_id, index),
        severity,
        STATE_NAMES[state] if mine or state.is_open else "",
        named[-1] if named else "",
        mine,
    )


def dealt_with(
    said: Acknowledgement | None,
    severity: Severity,
    state: str,
    responsible: str,
    steps: Iterable[Disposition],
) -> list[Cell]:
    """Give the cells of `DEALT`; an alarm that nobody acknowledged is called that."""
    unseen = UNSEEN if severity is Severity.ALARM else ""
    return [
        said.by if said else unseen,
        said.at if said else None,
        said.note if said else "",
        state,
        responsible,
        "; ".join(step_words(step) for step in steps),
    ]


def step_words(step: Disposition) -> str:
    """Write a step with a finding: when, what, by whom, to whom, why."""
    to = f" → {step.responsible}" if step.responsible else ""
    why = f" ({step.note})" if step.note else ""
    again = f" [复查运行 {step.recheck_run[:8]}]" if step.recheck_run else ""
    return f"{clock(step.at)} {STEP_NAMES[step.step]} {step.by}{to}{why}{again}"


def _corrected(history: History) -> str:
    decided = {each.correction_id: each.approved for each in history.decisions}
    return "; ".join(
        f"{correction_words(each)} [{_decision(decided.get(each.entry_id))}]"
        for each in history.corrections
    )


def correction_words(said: Correction) -> str:
    """Write what was really said or meant."""
    parts = [f"原话「{said.text}」"] if said.text else []
    if said.calls:
        calls = "、".join(f"{c.site.name} {label(c.check)}" for c in said.calls)
        parts.append(f"应查 {calls}")
    note = f" ({said.note})" if said.note else ""
    return f"{said.by}: {', '.join(parts) or '无'}{note}"


def _decision(approved: bool | None) -> str:
    return {None: "待审批", True: "已采纳", False: "未采纳"}[approved]
