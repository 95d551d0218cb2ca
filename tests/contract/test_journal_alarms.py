"""What every journal does with alarms: open until acknowledged, once, by name."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.core.alarms import Acknowledgement, OpenAlarm
from app.core.errors import JournalUnwritableError, UsageError
from app.core.model import Finding, Origin, Outcome, RunRecord
from app.core.ports import Journal, JournalQuery
from app.journal.store import SqliteJournal
from tests.alarm_memory import ALARM, CALM
from tests.fakes import HeldClock, ListJournal
from tests.gui.support import FakeJournal

CLOCK = HeldClock()
MAKERS: dict[str, Callable[[Path], Journal]] = {
    "sqlite": lambda path: SqliteJournal(path, clock=CLOCK),
    "list": lambda path: ListJournal(),
    "window": lambda path: FakeJournal(),
}


def record(number: int, *findings: Finding) -> RunRecord:
    return RunRecord(
        run_id=f"{number:x}" * 32,
        started_at=CLOCK.now(),
        finished_at=CLOCK.now(),
        operator="李明",
        workstation="一号席",
        origin=Origin.TYPED,
        outcome=Outcome.ANSWERED,
        findings=findings,
    )


def said(number: int, index: int = 0, by: str = "王芳") -> Acknowledgement:
    return Acknowledgement(
        run_id=f"{number:x}" * 32,
        index=index,
        at=CLOCK.now(),
        by=by,
        workstation="二号席",
        note="已电话通知",
    )


@pytest.fixture(params=MAKERS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    made = MAKERS[request.param](tmp_path / "journal.db")
    yield made
    made.close()


def places(journal: Journal) -> list[tuple[str, int]]:
    found = journal.open_alarms()
    assert found.count == len(found.newest)
    return [(alarm.run_id[0], alarm.index) for alarm in found.newest]


async def test_an_alarm_is_open_as_soon_as_its_record_is_there(
    journal: Journal,
) -> None:
    assert journal.open_alarms().count == 0
    made = record(1, CALM, ALARM)
    await journal.append(made)
    found = journal.open_alarms()
    assert found.count == 1
    assert found.newest == (
        OpenAlarm(
            run_id=made.run_id,
            index=1,
            finding=ALARM,
            at=made.finished_at,
            operator="李明",
            workstation="一号席",
        ),
    )


async def test_what_is_no_alarm_is_never_open(journal: Journal) -> None:
    await journal.append(record(1, CALM))
    await journal.append(record(2))
    assert journal.open_alarms().count == 0


async def test_open_alarms_are_newest_first_counted_whole_and_bounded(
    journal: Journal,
) -> None:
    for number in range(1, 6):
        await journal.append(record(number, ALARM, CALM, ALARM))
    found = journal.open_alarms(limit=3)
    assert found.count == 10
    assert [(alarm.run_id[0], alarm.index) for alarm in found.newest] == [
        ("5", 0),
        ("5", 2),
        ("4", 0),
    ]


async def test_an_acknowledged_alarm_is_closed_and_the_others_are_not(
    journal: Journal,
) -> None:
    await journal.append(record(1, ALARM, ALARM))
    await journal.append(record(2, ALARM))
    assert await journal.acknowledge(said(1, 1)) == said_alike(journal, 1)
    assert places(journal) == [("2", 0), ("1", 0)]


def said_alike(journal: Journal, number: int) -> Acknowledgement:
    (found,) = journal.acknowledgements([f"{number:x}" * 32])
    return found


async def test_who_comes_second_is_told_who_was_first(journal: Journal) -> None:
    await journal.append(record(1, ALARM))
    first, second = said(1, by="王芳"), said(1, by="李明")
    assert await journal.acknowledge(first) == first
    assert await journal.acknowledge(second) == first
    assert list(journal.acknowledgements([first.run_id])) == [first]
    assert journal.verify().ok


async def test_two_who_acknowledge_at_once_are_told_the_same(journal: Journal) -> None:
    await journal.append(record(1, ALARM))
    both = await asyncio.gather(
        journal.acknowledge(said(1, by="王芳")), journal.acknowledge(said(1, by="李明"))
    )
    assert both[0] == both[1]
    assert len(journal.acknowledgements(["1" * 32])) == 1


@pytest.mark.parametrize(("number", "index"), [(9, 0), (1, 0), (1, 7), (1, -1)])
async def test_what_is_no_alarm_cannot_be_acknowledged(
    journal: Journal, number: int, index: int
) -> None:
    await journal.append(record(1, CALM, ALARM))
    with pytest.raises(UsageError):
        await journal.acknowledge(said(number, index))
    assert places(journal) == [("1", 1)]
    assert journal.verify().ok


@pytest.mark.parametrize("by", ["", " ", "\u3000\t"])
async def test_nobody_cannot_acknowledge(journal: Journal, by: str) -> None:
    await journal.append(record(1, ALARM))
    with pytest.raises(UsageError, match="姓名"):
        await journal.acknowledge(said(1, by=by))
    assert places(journal) == [("1", 0)]


async def test_acknowledgements_are_given_for_the_runs_that_were_asked_for(
    journal: Journal,
) -> None:
    for number in (1, 2, 3):
        await journal.append(record(number, ALARM))
        await journal.acknowledge(said(number))
    wanted = ["1" * 32, "3" * 32, "f" * 32]
    found = journal.acknowledgements(wanted)
    assert sorted(each.run_id[0] for each in found) == ["1", "3"]
    assert {(each.by, each.note) for each in found} == {("王芳", "已电话通知")}
    assert list(journal.acknowledgements([])) == []


async def test_an_acknowledgement_changes_no_record_and_is_none(
    journal: Journal,
) -> None:
    entry = await journal.append(record(1, ALARM))
    await journal.acknowledge(said(1))
    after = await journal.append(record(2))
    assert journal.get(entry.record.run_id) == entry
    assert list(journal.page(JournalQuery())) == [after, entry]
    assert journal.verify().ok


async def test_a_journal_that_cannot_write_leaves_the_alarm_open(
    tmp_path: Path,
) -> None:
    full = FakeJournal()
    await full.append(record(1, ALARM))
    full.full = True
    listed = ListJournal()
    await listed.append(record(1, ALARM))
    listed._error = JournalUnwritableError("磁盘已满")
    kept = SqliteJournal(tmp_path / "journal.db", clock=CLOCK)
    await kept.append(record(1, ALARM))
    (tmp_path / "journal.db").rename(tmp_path / "elsewhere.db")
    broken: tuple[Journal, ...] = (full, listed, kept)
    for journal in broken:
        with pytest.raises(JournalUnwritableError):
            await journal.acknowledge(said(1))
    (tmp_path / "elsewhere.db").rename(tmp_path / "journal.db")
    for journal in broken:
        assert places(journal) == [("1", 0)]
        journal.close()
