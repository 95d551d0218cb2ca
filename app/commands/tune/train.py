"""`tune train`: train an adapter."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.output import note
from app.commands.tune.options import Base, Data, Threads, log_to_stderr


def train(
    out: Annotated[Path, typer.Argument(help="Folder for the adapter.")],
    data: Data,
    base: Base = Path("models/glm-mini"),
    steps: Annotated[int, typer.Option(min=1)] = 800,
    threads: Threads = 1,
) -> None:
    """P-tune a prefix (P-tuning v2, 48 virtual tokens) on a frozen base."""
    from app.tuning.train import TuneConfig, train_adapter

    log_to_stderr()
    train_adapter(
        TuneConfig(base=base, data=data, out=out, steps=steps, threads=threads)
    )
    note(f"适配器已写入 {out}")
