"""What a recogniser mishears, by syllables: the measured table and how to draw from it.

A syllable is an initial and a final, its tone ignored. `confusions.toml` counts what
was heard in place of what was said; where too little was counted, sounds that accents
and recognisers are known to mix up stand in. `confusions.txt` gives the characters of
every syllable, the commonest first.
"""

import random
import tomllib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeAlias

from app.tuning.lexicon import PHRASES

TABLE: Final = "confusions.toml"
CHARACTERS: Final = PHRASES / "confusions.txt"

Counts: TypeAlias = dict[str, dict[str, float]]
"""What was said → what was heard instead → how often."""

NEAR: Final = 0.34
"""Mean distance of syllables up to which words can still be told by their sound."""

_INITIALS: Final = (
    "zh", "ch", "sh", "b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h",
    "j", "q", "x", "r", "z", "c", "s",
)  # fmt: skip

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
_NEAR_COST: Final = 0.2
_FAR_COST: Final = 0.5

# Weights that stand in for counts: an initial or a final that was kept, one that is
# near, any other.
_KEPT: Final = 5.0
_ALIKE: Final = 2.0
_STRANGE: Final = 0.02
_MODELLED: Final = 6.0
"""Weight of all modelled confusions of a syllable beside those counted of it."""


def _near(pairs: str) -> frozenset[tuple[str, str]]:
    found = [pair.partition("/")[::2] for pair in pairs.split()]
    return frozenset([*found, *((two, one) for one, two in found)])


_ALIKE_INITIALS: Final = _near(_NEAR_INITIALS)
_ALIKE_FINALS: Final = _near(_NEAR_FINALS)


@cache
def split_sound(sound: str) -> tuple[str, str]:
    """Split toneless pinyin into initial and final: `yuan` is no initial and `van`."""
    initial = next((one for one in _INITIALS if sound.startswith(one)), "")
    final = sound[len(initial) :].replace("ü", "v")
    if not initial:
        return "", _zero_initial(sound)
    if initial in {"j", "q", "x"} and final.startswith("u"):
        final = "v" + final[1:]
    elif final == "i" and initial in {"z", "c", "s", "zh", "ch", "sh", "r"}:
        final = "-i"
    elif final == "ue":
        final = "ve"
    return initial, final


def _zero_initial(sound: str) -> str:
    whole = {"you": "iu", "yong": "iong", "wei": "ui", "wen": "un", "weng": "ueng"}
    if sound in whole:
        return whole[sound]
    for start, final in (("yu", "v"), ("yi", "i"), ("wu", "u"), ("y", "i"), ("w", "u")):
        if sound.startswith(start):
            return final + sound[len(start) :]
    return sound


@lru_cache(maxsize=1 << 18)
def sound_distance(one: str, other: str) -> float:
    """Give the distance of two syllables: 0 is the same sound, 1 nothing in common."""
    if one == other:
        return 0.0
    first, second = split_sound(one), split_sound(other)
    return _cost(first[0], second[0], _ALIKE_INITIALS) + _cost(
        first[1], second[1], _ALIKE_FINALS
    )


def _cost(one: str, other: str, alike: frozenset[tuple[str, str]]) -> float:
    if one == other:
        return 0.0
    return _NEAR_COST if (one, other) in alike else _FAR_COST


@dataclass(frozen=True, kw_only=True)
class Confusions:
    """How a recogniser errs. Shares are 0 … 1."""

    spread: float = 1.2
    """Shape of the gamma distribution of the error rate over utterances: small means
    that some are heard well and some hardly at all."""
    together: float = 0.4
    """Probability that the character after an error is an error too."""
    deleted: float = 0.1
    """Share of the errors that left a character out."""
    inserted: float = 0.06
    """Share of the errors that put one in."""
    homophone: float = 0.35
    """Share of the replaced characters whose syllable was heard right."""
    doubled: float = 0.3
    """Share of the characters put in that repeat the one before."""
    initials: Counts = field(default_factory=dict)
    finals: Counts = field(default_factory=dict)
    syllables: Counts = field(default_factory=dict)
    left_out: dict[str, float] = field(default_factory=dict)
    """Share of a syllable's errors that left it out, where it was counted."""
    put_in: dict[str, float] = field(default_factory=dict)
    """How often a syllable was heard where none was said."""


def read_confusions(path: Path = PHRASES / TABLE) -> Confusions:
    """Read a table of confusions, such as `make` writes it."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Confusions(
        **table["errors"],
        **{
            name: table.get(name, {})
            for name in ("initials", "finals", "syllables", "left_out", "put_in")
        },
    )


@cache
def read_characters(path: Path = CHARACTERS) -> dict[str, str]:
    """Read syllable → its characters, the commonest first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = (line.split() for line in lines if line and not line.startswith("#"))
    return {row[0]: row[1] for row in rows}


class Mishearing:
    """Draws what would be heard in place of a character."""

    def __init__(self, table: Confusions, rng: random.Random) -> None:
        """Draw with `rng` from `table`."""
        self.table = table
        self._rng = rng
        self._characters = read_characters()
        self._sound = {c: s for s, found in self._characters.items() for c in found}
        self._sounds = {split_sound(sound): sound for sound in self._characters}
        self._weights = {
            sound: tuple(accumulate(1 / (rank + 1) for rank in range(len(found))))
            for sound, found in self._characters.items()
        }
        self._drawn: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {}
        self._put_in = tuple(table.put_in), tuple(accumulate(table.put_in.values()))

    def sound(self, char: str) -> str:
        """Return the syllable of a character, empty where it has none."""
        found = self._sound.get(char)
        if found is None:
            found = self._sound[char] = _read_aloud(char)
        return found

    def distance(self, said: str, heard: str) -> float:
        """Give the distance of two characters by their syllables, 0 … 1."""
        if said == heard:
            return 0.0
        one, other = self.sound(said), self.sound(heard)
        return sound_distance(one, other) if one and other else 1.0

    def leaves_out(self, char: str) -> float:
        """Give the share of a character's errors that leave it out."""
        return self.table.left_out.get(self.sound(char), self.table.deleted)

    def replace(self, char: str, *, near: bool = False) -> str:
        """Return another character for one with a sound; `near`: still told by it."""
        rng, sound = self._rng, self.sound(char)
        if rng.random() < self.table.homophone:
            other = self.homophone(char)
            if other != char:
                return other
        sounds, weights = self._alternatives(sound)
        for _ in range(8):
            heard = rng.choices(sounds, cum_weights=weights)[0]
            if not near or sound_distance(sound, heard) <= NEAR:
                return self.character(heard)
        other = self.homophone(char)
        return other if other != char else self.character(heard)

    def homophone(self, char: str) -> str:
        """Return another character of the same sound; the same where there is none."""
        sound = self.sound(char)
        if len(self._characters.get(sound, "").replace(char, "")) == 0:
            return char
        while (other := self.character(sound)) == char:
            pass
        return other

    def character(self, sound: str) -> str:
        """Draw a character of a syllable, common ones more often."""
        return self._rng.choices(
            self._characters[sound], cum_weights=self._weights[sound]
        )[0]

    def extra(self, char: str) -> str:
        """Return what may be heard after a character though nothing was said."""
        sounds, weights = self._put_in
        if not sounds or self._rng.random() < self.table.doubled:
            return char
        return self.character(self._rng.choices(sounds, cum_weights=weights)[0])

    def _alternatives(self, sound: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
        found = self._drawn.get(sound)
        if found is None:
            found = self._drawn[sound] = self._weigh(sound)
        return found

    def _weigh(self, sound: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """Weigh every other syllable: counted confusions, and modelled ones below."""
        initial, final = split_sound(sound)
        initials = self.table.initials.get(initial, {})
        finals = self.table.finals.get(final, {})
        weights = {
            other: _weight(initial, one, initials.get(one, 0.0), _ALIKE_INITIALS)
            * _weight(final, two, finals.get(two, 0.0), _ALIKE_FINALS)
            for (one, two), other in self._sounds.items()
            if other != sound
        }
        scale = _MODELLED / sum(weights.values())
        counted = self.table.syllables.get(sound, {})
        sounds = tuple(weights)
        return sounds, tuple(
            accumulate(scale * weights[one] + counted.get(one, 0.0) for one in sounds)
        )


def _weight(
    said: str, heard: str, counted: float, alike: frozenset[tuple[str, str]]
) -> float:
    if heard == said:
        return counted + _KEPT
    return counted + (_ALIKE if (said, heard) in alike else _STRANGE)


def _read_aloud(char: str) -> str:
    if not "㐀" <= char <= "鿿":
        return ""
    from pypinyin import lazy_pinyin

    sound = lazy_pinyin(char)[0]
    return sound if sound.isascii() and sound.isalpha() else ""
