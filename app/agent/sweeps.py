"""All sites at once: 济南所有工地, 各标段, 全省的工地.

The words are found before any place is, because 济南所有工地 is not the site 济南. They
are read by rules alone and never dispatched without a question, so what is read here
only has to be what the question says.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from app.agent.areas import Area, AreaFinder
from app.agent.excepting import Excepted, ExceptionFinder
from app.agent.lexicon import Lexicon, fold_digits, place_mark
from app.agent.places import Found, PlaceFinder, Residue
from app.agent.reading import Sweep, SweepChoice
from app.agent.regions import sweep_label
from app.agent.sweep_words import sweep_words
from app.core.model import Resolution, Site

_STAND_IN: Final = "\ue1ff"
"""Stands for the words while places are looked for; no name and no check begins so."""
_MARK: Final = re.compile("[\ue000-\ue0ff]")
_LONGEST_UNKNOWN: Final = 16


@dataclass(frozen=True, slots=True)
class _Heard:
    words: str
    areas: tuple[Area, ...]
    excepted: tuple[Excepted, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """A sentence with a stand-in for each of the words that mean all sites."""

    text: str
    heard: tuple[_Heard, ...]

    @property
    def excepted(self) -> tuple[Excepted, ...]:
        """What was said to be left out; where it stands in the sentence as it was."""
        return tuple(one for heard in self.heard for one in heard.excepted)


class SweepFinder:
    """Finds the words that mean all sites, and which sites those are."""

    def __init__(
        self, places: PlaceFinder, words: Lexicon, today: Callable[[], date]
    ) -> None:
        """Take what knows the directory, and what tells the day."""
        self._places, self._lexicon, self._today = places, words, today
        self._words = sweep_words()
        self._areas = AreaFinder(places)
        self._exceptions = ExceptionFinder(self._areas)

    def hold(self, text: str) -> Held:
        """Put a stand-in where all sites are meant, before places are looked for."""
        cut = self._exceptions.cut(text)
        if cut.excepted:
            held = self._hold(cut.text)
            if len(held.heard) == 1:
                one = replace(held.heard[0], excepted=cut.excepted)
                if self._choices_but(one):
                    return Held(held.text, (one,))
        return self._hold(text)

    def _hold(self, text: str) -> Held:
        folded = fold_digits(text)
        out: list[str] = []
        heard: list[_Heard] = []
        done = 0
        for start, end, within in self._spans(folded):
            if start < done:
                continue
            before, begin = self._areas.before(folded, start, done)
            areas = (*before, *within)
            out += [text[done:begin], _STAND_IN]
            heard.append(_Heard(text[begin:end], areas))
            done = end
        return Held("".join([*out, text[done:]]), tuple(heard))

    def put(self, held: str, found: list[Found], heard: Sequence[_Heard]) -> str:
        """Make the stand-ins places like others; add them to `found`."""
        out = ""
        pieces = held.split(_STAND_IN)
        for piece, one in zip(pieces, heard, strict=False):
            out += piece
            sweep = self._sweep(one)
            bare = self._areas.unlinked(out)
            if bare and _MARK.match(bare[-1]):
                # 济南北站所有工地 is no region of the directory; in 济南历城所有工地
                # the first only says where the second is.
                place = found[ord(bare[-1]) - 0xE000]
                if not one.areas and place.sweep is None:
                    sweep = self._unknown(
                        place.words, place.resolution, one.words, bool(one.excepted)
                    )
                if not one.areas or bare == out:
                    out = bare[:-1]
            out += place_mark(len(found))
            found.append(_found(sweep))
        return out + _STAND_IN.join(pieces[len(heard) :])

    def claim(
        self, masked: str, residues: Sequence[Residue], found: list[Found]
    ) -> list[Residue]:
        """Take what is left over before all sites for a region that nobody knows."""
        kept: list[Residue] = []
        for one in residues:
            mark = self._mark_after(masked, one.end)
            place = found[mark] if mark is not None and mark < len(found) else None
            sweep = place.sweep if place else None
            usable = 2 <= len(one.text) <= _LONGEST_UNKNOWN
            usable &= _MARK.search(one.text) is None
            if mark is None or sweep is None or not sweep.anywhere or not usable:
                kept.append(one)
                continue
            resolution = self._places.directory.resolve(one.text)
            found[mark] = _found(
                self._unknown(one.text, resolution, sweep.words, sweep.excepting)
            )
        return kept

    def hints_at_many(self, masked: str, residues: Sequence[Residue]) -> bool:
        """Whether one place stands where all of a region would: 所有|X|工地."""
        spans = [(one.start, one.end) for one in residues]
        spans += [(one.start(), one.end()) for one in _MARK.finditer(masked)]
        return any(
            head.end() == start and self._words.tails["all"].match(masked, end)
            for head in self._words.heads.finditer(masked)
            for start, end in spans
        )

    def excepts(self, masked: str) -> bool:
        """Whether some sites are excepted."""
        return self._words.exceptions.search(masked) is not None

    def _spans(self, text: str) -> Iterator[tuple[int, int, tuple[Area, ...]]]:
        """Give start, end and the areas within: 所有|济南|工地."""
        spans: list[tuple[int, int, tuple[Area, ...]]] = []
        for head in self._words.heads.finditer(text):
            tails = self._words.tails[head.lastgroup or "all"]
            within: tuple[Area, ...] = ()
            tail = tails.match(text, head.end())
            if tail is None:
                within, end = self._areas.after(text, head.end())
                tail = tails.match(text, end) if within else None
            if tail is not None:
                spans.append((head.start(), tail.end(), within))
        for pattern in (self._words.bare, self._words.after):
            spans += [(one.start(), one.end(), ()) for one in pattern.finditer(text)]
        yield from sorted(spans, key=lambda span: span[:2])

    def _mark_after(self, masked: str, start: int) -> int | None:
        """Give the number of the place after `start`, links left aside."""
        mark = _MARK.search(masked, start)
        if mark is None or self._areas.unlinked(masked[start : mark.start()]):
            return None
        return ord(mark[0]) - 0xE000

    def _sweep(self, heard: _Heard) -> Sweep:
        strange = [area.words for area in heard.areas if area.region is None]
        if strange:
            resolution = self._places.directory.resolve(strange[0])
            return self._unknown(
                strange[0], resolution, heard.words, bool(heard.excepted)
            )
        regions = _regions_of(heard)
        if heard.excepted:
            return Sweep(
                words=heard.words,
                choices=self._choices_but(heard),
                anywhere=not regions,
                excepting=True,
            )
        choices = [self._choice(regions)]
        namesakes = [self._namesake(area) for area in heard.areas]
        if sites := tuple(site for site in namesakes if site is not None):
            only = SweepChoice(label="、".join(s.name for s in sites), sites=sites)
            if len(sites) == len(namesakes) and sites != choices[0].sites:
                choices.append(only)
        return Sweep(words=heard.words, choices=tuple(choices), anywhere=not regions)

    def _choice(
        self,
        regions: Sequence[str],
        but: Collection[str] = (),
        named: Sequence[str] = (),
    ) -> SweepChoice:
        sites, left_out = self._places.regions().of(regions, self._today(), but=but)
        label = sweep_label(regions, len(sites), named)
        return SweepChoice(label=label, sites=sites, left_out=left_out)

    def _choices_but(self, heard: _Heard) -> tuple[SweepChoice, ...]:
        """Give what may be meant by all but some; empty: it is not sure which.

        Who leaves out 济南 may mean the site or the region of that name.
        """
        if any(area.region is None for area in heard.areas):
            return ()
        regions = _regions_of(heard)
        inside = {site.id for site in self._places.regions().members(regions)}
        choices: dict[tuple[Site, ...], SweepChoice] = {}
        for sites_first in (True, False):
            but: set[str] = set()
            named: list[str] = []
            for one in heard.excepted:
                left_out, name = self._left_out(one.area, sites_first=sites_first)
                if not left_out or not left_out <= inside:
                    return ()
                but |= left_out
                named.append(name)
            choice = self._choice(regions, but, tuple(dict.fromkeys(named)))
            if choice.sites:
                choices.setdefault(choice.sites, choice)
        return tuple(choices.values())

    def _left_out(self, area: Area, *, sites_first: bool) -> tuple[set[str], str]:
        """Give the ids of the sites that an exception names, and its label."""
        called = self._places.index().called(area.words)
        members = self._places.regions().members([area.region]) if area.region else ()
        if called and (sites_first or not members):
            # Of two sites of one name it is not sure which one is left out.
            return ({called[0].id}, called[0].name) if len(called) == 1 else (set(), "")
        return {site.id for site in members}, f"{area.region or ''}各工地"

    def _namesake(self, area: Area) -> Site | None:
        """Give the site that is called like the region."""
        for words in (area.words, area.region or ""):
            if self._places.index().named(fold_digits(words)) is not None:
                # Of two sites that are called so neither is "just that site".
                return self._places.directory.resolve(words).site
        return None

    def _unknown(
        self, area: str, resolution: Resolution, words: str, excepting: bool
    ) -> Sweep:
        """Offer what sounds like a region that the directory does not have."""
        choices: list[SweepChoice] = []
        for match in () if excepting else resolution.matches:
            region = self._places.regions().find(match.site.name)
            if region is not None:
                choices.append(self._choice((region,)))
            choices.append(SweepChoice(label=match.site.name, sites=(match.site,)))
        return Sweep(
            words=words, choices=tuple(choices), unknown=area, excepting=excepting
        )


def _regions_of(heard: _Heard) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a.region for a in heard.areas if a.region))


def _found(sweep: Sweep) -> Found:
    words = sweep.place
    resolution = Resolution(words=words, site=None)
    return Found(words=words, resolution=resolution, certain=True, sweep=sweep)
