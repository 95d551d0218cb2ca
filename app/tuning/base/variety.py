"""Speech for the base's training, more varied than the lists.

What stands in a list is soon known by heart, and a name or a turn of phrase that is in
none is what a desk hears. So names are put together of two names, and carriers of two
carriers: what is left to learn from is how a name and a request are built.
"""

import random
from typing import Final

from app.tuning.phrases.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.phrases.speech import Speaker
from app.tuning.phrases.spoken import pieces

_BLENDED: Final = 0.4
"""Share of the names that are put together of two."""

_MADE_UP: Final = 0.06
"""Share of the names that are characters of names drawn by chance."""

_CROSSED: Final = 0.4
"""Share of the carriers that are put together of two, where two fit."""

_REGIONS: Final = 0.04
"""Share of the places that stand for all sites of somewhere, put together anew."""

_THINGS: Final = 0.35
"""Share of the nouns that no check knows that are any of the dictionary's."""

_LONGEST: Final = 15
"""Characters of such a name with its slot."""

_TRIES: Final = 4


class VariedSpeaker(Speaker):
    """Says also what is put together of what training may say."""

    def __init__(self, lexicon: Lexicon, rng: random.Random) -> None:
        """Draw from `lexicon` with `rng`, from the training split alone."""
        super().__init__(lexicon, rng, Split.TRAIN)
        self._words_of = lexicon.regions
        self._words = frozenset(lexicon.words)
        self._common = sorted({c for n in self._places.towns for c in n})

    def _draw_place(self) -> tuple[str, str]:
        roll = self._rng.random()
        if roll < _BLENDED:
            return self._blended()
        if roll < _BLENDED + _MADE_UP:
            return self._made_up()
        return super()._draw_place()

    def _place_said(self) -> tuple[str, str, str]:
        while self._rng.random() < _REGIONS:
            stem = stem_of(self._rng.choice(self._larger))
            frame = self._region()
            known = self._lexicon.region_frames.owner(frame)
            if known in {None, Split.TRAIN} and len(stem) + len(frame) <= _LONGEST:
                return frame.replace("{P}", stem), stem, "\0"
        return super()._place_said()

    def _region(self) -> str:
        """Put together what stands for all sites of somewhere around `{P}`."""
        one = {name: self._rng.choice(words) for name, words in self._words_of.items()}
        # A side alone, or a "whole" alone, means all sites too.
        rest = one["of"] + one["which"] + one["what"]
        if (one["before"] or one["side"]) and self._rng.random() < 0.5:
            rest = self._rng.choice(("", one["of"] + one["what"]))
        return one["before"] + "{P}" + one["side"] + rest

    def _blended(self) -> tuple[str, str]:
        """Put the head of one name before the tail of another of its kind."""
        rng, places = self._rng, self._places
        kind = rng.choice((places.counties, places.towns, places.villages))
        while True:
            head, tail = stem_of(rng.choice(kind)), rng.choice(kind)
            cut = rng.randrange(1, len(head))
            name = head[:cut] + tail[cut:]
            stem = stem_of(name)
            # Names of dev and test stay unseen, and a word is no name.
            if (
                len(name) > 1
                and split_of(stem) is Split.TRAIN
                and not self._words & {name, stem}
            ):
                break
        if rng.random() < 0.4:
            name = stem
        if rng.random() < 0.25:
            name = stem + rng.choice(self._lexicon.name_suffixes)
        return name, stem

    def _made_up(self) -> tuple[str, str]:
        while True:
            count = self._rng.choice((2, 2, 3, 3, 4))
            stem = "".join(self._rng.choices(self._common, k=count))
            if split_of(stem) is Split.TRAIN:
                return stem + self._rng.choice(self._lexicon.loose_suffixes), stem

    def _noun(self, source: str) -> str:
        if self._rng.random() < _THINGS:
            return self._rng.choice(self._lexicon.things)
        return super()._noun(source)

    def _carrier(self, shape: str) -> str:
        carrier = super()._carrier(shape)
        if self._rng.random() >= _CROSSED:
            return carrier
        for _ in range(_TRIES):
            other = super()._carrier(shape)
            found = crossed(carrier, other, self._rng)
            owner = found and self._lexicon.carriers[shape].owner(found)
            if found and owner in {None, Split.TRAIN}:
                return found
        return carrier


def crossed(one: str, other: str, rng: random.Random) -> str | None:
    """Begin with one carrier and end with another; None where they do not fit.

    Both must name the same places and checks in the same order, else something would
    be asked twice or not at all. A verb may stand in the part of either.
    """
    slots = _asked(one)
    if slots != _asked(other):
        return None
    middle = "{" + rng.choice(slots) + "}"
    before, after = one.partition(middle)[0], other.partition(middle)[2]
    verbs = [slot for _, slot in pieces(before + after) if slot in {"v", "u"}]
    return before + middle + after if len(verbs) < 2 else None


def _asked(carrier: str) -> list[str]:
    return [slot for _, slot in pieces(carrier) if slot and slot not in {"v", "u", "j"}]
