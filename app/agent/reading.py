"""What one reader, rules or model, takes an utterance to mean."""

from dataclasses import dataclass, replace
from typing import Final

from app.core.explanation import Reason, ReasonKind
from app.core.model import Check, Intent, Mention, Resolution, Site, SiteMatch

SITE: Final = "工地 "
"""How the meaning of words begins that name one site as it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepChoice:
    """Sites that words for many may mean."""

    label: str
    """Short, however many they are: 济南的全部 12 个工地."""
    sites: tuple[Site, ...]
    left_out: int = 0
    """How many more there are without work on this day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """All sites of the directory, or of a region, as somebody asked for them."""

    words: str
    """As they were heard."""
    choices: tuple[SweepChoice, ...]
    """The likeliest first; empty: nothing in the directory sounds like the region."""
    anywhere: bool = False
    """Whether no region was named."""
    unknown: str = ""
    """Where no region is called as it was said: what was said."""
    excepting: bool = False
    """Whether some are left out of each choice, and its label names them."""

    @property
    def place(self) -> str:
        """What is asked for, in a few words."""
        if self.unknown or not self.choices:
            return self.unknown
        return self.choices[0].label


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """One place and check as they were said; either may be missing."""

    place: str = ""
    """The words for the place, without a generic 工地; empty: none was said."""
    resolution: Resolution | None = None
    """What the directory makes of the words; None when no place was said."""
    check: Check | None = None
    sweep: Sweep | None = None
    """Set where not one place was said but all of them; there is no `site` then."""
    shown: str = ""
    """How the site is named where another one is called the same; else empty."""

    @property
    def site(self) -> Site | None:
        """The one site that is meant, if the directory is sure."""
        return self.resolution.site if self.resolution else None

    def meaning(self, match: SiteMatch) -> "Spoken":
        """Give the same with one of the sites that the words may mean."""
        sure = Resolution(words=self.place, site=match.site, matches=(match,))
        known = self.resolution.matches if self.resolution else ()
        names = [one.site.name for one in known]
        region = match.site.region or match.site.id
        alike = names.count(match.site.name) > 1
        shown = f"{region} {match.site.name}" if alike else ""
        return replace(self, resolution=sure, shown=shown)

    def mention(self) -> Mention:
        """Put it into the words that are shown and recorded."""
        return Mention(
            place=self.site.name if self.site else self.place,
            site=self.site,
            check=self.check,
            heard_place=self.sweep.words if self.sweep else self.place,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An intent with its places and checks in spoken order."""

    intent: Intent
    spoken: tuple[Spoken, ...] = ()
    confidence: float = 0.0
    forbidden: bool = False
    """Whether an action or a change was asked for: declined, whoever reads else."""
    doubts: tuple[str, ...] = ()
    """Why it is not dispatched without a question, however many agree; see `doubts`."""
    excepting: bool = False
    """Whether it speaks of all sites but some, and it is not sure which."""
    reasons: tuple[Reason, ...] = ()
    """Which words were taken for what, step by step."""

    corrected: bool = False
    """Whether the speaker corrected himself: `spoken` is what he said last."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is worth a line of the log: repairs, refusals, doubts, many sites."""
        lines = [_note(reason) for reason in self.reasons]
        return tuple(dict.fromkeys(line for line in lines if line))

    @property
    def sweeps(self) -> bool:
        """Whether it speaks of all sites at once, anywhere in it."""
        return any(one.sweep is not None for one in self.spoken)

    @property
    def effect(self) -> tuple[Intent, frozenset[tuple[str, Check | None]]]:
        """What following this reading would do; equal effects are agreement."""
        calls = frozenset(
            (one.site.id if one.site else one.place, one.check) for one in self.spoken
        )
        return self.intent, calls


def _note(reason: Reason) -> str:
    match reason.kind:
        case ReasonKind.REPAIR | ReasonKind.REFUSAL | ReasonKind.DOUBT:
            return reason.meaning
        case ReasonKind.PLACE if not reason.meaning.startswith(SITE):
            words = f"「{reason.words}」" if reason.words else ""
            return f"{words}理解为{reason.meaning}"
    return ""


def intent_of(spoken: tuple[Spoken, ...]) -> Intent:
    """Name what is complete or missing in a list of places and checks."""
    has_place = any(one.place for one in spoken)
    has_check = any(one.check is not None for one in spoken)
    match has_place, has_check:
        case True, True:
            return Intent.INSPECT
        case True, False:
            return Intent.NO_CHECK
        case False, True:
            return Intent.NO_PLACE
    return Intent.UNCLEAR
