"""The names of a catalogue by sound: the distance of some words to all at once.

An edit distance over syllables, computed for all names of one length together; two
thousand names take a few milliseconds.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from app.core.sounds import sound_distance
from app.sites.pinyin import Syllable, syllables

_Floats: TypeAlias = NDArray[np.float32]
_Ints: TypeAlias = NDArray[np.int32]
_Readings: TypeAlias = tuple[tuple[str, float], ...]

NEAR: Final = 0.6
"""Distances beyond this are not worked out."""
_CACHED_ROWS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Group:
    """All names of one length."""

    codes: _Ints
    """(length, names): which reading set stands at each place."""
    weights: _Floats
    """(length, names)."""
    lost: _Floats
    """(length, names): cost of having it against nothing."""
    totals: _Floats
    """Ascending."""
    owners: _Ints

    def comparable(self, weight: float) -> "_Group":
        """Leave out names so much heavier or lighter that they cannot be near.

        What only one of two names has costs at least its weight.
        """
        first, last = np.searchsorted(
            self.totals, (weight * (1 - NEAR), weight / (1 - NEAR))
        )
        return _Group(
            codes=self.codes[:, first:last],
            weights=self.weights[:, first:last],
            lost=self.lost[:, first:last],
            totals=self.totals[first:last],
            owners=self.owners[first:last],
        )


@dataclass(frozen=True, slots=True)
class Nearness:
    """How far the words are from each owner's nearest name."""

    distance: _Floats
    """Cost over the weight of the heavier of the two, 0 … 1; 1 beyond `NEAR`."""
    cost: _Floats
    """In syllables, of the same name."""


class SoundIndex:
    """Names of owners 0 … n − 1, ready to be compared by sound."""

    def __init__(self, names: Iterable[tuple[int, str]], owners: int) -> None:
        """Take (owner, folded name) pairs."""
        self._owners = owners
        codes: dict[_Readings, int] = {}
        by_length: dict[int, list[tuple[int, tuple[Syllable, ...]]]] = defaultdict(list)
        for owner, name in names:
            read = syllables(name)
            if read:
                by_length[len(read)].append((owner, read))
        self._groups = [_group(rows, codes) for _, rows in sorted(by_length.items())]
        sounds = sorted({sound for readings in codes for sound, _ in readings})
        position = {sound: i for i, sound in enumerate(sounds)}
        self._sounds = sounds
        most = max((len(readings) for readings in codes), default=1)
        # Missing alternatives repeat the first: the minimum does not mind.
        self._alternatives = np.zeros((most, len(codes)), dtype=np.int32)
        self._prices = np.zeros((most, len(codes)), dtype=np.float32)
        for readings, code in codes.items():
            for i in range(most):
                sound, price = readings[i] if i < len(readings) else readings[0]
                self._alternatives[i, code] = position[sound]
                self._prices[i, code] = price
        self._rows: dict[_Readings, _Floats] = {}

    def nearness(self, forms: Sequence[str]) -> Nearness:
        """Compare folded words, in any of several forms, with every owner."""
        distance = np.ones(self._owners, dtype=np.float32)
        cost = np.full(self._owners, np.inf, dtype=np.float32)
        for form in forms:
            read = syllables(form)
            if not read:
                continue
            weight = sum(s.weight for s in read)
            rows = [self._row(s.readings) for s in read]
            for every in self._groups:
                group = every.comparable(weight)
                if not group.owners.size:
                    continue
                edits = _edits(read, rows, group)
                ratio = np.minimum(edits / np.maximum(group.totals, weight), 1.0)
                self._keep_nearest(group.owners, ratio, edits, distance, cost)
        return Nearness(distance, cost)

    @staticmethod
    def _keep_nearest(
        owners: _Ints, ratio: _Floats, edits: _Floats, distance: _Floats, cost: _Floats
    ) -> None:
        # An owner may have several names of one length: sorted worst first, the
        # last assignment, which wins, is the nearest.
        nearer = np.flatnonzero(ratio < distance[owners])
        order = nearer[np.argsort(-ratio[nearer], kind="stable")]
        distance[owners[order]] = ratio[order]
        cost[owners[order]] = edits[order]

    def _row(self, readings: _Readings) -> _Floats:
        """Give the distance of one heard syllable to every reading set."""
        row = self._rows.get(readings)
        if row is None:
            row = np.ones(self._alternatives.shape[1], dtype=np.float32)
            for sound, price in readings:
                to_sounds = np.array(
                    [sound_distance(sound, other) for other in self._sounds],
                    dtype=np.float32,
                )
                to_codes = to_sounds[self._alternatives] + self._prices + price
                row = np.minimum(row, to_codes.min(axis=0))
            if len(self._rows) >= _CACHED_ROWS:
                self._rows = {}
            self._rows[readings] = row
        return row


def _group(
    rows: list[tuple[int, tuple[Syllable, ...]]], codes: dict[_Readings, int]
) -> _Group:
    rows = sorted(rows, key=lambda row: sum(s.weight for s in row[1]))
    coded = [[codes.setdefault(s.readings, len(codes)) for s in r] for _, r in rows]
    weights = np.array([[s.weight for s in r] for _, r in rows], dtype=np.float32)
    lost = np.array([[s.lost for s in r] for _, r in rows], dtype=np.float32)
    return _Group(
        codes=np.ascontiguousarray(np.array(coded, dtype=np.int32).T),
        weights=np.ascontiguousarray(weights.T),
        lost=np.ascontiguousarray(lost.T),
        totals=weights.sum(axis=1),
        owners=np.array([owner for owner, _ in rows], dtype=np.int32),
    )


def _edits(
    read: tuple[Syllable, ...], rows: Sequence[_Floats], group: _Group
) -> _Floats:
    """Weighted edit distance of the heard syllables to every name of a group."""
    length, names = group.codes.shape
    above: list[_Floats] = [np.zeros(names, dtype=np.float32)]
    for lost in group.lost:
        above.append(above[-1] + lost)
    for syllable, row in zip(read, rows, strict=True):
        weight, extra = np.float32(syllable.weight), np.float32(syllable.lost)
        here: list[_Floats] = [above[0] + extra]
        for j in range(length):
            substituted = row[group.codes[j]]
            substituted *= np.maximum(group.weights[j], weight)
            substituted += above[j]
            best = np.minimum(substituted, above[j + 1] + extra)
            here.append(np.minimum(best, here[j] + group.lost[j]))
        above = here
    return above[length]
