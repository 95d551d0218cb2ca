"""Taking a sentence apart into words, names of the map, and what is left over."""

import re
from collections.abc import Iterator
from enum import Enum

from app.agent.lexicon import Lexicon

LONGEST_WORD = 8
_PARTICLES = frozenset("的在了吗呢吧啊呀嘛么那是")
_ENDS = frozenset("都也还又就")
_VERBS = frozenset("去给问把到对查看要让叫从按为你我替用得向就")
_JOINT = re.compile(
    "的?((?:施工|作业)?现场|工地|项目部?|那[边里儿])?的?(?:[和跟与及同]|以及|还有|加上)"
)


def split(
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


class Kind(Enum):
    """What a span of a sentence is."""

    LEFT = 0
    WORD = 1
    NAME = 2


def segment(
    text: str, lexicon: Lexicon, names: frozenset[str] = frozenset()
) -> Iterator[tuple[int, int, Kind]]:
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
        for start in range(max(0, end - LONGEST_WORD), end):
            word = text[start:end]
            price = 0.25 if word in names else _price(word, text, start, words)
            if price is None:
                continue
            for kind in (0, 1):
                step = cost[start][kind] + price
                if step < cost[end][1]:
                    cost[end][1], back[end][1] = step, (start, kind)
    spans: list[tuple[int, int, Kind]] = []
    end, kind = size, min((0, 1), key=lambda k: cost[size][k])
    while end > 0:
        start, previous = back[end][kind]
        if kind == 0 and spans and spans[-1][2] is Kind.LEFT and spans[-1][0] == end:
            spans[-1] = (start, spans[-1][1], Kind.LEFT)
        elif kind == 0:
            spans.append((start, end, Kind.LEFT))
        else:
            named = text[start:end] in names
            spans.append((start, end, Kind.NAME if named else Kind.WORD))
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
