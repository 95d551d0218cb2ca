"""From the course of a run to Qt signals: one asyncio task a run."""

import asyncio
import logging
from contextlib import aclosing
from enum import StrEnum
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.core import events
from app.core.breath import Breath
from app.core.desk import Desk
from app.core.request import RunRequest

log = logging.getLogger(__name__)

CANCEL_GRACE_S: Final = 3.0
"""How long a cancelled run may take to end by itself before its task is cancelled."""
_MANY: Final = (events.CallStarted, events.Observed, events.Summarised)
"""Events that come once for each call."""


class Stage(StrEnum):
    """How far a run has come, as far as the desk cares for the next one."""

    HEARING = "hearing"
    UNDERSTANDING = "understanding"
    QUERYING = "querying"
    """Only waiting for backends: another run may start."""
    SUMMARISING = "summarising"


class RunBridge(QObject):
    """Runs requests on the desk and says what happens as signals on the main thread.

    Signals:
        run_started … run_cancelled: One for each class of event, with the event.
        run_broke: A run ended without a terminal event: run id, sentence.
        busy_changed: Whether any run is going on.
    """

    run_started = Signal(events.RunStarted)
    partial_heard = Signal(events.PartialHeard)
    heard = Signal(events.Heard)
    understood = Signal(events.Understood)
    call_started = Signal(events.CallStarted)
    observed = Signal(events.Observed)
    summarised = Signal(events.Summarised)
    asked = Signal(events.Asked)
    declined = Signal(events.Declined)
    run_finished = Signal(events.RunFinished)
    run_failed = Signal(events.RunFailed)
    run_cancelled = Signal(events.RunCancelled)
    run_broke = Signal(str, str)
    busy_changed = Signal(bool)

    def __init__(self, desk: Desk, grace_s: float = CANCEL_GRACE_S) -> None:
        super().__init__()
        self._desk = desk
        self._grace_s = grace_s
        self._requests: dict[str, RunRequest] = {}
        self._stages: dict[str, Stage] = {}
        self._waiting: dict[str, set[int]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._closed = False

    @property
    def running(self) -> tuple[str, ...]:
        """Ids of the runs that go on, oldest first."""
        return tuple(self._tasks)

    @property
    def stoppable(self) -> tuple[str, ...]:
        """Ids of the runs that nobody has asked to stop yet, oldest first."""
        return tuple(run_id for run_id in self._requests if run_id not in self._timers)

    @property
    def accepts(self) -> bool:
        """Whether a new run may start: no other is heard, read or summed up."""
        free = all(stage is Stage.QUERYING for stage in self._stages.values())
        return free and not self._closed

    def stage(self, run_id: str) -> Stage | None:
        """Say how far a run is; None when it has ended."""
        return self._stages.get(run_id)

    def start(self, request: RunRequest) -> None:
        """Begin a run; the caller has looked at `accepts`."""
        run_id = request.run_id
        self._requests[run_id] = request
        heard = request.audio is None
        self._stages[run_id] = Stage.UNDERSTANDING if heard else Stage.HEARING
        task = asyncio.get_running_loop().create_task(
            self._consume(request), name=f"run {run_id[:8]}"
        )
        self._tasks[run_id] = task
        if len(self._tasks) == 1:
            self.busy_changed.emit(True)

    def cancel(self, run_id: str) -> None:
        """Ask a run to stop; if it does not, its task is cancelled after a grace."""
        request = self._requests.get(run_id)
        if request is None or run_id in self._timers:
            return
        loop = asyncio.get_running_loop()
        self._timers[run_id] = loop.call_later(self._grace_s, self._cancel_task, run_id)
        request.cancel.cancel()

    async def close(self) -> None:
        """Refuse new runs, cancel those that go on, and wait for their ends."""
        self._closed = True
        for run_id in self.running:
            self.cancel(run_id)
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    def _cancel_task(self, run_id: str) -> None:
        log.warning("run %s did not stop by itself", run_id)
        self._tasks[run_id].cancel()

    async def _consume(self, request: RunRequest) -> None:
        run_id = request.run_id
        ended = False
        breath = Breath()
        try:
            async with aclosing(self._desk.run(request)) as course:
                async for event in course:
                    ended = isinstance(event, events.TerminalEvent)
                    if ended:
                        self._forget(run_id)
                    else:
                        self._follow(event)
                    self._say(event)
                    if isinstance(event, _MANY):
                        # A sweep says hundreds of things at once.
                        await breath.take()
            if not ended:
                self._broke(run_id, self.tr("本次查询没有结束就中断了"))
        except asyncio.CancelledError:
            if not ended:
                self._broke(run_id, self.tr("本次查询没有及时停止，已被强行取消"))
        except Exception as error:
            log.exception("run %s broke", run_id)
            if not ended:
                self._broke(
                    run_id,
                    self.tr("程序内部故障（{name}），本次查询没有结果").format(
                        name=type(error).__name__
                    ),
                )
        finally:
            self._forget(run_id)
            self._tasks.pop(run_id, None)
            if not self._tasks:
                self.busy_changed.emit(False)

    def _forget(self, run_id: str) -> None:
        self._stages.pop(run_id, None)
        self._requests.pop(run_id, None)
        self._waiting.pop(run_id, None)
        self._forget_timer(run_id)

    def _forget_timer(self, run_id: str) -> None:
        if (timer := self._timers.pop(run_id, None)) is not None:
            timer.cancel()

    def _broke(self, run_id: str, sentence: str) -> None:
        self._forget(run_id)
        self.run_broke.emit(run_id, sentence)

    def _follow(self, event: events.RunEvent) -> None:
        """Keep the stage of the run up to date."""
        match event:
            case events.Heard():
                self._stages[event.run_id] = Stage.UNDERSTANDING
            case events.CallStarted():
                self._waiting.setdefault(event.run_id, set()).add(event.index)
                self._stages[event.run_id] = Stage.QUERYING
            case events.Observed():
                waiting = self._waiting.get(event.run_id, set())
                waiting.discard(event.index)
                if not waiting:
                    self._stages[event.run_id] = Stage.SUMMARISING
            case events.Summarised():
                # The record is durable: there is nothing left to stop, and whoever
                # cancelled now would be told of half of it.
                self._requests.pop(event.run_id, None)
                self._forget_timer(event.run_id)

    def _say(self, event: events.RunEvent) -> None:
        match event:
            case events.RunStarted():
                self.run_started.emit(event)
            case events.PartialHeard():
                self.partial_heard.emit(event)
            case events.Heard():
                self.heard.emit(event)
            case events.Understood():
                self.understood.emit(event)
            case events.CallStarted():
                self.call_started.emit(event)
            case events.Observed():
                self.observed.emit(event)
            case events.Summarised():
                self.summarised.emit(event)
            case events.Asked():
                self.asked.emit(event)
            case events.Declined():
                self.declined.emit(event)
            case events.RunFinished():
                self.run_finished.emit(event)
            case events.RunFailed():
                self.run_failed.emit(event)
            case events.RunCancelled():
                self.run_cancelled.emit(event)
            case _:
                log.error("no signal for %s", type(event).__name__)
