"""The microphone: each hold of the key opens a `Recording`."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final

from app.core.errors import AudioDeviceError, UserFacingError
from app.core.ports import Health
from app.hearing.devices import SoundSystem
from app.hearing.recording import Recording

log = logging.getLogger(__name__)

OPEN_S: Final = 5.0
"""A device that does not open in this time is not waited for."""
_STUCK: Final = "请重新插拔麦克风后再试; 期间可以直接输入文字。"

SYSTEM: Final = SoundSystem()
"""PortAudio is one a process."""


class SoundDeviceMicrophone:
    """`core.desk.Microphone` on PortAudio."""

    def __init__(
        self, device: str | None = None, *, system: SoundSystem = SYSTEM
    ) -> None:
        """Choose a device by its name; None: the system's default."""
        self._device = device
        self._system = system
        self._found = ""

    @property
    def name(self) -> str:
        """The chosen name, else that of the default once it is known."""
        return self._device or self._found

    async def open(self) -> Recording:
        """Start to record; see `core.desk.Microphone`."""
        loop = asyncio.get_running_loop()
        started: asyncio.Future[str] = loop.create_future()

        def settle(name: str, error: UserFacingError | None) -> None:
            if started.done():
                return
            if error is None:
                started.set_result(name)
            else:
                started.set_exception(error)

        recording = Recording(self._device, self._system)
        recording.start(
            lambda name, error: _hand_over(loop, lambda: settle(name, error))
        )
        try:
            async with asyncio.timeout(OPEN_S):
                self._found = await started
        except TimeoutError:
            recording.finish()
            what = f"麦克风「{self.name}」" if self.name else "麦克风"
            raise AudioDeviceError(f"{what}没有响应", _STUCK) from None
        except asyncio.CancelledError:
            recording.finish()
            raise
        return recording

    async def health(self) -> Health:
        """Say whether the microphone is there, without recording."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Health] = loop.create_future()

        def settle(health: Health) -> None:
            if not answer.done():
                answer.set_result(health)

        def look() -> None:
            health = self._look()
            _hand_over(loop, lambda: settle(health))

        threading.Thread(target=look, name="microphone-health", daemon=True).start()
        try:
            async with asyncio.timeout(OPEN_S):
                return await answer
        except TimeoutError:
            return _ill("声音驱动没有响应", _STUCK)

    def _look(self) -> Health:
        try:
            with self._system.exclusively() as library:
                self._system.refresh(library)
                device = self._system.choose(library, self._device)
        except UserFacingError as error:
            return _ill(error.message, error.remedy)
        except Exception as error:
            log.exception("looking for microphones failed")
            return _ill(f"声音系统故障 ({error})", _STUCK)
        self._found = device.name
        return Health(name="麦克风", key="microphone", ok=True, detail=device.name)


def _ill(detail: str, remedy: str) -> Health:
    return Health(
        name="麦克风", key="microphone", ok=False, detail=detail, remedy=remedy
    )


def _hand_over(loop: asyncio.AbstractEventLoop, call: Callable[[], None]) -> None:
    """Call on the loop, unless it is gone: then nobody waits for the answer."""
    try:
        loop.call_soon_threadsafe(call)
    except RuntimeError:
        log.debug("the event loop closed before the device answered")
