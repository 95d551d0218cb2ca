"""Findings, events and trends from the command line."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.entries import EventKind
from tests.contract.reviewed import (
    ALARM,
    CALM,
    EAST,
    correction,
    decision,
    event,
    filled,
    heads,
    run,
    run_id,
)


@pytest.fixture
def journal(own_home: Path) -> None:
    """Give the desk's own journal an alarm, a calm run, and two desk events."""
    with House() as house:

        async def course() -> None:
            await filled(
                house.journal,
                run(1, ALARM),
                run(2, CALM, heads(EAST, 10, 7)),
            )
            review = house.journal.review
            said = await review.correct(correction(2))
            await review.decide(decision(said, approved=True))
            await review.note(event(EventKind.LOCKED, detail="午休"))
            await review.note(event(EventKind.SHIFT_NOTE, 2, detail="雷雨"))

        asyncio.run(course())


def griddesk(*words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(app, ["log", *words])
    assert done.exit_code == status, done.output
    return done


def asked(*words: str) -> Any:
    return json.loads(griddesk(*words, "--json").stdout)


@pytest.mark.usefixtures("journal")
def test_open_findings_are_listed_dealt_with_and_gone() -> None:
    found = asked("findings", "--region", EAST.region)
    assert found["count"] == 1
    (listed,) = found["findings"]
    assert (listed["run_id"], listed["call"], listed["state"]) == (run_id(1), 0, "open")
    assert asked("findings", "--site", "nowhere")["count"] == 0
    dispatched = asked(
        *("dispose", "1111", "--step", "dispatched", "--responsible", "赵六")
    )
    assert dispatched["state"] == "dispatched"
    assert dispatched["disposition"]["responsible"] == "赵六"
    assert "已派发 赵六" in griddesk("findings").stdout
    told = griddesk("dispose", "1111", "--step", "closed", "--note", "已整改").stdout
    assert "现在是已关闭" in told
    assert "没有待处置的结论" in griddesk("findings").stderr
    known = asked("history", "1111")
    assert [each["step"] for each in known["dispositions"]] == ["dispatched", "closed"]
    assert known["states"] == ["closed"]
    assert "已关闭" in griddesk("show", "1111").stdout


@pytest.mark.usefixtures("journal")
def test_a_run_with_more_findings_needs_to_be_told_which() -> None:
    refused = griddesk("dispose", "2222", "--step", "dispatched", status=2)
    assert "--call" in refused.stderr
    said = ("--step", "dispatched", "--responsible", "赵六")
    done = asked("dispose", "2222", "--call", "2", *said)
    assert done["disposition"]["call"] == 1
    assert "第3条结论" in griddesk("dispose", "2222", "--call", "3", *said,
                              status=2).stderr  # fmt: skip


@pytest.mark.usefixtures("journal")
def test_a_step_that_cannot_follow_is_a_sentence() -> None:
    refused = griddesk("dispose", "1111", "--step", "rechecked", status=2)
    assert "不能登记“复查”" in refused.stderr


@pytest.mark.usefixtures("journal")
def test_records_are_listed_by_region_and_state_and_what_is_open() -> None:
    def runs(*words: str) -> list[str]:
        return [each["run_id"][0] for each in asked("list", *words)["records"]]

    assert runs("--open") == ["1"]
    assert runs("--settled") == ["2"]
    assert runs("--region", EAST.region) == ["2", "1"]
    assert runs("--region", "nowhere") == []
    assert runs("--state", "open") == ["1"]


@pytest.mark.usefixtures("journal")
def test_a_correction_and_whether_it_is_learnt_from_is_shown() -> None:
    known = asked("history", "2222")
    assert known["corrections"][0]["text"].startswith("查一下")
    assert known["decisions"][0]["approved"] is True
    assert "已采纳" in griddesk("history", "2222").stdout
    assert "没有处置" in griddesk("history", "1111").stderr


@pytest.mark.usefixtures("journal")
def test_events_are_listed_newest_first_and_by_kind() -> None:
    kinds = [each["kind"] for each in asked("events")["events"]]
    assert kinds == ["shift_note", "locked"]
    (locked,) = asked("events", "--kind", "locked")["events"]
    assert locked["detail"] == "午休"
    late = datetime(2026, 11, 20, 3, 0, tzinfo=UTC).isoformat()
    assert [e["kind"] for e in asked("events", "--since", late)["events"]] == [
        "shift_note"
    ]
    assert "午休" in griddesk("events").stdout


@pytest.mark.usefixtures("journal")
def test_a_trend_is_printed_with_what_it_was_counted_from() -> None:
    span = ("--since", "2026-11-01", "--until", "2026-12-01")
    found = asked("trend", "attendance", "--by", "region", "--bucket", "month", *span)
    (point,) = found["points"]
    assert (point["start"], point["group"]) == ("2026-11-01", "济南")
    assert (point["part"], point["whole"], point["rate"]) == (7, 10, 0.7)
    assert "7/10" in griddesk("trend", "attendance", *span).stdout
    assert "没有可统计" in griddesk("trend", "equipment", *span).stderr
