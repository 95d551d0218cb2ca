"""Around every command: the house, and what goes wrong in it as a sentence."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from app.commands.output import error_json, note, print_json
from app.compose import House
from app.core.errors import UserFacingError
from app.system.redaction import redacted


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
        note(redacted(f"错误 [{error.code}] {error}"))
        raise typer.Exit(error.exit_status) from None
    except KeyboardInterrupt:
        note("已取消。")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        # The reader went away (`griddesk log list | head`): nothing is wrong. What is
        # still buffered must not fail again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit from None


@contextmanager
def opened() -> Iterator[House]:
    """Open the house; a settings file that was not followed is said at once."""
    with House() as house:
        for warning in house.loaded_settings.warnings:
            note(f"注意: {warning}")
        yield house
