"""Two readings of the same audio, laid side by side syllable by syllable.

Syllables that recognisers and accents confuse are near each other (`core.sounds`): 垫底
lies beside 电笔. How far two readings differ as a whole is measured by letters all the
same (`transcript.reading_distance`): of 310 development commands the distance by
syllables tells those with a wrong site no better (area under the curve 0.77, by letters
0.79), and other speech neither.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from app.core import numerals
from app.core.model import Span
from app.core.sounds import sound_distance
from app.hearing.transcript import UNKNOWN, by_telephone

_GAP: Final = 0.7
"""What a syllable costs that only one of the readings has: two that differ are nearer
than one lost and one added."""
_DIFFERS: Final = 0.4
"""Distance of two syllables from which on somebody should look at them."""
_NO_SOUND: Final = "\N{REPLACEMENT CHARACTER}"
_READ: Final = (numerals.by_digit, numerals.cardinal, by_telephone)
_SPOKEN_SO: Final = re.compile(r"\d+|kv|\[unk\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Sound:
    """A syllable, and the characters of the text that it is of."""

    syllable: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Step:
    """Two syllables of two readings that stand for each other; None: only one has."""

    left: int | None
    right: int | None
    cost: float


@lru_cache(maxsize=4096)
def sounds(
    text: str, read: Callable[[str], str] = numerals.by_digit
) -> tuple[Sound, ...]:
    """Give the toneless syllables of `text`; letters one by one, digits as `read`.

    Punctuation and blanks have no sound and give nothing. Every `[unk]` gives one that
    is like no other.
    """
    from pypinyin import Style, lazy_pinyin

    said, owners, at = "", list[tuple[int, int]](), 0
    for found in _SPOKEN_SO.finditer(text):
        said += text[at : found.start()]
        owners += [(n, n + 1) for n in range(at, found.start())]
        spoken = _aloud(found[0], read)
        said += spoken
        owners += [found.span()] * len(spoken)
        at = found.end()
    said += text[at:]
    owners += [(n, n + 1) for n in range(at, len(text))]
    syllables = lazy_pinyin(said, style=Style.NORMAL, errors=list)  # type: ignore[arg-type]
    return tuple(
        Sound(syllable.lower(), *owner)
        for syllable, owner in zip(syllables, owners, strict=True)
        if syllable.isalnum() or syllable == _NO_SOUND
    )


def _aloud(words: str, read: Callable[[str], str]) -> str:
    if words == UNKNOWN:
        return _NO_SOUND
    return read(words) if words.isdecimal() else "千伏"


def align(left: Sequence[str], right: Sequence[str]) -> tuple[Step, ...]:
    """Lay two rows of syllables side by side at the least cost."""
    costs = [[_GAP * at for at in range(len(right) + 1)]]
    for row, one in enumerate(left, 1):
        above, line = costs[-1], [_GAP * row]
        for at, other in enumerate(right, 1):
            line.append(
                min(
                    above[at - 1] + sound_distance(one, other),
                    above[at] + _GAP,
                    line[-1] + _GAP,
                )
            )
        costs.append(line)
    steps: list[Step] = []
    row, at = len(left), len(right)
    while row or at:
        here = costs[row][at]
        apart = sound_distance(left[row - 1], right[at - 1]) if row and at else 0.0
        if row and at and here == costs[row - 1][at - 1] + apart:
            row, at = row - 1, at - 1
            steps.append(Step(row, at, apart))
        elif row and (not at or here == costs[row - 1][at] + _GAP):
            row -= 1
            steps.append(Step(row, None, _GAP))
        else:
            at -= 1
            steps.append(Step(None, at, _GAP))
    return tuple(reversed(steps))


def _ways(text: str) -> list[tuple[Sound, ...]]:
    """Give the ways to say a text: its digits may be read out in several."""
    return list(dict.fromkeys(sounds(text, read) for read in _READ))


def _apart(left: Sequence[str], right: Sequence[str]) -> float:
    longest = max(len(left), len(right))
    if not (left and right):
        return float(longest > 0)
    return sum(step.cost for step in align(left, right)) / longest


def differing(text: str, other: str) -> tuple[Span, ...]:
    """Give the characters of `text` that another reading has otherwise.

    Where only the other one has a syllable, its neighbours in `text` are given.
    """
    heard = _syllables(sounds(other))
    own = min(_ways(text), key=lambda way: _apart(_syllables(way), heard))
    marked: set[int] = set()
    passed = 0
    for step in align(_syllables(own), heard):
        if step.left is not None:
            passed = step.left + 1
            if step.cost > _DIFFERS:
                marked.add(step.left)
        else:
            marked |= {at for at in (passed - 1, passed) if 0 <= at < len(own)}
    spans: list[Span] = []
    for at in sorted(marked):
        start, end = own[at].start, own[at].end
        if spans and start <= spans[-1].end:
            spans[-1] = Span(start=spans[-1].start, end=max(end, spans[-1].end))
        else:
            spans.append(Span(start=start, end=end))
    return tuple(spans)


def meanwhile(text: str, other: str) -> tuple[str, ...]:
    """Give for each character of `text` what another reading has in its place."""
    own, heard = sounds(text), sounds(other)
    found = [""] * len(text)
    for step in align(_syllables(own), _syllables(heard)):
        if step.left is not None and step.right is not None:
            at = heard[step.right]
            found[own[step.left].start] += other[at.start : at.end]
    return tuple(found)


def _syllables(row: Sequence[Sound]) -> tuple[str, ...]:
    return tuple(sound.syllable for sound in row)
