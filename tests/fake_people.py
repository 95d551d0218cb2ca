"""Accounts in memory, and who is at a desk with them, for tests of screens."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from app.core.clock import SystemClock
from app.core.entries import DeskEvent
from app.core.errors import JournalUnwritableError, SignInError, UsageError
from app.core.people import Before, Person, Role
from app.core.ports import Clock
from app.house.accounts import Note
from app.house.presence import HousePresence, Seat

PASSWORD = "Xishan-qiuyue-77"
"""A password that every rule allows, for whoever a test signs in."""
_LOCKED = "密码错误次数过多, 账户已锁定"
_UNLOCK = "请到时再试, 或请管理账户的人员解锁。"


class FakePeople:
    """`core.people.People` in memory; passwords are kept as they are."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._people: dict[str, Person] = {}
        self._passwords: dict[str, str] = {}
        self._wrong: dict[str, int] = {}
        self.error: Exception | None = None
        """What every question raises; None: nothing."""

    def put(
        self,
        login: str,
        name: str,
        role: Role,
        password: str = PASSWORD,
        *,
        must_change: bool = False,
    ) -> Person:
        """Have an account, whatever the rules say."""
        person = Person(login=login, name=name, role=role, must_change=must_change)
        self._keep(person)
        self._passwords[login.casefold()] = password
        return person

    def configured(self) -> bool:
        return bool(self.everybody())

    def everybody(self) -> Sequence[Person]:
        if self.error is not None:
            raise self.error
        return tuple(self._people[key] for key in sorted(self._people))

    def find(self, login: str) -> Person | None:
        found = (e for e in self.everybody() if e.login.casefold() == login.casefold())
        return next(found, None)

    def sign_in(self, login: str, password: str) -> Person:
        person = self.find(login)
        if person is None:
            raise SignInError("登录名或密码不对")
        key = person.login.casefold()
        now = self._clock.now()
        if person.locked_until is not None and now < person.locked_until:
            raise SignInError(_LOCKED, _UNLOCK)
        if self._passwords[key] != password:
            self._wrong[key] = self._wrong.get(key, 0) + 1
            locks = self._wrong[key] % 5 == 0
            if locks:
                until = now + timedelta(minutes=15) * 2 ** (self._wrong[key] // 5 - 1)
                self._keep(replace(person, locked_until=until))
                raise SignInError(_LOCKED, _UNLOCK, locks=True)
            raise SignInError("登录名或密码不对")
        if person.disabled:
            raise SignInError("这个账户已停用", "请联系管理账户的人员。")
        self._wrong.pop(key, None)
        return self._keep(replace(person, locked_until=None))

    def change_password(
        self, login: str, old: str, new: str, *, before: Before | None = None
    ) -> Person:
        person = self.sign_in(login, old)
        self._check(new, person)
        return self._set(replace(person, must_change=False), new, before)

    def add(
        self, person: Person, password: str, *, before: Before | None = None
    ) -> Person:
        login, name = person.login.strip(), person.name.strip()
        if not login or not name or " " in login:
            raise UsageError("登录名或姓名不能用")
        if self.find(login) is not None:
            raise UsageError(f"已经有登录名为「{login}」的账户")
        self._check_name(login, name)
        if not self._people and person.role is not Role.INSTALLER:
            raise UsageError("第一个账户必须是运维, 否则没有人能管理账户")
        made = Person(login=login, name=name, role=person.role, must_change=True)
        self._check(password, made)
        return self._set(made, password, before)

    def change(
        self,
        login: str,
        *,
        name: str | None = None,
        role: Role | None = None,
        disabled: bool | None = None,
        before: Before | None = None,
    ) -> Person:
        person = self._needed(login)
        changed = replace(
            person,
            name=person.name if name is None else name,
            role=role or person.role,
            disabled=person.disabled if disabled is None else disabled,
        )
        self._check_name(person.login, changed.name)
        others = [each for each in self.everybody() if each.login != person.login]
        if not any(_keeps(each) for each in (*others, changed)):
            raise UsageError(f"「{person.login}」是最后一个能管理账户的人, 没有改动")
        if before is not None:
            before(changed)
        return self._keep(changed)

    def reset_password(
        self, login: str, password: str, *, before: Before | None = None
    ) -> Person:
        person = self._needed(login)
        self._check(password, person)
        self._wrong.pop(person.login.casefold(), None)
        changed = replace(person, must_change=True, locked_until=None)
        return self._set(changed, password, before)

    def unlock(self, login: str, *, before: Before | None = None) -> Person:
        changed = replace(self._needed(login), locked_until=None)
        if before is not None:
            before(changed)
        self._wrong.pop(changed.login.casefold(), None)
        return self._keep(changed)

    def _check(self, new: str, person: Person) -> None:
        if len(new) < 8 or new == self._passwords.get(person.login.casefold()):
            raise UsageError("密码至少要8个字符, 不能和原来的一样")
        if new.casefold() in (person.login.casefold(), person.name, "12345678"):
            raise UsageError("这个密码很容易猜到")

    def _check_name(self, login: str, name: str) -> None:
        plain = "".join(name.split())
        for each in self.everybody():
            if each.login != login and "".join(each.name.split()) == plain:
                raise UsageError(
                    f"「{each.login}」的姓名也是{each.name}, 日志里会分不清是谁"
                )

    def _needed(self, login: str) -> Person:
        person = self.find(login)
        if person is None:
            raise UsageError(f"没有登录名为「{login}」的账户")
        return person

    def _set(self, person: Person, password: str, before: Before | None) -> Person:
        if before is not None:
            before(person)
        self._passwords[person.login.casefold()] = password
        return self._keep(person)

    def _keep(self, person: Person) -> Person:
        self._people[person.login.casefold()] = person
        return person


def _keeps(person: Person) -> bool:
    return person.role is Role.INSTALLER and not person.disabled


class Noted:
    """What the journal was told of; can be told to fail."""

    def __init__(self, then: Note | None = None) -> None:
        self._then = then
        self.events: list[DeskEvent] = []
        self.full = False
        self.hold: asyncio.Event | None = None
        self.asked = asyncio.Event()
        """Whether an entry waits until `hold` lets it be written."""

    async def __call__(self, event: DeskEvent) -> DeskEvent:
        if self.hold is not None:
            self.asked.set()
            await self.hold.wait()
        if self.full:
            raise JournalUnwritableError("磁盘已满, 日志没有写入")
        self.events.append(event)
        return event if self._then is None else await self._then(event)

    @property
    def kinds(self) -> list[str]:
        return [event.kind.value for event in self.events]


def presence_over(
    people: FakePeople,
    noted: Noted,
    *,
    operator: str = "李明",
    workstation: str = "济南调控 3 号席",
    lock_after_s: float = 600.0,
    clock: Clock | None = None,
) -> HousePresence:
    """Give the real presence on accounts in memory; nobody has one until one is put."""
    return HousePresence(
        people,
        seat=Seat(
            operator=operator, workstation=workstation, lock_after_s=lock_after_s
        ),
        note=noted,
        clock=clock or SystemClock(),
    )
