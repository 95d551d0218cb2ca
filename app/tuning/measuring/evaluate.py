"""Measure an adapter on what it has never seen, in both ways of answering.

Without a grammar an answer is right when the whole text written greedily is; in the
closed language of the desk it is right when intent, every place and every check are,
before the directory repairs anything. `evaluate` measures one reader; a
report puts several side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Final

from app.agent.glm import LoadedGlm
from app.agent.precision import Device
from app.agent.prompts import SplitAnswer
from app.core.cancel import CancelToken
from app.tuning.data.maker import SHARES, Maker
from app.tuning.measuring.answering import Answerer, Asked, Pace
from app.tuning.measuring.likeness import Likeness, likeness
from app.tuning.measuring.loading import Size, load_tuned, load_written, size_of
from app.tuning.measuring.questions import (
    CLEAN,
    SUMMARIES,
    Question,
    brought,
    held_out,
    level_name,
    read_table,
)
from app.tuning.measuring.report_text import Plain, kinds_table, plain
from app.tuning.measuring.scores import (
    Figures,
    Marked,
    Score,
    figures,
    mark,
    mark_reading,
)
from app.tuning.measuring.summaries import SummaryFigures, summarise
from app.tuning.phrases.lexicon import Lexicon, Split

__all__ = [
    "EvalConfig",
    "EvalReport",
    "Score",
    "draw",
    "evaluate",
    "evaluate_rules",
]

NOISY: Final = 0.10
"""Share of wrong characters at which the figure `noisy` is taken."""

_PACED: Final = 40
"""Commands that are timed one at a time."""


@dataclass(frozen=True, kw_only=True)
class EvalConfig:
    """What is measured on what."""

    base: Path
    adapter: Path | None = None
    """None measures the bare base: the state before tuning."""
    instruction: str = ""
    """Read by the bare base before every prompt; used without an adapter only."""
    name: str = ""
    """What the report calls this reader; empty: `base`, `prompt` or `tuned`."""
    split: Split = Split.TEST
    rows: int = 300
    """Distinct rows of each kind at each noise level."""
    levels: tuple[float, ...] = (0.0, 0.05, NOISY, 0.20)
    """Shares of wrong characters."""
    data: Path | None = None
    """What `tune data` wrote; what a user brought to the split is asked, too."""
    tables: tuple[Path, ...] = ()
    """Tables of transcripts, see `questions`."""
    seed: int = 7
    micro: int = 32
    threads: int = 1
    device: Device = "auto"
    keep_wrong: int = 40
    """How many wrong answers the report shows for each way."""


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """An answer that missed."""

    group: str
    kind: str
    content: str
    wanted: str
    given: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a reader weighs and takes."""

    size: Size
    pace: Pace
    device: str
    precision: str


@dataclass(frozen=True, kw_only=True)
class EvalReport:
    """The figures of one reader."""

    name: str
    free: tuple[Figures, ...]
    """Without a grammar, one entry a group; empty for rules."""
    closed: tuple[Figures, ...]
    """In the closed language: splittings only."""
    summaries: SummaryFigures | None
    likeness: tuple[Likeness, ...]
    """Of the answers without a grammar."""
    cost: Cost | None
    wrong_free: tuple[Wrong, ...]
    wrong_closed: tuple[Wrong, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups: noise levels, what was brought, tables."""
        return tuple(one.group for one in self.free or self.closed)

    def figures(self, group: str, *, closed: bool) -> Figures | None:
        """Return one group's figures in one way of answering."""
        found = self.closed if closed else self.free
        return next((one for one in found if one.group == group), None)

    def overall(self, *, noisy: bool, closed: bool = False) -> float:
        """Return the share of right answers, kinds weighted as in training."""
        group = level_name(NOISY) if noisy else CLEAN
        found = self.figures(group, closed=closed)
        return found.weighted.share if found else 0.0

    def as_json(self) -> dict[str, Plain]:
        """Return every figure as plain data."""
        return {one.name: plain(getattr(self, one.name)) for one in fields(self)}

    def table(self) -> str:
        """Return the figures by kind as a Markdown table."""
        return kinds_table(self)


def draw(config: EvalConfig) -> list[Question]:
    """Draw the questions that a configuration asks for; equal seeds, equal questions.

    Raises:
        UsageError: A table cannot be read.
        DataError: The user's data cannot be read.
    """
    # First, so that a wrong table is told before anything takes time.
    own = brought(config.data, config.split) if config.data else []
    tables = [question for path in config.tables for question in read_table(path)]
    maker = Maker(Lexicon(), config.split, seed=config.seed)
    rows = [
        question
        for cer in config.levels
        for question in held_out(maker, config.rows, cer)
    ]
    return [*rows, *own, *tables]


def evaluate(
    config: EvalConfig,
    questions: Sequence[Question] | None = None,
    cancel: CancelToken | None = None,
) -> EvalReport:
    """Measure an adapter, or the bare base, on rows drawn from one split.

    Raises:
        UsageError: A table cannot be read.
        DataError: The user's data cannot be read.
        ModelMissingError: Base or adapter is not there.
        ModelCorruptError: Base or adapter cannot be read, or they do not fit.
        Cancelled: The token was set.
    """
    import torch

    torch.set_num_threads(config.threads)
    if questions is None:
        questions = draw(config)
    cancel = cancel or CancelToken()
    if config.adapter is None and config.instruction:
        name = "prompt"
        glm = load_written(config.base, config.instruction, device=config.device)
    else:
        name = "tuned" if config.adapter else "base"
        glm = load_tuned(config.base, config.adapter, device=config.device)
    return _measured(config, config.name or name, glm, questions, cancel)


def evaluate_rules(
    read: Callable[[str], SplitAnswer],
    questions: Sequence[Question],
    *,
    keep_wrong: int = 40,
) -> EvalReport:
    """Measure a reader that needs no model: it answers splittings in calls."""
    marked = [
        mark_reading(question, read(question.speech))
        for question in questions
        if question.speech is not None
    ]
    return EvalReport(
        name="rules",
        free=(),
        closed=_by_group(marked),
        summaries=None,
        likeness=(),
        cost=None,
        wrong_free=(),
        wrong_closed=_wrong(marked, keep_wrong),
    )


def _measured(
    config: EvalConfig,
    name: str,
    glm: LoadedGlm,
    questions: Sequence[Question],
    cancel: CancelToken,
) -> EvalReport:
    answerer = Answerer(glm, micro=config.micro)
    asked = [
        Asked(prompt=one.prompt, guess=one.answer, speech=one.speech)
        for one in questions
    ]
    given = answerer.answer(asked, cancel)
    answered = list(zip(questions, given, strict=True))
    free = [mark(question, one.free) for question, one in answered]
    closed = [
        mark(question, one.closed)
        for question, one in answered
        if one.closed is not None
    ]
    groups = dict.fromkeys(question.group for question in questions)
    alike = [
        likeness(group, [(g.free, q.answer) for q, g in answered if q.group == group])
        for group in groups
    ]
    summed = [(q, g.free) for q, g in answered if q.kind in SUMMARIES]
    paced = [one for one in asked if one.speech is not None][:_PACED]
    return EvalReport(
        name=name,
        free=_by_group(free),
        closed=_by_group(closed),
        summaries=summarise(glm, summed, cancel),
        likeness=tuple(one for one in alike if one),
        cost=Cost(
            size=size_of(config.adapter),
            pace=answerer.pace(paced, cancel),
            device=glm.device,
            precision=glm.precision,
        ),
        wrong_free=_wrong(free, config.keep_wrong),
        wrong_closed=_wrong(closed, config.keep_wrong),
    )


def _by_group(marked: Sequence[Marked]) -> tuple[Figures, ...]:
    groups: dict[str, list[Marked]] = {}
    for one in marked:
        groups.setdefault(one.question.group, []).append(one)
    return tuple(figures(group, rows, SHARES) for group, rows in groups.items())


def _wrong(marked: Sequence[Marked], keep: int) -> tuple[Wrong, ...]:
    """Show wrong answers of every group and kind, as far as there is room."""
    found: dict[tuple[str, str], list[Marked]] = {}
    for one in marked:
        if not one.right:
            found.setdefault((one.question.group, one.question.kind), []).append(one)
    kept: list[Marked] = []
    for depth in range(keep):
        kept += [rows[depth] for rows in found.values() if depth < len(rows)]
        if len(kept) >= keep:
            break
    return tuple(
        Wrong(
            group=one.question.group,
            kind=one.question.kind,
            content=one.question.prompt,
            wanted=one.question.answer or one.question.kind,
            given=one.text,
        )
        for one in kept[:keep]
    )
