"""Measure several readers on the same questions: before and after, side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from app.agent.prompts import SplitAnswer
from app.core.cancel import CancelToken
from app.tuning.measuring.evaluate import (
    EvalConfig,
    EvalReport,
    draw,
    evaluate,
    evaluate_rules,
)
from app.tuning.measuring.loading import WEIGHTS
from app.tuning.measuring.questions import BROUGHT, Question
from app.tuning.measuring.report import Sheet
from app.tuning.measuring.runcard import run_card
from app.tuning.training.methods import INSTRUCTION


@dataclass(frozen=True, kw_only=True)
class Measure:
    """Which readers are measured beside an adapter."""

    config: EvalConfig
    bare: bool = True
    """The base alone."""
    prompted: bool = False
    """The base with the written instruction that a training starts from."""
    rules: Callable[[str], SplitAnswer] | None = None
    """A reader that needs no model."""
    command: str = ""
    """For the run card."""


def measure(
    wanted: Measure,
    *,
    tell: Callable[[str], None] = lambda line: None,
    cancel: CancelToken | None = None,
) -> Sheet:
    """Measure every reader that is wanted; `tell` hears one line before each.

    Raises:
        UsageError: A table cannot be read.
        DataError: The user's data cannot be read.
        ModelMissingError: Base or adapter is not there.
        ModelCorruptError: Base or adapter cannot be read, or they do not fit.
        Cancelled: The token was set.
    """
    config = wanted.config
    questions = draw(config)
    _tell_brought(config, questions, tell)
    bare = replace(config, adapter=None)
    configs = [bare] if wanted.bare or config.adapter is None else []
    if wanted.prompted:
        configs.append(replace(bare, instruction=INSTRUCTION))
    if config.adapter is not None:
        configs.append(config)
    readers: list[EvalReport] = []
    for one in configs:
        name = one.adapter.name if one.adapter else one.base.name
        tell(f"评测 {name}: {len(questions)} 条")
        readers.append(evaluate(one, questions, cancel))
    if wanted.rules is not None:
        readers.append(evaluate_rules(wanted.rules, questions))
    card = run_card(
        questions,
        command=wanted.command,
        seeds={"rows": config.seed},
        weights=_weights(config),
    )
    return Sheet(card=card, readers=tuple(readers))


def _tell_brought(
    config: EvalConfig, questions: Sequence[Question], tell: Callable[[str], None]
) -> None:
    """Say how much of what a user brought was held out: it may be nothing."""
    if config.data is None:
        return
    count = sum(one.group.startswith(BROUGHT) for one in questions)
    name = f"{config.data.name} 的 {config.split}"
    if count:
        tell(f"{name} 留出了 {count} 行带来的语句, 单独评测")
    else:
        tell(f"{name} 没有留出带来的语句, 无法单独评测; 请多带一些语句")


def _weights(config: EvalConfig) -> list[Path]:
    found = sorted(config.base.glob("*.safetensors"))
    if config.adapter is not None:
        found += [
            config.adapter / name
            for name in WEIGHTS
            if (config.adapter / name).is_file()
        ]
    return found
