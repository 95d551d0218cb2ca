"""What the console says of a run: of a few calls each, of many how far they are."""

from datetime import UTC, datetime

import pytest

from app.commands.log import _line
from app.commands.narrate import FEW, Progress, account, explain, narrate
from app.core import events
from app.core.draft import finding_by_rule
from app.core.explanation import Reason, ReasonKind
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Origin,
    Outcome,
    Question,
    QuestionKind,
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
    line = _line(JournalEntry(seq=1, record=record, previous_hash="", hash=""), ())
    assert "11号" in line
    assert "12号" not in line
    assert line.endswith("… 共 500 项")


def because(
    words: str, start: int | None, kind: ReasonKind = ReasonKind.PLACE
) -> Reason:
    return Reason(kind=kind, words=words, start=start, meaning="某义")


def test_the_words_that_count_are_marked_with_the_numbers_of_their_reasons() -> None:
    check = because("人数", 8, ReasonKind.CHECK)
    sure = Reason(kind=ReasonKind.CONFIDENCE, meaning="98%")
    lines = explain("查一下济男工地的人数", [check, because("济男", 3), sure])
    assert lines == [
        "查一下【济男】②工地的【人数】①",
        "① 检查  「人数」 → 某义",
        "② 地点  「济男」 → 某义",
        "③ 把握  98%",
    ]


def test_words_that_overlap_are_marked_as_one() -> None:
    reasons = [because("济南", 0), because("南历城", 1), because("工地", 4)]
    assert explain("济南历城工地", reasons)[0] == "【济南历城】①②【工地】③"


@pytest.mark.parametrize("start", [None, -2, 1, 99])
def test_words_that_do_not_stand_there_are_not_marked(start: int | None) -> None:
    lines = explain("济南的人数", [because("人数", start)])
    assert lines == ["济南的人数", "① 地点  「人数」 → 某义"]


def test_words_that_a_meaning_names_are_not_said_twice() -> None:
    named = Reason(
        kind=ReasonKind.REPAIR, words="济男", start=0, meaning="「济男」读作「济南」"
    )
    assert explain("济男", [named])[1] == "① 按读音修正  「济男」读作「济南」"


def test_many_reasons_are_numbered_on() -> None:
    lines = explain("", [because("", None) for _ in range(22)])
    assert lines[20].startswith("⑳ ")
    assert lines[21].startswith("(21) ")


def test_an_account_ends_with_what_the_reading_came_to() -> None:
    call = Call(Site(id="S1", name="济南"), Check.HEADCOUNT)
    sure = Understanding(
        intent=Intent.INSPECT,
        calls=(call,),
        confidence=0.9,
        reasons=(because("济", 0),),
    )
    assert account("济男", sure) == [
        "【济】①男",
        "① 地点  「济」 → 某义",
        "理解  巡检: 济南 · 人数检测 [规则 90%]",
    ]
    question = Question(
        kind=QuestionKind.WHICH_SITE,
        sentence="是哪一个?",
        candidates=(Candidate(label="济南", calls=(call,)),),
    )
    asks = Understanding(intent=Intent.UNCLEAR, question=question)
    assert account("哪", asks)[-1] == "提问  是哪一个?  1. 济南"
    says = Understanding(intent=Intent.GREETING, reply="您好")
    assert account("你好", says)[-1] == "答复  您好"


def test_a_follow_up_and_an_old_answer_name_the_run_before() -> None:
    call = Call(Site(id="S1", name="济南"), Check.HEADCOUNT)
    follows = Understanding(intent=Intent.INSPECT, calls=(call,), continues="b" * 32)
    line = narrate(events.Understood(run_id=RUN, understanding=follows))
    assert line is not None
    assert "济南 · 人数检测, 接着运行 bbbbbbbb [" in line
    again = Understanding(
        intent=Intent.INSPECT, reply="好", repeats=True, continues="b" * 32
    )
    line = narrate(events.Understood(run_id=RUN, understanding=again))
    assert line == "  理解   再说一遍运行 bbbbbbbb 的答复, 没有重新查询"
