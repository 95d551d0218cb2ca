"""What a supervisor does with the inspection log, as a port beside `ports.Journal`."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    History,
    OpenFinding,
)
from app.core.ports import JournalEntry
from app.core.recording import Recordings
from app.core.trends import TrendPoint, TrendQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """The last entry of the chain at a moment; noted outside, it proves all before."""

    seq: int
    """0: the journal is empty."""
    hash: str
    at: datetime

    @property
    def short(self) -> str:
        """What a person compares or types: the number, and 128 bits of the hash."""
        groups = (self.hash[start : start + 4] for start in range(0, 32, 4))
        return "-".join((str(self.seq), *groups))


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """Something that happened at the desk, with its place in the chain."""

    seq: int
    event: DeskEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenFindings:
    """What is still to be dealt with: all of it counted, the newest in full."""

    count: int = 0
    newest: tuple[OpenFinding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedCorrection:
    """A correction, the run it is about, and the decision that stands."""

    correction: Correction
    entry: JournalEntry
    decision: Decision | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceReport:
    """What comparing the pictures with their hashes found."""

    checked: int
    """Pictures that records name."""
    missing: tuple[str, ...] = ()
    """Paths, relative to the evidence folder, of those that are not there."""
    swapped: tuple[str, ...] = ()
    """Paths of those that are not what was recorded."""

    @property
    def ok(self) -> bool:
        """Whether every picture is what was recorded."""
        return not self.missing and not self.swapped


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingsReport:
    """What comparing the kept audio with the records found; entries by number."""

    checked: int = 0
    """Recordings that records name and that are there."""
    missing: tuple[int, ...] = ()
    """Entries whose audio was kept, and is gone without the desk having deleted it."""
    swapped: tuple[int, ...] = ()
    """Entries whose audio is not what was heard."""
    unread: tuple[int, ...] = ()
    """Entries whose audio could not be read, and so not be compared."""
    expired: int = 0
    """Recordings that the desk deleted when they were old enough, as the log says."""
    unstated: int = 0
    """Recordings that are not there, of records that do not say whether they were."""

    @property
    def ok(self) -> bool:
        """Whether every recording that must be there is what was heard."""
        return not (self.missing or self.swapped or self.unread)


class Review(Protocol):
    """The journal as the supervisor works with it.

    What writes is awaited and durable when it returns; it raises JournalUnwritableError
    as `Journal.append` does. What reads may raise JournalError, and is called off the
    event loop.
    """

    async def dispose(self, disposition: Disposition) -> Disposition:
        """Take a step with a finding.

        Raises:
            UsageError: No such finding, a step that cannot follow, or a reason or a
                responsible person is missing.
        """
        ...

    async def correct(self, correction: Correction) -> Correction:
        """Say what was really said or meant.

        Raises:
            UsageError: No such run, or nothing is corrected.
        """
        ...

    async def decide(self, decision: Decision) -> Decision:
        """Say whether a correction is learnt from; a later decision takes its place.

        Raises:
            UsageError: No such correction.
        """
        ...

    async def note(self, event: DeskEvent) -> DeskEvent:
        """Keep something that happened at the desk."""
        ...

    def histories(self, run_ids: Sequence[str]) -> Sequence[History]:
        """Give what was said later about these runs, in their order, one for each."""
        ...

    def open_findings(
        self, *, region: str = "", site: str = "", limit: int = 256
    ) -> OpenFindings:
        """Count the findings with which somebody still has to do something.

        Newest first. Every alarm is one until it is closed or was a false alarm, and
        so is any finding from the moment it is dispatched.
        """
        ...

    def events(
        self,
        *,
        kinds: Sequence[EventKind] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int | None = 256,
    ) -> Sequence[LoggedEvent]:
        """Give what happened at the desk, newest first; no kinds or limit: all."""
        ...

    def corrections(
        self, *, decided: bool | None = None, limit: int | None = 256
    ) -> Sequence[ProposedCorrection]:
        """Give corrections, newest first; `decided` chooses those with a decision.

        No limit: all of them.
        """
        ...

    def regions(self) -> Sequence[str]:
        """Give every region that records name, in order."""
        ...

    def operators(self) -> Sequence[str]:
        """Give everybody who asked, in order."""
        ...

    def trend(self, query: TrendQuery) -> Sequence[TrendPoint]:
        """Give the points of a trend, by group and then by time.

        A span in which nothing was counted has no point.
        """
        ...

    def moment(self) -> AbstractContextManager[None]:
        """Let everything that this thread reads within be of one moment.

        That is so for the journal too. Whatever is written meanwhile is not seen.
        """
        ...

    def head(self) -> ChainHead:
        """Give the last entry."""
        ...

    def check_evidence(
        self, folder: Path, progress: Callable[[int, int], None] | None = None
    ) -> EvidenceReport:
        """Compare every picture that records name with its hash.

        `progress` gets (pictures checked, pictures in all).
        """
        ...

    def check_recordings(
        self,
        recordings: Recordings,
        progress: Callable[[int, int], None] | None = None,
    ) -> RecordingsReport:
        """Compare the kept audio of every record with its hash.

        `progress` gets (recordings looked at, recordings in all).
        """
        ...
