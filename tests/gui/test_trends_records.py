"""The records behind a point are those that were counted, on a real log."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from app.core.clock import SystemClock
from app.core.model import Finding, Origin, RunRecord, Severity, Verdict
from app.core.ports import JournalQuery
from app.core.trend_lines import records_of
from app.core.trends import (
    FINDING_SEVERITIES,
    MEASURE_CHECK,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    span_of,
)
from app.core.trends import Bucket as By
from app.desktop.trends.page import TrendsPage
from app.journal.store import SqliteJournal
from tests.gui.conftest import Play, Stage
from tests.gui.support import Expect
from tests.gui.trends_support import (
    GEAR,
    HEAD,
    HELMET,
    PLACES,
    counted,
    heard,
    monday,
    run,
    show,
    unknown,
)

NORTH, STATION, HARBOUR, NOWHERE = PLACES


def records() -> Iterator[RunRecord]:
    """Two weeks, with a run at each end of a week, and one that asked nothing."""
    number = 0

    def one(at: datetime, *findings: Finding, **more: object) -> RunRecord:
        nonlocal number
        number += 1
        return run(number, at, *findings, **more)

    for weeks_ago in (0, 1):
        begin = monday(weeks_ago)
        end = begin + timedelta(days=7) - timedelta(microseconds=1)
        yield one(begin, counted(NORTH, HEAD, 9, 10), utterance=heard(agreed=True))
        yield one(end, counted(NORTH, HEAD, 12, 12), utterance=heard(agreed=False))
        middle = begin + timedelta(days=3)
        yield one(
            middle, counted(HARBOUR, HELMET, 19, 20), counted(STATION, HELMET, 8, 8)
        )
        yield one(middle, counted(NORTH, GEAR, 3, 4), unknown(STATION, GEAR))
        yield one(middle, unknown(HARBOUR, HEAD), utterance=heard(agreed=None))
        yield one(middle, counted(NOWHERE, HEAD, 5, 5))
        yield one(middle, origin=Origin.TYPED)
        wrote = counted(STATION, HEAD, 4, 4)
        yield one(middle, told(wrote, differed=bool(weeks_ago)))


def told(finding: Finding, *, differed: bool) -> Finding:
    return Finding(
        call=finding.call,
        observation=finding.observation,
        verdict=finding.verdict,
        severity=finding.severity,
        summary=finding.summary,
        model_sentence="四人",
        model_differed=differed,
    )


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteJournal]:
    path: Path = tmp_path_factory.mktemp("trends") / "journal.db"
    made = SqliteJournal(path, clock=SystemClock())

    async def fill() -> None:
        for record in records():
            await made.append(record)

    asyncio.run(fill())
    yield made
    made.close()


def query_of(measure: Measure, by: GroupBy) -> TrendQuery:
    since = span_of(monday(1).date() + timedelta(days=1), By.WEEK)[0]
    until = span_of(monday(0).date() + timedelta(days=1), By.WEEK)[1]
    return TrendQuery(measure=measure, bucket=By.WEEK, by=by, since=since, until=until)


def of_group(finding: Finding, by: GroupBy, group: str) -> bool:
    site = finding.call.site
    return {
        GroupBy.ALL: True,
        GroupBy.REGION: site.region == group,
        GroupBy.SITE: site.id == group,
    }[by]


def part_and_whole(
    measure: Measure, record: RunRecord, by: GroupBy, group: str
) -> tuple[int, int]:
    """Count by hand what a record adds to a point."""
    said = record.utterance
    mine = [each for each in record.findings if of_group(each, by, group)]
    if measure is Measure.EARS_APART:
        two = said is not None and said.agreement is not None
        if not two or (by is not GroupBy.ALL and not mine):
            return 0, 0
        assert said is not None
        return int(not said.agreed), 1
    check = MEASURE_CHECK.get(measure)
    part = whole = 0
    for each in mine:
        seen, lacking = each.observation, each.verdict is Verdict.DATA_MISSING
        if check is not None:
            if each.call.check is not check or lacking:
                continue
            there, wanted = {
                HEAD: (seen.actual, seen.expected),
                HELMET: (seen.wearing, seen.actual),
                GEAR: (seen.carrying, seen.actual),
            }[check]
            assert there is not None
            assert wanted is not None
            part, whole = part + min(there, wanted), whole + wanted
        elif measure is Measure.FINDINGS:
            whole += not lacking
            part += each.severity in FINDING_SEVERITIES
        elif measure is Measure.UNANSWERED:
            whole, part = whole + 1, part + lacking
        elif each.model_sentence:
            whole, part = whole + 1, part + each.model_differed
    return part, whole


@pytest.mark.parametrize("by", GroupBy)
@pytest.mark.parametrize("measure", Measure)
def test_the_records_that_a_point_leads_to_are_those_it_counts(
    journal: SqliteJournal, measure: Measure, by: GroupBy
) -> None:
    query = query_of(measure, by)
    points = journal.review.trend(query)
    assert points
    for point in points:
        found = [
            entry.record
            for entry in journal.page(records_of(query, point.start, point.group))
        ]
        sums = [part_and_whole(measure, each, by, point.group) for each in found]
        assert sum(part for part, _ in sums) == point.part
        assert sum(whole for _, whole in sums) == point.whole
        assert sum(1 for _, whole in sums if whole) == point.runs


def test_a_point_of_a_span_that_is_cut_off_leads_to_no_record_outside() -> None:
    noon = datetime(2026, 11, 18, 4, tzinfo=UTC)
    query = TrendQuery(
        measure=Measure.FINDINGS,
        bucket=By.MONTH,
        since=noon,
        until=noon + timedelta(days=1),
    )
    found = records_of(query, date(2026, 11, 1))
    assert (found.since, found.until) == (query.since, query.until)


@pytest.mark.parametrize("by", GroupBy)
def test_the_findings_of_a_point_are_found_by_severity(
    journal: SqliteJournal, by: GroupBy
) -> None:
    query = query_of(Measure.FINDINGS, by)
    for point in journal.review.trend(query):
        assert severe(journal, query, point, *FINDING_SEVERITIES) == point.part
    query = query_of(Measure.UNANSWERED, by)
    for point in journal.review.trend(query):
        assert severe(journal, query, point, Severity.UNKNOWN) == point.part


def severe(
    journal: SqliteJournal, query: TrendQuery, point: TrendPoint, *wanted: Severity
) -> int:
    """How many findings of these severities the records of a point have."""
    found: dict[str, RunRecord] = {}
    for severity in wanted:
        asked = records_of(query, point.start, point.group, severity)
        found |= {e.record.run_id: e.record for e in journal.page(asked)}
    return sum(
        finding.severity in wanted and of_group(finding, query.by, point.group)
        for record in found.values()
        for finding in record.findings
    )


def test_a_point_on_the_page_leads_to_records_of_the_log(
    clean_qt: QApplication, journal: SqliteJournal
) -> None:
    async def scene(page: TrendsPage) -> None:
        if page.shown is None:
            async with Expect(page.loaded):
                pass
        wanted: list[JournalQuery] = []
        page.records_wanted.connect(wanted.append)
        chart = page.view.chart
        assert {drawn.name for drawn in chart.plot.lines} == {"济南", "未写片区"}
        for drawn in chart.plot.lines:
            for point in drawn.line.points:
                chart.go_to(drawn.line.group, point)
                if drawn.name == "济南":
                    assert "也含没有数字的" in page.view.bar.said.text()
                QTest.keyClick(chart, Qt.Key.Key_Return)
                found = [entry.record for entry in journal.page(wanted[-1])]
                sums = [
                    part_and_whole(
                        Measure.ATTENDANCE, each, GroupBy.REGION, point.group
                    )
                    for each in found
                ]
                assert (point.part, point.whole) == tuple(
                    map(sum, zip(*sums, strict=True))
                )
        # A region without a name cannot be asked for: the page says what it opens.
        page.view.chooser.toggle("济南")
        chart.go_to("", chart.plot.lines[0].line.points[0])
        assert "所有片区" in page.view.bar.said.text()

    def by_region(page: TrendsPage) -> None:
        page.choices.choose(by=GroupBy.REGION)

    show(scene, journal.review, before=by_region)


def test_the_review_has_the_page_and_shows_the_records_of_a_point(play: Play) -> None:
    async def scene(stage: Stage) -> None:
        begin = datetime.now(UTC)
        past = (run(1, begin, counted(NORTH, HEAD, 9, 10)), run(2, begin))
        for record in (*past, run(3, begin - timedelta(days=60))):
            await stage.desk.journal.append(record)
        stage.window.review.open()
        window = stage.window.review.window
        assert window is not None
        assert not window.findChildren(TrendsPage), "made when it is first shown"
        tab = next(b for b in window.findChildren(QPushButton) if b.text() == "趋势")
        tab.click()
        (page,) = window.findChildren(TrendsPage)
        async with Expect(page.loaded):
            pass
        chart = page.view.chart
        QTest.keyClick(chart, Qt.Key.Key_Left)
        async with Expect(window.records.model.loaded):
            QTest.keyClick(chart, Qt.Key.Key_Return)
        assert not page.isVisible()
        model = window.records.model
        shown = {model.row(n).entry.record.run_id for n in range(model.rowCount())}
        assert shown == {past[0].run_id}

    play(scene)
