"""What every journal does, the one on disk and the one that tests use."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from app.core.draft import finding_by_rule
from app.core.errors import JournalUnwritableError
from app.core.model import Call, Check, Origin, Outcome, RunRecord, Site
from app.core.observation import Missing, MissingReason, Observation
from app.core.ports import Journal, JournalQuery
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock, ListJournal

CLOCK = HeldClock()
MAKERS: dict[str, Callable[[Path], Journal]] = {
    "sqlite": lambda path: SqliteJournal(path, clock=CLOCK),
    "list": lambda path: ListJournal(),
}


def record(number: int) -> RunRecord:
    return RunRecord(
        run_id=f"{number:x}" * 32,
        started_at=CLOCK.now(),
        finished_at=CLOCK.now(),
        operator="李明",
        workstation="一号席",
        origin=Origin.TYPED,
        outcome=Outcome.DECLINED,
    )


@pytest.fixture(params=MAKERS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Journal]:
    made = MAKERS[request.param](tmp_path / "journal.db")
    yield made
    made.close()


async def test_entries_are_numbered_and_linked(journal: Journal) -> None:
    entries = [await journal.append(record(n)) for n in range(1, 6)]
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert [entry.record for entry in entries] == [record(n) for n in range(1, 6)]
    links = [(a.hash, b.previous_hash) for a, b in pairwise(entries)]
    assert all(mine == theirs for mine, theirs in links)
    assert len({entry.hash for entry in entries}) == 5


async def test_what_was_appended_is_there_when_the_append_returns(
    journal: Journal,
) -> None:
    entry = await journal.append(record(1))
    assert journal.page(JournalQuery()) == [entry]
    assert journal.get(entry.record.run_id) == entry


async def test_pages_go_from_new_to_old_without_gap_or_repeat(
    journal: Journal,
) -> None:
    assert list(journal.page(JournalQuery())) == []
    for number in range(1, 8):
        await journal.append(record(number))
    seen: list[int] = []
    while page := journal.page(
        JournalQuery(), before=seen[-1] if seen else None, limit=3
    ):
        seen += [entry.seq for entry in page]
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_get_takes_a_prefix_and_knows_nothing_else(journal: Journal) -> None:
    await journal.append(record(1))
    entry = await journal.append(record(2))
    assert journal.get("222222") == entry
    assert journal.get("3") is None


async def test_an_untouched_journal_verifies(journal: Journal) -> None:
    assert journal.verify().ok
    entry = await journal.append(record(1))
    seen: list[tuple[int, int]] = []
    report = journal.verify(lambda done, total: seen.append((done, total)))
    assert (report.ok, report.checked, report.head) == (True, 1, entry.hash)
    assert report.first_broken is None


async def test_appends_at_once_make_one_chain(journal: Journal) -> None:
    entries = await asyncio.gather(*(journal.append(record(n)) for n in range(1, 10)))
    assert sorted(entry.seq for entry in entries) == list(range(1, 10))
    assert journal.verify().ok


EAST, WEST = Site(id="E", name="东站"), Site(id="W", name="西站")
LOST = Observation(missing=Missing(reason=MissingReason.TIMEOUT, detail="没有答复"))


def answered(
    number: int,
    *answers: tuple[Site, Check, Observation],
    outcome: Outcome = Outcome.ANSWERED,
) -> RunRecord:
    return replace(
        record(number),
        outcome=outcome,
        findings=tuple(
            finding_by_rule(Call(site, check), seen) for site, check, seen in answers
        ),
    )


def counted(wearing: int) -> Observation:
    return Observation(expected=9, actual=9, wearing=wearing, carrying=9)


def newest(journal: Journal, after: int = 0) -> dict[tuple[str, str], int | None]:
    """Which answer stands: the number of hard hats, of which each run has its own."""
    found = journal.latest(after=after)
    keys = {(f.finding.call.site.id, f.finding.call.check.value): f for f in found}
    assert len(keys) == len(found)
    return {key: f.finding.observation.wearing for key, f in keys.items()}


async def test_the_newest_answer_of_each_check_at_each_site_is_found(
    journal: Journal,
) -> None:
    assert list(journal.latest()) == []
    head, helmet = Check.HEADCOUNT, Check.HELMET
    await journal.append(
        answered(1, (EAST, head, counted(1)), (WEST, helmet, counted(1)))
    )
    renamed = replace(EAST, name="东站一期")
    await journal.append(answered(2, (renamed, head, counted(2))))
    # Named as before again: one site all the same.
    await journal.append(answered(3, (EAST, head, counted(3))))
    await journal.append(record(5))
    third = await journal.append(answered(4, (WEST, head, counted(4))))
    assert newest(journal) == {
        ("E", "headcount"): 3,
        ("W", "helmet"): 1,
        ("W", "headcount"): 4,
    }
    assert newest(journal, after=third.seq - 1) == {("W", "headcount"): 4}
    assert newest(journal, after=third.seq) == {}
    (only,) = journal.latest(after=third.seq - 1)
    assert (only.seq, only.run_id) == (third.seq, third.record.run_id)
    assert only.answered_at == third.record.finished_at
    assert only.finding == third.record.findings[0]


async def test_what_was_not_answered_leaves_the_answer_before_it(
    journal: Journal,
) -> None:
    head = Check.HEADCOUNT
    await journal.append(
        answered(1, (EAST, head, counted(1)), (WEST, head, counted(1)))
    )
    # A sweep that was stopped: the west had answered, the east had not.
    stopped = answered(
        2, (WEST, head, counted(2)), (EAST, head, LOST), outcome=Outcome.CANCELLED
    )
    await journal.append(stopped)
    await journal.append(replace(record(3), outcome=Outcome.FAILED))
    assert newest(journal) == {("E", "headcount"): 1, ("W", "headcount"): 2}
    # A system that did not answer is an answer too: nobody knows any more.
    await journal.append(answered(4, (EAST, head, LOST)))
    assert newest(journal) == {("E", "headcount"): None, ("W", "headcount"): 2}
    assert newest(journal, after=3) == {("E", "headcount"): None}


async def test_a_journal_that_cannot_write_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken: tuple[Journal, ...] = (
        SqliteJournal(tmp_path / "file" / "journal.db", clock=CLOCK),
        ListJournal(error=JournalUnwritableError("磁盘已满")),
    )
    for journal in broken:
        with pytest.raises(JournalUnwritableError):
            await journal.append(record(1))
        journal.close()
