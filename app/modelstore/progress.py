"""How far a long piece of work on a model has come."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    """What is being done."""

    DOWNLOADING = "downloading"
    CHECKING = "checking"
    """The bytes of a download are compared with the catalogue."""
    UNPACKING = "unpacking"
    VERIFYING = "verifying"
    """The files of a model are compared with the catalogue."""
    TROUBLE = "trouble"
    """A source did not work; `note` says why, and the next one is tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One report; `total` is 0 when the end is not known."""

    step: Step
    done: int = 0
    total: int = 0
    note: str = ""
    """A sentence for the operator: the source, or what went wrong with it."""


Listener = Callable[[Progress], object]


def ignore(progress: Progress) -> None:
    """Listen to nothing."""
