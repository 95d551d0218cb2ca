"""The directory of sites from the command line."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.errors import opened, told
from app.commands.output import note, print_json
from app.core.errors import SitesFileError, UsageError

if TYPE_CHECKING:
    from app.sites.importing import ImportPreview

_SHOWN = 20
"""Problems and rows of a preview that are printed; the rest is counted."""

app = typer.Typer(help="The directory of sites.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_sites(as_json: AsJson = False) -> None:
    """List the sites of this desk."""
    with told(as_json), opened() as house:
        sites = house.directory.sites()
        if as_json:
            rows = [
                {
                    "id": s.id,
                    "name": s.name,
                    "aliases": list(s.aliases),
                    "region": s.region,
                    "work_order_key": s.work_order_key,
                    "cameras": list(s.cameras),
                }
                for s in sites
            ]
            print_json({"sites": rows})
            return
        for site in sites:
            print("\t".join((site.id, site.name, site.region, ";".join(site.aliases))))


@app.command("resolve")
def resolve(
    text: Annotated[str, typer.Argument(help="Words for a place.")],
    as_json: AsJson = False,
) -> None:
    """Say which site the words mean, with candidates and distances."""
    with told(as_json), opened() as house:
        found = house.directory.resolve(text)
        if as_json:
            print_json(
                {
                    "words": found.words,
                    "site_id": found.site.id if found.site else None,
                    "site": found.site.name if found.site else None,
                    "exact": found.exact,
                    "candidates": [
                        {
                            "site_id": m.site.id,
                            "site": m.site.name,
                            "distance": round(m.distance, 4),
                        }
                        for m in found.matches
                    ],
                }
            )
            return
        verdict = f"{found.site.id} {found.site.name}" if found.site else "不能确定"
        print(f"{found.words} → {verdict}")
        for match in found.matches:
            print(f"  {match.distance:.3f}  {match.site.id}  {match.site.name}")


@app.command("import")
def import_sites(
    file: Annotated[Path, typer.Argument(help="CSV or Excel: id,name,aliases,region.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Import without showing a preview first.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Replace the directory by the sites of a file, after a preview.

    A file with a wrong row is refused as a whole: a desk must not run on half a list.
    """
    with told(as_json):
        from app.sites.files import save_directory
        from app.sites.importing import read_sites

        preview = read_sites(file)
        for notice in preview.notices:
            note(f"注意: {notice}")
        if preview.problems:
            _refuse(file, preview)
        if not yes:
            _show(preview)
            _confirm()
        with opened() as house:
            save_directory(house.sites_path, preview.sites)
            where = house.sites_path
    if as_json:
        print_json({"sites": len(preview.sites), "file": str(where)})
    else:
        print(f"已导入 {len(preview.sites)} 个工地")


def _confirm() -> None:
    """Wait for a yes. Read by hand: typer's prompt writes to standard output."""
    note("用这些工地替换现有的目录吗? [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
        raise UsageError("没有得到确认, 目录没有改动", "确认无误后请加上 --yes。")


def _refuse(file: Path, preview: "ImportPreview") -> None:
    for problem in preview.problems[:_SHOWN]:
        note(f"第 {problem.line} 行: {problem.cause}")
    count = len(preview.problems)
    raise SitesFileError(f"{file.name} 有 {count} 行不能导入, 目录没有改动")


def _show(preview: "ImportPreview") -> None:
    for site in preview.sites[:_SHOWN]:
        note("\t".join((site.id, site.name, site.region, ";".join(site.aliases))))
    rest = len(preview.sites) - _SHOWN
    if rest > 0:
        note(f"… 另有 {rest} 个")
