"""What a recogniser would write in place of what was said, from a table of confusions.

The table (`confusions.toml`) is made by `confusion`. What was counted weighs most;
below it stand confusions modelled by initial and final, so that a syllable that was
never counted is misheard like its neighbours, and at the least sounds known to be near.
"""

import math
import random
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path
from typing import Final, TypeAlias

from app.core.errors import BadInputError
from app.tuning.phrases.lexicon import PHRASES
from app.tuning.phrases.sounds import (
    ALIKE_FINALS,
    ALIKE_INITIALS,
    NEAR,
    read_characters,
    read_words,
    sound_distance,
    sound_of,
    split_sound,
)

TABLE: Final = "confusions.toml"

_SHARES: Final = (
    "spread", "together", "deleted", "inserted", "homophone", "doubled", "places",
)  # fmt: skip

_NESTED: Final = ("initials", "finals", "syllables")
_FLAT: Final = ("left_out", "put_in")

_REMAKE: Final = "请用 python -m app.tuning.phrases.confusion 重新生成。"


class TableError(BadInputError, ValueError):
    """A table of confusions that cannot be used; says why."""

    code = "tuning.confusions"


Counts: TypeAlias = dict[str, dict[str, float]]
"""What was said → what was heard instead → how often."""

_HIGHEST: Final = 0.6
"""Above this rate a stretch is not speech but noise."""

# Weights that stand in for counts: an initial or a final that was kept, one that is
# near, any other.
_KEPT: Final = 5.0
_ALIKE: Final = 2.0
_STRANGE: Final = 0.02
_MODELLED: Final = 6.0
"""Weight of all modelled confusions of a syllable beside those counted of it."""
_TRIES: Final = 5
"""How often syllables are drawn to find some that are a word: a recogniser writes
words, 济南 becomes 技能."""


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
    places: float = 1.0
    """How many times as often a character of a name is an error as another."""
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

    def chances(self, rate: float, named: Sequence[bool]) -> list[tuple[float, float]]:
        """Give the chances of an error at each character, by what came before.

        Over many utterances an error is as probable as `rate` says for the whole, in
        names `places` times as probable as elsewhere.

        Args:
            rate: Errors to expect for a character, 0 … 1.
            named: Whether each character is of a name.

        Returns:
            The chance after a character that was heard well, and after an error.
        """
        weights = [self.places if one else 1.0 for one in named]
        scale = rate * len(weights) / max(sum(weights), 1.0)
        found, last = [], 0.0
        for weight in weights:
            here = min(scale * weight, _HIGHEST)
            # Errors do not run on from a name into what is heard much better.
            after = min(self.together, here / last) if last else here
            found.append(((here - last * after) / (1 - last), after))
            last = here
        return found


def read_confusions(path: Path = PHRASES / TABLE) -> Confusions:
    """Read a table of confusions, such as `confusion` makes it.

    Raises:
        TableError: It cannot be read; says why.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TableError(
            f"无法读取混淆表 {path}: {error.strerror or error}", "请检查文件名和权限。"
        ) from error
    except ValueError as error:
        raise TableError(
            f"混淆表 {path.name} 不是合格的 TOML ({error})", _REMAKE
        ) from error
    shares = table.get("errors")
    if not isinstance(shares, dict) or set(shares) != set(_SHARES):
        raise TableError(
            f"混淆表 {path.name} 的 [errors] 应当恰好有 {', '.join(_SHARES)}", _REMAKE
        )
    flat = {name: table.get(name, {}) for name in _FLAT}
    nested = {name: table.get(name, {}) for name in _NESTED}
    for counts in (shares, *flat.values(), *_inside(nested)):
        if not isinstance(counts, dict) or not all(map(_is_count, counts.values())):
            raise TableError(f"混淆表 {path.name} 里有的值不是非负数", _REMAKE)
    if not shares["spread"]:
        raise TableError(f"混淆表 {path.name} 的 spread 应当大于零", _REMAKE)
    return Confusions(**shares, **flat, **nested)


def _inside(tables: dict[str, object]) -> Iterator[object]:
    """Give the tables that stand in tables; what is no table as it is."""
    for table in tables.values():
        if isinstance(table, dict):
            yield from table.values()
        else:
            yield table


def _is_count(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value < math.inf


def as_toml(table: Confusions, figures: dict[str, float]) -> str:
    """Write a table as `read_confusions` reads it, with what it was counted on."""
    shares = {
        "errors": {name: getattr(table, name) for name in _SHARES},
        "left_out": table.left_out,
        "put_in": table.put_in,
    }
    counts = {
        name: getattr(table, name) for name in ("initials", "finals", "syllables")
    }
    lines = [
        "# How the recogniser errs, by app/tuning/phrases/confusion.py; rare ones are",
        "# filled in from sounds known to be near, see mishearing.py beside it.",
    ]
    for title, values in ({"measured": figures} | shares).items():
        lines += ["", f"[{title}]"]
        lines += [f"{_key(name)} = {value:g}" for name, value in values.items()]
    for title, said in counts.items():
        lines += ["", f"[{title}]"]
        for name, heard in said.items():
            inside = ", ".join(f"{_key(one)} = {n:g}" for one, n in heard.items())
            lines.append(f"{_key(name)} = {{ {inside} }}")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name or '""'


class Mishearing:
    """Draws what would be heard in place of a character."""

    def __init__(self, table: Confusions, rng: random.Random) -> None:
        """Draw with `rng` from `table`."""
        self.table = table
        self._rng = rng
        self._characters = read_characters()
        self._sounds = {split_sound(sound): sound for sound in self._characters}
        self._weights = {
            sound: tuple(accumulate(1 / (rank + 1) for rank in range(len(found))))
            for sound, found in self._characters.items()
        }
        self._drawn: dict[str, tuple[tuple[str, ...], tuple[float, ...]]] = {}
        self._words: dict[tuple[str, str], list[str]] = {}
        self._after: dict[tuple[str, str], str] = {}
        self._before: dict[tuple[str, str], str] = {}
        for word in read_words():
            one, two = word[0], word[1]
            sounds = sound_of(one), sound_of(two)
            self._words.setdefault(sounds, []).append(word)
            self._after[one, sounds[1]] = self._after.get((one, sounds[1]), "") + two
            self._before[sounds[0], two] = self._before.get((sounds[0], two), "") + one
        self._put_in = tuple(table.put_in), tuple(accumulate(table.put_in.values()))

    def leaves_out(self, char: str) -> float:
        """Give the share of a character's errors that leave it out."""
        return self.table.left_out.get(sound_of(char), self.table.deleted)

    def replace(
        self, char: str, *, near: bool = False, left: str = "", right: str = ""
    ) -> str:
        """Return another character for one with a sound.

        Args:
            char: What was said.
            near: Whether it must still be told by its sound.
            left: The character heard before it; a word with it is preferred.
            right: The character heard after it, likewise.
        """
        first = ""
        for _ in range(_TRIES):
            sound = self._hear(char, near=near)
            found = self._after.get((left, sound), "")
            found += self._before.get((sound, right), "")
            found = found.replace(char, "")
            if found:
                return self._rng.choice(found)
            first = first or sound
        return self.character(first, but=char)

    def replace_two(self, said: str, *, near: tuple[bool, bool]) -> str:
        """Return two other characters for two, a word where there is one."""
        sounds = ("", "")
        for _ in range(_TRIES):
            heard = self._hear(said[0], near=near[0]), self._hear(said[1], near=near[1])
            words = [
                word
                for word in self._words.get(heard, ())
                if word[0] != said[0] and word[1] != said[1]
            ]
            if words:
                return self._rng.choice(words)
            sounds = sounds if sounds[0] else heard
        return "".join(
            self.character(sound, but=char)
            for char, sound in zip(said, sounds, strict=True)
        )

    def _hear(self, char: str, *, near: bool) -> str:
        """Draw the syllable that is heard, one that another character has."""
        rng, sound = self._rng, sound_of(char)
        alone = not self._characters.get(sound, "").replace(char, "")
        if not alone and rng.random() < self.table.homophone:
            return sound
        sounds, weights = self._alternatives(sound)
        for _ in range(8):
            heard = rng.choices(sounds, cum_weights=weights)[0]
            if not near or sound_distance(sound, heard) <= NEAR:
                return heard
        return heard if alone else sound

    def homophone(self, char: str) -> str:
        """Return another character of the same sound; the same where there is none."""
        sound = sound_of(char)
        alone = not self._characters.get(sound, "").replace(char, "")
        return char if alone else self.character(sound, but=char)

    def character(self, sound: str, *, but: str = "") -> str:
        """Draw a character of a syllable, common ones more often."""
        found, weights = self._characters[sound], self._weights[sound]
        while (drawn := self._rng.choices(found, cum_weights=weights)[0]) == but:
            pass
        return drawn

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
            other: _weight(initial, one, initials.get(one, 0.0), ALIKE_INITIALS)
            * _weight(final, two, finals.get(two, 0.0), ALIKE_FINALS)
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
