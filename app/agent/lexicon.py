"""The words of the rule reader, from `resources/rules`, compiled once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.agent.prompts import clean_speech
from app.core.model import Check
from app.system.paths import resources

PLACE_MARKS = "\ue000-\ue0ff"
"""Private characters that stand for a place which was found; regex class body."""

CHECK_MARKS = "\ue100-\ue1ff"
"""Private characters that stand for a check which was found."""

_PHRASE = 3.5
"""Blanks between pieces of this mean length stand between phrases, not words."""

_DIGITS = str.maketrans("0123456789〇", "零一二三四五六七八九零")


def place_mark(index: int) -> str:
    """Give the character that stands for the place number `index`."""
    return chr(0xE000 + index)


def check_mark(index: int) -> str:
    """Give the character that stands for the check number `index`."""
    return chr(0xE100 + index)


_NOUN = (
    "(?:人数|人员|出勤|考勤|签到|安全帽|头盔|帽子|安全检查"
    "|设备检查|[试验]?电笔|验电器|设备|工器具|工具)"
)
"""What a check is called, where `spelt` doubts of the phrase file name one."""


def fold_digits(text: str) -> str:
    """Write digits as the characters that are spoken, one for one."""
    return text.translate(_DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckWords:
    """How one check is said."""

    exact: tuple[re.Pattern[str], ...]
    near: tuple[re.Pattern[str], ...]
    """What a recogniser writes for the same sounds."""
    sounds: tuple[str, ...]
    """Nouns that are also known by their syllables."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Everything the rule reader knows of the language."""

    simplify: dict[int, str]
    noise: re.Pattern[str]
    generic: frozenset[str]
    suffix: re.Pattern[str]
    regions: frozenset[str]
    landmarks: frozenset[str]
    """Prefectures and counties: places, whether the directory knows them or not."""
    protected: frozenset[str]
    """Words of the trade that no landmark may be cut out of: 来|安全帽."""
    station: re.Pattern[str]
    """The end of a name that is built like one: 东湖|变电站, 锦苏|线."""
    joints: frozenset[str]
    breaks: frozenset[str]
    carriers: frozenset[str]
    """Verbs, fillers and everything else that stands around the slots."""
    vague: frozenset[str]
    checks: dict[Check, CheckWords]
    forbidden: tuple[re.Pattern[str], ...]
    other_topics: re.Pattern[str]
    doubts: tuple[tuple[str, re.Pattern[str]], ...]
    """Clauses of a question, and what in a sentence makes it necessary."""
    spelt_doubts: tuple[tuple[str, re.Pattern[str]], ...]
    """The same, looked for before the checks are masked."""
    provinces: dict[str, tuple[str, ...]]
    """The prefectures of each province, by its name without 省."""
    prefectures: frozenset[str]
    greetings: re.Pattern[str]

    def normalise(self, text: str) -> str:
        """Fold width, case, traditional characters; drop fillers; commas remain."""
        folded = clean_speech(_phrased(text)).lower().translate(self.simplify)
        # The cleaner joins Chinese and keeps blanks between Latin words only.
        quiet = self.noise.sub("", folded)
        return re.sub(r",+", ",", quiet).strip(",")


def _phrased(text: str) -> str:
    """Read blanks between phrases as commas: 枣庄来了几个人 都戴帽子没.

    A recogniser sets them between words, and there they mean nothing.
    """
    parts = text.split()
    if len(parts) < 2 or any(part.isascii() for part in parts):
        return text
    mean = sum(map(len, parts)) / len(parts)
    return ",".join(parts) if mean >= _PHRASE else text


@cache
def lexicon(folder: Path | None = None) -> Lexicon:
    """Read and compile the phrase files of `folder`, the program's own by default."""
    folder = folder or resources() / "rules"
    words, checks, scope, provinces = (
        tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("words", "checks", "scope", "provinces")
    )
    within = {name: tuple(towns.split()) for name, towns in provinces.items()}
    macros: dict[str, str] = {"p": f"[{PLACE_MARKS}]", "c": f"[{CHECK_MARKS}]"}
    for name, body in checks.pop("macros").items():
        macros[name] = _expand(body, macros)
    return Lexicon(
        simplify=_pairs(folder / "traditional.txt"),
        noise=_any(words["noise"], macros),
        generic=frozenset(words["generic"]),
        suffix=_any(words["name_suffixes"], macros),
        regions=frozenset(words["regions"]),
        landmarks=_names(folder / "places.txt"),
        protected=frozenset(words["protected"]),
        station=_any(words["stations"], macros),
        joints=frozenset(words["joints"]),
        breaks=frozenset(words["breaks"]),
        carriers=frozenset(words["verbs"]) | frozenset(words["fillers"]),
        vague=frozenset(words["vague"]),
        checks={
            Check(name): CheckWords(
                exact=_each(table["patterns"], macros),
                near=_each(table["near"], macros),
                sounds=tuple(table["nouns"]),
            )
            for name, table in checks.items()
        },
        forbidden=_each(scope["forbidden"], macros),
        other_topics=_any(scope["other_topics"], macros),
        doubts=tuple(
            (one["why"], _any(one["patterns"], macros)) for one in scope["doubts"]
        ),
        spelt_doubts=tuple(
            (one["why"], _any(one["patterns"], macros | {"n": _NOUN}))
            for one in scope["spelt"]
        ),
        greetings=_any(scope["greetings"], macros),
        provinces=within,
        prefectures=frozenset(town for towns in within.values() for town in towns),
    )


def _names(path: Path) -> frozenset[str]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return frozenset(
        name for line in lines if not line.startswith("#") for name in line.split()
    )


def _pairs(path: Path) -> dict[int, str]:
    return {ord(pair[0]): pair[1] for pair in _names(path)}


def _expand(body: str, macros: dict[str, str]) -> str:
    for name, value in macros.items():
        body = body.replace("{" + name + "}", value)
    return body


def _each(bodies: list[str], macros: dict[str, str]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(_expand(body, macros)) for body in bodies)


def _any(bodies: list[str], macros: dict[str, str]) -> re.Pattern[str]:
    # Longest first, so that 变电站 is tried before 变.
    ordered = sorted(bodies, key=len, reverse=True)
    return re.compile("|".join(f"(?:{_expand(body, macros)})" for body in ordered))
