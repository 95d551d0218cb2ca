"""The whole program in one process, on a machine from which no route leads away.

Run as `python -m tests.e2e.no_route [--spoken]`: a window, a typed and a spoken
command, the self-test, its archive, an export and a report, the end. What came of each
is one JSON object on standard output.
"""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

from app.compose import House
from app.core.events import TerminalEvent
from app.core.request import RunRequest
from app.desktop.session import DeskSession
from app.house.doctor import HouseDoctor

SAMPLE = Path("resources/samples/helmet_qingdao.flac")


class Course:
    """What is done in the window's loop while the window is open."""

    def __init__(self, house: House, *, spoken: bool) -> None:
        self._house, self._spoken = house, spoken
        self.came: dict[str, object] = {}

    async def run(self) -> None:
        """Do everything, then ask the window to end as the system does."""
        try:
            await self._everything()
        except Exception as error:  # noqa: BLE001 – told, and the window still ends
            self.came["error"] = repr(error)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    async def _everything(self) -> None:
        house = self._house
        while house.warming:
            await asyncio.sleep(0.1)
        await self._one("typed", house.desk.request(text="查一下济南工地的人数"))
        if self._spoken:
            audio = house.audio_file(SAMPLE)
            await self._one("spoken", house.desk.request(audio=audio))
        doctor = HouseDoctor(house)
        found = await doctor.examine()
        self.came["found"] = [each.key or each.name for each in found]
        archive = house.settings_path.with_name("a.zip")
        self.came["archive"] = list((await doctor.save(archive, found)).names)

    async def _one(self, name: str, request: RunRequest) -> None:
        async for event in self._house.desk.run(request):
            if isinstance(event, TerminalEvent):
                self.came[name] = event.record.outcome.value


def main() -> None:
    """Open the window and do everything in it."""
    with House() as house:
        course = Course(house, spoken="--spoken" in sys.argv)
        begun = DeskSession.begin
        kept: list[asyncio.Task[None]] = []

        def begin(session: DeskSession) -> None:
            begun(session)
            kept.append(asyncio.get_running_loop().create_task(course.run()))

        DeskSession.begin = begin  # type: ignore[method-assign]
        course.came["status"] = house.open_window()
    print(json.dumps(course.came, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
