"""Who is at the desk: `core.presence.Presence` on the accounts and the journal."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from app.core.entries import DeskEvent, EventKind, happened
from app.core.errors import JournalError, NotAllowedError, PeopleError, SignInError
from app.core.people import Actor, People, Person
from app.core.ports import Clock
from app.core.reviewing import Review
from app.house.accounts import JournalledPeople, Note
from app.system.worker import InferenceWorker

log = logging.getLogger(__name__)

_T = TypeVar("_T")

_KEPT_OF_UNKNOWN: Final = 2
"""Characters of a login that there is not: it may be somebody's password."""
_NOBODY: Final = "未登录"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """What the settings say of the desk."""

    operator: str
    """In whose name everything is done where there are no accounts."""
    workstation: str
    lock_after_s: float


class HousePresence:
    """Signing in and out, and the lock of the screen.

    Passwords are checked on a thread of its own: they take a while, and neither the
    screen nor a model waits for them.
    """

    def __init__(
        self,
        people: People,
        *,
        seat: Seat,
        note: Note,
        clock: Clock,
        had_accounts: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take the accounts themselves, and what writes the journal.

        `had_accounts` says whether the journal knows of any; called off the loop.
        """
        self._people = people
        self._seat = seat
        self._note = note
        self._clock = clock
        self._had_accounts = had_accounts
        self._worker = InferenceWorker("people")
        self._turn = asyncio.Lock()
        self._configured: bool | None = None
        """None: nobody has looked yet."""
        self._problem: PeopleError | None = None
        self._removed = False
        self._everybody: Sequence[Person] = ()
        self._person: Person | None = None
        self._locked = False
        self._watching: list[Callable[[], None]] = []
        self.people: Final = JournalledPeople(
            people,
            acting=self.acting,
            workstation=seat.workstation,
            note=note,
            clock=clock,
        )

    @property
    def configured(self) -> bool:
        """Whether people sign in at this desk; where it cannot be told, they do."""
        if self._configured is None:
            try:
                self._configured = self._people.configured()
            except PeopleError as error:
                self._configured, self._problem = True, error
        return self._configured

    @property
    def removed(self) -> bool:
        """Whether there are no accounts although the journal knows of some."""
        return self._removed

    @property
    def everybody(self) -> Sequence[Person]:
        """The accounts as they were when they were last looked at."""
        return self._everybody

    @property
    def actor(self) -> Actor | None:
        """Who acts; None: accounts are kept, and nobody is signed in."""
        if not self.configured:
            seat = self._seat
            return Actor(name=seat.operator, workstation=seat.workstation)
        return None if self._person is None else self._actor_of(self._person)

    @property
    def person(self) -> Person | None:
        """The account that is signed in."""
        return self._person

    @property
    def locked(self) -> bool:
        """Whether the screen is locked."""
        return self._locked

    @property
    def lock_after_s(self) -> float:
        """Seconds without a key or a click after which the screen is locked."""
        return self._seat.lock_after_s if self.configured else 0.0

    def acting(self) -> Actor:
        """Give who acts, for something that begins now.

        Raises:
            NotAllowedError: Nobody is signed in, the screen is locked, or the
                password must be changed first.
        """
        actor = self.actor
        if self._problem is not None:
            raise NotAllowedError(self._problem.message, self._problem.remedy)
        if actor is None:
            raise NotAllowedError("还没有人登录", "请先登录。")
        if self._locked:
            raise NotAllowedError("屏幕已锁定", "请先解锁。")
        if self._person is not None and self._person.must_change:
            raise NotAllowedError(
                f"{actor.name}的密码由他人设定, 还没有更换", "请先更换密码。"
            )
        return actor

    async def refresh(self) -> None:
        """Look again who has an account; who has none any more is signed out.

        Raises:
            PeopleError: The accounts cannot be read; then nobody is let in.
        """
        async with self._turn:
            await self._refresh()

    async def _refresh(self) -> None:
        before = self._state()
        try:
            everybody = await self._worker.run(self._look)
        except PeopleError as error:
            self._configured, self._problem = True, error
            self._changed_since(before)
            raise
        self._configured, self._problem = bool(everybody), None
        self._everybody = everybody
        left: Person | None = None
        if self._person is not None:
            login = self._person.login
            found = next((each for each in everybody if each.login == login), None)
            if found is None or found.disabled:
                left, self._person, self._locked = self._person, None, False
            else:
                self._person = found
        self._changed_since(before)
        if left is not None:
            await self._write(EventKind.SIGNED_OUT, left, "账户已停用")

    def _look(self) -> Sequence[Person]:
        everybody = self._people.everybody()
        self._removed = not everybody and self._had_accounts()
        return everybody

    async def sign_in(self, login: str, password: str, *, how: str = "") -> Person:
        """Let somebody in, in the place of whoever was there.

        `how` is a clause for the journal.

        Raises:
            SignInError: With a sentence for the screen; kept in the journal as well.
            JournalError: It could not be kept; nobody was let in.
            PeopleError: The accounts cannot be read.
        """
        async with self._turn:
            person = await self._proven(login, password)
            await self._enter(person, how)
        return person

    async def change_password(self, old: str, new: str) -> Person:
        """Change the password of whoever is signed in.

        Raises:
            NotAllowedError: Nobody is signed in.
            SignInError: The old one is wrong.
            UsageError: The new one is no good.
            JournalError: It could not be kept; the password is the old one.
        """
        async with self._turn:
            person = self._person
            if person is None:
                raise NotAllowedError("还没有人登录", "请先登录。")
            try:
                changed = await self._worker.run(
                    lambda: self.people.change_password(person.login, old, new)
                )
            except SignInError as error:
                await self._refused(person.login, error)
                raise
            # Whoever left while it was hashed stays out.
            if self._person is not None and self._person.login == changed.login:
                before = self._state()
                self._person = changed
                self._changed_since(before)
        return changed

    async def lock(self, *, idle: bool = False) -> None:
        """Lock the screen; does nothing where nobody is signed in.

        Raises:
            JournalError: It could not be kept; the screen is locked all the same.
        """
        if self._person is None or self._locked:
            return
        person = self._person
        before = self._state()
        self._locked = True
        self._changed_since(before)
        detail = "无人操作" if idle else ""
        await self._write(EventKind.LOCKED, person, detail)

    async def unlock(self, login: str, password: str) -> Person:
        """Unlock the screen; another person than the one who locked it signs in so.

        Raises:
            SignInError, JournalError, PeopleError: As for `sign_in`.
        """
        async with self._turn:
            person = await self._proven(login, password)
            mine = self._person
            if mine is None or mine.login != person.login:
                await self._enter(person)
                return person
            await self._write(EventKind.UNLOCKED, person)
            before = self._state()
            self._person, self._locked = person, False
            self._changed_since(before)
        return person

    async def sign_out(self) -> None:
        """Let nobody be there.

        Raises:
            JournalError: It could not be kept; nobody is there all the same.
        """
        person = self._person
        if person is None:
            return
        before = self._state()
        self._person, self._locked = None, False
        self._changed_since(before)
        await self._write(EventKind.SIGNED_OUT, person)

    def watch(self, changed: Callable[[], None]) -> None:
        """Call this whenever another answer than before is given."""
        self._watching.append(changed)

    def close(self) -> None:
        """Wait for the thread; nobody signs in any more."""
        self._worker.close()

    async def _proven(self, login: str, password: str) -> Person:
        try:
            return await self._worker.run(lambda: self._people.sign_in(login, password))
        except SignInError as error:
            await self._refused(login, error)
            raise

    async def _refused(self, login: str, error: SignInError) -> None:
        """Keep a failed sign-in; of a login that there is not only its beginning."""
        person = await self._worker.run(lambda: self._people.find(login))
        subject = _cut(login) if person is None else person.login
        nobody = Actor(name=_NOBODY, workstation=self._seat.workstation)
        failed, why = EventKind.SIGN_IN_FAILED, error.message
        await self._note(
            happened(failed, nobody, self._clock.now(), subject=subject, detail=why)
        )
        if error.locks:
            out = EventKind.LOCKED_OUT
            await self._note(happened(out, nobody, self._clock.now(), subject=subject))

    async def _enter(self, person: Person, how: str = "") -> None:
        leaving = self._person
        before = self._state()
        if leaving is not None:
            detail = f"由{person.name}接替" if leaving.login != person.login else ""
            await self._write(EventKind.SIGNED_OUT, leaving, detail)
        try:
            await self._write(EventKind.SIGNED_IN, person, how)
        except JournalError:
            # The log says that who was there has left.
            self._person, self._locked = None, False
            self._changed_since(before)
            raise
        before = self._state()
        self._configured, self._problem = True, None
        self._person, self._locked = person, False
        self._changed_since(before)

    async def _write(self, kind: EventKind, person: Person, detail: str = "") -> None:
        now = self._clock.now()
        actor = self._actor_of(person)
        await self._note(
            happened(kind, actor, now, subject=person.login, detail=detail)
        )

    def _actor_of(self, person: Person) -> Actor:
        return Actor(
            name=person.name,
            workstation=self._seat.workstation,
            login=person.login,
            role=person.role,
        )

    def _state(self) -> tuple[object, ...]:
        problem = self._problem and str(self._problem)
        return self._configured, problem, self._person, self._locked

    def _changed_since(self, before: tuple[object, ...]) -> None:
        if before != self._state():
            for each in tuple(self._watching):
                each()


def make_presence(
    path: Path, seat: Seat, review: Callable[[], Review], clock: Clock
) -> HousePresence:
    """Give who is at a desk whose accounts lie at `path`; the log is opened later."""
    from app.people.store import SqlitePeople

    async def note(event: DeskEvent) -> DeskEvent:
        return await review().note(event)

    def had_accounts() -> bool:
        try:
            return bool(review().events(kinds=(EventKind.PERSON_ADDED,), limit=1))
        except JournalError as error:
            # The journal's own line says what keeps it from being read.
            log.info("whether there were accounts is not known: %s", error)
            return False

    people = SqlitePeople(path, clock=clock)
    return HousePresence(
        people, seat=seat, note=note, clock=clock, had_accounts=had_accounts
    )


def _cut(typed: str) -> str:
    """Give what the journal keeps of a login that there is not."""
    words = " ".join(typed.split())
    cut = words[:_KEPT_OF_UNKNOWN]
    return f"{cut}…" if len(words) > _KEPT_OF_UNKNOWN else cut
