"""All sites at once: 济南所有工地, 各标段, 全省的工地.

The words are found before any place is, because 济南所有工地 is not the site 济南. They
are read by rules alone and never dispatched without a question, so what is read here
only has to be what the question says.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.agent.lexicon import Lexicon, fold_digits, place_mark
from app.agent.places import Found, NameIndex, PlaceFinder, Residue
from app.agent.reading import Sweep, SweepChoice
from app.agent.regions import Regions, sweep_label
from app.agent.sweep_words import sweep_words
from app.core.model import Resolution, Site

_STAND_IN: Final = "\ue1ff"
"""Stands for the words while places are looked for; no name and no check begins so."""
_MARK: Final = re.compile("[\ue000-\ue0ff]")
_LONGEST_UNKNOWN: Final = 16


@dataclass(frozen=True, slots=True)
class _Area:
    """What stands where a region is expected."""

    words: str
    region: str | None
    """The directory's spelling; None: it is a site of this name."""


@dataclass(frozen=True, slots=True)
class _Heard:
    words: str
    areas: tuple[_Area, ...]


class SweepFinder:
    """Finds the words that mean all sites, and which sites those are."""

    def __init__(
        self, places: PlaceFinder, words: Lexicon, today: Callable[[], date]
    ) -> None:
        """Take what knows the directory, and what tells the day."""
        self._places, self._lexicon, self._today = places, words, today
        self._words = sweep_words()
        self._regions = Regions((), words)

    def hold(self, text: str) -> tuple[str, list[_Heard]]:
        """Put a stand-in where all sites are meant, before places are looked for."""
        index = self._known()
        folded = fold_digits(text)
        out: list[str] = []
        heard: list[_Heard] = []
        done = 0
        for start, end, within in self._spans(folded, index):
            if start < done:
                continue
            before, begin = self._before(folded, start, done, index)
            areas = (*before, *within)
            out += [text[done:begin], _STAND_IN]
            heard.append(_Heard(text[begin:end], areas))
            done = end
        return "".join([*out, text[done:]]), heard

    def put(self, held: str, found: list[Found], heard: Sequence[_Heard]) -> str:
        """Make the stand-ins places like others; add them to `found`."""
        out = ""
        pieces = held.split(_STAND_IN)
        for piece, one in zip(pieces, heard, strict=False):
            out += piece
            sweep = self._sweep(one)
            bare = self._unlinked(out)
            if bare and _MARK.match(bare[-1]):
                # 济南北站所有工地 is no region of the directory; in 济南历城所有工地
                # the first only says where the second is.
                place = found[ord(bare[-1]) - 0xE000]
                if not one.areas and place.sweep is None:
                    sweep = self._unknown(place.words, place.resolution, one.words)
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
            found[mark] = _found(self._unknown(one.text, resolution, sweep.words))
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

    def _known(self) -> NameIndex:
        """Give the directory's names as they are now; the regions follow."""
        index = self._places.index()
        if index.sites is not self._regions.sites:
            self._regions = Regions(index.sites, self._lexicon)
        return index

    def _spans(
        self, text: str, index: NameIndex
    ) -> Iterator[tuple[int, int, tuple[_Area, ...]]]:
        """Give start, end and the areas within: 所有|济南|工地."""
        spans: list[tuple[int, int, tuple[_Area, ...]]] = []
        for head in self._words.heads.finditer(text):
            tails = self._words.tails[head.lastgroup or "all"]
            within: tuple[_Area, ...] = ()
            tail = tails.match(text, head.end())
            if tail is None:
                within, end = self._after(text, head.end(), index)
                tail = tails.match(text, end) if within else None
            if tail is not None:
                spans.append((head.start(), tail.end(), within))
        for pattern in (self._words.bare, self._words.after):
            spans += [(one.start(), one.end(), ()) for one in pattern.finditer(text)]
        yield from sorted(spans, key=lambda span: span[:2])

    def _before(
        self, text: str, end: int, least: int, index: NameIndex
    ) -> tuple[tuple[_Area, ...], int]:
        """Give the areas that end at `end`, and where they begin: 济南和青岛|所有."""
        areas: list[_Area] = []
        begin = edge = end
        while (found := self._ending(text[least:edge], index)) is not None:
            start, area = found
            if areas and area.region is None:
                break
            areas.insert(0, area)
            begin = least + start
            joint = self._words.joined.search(text[least:begin])
            if joint is None or area.region is None:
                break
            edge = least + joint.start()
        return tuple(areas), begin

    def _ending(self, text: str, index: NameIndex) -> tuple[int, _Area] | None:
        """Give the area at the end of `text`, links left aside: a region, else a site.

        A site prevails where its name begins before the region's: 新济南工地.
        """
        region = self._ending_with(text, self._regions.longest, self._regions.named)
        site = self._ending_with(text, index.longest, index.named)
        if site is not None and (region is None or site[0] < region[0]):
            return site[0], _Area(site[1], None)
        if region is None:
            return None
        return region[0], _Area(region[1], self._regions.named(region[1]))

    def _ending_with(
        self, text: str, longest: int, known: Callable[[str], object]
    ) -> tuple[int, str] | None:
        edge = len(text)
        while edge > 1:
            for length in range(min(longest, edge), 1, -1):
                if known(text[edge - length : edge]) is not None:
                    return edge - length, text[edge - length : edge]
            link = self._words.link.search(text[:edge])
            if link is None:
                return None
            edge = link.start()
        return None

    def _after(
        self, text: str, start: int, index: NameIndex
    ) -> tuple[tuple[_Area, ...], int]:
        """Give the areas that begin at `start`: 所有|济南和青岛|的工地."""
        areas: list[_Area] = []
        at = end = start
        longest = max(self._regions.longest, index.longest)
        while True:
            for length in range(min(longest, len(text) - at), 1, -1):
                words = text[at : at + length]
                region = self._regions.named(words)
                if region is not None or index.named(words) is not None:
                    areas.append(_Area(words, region))
                    end = at + length
                    break
            else:
                return tuple(areas), end
            joint = self._words.joint.match(text, end)
            if joint is None:
                return tuple(areas), end
            at = joint.end()

    def _unlinked(self, text: str) -> str:
        while link := self._words.link.search(text):
            text = text[: link.start()]
        return text

    def _mark_after(self, masked: str, start: int) -> int | None:
        """Give the number of the place after `start`, links left aside."""
        mark = _MARK.search(masked, start)
        if mark is None or self._unlinked(masked[start : mark.start()]):
            return None
        return ord(mark[0]) - 0xE000

    def _sweep(self, heard: _Heard) -> Sweep:
        strange = [area.words for area in heard.areas if area.region is None]
        if strange:
            resolution = self._places.directory.resolve(strange[0])
            return self._unknown(strange[0], resolution, heard.words)
        regions = tuple(dict.fromkeys(a.region for a in heard.areas if a.region))
        choices = [self._choice(regions)]
        namesakes = [self._namesake(area) for area in heard.areas]
        if sites := tuple(site for site in namesakes if site is not None):
            only = SweepChoice(label="、".join(s.name for s in sites), sites=sites)
            if len(sites) == len(namesakes) and sites != choices[0].sites:
                choices.append(only)
        return Sweep(words=heard.words, choices=tuple(choices), anywhere=not regions)

    def _choice(self, regions: Sequence[str]) -> SweepChoice:
        sites, left_out = self._regions.of(regions, self._today())
        label = sweep_label(regions, len(sites))
        return SweepChoice(label=label, sites=sites, left_out=left_out)

    def _namesake(self, area: _Area) -> Site | None:
        """Give the site that is called like the region."""
        for words in (area.words, area.region or ""):
            if self._places.index().named(fold_digits(words)) is not None:
                # Of two sites that are called so neither is "just that site".
                return self._places.directory.resolve(words).site
        return None

    def _unknown(self, area: str, resolution: Resolution, words: str) -> Sweep:
        """Offer what sounds like a region that the directory does not have."""
        choices: list[SweepChoice] = []
        for match in resolution.matches:
            region = self._regions.find(match.site.name)
            if region is not None:
                choices.append(self._choice((region,)))
            choices.append(SweepChoice(label=match.site.name, sites=(match.site,)))
        return Sweep(words=words, choices=tuple(choices), unknown=area)


def _found(sweep: Sweep) -> Found:
    words = sweep.place
    resolution = Resolution(words=words, site=None)
    return Found(words=words, resolution=resolution, certain=True, sweep=sweep)
