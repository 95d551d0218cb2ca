"""Settings from the command line: look, change, carry to another desk."""

import asyncio
import json
import sys
from functools import partial
from pathlib import Path
from typing import Annotated, Final

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.core.configuring import SettingChange
from app.core.errors import SettingsError, UsageError
from app.core.people import May
from app.settings.declaration import SettingInfo, Settings, describe
from app.settings.file import changed, sound, value_of
from app.settings.sharing import clause, export_to, incoming, shown

app = typer.Typer(help="The settings of this desk.", no_args_is_help=True)

_WANTED: Final = {int: "整数", float: "数字", tuple: '一组文字, 例如 ["甲", "乙"]'}
_TABLE: Final = '一组文字, 例如 {"名称": "文字"}'

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Key = Annotated[str, typer.Argument(help="Like agent.device; see `settings list`.")]


@app.command("list")
def list_settings(as_json: AsJson = False) -> None:
    """List every setting: its value, its unit, what it means and may be."""
    with told(as_json), opened() as house:
        settings = house.settings
        path = house.settings_path
    if as_json:
        rows = [_row(info, settings) for info in describe()]
        print_json({"file": str(path), "settings": rows})
        return
    for info in describe():
        value = value_of(settings, info.key)
        mark = " " if value == info.default else "*"
        unit = f" {info.rule.unit}" if info.rule.unit else ""
        print(f"{mark} {info.key}\t{shown(value)}{unit}\t{info.rule.told}")
    note(f"* 与默认值不同。文件: {path}")


@app.command("set")
def set_setting(
    key: Key,
    value: Annotated[
        str, typer.Argument(help="Text or number; a list or table as JSON.")
    ],
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Change one setting; who changed what is an entry of the log."""
    with told(as_json), opened() as house:
        actor = acting(house, May.CONFIGURE, login)
        wanted = _typed(key, value)
        make = partial(changed, key=key, value=wanted)
        made = asyncio.run(house.keeper.change(make, actor))
    _tell(made, as_json=as_json)


@app.command("export")
def export_settings(
    file: Annotated[Path, typer.Argument(help="Where to; never over a file.")],
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Write the settings for another desk: no secrets, nothing of this seat alone."""
    with told(as_json), opened() as house:
        acting(house, May.CONFIGURE, login)
        if house.loaded_settings.broken:
            raise SettingsError("设置文件已损坏, 没有可以导出的设置")
        left = export_to(file, house.settings)
    if as_json:
        print_json({"file": str(file), "left_out": list(left)})
        return
    print(f"已导出到 {file}")
    note(f"没有导出本席位自己的: {', '.join(left)}。密钥不在设置里, 要在每台上另存。")


@app.command("import")
def import_settings(
    file: Annotated[Path, typer.Argument(help="What `settings export` wrote.")],
    yes: Annotated[
        bool, typer.Option("--yes", help="Change them without asking first.")
    ] = False,
    seat: Annotated[
        bool, typer.Option("--seat", help="Also take what belongs to one seat.")
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Take the settings of a file; what it does not state stays as it is.

    What will change is shown first. The former file is kept beside the new one.
    """
    with told(as_json), opened() as house:
        actor = acting(house, May.CONFIGURE, login)
        planned = incoming(file, sound(house.settings_path), seat=seat)
        for warning in planned.warnings:
            note(f"注意: {warning}")
        if planned.left:
            note(f"属于另一个席位, 不导入 (--seat 才导入): {', '.join(planned.left)}")
        for each in planned.changes:
            note(f"  {clause(each)}")
        previous: Path | None = None
        made: tuple[SettingChange, ...] = ()
        if planned.changes:
            if not yes:
                _confirm()
            taking = house.keeper.take(file, planned.changes, actor)
            previous, made = asyncio.run(taking)
    _tell(made, as_json=as_json, previous=previous)


def _confirm() -> None:
    """Wait for a yes. Read by hand: typer's prompt writes to standard output."""
    note("修改这些设置吗? [y/N]")
    if sys.stdin.readline().strip().lower() not in ("y", "yes", "是"):
        raise UsageError("没有得到确认, 设置没有改动", "确认无误后请加上 --yes。")


def _typed(key: str, text: str) -> object:
    """Give what was typed as the kind of value that the setting has.

    Raises:
        UsageError: It is no number, list or table.
    """
    kinds = {info.key: info.kind for info in describe()}
    kind = kinds.get(key, str)
    if kind is str:
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        value = None
    if value is None:
        raise UsageError(
            f"设置项 {key} 的值「{text}」不可用",
            f"请给出{_WANTED.get(kind, _TABLE)}。",
        )
    return value


def _row(info: SettingInfo, settings: Settings) -> Json:
    return {
        "key": info.key,
        "value": value_of(settings, info.key),
        "default": info.default,
        "unit": info.rule.unit,
        "choices": list(info.rule.choices),
        "words": list(info.rule.words),
        "name": info.rule.name,
        "about": info.rule.about,
        "seat": info.rule.seat,
    }


def _tell(
    made: tuple[SettingChange, ...], *, as_json: bool, previous: Path | None = None
) -> None:
    if as_json:
        rows = [
            {"key": each.key, "before": each.before, "after": each.after}
            for each in made
        ]
        kept = str(previous) if previous else None
        print_json({"changed": rows, "previous": kept})
        return
    for each in made:
        print(clause(each))
    if previous is not None:
        note(f"原来的设置保存为 {previous.name}。")
    note("下次启动时生效。" if made else "没有改动。")
