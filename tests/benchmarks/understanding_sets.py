"""What is measured on: typed, heard, and invented desks; and how it is counted."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from app.core.model import Check, Intent, Origin, Site, Understanding, Utterance
from app.sites.files import load_directory
from app.system import paths
from app.tuning.measuring.calibration import Read
from app.tuning.measuring.desks import Desk, Meant, heard_at, invented
from app.tuning.phrases.lexicon import Split

Pair = tuple[str, Check | None]


def demo_sites() -> tuple[Site, ...]:
    return tuple(load_directory(paths.resources() / "demo" / "sites.csv").sites())


def typed_desk(table: Path) -> Desk:
    """Make a table of typed sentences a desk of the demo province."""
    from tests.benchmarks.understanding import read

    rows = tuple(
        Meant(
            utterance=Utterance(text=one.text, origin=Origin.TYPED),
            intent=Intent(one.intent),
            pairs=_pairs(one.calls),
            group=f"typed ({table.name})",
        )
        for one in read(table)
    )
    return Desk(sites=demo_sites(), rows=rows, name="demo province")


def heard_desk(file: Path, table: Path) -> Desk:
    """Make what a recogniser wrote a desk of the demo province."""
    return heard_at(demo_sites(), file, table, name=f"heard ({file.name})")


def held_out_desks(
    rows: int, sizes: Sequence[int], levels: Sequence[float], seed: int = 23
) -> Iterator[Desk]:
    """Give desks with the phrases and places of the test split."""
    return invented(Split.TEST, rows, seed=seed, levels=levels, sizes=sizes)


def _pairs(calls: Iterable[tuple[str, str]]) -> frozenset[Pair]:
    return frozenset((place, Check(check) if check else None) for place, check in calls)


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share (Wilson, 1927)."""
    p = right / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(slots=True)
class Tally:
    """What became of rows in one way of reading."""

    rows: int = 0
    right: int = 0
    """The whole meaning: intent, every place, every check."""
    offered: int = 0
    """Asked, with what was meant among the candidates."""
    wrong: int = 0
    """Silently: dispatched without asking, and not what was meant."""
    dispatched: int = 0
    needless: int = 0
    """Not dispatched, though every place is in the directory."""
    answerable: int = 0

    def add(self, row: Read, made: Understanding) -> None:
        meant = row.meant
        self.rows += 1
        self.right += _meaning(made) == _wanted(meant)
        self.answerable += row.answerable
        sent = {(call.site.name, call.check) for call in made.calls}
        if sent:
            self.dispatched += 1
            self.wrong += meant.intent is not Intent.INSPECT or sent != meant.pairs
        else:
            self.needless += row.answerable
        if made.question is not None:
            self.offered += meant.intent is Intent.INSPECT and any(
                {(c.site.name, c.check) for c in one.calls} == meant.pairs
                for one in made.question.candidates
            )

    def cells(self) -> list[str]:
        return [
            _share(self.right, self.rows),
            _share(self.wrong, self.rows, digits=2),
            f"{self.dispatched:,}",
            f"{self.needless} of {self.answerable}",
            f"{self.offered}",
        ]


HEAD = (
    "way of reading",
    "rows",
    "right whole meaning",
    "silently wrong",
    "dispatched",
    "needless questions",
    "asked, right answer offered",
)


def _share(part: int, total: int, digits: int = 1) -> str:
    if not total:
        return "–"
    low, high = wilson(part, total)
    return f"{part} = {part / total:.{digits}%} [{low:.{digits}%}, {high:.{digits}%}]"


def _meaning(made: Understanding) -> tuple[Intent, frozenset[Pair]]:
    inspect = made.intent is Intent.INSPECT
    pairs = frozenset((m.place, m.check) for m in made.mentions if m.place and m.check)
    return made.intent, pairs if inspect else frozenset()


def _wanted(meant: Meant) -> tuple[Intent, frozenset[Pair]]:
    inspect = meant.intent is Intent.INSPECT
    return meant.intent, meant.pairs if inspect else frozenset()
