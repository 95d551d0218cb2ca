"""Small real classes that stand in for a port.

Each is held to the port's contract suite in `tests/contract`.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from app.core.alarms import Acknowledgement, OpenAlarms
from app.core.cancel import CancelToken, cancellable
from app.core.checks import judge, judged_observation
from app.core.dialogue import NOTHING, Context
from app.core.model import Call, Finding, Origin, RunRecord, Understanding, Utterance
from app.core.observation import Observation
from app.core.ports import ChainLine, ChainReport, JournalEntry, JournalQuery
from app.core.standing import Standing, newest_standing
from tests.alarm_memory import AlarmMemory


class HeldClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
        self.seconds = 0.0

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return self.seconds

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)
        self.seconds += seconds


class SilentAudio:
    """Audio whose samples nobody looks at."""

    origin = Origin.FILE
    overflows = 0

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        cancel.raise_if_cancelled()
        yield bytes(3200)


class ScriptedRecognizer:
    """Hears what it was told to hear, in the partials it was told to give."""

    name = "scripted"

    def __init__(
        self,
        text: str = "查一下济南工地的人数",
        partials: Sequence[str] = (),
        error: Exception | None = None,
        hang: bool = False,
    ) -> None:
        self._text, self._partials = text, partials
        self._error, self._hang = error, hang
        self.listening = asyncio.Event()

    async def recognize(
        self,
        audio: object,
        *,
        on_partial: Callable[[str], None],
        cancel: CancelToken,
    ) -> Utterance:
        for text in self._partials:
            on_partial(text)
            await asyncio.sleep(0)
        self.listening.set()
        if self._hang:
            await asyncio.Event().wait()
        if self._error is not None:
            raise self._error
        return Utterance(text=self._text, origin=Origin.FILE, recognizer=self.name)


class ScriptedAgent:
    """Understands what it was told to understand; summarises by the rule."""

    name = "scripted"

    def __init__(
        self,
        understanding: Understanding | Exception,
        summary_error: Exception | None = None,
    ) -> None:
        self._understanding = understanding
        self._summary_error = summary_error

    async def understand(
        self,
        utterance: Utterance,
        *,
        context: Context = NOTHING,
        cancel: CancelToken,
    ) -> Understanding:
        if isinstance(self._understanding, Exception):
            raise self._understanding
        return self._understanding

    async def summarise(
        self, call: Call, observation: Observation, *, cancel: CancelToken
    ) -> Finding:
        if self._summary_error is not None:
            raise self._summary_error
        judgement = judge(call, observation)
        return Finding(
            call=call,
            observation=judged_observation(call, observation),
            verdict=judgement.verdict,
            severity=judgement.severity,
            summary=judgement.sentence,
        )


class ScriptedDispatcher:
    """Answers each call with the observation given for its site, or hangs.

    Where it hangs, it has answered `before` calls; `reached` is set then.
    """

    def __init__(
        self,
        answers: Mapping[str, Observation] | None = None,
        hang: bool = False,
        before: int = 0,
    ) -> None:
        self._answers = answers or {}
        self._hang = hang
        self._before = before
        self.asked: list[Call] = []
        self.reached = asyncio.Event()

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        self.asked.extend(calls)
        if not self._hang:
            self.reached.set()
        for index, call in enumerate(calls):
            if self._hang and index == self._before:
                self.reached.set()
                await cancellable(_forever(), cancel)
            if call.site.id in self._answers:
                yield index, self._answers[call.site.id]


async def _forever() -> None:
    await asyncio.Event().wait()


class ListJournal:
    """A journal in memory: remembers, and can be told to fail or to be slow."""

    def __init__(self, error: Exception | None = None) -> None:
        self._error = error
        self.records: list[RunRecord] = []
        self.alarms = AlarmMemory()
        self.gate: asyncio.Event | None = None
        self.appending = asyncio.Event()

    async def append(self, record: RunRecord) -> JournalEntry:
        self.appending.set()
        if self.gate is not None:
            await self.gate.wait()
        if self._error is not None:
            raise self._error
        self.records.append(record)
        return self._entry(len(self.records))

    def _entry(self, seq: int) -> JournalEntry:
        return JournalEntry(
            seq=seq,
            record=self.records[seq - 1],
            previous_hash=str(seq - 1),
            hash=str(seq),
        )

    def page(
        self, query: JournalQuery, *, before: int | None = None, limit: int = 256
    ) -> Sequence[JournalEntry]:
        last = len(self.records) if before is None else before - 1
        return [self._entry(seq) for seq in range(last, max(0, last - limit), -1)]

    def get(self, run_id: str) -> JournalEntry | None:
        for seq, record in enumerate(self.records, 1):
            if record.run_id.startswith(run_id):
                return self._entry(seq)
        return None

    def latest(self, *, after: int = 0) -> Sequence[Standing]:
        return newest_standing(enumerate(self.records, 1), after=after)

    async def acknowledge(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        if self._error is not None:
            raise self._error
        return self.alarms.take(self.records, acknowledgement)

    def open_alarms(self, *, limit: int = 256) -> OpenAlarms:
        return self.alarms.still_open(self.records, limit)

    def acknowledgements(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        return self.alarms.of_runs(run_ids)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> ChainReport:
        count = len(self.records)
        return ChainReport(checked=count, ok=True, head=str(count))

    def entries(self, query: JournalQuery) -> Iterator[JournalEntry]:
        return (self._entry(seq) for seq in range(1, len(self.records) + 1))

    def lines(self, query: JournalQuery | None = None) -> Iterator[ChainLine]:
        for entry in self.entries(JournalQuery()):
            yield ChainLine(
                seq=entry.seq,
                kind="run",
                entry_id=entry.record.run_id,
                previous_hash=entry.previous_hash,
                hash=entry.hash,
                body=entry.record.run_id,
            )

    def close(self) -> None:
        pass
