"""Whether the free ear bears out the places that the lexicon's ear heard.

The ear that knows only the desk's words hears everything as one of them: a town that
the directory does not have becomes the site that sounds most like it, and in a long
sentence the two readings still agree as a whole. The free ear knows the town. So each
place is compared by itself: somewhere in the free reading there must be syllables that
sound like it, or it is asked.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from app.agent.check_words import sounds
from app.core.model import Site

NEAR: Final = 0.26
"""Mean distance of the syllables up to which a name is borne out; of two syllables one
may have another initial or another final, not both."""

_INITIALS: Final = (
    *("b", "p", "m", "f", "d", "t", "n", "l", "g", "k", "h"),
    *("j", "q", "x", "r", "z", "c", "s", "y", "w"),
)


def unwitnessed(sites: Iterable[Site], heard: str) -> str:
    """Give the name of the first site that the free reading does not bear out.

    Empty: every one is somewhere in it, by its name or an alias, as it sounds.
    """
    syllables = sounds(heard)
    for site in sites:
        names = (site.name, *site.aliases)
        if not any(_is_in(sounds(name), syllables) for name in names):
            return site.name
    return ""


def _is_in(name: Sequence[str], heard: Sequence[str]) -> bool:
    size = len(name)
    return any(
        _distance(name, heard[start : start + size]) <= NEAR
        for start in range(len(heard) - size + 1)
    )


def _distance(name: Sequence[str], heard: Sequence[str]) -> float:
    apart = [_apart(one, other) for one, other in zip(name, heard, strict=True)]
    return sum(apart) / max(1, len(apart))


@lru_cache(maxsize=65_536)
def _apart(one: str, other: str) -> float:
    """Give 0 for the same syllable, 0.5 where initial or final is shared, else 1."""
    if one == other:
        return 0.0
    mine, theirs = _parts(one), _parts(other)
    return 0.5 if mine[0] == theirs[0] or mine[1] == theirs[1] else 1.0


def _parts(syllable: str) -> tuple[str, str]:
    if syllable[:1] in _INITIALS:
        return syllable[:1], syllable[1:]
    return "", syllable
