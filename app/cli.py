"""The command `griddesk`: the only text interface, and the way to the window.

Exit status: 0 done · 1 a run failed · 2 bad usage or bad input · 3 something needed is
missing. With `--json`, standard output holds JSON and nothing else. The families of
commands live in `app.commands`; nothing heavy is imported before a command runs.
"""

from typing import Annotated

import typer

from app import __version__
from app.commands import (
    bench,
    doctor,
    log,
    microphones,
    models,
    people,
    reading,
    runs,
    settings,
    sites,
    sweep,
    tune,
)
from app.commands.desk import open_desk
from app.start import main

__all__ = ["app", "main"]

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
        _desk()


@app.command("desk")
def _desk() -> None:
    """Open the window."""
    raise typer.Exit(open_desk())


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
app.add_typer(people.app, name="people")
app.add_typer(settings.app, name="settings")
app.add_typer(tune.app, name="tune")
