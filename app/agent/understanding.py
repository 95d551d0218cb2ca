"""Two readings and the directory become calls, a question or a reply.

The model reads, the rules read, and only what both take to have the same effect is
dispatched. Everything else is asked: a guess never leaves the desk (promise 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.agent.grammar import MAX_CALLS
from app.agent.prompts import CHECK_LABELS, GREETING_ANSWER, MAX_SPEECH
from app.agent.reading import Reading, Spoken
from app.agent.sweep_questions import candidate_of, except_question, sweep_question
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Origin,
    Question,
    QuestionKind,
    Resolution,
    Site,
    Source,
    Understanding,
    Utterance,
)

SURE: Final = 0.6
"""From here on a reading may be dispatched, if nothing speaks against it."""

VERY_SURE: Final = 0.9
"""From here on the model may prevail over rules that doubt themselves."""

MAX_CANDIDATES: Final = 3

REFUSAL: Final = (
    "这不在巡检查询范围内, 没有执行任何操作。可以查询工地的人数、安全帽和电笔等设备, "
    "例如: 查一下{example}的人数"
)
_ASK_PLACE: Final = "没有听到工地名称, 请说出工地名称, 例如: {example}的{check}"
_ASK_CHECK: Final = "要查{place}的哪一项?"
_AGAIN: Final = "没有听明白, 请再说一遍工地名称和检查内容, 例如: 查一下{example}的人数"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReading:
    """What the model read, and how much it wanted to say something else."""

    reading: Reading
    mass: float
    name: str

    @property
    def belief(self) -> float:
        """Probability of the answer, less the doubt outside the grammar."""
        return self.reading.confidence * self.mass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """The reading to follow, and how it was come by."""

    reading: Reading
    other: Reading | None
    agreed: bool
    source: Source
    confidence: float
    notes: tuple[str, ...]


def decide(
    utterance: Utterance,
    rules: Reading,
    model: ModelReading | None,
    sites: Sequence[Site],
) -> Understanding:
    """Make the readings of one utterance into what happens next."""
    choice = _choose(rules, model)
    reading = choice.reading
    question: Question | None = None
    reply = ""
    calls: tuple[Call, ...] = ()
    example = sites[0].name if sites else "济南"
    if reading.intent is Intent.GREETING:
        reply = GREETING_ANSWER
    elif reading.forbidden:
        reply = REFUSAL.format(example=example)
    else:
        question = _question(utterance, choice, sites, example)
        if question is None and reading.intent is Intent.UNSUPPORTED:
            reply = REFUSAL.format(example=example)
        elif question is None:
            calls = _calls(reading.spoken) or ()
    return Understanding(
        intent=reading.intent,
        mentions=tuple(one.mention() for one in reading.spoken),
        calls=calls,
        question=question,
        reply=reply,
        source=choice.source,
        confidence=round(min(max(choice.confidence, 0.0), 0.99), 4),
        notes=choice.notes,
        model=model.name if model else "",
    )


def _choose(rules: Reading, model: ModelReading | None) -> _Choice:
    settled = rules.forbidden or rules.sweeps or rules.intent is Intent.GREETING
    if model is None or settled:
        agreed = model is None or model.reading.intent is rules.intent
        both = model is not None and agreed and not rules.sweeps
        return _Choice(
            reading=rules,
            other=None,
            agreed=True,
            source=Source.MODEL_AND_RULES if both else Source.RULES,
            confidence=rules.confidence,
            notes=rules.notes,
        )
    if model.reading.effect == rules.effect:
        doubt = (1 - rules.confidence) * (1 - model.belief)
        return _Choice(
            reading=rules,
            other=None,
            agreed=True,
            source=Source.MODEL_AND_RULES,
            confidence=1 - doubt,
            notes=rules.notes,
        )
    first_is_model = _prefers_model(rules, model)
    chosen, other = (model.reading, rules) if first_is_model else (rules, model.reading)
    reader = "规则" if first_is_model else "模型"
    return _Choice(
        reading=chosen,
        other=other,
        agreed=False,
        source=Source.MODEL if first_is_model else Source.RULES,
        confidence=0.5 * (model.belief if first_is_model else rules.confidence),
        notes=(*chosen.notes, f"{reader}的理解不同: {_said(other)}"),
    )


def _prefers_model(rules: Reading, model: ModelReading) -> bool:
    known = [_resolves(rules), _resolves(model.reading)]
    if known == [False, True]:
        # The rules found no place that the directory knows; they may be sure of that.
        return rules.confidence < VERY_SURE or model.belief >= VERY_SURE
    if known == [True, False]:
        return False
    return model.belief >= VERY_SURE and rules.confidence < SURE + 0.2


def _resolves(reading: Reading) -> bool:
    return bool(reading.spoken) and all(one.site for one in reading.spoken)


def _question(
    utterance: Utterance, choice: _Choice, sites: Sequence[Site], example: str
) -> Question | None:
    """Ask whatever stands between the reading and its calls."""
    reading = choice.reading
    if reading.excepting:
        return except_question(example)
    match reading.intent:
        case Intent.UNCLEAR | Intent.UNSUPPORTED:
            rival = _calls(choice.other.spoken) if choice.other else None
            if rival:
                return _confirm("没有听清, 是不是要查", [rival])
            if reading.intent is Intent.UNSUPPORTED:
                return None
            return Question(
                kind=QuestionKind.SAY_AGAIN, sentence=_AGAIN.format(example=example)
            )
        case Intent.NO_PLACE:
            return _ask_place(reading, sites, example)
    unresolved = [one for one in reading.spoken if not (one.site or one.sweep)]
    if unresolved:
        return _ask_site(reading, unresolved)
    if reading.sweeps:
        return sweep_question(reading.spoken, _uncertainty(utterance, choice))
    if reading.intent is Intent.NO_CHECK:
        places = tuple(dict.fromkeys(o.site for o in reading.spoken if o.site))
        return _ask_check(places)
    calls = _calls(reading.spoken) or ()
    why = _doubt(utterance, choice, calls)
    if not why:
        return None
    options = [calls]
    rival = _calls(choice.other.spoken) if choice.other else None
    if rival and rival != calls:
        options.append(rival)
    return _confirm(why, options)


def _doubt(utterance: Utterance, choice: _Choice, calls: tuple[Call, ...]) -> str:
    """Say why complete calls are not dispatched at once; empty: they are."""
    if len(calls) > MAX_CALLS:
        return f"一次要查{len(calls)}项, 请确认"
    if len(utterance.text) > MAX_SPEECH:
        return f"话太长, 只听了前{MAX_SPEECH}个字, 请确认"
    if why := _uncertainty(utterance, choice):
        return f"{why}, 是不是要查"
    return ""


def _uncertainty(utterance: Utterance, choice: _Choice) -> str:
    """Say in a clause what may have been misheard or misread; empty: nothing."""
    if utterance.overflows:
        return f"录音丢失了{utterance.overflows}段, 可能没有听全"
    if not utterance.agreed:
        return f"听到「{_short(utterance.text)}」, 但两次识别不一致"
    if not choice.agreed:
        return f"听到「{_short(utterance.text)}」, 不能确定"
    if choice.reading.doubts:
        return choice.reading.doubts[0]
    if utterance.origin is Origin.TYPED and (other := _misspelt(choice.reading)):
        return f"工地目录里没有「{_short(other)}」"
    if choice.confidence < SURE:
        return f"听到「{_short(utterance.text)}」, 把握不大"
    return ""


def _misspelt(reading: Reading) -> str:
    """Give a place that only sounds like its site.

    The ear confuses 临邑 with 临沂; who types it means another town.
    """
    others = (
        one.place
        for one in reading.spoken
        if one.resolution and not (one.resolution.exact or one.sweep)
    )
    return next(others, "")


def _calls(spoken: Sequence[Spoken]) -> tuple[Call, ...] | None:
    """Give the calls of a complete reading, each once, else None."""
    calls: list[Call] = []
    for one in spoken:
        if one.site is None or one.check is None:
            return None
        call = Call(one.site, one.check)
        if call not in calls:
            calls.append(call)
    return tuple(calls) or None


def _confirm(why: str, options: Sequence[tuple[Call, ...]]) -> Question:
    candidates = tuple(_candidate(calls) for calls in options[:MAX_CANDIDATES])
    joint = why if why.endswith("请确认") else f"{why}: {candidates[0].label}?"
    return Question(kind=QuestionKind.CONFIRM, sentence=joint, candidates=candidates)


def _candidate(calls: tuple[Call, ...]) -> Candidate:
    shown = [f"{c.site.name} {CHECK_LABELS[c.check]}" for c in calls[:MAX_CALLS]]
    more = f" 等{len(calls)}项" if len(calls) > MAX_CALLS else ""
    return Candidate(label="、".join(shown) + more, calls=calls)


def _ask_place(reading: Reading, sites: Sequence[Site], example: str) -> Question:
    checks = [one.check for one in reading.spoken if one.check is not None]
    offered = sites if len(sites) <= MAX_CANDIDATES else ()
    return Question(
        kind=QuestionKind.WHICH_SITE,
        sentence=_ASK_PLACE.format(example=example, check=CHECK_LABELS[checks[0]]),
        candidates=tuple(
            _candidate(tuple(Call(site, check) for check in checks)) for site in offered
        ),
    )


def _ask_site(reading: Reading, unresolved: Sequence[Spoken]) -> Question:
    """Ask which site the words mean that the directory is not sure of."""
    first = unresolved[0]
    matches = first.resolution.matches if first.resolution else ()
    others = {one.place for one in unresolved} - {first.place}
    options: list[Candidate] = []
    if not others and all(one.check is not None for one in reading.spoken):
        for match in matches[:MAX_CANDIDATES]:
            meant = [
                one if one.site or one.sweep else one.meaning(match)
                for one in reading.spoken
            ]
            options.append(candidate_of(meant))
    words = f"「{_short(first.place)}」"
    if options:
        sentence = f"听到{words}, 不能确定是哪个工地, 您要查的是?"
    else:
        sentence = f"工地目录里没有{words}, 请再说一遍工地名称"
    return Question(
        kind=QuestionKind.WHICH_SITE, sentence=sentence, candidates=tuple(options)
    )


def _ask_check(places: tuple[Site, ...]) -> Question:
    names = "、".join(site.name for site in places[:MAX_CANDIDATES])
    few = places[:MAX_CALLS]
    return Question(
        kind=QuestionKind.WHICH_CHECK,
        sentence=_ASK_CHECK.format(place=names),
        candidates=tuple(
            _candidate(tuple(Call(site, check) for site in few)) for check in Check
        ),
    )


def _said(reading: Reading) -> str:
    """Put a reading into a few words for card and log."""
    named = {
        Intent.GREETING: "问候",
        Intent.UNSUPPORTED: "超出巡检范围",
        Intent.UNCLEAR: "没有听明白",
    }
    if reading.intent in named:
        return named[reading.intent]
    return "、".join(
        f"{one.mention().place or '未提地点'}"
        f" {CHECK_LABELS[one.check] if one.check else '未提检查'}"
        for one in reading.spoken[:MAX_CALLS]
    )


def _short(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= 24 else plain[:23] + "…"


def candidates_of(resolutions: Sequence[Resolution]) -> tuple[str, ...]:
    """Give the names that the directory finds near the words; for the grammar."""
    names = {match.site.name: None for one in resolutions for match in one.matches}
    return tuple(names)
