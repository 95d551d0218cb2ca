"""What was not said is put in, and then it is decided upon like any other utterance.

The readings of 那青岛呢 name a place and no check. With the check of the last run they
are whole, and whatever makes the desk ask elsewhere – a place that is not sure, two
ears or two readers that differ, too many calls – makes it ask here as well.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.agent.prompts import MAX_SPEECH
from app.agent.questions import confirm
from app.agent.reading import Reading, Spoken, intent_of
from app.agent.said import Said
from app.agent.weighing import Hearing, ModelReading
from app.core.dialogue import NOTHING, Context
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Check,
    Intent,
    Resolution,
    Site,
    SiteMatch,
    Understanding,
    Utterance,
)

Decide = Callable[[Reading, ModelReading | None, Sequence[Hearing]], Understanding]

_EXPLAINED = 0.95
"""How sure the rules are of an utterance whose every word is a form's or a name."""


def usable(context: Context, sites: Sequence[Site]) -> Context:
    """Leave out of a context what speaks of sites that the directory has no more."""
    known = {site.id: site for site in sites} if context != NOTHING else {}

    def all_known(asked: Iterable[Site | None]) -> bool:
        return all(one is None or known.get(one.id) == one for one in asked)

    if not all_known(call.site for call in context.calls):
        context = replace(
            context, calls_run="", calls=(), findings=(), answered_at=None
        )
    offered = context.question.candidates if context.question else ()
    asked = [call.site for one in offered for call in one.calls]
    if not all_known([*asked, *(one.site for one in context.mentions)]):
        context = replace(context, question_run="", question=None, mentions=())
    return context


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An utterance, what was read in it, and the policy that decides on readings."""

    utterance: Utterance
    rules: Reading
    model: ModelReading | None
    others: tuple[Hearing, ...]
    decide: Decide

    @property
    def clear(self) -> bool:
        """Whether all of it was heard, by both ears alike."""
        return is_clear(self.utterance)

    def plainly(self) -> Understanding:
        """Decide without anything that was said before."""
        return self.decide(self.rules, self.model, self.others)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What is put into readings that lack it."""

    checks: tuple[Check, ...] = ()
    """For places without a check."""
    sites: tuple[Site, ...] = ()
    """For checks without a place."""
    calls: tuple[Call, ...] = ()
    """For readings that name nothing at all."""
    beside: tuple[Call, ...] = ()
    """What was understood already and stays."""
    not_sites: frozenset[str] = frozenset()
    """Ids of sites that were said not to be meant; `not_checks` likewise."""
    not_checks: frozenset[Check] = frozenset()

    def into(self, reading: Reading) -> Reading:
        """Complete a reading; one of something else stays what it is."""
        if reading.intent in (Intent.UNSUPPORTED, Intent.GREETING):
            return reading
        spoken = [piece for one in reading.spoken for piece in self._whole(one)]
        if not reading.spoken:
            spoken = [spoken_of(call) for call in self.calls]
        if not spoken:
            return reading
        spoken += [spoken_of(call) for call in self.beside]
        whole = tuple(dict.fromkeys(spoken))
        return replace(reading, intent=intent_of(whole), spoken=whole)

    def _whole(self, one: Spoken) -> Iterator[Spoken]:
        site = one.site.id if one.site else ""
        if site in self.not_sites or (not one.place and one.check in self.not_checks):
            return
        if one.place and one.check is None and self.checks:
            yield from (replace(one, check=check) for check in self.checks)
        elif not one.place and one.check is not None and self.sites:
            yield from (spoken_of(Call(site, one.check)) for site in self.sites)
        else:
            yield one


def is_clear(utterance: Utterance) -> bool:
    """Whether all of it was heard, by both ears alike, and can have been read."""
    whole = not utterance.overflows and len(utterance.text) <= MAX_SPEECH
    return utterance.agreed and whole


def spoken_of(call: Call) -> Spoken:
    """Give what somebody would have said who meant this call."""
    site = call.site
    sure = Resolution(
        words=site.name,
        site=site,
        matches=(SiteMatch(site=site, distance=0.0),),
        exact=True,
    )
    return Spoken(place=site.name, resolution=sure, check=call.check)


def completed(
    heard: Heard,
    said: Said,
    filling: Filling,
    *,
    places: Sequence[Spoken] = (),
    checks: Sequence[Check] = (),
) -> Understanding:
    """Decide on an utterance that says these places or checks and lacks the rest.

    Every word of it has been explained, so what the rules could not explain, and what
    they doubt because of it, counts no more.
    """
    own = (*places, *(Spoken(check=check) for check in checks))
    reasons = heard.rules.reasons
    sure = heard.rules.confidence
    rules = replace(
        heard.rules,
        intent=intent_of(own),
        spoken=own,
        doubts=(),
        reasons=tuple(one for one in reasons if one.kind is not ReasonKind.DOUBT),
        confidence=max(sure, _EXPLAINED) if said.exact else sure,
    )
    model = heard.model
    if model is not None:
        model = replace(model, reading=filling.into(model.reading))
    others = [replace(one, reading=filling.into(one.reading)) for one in heard.others]
    return heard.decide(filling.into(rules), model, others)


def asked_first(understood: Understanding, why: str) -> Understanding:
    """Ask instead of dispatching; `why` is a clause."""
    if not understood.calls:
        return understood
    question = confirm(f"{why}, 是不是要查", [understood.calls])
    return replace(understood, calls=(), question=question)


def taken_over(
    understood: Understanding,
    run_id: str,
    meanings: Sequence[str],
    *,
    words: str = "",
    unsaid: Sequence[Site] = (),
) -> Understanding:
    """Note what was taken over from the run `run_id`; `unsaid` are sites of it.

    `words` is the whole utterance where it is that which was answered.
    """
    ids = {site.id for site in unsaid}
    mentions = (
        replace(one, heard_place="") if one.site and one.site.id in ids else one
        for one in understood.mentions
    )
    reasons = (
        Reason(
            kind=ReasonKind.CONTEXT,
            words=words,
            start=0 if words else None,
            meaning=meaning,
        )
        for meaning in meanings
    )
    return replace(
        understood,
        continues=run_id,
        mentions=tuple(mentions),
        notes=(*understood.notes, *meanings),
        reasons=(*understood.reasons, *reasons),
    )


def which_of(
    understood: Understanding, sentence: str, options: Sequence[Sequence[Call]]
) -> Understanding:
    """Ask which of several completions is meant."""
    found = {frozenset(one): tuple(dict.fromkeys(one)) for one in reversed(options)}
    distinct = list(found.values())[::-1]
    question = replace(confirm("", distinct), sentence=sentence)
    return replace(understood, calls=(), question=question)
