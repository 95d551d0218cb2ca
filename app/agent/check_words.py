"""Where in a sentence the checks are named, as said and as a recogniser writes them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from app.agent.lexicon import CheckWords, Lexicon
from app.core.model import Check

_PERSON = re.compile("[人谁工岗勤员个名]|师傅|签到")
_MAX_CHECKS = 40
_NEAR_NEEDS = re.compile("[和跟与及的,]$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A check, and the words that name it."""

    start: int
    end: int
    check: Check
    near: bool
    """Whether only the sounds are those of the check."""


def find_checks(text: str, words: Lexicon) -> list[Hit]:
    """Give the checks in spoken order, the longest expression at each place."""
    found = [
        Hit(match.start(), match.end(), check, near=False)
        for check, table in words.checks.items()
        for pattern in table.exact
        for match in pattern.finditer(text)
        if match[0] and "," not in match[0]
    ]
    kept = _longest(found)
    near = [
        hit
        for check, table in words.checks.items()
        for hit in _near_hits(text, check, table)
        if not kept or _NEAR_NEEDS.search(text[: hit.start])
    ]
    for hit in _longest(near):
        if all(hit.end <= one.start or hit.start >= one.end for one in kept):
            kept.append(hit)
    kept.sort(key=lambda hit: hit.start)
    return [
        hit
        for before, hit in zip([None, *kept], kept, strict=False)
        if before is None or not _counts_those(text, before, hit)
    ][:_MAX_CHECKS]


def _counts_those(text: str, before: Hit, hit: Hit) -> bool:
    """Whether a count belongs to the check before it.

    戴安全帽的|人多不多 and 防护|到不到位 are one check; 电笔带了吗|到齐没有 are two.
    """
    if hit.check is not Check.HEADCOUNT or before.check is Check.HEADCOUNT:
        return False
    between = text[before.end : hit.start]
    if between == "的" or (not between and text[before.end - 1] == "的"):
        return True
    if not between and text[: before.end].endswith("的人"):
        return True
    said = text[hit.start : hit.end]
    return (
        not between
        and text[before.end - 1] not in "吗没了呢吧么"
        and said[0] in "到够齐全缺少差多"
        and _PERSON.search(said) is None
    )


def _longest(hits: list[Hit]) -> list[Hit]:
    kept: list[Hit] = []
    for hit in sorted(hits, key=lambda one: (one.start - one.end, one.start)):
        if all(hit.end <= one.start or hit.start >= one.end for one in kept):
            kept.append(hit)
    return kept


def _near_hits(text: str, check: Check, table: CheckWords) -> Iterator[Hit]:
    for pattern in table.near:
        for match in pattern.finditer(text):
            if match[0]:
                yield Hit(match.start(), match.end(), check, near=True)
    for noun in table.sounds:
        wanted = sounds(noun)
        for start in range(len(text) - len(noun) + 1):
            window = text[start : start + len(noun)]
            if window != noun and window.isalpha() and sounds(window) == wanted:
                yield Hit(start, start + len(noun), check, near=True)


@lru_cache(maxsize=8192)
def sounds(words: str) -> tuple[str, ...]:
    """Give the syllables without tone, and without what accents confuse."""
    from pypinyin import lazy_pinyin

    return tuple(_blur(syllable) for syllable in lazy_pinyin(words))


def _blur(syllable: str) -> str:
    for sharp, blurred in (("zh", "z"), ("ch", "c"), ("sh", "s")):
        if syllable.startswith(sharp):
            syllable = blurred + syllable[2:]
    return re.sub("(?<=[aei]n)g$", "", syllable)
