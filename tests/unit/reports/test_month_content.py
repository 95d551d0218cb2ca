"""What a monthly summary counts, against months that were counted by hand."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.core.model import Check, Verdict
from app.core.month_report import monthly_summary
from app.core.observation import MissingReason
from app.core.reporting import MonthlySummary
from app.core.trends import GroupBy, Measure
from app.journal.store import SqliteJournal
from app.reports.month_sheets import key_figures, month_sheets
from app.reports.sheet import NO_DATA, NONE
from tests.fakes import HeldClock
from tests.unit.reports.told import END, JINAN, found, run


def summary(journal: SqliteJournal, month: date) -> MonthlySummary:
    now = END + timedelta(minutes=5)
    return monthly_summary(journal, journal.review, month, now=now)


@pytest.fixture(scope="module")
def november(journal: SqliteJournal) -> MonthlySummary:
    return summary(journal, date(2026, 11, 30))


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[SqliteJournal]:
    made = SqliteJournal(tmp_path / "j.db", clock=HeldClock())
    yield made
    made.close()


def test_findings_are_counted_by_kind(november: MonthlySummary) -> None:
    assert november.runs == 10
    kinds = {(k.check, k.verdict): k.count for k in november.kinds}
    assert kinds == {
        (Check.HELMET, Verdict.SOME_BAREHEADED): 3,
        (Check.HEADCOUNT, Verdict.NO_ORDER_BUT_PEOPLE): 1,
        (Check.HEADCOUNT, Verdict.SOME_ABSENT): 1,
    }


def test_times_are_means_of_what_was_done_and_the_rest_is_counted(
    november: MonthlySummary,
) -> None:
    seen, closed = november.acknowledging, november.closing
    assert (seen.done, seen.waiting) == (1, 3)
    assert seen.mean == timedelta(minutes=15, seconds=-1)
    assert (closed.done, closed.waiting) == (1, 3)
    assert closed.mean == closed.longest == timedelta(minutes=121, seconds=-1)


def test_open_findings_are_counted_by_their_age(november: MonthlySummary) -> None:
    ages = {band.label: band.count for band in november.open_by_age}
    assert november.open_count == sum(ages.values()) == 3
    assert ages["不到1天"] == 3


def test_systems_are_counted_by_question_and_reason(november: MonthlySummary) -> None:
    (system,) = november.systems
    assert (system.system, system.asked, system.failed) == ("相机系统", 5, 3)
    assert system.reasons == ((MissingReason.TIMEOUT, 2), (MissingReason.BUSY, 1))
    assert november.missing == system.reasons


def test_rates_are_told_for_the_desk_its_regions_and_sites(
    november: MonthlySummary,
) -> None:
    helmets = {
        (line.by, line.label): (line.part, line.whole)
        for line in november.rates
        if line.measure is Measure.HELMETS
    }
    assert helmets[GroupBy.ALL, ""] == (30 + 34 + 4 + 7, 34 + 34 + 5 + 8)
    assert helmets[GroupBy.REGION, "济南"] == (41, 42)
    assert helmets[GroupBy.SITE, "烟台工地"] == (30, 34)


def test_a_month_without_records_has_no_figure_and_no_zero_percent(
    empty: SqliteJournal,
) -> None:
    nothing = summary(empty, date(2026, 10, 1))
    values = {name: value for name, value, _ in key_figures(nothing)}
    assert set(values.values()) == {NO_DATA, 0}
    assert [name for name, value in values.items() if value == 0] == ["未结"]
    told = [
        cell for sheet in month_sheets(nothing) for row in sheet.rows for cell in row
    ]
    assert "0.0%" not in told
    assert 0.0 not in [cell for cell in told if isinstance(cell, float)]


def test_a_site_without_a_region_is_not_the_whole_desk(empty: SqliteJournal) -> None:
    nowhere = replace(JINAN, id="NO", region="")
    helmets = (
        found(nowhere, Check.HELMET, actual=2, wearing=1),
        found(JINAN, Check.HELMET, actual=2, wearing=2),
    )
    asyncio.run(empty.append(run(1, datetime(2026, 11, 2, tzinfo=UTC), *helmets)))
    told = summary(empty, date(2026, 11, 1))
    figures = {name: value for name, value, _ in key_figures(told)}
    assert figures["安全帽佩戴率"] == "75.0% (3/4)"
    (rates,) = [sheet for sheet in month_sheets(told) if sheet.key == "rates"]
    regions = {
        (row[2], row[6], row[7])
        for row in rates.rows
        if row[:2] == ("安全帽佩戴率", "地区")
    }
    assert regions == {("未注明", 1, 2), ("济南", 2, 2)}


def test_counts_are_numbers_in_a_table(november: MonthlySummary) -> None:
    figures = {name: value for name, value, _ in key_figures(november)}
    assert (figures["运行"], figures["告警"], figures["未结"]) == (10, 4, 3)


def test_without_findings_there_are_none_and_without_answers_nothing_is_known(
    empty: SqliteJournal,
) -> None:
    def means() -> dict[str, str]:
        sheets = month_sheets(summary(empty, date(2026, 11, 1)))
        return {s.key: s.nothing for s in sheets if s.key in {"kinds", "missing"}}

    assert means() == {"kinds": NO_DATA, "missing": NO_DATA}
    well = found(JINAN, Check.HELMET, actual=2, wearing=2)
    asyncio.run(empty.append(run(1, datetime(2026, 11, 2, tzinfo=UTC), well)))
    assert means() == {"kinds": NONE, "missing": NONE}


def test_a_month_begins_and_ends_at_midnight_in_beijing(empty: SqliteJournal) -> None:
    finding = found(JINAN, Check.HELMET, actual=2, wearing=2)
    moments = (
        datetime(2026, 10, 31, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 10, 31, 16, 0, tzinfo=UTC),
        datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC),
        datetime(2026, 11, 30, 16, 0, tzinfo=UTC),
    )

    async def fill() -> None:
        for number, moment in enumerate(moments):
            await empty.append(run(number, moment, finding))

    asyncio.run(fill())
    runs = [summary(empty, date(2026, month, 9)).runs for month in (10, 11, 12)]
    assert runs == [1, 2, 1]
