"""One recording, from press to release.

Each has its own thread which opens, watches and closes the stream, so neither the
event loop nor the inference worker waits for a driver, and a driver that hangs takes
nothing else with it. The audio callback only copies.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Final

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError, AudioTooLongError, UserFacingError
from app.core.model import Origin
from app.hearing.devices import InputDevice, SoundSystem
from app.hearing.pcm import LONGEST_S, RATE, Converter, peak_of

if TYPE_CHECKING:
    import sounddevice

    _Opened = tuple[InputDevice, sounddevice.RawInputStream]

log = logging.getLogger(__name__)

WATCHDOG_S: Final = 1.0
"""A device that gives no block for this long is gone, whatever it says."""
FIRST_BLOCK_S: Final = 3.0
"""The first block may take longer: sleeping and wireless devices wake up."""
_MOST_TAIL_S: Final = 0.5
"""How long the block with the last syllable is waited for after release."""
_QUEUE_BLOCKS: Final = int(LONGEST_S * 10) + 20
_POLL_S: Final = 0.05
_BUSY: Final = -9985
"""paDeviceUnavailable"""

Started = Callable[[str, UserFacingError | None], None]
"""Told once, on the recording's thread: the device's name, or why there is none."""


class Recording:
    """`core.desk.Take` on a PortAudio stream."""

    origin = Origin.MICROPHONE

    def __init__(
        self,
        device: str | None,
        system: SoundSystem,
        *,
        queue_blocks: int = _QUEUE_BLOCKS,
    ) -> None:
        """Name the device; nothing is opened before `start`."""
        self._wanted = device
        self._system = system
        self._queue: queue.Queue[bytes] = queue.Queue(queue_blocks)
        self._overflows = 0
        self._last_block = b""
        self._last_block_at = 0.0
        self._arrived = threading.Event()
        self._released = threading.Event()
        self._stream_ended = threading.Event()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._fault: UserFacingError | None = None
        self._rate = RATE
        self._channels = 1

    def start(self, started: Started) -> None:
        """Open the device on the recording's own thread."""
        threading.Thread(
            target=self._run, args=(started,), name="microphone", daemon=True
        ).start()

    @property
    def level(self) -> float:
        """Peak of the last block, 0 … 1."""
        return peak_of(self._last_block)

    @property
    def overflows(self) -> int:
        """Blocks lost because our queue, or the driver's, was full."""
        return self._overflows

    def finish(self) -> None:
        """Key released: what is queued is still delivered, then the audio ends."""
        self._released.set()

    def wait_closed(self, timeout_s: float) -> bool:
        """Wait until the device is given back; False: the driver hangs."""
        return self._closed.wait(timeout_s)

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield what was recorded; see `core.ports.AudioSource`."""
        converter = Converter(self._rate, self._channels)
        try:
            while True:
                cancel.raise_if_cancelled()
                # Read before the queue: once it is set, nothing more is queued.
                ended = self._ended.is_set()
                try:
                    raw = self._queue.get(timeout=0 if ended else _POLL_S)
                except queue.Empty:
                    if ended:
                        break
                    continue
                if block := converter.feed_pcm16(raw):
                    yield block
            if self._fault is not None:
                raise self._fault
            if block := converter.finish():
                yield block
        finally:
            self.finish()

    def _run(self, started: Started) -> None:
        try:
            with self._system.exclusively() as library:
                device, stream = self._open(library)
                self._system.opened()
        except UserFacingError as error:
            self._give_up(error, started)
            return
        except Exception as error:
            log.exception("the microphone did not open")
            self._give_up(AudioDeviceError(f"麦克风无法打开 ({error})"), started)
            return
        started(device.name, None)
        try:
            self._watch(stream, device.name)
        except UserFacingError as error:
            self._fault = error
        except Exception as error:
            # The thread boundary: whoever reads the blocks must not wait for ever.
            log.exception("the recording broke off")
            self._fault = AudioDeviceError(f"麦克风「{device.name}」出错 ({error})")
        self._ended.set()
        self._close(stream)

    def _give_up(self, error: UserFacingError, started: Started) -> None:
        self._fault = error
        self._ended.set()
        self._closed.set()
        started("", error)

    def _open(self, library: ModuleType) -> "_Opened":
        try:
            return self._open_listed(library)
        except AudioDeviceError:
            # PortAudio's list is as old as its start: the device may be new.
            self._system.refresh(library)
            return self._open_listed(library)

    def _open_listed(self, library: ModuleType) -> "_Opened":
        device = self._system.choose(library, self._wanted)
        forms = {
            (RATE, 1): None,
            (device.rate, 1): None,
            (device.rate, min(2, device.channels)): None,
            (device.rate, device.channels): None,
        }
        failure: Exception | None = None
        for rate, channels in forms:
            self._rate, self._channels = rate, channels
            try:
                stream = library.RawInputStream(
                    samplerate=rate,
                    blocksize=rate // 10,
                    device=device.index,
                    channels=channels,
                    dtype="int16",
                    callback=self._hear,
                    finished_callback=self._stream_ended.set,
                )
                self._last_block_at = time.monotonic()
                stream.start()
            except library.PortAudioError as error:
                failure = error
                log.debug("%s at %d Hz, %d ch: %s", device.name, rate, channels, error)
                continue
            return device, stream
        assert failure is not None
        busy = _BUSY in failure.args
        why = "正被其他程序占用" if busy else f"无法打开 ({failure.args[0]})"
        raise AudioDeviceError(f"麦克风「{device.name}」{why}") from failure

    def _hear(self, data: object, frames: int, when: object, status: object) -> None:
        """Copy a block; runs on PortAudio's thread."""
        block = bytes(data)  # type: ignore[call-overload]
        if getattr(status, "input_overflow", False):
            self._overflows += 1
        try:
            self._queue.put_nowait(block)
        except queue.Full:
            self._overflows += 1
        self._last_block = block
        self._last_block_at = time.monotonic()
        self._arrived.set()

    def _watch(self, stream: "sounddevice.RawInputStream", name: str) -> None:
        """Stay until release and the tail after it.

        Raises:
            AudioDeviceError: The device is gone.
            AudioTooLongError: The key is held for more than `LONGEST_S`.
        """
        began = time.monotonic()
        while not self._released.wait(_POLL_S):
            patience = WATCHDOG_S if self._arrived.is_set() else FIRST_BLOCK_S
            silent_s = time.monotonic() - self._last_block_at
            if self._stream_ended.is_set() or silent_s > patience:
                raise AudioDeviceError(
                    f"麦克风「{name}」在录音中断开",
                    "请检查麦克风连接后再说一遍; 期间可以直接输入文字。",
                )
            if time.monotonic() - began > LONGEST_S:
                raise AudioTooLongError(
                    f"按住说话超过 {LONGEST_S:.0f} 秒, 录音已停止",
                    "请只说一条指令, 说完松开按键。",
                )
        # What was spoken before release is still on its way through the driver.
        released = time.monotonic()
        due = released + min(float(stream.latency), _MOST_TAIL_S)
        while self._last_block_at < due and not self._stream_ended.is_set():
            self._arrived.clear()
            if not self._arrived.wait(released + _MOST_TAIL_S - time.monotonic()):
                break

    def _close(self, stream: "sounddevice.RawInputStream") -> None:
        try:
            with self._system.exclusively():
                stream.abort(ignore_errors=True)
                stream.close(ignore_errors=True)
        except AudioDeviceError as error:
            log.warning("the microphone was not closed: %s", error)
            return
        self._system.closed()
        self._closed.set()
