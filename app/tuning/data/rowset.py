"""A row of the data, and what two sets of rows share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from app.system.files import write_json
from app.tuning.data.rowfile import hash_of
from app.tuning.phrases.lexicon import Split

MADE: Final = "made"
"""Source of a row that nobody brought."""
JOURNAL: Final = "journal"
"""Source of a row that an operator corrected."""
TEACHER: Final = "teacher"
"""Source of a row that a larger model labelled."""

_COMMON: Final = tuple(f"{split}:" for split in Split)


@dataclass(frozen=True)
class Row:
    """One row and what is needed to judge it."""

    content: str
    summary: str
    kind: str
    phrase: str
    """The speech without its places, or the numbers of a summary."""
    stems: tuple[str, ...] = ()
    noisy: bool = False
    """Whether it was heard with errors."""
    names: tuple[str, ...] = ()
    """The places as they were meant, before any noise."""
    source: str = MADE
    """`made` here, a user's `csv`, the `journal`, or a `teacher`."""

    @property
    def common(self) -> bool:
        """Whether every split may have it: an empty site without an order."""
        return self.phrase.startswith(_COMMON)


@dataclass(frozen=True)
class Overlap:
    """What two splits share; all must be empty."""

    contents: frozenset[str]
    phrases: frozenset[str]
    stems: frozenset[str]
    names: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        """Whether anything is shared."""
        return bool(self.contents or self.phrases or self.stems or self.names)

    def __str__(self) -> str:
        """Name some of what is shared."""
        shared = {
            "语句": self.phrases,
            "地点": self.stems | self.names,
            "输入": self.contents,
        }
        return "; ".join(
            f"{what} {len(found)} 个 (例如「{min(found)}」)"
            for what, found in shared.items()
            if found
        )


def overlap(one: Iterable[Row], two: Iterable[Row]) -> Overlap:
    """Return what two sets of rows share."""
    first, second = list(one), list(two)
    return Overlap(
        frozenset(row.content for row in first if not row.common)
        & {row.content for row in second if not row.common},
        frozenset(row.phrase for row in first) & {row.phrase for row in second},
        frozenset(s for row in first for s in row.stems)
        & {s for row in second for s in row.stems},
        frozenset(n for row in first for n in row.names)
        & {n for row in second for n in row.names},
    )


def giving_way(rows: list[Row], held: list[Row]) -> list[Row]:
    """Leave out what is held out: two carriers can spell the same, two names too."""
    phrases = {row.phrase for row in held}
    names = {name for row in held for name in row.names}
    stems = {stem for row in held for stem in row.stems}
    contents = {row.content for row in held if not row.common}
    return [
        row
        for row in rows
        if row.phrase not in phrases
        and row.content not in contents
        and names.isdisjoint(row.names)
        and stems.isdisjoint(row.stems)
    ]


def columns_of(rows: Iterable[Row]) -> list[dict[str, str]]:
    """Give rows as they are written for a training."""
    return [{"content": row.content, "summary": row.summary} for row in rows]


def write_splits(folder: Path, made: Mapping[Split, Sequence[Row]]) -> str:
    """Write a file of rows for each split, and what the rows are; give their hash.

    Raises:
        OSError: They cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in made.items():
        write_json(folder / f"{split}.json", columns_of(rows), sort=True)
        described = [asdict(row) for row in rows]
        write_json(folder / f"{split}.meta.json", described, sort=True)
    return hash_of(folder, tuple(f"{split}.json" for split in made))
