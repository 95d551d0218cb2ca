"""Clauses of a sentence, and what is left of it after a slip of the tongue.

Who says 查济南不对是潍坊的人数 means 潍坊 alone: what comes last counts, and never the
sum of both.
"""

import re
from collections.abc import Mapping, Sequence

from app.agent.lexicon import CHECK_MARKS, PLACE_MARKS, Lexicon
from app.agent.pairing import Item
from app.core.model import Check

Clause = list[Item]

_TURN = re.compile(
    "(?<![对就])不对(?![劲称])|说错了?|弄错了?|错了|口误|更正|纠正一?下?"
    f"|[哦噢喔呃哎]不(?!对|是|用|要)|(?:^|,)不(?:,|(?=[{PLACE_MARKS}{CHECK_MARKS}]))"
    f"|(?<!是)不是(?=[{PLACE_MARKS}{CHECK_MARKS}])"
)
"""What takes back the words before it; there may be several of them."""
_DENIED = re.compile(f"(?<!是)不是([{PLACE_MARKS}{CHECK_MARKS}])的?,?(?:而|应该)?是")
"""不是济南, 是潍坊: what is taken back stands behind it."""


def is_corrected(masked: str) -> bool:
    """Whether something is taken back."""
    return _TURN.search(masked) is not None


def clauses_of(
    masked: str, items: Mapping[int, Item], words: Lexicon
) -> tuple[list[Clause], bool]:
    """Give the clauses as they are meant at last; the second is whether some was cut.

    `items` are the places and checks by where they stand in the masked sentence.
    """
    denied = {found.start(1) for found in _DENIED.finditer(masked)}
    turns = [found.start() for found in _TURN.finditer(masked)]
    kept = {at: item for at, item in items.items() if at not in denied}
    parts = [
        _clauses(masked, kept, words, start, end)
        for start, end in zip([0, *turns], [*turns, len(masked)], strict=True)
    ]
    meant = parts[0]
    changed = len(kept) < len(items)
    for part in parts[1:]:
        if not _flat(part):
            continue
        # 不对, 是潍坊: with nothing before it, nothing is taken back here.
        changed |= bool(_flat(meant))
        meant = _corrected(meant, part)
    return meant, changed


def _clauses(
    masked: str, items: Mapping[int, Item], words: Lexicon, start: int, end: int
) -> list[Clause]:
    breaks = "|".join(sorted(words.breaks, key=len, reverse=True))
    edges = {found.start() for found in re.finditer(f",|{breaks}", masked)}
    clauses: list[Clause] = [[]]
    for at in range(start, end):
        if at in edges:
            clauses.append([])
        if at in items:
            clauses[-1].append(items[at])
    return clauses


def _corrected(before: list[Clause], after: list[Clause]) -> list[Clause]:
    """Give what is meant at last."""
    said, new = _flat(before), _flat(after)
    kinds = {isinstance(item, Check) for item in new}
    if not said or len(kinds) == 2:
        return after
    is_check = kinds.pop()
    alike = [at for at, item in enumerate(said) if isinstance(item, Check) == is_check]
    if not alike:
        return [*before, *after]
    # 济南的人数和青岛的安全帽, 不对, 是潍坊: the last of its kind is taken back.
    at = alike[-1]
    return [[*said[:at], *new, *said[at + 1 :]]]


def _flat(clauses: Sequence[Clause]) -> list[Item]:
    return [item for clause in clauses for item in clause]
