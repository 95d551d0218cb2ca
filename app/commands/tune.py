"""The tuning bench from the command line."""

import logging
from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import note

app = typer.Typer(help="The tuning bench.", no_args_is_help=True)

Threads = Annotated[int, typer.Option(min=1, help="CPU threads of the training.")]
Base = Annotated[Path, typer.Option(help="Folder of the base model.")]
Data = Annotated[Path, typer.Option(help="Folder made by `tune data`.")]


def _log_to_stderr() -> None:
    """Show progress; the program's own log file gets the same lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)


@app.command("data")
def data(
    out: Annotated[Path, typer.Argument(help="Folder for train, dev and test.")],
    rows: Annotated[int, typer.Option(min=1, help="Rows for training.")] = 60_000,
) -> None:
    """Make training, dev and test rows that share neither phrase nor place."""
    from app.tuning.data import DataConfig, write_data

    report = write_data(DataConfig(out=out, train=rows))
    print(report)


@app.command("train")
def train(
    out: Annotated[Path, typer.Argument(help="Folder for the adapter.")],
    data: Data,
    base: Base = Path("models/glm-mini"),
    steps: Annotated[int, typer.Option(min=1)] = 800,
    threads: Threads = 1,
) -> None:
    """P-tune a prefix (P-tuning v2, 48 virtual tokens) on a frozen base."""
    from app.tuning.train import TuneConfig, train_adapter

    _log_to_stderr()
    train_adapter(
        TuneConfig(base=base, data=data, out=out, steps=steps, threads=threads)
    )
    note(f"适配器已写入 {out}")


@app.command("eval")
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
