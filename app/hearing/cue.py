"""The tick that says: the microphone listens."""

import logging
import threading
import time
from types import ModuleType
from typing import TYPE_CHECKING, Final

import numpy as np

from app.core.errors import UserFacingError
from app.hearing.devices import SoundSystem
from app.hearing.pcm import to_pcm16

if TYPE_CHECKING:
    import sounddevice

log = logging.getLogger(__name__)

TICK_S: Final = 0.03
TICK_HZ: Final = 1200
LOUDNESS: Final = 0.1
"""Peak of the tick. It is short and quiet, since the microphone may hear it."""
SLOW_S: Final = 0.5
"""A loudspeaker that opens more slowly ticks into the command."""
_LEAVE_S: Final = 1.0


def tick(rate: int) -> bytes:
    """Give the tick as PCM16: a sine that swells and fades, so that it cannot crack."""
    count = round(rate * TICK_S)
    swell = np.hanning(count)
    wave = LOUDNESS * swell * np.sin(2 * np.pi * TICK_HZ * np.arange(count) / rate)
    return to_pcm16(wave.astype(np.float32))


class Cue:
    """Plays the tick on a thread of its own; no loudspeaker is no error."""

    def __init__(self, system: SoundSystem) -> None:
        """Take the sound system; nothing is opened before `play`."""
        self._system = system
        self._playing: threading.Thread | None = None
        self._given_up = False

    def play(self) -> None:
        """Play, unless the tick before still sounds; returns at once.

        A loudspeaker that did not open, or opened slowly, is not tried again: while
        it opens, no microphone can.
        """
        if self._given_up:
            return
        if self._playing is not None and self._playing.is_alive():
            return
        self._playing = threading.Thread(
            target=self._play, name="microphone-cue", daemon=True
        )
        self._playing.start()

    def wait(self) -> None:
        """Wait until the tick has ended; a driver that hangs is left behind."""
        if self._playing is not None:
            self._playing.join(_LEAVE_S)

    def _play(self) -> None:
        try:
            with self._system.exclusively() as library:
                stream, sound = self._opened(library)
            try:
                if not self._given_up:
                    stream.write(sound)
                    stream.stop()
            finally:
                self._system.give_back(stream)
        except UserFacingError as error:
            log.debug("no tick: %s", error)
        except Exception as error:  # noqa: BLE001 – a desk without it works as well
            log.info("no tick: %s", error)

    def _opened(
        self, library: ModuleType
    ) -> tuple["sounddevice.RawOutputStream", bytes]:
        began = time.monotonic()
        # Also while it opens: a driver that hangs here never comes back.
        self._given_up = True
        stream, rate = self._system.open_loudspeaker(library)
        self._given_up = time.monotonic() - began > SLOW_S
        return stream, tick(rate)
