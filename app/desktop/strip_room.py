"""Who gets how much of the status strip: what is wrong first, what is well last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

CAUSE: Final = 260
"""Pixels of a cause that come before parts that are well."""
LEGIBLE: Final = 56
"""Pixels of a detail below which it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What one part would like to have, in pixels, the space after it included."""

    least: int
    """Shape, name and word: less is never shown."""
    full: int
    """With the whole detail."""
    bad: bool


def allot(wishes: Sequence[Wish], room: int, more: int) -> list[int]:
    """Give the widths of the parts that are shown, of the first one on.

    A part is shown with its name and word whole, or not at all: the rest stands behind
    a button that takes `more`. The bad parts come first in `wishes`, and in the room.
    """
    bad = [wish for wish in wishes if wish.bad]
    # A cause may push parts that are well behind the button, but no part that is bad.
    shown = _fitting([wish.least for wish in bad], room, more, len(wishes))
    wanted = [min(wish.full, wish.least + CAUSE) for wish in bad[:shown]]
    rest = 0 if shown == len(wishes) else more
    widths = _spread([wish.least for wish in bad[:shown]], wanted, room - rest)
    if shown == len(bad):
        least = widths + [wish.least for wish in wishes[shown:]]
        widths = least[: _fitting(least, room, more, len(wishes))]
    rest = 0 if len(widths) == len(wishes) else more
    return _spread(widths, [wish.full for wish in wishes], room - rest)


def _fitting(widths: Sequence[int], room: int, more: int, total: int) -> int:
    """Give how many of the widths fit, the button for the others beside them."""
    for count in range(len(widths), 0, -1):
        if sum(widths[:count]) + (more if count < total else 0) <= room:
            return count
    return 0


def _spread(widths: Sequence[int], wanted: Sequence[int], room: int) -> list[int]:
    """Let widths grow to what is wanted, the first one first."""
    grown = list(widths)
    left = room - sum(grown)
    for index, width in enumerate(widths):
        growth = min(wanted[index] - width, left)
        if growth == wanted[index] - width or growth >= LEGIBLE:
            grown[index] += max(0, growth)
            left -= max(0, growth)
    return grown
