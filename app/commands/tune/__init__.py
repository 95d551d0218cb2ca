"""The tuning bench from the command line: one module a command."""

import typer

from app.commands.tune.data import data
from app.commands.tune.evaluate import evaluate_adapter
from app.commands.tune.package import package
from app.commands.tune.train import train

app = typer.Typer(help="The tuning bench.", no_args_is_help=True)
app.command("data")(data)
app.command("train")(train)
app.command("eval")(evaluate_adapter)
app.command("package")(package)
