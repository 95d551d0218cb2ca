"""Shares with their uncertainty, and every figure that is made of marked answers.

Nothing here knows a model. What is right is decided once, in `mark`; all figures are
counts over what it returns.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from app.agent.prompts import (
    AnswerError,
    SplitAnswer,
    clean_speech,
    parse_split_answer,
)
from app.core.model import Intent
from app.tuning.measuring.questions import Question

_Z: Final = 1.959964

QUESTIONS: Final = frozenset({Intent.NO_PLACE, Intent.NO_CHECK, Intent.UNCLEAR})
"""Intents that the desk answers with a question."""

MANY: Final = 4
"""From here on numbers of calls are counted together."""


def wilson(share: float, total: float) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share of `total` draws (Wilson, 1927)."""
    if total <= 0:
        return 0.0, 1.0
    centre = share + _Z * _Z / (2 * total)
    spread = _Z * math.sqrt(share * (1 - share) / total + (_Z / (2 * total)) ** 2)
    scale = 1 + _Z * _Z / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


@dataclass(frozen=True)
class Score:
    """Right answers out of some, with Wilson's 95 % interval."""

    right: int
    total: int

    @property
    def share(self) -> float:
        """Share of right answers."""
        return self.right / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The interval in which the true share lies 95 times in 100."""
        return wilson(self.share, self.total)

    def __str__(self) -> str:
        """Write share and interval, as in `.912 [.894, .927]`."""
        low, high = self.interval
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}] of {self.total}"


@dataclass(frozen=True)
class Line:
    """A score with the name of what it counts."""

    name: str
    score: Score


@dataclass(frozen=True)
class Weighted:
    """A mean of shares, each weighted as training draws its kind."""

    share: float
    draws: float
    """As many equally likely draws would leave the same uncertainty."""

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval at that number of draws."""
        return wilson(self.share, self.draws)

    def __str__(self) -> str:
        """Write share and interval."""
        low, high = self.interval
        return f"{self.share:.3f} [{low:.3f}, {high:.3f}]"


@dataclass(frozen=True)
class Confused:
    """How often one intent was answered where another was right."""

    wanted: str
    given: str
    """An intent, or `none` for text that is no answer of the language."""
    count: int


@dataclass(frozen=True, kw_only=True)
class Marked:
    """A question with its answer, marked."""

    question: Question
    text: str
    reading: SplitAnswer | None
    """The answer to a splitting; None where it is no sentence of the language."""
    right: bool


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one way of answering made of one group of questions."""

    group: str
    kinds: tuple[Line, ...]
    intents: tuple[Line, ...]
    checks: tuple[Line, ...]
    """Questions whose calls ask for this check, alone or among others."""
    calls: tuple[Line, ...]
    """Inspections by the number of their calls."""
    all_calls: Score
    """Unweighted: calls exact over all splittings, each row counting the same."""
    weighted_calls: Weighted
    """Calls exact over all splittings, kinds weighted as in training."""
    everything: Score
    """Unweighted, with greetings and summaries where the way answers them."""
    weighted: Weighted
    """The same, kinds weighted as in training."""
    refused: Score
    """Out of scope, and declined."""
    wrongly_refused: Score
    """In scope, and declined."""
    acted_outside: Score
    """Out of scope, and answered with calls."""
    silently_wrong: Score
    """An inspection, a question or a greeting was right; other calls were answered."""
    asked_instead: Score
    """Calls were right, and a question was answered."""
    confusion: tuple[Confused, ...]
    out_of_reach: int
    """Questions whose place does not stand in their text as it was labelled."""
    cer: float | None
    """Share of wrong characters as it came out; None where none knows what was said."""


def mark(question: Question, text: str) -> Marked:
    """Decide whether an answer is right.

    A splitting is right when intent, every place and every check are the label's;
    the order of calls says nothing. Any other answer must be the same text.
    """
    if question.wanted is None:
        return Marked(
            question=question, text=text, reading=None, right=text == question.answer
        )
    try:
        reading = parse_split_answer(text)
    except AnswerError:
        return Marked(question=question, text=text, reading=None, right=False)
    return replace(mark_reading(question, reading), text=text)


def mark_reading(question: Question, reading: SplitAnswer) -> Marked:
    """Decide whether a splitting that is no text is right."""
    pairs = "; ".join(f"{place or ''}/{check or ''}" for place, check in reading.pairs)
    return Marked(
        question=question,
        text=f"{reading.intent} {pairs}".strip(),
        reading=reading,
        right=question.wanted is not None and question.wanted.equals(reading),
    )


def figures(
    group: str, marked: Sequence[Marked], weights: Mapping[str, float]
) -> Figures:
    """Count everything about one group; `weights` are the shares of the kinds."""
    split = [one for one in marked if one.question.wanted is not None]
    kinds = _lines(marked, lambda one: [one.question.kind])
    split_kinds = _lines(split, lambda one: [one.question.kind])
    outside = [one for one in split if _wanted(one) is Intent.UNSUPPORTED]
    inside = [one for one in split if _wanted(one) is not Intent.UNSUPPORTED]
    inspections = [one for one in split if _wanted(one) is Intent.INSPECT]
    # Out of scope has a line of its own: `acted_outside`.
    live = [one for one in split if _wanted(one) is not Intent.UNSUPPORTED]
    return Figures(
        group=group,
        kinds=kinds,
        intents=_lines(split, lambda one: [_wanted(one).value]),
        checks=_lines(split, _checks),
        calls=_lines(inspections, _calls),
        all_calls=_score(split, _right),
        weighted_calls=weigh(split_kinds, weights),
        everything=_score(marked, _right),
        weighted=weigh(kinds, weights),
        refused=_score(outside, lambda one: _gave(one, Intent.UNSUPPORTED)),
        wrongly_refused=_score(inside, lambda one: _gave(one, Intent.UNSUPPORTED)),
        acted_outside=_score(outside, lambda one: _gave(one, Intent.INSPECT)),
        silently_wrong=_score(
            live, lambda one: _gave(one, Intent.INSPECT) and not one.right
        ),
        asked_instead=_score(
            inspections, lambda one: any(_gave(one, asked) for asked in QUESTIONS)
        ),
        confusion=_confusion(split),
        out_of_reach=sum(not one.question.in_reach for one in split),
        cer=_error_rate(split),
    )


def weigh(lines: Sequence[Line], weights: Mapping[str, float]) -> Weighted:
    """Average shares by weight; kinds without a weight count as the mean weight."""
    lines = [line for line in lines if line.score.total]
    if not lines:
        return Weighted(0.0, 0.0)
    mean = sum(weights.values()) / len(weights) if weights else 1.0
    parts = [weights.get(line.name, mean) for line in lines]
    total = sum(parts)
    share = sum(
        part * line.score.share for part, line in zip(parts, lines, strict=True)
    )
    spread = sum(
        part * part / line.score.total for part, line in zip(parts, lines, strict=True)
    )
    return Weighted(share / total, total * total / spread)


def _error_rate(split: Sequence[Marked]) -> float | None:
    from rapidfuzz.distance import Levenshtein

    pairs = [
        (one.question.said, clean_speech(one.question.speech or ""))
        for one in split
        if one.question.said
    ]
    if not pairs:
        return None
    wrong = sum(Levenshtein.distance(said, heard) for said, heard in pairs)
    return wrong / sum(len(said) for said, _ in pairs)


def _score(rows: Iterable[Marked], right: Callable[[Marked], bool]) -> Score:
    found = [right(one) for one in rows]
    return Score(sum(found), len(found))


def _lines(
    rows: Iterable[Marked], names: Callable[[Marked], Iterable[str]]
) -> tuple[Line, ...]:
    counts: dict[str, list[bool]] = {}
    for one in rows:
        for name in names(one):
            counts.setdefault(name, []).append(one.right)
    return tuple(
        Line(name, Score(sum(rights), len(rights))) for name, rights in counts.items()
    )


def _confusion(split: Sequence[Marked]) -> tuple[Confused, ...]:
    counts: dict[tuple[str, str], int] = {}
    for one in split:
        given = one.reading.intent.value if one.reading else "none"
        key = _wanted(one).value, given
        counts[key] = counts.get(key, 0) + 1
    return tuple(Confused(*key, count) for key, count in sorted(counts.items()))


def _right(one: Marked) -> bool:
    return one.right


def _wanted(one: Marked) -> Intent:
    assert one.question.wanted is not None
    return one.question.wanted.intent


def _gave(one: Marked, intent: Intent) -> bool:
    return one.reading is not None and one.reading.intent is intent


def _checks(one: Marked) -> list[str]:
    assert one.question.wanted is not None
    return sorted(
        {check.value for _, check in one.question.wanted.calls or () if check}
    )


def _calls(one: Marked) -> list[str]:
    assert one.question.wanted is not None
    count = len(one.question.wanted.calls or ())
    return [f"{MANY}+" if count >= MANY else str(count)]
