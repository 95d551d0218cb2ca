"""Transcripts: one spelling for what was heard, and how far two readings differ."""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from app.core import numerals

UNKNOWN: Final = "[unk]"
"""What the lexicon-limited ear writes for sound that none of its words fit."""

_NO_SOUND: Final = "\N{REPLACEMENT CHARACTER}"
_SYLLABLE: Final = 3
"""Letters of an ordinary syllable."""
# Blanks stay only where both neighbours are Latin letters or digits.
_BLANKS: Final = re.compile(r"(?<![0-9A-Za-z])\s+|\s+(?![0-9A-Za-z])")


def join_words(words: Iterable[str]) -> str:
    """Write recognised words as one text: NFKC, no blanks between Chinese words."""
    text = unicodedata.normalize("NFKC", " ".join(words))
    return _BLANKS.sub("", text).strip()


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """Give the toneless syllables of `text`, letters and digits one by one.

    Punctuation and blanks have no sound and give nothing.
    """
    from pypinyin import Style, lazy_pinyin

    found: list[str] = []
    plain = unicodedata.normalize("NFKC", text)
    for part in lazy_pinyin(plain, style=Style.NORMAL, errors=list):  # type: ignore[arg-type]
        if part.isalnum():
            found.append(part.lower())
    return tuple(found)


def by_telephone(digits: str) -> str:
    """Say a run of digits as on the telephone, where 1 is 幺: 110 → 幺幺零."""
    if len(digits) == 1:
        return numerals.cardinal(digits)
    return numerals.by_digit(digits).replace("一", "幺")


def reading_distance(lexicon_text: str, free_text: str) -> float:
    """Say how far two readings of the same audio differ by sound, 0 … 1.

    Edit distance between the toneless pinyin spellings, over the longer of the two.
    Every `[unk]` counts as a syllable that was not confirmed.
    """
    from rapidfuzz.distance import Levenshtein

    known = "".join("".join(syllables(part)) for part in lexicon_text.split(UNKNOWN))
    left = known + _NO_SOUND * (_SYLLABLE * lexicon_text.count(UNKNOWN))
    return float(Levenshtein.normalized_distance(left, "".join(syllables(free_text))))


def spelling_distance(lexicon_text: str, free_text: str) -> float:
    """Say how far two readings differ by their characters, 0 … 1."""
    from rapidfuzz.distance import Levenshtein

    left = lexicon_text.replace(UNKNOWN, _NO_SOUND)
    return float(Levenshtein.normalized_distance(left, free_text))


# Same sound, and only the noun nearby says which is meant.
_WORN: Final = re.compile("帽|盔")
_CARRIED: Final = re.compile("笔|设备|工具|器具|装备|仪器|验电器")
_WEAR_OR_CARRY: Final = re.compile(
    r"(?<![佩穿安全地磁胶领])戴|(?<![佩携穿全地磁胶领])带(?![电领动])"
)
_AND: Final = re.compile(r"合(?![闸上格适同作计并理规])(?<![配联结集符组场适]合)")


def settle_homophones(text: str) -> str:
    """Write 戴 or 带, and 和 or 合, as their neighbours ask for.

    The lexicon-limited ear weighs pairs of words only, so it cannot know.
    """
    text = _AND.sub("和", text)
    worn = [found.start() for found in _WORN.finditer(text)]
    carried = [found.start() for found in _CARRIED.finditer(text)]
    if not worn and not carried:
        return text

    def settle(found: re.Match[str]) -> str:
        at = found.start()
        hat = min((abs(place - at) for place in worn), default=len(text) + 1)
        tool = min((abs(place - at) for place in carried), default=len(text) + 1)
        return "戴" if hat < tool else "带"

    return _WEAR_OR_CARRY.sub(settle, text)
