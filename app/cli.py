"""The command `griddesk`: the only text interface, and the way to the window.

Exit status: 0 done · 1 a run failed · 2 bad usage or bad input · 3 something needed is
missing. With `--json`, standard output holds JSON and nothing else. The families of
commands live in `app.commands`; nothing heavy is imported before a command runs.
"""

import io
import sys
from typing import Annotated

import typer

from app import __version__
from app.commands import (
    bench,
    desk,
    doctor,
    log,
    microphones,
    models,
    reading,
    runs,
    sites,
    sweep,
    tune,
)
from app.system import paths
from app.system.crash import CrashGuard
from app.system.logging import setup_logging

app = typer.Typer(
    name="griddesk",
    help="GridDesk: spoken site inspections for power-grid control desks.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.")
    ] = False,
) -> None:
    """Open the window when no command is given."""
    if version:
        typer.echo(f"griddesk {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        desk.desk()


app.command("desk")(desk.desk)
app.command("ask")(runs.ask)
app.command("sweep")(sweep.sweep)
app.command("demo", hidden=True)(runs.demo)
app.command("parse")(reading.parse)
app.command("transcribe")(reading.transcribe)
app.command("doctor")(doctor.doctor)
app.command("bench")(bench.bench)
app.command("microphones")(microphones.microphones)
app.add_typer(sites.app, name="sites")
app.add_typer(log.app, name="log")
app.add_typer(models.app, name="models")
app.add_typer(tune.app, name="tune")


def main() -> None:
    """Run the command line; the entry point `griddesk`."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Chinese must leave the program whole, whatever the console's code page.
            stream.reconfigure(encoding="utf-8", errors="replace")
    # Outermost, so that even the last error reaches the log and not the screen.
    logs = setup_logging(paths.home() / "logs")
    guard = CrashGuard(paths.home() / "logs", log_file=logs.path)
    guard.install()
    try:
        app()
    except Exception as error:  # noqa: BLE001 – the last resort: no raw traceback
        guard.report(error)
        sys.exit(1)
    finally:
        guard.close()
        logs.close()
