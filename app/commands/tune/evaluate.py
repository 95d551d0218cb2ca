"""`tune eval`: measure an adapter."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.tune.options import Base, Threads


def evaluate_adapter(
    adapter: Annotated[
        Path | None, typer.Argument(help="Folder of the adapter; none: bare base.")
    ] = None,
    base: Base = Path("models/glm-mini"),
    rows: Annotated[int, typer.Option(min=1, help="Rows of each kind.")] = 300,
    threads: Threads = 1,
) -> None:
    """Measure on phrases and places that were never trained on."""
    from app.tuning.evaluate import EvalConfig, evaluate

    report = evaluate(
        EvalConfig(base=base, adapter=adapter, rows=rows, threads=threads)
    )
    print(report.table())
