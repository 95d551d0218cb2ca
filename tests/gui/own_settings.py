"""The settings of a desk in a folder of its own, as the window gets them."""

from pathlib import Path

from app.core.entries import DeskEvent
from app.core.errors import JournalUnwritableError
from app.core.people import Actor
from app.core.presence import Presence
from app.house.configuring import HouseConfiguration
from app.house.settings import SettingsKeeper
from app.settings.declaration import Settings
from app.settings.file import changed, load, save
from tests.fakes import HeldClock


class OwnSettings(HouseConfiguration):
    """A real settings file, and a log in memory."""

    def __init__(self, path: Path, presence: Presence) -> None:
        self.path = path
        self.entered: list[DeskEvent] = []
        self.full = False
        keeper = SettingsKeeper(
            path,
            workstation=lambda: "南湖1号",
            acting=self._who,
            note=self._note,
            clock=HeldClock(),
        )
        self.presence = presence
        super().__init__(path, keeper, presence.acting)

    @property
    def settings(self) -> Settings:
        """What the file says."""
        return load(self.path).settings

    def put(self, key: str, value: object) -> None:
        """Change a setting as an editor would."""
        save(self.path, changed(self.settings, key, value))

    def _who(self) -> Actor | None:
        return self.presence.actor

    async def _note(self, event: DeskEvent) -> DeskEvent:
        if self.full:
            raise JournalUnwritableError("磁盘已满, 日志没有写入")
        self.entered.append(event)
        return event
