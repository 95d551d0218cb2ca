"""How a place sounds: its syllables, what each may be read as and how much it weighs.

How far two syllables are apart is in `app.core.sounds`.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Final, TypeAlias

from app.sites.spelling import DIVISIONS, KINDS, positions, spoken

SECOND_READING: Final = 0.15
"""Price of a reading that is not the character's usual one in this name."""
GENERIC_WEIGHT: Final = 0.25
"""Weight of a syllable of 千伏, 变电站, 市 … beside 1 for the name proper."""
LOST_KIND: Final = 0.6
"""Cost of a syllable of 变电站, 线路 … that only one of two names has."""
_MOST_READINGS: Final = 4

# Names that pypinyin reads wrongly, or characters whose reading in names is another
# one than elsewhere.
_OWN_READINGS: Final = {
    "乐陵": ("lao", "ling"), "单县": ("shan", "xian"), "莘县": ("shen", "xian"),
}  # fmt: skip
_USUAL_IN_NAMES: Final = {"长": "chang", "单": "shan", "莘": "shen"}
_LONGEST_PHRASE: Final = 4
_CHUNK = re.compile(r"[㐀-鿿]+|[^㐀-鿿]")
_CHINESE = re.compile(r"[㐀-鿿]+")

_Readings: TypeAlias = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Syllable:
    """One character as it may sound, the usual reading first."""

    readings: tuple[tuple[str, float], ...]
    """(toneless pinyin, price of reading it so)."""
    weight: float = 1.0
    lost: float = 1.0
    """What it costs if the other name has nothing in its place."""


class _Role(IntEnum):
    """What a syllable is in a name; the place in `_Sound`."""

    NAME = 0
    DIVISION = 1
    KIND = 2


_Sound: TypeAlias = tuple[Syllable, Syllable, Syllable]
"""One character as it may sound, in each role."""


@lru_cache(maxsize=1 << 16)
def syllables(folded: str) -> tuple[Syllable, ...]:
    """Read a folded text aloud: one syllable for each character as spoken."""
    text = spoken(folded)
    kinds, divisions = positions(text, KINDS), positions(text, DIVISIONS)
    roles = [_Role.NAME] * len(text)
    for role, places in ((_Role.DIVISION, divisions), (_Role.KIND, kinds)):
        for place in places:
            roles[place] = role
    sounds = (s for chunk in _CHUNK.findall(text) for s in _sounds(chunk))
    return tuple(sound[role] for sound, role in zip(sounds, roles, strict=True))


def _sounds(chunk: str) -> list[_Sound]:
    if not _CHINESE.fullmatch(chunk):
        return [_in_roles(((chunk, 0.0),))]
    return [sound for piece in _pieces(chunk) for sound in _piece(piece)]


@lru_cache(maxsize=1 << 15)
def _in_roles(readings: _Readings) -> _Sound:
    """Give the syllable in each role; a catalogue has the same few again and again."""
    return (
        Syllable(readings=readings),
        Syllable(readings=readings, weight=GENERIC_WEIGHT, lost=GENERIC_WEIGHT),
        Syllable(readings=readings, weight=GENERIC_WEIGHT, lost=LOST_KIND),
    )


def _pieces(chunk: str) -> list[str]:
    """Cut a text into the phrases that have a reading of their own, and characters.

    Longest first from the left; pypinyin's own segmentation does the same and takes
    twenty times as long over a catalogue.
    """
    phrases, starts = _phrases()
    pieces, start = [], 0
    while start < len(chunk):
        length = 1
        if chunk[start : start + 2] in starts:
            for n in range(min(_LONGEST_PHRASE, len(chunk) - start), 1, -1):
                if chunk[start : start + n] in phrases:
                    length = n
                    break
        pieces.append(chunk[start : start + length])
        start += length
    return pieces


@cache
def _phrases() -> tuple[frozenset[str], frozenset[str]]:
    """Give the phrases with a reading of their own, and how they begin."""
    from pypinyin.constants import PHRASES_DICT

    every = (*PHRASES_DICT, *_OWN_READINGS)
    phrases = frozenset(p for p in every if 2 <= len(p) <= _LONGEST_PHRASE)
    return phrases, frozenset(phrase[:2] for phrase in phrases)


@lru_cache(maxsize=1 << 15)
def _piece(piece: str) -> tuple[_Sound, ...]:
    from pypinyin import Style, pinyin  # its dictionary takes a while to load

    own = _OWN_READINGS.get(piece)
    read = pinyin(piece, style=Style.NORMAL, heteronym=True)
    result = []
    for index, (character, sounds) in enumerate(zip(piece, read, strict=True)):
        # A phrase has one reading for each character; a lone character has all of
        # them, the usual one first.
        usual = own[index] if own else _USUAL_IN_NAMES.get(character, "")
        if own or usual in sounds:
            sounds = [usual, *(s for s in sounds if s != usual)]
        result.append(
            _in_roles(
                tuple(
                    (sound, SECOND_READING if rank else 0.0)
                    for rank, sound in enumerate(sounds[:_MOST_READINGS])
                )
            )
        )
    return tuple(result)
