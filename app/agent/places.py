"""Finding the places in a sentence: known names, near sounds, and what is left over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.agent.lexicon import CHECK_MARKS, PLACE_MARKS, Lexicon, fold_digits, place_mark
from app.agent.names import NameIndex, strip_generic
from app.agent.reading import Sweep
from app.agent.regions import Regions
from app.agent.segments import LONGEST_WORD, Kind, segment, split
from app.core.model import Resolution, Site, SiteMatch
from app.core.ports import SiteDirectory

_MARKED = re.compile(f"[{CHECK_MARKS}]")
_PREFIXES = frozenset("新老东西南北")
_DISTRICTS = ("区", "县", "市")
_DROPPED = ("市", "省")
_THERE = frozenset(("那边", "那头", "那里", "那儿", "那块", "这边", "这里", "这儿"))
_PLACE = re.compile(f"[{PLACE_MARKS}]")
_LINK = re.compile("(?:市|省|地区|片区|供电公司|公司)?的?$")
_MAX_PLACES, _MAX_WINDOWS, _MAX_MATCHES = 40, 24, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place in the sentence."""

    words: str
    resolution: Resolution
    certain: bool
    """Whether the words are the directory's, or the whole of what was left over."""
    sweep: Sweep | None = None
    """Set where the words mean all sites instead of one place."""

    @property
    def heard(self) -> str:
        """The words as they were said."""
        return self.sweep.words if self.sweep else self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Residue:
    """Characters between the words that the lexicon knows."""

    start: int
    end: int
    text: str
    anchored: bool
    """Whether a 工地 or 的 beside it says that it is a place."""


class PlaceFinder:
    """Finds places by the directory, which may be another one from call to call."""

    def __init__(self, directory: SiteDirectory, lexicon: Lexicon) -> None:
        self.directory = directory
        self._lexicon = lexicon
        self._index = NameIndex((), lexicon)
        self._regions = Regions((), lexicon)

    def index(self) -> NameIndex:
        """Give the names of the directory as it is now."""
        sites = tuple(self.directory.sites())
        if sites != self._index.sites:
            self._index = NameIndex(sites, self._lexicon)
            self._regions = Regions(sites, self._lexicon)
        return self._index

    def regions(self) -> Regions:
        """Give the regions of the directory as it is now."""
        self.index()
        return self._regions

    def mask_known(self, text: str, *, typed: bool = False) -> tuple[str, list[Found]]:
        """Replace the directory's names, and those on the map, by marks."""
        index = self.index()
        folded = fold_digits(text)
        out: list[str] = []
        found: list[Found] = []
        at = 0
        while at < len(text):
            end = index.at(folded, at) if len(found) < _MAX_PLACES else None
            if end is None or self._torn(folded, at, end, out):
                out.append(text[at])
                at += 1
                continue
            start, called = at, index.called(folded[at:end])
            named = (start, end)
            at = end
            # 新济南 and 济南北站 are other places than 济南.
            if out and self._is_prefix("".join(out[-LONGEST_WORD:])):
                out.pop()
                start -= 1
            for dropped in _DROPPED:
                at += text.startswith(dropped, at)
            if past := self._past_suffix(text, at):
                at = end = past
            inside = self._within(called, out, found)
            words = text[start:end]
            if inside and words[:-1] == text[slice(*named)] and words[-1] in _DISTRICTS:
                # 济南市历城区: the region says that it is the one of this name.
                named = (start, end)
            called = inside or called
            out.append(place_mark(len(found)))
            found.append(self._found(words, called if (start, end) == named else ()))
        masked = self._mask_landmarks("".join(out), found, typed)
        return self._drop_provinces(masked, found), found

    def _torn(self, text: str, start: int, end: int, out: list[str]) -> bool:
        """Whether a short name only looks so where two words meet: 工|人和|设备."""
        words = self._lexicon.carriers | self._lexicon.protected
        joints = self._lexicon.joints
        if end - start == 2 and text[end - 1] in joints and start:
            return text[start - 1 : start + 1] in words
        if text[start] not in joints or not out or not _PLACE.match(out[-1]):
            return False
        # 济南|和|平安小区 with a site 和平.
        after = self._index.at(text, start + 1)
        return after is not None and after > end

    def _within(
        self, called: tuple[Site, ...], out: list[str], found: list[Found]
    ) -> tuple[Site, ...]:
        """Take what stands right before a site for its region: 济南市|历城.

        Gives those of the sites of this name that lie there; none: it is no region.
        """
        before = "".join(out[-self._regions.longest - LONGEST_WORD :])
        bare = _LINK.sub("", before)
        if bare and _PLACE.match(bare[-1]) and ord(bare[-1]) - 0xE000 == len(found) - 1:
            site = found[-1].resolution.site
            region = self._regions.find(found[-1].words)
            inside = self._inside(called, region)
            if inside and (site is None or site not in called):
                del out[len(out) - (len(before) - len(bare)) - 1 :]
                found.pop()
                return inside
            return ()
        for link in (before, bare):
            for length in range(min(self._regions.longest, len(link)), 1, -1):
                region = self._regions.named(fold_digits(link[-length:]))
                if inside := self._inside(called, region):
                    del out[len(out) - (len(before) - len(link)) - length :]
                    return inside
        return ()

    def _inside(self, called: tuple[Site, ...], region: str | None) -> tuple[Site, ...]:
        if region is None:
            return ()
        return tuple(s for s in called if self._regions.find(s.region) == region)

    def _mask_landmarks(self, text: str, found: list[Found], typed: bool) -> str:
        """Replace prefectures and counties that the directory does not know."""
        names = self._lexicon.landmarks
        out: list[str] = []
        done = 0
        before = Kind.WORD
        for start, end, kind in segment(text, self._lexicon, names):
            # 红|柳林: one character that nothing explains belongs to the name.
            glued = before is Kind.LEFT and out and len(out[-1]) == 1
            before = kind
            if start < done:
                # A suffix reached into this word: 城东|线上.
                out.append(text[done:end] if end > done else "")
                done = max(done, end)
                continue
            if kind is not Kind.NAME or len(found) >= _MAX_PLACES:
                out.append(text[start:end])
                done = end
                continue
            done = self._past_suffix(text, end) or end
            if glued or self._is_prefix("".join(out)[-LONGEST_WORD:]):
                start -= 1
                out[-1] = out[-1][:-1]
            out.append(place_mark(len(found)))
            found.append(self._landmark(text[start:done], typed))
        return "".join(out)

    def _landmark(self, words: str, typed: bool) -> Found:
        """Resolve a real name; who types 钦州 does not mean 青州, who says it may."""
        resolution = self.directory.resolve(words)
        if typed and not resolution.exact:
            resolution = replace(resolution, site=None)
        return Found(words=words, resolution=resolution, certain=True)

    def _is_prefix(self, before: str) -> bool:
        """Whether the last character makes another name of the name after it."""
        if not before or before[-1] not in _PREFIXES:
            return False
        carriers = self._lexicon.carriers
        if any(before[-n:] in carriers for n in range(2, len(before) + 1)):
            return False
        rest = before[:-1]
        return not rest or any(rest[-n:] in carriers for n in range(1, len(rest) + 1))

    def _past_suffix(self, text: str, at: int) -> int:
        """Give the end of a suffix that makes another name, or 0."""
        if any(text.startswith(generic, at) for generic in self._lexicon.generic):
            return 0
        # 朝阳|路|变电站: a suffix on a suffix is one name still.
        end = 0
        while suffix := self._lexicon.suffix.match(text, end or at):
            end = suffix.end()
        return end

    def _found(self, words: str, called: tuple[Site, ...]) -> Found:
        if called:
            matches = tuple(SiteMatch(site=site, distance=0.0) for site in called)
            # Two sites of the same name: who says no region is asked.
            sure = Resolution(
                words=words,
                site=called[0] if len(called) == 1 else None,
                matches=matches[:_MAX_MATCHES],
                exact=len(called) == 1,
            )
            return Found(words=words, resolution=sure, certain=True)
        resolution = self.directory.resolve(words)
        if not resolution.exact and not words.endswith(_DISTRICTS):
            # 济南站 sounds nearly like 济南 and is another place: ask.
            resolution = replace(resolution, site=None)
        return Found(words=words, resolution=resolution, certain=True)

    def _drop_provinces(self, masked: str, found: list[Found]) -> str:
        """Take 山东省 away before a site; 江苏济南 is none that anybody knows."""
        for name in sorted(self._lexicon.regions, key=len, reverse=True):
            pattern = re.compile(f"{name}的?(?=([{PLACE_MARKS}]))")
            for mark in pattern.finditer(masked):
                number = ord(mark[1]) - 0xE000
                one = found[number]
                site = one.resolution.site
                if site is not None and self._elsewhere(name, site):
                    found[number] = replace(
                        one,
                        words=f"{name}{one.words}",
                        resolution=replace(one.resolution, site=None, exact=False),
                    )
            masked = pattern.sub("", masked)
        return masked

    def _elsewhere(self, province: str, site: Site) -> bool:
        """Whether the site is known to lie in another province."""
        where = site.region or site.name
        within = {
            name
            for name, towns in self._lexicon.provinces.items()
            if where.startswith((name, *towns))
        }
        return bool(within) and not any(province.startswith(one) for one in within)

    def residues(self, masked: str) -> list[Residue]:
        """Give what no word of the lexicon explains, by the cheapest segmentation."""
        spans = list(segment(masked, self._lexicon))
        residues = []
        for number, (start, end, kind) in enumerate(spans):
            if kind is not Kind.LEFT:
                continue
            before = masked[slice(*spans[number - 1][:2])] if number else ""
            after = (
                masked[slice(*spans[number + 1][:2])] if number + 1 < len(spans) else ""
            )
            generic = self._lexicon.generic
            anchored = after in generic
            anchored |= bool(after) and (after == "的" or bool(_MARKED.match(after)))
            anchored |= after in _THERE
            for first, last, station in split(masked, start, end, self._lexicon):
                text = masked[first:last]
                beside = station or (anchored and last == end)
                beside |= first == start and before in generic
                residues.append(
                    Residue(start=first, end=last, text=text, anchored=beside)
                )
        return residues

    def unknown(self, words: str) -> Found:
        """Ask the directory for words that are no name of it as written."""
        bare = strip_generic(words, self._lexicon)
        whole = self.directory.resolve(bare)
        if whole.site is not None or len(bare) <= 2:
            return Found(words=bare, resolution=whole, certain=True)
        best: Resolution | None = None
        for window in _windows(bare):
            near = self.directory.resolve(window)
            if near.site is not None and (
                best is None or _distance(near) < _distance(best)
            ):
                best = near
        if best is None:
            return Found(words=bare, resolution=whole, certain=True)
        return Found(words=best.words, resolution=best, certain=False)


def _distance(resolution: Resolution) -> float:
    return resolution.matches[0].distance if resolution.matches else 1.0


def _windows(words: str) -> Iterator[str]:
    """Give the parts of `words` that may be a name with noise around it."""
    count = 0
    for length in range(min(len(words) - 1, 6), 1, -1):
        for start in range(len(words) - length + 1):
            if count == _MAX_WINDOWS:
                return
            count += 1
            yield words[start : start + length]
