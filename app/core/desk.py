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
from app.core.presence import Presence
from app.core.recording import Recordings
from app.core.reporting import Reports
from app.core.request import RunRequest
from app.core.reviewing import Review


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundInput:
    """A microphone that could be chosen."""

    name: str
    """What is shown and remembered."""
    is_default: bool = False
    """Whether the system takes it where nothing is chosen."""


class Take(AudioSource, Protocol):
    """One hold of the key: audio that is still being recorded."""

    @property
    def level(self) -> float:
        """Peak of the last block, 0 … 1."""
        ...

    @property
    def left_s(self) -> float:
        """Seconds that may still be recorded; at 0 the audio ends by itself."""
        ...

    @property
    def ended(self) -> bool:
        """Whether nothing more is recorded: released, said, too long, or gone."""
        ...

    def finish(self) -> None:
        """Key released: what is queued is still delivered, then the audio ends."""
        ...


class Microphone(Protocol):
    """Where spoken commands come from.

    While the desk itself speaks the microphone hears nothing: whoever speaks calls
    `hush` before and `resume` after.
    """

    @property
    def name(self) -> str:
        """Name of the device as the operator knows it; empty: not known yet."""
        ...

    @property
    def chosen(self) -> str:
        """Name of the device that was chosen; empty: the system's default."""
        ...

    @property
    def hands_free(self) -> bool:
        """Whether a take ends by itself when the speech does."""
        ...

    def stand_by(self) -> None:
        """Keep the device open from now on, so that a take begins before its key.

        Returns at once; does nothing where the settings say so. What is heard before
        a key is kept for the pre-roll only, and only in memory.
        """
        ...

    async def open(self) -> Take:
        """Start to record.

        Raises:
            AudioDeviceError, LibraryMissingError: With a sentence for each cause.
        """
        ...

    def hush(self) -> None:
        """Hear nothing until `resume`: what sounds from now on is thrown away.

        So is the pre-roll. What sounded before still reaches a take under way.

        Quick, from any thread, any number of times.
        """
        ...

    def resume(self) -> None:
        """Hear again; nothing that sounded before this call is heard.

        Quick, from any thread, any number of times.
        """
        ...

    async def inputs(self) -> Sequence[SoundInput]:
        """Look for microphones, the default one first.

        Raises:
            AudioDeviceError, LibraryMissingError: They cannot be listed.
        """
        ...

    async def choose(self, name: str) -> None:
        """Use the microphone of this name from now on, and remember it.

        An empty name: the system's default. A take under way is not disturbed.

        Raises:
            SettingsError: It is used, and could not be remembered.
        """
        ...

    async def health(self) -> Health:
        """Say whether a microphone is there, without recording."""
        ...

    async def close(self) -> None:
        """Give the device back; a driver that hangs is left behind."""
        ...


class AlarmSound(Protocol):
    """The tone of an alarm. Every method is quick and may be called from the screen."""

    @property
    def repeat_s(self) -> float:
        """Seconds between two tones while an alarm is open."""
        ...

    @property
    def lasts_s(self) -> float:
        """Seconds that a tone sounds at most, the opening of the device included."""
        ...

    def play(self) -> None:
        """Sound once, on a thread of its own; no loudspeaker is no error."""
        ...

    def stop(self) -> None:
        """Fall silent at once."""
        ...

    async def health(self) -> Health:
        """Say whether it can be heard."""
        ...

    def close(self) -> None:
        """Fall silent for good."""
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
    def review(self) -> Review:
        """What is said later about a run, and what else the log keeps."""
        ...

    @property
    def reports(self) -> Reports:
        """What writes exports and reports."""
        ...

    @property
    def presence(self) -> Presence:
        """Who is at the desk now."""
        ...

    @property
    def recordings(self) -> Recordings:
        """The kept audio of commands."""
        ...

    @property
    def alarm_sound(self) -> AlarmSound | None:
        """The tone of an alarm; None: there is none."""
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
        """Make a request in the name of whoever is at this desk.

        Raises:
            NotAllowedError: Nobody is, the screen is locked, or he may not ask.
        """
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
