"""How well typed commands are understood: a table of sentences with their meaning.

    python -m tests.benchmarks.understanding [FILE …]

A file is a TSV with the columns `text`, `intent` and `calls` (`place:check`, joined by
`;`). `commands.tsv` beside this file was written by somebody who had seen neither the
phrases that the model is trained on nor the rules, half of it with places that are in
no directory of ours; nothing is ever tuned on it. Right is the whole meaning: intent,
every place, every check. Silently wrong is what would have been dispatched – without
asking – and was not meant.
"""

import asyncio
import csv
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path

from app.agent.desk_agent import DeskAgent
from app.compose import House
from app.core.cancel import CancelToken
from app.core.model import Intent, Origin, Understanding, Utterance

COMMANDS = Path(__file__).with_name("commands.tsv")
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


def wilson(right: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Give Wilson's 95 % interval of a share (Wilson, 1927)."""
    p = right / total
    middle = (p + z * z / (2 * total)) / (1 + z * z / total)
    half = z * sqrt(p * (1 - p) / total + z * z / (4 * total * total))
    half /= 1 + z * z / total
    return max(0.0, middle - half), min(1.0, middle + half)


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


async def _main(files: Sequence[Path], show: bool) -> None:
    with House() as house:
        alone = DeskAgent(house.worker, house.directory, None)
        for file in files:
            sentences = read(file)
            for name, agent in (("model and rules", house.agent), ("rules", alone)):
                result = await score(agent, sentences)
                print(result.line(f"{file.name}, {name} [{agent.name}]"))
                if show:
                    print("\n".join((*result.wrong, *result.silently_wrong)))


if __name__ == "__main__":
    given = [Path(a) for a in sys.argv[1:] if not a.startswith("--")]
    asyncio.run(_main(given or [COMMANDS], "--show" in sys.argv))
