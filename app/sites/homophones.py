"""Names of a directory that cannot be told apart, by spelling or by sound.

Two names sound alike here when one said exactly would be taken for the other: when
they differ by no more than the directory accepts as a mishearing (`directory.limits`).
Whoever says such a name is asked which site he means.

Every name is compared with every other: a syllable that both must share, or nearly so,
leaves few pairs to look at.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.model import Site
from app.core.sounds import sound_distance
from app.sites.directory import Limits, limits
from app.sites.pinyin import GENERIC_WEIGHT, Syllable, syllables
from app.sites.spelling import fold

MOST_PAIRS: Final = 50_000
"""No more pairs of names are looked for; nobody reads as many."""
_AT_ONCE: Final = 1 << 20
"""Pairs in memory at one time."""
_ROUNDING: Final = 1e-5

_Ints: TypeAlias = NDArray[np.int64]
_Floats: TypeAlias = NDArray[np.float32]
_Readings: TypeAlias = tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedName:
    """A name or alias and a site that has it."""

    name: str
    site: Site


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedName:
    """One spelling that several sites have."""

    name: str
    sites: tuple[Site, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundGroup:
    """Names of several sites that sound alike."""

    names: tuple[OwnedName, ...]
    """Each sounds like the first."""
    same: bool
    """Whether they sound the same but for tones and a 市 or 区."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundAlike:
    """Every group of a directory, the same sounds first."""

    groups: tuple[SoundGroup, ...]
    complete: bool = True
    """False: there are more than `MOST_PAIRS` pairs, and the rest is not told."""


def shared_names(sites: Iterable[Site]) -> tuple[SharedName, ...]:
    """Give the names that several sites share: the desk will always ask."""
    return tuple(
        SharedName(name=owned[0].name, sites=tuple(o.site for o in owned))
        for owned in _by_spelling(sites).values()
        if len(owned) > 1
    )


def _by_spelling(sites: Iterable[Site]) -> Mapping[str, Sequence[OwnedName]]:
    """Give each folded spelling with its sites, every site once."""
    found: dict[str, dict[str, OwnedName]] = defaultdict(dict)
    for site in sites:
        for name in (site.name, *site.aliases):
            found[fold(name)].setdefault(site.id, OwnedName(name=name, site=site))
    return {folded: tuple(owned.values()) for folded, owned in found.items()}


@dataclass(slots=True, eq=False)
class _Sound:
    """All names that sound the same."""

    read: tuple[Syllable, ...]
    spellings: list[Sequence[OwnedName]]

    @property
    def names(self) -> tuple[OwnedName, ...]:
        return tuple(owned for spelling in self.spellings for owned in spelling)

    @property
    def owners(self) -> frozenset[str]:
        return frozenset(owned.site.id for owned in self.names)


def sound_alike(sites: Sequence[Site]) -> SoundAlike:
    """Find the names that the directory of these sites cannot tell apart by sound."""
    by_sound: dict[tuple[str, ...], _Sound] = {}
    for folded, owned in _by_spelling(sites).items():
        # 市, 区, 县 are said or left out as one likes.
        read = tuple(s for s in syllables(folded) if s.lost != GENERIC_WEIGHT)
        key = tuple(syllable.readings[0][0] for syllable in read)
        by_sound.setdefault(key, _Sound(read, [])).spellings.append(owned)
    sounds = list(by_sound.values())
    same = [
        SoundGroup(names=sound.names, same=True)
        for sound in sounds
        if len(sound.spellings) > 1 and len(sound.owners) > 1
    ]
    pairs: list[tuple[_Sound, _Sound]] = []
    for one, other in _near(sounds, limits(len(sites))):
        if len(one.owners | other.owners) > 1:
            pairs.append((one, other))
        if len(pairs) > MOST_PAIRS:
            break
    complete = len(pairs) <= MOST_PAIRS
    groups = (*same, *_stars(pairs[:MOST_PAIRS]))
    return SoundAlike(groups=groups, complete=complete)


def _stars(pairs: Iterable[tuple[_Sound, _Sound]]) -> Iterator[SoundGroup]:
    """Put pairs together around the names that have most of them; each is told once."""
    around: dict[_Sound, list[_Sound]] = defaultdict(list)
    for one, other in pairs:
        around[one].append(other)
        around[other].append(one)
    told: set[_Sound] = set()
    for centre in sorted(around, key=lambda sound: -len(around[sound])):
        told.add(centre)
        if rest := [sound for sound in around[centre] if sound not in told]:
            names = (name for sound in (centre, *rest) for name in sound.names)
            yield SoundGroup(names=tuple(names), same=False)


def _near(sounds: Iterable[_Sound], limits: Limits) -> Iterator[tuple[_Sound, _Sound]]:
    """Give every two sounds that are no farther apart than the limits."""
    by_length: dict[int, list[_Sound]] = defaultdict(list)
    for sound in sounds:
        by_length[len(sound.read)].append(sound)
    codes: dict[_Readings, int] = {}
    # To have a whole syllable more costs more than any limit allows.
    groups = [_Group(rows, codes) for _, rows in sorted(by_length.items())]
    costs = _costs(list(codes))
    for group in groups:
        yield from group.near(costs, limits)


def _costs(readings: Sequence[_Readings]) -> _Floats:
    """Give the distance of every two sets of readings: that of their nearest two."""
    sounds = sorted({sound for every in readings for sound, _ in every})
    place = {sound: i for i, sound in enumerate(sounds)}
    apart = np.zeros((len(sounds), len(sounds)), dtype=np.float32)
    for i, one in enumerate(sounds):
        for j in range(i):
            apart[i, j] = apart[j, i] = sound_distance(one, sounds[j])
    nearest = np.ones((len(readings), len(readings)), dtype=np.float32)
    most = max((len(every) for every in readings), default=0)
    # Missing alternatives repeat the first: the minimum does not mind.
    ranks = [
        [every[i if i < len(every) else 0] for every in readings] for i in range(most)
    ]
    for first in ranks:
        for second in ranks:
            rows = np.array([place[sound] for sound, _ in first])
            columns = np.array([place[sound] for sound, _ in second])
            prices = np.array([price for _, price in first], dtype=np.float32)
            others = np.array([price for _, price in second], dtype=np.float32)
            cost = apart[np.ix_(rows, columns)] + prices[:, None] + others[None, :]
            np.minimum(nearest, cost, out=nearest)
    return nearest


class _Group:
    """All sounds of one length."""

    def __init__(self, rows: Sequence[_Sound], codes: dict[_Readings, int]) -> None:
        self._rows = rows
        coded = [
            [codes.setdefault(s.readings, len(codes)) for s in r.read] for r in rows
        ]
        weights = [[s.weight for s in r.read] for r in rows]
        self._codes: _Ints = np.array(coded, dtype=np.int64).T
        self._weights: _Floats = np.array(weights, dtype=np.float32).T
        self._totals: _Floats = self._weights.sum(axis=0)

    def near(self, costs: _Floats, limits: Limits) -> Iterator[tuple[_Sound, _Sound]]:
        if not self._codes.size:
            return
        order = self._columns()
        for ones, others in self._candidates(order[0], costs, limits.cost):
            cost = np.zeros(len(ones), dtype=np.float32)
            for column in order:
                codes, weights = self._codes[column], self._weights[column]
                weight = np.maximum(weights[ones], weights[others])
                cost += costs[codes[ones], codes[others]] * weight
                kept = np.flatnonzero(cost <= limits.cost + _ROUNDING)
                ones, others, cost = ones[kept], others[kept], cost[kept]
            ratio = cost / np.maximum(self._totals[ones], self._totals[others])
            for place in np.flatnonzero(ratio <= limits.distance + _ROUNDING):
                yield self._rows[ones[place]], self._rows[others[place]]

    def _keys(self, column: int) -> _Ints:
        """Give the codes of a column; −1 for a part that says little."""
        full = self._weights[column] == 1
        return np.where(full, self._codes[column], -1)

    def _columns(self) -> list[int]:
        """Give the columns, those first that leave the fewest pairs."""

        def pairs(column: int) -> int:
            keys, counts = np.unique(self._keys(column), return_counts=True)
            every = np.where(keys < 0, len(self._rows), counts)
            return int((counts * every).sum())

        return sorted(range(len(self._codes)), key=pairs)

    def _candidates(
        self, column: int, costs: _Floats, most: float
    ) -> Iterator[tuple[_Ints, _Ints]]:
        """Give pairs of rows, each pair once, that this column does not part."""
        keys = self._keys(column)
        for key in np.unique(keys):
            members = np.flatnonzero(keys == key)
            # A lesser key has been compared with this one already.
            later = keys >= key
            if key >= 0:
                later &= costs[key, keys] <= most + _ROUNDING
            others = np.flatnonzero(later)
            step = max(1, _AT_ONCE // len(others))
            for start in range(0, len(members), step):
                some = members[start : start + step]
                ones, twos = np.repeat(some, len(others)), np.tile(others, len(some))
                kept = (keys[twos] != key) | (ones < twos)
                yield ones[kept], twos[kept]
