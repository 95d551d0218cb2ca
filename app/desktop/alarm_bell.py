"""The tone of the open alarms: at once, and again until somebody acknowledges them."""

from typing import Final, Protocol

from PySide6.QtCore import QObject, QTimer, Slot

from app.core.desk import AlarmSound
from app.desktop.alarms import Alarms
from app.desktop.talk import HoldToTalk, TalkState
from app.desktop.voice import Ears

RETRY_MS: Final = 500
"""How soon a tone that had to wait is tried again."""


class _Speaks(Protocol):
    @property
    def speaking(self) -> bool: ...


class AlarmBell(QObject):
    """Sounds while an alarm is open: at once, then at a slow interval.

    Never while the operator talks or the desk speaks; the microphone does not hear it.
    """

    def __init__(
        self,
        sound: AlarmSound,
        alarms: Alarms,
        talk: HoldToTalk,
        ears: Ears,
        voice: _Speaks | None,
    ) -> None:
        super().__init__()
        self._sound, self._alarms, self._talk = sound, alarms, talk
        self._ears, self._voice = ears, voice
        self._hushed = False
        self._next = QTimer(self)
        self._next.setSingleShot(True)
        self._next.timeout.connect(self._ring)
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.timeout.connect(self._over)
        alarms.raised.connect(self._sound_soon)
        alarms.changed.connect(self._look)
        talk.about_to_listen.connect(self._break_off)

    @Slot()
    def rest(self) -> None:
        """Be silent for good."""
        self._next.stop()
        self._fall_silent()

    @Slot()
    def _sound_soon(self) -> None:
        if not self._end.isActive():
            self._next.start(0)

    @Slot()
    def _look(self) -> None:
        """Fall silent when the last alarm is acknowledged."""
        if not self._alarms.count:
            self.rest()

    @Slot()
    def _ring(self) -> None:
        if not self._alarms.count:
            return
        speaking = self._voice is not None and self._voice.speaking
        if speaking or self._talk.state is not TalkState.IDLE:
            self._next.start(RETRY_MS)
            return
        self._hushed = True
        self._ears.hush()
        self._sound.play()
        self._end.start(round(self._sound.lasts_s * 1000))

    @Slot()
    def _over(self) -> None:
        self._fall_silent()
        self._next.start(round(self._sound.repeat_s * 1000))

    @Slot()
    def _break_off(self) -> None:
        """The talk key went down: what was not heard to its end is heard after it."""
        if self._end.isActive():
            self._fall_silent()
            self._next.start(RETRY_MS)

    def _fall_silent(self) -> None:
        self._end.stop()
        self._sound.stop()
        if self._hushed:
            self._hushed = False
            # Whoever reads aloud by now lets it hear again when he has ended.
            if self._voice is None or not self._voice.speaking:
                self._ears.resume()
