"""What a step of the base's training learns from: answers, and what the heads tell."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.tuning.base.skills import Batch
from app.tuning.base.stepping import Stepper
from app.tuning.base.tagging import LAYERS, Tags, spread, tag_loss
from app.tuning.base.tokens import END_ID, VOCABULARY, Characters
from app.tuning.training.rows import IGNORED, Encoded, encode_rows

if TYPE_CHECKING:
    import torch
    from transformers.cache_utils import DynamicCache
    from transformers.modeling_outputs import BaseModelOutput

    from app.agent.prefix_lm import GlmMiniForCausalLM

TELLING: Final = 0.3
"""How much the heads' loss weighs beside that of the answers."""

_ALONE: Final = 96
"""Rows run at once that are only read: they are short."""


@dataclass(frozen=True)
class Bucket:
    """Rows of similar length under one instruction."""

    instruction: list[int]
    rows: Encoded
    told: "torch.Tensor"
    """What the heads are to tell, see `tagging.spread`."""
    answered: bool
    """Whether the answers are to be learnt too."""

    @property
    def telling(self) -> int:
        """Rows of which the heads are to tell anything."""
        return int((self.told != IGNORED).any(1).sum())


def buckets(characters: Characters, batch: Batch, size: int) -> Iterator[Bucket]:
    """Encode the rows of a batch in groups of similar length."""
    tags = batch.tags or ((),) * len(batch.rows)
    rows = [
        (characters.frame(content), [*characters.encode(answer), END_ID], content, own)
        for (content, answer), own in zip(batch.rows, tags, strict=True)
    ]
    rows.sort(key=lambda row: len(row[0]) + len(row[1]))
    instruction = characters.encode(batch.instruction)
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        encoded = encode_rows([(prompt, answer) for prompt, answer, _, _ in part])
        told = spread(
            [_by_token(characters, content, own) for _, _, content, own in part],
            [len(prompt) - 1 for prompt, _, _, _ in part],
            encoded.tokens.shape[1],
        )
        yield Bucket(instruction, encoded, told, batch.answered)


def _by_token(characters: Characters, content: str, tags: Tags) -> Tags:
    """Give each token the tag of its character: rare ones are several bytes."""
    if not tags:
        return ()
    *each, last = tags
    speech = content[len(content) - len(each) :]
    return (
        *(
            tag
            for char, tag in zip(speech, each, strict=True)
            for _ in characters.encode(char)
        ),
        last,
    )


def read_bucket(model: "GlmMiniForCausalLM", bucket: Bucket) -> "list[torch.Tensor]":
    """Return the states of `LAYERS` only: no layer behind them is run.

    What `run_bucket` returns second, a quarter faster.

    Raises:
        ValueError: The rows stand under an instruction.
    """
    import torch

    from app.agent.prefix_lm import prefix_mask, prompts_in

    if bucket.instruction:
        raise ValueError("what is only read has no instruction")
    tokens, layers = bucket.rows.tokens, model.model
    prompts = prompts_in(tokens, model.config)
    assert prompts is not None
    state = layers.embed_tokens(tokens)
    mask = prefix_mask(prompts, past=0, present=None, dtype=state.dtype)
    places = torch.arange(tokens.shape[1])[None]
    turned = layers.rotary_emb(state, position_ids=places)
    found = []
    for number, layer in enumerate(layers.layers[: LAYERS[-1]], 1):
        state = layer(
            state,
            attention_mask=mask,
            position_ids=places,
            position_embeddings=turned,
        )
        if number in LAYERS:
            found.append(state)
    return found


def run_bucket(
    model: "GlmMiniForCausalLM", bucket: Bucket
) -> "tuple[torch.Tensor, list[torch.Tensor]]":
    """Return the last states of rows after their instruction, and those of `LAYERS`."""
    import torch
    from transformers import DynamicCache

    def run(tokens: "torch.Tensor", past: "DynamicCache | None") -> "BaseModelOutput":
        return model.model(
            tokens,
            past_key_values=past,
            use_cache=past is not None,
            output_hidden_states=True,
        )

    tokens, shared = bucket.rows.tokens, None
    if bucket.instruction:
        before = DynamicCache(config=model.config)
        run(torch.tensor([bucket.instruction]), before)
        shared = DynamicCache(config=model.config)
        for index, layer in enumerate(before.layers):
            shared.update(
                layer.keys.expand(len(tokens), -1, -1, -1),
                layer.values.expand(len(tokens), -1, -1, -1),
                index,
            )
    out = run(tokens, shared)
    return out.last_hidden_state, [out.hidden_states[layer] for layer in LAYERS]


def answer_loss(
    model: "GlmMiniForCausalLM",
    states: "torch.Tensor",
    encoded: Encoded,
    *,
    sampled: int = 0,
) -> tuple["torch.Tensor", int, int]:
    """Return the summed loss over answer tokens, their number, and how many are right.

    With `sampled`, the softmax runs over the tokens of the batch and as many random
    ones: on one core the full output layer would be a third of the whole cost.
    """
    import torch

    chosen = encoded.labels != IGNORED
    targets = encoded.labels[chosen]
    weight = model.lm_head.weight
    if sampled:
        candidates = torch.cat(
            [targets, encoded.tokens.flatten(), torch.randint(VOCABULARY, (sampled,))]
        )
        candidates = torch.unique(candidates)
        targets = torch.searchsorted(candidates, targets)
        weight = weight[candidates]
    logits = (states[chosen] @ weight.T).float()
    loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    right = int((logits.argmax(-1) == targets).sum())
    return loss, len(targets), right


@dataclass
class Window:
    """Sums over the steps since the last line of the log."""

    loss: float = 0.0
    right: int = 0
    count: int = 0
    telling: float = 0.0
    """What the heads lose, summed over the rows that tell anything."""
    told: int = 0

    def empty(self) -> str:
        """Describe the sums and begin anew."""
        text = f"tags {self.telling / max(1, self.told):.4f}"
        if self.count:
            answers = f"loss {self.loss / self.count:.4f} "
            text = answers + f"right {self.right / self.count:.4f} {text}"
        self.loss, self.right, self.count = 0.0, 0, 0
        self.telling, self.told = 0.0, 0
        return text


def learn(
    stepper: Stepper,
    characters: Characters,
    drawn: list[Batch],
    micro: int,
    sampled: int,
    window: Window,
) -> int:
    """Add up the gradients of a step's batches; returns the tokens run."""
    import torch

    parts = [
        part
        for batch in drawn
        for part in buckets(characters, batch, micro if batch.answered else _ALONE)
    ]
    count = sum(
        int((part.rows.labels != IGNORED).sum()) for part in parts if part.answered
    )
    telling_rows = sum(part.telling for part in parts)
    tokens = 0
    for part in parts:
        losses = []
        if part.answered:
            states, middle = run_bucket(stepper.fast, part)
            loss, _, right = answer_loss(
                stepper.fast, states, part.rows, sampled=sampled
            )
            losses.append(loss / count)
            window.loss += float(loss.detach())
            window.right += right
        else:
            middle = read_bucket(stepper.fast, part)
        telling = tag_loss(stepper.heads, middle, part.told)
        if telling is not None:
            losses.append(TELLING * telling * part.telling / telling_rows)
            window.telling += float(telling.detach()) * part.telling
            window.told += part.telling
        torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
        tokens += part.rows.tokens.numel() + len(part.instruction)
    window.count += count
    return tokens
