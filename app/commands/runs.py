"""Whole runs from the command line: `ask`, and the demonstration of `demo`."""

import asyncio
import csv
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.following import After, context_after
from app.commands.narrate import Progress, narrate
from app.commands.output import exit_status, note, print_json, run_json
from app.compose import House
from app.core import events
from app.core.desk import Desk
from app.core.errors import AudioFormatError, UsageError
from app.core.people import May
from app.core.request import RunRequest
from app.system import paths


def ask(
    text: Annotated[str | None, typer.Argument(help="The command, typed.")] = None,
    wav: Annotated[
        Path | None, typer.Option("--wav", help="The command, as a recording.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    after: After = "",
    login: AsLogin = "",
) -> None:
    """Carry out one command: understand, query, summarise, journal."""
    with told(as_json):
        if (text is None) == (wav is None):
            raise UsageError(
                "需要一条文字指令, 或用 --wav 给一个录音文件, 二者选一",
                '例如: griddesk ask "查一下济南工地的人数"',
            )
        with opened() as house:
            acting(house, May.ASK, login)
            audio = house.audio_file(wav) if wav is not None else None
            request = house.desk.request(text=text, audio=audio)
            request = replace(request, context=context_after(house, after))
            ending = asyncio.run(_ask(house, request, quiet=as_json))
        if as_json:
            print_json(run_json(ending.record))
    if isinstance(ending, events.RunFailed):
        if as_json:
            note(f"错误 [{ending.fault.code}] {ending.fault.message}")
        raise typer.Exit(exit_status(ending.fault.code))
    if isinstance(ending, events.RunCancelled):
        raise typer.Exit(1)


def demo() -> None:
    """Carry out the recordings that come with the program, on the console."""
    with told():
        samples = paths.resources() / "samples"
        try:
            with (samples / "transcripts.tsv").open(encoding="utf-8") as table:
                rows = list(csv.DictReader(table, delimiter="\t"))
        except OSError as error:
            raise AudioFormatError(
                f"找不到随程序提供的录音: {error.strerror}", "请重新取得完整的程序。"
            ) from error
        with opened() as house:
            acting(house, May.ASK)
            print("没有图形界面: 用随程序提供的录音演示一次完整的巡检。")
            print("第一次需要几秒装入识别模型和语言模型 …", flush=True)
            failed = asyncio.run(_demonstrate(house, samples, rows))
            print(f"\n共 {len(rows)} 条录音, 其中 {failed} 条失败。巡检日志:")
            print(f"  {house.desk.info.journal_path}")
    if failed:
        raise typer.Exit(1)


async def _ask(
    house: House, request: RunRequest, *, quiet: bool
) -> events.TerminalEvent:
    try:
        return await _carry_out(house.desk, request, quiet=quiet)
    finally:
        await house.close_backend()


async def _demonstrate(house: House, samples: Path, rows: list[dict[str, str]]) -> int:
    desk = house.desk
    await desk.warm_up()
    for health in await desk.health():
        mark = "✓" if health.ok else "!"
        print(f"  {mark} {health.name}: {health.detail}")
    failed = 0
    for row in rows:
        print(f"\n录音 {row['file']} (原话: {row['text']})")
        audio = house.audio_file(samples / row["file"])
        ending = await _carry_out(desk, desk.request(audio=audio))
        failed += isinstance(ending, events.RunFailed)
    return failed


async def _carry_out(
    desk: Desk, request: RunRequest, *, quiet: bool = False
) -> events.TerminalEvent:
    ending: events.TerminalEvent | None = None
    progress = Progress()
    async for event in desk.run(request):
        if (far := progress.follow(event)) is not None:
            note(far)
        line = None if quiet or progress.tells(event) else narrate(event)
        if line is not None:
            print(line, flush=True)
        if isinstance(event, events.TerminalEvent):
            ending = event
    assert ending is not None  # promise 3
    return ending
