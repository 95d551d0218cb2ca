"""How well commands are understood: typed, heard, and at desks of many sizes.

    python -m tests.benchmarks.understanding [--rows N] [--set SET …] [--way WAY …]
    python -m tests.benchmarks.understanding --show dev_commands.tsv

Prints a Markdown table for each set, a line for each way of reading: with everything,
and without one ingredient each (`understanding_ways`). The sets: `typed` is
`commands.tsv`, `heard` the same sentences spoken and recognised; `fresh` and
`fresh-heard` other sentences, which nothing was changed after; `clean`, `5`, `10` and
`20` the tuning bench's test split at such shares of wrong characters, said at desks of
30, 200 and 1 000 sites; `dev-typed` and `dev-heard` are for development.

A table is a TSV with the columns `text`, `intent` and `calls` (`place:check`, joined by
`;`). `commands.tsv` beside this file was written by somebody who had seen neither the
phrases that the model is trained on nor the rules, half of it with places that are in
no directory of ours; nothing is ever tuned on it, and its rows are never shown. Right
is the whole meaning: intent, every place, every check. Silently wrong is what would
have been dispatched – without asking – and was not meant.
"""

import argparse
import asyncio
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from app.agent.calibration import read_calibration
from app.agent.confidence import CAUTIOUS
from app.agent.decoding import Decoder
from app.agent.desk_agent import DeskAgent
from app.agent.glm import load_glm
from app.compose import House
from app.core.cancel import CancelToken
from app.core.model import Intent, Origin, Understanding, Utterance
from app.system import paths
from app.tuning.measuring.desks import SIZES, Desk
from tests.benchmarks.heard import COMMANDS, DEV, FRESH, HEARD, HEARD_DEV, HEARD_FRESH
from tests.benchmarks.understanding_sets import (
    HEAD,
    Tally,
    heard_desk,
    held_out_desks,
    typed_desk,
    wilson,
)
from tests.benchmarks.understanding_ways import WAYS, Ways

MODEL = paths.program_root() / "models" / "glm-mini"
HELD_OUT = ("typed", "heard", "fresh", "fresh-heard", "clean", "5", "10", "20")
SETS = (*HELD_OUT, "dev-typed", "dev-heard")
Meaning = tuple[str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class Sentence:
    text: str
    intent: str
    calls: frozenset[tuple[str, str]]


@dataclass
class Score:
    """What became of the sentences, by intent."""

    total: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    dispatched: int = 0
    silently_wrong: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.right.total() / self.total.total()

    def line(self, name: str) -> str:
        n, p = self.total.total(), self.share
        low, high = wilson(self.right.total(), n)
        parts = ", ".join(
            f"{intent} {self.right[intent]}/{count}"
            for intent, count in sorted(self.total.items())
        )
        return (
            f"{name}: {self.right.total()}/{n} right = {p:.1%} "
            f"[{low:.1%}, {high:.1%}]; dispatched without asking {self.dispatched}, "
            f"silently wrong {len(self.silently_wrong)} "
            f"({len(self.silently_wrong) / n:.1%}); {parts}"
        )


def read(file: Path) -> list[Sentence]:
    with file.open(encoding="utf-8", newline="") as table:
        return [
            Sentence(
                text=row["text"],
                intent=row["intent"],
                calls=frozenset(
                    (place, check)
                    for place, _, check in (
                        pair.rpartition(":")
                        for pair in (row["calls"] or "").split(";")
                        if pair
                    )
                ),
            )
            for row in csv.DictReader(table, delimiter="\t")
        ]


async def score(agent: DeskAgent, sentences: Sequence[Sentence]) -> Score:
    result, cancel = Score(), CancelToken()
    for sentence in sentences:
        utterance = Utterance(text=sentence.text, origin=Origin.TYPED)
        understood = await agent.understand(utterance, cancel=cancel)
        result.total[sentence.intent] += 1
        wanted = (sentence.intent, sentence.calls)
        if _meaning(understood) == wanted:
            result.right[sentence.intent] += 1
        else:
            result.wrong.append(
                f"{sentence.text}\twanted {wanted}\tgot {_meaning(understood)}"
            )
        sent = frozenset((c.site.name, c.check.value) for c in understood.calls)
        if sent and understood.question is None:
            result.dispatched += 1
            if sent != sentence.calls:
                result.silently_wrong.append(f"{sentence.text}\tsent {set(sent)}")
    return result


def _meaning(understood: Understanding) -> Meaning:
    """Give what `griddesk parse` prints of an understanding."""
    calls = frozenset(
        (m.place, m.check.value) for m in understood.mentions if m.place and m.check
    )
    inspect = understood.intent is Intent.INSPECT
    return understood.intent.value, calls if inspect else frozenset()


def desks_of(name: str, rows: int) -> Iterator[Desk]:
    """Give the desks of a set."""
    match name:
        case "typed":
            yield typed_desk(COMMANDS)
        case "heard":
            yield heard_desk(HEARD, COMMANDS)
        case "fresh":
            yield typed_desk(FRESH)
        case "fresh-heard":
            yield heard_desk(HEARD_FRESH, FRESH)
        case "dev-typed":
            yield typed_desk(DEV)
        case "dev-heard":
            yield heard_desk(HEARD_DEV, DEV)
        case _:
            cer = 0.0 if name == "clean" else float(name) / 100
            yield from held_out_desks(rows, SIZES, (cer,))


def tables(
    ways: Ways, desks: Iterable[Desk], names: Sequence[str], *, each: bool = True
) -> dict[str, dict[str, Tally]]:
    """Count what becomes of desks: by group, and `each` size of desk, then by way."""
    found: dict[str, dict[str, Tally]] = {}
    for desk in desks:
        for row, made in ways.read(desk, names):
            title = f"{row.meant.group}, {row.desk}" if each else row.meant.group
            group = found.setdefault(title, {})
            for way, understood in made.items():
                group.setdefault(way, Tally()).add(row, understood)
    return found


def markdown(group: str, tallies: Mapping[str, Tally]) -> str:
    """Write a set's table."""
    lines = [f"**{group}**", "", "| " + " | ".join(HEAD) + " |"]
    lines.append("|" + "---|" * len(HEAD))
    for way, tally in tallies.items():
        cells = [way, f"{tally.rows:,}", *tally.cells()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def load_ways() -> Ways:
    """Load the shipped model with its calibration."""
    adapter = MODEL / "adapter"
    decoder = Decoder(load_glm(MODEL, adapter, device="cpu"))
    return Ways(decoder, read_calibration(adapter) or CAUTIOUS)


async def _show(file: Path) -> None:
    """Print the single mistakes in a table for development."""
    if file.name in {COMMANDS.name, HEARD.name, FRESH.name, HEARD_FRESH.name}:
        raise SystemExit(f"{file.name} is held out: nobody looks at its rows")
    sentences = read(file)
    with House() as house:
        alone = DeskAgent(house.worker, house.directory, None)
        for name, agent in (("model and rules", house.agent), ("rules", alone)):
            result = await score(agent, sentences)
            print(result.line(f"{file.name}, {name} [{agent.name}]"))
            print("\n".join((*result.wrong, *result.silently_wrong)))


def main() -> None:
    """Run as a program; see the module."""
    import torch

    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description="How well commands are understood.")
    parser.add_argument(
        "--rows", type=int, default=500, help="a level and size of desk"
    )
    parser.add_argument("--set", dest="sets", action="append", choices=SETS)
    parser.add_argument("--way", dest="ways", action="append", choices=WAYS)
    parser.add_argument("--each", action="store_true", help="a table a size of desk")
    parser.add_argument("--show", type=Path, help="single mistakes of a dev table")
    given = parser.parse_args()
    if given.show is not None:
        asyncio.run(_show(given.show))
        return
    ways = load_ways()
    for name in given.sets or HELD_OUT:
        for group, tallies in tables(
            ways, desks_of(name, given.rows), given.ways or WAYS, each=given.each
        ).items():
            print(markdown(group, tallies), end="\n\n", flush=True)


if __name__ == "__main__":
    main()
