"""A run in the making: what is known so far, and the record it becomes."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from app.core import checks, events
from app.core.errors import UserFacingError
from app.core.model import (
    Call,
    Fault,
    Finding,
    Outcome,
    RunRecord,
    Timings,
    Understanding,
    Utterance,
)
from app.core.observation import STOPPED, Missing, MissingReason, Observation
from app.core.ports import Clock
from app.core.request import RunRequest


def fault_of(error: UserFacingError) -> Fault:
    """Put an error into the words that are shown and recorded."""
    return Fault(code=error.code, message=error.message, remedy=error.remedy)


def finding_by_rule(call: Call, observation: Observation) -> Finding:
    """Judge an observation and say it in the rule's sentence; no model is asked."""
    seen = checks.judged_observation(call, observation)
    judgement = checks.judge(call, seen)
    return Finding(
        call=call,
        observation=seen,
        verdict=judgement.verdict,
        severity=judgement.severity,
        summary=judgement.sentence,
    )


class Draft:
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
        self._calls: Sequence[Call] = ()
        self._observations: dict[int, Observation] = {}

    def heard(self) -> Utterance:
        """Give the utterance; hearing always sets it or raises."""
        assert self.utterance is not None
        return self.utterance

    @contextmanager
    def stage(self, name: str) -> Generator[None, None, None]:
        """Measure a stage into the timing called `name`, however it ends."""
        began = self._clock.monotonic()
        try:
            yield
        finally:
            self._timings[name] = (self._clock.monotonic() - began) * 1000

    def ask(self, calls: Sequence[Call]) -> None:
        """Note that these calls are put to the backends."""
        self._calls = calls

    def answer(self, index: int, observation: Observation) -> None:
        """Note what the backends gave for a call."""
        self._observations[index] = observation

    def answers(self) -> Iterator[tuple[Call, Observation]]:
        """Give every call with what is known of it; `INTERNAL` where nothing came."""
        return self._answers_or(_FORGOTTEN)

    def end(self, outcome: Outcome) -> None:
        """Note how the run ended."""
        self._outcome = outcome

    def stop(self) -> None:
        """Note that the run was cancelled.

        Of a command with several calls nothing is lost that was answered by then; the
        other calls say that they were not. One call that was stopped has no answer.
        """
        self._outcome = Outcome.CANCELLED
        self.findings = []
        if len(self._calls) > 1:
            self.findings = [
                finding_by_rule(*each) for each in self._answers_or(STOPPED)
            ]

    def _answers_or(self, otherwise: Observation) -> Iterator[tuple[Call, Observation]]:
        for index, call in enumerate(self._calls):
            yield call, self._observations.get(index, otherwise)

    def fail(self, error: UserFacingError) -> None:
        """Note why the run could not answer."""
        self._outcome = Outcome.FAILED
        self._fault = fault_of(error)

    def record(self) -> RunRecord:
        """Give the record. Findings are in it only if they may be shown."""
        shown = self._outcome in (Outcome.ANSWERED, Outcome.CANCELLED)
        total = (self._clock.monotonic() - self._began) * 1000
        return RunRecord(
            run_id=self._request.run_id,
            started_at=self._started_at,
            finished_at=self._clock.now(),
            operator=self._request.operator,
            role=self._request.role,
            workstation=self._request.workstation,
            origin=self._request.origin,
            outcome=self._outcome,
            utterance=self.utterance,
            understanding=self.understanding,
            findings=tuple(self.findings) if shown else (),
            fault=self._fault,
            answers_run=self._answers_run(),
            timings=Timings(**self._timings, total_ms=total),
            program=self._program,
            edits_run=self._request.edits_run,
            read_aloud=self._request.read_aloud,
        )

    def _answers_run(self) -> str:
        """Give the run whose question was answered, with a key or in words."""
        asked = self._request.context.question_run
        understood = self.understanding
        if asked and understood is not None and understood.continues == asked:
            return asked
        return self._request.answers_run

    def results(self) -> Iterator[events.RunEvent]:
        """Give the events that show what the durable record says."""
        run_id = self._request.run_id
        if self._outcome in (Outcome.ANSWERED, Outcome.CANCELLED):
            for index, finding in enumerate(self.findings):
                yield events.Summarised(run_id=run_id, index=index, finding=finding)
        elif self.understanding is not None:
            if self.understanding.question is not None:
                yield events.Asked(run_id=run_id, question=self.understanding.question)
            else:
                yield events.Declined(run_id=run_id, sentence=self.understanding.reply)


_FORGOTTEN: Final = Observation(
    missing=Missing(reason=MissingReason.INTERNAL, detail="查询没有返回结果")
)
