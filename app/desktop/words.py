"""The operator's words for the members of the closed sets."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from app.core.explanation import ReasonKind
from app.core.model import Call, Check, Origin, Outcome, Severity, Source
from app.core.observation import MissingReason
from app.core.ports import Health

PARTS: Final = (
    QT_TRANSLATE_NOOP("parts", "麦克风"),
    QT_TRANSLATE_NOOP("parts", "语音识别"),
    QT_TRANSLATE_NOOP("parts", "语言模型"),
    QT_TRANSLATE_NOOP("parts", "现场系统"),
    QT_TRANSLATE_NOOP("parts", "巡检日志"),
    QT_TRANSLATE_NOOP("parts", "录音保存"),
    QT_TRANSLATE_NOOP("parts", "设置文件"),
    QT_TRANSLATE_NOOP("parts", "适配器"),
    QT_TRANSLATE_NOOP("parts", "告警声"),
    QT_TRANSLATE_NOOP("parts", "钥匙串"),
    QT_TRANSLATE_NOOP("parts", "账户"),
    QT_TRANSLATE_NOOP("parts", "运行环境"),
    QT_TRANSLATE_NOOP("parts", "程序库"),
    QT_TRANSLATE_NOOP("parts", "界面所需的系统库"),
    QT_TRANSLATE_NOOP("parts", "录音所需的系统库"),
    QT_TRANSLATE_NOOP("parts", "朗读所需的系统库"),
    QT_TRANSLATE_NOOP("parts", "显示器"),
    QT_TRANSLATE_NOOP("parts", "中文字体"),
    QT_TRANSLATE_NOOP("parts", "数据文件夹"),
    QT_TRANSLATE_NOOP("parts", "磁盘空间"),
    QT_TRANSLATE_NOOP("parts", "模型"),
    QT_TRANSLATE_NOOP("parts", "日志链"),
    QT_TRANSLATE_NOOP("parts", "系统时钟"),
    QT_TRANSLATE_NOOP("parts", "模型语句"),
    QT_TRANSLATE_NOOP("parts", "麦克风音量"),
    QT_TRANSLATE_NOOP("parts", "本机配置"),
)
"""What the house and its self-test call their parts."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("words", text)


def severity_word(severity: Severity) -> str:
    """Give the word that stands beside a severity's shape and colour."""
    return {
        Severity.NORMAL: _tr("正常"),
        Severity.ATTENTION: _tr("注意"),
        Severity.ALARM: _tr("告警"),
        Severity.UNKNOWN: _tr("数据缺失"),
    }[severity]


def origin_word(origin: Origin) -> str:
    """Say how a command reached the desk."""
    return {
        Origin.MICROPHONE: _tr("语音"),
        Origin.FILE: _tr("录音文件"),
        Origin.TYPED: _tr("键入"),
        Origin.CHOSEN: _tr("选定"),
    }[origin]


def source_word(source: Source) -> str:
    """Say who read the command."""
    return {
        Source.MODEL_AND_RULES: _tr("模型与规则一致"),
        Source.MODEL: _tr("模型"),
        Source.RULES: _tr("规则"),
        Source.OPERATOR: _tr("值班员选定"),
    }[source]


def outcome_word(outcome: Outcome) -> str:
    """Say how a run ended."""
    return {
        Outcome.ANSWERED: _tr("已答复"),
        Outcome.ASKED: _tr("已询问"),
        Outcome.GREETED: _tr("问候"),
        Outcome.DECLINED: _tr("未受理"),
        Outcome.REPEATED: _tr("重说"),
        Outcome.FAILED: _tr("失败"),
        Outcome.CANCELLED: _tr("已取消"),
    }[outcome]


def reason_word(kind: ReasonKind) -> str:
    """Name a step of the way from the words to their meaning."""
    return {
        ReasonKind.PLACE: _tr("地点"),
        ReasonKind.CHECK: _tr("检查"),
        ReasonKind.REPAIR: _tr("按读音修正"),
        ReasonKind.CONTEXT: _tr("沿用上文"),
        ReasonKind.REFUSAL: _tr("不受理"),
        ReasonKind.DOUBT: _tr("存疑"),
        ReasonKind.SECOND_OPINION: _tr("另一意见"),
        ReasonKind.CONFIDENCE: _tr("把握"),
    }[kind]


def check_word(check: Check) -> str:
    """Name a check, as the verdict's sentence does."""
    return {
        Check.HEADCOUNT: _tr("人数检测"),
        Check.HELMET: _tr("安全检查"),
        Check.EQUIPMENT: _tr("设备检查"),
    }[check]


def call_word(call: Call) -> str:
    """Name a site and what is checked there."""
    return f"{call.site.name} · {check_word(call.check)}"


def missing_word(reason: MissingReason) -> str:
    """Say in a word why a number is missing."""
    return {
        MissingReason.TIMEOUT: _tr("超时未答复"),
        MissingReason.UNREACHABLE: _tr("无法连接"),
        MissingReason.BUSY: _tr("系统忙"),
        MissingReason.REFUSED: _tr("拒绝答复"),
        MissingReason.BAD_DATA: _tr("答复内容有误"),
        MissingReason.STALE: _tr("数据过期"),
        MissingReason.CONTRADICTORY: _tr("数据自相矛盾"),
        MissingReason.NOT_COUNTED: _tr("没有计数"),
        MissingReason.CANCELLED: _tr("查询已取消"),
        MissingReason.INTERNAL: _tr("程序故障"),
    }[reason]


def part_word(part: Health) -> str:
    """Name a part of the desk; a site system keeps the name that it was given."""
    known, gap, own = part.name.partition(" ")
    return QCoreApplication.translate("parts", known) + gap + own


def quoted(text: str) -> str:
    """Put what was said or typed into quotes, as the language does."""
    return _tr("「{text}」").format(text=text)


def listed(names: Iterable[str]) -> str:
    """Give names in a row, as the language parts them."""
    return _tr("、").join(names)


def clauses(parts: Iterable[str]) -> str:
    """Put short sayings together, as the language parts them."""
    return _tr("，").join(parts)


def figure_words(check: Check) -> tuple[tuple[str, str], ...]:
    """Give (attribute of the observation, caption) of the counts a check judges."""
    present = ("actual", _tr("实到"))
    return {
        Check.HEADCOUNT: (("expected", _tr("应到")), present),
        Check.HELMET: (present, ("wearing", _tr("戴帽"))),
        Check.EQUIPMENT: (present, ("carrying", _tr("携带"))),
    }[check]


def clock_time(moment: datetime) -> str:
    """Give the local time of day."""
    return moment.astimezone().strftime("%H:%M:%S")


def full_time(moment: datetime) -> str:
    """Give local date and time."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def share(part: float) -> str:
    """Write a part of a whole, 0 … 1; 100% and 0% are said only of all and of none."""
    percent = round(part * 100)
    if percent >= 100 and part < 1:
        return ">99%"
    return "<1%" if percent <= 0 < part else f"{percent}%"


def duration(milliseconds: float) -> str:
    """Give a time span as a person reads it."""
    if milliseconds < 1000:
        return _tr("{n} 毫秒").format(n=round(milliseconds))
    return _tr("{n} 秒").format(n=f"{milliseconds / 1000:.1f}")


def together(text: str, longest: int = 14) -> str:
    """Keep each clause of a sentence on one line, so that no word is torn apart."""
    return " ".join(
        "\u2060".join(clause) if len(clause) <= longest else clause
        for clause in text.split(" ")
    )


def kept(text: str) -> str:
    """Keep a short fact on one line."""
    return "\u2060".join(text.replace(" ", "\u00a0")) if len(text) <= 24 else text


def breakable(text: str, run: int = 16) -> str:
    """Let long runs without a break wrap, so that no text can widen the window."""
    parts: list[str] = []
    length = 0
    for char in text:
        length = length + 1 if char.isascii() and not char.isspace() else 0
        if length > run:
            parts.append("\u200b")
            length = 1
        parts.append(char)
    return "".join(parts)
