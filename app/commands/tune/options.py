"""Options and set-up that several commands of the bench share."""

import logging
from pathlib import Path
from typing import Annotated

import typer

Threads = Annotated[int, typer.Option(min=1, help="CPU threads of the training.")]
Base = Annotated[Path, typer.Option(help="Folder of the base model.")]
Data = Annotated[Path, typer.Option(help="Folder made by `tune data`.")]


def log_to_stderr() -> None:
    """Show progress; the program's own log file gets the same lines."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
