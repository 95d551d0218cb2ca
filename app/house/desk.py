"""The desk as screens see it, on the parts of a house."""

import gc
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from functools import cached_property
from typing import TYPE_CHECKING, Final

from app import __version__
from app.core.desk import DeskInfo
from app.core.dialogue import NOTHING, Context, Dialogue
from app.core.errors import JournalError, PeopleError, UserFacingError
from app.core.events import RunEvent, TerminalEvent
from app.core.people import May
from app.core.ports import AudioSource, Health
from app.core.request import RunRequest
from app.system import paths
from app.system.worker import InferenceWorker

if TYPE_CHECKING:
    from app.compose import House

log = logging.getLogger(__name__)

_COLLECT: Final = (5_000, 2, 500)
"""Python's own is (700, 10, 10): during a sweep it goes through everything.

Every thread waits meanwhile: often and little at a time, all of it seldom.
"""

PROGRAM: Final = f"griddesk {__version__}"


class HouseDesk:
    """`core.desk.Desk` on the parts of a house."""

    def __init__(self, house: "House") -> None:
        """Take the house whose parts are used."""
        self._house = house
        self.microphone = house.microphone
        self.directory = house.directory
        self.journal = house.journal
        self.review = house.journal.review
        self.reports = house.reports
        self.recordings = house.recordings
        self.presence = house.presence
        self.alarm_sound = house.alarm_sound
        self._dialogue = Dialogue(house.clock.now)
        self._under_way: set[str] = set()
        self._whose = ""
        """Login of whoever the dialogue is with."""
        self.presence.watch(self._look_whose)

    @cached_property
    def info(self) -> DeskInfo:
        """Who sits where, and which files are written."""
        house = self._house
        return DeskInfo(
            operator=house.settings.desk.operator,
            workstation=house.settings.desk.workstation,
            program=PROGRAM,
            journal_path=house.journal.path,
            evidence_dir=house.evidence_dir,
            log_path=paths.home() / "logs" / "griddesk.log",
        )

    def request(
        self, *, audio: AudioSource | None = None, text: str | None = None
    ) -> RunRequest:
        """Make a request in the name of whoever is at this desk.

        Raises:
            NotAllowedError: Nobody is, the screen is locked, or he may not ask.
        """
        actor = self.presence.acting()
        actor.require(May.ASK)
        return RunRequest(
            operator=actor.name,
            role=actor.role or "",
            workstation=actor.workstation,
            audio=audio,
            text=text,
            context=self.context,
        )

    @property
    def context(self) -> Context:
        """What was said before, as far as it may still be meant.

        Nothing while a run is under way: what is said meanwhile may lean on that one,
        whose end nobody knows yet.
        """
        return NOTHING if self._under_way else self._dialogue.context()

    async def run(self, request: RunRequest) -> AsyncGenerator[RunEvent, None]:
        """Carry out one request; see `core.pipeline`."""
        self._under_way.add(request.run_id)
        try:
            async with aclosing(self._house.pipeline.run(request)) as course:
                async for event in course:
                    if isinstance(event, TerminalEvent):
                        self._ended(event)
                    yield event
        finally:
            self._under_way.discard(request.run_id)

    def _look_whose(self) -> None:
        person = self.presence.person
        login = person.login if person is not None else ""
        if login != self._whose:
            self._whose = login
            self._dialogue.begin_anew()

    def _ended(self, event: TerminalEvent) -> None:
        self._under_way.discard(event.run_id)
        if event.journalled:
            self._dialogue.remember(event.record)
        else:
            # Nothing may lean on a run that is in no log.
            self._dialogue.forget()

    async def warm_up(self) -> None:
        """Load recogniser and model on the worker; health tells what is missing.

        The recogniser first: it can hear while the model's libraries are imported.
        """
        # Health does not wait for it: what else is missing must be told at once.
        self._house.warming = True
        try:
            await self._load()
        finally:
            self._house.warming = False

    async def _load(self) -> None:
        try:
            await self._house.recognizer.warm_up()
            log.info("ready to listen")
        except UserFacingError as error:
            log.info("no recogniser: %s", error)
        # Not before: two threads that import and compile take turns, and whoever
        # opens the desk wants to speak first.
        self._house.libraries.begin()
        await self._house.worker.run(self._house.directory.prepare)
        # Made here, and not by the first command: its rules take a while to read, and
        # the window would stand still.
        await self._house.worker.run(lambda: self._house.pipeline)
        await self._house.libraries.imported()
        await self._house.agent.warm_up()
        # What is loaded stays: the garbage collector need not look through all of it
        # again and again, which stops every thread for a tenth of a second or more.
        # What is rubbish by now would stay, too.
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        log.info("ready to understand")

    async def health(self) -> Sequence[Health]:
        """Say how each part is."""
        return await self._house.health()

    async def close(self) -> None:
        """Wait for the worker, then give back files and connections."""
        # Not `to_thread`: Qt's executor joins from threads that Python does not know.
        closing = InferenceWorker("closing")
        try:
            if self.alarm_sound is not None:
                await closing.run(self.alarm_sound.close)
            await closing.run(self._house.libraries.close)
            self._house.release_model()
            await closing.run(self._house.worker.close)
            await self._house.close_backend()
            await self._sign_out()
            await self._house.keeper.close()
            await closing.run(self.presence.close)
            await closing.run(self.journal.close)
        finally:
            closing.close()

    async def _sign_out(self) -> None:
        try:
            await self.presence.sign_out()
        except JournalError as error:
            log.error("the end of the shift is in no log: %s", error)


async def make_desk(house: "House") -> HouseDesk:
    """Give the desk of a house for its window.

    Raises:
        SettingsError: Routes that cannot be read: said before anything is asked by
            them.
    """
    house.router.names()
    with suppress(PeopleError):
        # Nobody is let in; health says why.
        await house.presence.refresh()
    try:
        await house.keeper.look()
    except UserFacingError as error:
        # The journal's own line says what keeps it from being written.
        log.info("whether the settings are others is in no log: %s", error)
    return house.desk
