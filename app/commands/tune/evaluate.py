"""`tune eval`: the sheet that decides whether an adapter is better."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.errors import told
from app.commands.output import note, print_json
from app.commands.tune.options import Base, Threads
from app.core.errors import UsageError

if TYPE_CHECKING:
    from app.agent.prompts import SplitAnswer

_DEVICES = ("auto", "cpu", "cuda")


def evaluate_adapter(
    adapter: Annotated[
        Path | None, typer.Argument(help="Folder of the adapter; none: bare base.")
    ] = None,
    base: Base = Path("models/glm-mini"),
    rows: Annotated[
        int, typer.Option(min=1, help="Distinct rows of each kind and noise level.")
    ] = 150,
    cer: Annotated[
        list[float] | None,
        typer.Option(min=0, max=0.5, help="Noise level; repeat. 0 .05 .1 .2 if none."),
    ] = None,
    tsv: Annotated[
        list[Path] | None,
        typer.Option(help="Table with text, intent, calls (place/check;…); repeat."),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of tune data: what you brought, and it held out."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Folder for evaluation.json and .html.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print every figure as one JSON object.")
    ] = False,
    alone: Annotated[
        bool, typer.Option("--alone", help="The adapter only; nothing beside it.")
    ] = False,
    prompted: Annotated[
        bool, typer.Option("--prompted", help="Also the base with a written prompt.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the drawn rows.")] = 7,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    threads: Threads = 1,
) -> None:
    """Measure on phrases and places that were never trained on.

    Beside the adapter stand the bare base and the rules, on the same rows.
    """
    with told(as_json):
        if device not in _DEVICES:
            raise UsageError(f"设备「{device}」应为 auto、cpu 或 cuda")
        from app.tuning.measuring.evaluate import EvalConfig
        from app.tuning.measuring.measure import Measure, measure
        from app.tuning.measuring.report import headline_table, sheet_json, write_sheet
        from app.tuning.measuring.report_text import care_table, kinds_table

        config = EvalConfig(
            base=base,
            adapter=adapter,
            rows=rows,
            levels=tuple(sorted(set(cer))) if cer else EvalConfig.levels,
            data=data,
            tables=tuple(tsv or ()),
            seed=seed,
            threads=threads,
            device="cpu" if device == "cpu" else "cuda" if device == "cuda" else "auto",
        )
        sheet = measure(
            Measure(
                config=config,
                bare=not alone,
                prompted=prompted,
                rules=None if alone else _rules(),
                command=_command_line(),
            ),
            tell=note,
        )
        if report is not None:
            for path in write_sheet(sheet, report):
                note(f"已写入 {path}")
        if as_json:
            print_json(sheet_json(sheet))
            return
        chosen = next(
            (one for one in sheet.readers if one.name == "tuned"), sheet.readers[0]
        )
        for table in (headline_table(sheet), kinds_table(chosen), care_table(chosen)):
            print(table, end="\n\n")


def _rules() -> "Callable[[str], SplitAnswer]":
    """Read by rules with an empty directory: on equal terms with the model."""
    from app.agent.prompts import SplitAnswer
    from app.agent.rules import RuleReader
    from app.core.model import Intent
    from app.sites.directory import Directory

    reader = RuleReader(Directory(()))

    def read(text: str) -> SplitAnswer:
        reading = reader.read(text)
        pairs = tuple((one.place or None, one.check) for one in reading.spoken)
        if reading.intent is Intent.UNCLEAR:
            pairs = ((None, None),)
        if reading.intent in {Intent.GREETING, Intent.UNSUPPORTED}:
            pairs = ()
        return SplitAnswer(reading.intent, pairs)

    return read


def _command_line() -> str:
    """Give the command as typed, without the folders of this machine."""
    return " ".join(["griddesk", *map(_without_folder, sys.argv[1:])])


def _without_folder(word: str) -> str:
    option, equals, value = word.partition("=")
    if option.startswith("-") and equals:
        return f"{option}={_without_folder(value)}"
    return Path(word).name if Path(word).is_absolute() else word
