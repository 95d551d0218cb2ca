"""How a place is written: folding, numbers, generic words around a name.

Folding makes two spellings of one thing equal (full width, blanks, kV, 2#, 五百千伏);
it never makes two things equal.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from app.core import numerals

SUFFIXES: Final = (
    "施工现场", "作业现场", "工程现场", "项目现场", "工地现场", "建筑工地", "施工工地",
    "项目部", "施工点", "作业点", "施工区", "作业面", "工地", "现场", "站点", "工区",
    "里面", "上面", "那边", "这边", "那里", "这里", "那儿", "这儿", "那块", "这块",
    "那个", "这个", "当地", "方面", "那头", "的",
)  # fmt: skip
"""Words after a name that say no more than "the site there"."""

_AFTER_A_SUFFIX: Final = ("上", "里")
_PREFIXES: Final = ("位于", "在", "工地", "那个", "这个", "到", "去")

KINDS: Final = (
    "千伏", "变电站", "换流站", "开关站", "输电线路", "配电线路", "线路", "工程",
    "项目", "改造", "扩建", "新建", "迁改", "施工", "标段", "工地", "现场",
    "站", "变", "线",
)  # fmt: skip
"""Parts that many names share; equal, they say little. But 济南站 is not 济南."""

DIVISIONS: Final = ("市", "区", "县", "省")
"""Parts that are said or left out as one likes."""

_UNITS: Final = "千伏|号|期|标段|回"
_NUMERAL = re.compile(
    rf"[{numerals.CHARACTERS}]+(?={_UNITS})",
)
_ARABIC = re.compile(r"\d+")
_KILOVOLT = re.compile(r"(?<=[\d十百千零幺一二三四五六七八九])\s*(?:kv|千伏特)")
_NUMBER_SIGN = re.compile(r"#(\d+)|(\d+)#")
_NO_PART_OF_A_NAME = re.compile(r"[\W_]+")


@lru_cache(maxsize=65536)
def fold(words: str) -> str:
    """Give the spelling that all spellings of the same name share."""
    text = unicodedata.normalize("NFKC", words).casefold()
    text = "".join(text.split())
    text = _NUMBER_SIGN.sub(lambda m: f"{m[1] or m[2]}号", text)
    text = _KILOVOLT.sub("千伏", text)
    text = _NO_PART_OF_A_NAME.sub("", text)
    return _NUMERAL.sub(lambda m: str(numerals.value(m[0])), text)


def spoken(folded: str) -> str:
    """Write the numbers of a folded text as they are spoken."""
    return _ARABIC.sub(lambda m: numerals.cardinal(m[0]), folded)


def shells(folded: str) -> tuple[str, ...]:
    """Give the text, then the text with ever fewer generic words around it.

    The whole text comes first, so that a name that ends in 工地 stays that name. The
    last form is empty when there is nothing but generic words.
    """
    seen = [folded]
    text = folded
    while (shorter := _without_one_shell(text)) != text:
        text = shorter
        seen.append(text)
    return tuple(seen)


def _without_one_shell(text: str) -> str:
    for ending in _AFTER_A_SUFFIX:
        bare = text.removesuffix(ending)
        if bare != text and bare.endswith(("工地", "现场")):
            return bare
    for suffix in SUFFIXES:
        if text.endswith(suffix):
            return text.removesuffix(suffix)
    for prefix in _PREFIXES:
        # 在平 heard for 茌平 keeps its two syllables.
        if text.startswith(prefix) and len(text) >= len(prefix) + 2:
            return text.removeprefix(prefix)
    return text


_VOLTAGE = re.compile(r"(.{2,}?)(\d+千伏)(.+)|(\d+千伏)(.{3,})")


def trade_forms(folded: str) -> frozenset[str]:
    """Give the other ways to say a name with a voltage: 泉城500千伏变电站, 泉城变."""
    match = _VOLTAGE.fullmatch(folded)
    if match is None:
        return frozenset()
    if match[1]:
        place, voltage, kind = match[1], match[2], match[3]
        whole = {place + kind, voltage + place + kind}
    else:
        voltage, named = match[4], match[5]
        whole = {named}
    short = {
        form.removesuffix("变电站") + "变" for form in whole if form.endswith("变电站")
    }
    return frozenset(whole | short)


def positions(text: str, parts: tuple[str, ...]) -> frozenset[int]:
    """Say which characters belong to one of these parts.

    The first two characters of a name are the name: 新区 is one as well.
    """
    found: set[int] = set()
    for part in parts:
        start = text.find(part, 2)
        while start >= 0:
            found.update(range(start, start + len(part)))
            start = text.find(part, start + 1)
    return frozenset(found)
