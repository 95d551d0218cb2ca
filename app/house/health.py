"""How the parts of a house are, in words."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from app.core.errors import JournalError, PeopleError
from app.core.people import ROLE_NAMES, Person, Role
from app.core.ports import Health

if TYPE_CHECKING:
    from app.compose import House

log = logging.getLogger(__name__)

_HealthCheck: TypeAlias = tuple[str, str, Callable[[], Awaitable[Health]]]
"""Stable key, the operator's name, and what gives the health of a part."""


async def of_house(house: "House") -> Sequence[Health]:
    """Say how each part that works for a run is."""
    from app.sites.upkeep import system_checks

    if house.warming:
        # What the systems are asked with takes a while to import, and is told of
        # together with the ears in any case.
        await house.recognizer.health()
    asked: tuple[_HealthCheck, ...] = (
        ("microphone", "麦克风", house.microphone.health),
        ("recognizer", "语音识别", house.recognizer.health),
        ("agent", "语言模型", lambda: _of_agent(house)),
        *system_checks(house.router, house.asking_thread),
        ("journal", "巡检日志", house.journal.health),
        ("people", "账户", lambda: of_people(house)),
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


async def of_people(house: "House") -> Health:
    """Say who has an account here; a desk without any is well, and says so."""
    presence = house.presence
    try:
        await presence.refresh()
    except PeopleError as error:
        return Health(name="账户", ok=False, detail=error.message, remedy=error.remedy)
    except JournalError as error:
        log.error("who was signed out is in no log: %s", error)
    if presence.everybody:
        return Health(name="账户", ok=True, detail=_counted(presence.everybody))
    detail = f"未设账户, 任何人都以「{house.settings.desk.operator}」的名义操作"
    if presence.removed:
        return Health(
            name="账户",
            ok=False,
            detail=f"巡检日志里有账户的记录, 但账户文件已不在; {detail}",
            remedy="请用 griddesk people add 重新建立账户, 并查明是谁移走了账户文件。",
        )
    return Health(name="账户", ok=True, detail=detail)


def _counted(everybody: Sequence[Person]) -> str:
    roles = Counter(each.role for each in everybody if not each.disabled)
    said = [f"{ROLE_NAMES[role]}{roles[role]}人" for role in Role if roles[role]]
    disabled = sum(each.disabled for each in everybody)
    if disabled:
        said.append(f"停用{disabled}人")
    return f"{len(everybody)}个账户: {'、'.join(said)}"


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
    if "model" in house.__dict__ and (fault := house.model.fault) is not None:
        part = Health(
            name="适配器", ok=False, detail=fault.message, remedy=fault.error.remedy
        )
        found.append(replace(part, key="adapter"))
    return found
