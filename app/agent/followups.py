"""Follow-ups: 那青岛呢, 再查一下安全帽, 再查一遍, 刚才那个再说一遍, 不对,是潍坊.

Only where a form of `resources/rules/followups.toml` explains every word is anything
taken over, and only from a run that is not long ago. What is then dispatched without a
question is what would have been, had the whole been said.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.agent.answers import answered_by_name, still_asked
from app.agent.completing import (
    Filling,
    Heard,
    asked_first,
    completed,
    taken_over,
    which_of,
)
from app.agent.followup_words import followup_words
from app.agent.prompts import CHECK_LABELS
from app.agent.questions import candidate, confirm
from app.agent.reading import Spoken
from app.agent.said import Said, said
from app.agent.weighing import is_complete
from app.core.checks import URGENCY
from app.core.dialogue import KEPT_S, Context
from app.core.explanation import ReasonKind
from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Origin,
    QuestionKind,
    Site,
    Source,
    Understanding,
)
from app.core.workdays import DESKS_ZONE

_FEW: Final = 5
"""Findings that are said once more; of more only the worst."""
_NAMED: Final = 3
"""Sites that a note names."""
_LOST: Final = f"最近{KEPT_S / 60:g}分钟没有查询过, 接不上这句话"
_WHICH_WRONG: Final = "刚才查了几项, 不能确定改的是哪一项, 您要查的是?"
_SURE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class _Last:
    """What the last run asked for."""

    run_id: str
    calls: tuple[Call, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        return tuple(dict.fromkeys(call.site for call in self.calls))

    @property
    def checks(self) -> tuple[Check, ...]:
        return tuple(dict.fromkeys(call.check for call in self.calls))

    @property
    def even(self) -> bool:
        """Whether every check was asked for at every site."""
        return len(self.calls) == len(self.sites) * len(self.checks)


def in_context(heard: Heard, context: Context) -> Understanding:
    """Decide on an utterance after what was said before."""
    rules = heard.rules
    if rules.forbidden or rules.intent is Intent.GREETING or is_complete(rules):
        return heard.plainly()
    spoken = said(heard.utterance.text, heard.rules)
    found = answered_by_name(heard, spoken, context)
    found = found or _once_more(heard, spoken, context)
    found = found or _aloud(heard, spoken, context)
    found = found or _others(heard, spoken, context)
    if found is not None:
        return found
    plain = _likely_first(heard.plainly(), context)
    typed = heard.utterance.origin is Origin.TYPED
    return plain if typed else still_asked(plain, context)


def _others(heard: Heard, spoken: Said, context: Context) -> Understanding | None:
    """Take over the checks for other places, or the places for other checks."""
    words = followup_words()
    correction = spoken.match(words.corrections)
    if correction is None and not spoken.matches(words.others):
        return None
    if not context.calls:
        return _lost(heard)
    last = _Last(run_id=context.calls_run, calls=context.calls)
    whole = spoken.text
    named = correction.groupdict() if correction else {}
    new, old = named.get("new") or whole, named.get("old") or ""
    places, checks = spoken.places_in(new), spoken.checks_in(new)
    filling = Filling(
        checks=last.checks if places else (),
        sites=last.sites if checks else (),
        not_sites=_not_meant(spoken, old, last) if places else frozenset(),
        not_checks=frozenset(spoken.checks_in(old)),
    )
    made = completed(heard, spoken, filling, places=places, checks=checks)
    if places:
        meanings = [f"沿用刚才的检查: {_labels(last.checks)}"]
        unsaid: Sequence[Site] = ()
    else:
        meanings = [f"沿用刚才的工地: {_names(last.sites)}"]
        unsaid = last.sites
    if correction is not None:
        made = _corrected(made, last, places, checks, filling)
        changed = _names(last.sites) if places else _labels(last.checks)
        meanings.append(f"听出改口, 换掉刚才的{changed}")
    elif not last.even:
        made = _uneven(made, last, places)
    if _waits(context):
        made = asked_first(made, "刚才的提问还没有回答")
    return taken_over(made, last.run_id, meanings, unsaid=unsaid)


def _not_meant(spoken: Said, old: str, last: _Last) -> frozenset[str]:
    """Give the ids of sites that were said not to be meant; empty: none was named."""
    if not old:
        return frozenset()
    ids = {one.site.id for one in spoken.places_in(old) if one.site is not None}
    # The rules leave out what a speaker takes back, so the words may still stand there.
    ids |= {site.id for site in last.sites if old in (site.name, *site.aliases)}
    return frozenset(ids or {old})


def _corrected(
    made: Understanding,
    last: _Last,
    places: Sequence[Spoken],
    checks: Sequence[Check],
    filling: Filling,
) -> Understanding:
    """Ask where it is not plain what the new place or check stands for."""
    one_each = len(last.sites) == 1 if places else len(last.checks) == 1
    said_sites = {one.site.id for one in places if one.site is not None}
    if len(places) + len(checks) != 1 or not made.calls:
        return asked_first(made, "话里有改口")
    if set(made.calls) == set(last.calls):
        return asked_first(made, "和刚才查的一样")
    known = {site.id for site in last.sites}
    if not (filling.not_sites <= known and filling.not_checks <= {*last.checks}):
        return asked_first(made, "说错的不是刚才查的")
    if one_each and not said_sites & known:
        return made
    # Of several, any one may be what was wrong: all of them, or one of them.
    new = made.calls[0]
    wrong_sites = [one for one in last.sites if one.id in filling.not_sites]
    wrong_checks = [one for one in last.checks if one in filling.not_checks]
    if places:
        options = [
            [
                Call(new.site, each.check) if each.site == wrong else each
                for each in last.calls
            ]
            for wrong in wrong_sites or last.sites
        ]
    else:
        options = [
            [
                Call(each.site, new.check) if each.check is wrong else each
                for each in last.calls
            ]
            for wrong in wrong_checks or last.checks
        ]
    return which_of(made, _WHICH_WRONG, [made.calls, *options])


def _uneven(
    made: Understanding, last: _Last, places: Sequence[Spoken]
) -> Understanding:
    """Ask where the last run asked for other checks at one site than at another."""
    why = "刚才各工地查的项目不同, 不能确定要查哪一项"
    if not places or not made.calls:
        return asked_first(made, why)
    options = [[c for c in made.calls if c.check is check] for check in last.checks]
    return which_of(made, f"{why}, 您要查的是?", [made.calls, *options])


def _once_more(heard: Heard, spoken: Said, context: Context) -> Understanding | None:
    """Ask for the same anew."""
    if not spoken.matches(followup_words().anew):
        return None
    if not context.calls:
        return _lost(heard)
    last = _Last(run_id=context.calls_run, calls=context.calls)
    # It names nothing and need not: that is no reason to decline it.
    rules = heard.rules
    kept = (one for one in rules.reasons if one.kind is not ReasonKind.REFUSAL)
    heard = replace(heard, rules=replace(rules, reasons=tuple(kept)))
    made = completed(heard, spoken, Filling(calls=last.calls))
    if _waits(context):
        made = asked_first(made, "刚才的提问还没有回答")
    meaning = f"再查一遍刚才的: {candidate(last.calls).label}"
    return taken_over(made, last.run_id, [meaning], unsaid=last.sites)


def _aloud(heard: Heard, spoken: Said, context: Context) -> Understanding | None:
    """Say once more what was answered, or what was asked; nothing is queried."""
    if not spoken.matches(followup_words().aloud):
        return None
    plain = heard.plainly()
    if not heard.clear:
        return plain
    if not context.calls or context.answered_at is None:
        return _lost(heard)
    run_id = context.calls_run
    if not context.findings:
        question = confirm("刚才的查询没有得到答复, 是不是再查一遍", [context.calls])
        asking = replace(
            plain, intent=Intent.INSPECT, calls=(), reply="", question=question
        )
        meaning = f"刚才的查询: {candidate(context.calls).label}"
        return taken_over(asking, run_id, [meaning])
    repeated = Understanding(
        intent=Intent.INSPECT,
        reply=_answer(context.findings, context.answered_at, len(context.calls)),
        repeats=True,
        source=Source.RULES,
        confidence=_SURE,
        model=plain.model,
    )
    meaning = "重复刚才的回答, 没有重新查询"
    return taken_over(repeated, run_id, [meaning], words=heard.utterance.text)


def _answer(findings: Sequence[Finding], at: datetime, asked: int) -> str:
    """Put findings into one sentence: their own words, nothing counted anew.

    `asked` is how many were asked for: a cancelled run was not answered in full.
    """
    shown = list(findings)
    if len(shown) > _FEW:
        shown.sort(key=lambda one: URGENCY.index(one.severity))
        shown = shown[:_FEW]
    lines = [f"{one.call.site.name} {one.summary}" for one in shown]
    if more := len(findings) - len(shown):
        lines.append(f"另有 {more} 项")
    if missing := asked - len(findings):
        lines.append(f"还有 {missing} 项没有得到答复")
    time = at.astimezone(DESKS_ZONE)
    return f"刚才 {time:%H:%M} 的回答: {'; '.join(lines)}"


def _likely_first(understood: Understanding, context: Context) -> Understanding:
    """Put the checks of the last run before the others where the check is asked for."""
    question = understood.question
    if question is None or question.kind is not QuestionKind.WHICH_CHECK:
        return understood
    likely = {call.check for call in context.calls}
    ordered = sorted(
        question.candidates,
        key=lambda one: not {call.check for call in one.calls} <= likely,
    )
    return replace(understood, question=replace(question, candidates=tuple(ordered)))


def _lost(heard: Heard) -> Understanding:
    """Ask as without any context, and say that there is none."""
    plain = heard.plainly()
    if plain.question is None:
        # 换成安全帽 has a place for the rules; nothing of it is dispatched.
        return asked_first(plain, _LOST)
    sentence = f"{_LOST}; {plain.question.sentence}"
    return replace(plain, question=replace(plain.question, sentence=sentence))


def _waits(context: Context) -> bool:
    """Whether the newest run asked something that this does not answer."""
    asked = context.question
    return asked is not None and asked.kind is not QuestionKind.SAY_AGAIN


def _labels(checks: Sequence[Check]) -> str:
    return "、".join(CHECK_LABELS[check] for check in checks)


def _names(sites: Sequence[Site]) -> str:
    more = f"等 {len(sites)} 个工地" if len(sites) > _NAMED else ""
    return "、".join(site.name for site in sites[:_NAMED]) + more
