"""The supervisor's words for the members of the closed sets."""

from PySide6.QtCore import QCoreApplication

from app.core.entries import EventKind, FindingState, Step
from app.core.filters import Span


def _tr(text: str) -> str:
    return QCoreApplication.translate("review", text)


def step_word(step: Step) -> str:
    """Name a step in dealing with a finding."""
    return {
        Step.DISPATCHED: _tr("派发"),
        Step.RECTIFIED: _tr("整改"),
        Step.RECHECKED: _tr("复查"),
        Step.CLOSED: _tr("关闭"),
        Step.FALSE_ALARM: _tr("误报"),
        Step.REOPENED: _tr("重新打开"),
        Step.NOTED: _tr("备注"),
    }[step]


def state_word(state: FindingState) -> str:
    """Say how far a finding has been dealt with."""
    return {
        FindingState.NONE: _tr("无需处置"),
        FindingState.OPEN: _tr("待处置"),
        FindingState.DISPATCHED: _tr("已派发"),
        FindingState.RECTIFIED: _tr("已整改"),
        FindingState.RECHECKED: _tr("已复查"),
        FindingState.CLOSED: _tr("已关闭"),
        FindingState.FALSE_ALARM: _tr("误报"),
    }[state]


def event_word(kind: EventKind) -> str:
    """Name something that happened at the desk and was no run."""
    return {
        EventKind.SIGNED_IN: _tr("登录"),
        EventKind.SIGN_IN_FAILED: _tr("登录失败"),
        EventKind.LOCKED_OUT: _tr("账户锁定"),
        EventKind.SIGNED_OUT: _tr("退出登录"),
        EventKind.LOCKED: _tr("锁屏"),
        EventKind.UNLOCKED: _tr("解锁"),
        EventKind.PASSWORD_CHANGED: _tr("修改密码"),
        EventKind.PERSON_ADDED: _tr("新增账户"),
        EventKind.PERSON_CHANGED: _tr("变更账户"),
        EventKind.EXPORTED: _tr("导出"),
        EventKind.VERIFIED: _tr("校验日志"),
        EventKind.HEAD_EXPORTED: _tr("导出链头"),
        EventKind.BACKED_UP: _tr("备份日志"),
        EventKind.RESTORED: _tr("恢复日志"),
        EventKind.SETTINGS_CHANGED: _tr("修改设置"),
        EventKind.DIAGNOSED: _tr("保存诊断包"),
        EventKind.SIGNING_KEY_MADE: _tr("生成签名私钥"),
        EventKind.RECORDINGS_EXPIRED: _tr("删除到期录音"),
        EventKind.SHIFT_NOTE: _tr("值班备注"),
    }[kind]


def span_word(span: Span) -> str:
    """Name a time that ends now."""
    return {
        Span.TODAY: _tr("今天"),
        Span.SHIFT: _tr("本班（近 12 小时）"),
        Span.WEEK: _tr("近 7 天"),
        Span.MONTH: _tr("本月"),
    }[span]
