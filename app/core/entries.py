"""What is said later about a run, and what else the journal keeps: its other entries.

Each is an entry of the chain of its own and points at what it is about. Nothing that
was written is ever changed.
"""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.core.alarms import Acknowledgement
from app.core.model import Call, Finding, Severity
from app.core.people import Actor


def _new_id() -> str:
    return uuid.uuid4().hex


class Step(StrEnum):
    """A step in dealing with a finding (整改闭环)."""

    DISPATCHED = "dispatched"
    """派发: somebody is made responsible."""
    RECTIFIED = "rectified"
    """整改: who was responsible says that it is put right."""
    RECHECKED = "rechecked"
    """复查: somebody has looked again; an answer of the desk may be named."""
    CLOSED = "closed"
    """关闭."""
    FALSE_ALARM = "false_alarm"
    """误报: there was nothing, with the reason."""
    REOPENED = "reopened"
    """重新打开."""
    NOTED = "noted"
    """备注: a remark that changes nothing."""


class FindingState(StrEnum):
    """How far a finding has been dealt with."""

    NONE = "none"
    """Nothing is to be done: it is normal, or nobody has taken it up."""
    OPEN = "open"
    """An alarm that nobody has taken up, or one that was opened again."""
    DISPATCHED = "dispatched"
    RECTIFIED = "rectified"
    RECHECKED = "rechecked"
    CLOSED = "closed"
    FALSE_ALARM = "false_alarm"

    @property
    def is_open(self) -> bool:
        """Whether somebody still has to do something."""
        return self not in _SETTLED


_SETTLED: Final = frozenset(
    {FindingState.NONE, FindingState.CLOSED, FindingState.FALSE_ALARM}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What every entry of somebody has: which, when, by whom, and where."""

    entry_id: str = field(default_factory=_new_id)
    at: datetime
    by: str
    login: str = ""
    """Name of the account; empty: the desk has no accounts."""
    role: str = ""
    workstation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposition(Said):
    """A step that somebody took with a finding."""

    run_id: str
    index: int
    """Which finding of the run's record, from 0."""
    step: Step
    responsible: str = ""
    """Who has to put it right; needed to dispatch."""
    note: str = ""
    """Reason or remark; needed for a false alarm, for opening again, and for a note."""
    recheck_run: str = ""
    """The run that looked again, for RECHECKED; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Said):
    """What was really said or meant, by somebody who knows."""

    run_id: str
    text: str = ""
    """The words as they were said; empty: the transcript was right."""
    calls: tuple[Call, ...] = ()
    """What should have been asked; empty: that was right, or nothing."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(Said):
    """Whether a correction is learnt from; the last one stands."""

    correction_id: str
    approved: bool
    note: str = ""


class EventKind(StrEnum):
    """Something that happened at the desk and was not a run."""

    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    LOCKED_OUT = "locked_out"
    """Too many wrong passwords."""
    SIGNED_OUT = "signed_out"
    LOCKED = "locked"
    """The screen was locked, by hand or after a while."""
    UNLOCKED = "unlocked"
    PASSWORD_CHANGED = "password_changed"
    PERSON_ADDED = "person_added"
    PERSON_CHANGED = "person_changed"
    EXPORTED = "exported"
    VERIFIED = "verified"
    HEAD_EXPORTED = "head_exported"
    BACKED_UP = "backed_up"
    RESTORED = "restored"
    SETTINGS_CHANGED = "settings_changed"
    DIAGNOSED = "diagnosed"
    """An archive for whoever looks into a fault was saved."""
    SIGNING_KEY_MADE = "signing_key_made"
    """A key for signing chain heads; the subject is its fingerprint."""
    RECORDINGS_EXPIRED = "recordings_expired"
    """Recordings that were old enough were deleted: those of before the subject."""
    SHIFT_NOTE = "shift_note"
    """A remark for the shift report."""


EVENT_NAMES: Final[Mapping[EventKind, str]] = {
    EventKind.SIGNED_IN: "登录",
    EventKind.SIGN_IN_FAILED: "登录失败",
    EventKind.LOCKED_OUT: "账户锁定",
    EventKind.SIGNED_OUT: "退出登录",
    EventKind.LOCKED: "锁屏",
    EventKind.UNLOCKED: "解锁",
    EventKind.PASSWORD_CHANGED: "修改密码",
    EventKind.PERSON_ADDED: "新增账户",
    EventKind.PERSON_CHANGED: "变更账户",
    EventKind.EXPORTED: "导出",
    EventKind.VERIFIED: "校验日志",
    EventKind.HEAD_EXPORTED: "导出链头",
    EventKind.BACKED_UP: "备份日志",
    EventKind.RESTORED: "恢复日志",
    EventKind.SETTINGS_CHANGED: "修改设置",
    EventKind.DIAGNOSED: "保存诊断包",
    EventKind.SIGNING_KEY_MADE: "生成签名私钥",
    EventKind.RECORDINGS_EXPIRED: "删除到期录音",
    EventKind.SHIFT_NOTE: "值班备注",
}

STEP_NAMES: Final[Mapping[Step, str]] = {
    Step.DISPATCHED: "派发",
    Step.RECTIFIED: "整改",
    Step.RECHECKED: "复查",
    Step.CLOSED: "关闭",
    Step.FALSE_ALARM: "误报",
    Step.REOPENED: "重新打开",
    Step.NOTED: "备注",
}

STATE_NAMES: Final[Mapping[FindingState, str]] = {
    FindingState.NONE: "无需处置",
    FindingState.OPEN: "待处置",
    FindingState.DISPATCHED: "已派发",
    FindingState.RECTIFIED: "已整改",
    FindingState.RECHECKED: "已复查",
    FindingState.CLOSED: "已关闭",
    FindingState.FALSE_ALARM: "误报",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskEvent(Said):
    """Something that happened at the desk and was not a run."""

    kind: EventKind
    subject: str = ""
    """What it was about: a login, a file, a hash. Never a password."""
    detail: str = ""
    """A Chinese clause for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What was said later about one run; each in the order of the chain."""

    run_id: str
    acknowledgements: tuple[Acknowledgement, ...] = ()
    dispositions: tuple[Disposition, ...] = ()
    corrections: tuple[Correction, ...] = ()
    decisions: tuple[Decision, ...] = ()

    def state(self, index: int, severity: Severity) -> FindingState:
        """Say how far a finding of the run has been dealt with."""
        mine = (each for each in self.dispositions if each.index == index)
        return state_after(severity, (each.step for each in mine))


_ALLOWED: Final[Mapping[FindingState, frozenset[Step]]] = {
    FindingState.NONE: frozenset({Step.DISPATCHED, Step.FALSE_ALARM}),
    FindingState.OPEN: frozenset({Step.DISPATCHED, Step.CLOSED, Step.FALSE_ALARM}),
    FindingState.DISPATCHED: frozenset(
        {Step.DISPATCHED, Step.RECTIFIED, Step.CLOSED, Step.FALSE_ALARM}
    ),
    FindingState.RECTIFIED: frozenset(
        {Step.RECHECKED, Step.DISPATCHED, Step.CLOSED, Step.FALSE_ALARM}
    ),
    FindingState.RECHECKED: frozenset({Step.CLOSED, Step.DISPATCHED}),
    FindingState.CLOSED: frozenset({Step.REOPENED}),
    FindingState.FALSE_ALARM: frozenset({Step.REOPENED}),
}
"""Which steps may follow. A remark always may. To close without a recheck is allowed,
and the entries show that there was none."""

_LEADS_TO: Final[Mapping[Step, FindingState]] = {
    Step.DISPATCHED: FindingState.DISPATCHED,
    Step.RECTIFIED: FindingState.RECTIFIED,
    Step.RECHECKED: FindingState.RECHECKED,
    Step.CLOSED: FindingState.CLOSED,
    Step.FALSE_ALARM: FindingState.FALSE_ALARM,
    Step.REOPENED: FindingState.OPEN,
}


def first_state(severity: Severity) -> FindingState:
    """Say where a finding stands that nobody has touched: every alarm is open."""
    return FindingState.OPEN if severity is Severity.ALARM else FindingState.NONE


def steps_from(state: FindingState) -> frozenset[Step]:
    """Give the steps that may be taken with a finding in this state."""
    return _ALLOWED[state] | {Step.NOTED}


def state_after(severity: Severity, steps: Iterable[Step]) -> FindingState:
    """Say where a finding stands after these steps, in the order they were taken."""
    state = first_state(severity)
    for step in steps:
        state = _LEADS_TO.get(step, state)
    return state


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFinding:
    """A finding with which somebody still has to do something."""

    run_id: str
    index: int
    finding: Finding
    state: FindingState
    at: datetime
    """When its run ended."""
    operator: str
    responsible: str = ""
    """Who was last made responsible."""


def happened(
    kind: EventKind, actor: Actor, at: datetime, *, subject: str = "", detail: str = ""
) -> DeskEvent:
    """Make the entry of something that somebody did."""
    return DeskEvent(
        kind=kind,
        at=at,
        by=actor.name,
        login=actor.login,
        role=actor.role or "",
        workstation=actor.workstation,
        subject=subject,
        detail=detail,
    )
