"""A key ring in memory, of the kind that keyring takes for a real one."""

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
import keyring.core
from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps secrets in a dict; `error` makes it fail."""

    # Never chosen by itself, only by `using`.
    priority = -1  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.error: Exception | None = None
        self.asked = 0

    def get_password(self, service: str, username: str) -> str | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if self.error is not None:
            raise self.error
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("none")


@contextmanager
def using(chosen: KeyringBackend) -> Iterator[None]:
    """Let keyring choose this one for a while."""
    before = keyring.core._keyring_backend
    keyring.set_keyring(chosen)
    try:
        yield
    finally:
        keyring.core._keyring_backend = before
