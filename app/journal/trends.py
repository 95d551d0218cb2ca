"""Trends: sums over the figures of calls, by span and group.

A span is walked by its times, in the order in which the table lies on the disk: a
year of a million calls is one walk over one narrow table.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import Connection

from app.core.model import Severity
from app.core.trends import (
    FINDING_SEVERITIES,
    MEASURE_CHECK,
    GroupBy,
    Measure,
    TrendPoint,
    TrendQuery,
    first_day,
    midnight,
    next_start,
)
from app.core.workdays import DESKS_ZONE
from app.journal import form
from app.journal.canonical import microseconds
from app.journal.index import storable

_FOUND: Final = ", ".join(
    f"'{each}'" for each in Severity if each in FINDING_SEVERITIES
)
_PEOPLE: Final = {
    Measure.ATTENDANCE: ("min(f.actual, f.expected)", "f.expected"),
    Measure.HELMETS: ("f.wearing", "f.actual"),
    Measure.EQUIPMENT: ("f.carrying", "f.actual"),
}
_PART_WHOLE_WHERE: Final = {
    **{
        measure: (
            part,
            whole,
            f"f.answered AND {part} IS NOT NULL AND {whole} > 0",
        )
        for measure, (part, whole) in _PEOPLE.items()
    },
    Measure.FINDINGS: (f"f.severity IN ({_FOUND})", "1", "f.answered"),
    Measure.UNANSWERED: ("NOT f.answered", "1", "1"),
    Measure.MODEL_APART: ("f.differed", "1", "f.written"),
    Measure.EARS_APART: ("f.apart", "1", "1"),
}
"""What is summed as part and as whole, and of which rows."""
_NONE: Final = TrendPoint(start=date.min, part=0, whole=0, runs=0)
_CHECKS_CHOSEN: Final = (Measure.FINDINGS, Measure.UNANSWERED)


def trend(connection: Connection, query: TrendQuery) -> Sequence[TrendPoint]:
    """Give the points of a trend, by group and then by time."""
    part, whole, where = _PART_WHOLE_WHERE[query.measure]
    conditions, values = _conditions(query)
    key, group, label = _group(query.by)
    # Asked span by span: one question for all of them would sort every row.
    asked = (
        f"SELECT {group}, {label}, sum({part}), sum({whole}), "
        f"count(DISTINCT f.seq), max(f.seq) FROM {_table(query)} AS f "
        "WHERE f.started_us >= :low AND f.started_us < :high "
        f"AND {' AND '.join([where, *conditions])}{key}"
    )
    points: dict[tuple[str, date], TrendPoint] = {}
    labels: dict[str, tuple[int, str]] = {}
    for start, low, high in _starts(query):
        within = {"low": low, "high": high, **values}
        for of, called, parts, wholes, runs, newest in connection.exec_driver_sql(
            asked, within
        ):
            if not wholes:
                continue
            labels[of] = max(labels.get(of, (0, "")), (newest, called))
            before = points.get((of, start), _NONE)
            # A site that was renamed has a row for each of its names.
            points[of, start] = TrendPoint(
                start=start,
                group=of,
                part=before.part + parts,
                whole=before.whole + wholes,
                runs=before.runs + runs,
            )
    read = form.unescaped if query.by is GroupBy.REGION else str
    named = (
        replace(point, group=read(of), label=read(labels[of][1]))
        for (of, _), point in points.items()
    )
    return sorted(named, key=lambda point: (point.group, point.start))


def _starts(query: TrendQuery) -> Iterator[tuple[date, int, int]]:
    """Give the spans of the desk's calendar, clipped to what is asked for."""
    start = first_day(query.since.astimezone(DESKS_ZONE).date(), query.bucket)
    since, until = microseconds(query.since), microseconds(query.until)
    low = since
    while low < until:
        after = next_start(start, query.bucket)
        high = min(until, microseconds(midnight(after)))
        yield start, low, high
        start, low = after, high


def _table(query: TrendQuery) -> str:
    if query.measure is not Measure.EARS_APART:
        return "journal_figures"
    if query.by is GroupBy.ALL and not (query.region or query.site):
        return "journal_ears"
    # A command is of every site and region that it asked about, once.
    only = {
        GroupBy.ALL: "min(g.region) AS region, min(g.site_key) AS site_key",
        GroupBy.REGION: "g.region AS region, min(g.site_key) AS site_key",
        GroupBy.SITE: "min(g.region) AS region, g.site_key AS site_key",
    }[query.by]
    grouped = {
        GroupBy.ALL: "",
        GroupBy.REGION: ", g.region",
        GroupBy.SITE: ", g.site_key",
    }[query.by]
    conditions, _ = _conditions(query, "g")
    within = ("e.started_us >= :low", "e.started_us < :high")
    where = " AND ".join([*within, *conditions])
    return (
        f"(SELECT e.started_us AS started_us, e.seq AS seq, e.apart AS apart, {only} "
        "FROM journal_ears AS e JOIN journal_figures AS g ON g.seq = e.seq "
        f"WHERE {where} GROUP BY e.started_us, e.seq, e.apart{grouped})"
    )


def _conditions(query: TrendQuery, of: str = "f") -> tuple[list[str], dict[str, str]]:
    conditions, values = [], {}
    if query.region:
        conditions.append(f"{of}.region = :region")
        values["region"] = form.escaped(query.region)
    if query.site:
        conditions.append(
            f"{of}.site_key IN (SELECT key FROM journal_sites WHERE site_id = :site)"
        )
        values["site"] = storable(query.site)
    check = MEASURE_CHECK.get(query.measure)
    if query.measure in _CHECKS_CHOSEN:
        check = query.check
    if check is not None:
        conditions.append(f"{of}.check_name = '{check.value}'")
    return conditions, values


def _group(by: GroupBy) -> tuple[str, str, str]:
    """Give what rows are put together by, and the group and its name as read."""
    if by is GroupBy.ALL:
        return "", "''", "''"
    if by is GroupBy.REGION:
        return " GROUP BY f.region", "f.region", "f.region"
    site = "(SELECT {} FROM journal_sites WHERE key = f.site_key)"
    return " GROUP BY f.site_key", site.format("site_id"), site.format("name")
