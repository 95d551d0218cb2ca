"""Finding the places in a sentence: known names, near sounds, and what is left over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from app.agent.lexicon import CHECK_MARKS, Lexicon, fold_digits, place_mark
from app.agent.reading import Sweep
from app.core.model import Resolution, Site, SiteMatch
from app.core.ports import SiteDirectory

_MARKED = re.compile(f"[{CHECK_MARKS}]")
_PREFIXES = frozenset("新老东西南北")
_DISTRICTS = ("区", "县", "市")
_PARTICLES = frozenset("的在了吗呢吧啊呀嘛么那是")
_ENDS = frozenset("都也还又就")
_VERBS = frozenset("去给问把到对查看要让叫从按为你我替用得向就")
_DROPPED, _LONGEST_WORD = ("市", "省"), 8
_JOINT = re.compile(
    "的?((?:施工|作业)?现场|工地|项目部?|那[边里儿])?的?(?:[和跟与及同]|以及|还有|加上)"
)
_THERE = frozenset(("那边", "那头", "那里", "那儿", "那块", "这边", "这里", "这儿"))
_MAX_PLACES, _MAX_WINDOWS = 40, 24


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


class NameIndex:
    """The directory's names and aliases, longest first, for one scan of a text."""

    def __init__(self, sites: tuple[Site, ...], lexicon: Lexicon) -> None:
        """Index `sites` as they are now."""
        self.sites = sites
        self._lexicon = lexicon
        self._by_name: dict[str, Site] = {}
        for site in sites:
            for name in (site.name, *site.aliases):
                key = fold_digits(lexicon.normalise(name))
                if len(key) >= 2 and key not in lexicon.generic:
                    self._by_name.setdefault(key, site)
        # 济南工地 in the directory is also what somebody means who says 济南.
        for name, site in list(self._by_name.items()):
            bare = strip_generic(name, lexicon)
            if len(bare) >= 2:
                self._by_name.setdefault(bare, site)
        self._lengths = sorted({len(name) for name in self._by_name}, reverse=True)
        self.longest = max(self._lengths, default=0)
        self._heads = frozenset(name[0] for name in self._by_name)

    def named(self, words: str) -> Site | None:
        """Give the site that is called so, in folded words."""
        return self._by_name.get(words)

    def at(self, text: str, start: int) -> tuple[int, Site] | None:
        """Give the end of the longest name that begins at `start`, and its site."""
        if text[start] not in self._heads:
            return None
        for length in self._lengths:
            site = self._by_name.get(text[start : start + length])
            if site is not None and start + length <= len(text):
                return start + length, site
        return None


def strip_generic(words: str, lexicon: Lexicon) -> str:
    """Take the kind of a place off its words: 济南工地 → 济南; names stay whole."""
    words = words.strip(",的")
    for _ in range(3):
        for generic in sorted(lexicon.generic, key=len, reverse=True):
            if words.endswith(generic) and len(words) > len(generic):
                words = words.removesuffix(generic).rstrip("的")
                break
            if words.startswith(generic) and len(words) > len(generic) + 1:
                words = words.removeprefix(generic).lstrip("的")
                break
        else:
            break
    return words


class PlaceFinder:
    """Finds places by the directory, which may be another one from call to call."""

    def __init__(self, directory: SiteDirectory, lexicon: Lexicon) -> None:
        self.directory = directory
        self._lexicon = lexicon
        self._index = NameIndex((), lexicon)

    def index(self) -> NameIndex:
        """Give the names of the directory as it is now."""
        sites = tuple(self.directory.sites())
        if sites != self._index.sites:
            self._index = NameIndex(sites, self._lexicon)
        return self._index

    def mask_known(self, text: str, *, typed: bool = False) -> tuple[str, list[Found]]:
        """Replace the directory's names, and those on the map, by marks."""
        index = self.index()
        folded = fold_digits(text)
        out: list[str] = []
        found: list[Found] = []
        at = 0
        while at < len(text):
            hit = index.at(folded, at) if len(found) < _MAX_PLACES else None
            if hit is None:
                out.append(text[at])
                at += 1
                continue
            start, (end, site) = at, hit
            named = (start, end)
            at = end
            # 新济南 and 济南北站 are other places than 济南.
            if out and self._is_prefix("".join(out[-_LONGEST_WORD:])):
                out.pop()
                start -= 1
            for dropped in _DROPPED:
                at += text.startswith(dropped, at)
            if past := self._past_suffix(text, at):
                at = end = past
            if self._is_region(site, out, found):
                out.pop()
                found.pop()
            words = text[start:end]
            out.append(place_mark(len(found)))
            found.append(self._found(words, site if (start, end) == named else None))
        masked = self._mask_landmarks("".join(out), found, typed)
        return self._drop_regions(masked), found

    def _mask_landmarks(self, text: str, found: list[Found], typed: bool) -> str:
        """Replace prefectures and counties that the directory does not know."""
        names = self._lexicon.landmarks
        out: list[str] = []
        done = 0
        before = _Kind.WORD
        for start, end, kind in _segment(text, self._lexicon, names):
            # 红|柳林: one character that nothing explains belongs to the name.
            glued = before is _Kind.LEFT and out and len(out[-1]) == 1
            before = kind
            if start < done:
                # A suffix reached into this word: 城东|线上.
                out.append(text[done:end] if end > done else "")
                done = max(done, end)
                continue
            if kind is not _Kind.NAME or len(found) >= _MAX_PLACES:
                out.append(text[start:end])
                done = end
                continue
            done = self._past_suffix(text, end) or end
            if glued or self._is_prefix("".join(out)[-_LONGEST_WORD:]):
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

    def _is_region(self, site: Site, out: list[str], found: list[Found]) -> bool:
        """Whether the place right before is only the region: 济南市历城区."""
        if not found or not out or out[-1] != place_mark(len(found) - 1):
            return False
        before = found[-1].resolution.site
        return before is not None and before != site and before.name == site.region

    def _past_suffix(self, text: str, at: int) -> int:
        """Give the end of a suffix that makes another name, or 0."""
        if any(text.startswith(generic, at) for generic in self._lexicon.generic):
            return 0
        # 朝阳|路|变电站: a suffix on a suffix is one name still.
        end = 0
        while suffix := self._lexicon.suffix.match(text, end or at):
            end = suffix.end()
        return end

    def _found(self, words: str, site: Site | None) -> Found:
        if site is not None:
            match = SiteMatch(site=site, distance=0.0)
            sure = Resolution(words=words, site=site, matches=(match,), exact=True)
            # Two sites of the same name: only the directory can say so.
            checked = self.directory.resolve(words)
            if checked.site is None and len(checked.matches) > 1:
                sure = checked if checked.matches[1].distance == 0 else sure
            return Found(words=words, resolution=sure, certain=True)
        resolution = self.directory.resolve(words)
        if not resolution.exact and not words.endswith(_DISTRICTS):
            # 济南站 sounds nearly like 济南 and is another place: ask.
            resolution = replace(resolution, site=None)
        return Found(words=words, resolution=resolution, certain=True)

    def _drop_regions(self, masked: str) -> str:
        for region in sorted(self._lexicon.regions, key=len, reverse=True):
            masked = re.sub(f"{region}的?(?=[\ue000-\ue0ff])", "", masked)
        return masked

    def residues(self, masked: str) -> list[Residue]:
        """Give what no word of the lexicon explains, by the cheapest segmentation."""
        spans = list(_segment(masked, self._lexicon))
        residues = []
        for number, (start, end, kind) in enumerate(spans):
            if kind is not _Kind.LEFT:
                continue
            before = masked[slice(*spans[number - 1][:2])] if number else ""
            after = (
                masked[slice(*spans[number + 1][:2])] if number + 1 < len(spans) else ""
            )
            generic = self._lexicon.generic
            anchored = after in generic
            anchored |= bool(after) and (after == "的" or bool(_MARKED.match(after)))
            anchored |= after in _THERE
            for first, last, station in _split(masked, start, end, self._lexicon):
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


def _split(
    masked: str, start: int, end: int, lexicon: Lexicon
) -> Iterator[tuple[int, int, bool]]:
    """Split left-over words at stations and joints: 黄渡变|和|横店; give spans.

    The third is whether the span ends like the name of a station or a line.
    """
    at = start
    while at < end:
        found = lexicon.station.search(masked, at + 2, end)
        joint = _JOINT.search(masked, at + 2, end - 1)
        if joint and end - joint.end() < 2:
            joint = None
        if joint and (not found or joint.start() < found.start()):
            yield at, joint.start(), bool(joint[1])
            at = joint.end()
        elif found:
            # 榆横线|三标段 is one name.
            while more := lexicon.station.match(masked, found.end(), end):
                found = more
            yield at, found.end(), True
            at = found.end()
            if joint := _JOINT.match(masked, at, end - 1):
                at = joint.end()
        else:
            yield at, end, False
            return


class _Kind(Enum):
    """What a span of a sentence is."""

    LEFT = 0
    WORD = 1
    NAME = 2


def _segment(
    text: str, lexicon: Lexicon, names: frozenset[str] = frozenset()
) -> Iterator[tuple[int, int, _Kind]]:
    """Split into (start, end, kind) spans at least cost.

    A short word inside a name (和 in 和平) must not tear the name apart, so a single
    character costs nearly as much as what is left over.
    """
    words = lexicon.carriers | lexicon.generic | lexicon.joints | lexicon.breaks
    if names:
        words |= lexicon.protected
    size = len(text)
    infinite = float("inf")
    # cost[i][k]: cheapest way to explain text[:i], ending in a known span (k=1) or in
    # a left-over one (k=0); back keeps the step that did it.
    cost = [[infinite, infinite] for _ in range(size + 1)]
    back: list[list[tuple[int, int]]] = [[(0, 1), (0, 1)] for _ in range(size + 1)]
    cost[0][1] = 0.0
    for end in range(1, size + 1):
        for kind in (0, 1):
            step = cost[end - 1][kind] + 0.35 + (1.0 if kind else 0.0)
            if step < cost[end][0]:
                cost[end][0], back[end][0] = step, (end - 1, kind)
        for start in range(max(0, end - _LONGEST_WORD), end):
            word = text[start:end]
            price = 0.25 if word in names else _price(word, text, start, words)
            if price is None:
                continue
            for kind in (0, 1):
                step = cost[start][kind] + price
                if step < cost[end][1]:
                    cost[end][1], back[end][1] = step, (start, kind)
    spans: list[tuple[int, int, _Kind]] = []
    end, kind = size, min((0, 1), key=lambda k: cost[size][k])
    while end > 0:
        start, previous = back[end][kind]
        if kind == 0 and spans and spans[-1][2] is _Kind.LEFT and spans[-1][0] == end:
            spans[-1] = (start, spans[-1][1], _Kind.LEFT)
        elif kind == 0:
            spans.append((start, end, _Kind.LEFT))
        else:
            named = text[start:end] in names
            spans.append((start, end, _Kind.NAME if named else _Kind.WORD))
        end, kind = start, previous
    yield from reversed(spans)


def _price(word: str, text: str, start: int, words: frozenset[str]) -> float | None:
    if len(word) == 1:
        if not _is_plain(word):
            return 0.0
        if word not in words:
            return None
        if word in _PARTICLES:
            return 0.2
        # 济南和…, 济南上…: after a place a short word is a word, no part of a name.
        if start and "\ue000" <= text[start - 1] <= "\ue0ff":
            return 0.2
        if start > 1 and word in _ENDS:
            return 0.3
        return 0.3 if word in _VERBS else 0.5
    if word not in words:
        return None
    return 0.2


def _is_plain(char: str) -> bool:
    """Whether a character is part of a word, not a mark and not a comma."""
    return char != "," and not "\ue000" <= char <= "\ue1ff"
