"""What operators corrected, as phrases to learn from.

Three things in the inspection log say what was meant when the desk did not know it:

- the operator answered a question, with a key or in words: what was chosen is what
  the words before meant;
- the operator changed what was heard and sent it again: what the changed words were
  understood as is what the words before meant;
- somebody corrected a record later, and a supervisor approved it: what should have been
  asked is what the words that were really said mean.

Words that lean on others, 那青岛呢 or 第二个, are learnt neither as a question nor as
an answer: what they mean is not in them.

Only the words, their places and checks leave the log. A label is made only where every
place can be pointed at in the words that were heard, and where they do not name another
check instead: who asks for the headcount and then for the helmets corrects nothing.
Everything else is left out and counted, by reason.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from difflib import SequenceMatcher
from functools import cache
from typing import Final

from app.agent.prompts import clean_speech
from app.core.entries import Correction, Decision
from app.core.model import (
    Call,
    Check,
    Intent,
    Mention,
    Origin,
    Outcome,
    QuestionKind,
    RunRecord,
    Source,
)
from app.tuning.data.rowset import JOURNAL
from app.tuning.data.sources import Phrase, is_place, phrase_of
from app.tuning.phrases.recovery import read_cues

SOON: Final = timedelta(minutes=2)
"""How long after a run the changed words must have been sent."""

ALIKE: Final = 0.7
"""Share of syllables that heard and changed words must have in common: what cannot be
heard in the words must not be learnt from them."""

_REMEMBERED: Final = 1_000
"""Runs back that an edit may name: a window keeps the cards of far fewer."""

_NOT_SAID: Final = "选定的检查或地点不在原话里"
_NOWHERE: Final = "原话里找不到地点"
_UNLIKE: Final = "改写后的话与原话相差太大"
_OTHER: Final = "原话说的是另一项检查"
_LEANS: Final = "原话要接着前面的话才有完整的意思"
_NOTHING: Final = "更正里没有要查的检查"
_ODD: Final = "原话太短或太长, 或地点不能抄写"


@dataclass(frozen=True)
class Corrections:
    """What the log gave."""

    phrases: tuple[Phrase, ...]
    chosen: int
    """Runs whose question the operator answered."""
    edited: int
    """Runs whose words the operator changed."""
    left_out: Mapping[str, int]
    """Corrections that made no label, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """A correction that somebody made later, and the run that it is about."""

    record: RunRecord
    correction: Correction
    decision: Decision | None
    """The one that stands; None: nobody has decided yet."""


@dataclass(frozen=True)
class Approved:
    """What corrections that were approved gave."""

    phrases: tuple[Phrase, ...]
    approved: int
    waiting: int
    """Corrections that nobody has decided about; nothing is learnt from them."""
    rejected: int
    left_out: Mapping[str, int]
    """Approved corrections that made no label, by reason."""


class _LeftOutError(Exception):
    """No label can be made; the text says why."""


def corrections(records: Iterable[RunRecord]) -> Corrections:
    """Find the corrections among records in the order in which they were made."""
    found: dict[str, Phrase] = {}
    left_out: Counter[str] = Counter()
    chosen = edited = 0
    asked: dict[str, RunRecord] = {}
    last: dict[tuple[str, str], RunRecord] = {}
    recent: dict[str, RunRecord] = {}
    for record in records:
        seat = (record.workstation, record.operator)
        before = asked.pop(record.answers_run, None)
        previous = last.get(seat)
        last[seat] = record
        named = recent.get(record.edits_run)
        recent[record.run_id] = record
        if len(recent) > _REMEMBERED:
            del recent[next(iter(recent))]
        # Older records do not say whose words were changed: the run just before.
        edited_run = named or previous
        if record.outcome is Outcome.ASKED:
            # 没听清 has the same question asked again: still for the words before.
            again = before is not None and _same_question(before, record)
            asked[record.run_id] = before if before and again else record
        try:
            if before is not None and _chose(record):
                chosen += 1
                phrase = _from_choice(before, record)
            elif edited_run is not None and _edits(
                edited_run, record, named=named is not None
            ):
                edited += 1
                phrase = _from_edit(edited_run, record)
            else:
                continue
        except _LeftOutError as why:
            left_out[str(why)] += 1
        else:
            found.setdefault(clean_speech(_heard(before or edited_run)), phrase)
    return Corrections(tuple(found.values()), chosen, edited, dict(left_out))


def approved_corrections(reviewed: Iterable[Reviewed]) -> Approved:
    """Find what is learnt from corrections, in the order in which they were made.

    Of two about the same words the later one counts.
    """
    found: dict[str, Phrase] = {}
    left_out: Counter[str] = Counter()
    approved = waiting = rejected = 0
    for each in reviewed:
        if each.decision is None:
            waiting += 1
        elif not each.decision.approved:
            rejected += 1
        else:
            approved += 1
            try:
                phrase = _from_correction(each.record, each.correction)
            except _LeftOutError as why:
                left_out[str(why)] += 1
            else:
                found[_said(each.record, each.correction)] = phrase
    return Approved(tuple(found.values()), approved, waiting, rejected, dict(left_out))


def _said(record: RunRecord, correction: Correction) -> str:
    return clean_speech(correction.text.strip() or _heard(record))


def _from_correction(record: RunRecord, correction: Correction) -> Phrase:
    """Label the words that were really said with what should have been asked."""
    understood = record.understanding
    if _leans(record):
        raise _LeftOutError(_LEANS)
    # No calls of its own: what the desk asked was right, and only the words were not.
    calls = correction.calls or _calls(record)
    if not calls:
        raise _LeftOutError(_NOTHING)
    text = _said(record, correction)
    mentions = understood.mentions if understood is not None else ()
    pairs = []
    for call in calls:
        mention = next((m for m in mentions if m.site == call.site), None)
        if mention is not None and mention.check is not call.check:
            # Its words for the place are right, whatever check was understood.
            mention = replace(mention, check=call.check)
        pairs.append((_place_in(text, call, mention), call))
    return _phrase(text, pairs)


def _heard(record: RunRecord | None) -> str:
    return record.utterance.text if record and record.utterance else ""


def _calls(record: RunRecord) -> Sequence[Call]:
    return record.understanding.calls if record.understanding else ()


def _chose(record: RunRecord) -> bool:
    understood = record.understanding
    if understood is None or not understood.calls:
        # 算了 answers the question, and chooses nothing.
        return False
    return understood.source is Source.OPERATOR


def _leans(record: RunRecord) -> bool:
    """Whether its words mean what they mean only after what was said before.

    那青岛呢 and 第二个 name no check: a label with one would teach to guess.
    """
    return bool(record.understanding and record.understanding.continues)


def _same_question(one: RunRecord, two: RunRecord) -> bool:
    asked = [each.understanding.question for each in (one, two) if each.understanding]
    offered = [each.candidates for each in asked if each is not None]
    return len(offered) == 2 and offered[0] == offered[1]


def _edits(before: RunRecord, after: RunRecord, *, named: bool) -> bool:
    """Whether `after` is `before` said again in changed words, with another effect.

    `named`: its record says so; else it must have come soon after, in words alike.
    """
    if after.origin is not Origin.TYPED or after.outcome is not Outcome.ANSWERED:
        return False
    if before.origin is Origin.CHOSEN or not _heard(before) or not _calls(after):
        return False
    if _leans(before) or _leans(after):
        return False
    if set(_calls(before)) == set(_calls(after)):
        return False
    if named:
        return True
    if not timedelta(0) <= after.started_at - before.finished_at <= SOON:
        return False
    return _alike(_heard(before), _heard(after)) >= 0.5


def _from_choice(before: RunRecord, after: RunRecord) -> Phrase:
    understood = before.understanding
    assert understood is not None
    assert understood.question is not None
    calls = _calls(after)
    if _leans(before):
        raise _LeftOutError(_LEANS)
    if understood.question.kind is QuestionKind.WHICH_CHECK:
        raise _LeftOutError(_NOT_SAID)
    text = clean_speech(_heard(before))
    mentions: Sequence[Mention | None] = understood.mentions
    if len(mentions) != len(calls):
        mentions = [None] * len(calls)
    pairs = [
        (_place_in(text, call, mention), call)
        for call, mention in zip(calls, mentions, strict=True)
    ]
    return _phrase(text, pairs)


def _place_in(text: str, call: Call, mention: Mention | None) -> str:
    """Give the words of `text` that name the site of a call."""
    site = call.site
    names = sorted((site.name, *site.aliases), key=len, reverse=True)
    for name in names:
        if name in text:
            return name
    if mention is None or mention.check is not call.check:
        raise _LeftOutError(_NOT_SAID if mention else _NOWHERE)
    words = clean_speech(mention.heard_place)
    if not words or words not in text:
        raise _LeftOutError(_NOWHERE)
    return words


def _from_edit(before: RunRecord, after: RunRecord) -> Phrase:
    text, changed = clean_speech(_heard(before)), clean_speech(_heard(after))
    if _alike(text, changed) < ALIKE:
        raise _LeftOutError(_UNLIKE)
    understood = after.understanding
    assert understood is not None
    said = {m.site: m.heard_place for m in understood.mentions if m.site}
    pairs = []
    for call in understood.calls:
        words = said.get(call.site, "")
        if not words or words not in changed:
            raise _LeftOutError(_NOWHERE)
        pairs.append((_same_stretch(changed, words, text), call))
    return _phrase(text, pairs)


def _same_stretch(changed: str, words: str, text: str) -> str:
    """Give what stands in `text` where `changed` has `words`."""
    start = changed.index(words)
    end = start + len(words)
    first = last = -1
    for tag, i, j, k, m in _matcher(changed, text).get_opcodes():
        low, high = max(i, start), min(j, end)
        if low >= high:
            continue
        # Only stretches of equal length can be told apart character by character.
        if tag != "equal" and j - i != m - k:
            raise _LeftOutError(_NOWHERE)
        first = k + low - i if first < 0 else first
        last = k + high - i
    if first < 0 or last - first != len(words):
        raise _LeftOutError(_NOWHERE)
    return text[first:last]


def _phrase(text: str, pairs: Sequence[tuple[str, Call]]) -> Phrase:
    if not all(is_place(place) for place, _ in pairs):
        raise _LeftOutError(_ODD)
    meant = {call.check for _, call in pairs}
    told = {check for check, cues in _cues().items() if any(c in text for c in cues)}
    if meant - told and told - meant:
        raise _LeftOutError(_OTHER)
    named = tuple(dict.fromkeys((place, call.check) for place, call in pairs))
    return phrase_of(text, Intent.INSPECT, named, source=JOURNAL, heard=True)


@cache
def _cues() -> dict[Check, tuple[str, ...]]:
    return read_cues()


def _alike(one: str, two: str) -> float:
    return _matcher(clean_speech(one), clean_speech(two)).ratio()


def _matcher(one: str, two: str) -> "SequenceMatcher[str]":
    """Compare by sound: what a recogniser gets wrong sounds alike."""
    from pypinyin import lazy_pinyin

    def syllables(text: str) -> list[str]:
        return [lazy_pinyin(char)[0] for char in text]

    return SequenceMatcher(None, syllables(one), syllables(two), autojunk=False)
