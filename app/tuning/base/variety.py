"""Speech for the base's training, more varied than the lists.

What stands in a list is soon known by heart, and a name or a turn of phrase that is in
none is what a desk hears. So names are put together of two names or hold any other
characters, and carriers are put together of two carriers: what is left to learn from
is how a name and a request are built.
"""

import random
from typing import Final

from app.agent.grammar import BARRED
from app.tuning.phrases.lexicon import Lexicon, Split, split_of, stem_of
from app.tuning.phrases.sounds import chinese_characters
from app.tuning.phrases.speech import Speaker
from app.tuning.phrases.spoken import pieces

_BLENDED: Final = 0.4
"""Share of the names that are put together of two."""

_MADE_UP: Final = 0.06
"""Share of the names that are characters of names drawn by chance."""

RARE: Final = 0.25
"""Share of the names of which some characters are any others.

One or two of a hundred held-out places hold a character that no name of the training
has. Half of the sentences with such a name were read wrong, mostly from the next
character on: as part of a name the model had never written it.
"""

_CROSSED: Final = 0.4
"""Share of the carriers that are put together of two, where two fit."""

_REGIONS: Final = 0.7
"""Share of the names for all sites of somewhere that are put together anew."""

_THINGS: Final = 0.35
"""Share of the nouns no check knows, where no gear is asked for and the noun stands
apart from the place, that are any thing of the dictionary."""

_TRIES: Final = 4

_HELD: Final = (Split.DEV, Split.TEST)


class VariedSpeaker(Speaker):
    """Says also what is put together of what training may say."""

    _regional = 0.05

    def __init__(
        self, lexicon: Lexicon, rng: random.Random, *, variety: float = 1.0
    ) -> None:
        """Draw from `lexicon` with `rng`, from the training split alone.

        Args:
            lexicon: What is said, and where.
            rng: Of all draws.
            variety: How much is put together anew, as a share of the usual; 0 says
                nothing but what the lists say.
        """
        super().__init__(lexicon, rng, Split.TRAIN)
        self._variety = variety
        self._held_regions = _held_regions(lexicon)
        self._common = sorted({c for n in self._places.towns for c in n})
        self._any = sorted(set(chinese_characters()) - BARRED)

    def _draw_place(self) -> tuple[str, str]:
        name, stem = self._usual_place()
        if self._rng.random() < RARE * self._variety:
            return self._with_rare(name, stem)
        return name, stem

    def _usual_place(self) -> tuple[str, str]:
        roll = self._rng.random()
        if roll < _BLENDED * self._variety:
            return self._blended()
        if roll < (_BLENDED + _MADE_UP) * self._variety:
            return self._made_up()
        return super()._draw_place()

    def _with_rare(self, name: str, stem: str) -> tuple[str, str]:
        """Replace one or more characters of the stem by any others."""
        rng = self._rng
        before, _, after = name.partition(stem)
        while True:
            one = rng.randrange(len(stem))
            other = "".join(
                rng.choice(self._any) if at == one or rng.random() < 0.2 else char
                for at, char in enumerate(stem)
            )
            if self._free(other) and self._free(before + other + after):
                return before + other + after, other

    def _region_frame(self) -> str:
        if self._rng.random() >= _REGIONS * self._variety:
            return super()._region_frame()
        while True:
            frame = self._region()
            # What is held out stays unseen in a part too; a shell stands for one site.
            held = self._lexicon.region_frames.owner(frame) in _HELD or any(
                words in frame for words in self._held_regions
            )
            if not held and self._lexicon.shells.owner(frame) is None:
                return frame

    def _region(self) -> str:
        """Put together what stands for all sites of somewhere around `{P}`."""
        draw, words = self._rng.choice, self._lexicon.regions
        before, side, of = draw(words.before), draw(words.side), draw(words.of)
        which, what = draw(words.which), draw(words.what)
        rest = of + which + what
        # A side alone, or a "whole" alone, means all sites too.
        if (before or side) and self._rng.random() < 0.5:
            rest = draw(("", of + what))
        return before + "{P}" + side + rest

    def _blended(self) -> tuple[str, str]:
        """Put the head of one name before the tail of another of its kind."""
        rng, places = self._rng, self._places
        kind = rng.choice((places.counties, places.towns, places.villages))
        while True:
            head, tail = stem_of(rng.choice(kind)), rng.choice(kind)
            cut = rng.randrange(1, len(head))
            name = head[:cut] + tail[cut:]
            stem = stem_of(name)
            if len(name) > 1 and self._free(name) and self._free(stem):
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
            name = stem + self._rng.choice(self._lexicon.loose_suffixes)
            if self._free(stem) and self._free(name):
                return name, stem

    def _free(self, name: str) -> bool:
        """Whether it may be a name: unseen in dev and test, and no word."""
        unseen = all(split_of(one) is Split.TRAIN for one in (name, stem_of(name)))
        return unseen and not self._lexicon.is_word(name)

    def _noun(self, source: str) -> str:
        if self._rng.random() < _THINGS * self._variety:
            return self._rng.choice(self._lexicon.things)
        return super()._noun(source)

    def _carrier(self, shape: str) -> str:
        carrier = super()._carrier(shape)
        if self._rng.random() >= _CROSSED * self._variety:
            return carrier
        for _ in range(_TRIES):
            other = super()._carrier(shape)
            found = crossed(carrier, other, self._rng)
            owner = found and self._lexicon.carriers[shape].owner(found)
            if found and owner in {None, Split.TRAIN}:
                return found
        return carrier


def crossed(one: str, other: str, rng: random.Random) -> str | None:
    """Begin with one carrier and end with another, changing over at any slot.

    Both must name the same places and checks in the same order, else something would
    be asked twice or not at all. None where they do not, or where both bring a verb.
    """
    slots = _asked(one)
    if slots != _asked(other):
        return None
    middle = "{" + rng.choice(slots) + "}"
    before, after = one.partition(middle)[0], other.partition(middle)[2]
    verbs = [slot for _, slot in pieces(before + after) if slot in {"v", "u"}]
    return before + middle + after if len(verbs) < 2 else None


def _held_regions(lexicon: Lexicon) -> frozenset[str]:
    """Return what only dev and test say for all sites, around the place or without."""
    pools = (lexicon.region_frames, lexicon.spans)

    def said(split: Split) -> set[str]:
        texts = (text for pool in pools for text in pool.own(split))
        return {words for text in texts for words in text.split("{P}")}

    held = set().union(*map(said, _HELD)) - said(Split.TRAIN)
    return frozenset(words for words in held if len(words) > 1)


def _asked(carrier: str) -> list[str]:
    return [slot for _, slot in pieces(carrier) if slot and slot not in {"v", "u", "j"}]
