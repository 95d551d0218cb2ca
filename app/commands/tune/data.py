"""`tune data`: make the rows of a training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.acting import AsLogin
from app.commands.errors import opened, told
from app.commands.output import note, print_json
from app.commands.tune.options import require_tuner

if TYPE_CHECKING:
    from app.tuning.data.sources import Phrase

_MOST_CORRECTIONS: Final = 100_000


def data(
    out: Annotated[Path, typer.Argument(help="Folder for train, dev and test.")],
    rows: Annotated[int, typer.Option(min=1, help="Rows for training.")] = 60_000,
    dev: Annotated[int, typer.Option(min=1, help="Rows for dev.")] = 1_000,
    test: Annotated[int, typer.Option(min=1, help="Rows for test.")] = 4_000,
    noise: Annotated[
        float, typer.Option(min=0, max=1, help="Share of rows with noise.")
    ] = 0.35,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal rows.")] = 20240531,
    places: Annotated[
        Path | None,
        typer.Option(help="A directory of sites (CSV or Excel) to train with."),
    ] = None,
    desk_places: Annotated[
        bool, typer.Option("--desk-places", help="Train with this desk's own sites.")
    ] = False,
    place_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of rows about those sites.")
    ] = 0.3,
    phrases: Annotated[
        list[Path] | None,
        typer.Option(help="A CSV with text,intent,calls; may be given again."),
    ] = None,
    corrections: Annotated[
        bool,
        typer.Option(
            "--from-journal",
            "--corrections",
            help="Add what operators corrected, and what supervisors approved.",
        ),
    ] = False,
    confusions: Annotated[
        Path | None,
        typer.Option(help="How your recogniser errs, a table made from recordings."),
    ] = None,
    repeat: Annotated[
        int, typer.Option(min=1, max=100, help="Rows of each phrase of yours.")
    ] = 6,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    login: AsLogin = "",
) -> None:
    """Make training, dev and test rows that share neither phrase nor place."""
    from app.tuning.data.maker import DataConfig, write_data
    from app.tuning.data.sources import read_phrases

    with told(as_json):
        require_tuner(login)
        brought = [phrase for path in phrases or () for phrase in read_phrases(path)]
        if corrections:
            brought += _corrections()
        report = write_data(
            DataConfig(
                out=out,
                train=rows,
                dev=dev,
                test=test,
                noise=noise,
                seed=seed,
                places=_places(places, desk=desk_places),
                place_share=place_share,
                phrases=tuple(brought),
                repeat=repeat,
                confusions=confusions,
            )
        )
    if as_json:
        print_json(report.as_json())
    else:
        print(report.table())


def _places(path: Path | None, *, desk: bool) -> tuple[str, ...]:
    """Give names and aliases of sites that can be said and copied."""
    if path is None and not desk:
        return ()
    from app.sites.files import load_directory
    from app.tuning.data.sources import is_place

    found: dict[str, None] = {}
    with opened() as house:
        directories = [house.directory] if desk else []
        if path is not None:
            directories.append(load_directory(path))
    for directory in directories:
        for site in directory.sites():
            found |= dict.fromkeys((site.name, *site.aliases))
    kept = tuple(filter(is_place, found))
    if len(kept) < len(found):
        lost = next(name for name in found if not is_place(name))
        note(f"注意: {len(found) - len(kept)} 个名称不能抄写 (例如「{lost}」), 已略过")
    return kept


def _corrections() -> "tuple[Phrase, ...]":
    from app.core.ports import JournalQuery
    from app.tuning.data.corrections import (
        Reviewed,
        approved_corrections,
        corrections,
    )

    with opened() as house:
        found = corrections(
            entry.record for entry in house.journal.entries(JournalQuery())
        )
        proposed = house.journal.review.corrections(limit=_MOST_CORRECTIONS)
    note(
        f"日志中有 {found.chosen} 次选定、{found.edited} 次改写, "
        f"得到 {len(found.phrases)} 条语句"
    )
    learnt = approved_corrections(
        Reviewed(
            record=each.entry.record,
            correction=each.correction,
            decision=each.decision,
        )
        for each in reversed(proposed)
    )
    note(
        f"日志中有 {learnt.approved} 条已采纳的更正 (另有 {learnt.waiting} 条待审批、"
        f"{learnt.rejected} 条未采纳), 得到 {len(learnt.phrases)} 条语句"
    )
    for left_out in (found.left_out, learnt.left_out):
        for reason, count in left_out.items():
            note(f"  略过 {count} 次: {reason}")
    # What a supervisor approved comes before what the desk itself concluded.
    return (*learnt.phrases, *found.phrases)
