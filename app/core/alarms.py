"""Alarms: findings that somebody must have seen, and who says that he has.

An alarm is open from the moment its run's record is in the journal, on every desk
that shares the journal, until somebody acknowledges it by name.
"""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.core.model import Finding, RunRecord, Severity


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody has seen an alarm; an entry of the journal of its own."""

    entry_id: str = field(default_factory=_new_id)
    """Its own, as a run has a run id."""
    run_id: str
    index: int
    """Which finding of the run's record, from 0."""
    at: datetime
    by: str
    """Name of the person, as he gave it."""
    workstation: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarm:
    """An alarm that nobody has acknowledged yet."""

    run_id: str
    index: int
    """Which finding of the run's record, from 0."""
    finding: Finding
    at: datetime
    """When its run ended."""
    operator: str
    """Who had asked."""
    workstation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAlarms:
    """What is open: all of it counted, the newest in full."""

    count: int = 0
    newest: tuple[OpenAlarm, ...] = ()
    """Newest first; of one run in the order of its findings."""


NO_ALARMS: Final = OpenAlarms()


def alarms_of(record: RunRecord) -> Iterator[OpenAlarm]:
    """Give the alarms of a record, in the order of its findings."""
    for index, finding in enumerate(record.findings):
        if finding.severity is Severity.ALARM:
            yield OpenAlarm(
                run_id=record.run_id,
                index=index,
                finding=finding,
                at=record.finished_at,
                operator=record.operator,
                workstation=record.workstation,
            )


def of_finding(
    acknowledged: Sequence[Acknowledgement], run_id: str, index: int
) -> Acknowledgement | None:
    """Find who has acknowledged a finding."""
    for each in acknowledged:
        if (each.run_id, each.index) == (run_id, index):
            return each
    return None
