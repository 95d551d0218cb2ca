"""The words of reports: what was chosen, by whom, what the closed sets are called."""

from datetime import timedelta
from typing import Final

from app.core.checks import label
from app.core.entries import STATE_NAMES, FindingState
from app.core.labels import OUTCOMES
from app.core.model import Check, Finding, Origin, Severity, Verdict
from app.core.observation import Evidence, Observation, Service
from app.core.people import ROLE_NAMES, Role
from app.core.ports import JournalQuery
from app.core.reporting import REPORT_NAMES, ExportNotice
from app.core.trends import GroupBy, Measure
from app.reports.harmless import one_line
from app.reports.sheet import clock, local

EVERYTHING: Final = "全部记录, 没有筛选"

ORIGINS: Final = {
    Origin.MICROPHONE: "语音",
    Origin.FILE: "录音文件",
    Origin.TYPED: "文字",
    Origin.CHOSEN: "选定",
}
SEVERITIES: Final = {
    Severity.NORMAL: "正常",
    Severity.ATTENTION: "注意",
    Severity.ALARM: "告警",
    Severity.UNKNOWN: "未知",
}
VERDICTS: Final = {
    Verdict.ALL_PRESENT: "无人缺勤",
    Verdict.SOME_ABSENT: "有人缺勤",
    Verdict.TOO_MANY: "人数多于工单",
    Verdict.NO_ORDER_BUT_PEOPLE: "无工单出工",
    Verdict.NO_ORDER_NOBODY: "无工单无人",
    Verdict.NOBODY_AT_WORK: "现场无人施工",
    Verdict.ALL_HELMETED: "均佩戴安全帽",
    Verdict.SOME_BAREHEADED: "有人未戴安全帽",
    Verdict.ALL_EQUIPPED: "均携带设备",
    Verdict.SOME_UNEQUIPPED: "有人未携带设备",
    Verdict.DATA_MISSING: "数据缺失",
}
SERVICES: Final = {Service.WORK_ORDERS: "工单查询", Service.DETECTION: "目标检测"}
MEASURES: Final = {
    Measure.ATTENDANCE: "到岗率",
    Measure.HELMETS: "安全帽佩戴率",
    Measure.EQUIPMENT: "电笔携带率",
    Measure.FINDINGS: "异常率",
    Measure.UNANSWERED: "未答复率",
    Measure.EARS_APART: "识别不一致率",
    Measure.MODEL_APART: "模型语句不一致率",
}
LEVELS: Final = {GroupBy.ALL: "全部", GroupBy.REGION: "地区", GroupBy.SITE: "工地"}


def role_words(role: str) -> str:
    """Give the Chinese name of a role; one of another program is shown as it is."""
    known = {each.value: ROLE_NAMES[each] for each in Role}
    return known.get(role, role)


def filter_words(query: JournalQuery) -> str:
    """Say what a filter chooses."""
    parts = []
    if query.since is not None:
        parts.append(f"自 {clock(query.since)} 起")
    if query.until is not None:
        parts.append(f"到 {clock(query.until)} 之前")
    named = (
        ("工地", query.site),
        ("地区", query.region),
        ("检查", label(query.check) if query.check else ""),
        ("级别", SEVERITIES[query.severity] if query.severity else ""),
        ("结果", OUTCOMES[query.outcome] if query.outcome else ""),
        ("处置状态", STATE_NAMES[query.state] if query.state else ""),
        ("值班员", query.operator),
        ("文字", query.text),
    )
    parts += [f"{name}「{one_line(value)}」" for name, value in named if value]
    if query.open is not None:
        parts.append("只看未结的" if query.open else "只看没有未结的")
    return ", ".join(parts) or EVERYTHING


def notice_lines(notice: ExportNotice, records: int | str) -> list[tuple[str, str]]:
    """Give what stands on every export, as names and values."""
    at = local(notice.at)
    zone = at.strftime("%z")
    head = notice.head
    return [
        ("内容", REPORT_NAMES[notice.kind]),
        ("筛选", notice.filtered),
        ("导出人", by_whom(notice)),
        ("席位", one_line(notice.workstation)),
        ("导出时间", f"{at:%Y-%m-%d %H:%M:%S} {zone[:3]}:{zone[3:]} (北京时间)"),
        ("程序", notice.program),
        ("链头", f"第{head.seq}条 {head.hash}" if head.seq else "日志是空的"),
        ("记录数", str(records)),
    ]


def by_whom(notice: ExportNotice) -> str:
    """Name whoever exports, with account and role; or say that there are none."""
    name = one_line(notice.by)
    if not notice.login:
        return f"{name} (本席位没有账户, 姓名取自设置)"
    return f"{name} ({one_line(notice.login)}, {notice.role})"


def figures(seen: Observation, check: Check) -> str:
    """Write the counts that a check judges; what is unknown is said."""
    wanted = {
        Check.HEADCOUNT: (("应到", seen.expected), ("实到", seen.actual)),
        Check.HELMET: (("实到", seen.actual), ("佩戴安全帽", seen.wearing)),
        Check.EQUIPMENT: (("实到", seen.actual), ("携带设备", seen.carrying)),
    }[check]
    return ", ".join(
        f"{name}{'未知' if count is None else f'{count}人'}" for name, count in wanted
    )


def state_words(state: FindingState) -> str:
    """Say how far a finding has been dealt with; of one that nobody took up, that."""
    return "没有派发" if state is FindingState.NONE else STATE_NAMES[state]


def called(finding: Finding) -> str:
    """Name site and check of a finding."""
    return f"{finding.call.site.name} · {label(finding.call.check)}"


def picture_words(picture: Evidence) -> str:
    """Name a picture: which kind, camera, when."""
    kind = "标注图" if picture.annotated else "原图"
    camera = f"摄像头 {picture.camera}" if picture.camera else "摄像头未注明"
    taken = clock(picture.taken_at) if picture.taken_at else "拍摄时间未注明"
    return f"{kind}, {camera}, {taken}"


def lasting(span: timedelta) -> str:
    """Write how long something took."""
    minutes = max(0, round(span.total_seconds() / 60))
    if minutes < 60:
        return f"{minutes}分钟"
    if minutes < 24 * 60:
        return f"{minutes // 60}小时{minutes % 60}分"
    return f"{minutes // 1440}天{minutes % 1440 // 60}小时"
