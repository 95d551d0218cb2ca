"""What every journal does in review: steps with findings, corrections, desk events."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.core.alarms import Acknowledgement
from app.core.entries import EventKind, FindingState, History, Step
from app.core.errors import UsageError
from app.core.model import Call, Check, Finding
from app.core.ports import JournalQuery
from tests.contract.reviewed import (
    ALARM,
    CALM,
    COAST,
    EAST,
    MAKERS,
    START,
    WEST,
    Reviewed,
    cancelled,
    correction,
    decision,
    event,
    filled,
    found_in,
    hats,
    run,
    run_id,
    silent,
    step,
)


@pytest.fixture(params=MAKERS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reviewed]:
    made = MAKERS[request.param](tmp_path / "journal.db")
    yield made
    made.close()


def state(journal: Reviewed, number: int, finding: Finding, index: int = 0) -> str:
    (history,) = journal.review.histories([run_id(number)])
    return history.state(index, finding.severity)


def still_open(journal: Reviewed, **wanted: str) -> list[tuple[int, int, str]]:
    found = journal.review.open_findings(**wanted)
    assert found.count == len(found.newest)
    return [(int(f.run_id[0], 16), f.index, f.state) for f in found.newest]


async def test_an_empty_journal_has_nothing_to_review(journal: Reviewed) -> None:
    review = journal.review
    assert review.open_findings().count == 0
    assert list(review.histories([run_id(1)])) == [History(run_id=run_id(1))]
    assert not review.events()
    assert not review.corrections()
    assert not review.regions()
    assert not review.operators()
    assert (review.head().seq, review.head().hash) == (0, "0" * 64)


async def test_an_alarm_is_dealt_with_step_by_step(journal: Reviewed) -> None:
    await filled(journal, run(1, CALM, ALARM), run(2, CALM))
    assert still_open(journal) == [(1, 1, "open")]
    steps = [
        (Step.DISPATCHED, "dispatched"),
        (Step.RECTIFIED, "rectified"),
        (Step.RECHECKED, "rechecked"),
        (Step.CLOSED, "closed"),
    ]
    given = []
    for taken, becomes in steps:
        said = step(1, taken, index=1)
        assert await journal.review.dispose(said) == said
        given.append(said)
        assert state(journal, 1, ALARM, 1) == becomes
        left = [(1, 1, becomes)] if becomes != "closed" else []
        assert still_open(journal) == left
    (history,) = journal.review.histories([run_id(1)])
    assert history.dispositions == tuple(given)
    assert journal.verify().ok


async def test_an_open_finding_says_who_is_responsible_and_what_it_is(
    journal: Reviewed,
) -> None:
    made = run(1, CALM, ALARM)
    await filled(journal, made)
    await journal.review.dispose(step(1, Step.DISPATCHED, 1, responsible="赵六"))
    await journal.review.dispose(step(1, Step.DISPATCHED, 1, responsible="孙七"))
    await journal.review.dispose(step(1, Step.NOTED, 1, responsible="不是他"))
    (found,) = journal.review.open_findings().newest
    assert (found.responsible, found.finding) == ("孙七", ALARM)
    assert (found.at, found.operator) == (made.finished_at, "李明")


@pytest.mark.parametrize(
    ("before", "taken"),
    [
        ([], Step.RECTIFIED),
        ([], Step.REOPENED),
        ([Step.DISPATCHED], Step.RECHECKED),
        ([Step.CLOSED], Step.CLOSED),
        ([Step.CLOSED], Step.DISPATCHED),
        ([Step.FALSE_ALARM], Step.CLOSED),
        ([Step.CLOSED, Step.REOPENED], Step.REOPENED),
    ],
)
async def test_a_step_that_cannot_follow_is_refused_and_leaves_no_entry(
    journal: Reviewed, before: list[Step], taken: Step
) -> None:
    await filled(journal, run(1, ALARM))
    for each in before:
        await journal.review.dispose(step(1, each))
    was = state(journal, 1, ALARM)
    head = journal.review.head().hash
    with pytest.raises(UsageError, match="不能登记"):
        await journal.review.dispose(step(1, taken))
    assert state(journal, 1, ALARM) == was
    assert journal.review.head().hash == head


async def test_a_finding_that_is_no_alarm_may_be_dispatched_and_is_open_then(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, CALM))
    assert still_open(journal) == []
    with pytest.raises(UsageError, match="不能登记"):
        await journal.review.dispose(step(1, Step.CLOSED))
    await journal.review.dispose(step(1, Step.NOTED))
    assert state(journal, 1, CALM) == "none"
    await journal.review.dispose(step(1, Step.DISPATCHED))
    assert still_open(journal) == [(1, 0, "dispatched")]


async def test_a_closed_finding_is_opened_again_with_a_reason(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, ALARM))
    await journal.review.dispose(step(1, Step.FALSE_ALARM))
    assert still_open(journal) == []
    with pytest.raises(UsageError, match="原因"):
        await journal.review.dispose(step(1, Step.REOPENED, note=" "))
    await journal.review.dispose(step(1, Step.REOPENED))
    assert still_open(journal) == [(1, 0, "open")]
    assert journal.verify().ok


@pytest.mark.parametrize(
    ("taken", "lacks", "why"),
    [
        (Step.DISPATCHED, {"responsible": "\u3000"}, "责任人"),
        (Step.FALSE_ALARM, {"note": ""}, "原因"),
        (Step.NOTED, {"note": " "}, "备注"),
        (Step.CLOSED, {"by": ""}, "谁"),
        (Step.CLOSED, {"recheck_run": run_id(1)}, "复查"),
    ],
)
async def test_what_a_step_needs_must_be_there(
    journal: Reviewed, taken: Step, lacks: dict[str, str], why: str
) -> None:
    await filled(journal, run(1, ALARM))
    with pytest.raises(UsageError, match=why):
        await journal.review.dispose(replace(step(1, taken), **lacks))
    assert still_open(journal) == [(1, 0, "open")]


async def test_a_recheck_may_name_the_run_that_looked_again(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, ALARM), run(2, CALM))
    for taken in (Step.DISPATCHED, Step.RECTIFIED):
        await journal.review.dispose(step(1, taken))
    with pytest.raises(UsageError, match="没有运行编号"):
        await journal.review.dispose(step(1, Step.RECHECKED, recheck_run=run_id(9)))
    said = step(1, Step.RECHECKED, recheck_run=run_id(2))
    assert await journal.review.dispose(said) == said


@pytest.mark.parametrize(("number", "index"), [(9, 0), (1, 2), (1, -1), (2, 0)])
async def test_what_is_no_finding_cannot_be_dealt_with(
    journal: Reviewed, number: int, index: int
) -> None:
    asked = Call(EAST, Check.HELMET)
    await filled(journal, run(1, CALM, ALARM), cancelled(2, asked))
    with pytest.raises(UsageError, match="没有运行编号"):
        await journal.review.dispose(step(number, Step.DISPATCHED, index))
    assert still_open(journal) == [(1, 1, "open")]


async def test_two_who_close_at_once_close_once(journal: Reviewed) -> None:
    await filled(journal, run(1, ALARM))
    both = await asyncio.gather(
        *(journal.review.dispose(step(1, Step.CLOSED, by=by)) for by in ("甲", "乙")),
        return_exceptions=True,
    )
    refused = [each for each in both if isinstance(each, UsageError)]
    assert len(refused) == 1
    (history,) = journal.review.histories([run_id(1)])
    assert len(history.dispositions) == 1


async def test_a_history_holds_everything_that_was_said_in_its_order(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, ALARM), run(2, ALARM))
    seen = Acknowledgement(
        run_id=run_id(1), index=0, at=START, by="李明", workstation="一号席"
    )
    await journal.acknowledge(seen)
    first = await journal.review.correct(correction(1))
    second = await journal.review.correct(correction(1, text="另一句"))
    taken = await journal.review.dispose(step(1, Step.DISPATCHED))
    yes = await journal.review.decide(decision(first, approved=True))
    no = await journal.review.decide(decision(first, approved=False))
    wanted = History(
        run_id=run_id(1),
        acknowledgements=(seen,),
        dispositions=(taken,),
        corrections=(first, second),
        decisions=(yes, no),
    )
    nothing = History(run_id=run_id(2))
    asked = [run_id(2), run_id(1), run_id(8)]
    assert list(journal.review.histories(asked)) == [
        nothing,
        wanted,
        History(run_id=run_id(8)),
    ]
    assert journal.verify().ok


async def test_corrections_wait_for_a_decision_and_the_last_one_stands(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, CALM), run(2, CALM))
    one = await journal.review.correct(correction(1, calls=(CALM.call,), text=""))
    two = await journal.review.correct(correction(2))

    def named(*, decided: bool | None = None) -> list[tuple[str, int, bool | None]]:
        return [
            (
                each.correction.entry_id,
                int(each.entry.record.run_id[0]),
                each.decision and each.decision.approved,
            )
            for each in journal.review.corrections(decided=decided)
        ]

    assert named() == [(two.entry_id, 2, None), (one.entry_id, 1, None)]
    await journal.review.decide(decision(one, approved=True))
    assert named(decided=False) == [(two.entry_id, 2, None)]
    assert named(decided=True) == [(one.entry_id, 1, True)]
    await journal.review.decide(decision(one, approved=False))
    assert named(decided=True) == [(one.entry_id, 1, False)]
    assert len(journal.review.corrections(limit=1)) == 1
    (newest,) = journal.review.corrections(decided=False)
    assert newest.correction == two


async def test_what_is_about_nothing_is_refused(journal: Reviewed) -> None:
    await filled(journal, run(1, CALM))
    for wrong in (correction(9), correction(1, text=" "), correction(1, by="")):
        with pytest.raises(UsageError):
            await journal.review.correct(wrong)
    kept = await journal.review.correct(correction(1))
    for bad in (
        decision(correction(1), approved=True),
        decision(kept, approved=True, by=" "),
    ):
        with pytest.raises(UsageError):
            await journal.review.decide(bad)
    assert len(journal.review.corrections()) == 1
    assert journal.verify().ok


async def test_what_happened_at_the_desk_is_kept_and_found(journal: Reviewed) -> None:
    said = [
        event(EventKind.SIGNED_IN, 0),
        event(EventKind.LOCKED, 1),
        event(EventKind.SHIFT_NOTE, 2, subject="交接", detail="雷雨"),
        event(EventKind.SIGNED_IN, 3),
    ]
    for each in said:
        assert await journal.review.note(each) == each
    await filled(journal, run(1, CALM))
    review = journal.review

    def events(**wanted: object) -> list[object]:
        return [each.event for each in review.events(**wanted)]  # type: ignore[arg-type]

    assert events() == said[::-1]
    assert events(kinds=[EventKind.SIGNED_IN]) == [said[3], said[0]]
    assert events(kinds=[EventKind.LOCKED, EventKind.SHIFT_NOTE]) == said[2:0:-1]
    hour = timedelta(hours=1)
    assert events(since=START + hour, until=START + 3 * hour) == said[2:0:-1]
    first, *_ = review.events(limit=1)
    assert events(before=first.seq) == said[2::-1]
    assert journal.verify().ok


async def test_regions_and_operators_are_named_once_in_order(
    journal: Reviewed,
) -> None:
    await filled(
        journal,
        run(1, hats(COAST, 3, 3), hats(EAST, 3, 3)),
        run(2, hats(WEST, 3, 3), operator="王芳"),
        cancelled(3, Call(EAST, Check.HELMET)),
    )
    assert list(journal.review.regions()) == sorted(['青岛"市北"', "济南"])
    assert list(journal.review.operators()) == sorted(["李明", "王芳"])


async def test_the_head_moves_with_every_entry(journal: Reviewed) -> None:
    heads = [journal.review.head().hash]
    await filled(journal, run(1, ALARM))
    heads.append(journal.review.head().hash)
    await journal.review.note(event(EventKind.LOCKED))
    heads.append(journal.review.head().hash)
    assert len(set(heads)) == 3
    assert journal.review.head().seq == 2


async def test_runs_are_found_by_region_state_and_what_is_open(
    journal: Reviewed,
) -> None:
    bare, calm = hats(COAST, 5, 4), hats(COAST, 5, 5)
    await filled(
        journal,
        run(1, ALARM, calm),
        run(2, CALM, bare),
        run(3, calm),
        cancelled(4, Call(EAST, Check.HELMET)),
        run(5, silent(WEST)),
    )
    await journal.review.dispose(step(1, Step.CLOSED))
    await journal.review.dispose(step(3, Step.DISPATCHED))
    assert found_in(journal, region="济南") == [5, 4, 2, 1]
    assert found_in(journal, region='青岛"市北"') == [3, 2, 1]
    assert found_in(journal, region="青岛") == []
    assert found_in(journal, open=True) == [3, 2]
    assert found_in(journal, open=False) == [5, 4, 1]
    assert found_in(journal, state=FindingState.CLOSED) == [1]
    assert found_in(journal, state=FindingState.OPEN) == [2]
    assert found_in(journal, state=FindingState.DISPATCHED) == [3]
    assert found_in(journal, state=FindingState.NONE) == [5, 2, 1]
    # What is open has been touched: nothing, and no fault.
    assert found_in(journal, state=FindingState.NONE, open=True) == []
    # Of one and the same finding: the open one of run 2 is at the coast.
    assert found_in(journal, open=True, region="济南") == []
    assert found_in(journal, open=False, region="济南") == [5, 4, 2, 1]
    assert found_in(journal, open=True, site="C") == [3, 2]
    assert found_in(journal, region="济南", check=Check.HELMET) == [4, 2, 1]
    assert found_in(journal, open=True, severity=bare.severity) == [2]
    assert found_in(journal, state=FindingState.NONE, region="济南") == [5, 2]
    assert found_in(journal, open=True, state=FindingState.CLOSED) == []
    assert found_in(journal, open=False, state=FindingState.CLOSED) == [1]
    assert still_open(journal, region="济南") == []
    assert still_open(journal, site="港口") == [(3, 0, "dispatched"), (2, 1, "open")]


async def test_pages_of_a_filter_go_on_where_the_page_above_ended(
    journal: Reviewed,
) -> None:
    await filled(journal, *(run(n, ALARM if n % 2 else CALM) for n in range(1, 12)))
    for wanted, numbers in (
        (JournalQuery(open=True), [11, 9, 7, 5, 3, 1]),
        (JournalQuery(open=False), [10, 8, 6, 4, 2]),
        (JournalQuery(region="济南", open=False), [10, 8, 6, 4, 2]),
        (JournalQuery(state=FindingState.OPEN), [11, 9, 7, 5, 3, 1]),
    ):
        seen: list[int] = []
        while page := journal.page(wanted, before=seen[-1] if seen else None, limit=2):
            seen += [entry.seq for entry in page]
        assert seen == numbers


async def test_what_was_said_later_is_found_by_its_words(journal: Reviewed) -> None:
    await filled(journal, run(1, ALARM), run(2, CALM), run(3, CALM))
    await journal.review.dispose(step(1, Step.DISPATCHED, responsible="赵六"))
    await journal.review.correct(correction(2, text="问的是西郊", note="口音重"))
    await journal.acknowledge(
        Acknowledgement(
            run_id=run_id(1),
            index=0,
            at=START,
            by="李明",
            workstation="一号席",
            note="已电话通知",
        )
    )
    assert found_in(journal, text="赵六") == [1]
    assert found_in(journal, text="西郊") == [2]
    assert found_in(journal, text="口音") == [2]
    assert found_in(journal, text="电话通知") == [1]
    assert found_in(journal, text="赵六", site="W") == []
    assert found_in(journal, text="东郊") == [3, 2, 1]
    assert [
        entry.seq for entry in journal.page(JournalQuery(text="东郊"), limit=2)
    ] == [3, 2]
    assert journal.verify().ok
