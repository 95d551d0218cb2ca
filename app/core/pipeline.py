"""The whole course of a run, on one page.

`run` yields events; it ends in exactly one terminal event and one journal record,
whatever fails, and shows no result before the record is durable (promise 3).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from app.core import events
from app.core.cancel import CancelToken, cancellable
from app.core.errors import (
    Cancelled,
    InternalError,
    JournalError,
    TextEmptyError,
    TextTooLongError,
    UserFacingError,
)
from app.core.model import (
    Call,
    Fault,
    Finding,
    Intent,
    Missing,
    MissingReason,
    Observation,
    Origin,
    Outcome,
    RunRecord,
    Source,
    Timings,
    Understanding,
    Utterance,
    new_run_id,
)
from app.core.ports import Agent, AudioSource, Clock, Dispatcher, Journal, Recognizer

log = logging.getLogger(__name__)

MAX_TEXT: Final = 300
"""Characters of one typed command; longer text is refused, not cut."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What the operator asked for: exactly one of audio, text and chosen calls."""

    operator: str
    workstation: str
    audio: AudioSource | None = None
    text: str | None = None
    chosen: tuple[Call, ...] = ()
    """Calls picked from a question."""
    chosen_label: str = ""
    answers_run: str = ""
    run_id: str = field(default_factory=new_run_id)
    cancel: CancelToken = field(default_factory=CancelToken)

    @property
    def origin(self) -> Origin:
        """How the command reached the desk."""
        if self.audio is not None:
            return self.audio.origin
        return Origin.CHOSEN if self.chosen else Origin.TYPED


class Pipeline:
    """Runs requests; holds no state between them."""

    def __init__(
        self,
        *,
        recognizer: Recognizer,
        agent: Agent,
        dispatcher: Dispatcher,
        journal: Journal,
        clock: Clock,
        program: str,
    ) -> None:
        """Take the parts; `program` is name and version for the record."""
        self._recognizer = recognizer
        self._agent = agent
        self._dispatcher = dispatcher
        self._journal = journal
        self._clock = clock
        self._program = program

    async def run(self, request: RunRequest) -> AsyncGenerator[events.RunEvent, None]:
        """Carry out one request from words to record."""
        draft = _Draft(request, self._clock, self._program)
        run_id = request.run_id
        try:
            yield events.RunStarted(run_id=run_id)
            async with aclosing(self._course(request, draft)) as course:
                async for event in course:
                    yield event
        except Cancelled:
            draft.end(Outcome.CANCELLED)
        except UserFacingError as error:
            draft.fail(error)
        except (GeneratorExit, asyncio.CancelledError):
            # Nobody is left to see an event; the record is owed all the same.
            draft.end(Outcome.CANCELLED)
            await self._seal(draft)
            raise
        except Exception as error:
            log.exception("run %s failed", run_id)
            draft.fail(_internal(run_id, error))
        ending = await self._seal(draft)
        if isinstance(ending, events.RunFinished):
            for result in draft.results():
                yield result
        yield ending

    async def _course(
        self, request: RunRequest, draft: "_Draft"
    ) -> AsyncGenerator[events.RunEvent, None]:
        """Hear, understand, query, summarise; fill the draft on the way."""
        run_id, cancel = request.run_id, request.cancel
        async with aclosing(self._hear(request, draft)) as hearing:
            async for event in hearing:
                yield event
        utterance = draft.heard()
        yield events.Heard(run_id=run_id, utterance=utterance)

        with draft.stage("understand_ms"):
            if request.chosen:
                understanding = _chosen(request)
            else:
                reading = self._agent.understand(utterance, cancel=cancel)
                understanding = await cancellable(reading, cancel)
        draft.understanding = understanding
        yield events.Understood(run_id=run_id, understanding=understanding)
        if understanding.question is not None:
            draft.end(Outcome.ASKED)
            return
        if not understanding.calls:
            greeted = understanding.intent is Intent.GREETING
            draft.end(Outcome.GREETED if greeted else Outcome.DECLINED)
            return

        calls = understanding.calls
        for index, call in enumerate(calls):
            yield events.CallStarted(run_id=run_id, index=index, call=call)
        observations = [_UNANSWERED] * len(calls)
        with draft.stage("query_ms"):
            answers = self._dispatcher.dispatch(
                calls, at=self._clock.now(), cancel=cancel
            )
            async for index, observation in answers:
                observations[index] = observation
                missing = observation.missing
                yield events.Observed(
                    run_id=run_id,
                    index=index,
                    call=calls[index],
                    latency_ms=observation.latency_ms,
                    missing=missing.reason if missing else None,
                )

        with draft.stage("summarise_ms"):
            for call, observation in zip(calls, observations, strict=True):
                writing = self._agent.summarise(call, observation, cancel=cancel)
                draft.findings.append(await cancellable(writing, cancel))
        cancel.raise_if_cancelled()
        draft.end(Outcome.ANSWERED)

    async def _hear(
        self, request: RunRequest, draft: "_Draft"
    ) -> AsyncGenerator[events.RunEvent, None]:
        """Bring the words, from wherever they come, into the draft."""
        if request.audio is None:
            draft.utterance = _written(request)
            return
        partials: asyncio.Queue[str | None] = asyncio.Queue()
        with draft.stage("hear_ms"):
            listening = asyncio.ensure_future(
                cancellable(
                    self._recognizer.recognize(
                        request.audio,
                        on_partial=partials.put_nowait,
                        cancel=request.cancel,
                    ),
                    request.cancel,
                )
            )
            listening.add_done_callback(lambda _: partials.put_nowait(None))
            try:
                while (text := await partials.get()) is not None:
                    yield events.PartialHeard(run_id=request.run_id, text=text)
                draft.utterance = await listening
            finally:
                # A run that is abandoned must not leave the recogniser listening.
                if not listening.done():
                    request.cancel.cancel()
                    await asyncio.gather(listening, return_exceptions=True)

    async def _seal(self, draft: "_Draft") -> events.TerminalEvent:
        """Make the record durable and give the terminal event."""
        record = draft.record()
        try:
            # A record under way is finished even if the task is cancelled meanwhile.
            await asyncio.shield(self._journal.append(record))
        except JournalError as error:
            return _unrecorded(record, error)
        except Exception as error:
            log.exception("run %s could not be journalled", record.run_id)
            return _unrecorded(record, _internal(record.run_id, error))
        if record.fault is not None:
            return events.RunFailed(
                run_id=record.run_id, record=record, fault=record.fault
            )
        ending = (
            events.RunCancelled
            if record.outcome is Outcome.CANCELLED
            else events.RunFinished
        )
        return ending(run_id=record.run_id, record=record)


_UNANSWERED: Final = Observation(
    missing=Missing(reason=MissingReason.INTERNAL, detail="查询没有返回结果")
)


def fault_of(error: UserFacingError) -> Fault:
    """Put an error into the words that are shown and recorded."""
    return Fault(code=error.code, message=error.message, remedy=error.remedy)


def _internal(run_id: str, error: Exception) -> InternalError:
    return InternalError(
        f"程序内部故障 ({type(error).__name__}), 本次查询没有结果, "
        f"运行编号 {run_id[:8]}",
        "请重试; 若再次出现, 请把运行编号和日志文件交给维护人员。",
    )


def _unrecorded(record: RunRecord, error: UserFacingError) -> events.RunFailed:
    """End a run whose record could not be made: nothing of it may be shown."""
    fault = fault_of(error)
    bare = replace(record, outcome=Outcome.FAILED, fault=fault, findings=())
    return events.RunFailed(
        run_id=record.run_id, record=bare, fault=fault, journalled=False
    )


def _written(request: RunRequest) -> Utterance:
    if request.chosen:
        return Utterance(text=request.chosen_label, origin=Origin.CHOSEN)
    text = (request.text or "").strip()
    if not text:
        raise TextEmptyError("没有输入内容")
    if len(text) > MAX_TEXT:
        raise TextTooLongError(
            f"输入了{len(text)}个字, 一条指令最多{MAX_TEXT}个字",
        )
    return Utterance(text=text, origin=Origin.TYPED)


def _chosen(request: RunRequest) -> Understanding:
    return Understanding(
        intent=Intent.INSPECT,
        calls=request.chosen,
        source=Source.OPERATOR,
        confidence=1.0,
        notes=("由值班员选定",),
    )


class _Draft:
    """What is known of a run so far; becomes its record."""

    def __init__(self, request: RunRequest, clock: Clock, program: str) -> None:
        self._request = request
        self._clock = clock
        self._program = program
        self._started_at: datetime = clock.now()
        self._began = clock.monotonic()
        self._timings: dict[str, float] = {}
        self._outcome = Outcome.FAILED
        self._fault: Fault | None = None
        self.utterance: Utterance | None = None
        self.understanding: Understanding | None = None
        self.findings: list[Finding] = []

    def heard(self) -> Utterance:
        """Give the utterance; hearing always sets it or raises."""
        assert self.utterance is not None
        return self.utterance

    def stage(self, name: str) -> "_Stage":
        """Measure a stage into the timing called `name`."""
        return _Stage(self, name)

    def took(self, name: str, milliseconds: float) -> None:
        self._timings[name] = milliseconds

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def end(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def fail(self, error: UserFacingError) -> None:
        self._outcome = Outcome.FAILED
        self._fault = fault_of(error)

    def record(self) -> RunRecord:
        answered = self._outcome is Outcome.ANSWERED
        total = (self._clock.monotonic() - self._began) * 1000
        return RunRecord(
            run_id=self._request.run_id,
            started_at=self._started_at,
            finished_at=self._clock.now(),
            operator=self._request.operator,
            workstation=self._request.workstation,
            origin=self._request.origin,
            outcome=self._outcome,
            utterance=self.utterance,
            understanding=self.understanding,
            findings=tuple(self.findings) if answered else (),
            fault=self._fault,
            answers_run=self._request.answers_run,
            timings=Timings(**self._timings, total_ms=total),
            program=self._program,
        )

    def results(self) -> Iterator[events.RunEvent]:
        """Give the events that show what the durable record says."""
        run_id = self._request.run_id
        if self._outcome is Outcome.ANSWERED:
            for index, finding in enumerate(self.findings):
                yield events.Summarised(run_id=run_id, index=index, finding=finding)
        elif self.understanding is not None:
            if self.understanding.question is not None:
                yield events.Asked(run_id=run_id, question=self.understanding.question)
            else:
                yield events.Declined(run_id=run_id, sentence=self.understanding.reply)


class _Stage:
    def __init__(self, draft: _Draft, name: str) -> None:
        self._draft, self._name = draft, name

    def __enter__(self) -> None:
        self._began = self._draft.monotonic()

    def __exit__(self, *_: object) -> None:
        self._draft.took(self._name, (self._draft.monotonic() - self._began) * 1000)
