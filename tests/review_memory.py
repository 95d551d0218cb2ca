"""What journals in memory know of reviewing: `core.reviewing.Review` on a list."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeAlias, TypeVar

from app.core.alarms import Acknowledgement
from app.core.disposing import (
    no_correction,
    no_finding,
    no_run,
    require_complete,
    require_corrects,
    require_decides,
    require_follows,
)
from app.core.entries import (
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    EventKind,
    FindingState,
    History,
    OpenFinding,
    Step,
    first_state,
    state_after,
)
from app.core.model import Call, Finding, Origin, Verdict
from app.core.ports import JournalEntry, JournalQuery
from app.core.recording import Recordings
from app.core.reviewing import (
    ChainHead,
    EvidenceReport,
    LoggedEvent,
    OpenFindings,
    ProposedCorrection,
    RecordingsReport,
)
from app.core.trends import (
    FINDING_SEVERITIES,
    MEASURE_CHECK,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    first_day,
)
from app.core.workdays import DESKS_ZONE

Later: TypeAlias = Disposition | Correction | Decision | DeskEvent

_L = TypeVar("_L", Disposition, Correction, Decision, DeskEvent)


@dataclass(frozen=True, slots=True)
class Counted:
    """What one call adds to a trend."""

    call: Call | None
    part: int
    whole: int


class ReviewMemory:
    """The later entries; the runs are the journal's.

    `full` and `unreadable` make it fail as a journal on a disk would.
    """

    def __init__(
        self,
        entries: Callable[[], Sequence[JournalEntry]],
        acknowledged: Callable[[], Sequence[Acknowledgement]] = tuple,
    ) -> None:
        self._entries = entries
        self._acknowledged = acknowledged
        self.said: list[tuple[int, Later]] = []
        """Everything that was said later, with its number in the chain."""
        self.full: Exception | None = None
        self.unreadable: Exception | None = None
        self.evidence = EvidenceReport(checked=0)
        self.recordings = RecordingsReport()

    async def dispose(self, disposition: Disposition) -> Disposition:
        require_complete(disposition)
        self._writable()
        finding = self._finding(disposition.run_id, disposition.index)
        if finding is None:
            raise no_finding(disposition.run_id, disposition.index)
        if disposition.recheck_run and not self._run(disposition.recheck_run):
            raise no_run(disposition.recheck_run)
        state = self._state(disposition.run_id, disposition.index, finding)
        require_follows(disposition.step, state)
        return self._say(disposition)

    async def correct(self, correction: Correction) -> Correction:
        require_corrects(correction)
        self._writable()
        if self._run(correction.run_id) is None:
            raise no_run(correction.run_id)
        return self._say(correction)

    async def decide(self, decision: Decision) -> Decision:
        require_decides(decision)
        self._writable()
        known = {each.entry_id for each in self._all(Correction)}
        if decision.correction_id not in known:
            raise no_correction(decision.correction_id)
        return self._say(decision)

    async def note(self, event: DeskEvent) -> DeskEvent:
        self._writable()
        return self._say(event)

    def histories(self, run_ids: Sequence[str]) -> Sequence[History]:
        self._readable()
        return tuple(self._history(run_id) for run_id in run_ids)

    def open_findings(
        self, *, region: str = "", site: str = "", limit: int = 256
    ) -> OpenFindings:
        self._readable()
        found = [
            OpenFinding(
                run_id=entry.record.run_id,
                index=index,
                finding=finding,
                state=state,
                at=entry.record.finished_at,
                operator=entry.record.operator,
                responsible=self._responsible(entry.record.run_id, index),
            )
            for entry in reversed(self._entries())
            for index, finding, state in self._states(entry)
            if state.is_open
            and region in {"", finding.call.site.region}
            and names_site(finding.call, site)
        ]
        return OpenFindings(count=len(found), newest=tuple(found[:limit]))

    def events(
        self,
        *,
        kinds: Sequence[EventKind] = (),
        since: datetime | None = None,
        until: datetime | None = None,
        before: int | None = None,
        limit: int = 256,
    ) -> Sequence[LoggedEvent]:
        self._readable()
        found = [
            LoggedEvent(seq=seq, event=each)
            for seq, each in reversed(self.said)
            if isinstance(each, DeskEvent)
            and (not kinds or each.kind in kinds)
            and (since is None or each.at >= since)
            and (until is None or each.at < until)
            and (before is None or seq < before)
        ]
        return tuple(found[:limit])

    def corrections(
        self, *, decided: bool | None = None, limit: int = 256
    ) -> Sequence[ProposedCorrection]:
        self._readable()
        found = []
        for correction in reversed(self._all(Correction)):
            entry = self._run(correction.run_id)
            assert entry is not None
            decision = self._decided(correction.entry_id)
            if decided in {None, decision is not None}:
                found.append(
                    ProposedCorrection(
                        correction=correction, entry=entry, decision=decision
                    )
                )
        return tuple(found[:limit])

    def regions(self) -> Sequence[str]:
        self._readable()
        named = {
            call.site.region
            for entry in self._entries()
            for call, _ in called(entry)
            if call.site.region
        }
        return tuple(sorted(named))

    def operators(self) -> Sequence[str]:
        self._readable()
        return tuple(sorted({entry.record.operator for entry in self._entries()}))

    def trend(self, query: TrendQuery) -> Sequence[TrendPoint]:
        self._readable()
        sums: defaultdict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0])
        runs: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
        labels: dict[str, str] = {}
        for entry in self._entries():
            record = entry.record
            if not query.since <= record.started_at < query.until:
                continue
            day = record.started_at.astimezone(DESKS_ZONE).date()
            for each in counted(entry, query):
                group, label = _group(each.call, query.by)
                labels[group] = label
                key = (group, first_day(day, query.bucket))
                sums[key][0] += each.part
                sums[key][1] += each.whole
                runs[key].add(record.run_id)
        return tuple(
            TrendPoint(
                start=start,
                group=group,
                label=labels[group],
                part=part,
                whole=whole,
                runs=len(runs[group, start]),
            )
            for (group, start), (part, whole) in sorted(sums.items())
            if whole
        )

    def moment(self) -> AbstractContextManager[None]:
        return nullcontext()

    def head(self) -> ChainHead:
        self._readable()
        entries = self._entries()
        seq = len(entries) + len(self.said)
        text = repr([entry.hash for entry in entries]) + repr(self.said)
        digest = hashlib.sha256(text.encode()).hexdigest() if seq else "0" * 64
        return ChainHead(seq=seq, hash=digest, at=datetime.now(UTC))

    def check_evidence(
        self, folder: Path, progress: Callable[[int, int], None] | None = None
    ) -> EvidenceReport:
        self._readable()
        if progress is not None:
            progress(self.evidence.checked, self.evidence.checked)
        return self.evidence

    def check_recordings(
        self,
        recordings: Recordings,
        progress: Callable[[int, int], None] | None = None,
    ) -> RecordingsReport:
        self._readable()
        if progress is not None:
            progress(self.recordings.checked, self.recordings.checked)
        return self.recordings

    def matches(self, entry: JournalEntry, query: JournalQuery) -> bool:
        """Say whether an entry is what is looked for, as any journal does."""
        record = entry.record
        if query.since is not None and record.started_at < query.since:
            return False
        if query.until is not None and record.started_at >= query.until:
            return False
        if query.outcome not in {None, record.outcome}:
            return False
        if query.operator not in record.operator:
            return False
        # Acknowledgements are found by their notes too.
        told = repr(record) + repr(self._history(record.run_id))
        if not all(part in told for part in query.text.split()):
            return False
        states = [state for _, _, state in self._states(entry)]
        wanted = [
            (finding, states[index] if index < len(states) else None)
            for index, (call, finding) in enumerate(called(entry))
            if query.check in {None, call.check}
            and query.region in {"", call.site.region}
            and query.severity in {None, finding.severity if finding else None}
            and names_site(call, query.site)
        ]
        filtered = query.check or query.severity or query.region or query.site
        if filtered and not wanted:
            return False
        if query.open is not None:
            has_open = any(state is not None and state.is_open for _, state in wanted)
            if has_open is not query.open:
                return False
        if query.state is None:
            return True
        return any(
            state is query.state
            and (not query.open or (state is not None and state.is_open))
            for _, state in wanted
        )

    def next_seq(self) -> int:
        return len(self._entries()) + len(self.said) + 1

    def _say(self, each: _L) -> _L:
        self.said.append((self.next_seq(), each))
        return each

    def _all(self, kind: type[_L]) -> list[_L]:
        return [each for _, each in self.said if isinstance(each, kind)]

    def _history(self, run_id: str) -> History:
        corrections = [c for c in self._all(Correction) if c.run_id == run_id]
        ids = {each.entry_id for each in corrections}
        return History(
            run_id=run_id,
            acknowledgements=tuple(
                each for each in self._acknowledged() if each.run_id == run_id
            ),
            dispositions=tuple(
                each for each in self._all(Disposition) if each.run_id == run_id
            ),
            corrections=tuple(corrections),
            decisions=tuple(d for d in self._all(Decision) if d.correction_id in ids),
        )

    def _steps(self, run_id: str, index: int) -> Iterator[Disposition]:
        for each in self._all(Disposition):
            if (each.run_id, each.index) == (run_id, index):
                yield each

    def _state(self, run_id: str, index: int, finding: Finding) -> FindingState:
        steps = [each.step for each in self._steps(run_id, index)]
        return state_after(finding.severity, steps)

    def _states(
        self, entry: JournalEntry
    ) -> Iterator[tuple[int, Finding, FindingState]]:
        steps: defaultdict[int, list[Step]] = defaultdict(list)
        for each in self._all(Disposition):
            if each.run_id == entry.record.run_id:
                steps[each.index].append(each.step)
        for index, finding in enumerate(entry.record.findings):
            first = first_state(finding.severity)
            state = state_after(finding.severity, steps[index]) if steps else first
            yield index, finding, state

    def _responsible(self, run_id: str, index: int) -> str:
        named = [
            each.responsible
            for each in self._steps(run_id, index)
            if each.step is Step.DISPATCHED
        ]
        return named[-1] if named else ""

    def _decided(self, correction_id: str) -> Decision | None:
        about = [d for d in self._all(Decision) if d.correction_id == correction_id]
        return about[-1] if about else None

    def _run(self, run_id: str) -> JournalEntry | None:
        found = (e for e in self._entries() if e.record.run_id == run_id)
        return next(found, None)

    def _finding(self, run_id: str, index: int) -> Finding | None:
        entry = self._run(run_id)
        findings = entry.record.findings if entry is not None else ()
        return findings[index] if 0 <= index < len(findings) else None

    def _writable(self) -> None:
        if self.full is not None:
            raise self.full

    def _readable(self) -> None:
        if self.unreadable is not None:
            raise self.unreadable


def called(entry: JournalEntry) -> list[tuple[Call, Finding | None]]:
    """The calls of a run: those of its findings, or else what was understood."""
    record = entry.record
    if record.findings:
        return [(finding.call, finding) for finding in record.findings]
    understood = record.understanding
    return [(call, None) for call in understood.calls] if understood else []


def names_site(call: Call, words: str) -> bool:
    return words in {"", call.site.id} or words in call.site.name


def counted(entry: JournalEntry, query: TrendQuery) -> Iterator[Counted]:
    """Give what each call of a run adds; of a command as a whole, what it does."""
    calls = [
        (call, finding)
        for call, finding in called(entry)
        if query.region in {"", call.site.region} and query.site in {"", call.site.id}
    ]
    if query.measure is Measure.EARS_APART:
        yield from _heard(entry, query, [call for call, _ in calls])
        return
    for call, finding in calls:
        check = MEASURE_CHECK.get(query.measure) or (
            query.check
            if query.measure in {Measure.FINDINGS, Measure.UNANSWERED}
            else None
        )
        if check not in {None, call.check}:
            continue
        if (pair := _pair(query.measure, finding)) is not None:
            yield Counted(call, *pair)


def _heard(
    entry: JournalEntry, query: TrendQuery, calls: Sequence[Call]
) -> Iterator[Counted]:
    said = entry.record.utterance
    if said is None or said.agreement is None:
        return
    if said.origin not in {Origin.MICROPHONE, Origin.FILE}:
        return
    apart = int(not said.agreed)
    if query.by is GroupBy.ALL:
        if calls or not (query.region or query.site):
            yield Counted(None, apart, 1)
        return
    groups = {_group(call, query.by)[0]: call for call in calls}
    for call in groups.values():
        yield Counted(call, apart, 1)


def _pair(measure: Measure, finding: Finding | None) -> tuple[int, int] | None:
    answered = finding is not None and finding.verdict is not Verdict.DATA_MISSING
    if measure is Measure.UNANSWERED:
        return int(not answered), 1
    if finding is None:
        return None
    if measure is Measure.MODEL_APART:
        wrote = bool(finding.model_sentence)
        return (int(finding.model_differed), 1) if wrote else None
    if not answered:
        return None
    if measure is Measure.FINDINGS:
        return int(finding.severity in FINDING_SEVERITIES), 1
    seen = finding.observation
    people = {
        Measure.ATTENDANCE: (seen.actual, seen.expected),
        Measure.HELMETS: (seen.wearing, seen.actual),
        Measure.EQUIPMENT: (seen.carrying, seen.actual),
    }
    part, whole = people[measure]
    # Where nobody was to be counted the run adds nothing, and is not behind the rate.
    return (min(part, whole), whole) if part is not None and whole else None


def _group(call: Call | None, by: GroupBy) -> tuple[str, str]:
    if call is None or by is GroupBy.ALL:
        return "", ""
    site = call.site
    return (site.region, site.region) if by is GroupBy.REGION else (site.id, site.name)
