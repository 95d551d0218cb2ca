"""A microphone that is kept open, on a scripted sound library."""

import asyncio
import time
from types import SimpleNamespace

import pytest

from app.core.cancel import CancelToken
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from app.hearing.recording import Recording
from tests.virtual_audio import ScriptedSound, ScriptedStream


def block(number: int) -> bytes:
    """100 ms that are told from any other."""
    return number.to_bytes(2, "little") * 1600


class Clock:
    """The time of lines, which goes on when a test says so, and by itself."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._ahead = 0.0
        seen = SimpleNamespace(monotonic=lambda: time.monotonic() + self._ahead)
        monkeypatch.setattr("app.hearing.line.time", seen)

    def go_on(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead += seconds


class Desk:
    """A microphone that is kept open, on a scripted sound library."""

    def __init__(self) -> None:
        self.use(ScriptedSound())

    def use(self, sound: ScriptedSound, *, cue: bool = False) -> None:
        self.sound = sound
        self.remembered: list[str] = []
        self.microphone = SoundDeviceMicrophone(
            standby=True,
            cue=cue,
            remember=self.remembered.append,
            system=SoundSystem(sound),  # type: ignore[arg-type]
        )

    async def ready(self) -> ScriptedStream:
        """Stand by, and wait until the device is open."""
        self.microphone.stand_by()
        await self.microphone._kept_line()
        return self.sound.streams[-1]

    async def opens(self) -> None:
        """Wait for the next opening, which nobody asks for."""
        assert await asyncio.to_thread(self.sound.opened.wait, 5)


async def rest(take: Recording) -> bytes:
    take.finish()
    heard = await asyncio.to_thread(lambda: b"".join(take.blocks(CancelToken())))
    assert await asyncio.to_thread(take.wait_closed, 5)
    return heard
