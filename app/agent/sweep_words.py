"""The words for all sites at once, from `resources/rules/sweeps.toml`, compiled."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from app.system.paths import resources


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
    )


def _any(bodies: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(bodies, key=len, reverse=True))})"
