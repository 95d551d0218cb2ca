"""Rows of tokens: padding, labels on answers only, heads that rows share."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

IGNORED: Final = -100
"""The label of a position that is no answer."""


@dataclass(frozen=True)
class Encoded:
    """Rows of one length bucket as tensors."""

    tokens: "torch.Tensor"
    labels: "torch.Tensor"
    """The token to predict at each position, `IGNORED` outside answers."""


def encode_rows(rows: list[tuple[list[int], list[int]]]) -> Encoded:
    """Pad rows of prompt and answer tokens on the right, labels on answers only."""
    import torch

    width = max(len(prompt) + len(answer) for prompt, answer in rows) - 1
    # Padding stands where no real token ever looks: any token would do.
    tokens = torch.zeros(len(rows), width, dtype=torch.long)
    labels = torch.full((len(rows), width), IGNORED)
    for index, (prompt, answer) in enumerate(rows):
        whole = prompt + answer
        tokens[index, : len(whole) - 1] = torch.tensor(whole[:-1])
        labels[index, len(prompt) - 1 : len(whole) - 1] = torch.tensor(answer)
    return Encoded(tokens, labels)


def shared_head(prompts: list[list[int]]) -> list[int]:
    """Return the tokens that all prompts begin with, short of a whole prompt."""
    limit = min(map(len, prompts)) - 1
    first = prompts[0]
    count = 0
    while count < limit and all(p[count] == first[count] for p in prompts):
        count += 1
    return first[:count]
