"""Which sites somebody means who types a few characters or letters."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeAlias

from app.core.model import Site

Readings: TypeAlias = Sequence[Sequence[str]]
"""For each character the syllables that it may be."""
Read: TypeAlias = Callable[[str], Readings]

_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz")


def folded(text: str) -> str:
    """Make capitals and full width equal to what they stand for."""
    return unicodedata.normalize("NFKC", text).casefold()


def in_letters(term: str) -> bool:
    """Say whether a term may be pinyin."""
    return bool(term) and _LETTERS.issuperset(term)


def spelt(names: Iterable[Readings]) -> str:
    """Write readings down so that a pattern finds letters in them.

    A syllable ends with `;`, between its readings stands `,`, a name ends with a line.
    """
    return "\n".join(
        "".join(f";{','.join(syllable)}" for syllable in name) + ";" for name in names
    )


def sounding(letters: str) -> re.Pattern[str]:
    """Make the pattern of letters that are initials or pinyin of a part of a name.

    Of each syllable at least the first letter, of neighbours one after another:
    `jn`, `jinan`, `jinn` and `nan` are all 济南. One pattern over what was written
    down once: to walk through 2 000 sites letter by letter takes a third of a second.
    """
    # The rest of the syllable, and readings of the next one that are not meant.
    on = r"(?:[^;\n]*;(?:[^;,\n]*,)*)?"
    return re.compile("[;,]" + on.join(map(re.escape, letters)))


class SiteFinder:
    """Finds sites by name, alias, region or number, and by how they are read."""

    def __init__(self, sites: Iterable[Site]) -> None:
        self._sites = tuple(sites)
        self._written = {
            site.id: tuple(map(folded, (*_names(site), site.id)))
            for site in self._sites
        }
        self._read: dict[str, str] | None = None

    @property
    def reads(self) -> bool:
        """Whether names have been read aloud, so that letters find them."""
        return self._read is not None

    def learn(self, read: Read) -> None:
        """Read every name aloud; takes a while, on any thread."""
        self._read = {site.id: spelt(map(read, _names(site))) for site in self._sites}

    def find(self, typed: str) -> frozenset[str]:
        """Give the ids of the sites that every term fits; of all where none is."""
        found = set(self._written)
        for term in folded(typed).split():
            found &= self._with(term)
        return frozenset(found)

    def _with(self, term: str) -> set[str]:
        found = {
            site_id
            for site_id, texts in self._written.items()
            if any(term in text for text in texts)
        }
        if self._read is not None and in_letters(term):
            pattern = sounding(term)
            found |= {
                site_id for site_id, read in self._read.items() if pattern.search(read)
            }
        return found


def _names(site: Site) -> tuple[str, ...]:
    return tuple(filter(None, (site.name, *site.aliases, site.region)))
