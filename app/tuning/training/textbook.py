"""The script of the references, to be measured against: the same, without our wits.

peft's prefix on every row, each row padded to 64 + 64 tokens, the output layer at every
position, float32, batch 4 times accumulation 16, rate 2e-2, the plain Trainer. What it
does is what the tutorials on PEFT with the Trainer do, for P-tuning v2.

Importing this module imports transformers, so it is imported inside functions only.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch  # noqa: TID253 – the classes below are transformers' own
from transformers import (  # noqa: TID253
    PrinterCallback,
    Trainer,
    TrainingArguments,
    default_data_collator,
)

from app.tuning.data.rowfile import read_rows
from app.tuning.training.attach import attach, put_on, trainable, write_model
from app.tuning.training.backbone import Backbone, has_fast_bf16, load_backbone
from app.tuning.training.engine import AnswerModel
from app.tuning.training.feed import Example, collate, encode, parts
from app.tuning.training.methods import PtuningV2, plan_of
from app.tuning.training.rows import IGNORED
from app.tuning.training.stepclock import Spent, StepClock
from app.tuning.training.trainer import TuneTrainer

SOURCE = TARGET = 64
"""Tokens of a prompt and of an answer; shorter ones are padded, longer ones cut."""


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast one way trained, and what came of it."""

    steps: int
    rows: int
    rows_per_second: float
    """By the median step."""
    rows_per_cpu_second: float
    """The same by the time of the processors, which other programs do not disturb."""
    exact_match: float
    """Whole answers right on the dev rows after these steps."""
    spent: Spent
    """What all steps took, the first one too."""


@dataclass(frozen=True, kw_only=True)
class SpeedReport:
    """Both ways on the same base, rows and machine."""

    textbook: Speed
    ours: Speed

    @property
    def ratio(self) -> float:
        """How many times the textbook's rows a second ours are."""
        return self.ours.rows_per_second / self.textbook.rows_per_second

    @property
    def cpu_ratio(self) -> float:
        """The same by the time of the processors."""
        return self.ours.rows_per_cpu_second / self.textbook.rows_per_cpu_second


def measure_speed(
    base: Path, data: Path, steps: int, *, dev_rows: int = 200, seed: int = 20240531
) -> SpeedReport:
    """Train by the textbook and by our preset on equally many rows; compare.

    Args:
        base: Folder of the base.
        data: Folder with train.json and dev.json.
        steps: Steps of the textbook, 64 rows each.
        dev_rows: Rows to count right answers on.
        seed: Of both trainings.

    Raises:
        TuneError: The base cannot be tuned.
        DataError: A row is broken.
    """
    rows = read_rows(data / "train.json")
    dev = read_rows(data / "dev.json")[:dev_rows]
    with tempfile.TemporaryDirectory(prefix="griddesk-speed-") as folder:
        return SpeedReport(
            textbook=_textbook(base, rows, dev, steps, seed, Path(folder))[0],
            ours=_ours(base, rows, dev, steps * 64, seed, Path(folder)),
        )


def _speed(clock: StepClock, rows: int, exact_match: float) -> Speed:
    """Sum up; the median leaves out the first step, which warms things up."""
    pairs = list(zip(clock.marks[1:], clock.marks[2:], strict=False))
    wall = sorted(after[0] - before[0] for before, after in pairs)
    cpu = sorted(after[1] - before[1] for before, after in pairs)
    spent = clock.spent
    return Speed(
        steps=spent.steps,
        rows=rows * spent.steps,
        rows_per_second=rows / wall[len(wall) // 2],
        rows_per_cpu_second=rows / cpu[len(cpu) // 2],
        exact_match=exact_match,
        spent=spent,
    )


def train_textbook(
    base: Path, data: Path, out: Path, steps: int, *, seed: int, dev_rows: int
) -> tuple[Speed, int]:
    """Train by the textbook and write the adapter; also gives what it trains.

    Args:
        base: Folder of the base.
        data: Folder with train.json and dev.json.
        out: Folder for the adapter.
        steps: Steps of 64 rows each, two at least.
        seed: Of the training.
        dev_rows: Rows to count right answers on.

    Returns:
        How it went, and the number of parameters that were trained.

    Raises:
        TuneError: The base cannot be tuned.
        DataError: A row is broken.
    """
    rows = read_rows(data / "train.json")
    dev = read_rows(data / "dev.json")[:dev_rows]
    with tempfile.TemporaryDirectory(prefix="griddesk-textbook-") as folder:
        return _textbook(base, rows, dev, steps, seed, Path(folder), out=out)


def _textbook(
    base: Path,
    rows: list[tuple[str, str]],
    dev: list[tuple[str, str]],
    steps: int,
    seed: int,
    folder: Path,
    *,
    out: Path | None = None,
) -> tuple[Speed, int]:
    from peft import PrefixTuningConfig, TaskType

    torch.manual_seed(seed)
    backbone = load_backbone(base)
    model = put_on(
        backbone.model,
        PrefixTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=48),
    )
    arguments = TrainingArguments(
        output_dir=str(folder / "textbook"),
        max_steps=max(2, steps),
        per_device_train_batch_size=4,
        gradient_accumulation_steps=16,
        learning_rate=2e-2,
        logging_steps=20,
        save_strategy="no",
        seed=seed,
        use_cpu=not torch.cuda.is_available(),
        disable_tqdm=True,
        report_to="none",
        log_level="error",
        dataloader_pin_memory=torch.cuda.is_available(),
    )
    clock = StepClock()
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=padded(backbone, rows),
        data_collator=default_data_collator,
        callbacks=[clock],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()
    answers = AnswerModel(model, PtuningV2())
    answers.prove(next(parts(encode(backbone.framing, backbone.end, rows[:32]))))
    exact = exact_match(answers, backbone, dev)
    if out is not None:
        write_model(model, backbone, out)
    return _speed(clock, 64, exact), trainable(model)[0]


def padded(
    backbone: Backbone, rows: Sequence[tuple[str, str]]
) -> list[dict[str, list[int]]]:
    """Encode rows as the textbook does, all of one length."""
    framing, made = backbone.framing, []
    pad = framing.tokenizer.pad_token_id
    pad = backbone.end if pad is None else pad
    for content, answer in rows:
        (prompt,) = framing.prompts([content], SOURCE)
        target = [*framing.encode(answer)[: TARGET - 1], backbone.end]
        rest = SOURCE + TARGET - len(prompt) - len(target)
        made.append(
            {
                "input_ids": [*prompt, *target, *[pad] * rest],
                "attention_mask": [1] * (len(prompt) + len(target)) + [0] * rest,
                "labels": [IGNORED] * len(prompt) + target + [IGNORED] * rest,
            }
        )
    return made


def _ours(
    base: Path,
    rows: list[tuple[str, str]],
    dev: list[tuple[str, str]],
    count: int,
    seed: int,
    folder: Path,
) -> Speed:
    torch.manual_seed(seed)
    backbone = load_backbone(base)
    plan = plan_of("ptuning-v2")
    steps = max(2, count // (plan.batch * plan.accumulation))
    plan = PtuningV2(steps=steps, eval_every=steps)
    answers = AnswerModel(attach(backbone, plan), plan)
    examples = encode(backbone.framing, backbone.end, rows)
    # As every training of ours does; a base that cannot share goes its own way.
    answers.prove(next(parts(examples[: plan.batch])))
    trainer = TuneTrainer(
        answers,
        plan,
        folder=folder / "ours",
        train=examples,
        dev=encode(backbone.framing, backbone.end, dev),
        seed=seed,
        log_every=steps,
        bf16=has_fast_bf16(),
        tensorboard=None,
        tell=lambda _: None,
    )
    clock = StepClock()
    trainer.add_callback(clock)
    trainer.train()
    return _speed(clock, trainer.step_rows, exact_match(answers, backbone, dev))


def exact_match(
    answers: AnswerModel, backbone: Backbone, dev: Sequence[tuple[str, str]]
) -> float:
    """Count whole answers in float32, as the desk computes them."""
    answers.eval()
    examples: list[Example] = encode(backbone.framing, backbone.end, dev)
    device = answers.base.device
    right = 0
    for start in range(0, len(examples), 64):
        batch = collate(examples[start : start + 64])["parts"]
        right += answers.judge([tuple(t.to(device) for t in p) for p in batch]).right
    return right / len(examples)
