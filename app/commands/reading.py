"""Parts of a run from the command line: `parse` and `transcribe`."""

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import opened, told
from app.commands.following import After, context_after
from app.commands.narrate import account
from app.commands.output import (
    error_json,
    note,
    print_json,
    understanding_json,
    utterance_json,
)
from app.compose import House
from app.core.cancel import CancelToken
from app.core.dialogue import Context
from app.core.errors import (
    TextEmptyError,
    TextTooLongError,
    UsageError,
    UserFacingError,
)
from app.core.model import Intent, Origin, Understanding, Utterance
from app.core.request import checked_text


def parse(
    text: Annotated[str | None, typer.Argument(help="The command, typed.")] = None,
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Read lines, print one object a line.")
    ] = False,
    after: After = "",
    explained: Annotated[
        bool, typer.Option("--explain", help="Say, for people, what was read where.")
    ] = False,
) -> None:
    """Say what a command means, without asking any site system.

    Lines of --jsonl are plain text, or JSON objects with the key "text". Every line
    gives exactly one object, so that the output can be laid beside the input.
    """
    with told():
        if (text is None) != jsonl:
            raise UsageError(
                "需要一条文字指令, 或用 --jsonl 从标准输入逐行读取, 二者选一",
                '例如: griddesk parse "查一下济南工地的人数"',
            )
        if explained and jsonl:
            raise UsageError(
                "--explain 是给人看的, 不能与 --jsonl 一起用",
                '例如: griddesk parse --explain "查一下济南工地的人数"',
            )
        lines = iter([checked_text(text)]) if text is not None else _lines()
        with opened() as house:
            context = context_after(house, after)
            asyncio.run(_understand(house, lines, context, explained=explained))


async def _understand(
    house: House, lines: Iterator[str], context: Context, *, explained: bool
) -> None:
    agent, cancel = house.agent, CancelToken()
    for line in lines:
        try:
            utterance = Utterance(text=checked_text(line), origin=Origin.TYPED)
        except (TextEmptyError, TextTooLongError) as error:
            nothing = understanding_json(line, Understanding(intent=Intent.UNCLEAR))
            print_json({**nothing, **error_json(error)})
            continue
        understanding = await agent.understand(
            utterance, context=context, cancel=cancel
        )
        if explained:
            print("\n".join(account(utterance.text, understanding)), flush=True)
        else:
            print_json(understanding_json(line, understanding))


def _lines() -> Iterator[str]:
    """Read standard input as UTF-8, whatever the console's encoding."""
    for raw in sys.stdin.buffer:
        line = raw.decode("utf-8-sig", errors="replace").rstrip("\r\n")
        yield _text_of(line)


def _text_of(line: str) -> str:
    if line.startswith("{"):
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            return line
        if isinstance(value, dict) and isinstance(value.get("text"), str):
            return str(value["text"])
    return line


def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object a file.")
    ] = False,
) -> None:
    """Write down what recordings say, without understanding it."""
    with told(), opened() as house:
        status = asyncio.run(_transcribe(house, files, as_json))
    if status:
        raise typer.Exit(status)


async def _transcribe(house: House, files: list[Path], as_json: bool) -> int:
    """Write down every file that can be; give the status of the first that cannot."""
    status = 0
    for file in files:
        try:
            utterance = await house.recognizer.recognize(
                house.audio_file(file), on_partial=_unheard, cancel=CancelToken()
            )
        except UserFacingError as error:
            status = status or error.exit_status
            if as_json:
                print_json({"file": str(file), **error_json(error)})
            note(f"{file}: 错误 [{error.code}] {error}")
            continue
        if as_json:
            print_json(utterance_json(str(file), utterance))
        else:
            sure = "" if utterance.agreed else "  [不确定]"
            print(f"{file}\t{utterance.text}{sure}", flush=True)
    return status


def _unheard(_partial: str) -> None:
    """Partial results are for screens."""
