"""Who is at the desk now."""

from collections.abc import Callable
from typing import Protocol

from app.core.people import Actor, People, Person


class Presence(Protocol):
    """Signing in and out, and the lock of the screen; each is kept in the journal.

    What is awaited is durable in the journal when it returns, and raises JournalError
    and changes nothing where that fails – but to lock and to sign out, which take
    something away, happen all the same. `changed` is called on the event loop.
    """

    @property
    def people(self) -> People:
        """The accounts; changed by who may, and in the journal before that is kept.

        Called off the event loop; `refresh` after a change shows it here.
        """
        ...

    @property
    def configured(self) -> bool:
        """Whether people sign in at this desk."""
        ...

    @property
    def actor(self) -> Actor | None:
        """Who acts; None: accounts are kept, and nobody is signed in.

        While the screen is locked it is still who locked it: what he began goes on.
        """
        ...

    @property
    def person(self) -> Person | None:
        """The account that is signed in; None: nobody, or the desk has no accounts."""
        ...

    @property
    def locked(self) -> bool:
        """Whether the screen is locked."""
        ...

    @property
    def lock_after_s(self) -> float:
        """Seconds without a key or a click after which the screen is locked; 0: never.

        Commands that are spoken with the key count as keys.
        """
        ...

    def acting(self) -> Actor:
        """Give who acts, for something that begins now.

        Raises:
            NotAllowedError: Nobody is signed in, the screen is locked, or the
                password must be changed first.
        """
        ...

    async def refresh(self) -> None:
        """Look again whether people sign in here: an account may have been made.

        Raises:
            PeopleError: The accounts cannot be read; then nobody is let in.
        """
        ...

    async def sign_in(self, login: str, password: str) -> Person:
        """Let somebody in, in the place of whoever was there.

        Raises:
            SignInError: With a sentence for the screen; kept in the journal as well.
        """
        ...

    async def change_password(self, old: str, new: str) -> Person:
        """Change the password of whoever is signed in.

        Raises:
            SignInError: The old one is wrong.
            UsageError: The new one is no good.
        """
        ...

    async def lock(self, *, idle: bool = False) -> None:
        """Lock the screen; does nothing where nobody signs in."""
        ...

    async def unlock(self, login: str, password: str) -> Person:
        """Unlock the screen; another person than the one who locked it signs in so.

        Raises:
            SignInError: As for `sign_in`.
        """
        ...

    async def sign_out(self) -> None:
        """Let nobody be there."""
        ...

    def watch(self, changed: Callable[[], None]) -> None:
        """Call this whenever another answer than before is given."""
        ...
