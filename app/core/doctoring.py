"""The self-test as screens see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.ports import Health


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """An archive for whoever looks into a fault."""

    path: Path
    sha256: str
    names: tuple[str, ...]
    """What is in it."""


class Doctor(Protocol):
    """Examines everything that the desk stands on; every method takes a while."""

    @property
    def verbose(self) -> bool:
        """Whether the log keeps every detail, what is said among them."""
        ...

    def be_verbose(self, wanted: bool) -> None:
        """Keep every detail from now on, or no longer; until the program ends."""
        ...

    async def examine(self) -> Sequence[Health]:
        """Give every finding, those of the machine first. Never raises for a fault."""
        ...

    async def listen(self) -> Health:
        """Open the microphone for some seconds and say how loud it is.

        What is heard is kept nowhere.
        """
        ...

    async def save(self, path: Path, found: Sequence[Health]) -> Diagnostics:
        """Write an archive with these findings, and without secrets, faces or speech.

        Raises:
            UsageError: It cannot be written there.
        """
        ...
