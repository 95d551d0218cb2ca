"""The whole course of a run, on one page.

`run` yields events; it ends in exactly one terminal event and one journal record,
whatever fails, and shows no result before the record is durable (promise 3).
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from app.core import events
from app.core.breath import Breath
from app.core.cancel import CancelToken, cancellable
from app.core.confirming import Confirm, confirmed_first
from app.core.draft import Draft, fault_of, finding_by_rule
from app.core.errors import (
    Cancelled,
    InternalError,
    JournalError,
    UserFacingError,
)
from app.core.model import (
    Call,
    Finding,
    Intent,
    Origin,
    Outcome,
    RunRecord,
    Source,
    Understanding,
    Utterance,
)
from app.core.observation import MissingReason, Observation
from app.core.ports import Agent, Clock, Dispatcher, Journal, Recognizer
from app.core.recording import Keep, Recordings, Tee
from app.core.request import RunRequest, checked_text

log = logging.getLogger(__name__)

MOST_WRITTEN: Final = 8
"""Calls of one command for which the model still writes a sentence of its own.

What is shown is the rule's sentence either way. The model's is a second opinion that
takes its time, one after another on the one worker: for a sweep of hundreds the
answer would wait for minutes, and so would whoever speaks the next command.
"""


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
        recordings: Recordings | None = None,
        confirm: Confirm = Confirm.LOW,
    ) -> None:
        """Take the parts; `program` is name and version for the record.

        Without `recordings` the audio's hash is kept, and nothing else of it.
        """
        self._recognizer = recognizer
        self._agent = agent
        self._dispatcher = dispatcher
        self._journal = journal
        self._clock = clock
        self._program = program
        self._recordings = recordings
        self._confirm = confirm

    async def run(self, request: RunRequest) -> AsyncGenerator[events.RunEvent, None]:
        """Carry out one request from words to record."""
        draft = Draft(request, self._clock, self._program)
        run_id = request.run_id
        try:
            yield events.RunStarted(run_id=run_id)
            async with aclosing(self._course(request, draft)) as course:
                async for event in course:
                    yield event
        except Cancelled:
            draft.stop()
        except UserFacingError as error:
            draft.fail(error)
        except (GeneratorExit, asyncio.CancelledError):
            # Nobody is left to see an event; the record is owed all the same. The
            # token reaches what the worker has begun, which no await can stop.
            request.cancel.cancel()
            draft.stop()
            await self._seal(draft)
            raise
        except Exception as error:
            log.exception("run %s failed", run_id)
            draft.fail(_internal(run_id, error))
        ending = await self._seal(draft)
        if not isinstance(ending, events.RunFailed):
            for result in draft.results():
                yield result
        yield ending

    async def _course(
        self, request: RunRequest, draft: Draft
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
                reading = self._agent.understand(
                    utterance, context=request.context, cancel=cancel
                )
                understanding = await cancellable(reading, cancel)
                if self._confirm is Confirm.ALWAYS:
                    understanding = confirmed_first(
                        understanding, utterance, request.context
                    )
        draft.understanding = understanding
        yield events.Understood(run_id=run_id, understanding=understanding)
        if understanding.question is not None:
            draft.end(Outcome.ASKED)
            return
        if not understanding.calls:
            draft.end(_without_calls(understanding))
            return

        calls = understanding.calls
        draft.ask(calls)
        for index, call in enumerate(calls):
            yield events.CallStarted(run_id=run_id, index=index, call=call)
        with draft.stage("query_ms"):
            answers = self._dispatcher.dispatch(
                calls, at=self._clock.now(), cancel=cancel
            )
            async with aclosing(answers):
                async for index, observation in answers:
                    draft.answer(index, observation)
                    missing = observation.missing
                    if (
                        missing is not None
                        and missing.reason is MissingReason.CANCELLED
                    ):
                        # No answer: only what the record keeps of the questions.
                        continue
                    yield events.Observed(
                        run_id=run_id,
                        index=index,
                        call=calls[index],
                        latency_ms=observation.latency_ms,
                        missing=missing.reason if missing else None,
                    )

        with draft.stage("summarise_ms"):
            breath = Breath()
            for call, observation in draft.answers():
                if len(calls) > MOST_WRITTEN:
                    finding = finding_by_rule(call, observation)
                    await breath.take()
                else:
                    finding = await self._written(call, observation, cancel)
                draft.findings.append(finding)
        cancel.raise_if_cancelled()
        draft.end(Outcome.ANSWERED)

    async def _written(
        self, call: Call, observation: Observation, cancel: CancelToken
    ) -> Finding:
        """Have the agent put an observation into its sentence."""
        writing = self._agent.summarise(call, observation, cancel=cancel)
        return await cancellable(writing, cancel)

    async def _hear(
        self, request: RunRequest, draft: Draft
    ) -> AsyncGenerator[events.RunEvent, None]:
        """Bring the words, from wherever they come, into the draft."""
        if request.audio is None:
            draft.utterance = _written(request)
            return
        keep = self._recordings.wanted if self._recordings else Keep.HASH
        audio, tee = request.audio, None
        if keep is Keep.FLAC:
            audio = tee = Tee(audio)
        partials: asyncio.Queue[str | None] = asyncio.Queue()
        with draft.stage("hear_ms"):
            listening = asyncio.ensure_future(
                cancellable(
                    self._recognizer.recognize(
                        audio,
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
                heard = await listening
                if keep is Keep.OFF:
                    heard = replace(heard, audio_sha256="")
                if keep is not Keep.FLAC:
                    heard = replace(heard, audio_kept=False)
                draft.utterance = heard
            finally:
                # A run that is abandoned must not leave the recogniser listening.
                if not listening.done():
                    request.cancel.cancel()
                    await asyncio.gather(listening, return_exceptions=True)
        if tee is not None and self._recordings is not None:
            # Before anything is shown, so that a record never names what is not yet
            # there; a few milliseconds a command.
            kept = await self._recordings.keep(tee.pcm, heard.audio_sha256)
            draft.utterance = replace(heard, audio_kept=kept)

    async def _seal(self, draft: Draft) -> events.TerminalEvent:
        """Make the record durable and give the terminal event."""
        record = draft.record()
        appending = asyncio.ensure_future(self._journal.append(record))
        try:
            await asyncio.shield(appending)
        except asyncio.CancelledError:
            # A record under way is finished even if the task is cancelled meanwhile.
            await asyncio.wait([appending])
            raise
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
    return Utterance(text=checked_text(request.text or ""), origin=Origin.TYPED)


def _without_calls(understanding: Understanding) -> Outcome:
    if understanding.repeats:
        return Outcome.REPEATED
    if understanding.intent is Intent.GREETING:
        return Outcome.GREETED
    return Outcome.DECLINED


def _chosen(request: RunRequest) -> Understanding:
    return Understanding(
        intent=Intent.INSPECT,
        calls=request.chosen,
        source=Source.OPERATOR,
        confidence=1.0,
        notes=("由值班员选定",),
    )
