"""What a shift report says, against a shift that was counted by hand."""

from datetime import timedelta

from app.core.entries import EventKind, FindingState, Step
from app.core.model import Check, Severity
from app.core.observation import MissingReason
from app.core.reporting import CheckTotal, ShiftReport
from app.core.shift_report import shift_report
from app.journal.store import SqliteJournal
from tests.unit.reports.conftest import SHIFT
from tests.unit.reports.told import at


def test_runs_that_began_in_the_shift_are_counted_and_no_others(
    shift: ShiftReport,
) -> None:
    assert shift.runs == 8
    assert shift.operators == ("李明",)
    assert shift.totals == (
        CheckTotal(check=Check.HEADCOUNT, attention=1, alarm=1, unknown=2),
        CheckTotal(check=Check.HELMET, normal=1, alarm=1),
        CheckTotal(check=Check.EQUIPMENT, normal=1, unknown=1),
    )


def test_findings_are_told_in_full_alarms_first(shift: ShiftReport) -> None:
    told = [(one.finding.severity, one.at) for one in shift.findings]
    second = timedelta(seconds=1)
    assert told == [
        (Severity.ALARM, at(10) + second),
        (Severity.ALARM, at(70) + second),
        (Severity.ATTENTION, at(20) + second),
    ]
    first, second_one, third = shift.findings
    assert first.acknowledged is not None
    assert first.acknowledged.by == "李明"
    assert (first.state, first.responsible) == (FindingState.DISPATCHED, "赵强")
    assert second_one.acknowledged is None
    assert [step.step for step in second_one.dispositions] == [
        Step.DISPATCHED,
        Step.CLOSED,
    ]
    assert second_one.state is FindingState.CLOSED
    assert third.state is FindingState.NONE


def test_what_is_open_is_told_from_before_the_shift_and_after_it(
    shift: ShiftReport,
) -> None:
    assert shift.open_count == 3
    runs = [int(one.run_id, 16) for one in shift.still_open]
    assert runs == [10, 2, 1]


def test_questions_without_an_answer_are_told_once_with_their_number(
    shift: ShiftReport,
) -> None:
    told = [
        (one.site, one.check, one.reason, one.times, one.answered_later)
        for one in shift.unanswered
    ]
    assert told == [
        ("青岛工地", Check.HEADCOUNT, MissingReason.TIMEOUT, 2, False),
        ("烟台工地", Check.EQUIPMENT, MissingReason.BUSY, 1, True),
    ]


def test_failures_notes_corrections_and_people_are_told(shift: ShiftReport) -> None:
    (failed,) = shift.failed
    assert failed.sentence == "没有听到声音 (audio.empty)"
    (note,) = shift.notes
    assert note.event.detail.startswith("3 号门")
    (waiting,) = shift.corrections
    assert waiting.correction.text == "查一下青岛工地的人数"
    # Who signed in before the shift began was there all the same.
    assert [one.event.kind for one in shift.people] == [
        EventKind.SIGNED_IN,
        EventKind.SIGNED_OUT,
    ]


def test_nothing_after_the_noted_head_is_in_it(journal: SqliteJournal) -> None:
    early = shift_report(journal, journal.review, SHIFT, workstation="", last=4)
    assert early.runs == 2
