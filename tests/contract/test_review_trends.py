"""What every journal counts for a trend: parts of wholes, unknown never zero."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.model import Call, Check
from app.core.ports import JournalQuery
from app.core.trends import Bucket, GroupBy, Measure, TrendPoint, TrendQuery, span_of
from tests.contract.reviewed import (
    COAST,
    EAST,
    MAKERS,
    START,
    WEST,
    Reviewed,
    cancelled,
    filled,
    hats,
    heads,
    heard,
    pens,
    run,
    silent,
    written,
)

SINCE, UNTIL = START - timedelta(days=40), START + timedelta(days=40)


@pytest.fixture(params=MAKERS)
def journal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reviewed]:
    made = MAKERS[request.param](tmp_path / "journal.db")
    yield made
    made.close()


def points(journal: Reviewed, measure: Measure, **asked: Any) -> list[TrendPoint]:
    query = {"since": SINCE, "until": UNTIL, "bucket": Bucket.DAY, **asked}
    return list(journal.review.trend(TrendQuery(measure=measure, **query)))


def counts(journal: Reviewed, measure: Measure, **asked: Any) -> list[tuple[Any, ...]]:
    found = points(journal, measure, **asked)
    return [(each.group, each.part, each.whole, each.runs) for each in found]


async def test_who_is_too_many_does_not_make_up_for_who_is_absent(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, heads(EAST, 10, 7)), run(2, heads(WEST, 5, 9)))
    assert counts(journal, Measure.ATTENDANCE) == [("", 12, 15, 2)]


@pytest.mark.parametrize(
    "unknown", [silent(EAST), heads(EAST, None, 8), heads(EAST, 9, None)]
)
async def test_an_unknown_count_is_in_neither_part_nor_whole(
    journal: Reviewed, unknown: Any
) -> None:
    await filled(journal, run(1, heads(EAST, 10, 7)), run(2, unknown))
    assert counts(journal, Measure.ATTENDANCE) == [("", 7, 10, 1)]
    assert counts(journal, Measure.UNANSWERED) == [("", 1, 2, 2)]


async def test_a_number_beside_a_missing_answer_is_not_counted(
    journal: Reviewed,
) -> None:
    """A stale answer has numbers, and they are not today's."""
    stale = silent(EAST)
    seen = replace(stale.observation, actual=3, wearing=1, carrying=1)
    old = replace(stale, observation=seen)
    await filled(journal, run(1, old, replace(old, call=Call(EAST, Check.HELMET))))
    for measure in (Measure.ATTENDANCE, Measure.HELMETS, Measure.EQUIPMENT):
        assert points(journal, measure) == []


async def test_each_rate_of_people_is_of_its_own_check(journal: Reviewed) -> None:
    await filled(
        journal,
        run(1, heads(EAST, 4, 4), hats(EAST, 12, 11), pens(EAST, 8, 2)),
        run(2, hats(EAST, 0, None)),
    )
    assert counts(journal, Measure.HELMETS) == [("", 11, 12, 1)]
    assert counts(journal, Measure.EQUIPMENT) == [("", 2, 8, 1)]
    assert counts(journal, Measure.ATTENDANCE, check=Check.HELMET) == [("", 4, 4, 1)]


async def test_findings_are_counted_among_answers_with_a_verdict(
    journal: Reviewed,
) -> None:
    await filled(
        journal,
        run(1, hats(EAST, 12, 11), hats(WEST, 5, 5), silent(COAST)),
        run(2, heads(EAST, 5, 4)),
        cancelled(3, Call(EAST, Check.HELMET)),
    )
    assert counts(journal, Measure.FINDINGS) == [("", 2, 3, 2)]
    assert counts(journal, Measure.FINDINGS, check=Check.HELMET) == [("", 1, 2, 1)]
    assert counts(journal, Measure.UNANSWERED) == [("", 2, 5, 3)]
    assert counts(journal, Measure.UNANSWERED, check=Check.HELMET) == [("", 1, 3, 2)]


async def test_a_trend_may_be_of_one_region_or_site_and_have_a_line_for_each(
    journal: Reviewed,
) -> None:
    renamed = replace(EAST, name="济南东郊新站")
    await filled(
        journal,
        run(1, heads(EAST, 10, 7), heads(COAST, 4, 4)),
        run(2, heads(WEST, 5, 5), heads(renamed, 10, 10)),
    )
    coast = COAST.region
    assert counts(journal, Measure.ATTENDANCE, by=GroupBy.REGION) == [
        ("济南", 22, 25, 2),
        (coast, 4, 4, 1),
    ]
    assert counts(journal, Measure.ATTENDANCE, region="济南", by=GroupBy.SITE) == [
        ("E", 17, 20, 2),
        ("W", 5, 5, 1),
    ]
    assert counts(journal, Measure.ATTENDANCE, site="C") == [("", 4, 4, 1)]
    assert counts(journal, Measure.ATTENDANCE, site="C", region="济南") == []
    labels = {p.label for p in points(journal, Measure.ATTENDANCE, by=GroupBy.SITE)}
    assert labels == {"济南东郊新站", WEST.name, COAST.name}
    regions = points(journal, Measure.ATTENDANCE, by=GroupBy.REGION)
    assert [p.label for p in regions] == ["济南", coast]


async def test_two_readings_of_a_command_are_one_command(journal: Reviewed) -> None:
    await filled(
        journal,
        heard(1, heads(EAST, 5, 5), heads(WEST, 5, 5), agreed=False),
        heard(2, heads(COAST, 5, 5), agreed=True),
        heard(3, agreed=False),
        run(4, heads(EAST, 5, 5)),
    )
    assert counts(journal, Measure.EARS_APART) == [("", 2, 3, 3)]
    assert counts(journal, Measure.EARS_APART, region="济南") == [("", 1, 1, 1)]
    assert counts(journal, Measure.EARS_APART, by=GroupBy.REGION) == [
        ("济南", 1, 1, 1),
        (COAST.region, 0, 1, 1),
    ]
    assert counts(journal, Measure.EARS_APART, by=GroupBy.SITE) == [
        ("C", 0, 1, 1),
        ("E", 1, 1, 1),
        ("W", 1, 1, 1),
    ]
    assert counts(journal, Measure.EARS_APART, site="W") == [("", 1, 1, 1)]


async def test_only_sentences_that_a_model_wrote_are_compared(
    journal: Reviewed,
) -> None:
    calm = heads(EAST, 5, 5)
    await filled(
        journal,
        run(1, written(calm, differed=True), calm),
        run(2, written(silent(EAST), differed=False)),
    )
    assert counts(journal, Measure.MODEL_APART) == [("", 1, 2, 2)]


@pytest.mark.parametrize("bucket", Bucket)
async def test_a_span_begins_at_midnight_of_the_desks_calendar(
    journal: Reviewed, bucket: Bucket
) -> None:
    """16:00 UTC is midnight in China; 2026-11-29 is a Sunday there."""
    late = datetime(2026, 11, 30, 15, 59, 59, 999999, tzinfo=UTC)
    times = [late, late + timedelta(microseconds=1), datetime(2026, 11, 29, tzinfo=UTC)]
    for number, at in enumerate(times, 1):
        await filled(journal, run(number, heads(EAST, number, 0), started_at=at))
    found = points(journal, Measure.ATTENDANCE, bucket=bucket)
    wholes = {each.start: each.whole for each in found}
    assert (
        wholes
        == {
            Bucket.DAY: {
                date(2026, 11, 29): 3,
                date(2026, 11, 30): 1,
                date(2026, 12, 1): 2,
            },
            Bucket.WEEK: {date(2026, 11, 23): 3, date(2026, 11, 30): 3},
            Bucket.MONTH: {date(2026, 11, 1): 4, date(2026, 12, 1): 2},
        }[bucket]
    )
    for each in found:
        since, until = span_of(each.start, bucket)
        behind = journal.page(JournalQuery(since=since, until=until))
        assert len(behind) == each.runs


async def test_only_what_began_between_the_two_times_is_counted(
    journal: Reviewed,
) -> None:
    await filled(journal, *(run(n, heads(EAST, n, n)) for n in (1, 2, 3)))
    hour = timedelta(hours=1)
    asked = {"since": START + 2 * hour, "until": START + 3 * hour}
    for bucket in Bucket:
        assert counts(journal, Measure.ATTENDANCE, bucket=bucket, **asked) == [
            ("", 2, 2, 1)
        ]
    nothing = {"since": START + 3 * hour, "until": START + 3 * hour}
    assert counts(journal, Measure.ATTENDANCE, **nothing) == []


async def test_a_span_in_which_nothing_was_counted_has_no_point(
    journal: Reviewed,
) -> None:
    await filled(journal, run(1, heads(EAST, 0, 0)), run(2, silent(EAST)))
    assert points(journal, Measure.ATTENDANCE) == []
    assert points(journal, Measure.HELMETS) == []
