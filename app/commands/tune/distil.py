"""`tune distil`: a larger tuned model labels transcripts for a smaller one."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import note, print_json
from app.commands.tune.options import Threads


def distil(
    teacher_base: Annotated[Path, typer.Option(help="Folder of the teacher's base.")],
    transcripts: Annotated[
        Path, typer.Option(help="One utterance a line, or an export of the log.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for train, dev and test.")],
    teacher_adapter: Annotated[
        Path | None, typer.Option(help="What was tuned on it, by any method.")
    ] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Probability from which on to believe.")
    ] = 0.9,
    threads: Threads = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Label transcripts in the closed language and write them as training rows."""
    with told(as_json):
        from app.tuning.distil import UNSURE, DistilConfig
        from app.tuning.distil import distil as label_all

        report = label_all(
            DistilConfig(
                teacher=teacher_base,
                adapter=teacher_adapter,
                transcripts=transcripts,
                out=out,
                threshold=threshold,
                threads=threads,
            ),
            tell=note,
        )
    if as_json:
        print_json(report.as_json())
        return
    print(report.table())
    note(f"没有把握的话在 {out / UNSURE}; 更正后可用 tune data --phrases 加入。")
