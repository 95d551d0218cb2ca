"""`tune compare`: all methods side by side."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import note, print_json
from app.commands.tune.options import Base, Data, Threads


def compare(
    out: Annotated[Path, typer.Option(help="Folder for table, adapters and figures.")],
    data: Data,
    base: Base = Path("models/glm-mini"),
    methods: Annotated[
        str, typer.Option(help="Names parted by commas; all nine if not given.")
    ] = "",
    steps: Annotated[
        int, typer.Option(min=0, help="Budget in steps of 32 rows, for each method.")
    ] = 0,
    minutes: Annotated[
        float, typer.Option(min=0, help="Budget in minutes of training, instead.")
    ] = 0.0,
    rows: Annotated[
        int, typer.Option(min=1, help="Held-out rows of each kind to measure on.")
    ] = 150,
    seed: Annotated[int, typer.Option(help="Of every training.")] = 20240531,
    threads: Threads = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the table as one JSON object.")
    ] = False,
) -> None:
    """Train the methods on the same base, data and budget, and lay them side by side.

    The same command again continues: finished methods are not run again.
    """
    with told(as_json):
        from app.tuning.measuring.compare import compare as lay_side_by_side
        from app.tuning.measuring.compare import table
        from app.tuning.measuring.compare_way import WAYS, CompareConfig
        from app.tuning.measuring.report_text import plain

        names = tuple(one.strip() for one in methods.split(",") if one.strip())
        found = lay_side_by_side(
            CompareConfig(
                base=base,
                data=data,
                out=out,
                ways=names or tuple(way.name for way in WAYS),
                steps=steps,
                minutes=minutes,
                rows=rows,
                seed=seed,
                threads=threads,
            ),
            note,
        )
        if as_json:
            print_json(
                {"outcomes": plain(found.outcomes), "failures": plain(found.failures)}
            )
        else:
            print(table(found))
    if found.failures:
        raise typer.Exit(1)
