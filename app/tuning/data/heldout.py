"""Where something from outside belongs: train, dev or test.

What a user brings must not carry a held-out phrase or place into training. A phrase
that the synthesiser says in test only belongs to test, whoever wrote it; the same goes
for a place. Everything else goes by a hash of its own, so that a part of what a user
brings is held out too and adding a line never moves another.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Final

from app.tuning.phrases.lexicon import Lexicon, Pool, Split, split_of, stem_of

_HELD: Final = (Split.TEST, Split.DEV)
_SLOT: Final = re.compile(r"\{([a-zA-Z]\d?)\}")
_MARKS: Final = re.compile("[,，、。?？!！ ]")
_SITE: Final = re.compile("的?(工地|现场|项目部|变电站|施工)")
_PLACE: Final = "\0"
"""Stands for a place in a phrase; no speech has it."""
_PAUSE: Final = "&"
"""Kind of a slot where a mark stood: left out, or said as an "and"."""
_TELLING: Final = 3
"""Characters of a word, or of a carrier's own text, that give a phrase away."""
_LONGEST: Final = 16
"""Characters of what fills a slot."""


@dataclass(frozen=True)
class _Carrier:
    """A carrier phrase as (literal text, kind of slot), one of them empty."""

    pieces: tuple[tuple[str, str], ...]

    @cached_property
    def own(self) -> tuple[str, ...]:
        """Its own words, the longest first."""
        words = (literal for literal, _ in self.pieces if literal)
        return tuple(sorted(words, key=len, reverse=True))

    @cached_property
    def telling(self) -> bool:
        """Whether its own words are enough to know it by."""
        return sum(map(len, self.own)) >= _TELLING


class HeldOut:
    """Knows which phrases and places of the lexicon are held out."""

    def __init__(self, lexicon: Lexicon) -> None:
        """Read the splits of `lexicon`."""
        self._lexicon = lexicon
        cities = lexicon.places(Split.TRAIN).cities
        self._cities = {stem_of(name) for name in cities}
        self._names = {split: _known(lexicon, split) for split in _HELD}
        self._carriers = {split: _carriers(lexicon, split) for split in Split}
        self._openers = _words(lexicon.openers)
        self._closers = ("", *_words(lexicon.closers))
        self._said = _fillings(lexicon)
        self._told = _told(lexicon)
        told = sorted(self._told, key=len, reverse=True)
        self._words = re.compile("|".join(map(re.escape, told)))

    def phrase(self, phrase: str) -> Split:
        """Say where a phrase belongs; `<1>`, `<2>` … stand for its places."""
        plain = _plain(re.sub(r"<\d+>", _PLACE, phrase))
        said = tuple(self._bare(plain))
        near = {
            split: [
                carrier
                for word, carriers in self._carriers[split].items()
                if word in plain
                for carrier in carriers
                if all(own in plain for own in carrier.own)
            ]
            for split in Split
        }

        def says(split: Split, *, loosely: bool) -> bool:
            fits = partial(self._fits, loosely=loosely)
            return any(fits(carrier, one) for carrier in near[split] for one in said)

        # With a carrier's usual words; with any only where training does not say it.
        for split in _HELD:
            if says(split, loosely=False):
                return split
        if not says(Split.TRAIN, loosely=False):
            for split in _HELD:
                if says(split, loosely=True):
                    return split
        told = {self._told[word] for word in self._words.findall(plain)}
        told |= set(self._places_in(plain))
        for split in _HELD:
            if split in told:
                return split
        return split_of(plain)

    def stem(self, name: str) -> str:
        """Give the name that a place is built on: 微山 of 国网微山变电站."""
        return stem_of(self._without_affixes(name))

    def place(self, name: str) -> Split:
        """Say where a place belongs, by the name it is built on."""
        stem = self.stem(name)
        if stem in self._cities or name in self._cities:
            return Split.TRAIN
        own = split_of(stem)
        if own is not Split.TRAIN:
            return own
        for split in _HELD:
            if any(part in self._names[split] for part in _parts(name)):
                return split
        return Split.TRAIN

    def _places_in(self, plain: str) -> Iterator[Split]:
        """Give the splits of places that stand in a phrase without being named."""
        for split in _HELD:
            names = self._names[split]
            for part in _parts(plain):
                # Two characters are a place only where a site follows them.
                if part in names and (
                    len(part) >= _TELLING or _SITE.match(plain.partition(part)[2])
                ):
                    yield split

    def _without_affixes(self, name: str) -> str:
        """Cut what the synthesiser puts around a stem: 新, 变电站."""
        for prefix in self._lexicon.name_prefixes:
            # A single character may as well be the name's own.
            if len(prefix) > 1 and name.startswith(prefix):
                name = name.removeprefix(prefix)
        for suffix in sorted(self._lexicon.name_suffixes, key=len, reverse=True):
            if name.endswith(suffix) and len(name) - len(suffix) >= 2:
                return name.removesuffix(suffix)
        return name

    def _bare(self, plain: str) -> Iterator[str]:
        """Give the phrase without what may stand before and after a carrier."""
        heads = {""}
        for _ in range(2):
            heads |= {
                head + opener
                for head in heads
                for opener in self._openers
                if plain.startswith(opener, len(head))
            }
        for head in heads:
            rest = plain[len(head) :]
            for closer in self._closers:
                if rest.endswith(closer):
                    yield rest[: len(rest) - len(closer)]

    def _fits(
        self, carrier: _Carrier, text: str, at: int = 0, *, loosely: bool
    ) -> bool:
        if at == len(carrier.pieces):
            return not text
        literal, slot = carrier.pieces[at]
        ends: Iterable[int] = (len(literal),) if text.startswith(literal) else ()
        if slot:
            said = self._said.get(slot, frozenset())
            anything = loosely and carrier.telling and slot in "nqa"
            ends = (
                end
                for end in range(min(_LONGEST, len(text)) + 1)
                if text[:end] in said or (anything and end and _PLACE not in text[:end])
            )
        return any(
            self._fits(carrier, text[end:], at + 1, loosely=loosely) for end in ends
        )


def _plain(text: str) -> str:
    return _MARKS.sub("", text)


def _words(pool: Pool) -> tuple[str, ...]:
    """Give everything that a list can say, whatever the split."""
    return tuple(_plain(word) for split in Split for word in pool.own(split))


def _carriers(lexicon: Lexicon, split: Split) -> dict[str, list[_Carrier]]:
    """Give the carriers of a split by the longest of their own words."""
    pools = [*lexicon.carriers.values(), *lexicon.others.values()]
    pools += [t["carriers"] for t in (lexicon.operations, lexicon.lookalikes)]
    found: defaultdict[str, list[_Carrier]] = defaultdict(list)
    for pool in pools:
        for item in pool.own(split):
            carrier = _Carrier(tuple(_pieces(item)))
            found[carrier.own[0] if carrier.own else ""].append(carrier)
    return dict(found)


def _pieces(carrier: str) -> Iterator[tuple[str, str]]:
    for index, piece in enumerate(_SLOT.split(carrier)):
        if index % 2:
            yield "", piece[0]
        elif piece:
            literal = _plain(piece)
            yield (literal, "") if literal else ("", _PAUSE)


def _fillings(lexicon: Lexicon) -> dict[str, frozenset[str]]:
    """Give what each kind of slot is filled with."""
    shells = (shell.replace("{P}", _PLACE) for shell in _words(lexicon.shells))
    said = {
        "p": {*shells, _PLACE},
        "P": {_PLACE},
        "v": set(_words(lexicon.verbs)),
        "u": set(_words(lexicon.short_verbs)),
        "j": {"", *map(_plain, lexicon.joints)},
        _PAUSE: {"", "和"},
    }
    for table in (lexicon.operations, lexicon.lookalikes):
        said |= {kind: set(_words(table[kind])) for kind in table.keys() - {"carriers"}}
    for kind in ("nouns", "questions", "actions"):
        pools = (kinds[kind] for kinds in lexicon.checks.values())
        said[kind[0]] = {word for pool in pools for word in _words(pool)}
    return {slot: frozenset(words) for slot, words in said.items()}


def _told(lexicon: Lexicon) -> dict[str, Split]:
    """Give the words for checks with the split that alone may say them.

    The longest word is what was said: 安全 may be held out and 安全帽 not.
    """
    told: dict[str, Split] = {}
    for kinds in lexicon.checks.values():
        for pool in kinds.values():
            for split in Split:
                for word in pool.own(split):
                    short = len(word) < _TELLING
                    told[_plain(word)] = Split.TRAIN if short else split
    return told


def _known(lexicon: Lexicon, split: Split) -> frozenset[str]:
    places = lexicon.places(split)
    names = (*places.cities, *places.counties, *places.towns, *places.villages)
    return frozenset((*map(stem_of, names), *lexicon.spans.own(split)))


def _parts(name: str) -> Iterator[str]:
    for start in range(len(name)):
        for end in range(start + 2, min(start + _LONGEST, len(name)) + 1):
            yield name[start:end]
