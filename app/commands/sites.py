"""The directory of sites from the command line."""

import asyncio
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from app.commands import systems
from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.compose import House
from app.core.errors import SitesFileError, UsageError, UserFacingError
from app.core.model import Site
from app.core.people import May
from app.house.ears import make_recognizer

if TYPE_CHECKING:
    from app.sites.changes import DirectoryChanges
    from app.sites.homophones import OwnedName, SharedName, SoundAlike
    from app.sites.importing import SitesFile

_SHOWN = 20
"""Problems, sites and groups of a preview that are printed; the rest is counted."""
_SHOWN_NAMES = 6
"""Names of one group that are printed."""
_DESK_ZONE = "Asia/Shanghai"

app = typer.Typer(help="The directory of sites.", no_args_is_help=True)
app.add_typer(systems.app)

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
                    "valid_from": s.valid_from.isoformat() if s.valid_from else None,
                    "valid_until": s.valid_until.isoformat() if s.valid_until else None,
                }
                for s in sites
            ]
            print_json({"sites": rows})
            return
        for site in sites:
            print(_line(site))


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
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV or Excel: id,name,aliases,region,work_order_key,cameras,"
            "valid_from,valid_until; id and name are needed."
        ),
    ],
    yes: Annotated[
        bool, typer.Option("--yes", help="Import without asking first.")
    ] = False,
    merge: Annotated[
        bool, typer.Option("--merge", help="Keep the sites that the file has not.")
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Replace the directory by the sites of a file, after a preview.

    A file with a wrong row is refused as a whole: a desk must not run on half a list.
    The list that was there before is kept beside the new one.
    """
    with told(as_json), opened() as house:
        from app.sites.changes import compare, merged
        from app.sites.files import save_directory
        from app.sites.homophones import shared_names, sound_alike
        from app.sites.importing import read_sites

        acting(house, May.CONFIGURE, login)
        read = read_sites(file)
        for notice in read.notices:
            note(f"注意: {notice}")
        if read.problems:
            _refuse(file, read)
        old = _present(house, merge=merge)
        if merge:
            read = merged(old, read)
            if read.problems:
                _refuse(file, read)
        sites = read.sites
        changes = compare(old, sites)
        _show_changes(changes)
        shared, alike = shared_names(sites), sound_alike(sites)
        _show_names(shared, alike)
        _show_over(house, sites)
        _show_unspeakable(house, sites)
        previous = None
        if old == sites:
            note("文件与现有的目录相同, 没有改动。")
        else:
            if not yes:
                _confirm(merge=merge)
            previous = save_directory(house.sites_path, sites)
        if as_json:
            print_json(
                {
                    "sites": len(sites),
                    "file": str(house.sites_path),
                    "previous": str(previous) if previous else None,
                    **_changes_json(changes),
                    **_names_json(shared, alike),
                }
            )
            return
        print(f"目录现有 {len(sites)} 个工地")
        if previous:
            print(f"原来的目录保存在 {previous}, 需要时可再导入它来恢复")


def _present(house: House, *, merge: bool) -> tuple[Site, ...]:
    """Give the desk's own sites; the demo province is not its own."""
    from app.sites.files import load_directory

    if not house.sites_path.exists():
        note("还没有自己的目录: 目前使用的是演示省份, 导入后不再使用。")
        return ()
    try:
        return tuple(load_directory(house.sites_path).sites())
    except SitesFileError as error:
        if merge:
            raise
        note(f"注意: 现有的目录无法读取, 不能比较, 将整个替换: {error}")
        return ()


def _confirm(*, merge: bool) -> None:
    """Wait for a yes. Read by hand: typer's prompt writes to standard output."""
    into = "把这些工地并入现有的目录吗?" if merge else "用这些工地替换现有的目录吗?"
    note(f"{into} [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
        raise UsageError("没有得到确认, 目录没有改动", "确认无误后请加上 --yes。")


def _refuse(file: Path, read: "SitesFile") -> None:
    _listed(f"第 {p.line} 行: {p.cause}" for p in read.problems)
    count = len(read.problems)
    raise SitesFileError(f"{file.name} 有 {count} 行不能导入, 目录没有改动")


def _listed(lines: Iterable[str]) -> None:
    every = list(lines)
    for line in every[:_SHOWN]:
        note(line)
    if len(every) > _SHOWN:
        note(f"  … 另有 {len(every) - _SHOWN} 项")


def _line(site: Site) -> str:
    cells = [site.id, site.name, site.region, ";".join(site.aliases)]
    if site.valid_from or site.valid_until:
        cells.append(f"{site.valid_from or ''}…{site.valid_until or ''}")
    return "\t".join(cells)


def _show_changes(changes: "DirectoryChanges") -> None:
    from app.sites.importing import CHINESE_HEADERS

    title = {column: chinese for chinese, column in CHINESE_HEADERS.items()}
    note(
        f"新增 {len(changes.added)}, 变更 {len(changes.changed)}, "
        f"删除 {len(changes.removed)}, 不变 {changes.unchanged}"
    )
    if changes.added:
        note("新增:")
        _listed(f"  + {_line(site)}" for site in changes.added)
    if changes.changed:
        note("变更:")
        _listed(
            f"  * {change.site.id}\t{change.site.name}\t"
            + "; ".join(
                f"{title[f.field]}: {f.old or '(空)'} → {f.new or '(空)'}"
                for f in change.fields
            )
            for change in changes.changed
        )
    if changes.removed:
        note("删除 (文件里没有; 要保留请加上 --merge):")
        _listed(f"  - {_line(site)}" for site in changes.removed)
    if changes.removes_all:
        note(f"!!! 警告: 现有的 {changes.before} 个工地将全部删除, 一个不留。")
    elif changes.removes_most:
        gone = len(changes.removed)
        note(f"!!! 警告: 现有的 {changes.before} 个工地将删除 {gone} 个, 超过一半。")


def _show_names(shared: "Sequence[SharedName]", alike: "SoundAlike") -> None:
    if shared:
        note(f"同名: {len(shared)} 个名称各指几个工地, 使用时会先询问:")
        _listed(
            f"  「{one.name}」: {_some([site.id for site in one.sites])}"
            for one in shared
        )
    if alike.groups:
        least = "" if alike.complete else "至少 "
        note(f"读音: {least}{len(alike.groups)} 组名称听起来一样或相近, 会先询问:")
        _listed(
            f"  {'同音' if group.same else '近音'}: {_some(_owned(group.names))}"
            for group in alike.groups
        )


def _owned(names: "Iterable[OwnedName]") -> list[str]:
    return [f"{owned.name} ({owned.site.id})" for owned in names]


def _some(words: Sequence[str]) -> str:
    rest = len(words) - _SHOWN_NAMES
    return ", ".join(words[:_SHOWN_NAMES]) + (
        f" … 等 {len(words)} 个" if rest > 0 else ""
    )


def _show_over(house: House, sites: Iterable[Site]) -> None:
    from app.sites.changes import over

    today = house.clock.now().astimezone(ZoneInfo(_DESK_ZONE)).date()
    if ended := over(sites, today):
        note(f"已过结束日期: {len(ended)} 个工地:")
        _listed(f"  {_line(site)}" for site in ended)


def _show_unspeakable(house: House, sites: Sequence[Site]) -> None:
    """Name the sites that cannot be said, if there is a recogniser to ask."""
    spoken = (name for site in sites for name in (site.name, *site.aliases))
    model = house.settings.recogniser.model
    recognizer = make_recognizer(model, house.store, house.worker, spoken)
    try:
        names = asyncio.run(recognizer.unspeakable())
    except UserFacingError:
        # `doctor` says what is the matter with it; the list can be imported.
        return
    if names:
        note(f"语音识别听不出的名称 {len(names)} 个, 请添加用常用汉字书写的别名:")
        _listed(f"  {name}" for name in names)


def _changes_json(changes: "DirectoryChanges") -> Json:
    return {
        "added": [_site_json(site) for site in changes.added],
        "changed": [
            {
                **_site_json(change.site),
                "fields": [
                    {"field": f.field, "old": f.old, "new": f.new}
                    for f in change.fields
                ],
            }
            for change in changes.changed
        ],
        "removed": [_site_json(site) for site in changes.removed],
        "unchanged": changes.unchanged,
    }


def _site_json(site: Site) -> Json:
    return {"id": site.id, "name": site.name}


def _names_json(shared: "Sequence[SharedName]", alike: "SoundAlike") -> Json:
    return {
        "shared_names": [
            {"name": one.name, "site_ids": [site.id for site in one.sites]}
            for one in shared
        ],
        "sound_alike": [
            {
                "same": group.same,
                "names": [{"name": o.name, "site_id": o.site.id} for o in group.names],
            }
            for group in alike.groups
        ],
        "sound_alike_complete": alike.complete,
    }
