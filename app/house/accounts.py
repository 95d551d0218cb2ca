"""The accounts as screens and commands get them: who may, and the journal first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from app.core.entries import DeskEvent, EventKind, happened
from app.core.errors import NotAllowedError
from app.core.people import ROLE_NAMES, Actor, Before, May, People, Person, Role
from app.core.ports import Clock

Note: TypeAlias = Callable[[DeskEvent], Awaitable[DeskEvent]]
"""What makes an entry of the journal durable."""


class JournalledPeople:
    """`core.people.People` that lets only those change accounts who may.

    What is changed is in the journal before it is kept. Called off the event loop.
    """

    def __init__(
        self,
        people: People,
        *,
        acting: Callable[[], Actor],
        workstation: str,
        note: Note,
        clock: Clock,
    ) -> None:
        """Take the accounts themselves, who acts where, and what writes the journal."""
        self._people = people
        self._acting = acting
        self._workstation = workstation
        self._note = note
        self._clock = clock

    def configured(self) -> bool:
        """Say whether anybody has an account."""
        return self._people.configured()

    def everybody(self) -> Sequence[Person]:
        """Give every account."""
        return self._people.everybody()

    def find(self, login: str) -> Person | None:
        """Give the account of this login."""
        return self._people.find(login)

    def sign_in(self, login: str, password: str) -> Person:
        """Prove who somebody is; `Presence.sign_in` is what lets him in."""
        return self._people.sign_in(login, password)

    def change_password(
        self, login: str, old: str, new: str, *, before: Before | None = None
    ) -> Person:
        """Let somebody change his own password; the old one proves who he is."""

        def noted(person: Person) -> None:
            himself = Actor(
                name=person.name,
                workstation=self._workstation,
                login=person.login,
                role=person.role,
            )
            self._write(EventKind.PASSWORD_CHANGED, himself, person, "", before)

        return self._people.change_password(login, old, new, before=noted)

    def add(
        self, person: Person, password: str, *, before: Before | None = None
    ) -> Person:
        """Make an account.

        Raises:
            NotAllowedError: Nobody acts, or he may not.
        """
        actor = self._keeper()

        def noted(made: Person) -> None:
            detail = f"{made.name}, {ROLE_NAMES[made.role]}"
            self._write(EventKind.PERSON_ADDED, actor, made, detail, before)

        return self._people.add(person, password, before=noted)

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
            NotAllowedError: Nobody acts, or he may not.
        """
        actor = self._keeper()
        old = self._people.find(login)

        def noted(changed: Person) -> None:
            detail = _difference(old, changed)
            self._write(EventKind.PERSON_CHANGED, actor, changed, detail, before)

        return self._people.change(
            login, name=name, role=role, disabled=disabled, before=noted
        )

    def reset_password(
        self, login: str, password: str, *, before: Before | None = None
    ) -> Person:
        """Set a password that must be changed.

        Raises:
            NotAllowedError: Nobody acts, or he may not.
        """
        actor = self._keeper()

        def noted(person: Person) -> None:
            self._write(EventKind.PERSON_CHANGED, actor, person, "重设密码", before)

        return self._people.reset_password(login, password, before=noted)

    def unlock(self, login: str, *, before: Before | None = None) -> Person:
        """Forget the wrong passwords of an account.

        Raises:
            NotAllowedError: Nobody acts, or he may not.
        """
        actor = self._keeper()

        def noted(person: Person) -> None:
            self._write(EventKind.PERSON_CHANGED, actor, person, "解除锁定", before)

        return self._people.unlock(login, before=noted)

    def _keeper(self) -> Actor:
        actor = self._acting()
        if actor.role is None and self._people.configured():
            # Made elsewhere a moment ago: the desk itself has not looked since.
            raise NotAllowedError("本席位已经有账户", "请登录后再操作。")
        actor.require(May.KEEP_PEOPLE)
        return actor

    def _write(
        self,
        kind: EventKind,
        actor: Actor,
        person: Person,
        detail: str,
        before: Before | None,
    ) -> None:
        if before is not None:
            before(person)
        now = self._clock.now()
        event = happened(kind, actor, now, subject=person.login, detail=detail)
        # A plain loop: the window's own policy makes loops that need Qt's main thread.
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(self._kept(event))

    async def _kept(self, event: DeskEvent) -> None:
        await self._note(event)


_UNCHANGED: Final = "没有变化"


def _difference(old: Person | None, new: Person) -> str:
    said = []
    if old is not None and old.name != new.name:
        said.append(f"姓名 {old.name} → {new.name}")
    if old is not None and old.role is not new.role:
        said.append(f"角色 {ROLE_NAMES[old.role]} → {ROLE_NAMES[new.role]}")
    if old is not None and old.disabled is not new.disabled:
        said.append("停用" if new.disabled else "启用")
    return "; ".join(said) or _UNCHANGED
