"""Whether the other hearings of the same audio bear out what is followed.

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
from app.agent.questions import calls_of, short
from app.agent.reading import Reading
from app.agent.weighing import Hearing
from app.core.model import Site, Utterance

NEAR: Final = 0.26
"""Mean distance of the syllables up to which a name is borne out: of two, one may have
another final, or an initial that is easily taken for its own."""

_CONFUSED: Final = ("bp", "dt", "gk", "nlr", "fh", "jqx", "zcs", "wyh")
"""Initials that are taken for one another; zh, ch and sh are z, c and s here."""
_INITIALS: Final = frozenset("bpmfdtnlgkhjqxrzcsyw")


_UNREAD: Final = "听不懂"
"""How a doubt ends that only says that some words are strange."""


def misheard(
    utterance: Utterance, followed: Reading, rules: Reading, others: Sequence[Hearing]
) -> str:
    """Say in a clause what other hearings make doubtful; empty: nothing."""
    heard = f"听到「{short(utterance.text)}」"
    if _names_others(followed, others):
        return f"{heard}, 但也可能听成别的"
    if _denies(rules, others):
        return f"{heard}, 但也可能听成不要查"
    calls = calls_of(followed.spoken) or ()
    if utterance.lexicon_text and utterance.free_text:
        name = unwitnessed((call.site for call in calls), utterance.free_text)
        if name:
            return f"{heard}, 但「{name}」可能听错了"
    return ""


def _names_others(followed: Reading, others: Sequence[Hearing]) -> bool:
    """Whether another hearing leads to calls at other sites."""
    own = {call.site for call in calls_of(followed.spoken) or ()}
    found = (calls_of(one.reading.spoken) for one in others)
    return any({call.site for call in calls} != own for calls in found if calls)


def _denies(rules: Reading, others: Sequence[Hearing]) -> bool:
    """Whether another hearing has a negation, an exception or another time in it.

    Only one of the two ears may have heard the 别 of 别查.
    """
    own = set(rules.doubts)
    return any(
        one.reading.forbidden > rules.forbidden
        or one.reading.sweeps > rules.sweeps
        or one.reading.excepting > rules.excepting
        or any(not why.endswith(_UNREAD) for why in {*one.reading.doubts} - own)
        for one in others
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
    """Give how different two syllables sound, 0 … 1."""
    if one == other:
        return 0.0
    (mine, final), (theirs, ending) = _parts(one), _parts(other)
    if final != ending:
        return 0.5 if mine == theirs else 1.0
    confused = any(mine in group and theirs in group for group in _CONFUSED)
    return 0.25 if mine and theirs and confused else 0.75


def _parts(syllable: str) -> tuple[str, str]:
    if syllable[:1] in _INITIALS:
        return syllable[:1], syllable[1:]
    return "", syllable
