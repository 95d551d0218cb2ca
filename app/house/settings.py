"""Settings that are changed: by whom, from what to what, in the log and in the file."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.core.entries import DeskEvent, EventKind, happened
from app.core.errors import SettingsError, UserFacingError
from app.core.people import Actor
from app.core.ports import Clock
from app.house.accounts import Note
from app.settings.declaration import Settings
from app.settings.file import changed, keep_copy, load, save, sound
from app.settings.sharing import Change, differences, in_text, incoming
from app.system.files import write_json

if TYPE_CHECKING:
    from app.compose import House

log = logging.getLogger(__name__)

KNOWN: Final = "settings.known.json"
"""The settings as the log last knew them, beside the file."""
_UNKNOWN: Final = "不详"
_BY_HAND: Final = "设置文件在程序之外被修改"


class SettingsKeeper:
    """Changes the settings file of a desk; every change is an entry of the log."""

    def __init__(
        self,
        path: Path,
        *,
        workstation: Callable[[], str],
        acting: Callable[[], Actor | None],
        note: Note,
        clock: Clock,
    ) -> None:
        """Take the file, who acts in the window, and what writes the journal."""
        self._path = path
        self._workstation = workstation
        self._acting = acting
        self._note = note
        self._clock = clock
        self._tasks: set[asyncio.Task[None]] = set()

    async def change(
        self, make: Callable[[Settings], Settings], actor: Actor, how: str = ""
    ) -> tuple[Change, ...]:
        """Change settings in somebody's name; give what is another now.

        The entry is durable before the file is written.

        Raises:
            SettingsError: A value cannot be, or the file is broken, or cannot be read
                or written.
            JournalError: It could not be kept in the log; nothing was changed.
        """
        sound(self._path)
        await self.look()
        before = sound(self._path)
        found = differences(before, make(before))
        if not found:
            return ()
        await self._enter(found, actor, how)
        try:
            # Read anew: what was kept while the entry was written stays.
            wanted = make(sound(self._path))
            save(self._path, wanted)
        except SettingsError as error:
            await self._enter(found, actor, f"没有保存: {error.message}")
            raise
        self._remember(wanted, {each.key for each in found})
        return found

    async def take(
        self, file: Path, actor: Actor, *, seat: bool = False
    ) -> tuple[Path | None, tuple[Change, ...]]:
        """Take what a file of another desk states, in somebody's name.

        Gives the copy of the former settings – None: there were none – and what is
        another now.

        Raises:
            SettingsError, JournalError: As for `change`.
        """
        sound(self._path)
        previous = keep_copy(self._path, "before-import")

        def taken(present: Settings) -> Settings:
            # Somebody may have changed another one meanwhile.
            return incoming(file, present, seat=seat).settings

        made = await self.change(taken, actor, f"导入 {file.name}")
        return previous, made

    def keep(self, key: str, value: object) -> None:
        """Keep what somebody chose in the window; the entry follows at once.

        Raises:
            SettingsError: The file is broken, or cannot be read or written.
        """
        # Read anew: what was kept since the start must not be taken back.
        before = sound(self._path)
        wanted = changed(before, key, value)
        found = differences(before, wanted)
        if not found:
            return
        save(self._path, wanted)
        seat = Actor(name=_UNKNOWN, workstation=self._workstation())
        self._begin(self._kept(found, self._acting() or seat, wanted))

    async def look(self) -> None:
        """Enter what was changed with an editor since the log last knew the file.

        Raises:
            SettingsError: The file cannot be read.
            JournalError: It could not be kept in the log.
        """
        now = load(self._path)
        if now.broken:
            return
        known = self._known()
        if known is None:
            self._remember(now.settings)
            return
        texts = in_text(now.settings)
        found = [
            Change(key=key, before=known.get(key, ""), after=text)
            for key, text in texts.items()
            # A setting that is new in this version was changed by nobody.
            if key in known and known[key] != text
        ]
        if found:
            nobody = Actor(name=_UNKNOWN, workstation=self._workstation())
            await self._enter(found, nobody, _BY_HAND)
        if found or known.keys() != texts.keys():
            self._remember(now.settings)

    async def close(self) -> None:
        """Wait for the entries that are on their way."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def _kept(self, found: Sequence[Change], actor: Actor, now: Settings) -> None:
        try:
            await self._enter(found, actor, "在窗口里")
            # What an editor changed beside it is in no log yet.
            self._remember(now, {each.key for each in found})
        except UserFacingError as error:
            # `look` enters it with the next start, without the name.
            log.warning("a changed setting is in no log yet: %s", error)

    async def _enter(self, found: Sequence[Change], actor: Actor, how: str) -> None:
        said = "; ".join(each.sentence for each in found)
        subject = found[0].key if len(found) == 1 else f"{len(found)}项设置"
        detail = f"{said} ({how})" if how else said
        now, kind = self._clock.now(), EventKind.SETTINGS_CHANGED
        await self._note(happened(kind, actor, now, subject=subject, detail=detail))

    def _begin(self, work: Coroutine[object, object, None]) -> None:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(work)
            return
        task = loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _known(self) -> dict[str, str] | None:
        try:
            stated = json.loads(self._beside.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            log.info("what the settings were is not known: %s", error)
            return None
        return stated if isinstance(stated, dict) else None

    def _remember(self, settings: Settings, keys: Collection[str] = ()) -> None:
        """Note what the settings are; with `keys`, only of these."""
        texts, known = in_text(settings), self._known()
        if keys and known is not None:
            texts = known | {key: texts[key] for key in keys}
        try:
            self._beside.parent.mkdir(parents=True, exist_ok=True)
            write_json(self._beside, texts)
        except OSError as error:
            log.info("the settings are not remembered: %s", error)

    @property
    def _beside(self) -> Path:
        return self._path.with_name(KNOWN)


def keeper_of(house: "House") -> SettingsKeeper:
    """Give what changes the settings of a house."""

    async def note(event: DeskEvent) -> DeskEvent:
        return await house.journal.review.note(event)

    return SettingsKeeper(
        house.settings_path,
        workstation=lambda: house.settings.desk.workstation,
        acting=lambda: house.presence.actor,
        note=note,
        clock=house.clock,
    )
