"""The words for all sites at once, from `resources/rules/sweeps.toml`, compiled."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.system.paths import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptingWords:
    """How some sites are left out."""

    before: re.Pattern[str]
    """Before their names: 除了, in the group `besides`, and 不包括."""
    after: re.Pattern[str]
    """After their names, to the end of the clause: 除外, 不用查."""
    close: re.Pattern[str]
    """What may end the names: 工地以外."""
    follow: re.Pattern[str]
    """What may stand after 除了济南, for it to be an exception from all sites."""
    done: re.Pattern[str]
    too: re.Pattern[str]
    """What makes an addition of it: 除了济南|还要."""
    begin: re.Pattern[str]
    """What may stand before names that 不用查 follows."""
    others: re.Pattern[str]
    all_others: re.Pattern[str]
    """The others, or all sites, right after a region: 济南|其他工地."""
    everywhere: re.Pattern[str]
    """What says after 除了济南 that all others are meant: 都."""
    places: re.Pattern[str]
    swept: re.Pattern[str]
    """All sites, at the end of what stands before: 所有工地|除了济南."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepWords:
    """How sites are spoken of all at once."""

    heads: re.Pattern[str]
    """What begins such words: 所有, 全省各个. The group `each` or `all` is set."""
    tails: dict[str, re.Pattern[str]]
    """What ends them, by the group of the head."""
    bare: re.Pattern[str]
    """The same without a word that counts: 全省的工地."""
    after: re.Pattern[str]
    """工地 before the word that counts: 工地挨个查."""
    link: re.Pattern[str]
    joint: re.Pattern[str]
    joined: re.Pattern[str]
    """A joint at the end of a text; `link` and `kind` stand there too."""
    kind: re.Pattern[str]
    exceptions: re.Pattern[str]
    """What hints at an exception, whether it is read or not."""
    excepting: ExceptingWords


@cache
def sweep_words(folder: Path | None = None) -> SweepWords:
    """Read and compile the words of `folder`, the program's own by default."""
    path = (folder or resources() / "rules") / "sweeps.toml"
    words = tomllib.loads(path.read_text(encoding="utf-8"))
    sites, scenes = _any(words["nouns"]), _any(words["scenes"])
    links, counts = _any(words["links"]), words["counts"]
    nouns, crew = f"(?:{sites}|{scenes})", f"(?!{words['people']})"
    tails = {
        "each": f"(?:{links})*{nouns}",
        "all": f"(?:{links})*(?:{sites}|{scenes}{crew})",
    }
    return SweepWords(
        heads=re.compile(
            f"(?:{_any(words['scopes'])}[的里内]?)*"
            f"(?:(?P<each>{_any(words['each'])})|(?P<all>{_any(words['all'])})){counts}"
        ),
        tails={kind: re.compile(tail) for kind, tail in tails.items()},
        bare=re.compile(f"{_any(words['alone'])}的?{nouns}"),
        after=re.compile(f"{nouns}的?{_any(words['after'])}(?={words['verbs']})"),
        link=re.compile(f"(?:{links})$"),
        joint=re.compile(words["joints"]),
        joined=re.compile(f"{words['joints']}$"),
        kind=re.compile(f"(?:{_any(words['kinds'])})$"),
        exceptions=re.compile(_any(words["exceptions"])),
        excepting=_excepting(words["excepting"], _any(words["all"] + words["each"])),
    )


def _excepting(words: dict[str, Any], heads: str) -> ExceptingWords:
    besides, without = _any(words["besides"]), _any(words["without"])
    plain = {
        name: re.compile(words[name])
        for name in (
            "close", "follow", "done", "too", "begin",
            "others", "everywhere", "places", "swept",
        )
    }  # fmt: skip
    return ExceptingWords(
        before=re.compile(f"(?P<besides>{besides})|(?P<without>{without})"),
        after=re.compile(f"{_any(words['after'])}(?={words['done']})"),
        all_others=re.compile(f"(?:市|片区)?的?(?:{words['others']}|{heads})"),
        **plain,
    )


def _any(bodies: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(bodies, key=len, reverse=True))})"
