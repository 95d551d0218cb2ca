"""The tone that says: there is an alarm that nobody has acknowledged."""

import logging
import threading
import time
from typing import Final

import numpy as np

from app.core.errors import AudioDeviceError, UserFacingError
from app.core.ports import Health
from app.hearing.devices import OPEN_S, SoundSystem, on_thread
from app.hearing.pcm import to_pcm16

log = logging.getLogger(__name__)

PULSES_HZ: Final = (988, 740, 988)
"""High, low, high: no other program of a desk sounds so."""
PULSE_S: Final = 0.16
PAUSE_S: Final = 0.06
LOUDNESS: Final = 0.5
_FADE_S: Final = 0.01
_BLOCK_S: Final = 0.05
_OPENING_S: Final = 0.8
"""How long a loudspeaker usually takes to open, at most."""
_LEAVE_S: Final = 1.0
HANGS_S: Final = 5.0
"""A tone that has not ended in this time never will."""
_REMEDY: Final = (
    "请接上音箱或耳机, 并在系统的声音设置里选好输出设备; 期间请多看窗口上方的告警栏。"
)


def tone(rate: int) -> bytes:
    """Give the tone as PCM16, each pulse with soft ends so that it cannot crack."""
    count = round(rate * PULSE_S)
    at = np.arange(count) / rate
    ends = np.minimum(at, at[::-1]) / _FADE_S
    swell = LOUDNESS * np.clip(ends, 0, 1)
    pause = np.zeros(round(rate * PAUSE_S))
    parts = []
    for pitch in PULSES_HZ:
        parts += [swell * np.sin(2 * np.pi * pitch * at), pause]
    return to_pcm16(np.concatenate(parts).astype(np.float32))


class AlarmTone:
    """`core.desk.AlarmSound` on the system's loudspeaker.

    Unlike the tick of the microphone it is tried again each time: a loudspeaker that
    comes back must be heard.
    """

    def __init__(self, system: SoundSystem, *, repeat_s: float = 30.0) -> None:
        """Take the sound system; nothing is opened before `play`."""
        self._system = system
        self._repeat_s = repeat_s
        self._playing: threading.Thread | None = None
        self._began = 0.0
        """When the last tone began."""
        self._silent = threading.Event()
        self._closed = False
        self._fault = ""
        """Why the last tone was not heard."""

    @property
    def repeat_s(self) -> float:
        """Seconds between two tones while an alarm is open."""
        return self._repeat_s

    @property
    def lasts_s(self) -> float:
        """Seconds that a tone sounds at most."""
        return (PULSE_S + PAUSE_S) * len(PULSES_HZ) + _OPENING_S

    def play(self) -> None:
        """Sound once, unless the tone before still does; returns at once."""
        if self._closed:
            return
        if self._playing is not None and self._playing.is_alive():
            return
        self._silent.clear()
        self._began = time.monotonic()
        self._playing = threading.Thread(
            target=self._play, name="alarm-tone", daemon=True
        )
        self._playing.start()

    def stop(self) -> None:
        """Fall silent within a twentieth of a second."""
        self._silent.set()

    async def health(self) -> Health:
        """Say whether it can be heard."""
        try:
            return await on_thread(self._look, OPEN_S, "alarm-tone-driver")
        except AudioDeviceError as error:
            return _ill(error.message)

    def close(self) -> None:
        """Fall silent for good; a driver that hangs is left behind."""
        self._closed = True
        self.stop()
        if self._playing is not None:
            self._playing.join(_LEAVE_S)

    @property
    def _hangs(self) -> bool:
        """Whether the driver keeps a tone, and so every tone after it."""
        playing = self._playing
        if playing is None or not playing.is_alive():
            return False
        return time.monotonic() - self._began > HANGS_S

    def _look(self) -> Health:
        if self._hangs:
            return _ill("声音驱动没有响应")
        try:
            with self._system.exclusively() as library:
                name = str(library.query_devices(kind="output")["name"])
        except UserFacingError as error:
            return _ill(error.message)
        except Exception as error:  # noqa: BLE001 – PortAudio's own, and others
            log.debug("no sound output: %s", error)
            return _ill("没有可用的声音输出")
        if self._fault:
            return _ill(f"{name}: {self._fault}")
        return Health(name="告警声", key="alarm_sound", ok=True, detail=name)

    def _play(self) -> None:
        try:
            with self._system.exclusively() as library:
                stream, rate = self._system.open_loudspeaker(library)
            try:
                sound, block = tone(rate), 2 * round(rate * _BLOCK_S)
                for at in range(0, len(sound), block):
                    if self._silent.is_set():
                        # Closing throws away what is not heard yet.
                        return
                    stream.write(sound[at : at + block])
                stream.stop()
            finally:
                self._system.give_back(stream)
            self._fault = ""
        except UserFacingError as error:
            self._fault = error.message
            log.info("no alarm tone: %s", error)
        except Exception as error:  # noqa: BLE001 – health tells
            self._fault = "声音输出打不开"
            log.info("no alarm tone: %s", error)


def _ill(why: str) -> Health:
    return Health(
        name="告警声",
        key="alarm_sound",
        ok=False,
        detail=f"{why}, 告警只显示、不响",
        remedy=_REMEDY,
    )
