"""The self-test from the command line."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import health_json, note, print_json
from app.compose import House
from app.core.doctoring import Diagnostics
from app.core.errors import UsageError
from app.core.ports import Health
from app.house.doctor import LISTEN_S, HouseDoctor
from app.system.diagnostics import archive_name

OPTIONAL = frozenset(
    {
        "display",
        "keyring",
        "microphone",
        "microphone-level",
        "model-sentences",
        "portaudio",
        "recordings",
        "voice-libraries",
    }
)
"""A desk works without these, with less comfort: text instead of speech or window,
secrets from the environment; a system whose secret is missing says so itself. A model
whose sentences differ is not shown: the rule's are; audio is kept beside the record;
what is read aloud is on the screen."""


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    listen: Annotated[
        bool, typer.Option("--listen", help="Open the microphone: how loud is it?")
    ] = False,
    archive: Annotated[
        Path | None,
        typer.Option(
            help="Write findings and logs there, without secrets, faces or speech."
        ),
    ] = None,
) -> None:
    """Test what the desk stands on; exit status 3 when it cannot work as it is."""
    with told(as_json), House() as house:
        if archive is not None and archive.exists() and not archive.is_dir():
            raise UsageError(f"「{archive}」已经存在", "请换一个文件名或给出文件夹。")
        checks, saved = asyncio.run(_examined(house, archive, listens=listen))
    needed = [c for c in checks if not c.ok and (c.key or c.name) not in OPTIONAL]
    if as_json:
        told_of = {"archive": str(saved.path), "sha256": saved.sha256} if saved else {}
        rows = [health_json(c) for c in checks]
        print_json({"ok": not needed, "checks": rows, **told_of})
    else:
        for check in checks:
            print(_line(check))
        if saved is not None:
            print(f"诊断包: {saved.path} (SHA-256 {saved.sha256})")
    if needed:
        raise typer.Exit(3)


async def _examined(
    house: House, archive: Path | None, *, listens: bool
) -> tuple[Sequence[Health], Diagnostics | None]:
    doctor = HouseDoctor(house)
    saved: Diagnostics | None = None
    try:
        checks = list(await doctor.examine())
        if listens:
            note(f"请对着麦克风说话, {LISTEN_S:.0f} 秒…")
            checks.append(await doctor.listen())
            await house.microphone.close()
        if archive is not None:
            if archive.is_dir():
                archive /= archive_name(house.clock.now())
            saved = await doctor.save(archive, checks)
    finally:
        await house.close_backend()
    return checks, saved


def _line(check: Health) -> str:
    mark = "✓" if check.ok else "✗"
    remedy = f"\n    → {check.remedy}" if check.remedy else ""
    return f"{mark} {check.name}: {check.detail}{remedy}"
