"""Why the desk is as sure as it is: the last reasons of an understanding."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.agent.confidence import Signals
from app.agent.questions import said, short
from app.agent.reading import Reading
from app.agent.weighing import Hearing, ModelReading
from app.core.explanation import Reason, ReasonKind
from app.core.model import Intent

_CLOSE: Final = 2.0
"""Log odds below which another answer of the model is worth a word."""
_OUTSIDE: Final = 0.5
"""Mass below which it is, that the model wanted to say something else."""
_COMMANDS: Final = (Intent.INSPECT, Intent.NO_PLACE, Intent.NO_CHECK)
_COUNTS: Final = "零一两三四五六七八九"


def reasons_of(
    rules: Reading,
    model: ModelReading | None,
    others: Sequence[Hearing],
    signals: Signals,
    probability: float,
) -> tuple[Reason, ...]:
    """Say what others made of the utterance, and what the confidence rests on."""
    opinions = [
        Reason(kind=ReasonKind.SECOND_OPINION, meaning=meaning)
        for meaning in _opinions(rules, model, others)
    ]
    why = ", ".join(_grounds(rules, model, signals))
    # 99.6 % must not be shown as certain.
    percent = min(99, round(100 * probability))
    confidence = Reason(kind=ReasonKind.CONFIDENCE, meaning=f"{percent} %: {why}")
    return (*opinions, confidence)


def _opinions(
    rules: Reading, model: ModelReading | None, others: Sequence[Hearing]
) -> Iterator[str]:
    if model is not None and model.reading.effect == rules.effect:
        yield f"模型与规则的理解一致: {said(rules)}"
    elif model is not None:
        yield f"模型的理解: {said(model.reading)}"
        yield f"规则的理解: {said(rules)}"
    told = {rules.effect}
    for other in others:
        if other.reading.effect not in told:
            told.add(other.reading.effect)
            yield f"另一次识别「{short(other.text)}」: {said(other.reading)}"


def _grounds(
    rules: Reading, model: ModelReading | None, signals: Signals
) -> Iterator[str]:
    if model is None:
        yield "只有规则的理解"
    elif signals.agreed:
        yield "模型与规则一致"
    else:
        yield "模型与规则不一致"
    if signals.hearings > 1:
        count, same = _count(signals.hearings), _count(signals.same)
        if signals.same == signals.hearings:
            yield f"{count}次识别都得出同样的结果"
        else:
            yield f"{count}次识别中有{same}次得出这个结果"
    if not signals.known:
        # A greeting or a refusal lacks nothing, and all sites are places enough.
        if rules.intent in _COMMANDS and not rules.sweeps:
            yield "地点或检查不完整"
    elif signals.exact:
        yield "地名与工地目录一致"
    else:
        yield "地名是按读音找到的"
    if model is not None and signals.mass < _OUTSIDE:
        yield "模型觉得不像巡检指令"
    elif model is not None and signals.odds < _CLOSE:
        yield "模型觉得另一种理解也有可能"


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else str(number)
