"""The self-test from the command line."""

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer

from app.commands.errors import told
from app.commands.output import health_json, print_json
from app.compose import House
from app.core.errors import UserFacingError
from app.core.ports import Health
from app.modelstore.store import Store
from app.system import paths
from app.system.doctor import system_health

OPTIONAL = frozenset({"display", "keyring", "microphone", "portaudio"})
"""A desk works without these, with less comfort: text instead of speech or window,
secrets from the environment; a system whose secret is missing says so itself."""


def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
) -> None:
    """Test what the desk stands on; exit status 3 when it cannot work as it is."""
    with told(as_json), House() as house:
        checks = [
            *system_health(paths.home()),
            *_stored_models(house.store),
            house.secrets.health(),
            *_parts(house),
        ]
    needed = [c for c in checks if not c.ok and (c.key or c.name) not in OPTIONAL]
    if as_json:
        print_json({"ok": not needed, "checks": [health_json(c) for c in checks]})
    else:
        for check in checks:
            print(_line(check))
    if needed:
        raise typer.Exit(3)


def _parts(house: House) -> Sequence[Health]:
    """Ask the parts of the desk; what keeps them from being made is one finding."""
    try:
        return asyncio.run(_asked(house))
    except UserFacingError as error:
        return [
            Health(
                key=error.code,
                name="本机配置",
                ok=False,
                detail=error.message,
                remedy=error.remedy,
            )
        ]


async def _asked(house: House) -> Sequence[Health]:
    try:
        return await house.health()
    finally:
        await house.close_backend()


def _stored_models(store: Store) -> list[Health]:
    return [_stored(store, each.name) for each in store.catalogue.artefacts]


def _stored(store: Store, name: str) -> Health:
    key, label = f"model:{name}", f"模型 {name}"
    try:
        detail = f"文件齐全 ({store.locate(name)})"
    except UserFacingError as error:
        return Health(
            key=key, name=label, ok=False, detail=error.message, remedy=error.remedy
        )
    return Health(key=key, name=label, ok=True, detail=detail)


def _line(check: Health) -> str:
    mark = "✓" if check.ok else "✗"
    remedy = f"\n    → {check.remedy}" if check.remedy else ""
    return f"{mark} {check.name}: {check.detail}{remedy}"
