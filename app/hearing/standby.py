"""Keeps the microphone open while the desk is ready, so that a take has a pre-roll.

One thread opens the device, watches it, and opens it again when it is back. What it
hears stays in the line's ring of 300 ms; nothing of it leaves the memory.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from app.core.errors import AudioDeviceError, LibraryMissingError, UserFacingError
from app.hearing.devices import SoundSystem
from app.hearing.line import Hush, Line, open_line
from app.hearing.refusals import lost

log = logging.getLogger(__name__)

RETRY_S: Final = 1.0
LONGEST_RETRY_S: Final = 8.0
"""A device that stays away is looked for ever less often, but not less than this."""
_POLL_S: Final = 0.1
_LET_GO_S: Final = 2.0


def closed() -> AudioDeviceError:
    """Give the sentence for a press while the desk ends."""
    return AudioDeviceError("麦克风已关闭", "程序正在结束。")


Tell = Callable[[Line | None, UserFacingError | None], None]
"""Told once: the open line, or why there is none."""


class Standby:
    """Owns the line that is kept open."""

    def __init__(self, system: SoundSystem, hush: Hush) -> None:
        """Open nothing yet."""
        self._system, self._hush = system, hush
        self._changed = threading.Condition()
        self._wanted = ""
        self._thread: threading.Thread | None = None
        self._line: Line | None = None
        self._fault: UserFacingError | None = None
        self._waiting: list[Tell] = []
        self._held_off = 0
        self._renew = False
        self._hurry = False
        self._ending = False
        self._at_rest = True
        """Whether the thread neither has nor opens a line."""

    @property
    def begun(self) -> bool:
        """Whether a device is kept, or looked for."""
        return self._thread is not None

    @property
    def line(self) -> Line | None:
        """The open line, unless it has died."""
        line = self._line
        return line if line is not None and not line.gone else None

    @property
    def fault(self) -> UserFacingError | None:
        """Why there is no line; None: there is, or it is being opened."""
        return self._fault

    def begin(self, wanted: str) -> None:
        """Keep the device of this name open from now on; empty: the default."""
        if self._thread is not None:
            return
        self._wanted = wanted
        self._ending = False
        self._thread = threading.Thread(
            target=self._run, name="microphone-standby", daemon=True
        )
        self._thread.start()

    def want(self, name: str) -> None:
        """Keep another device, once no take listens to the one before."""
        with self._changed:
            self._wanted = name
            self._renew = self._hurry = True
            self._changed.notify_all()

    def ask(self, tell: Tell) -> None:
        """Have the line told: at once, or when it is open, or why it is not."""
        with self._changed:
            line = self.line
            if line is None and not self._ending:
                self._waiting.append(tell)
                self._hurry = True
                self._changed.notify_all()
                return
        tell(line, None if line else closed())

    def forget(self) -> None:
        """Empty the pre-roll."""
        if (line := self._line) is not None:
            line.forget()

    @contextmanager
    def let_go(self) -> Iterator[bool]:
        """Keep no device open for a while; gives whether none is.

        A take that listens keeps its line.
        """
        with self._changed:
            self._held_off += 1
            self._changed.notify_all()
            gone = self._changed.wait_for(
                lambda: self._at_rest or (self._line and not self._line.idle), _LET_GO_S
            )
            gone = bool(gone and self._at_rest)
        try:
            yield gone
        finally:
            with self._changed:
                self._held_off -= 1
                self._hurry = True
                self._changed.notify_all()

    def end(self, patience_s: float) -> bool:
        """Give the device back; False: the driver hangs and is left behind."""
        thread, self._thread = self._thread, None
        if thread is None:
            return True
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        thread.join(patience_s)
        return not thread.is_alive()

    def _run(self) -> None:
        pause = 0.0
        while self._may_open(pause):
            line = self._open()
            if line is None:
                if isinstance(self._fault, LibraryMissingError):
                    # It does not come while the program runs; each press says so.
                    pause = 3600.0
                else:
                    pause = min(max(2 * pause, RETRY_S), LONGEST_RETRY_S)
                continue
            fault = self._stay(line)
            with self._changed:
                self._line, self._fault = None, fault
            line.close(self._system)
            # A device that dies as soon as it is open must not be opened all the time.
            pause = RETRY_S if fault else 0.0
        with self._changed:
            self._at_rest = True
            self._changed.notify_all()
        self._settle(None, closed())

    def _may_open(self, pause: float) -> bool:
        """Wait for the time to open; False: this is the end."""
        with self._changed:
            self._at_rest = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._ending or self._hurry, pause)
            self._changed.wait_for(lambda: self._ending or not self._held_off)
            self._hurry = self._renew = False
            self._at_rest = self._ending
            return not self._ending

    def _open(self) -> Line | None:
        fault: UserFacingError
        try:
            line = open_line(self._system, self._wanted, self._hush)
        except UserFacingError as error:
            fault = error
        except Exception as error:
            log.exception("the microphone did not open")
            fault = AudioDeviceError(f"麦克风无法打开 ({error})")
        else:
            with self._changed:
                self._line, self._fault = line, None
            log.info("the microphone is kept open: %s", line.device.name)
            self._settle(line, None)
            return line
        if str(fault) != str(self._fault):
            log.info("the microphone is not kept open: %s", fault)
        self._fault = fault
        self._settle(None, fault)
        return None

    def _stay(self, line: Line) -> UserFacingError | None:
        """Watch the line until it is given up, or dies: then say so."""
        silent = False
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._given_up(line), _POLL_S):
                    return None
            # Looked at twice: when the whole program was held up for a while, as when
            # a model is loaded, the blocks come right after.
            before, silent = silent, line.gone
            if line.ended.is_set() or (silent and before):
                log.info("the microphone went away: %s", line.device.name)
                return lost(line.device.name)

    def _given_up(self, line: Line) -> bool:
        return self._ending or bool((self._renew or self._held_off) and line.idle)

    def _settle(self, line: Line | None, fault: UserFacingError | None) -> None:
        with self._changed:
            waiting, self._waiting = self._waiting, []
        for tell in waiting:
            tell(line, fault)
