"""What must be said with a step, a correction or a decision, and which step may follow.

Every journal asks the same before it takes one; a screen may ask before it offers one.
"""

from typing import Final

from app.core.entries import (
    STATE_NAMES,
    STEP_NAMES,
    Correction,
    Decision,
    Disposition,
    FindingState,
    Step,
    steps_from,
)
from app.core.errors import UsageError

NEEDS_NOTE: Final = frozenset({Step.FALSE_ALARM, Step.REOPENED, Step.NOTED})
"""The steps that say nothing without a reason or a remark."""


def require_complete(disposition: Disposition) -> None:
    """Refuse a step that lacks what it needs.

    Raises:
        UsageError: Nobody's name, no reason, nobody responsible, or a run that looked
            again with a step that looks at nothing.
    """
    step, name = disposition.step, STEP_NAMES[disposition.step]
    _require_name(disposition.by)
    if step in NEEDS_NOTE and not disposition.note.strip():
        what = "备注内容" if step is Step.NOTED else "原因"
        raise UsageError(f"“{name}”没有写{what}, 没有登记", f"请写明{what}后再试。")
    if step is Step.DISPATCHED and not disposition.responsible.strip():
        raise UsageError(f"“{name}”没有写责任人, 没有登记", "请写明由谁整改后再试。")
    if disposition.recheck_run and step is not Step.RECHECKED:
        raise UsageError(
            f"只有“{STEP_NAMES[Step.RECHECKED]}”能附上一次查询, “{name}”不能",
            "请去掉附上的查询后再试。",
        )


def require_follows(step: Step, state: FindingState) -> None:
    """Refuse a step that may not be taken with a finding in this state.

    Raises:
        UsageError: It may not; the sentence says what may.
    """
    allowed = steps_from(state)
    if step not in allowed:
        names = "、".join(STEP_NAMES[each] for each in Step if each in allowed)
        raise UsageError(
            f"这条结论现在是“{STATE_NAMES[state]}”, 不能登记“{STEP_NAMES[step]}”",
            f"现在可以登记的有: {names}。它可能刚被别的席位处理过, 请先刷新。",
        )


def require_corrects(correction: Correction) -> None:
    """Refuse a correction that corrects nothing.

    Raises:
        UsageError: Nobody's name, or neither words nor calls.
    """
    _require_name(correction.by)
    if not correction.text.strip() and not correction.calls:
        raise UsageError(
            "更正里没有写任何内容, 没有登记", "请写出原话, 或选出本来要查的检查。"
        )


def require_decides(decision: Decision) -> None:
    """Refuse a decision of nobody.

    Raises:
        UsageError: Nobody's name.
    """
    _require_name(decision.by)


def _require_name(by: str) -> None:
    if not by.strip():
        raise UsageError("没有写是谁登记的, 没有登记", "请写上姓名后再试。")


def no_finding(run_id: str, index: int) -> UsageError:
    """Say that there is no such finding."""
    return UsageError(
        f"巡检日志里没有运行编号{run_id[:8]}的第{index + 1}条结论, 不能处置",
        "请用 griddesk log findings 查看待处置的结论。",
    )


def no_run(run_id: str) -> UsageError:
    """Say that there is no such run."""
    return UsageError(
        f"巡检日志里没有运行编号{run_id[:8]}的记录",
        "请用 griddesk log list 查看运行编号。",
    )


def no_correction(correction_id: str) -> UsageError:
    """Say that there is no such correction."""
    return UsageError(
        f"巡检日志里没有编号{correction_id[:8]}的更正, 不能审批",
        "请刷新更正列表后再试。",
    )
