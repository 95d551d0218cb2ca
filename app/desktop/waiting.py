"""Says that the systems are silent, before anybody wonders whether to press Esc."""

import time
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from app.core import events
from app.desktop.bridge import RunBridge

SILENT_S: Final = 10.0
"""So long without any answer to a run, and the operator is told."""
_LOOK_EVERY_MS: Final = 1000


class AnswerWatch(QObject):
    """Watches the runs that wait for site systems.

    Each question has its own time, and is answered with a reason when that is over: so
    a long silence is more than a slow system. Code of a system that never comes back
    keeps everybody else's answers away, too.

    Signals:
        silent: A run has had no answer for a while; run id, whole seconds.
        over: A run that was called silent was answered, or has ended; run id.
    """

    silent = Signal(str, int)
    over = Signal(str)

    def __init__(self, bridge: RunBridge, silent_s: float = SILENT_S) -> None:
        super().__init__()
        self._silent_s = silent_s
        self._open: dict[str, set[int]] = {}
        """Run → its calls without an answer."""
        self._news: dict[str, float] = {}
        """Run → when something was last heard of it; told runs have none."""
        self._looking = QTimer(self)
        self._looking.setInterval(min(_LOOK_EVERY_MS, round(silent_s * 1000)))
        self._looking.timeout.connect(self._look)
        bridge.call_started.connect(self._asked)
        bridge.observed.connect(self._answered)
        for ended in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            ended.connect(self._ended)
        bridge.run_broke.connect(self._forget)

    @Slot(events.CallStarted)
    def _asked(self, event: events.CallStarted) -> None:
        self._open.setdefault(event.run_id, set()).add(event.index)
        self._news[event.run_id] = time.monotonic()
        if not self._looking.isActive():
            self._looking.start()

    @Slot(events.Observed)
    def _answered(self, event: events.Observed) -> None:
        left = self._open.get(event.run_id, set())
        left.discard(event.index)
        self._end_silence(event.run_id)
        if left:
            self._news[event.run_id] = time.monotonic()
            if not self._looking.isActive():
                self._looking.start()
        else:
            self._forget(event.run_id)

    @Slot(object)
    def _ended(self, event: events.TerminalEvent) -> None:
        self._forget(event.run_id)

    @Slot(str, str)
    def _forget(self, run_id: str, _sentence: str = "") -> None:
        self._end_silence(run_id)
        self._open.pop(run_id, None)
        self._news.pop(run_id, None)
        if not self._news:
            self._looking.stop()

    def _end_silence(self, run_id: str) -> None:
        if self._open.get(run_id) is not None and run_id not in self._news:
            self._news[run_id] = time.monotonic()
            self.over.emit(run_id)

    @Slot()
    def _look(self) -> None:
        now = time.monotonic()
        for run_id, news in list(self._news.items()):
            if now - news >= self._silent_s:
                # Once, until something comes.
                del self._news[run_id]
                self.silent.emit(run_id, int(now - news))
        if not self._news:
            self._looking.stop()
