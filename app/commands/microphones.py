"""The microphones of this machine."""

import asyncio
from typing import Annotated

import typer

from app.commands.errors import opened, told
from app.commands.output import print_json
from app.core.desk import SoundInput


def microphones(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """List microphones: which one is chosen, and which is the system's default."""
    with told(as_json), opened() as house:
        chosen = house.settings.microphone.device
        inputs = asyncio.run(house.microphone.inputs())
    if as_json:
        print_json(
            {
                "microphones": [
                    {
                        "name": each.name,
                        "default": each.is_default,
                        "chosen": each.name == chosen,
                    }
                    for each in inputs
                ],
                "chosen": chosen,
            }
        )
        return
    for each in inputs:
        print(_line(each, chosen))
    if not inputs:
        print("没有找到麦克风; 期间可以直接输入文字。")
    elif not chosen:
        print(
            "没有指定麦克风, 使用系统默认的。在设置文件的 [microphone] device 中指定。"
        )
    elif all(each.name != chosen for each in inputs):
        print(f"✗ {chosen}\t已指定, 但没有找到; 请插好, 或在设置中另选一个。")


def _line(each: SoundInput, chosen: str) -> str:
    # Without a chosen one, the default is the one that listens.
    mark = "✓" if each.name == chosen or (not chosen and each.is_default) else " "
    notes = [
        *(["已指定"] if each.name == chosen else []),
        *(["系统默认"] if each.is_default else []),
    ]
    return f"{mark} {each.name}\t{', '.join(notes)}".rstrip()
