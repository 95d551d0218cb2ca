"""The desk as its screens see it: the pipeline, and the parts around it.

`compose` builds one; the window and the command line drive the same.
"""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.core.dialogue import Context
from app.core.events import RunEvent
from app.core.ports import AudioSource, Health, Journal, SiteDirectory
from app.core.request import RunRequest


class Take(AudioSource, Protocol):
    """One hold of the key: audio that is still being recorded."""

    @property
    def level(self) -> float:
        """Peak of the last block, 0 … 1."""
        ...

    def finish(self) -> None:
        """Key released: what is queued is still delivered, then the audio ends."""
        ...


class Microphone(Protocol):
    """Where spoken commands come from."""

    @property
    def name(self) -> str:
        """Name of the device as the operator knows it; empty: none chosen."""
        ...

    async def open(self) -> Take:
        """Start to record.

        Raises:
            AudioDeviceError, LibraryMissingError: With a sentence for each cause.
        """
        ...

    async def health(self) -> Health:
        """Say whether a microphone is there, without recording."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskInfo:
    """Who sits where, and which files are written."""

    operator: str
    workstation: str
    program: str
    journal_path: Path
    evidence_dir: Path
    log_path: Path


class Desk(Protocol):
    """Everything a screen may use."""

    @property
    def info(self) -> DeskInfo:
        """Who sits where."""
        ...

    @property
    def microphone(self) -> Microphone:
        """Where spoken commands come from."""
        ...

    @property
    def directory(self) -> SiteDirectory:
        """The sites of this desk."""
        ...

    @property
    def journal(self) -> Journal:
        """The inspection log."""
        ...

    @property
    def context(self) -> Context:
        """What was said before, as far as it may still be meant."""
        ...

    def request(
        self,
        *,
        audio: AudioSource | None = None,
        text: str | None = None,
    ) -> RunRequest:
        """Make a request in the name of the operator at this desk."""
        ...

    def run(self, request: RunRequest) -> AsyncGenerator[RunEvent, None]:
        """Carry out one request; see `core.pipeline`."""
        ...

    async def warm_up(self) -> None:
        """Load recogniser and model on the worker, so the first command is quick.

        Never raises for a missing model: `health` tells, the desk is degraded.
        """
        ...

    async def health(self) -> Sequence[Health]:
        """Say how each part is: microphone, recogniser, agent, backends, journal."""
        ...

    async def close(self) -> None:
        """Refuse new work, wait for the worker, give back files and devices."""
        ...
