"""Answers to the desk's own question, in words: 第二个, 是, 历城, 算了, 不对,是潍坊.

An answer has nothing else in it: office talk that holds a 是 somewhere is none. Spoken,
it counts only where both ears heard the same and no audio was lost.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from app.agent.completing import (
    Filling,
    Heard,
    asked_first,
    completed,
    is_clear,
    taken_over,
)
from app.agent.followup_words import FollowupWords, followup_words
from app.agent.lexicon import fold_digits, lexicon
from app.agent.prompts import CHECK_LABELS
from app.agent.reading import Spoken
from app.agent.said import Said
from app.agent.weighing import other_hearings
from app.core.dialogue import KEPT_S, Context
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Mention,
    Question,
    QuestionKind,
    Site,
    Source,
    Understanding,
    Utterance,
)

CLOSED: Final = "好的, 没有查询。"

_ORDINALS: Final = ("第一个", "第二个", "第三个")
_NUMERALS: Final = "零一二三四五六七八九十"
_NOTHING_ASKED: Final = (
    f"现在没有等您回答的提问 (超过{KEPT_S / 60:g}分钟的不算), 请说出完整的指令, "
    "例如: 查一下{example}的人数"
)
_NEGATION: Final = re.compile("[不没别否算]|取消")
_UNHEARD: Final = "没有听清您的回答"
_WHICH: Final = "请说第几个"


def answered_in_words(
    utterance: Utterance, context: Context, sites: Sequence[Site]
) -> Understanding | None:
    """Take an answer that names neither place nor check; None: it is none."""
    words = followup_words()
    plain = fold_digits(lexicon().normalise(utterance.text))
    question = context.question
    if question is None or not question.candidates:
        return _without_candidates(utterance, plain, context, sites)
    chosen = _chosen(plain, words, question.candidates)
    yes, no = _full(words.yes, plain), _full(words.no, plain)
    closes = _full(words.close, plain)
    again = any(_full(one, plain) for one in words.aloud)
    if chosen is None and not (yes or no or closes or again):
        return None
    if not is_clear(utterance) or _heard_otherwise(utterance, plain, question):
        return ask_again(context, question, _UNHEARD)
    if again:
        return ask_again(context, question, "")
    if closes or no:
        return _closed(context, utterance.text)
    if yes:
        if question.kind is not QuestionKind.CONFIRM or len(question.candidates) != 1:
            return ask_again(context, question, _WHICH)
        chosen = 0
    if chosen is None or not 0 <= chosen < len(question.candidates):
        return ask_again(context, question, _WHICH)
    how = "确认" if yes else _ORDINALS[chosen]
    return _pick(utterance, context, question.candidates[chosen], how)


def _heard_otherwise(utterance: Utterance, plain: str, question: Question) -> bool:
    """Whether another hearing of the same audio is another answer: 不是 for 是."""
    own = _meant(plain, question)
    for text in other_hearings(utterance):
        other = fold_digits(lexicon().normalise(text))
        if bool(_NEGATION.search(other)) != bool(_NEGATION.search(plain)):
            return True
        if (meant := _meant(other, question)) is not None and meant != own:
            return True
    return False


def _meant(plain: str, question: Question) -> int | str | None:
    """Give what an answer picks or says; None: it is no answer."""
    words = followup_words()
    chosen = _chosen(plain, words, question.candidates)
    if chosen is not None:
        return chosen
    if _full(words.yes, plain):
        return "yes"
    if _full(words.no, plain) or _full(words.close, plain):
        return "no"
    return "again" if any(_full(one, plain) for one in words.aloud) else None


def answered_by_name(
    heard: Heard, spoken: Said, context: Context
) -> Understanding | None:
    """Take a name or a check that answers the question; None: it does not."""
    question, words = context.question, followup_words()
    if question is None or question.kind is QuestionKind.SAY_AGAIN:
        return None
    corrects = spoken.match(words.corrections)
    bare = spoken.matches(words.named)
    follows = spoken.matches(words.others)
    if not (corrects or bare or follows):
        return None
    groups = corrects.groupdict() if corrects else {}
    marked, old = groups.get("new") or spoken.text, groups.get("old") or ""
    places, checks = spoken.places_in(marked), spoken.checks_in(marked)
    if bare and (found := _candidate_named(question, heard, spoken)) is not None:
        return _pick(heard.utterance, context, found, found.label)
    if checks and question.kind is QuestionKind.WHICH_CHECK:
        sites = tuple(one.site for one in context.mentions if one.site is not None)
        if not sites or len(sites) != len(context.mentions):
            return None
        made = completed(heard, spoken, Filling(sites=sites), checks=checks)
        return _continued(made, context, _same_sites(sites), spoken, unsaid=sites)
    if checks and len(question.candidates) == 1:
        (offered,) = question.candidates
        sites = tuple(dict.fromkeys(call.site for call in offered.calls))
        filling = Filling(sites=sites, not_checks=frozenset(spoken.checks_in(old)))
        made = completed(heard, spoken, filling, checks=checks)
        made = asked_first(made, "刚才问的不是这一项")
        return _continued(made, context, _same_sites(sites), spoken, unsaid=sites)
    known = _checks_of(context.mentions)
    if not places or not known:
        return None
    if _names_region(question, places):
        return ask_again(context, question, _WHICH)
    beside = tuple(
        Call(one.site, one.check)
        for one in context.mentions
        if one.site is not None and one.check is not None
    )
    if question.kind is QuestionKind.CONFIRM:
        beside = ()
    lacking = tuple(
        dict.fromkeys(
            one.check
            for one in context.mentions
            if one.check is not None and (one.site is None or not beside)
        )
    )
    not_meant = {one.site.id for one in spoken.places_in(old) if one.site is not None}
    not_meant |= {
        one.site.id
        for one in context.mentions
        if one.site is not None and old in (one.place, one.heard_place) and old
    }
    filling = Filling(
        checks=lacking or known,
        beside=tuple(call for call in beside if call.site.id not in not_meant),
        not_sites=frozenset(not_meant),
    )
    made = completed(heard, spoken, filling, places=places)
    why = _doubt(question, context, corrects=corrects is not None, bare=bare)
    if not why and old and not _is_meant(context.mentions, spoken, old):
        why = "说错的不是刚才问的"
    if why:
        made = asked_first(made, why)
    meaning = f"沿用刚才的检查: {'、'.join(CHECK_LABELS[one] for one in known)}"
    return _continued(made, context, meaning, spoken)


def _doubt(question: Question, context: Context, *, corrects: bool, bare: bool) -> str:
    """Say why a named place is not put in without a question; empty: it is."""
    mentions = context.mentions
    checks = _checks_of(mentions)
    if any(one.site is None and one.heard_place != one.place for one in mentions):
        return "刚才问的是许多工地"
    offered = [{call.check for call in one.calls} for one in question.candidates]
    if any(one != set(checks) for one in offered):
        return "刚才的检查内容还不能确定"
    if question.kind is QuestionKind.CONFIRM:
        if not corrects:
            return "刚才问的不是这个工地"
        places = {(one.place, one.heard_place) for one in mentions}
        if len(places) != 1 or len(question.candidates) != 1:
            return "刚才问的不止一种"
    elif not (corrects or bare):
        last = {call.check for call in context.calls}
        if last and last != set(checks):
            return "刚才查的和问的不是同一项"
    return ""


def _is_meant(mentions: Sequence[Mention], spoken: Said, old: str) -> bool:
    """Whether what is said not to be meant is the place that was asked about."""
    taken_back = {one.place for one in spoken.places_in(old)} or {old}
    return {name for one in mentions for name in (one.place, one.heard_place)} >= (
        taken_back
    )


def _names_region(question: Question, places: Sequence[Spoken]) -> bool:
    """Whether a name may only say in which region the site lies that is meant.

    Of two sites called 城东 who says 青岛 means the one there, not the site 青岛.
    """
    offered = {call.site for one in question.candidates for call in one.calls}
    alike = len({site.name for site in offered}) < len(offered)
    regions = {site.region for site in offered} - {""}
    return alike and any(
        one.site is not None
        and one.site not in offered
        and not regions.isdisjoint((one.place, one.site.name, *one.site.aliases))
        for one in places
    )


def _candidate_named(
    question: Question, heard: Heard, spoken: Said
) -> Candidate | None:
    """Give the one candidate whose site or check was named as it is written."""
    if not (spoken.exact and heard.clear):
        return None
    places = {one.site.id for one in spoken.places if one.site is not None}
    checks = set(spoken.checks)
    if len(places) != len(spoken.places) or (places and checks):
        return None
    only = len(question.candidates) == 1
    if checks and only and question.kind is not QuestionKind.WHICH_CHECK:
        return None
    readings = [one.reading for one in heard.others]
    if heard.model is not None:
        readings.append(heard.model.reading)
    for reading in readings:
        named = {one.site.id if one.site else one.place for one in reading.spoken}
        asked = {one.check for one in reading.spoken}
        if named - {""} != places or asked - {None} != checks:
            return None
    fitting = [one for one in question.candidates if _fits(one, places, checks)]
    if len(fitting) != 1:
        return None
    # 济南 may be the site or all of the region: only a number tells.
    if any(len({c.site.id for c in one.calls}) > 1 for one in question.candidates):
        return fitting[0] if checks else None
    return fitting[0]


def _fits(candidate: Candidate, places: set[str], checks: set[Check]) -> bool:
    if places:
        return {call.site.id for call in candidate.calls} == places
    return {call.check for call in candidate.calls} == checks


def _chosen(
    plain: str, words: FollowupWords, candidates: Sequence[Candidate]
) -> int | None:
    """Give the place of the candidate that is picked, -1 for none; None: no pick."""
    for number, pattern in enumerate(words.ordinals):
        if _full(pattern, plain):
            return number
    for number, pattern in enumerate(words.numbers):
        if _full(pattern, plain):
            # 二 may be 2号变电站, which need not be the second.
            return -1 if _named_so(candidates, number) else number
    if _full(words.last, plain):
        return len(candidates) - 1
    for number, pattern in enumerate((words.former, words.latter)):
        if _full(pattern, plain):
            return number if len(candidates) == 2 else -1
    return None


def _named_so(candidates: Sequence[Candidate], number: int) -> bool:
    figure = _NUMERALS[number + 1]
    alone = re.compile(f"(?<![{_NUMERALS}]){figure}(?![{_NUMERALS}])")
    return any(
        alone.search(fold_digits(name))
        for one in candidates
        for call in one.calls
        for name in (call.site.name, *call.site.aliases)
    )


def _without_candidates(
    utterance: Utterance, plain: str, context: Context, sites: Sequence[Site]
) -> Understanding | None:
    """Take an answer where there is nothing to pick from."""
    question, words = context.question, followup_words()
    closes = _full(words.close, plain)
    if question is not None and (closes or _full(words.no, plain)):
        return _closed(context, utterance.text)
    if question is not None and any(_full(one, plain) for one in words.aloud):
        return ask_again(context, question, "")
    picks = (*words.ordinals, *words.numbers, words.last, words.former, words.latter)
    if not any(_full(one, plain) for one in (words.yes, words.no, *picks)):
        return None
    if question is not None:
        return ask_again(context, question, "")
    example = sites[0].name if sites else "济南"
    sentence = _NOTHING_ASKED.format(example=example)
    return Understanding(
        intent=Intent.UNCLEAR,
        question=Question(kind=QuestionKind.SAY_AGAIN, sentence=sentence),
    )


def _pick(
    utterance: Utterance, context: Context, candidate: Candidate, how: str
) -> Understanding:
    meaning = f"回答刚才的提问: {how}"
    if how != candidate.label:
        meaning += f" ({candidate.label})"
    picked = Understanding(
        intent=Intent.INSPECT,
        calls=candidate.calls,
        source=Source.OPERATOR,
        confidence=1.0,
    )
    return taken_over(picked, context.question_run, [meaning], words=utterance.text)


def _continued(
    made: Understanding,
    context: Context,
    meaning: str,
    spoken: Said,
    unsaid: Sequence[Site] = (),
) -> Understanding:
    """Note that the question was answered; a candidate named exactly is a choice."""
    candidates = context.question.candidates if context.question else ()
    picked = any(set(one.calls) == set(made.calls) for one in candidates)
    if made.calls and picked and spoken.exact:
        made = replace(made, source=Source.OPERATOR)
    return taken_over(made, context.question_run, [meaning], unsaid=unsaid)


def still_asked(understood: Understanding, context: Context) -> Understanding:
    """Ask the same once more where an answer was heard that means nothing.

    第二得啊 was an answer that the ears did not catch: the question must not be lost.
    """
    question, made = context.question, understood.question
    lost = understood.intent is Intent.UNCLEAR and not (made and made.candidates)
    if question is None or not question.candidates or not lost:
        return understood
    return ask_again(context, question, _UNHEARD)


def _closed(context: Context, words: str) -> Understanding:
    closed = Understanding(
        intent=Intent.INSPECT, reply=CLOSED, source=Source.OPERATOR, confidence=1.0
    )
    run_id = context.question_run
    return taken_over(closed, run_id, ["回答刚才的提问: 不查"], words=words)


def ask_again(context: Context, question: Question, why: str) -> Understanding:
    """Ask the same once more; what had been understood stays as it was."""
    asked = question.sentence
    for before in (_UNHEARD, _WHICH):
        asked = asked.removeprefix(f"{before}; ")
    sentence = f"{why}; {asked}" if why else asked
    again = Understanding(
        intent=_intent(question),
        mentions=context.mentions,
        question=replace(question, sentence=sentence),
    )
    return taken_over(again, context.question_run, ["刚才的提问再问一次"])


def _intent(question: Question) -> Intent:
    match question.kind:
        case QuestionKind.WHICH_CHECK:
            return Intent.NO_CHECK
        case QuestionKind.SAY_AGAIN:
            return Intent.UNCLEAR
    return Intent.INSPECT


def _same_sites(sites: Sequence[Site]) -> str:
    return f"沿用刚才的工地: {'、'.join(site.name for site in sites)}"


def _checks_of(mentions: Sequence[Mention]) -> tuple[Check, ...]:
    return tuple(dict.fromkeys(one.check for one in mentions if one.check is not None))


def _full(pattern: re.Pattern[str], plain: str) -> bool:
    return pattern.fullmatch(plain) is not None
