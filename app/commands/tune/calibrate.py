"""`tune calibrate`: from which probability on a desk dispatches without asking."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.errors import told
from app.commands.output import note
from app.commands.tune.options import Base, Threads
from app.core.errors import UsageError
from app.core.model import Site

if TYPE_CHECKING:
    from app.sites.directory import Directory

_PAIR = "FILE.jsonl:TABLE.tsv"


def calibrate(
    adapter: Annotated[
        Path | None, typer.Argument(help="Folder of the adapter; none: rules alone.")
    ] = None,
    base: Base = Path("models/glm-mini"),
    rows: Annotated[
        int, typer.Option(min=1, help="Rows for each noise level and size of desk.")
    ] = 500,
    size: Annotated[
        list[int] | None,
        typer.Option(min=3, help="Sites of a desk; repeat. 30 200 1000 if none."),
    ] = None,
    cer: Annotated[
        list[float] | None,
        typer.Option(min=0, max=0.5, help="Noise level; repeat. 0 .05 .1 .2 if none."),
    ] = None,
    heard: Annotated[
        list[str] | None,
        typer.Option(
            help="Recordings as they were heard, and what was meant; repeat.",
            metavar=_PAIR,
        ),
    ] = None,
    sites: Annotated[
        Path | None,
        typer.Option(help="Directory of the desk that heard them; none: the demo's."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for calibration.json; none: ADAPTER.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the drawn rows.")] = 11,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the file that was written.")
    ] = False,
    threads: Threads = 1,
) -> None:
    """Measure on the dev split what signals are worth, and write calibration.json.

    Phrases and places are those that nothing was trained on, said at desks of several
    sizes. The test split stays untouched: what a threshold is worth is measured there.
    """
    with told(as_json):
        folder = out or adapter
        if folder is None:
            raise UsageError("没有说明写到哪里", "请给出适配器的文件夹, 或加上 --out。")
        pairs = tuple(map(_pair, heard or ()))
        from app.tuning.measuring.calibration import (
            CalibrateConfig,
            calibrate,
            write_calibration,
        )
        from app.tuning.measuring.card import renew_dispatch
        from app.tuning.measuring.curve import curve_table, groups_table
        from app.tuning.package import pack

        config = CalibrateConfig(
            base=base,
            adapter=adapter,
            rows=rows,
            levels=tuple(sorted(set(cer))) if cer else CalibrateConfig.levels,
            sizes=tuple(sorted(set(size))) if size else CalibrateConfig.sizes,
            heard=pairs,
            heard_sites=_sites(sites) if pairs else (),
            seed=seed,
            threads=threads,
        )
        measured = calibrate(config, _directory, tell=note)
        note(f"已写入 {write_calibration(folder, measured)}")
        # The embedded model: its card and its sums stand beside base and adapter.
        if folder.resolve() == (base / "adapter").resolve() and renew_dispatch(base):
            pack(base)
            note(f"模型卡和清单已更新: {base}")
        if as_json:
            print(measured.text(), end="")
            return
        print(curve_table(measured), end="\n\n")
        print(groups_table(measured))


def _pair(text: str) -> tuple[Path, Path]:
    # From the right: C:\heard.jsonl:D:\table.tsv has colons of its own.
    for at in reversed([n for n, char in enumerate(text) if char == ":"]):
        file, table = Path(text[:at]), Path(text[at + 1 :])
        if file.is_file() and table.is_file():
            return file, table
    raise UsageError(
        f"「{text}」不是两个文件", f"请写成 {_PAIR}, 例如 heard.jsonl:said.tsv。"
    )


def _directory(sites: Sequence[Site]) -> "Directory":
    from app.sites.directory import Directory

    return Directory(sites)


def _sites(path: Path | None) -> tuple[Site, ...]:
    from app.sites.files import load_directory
    from app.system import paths

    file = path or paths.resources() / "demo" / "sites.csv"
    return tuple(load_directory(file).sites())
