"""A microphone that is kept open, on a scripted sound library."""

import asyncio

from app.core.cancel import CancelToken
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from app.hearing.recording import Recording
from tests.virtual_audio import ScriptedSound, ScriptedStream


def block(number: int) -> bytes:
    """100 ms that are told from any other."""
    return number.to_bytes(2, "little") * 1600


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
