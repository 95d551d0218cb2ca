"""A sentence while the rules read it: marks in place of what was found so far."""

from dataclasses import dataclass

from app.agent.check_words import Hit
from app.agent.lexicon import check_mark, place_mark
from app.agent.places import Found
from app.agent.positions import Span, Trail
from app.agent.prompts import CHECK_LABELS
from app.agent.reading import SITE
from app.core.explanation import Reason, ReasonKind


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same sentence twice, each with the way back to the transcript."""

    placed: str
    """With a mark for each place."""
    masked: str
    """With a mark for each check as well."""
    places: list[Found]
    hits: list[Hit]
    by_place: Trail
    trail: Trail
    """Of `masked`."""

    def hit_reason(self, hit: Hit) -> Reason:
        """Say which check the words were taken for."""
        start = hit.start + self.placed.startswith("的", hit.start)
        label = CHECK_LABELS[hit.check]
        kind = ReasonKind.REPAIR if hit.near else ReasonKind.CHECK
        meaning = f"检查内容按读音理解为{label}" if hit.near else label
        return self.by_place.reason(kind, start, hit.end, meaning)


def sentence_of(
    plain: str, known: Trail, placed: str, places: list[Found], hits: list[Hit]
) -> Sentence:
    """Mark the checks too; `known` is the trail of `plain`."""
    words = {place_mark(n): place.heard for n, place in enumerate(places)}
    by_place = known.masked(plain, placed, words)
    masked: list[str] = []
    pieces: list[Span] = []
    at = 0
    for number, hit in enumerate(hits):
        masked += [placed[at : hit.start], check_mark(number)]
        pieces += [(n, n + 1) for n in range(at, hit.start)]
        pieces.append((hit.start, hit.end))
        at = hit.end
    masked.append(placed[at:])
    pieces += [(n, n + 1) for n in range(at, len(placed))]
    return Sentence(
        placed=placed,
        masked="".join(masked),
        places=places,
        hits=hits,
        by_place=by_place,
        trail=by_place.joined(pieces),
    )


def place_reason(trail: Trail, start: int, end: int, found: Found) -> Reason:
    """Say what the words of a place were taken for."""
    site = found.resolution.site
    if found.sweep is not None:
        meaning = found.sweep.place
    elif site is None:
        near = "、".join(match.site.name for match in found.resolution.matches)
        meaning = f"{SITE}不能确定: {near}" if near else f"{SITE}目录里没有"
    elif not found.resolution.exact and site.name != found.words:
        meaning = f"「{found.words}」按读音理解为「{site.name}」"
        return trail.reason(ReasonKind.REPAIR, start, end, meaning)
    else:
        meaning = f"{SITE}{site.name}"
    return trail.reason(ReasonKind.PLACE, start, end, meaning)
