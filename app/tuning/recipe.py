"""Reproduce the embedded model with one command, from nothing but this source.

    python -m app.tuning.recipe --out models/glm-mini

trains the base, makes the data, trains the adapter, measures both before and after
and writes the sums. `--small` runs the same course in about a minute, to see that
it runs; its model is worth nothing.
"""

import argparse
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from app.tuning.base.architecture import ship_base
from app.tuning.base.train import BaseConfig, Course, train_base
from app.tuning.base.wordvectors import LANGUAGE_MODEL, RECOGNISER
from app.tuning.data.maker import DataConfig, write_data
from app.tuning.measuring.card import write_card
from app.tuning.measuring.evaluate import EvalConfig
from app.tuning.measuring.measure import Measure, measure
from app.tuning.measuring.report import Sheet, headline_table, write_sheet
from app.tuning.package import pack
from app.tuning.training.adapter import TuneConfig, train_adapter
from app.tuning.training.methods import PtuningV2

log = logging.getLogger(__name__)

SHIPPED: Final = (
    "adapter_config.json",
    "adapter_model.safetensors",
    "griddesk.json",
)
"""What a desk needs of a trained adapter; curves and checkpoints stay behind."""


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The whole course with its costs."""

    out: Path
    work: Path
    """Where the base as trained and the data go; they are not shipped."""
    courses: tuple[Course, ...] = BaseConfig.courses
    readings: int = BaseConfig.readings
    tune_steps: int = 900
    train_rows: int = 50_000
    eval_rows: int = 150
    workers: int = 1
    """Processes that train the base; threads of all else."""


def follow(recipe: Recipe) -> Sheet:
    """Train, measure and write the card; returns the figures."""
    adapter, trained = recipe.out / "adapter", recipe.work / "adapter"
    train_base(
        BaseConfig(
            out=recipe.work / "base",
            courses=recipe.courses,
            readings=recipe.readings,
            workers=recipe.workers,
        )
    )
    # The adapter is trained on the weights as they ship.
    ship_base(recipe.work / "base", recipe.out)
    write_data(DataConfig(out=recipe.work, train=recipe.train_rows))
    train_adapter(
        TuneConfig(
            base=recipe.out,
            data=recipe.work,
            out=trained,
            overwrite=True,
            plan=PtuningV2(steps=recipe.tune_steps),
            threads=recipe.workers,
        )
    )
    adapter.mkdir(exist_ok=True)
    for name in SHIPPED:
        shutil.copyfile(trained / name, adapter / name)
    sheet = measure(
        Measure(
            config=EvalConfig(
                base=recipe.out,
                adapter=adapter,
                rows=recipe.eval_rows,
                threads=recipe.workers,
            ),
            command="python -m app.tuning.recipe",
        ),
        tell=log.info,
    )
    before, after = sheet.readers
    write_sheet(sheet, adapter)
    write_card(recipe.out, before=before, after=after)
    return sheet


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the recipe from the command line."""
    parser = argparse.ArgumentParser(description="Train GLM-mini and its adapter.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=Path("build/tuning"))
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2))
    parser.add_argument("--small", action="store_true", help="a minute's trial run")
    options = parser.parse_args(arguments)
    if not (RECOGNISER / LANGUAGE_MODEL).is_file():
        parser.exit(
            2,
            f"没有语音识别模型 {RECOGNISER.name}: 基座从它的语言模型学词语。"
            f"请先运行 griddesk models fetch {RECOGNISER.name}。\n",
        )
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    recipe = Recipe(out=options.out, work=options.work, workers=options.workers)
    if options.small:
        recipe = replace(
            recipe,
            courses=tuple(replace(one, steps=10) for one in recipe.courses),
            readings=32,
            tune_steps=10,
            train_rows=500,
            eval_rows=8,
        )
    log.info("measured\n%s", headline_table(follow(recipe)))
    report = pack(recipe.out)
    log.info("packed %d files, %d bytes", report.files, report.bytes)


if __name__ == "__main__":
    main()
