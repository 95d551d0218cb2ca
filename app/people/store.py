"""The accounts of this desk: `core.people.People` on a file of its own.

Several processes may share the file. What is tried is counted before it is answered,
in the same transaction that looked, so that a restart forgets nothing and two
processes cannot guess side by side.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from app.core.errors import SignInError, UsageError
from app.core.people import ROLE_MAY, ROLE_NAMES, Before, May, Person, Role
from app.core.ports import Clock
from app.people.file import PeopleFile
from app.people.lockout import Lockout
from app.people.logins import checked_login, checked_name, folded, same_name

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row

    from app.people.passwords import Passwords

_UNKNOWN: Final = "登录名或密码不对"


class SqlitePeople:
    """Keeps accounts in one SQLite file; without a file there are none."""

    def __init__(
        self,
        path: Path,
        *,
        clock: Clock,
        passwords: "Passwords | None" = None,
        busy_s: float = 5.0,
    ) -> None:
        """Name the file; `busy_s` is how long to wait for another process."""
        self._file = PeopleFile(path, busy_s=busy_s)
        self._clock = clock
        self._given = passwords

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def _passwords(self) -> "Passwords":
        if self._given is None:
            from app.people.passwords import Passwords

            self._given = Passwords()
        return self._given

    def configured(self) -> bool:
        """Say whether anybody has an account.

        Raises:
            PeopleError: The accounts cannot be read.
        """
        return bool(self.everybody())

    def everybody(self) -> Sequence[Person]:
        """Give every account in the order of their logins.

        Raises:
            PeopleError: The accounts cannot be read.
        """
        if not self._file.exists():
            return ()
        from sqlalchemy import select

        from app.people.tables import people

        with self._file.opened() as at:
            rows = at.execute(select(people).order_by(people.c.folded)).all()
            return tuple(map(self._person, rows))

    def find(self, login: str) -> Person | None:
        """Give the account of this login, however it is spelt.

        Raises:
            PeopleError: The accounts cannot be read.
        """
        wanted = folded(login)
        found = (each for each in self.everybody() if folded(each.login) == wanted)
        return next(found, None)

    def sign_in(self, login: str, password: str) -> Person:
        """Prove who somebody is, and count it where it fails.

        Raises:
            SignInError: Unknown, wrong, disabled or locked.
            PeopleError: The accounts cannot be read or kept.
        """
        refusal: SignInError
        if not self._file.exists():
            raise SignInError("本席位没有账户, 不需要登录", "请直接使用。")
        with self._file.opened(write=True) as at:
            row = self._row(at, login)
            if row is None:
                self._passwords.fits_nobody(password)
                refusal = SignInError(_UNKNOWN)
            else:
                proven = self._prove(at, row, password)
                if isinstance(proven, Person):
                    return proven
                refusal = proven
        # Only now: what was wrong is counted when it is said.
        raise refusal

    def change_password(
        self, login: str, old: str, new: str, *, before: Before | None = None
    ) -> Person:
        """Let somebody change his own password.

        Raises:
            SignInError: The old one is wrong; it counts.
            UsageError: The new one is too short, too common, or the old one.
            PeopleError: The accounts cannot be read or kept.
        """
        person = self.sign_in(login, old)
        with self._file.opened(write=True) as at:
            row = self._needed(at, login)
            self._check_new(new, person, row)
            changed = replace(person, must_change=False)
            self._announce(changed, before)
            self._update(at, row, must_change=False, password=self._hashed(new))
        return changed

    def add(
        self, person: Person, password: str, *, before: Before | None = None
    ) -> Person:
        """Make an account; its password must be changed at the first sign-in.

        Raises:
            UsageError: There is one of that login or name, a name or password is no
                good, or the first account is not of somebody who keeps accounts.
            PeopleError: The accounts cannot be read or kept.
        """
        from sqlalchemy import insert

        from app.people.tables import people

        made = Person(
            login=checked_login(person.login),
            name=checked_name(person.name),
            role=person.role,
            must_change=True,
        )
        self._check_new(password, made, None)
        with self._file.opened(write=True) as at:
            if self._row(at, made.login) is not None:
                raise UsageError(
                    f"已经有登录名为「{made.login}」的账户", "请换一个登录名。"
                )
            self._check_name(at, made)
            if not self._keeps(made) and not self._keepers(at):
                who = _keeping_roles()
                raise UsageError(
                    f"第一个账户必须是{who}, 否则没有人能管理账户",
                    f"请先建立一个{who}账户。",
                )
            self._announce(made, before)
            row = {
                "folded": folded(made.login),
                "login": made.login,
                "name": made.name,
                "role": made.role.value,
                "password": self._hashed(password),
                "must_change": True,
                "disabled": False,
                "failures": 0,
                "locked_at": None,
            }
            at.execute(insert(people), row)
        return made

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
            UsageError: No such account, a name that is no good or another's, or
                nobody would be left who keeps accounts.
            PeopleError: The accounts cannot be read or kept.
        """
        with self._file.opened(write=True) as at:
            row = self._needed(at, login)
            person = self._person(row)
            changed = replace(
                person,
                name=person.name if name is None else checked_name(name),
                role=role or person.role,
                disabled=person.disabled if disabled is None else disabled,
            )
            if changed.name != person.name:
                self._check_name(at, changed)
            if not self._keeps(changed) and self._keepers(at) == [row.folded]:
                raise UsageError(
                    f"「{person.login}」是最后一个能管理账户的人, 没有改动",
                    f"请先让另一个人成为{_keeping_roles()}。",
                )
            self._announce(changed, before)
            self._update(
                at,
                row,
                name=changed.name,
                role=changed.role.value,
                disabled=changed.disabled,
            )
        return changed

    def reset_password(
        self, login: str, password: str, *, before: Before | None = None
    ) -> Person:
        """Set a password that must be changed, and unlock the account.

        Raises:
            UsageError: No such account, or the password is no good.
            PeopleError: The accounts cannot be read or kept.
        """
        with self._file.opened(write=True) as at:
            row = self._needed(at, login)
            person = self._person(row)
            # Not compared with the old one: what is kept of that may be damaged.
            self._check_new(password, person, None)
            changed = replace(person, must_change=True, locked_until=None)
            self._announce(changed, before)
            self._update(at, row, must_change=True, password=self._hashed(password))
            self._count(at, row, Lockout())
        return changed

    def unlock(self, login: str, *, before: Before | None = None) -> Person:
        """Forget the wrong passwords of an account.

        Raises:
            UsageError: No such account.
            PeopleError: The accounts cannot be read or kept.
        """
        with self._file.opened(write=True) as at:
            row = self._needed(at, login)
            changed = replace(self._person(row), locked_until=None)
            self._announce(changed, before)
            self._count(at, row, Lockout())
        return changed

    def _prove(
        self, at: "Connection", row: "Row[Any]", password: str
    ) -> Person | SignInError:
        now = self._clock.now()
        known = self._lockout(row)
        left = known.at(now)
        if left.until is not None:
            if left != known:
                self._count(at, row, left)
            return _locked(left.until, now)
        if not self._passwords.fits(row.password, password):
            counted = left.failed(now)
            self._count(at, row, counted)
            if counted.until is not None:
                return _locked(counted.until, now, locks=True)
            return SignInError(_UNKNOWN)
        if row.disabled:
            return SignInError("这个账户已停用", "请联系管理账户的人员。")
        if known != Lockout():
            self._count(at, row, Lockout())
        if self._passwords.is_weaker(row.password):
            self._update(at, row, password=self._hashed(password))
        return replace(self._person(row), locked_until=None)

    def _check_new(self, new: str, person: Person, row: "Row[Any] | None") -> None:
        from app.people.passwords import check_new

        check_new(new, person)
        if row is not None and self._passwords.fits(row.password, new):
            raise UsageError("新密码和原来的一样", "请换一个没有用过的密码。")

    def _check_name(self, at: "Connection", wanted: Person) -> None:
        """Refuse the name of another: records name people, and not their logins.

        Whoever is disabled keeps his: the log goes on to name him.
        """
        from sqlalchemy import select

        from app.people.tables import people

        mine, name = folded(wanted.login), same_name(wanted.name)
        for row in at.execute(select(people)):
            if row.folded != mine and same_name(row.name) == name:
                raise UsageError(
                    f"「{row.login}」的姓名也是{row.name}, 日志里会分不清是谁",
                    f"请在姓名里加以区别, 例如 {wanted.name}(二班)。",
                )

    def _hashed(self, password: str) -> str:
        return self._passwords.hashed(password)

    @staticmethod
    def _announce(person: Person, before: Before | None) -> None:
        if before is not None:
            before(person)

    def _row(self, at: "Connection", login: str) -> "Row[Any] | None":
        from sqlalchemy import select

        from app.people.tables import people

        wanted = select(people).where(people.c.folded == folded(login))
        return at.execute(wanted).one_or_none()

    def _needed(self, at: "Connection", login: str) -> "Row[Any]":
        row = self._row(at, login)
        if row is None:
            raise UsageError(
                f"没有登录名为「{login}」的账户",
                "请用 griddesk people list 查看有哪些账户。",
            )
        return row

    def _person(self, row: "Row[Any]") -> Person:
        from app.people.tables import person_of

        return person_of(row, self.path, self._clock.now())

    def _lockout(self, row: "Row[Any]") -> Lockout:
        from app.people.tables import lockout_of

        return lockout_of(row, self.path)

    def _keepers(self, at: "Connection") -> list[str]:
        from sqlalchemy import select

        from app.people.tables import people

        rows = at.execute(select(people)).all()
        return [row.folded for row in rows if self._keeps(self._person(row))]

    @staticmethod
    def _keeps(person: Person) -> bool:
        return May.KEEP_PEOPLE in ROLE_MAY[person.role] and not person.disabled

    def _count(self, at: "Connection", row: "Row[Any]", known: Lockout) -> None:
        since = known.since and known.since.isoformat()
        self._update(at, row, failures=known.failures, locked_at=since)

    @staticmethod
    def _update(at: "Connection", row: "Row[Any]", **values: object) -> None:
        from sqlalchemy import update

        from app.people.tables import people

        mine = people.c.folded == row.folded
        at.execute(update(people).where(mine).values(**values))


def _keeping_roles() -> str:
    keeping = (role for role in Role if May.KEEP_PEOPLE in ROLE_MAY[role])
    return "或".join(ROLE_NAMES[role] for role in keeping)


def _locked(until: datetime, now: datetime, *, locks: bool = False) -> SignInError:
    minutes = max(1, -int(-(until - now).total_seconds() // 60))
    left = f"{minutes}分钟" if minutes < 120 else f"不到{-(-minutes // 60)}小时"
    when = until.astimezone().strftime("%m-%d %H:%M")
    return SignInError(
        f"密码错误次数过多, 账户已锁定到 {when} (还有{left})",
        "请到时再试, 或请管理账户的人员解锁。",
        locks=locks,
    )
