"""Options and set-up that several commands of the bench share."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import acting
from app.commands.errors import opened
from app.core.people import May

Threads = Annotated[int, typer.Option(min=1, help="CPU threads of the training.")]
Base = Annotated[Path, typer.Option(help="Folder of the base model.")]
Data = Annotated[Path, typer.Option(help="Folder made by `tune data`.")]


def require_tuner(login: str) -> None:
    """Refuse who may not tune; on a desk without accounts everybody may.

    Raises:
        UsageError, SignInError, NotAllowedError, PeopleError, JournalError: As for
            `acting`.
    """
    with opened() as house:
        acting(house, May.TUNE, login)
