"""Spans of the calendar, lines of a trend, their axes, and the way to records."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Check, Severity
from app.core.scales import (
    WHOLE,
    count_scale,
    rate_label,
    rate_scale,
    shown_every,
    spread,
    tick_label,
)
from app.core.trend_lines import (
    Line,
    check_of,
    lines_of,
    records_of,
    starts,
    stretches,
    worst_first,
)
from app.core.trends import (
    Bucket,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    first_day,
    next_start,
    span_of,
)

DAYS = st.dates(date(2000, 1, 1), date(2099, 12, 31))
BUCKETS = st.sampled_from(Bucket)
WEEK = date(2026, 11, 16)


def point(start: date, part: int, whole: int, group: str = "", label: str = "") -> (
    TrendPoint
):  # fmt: skip
    return TrendPoint(
        start=start, part=part, whole=whole, runs=1, group=group, label=label or group
    )


def weeks(*pairs: tuple[int, int] | None, group: str = "") -> list[TrendPoint]:
    return [
        point(WEEK + timedelta(weeks=number), *pair, group=group)
        for number, pair in enumerate(pairs)
        if pair is not None
    ]


@given(DAYS, BUCKETS)
def test_every_moment_of_a_day_is_in_exactly_the_span_of_that_day(
    day: date, bucket: Bucket
) -> None:
    since, until = span_of(day, bucket)
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
    for moment in (begin, begin + timedelta(hours=24) - timedelta(microseconds=1)):
        assert since <= moment < until
    assert span_of(next_start(day, bucket), bucket)[0] == until


def test_a_day_of_the_desk_begins_in_its_own_zone_and_not_in_that_of_the_machine() -> (
    None
):
    since, until = span_of(date(2026, 11, 22), Bucket.DAY)
    assert since == datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert until == datetime(2026, 11, 22, 16, tzinfo=UTC)


def test_a_week_begins_on_monday_and_a_month_on_its_first() -> None:
    assert first_day(date(2026, 11, 22), Bucket.WEEK) == date(2026, 11, 16)
    assert first_day(date(2026, 11, 23), Bucket.WEEK) == date(2026, 11, 23)
    assert first_day(date(2026, 11, 22), Bucket.MONTH) == date(2026, 11, 1)
    assert next_start(date(2026, 12, 31), Bucket.MONTH) == date(2027, 1, 1)
    assert next_start(date(2024, 1, 31), Bucket.MONTH) == date(2024, 2, 1)


@given(DAYS, DAYS, BUCKETS)
def test_spans_follow_one_another_without_a_hole(
    one: date, other: date, bucket: Bucket
) -> None:
    first, last = sorted((one, other))
    last = min(last, first + timedelta(days=900))
    days = starts(first, last, bucket)
    assert days[0] <= first
    assert days[-1] <= last < next_start(days[-1], bucket)
    assert [next_start(day, bucket) for day in days[:-1]] == list(days[1:])


def test_points_come_into_lines_by_group_and_time() -> None:
    later, sooner = weeks((1, 2), (3, 4), group="b")[::-1]
    other = point(WEEK, 5, 6, "a")
    lines = lines_of([later, other, sooner])
    assert [line.group for line in lines] == ["a", "b"]
    assert lines[1].points == (sooner, later)
    assert (lines[1].part, lines[1].whole, lines[1].runs) == (4, 6, 2)


def test_what_was_not_counted_is_no_point() -> None:
    assert lines_of([point(WEEK, 0, 0)]) == ()


def test_a_line_has_the_name_that_its_group_has_today() -> None:
    named = [
        point(WEEK, 1, 2, "s1", "旧名"),
        point(date(2026, 11, 23), 1, 2, "s1", "新名"),
    ]
    assert lines_of(named)[0].label == "新名"


def test_a_line_is_parted_where_nothing_was_counted() -> None:
    (line,) = lines_of(weeks((1, 2), (1, 2), None, (1, 2), None, None, (1, 2)))
    assert [len(part) for part in stretches(line, Bucket.WEEK)] == [2, 1, 1]


def test_months_of_different_lengths_are_neighbours() -> None:
    line = Line(
        group="",
        label="",
        points=tuple(
            point(day, 1, 2)
            for day in (date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1))
        ),
    )
    assert len(stretches(line, Bucket.MONTH)) == 1


def test_the_lowest_attendance_is_worst_and_the_highest_rate_of_findings() -> None:
    lines = lines_of([*weeks((90, 100), group="high"), *weeks((10, 100), group="low")])
    by_attendance = worst_first(lines, Measure.ATTENDANCE)
    by_findings = worst_first(lines, Measure.FINDINGS)
    assert [line.group for line in by_attendance] == ["low", "high"]
    assert [line.group for line in by_findings] == ["high", "low"]


def test_a_single_bad_answer_does_not_make_a_site_the_worst() -> None:
    lines = lines_of([*weeks((1, 1), group="few"), *weeks((30, 100), group="many")])
    ranked = worst_first(lines, Measure.FINDINGS)
    assert [line.group for line in ranked] == ["many", "few"]


def test_by_number_who_has_the_most_findings_comes_first() -> None:
    lines = lines_of([*weeks((9, 10), group="rate"), *weeks((20, 400), group="most")])
    ranked = worst_first(lines, Measure.FINDINGS, by_number=True)
    assert [line.group for line in ranked] == ["most", "rate"]


def asked(measure: Measure, by: GroupBy, **more: object) -> TrendQuery:
    since, until = span_of(WEEK, Bucket.WEEK)
    fields: dict[str, object] = {
        "measure": measure, "by": by, "since": since, "until": until, **more
    }  # fmt: skip
    return TrendQuery(**fields)  # type: ignore[arg-type]


def test_a_point_leads_to_the_records_of_its_span_group_and_check() -> None:
    query = records_of(asked(Measure.HELMETS, GroupBy.SITE, region="济南"), WEEK, "s1")
    assert (query.since, query.until) == span_of(WEEK, Bucket.WEEK)
    assert (query.site, query.region, query.check) == ("s1", "济南", Check.HELMET)


def test_a_point_of_a_region_leads_to_that_region_alone() -> None:
    query = records_of(asked(Measure.FINDINGS, GroupBy.REGION), WEEK, "青岛")
    assert (query.region, query.site, query.check) == ("青岛", "", None)


def test_findings_lead_to_one_severity_where_that_is_wanted() -> None:
    query = asked(Measure.FINDINGS, GroupBy.ALL, check=Check.EQUIPMENT)
    found = records_of(query, WEEK, severity=Severity.ALARM)
    assert (found.severity, found.check) == (Severity.ALARM, Check.EQUIPMENT)


def test_a_check_is_chosen_only_where_a_measure_has_several() -> None:
    assert check_of(asked(Measure.ATTENDANCE, GroupBy.ALL, check=Check.HELMET)) is (
        Check.HEADCOUNT
    )
    assert check_of(asked(Measure.EARS_APART, GroupBy.ALL, check=Check.HELMET)) is None
    assert check_of(asked(Measure.UNANSWERED, GroupBy.ALL, check=Check.HELMET)) is (
        Check.HELMET
    )


def test_100_percent_is_said_of_all_alone_and_0_of_none() -> None:
    assert rate_label(20, 20) == "100%"
    assert rate_label(0, 20) == "0%"
    assert rate_label(99999, 100000) == ">99.9%"
    assert rate_label(1, 100000) == "<0.1%"
    assert rate_label(2, 3) == "66.7%"
    assert rate_label(0, 0) == ""


@given(st.lists(st.floats(0, 1), min_size=1), st.booleans())
def test_every_rate_lies_on_its_scale(rates: list[float], zoomed: bool) -> None:
    scale = rate_scale(rates, zoomed=zoomed)
    assert all(-1e-9 <= scale.share(rate) <= 1 + 1e-9 for rate in rates)
    assert 0 <= scale.low < scale.high <= 1
    assert 3 <= len(scale.ticks) <= 7
    assert list(scale.ticks) == sorted(set(scale.ticks))
    labels = [tick_label(tick, scale) for tick in scale.ticks]
    assert len(set(labels)) == len(labels)


def test_a_scale_is_whole_unless_it_is_zoomed() -> None:
    assert rate_scale([0.97, 0.98], zoomed=False) is WHOLE
    assert not WHOLE.broken
    assert (WHOLE.low, WHOLE.high) == (0, 1)


def test_a_zoomed_scale_says_that_it_does_not_begin_at_zero() -> None:
    assert rate_scale([0.93, 0.99], zoomed=True).broken
    assert not rate_scale([0.01, 0.05], zoomed=True).broken


def test_noise_is_not_made_a_mountain() -> None:
    scale = rate_scale([0.950, 0.951], zoomed=True)
    assert scale.high - scale.low >= 0.05 - 1e-9


@given(st.integers(0, 10**7))
def test_counts_have_whole_ticks_from_zero(most: int) -> None:
    scale = count_scale(most)
    assert scale.low == 0
    assert scale.high >= most
    assert 2 <= len(scale.ticks) <= 7
    assert all(tick == int(tick) for tick in scale.ticks)


@pytest.mark.parametrize(
    ("number", "room", "every"), [(12, 12, 1), (12, 6, 2), (30, 10, 7), (365, 12, 56)]
)
def test_days_are_labelled_in_steps_of_the_calendar(
    number: int, room: int, every: int
) -> None:
    assert shown_every(number, room, Bucket.DAY) == every


@given(
    st.lists(st.floats(-50, 350), max_size=8),
    st.floats(1, 60),
)
def test_labels_do_not_lie_over_one_another_and_keep_their_order(
    wanted: list[float], gap: float
) -> None:
    placed = spread(wanted, gap, 0, 300)
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in placed)
    fits = min(gap, 300 / (len(wanted) - 1)) if len(wanted) > 1 else gap
    ordered = sorted(placed)
    assert all(b - a >= fits - 1e-6 for a, b in pairwise(ordered))
    ranks = sorted(range(len(wanted)), key=lambda n: wanted[n])
    assert [placed[n] for n in ranks] == ordered


def test_labels_that_have_room_stay_where_they_are() -> None:
    assert spread([10, 50, 200], 20, 0, 300) == (10, 50, 200)
