"""A real desk for the window's tests: the core's pipeline, and tiny parts around it."""

import asyncio
import hashlib
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Callable,
    Iterator,
    Sequence,
)
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QInputMethodEvent, QKeyEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QWidget

from app.core import checks
from app.core.alarms import Acknowledgement, OpenAlarms
from app.core.cancel import CancelToken, cancellable
from app.core.clock import SystemClock
from app.core.desk import AlarmSound, DeskInfo
from app.core.dialogue import NOTHING, Context, Dialogue
from app.core.errors import AudioEmptyError, JournalUnwritableError
from app.core.events import RunEvent, TerminalEvent
from app.core.model import (
    Call,
    Candidate,
    Check,
    Finding,
    Intent,
    Mention,
    Origin,
    Outcome,
    Question,
    QuestionKind,
    Resolution,
    RunRecord,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.core.observation import Evidence, Missing, MissingReason, Observation
from app.core.people import May
from app.core.pipeline import Pipeline
from app.core.ports import (
    AudioSource,
    ChainLine,
    ChainReport,
    Health,
    JournalEntry,
    JournalQuery,
)
from app.core.recording import Keep, Recording
from app.core.request import RunRequest
from app.core.standing import Standing, newest_standing
from app.desktop.card import RunCard
from app.desktop.session import DeskSession
from app.journal import canonical
from app.reports.service import JournalReports
from app.sites.directory import Directory
from app.system.worker import InferenceWorker
from tests.alarm_memory import AlarmMemory
from tests.fake_microphone import FakeMicrophone
from tests.fake_people import FakePeople, Noted, presence_over
from tests.review_memory import ReviewMemory

JINAN = Site(id="s1", name="济南工地")
YANTAI = Site(id="s2", name="烟台工地")
LONG = Site(
    id="s3",
    name="国网山东省电力公司济宁供电公司220千伏微山湖输变电工程第二标段施工现场（线路侧）",
)
SITES = (JINAN, YANTAI, LONG)
SPOKEN = "查一下济南工地的人数"


def inspect(*calls: Call) -> Understanding:
    return Understanding(
        intent=Intent.INSPECT,
        mentions=tuple(
            Mention(place=call.site.name, site=call.site, check=call.check)
            for call in calls
        ),
        calls=calls,
        source=Source.MODEL_AND_RULES,
        confidence=0.98,
        model="GLM-mini + 电网巡检",
    )


def seen(**counts: object) -> Observation:
    fields: dict[str, object] = {
        "ticket": "GD-20261121-017",
        "leader": "王建国",
        "taken_at": datetime.now(UTC) - timedelta(seconds=4),
        "frames": 5,
        "detector": "helmet-v3",
        "detector_confidence": 0.93,
        "sources": ("演示工单", "演示相机"),
        "latency_ms": 132.0,
        "attempts": 1,
    }
    return Observation(**(fields | counts))  # type: ignore[arg-type]


def lost(reason: MissingReason, detail: str) -> Observation:
    return Observation(
        sources=("演示相机",),
        latency_ms=3000,
        attempts=2,
        missing=Missing(reason=reason, detail=detail),
    )


WHICH_SITE = Understanding(
    intent=Intent.INSPECT,
    mentions=(Mention(place="技能", heard_place="技能", check=Check.HEADCOUNT),),
    question=Question(
        kind=QuestionKind.WHICH_SITE,
        sentence="没有听清地点「技能」，您要查的是哪一个？",
        candidates=(
            Candidate(
                label="济南工地 · 人数检测", calls=(Call(JINAN, Check.HEADCOUNT),)
            ),
            Candidate(
                label="烟台工地 · 人数检测", calls=(Call(YANTAI, Check.HEADCOUNT),)
            ),
            Candidate(
                label=f"{LONG.name} · 人数检测", calls=(Call(LONG, Check.HEADCOUNT),)
            ),
        ),
    ),
    confidence=0.4,
)


@dataclass
class FakeRecognizer:
    """Hears the same sentence every time, on the worker like the real one."""

    worker: InferenceWorker
    text: str = SPOKEN
    lexicon_text: str = ""
    partials: tuple[str, ...] = ("查一下", "查一下济南")
    name: str = "vosk-small-cn 0.22"

    async def recognize(
        self,
        audio: AudioSource,
        *,
        on_partial: Callable[[str], None],
        cancel: CancelToken,
    ) -> Utterance:
        loop = asyncio.get_running_loop()

        def listen() -> int:
            heard = 0
            for block in audio.blocks(cancel):
                heard += len(block)
                for partial in self.partials:
                    loop.call_soon_threadsafe(on_partial, partial)
            return heard

        heard = await self.worker.run(listen)
        if not heard:
            raise AudioEmptyError("没有听到声音")
        return Utterance(
            text=self.text,
            origin=audio.origin,
            free_text=self.text,
            lexicon_text=self.lexicon_text or self.text,
            agreement=0.05,
            confidence=0.91,
            recognizer=self.name,
            audio_s=heard / 32000,
            audio_sha256="0" * 64,
        )


@dataclass
class FakeAgent:
    readings: dict[str, Understanding] = field(default_factory=dict)
    follow_ups: dict[str, Callable[[Context], Understanding]] = field(
        default_factory=dict
    )
    """Sentences that mean something only after what was said before."""
    error: Exception | None = None
    gate: asyncio.Event | None = None
    name: str = "GLM-mini"

    async def understand(
        self,
        utterance: Utterance,
        *,
        context: Context = NOTHING,
        cancel: CancelToken,
    ) -> Understanding:
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if utterance.text in self.follow_ups:
            return self.follow_ups[utterance.text](context)
        declined = Understanding(
            intent=Intent.UNSUPPORTED, reply="这里只办理工地巡检查询，不能控制设备。"
        )
        return self.readings.get(utterance.text, declined)

    async def summarise(
        self, call: Call, observation: Observation, *, cancel: CancelToken
    ) -> Finding:
        verdict = checks.judge(call, observation)
        return Finding(
            call=call,
            observation=checks.judged_observation(call, observation),
            verdict=verdict.verdict,
            severity=verdict.severity,
            summary=verdict.sentence,
        )


@dataclass
class FakeDispatcher:
    answers: dict[Call, Observation] = field(default_factory=dict)
    gate: asyncio.Event | None = None
    deaf: bool = False
    """Does not look at the cancel token, like a backend that hangs."""

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncIterator[tuple[int, Observation]]:
        for index, call in enumerate(calls):
            if self.gate is not None:
                waiting = self.gate.wait()
                await (waiting if self.deaf else cancellable(waiting, cancel))
            missing = lost(MissingReason.UNREACHABLE, "相机系统连接不上")
            yield index, self.answers.get(call, missing)


class FakeJournal:
    """A journal in memory with keyset pages."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self.broken: int | None = None
        self.pages = 0
        self.alarms = AlarmMemory()
        self.review = ReviewMemory(lambda: self.entries, lambda: self.alarms.said)
        self.hold: Callable[[], object] | None = None

    @property
    def full(self) -> bool:
        return self.review.full is not None

    @full.setter
    def full(self, full: bool) -> None:
        error = JournalUnwritableError("磁盘已满, 日志没有写入")
        self.review.full = error if full else None

    @property
    def unreadable(self) -> Exception | None:
        return self.review.unreadable

    @unreadable.setter
    def unreadable(self, error: Exception | None) -> None:
        self.review.unreadable = error

    async def append(self, record: RunRecord) -> JournalEntry:
        if self.review.full is not None:
            raise self.review.full
        previous = self.entries[-1].hash if self.entries else "0" * 64
        entry = JournalEntry(
            seq=self.review.next_seq(),
            record=record,
            previous_hash=previous,
            hash=hashlib.sha256((previous + record.run_id).encode()).hexdigest(),
        )
        self.entries.append(entry)
        return entry

    def page(
        self, query: JournalQuery, *, before: int | None = None, limit: int = 256
    ) -> Sequence[JournalEntry]:
        self.pages += 1
        if self.unreadable is not None:
            raise self.unreadable
        found = [
            entry
            for entry in reversed(self.entries)
            if (before is None or entry.seq < before)
            and self.review.matches(entry, query)
        ]
        return found[:limit]

    def get(self, run_id: str) -> JournalEntry | None:
        found = [e for e in self.entries if e.record.run_id.startswith(run_id)]
        return found[0] if len(found) == 1 else None

    def latest(self, *, after: int = 0) -> Sequence[Standing]:
        if self.unreadable is not None:
            raise self.unreadable
        records = ((entry.seq, entry.record) for entry in self.entries)
        return newest_standing(records, after=after)

    async def acknowledge(self, acknowledgement: Acknowledgement) -> Acknowledgement:
        if self.review.full is not None:
            raise self.review.full
        records = [entry.record for entry in self.entries]
        return self.alarms.take(records, acknowledgement)

    def open_alarms(self, *, limit: int = 256) -> OpenAlarms:
        if self.unreadable is not None:
            raise self.unreadable
        return self.alarms.still_open([e.record for e in self.entries], limit)

    def acknowledgements(self, run_ids: Sequence[str]) -> Sequence[Acknowledgement]:
        return self.alarms.of_runs(run_ids)

    def verify(self, progress: Callable[[int, int], None] | None = None) -> ChainReport:
        if progress is not None:
            progress(len(self.entries), len(self.entries))
        if self.hold is not None:
            self.hold()
            if progress is not None:
                progress(len(self.entries), len(self.entries))
        return ChainReport(
            checked=len(self.entries),
            ok=self.broken is None,
            head=self.entries[-1].hash if self.entries else "",
            first_broken=self.broken,
            detail="指纹与内容不符" if self.broken else "",
        )

    def close(self) -> None:
        pass


class ReadForFiles:
    """The journal as whoever writes files reads it: oldest first."""

    def __init__(self, journal: FakeJournal) -> None:
        self._journal = journal

    def entries(self, query: JournalQuery) -> Iterator[JournalEntry]:
        return reversed(self._journal.page(query, limit=1_000_000))

    def lines(self, query: JournalQuery | None = None) -> Iterator[ChainLine]:
        for entry in self.entries(query or JournalQuery()):
            record = entry.record
            yield ChainLine(
                seq=entry.seq,
                kind="run",
                entry_id=record.run_id,
                previous_hash=entry.previous_hash,
                hash=entry.hash,
                body=canonical.encode(record, recorded_at=record.finished_at),
            )


class NoRecordings:
    """Keeps no audio; what is put there is found."""

    wanted = Keep.HASH

    def __init__(self) -> None:
        self.found: dict[str, Recording] = {}

    async def keep(self, pcm: bytes, sha256: str) -> bool:
        raise AssertionError("nothing is to be kept")

    def find(self, sha256: str) -> Recording | None:
        return self.found.get(sha256)


class FakeDirectory:
    def __init__(self, sites: Sequence[Site]) -> None:
        self._sites = tuple(sites)

    def sites(self) -> Sequence[Site]:
        return self._sites

    def get(self, site_id: str) -> Site | None:
        return next((site for site in self._sites if site.id == site_id), None)

    def resolve(self, words: str) -> Resolution:
        return Resolution(words=words, site=None)

    def readings(self, words: str) -> Sequence[Sequence[str]]:
        return Directory(()).readings(words)


class MovedClock(SystemClock):
    """The machine's clock, and what a test has put it forward by."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead


class DeskForTests:
    """`core.desk.Desk` on the real pipeline."""

    def __init__(self, folder: Path, sites: Sequence[Site] = SITES) -> None:
        self.worker = InferenceWorker("test-inference")
        self.microphone = FakeMicrophone()
        self.recognizer = FakeRecognizer(self.worker)
        self.agent = FakeAgent()
        self.dispatcher = FakeDispatcher()
        self.journal = FakeJournal()
        self.review = self.journal.review
        self.reports = JournalReports(
            ReadForFiles(self.journal),  # type: ignore[arg-type]
            self.review,
            evidence_dir=folder / "evidence",
            program="GridDesk test",
            clock=SystemClock(),
        )
        self.recordings = NoRecordings()
        self.alarm_sound: AlarmSound | None = None
        self.directory = FakeDirectory(sites)
        self.evidence_dir = folder / "evidence"
        self.evidence_dir.mkdir(exist_ok=True)
        self.parts: list[Health] = [
            Health(name="麦克风", ok=True, detail="USB 麦克风"),
            Health(name="语音识别", ok=True, detail="vosk-small-cn 0.22"),
            Health(
                name="语言模型", ok=True, detail="GLM-mini + 电网巡检，CPU（没有 GPU）"
            ),
            Health(name="现场系统 demo", key="backend", ok=True, detail="演示数据"),
            Health(name="巡检日志", ok=True, detail="可写"),
        ]
        self.warm_gate: asyncio.Event | None = None
        self.closed = False
        self.clock = MovedClock()
        self._dialogue = Dialogue(self.clock.now)
        self.people = FakePeople(self.clock)
        self.noted = Noted(self.review.note)
        self.presence = presence_over(self.people, self.noted, clock=self.clock)
        self._whose = ""
        self.presence.watch(self._look_whose)
        self.info = DeskInfo(
            operator="李明",
            workstation="济南调控 3 号席",
            program="GridDesk test",
            journal_path=folder / "journal.db",
            evidence_dir=self.evidence_dir,
            log_path=folder / "griddesk.log",
        )
        self._pipeline = Pipeline(
            recognizer=self.recognizer,
            agent=self.agent,
            dispatcher=self.dispatcher,
            journal=self.journal,
            clock=self.clock,
            program="GridDesk test",
        )

    def knows(self, text: str, answers: dict[Call, Observation]) -> None:
        """Let a sentence mean these calls, answered so."""
        self.agent.readings[text] = inspect(*answers)
        self.dispatcher.answers |= answers

    def keep(self, name: str, data: bytes, **known: Any) -> Evidence:
        (self.evidence_dir / name).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        return Evidence(path=name, sha256=digest, **known)

    def request(
        self, *, audio: AudioSource | None = None, text: str | None = None
    ) -> RunRequest:
        actor = self.presence.acting()
        actor.require(May.ASK)
        return RunRequest(
            operator=actor.name,
            role=actor.role or "",
            workstation=actor.workstation,
            audio=audio,
            text=text,
            context=self.context,
        )

    @property
    def context(self) -> Context:
        return self._dialogue.context()

    def _look_whose(self) -> None:
        person = self.presence.person
        login = person.login if person is not None else ""
        if login != self._whose:
            self._whose = login
            self._dialogue.begin_anew()

    async def run(self, request: RunRequest) -> AsyncGenerator[RunEvent, None]:
        async with aclosing(self._pipeline.run(request)) as course:
            async for event in course:
                if isinstance(event, TerminalEvent) and event.journalled:
                    self._dialogue.remember(event.record)
                yield event

    async def warm_up(self) -> None:
        if self.warm_gate is not None:
            await self.warm_gate.wait()

    async def health(self) -> Sequence[Health]:
        return self.parts

    async def close(self) -> None:
        self.worker.close()
        self.presence.close()
        self.journal.close()
        self.closed = True


def past_record(number: int, finding: Finding | None) -> RunRecord:
    start = datetime(2026, 11, 21, 0, 0, tzinfo=UTC) + timedelta(minutes=number)
    return RunRecord(
        run_id=f"{number:032x}",
        started_at=start,
        finished_at=start + timedelta(seconds=1),
        operator="李明",
        workstation="济南调控 3 号席",
        origin=Origin.TYPED,
        outcome=Outcome.ANSWERED if finding else Outcome.CANCELLED,
        findings=(finding,) if finding else (),
    )


def finding_of(call: Call, observation: Observation) -> Finding:
    verdict = checks.judge(call, observation)
    return Finding(
        call=call,
        observation=observation,
        verdict=verdict.verdict,
        severity=verdict.severity,
        summary=verdict.sentence,
    )


class Expect:
    """`async with Expect(signal):` waits for the signal at the end of the block."""

    def __init__(
        self,
        signal: Any,
        match: Callable[..., bool] = lambda *_: True,
        timeout_s: float = 8.0,
    ) -> None:
        self._signal, self._match, self._timeout_s = signal, match, timeout_s
        self.args: tuple[Any, ...] = ()

    async def __aenter__(self) -> "Expect":
        self._came = asyncio.Event()
        self._signal.connect(self._take)
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                await asyncio.wait_for(self._came.wait(), self._timeout_s)
        finally:
            self._signal.disconnect(self._take)

    def _take(self, *args: Any) -> None:
        if not self._came.is_set() and self._match(*args):
            self.args = args
            self._came.set()


def texts(widget: QWidget) -> str:
    """Everything that a widget shows, as a person would read it."""
    shown = [
        label.text()
        for label in widget.findChildren(QLabel)
        if label.isVisibleTo(widget)
    ]
    return (
        "\n".join(shown)
        .replace("\u2060", "")
        .replace("\u200b", "")
        .replace("\u00a0", " ")
    )


def compose(edit: QLineEdit, text: str) -> None:
    """Type Chinese as an input method does."""
    event = QInputMethodEvent()
    event.setCommitString(text)
    QApplication.sendEvent(edit, event)


def key(widget: QWidget, code: Qt.Key, *, down: bool, repeat: bool = False) -> None:
    kind = QEvent.Type.KeyPress if down else QEvent.Type.KeyRelease
    event = QKeyEvent(kind, code, Qt.KeyboardModifier.NoModifier, "", repeat)
    QApplication.sendEvent(widget, event)


async def said(session: DeskSession, text: str) -> None:
    """Send a command and wait until its run has ended."""
    async with Expect(session.bridge.busy_changed, lambda busy: not busy):
        session.submit_text(text)


async def laid_out(card: RunCard, count: int) -> None:
    """Wait until a card shows so many findings: those of a sweep come one by one."""
    while len(card.finding_views) < count:
        await asyncio.sleep(0)
