"""One opened device: what it gives goes to whoever listens, else into the pre-roll."""

import logging
import threading
import time
from collections import deque
from types import ModuleType
from typing import TYPE_CHECKING, Final, Protocol

from app.core.errors import AudioDeviceError
from app.hearing.devices import InputDevice, SoundSystem
from app.hearing.pcm import RATE
from app.hearing.refusals import Refusal, refusal_of, told

if TYPE_CHECKING:
    import sounddevice

log = logging.getLogger(__name__)

PRE_ROLL_BLOCKS: Final = 3
"""Blocks of 100 ms from before the key that a take begins with."""
_STALE_S: Final = 1.0
WATCHDOG_S: Final = 1.0
"""A device that gives no block for this long is gone, whatever it says."""
FIRST_BLOCK_S: Final = 3.0
"""The first block may take longer: sleeping and wireless devices wake up."""


class Hush:
    """Whether the microphone may hear; one for every line of a desk."""

    def __init__(self) -> None:
        """Let everything through."""
        self._hushed = False
        self._hushed_at = 0.0
        self._resumed_at = 0.0

    @property
    def hushed(self) -> bool:
        """Whether nothing is heard now."""
        return self._hushed

    def hush(self) -> None:
        """Let nothing through that sounds from now on.

        What sounded before is still on its way: the end of a command may be in it.
        """
        if not self._hushed:
            self._hushed_at = time.monotonic()
            self._hushed = True

    def resume(self) -> None:
        """Let through what sounds from now on."""
        if self._hushed:
            self._resumed_at = time.monotonic()
            self._hushed = False

    def lets_through(self, sounded_at: float) -> bool:
        """Say whether sound that began at this time may be heard."""
        if self._hushed and sounded_at >= self._hushed_at:
            return False
        return sounded_at >= self._resumed_at


class Listener(Protocol):
    """Takes blocks on PortAudio's thread: it only copies."""

    def hear(self, block: bytes) -> None:
        """Take a block."""
        ...

    def lose(self) -> None:
        """Take note that the driver lost a block."""
        ...


class Line:
    """A stream of a device, from opening to close."""

    def __init__(self, device: InputDevice, hush: Hush) -> None:
        """Name the device; `start` opens it."""
        self.device: Final = device
        self.rate = RATE
        self.channels = 1
        self.last_block_at = time.monotonic()
        self.arrived: Final = threading.Event()
        """Set with each block; whoever waits for the next one clears it."""
        self.ended: Final = threading.Event()
        self._heard_any = False
        self._hush = hush
        self._lock = threading.Lock()
        self._listeners: tuple[tuple[Listener, float], ...] = ()
        """Who listens, and since when."""
        self._ring: deque[tuple[float, bytes]] = deque(maxlen=PRE_ROLL_BLOCKS)
        self._stream: sounddevice.RawInputStream | None = None
        self._latency_s = 0.0

    @property
    def latency_s(self) -> float:
        """How long sound is on its way through the driver."""
        return float(self._stream.latency) if self._stream is not None else 0.0

    @property
    def idle(self) -> bool:
        """Whether nobody listens."""
        return not self._listeners

    @property
    def gone(self) -> bool:
        """Whether the device went away: by its own word, or by its silence."""
        patience = WATCHDOG_S if self._heard_any else FIRST_BLOCK_S
        return self.ended.is_set() or time.monotonic() - self.last_block_at > patience

    def start(self, library: ModuleType) -> None:
        """Open the stream in the first form that the device gives.

        Raises:
            AudioDeviceError: With a sentence for each cause.
        """
        device = self.device
        forms = {
            (RATE, 1): None,
            (device.rate, 1): None,
            (device.rate, min(2, device.channels)): None,
            (device.rate, device.channels): None,
        }
        failures: list[Exception] = []
        for self.rate, self.channels in forms:
            try:
                self._stream = self._opened(library)
            except library.PortAudioError as error:
                log.debug("%s at %d Hz: %s", device.name, self.rate, error)
                failures.append(error)
                continue
            self._latency_s = _seconds(self._stream.latency)
            return
        # What another form would not mend says more than that a form is refused.
        failures.sort(key=lambda error: refusal_of(error) is Refusal.FORMAT)
        raise told(device.name, failures[0]) from failures[0]

    def _opened(self, library: ModuleType) -> "sounddevice.RawInputStream":
        self.last_block_at = time.monotonic()
        stream = library.RawInputStream(
            samplerate=self.rate,
            blocksize=self.rate // 10,
            device=self.device.index,
            channels=self.channels,
            dtype="int16",
            callback=self._hear,
            finished_callback=self.ended.set,
        )
        try:
            stream.start()
        except library.PortAudioError:
            stream.close(ignore_errors=True)
            self.ended.clear()
            raise
        # A device that took long to open has had no time yet to give a block.
        self.last_block_at = time.monotonic()
        return stream

    def attach(self, listener: Listener) -> None:
        """Give a listener the pre-roll, and every block from now on."""
        with self._lock:
            # A driver that stalled leaves blocks from long before the key.
            now = time.monotonic()
            oldest = now - self._latency_s - _STALE_S
            for sounded_at, block in self._ring:
                if sounded_at >= oldest and self._hush.lets_through(sounded_at):
                    listener.hear(block)
            # What one take has heard, the next one must not hear again.
            self._ring.clear()
            self._listeners = (*self._listeners, (listener, now))

    def detach(self, listener: Listener) -> None:
        """Give a listener no more blocks."""
        with self._lock:
            self._listeners = tuple(
                each for each in self._listeners if each[0] is not listener
            )

    def forget(self) -> None:
        """Empty the pre-roll."""
        with self._lock:
            self._ring.clear()

    def close(self, system: SoundSystem) -> bool:
        """Give the device back; False: the driver hangs, and it was not given."""
        self.ended.set()
        self.forget()
        stream, self._stream = self._stream, None
        if stream is None:
            return True
        try:
            with system.exclusively():
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
                system.closed()
        except AudioDeviceError as error:
            log.warning("the microphone was not closed: %s", error)
            return False
        return True

    def _hear(self, data: object, frames: int, when: object, status: object) -> None:
        """Copy a block; runs on PortAudio's thread."""
        block = bytes(data)  # type: ignore[call-overload]
        now = time.monotonic()
        sounded_at = now - frames / self.rate - self._latency_s
        with self._lock:
            heard = self._hush.lets_through(sounded_at)
            for listener, since in self._listeners:
                if heard:
                    listener.hear(block)
                elif sounded_at >= since:
                    # A word of the command may be in it. What sounded before the
                    # press is the desk's own voice, which the press broke off.
                    listener.lose()
            if self._hush.hushed or not heard:
                self._ring.clear()
            elif not self._listeners:
                self._ring.append((sounded_at, block))
            if getattr(status, "input_overflow", False):
                for listener, _ in self._listeners:
                    listener.lose()
        self.last_block_at = now
        self._heard_any = True
        self.arrived.set()


def _seconds(latency: object) -> float:
    return float(latency) if isinstance(latency, (int, float)) else 0.0


def open_line(
    system: SoundSystem, wanted: str, hush: Hush, listener: Listener | None = None
) -> Line:
    """Find the device by its name, empty: the default, and open it.

    A listener that is given hears it from its first block.

    Raises:
        AudioDeviceError, LibraryMissingError: With a sentence for each cause.
    """
    with system.exclusively() as library:
        try:
            return _open_listed(system, library, wanted, hush, listener)
        except AudioDeviceError:
            # PortAudio's list is as old as its start: the device may be new.
            system.refresh(library)
            return _open_listed(system, library, wanted, hush, listener)


def _open_listed(
    system: SoundSystem,
    library: ModuleType,
    wanted: str,
    hush: Hush,
    listener: Listener | None,
) -> Line:
    line = Line(system.choose(library, wanted or None), hush)
    if listener is not None:
        line.attach(listener)
    line.start(library)
    system.opened()
    return line
