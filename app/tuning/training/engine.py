"""A model to be trained as one torch module whose forward pass returns the loss.

A textbook script repeats prefix and prompt head for every row, pads every row to one
length and computes the output layer at every position. Here what rows share runs once
a part, parts are of similar length, and the output layer runs where there is an answer
to predict and nowhere else. The result is the same: `AnswerModel.prove` checks that on
the base at hand before a training starts. Being one module, it may be wrapped for
several devices by accelerate.

Importing this module imports torch, so it is imported inside functions only.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch  # noqa: TID253 – the class below is a torch module
from transformers import PreTrainedModel  # noqa: TID253

from app.tuning.training.feed import Part
from app.tuning.training.methods import Full, Lora, Plan, PtuningV2
from app.tuning.training.rows import IGNORED
from app.tuning.training.shared import run_after

log = logging.getLogger(__name__)

_CLOSE: Final = 2e-2
"""How far, as a share of the largest, logits of two ways may lie apart: rounding, and
in 4 bits the order of sums. A wrong position moves them by more than the whole."""

Parts = Sequence[tuple[torch.Tensor, torch.Tensor, torch.Tensor]]
"""Head, tokens and labels of each part, as `feed.collate` makes them."""


@dataclass(frozen=True)
class Judged:
    """What a look at some rows found."""

    rows: int
    right: int
    """Rows whose whole answer is the model's first choice."""
    tokens: int
    loss: float
    """Summed over the answer tokens."""


class AnswerModel(torch.nn.Module):
    """A base with a method on it; its forward pass returns the loss of answers."""

    accepts_loss_kwargs = True
    """Tells the Trainer to say how many labels a whole step has."""

    def __init__(self, model: Any, plan: Plan) -> None:
        """Take a peft model, or the base itself to tune all of it."""
        super().__init__()
        self.model = model
        self.shares = True
        """Whether what rows have in common is run once; see `prove`."""
        self._prefix = isinstance(plan, PtuningV2)
        self._virtual = not isinstance(plan, (PtuningV2, Lora, Full))

    @property
    def base(self) -> PreTrainedModel:
        """The base itself, with a method's layers in it if it has any."""
        whole = isinstance(self.model, PreTrainedModel)
        base: PreTrainedModel = self.model if whole else self.model.get_base_model()
        return base

    def forward(
        self,
        parts: Parts,
        labels: torch.Tensor,
        num_items_in_batch: torch.Tensor | int | None = None,
        sampled: int = 0,
    ) -> dict[str, torch.Tensor]:
        """Return the loss of a batch.

        Args:
            parts: The batch, cut into parts.
            labels: All labels of the batch in one row.
            num_items_in_batch: Labels of the whole step, over which the loss is the
                mean; None takes those of this batch.
            sampled: Random negatives of the softmax; 0 uses all words.
        """
        total = labels.new_zeros((), dtype=torch.float32)
        for head, tokens, wanted in parts:
            states = self.states(head, tokens)
            chosen = wanted != IGNORED
            targets = wanted[chosen]
            logits, targets = self._logits(states[chosen], targets, tokens, sampled)
            total = total + torch.nn.functional.cross_entropy(
                logits.float(), targets, reduction="sum"
            )
        count = len(labels) if num_items_in_batch is None else num_items_in_batch
        return {"loss": total / count}

    @torch.no_grad()
    def judge(self, parts: Parts) -> Judged:
        """Count the rows whose whole answer is the model's first choice."""
        rows, right, count, loss = 0, 0, 0, 0.0
        for head, tokens, wanted in parts:
            chosen = wanted != IGNORED
            logits = self._output(self.states(head, tokens)[chosen]).float()
            targets = wanted[chosen]
            loss += float(
                torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
            )
            best = wanted.clone()
            best[chosen] = logits.argmax(-1)
            rows += len(tokens)
            right += int((best == wanted).all(dim=1).sum())
            count += len(targets)
        return Judged(rows, right, count, loss)

    def states(self, head: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Return the last states at the positions of `tokens`, `[rows, width, …]`.

        Where nothing can be shared these are logits already.
        """
        if not self.shares:
            whole = torch.cat([head.expand(len(tokens), -1), tokens], dim=1)
            logits: torch.Tensor = self.model(input_ids=whole).logits
            return logits[:, -tokens.shape[1] :]
        base = self.base
        embedded = base.get_input_embeddings()(head)
        before = None
        if self._prefix:
            before = self.model.get_prompt(batch_size=1)
        elif self._virtual:
            virtual = self.model.get_prompt(batch_size=1).to(embedded.dtype)
            embedded = torch.cat([virtual, embedded], dim=1)
        return run_after(base, before, embedded, tokens)

    def _output(self, states: torch.Tensor) -> torch.Tensor:
        if not self.shares:
            return states
        logits: torch.Tensor = self.base.get_output_embeddings()(states)
        return logits

    def _logits(
        self,
        states: torch.Tensor,
        targets: torch.Tensor,
        tokens: torch.Tensor,
        sampled: int,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return logits, and targets as places in them."""
        layer = self.base.get_output_embeddings()
        if not sampled or not self.shares or getattr(layer, "bias", None) is not None:
            return self._output(states), targets
        # Over the words of the part and some random ones: on a CPU the full output
        # layer would be a third of the whole cost.
        drawn = torch.randint(len(layer.weight), (sampled,), device=tokens.device)
        words = torch.unique(torch.cat([targets, tokens.flatten(), drawn]))
        places = torch.searchsorted(words, targets)
        return torch.nn.functional.linear(states, layer.weight[words]), places

    @torch.no_grad()
    def prove(self, part: Part) -> bool:
        """Compare the shared way with the model's own; keep to its own if they differ.

        Returns:
            Whether what rows share is run once. Models with a state that is no cache
            of keys and values, or with a scale behind the output layer, go their own
            way, only slower.
        """
        training, self.shares = self.training, False
        self.eval()
        device = self.base.device
        head, tokens = part.head.to(device), part.tokens[:2].to(device)
        chosen = part.labels[:2].to(device) != IGNORED
        own = self.states(head, tokens)[chosen].float()
        self.shares = True
        try:
            ours = self._output(self.states(head, tokens)[chosen]).float()
            apart = float((ours - own).abs().max() / own.abs().max())
        except (AttributeError, IndexError, RuntimeError, TypeError, ValueError):
            log.info("this base cannot share what rows have in common", exc_info=True)
            apart = float("inf")
        self.shares = apart <= _CLOSE
        log.info("shared forward pass: %s (apart %.1e)", self.shares, apart)
        self.train(training)
        return self.shares
