"""The audio of a command: what is kept of it, and where it is found again."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from app.core.cancel import CancelToken
from app.core.ports import AudioSource


class Keep(StrEnum):
    """What is kept of the audio of a command."""

    OFF = "off"
    """Not even its hash."""
    HASH = "hash"
    """Its SHA-256, in the record."""
    FLAC = "flac"
    """The audio itself, named by that SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The kept audio of a record."""

    path: Path
    problem: str = ""
    """Why it does not prove what was said; empty: it is what was heard."""
    readable: bool = True
    """Whether it could be compared; what could not says nothing of the file."""


class Recordings(Protocol):
    """Where the audio of commands is kept."""

    @property
    def wanted(self) -> Keep:
        """What is to be kept."""
        ...

    async def keep(self, pcm: bytes, sha256: str) -> bool:
        """Keep the samples whose hash the record holds; say whether they are kept.

        Never raises: a run does not fail because its audio cannot be kept. The health
        of the recordings says why it was not.
        """
        ...

    def find(self, sha256: str) -> Recording | None:
        """Give the audio of this hash; None: none is kept. Reads the file."""
        ...


class Tee:
    """Hands audio on, and remembers what was handed on."""

    def __init__(self, source: AudioSource) -> None:
        """Take the audio that is listened to."""
        self.origin = source.origin
        self._source = source
        self._blocks: list[bytes] = []

    @property
    def overflows(self) -> int:
        """Blocks lost so far."""
        return self._source.overflows

    @property
    def pcm(self) -> bytes:
        """The samples that were handed on."""
        return b"".join(self._blocks)

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield the blocks of the source; see `core.ports.AudioSource`."""
        for block in self._source.blocks(cancel):
            self._blocks.append(block)
            yield block
