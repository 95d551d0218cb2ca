"""The directory of sites from the command line."""

from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import print_json
from app.compose import House

app = typer.Typer(help="The directory of sites.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_sites(as_json: AsJson = False) -> None:
    """List the sites of this desk."""
    with told(as_json), House() as house:
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
    with told(as_json), House() as house:
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
