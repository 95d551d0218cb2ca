"""Options and set-up that several commands of the bench share."""

from pathlib import Path
from typing import Annotated

import typer

Threads = Annotated[int, typer.Option(min=1, help="CPU threads of the training.")]
Base = Annotated[Path, typer.Option(help="Folder of the base model.")]
Data = Annotated[Path, typer.Option(help="Folder made by `tune data`.")]
