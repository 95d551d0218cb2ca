"""P-tuning v2: train 48 virtual tokens of keys and values on a frozen base.

The adapter is peft's (`PrefixTuningConfig`), saved in peft's format. Two things make
it fast and sure. The tokens that all prompts of a step share are run once for a whole
batch, on top of the prefix, instead of once a row. And the prefix does not start at
random: it starts as the keys and values of a written instruction, which the base was
taught to follow.
"""

import json
import logging
import random
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.agent.prompts import (
    CALL_SEPARATOR,
    CHECK_CLAUSE,
    PART_SEPARATOR,
    PATTERN_VERSION,
    PLACE_CLAUSE,
)
from app.tuning.base import answer_loss, hidden_states, load_base, schedule
from app.tuning.data import read_rows
from app.tuning.rows import IGNORED, Encoded, encode_rows, shared_head
from app.tuning.tokens import END_ID, Characters, load_characters

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import GlmForCausalLM

log = logging.getLogger(__name__)

BASE_NAME: Final = "glm-mini"
"""What the adapter calls its base: a name, never a path of the machine."""

CARD: Final = "griddesk.json"
"""Beside the adapter: the version of the patterns, and how it was trained."""

INSTRUCTION: Final = (
    PLACE_CLAUSE.format(place="@")
    + PART_SEPARATOR
    + CHECK_CLAUSE.format(demand="&", label="%")
    + "|没有|检查|空"
    + CALL_SEPARATOR
)
"""The answer language as an instruction to the base; it has 48 characters."""


@dataclass(frozen=True, kw_only=True)
class TuneConfig:
    """How an adapter is trained."""

    base: Path
    data: Path
    """A folder with train.json and dev.json."""
    out: Path
    virtual_tokens: int = 48
    learning_rate: float = 0.1
    """High, because keys and values are an order larger than weights."""
    steps: int = 800
    rows: int = 32
    micro: int = 16
    warmup: int = 10
    sampled: int = 512
    """Random negatives of the softmax; the second half of the steps uses all."""
    instruction: str = INSTRUCTION
    """The written start; empty starts from random numbers."""
    seed: int = 20240531
    threads: int = 1
    minutes: float = 0.0
    """A limit of wall time, 0 for none; the schedule hurries to end within it."""
    save_every: int = 100
    log_every: int = 25


@dataclass(frozen=True)
class TuneReport:
    """How a training went."""

    steps: int
    rows: int
    minutes: float
    first_loss: float
    last_loss: float

    @property
    def rows_per_second(self) -> float:
        """Training speed."""
        return self.rows / max(1e-9, self.minutes * 60)


def make_adapter(model: "GlmForCausalLM", virtual_tokens: int) -> "PeftModel":
    """Put a fresh prefix on a base, which it freezes."""
    from peft import PrefixTuningConfig, TaskType, get_peft_model

    return get_peft_model(
        model,
        PrefixTuningConfig(
            task_type=TaskType.CAUSAL_LM,
            num_virtual_tokens=virtual_tokens,
            prefix_projection=False,
        ),
    )


def prefix_weight(adapter: "PeftModel") -> "torch.Tensor":
    """Return the prefix: `[tokens, layers · (key, value) · groups · size]`."""
    weight: torch.Tensor = adapter.prompt_encoder["default"].embedding.weight
    return weight


def start_from_text(
    adapter: "PeftModel", model: "GlmForCausalLM", tokens: list[int]
) -> None:
    """Set the prefix to the keys and values of a text at the same positions."""
    import torch
    from transformers import DynamicCache

    weight = prefix_weight(adapter)
    with torch.no_grad():
        cache = DynamicCache(config=model.config)
        hidden_states(model, torch.tensor([tokens]), cache)
        layers = [
            part[0].transpose(0, 1).flatten(1)
            for layer in cache.layers
            for part in (layer.keys, layer.values)
        ]
        text = torch.cat(layers, dim=1)
        count = min(len(text), len(weight))
        # A text shorter than the prefix fills its end, next to the prompt.
        weight[len(weight) - count :] = text[:count]


def run_after_prefix(
    model: "GlmForCausalLM",
    prefix: "torch.Tensor | None",
    head: list[int],
    encoded: Encoded,
) -> "torch.Tensor":
    """Return hidden states of rows after a prefix and a head that they share.

    Equal to running each whole row through peft, which repeats prefix and head for
    every row; `prefix` None runs the bare base.
    """
    import torch
    from transformers import DynamicCache

    config = model.config
    before = DynamicCache(config=config)
    if prefix is not None:
        shape = (1, len(prefix), -1, config.num_key_value_heads, config.head_dim)
        halves = prefix.view(shape).permute(2, 0, 3, 1, 4)
        for index in range(config.num_hidden_layers):
            before.update(halves[2 * index], halves[2 * index + 1], index)
    if head:
        hidden_states(model, torch.tensor([head]), before)
    elif prefix is None:
        return hidden_states(model, encoded.tokens)
    count = encoded.tokens.shape[0]
    shared = DynamicCache(config=config)
    for index, layer in enumerate(before.layers):
        shared.update(
            layer.keys.expand(count, -1, -1, -1),
            layer.values.expand(count, -1, -1, -1),
            index,
        )
    return hidden_states(model, encoded.tokens, shared)


def batches(
    characters: Characters, rows: list[tuple[str, str]], size: int
) -> Iterator[tuple[list[int], Encoded]]:
    """Encode rows in groups with a common head and similar length."""
    groups: dict[str, list[tuple[list[int], list[int]]]] = defaultdict(list)
    for content, answer in rows:
        pair = (characters.frame(content), [*characters.encode(answer), END_ID])
        groups[content[:6]].append(pair)
    for pairs in groups.values():
        pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
        for start in range(0, len(pairs), size):
            part = pairs[start : start + size]
            head = shared_head([prompt for prompt, _ in part])
            rest = [(prompt[len(head) :], answer) for prompt, answer in part]
            yield head, encode_rows(rest)


def train_adapter(config: TuneConfig) -> TuneReport:
    """Train an adapter and save it in peft's format; the base stays as it is."""
    import torch

    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    characters = load_characters(config.base)
    model = load_base(config.base)
    adapter = make_adapter(model, config.virtual_tokens)
    base = adapter.get_base_model()
    prefix = prefix_weight(adapter)
    if config.instruction:
        start_from_text(adapter, base, characters.encode(config.instruction))
    rows = read_rows(config.data / "train.json")
    rng = random.Random(config.seed)
    rng.shuffle(rows)
    optimizer = torch.optim.AdamW([prefix], lr=config.learning_rate, weight_decay=0.0)
    started, history, window, position = time.monotonic(), [], [], 0
    step = 0
    for step in range(config.steps):
        elapsed = (time.monotonic() - started) / 60
        progress = step / config.steps
        if config.minutes:
            progress = max(progress, elapsed / config.minutes)
        if progress >= 1:
            break
        rate = config.learning_rate * schedule(progress, warm=step / config.warmup)
        optimizer.param_groups[0]["lr"] = rate
        if position + config.rows > len(rows):
            rng.shuffle(rows)
            position = 0
        drawn = rows[position : position + config.rows]
        position += config.rows
        sampled = config.sampled if progress < 0.5 else 0
        history.append(_step(base, prefix, characters, drawn, config.micro, sampled))
        torch.nn.utils.clip_grad_norm_([prefix], 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        window.append(history[-1])
        if (step + 1) % config.log_every == 0:
            minutes = (time.monotonic() - started) / 60
            mean = sum(window) / len(window)
            log.info("step %d loss %.4f minutes %.1f", step + 1, mean, minutes)
            window.clear()
        if (step + 1) % config.save_every == 0:
            save_adapter(adapter, config, steps=step + 1)
    save_adapter(adapter, config, steps=len(history))
    first, last = history[: config.log_every], history[-config.log_every :]
    return TuneReport(
        steps=len(history),
        rows=len(history) * config.rows,
        minutes=(time.monotonic() - started) / 60,
        first_loss=sum(first) / max(1, len(first)),
        last_loss=sum(last) / max(1, len(last)),
    )


def _step(
    model: "GlmForCausalLM",
    prefix: "torch.Tensor",
    characters: Characters,
    rows: list[tuple[str, str]],
    micro: int,
    sampled: int,
) -> float:
    parts = list(batches(characters, rows, micro))
    count = sum(int((part.labels != IGNORED).sum()) for _, part in parts)
    total = 0.0
    for head, part in parts:
        states = run_after_prefix(model, prefix, head, part)
        loss, _, _ = answer_loss(model, states, part, sampled=sampled)
        (loss / count).backward()  # type: ignore[no-untyped-call]
        total += float(loss.detach())
    return total / count


def save_adapter(adapter: "PeftModel", config: TuneConfig, *, steps: int) -> None:
    """Write the adapter, what it was trained with, and for which patterns."""
    adapter.peft_config["default"].base_model_name_or_path = BASE_NAME
    config.out.mkdir(parents=True, exist_ok=True)
    # Without this peft asks the model hub whether the base is there: tuning is offline.
    adapter.save_pretrained(str(config.out), save_embedding_layers=False)
    # peft writes a form to fill in; the model card of the folder above replaces it.
    (config.out / "README.md").unlink(missing_ok=True)
    paths = {"base": BASE_NAME, "data": "synthetic", "out": config.out.name}
    done = {"steps_done": steps, "rows_seen": steps * config.rows}
    version = {"pattern_version": PATTERN_VERSION}
    settings = {**version, **asdict(config), **paths, **done}
    (config.out / CARD).write_text(
        json.dumps(settings, indent=2) + "\n", encoding="utf-8"
    )
