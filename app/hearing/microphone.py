"""The microphone: each hold of the key makes a `Recording`."""

import asyncio
import logging
import threading
from collections.abc import Callable
from typing import Final, TypeVar

from app.core.desk import SoundInput
from app.core.errors import AudioDeviceError, UserFacingError
from app.core.ports import Health
from app.hearing.cue import Cue
from app.hearing.devices import OPEN_S, STUCK, SoundSystem, on_thread, promised
from app.hearing.endpointing import Detection, Endpointing, SpeechDetector
from app.hearing.line import Hush, Line
from app.hearing.recording import Recording
from app.hearing.standby import Standby, closed

log = logging.getLogger(__name__)

_T = TypeVar("_T")

HUSH_S: Final = 1.0
"""How long a press waits for the desk to stop speaking."""
_STEP_S: Final = 0.02
_CLOSE_S: Final = 3.0

SYSTEM: Final = SoundSystem()
"""PortAudio is one a process."""


class SoundDeviceMicrophone:
    """`core.desk.Microphone` on PortAudio."""

    def __init__(
        self,
        device: str | None = None,
        *,
        standby: bool = False,
        cue: bool = False,
        hands_free: bool = False,
        remember: Callable[[str], None] = lambda name: None,
        system: SoundSystem = SYSTEM,
        detector: SpeechDetector | None = None,
    ) -> None:
        """Choose a device by its name; None: the system's default.

        `standby`, `cue` and `hands_free` are the operator's wishes. `remember` keeps
        the name of a device that the operator chose. `detector` stands in for the one
        that hears where speech ends.
        """
        self._device = device or ""
        self._wants_standby = standby
        self._wants_hands_free = hands_free
        self._remember = remember
        self._system = system
        self._hush = Hush()
        self._standby = Standby(system, self._hush)
        self._cue = Cue(system) if cue else None
        self._detection = Detection(detector)
        self._loading: threading.Thread | None = None
        self._found = ""

    @property
    def name(self) -> str:
        """The chosen name, else that of the default once it is known."""
        return self._device or self._found

    @property
    def chosen(self) -> str:
        """The chosen name; empty: the default."""
        return self._device

    @property
    def hands_free(self) -> bool:
        """Whether a take ends with the speech: it is wished, and can be heard."""
        return self._wants_hands_free and not self._detection.fault

    def stand_by(self) -> None:
        """Keep the device open from now on, if that is wished."""
        if self._wants_standby:
            self._standby.begin(self._device)
        if self._wants_hands_free and self._loading is None:
            self._loading = threading.Thread(
                target=self._detection.load, name="microphone-endpointing", daemon=True
            )
            self._loading.start()

    def hush(self) -> None:
        """Hear nothing until `resume`."""
        self._hush.hush()
        self._standby.forget()

    def resume(self) -> None:
        """Hear again what sounds from now on."""
        self._hush.resume()

    async def open(self) -> Recording:
        """Start to record; see `core.desk.Microphone`."""
        await self._silence()
        endpointing = await self._endpointing() if self.hands_free else None
        line = await self._kept_line() if self._standby.begun else None
        recording = Recording(
            self._device,
            self._system,
            line=line,
            hush=self._hush,
            endpointing=endpointing,
        )
        try:
            self._found = await promised(
                self._called,
                lambda tell: recording.start(
                    lambda name, error: tell(name if error is None else error)
                ),
                OPEN_S,
            )
        except BaseException:
            recording.finish()
            raise
        if self._cue is not None:
            self._cue.play()
        return recording

    async def inputs(self) -> tuple[SoundInput, ...]:
        """Look for microphones; see `core.desk.Microphone`."""
        return await _on_thread(self._inputs)

    async def choose(self, name: str) -> None:
        """Use this microphone from now on; see `core.desk.Microphone`."""
        self._device, self._found = name, ""
        self._standby.want(name)
        self._remember(name)

    async def health(self) -> Health:
        """Say whether the microphone is there, without recording."""
        try:
            return await _on_thread(self._look)
        except AudioDeviceError as error:
            return _ill(error.message, error.remedy)

    async def close(self) -> None:
        """Give the device back; see `core.desk.Microphone`."""
        try:
            ended = await _on_thread(self._leave)
        except AudioDeviceError:
            ended = False
        if not ended:
            log.warning("the microphone's driver hangs; it is left behind")

    async def _silence(self) -> None:
        """Wait for the desk to stop speaking, but not for long."""
        waited = 0.0
        while self._hush.hushed:
            if waited >= HUSH_S:
                raise AudioDeviceError(
                    "正在播报, 麦克风暂时关闭",
                    "请等播报结束或关闭播报后再说; 期间可以直接输入文字。",
                )
            await asyncio.sleep(_STEP_S)
            waited += _STEP_S

    async def _kept_line(self) -> Line:
        """Give the line that is kept open; if it is not, this hurries it."""

        def ask(tell: Callable[[Line | Exception], None]) -> None:
            self._standby.ask(lambda line, error: tell(line or error or closed()))

        return await promised(self._called, ask, OPEN_S)

    @property
    def _called(self) -> str:
        return f"麦克风「{self.name}」" if self.name else "麦克风"

    async def _endpointing(self) -> Endpointing:
        detector = await _on_thread(self._detection.load)
        if detector is None:
            # The key was only tapped: such a take would not end by itself.
            raise AudioDeviceError(
                f"听不出何时说完 ({self._detection.fault})",
                "已改为按住说话, 请按住按键再说一遍; 期间可以直接输入文字。",
            )
        return Endpointing(detector)

    def _inputs(self) -> tuple[SoundInput, ...]:
        with self._standby.let_go(), self._system.exclusively() as library:
            self._system.refresh(library)
            return tuple(
                SoundInput(name=device.name, is_default=device.is_default)
                for device in self._system.offered(library)
            )

    def _look(self) -> Health:
        try:
            name = self._present()
        except UserFacingError as error:
            return _ill(error.message, error.remedy)
        except Exception as error:
            log.exception("looking for microphones failed")
            return _ill(f"声音系统故障 ({error})", STUCK)
        self._found = name
        if self._wants_hands_free and self._detection.load() is None:
            return Health(
                name="麦克风",
                key="microphone",
                ok=True,
                detail=f"{name} ({self._detection.fault}, 说话时需按住按键)",
            )
        return Health(name="麦克风", key="microphone", ok=True, detail=name)

    def _present(self) -> str:
        """Give the name of the device; a line that is kept open is not disturbed."""
        if self._standby.begun:
            if (line := self._standby.line) is not None:
                return line.device.name
            if (fault := self._standby.fault) is not None:
                raise fault
        with self._system.exclusively() as library:
            self._system.refresh(library)
            return self._system.choose(library, self._device or None).name

    def _leave(self) -> bool:
        ended = self._standby.end(_CLOSE_S)
        if self._cue is not None:
            self._cue.wait()
        if self._loading is not None:
            self._loading.join(_CLOSE_S)
        return ended


def _ill(detail: str, remedy: str) -> Health:
    return Health(
        name="麦克风", key="microphone", ok=False, detail=detail, remedy=remedy
    )


async def _on_thread(call: Callable[[], _T]) -> _T:
    return await on_thread(call, OPEN_S, "microphone-driver")
