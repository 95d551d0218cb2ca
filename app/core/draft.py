"""A run in the making: what is known so far, and the record it becomes."""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import datetime

from app.core import events
from app.core.errors import UserFacingError
from app.core.model import (
    Fault,
    Finding,
    Outcome,
    RunRecord,
    Timings,
    Understanding,
    Utterance,
)
from app.core.ports import Clock
from app.core.request import RunRequest


def fault_of(error: UserFacingError) -> Fault:
    """Put an error into the words that are shown and recorded."""
    return Fault(code=error.code, message=error.message, remedy=error.remedy)


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

    def end(self, outcome: Outcome) -> None:
        """Note how the run ended."""
        self._outcome = outcome

    def fail(self, error: UserFacingError) -> None:
        """Note why the run could not answer."""
        self._outcome = Outcome.FAILED
        self._fault = fault_of(error)

    def record(self) -> RunRecord:
        """Give the record. Findings are in it only if they may be shown."""
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
