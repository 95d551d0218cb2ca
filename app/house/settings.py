"""Settings that are changed: by whom, from what to what, in the log and in the file."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from app.core.configuring import SettingChange
from app.core.entries import DeskEvent, EventKind, happened
from app.core.errors import SettingsError, UserFacingError
from app.core.people import Actor
from app.core.ports import Clock
from app.house.accounts import Note
from app.settings.declaration import Settings
from app.settings.file import changed, keep_copy, load, save, sound
from app.settings.sharing import clause, confirmed, differences, in_text
from app.system.files import write_json

if TYPE_CHECKING:
    from app.compose import House

log = logging.getLogger(__name__)

_T = TypeVar("_T")

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
        self._tasks: set[asyncio.Task[Any]] = set()
        """Whatever must end before the journal is closed."""
        self._entering: set[asyncio.Task[None]] = set()
        """Of these, the entries of what is in the file already."""
        self._one_by_one = asyncio.Lock()

    async def change(
        self, make: Callable[[Settings], Settings], actor: Actor, how: str = ""
    ) -> tuple[SettingChange, ...]:
        """Change settings in somebody's name; give what is another now.

        The entry is durable before the file is written. Whoever waits may give up:
        entry and file are made both, or none – unless the program itself is broken off.

        Raises:
            SettingsError: A value cannot be, or the file is broken, or cannot be read
                or written, or somebody else changed the same meanwhile.
            JournalError: It could not be kept in the log; nothing was changed.
        """
        return await self._whole(self._change(make, actor, how))

    async def take(
        self, file: Path, wanted: Sequence[SettingChange], actor: Actor
    ) -> tuple[Path | None, tuple[SettingChange, ...]]:
        """Make what a file of another desk would change, in somebody's name.

        `wanted` is what somebody was shown of it; the file is not read again. Gives
        the copy of the former settings – None: there were none, or nothing is
        another – and what is another now.

        Raises:
            SettingsError, JournalError: As for `change`.
        """
        return await self._whole(self._take(file, wanted, actor))

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
        async with self._one_by_one:
            await self._look()

    async def close(self) -> None:
        """Wait for the changes and entries that are on their way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _whole(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Do something to its end, even if nobody waits for it any longer.

        A change that is cut short after its entry would be one that never happened.
        """
        return await asyncio.shield(self._going(work))

    async def _change(
        self, make: Callable[[Settings], Settings], actor: Actor, how: str
    ) -> tuple[SettingChange, ...]:
        async with self._one_by_one:
            return await self._make(make, actor, how)

    async def _take(
        self, file: Path, wanted: Sequence[SettingChange], actor: Actor
    ) -> tuple[Path | None, tuple[SettingChange, ...]]:
        async with self._one_by_one:
            sound(self._path)
            copy = keep_copy(self._path, "before-import")
            made: tuple[SettingChange, ...] = ()
            try:
                make = partial(confirmed, wanted=wanted)
                made = await self._make(make, actor, f"导入 {file.name}")
            finally:
                if not made and copy is not None:
                    # Nothing was imported: there are no former settings.
                    with suppress(OSError):
                        copy.unlink()
            return copy if made else None, made

    async def _make(
        self, make: Callable[[Settings], Settings], actor: Actor, how: str
    ) -> tuple[SettingChange, ...]:
        sound(self._path)
        await self._look()
        before = sound(self._path)
        found = differences(before, make(before))
        if not found:
            return ()
        await self._enter(found, actor, how)
        try:
            # Read anew: what was kept while the entry was written stays.
            present = sound(self._path)
            wanted = make(present)
            for each in differences(present, wanted):
                if each not in found:
                    raise SettingsError(
                        f"设置项 {each.key} 刚刚被别人改动, 没有保存",
                        "请核对后再保存一次。",
                    )
            save(self._path, wanted)
        except SettingsError as error:
            await self._enter(found, actor, f"没有保存: {error.message}")
            raise
        self._remember(wanted, {each.key for each in found})
        return found

    async def _look(self) -> None:
        while self._entering:
            # What was chosen in the window has somebody who chose it.
            await asyncio.wait(self._entering)
        now = load(self._path)
        if now.broken:
            return
        known = self._known()
        if known is None:
            self._remember(now.settings)
            return
        texts = in_text(now.settings)
        found = [
            SettingChange(key=key, before=known.get(key, ""), after=text)
            for key, text in texts.items()
            # A setting that is new in this version was changed by nobody.
            if key in known and known[key] != text
        ]
        if found:
            nobody = Actor(name=_UNKNOWN, workstation=self._workstation())
            await self._enter(found, nobody, _BY_HAND)
        if found or known.keys() != texts.keys():
            # Not those that the window chose while the entry was written.
            fresh = texts.keys() - known.keys()
            self._remember(now.settings, {each.key for each in found} | fresh)

    async def _kept(
        self, found: Sequence[SettingChange], actor: Actor, now: Settings
    ) -> None:
        try:
            await self._enter(found, actor, "在窗口里")
            # What an editor changed beside it is in no log yet.
            self._remember(now, {each.key for each in found})
        except UserFacingError as error:
            # `look` enters it with the next start, without the name.
            log.warning("a changed setting is in no log yet: %s", error)

    async def _enter(
        self, found: Sequence[SettingChange], actor: Actor, how: str
    ) -> None:
        said = "; ".join(clause(each) for each in found)
        subject = found[0].key if len(found) == 1 else f"{len(found)}项设置"
        detail = f"{said} ({how})" if how else said
        now, kind = self._clock.now(), EventKind.SETTINGS_CHANGED
        await self._note(happened(kind, actor, now, subject=subject, detail=detail))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                runner.run(work)
            return
        task = self._going(work)
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    def _going(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

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
