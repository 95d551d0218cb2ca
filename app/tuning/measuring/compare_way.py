"""Train and measure one way of a comparison; runs in a process of its own.

The folder of a way holds `adapter/`, `evaluation.json` and, once it is finished,
`result.json`. What was done is not done again: the number of steps is decided once, a
training goes on from its last checkpoint, and a finished training is not repeated.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final

from app.core.errors import UserFacingError
from app.system.files import write_json
from app.tuning.measuring.evaluate import NOISY, EvalConfig, evaluate
from app.tuning.measuring.report import Headline, headline
from app.tuning.measuring.report_text import plain

STEP_ROWS: Final = 32
"""Rows of a step of the budget; a method with larger steps takes fewer."""

TRIAL_STEPS: Final = 6
"""Steps that are timed to turn minutes into steps."""

RESULT: Final = "result.json"
FAILED: Final = "failed.txt"

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Way:
    """One way of tuning that is compared."""

    name: str
    """What the command line and the folder call it."""
    title: str
    method: str
    preset: str = "griddesk"
    textbook: bool = False
    """Whether the plain script of the references trains it."""


WAYS: Final = tuple(
    Way(*one)
    for one in (
        ("textbook", "ptuning-v2 (textbook script)", "ptuning-v2", "reference", True),
        (
            "ptuning-v2-reference",
            "ptuning-v2 (reference recipe)",
            "ptuning-v2",
            "reference",
        ),
        ("ptuning-v2", "ptuning-v2 (griddesk)", "ptuning-v2"),
        ("prompt-soft", "prompt-soft", "prompt-soft"),
        ("prompt-text", "prompt-text", "prompt-text"),
        ("ptuning-v1", "ptuning-v1", "ptuning-v1"),
        ("lora", "lora", "lora"),
        ("qlora", "qlora", "qlora"),
        ("full", "full", "full"),
    )
)


@dataclass(frozen=True, kw_only=True)
class CompareConfig:
    """What is compared, on what, for how long."""

    base: Path
    data: Path
    """A folder with train.json and dev.json."""
    out: Path
    ways: tuple[str, ...] = tuple(way.name for way in WAYS)
    steps: int = 0
    """Steps of `STEP_ROWS` rows for each method; 0 goes by `minutes`."""
    minutes: float = 0.0
    """Time of training for each method."""
    rows: int = 150
    """Held-out rows of each kind and noise level to measure on."""
    dev_rows: int = 400
    seed: int = 20240531
    threads: int = 1


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What one way's training took."""

    trainable: int
    """Parameters that were trained; a network that only makes others counts too."""
    steps: int
    rows: int
    rows_per_second: float
    """By `minutes`."""
    memory_mb: float
    """Peak of the whole process while training."""
    added_mb: float
    """The part of it that base, rows and training took."""
    device_mb: float
    """Peak of the GPU's own memory; 0 without one."""
    minutes: float
    """In steps, over all runs: without loading, looks at dev rows and checkpoints."""
    cpu_minutes: float
    """The same in time of the processors, which other programs do not disturb."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One line of the table."""

    way: str
    title: str
    trained: Trained
    measured: Headline


def run_here(config: CompareConfig, way: Way, tell: Tell) -> str:
    """Train and measure one way in this process; as `run_apart` otherwise."""
    folder = config.out / way.name
    failed = folder / FAILED
    failed.unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        trained = _trained(config, way, folder, tell)
        report = evaluate(
            EvalConfig(
                base=config.base,
                adapter=folder / "adapter",
                name=way.title,
                rows=config.rows,
                levels=(0.0, NOISY),
                threads=config.threads,
            )
        )
    except UserFacingError as error:
        failed.write_text(str(error), encoding="utf-8")
        return str(error)
    outcome = Outcome(
        way=way.name,
        title=way.title,
        trained=trained,
        measured=headline(report),
    )
    write_json(folder / "evaluation.json", report.as_json())
    # Last, and whole or not at all: this file says that the way is finished.
    write_json(folder / RESULT, plain(outcome))
    return ""


def _trained(config: CompareConfig, way: Way, folder: Path, tell: Tell) -> Trained:
    record = folder / "trained.json"
    if record.is_file():
        return Trained(**json.loads(record.read_text(encoding="utf-8")))
    steps = _steps(config, way, folder, tell)
    train = _train_textbook if way.textbook else _train
    found = train(config, way, folder / "adapter", steps, config.dev_rows, tell)
    write_json(record, asdict(found))
    return found


def _train(
    config: CompareConfig, way: Way, out: Path, steps: int, dev_rows: int, tell: Tell
) -> Trained:
    from app.tuning.training.adapter import TuneConfig, train_adapter
    from app.tuning.training.errors import CompleteError
    from app.tuning.training.methods import plan_of
    from app.tuning.training.record import CARD

    plan = replace(plan_of(way.method, way.preset), steps=steps)
    plan = replace(plan, eval_every=min(plan.eval_every, steps))
    # Killed between the end of a training and its record: nothing is left to train.
    with suppress(CompleteError):
        train_adapter(
            TuneConfig(
                base=config.base,
                data=config.data,
                out=out,
                plan=plan,
                preset=way.preset,
                dev_rows=dev_rows,
                seed=config.seed,
                threads=config.threads,
                resume=True,
            ),
            tell,
        )
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    return Trained(
        trainable=card["trainable"],
        steps=card["steps_done"],
        rows=card["rows_seen"],
        rows_per_second=card["rows_per_second"],
        memory_mb=card["memory"]["process"],
        added_mb=card["memory"]["added"],
        device_mb=card["memory"]["device"],
        minutes=card["training_minutes"],
        cpu_minutes=card["training_cpu_minutes"],
    )


def _train_textbook(
    config: CompareConfig, way: Way, out: Path, steps: int, dev_rows: int, tell: Tell
) -> Trained:
    import torch

    from app.tuning.training.memory import MemoryWatch

    torch.set_num_threads(config.threads)
    watch = MemoryWatch()
    # Only now: `train_adapter` counts the libraries that it brings, too.
    from app.tuning.training.textbook import train_textbook

    speed, trainable = train_textbook(
        config.base, config.data, out, steps, seed=config.seed, dev_rows=dev_rows
    )
    memory = watch.read()
    return Trained(
        trainable=trainable,
        steps=speed.steps,
        rows=speed.rows,
        rows_per_second=speed.spent.per_second(speed.rows // speed.steps),
        memory_mb=memory.process,
        added_mb=memory.added,
        device_mb=memory.device,
        minutes=speed.spent.training_s / 60,
        cpu_minutes=speed.spent.training_cpu_s / 60,
    )


def _steps(config: CompareConfig, way: Way, folder: Path, tell: Tell) -> int:
    """Turn the budget into steps of a way's own size; decided once, then kept."""
    from app.tuning.training.methods import plan_of

    record = folder / "steps.json"
    if record.is_file():
        return int(json.loads(record.read_text(encoding="utf-8"))["steps"])
    plan = plan_of(way.method, way.preset)
    step_rows = plan.batch * plan.accumulation
    rows = float(config.steps * STEP_ROWS)
    if config.minutes:
        train = _train_textbook if way.textbook else _train
        trial = folder / "trial"
        # What a trial that was cut short has left would only be in the way.
        shutil.rmtree(trial, ignore_errors=True)
        timed = train(config, way, trial, TRIAL_STEPS, 1, tell)
        rows = timed.rows_per_second * config.minutes * 60
        shutil.rmtree(trial, ignore_errors=True)
    steps = max(1, round(rows / step_rows))
    write_json(record, {"steps": steps})
    return steps
