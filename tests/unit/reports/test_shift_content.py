"""What a shift report says, against a shift that was counted by hand."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from app.core import shift_report as shift_content
from app.core.entries import Correction, EventKind, FindingState, Step
from app.core.model import Check, Severity
from app.core.observation import MissingReason
from app.core.reporting import CheckTotal, ShiftReport
from app.core.shift_report import shift_report
from app.journal.store import SqliteJournal
from app.reports.log_sheet import UNSEEN, log_sheet
from app.reports.sheet import Cell, Sheet
from app.reports.shift_sheets import shift_sheets
from tests.fakes import HeldClock
from tests.unit.reports.conftest import SHIFT
from tests.unit.reports.told import ALL, JINAN, at, event, found, run


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


def test_log_and_shift_report_say_the_same_of_whoever_acknowledged(
    journal: SqliteJournal, shift: ShiftReport
) -> None:
    entries = list(journal.entries(ALL))
    runs = [entry.record.run_id for entry in entries]
    histories = journal.review.histories(runs)
    log = log_sheet(zip(entries, histories, strict=True))
    findings = next(
        sheet for sheet in shift_sheets(shift, lambda _: "") if sheet.key == "findings"
    )

    def told(sheet: Sheet) -> set[tuple[Cell, ...]]:
        keys = [column.key for column in sheet.columns]
        shared = ("run_id", "check", "acknowledged_by", "acknowledged_at", "actual")
        return {tuple(row[keys.index(key)] for key in shared) for row in sheet.rows}

    of_shift = told(findings)
    assert {row[2] for row in of_shift} == {"李明", UNSEEN, ""}
    assert of_shift < told(log)


def test_no_correction_and_no_note_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shift_content, "MOST", 2)
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())

    async def fill() -> None:
        await journal.append(run(1, at(1), found(JINAN, Check.HEADCOUNT, actual=1)))
        for number in range(5):
            await journal.review.correct(
                Correction(
                    run_id=f"{1:032x}",
                    at=at(2),
                    by="李明",
                    workstation="一号席",
                    text=f"应为{number}",
                )
            )
            await journal.review.note(event(EventKind.SHIFT_NOTE, 3))

    asyncio.run(fill())
    report = shift_report(journal, journal.review, SHIFT, workstation="")
    assert len(report.corrections) == 5
    assert len(report.notes) == 5
    journal.close()
