"""The people of a desk, their roles, and what each role may do.

A desk without accounts works for one person, as it always has: whoever sits there may
do everything, under the name in the settings, and every screen says that nobody signs
in. With the first account that ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol, TypeAlias

from app.core.errors import NotAllowedError


class Role(StrEnum):
    """What a person is at this desk."""

    OPERATOR = "operator"
    """值班员: asks, and acknowledges alarms."""
    SUPERVISOR = "supervisor"
    """安监: reviews what was done, and disposes of findings."""
    INSTALLER = "installer"
    """运维: connects systems, keeps accounts, backs up."""
    TUNER = "tuner"
    """调优: adapts the language model."""


class May(StrEnum):
    """Something that not everybody may do."""

    ASK = "ask"
    """Ask the site systems."""
    ACKNOWLEDGE = "acknowledge"
    """Say that an alarm was seen."""
    REVIEW = "review"
    """Look through the log of everybody; verify the chain."""
    DISPOSE = "dispose"
    """Dispatch, recheck and close findings."""
    CORRECT = "correct"
    """Say what was really said or meant."""
    APPROVE = "approve"
    """Decide whether a correction is learnt from."""
    HAND_OVER = "hand_over"
    """Leave notes for the next shift, and write the shift report."""
    EXPORT = "export"
    """Write records and reports to files."""
    SIGN = "sign"
    """Export and sign the head of the chain."""
    BACK_UP = "back_up"
    """Copy the journal, and put a copy back."""
    KEEP_PEOPLE = "keep_people"
    """Add people, change their roles, unlock them."""
    CONFIGURE = "configure"
    """Change settings, sites and site systems."""
    TUNE = "tune"
    """Train, import and choose adapters."""


ROLE_MAY: Final[Mapping[Role, frozenset[May]]] = {
    Role.OPERATOR: frozenset(
        {May.ASK, May.ACKNOWLEDGE, May.REVIEW, May.CORRECT, May.HAND_OVER}
    ),
    Role.SUPERVISOR: frozenset(
        {
            May.ASK,
            May.ACKNOWLEDGE,
            May.REVIEW,
            May.DISPOSE,
            May.CORRECT,
            May.APPROVE,
            May.HAND_OVER,
            May.EXPORT,
            May.SIGN,
        }
    ),
    Role.INSTALLER: frozenset(
        {May.ASK, May.REVIEW, May.BACK_UP, May.KEEP_PEOPLE, May.CONFIGURE, May.TUNE}
    ),
    Role.TUNER: frozenset({May.ASK, May.REVIEW, May.CORRECT, May.TUNE}),
}
"""The one table of what each role may do. Nobody may do everything: who keeps the
accounts does not dispose of findings, and who disposes of them does not keep the
accounts."""

ROLE_NAMES: Final[Mapping[Role, str]] = {
    Role.OPERATOR: "值班员",
    Role.SUPERVISOR: "安监",
    Role.INSTALLER: "运维",
    Role.TUNER: "调优",
}

MAY_NAMES: Final[Mapping[May, str]] = {
    May.ASK: "查询",
    May.ACKNOWLEDGE: "确认告警",
    May.REVIEW: "查看日志",
    May.DISPOSE: "处置",
    May.CORRECT: "更正",
    May.APPROVE: "审批更正",
    May.HAND_OVER: "交接班",
    May.EXPORT: "导出",
    May.SIGN: "签名链头",
    May.BACK_UP: "备份",
    May.KEEP_PEOPLE: "管理账户",
    May.CONFIGURE: "修改设置",
    May.TUNE: "管理适配器",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who does something now, as the journal names him."""

    name: str
    workstation: str
    login: str = ""
    """Name of the account; empty: the desk has no accounts."""
    role: Role | None = None
    """None: the desk has no accounts, and whoever sits there may do everything."""

    def may(self, what: May) -> bool:
        """Say whether he may do it."""
        return self.role is None or what in ROLE_MAY[self.role]

    def require(self, what: May) -> None:
        """Refuse what he may not do.

        Raises:
            NotAllowedError: His role may not.
        """
        if self.role is None or self.may(what):
            return
        who = "、".join(ROLE_NAMES[r] for r in Role if what in ROLE_MAY[r])
        raise NotAllowedError(
            f"{self.name} ({ROLE_NAMES[self.role]}) 不能{MAY_NAMES[what]}",
            f"请由{who}登录后操作。",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An account. What proves that it is its owner's stays with who keeps it."""

    login: str
    """Short name that is typed to sign in; letters, digits, `.`, `_`, `-`, or
    Chinese; compared without regard to case."""
    name: str
    """Full name, as the journal and reports show it."""
    role: Role
    must_change: bool = False
    """Whether the password was set by somebody else and must be changed first."""
    disabled: bool = False
    locked_until: datetime | None = None
    """Until when no password is tried after too many wrong ones."""


Before: TypeAlias = Callable[[Person], None]
"""Called with an account as it is about to be kept; what it raises prevents that."""


class People(Protocol):
    """The accounts of a desk. Called off the event loop: a password takes a while.

    `before` is for whoever keeps the journal. Every method raises PeopleError where
    the accounts cannot be read or kept: then nobody may be let in.
    """

    def configured(self) -> bool:
        """Say whether anybody has an account; if nobody has, nobody signs in."""
        ...

    def everybody(self) -> Sequence[Person]:
        """Give every account, disabled ones too, in the order of their logins."""
        ...

    def find(self, login: str) -> Person | None:
        """Give the account of this login, however it is spelt."""
        ...

    def sign_in(self, login: str, password: str) -> Person:
        """Prove who somebody is.

        Raises:
            SignInError: Unknown, wrong, disabled or locked; the sentence does not say
                whether an unknown name or a wrong password it was.
        """
        ...

    def change_password(
        self, login: str, old: str, new: str, *, before: Before | None = None
    ) -> Person:
        """Let somebody change his own password.

        Raises:
            SignInError: The old one is wrong; it counts as at the sign-in.
            UsageError: The new one is too short, too common, or the old one.
        """
        ...

    def add(
        self, person: Person, password: str, *, before: Before | None = None
    ) -> Person:
        """Make an account; its password must be changed at the first sign-in.

        Raises:
            UsageError: There is one of that login or name, a name or password is no
                good, or the first account is not of somebody who keeps accounts.
        """
        ...

    def change(
        self,
        login: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        disabled: bool | None = None,
        before: Before | None = None,
    ) -> Person:
        """Change an account.

        Raises:
            UsageError: No such account, the name is another's, or nobody would be left
                who keeps accounts.
        """
        ...

    def reset_password(
        self, login: str, password: str, *, before: Before | None = None
    ) -> Person:
        """Set a password that must be changed, and unlock the account.

        Raises:
            UsageError: No such account, or the password is no good.
        """
        ...

    def unlock(self, login: str, *, before: Before | None = None) -> Person:
        """Forget the wrong passwords, so that the right one is taken at once.

        Raises:
            UsageError: No such account.
        """
        ...
