"""What goes on while the window is open: runs, microphone, health, warm-up, end."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QObject, Signal, Slot

from app.core import events
from app.core.desk import Desk, Take
from app.core.errors import NotAllowedError
from app.core.model import Call, Candidate, Severity
from app.core.people import May
from app.core.request import RunRequest
from app.desktop.bridge import CANCEL_GRACE_S, RunBridge
from app.desktop.microphones import MicrophoneChooser
from app.desktop.reader import Reader
from app.desktop.talk import HoldToTalk, TalkState
from app.desktop.waiting import AnswerWatch

log = logging.getLogger(__name__)

HEALTH_EVERY_S: Final = 15.0


class DeskSession(QObject):
    """Drives one desk for one window.

    Signals:
        noticed: A sentence for the command bar and its severity.
        withdrawn: A sentence of `noticed` that is no longer so.
        accepted: A request was started; run id.
        health_known: How the parts are, a sequence of `Health`.
        warming_changed: Whether models are being loaded.
        closing_advanced: What closing waits for.
    """

    noticed = Signal(str, str)
    withdrawn = Signal(str)
    accepted = Signal(str)
    health_known = Signal(object)
    warming_changed = Signal(bool)
    closing_advanced = Signal(str)

    def __init__(self, desk: Desk, grace_s: float = CANCEL_GRACE_S) -> None:
        super().__init__()
        self.desk: Final = desk
        self.bridge: Final = RunBridge(desk, grace_s)
        self.reader: Final = Reader(desk.journal, desk.info.evidence_dir)
        self.talk: Final = HoldToTalk(desk.microphone)
        self.microphones: Final = MicrophoneChooser(desk.microphone)
        self.waiting: Final = AnswerWatch(self.bridge)
        for part in (
            self.bridge,
            self.reader,
            self.talk,
            self.microphones,
            self.waiting,
        ):
            part.setParent(self)
        self.waiting.silent.connect(self._silent)
        self.waiting.over.connect(self._silence_over)
        self._silence = ""
        self.talk.take_ready.connect(self._take)
        self.talk.failed.connect(self._talk_failed)
        self.microphones.chosen.connect(self._microphone_chosen)
        self.microphones.failed.connect(self._talk_failed)
        self.bridge.run_failed.connect(self._run_failed)
        for ended in (self.bridge.run_finished, self.bridge.run_cancelled):
            ended.connect(self._run_ended)
        self.bridge.run_broke.connect(self._run_broke)
        self.read_aloud: Callable[[], str] = str
        """Says for the record whether answers are read aloud; see `RunRecord`."""
        self._talk_run = ""
        self._closed = False
        self._recheck = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        """Load models in the background and keep an eye on every part."""
        loop = asyncio.get_running_loop()
        self.desk.microphone.stand_by()
        self._tasks = [
            loop.create_task(self._warm_up(), name="warm-up"),
            loop.create_task(self._watch(), name="health"),
        ]

    @Slot(str)
    @Slot(str, str)
    def submit_text(self, text: str, edits_run: str = "") -> None:
        """Run a typed command; `edits_run` is the run whose words were changed."""
        if not text.strip():
            return
        if self._may_start():
            self._start(replace(self.desk.request(text=text), edits_run=edits_run))

    def choose(self, run_id: str, candidate: Candidate) -> None:
        """Run what the operator picked from a question."""
        if not self._may_start():
            return
        if not candidate.calls:
            self._start(self.desk.request(text=candidate.label))
            return
        self._start(
            replace(
                self.desk.request(),
                chosen=candidate.calls,
                chosen_label=candidate.label,
                answers_run=run_id,
            )
        )

    def ask(self, calls: Sequence[Call], label: str) -> str:
        """Run calls that the operator pointed at; give the run's id, empty: not now.

        `label` says what was asked for, for card and record.
        """
        if not calls or not self._may_start():
            return ""
        request = replace(self.desk.request(), chosen=tuple(calls), chosen_label=label)
        self._begin(request)
        return request.run_id

    @Slot()
    def press_talk(self) -> None:
        """The talk key went down."""
        hands_free = self.desk.microphone.hands_free
        if hands_free and self.talk.state is TalkState.OPENING:
            # Pressed twice: the take that opens is what was wanted.
            return
        if self.talk.hands_free or self._may_start():
            self.talk.press()

    @Slot()
    def release_talk(self) -> None:
        """The talk key went up."""
        self.talk.release()

    @Slot(str)
    def cancel(self, run_id: str) -> None:
        """Stop a run."""
        if run_id == self._talk_run:
            self.talk.let_go()
        self.bridge.cancel(run_id)

    def cancel_newest(self) -> bool:
        """Stop the newest run, or a take before its run; say whether there was one."""
        if self.talk.cancel():
            return True
        running = self.bridge.stoppable
        if running:
            self.cancel(running[-1])
        return bool(running)

    async def close(self) -> None:
        """Refuse new work, cancel what runs, wait for it, close the desk."""
        self._closed = True
        self.closing_advanced.emit(self.tr("正在取消查询…"))
        await self.talk.close()
        await self.bridge.close()
        await self.microphones.close()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self.closing_advanced.emit(self.tr("正在关闭日志…"))
        await self.reader.close()
        self.closing_advanced.emit(self.tr("正在等待模型和识别器停下…"))
        await self.desk.microphone.close()
        await self.desk.close()

    def _may_start(self) -> bool:
        if self._closed:
            return False
        if not self._may_ask():
            return False
        if self.bridge.accepts and self.talk.state is TalkState.IDLE:
            return True
        self._notice(
            self.tr("上一条指令还在识别或理解，请稍候，或按 Esc 取消后再发。"),
            Severity.ATTENTION,
        )
        return False

    def _may_ask(self) -> bool:
        """Say whether whoever is at the desk may ask; why not is told."""
        try:
            self.desk.presence.acting().require(May.ASK)
        except NotAllowedError as error:
            self._notice(str(error), Severity.ATTENTION)
            return False
        return True

    def _start(self, request: RunRequest) -> None:
        self._begin(request)
        self.accepted.emit(request.run_id)

    def _begin(self, request: RunRequest) -> None:
        self.bridge.start(replace(request, read_aloud=self.read_aloud()))

    def _notice(self, sentence: str, severity: Severity) -> None:
        self.noticed.emit(sentence, severity.value)

    @Slot(object)
    def _take(self, take: Take) -> None:
        if self._closed or not self.bridge.accepts:
            self.talk.let_go()
            if not self._closed:
                self._notice(
                    self.tr("上一条指令正在出结果，这一句没有录到。请再按住说一遍。"),
                    Severity.ATTENTION,
                )
            return
        if not self._may_ask():
            # The screen was locked while he held the key.
            self.talk.let_go()
            return
        request = self.desk.request(audio=take)
        self._talk_run = request.run_id
        self._start(request)

    @Slot(str)
    def _talk_failed(self, sentence: str) -> None:
        self._notice(sentence, Severity.ATTENTION)
        self._recheck.set()

    @Slot(str)
    def _microphone_chosen(self, name: str) -> None:
        self._notice(self.tr("已换用麦克风：{name}").format(name=name), Severity.NORMAL)
        self._recheck.set()

    @Slot(events.RunFailed)
    def _run_failed(self, event: events.RunFailed) -> None:
        self._let_go(event.run_id)
        self._recheck.set()

    @Slot(str, int)
    def _silent(self, _run_id: str, seconds: int) -> None:
        sentence = self.tr(
            "现场系统已有 {n} 秒没有任何答复，查询可能停住了。"
            "可以继续等，或按 Esc 停止；原因见状态栏。"
        )
        self._silence = sentence.format(n=seconds)
        self._notice(self._silence, Severity.UNKNOWN)
        # Whether the systems, or the thread that asks them, are the cause.
        self._recheck.set()

    @Slot()
    def _silence_over(self) -> None:
        self.withdrawn.emit(self._silence)

    @Slot(object)
    def _run_ended(self, event: events.TerminalEvent) -> None:
        self._let_go(event.run_id)

    @Slot(str, str)
    def _run_broke(self, run_id: str, _sentence: str) -> None:
        self._let_go(run_id)
        self._recheck.set()

    def _let_go(self, run_id: str) -> None:
        # The recogniser may end before the key does, for one when the audio is too
        # long or the device is gone: nobody reads the take any more.
        if run_id == self._talk_run:
            self._talk_run = ""
            self.talk.let_go()

    async def _warm_up(self) -> None:
        self.warming_changed.emit(True)
        try:
            await self.desk.warm_up()
        except Exception:
            log.exception("warming up failed")
            self._notice(
                self.tr("模型没有载入。请点击状态栏查看原因，其余功能照常可用。"),
                Severity.ATTENTION,
            )
        finally:
            self.warming_changed.emit(False)
            self._recheck.set()

    async def _watch(self) -> None:
        while True:
            self._recheck.clear()
            try:
                self.health_known.emit(await self.desk.health())
            except Exception:
                log.exception("health could not be asked")
            # Not wait_for: in Python 3.11 it swallows a cancellation that comes
            # together with the event, and closing would wait for ever.
            with suppress(TimeoutError):
                async with asyncio.timeout(HEALTH_EVERY_S):
                    await self._recheck.wait()
