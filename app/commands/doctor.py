"""The self-test from the command line."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.errors import told
from app.commands.output import health_json, print_json
from app.compose import House
from app.core.errors import UserFacingError
from app.core.ports import Health
from app.modelstore.store import Store
from app.system import paths
from app.system.doctor import system_health

if TYPE_CHECKING:
    from app.journal.statistics import Statistics

log = logging.getLogger(__name__)

OPTIONAL = frozenset(
    {
        "display",
        "keyring",
        "microphone",
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

LOOKED_BACK: Final = timedelta(days=30)
FEWEST: Final = 50
"""Sentences below which their share says little."""
WORST: Final = 0.2
"""Share of sentences that may differ from the rule's before something is wrong."""


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
            *_sentences(house),
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


def _sentences(house: House) -> list[Health]:
    """Say how often the model's sentence was not what the rule says."""
    try:
        since = house.clock.now() - LOOKED_BACK
        found = house.journal.statistics(since=since)
    except UserFacingError as error:
        # The journal's own line says what keeps it from being read.
        log.info("the journal was not counted: %s", error)
        return []
    return [sentences_health(found)]


def sentences_health(found: "Statistics") -> Health:
    """Judge how often the model's sentence was not what the rule says."""
    many = found.compared >= FEWEST
    ok = not many or found.differed <= WORST * found.compared
    remedy = (
        "显示和记录的始终是规则的语句。请用 griddesk log stats 查看, "
        "并重新评测或更换语言模型的适配器 (griddesk tune eval)。"
    )
    return Health(
        key="model-sentences",
        name="模型语句",
        ok=ok,
        detail=f"与规则不同: {found.differed} / {found.compared} "
        f"(近 {LOOKED_BACK.days} 天)",
        remedy="" if ok else remedy,
    )


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
