"""The desk's directory of sites, and which site some words mean.

A name or alias as written is taken as it is. Otherwise the names are compared by
sound, and a site is taken without asking only when it is near enough and every other
site is far enough; both limits depend on how many sites there are (`limits`).
Anything else is put to the operator.

Measured on short names of Chinese counties and districts in random catalogues, each
name misheard in at least one character (confused, replaced, lost or added syllables;
4 000 trials a size, percent of all trials):

sites   rank 1   top 3   taken silently   wrong silently   strangers taken
   30     92.9    96.4             58.9             0.05              0.95
   60     91.4    96.1             55.5             0.12              1.90
  200     83.4    92.4             43.5             0.20              2.10
 1000     70.9    84.4             15.7             0.23              1.57

"Strangers" are names outside the catalogue; those taken sound the same but for an
accent (吉安, 集安). A name as written was never taken for another. The first column
of figures does not depend on the limits; `tests/unit/sites/confusions.py` prints the
table again. Above 1 000 sites the limits are carried on, not measured.
"""

import math
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from app.core.model import Resolution, Site, SiteMatch
from app.sites.nearest import Nearness, SoundIndex
from app.sites.pinyin import syllables
from app.sites.spelling import fold, shells, trade_forms

MOST_CANDIDATES: Final = 3
FARTHEST_CANDIDATE: Final = 0.55
"""Beyond this distance a site is not worth asking about."""
LONGEST_WORDS: Final = 40
"""Longer words are no name; they are not compared by sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a site must clear to be taken without asking."""

    distance: float
    """Normalised distance of the nearest site, at most."""
    cost: float
    """Its cost in syllables, at most: one wholly different syllable is too much."""
    margin: float
    """Distance between the nearest site and the next, at least."""


_LIMITS: Final = (
    (30, Limits(distance=0.15, cost=0.4, margin=0.15)),
    (60, Limits(distance=0.13, cost=0.35, margin=0.18)),
    (200, Limits(distance=0.1, cost=0.3, margin=0.2)),
    (1000, Limits(distance=0.05, cost=0.2, margin=0.25)),
    (10000, Limits(distance=0.05, cost=0.2, margin=0.3)),
)


def limits(sites: int) -> Limits:
    """Give the limits for a catalogue of so many sites: tighter the more there are."""
    smallest, largest = _LIMITS[0], _LIMITS[-1]
    if sites <= smallest[0]:
        return smallest[1]
    for (less, loose), (more, tight) in pairwise(_LIMITS):
        if sites <= more:
            part = math.log(sites / less) / math.log(more / less)
            return Limits(
                distance=_between(loose.distance, tight.distance, part),
                cost=_between(loose.cost, tight.cost, part),
                margin=_between(loose.margin, tight.margin, part),
            )
    return largest[1]


def _between(start: float, end: float, part: float) -> float:
    return start + (end - start) * part


class Directory:
    """`core.ports.SiteDirectory` over sites in memory; immutable, any thread."""

    def __init__(self, sites: Iterable[Site]) -> None:
        """Take the sites; names are read aloud at the first need.

        Raises:
            ValueError: Two sites have one id.
        """
        self._sites = tuple(sites)
        self._by_id = {site.id: site for site in self._sites}
        if len(self._by_id) != len(self._sites):
            raise ValueError("two sites with one id")
        self._written: dict[str, set[int]] = defaultdict(set)
        self._implied: dict[str, set[int]] = defaultdict(set)
        for owner, site in enumerate(self._sites):
            region = fold(site.region)
            for name in filter(None, map(fold, (site.name, *site.aliases))):
                self._written[name].add(owner)
                for other in _implied(name, region):
                    self._implied[other].add(owner)
        self._limits = limits(len(self._sites))
        self._index: SoundIndex | None = None
        self._lock = threading.Lock()

    def sites(self) -> Sequence[Site]:
        """Give every site, in the directory's order."""
        return self._sites

    def get(self, site_id: str) -> Site | None:
        """Give the site with this id."""
        return self._by_id.get(site_id)

    def prepare(self) -> None:
        """Read all names aloud now, so that the first command need not wait."""
        self._sounds()

    def resolve(self, words: str) -> Resolution:
        """Say which site the words mean, or which three they may mean."""
        forms = shells(fold(words))
        for form in forms:
            for spellings in (self._written, self._implied):
                if owners := spellings.get(form):
                    return self._spelt(words, sorted(owners))
        if not forms or not forms[-1] or len(forms[-1]) > LONGEST_WORDS:
            return Resolution(words=words, site=None)
        near = self._sounds().nearness(_heard_forms(forms))
        return self._nearest(words, near)

    def readings(self, words: str) -> Sequence[Sequence[str]]:
        """Read words aloud: the syllables that each character may be."""
        return tuple(
            tuple(sound for sound, _price in syllable.readings)
            for syllable in syllables(fold(words))
        )

    def _spelt(self, words: str, owners: Sequence[int]) -> Resolution:
        """Answer for words that are written as the names of these sites."""
        matches = tuple(
            SiteMatch(site=self._sites[owner], distance=0.0)
            for owner in owners[:MOST_CANDIDATES]
        )
        only = matches[0].site if len(owners) == 1 else None
        return Resolution(
            words=words, site=only, matches=matches, exact=only is not None
        )

    def _nearest(self, words: str, near: Nearness) -> Resolution:
        order = np.argsort(near.distance, kind="stable")[: MOST_CANDIDATES + 1]
        ranked = [(int(o), float(near.distance[o])) for o in order]
        matches = tuple(
            SiteMatch(site=self._sites[owner], distance=round(distance, 4))
            for owner, distance in ranked[:MOST_CANDIDATES]
            if distance <= FARTHEST_CANDIDATE
        )
        site = None
        if matches:
            owner, distance = ranked[0]
            next_best = ranked[1][1] if len(ranked) > 1 else 1.0
            clear = (
                distance <= self._limits.distance
                and float(near.cost[owner]) <= self._limits.cost
                and next_best - distance >= self._limits.margin
            )
            site = self._sites[owner] if clear else None
        return Resolution(words=words, site=site, matches=matches)

    def _sounds(self) -> SoundIndex:
        with self._lock:
            if self._index is None:
                spellings = (self._written, self._implied)
                self._index = SoundIndex(
                    (
                        (owner, name)
                        for names in spellings
                        for name, owners in names.items()
                        for owner in owners
                    ),
                    len(self._sites),
                )
            return self._index


def _implied(name: str, region: str) -> Iterator[str]:
    """Give what somebody may say who means a site of this name."""
    if region and not name.startswith(region):
        # 历城 in 济南 is also 济南历城, and only that tells it from 历城 elsewhere.
        yield region + name
    yield from trade_forms(name)
    yield from filter(None, shells(name)[1:])


def _heard_forms(forms: Sequence[str]) -> tuple[str, ...]:
    """Give the fullest and the barest form, and one without a misheard 工地."""
    chosen = dict.fromkeys((forms[0], forms[-1]))
    barest = forms[-1]
    tail = [s.readings[0][0] for s in syllables(barest[-2:])]
    if len(barest) >= 4 and tail[:1] == ["gong"] and tail[1:] in (["di"], ["de"]):
        chosen[barest[:-2]] = None
    return tuple(chosen)
