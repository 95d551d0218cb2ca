"""`tune data`: make the rows of a training."""

from pathlib import Path
from typing import Annotated

import typer


def data(
    out: Annotated[Path, typer.Argument(help="Folder for train, dev and test.")],
    rows: Annotated[int, typer.Option(min=1, help="Rows for training.")] = 60_000,
) -> None:
    """Make training, dev and test rows that share neither phrase nor place."""
    from app.tuning.data import DataConfig, write_data

    report = write_data(DataConfig(out=out, train=rows))
    print(report)
