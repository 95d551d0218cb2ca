"""Regions and sites where a region is expected: 所有|济南|工地, 除了|济南和青岛."""

from collections.abc import Callable
from dataclasses import dataclass

from app.agent.places import PlaceFinder
from app.agent.sweep_words import sweep_words


@dataclass(frozen=True, slots=True)
class Area:
    """What stands where a region is expected."""

    words: str
    region: str | None
    """The directory's spelling; None: it is a site of this name."""


class AreaFinder:
    """Finds areas before and after a place in folded text."""

    def __init__(self, places: PlaceFinder) -> None:
        """Take what knows the directory's names and regions."""
        self._places = places
        self._words = sweep_words()

    def before(
        self, text: str, end: int, least: int, *, sites: bool = False
    ) -> tuple[tuple[Area, ...], int]:
        """Give the areas that end at `end`, and where they begin: 济南和青岛|所有.

        `sites` is whether several may be sites.
        """
        areas: list[Area] = []
        begin = edge = end
        while (found := self._ending(text[least:edge])) is not None:
            start, area = found
            if areas and area.region is None and not sites:
                break
            areas.insert(0, area)
            begin = least + start
            joint = self._words.joined.search(text[least:begin])
            if joint is None or (area.region is None and not sites):
                break
            edge = least + joint.start()
        return tuple(areas), begin

    def _ending(self, text: str) -> tuple[int, Area] | None:
        """Give the area at the end of `text`, links left aside: a region, else a site.

        A site prevails where its name begins before the region's: 新济南工地.
        """
        index, regions = self._places.index(), self._places.regions()
        region = self._ending_with(text, regions.longest, regions.named)
        site = self._ending_with(text, index.longest, index.named)
        if site is not None and (region is None or site[0] < region[0]):
            return site[0], Area(site[1], None)
        if region is None:
            return None
        return region[0], Area(region[1], regions.named(region[1]))

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

    def after(self, text: str, start: int) -> tuple[tuple[Area, ...], int]:
        """Give the areas that begin at `start`: 所有|济南和青岛|的工地."""
        areas: list[Area] = []
        at = end = start
        index, regions = self._places.index(), self._places.regions()
        longest = max(regions.longest, index.longest)
        while True:
            for length in range(min(longest, len(text) - at), 1, -1):
                words = text[at : at + length]
                region = regions.named(words)
                if region is not None or index.named(words) is not None:
                    areas.append(Area(words, region))
                    end = at + length
                    break
            else:
                return tuple(areas), end
            joint = self._words.joint.match(text, end)
            if joint is None:
                return tuple(areas), end
            at = joint.end()

    def unlinked(self, text: str) -> str:
        """Take 市, 片区, 的 and the like off the end."""
        while link := self._words.link.search(text):
            text = text[: link.start()]
        return text
