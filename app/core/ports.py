"""What the course of a run needs from the world.

Adapters implement these Protocols structurally. Each port has a contract suite in
`tests/contract` which every adapter, and every fake, must pass.
"""

from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from app.core.alarms import Acknowledgement, OpenAlarms
from app.core.cancel import CancelToken
from app.core.dialogue import NOTHING, Context
from app.core.entries import FindingState
from app.core.model import (
    Call,
    Check,
    Finding,
    Origin,
    Outcome,
    Resolution,
    RunRecord,
    Severity,
    Site,
    Understanding,
    Utterance,
)
from app.core.observation import Observation, Scene, Service, WorkOrder
from app.core.standing import Standing


class Clock(Protocol):
    """Time, so that tests can hold it still."""

    def now(self) -> datetime:
        """Give the time as aware UTC."""
        ...

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        ...


class AudioSource(Protocol):
    """Audio as it comes: 16 kHz, mono, signed 16 bit, little endian.

    Read on the inference worker. `blocks` ends when the audio does (end of file, or
    key released and queue drained).
    """

    origin: Origin

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield blocks of PCM16 samples.

        Raises:
            AudioFormatError, AudioTooLongError, AudioDeviceError, Cancelled.
        """
        ...

    @property
    def overflows(self) -> int:
        """Blocks lost so far because nobody read fast enough."""
        ...


class Recognizer(Protocol):
    """Audio → words."""

    @property
    def name(self) -> str:
        """Name and version of the model."""
        ...

    async def recognize(
        self,
        audio: AudioSource,
        *,
        on_partial: Callable[[str], None],
        cancel: CancelToken,
    ) -> Utterance:
        """Listen until the audio ends.

        `on_partial` is called on the event loop with the text so far.

        Raises:
            AudioEmptyError: Nothing but silence.
            ModelMissingError, ModelCorruptError: There is no recogniser.
            Cancelled: The token was set.
        """
        ...


class Agent(Protocol):
    """Words → calls, and findings → the sentence."""

    @property
    def name(self) -> str:
        """Model, adapter and device; or that rules alone are at work, and why."""
        ...

    async def understand(
        self,
        utterance: Utterance,
        *,
        context: Context = NOTHING,
        cancel: CancelToken,
    ) -> Understanding:
        """Read what is meant, after what was said before.

        Never raises for strange words: it asks.

        Raises:
            Cancelled: The token was set.
        """
        ...

    async def summarise(
        self, call: Call, observation: Observation, *, cancel: CancelToken
    ) -> Finding:
        """Put an observation into the sentence that the rule confirms.

        Raises:
            Cancelled: The token was set.
        """
        ...


class SiteDirectory(Protocol):
    """The sites this desk is responsible for."""

    def sites(self) -> Sequence[Site]:
        """Give every site, in the directory's order."""
        ...

    def get(self, site_id: str) -> Site | None:
        """Give the site with this id."""
        ...

    def resolve(self, words: str) -> Resolution:
        """Say which site the words mean, or which three they may mean."""
        ...

    def readings(self, words: str) -> Sequence[Sequence[str]]:
        """Read words aloud: the syllables that each character may be.

        Toneless pinyin in small letters, the usual reading first: for a filter that
        takes `jn` or `jinan` for 济南.
        """
        ...


class WorkOrders(Protocol):
    """How many people should be at a site (工单查询)."""

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Ask the work-order system who should be at the site at this time.

        Several orders that are valid at once are one answer: their people together,
        their tickets with 、 between. No order on that day is `expected=0`, but only
        where the system says so.

        Raises:
            BackendError: No usable answer; the subclass says why.
        """
        ...


class Detection(Protocol):
    """How many people are at a site, and what they wear and carry (目标检测)."""

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Ask the camera detection what was counted last.

        Counts that the check does not need may be None.

        Raises:
            BackendError: No usable answer; the subclass says why.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a part of the desk is, in words."""

    name: str
    """As the operator calls it."""
    ok: bool
    detail: str
    remedy: str = ""
    key: str = ""
    """Stable name for programs; empty: `name` is stable itself."""


BACKEND_CONTRACT: Final = 1
"""Version of `Backend`; raised when one that was written for the last would break.

Picture analysis on the desk itself will be a backend whose `observe` looks at a
snapshot, and one fed by a message bus keeps the last message of each site and gives
its time as `taken_at`: both fit the questions as they are.
"""


class Backend(WorkOrders, Detection, Protocol):
    """A site system: answers one question or both, and says how it is.

    Counts are people; None where the system states none, which is never zero. Times
    are aware. Whoever asks sets the deadline: a question is simply cancelled when it
    is over, and must then end at once. Pictures are kept by
    `app.sites.evidence.keep_picture` before a scene names them.

    It may have one more property, which is no part of the contract: `host`, for the
    record, says where it asks, as `host` or `host:port`; empty on this machine.
    """

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        ...

    @property
    def contract(self) -> int:
        """The `BACKEND_CONTRACT` that it was written for."""
        ...

    @property
    def services(self) -> frozenset[Service]:
        """The questions it answers; another raises `BackendRefusedError`."""
        ...

    async def health(self) -> Health:
        """Say whether the system answers, without asking about a site."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


class Dispatcher(Protocol):
    """Calls → observations, concurrently, as they come."""

    def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        """Yield (index of the call, observation) once for each call.

        A failed backend is an observation with `missing`; nothing is raised for it.

        Raises:
            Cancelled: The token was set.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalEntry:
    """A record with its place in the chain."""

    seq: int
    record: RunRecord
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLine:
    """An entry of any kind as it stands in the chain; what its hash is over."""

    seq: int
    kind: str
    """"run", "acknowledgement", "disposition", "correction", "decision", "event"."""
    entry_id: str
    previous_hash: str
    hash: str
    body: str
    """The canonical text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalQuery:
    """Which records to find; None and empty mean "any"."""

    since: datetime | None = None
    until: datetime | None = None
    site: str = ""
    """Site id, or part of a site's name."""
    check: Check | None = None
    severity: Severity | None = None
    outcome: Outcome | None = None
    operator: str = ""
    text: str = ""
    """Part of what was heard, understood or shown."""
    region: str = ""
    """Region of a site, as its directory wrote it."""
    open: bool | None = None
    """True: runs with a finding that somebody still has to deal with; False: the
    others. Both together, the first before the second, show open findings first."""
    state: FindingState | None = None
    """How far one of the findings has been dealt with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """What verifying the journal found."""

    checked: int
    ok: bool
    head: str
    """Hash of the last sound record."""
    first_broken: int | None = None
    """Sequence number of the first record that does not fit."""
    detail: str = ""


class Journal(Protocol):
    """The inspection log: append-only, hash-chained, durable."""

    async def append(self, record: RunRecord) -> JournalEntry:
        """Make the record durable and give it back with its place in the chain.

        Raises:
            JournalUnwritableError: Disk full, read-only, locked.
        """
        ...

    def page(
        self, query: JournalQuery, *, before: int | None = None, limit: int = 256
    ) -> Sequence[JournalEntry]:
        """Give entries newest first; `before` is the last `seq` of the page above."""
        ...

    def get(self, run_id: str) -> JournalEntry | None:
        """Give the entry of a run; a unique prefix of the id is enough."""
        ...

    def latest(self, *, after: int = 0) -> Sequence[Standing]:
        """Give the newest answer to each check at each site, in no order.

        Only from entries after the one with the number `after`. Which findings count
        says `core.standing`.
        """
        ...

    async def acknowledge(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        """Make an acknowledgement durable, and give the one that stands.

        A finding is acknowledged once: whoever comes second is given the first one,
        whose `entry_id` is not his.

        Raises:
            UsageError: There is no such alarm in the journal.
            JournalUnwritableError: As for `append`; the alarm stays open.
        """
        ...

    def open_alarms(self, *, limit: int = 256) -> OpenAlarms:
        """Count the alarms that nobody has acknowledged, and give the newest."""
        ...

    def acknowledgements(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        """Give what has been acknowledged of these runs, in no promised order."""
        ...

    def verify(self, progress: Callable[[int, int], None] | None = None) -> ChainReport:
        """Walk the whole chain; `progress` gets (checked, total)."""
        ...

    def entries(self, query: JournalQuery) -> Iterator[JournalEntry]:
        """Give every record that a filter finds, oldest first, as of one moment."""
        ...

    def lines(self, query: JournalQuery | None = None) -> Iterator[ChainLine]:
        """Give entries as they stand in the chain, oldest first, as of one moment.

        Those of the runs that a filter finds; without one, every entry of every kind.
        """
        ...

    def close(self) -> None:
        """Give back the file."""
        ...
