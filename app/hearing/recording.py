"""One recording, from press to release.

Each has its own thread which opens the device where none is kept open, watches it,
and gives it back, so neither the event loop nor the inference worker waits for a
driver, and a driver that hangs takes nothing else with it.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError, AudioTooLongError, UserFacingError
from app.core.model import Origin
from app.hearing.devices import SoundSystem
from app.hearing.endpointing import Endpointing
from app.hearing.line import Hush, Line, open_line
from app.hearing.pcm import LONGEST_S, Converter, peak_of

log = logging.getLogger(__name__)

_MOST_TAIL_S: Final = 0.5
"""How long the block with the last syllable is waited for after release."""
_QUEUE_BLOCKS: Final = int(LONGEST_S * 10) + 20
_POLL_S: Final = 0.05

Started = Callable[[str, UserFacingError | None], None]
"""Told once: the device's name, or why there is none."""


class Recording:
    """`core.desk.Take` on a line: one that is kept open, or one of its own."""

    origin = Origin.MICROPHONE

    def __init__(
        self,
        device: str | None,
        system: SoundSystem,
        *,
        line: Line | None = None,
        hush: Hush | None = None,
        endpointing: Endpointing | None = None,
        queue_blocks: int = _QUEUE_BLOCKS,
    ) -> None:
        """Name the device, or give the line that is open; nothing is heard yet.

        With `endpointing` the audio ends when the speech does.
        """
        self._wanted = device or ""
        self._system = system
        self._line = line
        self._kept_open = line is not None
        self._hush = hush or Hush()
        self._endpointing = endpointing
        self._queue: queue.Queue[bytes] = queue.Queue(queue_blocks)
        self._overflows = 0
        self._heard_bytes = 0
        self._last_block = b""
        self._released = threading.Event()
        self._ended = threading.Event()
        self._closed = threading.Event()
        self._fault: UserFacingError | None = None

    def start(self, started: Started) -> None:
        """Begin to listen; a device that is not open is opened on a thread."""
        if self._line is not None:
            self._line.attach(self)
            started(self._line.device.name, None)
        threading.Thread(
            target=self._run, args=(started,), name="microphone", daemon=True
        ).start()

    @property
    def level(self) -> float:
        """Peak of the last block, 0 … 1."""
        return peak_of(self._last_block)

    @property
    def left_s(self) -> float:
        """Seconds that may still be recorded; measured on the audio itself."""
        return max(0.0, LONGEST_S - self._heard_s)

    @property
    def ended(self) -> bool:
        """Whether nothing more is recorded."""
        return self._released.is_set() or self._ended.is_set()

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

    def hear(self, block: bytes) -> None:
        """Take a block of the line; runs on PortAudio's thread."""
        if self._heard_s >= LONGEST_S:
            return
        self._heard_bytes += len(block)
        try:
            self._queue.put_nowait(block)
        except queue.Full:
            self._overflows += 1
        self._last_block = block

    def lose(self) -> None:
        """Count a block that the driver lost."""
        self._overflows += 1

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        """Yield what was recorded; see `core.ports.AudioSource`."""
        converter: Converter | None = None
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
                converter = converter or self._converter()
                if block := converter.feed_pcm16(raw):
                    yield block
                    if self._endpointing is not None and self._endpointing.feed(block):
                        # Whoever reads late must hear no more than who reads at once.
                        return
            if self._fault is not None:
                raise self._fault
            if converter is not None and (block := converter.finish()):
                yield block
        finally:
            self.finish()

    def _converter(self) -> Converter:
        assert self._line is not None
        return Converter(self._line.rate, self._line.channels)

    @property
    def _heard_s(self) -> float:
        if (line := self._line) is None:
            return 0.0
        return self._heard_bytes / (2 * line.channels * line.rate)

    def _run(self, started: Started) -> None:
        line = self._line or self._open(started)
        if line is None:
            return
        try:
            self._watch(line)
        except UserFacingError as error:
            self._fault = error
        except Exception as error:
            # The thread boundary: whoever reads the blocks must not wait for ever.
            log.exception("the recording broke off")
            self._fault = AudioDeviceError(
                f"麦克风「{line.device.name}」出错 ({error})"
            )
        line.detach(self)
        self._ended.set()
        if self._kept_open or line.close(self._system):
            self._closed.set()

    def _open(self, started: Started) -> Line | None:
        try:
            line = open_line(self._system, self._wanted, self._hush, self)
        except UserFacingError as error:
            self._give_up(error, started)
            return None
        except Exception as error:
            log.exception("the microphone did not open")
            self._give_up(AudioDeviceError(f"麦克风无法打开 ({error})"), started)
            return None
        self._line = line
        started(line.device.name, None)
        return line

    def _give_up(self, error: UserFacingError, started: Started) -> None:
        self._fault = error
        self._ended.set()
        self._closed.set()
        started("", error)

    def _too_long(self) -> AudioTooLongError:
        if self._endpointing is None:
            return AudioTooLongError(
                f"按住说话超过 {LONGEST_S:.0f} 秒, 录音已停止",
                "请只说一条指令, 说完松开按键。",
            )
        return AudioTooLongError(
            f"听了 {LONGEST_S:.0f} 秒还没有听出说完, 录音已停止",
            "请只说一条指令, 说完停顿一下; 周围嘈杂时, 说完再按一次按键。",
        )

    def _watch(self, line: Line) -> None:
        """Stay until release and the tail after it.

        Raises:
            AudioDeviceError: The device is gone.
            AudioTooLongError: The take is longer than `LONGEST_S`.
        """
        while not self._released.wait(_POLL_S):
            if self.left_s <= 0:
                raise self._too_long()
            if line.gone:
                raise AudioDeviceError(
                    f"麦克风「{line.device.name}」在录音中断开",
                    "请检查麦克风连接后再说一遍; 期间可以直接输入文字。",
                )
        # What was spoken before release is still on its way through the driver.
        released = time.monotonic()
        due = released + min(line.latency_s, _MOST_TAIL_S)
        while line.last_block_at < due and not line.ended.is_set():
            line.arrived.clear()
            if not line.arrived.wait(released + _MOST_TAIL_S - time.monotonic()):
                break
