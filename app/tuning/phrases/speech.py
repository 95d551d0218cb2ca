"""Synthesise what operators say, with the calls it means.

Speech is built as parts, so that noise knows which characters are a place, a check or
the rest, and the label can follow what is still there to be heard.
"""

import random
import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from app.core.model import Check, Intent
from app.tuning.phrases.lexicon import Lexicon, Pool, Split, stem_of
from app.tuning.phrases.spoken import Part, Spoken, pair_up, pieces, shelled, unmarked

__all__ = ["Part", "Speaker", "Spoken"]

_LONGEST: Final = 12
"""Characters of a place; the desk reads no longer one."""

_NO_SHELL: Final = 0.3
"""How often a place is said with nothing around it."""

_SPANS: Final = 0.03
"""How often all sites are meant, and not one place."""

_TERSE: Final = 0.2
"""How often a command is said in as few words as can be: 济南人数."""

_INSPECT_SHAPES: Final = (
    ("nouns", 40),
    ("questions", 30),
    ("actions", 9),
    ("one_place_two_checks", 7),
    ("two_places_one_check", 7),
    ("two_places_two_checks", 5),
    ("three_places_one_check", 1),
    ("one_place_three_checks", 1),
)

_REFUSED_KINDS: Final[tuple[tuple[str, int], ...]] = (
    ("phrases", 30),
    ("foreign", 38),
    ("operations", 16),
    ("lookalikes", 16),
)

_FOREIGN_SHAPES: Final[tuple[tuple[str, int], ...]] = (
    ("nouns", 46),
    ("questions", 30),
    ("actions", 6),
    ("no_place", 8),
    ("two_places_one_check", 6),
    ("one_place_two_checks", 4),
)

_BARE: Final = re.compile(r"(\{v\})?\{[nqa]\d?\}(\{v\})?")
"""A carrier that says nothing of its own."""

_NEAR: Final = re.compile(r"\{p\d?\},?(\{v\})?\{[nqa]\d?\}|\{[nqa]\d?\},?\{p\d?\}")


_ACTION: Final = re.compile(
    "[查看检核统汇报说念测盘巡排抽复监提列播问反观关分识过扫摸弄掌获读确了显讲调瞧瞅瞄点数清"
    "评审督探跟追打咨通上展翻拉去到给把对做进开安启来重再先立马]"
)
"""How what one can be asked to do begins."""

_ASKED: Final = re.compile("给我|到[底齐岗位场]|对了|对,|请|[再先立马]$|上[头面班岗]")
"""A request already, or no action in spite of its first character."""


class Speaker:
    """Draws clean speech for one split."""

    _regional = 0.025
    """How often all sites of somewhere are meant."""

    def __init__(
        self, lexicon: Lexicon, rng: random.Random, split: Split = Split.TRAIN
    ) -> None:
        """Draw from `lexicon` with `rng`, only what belongs to `split`."""
        self._lexicon = lexicon
        self._rng = rng
        self._split = split
        self._places = lexicon.places(split)
        self._shapes = [
            (shape, weight)
            for shape, weight in _INSPECT_SHAPES
            if lexicon.carriers[shape].own(split)
        ]
        places = self._places
        # Two names that could each be a site are two sites to anybody.
        larger = {stem_of(name) for name in (*places.cities, *places.counties)}
        self._inner_towns = tuple(
            name for name in places.towns if stem_of(name) not in larger
        )
        self._larger = places.towns + places.counties + places.cities
        endings = tuple(
            suffix
            for suffix in (*lexicon.name_suffixes, *lexicon.loose_suffixes)
            if suffix
        )
        self._near_nouns = [
            noun
            for noun in lexicon.nouns["trade"].own(split)
            if not noun.endswith(endings)
        ]

    def say(self, intent: Intent) -> Spoken:
        """Say something with this intent."""
        while True:
            spoken = self._draw(intent)
            if len(spoken.text) <= 48:
                return spoken

    def place(self) -> tuple[str, str]:
        """Draw a place name and its stem."""
        while True:
            name, stem = self._draw_place()
            if len(name) <= _LONGEST:
                return name, stem

    def shell(self, name: str) -> str:
        """Say a place the way people do, with 工地 and the like around it."""
        if self._rng.random() < _NO_SHELL:
            return name
        return self._lexicon.shells.draw(self._rng, self._split).replace("{P}", name)

    def _place_said(self) -> tuple[str, str, str]:
        """Draw a place or what stands for all sites of somewhere; add its shell."""
        rng, split = self._rng, self._split
        roll = rng.random()
        if roll < _SPANS:
            span = self._lexicon.spans.draw(rng, split, strict=True)
            return span, span, "\0"
        while roll < _SPANS + self._regional:
            stem = stem_of(rng.choice(self._larger))
            frame = self._region_frame()
            if len(stem) + len(frame) <= _LONGEST + 3:
                return frame.replace("{P}", stem), stem, "\0"
        return *self.place(), self.shell("\0")

    def _region_frame(self) -> str:
        return self._lexicon.region_frames.draw(self._rng, self._split, strict=True)

    def _draw_place(self) -> tuple[str, str]:
        rng, places = self._rng, self._places
        roll = rng.random()
        if places.cities and roll < 0.2:
            name = rng.choice(places.cities)
            return (
                name + self._lexicon.city_suffix if rng.random() < 0.15 else name
            ), name
        if roll < 0.38:
            name = rng.choice(places.counties)
            if rng.random() < 0.5:
                name = stem_of(name)
            return name, stem_of(name)
        if roll < 0.5:
            name = rng.choice(places.towns)
            if rng.random() < 0.3:
                name += rng.choice(self._lexicon.town_suffixes)
            return name, stem_of(name)
        if roll < 0.62:
            name = rng.choice(places.villages)
            return (
                name + self._lexicon.village_suffix if rng.random() < 0.3 else name
            ), stem_of(name)
        if roll < 0.9:
            stem = stem_of(
                rng.choice(places.villages if rng.random() < 0.5 else self._larger)
            )
            name = stem + rng.choice(self._lexicon.name_suffixes)
            if rng.random() < 0.1:
                name = rng.choice(self._lexicon.name_prefixes) + name
            return name, stem
        stem = stem_of(rng.choice(places.counties))
        return stem + stem_of(rng.choice(self._inner_towns)), stem

    def _draw(self, intent: Intent) -> Spoken:
        match intent:
            case Intent.INSPECT:
                shapes, weights = zip(*self._shapes, strict=True)
                return self._command(intent, self._rng.choices(shapes, weights)[0])
            case Intent.NO_PLACE | Intent.NO_CHECK:
                return self._command(intent, intent.value)
            case Intent.UNSUPPORTED:
                return self._refused()
            case _:
                return self._other(intent)

    def _command(self, intent: Intent, shape: str) -> Spoken:
        rng = self._rng
        terse = rng.random() < _TERSE
        carrier = self._brief(partial(self._carrier, shape), terse=terse)
        checks = rng.sample(list(Check), 3)
        checks_by_slot = {0: checks[0], 1: checks[0], 2: checks[1], 3: checks[2]}
        if shape == "two_places_two_checks" and rng.random() < 0.1:
            checks_by_slot[2] = checks[0]
        verb = self._lexicon.verbs.draw(rng, self._split)
        parts: list[Part] = []
        stems: list[str] = []
        places: list[int] = []
        heard: list[Check] = []
        for text, slot in pieces(carrier):
            kind, number = slot[:1], int(slot[1:] or 0)
            if kind == "v":
                parts.append(Part(verb))
            elif kind == "u":
                parts.append(Part(self._lexicon.short_verbs.draw(rng, self._split)))
            elif kind == "j":
                parts.append(Part(rng.choice(self._lexicon.joints)))
            elif kind == "p":
                name, stem, shell = self._place_said()
                while stem in stems:
                    name, stem, shell = self._place_said()
                places.append(number)
                stems.append(stem)
                parts += shelled("\0" if terse else shell, name, number)
            elif kind in {"n", "q", "a"}:
                check = checks_by_slot[number]
                if check not in heard or shape == "two_places_two_checks":
                    heard.append(check)
                words = self._brief(
                    partial(self._check_words, check, kind), terse=terse
                )
                parts.append(Part(words, "check", number))
            else:
                parts.append(Part(text))
        calls = pair_up(shape, places, heard)
        parts = unmarked(parts) if terse else self._decorate(parts)
        return Spoken(tuple(parts), intent, calls, tuple(stems))

    def _carrier(self, shape: str) -> str:
        pool = self._lexicon.carriers[shape]
        return pool.draw(self._rng, self._split, strict=True)

    def _brief(self, draw: Callable[[], str], *, terse: bool) -> str:
        """Draw something, or the shortest of a few."""
        return min((draw() for _ in range(5)), key=len) if terse else draw()

    def _check_words(self, check: Check, kind: str) -> str:
        name = {"n": "nouns", "q": "questions", "a": "actions"}[kind]
        return self._lexicon.checks[check][name].draw(self._rng, self._split)

    def _decorate(self, parts: list[Part]) -> list[Part]:
        rng = self._rng
        if rng.random() < 0.3:
            opener = self._opener(parts[0].text)
            parts = [Part(opener), *parts]
            if opener.endswith(",") and rng.random() < 0.1:
                parts = [Part(self._opener(opener)), *parts]
        if rng.random() < 0.2:
            parts = [*parts, Part(self._lexicon.closers.draw(rng, self._split))]
        # A recogniser writes no punctuation; a keyboard does.
        if rng.random() < 0.6:
            parts = unmarked(parts)
        elif rng.random() < 0.2:
            parts = [*parts, Part(rng.choice("。?!"))]
        return parts

    def _opener(self, following: str) -> str:
        """Draw what may stand before `following`: nobody says 请帮我济南."""
        bare = _ACTION.match(following) and not _ASKED.match(following)
        while True:
            opener = self._lexicon.openers.draw(self._rng, self._split)
            if opener.endswith(",") or opener in self._lexicon.loose_openers or bare:
                return opener

    def _other(self, intent: Intent) -> Spoken:
        rng = self._rng
        pool = self._lexicon.others[intent.value]
        carrier = pool.draw(rng, self._split, strict=True)
        parts, stems = self._fill(carrier)
        if intent is not Intent.UNCLEAR and rng.random() < 0.5:
            parts = self._decorate(parts)
        calls = ((None, None),) if intent is Intent.UNCLEAR else ()
        return Spoken(tuple(parts), intent, calls, tuple(stems))

    def _refused(self) -> Spoken:
        kinds, weights = zip(*_REFUSED_KINDS, strict=True)
        kind = self._rng.choices(kinds, weights)[0]
        if kind == "phrases":
            return self._other(Intent.UNSUPPORTED)
        if kind == "foreign":
            parts, stems = self._foreign()
        else:
            words = (
                self._lexicon.operations
                if kind == "operations"
                else self._lexicon.lookalikes
            )
            carrier = words["carriers"].draw(self._rng, self._split, strict=True)
            parts, stems = self._fill(carrier, words)
        parts = self._decorate(parts)
        return Spoken(tuple(parts), Intent.UNSUPPORTED, (), tuple(stems))

    def _foreign(self) -> tuple[list[Part], list[str]]:
        """Ask about a noun that no check knows, as one asks for a check."""
        shapes, weights = zip(*_FOREIGN_SHAPES, strict=True)
        while True:
            shape = self._rng.choices(shapes, weights)[0]
            if not self._lexicon.carriers[shape].own(self._split):
                continue
            carrier = self._carrier(shape)
            if not _BARE.fullmatch(carrier):
                break
        # Where nothing parts place and noun, only words of the trade are no name.
        near = shape == "no_place" or _NEAR.search(carrier) is not None
        asked = {
            kind: self._foreign_words(kind[0], near=near)
            for kind in ("n", "n1", "n2", "n3", "q", "q1", "q2", "q3", "a", "a1", "a2")
            if f"{{{kind}}}" in carrier
        }
        return self._fill(carrier, asked=asked)

    def _foreign_words(self, kind: str, *, near: bool) -> str:
        rng, split, words = self._rng, self._split, self._lexicon.foreign
        gear = rng.random() < (0.5 if kind == "q" else 0.2)
        if gear:
            noun = words["gear"].draw(rng, split)
        elif near:
            noun = rng.choice(self._near_nouns)
        else:
            source = "trade" if rng.random() < 0.4 else "common"
            noun = self._noun(source)
        if kind == "q":
            frame = words["gear_questions" if gear else "questions"].draw(rng, split)
        elif kind == "a":
            frame = self._lexicon.short_verbs.draw(rng, split) + "{x}"
        elif rng.random() < 0.6:
            frame = "{x}"
        else:
            frame = words["gear_nouns" if gear else "nouns"].draw(rng, split)
        return frame.replace("{x}", noun)

    def _noun(self, source: str) -> str:
        return self._lexicon.nouns[source].draw(self._rng, self._split)

    def _fill(
        self,
        carrier: str,
        words: Mapping[str, Pool] = MappingProxyType({}),
        *,
        asked: Mapping[str, str] = MappingProxyType({}),
    ) -> tuple[list[Part], list[str]]:
        """Fill a carrier that calls nothing; `asked` stands where a check would."""
        rng, split = self._rng, self._split
        parts: list[Part] = []
        stems: list[str] = []
        for text, slot in pieces(carrier):
            kind = slot[:1]
            if kind in {"p", "P"}:
                name, stem = self.place()
                stems.append(stem)
                shell = self.shell("\0") if kind == "p" else "\0"
                parts += shelled(shell, name, len(stems))
            elif slot in asked:
                parts.append(Part(asked[slot]))
            elif slot in words:
                parts.append(Part(words[slot].draw(rng, split)))
            elif kind == "n":
                parts.append(Part(self._check_words(rng.choice(list(Check)), "n")))
            elif kind in {"v", "u"}:
                verbs = (
                    self._lexicon.verbs if kind == "v" else self._lexicon.short_verbs
                )
                parts.append(Part(verbs.draw(rng, split)))
            elif kind == "j":
                parts.append(Part(rng.choice(self._lexicon.joints)))
            else:
                parts.append(Part(text))
        return parts, stems
