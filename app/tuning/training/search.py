"""Hyper-parameters from a small grid: every combination trained, ranked on dev rows."""

import itertools
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from app.system.files import write_json
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.errors import CompleteError
from app.tuning.training.methods import adjusted
from app.tuning.training.record import CARD

TABLE = "search.json"
_MARKDOWN = "search.md"

Grid = dict[str, Sequence[float | int]]
"""Names of a plan's numbers and the values to try."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One combination and what it came to."""

    folder: str
    values: dict[str, float | int]
    exact_match: float
    """Whole answers right on the dev rows, at the best step."""
    dev_loss: float
    best_step: int
    steps: int
    trainable: int
    minutes: float


def search(
    config: TuneConfig, grid: Grid, tell: Callable[[str], None] = lambda _: None
) -> list[Trial]:
    """Train every combination and rank them; the table grows as they end.

    What was trained already is not trained again, and what was cut short goes on:
    the same call continues a search that was stopped.

    Raises:
        TuneError: A combination cannot be trained, or the folder holds another search.
        DataError: A row is broken.
    """
    names = list(grid)
    combinations = list(itertools.product(*grid.values()))
    # All are checked before the first is trained.
    plans = [
        adjusted(config.plan, **dict(zip(names, each, strict=True)))
        for each in combinations
    ]
    trials: list[Trial] = []
    for number, (each, plan) in enumerate(zip(combinations, plans, strict=True), 1):
        values = dict(zip(names, each, strict=True))
        folder = "_".join(f"{name}-{value}" for name, value in values.items()) or "only"
        tell(f"[{number}/{len(combinations)}] {folder}")
        out = config.out / folder
        with suppress(CompleteError):
            train_adapter(replace(config, plan=plan, out=out, resume=True), tell)
        trials.append(_trial(out, values))
        trials.sort(key=lambda trial: (-trial.exact_match, trial.dev_loss))
        write_json(config.out / TABLE, [asdict(trial) for trial in trials])
        (config.out / _MARKDOWN).write_text(table(trials), encoding="utf-8")
    return trials


def _trial(out: Path, values: dict[str, float | int]) -> Trial:
    card = json.loads((out / CARD).read_text(encoding="utf-8"))
    return Trial(
        folder=out.name,
        values=values,
        exact_match=card["exact_match"],
        dev_loss=card["dev_loss"],
        best_step=card["best_step"],
        steps=card["steps"],
        trainable=card["trainable"],
        minutes=round(card["minutes"], 2),
    )


def table(trials: Sequence[Trial]) -> str:
    """Write trials as a Markdown table, in the order given."""
    names = list(trials[0].values) if trials else []
    head = [*names, "exact", "dev loss", "best step", "steps", "trainable", "minutes"]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for one in trials:
        cells = [
            *(str(one.values[name]) for name in names),
            f"{one.exact_match:.4f}",
            f"{one.dev_loss:.4f}",
            str(one.best_step),
            str(one.steps),
            f"{one.trainable:,}",
            f"{one.minutes:.1f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
