"""What each character of a command is, taught beside answers and without them.

An answer shows where a place begins by one character in fifty. While a command is read,
small heads on the middle layers tell of each character whether a place begins there,
goes on, or a check is named; the heads are thrown away afterwards, what the layers
learnt for them stays. A prompt is read in both directions, so each position can tell
of its own character, and the mark that ends the prompt of what is wanted in all.
"""

from enum import IntEnum
from typing import TYPE_CHECKING, Final

from app.core.model import Check, Intent
from app.tuning.phrases.speech import Part, Spoken
from app.tuning.training.rows import IGNORED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import torch

    from app.agent.prefix_lm import GlmMiniConfig

LAYERS: Final = (3, 5)
"""The layers, counted from 1, whose states the heads read."""


class Tag(IntEnum):
    """What a character is; the last ones, what a whole command wants."""

    OTHER = 0
    PLACE_BEGINS = 1
    PLACE = 2
    HEADCOUNT = 3
    HELMET = 4
    EQUIPMENT = 5
    ONE_CALL = 6
    TWO_CALLS = 7
    MORE_CALLS = 8
    NO_PLACE = 9
    NO_CHECK = 10
    UNSUPPORTED = 11
    GREETING = 12
    UNCLEAR = 13


_WHOLE: Final = 6.0
"""How much what a whole command wants weighs beside one of its characters."""

_TAG_OF: Final = dict(zip(Check, list(Tag)[3:6], strict=True))
_WANTED: Final = {
    Intent.NO_PLACE: Tag.NO_PLACE,
    Intent.NO_CHECK: Tag.NO_CHECK,
    Intent.UNSUPPORTED: Tag.UNSUPPORTED,
    Intent.GREETING: Tag.GREETING,
    Intent.UNCLEAR: Tag.UNCLEAR,
}

Tags = tuple[int, ...]
"""One tag a character of what was said, at the end of a prompt, and one for it all."""


def tags_of(spoken: Spoken) -> Tags:
    """Tag what was said, in a refusal the places only, and last what is wanted."""
    # Slots and calls both name the checks in spoken order.
    refused = spoken.intent is Intent.UNSUPPORTED
    checks = list(dict.fromkeys(c for _, c in spoken.calls if c and not refused))
    slots = list(dict.fromkeys(p.slot for p in spoken.parts if p.kind == "check"))
    of_slot = {
        slot: _TAG_OF[checks[min(index, len(checks) - 1)]]
        for index, slot in enumerate(slots)
        if checks
    }
    found = tags_of_parts(spoken.parts, of_slot)
    count = min(len(spoken.pairs), 3) or 1
    return (*found, _WANTED.get(spoken.intent) or Tag.ONE_CALL + count - 1)


def tags_of_parts(
    parts: "Sequence[Part]", checks: "Mapping[int, Tag] | None" = None
) -> Tags:
    """Tag the characters of parts; `checks` are by slot, others tell nothing."""
    found: list[int] = []
    for part in parts:
        length = len(part.text)
        if part.kind == "place":
            found += [Tag.PLACE_BEGINS] + [Tag.PLACE] * (length - 1)
        else:
            known = checks if checks and part.kind == "check" else {}
            found += [known.get(part.slot, Tag.OTHER)] * length
    return tuple(found)


def spread(tags: list[Tags], ends: list[int], width: int) -> "torch.Tensor":
    """Return what each position is to tell: `[rows, width]`.

    Args:
        tags: One tag a token of each row's speech, and one of the mark behind it;
            empty tells nothing.
        ends: The position of that mark, each row's last prompt token.
        width: Positions of a row.
    """
    import torch

    told = torch.full((len(tags), width), IGNORED)
    for row, (own, end) in enumerate(zip(tags, ends, strict=True)):
        told[row, end + 1 - len(own) : end + 1] = torch.tensor(own, dtype=torch.long)
    return told


def make_heads(config: "GlmMiniConfig") -> "torch.nn.ModuleList":
    """Make a fresh head for each of `LAYERS`."""
    import torch

    return torch.nn.ModuleList(
        torch.nn.Linear(config.hidden_size, len(Tag)) for _ in LAYERS
    )


def tag_loss(
    heads: "torch.nn.ModuleList",
    states: "list[torch.Tensor]",
    told: "torch.Tensor",
) -> "torch.Tensor | None":
    """Return the heads' mean loss; None where nothing is to be told.

    Args:
        heads: What `make_heads` made.
        states: Of each of `LAYERS`, `[rows, width, hidden]`.
        told: What `spread` returned.
    """
    import torch

    chosen = told != IGNORED
    if not chosen.any():
        return None
    weight = torch.ones(len(Tag))
    weight[Tag.ONE_CALL :] = _WHOLE
    losses = [
        torch.nn.functional.cross_entropy(
            head(state[chosen].float()), told[chosen], weight
        )
        for head, state in zip(heads, states, strict=True)
    ]
    return torch.stack(losses).mean()
