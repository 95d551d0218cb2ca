"""The words of the trade as data: sites, utterances, calls, observations, records.

Frozen dataclasses and StrEnums only. Times are timezone-aware UTC; durations in
milliseconds unless the name says `_s`; counts are people, and `None` means unknown,
which is never zero.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from app.core.explanation import Reason
from app.core.observation import Observation


class Check(StrEnum):
    """What can be checked at a site. The closed set; see `core.checks`."""

    HEADCOUNT = "headcount"
    HELMET = "helmet"
    EQUIPMENT = "equipment"


class Intent(StrEnum):
    """What an utterance wants."""

    INSPECT = "inspect"
    GREETING = "greeting"
    UNSUPPORTED = "unsupported"
    NO_PLACE = "no_place"
    NO_CHECK = "no_check"
    UNCLEAR = "unclear"


class Severity(StrEnum):
    """How much a finding asks for attention."""

    NORMAL = "normal"
    ATTENTION = "attention"
    ALARM = "alarm"
    UNKNOWN = "unknown"


class Verdict(StrEnum):
    """One member for each row of the verdict table in `core.checks`."""

    ALL_PRESENT = "all_present"
    SOME_ABSENT = "some_absent"
    TOO_MANY = "too_many"
    NO_ORDER_BUT_PEOPLE = "no_order_but_people"
    NO_ORDER_NOBODY = "no_order_nobody"
    NOBODY_AT_WORK = "nobody_at_work"
    ALL_HELMETED = "all_helmeted"
    SOME_BAREHEADED = "some_bareheaded"
    ALL_EQUIPPED = "all_equipped"
    SOME_UNEQUIPPED = "some_unequipped"
    DATA_MISSING = "data_missing"


class Origin(StrEnum):
    """How an utterance reached the desk."""

    MICROPHONE = "microphone"
    FILE = "file"
    TYPED = "typed"
    CHOSEN = "chosen"


class Source(StrEnum):
    """Who read the utterance."""

    MODEL_AND_RULES = "model+rules"
    MODEL = "model"
    RULES = "rules"
    OPERATOR = "operator"


class Outcome(StrEnum):
    """How a run ended; one for each record."""

    ANSWERED = "answered"
    ASKED = "asked"
    GREETED = "greeted"
    DECLINED = "declined"
    REPEATED = "repeated"
    """What an earlier run was answered was said once more; nothing was asked for."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class QuestionKind(StrEnum):
    """What the desk needs to know before it dispatches anything."""

    WHICH_SITE = "which_site"
    WHICH_CHECK = "which_check"
    CONFIRM = "confirm"
    SAY_AGAIN = "say_again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A construction site of the desk's directory."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    region: str = ""
    work_order_key: str = ""
    """Key of the site in the work-order system; empty: the id is used."""
    cameras: tuple[str, ...] = ()
    """Names of the site's cameras, as the detection system calls them."""
    valid_from: date | None = None
    valid_until: date | None = None
    """First and last day of its work on the desk's calendar; None: not stated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One recognised word; times in seconds from the start of the audio."""

    text: str
    start_s: float
    end_s: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some characters of a text: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What was heard, or typed."""

    text: str
    """Without blanks between Chinese words. From audio: the interpreter's reading
    where the two readings agree, else the free reading."""
    origin: Origin
    free_text: str = ""
    """The free recogniser's reading (the witness); empty when typed."""
    lexicon_text: str = ""
    """The reading limited to the desk's own words; empty when there is none."""
    agreement: float | None = None
    """Distance of the two readings by syllables, 0 (equal) … 1; None: one reading."""
    agreed: bool = True
    """Whether the two readings are near enough to dispatch on. True when typed."""
    alternatives: tuple[str, ...] = ()
    """Other hearings of the same audio, the likelier first; none equals `text`."""
    uncertain: tuple[Span, ...] = ()
    """Where the two readings sound different, in characters of `text`, in order."""
    confidence: float | None = None
    """Mean word confidence of the free reading, 0 … 1; None when typed."""
    words: tuple[Word, ...] = ()
    recognizer: str = ""
    """Name and version of the model; empty when typed."""
    audio_s: float = 0.0
    audio_sha256: str = ""
    """SHA-256 of the 16 kHz mono PCM16 samples that were recognised."""
    audio_kept: bool | None = None
    """Whether those samples were kept beside the journal; None: not stated."""
    decode_s: float = 0.0
    first_partial_ms: float | None = None
    overflows: int = 0
    """Audio blocks lost because the queue was full; shown, never silent."""


@dataclass(frozen=True, slots=True)
class Call:
    """The only thing that leaves the agent: one check at one site.

    There is no field that could express an action (promise 1).
    """

    site: Site
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteMatch:
    """A site that the words may mean."""

    site: Site
    distance: float
    """Weighted syllable edit distance, 0 (same sound) … 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What the directory makes of the words for a place."""

    words: str
    site: Site | None
    """The one site that clears distance and margin, else None: ask."""
    matches: tuple[SiteMatch, ...] = ()
    """At most three, nearest first."""
    exact: bool = False
    """Whether the words are the site's name or alias as written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One place and check as they were understood; either may be missing."""

    place: str = ""
    """The directory's spelling where it resolves, else the words heard."""
    site: Site | None = None
    check: Check | None = None
    heard_place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One answer the operator may pick with a key."""

    label: str
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What the desk asks instead of guessing: at most three candidates."""

    kind: QuestionKind
    sentence: str
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """What an utterance was taken to mean, and whether it may be dispatched."""

    intent: Intent
    mentions: tuple[Mention, ...] = ()
    calls: tuple[Call, ...] = ()
    """What is dispatched: empty whenever there is a question."""
    question: Question | None = None
    reply: str = ""
    """Greeting, courteous refusal, or an earlier answer once more; else empty."""
    repeats: bool = False
    """Whether `reply` says once more what the run in `continues` was answered."""
    source: Source = Source.RULES
    confidence: float = 0.0
    """Probability that the calls are what was meant, 0 … 1."""
    notes: tuple[str, ...] = ()
    """What was repaired, and what the second opinion said; for card and log."""
    model: str = ""
    """Name of model and adapter that read it; empty: rules alone."""
    reasons: tuple[Reason, ...] = ()
    """How this was come by, step by step; for the details of a card and the log."""
    continues: str = ""
    """The run whose question this answers, or whose places or checks it takes over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The rule's verdict on one observation."""

    verdict: Verdict
    severity: Severity
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer to one call as it is shown, spoken, logged and exported."""

    call: Call
    observation: Observation
    verdict: Verdict
    severity: Severity
    summary: str
    """Always says what the rule says."""
    model_sentence: str = ""
    """What the model wrote; empty when it was not asked."""
    model_differed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """An error as it is shown and recorded."""

    code: str
    message: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Milliseconds spent in each stage; 0 when the stage did not run."""

    hear_ms: float = 0.0
    understand_ms: float = 0.0
    query_ms: float = 0.0
    summarise_ms: float = 0.0
    total_ms: float = 0.0


# Weakly held by the journal too: what somebody still holds is not read twice.
@dataclass(frozen=True, slots=True, kw_only=True, weakref_slot=True)
class RunRecord:
    """Everything of one run that goes into the journal."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    operator: str
    role: str = ""
    """Of the account that was signed in; empty: the desk has no accounts."""
    workstation: str
    origin: Origin
    outcome: Outcome
    utterance: Utterance | None = None
    understanding: Understanding | None = None
    findings: tuple[Finding, ...] = ()
    fault: Fault | None = None
    answers_run: str = ""
    """The run whose question this one answers; empty otherwise."""
    timings: Timings = field(default_factory=Timings)
    program: str = ""
    """Name and version of this program."""
    edits_run: str = ""
    """The run whose transcript was changed and sent again as this one."""
    read_aloud: str = ""
    """Whether the answer was to be read aloud: "on", "muted", "off"; empty: a desk
    that cannot."""
