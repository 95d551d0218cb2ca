"""All sites but some: 除了济南, 所有工地 · 济南其他工地 · 济南不用查.

The exception is cut out of the sentence before anything else is read in it, so that
neither 别查 nor the name of what is left out is taken for a command. It is cut only
where it is sure what is left out of what; anything else stays, and is asked about.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.agent.areas import Area, AreaFinder
from app.agent.lexicon import fold_digits
from app.agent.sweep_words import sweep_words

ALL: Final = "所有工地"
"""Put where the others are said: 除了济南|其他的 → 除了济南|所有工地."""


@dataclass(frozen=True, slots=True)
class Excepted:
    """What is left out, and where its words stand in the sentence as it was."""

    area: Area
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Cut:
    """A sentence without its exceptions; none: it is as it was."""

    text: str
    excepted: tuple[Excepted, ...] = ()


@dataclass(frozen=True, slots=True)
class _Phrase:
    start: int
    end: int
    areas: tuple[Area, ...]
    besides: bool
    """Whether all others are meant where nothing else is said: 除了济南|都查一下."""


class ExceptionFinder:
    """Finds what is left out of all sites."""

    def __init__(self, areas: AreaFinder) -> None:
        """Take what knows sites and regions."""
        self._areas = areas
        self._words = sweep_words().excepting

    def cut(self, text: str) -> Cut:
        """Take the exceptions out of a sentence, if it is sure what they are."""
        folded = fold_digits(text)
        phrases = self._phrases(folded)
        if not phrases:
            return Cut(text)
        rest, at, implied = "", 0, False
        for one in phrases:
            rest += text[at : one.start]
            at = one.end
            following = text[at:]
            if one.besides and self._words.everywhere.match(following):
                rest += "," + ALL
                noun = self._words.places.match(following)
                at += noun.end() if noun else 0
                implied = True
            else:
                rest += "" if following.startswith("的") else ","
        rest += text[at:]
        if not implied:
            rest = self._words.others.sub(ALL, rest)
        return Cut(rest, tuple(_located(phrases, folded)))

    def _phrases(self, text: str) -> list[_Phrase]:
        """Give the exceptions that are sure, in spoken order; others stay in `text`."""
        found: list[_Phrase] = []
        for word in self._words.before.finditer(text):
            if found and word.start() < found[-1].end:
                continue
            phrase = self._following(text, word)
            if phrase is not None:
                found.append(phrase)
        for word in self._words.after.finditer(text):
            if any(one.start <= word.start() < one.end for one in found):
                continue
            phrase = self._preceding(text, word, found)
            if phrase is not None:
                found.append(phrase)
        return sorted(found, key=lambda one: one.start)

    def _following(self, text: str, word: re.Match[str]) -> _Phrase | None:
        """Read 除了|济南和青岛|以外."""
        areas, end = self._areas.after(text, word.end())
        while areas and self._begins_all(text, end) and len(areas) > 1:
            # 除了历城,济南|其他工地: the last says where the others are.
            start = text.rfind(areas[-1].words, word.end(), end)
            if text[start - 1] != ",":
                break
            areas, end = areas[:-1], start - 1
        if not areas:
            return None
        close = self._words.close.match(text, end)
        end = close.end() if close else end
        swept = self._words.swept.search(text[: word.start()])
        besides = word.lastgroup == "besides"
        follow = self._words.follow if besides else self._words.done
        sure = follow.match(text, end) or (
            besides and swept is not None and text.startswith("的", end)
        )
        if not sure or self._words.too.match(text, end):
            return None
        return _Phrase(word.start(), end, areas, besides)

    def _begins_all(self, text: str, at: int) -> bool:
        return self._words.all_others.match(text, at) is not None

    def _preceding(
        self, text: str, word: re.Match[str], found: Sequence[_Phrase]
    ) -> _Phrase | None:
        """Read 济南和青岛|不用查."""
        least = max((one.end for one in found if one.end <= word.start()), default=0)
        areas, begin = self._areas.before(text, word.start(), least, sites=True)
        edge = self._words.begin.search(text[:begin])
        if not areas or edge is None:
            return None
        return _Phrase(edge.start(), word.end(), areas, besides=False)


def _located(phrases: Sequence[_Phrase], text: str) -> list[Excepted]:
    located: list[Excepted] = []
    for one in phrases:
        at = one.start
        for area in one.areas:
            start = text.find(area.words, at, one.end)
            at = start + len(area.words)
            located.append(Excepted(area, start, at))
    return located
