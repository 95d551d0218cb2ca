"""Filters of the log: what they ask, and their line in the settings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.entries import FindingState
from app.core.errors import UsageError
from app.core.filters import LogFilter, Span, filter_of, read, written
from app.core.model import Check, Outcome, Severity
from app.core.ports import JournalQuery

# 07:30 on the first of December at the desk, still November in Greenwich.
NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)

texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20).map(
    str.strip
)
moments = st.datetimes(timezones=st.just(UTC))
filters = st.builds(
    LogFilter,
    span=st.none() | st.sampled_from(Span),
    since=st.none() | moments,
    until=st.none() | moments,
    site=texts,
    region=texts,
    check=st.none() | st.sampled_from(Check),
    severity=st.none() | st.sampled_from(Severity),
    operator=texts,
    outcome=st.none() | st.sampled_from(Outcome),
    state=st.none() | st.sampled_from(FindingState),
    open=st.none() | st.booleans(),
    text=texts,
)


@given(filters)
def test_what_was_written_is_read_as_it_was(wanted: LogFilter) -> None:
    assert read(written(wanted)) == wanted


def test_a_line_is_what_a_person_would_write() -> None:
    wanted = LogFilter(span=Span.WEEK, severity=Severity.ALARM, open=True)
    assert written(wanted) == "span=week severity=alarm open=yes"
    assert read("severity=alarm  open=yes span=week") == wanted
    assert written(LogFilter(text="没戴 安全帽")) == "text='没戴 安全帽'"
    assert written(LogFilter()) == ""
    assert read("") == LogFilter()


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("severity=loud", "severity"),
        ("open=maybe", "open"),
        ("colour=red", "colour=red"),
        ("alarm", "alarm"),
        ("since=yesterday", "since"),
        ("text='没有", "引号"),
    ],
)
def test_a_line_that_means_nothing_is_refused_by_name(line: str, named: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(line)
    assert named in caught.value.message


def test_a_time_without_a_zone_is_the_desks() -> None:
    assert read("since=2026-11-01T08:00").since == datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "since"),
    [
        (Span.TODAY, datetime(2026, 11, 30, 16, tzinfo=UTC)),
        (Span.SHIFT, NOW - timedelta(hours=12)),
        (Span.WEEK, NOW - timedelta(days=7)),
        (Span.MONTH, datetime(2026, 11, 30, 16, tzinfo=UTC)),
    ],
)
def test_spans_end_now_and_begin_by_the_desks_calendar(
    span: Span, since: datetime
) -> None:
    query = LogFilter(span=span, until=NOW).query(NOW)
    assert query.since == since
    assert query.until is None


def test_a_month_and_a_day_begin_at_midnight_at_the_desk() -> None:
    now = datetime(2026, 11, 22, 7, 43, 12, tzinfo=UTC)
    assert Span.MONTH.since(now) == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert Span.TODAY.since(now) == datetime(2026, 11, 21, 16, tzinfo=UTC)


def test_every_part_of_a_filter_reaches_the_query_and_comes_back() -> None:
    query = JournalQuery(
        since=NOW,
        until=NOW + timedelta(days=1),
        site="s1",
        check=Check.HELMET,
        severity=Severity.ALARM,
        outcome=Outcome.ANSWERED,
        operator="李明",
        text="安全帽",
        region="济南",
        open=False,
        state=FindingState.CLOSED,
    )
    assert filter_of(query).query(NOW) == query
