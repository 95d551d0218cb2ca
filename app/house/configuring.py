"""The settings as the window gets them: only who may changes any."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, cast

from app.core.configuring import (
    Kind,
    Section,
    Setting,
    SettingChange,
    SettingsImport,
    SettingsNow,
    SettingsTaken,
    Value,
)
from app.core.errors import SettingsError
from app.core.people import Actor, May
from app.house.settings import SettingsKeeper
from app.settings.declaration import (
    SECTION_NAMES,
    SettingInfo,
    Settings,
    describe,
)
from app.settings.file import changed, load, sound, value_of
from app.settings.rules import SWITCH
from app.settings.sharing import confirmed, export_to, incoming

if TYPE_CHECKING:
    from app.compose import House

_HOW = "在设置窗口里"


class HouseConfiguration:
    """`core.configuring.Configuration` on a settings file."""

    def __init__(
        self, path: Path, keeper: SettingsKeeper, acting: Callable[[], Actor]
    ) -> None:
        """Take the file, what enters changes in the log, and who acts."""
        self._path = path
        self._keeper = keeper
        self._acting = acting

    def look(self) -> SettingsNow:
        """Read the file; see `core.configuring.Configuration`."""
        loaded = load(self._path)
        sections = tuple(
            Section(
                key=key,
                name=SECTION_NAMES[key],
                settings=tuple(_setting(info, loaded.settings) for info in infos),
            )
            for key, infos in groupby(
                describe(), key=lambda info: info.key.partition(".")[0]
            )
        )
        return SettingsNow(
            path=self._path,
            sections=sections,
            warnings=loaded.warnings,
            broken=loaded.broken,
        )

    def fault(self, key: str, value: Value) -> str:
        """Say why a setting cannot be this; empty: it can."""
        try:
            changed(Settings(), key, value)
        except SettingsError as error:
            return error.message
        return ""

    async def change(
        self, wanted: Sequence[SettingChange]
    ) -> tuple[SettingChange, ...]:
        """Make all changes, or none; see `core.configuring.Configuration`."""
        actor = self._allowed()
        make = partial(confirmed, wanted=wanted)
        return await self._keeper.change(make, actor, _HOW)

    def export(self, path: Path) -> tuple[str, ...]:
        """Write a file for another desk; see `core.configuring.Configuration`."""
        self._allowed()
        return export_to(path, sound(self._path))

    def plan(self, path: Path) -> SettingsImport:
        """Say what a file would change; see `core.configuring.Configuration`."""
        planned = incoming(path, sound(self._path))
        return SettingsImport(
            path=path,
            changes=planned.changes,
            left=planned.left,
            warnings=planned.warnings,
        )

    async def take(self, planned: SettingsImport) -> SettingsTaken:
        """Make what was planned; see `core.configuring.Configuration`."""
        actor = self._allowed()
        previous, made = await self._keeper.take(planned.path, planned.changes, actor)
        return SettingsTaken(made=made, previous=previous)

    def _allowed(self) -> Actor:
        actor = self._acting()
        actor.require(May.CONFIGURE)
        return actor


def configuration_of(house: "House") -> HouseConfiguration:
    """Give the settings of a house."""
    return HouseConfiguration(
        house.settings_path, house.keeper, lambda: house.presence.acting()
    )


def _setting(info: SettingInfo, settings: Settings) -> Setting:
    rule = info.rule
    return Setting(
        key=info.key,
        kind=_kind(info),
        name=rule.name,
        about=rule.about,
        default=cast("Value", info.default),
        value=cast("Value", value_of(settings, info.key)),
        unit=rule.unit,
        choices=rule.choices,
        words=rule.words,
        low=rule.low or 0.0,
        high=rule.high or 0.0,
        advanced=rule.advanced,
    )


def _kind(info: SettingInfo) -> Kind:
    if info.rule.choices:
        return Kind.SWITCH if info.rule.choices == SWITCH else Kind.CHOICE
    kinds: dict[type, Kind] = {
        str: Kind.TEXT,
        int: Kind.WHOLE,
        float: Kind.NUMBER,
        tuple: Kind.LIST,
        Mapping: Kind.TABLE,
    }
    return kinds[info.kind]
