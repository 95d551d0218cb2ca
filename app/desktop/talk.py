"""Hold to talk: from the key going down to a take that a run may read."""

import asyncio
import logging
import math
import time
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core.desk import Microphone, Take
from app.core.errors import UserFacingError
from app.desktop.loudness import Hint, Loudness

log = logging.getLogger(__name__)

SHORTEST_HOLD_MS: Final = 200
"""A tap shorter than this is a slip of the finger: no run, no record."""
WARNED_S: Final = 10
"""The last seconds of a take that are counted down."""
TAUGHT_MS: Final = 5000
"""How long the hint stays that tells how to talk."""
_LEVEL_MS: Final = 50


class TalkState(StrEnum):
    """What the key is doing."""

    IDLE = "idle"
    OPENING = "opening"
    LISTENING = "listening"


class HoldToTalk(QObject):
    """Opens the microphone while a key is held.

    The take is given away only once the key has been held long enough. Hands-free, one
    press begins a take, which ends with the speech or with the next press.

    Signals:
        about_to_listen: The key went down. Whoever makes the desk speak stops now, and
            lets the microphone hear again as soon as the engine is silent.
        take_ready: A take to recognise; it still records until the key is released.
        state_changed: What the key is doing now.
        level_changed: Peak of the last block, 0 … 1.
        hint_changed: What is wrong with the loudness; empty: nothing. Stays after the
            take until the next one.
        time_ran_low: Seconds that are left of the longest take.
        failed: Why there is no take: a sentence for the operator.
    """

    about_to_listen = Signal()
    take_ready = Signal(object)
    state_changed = Signal(str)
    level_changed = Signal(float)
    hint_changed = Signal(str)
    time_ran_low = Signal(int)
    failed = Signal(str)

    def __init__(
        self, microphone: Microphone, shortest_ms: int = SHORTEST_HOLD_MS
    ) -> None:
        super().__init__()
        self._microphone = microphone
        self._shortest_ms = shortest_ms
        self._state = TalkState.IDLE
        self._held = False
        self._free = False
        self._pressed_at = 0.0
        self._take: Take | None = None
        self._given = False
        self._longest_s = 0.0
        self._warned: int | None = None
        self._loudness = Loudness()
        self._opening: asyncio.Task[None] | None = None
        self._ripe = QTimer(self)
        self._ripe.setSingleShot(True)
        self._ripe.timeout.connect(self._ripen)
        self._taught = QTimer(self)
        self._taught.setSingleShot(True)
        self._taught.setInterval(TAUGHT_MS)
        self._taught.timeout.connect(self._forget_hint)
        self._meter = QTimer(self)
        self._meter.setInterval(_LEVEL_MS)
        self._meter.timeout.connect(self._measure)

    @property
    def state(self) -> TalkState:
        """What the key is doing."""
        return self._state

    @property
    def hands_free(self) -> bool:
        """Whether a take is under way that the next press ends."""
        return self._free and self._take is not None

    @Slot()
    def press(self) -> None:
        """The key went down."""
        if self.hands_free:
            self.let_go()
            return
        # While an earlier take is still opening, its task decides what comes of it.
        if self._held or self._opening is not None:
            return
        self._held, self._given = True, False
        self._free = self._microphone.hands_free
        self._pressed_at = time.monotonic()
        self._hint(Hint.NONE)
        self.about_to_listen.emit()
        self._enter(TalkState.OPENING)
        self._opening = asyncio.get_running_loop().create_task(self._open())

    @Slot()
    def release(self) -> None:
        """The key went up: what is queued is still recognised."""
        if not self._free:
            self.let_go()

    def let_go(self) -> None:
        """End the take, whoever began it; what is queued is still recognised."""
        self._held = False
        self._stop()

    def cancel(self) -> bool:
        """Throw away a take that no run reads yet; say whether there was one."""
        if self._state is TalkState.IDLE or self._given:
            return False
        # A slip of the finger leaves nothing, and so does this.
        self._pressed_at = math.inf
        self.let_go()
        self._hint(Hint.NONE)
        return True

    async def close(self) -> None:
        """Let go of the microphone and wait for an opening under way."""
        self.let_go()
        self._taught.stop()
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
            else:
                self._teach()
            return
        self._take = take
        self._longest_s, self._warned = take.left_s, None
        self._loudness = Loudness()
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
        if (take := self._take) is None:
            return
        if self._given and take.ended:
            # The speech has ended, the time is over, or the device is gone.
            self.let_go()
            return
        level, left_s = take.level, take.left_s
        self.level_changed.emit(level)
        before = self._loudness.hint
        if self._loudness.feed(level, self._longest_s - left_s) is not before:
            self._hint(self._loudness.hint)
        seconds = math.ceil(left_s)
        if seconds <= WARNED_S and seconds != self._warned:
            self._warned = seconds
            self.time_ran_low.emit(seconds)

    def _stop(self) -> None:
        self._ripe.stop()
        self._meter.stop()
        take, self._take = self._take, None
        if take is None:
            return
        take.finish()
        self.level_changed.emit(0.0)
        if self._given:
            self._hint(self._loudness.end())
        else:
            self._teach()
        self._enter(TalkState.IDLE)

    def _teach(self) -> None:
        """Say how to talk, after a tap: whoever tapped may not know."""
        # What Esc throws away was pressed long enough; hands-free, a tap is right.
        if self._free or math.isinf(self._pressed_at):
            return
        self.hint_changed.emit(self.tr("按住再说，松开结束"))
        self._taught.start()

    @Slot()
    def _forget_hint(self) -> None:
        self._hint(Hint.NONE)

    def _hint(self, hint: Hint) -> None:
        self._taught.stop()
        self.hint_changed.emit(
            {
                Hint.NONE: "",
                Hint.TOO_LOUD: self.tr("声音过大，请离远一点"),
                Hint.TOO_QUIET: self.tr("声音太小，请靠近一点"),
                Hint.SILENT: self.tr("没有声音，请查静音键"),
            }[hint]
        )

    def _enter(self, state: TalkState) -> None:
        if state is not self._state:
            self._state = state
            self.state_changed.emit(state)
