"""Which check belongs to which place, in a sentence with several of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, product

from app.agent.places import Found
from app.core.model import Check

Item = Found | Check
Pair = tuple[Found | None, Check | None]


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs in spoken order."""

    pairs: tuple[Pair, ...]
    inherited: bool = False
    """Whether a place or check was taken over from the part before."""
    uncertain: bool = False
    """Whether it may as well be meant crosswise."""


def pair(clauses: Sequence[Sequence[Item]]) -> Pairing:
    """Pair the items of a sentence; each clause is what stands between two breaks."""
    filled = [list(clause) for clause in clauses if clause]
    whole = [clause for clause in filled if _has_both(clause)]
    if len(filled) > 1 and len(whole) == len(filled):
        parts = [_pair_items(clause) for clause in filled]
        pairs = tuple(one for part in parts for one in part.pairs)
        return Pairing(
            _once(pairs),
            any(part.inherited for part in parts),
            any(part.uncertain for part in parts),
        )
    return _pair_items([item for clause in filled for item in clause])


def _has_both(items: Sequence[Item]) -> bool:
    return len({isinstance(item, Check) for item in items}) == 2


def _pair_items(items: Sequence[Item]) -> Pairing:
    checks = {item for item in items if isinstance(item, Check)}
    if len(checks) == 1:
        # 电笔在济南有没有带: one check, said twice, around its place.
        places = [item for item in items if not isinstance(item, Check)]
        return Pairing(_cross(places, list(checks)))
    groups = [
        list(group) for _, group in groupby(items, key=lambda i: isinstance(i, Check))
    ]
    if not groups:
        return Pairing(((None, None),))
    if len(groups) == 1:
        return Pairing(_cross(groups[0], []))
    pairs: list[Pair] = []
    for first, second in zip(groups[0::2], groups[1::2], strict=False):
        pairs.extend(_cross(first, second))
    inherited = len(groups) % 2 == 1
    if inherited:
        # 济南的人数, 还有青岛: the last part takes over what stood before it.
        pairs.extend(_cross(groups[-1], groups[-2]))
    # 人数济南青岛安全帽: the place in the middle belongs to either side, or to both.
    uncertain = inherited and len(_sites(items)) > 1
    return Pairing(_once(tuple(pairs)), inherited, uncertain)


def _sites(items: Sequence[Item]) -> set[str]:
    return {_key(item) for item in items if not isinstance(item, Check)}


def _key(place: Found) -> str:
    site = place.resolution.site
    return site.id if site else place.words


def _cross(first: Sequence[Item], second: Sequence[Item]) -> tuple[Pair, ...]:
    both = [*first, *second]
    places: list[Found | None] = [i for i in both if not isinstance(i, Check)]
    checks: list[Check | None] = [i for i in both if isinstance(i, Check)]
    return _once(tuple(product(places or [None], checks or [None])))


def _once(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    kept: dict[tuple[str, Check | None], Pair] = {}
    for place, check in pairs:
        kept.setdefault((_key(place) if place else "", check), (place, check))
    return tuple(kept.values())
