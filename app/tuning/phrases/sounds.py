"""Syllables without their tone: how they are split, and how far two are apart.

Sounds that accents and recognisers are known to mix up are near. The desk's directory
of sites has a finer measure of its own; here it must only be plain what can still be
told by its sound.
"""

from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from app.core.sounds import initial_and_final
from app.tuning.phrases.lexicon import PHRASES

CHARACTERS: Final = PHRASES / "confusions.txt"
WORDS: Final = PHRASES / "confusions.words.txt"

NEAR: Final = 0.34
"""Mean distance of syllables up to which words can still be told by their sound."""

_NEAR_INITIALS: Final = (
    "z/zh c/ch s/sh n/l f/h l/r b/p d/t g/k g/h k/h j/q q/x j/x z/c c/s zh/ch ch/sh "
    "zh/r sh/r j/zh q/ch x/sh j/z q/c x/s m/n d/l"
)
_NEAR_FINALS: Final = (
    "in/ing en/eng an/ang ian/iang uan/uang un/ong en/un eng/ong ing/iong vn/in "
    "vn/iong i/v i/-i i/in e/uo o/uo e/o e/-i u/v u/ou u/uo ai/ei ei/ui ei/i ai/uai "
    "ao/ou iao/iu ao/iao ou/iu ian/in ian/an ian/van uan/an uan/van uang/ang iang/ang "
    "a/ia a/ua a/an ia/ie ie/ve ie/i ie/ian e/ei e/en e/er i/ing ui/un uo/ou"
)
_NASAL: Final = frozenset(("n", "ng", "m", "hm"))
"""嗯 and the like."""
_NEAR_COST: Final = 0.2
_FAR_COST: Final = 0.5


def _near(pairs: str) -> frozenset[tuple[str, str]]:
    found = [pair.partition("/")[::2] for pair in pairs.split()]
    return frozenset([*found, *((two, one) for one, two in found)])


ALIKE_INITIALS: Final = _near(_NEAR_INITIALS)
ALIKE_FINALS: Final = _near(_NEAR_FINALS)


@cache
def split_sound(sound: str) -> tuple[str, str]:
    """Split toneless pinyin into initial and final: `yuan` is no initial and `van`."""
    if sound in _NASAL:
        return "", "en"
    return initial_and_final(sound.replace("ü", "v"))


@lru_cache(maxsize=1 << 18)
def sound_distance(one: str, other: str) -> float:
    """Give the distance of two syllables: 0 is the same sound, 1 nothing in common."""
    if one == other:
        return 0.0
    first, second = split_sound(one), split_sound(other)
    return _cost(first[0], second[0], ALIKE_INITIALS) + _cost(
        first[1], second[1], ALIKE_FINALS
    )


def _cost(one: str, other: str, alike: frozenset[tuple[str, str]]) -> float:
    if one == other:
        return 0.0
    return _NEAR_COST if (one, other) in alike else _FAR_COST


@cache
def read_characters(path: Path = CHARACTERS) -> dict[str, str]:
    """Read syllable → its characters, the commonest first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


@cache
@cache
def chinese_characters() -> str:
    """Return the 6 763 Chinese characters of GB 2312, in its order."""
    return "".join(
        bytes((high, low)).decode("gb2312")
        for high in range(0xB0, 0xF8)
        for low in range(0xA1, 0xFF)
        # The first level ends five characters short of its last row.
        if not (high == 0xD7 and low > 0xF9)
    )


def read_words(path: Path = WORDS) -> tuple[str, ...]:
    """Read words of two characters, the commonest first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(word for line in lines if line[:1] != "#" for word in line.split())


def sound_of(char: str) -> str:
    """Return the syllable of a character, empty where it has none."""
    found = _sounds().get(char)
    return _read_aloud(char) if found is None else found


@cache
def _sounds() -> dict[str, str]:
    return {char: sound for sound, found in read_characters().items() for char in found}


def distance(said: str, heard: str) -> float:
    """Give the distance of two characters by their syllables, 0 … 1."""
    if said == heard:
        return 0.0
    one, other = sound_of(said), sound_of(heard)
    return sound_distance(one, other) if one and other else 1.0


@cache
def _read_aloud(char: str) -> str:
    if not "㐀" <= char <= "鿿":
        return ""
    from pypinyin import lazy_pinyin

    sound = lazy_pinyin(char)[0]
    return sound if sound.isascii() and sound.isalpha() else ""
