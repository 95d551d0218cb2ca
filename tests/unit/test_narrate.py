"""What the console says of a run: of a few calls each, of many how far they are."""

from datetime import UTC, datetime

import pytest

from app.commands.log import _line
from app.commands.narrate import FEW, Progress, narrate
from app.core import events
from app.core.draft import finding_by_rule
from app.core.model import (
    Call,
    Check,
    Intent,
    Origin,
    Outcome,
    RunRecord,
    Site,
    Understanding,
)
from app.core.observation import MissingReason, Observation
from app.core.ports import JournalEntry

RUN = "a" * 32


def course(count: int, lost: int = 0) -> list[events.RunEvent]:
    calls = tuple(
        Call(Site(id=f"S{n}", name=f"{n}号工地"), Check.HELMET) for n in range(count)
    )
    understood = Understanding(intent=Intent.INSPECT, calls=calls)
    return [
        events.Understood(run_id=RUN, understanding=understood),
        *(
            events.CallStarted(run_id=RUN, index=n, call=call)
            for n, call in enumerate(calls)
        ),
        *(
            events.Observed(
                run_id=RUN,
                index=n,
                call=call,
                latency_ms=1,
                missing=MissingReason.TIMEOUT if n < lost else None,
            )
            for n, call in enumerate(calls)
        ),
    ]


def told(happened: list[events.RunEvent]) -> tuple[list[str], list[str]]:
    """Give the lines of progress, and what is told of each event."""
    progress = Progress()
    far, each = [], []
    for event in happened:
        far.append(progress.follow(event))
        if not progress.tells(event):
            each.append(narrate(event))
    return [line for line in far if line], [line for line in each if line]


@pytest.mark.parametrize("count", [13, 137, 500])
def test_the_progress_of_many_calls_is_told_every_tenth(count: int) -> None:
    far, each = told(course(count))
    assert len(far) == 10
    assert far[-1] == f"  进度   已答复 {count} / {count}"
    assert len(each) == 1
    assert f"共 {count} 项" in each[0]
    assert len(each[0]) < 500


def test_progress_says_how_much_is_missing() -> None:
    far, _ = told(course(500, lost=3))
    assert far[0] == "  进度   已答复 50 / 500, 数据缺失 3"


def test_a_few_calls_are_told_one_by_one() -> None:
    far, each = told(course(FEW))
    assert far == []
    assert len(each) == 1 + 2 * FEW


def test_a_result_says_where_its_numbers_are_from() -> None:
    call = Call(Site(id="S1", name="济南"), Check.HEADCOUNT)
    seen = Observation(expected=3, actual=3, sources=("演示数据", "相机"))
    shown = events.Summarised(run_id=RUN, index=0, finding=finding_by_rule(call, seen))
    line = narrate(shown)
    assert line is not None
    assert line.endswith("〈正常〉 来源 演示数据、相机")


def test_the_list_of_the_log_names_a_few_findings_of_a_sweep() -> None:
    seen = Observation(expected=3, actual=3)
    findings = tuple(
        finding_by_rule(Call(Site(id=f"S{n}", name=f"{n}号"), Check.HEADCOUNT), seen)
        for n in range(500)
    )
    now = datetime(2026, 11, 22, tzinfo=UTC)
    record = RunRecord(
        run_id=RUN,
        started_at=now,
        finished_at=now,
        operator="甲",
        workstation="乙",
        origin=Origin.CHOSEN,
        outcome=Outcome.ANSWERED,
        findings=findings,
    )
    line = _line(JournalEntry(seq=1, record=record, previous_hash="", hash=""))
    assert "11号" in line
    assert "12号" not in line
    assert line.endswith("… 共 500 项")
