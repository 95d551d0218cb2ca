"""How a place sounds, and how far two sounds are apart.

A syllable is split into initial, medial, nucleus and coda; the tone is ignored, since
a recogniser that mishears a name keeps it no better than the rest. Confusions that
accents and recognisers make (zh/z, n/l, an/ang …) are cheap, strange ones cost up to
a whole syllable.
"""

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import cache, lru_cache
from typing import Final, TypeAlias

from app.sites.spelling import DIVISIONS, KINDS, positions, spoken

_INITIALS: Final = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h",
    "j", "q", "x", "r", "z", "c", "s",
)  # fmt: skip

_FINALS: Final = {
    "a": ("", "a", ""), "o": ("u", "o", ""), "e": ("", "e", ""),
    "ai": ("", "a", "i"), "ei": ("", "e", "i"), "ao": ("", "a", "u"),
    "ou": ("", "e", "u"), "an": ("", "a", "n"), "en": ("", "e", "n"),
    "ang": ("", "a", "ng"), "eng": ("", "e", "ng"), "ong": ("u", "o", "ng"),
    "er": ("", "e", "r"), "-i": ("", "ï", ""), "ê": ("", "ê", ""),
    "i": ("i", "i", ""), "ia": ("i", "a", ""), "ie": ("i", "ê", ""),
    "iao": ("i", "a", "u"), "iu": ("i", "e", "u"), "ian": ("i", "a", "n"),
    "in": ("i", "e", "n"), "iang": ("i", "a", "ng"), "ing": ("i", "e", "ng"),
    "iong": ("v", "o", "ng"), "io": ("i", "o", ""),
    "u": ("u", "u", ""), "ua": ("u", "a", ""), "uo": ("u", "o", ""),
    "uai": ("u", "a", "i"), "ui": ("u", "e", "i"), "uan": ("u", "a", "n"),
    "un": ("u", "e", "n"), "uang": ("u", "a", "ng"), "ueng": ("u", "e", "ng"),
    "v": ("v", "v", ""), "ve": ("v", "ê", ""), "van": ("v", "a", "n"),
    "vn": ("v", "e", "n"),
}  # fmt: skip
"""Final → medial, nucleus, coda."""


def _pairs(*rows: tuple[float, str]) -> dict[frozenset[str], float]:
    return {
        frozenset(pair.split("/")): cost for cost, row in rows for pair in row.split()
    }


_INITIAL_COST: Final = _pairs(
    (0.15, "z/zh c/ch s/sh n/l f/h l/r"),
    (0.25, "b/p d/t g/k j/q z/c zh/ch j/zh q/ch x/sh j/z q/c x/s"),
    (0.35, "m/n h/k c/s ch/s ch/sh q/x d/g b/d p/t t/k r/zh r/sh j/x"),
)
_NUCLEUS_COST: Final = _pairs(
    (0.1, "i/v i/ï"),
    (0.15, "e/o e/ê o/u"),
    (0.25, "a/e a/o a/ê e/ï e/i e/u u/v"),
)
_CODA_COST: Final = _pairs((0.1, "n/ng"))

_OTHER_INITIAL: Final = 0.5
_OTHER_MEDIAL: Final = 0.2
_OTHER_NUCLEUS: Final = 0.35
_OTHER_CODA: Final = 0.3
_MOST_FINAL: Final = 0.6

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


@cache
def split(sound: str) -> tuple[str, str, str, str] | None:
    """Split toneless pinyin into initial, medial, nucleus, coda; None: no pinyin."""
    initial = next((i for i in _INITIALS if sound.startswith(i)), "")
    rest = sound[len(initial) :]
    if not initial:
        rest = _zero_initial(sound)
    elif initial in ("j", "q", "x") and rest.startswith("u"):
        rest = "v" + rest[1:]
    elif rest == "i" and initial in ("z", "c", "s", "zh", "ch", "sh", "r"):
        rest = "-i"
    elif rest == "ue":
        rest = "ve"
    final = _FINALS.get(rest)
    return None if final is None else (initial, *final)


def _zero_initial(sound: str) -> str:
    """Write 'yuan' as 'van', 'you' as 'iu', 'wen' as 'un'."""
    whole = {"you": "iu", "yong": "iong", "wei": "ui", "wen": "un", "weng": "ueng"}
    if sound in whole:
        return whole[sound]
    for start, final in (("yu", "v"), ("yi", "i"), ("wu", "u"), ("y", "i"), ("w", "u")):
        if sound.startswith(start):
            return final + sound[len(start) :]
    return sound


def sound_distance(one: str, other: str) -> float:
    """Give the distance of two syllables, 0 (same but for the tone) … 1."""
    if one == other:
        return 0.0
    return _sound_distance(*sorted((one, other)))


@lru_cache(maxsize=1 << 18)
def _sound_distance(one: str, other: str) -> float:
    first, second = split(one), split(other)
    if first is None or second is None:
        return 1.0
    final = (
        _cost(first[1], second[1], {}, _OTHER_MEDIAL)
        + _cost(first[2], second[2], _NUCLEUS_COST, _OTHER_NUCLEUS)
        + _cost(first[3], second[3], _CODA_COST, _OTHER_CODA)
    )
    initial = _cost(first[0], second[0], _INITIAL_COST, _OTHER_INITIAL)
    return min(1.0, initial + min(final, _MOST_FINAL))


def _cost(
    one: str, other: str, known: dict[frozenset[str], float], unknown: float
) -> float:
    return 0.0 if one == other else known.get(frozenset((one, other)), unknown)


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
