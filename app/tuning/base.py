"""Train GLM-mini's base: a small GLM that copies, reads and follows instructions.

The model is an ordinary `GlmForCausalLM`, so that base and adapter load the way
ChatGLM3 and GLM-4 do. Two heads start wired as an induction pair (one looks one back,
one looks for what followed the same character before): from a random start, copying
unseen names is learnt late or never; from this one, within a minute.
"""

import json
import logging
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.tuning.lexicon import Lexicon
from app.tuning.rows import IGNORED, Encoded, encode_rows
from app.tuning.skills import Batch, Skills, Stage
from app.tuning.tokens import (
    END_ID,
    PAD_ID,
    VOCABULARY,
    Characters,
    build_vocabulary,
    load_characters,
    save_tokenizer,
)

if TYPE_CHECKING:
    import torch
    from transformers import DynamicCache, GlmConfig, GlmForCausalLM

log = logging.getLogger(__name__)

TRAINING: Final = "base_training.json"
"""Beside the base: the courses it has taken."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """One course of training with a schedule of its own."""

    stage: Stage
    steps: int
    learning_rate: float
    minutes: float = 0.0
    """A limit of wall time, 0 for none; the schedule hurries to end within it."""


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """How the base is trained."""

    out: Path
    courses: tuple[Course, ...] = (
        Course(stage=Stage.SKILLS, steps=3_600, learning_rate=1.5e-3),
        Course(stage=Stage.WORK, steps=1_200, learning_rate=1e-3),
    )
    rows: int = 32
    """Rows of a step; they share one instruction."""
    micro: int = 16
    """Rows run at once, of similar length."""
    warmup: int = 100
    weight_decay: float = 0.05
    copying_steps: int = 150
    """The first steps of the first course draw only copying."""
    sampled: int = 1024
    """Random negatives of the softmax; the end of each course uses all."""
    seed: int = 20240513
    threads: int = 1
    save_every: int = 500
    log_every: int = 50
    resume: bool = False
    """Start from the base in `out`; the courses are those still to do."""


def glm_config() -> "GlmConfig":
    """Return GLM-mini's shape: 4.8 million parameters, 9.7 MB in float16."""
    from transformers import GlmConfig

    return GlmConfig(
        vocab_size=VOCABULARY,
        hidden_size=256,
        intermediate_size=704,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=64,
        attention_bias=True,
        attention_dropout=0.0,
        rms_norm_eps=1e-5,
        tie_word_embeddings=True,
        max_position_embeddings=512,
        pad_token_id=PAD_ID,
        eos_token_id=END_ID,
        bos_token_id=None,
        # Low, so that one head can tell its neighbour from the next but one.
        rope_parameters={
            "rope_type": "default",
            "rope_theta": 100.0,
            "partial_rotary_factor": 0.5,
        },
    )


def build_model(seed: int) -> "GlmForCausalLM":
    """Build a fresh model with the induction pair wired."""
    import torch
    from transformers import GlmForCausalLM

    torch.manual_seed(seed)
    model = GlmForCausalLM._from_config(
        glm_config(), attn_implementation="eager"
    ).float()
    with torch.no_grad():
        model.model.embed_tokens.weight.normal_(std=0.04)
        model.model.embed_tokens.weight[PAD_ID].zero_()
        _wire_induction(model)
    return model


def _wire_induction(model: "GlmForCausalLM") -> None:
    import torch

    config = model.config
    size, head, hidden = config.head_dim, 0, config.hidden_size
    rotary = int(size * 0.5)
    pairs = rotary // 2
    angles = 100.0 ** (-torch.arange(pairs, dtype=torch.float32) / pairs)
    look = torch.linalg.qr(torch.randn(hidden, size))[0].T
    write = torch.linalg.qr(torch.randn(hidden, size))[0]
    part = slice(head * size, (head + 1) * size)

    # Layer 0: attend to the place one before, whatever stands there, by biases alone;
    # rotating the key's bias one step ahead makes the product greatest at distance 1.
    first = model.model.layers[0].self_attn
    strength = 6.0
    first.q_proj.weight[part].zero_()
    first.k_proj.weight[part].zero_()
    first.q_proj.bias[part].zero_()
    first.k_proj.bias[part].zero_()
    first.q_proj.bias[:rotary:2] = strength
    first.k_proj.bias[:rotary:2] = strength * angles.cos()
    first.k_proj.bias[1:rotary:2] = strength * angles.sin()
    first.v_proj.weight[part] = look
    first.o_proj.weight[:, part] = write * 0.04

    # Layer 1: the query is this character, the key is the character before each place.
    second = model.model.layers[1].self_attn
    still = slice(rotary, size)
    gain = 1.6
    second.q_proj.weight[part].zero_()
    second.k_proj.weight[part].zero_()
    second.q_proj.weight[still] = look[: size - rotary] * gain
    second.k_proj.weight[still] = write.T[: size - rotary] * gain
    echo = torch.linalg.qr(torch.randn(hidden, size))[0]
    second.v_proj.weight[part] = echo.T
    second.o_proj.weight[:, part] = echo * 0.06


def buckets(
    characters: Characters, rows: tuple[tuple[str, str], ...], size: int
) -> Iterator[Encoded]:
    """Encode rows in groups of similar length."""
    pairs = [
        (characters.frame(content), [*characters.encode(answer), END_ID])
        for content, answer in rows
    ]
    pairs.sort(key=lambda pair: len(pair[0]) + len(pair[1]))
    for start in range(0, len(pairs), size):
        yield encode_rows(pairs[start : start + size])


def hidden_states(
    model: "GlmForCausalLM",
    tokens: "torch.Tensor",
    past: "DynamicCache | None" = None,
) -> "torch.Tensor":
    """Run tokens, after what a cache holds, up to the last layer's states."""
    out = model.model(tokens, past_key_values=past, use_cache=past is not None)
    states: torch.Tensor = out[0]
    return states


def run_rows(
    model: "GlmForCausalLM", instruction: list[int], encoded: Encoded
) -> "torch.Tensor":
    """Return the hidden states of rows that follow a shared instruction."""
    import torch
    from transformers import DynamicCache

    if not instruction:
        return hidden_states(model, encoded.tokens)
    before = DynamicCache(config=model.config)
    hidden_states(model, torch.tensor([instruction]), before)
    shared = DynamicCache(config=model.config)
    count = encoded.tokens.shape[0]
    for index, layer in enumerate(before.layers):
        shared.update(
            layer.keys.expand(count, -1, -1, -1),
            layer.values.expand(count, -1, -1, -1),
            index,
        )
    return hidden_states(model, encoded.tokens, shared)


def answer_loss(
    model: "GlmForCausalLM",
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
    logits = states[chosen] @ weight.T
    loss = torch.nn.functional.cross_entropy(logits, targets, reduction="sum")
    right = int((logits.argmax(-1) == targets).sum())
    return loss, len(targets), right


def train_base(config: BaseConfig) -> Path:
    """Train the base and save it with its tokenizer; returns the folder.

    A checkpoint is written every `save_every` steps, so that a training cut short
    still leaves a usable model.
    """
    import torch

    torch.set_num_threads(config.threads)
    config.out.mkdir(parents=True, exist_ok=True)
    lexicon = Lexicon()
    record = config.out / TRAINING
    if config.resume:
        model, characters = load_base(config.out), load_characters(config.out)
        done = json.loads(record.read_text(encoding="utf-8"))["courses"]
    else:
        model, characters = build_model(config.seed), build_vocabulary(lexicon)
        save_tokenizer(characters, config.out)
        done = []
    for course in config.courses:
        seed = config.seed + len(done)
        torch.manual_seed(seed)
        skills = Skills(lexicon, random.Random(seed), rows=config.rows)
        done.append(_take_course(model, characters, skills, course, config))
        save_base(model, config.out)
        text = json.dumps({"rows": config.rows, "courses": done}, indent=2)
        record.write_text(text + "\n", encoding="utf-8")
    return config.out


def _take_course(
    model: "GlmForCausalLM",
    characters: Characters,
    skills: Skills,
    course: Course,
    config: BaseConfig,
) -> dict[str, float | str]:
    import torch

    optimizer = _optimizer(model, config)
    started, seen, losses, rights, counts, steps = time.monotonic(), 0, 0.0, 0, 0, 0
    model.train()
    for step in range(course.steps):
        minutes = (time.monotonic() - started) / 60
        progress = step / course.steps
        if course.minutes:
            progress = max(progress, minutes / course.minutes)
        if progress >= 1:
            break
        rate = course.learning_rate * schedule(progress, warm=step / config.warmup)
        for group in optimizer.param_groups:
            group["lr"] = rate
        copying = course.stage is Stage.SKILLS and step < config.copying_steps
        batch = skills.batch(Stage.COPYING if copying else course.stage)
        sampled = config.sampled if progress < 0.92 else 0
        loss, right, count, tokens = _step(model, characters, batch, config, sampled)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses, rights, counts = losses + loss, rights + right, counts + count
        seen, steps = seen + tokens, step + 1
        if steps % config.log_every == 0:
            log.info(
                "%s step %d loss %.4f right %.4f tokens/s %.0f minutes %.1f",
                course.stage.value,
                steps,
                losses / counts,
                rights / counts,
                seen / (time.monotonic() - started),
                (time.monotonic() - started) / 60,
            )
            losses, rights, counts = 0.0, 0, 0
        if steps % config.save_every == 0:
            save_base(model, config.out)
    return {
        "stage": course.stage.value,
        "learning_rate": course.learning_rate,
        "steps": steps,
        "tokens": seen,
        "minutes": round((time.monotonic() - started) / 60, 1),
    }


def _step(
    model: "GlmForCausalLM",
    characters: Characters,
    batch: Batch,
    config: BaseConfig,
    sampled: int,
) -> tuple[float, int, int, int]:
    instruction = characters.encode(batch.instruction)
    total, rights, tokens = 0.0, 0, 0
    parts = list(buckets(characters, batch.rows, config.micro))
    count = sum(int((part.labels != IGNORED).sum()) for part in parts)
    for part in parts:
        states = run_rows(model, instruction, part)
        loss, _, right = answer_loss(model, states, part, sampled=sampled)
        (loss / count).backward()  # type: ignore[no-untyped-call]
        total, rights = total + float(loss.detach()), rights + right
        tokens += part.tokens.numel() + len(instruction)
    return total, rights, count, tokens


def schedule(progress: float, *, warm: float = 1.0) -> float:
    """Return the factor of the learning rate: linear up, cosine down to 3 %."""
    return min(1.0, warm + 0.01) * (
        0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * progress))
    )


def _optimizer(model: "GlmForCausalLM", config: BaseConfig) -> "torch.optim.Optimizer":
    import torch

    decayed: list[torch.nn.Parameter] = []
    plain: list[torch.nn.Parameter] = []
    for name, parameter in model.named_parameters():
        matrix = parameter.ndim == 2 and "embed" not in name
        (decayed if matrix else plain).append(parameter)
    return torch.optim.AdamW(
        [
            {"params": decayed, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ],
        betas=(0.9, 0.97),
        fused=True,
    )


def save_base(model: "GlmForCausalLM", folder: Path) -> None:
    """Write the model in float16, the form that ships."""
    import copy

    import torch

    half = copy.deepcopy(model).to(torch.float16)
    half.save_pretrained(folder)


def load_base(folder: Path) -> "GlmForCausalLM":
    """Load a saved base for training or evaluation, in float32."""
    import torch
    from transformers import AutoModelForCausalLM

    model: GlmForCausalLM = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=torch.float32,
        attn_implementation="eager",
        local_files_only=True,
    )
    return model
