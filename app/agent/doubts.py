"""What in a sentence forbids to dispatch it without a question.

Both readers take 不查济南的人数 for 济南的人数: they look for places and checks, and so
their agreement proves nothing here. Each doubt is a clause of the question that is
asked instead; it touches neither the intent nor the confidence.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.agent.lexicon import CHECK_MARKS, PLACE_MARKS, Lexicon, fold_digits
from app.agent.places import Residue

_MARKS = re.compile(f"[{PLACE_MARKS}{CHECK_MARKS}]")
_PLACE = re.compile(f"[{PLACE_MARKS}]")
_AFTER_PLACE = re.compile(f"[{PLACE_MARKS}][^,的{PLACE_MARKS}{CHECK_MARKS}]?$")
_AFTER_CHECK = re.compile(f"[{CHECK_MARKS}]$")
_WORDS = "{words}"
"""In a clause of the phrase file: the words that it is about."""
_LEFT_OVER = 3
"""From this many unexplained pieces, or from more characters than this, the sentence
was not understood as a whole."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A clause of the question, and the piece of the masked sentence it is about."""

    why: str
    start: int = 0
    end: int = 0


def doubts_of(masked: str, residues: Sequence[Residue], words: Lexicon) -> list[Doubt]:
    """Name the doubts of a sentence; `residues` are those that are no place."""
    found = [
        Doubt(why.replace(_WORDS, match[0]), *match.span())
        for why, pattern in words.doubts
        if (match := pattern.search(masked))
    ]
    left = [one for one in residues if fold_digits(one.text) not in words.carriers]
    # 昨晚 is doubted for what it means: that it is left over says no more.
    left = [one for one in left if not any(_within(one, doubt) for doubt in found)]
    glued = next((one for one in left if _touches(masked, one)), None)
    if glued is not None:
        # 淄博|物馆, 今|日照|常: the name of something else, with a site inside;
        # 多少人|感染: another question than the check.
        why = f"「{_MARKS.sub('…', glued.text)}」听不懂"
        found.append(Doubt(why, glued.start, glued.end))
    elif len(left) >= _LEFT_OVER or sum(len(one.text) for one in left) > _LEFT_OVER:
        found.append(Doubt("有几处听不懂", left[0].start, left[-1].end))
    return found


def spelt_doubts(placed: str, words: Lexicon) -> list[Doubt]:
    """Name the doubts of a sentence whose checks are still spelt out.

    An expression for a check may reach over a negation: 查安全帽不|要电笔.
    """
    return [
        Doubt(why.replace(_WORDS, match[0]))
        for why, pattern in words.spelt_doubts
        if (match := pattern.search(placed))
    ]


def _within(residue: Residue, doubt: Doubt) -> bool:
    return doubt.start <= residue.start and residue.end <= doubt.end


def _touches(masked: str, residue: Residue) -> bool:
    return bool(
        _PLACE.search(residue.text)
        or _PLACE.match(masked, residue.end)
        or _AFTER_PLACE.search(masked[: residue.start])
        or _AFTER_CHECK.search(masked[: residue.start])
    )
