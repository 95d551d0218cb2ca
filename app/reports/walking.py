"""Walks over the journal while a file is written."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final, TypeVar

from app.core.entries import History
from app.core.ports import ChainLine
from app.core.reporting import Progress
from app.core.reviewing import Review

_T = TypeVar("_T")
_CHUNK: Final = 256


def with_histories(
    lines: Iterator[ChainLine], review: Review, progress: Progress | None
) -> Iterator[tuple[ChainLine, History]]:
    """Give runs with what was said of them later."""
    done = 0
    while some := list(islice(lines, _CHUNK)):
        histories = review.histories([line.entry_id for line in some])
        yield from zip(some, histories, strict=True)
        done += len(some)
        if progress is not None:
            progress(done)


def with_progress(given: Iterable[_T], progress: Progress | None) -> Iterator[_T]:
    """Tell now and then how many have been given."""
    for done, each in enumerate(given, 1):
        yield each
        if progress is not None and done % _CHUNK == 0:
            progress(done)


def counted(given: Iterable[_T], count: list[int]) -> Iterator[_T]:
    """Keep in `count[0]` how many have been given."""
    for each in given:
        count[0] += 1
        yield each
