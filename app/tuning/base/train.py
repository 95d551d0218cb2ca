"""Train GLM-mini's base: a small GLM that copies, reads and follows instructions."""

import json
import logging
import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.tuning.base.architecture import (
    HEADS,
    build_model,
    deepened,
    glm_config,
    lengthen_rare,
    load_base,
    save_base,
    worded,
)
from app.tuning.base.dialects import Dialects
from app.tuning.base.learning import Window, buckets, learn, run_bucket
from app.tuning.base.skills import Batch, Skills, Stage
from app.tuning.base.stepping import MEETING, Stepper, meeting
from app.tuning.base.tagging import make_heads
from app.tuning.base.tokens import (
    Characters,
    build_vocabulary,
    load_characters,
    save_tokenizer,
)
from app.tuning.base.variety import RARE
from app.tuning.base.wordvectors import RECOGNISER, lexical_tables
from app.tuning.phrases.lexicon import Lexicon, Split
from app.tuning.training.pace import schedule
from app.tuning.training.rows import IGNORED

if TYPE_CHECKING:
    import torch

    from app.agent.prefix_lm import GlmMiniForCausalLM

log = logging.getLogger(__name__)

TRAINING: Final = "base_training.json"
"""Beside the base: the courses it has taken."""


_START: Final = ".start"
"""In the folder of a base: what its training started from, while it goes on."""


@dataclass(frozen=True, kw_only=True)
class Course:
    """One course of training with a schedule of its own."""

    stage: Stage
    steps: int
    learning_rate: float
    minutes: float = 0.0
    """A limit of wall time, 0 for none; the schedule hurries to end within it."""
    last: float = 0.03
    """The last step's learning rate as a share of the highest."""
    variety: float = 1.0
    """How much of what is said is put together anew, see `variety`. A course at a
    falling rate ends nearer to what is really said with less of it."""


@dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """How the base is trained."""

    out: Path
    courses: tuple[Course, ...] = (
        # At 4e-3 the held-out match of the work stood still at 26 % from step 150 to
        # 300; at 2e-3 it came to 59 % in 250 steps, and to 62 % in 250 more.
        Course(stage=Stage.SKILLS, steps=500, learning_rate=4e-3, last=0.3),
        Course(stage=Stage.READING, steps=300, learning_rate=1.5e-3, last=0.1),
        Course(stage=Stage.WORK, steps=4_000, learning_rate=1.2e-3, last=0.3),
        # What is put together keeps the lists from being learnt by heart; the end is
        # nearer to what is said.
        Course(
            stage=Stage.WORK, steps=1_000, learning_rate=7e-4, last=0.02, variety=0.5
        ),
    )
    batches: int = 2
    """Batches of a step, each under its own instruction; a multiple of `workers`."""
    rows: int = 48
    """Rows of a batch."""
    readings: int = 256
    """Rows of a step that are only read: of the work, beside its batches.

    To read a row takes a fifth of the time of answering it. A multiple of `workers`.
    """
    micro: int = 24
    """Answered rows run at once, of similar length: half of all would be padding."""
    warmup: int = 60
    weight_decay: float = 0.05
    copying_steps: int = 150
    """The first steps of the first course draw only copying."""
    sampled: int = 1024
    """Random negatives of the softmax; the end of each course uses all."""
    measured_rows: int = 256
    """Held-out rows of invented desks that are answered at every checkpoint."""
    seed: int = 20240513
    workers: int = 1
    """Processes of one thread each that share every step's batches."""
    recogniser: Path = RECOGNISER
    """Whose language model tells which words are used alike."""
    save_every: int = 250
    log_every: int = 50
    resume: bool = False
    """Start from the base in `out`; the courses are those still to do."""


def train_base(config: BaseConfig) -> Path:
    """Train the base and save it with its tokenizer; returns the folder.

    A training cut short leaves a usable model too, as of the last `save_every` steps;
    before the first checkpoint, what was in the folder.

    Raises:
        ValueError: A step's batches or readings cannot be shared out evenly among the
            processes, or a base to go on from has neither today's layers nor four.
        OSError: The recogniser's language model cannot be read.
        LanguageModelError: It is of another kind.
    """
    for name, count in (("batches", config.batches), ("readings", config.readings)):
        if count < 1 or count % config.workers:
            raise ValueError(f"{count} {name} for {config.workers} processes")
    from torch import multiprocessing

    config.out.mkdir(parents=True, exist_ok=True)
    (config.out / MEETING).unlink(missing_ok=True)
    _begin(config)
    others = multiprocessing.get_context("spawn")
    helpers = [
        others.Process(target=_train, args=(rank, config), daemon=True)
        for rank in range(1, config.workers)
    ]
    for helper in helpers:
        helper.start()
    try:
        _train(0, config)
        for helper in helpers:
            helper.join()
    finally:
        # After an error the others would wait for this process for ever.
        for helper in helpers:
            helper.terminate()
        shutil.rmtree(config.out / _START, ignore_errors=True)
    return config.out


def _begin(config: BaseConfig) -> None:
    """Write what the processes start from into a folder of its own.

    So the base that is in `config.out` stays until the first checkpoint.
    """
    out, start = config.out, config.out / _START
    shutil.rmtree(start, ignore_errors=True)
    if config.resume:
        model, characters = load_base(out), load_characters(out)
        if model.config.num_hidden_layers < glm_config().num_hidden_layers:
            model = deepened(model)
        if not model.config.words:
            model = worded(model, lexical_tables(characters, config.recogniser))
    else:
        characters = build_vocabulary(Lexicon())
        tables = lexical_tables(characters, config.recogniser)
        model = build_model(config.seed, tables)
    start.mkdir()
    save_tokenizer(characters, start)
    save_base(model, start)
    if config.resume:
        for name in (TRAINING, HEADS):
            if (out / name).is_file():
                shutil.copyfile(out / name, start / name)


def take_heads(heads: "torch.nn.ModuleList", file: Path) -> None:
    """Give heads what those of the training before had learnt, if they are alike."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    if not file.is_file():
        return
    try:
        kept = load_file(file)
    except SafetensorError as error:
        log.info("%s cannot be read, the heads begin anew: %s", file.name, error)
        return
    shapes = {name: one.shape for name, one in heads.state_dict().items()}
    if shapes == {name: one.shape for name, one in kept.items()}:
        heads.load_state_dict(kept)
    else:
        log.info("%s is of other heads, these begin anew", file.name)


def _save_heads(heads: "torch.nn.ModuleList", file: Path) -> None:
    from safetensors.torch import save_file

    fresh = file.with_name(f".{file.name}")
    save_file(heads.state_dict(), fresh)
    # A training that is killed here still has those of the checkpoint before.
    fresh.replace(file)


def _train(rank: int, config: BaseConfig) -> None:
    """Train as one of `config.workers` processes; the first writes."""
    import torch

    torch.set_num_threads(1)
    lexicon, start = Lexicon(), config.out / _START
    record, before = config.out / TRAINING, start / TRAINING
    model, characters = load_base(start), load_characters(start)
    done: list[_Taken] = []
    if before.is_file():
        done = json.loads(before.read_text(encoding="utf-8"))["courses"]
    # They go on from course to course; no desk is given them.
    torch.manual_seed(config.seed)
    heads = make_heads(model.config)
    take_heads(heads, start / HEADS)
    with meeting(rank, config.workers, config.out):
        for course in config.courses:
            seed = config.seed + len(done)
            torch.manual_seed(seed)
            rng = random.Random(f"{seed}/{rank}")
            skills = Skills(
                lexicon,
                rng,
                rows=config.rows,
                readings=config.readings // config.workers,
                variety=course.variety,
            )
            lengthen_rare(model, characters)
            taken: _Taken = {}
            courses = _take_course(
                model, heads, characters, skills, course, config, rank
            )
            for taken in courses:
                save_tokenizer(characters, config.out)
                save_base(model, config.out)
                _save_heads(heads, config.out / HEADS)
                text = json.dumps({"courses": [*done, taken]}, indent=2)
                record.write_text(text + "\n", encoding="utf-8")
            done.append(taken)


_Taken = dict[str, float | str]
"""What a course took so far, as it is written beside the base."""


def _take_course(
    model: "GlmMiniForCausalLM",
    heads: "torch.nn.ModuleList",
    characters: Characters,
    skills: Skills,
    course: Course,
    config: BaseConfig,
    rank: int,
) -> Iterator[_Taken]:
    """Train, and give what the course took at every checkpoint and at the end."""
    stepper = Stepper(model, heads, config.weight_decay, rank, config.workers)
    started, seen, steps = time.monotonic(), 0, 0
    reads = course.stage is Stage.READING
    works = course.stage is Stage.WORK
    window = Window()

    def taken() -> _Taken:
        return {
            "stage": course.stage.value,
            "learning_rate": course.learning_rate,
            "variety": course.variety,
            "any_characters": round(RARE * course.variety, 4),
            "steps": steps,
            "rows": 0 if reads else steps * config.batches * config.rows,
            "readings": steps * config.readings if reads or works else 0,
            "tokens": seen * config.workers,
            "minutes": round((time.monotonic() - started) / 60, 1),
            "held_out_match": round(
                held_out_match(stepper.fast, characters, config), 4
            ),
        }

    for step in range(course.steps):
        minutes = (time.monotonic() - started) / 60
        progress = step / course.steps
        if course.minutes:
            progress = max(progress, minutes / course.minutes)
        progress = stepper.agree(progress)
        if progress >= 1:
            break
        copying = course.stage is Stage.SKILLS and step < config.copying_steps
        stage = Stage.COPYING if copying else course.stage
        share = 0 if reads else config.batches // config.workers
        drawn = [skills.batch(stage) for _ in range(share)]
        if reads or works:
            drawn.append(skills.batch(Stage.READING))
        sampled = config.sampled if progress < 0.92 else 0
        seen += learn(stepper, characters, drawn, config.micro, sampled, window)
        stepper.step(
            course.learning_rate
            * schedule(progress, warm=step / config.warmup, last=course.last)
        )
        steps = step + 1
        if rank == 0 and steps % config.log_every == 0:
            speed = seen * config.workers / (time.monotonic() - started)
            minutes = (time.monotonic() - started) / 60
            log.info(
                "%s step %d %s tokens/s %.0f minutes %.1f",
                *(course.stage.value, steps, window.empty(), speed, minutes),
            )
        if rank == 0 and steps % config.save_every == 0:
            now = taken()
            log.info("%s", now)
            yield now
    if rank == 0:
        yield taken()


def held_out_match(
    model: "GlmMiniForCausalLM", characters: Characters, config: BaseConfig
) -> float:
    """Return the share of held-out rows of invented desks that are wholly right.

    Phrases and places are of the dev split, the desks are those of the training.
    """
    import torch

    dialects = Dialects(Lexicon(), random.Random(config.seed), split=Split.DEV)
    right, total = 0, 0
    model.eval()
    with torch.no_grad():
        while total < config.measured_rows:
            batch = Batch(*dialects.rows(config.rows))
            for part in buckets(characters, batch, config.micro):
                states, _ = run_bucket(model, part)
                labels = part.rows.labels
                chosen = labels != IGNORED
                best = torch.full_like(labels, IGNORED)
                best[chosen] = model.lm_head(states[chosen]).argmax(-1)
                right += int((best == labels).all(dim=1).sum())
            total += len(batch.rows)
    model.train()
    return right / total
