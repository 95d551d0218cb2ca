"""How the parts of a house are, in words."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from app.core.ports import Health

if TYPE_CHECKING:
    from app.compose import House

_HealthCheck: TypeAlias = tuple[str, str, Callable[[], Awaitable[Health]]]
"""Stable key, the operator's name, and what gives the health of a part."""


async def of_house(house: "House") -> Sequence[Health]:
    """Say how each part that works for a run is."""
    from app.sites.upkeep import system_checks

    asked: tuple[_HealthCheck, ...] = (
        ("microphone", "麦克风", house.microphone.health),
        ("recognizer", "语音识别", house.recognizer.health),
        ("agent", "语言模型", lambda: _of_agent(house)),
        *system_checks(house.router, house.asking_thread),
        ("journal", "巡检日志", house.journal.health),
    )
    tone = house.alarm_sound
    told, heard, kept = await asyncio.gather(
        asyncio.gather(*(ask() for _, _, ask in asked)),
        tone.health() if tone else asyncio.sleep(0),
        # Asked at the start and every few seconds: what is too old goes with the day.
        house.recordings.health(),
    )
    parts = (
        replace(health, key=key, name=name)
        for (key, name, _), health in zip(asked, told, strict=True)
    )
    # A loudspeaker is worth a word only where an alarm would not be heard.
    more = [kept, None if heard is None or heard.ok else heard]
    return (*not_followed(house), *parts, *(part for part in more if part))


async def _of_agent(house: "House") -> Health:
    if house.warming:
        return Health(name="语言模型", ok=True, detail="正在载入")
    await house.libraries.imported()
    return await house.agent.health()


def not_followed(house: "House") -> Sequence[Health]:
    """Say what of the installer's choice is not followed; nothing when all is.

    A file that cannot be read leaves the defaults, the demo backend among them: an
    operator must see that before he trusts a number.
    """
    found: list[Health] = []
    if house.loaded_settings.warnings:
        detail = " ".join(house.loaded_settings.warnings)
        remedy = f"请检查 {house.settings_path}。"
        part = Health(name="设置文件", ok=False, detail=detail, remedy=remedy)
        found.append(replace(part, key="settings"))
    if (fault := house.adapter_fault) is not None:
        detail = f"启用的适配器不能使用, 已改用随程序附带的: {fault.message}"
        part = Health(name="适配器", ok=False, detail=detail, remedy=fault.remedy)
        found.append(replace(part, key="adapter"))
    return found
