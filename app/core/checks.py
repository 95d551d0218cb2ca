"""The closed table of checks: label, verdict rule, severity, sentence.

Every row of the trade's verdict table is one `return` below; whatever does not fit a
row is 数据缺失 with its reason, never a zero and never a guess. This is the only
place where a sentence with numbers is made.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from app.core.model import Call, Check, Judgement, Severity, Verdict
from app.core.observation import Missing, MissingReason, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckSpec:
    """What one check is called, needs and concludes."""

    check: Check
    label: str
    """The label in prompts, answers and the log."""
    requirement: str
    """The word in the reference's 「因为出现…要求」."""
    needs_work_order: bool
    judge: Callable[[Observation], Judgement]


URGENCY: Final = (
    Severity.ALARM,
    Severity.UNKNOWN,
    Severity.ATTENTION,
    Severity.NORMAL,
)
"""Severities in the order in which they are shown, what must be looked at first."""

_MISSING_LABELS: Final = {
    MissingReason.TIMEOUT: "超时未答复",
    MissingReason.UNREACHABLE: "无法连接",
    MissingReason.BUSY: "系统忙",
    MissingReason.REFUSED: "拒绝答复",
    MissingReason.BAD_DATA: "答复内容有误",
    MissingReason.STALE: "数据过期",
    MissingReason.CONTRADICTORY: "数据自相矛盾",
    MissingReason.NOT_COUNTED: "没有计数",
    MissingReason.CANCELLED: "查询已取消",
    MissingReason.INTERNAL: "程序故障",
}


def missing_label(reason: MissingReason) -> str:
    """Give the operator's word for why a number is missing."""
    return _MISSING_LABELS[reason]


def judge(call: Call, observation: Observation) -> Judgement:
    """Apply the verdict rule of the call's check; total over every observation."""
    return SPECS[call.check].judge(observation)


def judged_observation(call: Call, observation: Observation) -> Observation:
    """Name the reason on an observation that its own check finds unusable.

    A contradictory or uncounted answer arrives without `missing`; the record should
    carry the reason that the sentence gives.
    """
    if observation.missing is not None:
        return observation
    return replace(observation, missing=_unusable(call.check, observation))


def _unusable(check: Check, seen: Observation) -> Missing | None:
    """Say why the counts cannot be judged, or None when they can."""
    if seen.missing is not None:
        return seen.missing
    spec = SPECS[check]
    if spec.needs_work_order and seen.expected is None:
        return _lack(MissingReason.NOT_COUNTED, "工单系统没有给出应到人数")
    if seen.actual is None:
        return _lack(MissingReason.NOT_COUNTED, "现场检测没有给出实到人数")
    counts = (seen.expected, seen.actual, seen.wearing, seen.carrying)
    if any(n is not None and n < 0 for n in counts):
        return _lack(MissingReason.CONTRADICTORY, "人数为负")
    part = {Check.HELMET: seen.wearing, Check.EQUIPMENT: seen.carrying}.get(check)
    what = {Check.HELMET: "佩戴安全帽", Check.EQUIPMENT: "携带设备"}.get(check, "")
    if not what:
        return None
    if part is None:
        # Nobody on site: there is nothing to count, so nothing is missing.
        if seen.actual == 0:
            return None
        return _lack(MissingReason.NOT_COUNTED, f"现场检测没有给出{what}人数")
    if part > seen.actual:
        return _lack(
            MissingReason.CONTRADICTORY,
            f"{what}{part}人多于实到{seen.actual}人",
        )
    return None


def _lack(reason: MissingReason, detail: str) -> Missing:
    return Missing(reason=reason, detail=detail)


def _sentence(check: Check, *parts: str) -> str:
    return f"[{SPECS[check].label}] " + ", ".join(parts)


def _no_verdict(check: Check, why: Missing) -> Judgement:
    label = missing_label(why.reason)
    # No count stands beside a missing one: half an answer reads like an answer.
    reason = f"{label}: {why.detail}" if why.detail else label
    return Judgement(
        verdict=Verdict.DATA_MISSING,
        severity=Severity.UNKNOWN,
        sentence=_sentence(check, f"数据缺失 ({reason})"),
    )


def _judge_headcount(seen: Observation) -> Judgement:
    check = Check.HEADCOUNT
    if (why := _unusable(check, seen)) is not None:
        return _no_verdict(check, why)
    expected, actual = seen.expected or 0, seen.actual or 0
    counts = (f"应到{expected}人", f"实到{actual}人")

    def row(verdict: Verdict, severity: Severity, *tail: str) -> Judgement:
        sentence = _sentence(check, *counts, *tail)
        return Judgement(verdict=verdict, severity=severity, sentence=sentence)

    if expected == 0 and actual == 0:
        sentence = _sentence(check, "今日无工单", "现场无人")
        return Judgement(
            verdict=Verdict.NO_ORDER_NOBODY,
            severity=Severity.NORMAL,
            sentence=sentence,
        )
    if expected == 0:
        return row(
            Verdict.NO_ORDER_BUT_PEOPLE,
            Severity.ALARM,
            "无工单出工",
            "可能存在非法进入",
        )
    if actual == expected:
        return row(Verdict.ALL_PRESENT, Severity.NORMAL, "无人缺勤", "正常出工")
    if actual < expected:
        return row(Verdict.SOME_ABSENT, Severity.ATTENTION, "有人缺勤")
    return row(Verdict.TOO_MANY, Severity.ALARM, "人数异常", "可能存在非法进入")


def _judge_helmet(seen: Observation) -> Judgement:
    check = Check.HELMET
    if (why := _unusable(check, seen)) is not None:
        return _no_verdict(check, why)
    actual, wearing = seen.actual or 0, seen.wearing or 0
    if actual == 0:
        return _nobody(check)
    if wearing == actual:
        return Judgement(
            verdict=Verdict.ALL_HELMETED,
            severity=Severity.NORMAL,
            sentence=_sentence(check, f"实到{actual}人", "均佩戴安全帽"),
        )
    return Judgement(
        verdict=Verdict.SOME_BAREHEADED,
        severity=Severity.ALARM,
        sentence=_sentence(
            check, f"实到{actual}人", f"{wearing}人佩戴安全帽", "存在安全隐患"
        ),
    )


def _judge_equipment(seen: Observation) -> Judgement:
    check = Check.EQUIPMENT
    if (why := _unusable(check, seen)) is not None:
        return _no_verdict(check, why)
    actual, carrying = seen.actual or 0, seen.carrying or 0
    if actual == 0:
        return _nobody(check)
    if carrying == actual:
        return Judgement(
            verdict=Verdict.ALL_EQUIPPED,
            severity=Severity.NORMAL,
            sentence=_sentence(check, f"实到{actual}人", "均正常携带设备"),
        )
    return Judgement(
        verdict=Verdict.SOME_UNEQUIPPED,
        severity=Severity.ATTENTION,
        sentence=_sentence(
            check, f"实到{actual}人", f"{actual - carrying}人未携带设备"
        ),
    )


def _nobody(check: Check) -> Judgement:
    return Judgement(
        verdict=Verdict.NOBODY_AT_WORK,
        severity=Severity.NORMAL,
        sentence=_sentence(check, "现场无人施工"),
    )


SPECS: Final = {
    spec.check: spec
    for spec in (
        CheckSpec(
            check=Check.HEADCOUNT,
            label="人数检测",
            requirement="人数",
            needs_work_order=True,
            judge=_judge_headcount,
        ),
        CheckSpec(
            check=Check.HELMET,
            label="安全检查",
            requirement="安全",
            needs_work_order=False,
            judge=_judge_helmet,
        ),
        CheckSpec(
            check=Check.EQUIPMENT,
            label="设备检查",
            requirement="设备",
            needs_work_order=False,
            judge=_judge_equipment,
        ),
    )
}


def label(check: Check) -> str:
    """Give the check's label, as in 「[人数检测] …」."""
    return SPECS[check].label
