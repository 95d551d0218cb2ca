"""From a coded error to a sentence on standard error and an exit status."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.commands.output import error_json, note, print_json
from app.core.errors import UserFacingError


@contextmanager
def told(as_json: bool = False) -> Iterator[None]:
    """Turn a coded error into its sentence and exit status; no traceback.

    With `as_json` the error is also the one object on standard output, so that a
    program which asked for JSON always gets some.
    """
    try:
        yield
    except UserFacingError as error:
        if as_json:
            print_json(error_json(error))
        note(f"错误 [{error.code}] {error}")
        raise typer.Exit(error.exit_status) from None
