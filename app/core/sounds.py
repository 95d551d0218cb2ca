"""How far two spoken syllables are apart.

A syllable is split into initial, medial, nucleus and coda; the tone is ignored, since
a recogniser that mishears a name keeps it no better than the rest. Confusions that
accents and recognisers make (zh/z, n/l, an/ang …) are cheap, strange ones cost up to
a whole syllable.
"""

from functools import cache, lru_cache
from typing import Final

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


@cache
def split(sound: str) -> tuple[str, str, str, str] | None:
    """Split toneless pinyin into initial, medial, nucleus, coda; None: no pinyin."""
    initial, rest = initial_and_final(sound)
    final = _FINALS.get(rest)
    return None if final is None else (initial, *final)


def initial_and_final(sound: str) -> tuple[str, str]:
    """Split toneless pinyin: `zhi` is zh and -i, `yuan` is no initial and `van`."""
    initial = next((i for i in _INITIALS if sound.startswith(i)), "")
    if not initial:
        return "", _zero_initial(sound)
    rest = sound[len(initial) :]
    if initial in ("j", "q", "x") and rest.startswith("u"):
        rest = "v" + rest[1:]
    elif rest == "i" and initial in ("z", "c", "s", "zh", "ch", "sh", "r"):
        rest = "-i"
    elif rest == "ue":
        rest = "ve"
    return initial, rest


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
