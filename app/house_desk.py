"""The desk as screens see it, on the parts of a house."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Final

from app import __version__
from app.core.desk import DeskInfo
from app.core.dialogue import NOTHING, Context, Dialogue
from app.core.errors import UserFacingError
from app.core.events import RunEvent, TerminalEvent
from app.core.ports import AudioSource, Health
from app.core.request import RunRequest
from app.system import paths

if TYPE_CHECKING:
    from app.compose import House

log = logging.getLogger(__name__)

PROGRAM: Final = f"griddesk {__version__}"


class HouseDesk:
    """`core.desk.Desk` on the parts of a house."""

    def __init__(self, house: "House") -> None:
        """Take the house whose parts are used."""
        self._house = house
        self.microphone = house.microphone
        self.directory = house.directory
        self.journal = house.journal
        self.recordings = house.recordings
        self._dialogue = Dialogue(house.clock.now)
        self._under_way: set[str] = set()

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
        """Make a request in the name of the operator at this desk."""
        return RunRequest(
            operator=self.info.operator,
            workstation=self.info.workstation,
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

    def _ended(self, event: TerminalEvent) -> None:
        self._under_way.discard(event.run_id)
        if event.journalled:
            self._dialogue.remember(event.record)
        else:
            # Nothing may lean on a run that is in no log.
            self._dialogue.forget()

    async def warm_up(self) -> None:
        """Load recogniser and model on the worker; health tells what is missing."""
        await self._house.worker.run(self._house.directory.prepare)
        try:
            await self._house.recognizer.warm_up()
        except UserFacingError as error:
            log.info("no recogniser: %s", error)
        await self._house.agent.warm_up()
        log.info("ready to listen")

    async def health(self) -> Sequence[Health]:
        """Say how each part is."""
        return await self._house.health()

    async def close(self) -> None:
        """Wait for the worker, then give back files and connections."""
        await asyncio.to_thread(self._house.worker.close)
        await self._house.close_backend()
        await asyncio.to_thread(self.journal.close)
