"""The tuning bench from the command line: one module a command."""

import typer

from app.commands.tune.calibrate import calibrate
from app.commands.tune.compare import compare
from app.commands.tune.convert import convert
from app.commands.tune.data import data
from app.commands.tune.distil import distil
from app.commands.tune.evaluate import evaluate_adapter
from app.commands.tune.package import package
from app.commands.tune.search import search
from app.commands.tune.train import train

app = typer.Typer(help="The tuning bench.", no_args_is_help=True)
app.command("data")(data)
app.command("train")(train)
app.command("search")(search)
app.command("eval")(evaluate_adapter)
app.command("calibrate")(calibrate)
app.command("compare")(compare)
app.command("convert")(convert)
app.command("package")(package)
app.command("distil")(distil)
