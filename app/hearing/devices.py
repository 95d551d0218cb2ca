"""PortAudio's microphones: the library, their names, and one lock around it all."""

import asyncio
import atexit
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING, Final, TypeVar

from app.core.errors import AudioDeviceError, LibraryMissingError
from app.hearing.refusals import missing

if TYPE_CHECKING:
    import sounddevice

log = logging.getLogger(__name__)

_T = TypeVar("_T")

OPEN_S: Final = 5.0
"""A device that does not open, or a driver that does not answer, in this time is not
waited for."""
STUCK: Final = "请重新插拔麦克风后再试; 期间可以直接输入文字。"
_PATIENCE_S: Final = 3.0

# Where an import fails in one thread, Python gives another that waits for it the module
# half made, so only one may try at a time.
_importing: Final = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDevice:
    """A microphone as the operator knows it."""

    name: str
    """What is shown and remembered; index numbers change with every plug."""
    index: int
    channels: int
    rate: int
    """Its own samples a second."""
    is_default: bool = False
    host: int = 0
    """Which of the system's sound interfaces it is reached by."""


def load_library() -> ModuleType:
    """Import sounddevice; the first call also starts PortAudio and takes a while.

    Raises:
        LibraryMissingError: PortAudio is not installed.
        AudioDeviceError: It is, and cannot start.
    """
    try:
        with _importing:
            import sounddevice
    except (ImportError, OSError) as error:
        raise LibraryMissingError(
            f"缺少录音所需的系统库 libportaudio2 ({error})",
            "请安装系统软件包 libportaudio2 后重新启动; 期间可以直接输入文字。",
        ) from error
    except Exception as error:
        raise AudioDeviceError(f"声音系统无法启动 ({error})") from error
    module: ModuleType = sounddevice
    return module


class SoundSystem:
    """Serialises PortAudio, which is not safe to use from two threads.

    Every method may wait for a device and is called off the event loop.
    """

    def __init__(self, library: ModuleType | None = None) -> None:
        """Use `library` in place of sounddevice, in tests."""
        self._given = library
        self._lock = threading.Lock()
        self._open_streams = 0

    def library(self) -> ModuleType:
        """Give sounddevice, loaded at first use."""
        if self._given is None:
            self._given = load_library()
            # Registered after sounddevice's own handler, so it runs before that.
            atexit.register(self._leave)
        return self._given

    @contextmanager
    def exclusively(self) -> Iterator[ModuleType]:
        """Hold PortAudio for a call that opens, closes or lists.

        Raises:
            AudioDeviceError: A call before it hangs in the driver.
        """
        library = self.library()
        if not self._lock.acquire(timeout=_PATIENCE_S):
            raise AudioDeviceError(
                "声音驱动没有响应, 上一次录音还没有结束",
                "请重新插拔麦克风, 仍无效时重新启动本程序; 期间可以直接输入文字。",
            )
        try:
            yield library
        finally:
            self._lock.release()

    def _leave(self) -> None:
        """Keep a hung driver from hanging the end of the program."""
        if self._given is not None and self._lock.locked():
            log.warning("a sound driver hangs; it is left behind")
            vars(self._given)["_initialized"] = 0

    def opened(self) -> None:
        """Note a stream; the caller holds PortAudio.

        While one is open the device list is not read again.
        """
        self._open_streams += 1

    def closed(self) -> None:
        """Note that a stream is gone; the caller holds PortAudio."""
        self._open_streams -= 1

    def open_loudspeaker(
        self, library: ModuleType
    ) -> tuple["sounddevice.RawOutputStream", int]:
        """Start the default loudspeaker; give it and its rate.

        One channel of PCM16. The caller holds PortAudio, and gives it back.
        """
        rate = round(library.query_devices(kind="output")["default_samplerate"])
        stream = library.RawOutputStream(samplerate=rate, channels=1, dtype="int16")
        self.opened()
        try:
            stream.start()
        except BaseException:
            try:
                stream.close(ignore_errors=True)
            finally:
                self.closed()
            raise
        return stream, rate

    def give_back(self, stream: "sounddevice.RawOutputStream") -> None:
        """Close a loudspeaker; the caller does not hold PortAudio."""
        try:
            with self.exclusively():
                stream.close(ignore_errors=True)
        finally:
            # Even where it could not be closed: a sound that is over must not keep the
            # list of devices as it was for ever.
            self.closed()

    def refresh(self, library: ModuleType) -> None:
        """Look for new devices; the caller holds PortAudio.

        PortAudio reads its list only when it starts, and restarting it would kill an
        open stream.
        """
        if self._open_streams:
            return
        try:
            library._terminate()
            library._initialize()
        except library.PortAudioError as error:
            raise AudioDeviceError(f"声音系统无法启动 ({error})") from error

    def inputs(self, library: ModuleType) -> tuple[InputDevice, ...]:
        """List microphones, the default one first; the caller holds PortAudio."""
        default = library.default.device[0]
        found = [
            InputDevice(
                name=item["name"],
                index=item["index"],
                channels=item["max_input_channels"],
                rate=round(item["default_samplerate"]),
                is_default=item["index"] == default,
                host=item["hostapi"],
            )
            for item in library.query_devices()
            if item["max_input_channels"] > 0
        ]
        return tuple(sorted(found, key=lambda device: not device.is_default))

    def offered(self, library: ModuleType) -> tuple[InputDevice, ...]:
        """List what to choose from; the caller holds PortAudio.

        Some systems reach each microphone by several interfaces: those of the default
        microphone's are enough, each name once.
        """
        found = self.inputs(library)
        named = {
            device.name: device
            for device in reversed(found)
            if not found[0].is_default or device.host == found[0].host
        }
        return tuple(reversed(named.values()))

    def choose(self, library: ModuleType, name: str | None) -> InputDevice:
        """Find the microphone by name, None: the default; the caller holds PortAudio.

        Raises:
            AudioDeviceError: It is not plugged in, or there is none at all.
        """
        devices = self.inputs(library)
        if not devices:
            raise AudioDeviceError("没有找到麦克风")
        if not name:
            return devices[0]
        for device in devices:
            if device.name == name:
                return device
        raise missing(name, "、".join(device.name for device in devices[:4]))


async def on_thread(call: Callable[[], _T], within_s: float, thread: str) -> _T:
    """Have a driver asked off the event loop; one that hangs is not waited for.

    Not on the loop's executor: that waits at the end for all that it was given.

    Raises:
        AudioDeviceError: There is no answer in time; and what `call` raises.
    """

    def ask(tell: Callable[[_T | Exception], None]) -> None:
        def work() -> None:
            try:
                answer: _T | Exception = call()
            except Exception as error:  # noqa: BLE001 – raised where it is awaited
                answer = error
            tell(answer)

        threading.Thread(target=work, name=thread, daemon=True).start()

    return await promised("声音驱动", ask, within_s)


async def promised(
    what: str,
    ask: Callable[[Callable[[_T | Exception], None]], None],
    within_s: float,
) -> _T:
    """Wait for an answer that comes from another thread; an error is raised here.

    Raises:
        AudioDeviceError: There is none in time; `what` does not answer.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[_T] = loop.create_future()

    def settle(value: _T | Exception) -> None:
        if answer.done():
            return
        if isinstance(value, Exception):
            answer.set_exception(value)
        else:
            answer.set_result(value)

    def tell(value: _T | Exception) -> None:
        try:
            loop.call_soon_threadsafe(settle, value)
        except RuntimeError:
            # The loop is gone: then nobody waits for the answer.
            log.debug("the event loop closed before the device answered")

    ask(tell)
    try:
        async with asyncio.timeout(within_s):
            return await answer
    except TimeoutError:
        raise AudioDeviceError(f"{what}没有响应", STUCK) from None
