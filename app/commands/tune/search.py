"""`tune search`: find good numbers on a small grid."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import AsLogin
from app.commands.errors import told
from app.commands.output import note
from app.commands.tune.options import Base, Data, Threads, require_tuner
from app.core.errors import UsageError

_LIST = "Values to try, parted by commas."


def search(
    out: Annotated[Path, typer.Argument(help="Folder for table and trials.")],
    data: Data,
    base: Base = Path("models/glm-mini"),
    method: Annotated[str, typer.Option(help="As for `tune train`.")] = "ptuning-v2",
    preset: Annotated[str, typer.Option(help="As for `tune train`.")] = "griddesk",
    lr: Annotated[str | None, typer.Option(help=_LIST)] = None,
    virtual_tokens: Annotated[str | None, typer.Option(help=_LIST)] = None,
    rank: Annotated[str | None, typer.Option(help=_LIST)] = None,
    batch: Annotated[str | None, typer.Option(help=_LIST)] = None,
    warmup: Annotated[str | None, typer.Option(help=_LIST)] = None,
    steps: Annotated[int | None, typer.Option(help="Of each trial.")] = None,
    eval_every: Annotated[int | None, typer.Option(help="As for `tune train`.")] = None,
    seed: Annotated[int, typer.Option(help="Of every trial.")] = 20240531,
    threads: Threads = 1,
    log_every: Annotated[int, typer.Option(min=1, help="Steps to a line.")] = 25,
    login: AsLogin = "",
) -> None:
    """Train every combination, rank them on the dev rows, write a table.

    The same command again continues a search that was stopped.
    """
    from app.tuning.training.adapter import TuneConfig
    from app.tuning.training.methods import adjusted, plan_of
    from app.tuning.training.search import search as search_grid
    from app.tuning.training.search import table

    with told():
        require_tuner(login)
        asked = {
            "learning_rate": _values("--lr", lr, float),
            "virtual_tokens": _values("--virtual-tokens", virtual_tokens, int),
            "rank": _values("--rank", rank, int),
            "batch": _values("--batch", batch, int),
            "warmup": _values("--warmup", warmup, int),
        }
        plan = adjusted(plan_of(method, preset), steps=steps, eval_every=eval_every)
        trials = search_grid(
            TuneConfig(
                base=base,
                data=data,
                out=out,
                plan=plan,
                preset=preset,
                seed=seed,
                threads=threads,
                log_every=log_every,
            ),
            {name: values for name, values in asked.items() if values},
            note,
        )
        print(table(trials), end="")


def _values(
    option: str, text: str | None, kind: type[float] | type[int]
) -> list[float | int]:
    if text is None:
        return []
    try:
        return [kind(each) for each in text.split(",")]
    except ValueError:
        raise UsageError(
            f"{option} 的值 {text} 不是逗号分隔的数字", f"例如 {option} 0.02,0.05。"
        ) from None
