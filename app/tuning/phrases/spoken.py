"""What was said, as parts that know what they are, and how parts are put together."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from app.agent.prompts import Pair
from app.core.model import Check, Intent

_SLOT: Final = re.compile(r"\{([a-zA-Z]\d?)\}")


@dataclass(frozen=True)
class Part:
    """A stretch of speech: `place`, `check` or `other`, for the n-th slot."""

    text: str
    kind: str = "other"
    slot: int = 0


def numbered(pieces: Iterable[str | int]) -> str:
    """Write words and places, `<1>`, `<2>` … as they come; a place is its slot."""
    orders: dict[int, int] = {}
    return "".join(
        f"<{orders.setdefault(piece, len(orders) + 1)}>"
        if isinstance(piece, int)
        else piece
        for piece in pieces
    )


@dataclass(frozen=True)
class Spoken:
    """One thing said and what it means."""

    parts: tuple[Part, ...]
    intent: Intent
    calls: tuple[tuple[int | None, Check | None], ...] = ()
    """Pairs in spoken order; a place is the number of its slot."""
    stems: tuple[str, ...] = ()
    """What decides the split of the places."""
    noisy: bool = False

    @property
    def text(self) -> str:
        """The words as heard."""
        return "".join(part.text for part in self.parts)

    @property
    def phrase(self) -> str:
        """The words without the places: what must not be shared between splits.

        Places are numbered as they come, whatever their slots are called.
        """
        return numbered(
            part.slot if part.kind == "place" else part.text for part in self.parts
        )

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The calls with places as heard."""
        names = {part.slot: part.text for part in self.parts if part.kind == "place"}
        return tuple(
            (None if slot is None else names[slot], check) for slot, check in self.calls
        )


@cache
def pieces(carrier: str) -> tuple[tuple[str, str], ...]:
    """Split a carrier into (literal text, slot name), one of them empty."""
    pieces: list[tuple[str, str]] = []
    for index, piece in enumerate(_SLOT.split(carrier)):
        if piece:
            pieces.append(("", piece) if index % 2 else (piece, ""))
    return tuple(pieces)


def shelled(shell: str, name: str, slot: int) -> list[Part]:
    r"""Put a place into a shell, where `\0` stands for it."""
    before, _, after = shell.partition("\0")
    parts = [Part(before), Part(name, "place", slot), Part(after)]
    return [part for part in parts if part.text]


def unmarked(parts: list[Part]) -> list[Part]:
    """Leave out the marks; places that nothing else parts get an "and" between."""
    marked = [Part(""), *parts, Part("")]
    left = []
    for before, part, after in zip(marked, parts, marked[2:], strict=False):
        text = re.sub("[,、]", "", part.text)
        if not text and before.kind == after.kind == "place":
            text = "和"
        if text:
            left.append(replace(part, text=text))
    return left


def pair_up(
    shape: str, places: list[int], checks: list[Check]
) -> tuple[tuple[int | None, Check | None], ...]:
    """Say which place goes with which check, in spoken order."""
    if shape == "two_places_two_checks":
        return tuple(zip(places, checks, strict=True))
    slots: list[int | None] = [*places] or [None]
    heard: list[Check | None] = [*checks] or [None]
    return tuple((slot, check) for slot in slots for check in heard)
