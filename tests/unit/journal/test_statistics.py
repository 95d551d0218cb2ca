"""What is counted over a span of time: runs, sentences of the model, readings."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Outcome,
    RunRecord,
    Site,
    Source,
    Understanding,
)
from app.journal.statistics import NO_RUNS, Statistics
from app.journal.store import SqliteJournal
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.kept import MEANT, kept
from tests.unit.journal.records import START, record

LIKE_A_MEMBER = '"model_sentence":"x","model_differed":true,"source":"model","model":""'


def written(number: int, *sentences: str) -> RunRecord:
    """A run whose findings have these sentences by a model; 不 makes one differ."""
    plain = record(number)
    (found,) = plain.findings
    findings = tuple(
        replace(found, model_sentence=said, model_differed="不" in said)
        for said in sentences
    )
    return replace(plain, findings=findings)


def read(number: int, source: Source, model: str, **changes: object) -> RunRecord:
    plain = record(number, findings=())
    assert plain.understanding is not None
    reading = replace(plain.understanding, source=source, model=model)
    return replace(plain, understanding=reading, **changes)  # type: ignore[arg-type]


def counted(journal: SqliteJournal, *records: RunRecord) -> Statistics:
    async def append_all() -> None:
        for each in records:
            await journal.append(each)

    asyncio.run(append_all())
    return journal.statistics()


def test_nothing_was_counted_before_there_is_a_journal(
    open_journal: OpenJournal,
) -> None:
    found = open_journal().statistics()
    assert found == NO_RUNS
    assert (found.runs, found.asked) == (0, 0)
    assert {each.outcome for each in found.outcomes} == set(Outcome)


def test_runs_are_counted_by_how_they_ended(open_journal: OpenJournal) -> None:
    ends = [Outcome.ASKED, Outcome.ANSWERED, Outcome.ASKED, Outcome.REPEATED]
    made = [record(n, outcome=end) for n, end in enumerate(ends, 1)]
    found = counted(open_journal(), *made)
    assert {e.outcome: e.runs for e in found.outcomes if e.runs} == {
        Outcome.ANSWERED: 1,
        Outcome.ASKED: 2,
        Outcome.REPEATED: 1,
    }
    assert (found.runs, found.asked) == (4, 2)


def test_a_sentence_is_compared_if_a_model_wrote_one(open_journal: OpenJournal) -> None:
    found = counted(
        open_journal(),
        written(1, "一致", ""),
        written(2, "不一致", '"', "不对"),
        record(3, findings=()),
    )
    assert (found.findings, found.compared, found.differed) == (5, 4, 2)


def test_readings_count_by_whether_both_readers_agreed(
    open_journal: OpenJournal,
) -> None:
    found = counted(
        open_journal(),
        read(1, Source.MODEL_AND_RULES, "GLM-mini"),
        read(2, Source.MODEL, "GLM-mini"),
        read(3, Source.RULES, "GLM-mini"),
        read(4, Source.RULES, "GLM-mini"),
        # No model, or nobody to read: no second opinion that could differ.
        read(5, Source.RULES, ""),
        read(6, Source.OPERATOR, ""),
        record(7, understanding=None, findings=()),
    )
    assert (found.agreed, found.disagreed) == (1, 3)


def test_words_that_look_like_members_count_as_words(open_journal: OpenJournal) -> None:
    call = Call(Site(id="A", name=LIKE_A_MEMBER), Check.HELMET)
    found = counted(
        open_journal(),
        record(
            1,
            operator=LIKE_A_MEMBER,
            understanding=Understanding(
                intent=Intent.INSPECT, calls=(call,), notes=(LIKE_A_MEMBER,)
            ),
            findings=(),
        ),
    )
    assert found == replace(NO_RUNS, outcomes=found.outcomes)
    assert found.runs == 1


def test_a_span_begins_with_since_and_ends_before_until(
    open_journal: OpenJournal,
) -> None:
    journal = open_journal()
    fill(journal, 20)
    at = [START + timedelta(minutes=n) for n in range(30)]
    found = journal.statistics(since=at[5], until=at[9])
    assert (found.runs, found.findings) == (4, 4)
    assert journal.statistics(since=at[29]) == NO_RUNS


def test_entries_of_older_layouts_are_counted_too(open_journal: OpenJournal) -> None:
    findings: list[Finding] = [f for run in MEANT[2] for f in run.findings]
    again = counted(open_journal(), *MEANT[1], *MEANT[2])
    assert again.runs == 5
    assert again.differed == sum(f.model_differed for f in findings) == 1
    assert (again.agreed, again.disagreed) == (1, 1)


@pytest.mark.parametrize("layout", [1, 2])
def test_the_members_looked_for_stand_in_every_layout(layout: int) -> None:
    body = kept(layout)[0].body
    for member in ('"model_sentence":"', '"model_differed":', '"source":"'):
        assert member in body
