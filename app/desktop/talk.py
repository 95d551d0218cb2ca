"""Hold to talk: from the key going down to a take that a run may read."""

import asyncio
import logging
import time
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core.desk import Microphone, Take
from app.core.errors import UserFacingError

log = logging.getLogger(__name__)

SHORTEST_HOLD_MS: Final = 200
"""A tap shorter than this is a slip of the finger: no run, no record."""
_LEVEL_MS: Final = 50


class TalkState(StrEnum):
    """What the key is doing."""

    IDLE = "idle"
    OPENING = "opening"
    LISTENING = "listening"


class HoldToTalk(QObject):
    """Opens the microphone while a key is held.

    The microphone opens with the key, so no first syllable is lost; the take is given
    away only once the key has been held long enough.

    Signals:
        take_ready: A take to recognise; it still records until the key is released.
        state_changed: What the key is doing now.
        level_changed: Peak of the last block, 0 … 1.
        failed: Why there is no take: a sentence for the operator.
    """

    take_ready = Signal(object)
    state_changed = Signal(str)
    level_changed = Signal(float)
    failed = Signal(str)

    def __init__(
        self, microphone: Microphone, shortest_ms: int = SHORTEST_HOLD_MS
    ) -> None:
        super().__init__()
        self._microphone = microphone
        self._shortest_ms = shortest_ms
        self._state = TalkState.IDLE
        self._held = False
        self._pressed_at = 0.0
        self._take: Take | None = None
        self._given = False
        self._opening: asyncio.Task[None] | None = None
        self._ripe = QTimer(self)
        self._ripe.setSingleShot(True)
        self._ripe.timeout.connect(self._ripen)
        self._meter = QTimer(self)
        self._meter.setInterval(_LEVEL_MS)
        self._meter.timeout.connect(self._measure)

    @property
    def state(self) -> TalkState:
        """What the key is doing."""
        return self._state

    @Slot()
    def press(self) -> None:
        """The key went down."""
        # While an earlier take is still opening, its task decides what comes of it.
        if self._held or self._opening is not None:
            return
        self._held, self._given = True, False
        self._pressed_at = time.monotonic()
        self._enter(TalkState.OPENING)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    @Slot()
    def release(self) -> None:
        """The key went up: what is queued is still recognised."""
        self._held = False
        self._stop()

    async def close(self) -> None:
        """Let go of the microphone and wait for an opening under way."""
        self.release()
        if self._opening is not None:
            await asyncio.wait([self._opening])

    async def _open(self) -> None:
        try:
            take = await self._microphone.open()
        except UserFacingError as error:
            self._refuse(str(error))
        except Exception as error:
            log.exception("the microphone could not be opened")
            self._refuse(
                self.tr(
                    "麦克风打不开（{name}）。请检查连接后重试，期间可以直接输入文字。"
                ).format(name=type(error).__name__)
            )
        else:
            self._opened(take)
        finally:
            self._opening = None

    def _opened(self, take: Take) -> None:
        held_ms = (time.monotonic() - self._pressed_at) * 1000
        if not self._held:
            take.finish()
            self._enter(TalkState.IDLE)
            if held_ms >= self._shortest_ms:
                self.failed.emit(
                    self.tr("麦克风刚刚才打开，这一句没有录到。请再按住说一遍。")
                )
            return
        self._take = take
        self._enter(TalkState.LISTENING)
        self._meter.start()
        self._ripe.start(max(0, round(self._shortest_ms - held_ms)))

    def _refuse(self, sentence: str) -> None:
        self._held = False
        self._enter(TalkState.IDLE)
        self.failed.emit(sentence)

    @Slot()
    def _ripen(self) -> None:
        if self._take is not None and self._held and not self._given:
            self._given = True
            self.take_ready.emit(self._take)

    @Slot()
    def _measure(self) -> None:
        if self._take is not None:
            self.level_changed.emit(self._take.level)

    def _stop(self) -> None:
        self._ripe.stop()
        self._meter.stop()
        take, self._take = self._take, None
        if take is None:
            return
        take.finish()
        self.level_changed.emit(0.0)
        self._enter(TalkState.IDLE)

    def _enter(self, state: TalkState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
