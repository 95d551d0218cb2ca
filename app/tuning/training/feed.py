"""From rows of text to parts of a batch: heads in common, similar lengths, no waste."""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from app.agent.framing import Framing
from app.tuning.training.rows import IGNORED, encode_rows, shared_head

if TYPE_CHECKING:
    import torch

_KEY: Final = 8
"""Tokens by which rows of the same pattern are recognised."""
_FEW: Final = 4
"""Fewer rows of a pattern than this do not pay for a part of their own."""
_PART_COST: Final = 150
"""What a part costs by itself, in tokens: its head, and many small operations."""


@dataclass(frozen=True)
class Example:
    """One row as tokens."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]
    """With the token that ends it."""
    shared: int
    """As many first tokens of the prompt may be run once for several rows."""

    def __len__(self) -> int:
        """Count all tokens."""
        return len(self.prompt) + len(self.answer)


@dataclass(frozen=True)
class Part:
    """Rows of one length that begin alike, `[rows, width]`."""

    head: "torch.Tensor"
    """The tokens that all rows begin with, `[1, length]`, perhaps none."""
    tokens: "torch.Tensor"
    """What follows in each row, padded on the right."""
    labels: "torch.Tensor"
    """The token to predict at each position, `IGNORED` outside answers."""


def encode(
    framing: Framing,
    end: int,
    rows: Sequence[tuple[str, str]],
    *,
    max_source: int = 0,
    max_target: int = 0,
) -> list[Example]:
    """Frame and encode rows; the limits cut prompts and answers, 0 cuts nothing.

    An answer that is cut ends all the same: a model that was never shown an end would
    write on for ever.
    """
    prompts = framing.prompts([content for content, _ in rows], max_source)
    answers = framing.encode_all([answer for _, answer in rows])
    examples = []
    for ids, answer in zip(prompts, answers, strict=True):
        prompt = tuple(ids)
        told = answer[: max_target - 1] if max_target else answer
        shared = framing.kept(prompt[:-1])
        examples.append(Example(prompt, (*told, end), shared))
    return examples


def parts(examples: Sequence[Example]) -> Iterator[Part]:
    """Cut rows into parts that share a head and are of similar length."""
    import torch

    groups: dict[tuple[int, ...], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.prompt[:_KEY]].append(example)
    rest = [each for group in groups.values() if len(group) < _FEW for each in group]
    for group in [*(g for g in groups.values() if len(g) >= _FEW), rest]:
        for some in _by_length(group):
            head = shared_head([list(each.prompt) for each in some])
            cut = min(len(head), *(each.shared for each in some))
            head = head[:cut]
            rows = [(list(each.prompt[cut:]), list(each.answer)) for each in some]
            encoded = encode_rows(rows)
            yield Part(
                torch.tensor([head], dtype=torch.long), encoded.tokens, encoded.labels
            )


def _by_length(group: Sequence[Example]) -> Iterator[Sequence[Example]]:
    """Cut rows so that padding and the parts' own cost are least together."""
    ordered = sorted(group, key=len)
    # Of the first n rows: the least cost, and where its last part starts.
    best: list[tuple[int, int]] = [(0, 0)]
    for end, longest in enumerate(ordered, 1):
        best.append(
            min(
                (best[start][0] + (end - start) * len(longest) + _PART_COST, start)
                for start in range(end)
            )
        )
    end = len(ordered)
    while end:
        start = best[end][1]
        yield ordered[start:end]
        end = start


def collate(examples: Sequence[Example]) -> dict[str, Any]:
    """Make a batch for the Trainer: nested tensors, and all labels in one row.

    The Trainer counts the labels of a step, so that a step's loss is the mean over its
    answer tokens however many batches and devices it is spread over.
    """
    import torch

    cut = list(parts(examples))
    labels = torch.cat([part.labels[part.labels != IGNORED] for part in cut])
    return {
        "parts": [(part.head, part.tokens, part.labels) for part in cut],
        "labels": labels,
    }


def padding(examples: Sequence[Example]) -> float:
    """Return the share of the positions run that are padding, were this a step."""
    run = sum(part.tokens.numel() for part in parts(examples))
    heads = sum(part.head.numel() * len(part.tokens) for part in parts(examples))
    # The last token of a row is never run: it is only predicted.
    needed = sum(len(each) - 1 for each in examples) - heads
    return 1 - needed / run


class StepSampler:
    """The order of a whole training, each step's own rows sorted by pattern and length.

    Rows come in a new random order in each pass over them; passes follow one another
    without a short batch between. Sorting inside a step leaves the step's gradient as
    it is and saves padding. The order depends on the seed alone, so that a resumed
    training goes on with the rows it would have seen.
    """

    def __init__(
        self, examples: Sequence[Example], *, rows: int, steps: int, seed: int
    ) -> None:
        """Take the rows of one step of the optimizer over all devices."""
        self._keys = [(each.prompt[:_KEY], len(each)) for each in examples]
        self._rows = rows
        self._steps = steps
        self._seed = seed

    def __len__(self) -> int:
        """Count what is drawn in all."""
        return self._rows * self._steps

    def __iter__(self) -> Iterator[int]:
        """Give the places of the rows in the list of examples."""
        endless = self._passes()
        for _ in range(self._steps):
            step = [next(endless) for _ in range(self._rows)]
            yield from sorted(step, key=self._keys.__getitem__)

    def _passes(self) -> Iterator[int]:
        rng = random.Random(self._seed)
        order = list(range(len(self._keys)))
        while True:
            rng.shuffle(order)
            yield from order
