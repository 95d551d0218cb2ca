"""Whether the other hearings of the same audio bear out what is followed.

The ear that knows only the desk's words hears everything as one of them: a town that
the directory does not have becomes the site that sounds most like it, and in a long
sentence the two readings still agree as a whole. The free ear knows the town. So each
place is compared by itself: somewhere in the free reading there must be syllables that
sound like it, or it is asked.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

from app.agent.lexicon import lexicon
from app.agent.questions import calls_of, short
from app.agent.reading import Reading, Spoken
from app.agent.weighing import Hearing
from app.core import numerals
from app.core.model import Utterance
from app.core.sounds import sound_distance

NEAR: Final = 0.26
"""Mean distance of the syllables up to which a name is borne out."""
_SAME: Final = 0.5
"""Distance of one syllable up to which it may be misheard, however long the name:
城东变电站 and 城西变电站 are two places."""

FAR_APART: Final = 0.15
"""Distance of the two hearings beyond which nothing is dispatched without a question.

The interpreter's reading is followed up to a greater one, but where the ears differ in
every sixth syllable a whole call may be missing: of 75 development recordings that
would otherwise have been dispatched 4 lie beyond, and 1 of the 4 had lost a site.
"""

_NUMBER = re.compile(rf"\d+|[{numerals.CHARACTERS}]+(?=千伏|号|期|标段|回|楼|栋|层)")
_NUMBER_SIGN = re.compile(r"#(\d+)|(\d+)#")
_KILOVOLT = re.compile("kv", re.IGNORECASE)
_PUNCTUATION = re.compile(r"[\W_]+")


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
    if utterance.lexicon_text and utterance.free_text:
        name = unwitnessed(followed.spoken, utterance.free_text)
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


def unwitnessed(spoken: Iterable[Spoken], heard: str) -> str:
    """Give the name of the first site that the free reading does not bear out.

    Empty: every one is somewhere in it as it sounds: by the words that were taken for
    it where they are a name of it, else by its name or an alias.
    """
    written = _written(heard)
    for one in spoken:
        if one.site is None or one.resolution is None:
            continue
        names = dict.fromkeys((one.site.name, *one.site.aliases))
        if one.resolution.exact:
            names[one.place] = None
        own = frozenset(map(_written, names))
        if not any(_is_in(name, written, own) for name in own):
            return one.site.name
    return ""


def _is_in(name: str, heard: str, own: frozenset[str]) -> bool:
    """Whether the name is somewhere in what was heard, and not as another town's."""
    wanted, syllables = _aloud(name), _aloud(heard)
    size = len(wanted)
    return size > 0 and any(
        _is_near(wanted, syllables[start : start + size])
        and _may_be(heard[start : start + size], own)
        for start in range(len(syllables) - size + 1)
    )


def _may_be(heard: str, own: frozenset[str]) -> bool:
    """Whether words may be a misspelt name: not where they are another town's.

    临邑 sounds like 临沂, and 海宁 near enough to 寒亭.
    """
    return heard in own or heard not in lexicon().landmarks


def _is_near(name: Sequence[str], heard: Sequence[str]) -> bool:
    apart = [sound_distance(one, other) for one, other in zip(name, heard, strict=True)]
    return max(apart) <= _SAME and sum(apart) / len(apart) <= NEAR


@lru_cache(maxsize=8192)
def _aloud(written: str) -> tuple[str, ...]:
    """Give one syllable for each character, without tone; digits stay digits."""
    from pypinyin import lazy_pinyin  # its dictionary takes a while to load

    # A list is allowed, though its types do not say so.
    return tuple(lazy_pinyin(written, errors=_each))  # type: ignore[arg-type]


def _each(others: str) -> list[str]:
    return list(others)


@lru_cache(maxsize=8192)
def _written(words: str) -> str:
    """Give words without punctuation, and their numbers in digits.

    A recogniser may write 五百千伏, 幺幺零千伏 or 3号: a number is compared by value,
    digit by digit, and none sounds like another.
    """
    text = _KILOVOLT.sub("千伏", unicodedata.normalize("NFKC", words))
    text = _NUMBER_SIGN.sub(lambda sign: f"{sign[1] or sign[2]}号", text)
    return _PUNCTUATION.sub("", _NUMBER.sub(_digits, text))


def _digits(number: re.Match[str]) -> str:
    run = number[0]
    return run if run.isdecimal() else str(numerals.value(run))
