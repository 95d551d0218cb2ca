"""Counts over records, as reports need them: by check, by reason, by site."""

from collections import Counter, defaultdict
from collections.abc import Generator, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Final

from app.core.alarms import of_finding
from app.core.entries import History
from app.core.model import Check, RunRecord, Severity, Verdict
from app.core.observation import MissingReason
from app.core.ports import Journal, JournalEntry, JournalQuery
from app.core.reporting import CheckTotal, Progress, ReportedFinding, Unanswered
from app.core.reviewing import Review
from app.core.trends import FINDING_SEVERITIES

_CHUNK: Final = 256


def told(
    journal: Journal,
    review: Review,
    query: JournalQuery,
    *,
    progress: Progress | None = None,
) -> Generator[tuple[JournalEntry, History], None, None]:
    """Give the runs that a filter finds with what was said of them later, in order."""
    found = iter(journal.entries(query))
    done = 0
    while some := list(islice(found, _CHUNK)):
        histories = review.histories([entry.record.run_id for entry in some])
        yield from zip(some, histories, strict=True)
        done += len(some)
        if progress is not None:
            progress(done)


class Totals:
    """Counts the answers to each check by severity."""

    def __init__(self) -> None:
        """Begin with none."""
        self._counts: Counter[tuple[Check, Severity]] = Counter()

    def add(self, record: RunRecord) -> None:
        """Count the answers of a run."""
        self._counts.update((f.call.check, f.severity) for f in record.findings)

    def given(self) -> tuple[CheckTotal, ...]:
        """Give one total for each check that was asked about."""
        by = self._counts
        totals = (
            CheckTotal(
                check=check,
                normal=by[check, Severity.NORMAL],
                attention=by[check, Severity.ATTENTION],
                alarm=by[check, Severity.ALARM],
                unknown=by[check, Severity.UNKNOWN],
            )
            for check in Check
        )
        return tuple(total for total in totals if total.answers)


class Silences:
    """Collects what was asked and not answered, by site, check and reason."""

    def __init__(self) -> None:
        """Begin with none."""
        self._found: dict[tuple[str, Check, MissingReason], Unanswered] = {}

    def add(self, record: RunRecord) -> None:
        """Look at the answers of a run; runs come in the order of time."""
        for finding in record.findings:
            site, check = finding.call.site, finding.call.check
            why = finding.observation.missing
            if finding.verdict is not Verdict.DATA_MISSING or why is None:
                self._answered(site.id, check)
                continue
            key = (site.id, check, why.reason)
            before = self._found.get(key)
            self._found[key] = Unanswered(
                site_id=site.id,
                site=site.name,
                check=check,
                reason=why.reason,
                detail=why.detail,
                times=1 + (before.times if before else 0),
                last=record.finished_at,
                answered_later=False,
            )

    def given(self) -> tuple[Unanswered, ...]:
        """Give them, those that still have no answer first, then the last ones."""
        order = sorted(self._found.values(), key=lambda one: one.last, reverse=True)
        return tuple(sorted(order, key=lambda one: one.answered_later))

    def _answered(self, site_id: str, check: Check) -> None:
        for reason in MissingReason:
            one = self._found.get((site_id, check, reason))
            if one is not None and not one.answered_later:
                done = replace(one, answered_later=True)
                self._found[site_id, check, reason] = done


def findings_of(entry: JournalEntry, history: History) -> Iterator[ReportedFinding]:
    """Give the findings of a run that ask for attention, with their dispositions."""
    record = entry.record
    steps = defaultdict(list)
    for each in history.dispositions:
        steps[each.index].append(each)
    for index, finding in enumerate(record.findings):
        if finding.severity not in FINDING_SEVERITIES:
            continue
        mine = steps[index]
        named = [step.responsible for step in mine if step.responsible]
        yield ReportedFinding(
            seq=entry.seq,
            run_id=record.run_id,
            index=index,
            at=record.finished_at,
            asked_by=record.operator,
            finding=finding,
            state=history.state(index, finding.severity),
            responsible=named[-1] if named else "",
            acknowledged=of_finding(history.acknowledgements, record.run_id, index),
            dispositions=tuple(mine),
        )


def most_first(
    counts: Iterable[tuple[MissingReason, int]],
) -> tuple[tuple[MissingReason, int], ...]:
    """Put counts in order, the greatest first."""
    return tuple(sorted(counts, key=lambda pair: (-pair[1], pair[0])))
