"""Which findings of a run stand as the newest answer about their site and check.

A run that was cancelled answers only where an answer had come: a call that was
stopped says nothing about its site, and what was known before still stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from app.core.model import Finding, Outcome, RunRecord, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The newest answer of the journal to one check at one site."""

    seq: int
    """Place of its record in the chain."""
    run_id: str
    answered_at: datetime
    """When the run ended that answered."""
    finding: Finding


def standing_findings(record: RunRecord) -> tuple[Finding, ...]:
    """Give the findings that take the place of what was known before.

    Of a cancelled run those with a verdict: whether a number is missing there because
    a system failed or because the operator stopped is of no use to the next one.
    """
    if record.outcome is Outcome.ANSWERED:
        return record.findings
    if record.outcome is not Outcome.CANCELLED:
        return ()
    return tuple(f for f in record.findings if f.verdict is not Verdict.DATA_MISSING)


def newest_standing(
    entries: Iterable[tuple[int, RunRecord]], *, after: int = 0
) -> list[Standing]:
    """Give one for each site and check, from (seq, record) in the order of `seq`.

    For journals that are a list; one on disk finds them by its tables.
    """
    found: dict[tuple[str, str], Standing] = {}
    for seq, record in entries:
        for finding in standing_findings(record) if seq > after else ():
            call = finding.call
            found[call.site.id, call.check] = Standing(
                seq=seq,
                run_id=record.run_id,
                answered_at=record.finished_at,
                finding=finding,
            )
    return list(found.values())
