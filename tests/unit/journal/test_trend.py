"""What the log sums up in SQL is what one counts by hand, record by record."""

import asyncio
import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.checks import judge
from app.core.clock import SystemClock
from app.core.model import (
    Call,
    Check,
    Finding,
    Intent,
    Origin,
    RunRecord,
    Site,
    Understanding,
    Utterance,
)
from app.core.observation import Missing, MissingReason, Observation
from app.core.ports import JournalEntry
from app.core.trends import Bucket, GroupBy, Measure, TrendPoint, TrendQuery
from app.journal.store import SqliteJournal
from tests.review_memory import ReviewMemory
from tests.unit.journal.records import START, record

RUNS = 150
SPAN = timedelta(days=75)
SITES = tuple(
    Site(id=f"S{number}", name=f"{number}号工地", region=region)
    for number, region in enumerate(("济南", "济南", "青岛", "", "a'b\\c", "济南"))
)
LATER = tuple(
    Site(id=site.id, name=f"{site.name}改名", region=site.region) for site in SITES
)
QUERIES = st.builds(
    lambda measure, bucket, by, begin, length, region, site, check: TrendQuery(
        measure=measure,
        bucket=bucket,
        by=by,
        since=START + timedelta(hours=begin),
        until=START + timedelta(hours=begin + length),
        region=region,
        site=site,
        check=check,
    ),
    st.sampled_from(Measure),
    st.sampled_from(Bucket),
    st.sampled_from(GroupBy),
    st.integers(-48, 24 * 70),
    st.integers(0, 24 * 80),
    st.sampled_from(("", "", "", "济南", "青岛", "a'b\\c", "没有")),
    st.sampled_from(("", "", "", "S0", "S2", "S9")),
    st.none() | st.sampled_from(Check),
)


def a_finding(dice: random.Random, call: Call) -> Finding:
    there = dice.choice((None, 0, 3, 9, 12))
    seen = Observation(
        expected=dice.choice((None, 0, 9, 10)),
        actual=there,
        wearing=dice.choice((None, 0, there)),
        carrying=dice.choice((None, 0, there)),
        missing=dice.choice(
            (None, None, None, Missing(reason=MissingReason.TIMEOUT, detail="超时"))
        ),
        sources=("demo",),
    )
    verdict = judge(call, seen)
    wrote = dice.random() < 0.5
    return Finding(
        call=call,
        observation=seen,
        verdict=verdict.verdict,
        severity=verdict.severity,
        summary=verdict.sentence,
        model_sentence="模型的句子" if wrote else "",
        model_differed=wrote and dice.random() < 0.3,
    )


def a_record(dice: random.Random, number: int) -> RunRecord:
    places = SITES if number < RUNS / 2 else LATER
    calls = tuple(
        Call(dice.choice(places), dice.choice(tuple(Check)))
        for _ in range(dice.choice((0, 1, 1, 1, 2, 4)))
    )
    answered = dice.random() < 0.85
    at = START + SPAN * dice.random()
    origin = dice.choice(tuple(Origin))
    # What was typed or clicked has no reading at all.
    two = origin in {Origin.MICROPHONE, Origin.FILE} and dice.random() < 0.6
    return record(
        number,
        started_at=at,
        finished_at=at + timedelta(seconds=dice.randrange(3)),
        origin=origin,
        utterance=dice.choice(
            (
                None,
                Utterance(
                    text="查",
                    origin=origin,
                    agreement=dice.random() if two else None,
                    agreed=not two or dice.random() < 0.7,
                ),
            )
        ),
        understanding=Understanding(intent=Intent.INSPECT, calls=calls),
        findings=tuple(a_finding(dice, c) for c in calls) if answered else (),
    )


@pytest.fixture(scope="module")
def both(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[SqliteJournal, ReviewMemory]]:
    """The same runs in a log on the disk, and in one that counts by hand."""
    dice = random.Random(9)
    path: Path = tmp_path_factory.mktemp("trend") / "journal.db"
    journal = SqliteJournal(path, clock=SystemClock())
    entries: list[JournalEntry] = []

    async def fill() -> None:
        for number in range(RUNS):
            entries.append(await journal.append(a_record(dice, number)))

    asyncio.run(fill())
    yield journal, ReviewMemory(lambda: entries, list)
    journal.close()


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(QUERIES)
def test_a_trend_is_what_one_counts_by_hand(
    both: tuple[SqliteJournal, ReviewMemory], query: TrendQuery
) -> None:
    journal, by_hand = both
    assert counts(journal.review.trend(query)) == counts(by_hand.trend(query))


def counts(points: Iterable[TrendPoint]) -> list[TrendPoint]:
    """The points without the names of their groups: a site may have had several."""
    return [replace(point, label="") for point in points]
