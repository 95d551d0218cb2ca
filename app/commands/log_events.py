"""What happened at the desk, and trends, from the command line."""

from datetime import timedelta
from typing import Annotated, Final

import typer

from app.commands.errors import opened, told
from app.commands.log_dispositions import (
    LISTED,
    AsJson,
    Limit,
    Region,
    when,
    who_json,
)
from app.commands.output import Json, note, print_json
from app.commands.times import moment
from app.core.entries import EVENT_NAMES, EventKind
from app.core.model import Check
from app.core.trends import Bucket, GroupBy, Measure, TrendPoint, TrendQuery

_YEAR: Final = timedelta(days=365)

Since = Annotated[
    str, typer.Option("--since", help="From this local time on, ISO 8601.")
]
Until = Annotated[str, typer.Option("--until", help="Before this local time.")]


def events(
    since: Since = "",
    until: Until = "",
    kind: Annotated[
        list[EventKind] | None, typer.Option("--kind", help="May be given again.")
    ] = None,
    limit: Limit = LISTED,
    before: Annotated[
        int | None, typer.Option(help="Continue below this sequence number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List what happened at the desk, newest first: sign-ins, exports, backups."""
    with told(as_json), opened() as house:
        found = house.journal.review.events(
            kinds=kind or (),
            since=moment(since),
            until=moment(until),
            before=before,
            limit=limit,
        )
    if as_json:
        listed = [
            {
                "seq": each.seq,
                "kind": each.event.kind.value,
                "at": each.event.at.isoformat(),
                **who_json(each.event),
                "subject": each.event.subject,
                "detail": each.event.detail,
            }
            for each in found
        ]
        print_json({"events": listed})
        return
    for each in found:
        said = each.event
        name = EVENT_NAMES[said.kind]
        columns = (str(each.seq), when(said.at), said.by, name, said.subject)
        print("\t".join((*columns, said.detail)))
    if not found:
        note("没有符合条件的事件。")


def trend(
    measure: Annotated[Measure, typer.Argument(help="What is counted.")],
    by: Annotated[GroupBy, typer.Option("--by", help="A line for each.")] = GroupBy.ALL,
    bucket: Annotated[Bucket, typer.Option("--bucket")] = Bucket.WEEK,
    since: Since = "",
    until: Until = "",
    region: Region = "",
    site: Annotated[str, typer.Option("--site", help="Site id.")] = "",
    check: Annotated[
        Check | None, typer.Option("--check", help="Of findings and unanswered.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Count a rate over time; a span in which nothing was counted is left out."""
    with told(as_json), opened() as house:
        end = moment(until) or house.clock.now()
        begin = moment(since) or end - _YEAR
        query = TrendQuery(
            measure=measure,
            by=by,
            bucket=bucket,
            since=begin,
            until=end,
            region=region,
            site=site,
            check=check,
        )
        found = house.journal.review.trend(query)
    if as_json:
        print_json(
            {"measure": measure.value, "points": [_point_json(p) for p in found]}
        )
        return
    for point in found:
        rate = "" if point.rate is None else f"{point.rate:.1%}"
        columns = (point.start.isoformat(), point.label or "全部", rate)
        counted = (f"{point.part}/{point.whole}", f"{point.runs}次查询")
        print("\t".join((*columns, *counted)))
    if not found:
        note("这段时间没有可统计的记录。")


def _point_json(point: TrendPoint) -> Json:
    return {
        "start": point.start.isoformat(),
        "group": point.group,
        "label": point.label,
        "part": point.part,
        "whole": point.whole,
        "rate": point.rate,
        "runs": point.runs,
    }
