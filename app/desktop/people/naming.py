"""The operator's words for roles and rights."""

from PySide6.QtCore import QCoreApplication

from app.core.people import ROLE_MAY, Actor, May, Person, Role
from app.desktop import words


def _tr(text: str) -> str:
    return QCoreApplication.translate("people", text)


def joined(first: str, second: str) -> str:
    """Put two sentences one after the other, as the language parts them."""
    return _tr("{a}{b}").format(a=first, b=second) if first else second


def role_word(role: Role) -> str:
    """Name a role."""
    return {
        Role.OPERATOR: _tr("值班员"),
        Role.SUPERVISOR: _tr("安监"),
        Role.INSTALLER: _tr("运维"),
        Role.TUNER: _tr("调优"),
    }[role]


def may_word(what: May) -> str:
    """Name something that not everybody may do."""
    return {
        May.ASK: _tr("查询"),
        May.ACKNOWLEDGE: _tr("确认告警"),
        May.REVIEW: _tr("查看日志"),
        May.DISPOSE: _tr("处置"),
        May.CORRECT: _tr("更正"),
        May.APPROVE: _tr("审批更正"),
        May.EXPORT: _tr("导出"),
        May.HAND_OVER: _tr("交接班"),
        May.SIGN: _tr("签名链头"),
        May.BACK_UP: _tr("备份"),
        May.KEEP_PEOPLE: _tr("管理账户"),
        May.CONFIGURE: _tr("修改设置"),
        May.TUNE: _tr("管理适配器"),
    }[what]


def person_word(person: Person) -> str:
    """Name a person with his role."""
    return _tr("{name}（{role}）").format(name=person.name, role=role_word(person.role))


def rights_word(role: Role) -> str:
    """Say what a role may do."""
    return words.listed(may_word(each) for each in May if each in ROLE_MAY[role])


def refusal(actor: Actor | None, what: May) -> str:
    """Say who may do it, where this actor may not; empty: he may."""
    if actor is None or actor.role is None or actor.may(what):
        return ""
    who = words.listed(role_word(role) for role in Role if what in ROLE_MAY[role])
    return _tr("{role}不能{what}，请由{who}登录后操作。").format(
        role=role_word(actor.role), what=may_word(what), who=who
    )


def internal_fault(name: str) -> str:
    """Say that something failed for no reason that was foreseen."""
    return _tr(
        "程序内部故障（{name}）。请重试；若再次出现，请把日志文件交给维护人员。"
    ).format(name=name)
