"""The lines of the log: what each says of a record, or of one of its findings."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from PySide6.QtCore import QCoreApplication

from app.core import checks
from app.core.model import Finding, Outcome, Severity
from app.core.ports import JournalEntry, JournalQuery
from app.desktop import words

SWEEP: Final = 12
"""More findings of one record than this share a line; see `rows_of`."""


def _tr(text: str) -> str:
    return QCoreApplication.translate("journal", text)


@dataclass(frozen=True, slots=True)
class SweepSummary:
    """What the line of a sweep says; counted once, for a table paints often."""

    place: str
    check: str
    verdict: str
    severity: Severity


# No slots: what is counted is kept beside the fields.
@dataclass(frozen=True)
class Row:
    """One line: a finding of a record, or the record as a whole."""

    entry: JournalEntry
    index: int | None = None
    """Which finding of the record it is, from 0; None: it is of none."""

    @property
    def finding(self) -> Finding | None:
        """The finding that the line is about."""
        return None if self.index is None else self.entry.record.findings[self.index]

    @cached_property
    def sweep(self) -> SweepSummary | None:
        """What all findings come to; None where the line is about one, or none."""
        record = self.entry.record
        if self.finding is not None or not record.findings:
            return None
        return _summary(record.findings, stopped=record.outcome is Outcome.CANCELLED)


def rows_of(entry: JournalEntry, query: JournalQuery) -> list[Row]:
    """Give the lines of a record.

    Hundreds of lines of one sweep would bury every other record, so it has one. Who
    looks for a site still sees the findings that were looked for, if they are few.
    """
    findings = entry.record.findings
    wanted = list(range(len(findings)))
    if len(findings) > SWEEP:
        wanted = [
            index
            for index in wanted
            if fits(findings[index], query) and says(findings[index], query)
        ]
        wanted = wanted if len(wanted) <= SWEEP else []
    return [Row(entry, index) for index in wanted] or [Row(entry)]


def place_text(row: Row) -> str:
    """Name the site, or say how many there were."""
    if row.finding is not None:
        return row.finding.call.site.name
    return row.sweep.place if row.sweep else ""


def check_text(row: Row) -> str:
    """Name the check, or all of a sweep."""
    if row.finding is not None:
        return words.check_word(row.finding.call.check)
    return row.sweep.check if row.sweep else ""


def verdict_text(row: Row) -> str:
    """Give the sentence of a line; the check has its own column."""
    record, finding = row.entry.record, row.finding
    if finding is not None:
        return finding.summary.removeprefix(
            f"[{checks.label(finding.call.check)}]"
        ).lstrip()
    if row.sweep is not None:
        return row.sweep.verdict
    if record.fault is not None:
        return record.fault.message
    reading = record.understanding
    if reading is not None and reading.question is not None:
        return reading.question.sentence
    if reading is not None and reading.reply:
        return reading.reply
    # A cancelled run has no answer; what was asked tells it from the next one.
    heard = record.utterance
    return words.quoted(heard.text) if heard is not None else ""


def severity_of(row: Row) -> Severity | None:
    """Give what a line asks for; None when it is neither good nor bad."""
    if row.finding is not None:
        return row.finding.severity
    if row.sweep is not None:
        return row.sweep.severity
    failed = row.entry.record.outcome is Outcome.FAILED
    return Severity.UNKNOWN if failed else None


def _summary(findings: Sequence[Finding], *, stopped: bool) -> SweepSummary:
    counts = Counter(finding.severity for finding in findings)
    present = [severity for severity in checks.URGENCY if counts[severity]]
    tally = words.clauses(f"{words.severity_word(s)} {counts[s]}" for s in present)
    verdict = _tr("{n} 项：{tally}").format(n=len(findings), tally=tally)
    if stopped:
        verdict = _tr("中途停止。{verdict}").format(verdict=verdict)
    sites = {finding.call.site.id for finding in findings}
    asked = dict.fromkeys(finding.call.check for finding in findings)
    return SweepSummary(
        place=_tr("{n} 个工地").format(n=len(sites)),
        check=words.listed(map(words.check_word, asked)),
        verdict=verdict,
        severity=present[0],
    )


def fits(finding: Finding, query: JournalQuery) -> bool:
    """Whether a finding is of the place, check and severity that are looked for."""
    site = finding.call.site
    if query.site and query.site != site.id and query.site not in site.name:
        return False
    if query.region and query.region != site.region:
        return False
    if query.check is not None and query.check is not finding.call.check:
        return False
    return query.severity is None or query.severity is finding.severity


def says(finding: Finding, query: JournalQuery) -> bool:
    """Whether the words that are looked for are a finding's own."""
    said = f"{finding.call.site.name} {finding.summary}".casefold()
    return all(part in said for part in query.text.casefold().split())
