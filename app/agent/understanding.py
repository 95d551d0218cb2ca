"""Two readings and the directory become calls, a question or a reply.

The model reads, the rules read, and only what both take to have the same effect is
dispatched, and only where the calibrated probability that it was meant is high enough.
Everything else is asked: a guess never leaves the desk (promise 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.agent.calibration import rules_alone
from app.agent.confidence import CAUTIOUS, Calibration, Signals
from app.agent.grammar import MAX_CALLS
from app.agent.prompts import GREETING_ANSWER, MAX_SPEECH
from app.agent.questions import (
    Calls,
    ask_again,
    ask_check,
    ask_place,
    ask_site,
    calls_of,
    confirm,
    said,
    short,
)
from app.agent.reading import Reading
from app.agent.second_opinion import reasons_of
from app.agent.sweep_questions import except_question, sweep_question
from app.agent.weighing import (
    GUESSED,
    Hearing,
    ModelReading,
    is_complete,
    signals_of,
)
from app.agent.witness import FAR_APART, misheard
from app.core.model import (
    Intent,
    Origin,
    Question,
    Site,
    Source,
    Understanding,
    Utterance,
)

REFUSAL: Final = (
    "这不在巡检查询范围内, 没有执行任何操作。可以查询工地的人数、安全帽和电笔等设备, "
    "例如: 查一下{example}的人数"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """The reading to follow, how it was come by, and how sure it is."""

    reading: Reading
    other: Reading | None
    """The other reader's, where it would have another effect."""
    source: Source
    signals: Signals
    probability: float
    threshold: float
    rivals: tuple[Calls, ...] = ()
    """Other calls that the other reader, or another hearing, takes for meant."""
    misheard: str = ""
    """What other hearings of the same audio make doubtful, as a clause."""
    doubts: tuple[str, ...] = ()
    """The rules', whoever is followed."""
    notes: tuple[str, ...] = ()

    @property
    def sure(self) -> bool:
        """Whether the probability alone would be enough to dispatch."""
        return self.probability >= self.threshold


def decide(
    utterance: Utterance,
    rules: Reading,
    model: ModelReading | None,
    sites: Sequence[Site],
    *,
    others: Sequence[Hearing] = (),
    calibration: Calibration = CAUTIOUS,
    alone: Calibration | None = None,
) -> Understanding:
    """Make the readings of one utterance into what happens next.

    Args:
        utterance: What was heard.
        rules: The rules' reading of it.
        model: The model's; None: it was not asked, or there is none.
        sites: The directory's.
        others: Other hearings of the same audio, as the rules read them.
        calibration: Of the model that read.
        alone: Of the rules where no model did; None: as it comes with the program.
    """
    choice = _weigh(utterance, rules, model, others, calibration, alone)
    reading = choice.reading
    question: Question | None = None
    reply = ""
    calls: Calls = ()
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
            calls = calls_of(reading.spoken) or ()
    return Understanding(
        intent=reading.intent,
        mentions=tuple(one.mention() for one in reading.spoken),
        calls=calls,
        question=question,
        reply=reply,
        source=choice.source,
        confidence=round(choice.probability, 4),
        notes=choice.notes,
        model=model.name if model else "",
        reasons=(
            *reading.reasons,
            *reasons_of(rules, model, others, choice.signals, choice.probability),
        ),
    )


def _weigh(
    utterance: Utterance,
    rules: Reading,
    model: ModelReading | None,
    others: Sequence[Hearing],
    calibration: Calibration,
    alone: Calibration | None,
) -> _Weighed:
    """Choose the reading to follow, and say how sure it is."""
    settled = (
        rules.forbidden
        or rules.sweeps
        or rules.corrected
        or rules.intent is Intent.GREETING
    )
    followed, other = rules, None
    asked = None if settled else model
    if asked is None:
        calibration = alone or rules_alone()
    elif asked.reading.effect != rules.effect:
        followed, other = rules, asked.reading
        if _prefers_model(rules, asked.reading):
            followed, other = other, followed
    signals = signals_of(followed, utterance, rules, asked, others)
    notes = followed.notes
    if other is not None:
        reader = "规则" if other is rules else "模型"
        notes = (*notes, f"{reader}的理解不同: {said(other)}")
    return _Weighed(
        reading=followed,
        other=other,
        source=_source(followed, other, rules, model),
        signals=signals,
        probability=calibration.probability(signals),
        threshold=calibration.threshold,
        rivals=_rivals(followed, other, others),
        misheard=misheard(utterance, followed, rules, others),
        doubts=rules.doubts,
        notes=notes,
    )


def _prefers_model(rules: Reading, model: Reading) -> bool:
    """Whether the model's reading is shown first where the two differ.

    Neither is dispatched. What the rules find in the directory word for word they
    seldom find wrongly; where they had to guess, the model guesses better.
    """
    if is_complete(rules):
        return False
    return is_complete(model) or rules.confidence < GUESSED


def _source(
    followed: Reading, other: Reading | None, rules: Reading, model: ModelReading | None
) -> Source:
    if model is None or rules.sweeps or other is model.reading:
        return Source.RULES
    if other is not None:
        return Source.MODEL
    same = model.reading.intent is followed.intent
    return Source.MODEL_AND_RULES if same else Source.RULES


def _rivals(
    followed: Reading, other: Reading | None, others: Sequence[Hearing]
) -> tuple[Calls, ...]:
    """Give the other calls that may be meant, the other reader's first."""
    readings = [*([other] if other else ()), *(one.reading for one in others)]
    own = calls_of(followed.spoken)
    found: dict[frozenset[object], Calls] = {}
    for one in readings:
        calls = None if one.forbidden else calls_of(one.spoken)
        if calls and (own is None or frozenset(calls) != frozenset(own)):
            found.setdefault(frozenset(calls), calls)
    return tuple(found.values())


def _question(
    utterance: Utterance, choice: _Weighed, sites: Sequence[Site], example: str
) -> Question | None:
    """Ask whatever stands between the reading and its calls."""
    reading, rivals = choice.reading, choice.rivals
    if reading.excepting:
        return except_question(example)
    match reading.intent:
        case Intent.UNSUPPORTED:
            # Both readers decline: another hearing alone does not make it a command.
            doubtful = choice.other is not None or not utterance.agreed
            return ask_again(example, rivals) if rivals and doubtful else None
        case Intent.UNCLEAR:
            return ask_again(example, rivals)
        case Intent.NO_PLACE:
            return ask_place(reading, sites, example, rivals)
    unresolved = [one for one in reading.spoken if not (one.site or one.sweep)]
    if unresolved:
        return ask_site(reading, unresolved, rivals)
    if reading.sweeps:
        return sweep_question(reading.spoken, _uncertainty(utterance, choice))
    if reading.intent is Intent.NO_CHECK:
        return ask_check(
            tuple(dict.fromkeys(one.site for one in reading.spoken if one.site))
        )
    calls = calls_of(reading.spoken) or ()
    why = _doubt(utterance, choice, calls)
    if not why:
        return None
    # The model's language has no room for so many: what it made of them is no rival.
    return confirm(why, [calls] if len(calls) > MAX_CALLS else [calls, *rivals])


def _doubt(utterance: Utterance, choice: _Weighed, calls: Calls) -> str:
    """Say why complete calls are not dispatched at once; empty: they are.

    The first conditions must hold whatever the probability is.
    """
    if len(calls) > MAX_CALLS:
        return f"一次要查{len(calls)}项, 请确认"
    if len(utterance.text) > MAX_SPEECH:
        return f"话太长, 只听了前{MAX_SPEECH}个字, 请确认"
    if why := _uncertainty(utterance, choice):
        return f"{why}, 是不是要查"
    if not choice.sure:
        return f"听到「{short(utterance.text)}」, 把握不大, 是不是要查"
    return ""


def _uncertainty(utterance: Utterance, choice: _Weighed) -> str:
    """Say in a clause what may have been misheard or misread; empty: nothing."""
    if utterance.overflows:
        return f"录音丢失了{utterance.overflows}段, 可能没有听全"
    if not utterance.agreed or (utterance.agreement or 0.0) > FAR_APART:
        return f"听到「{short(utterance.text)}」, 但两次识别不一致"
    if choice.doubts:
        return choice.doubts[0]
    if utterance.recognizer and utterance.agreement is None:
        # Nobody heard the same audio as well: a misheard name would go unnoticed.
        return f"只有一个识别器听到「{short(utterance.text)}」"
    if choice.other is not None:
        return f"听到「{short(utterance.text)}」, 不能确定"
    if choice.misheard:
        return choice.misheard
    # An ear that knows the directory's names only hears one of them whatever was
    # said: somebody else must have heard the same.
    alone = choice.signals.hearings > 1 and choice.signals.same == 1
    if alone:
        return f"听到「{short(utterance.text)}」, 但也可能听成别的"
    if utterance.origin is Origin.TYPED and (other := _misspelt(choice.reading)):
        return f"工地目录里没有「{short(other)}」"
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
