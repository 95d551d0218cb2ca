"""Reports from the command line: the shift's, the month's, and notes for the next."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, print_json
from app.commands.times import moment, month
from app.core.entries import EventKind, happened
from app.core.errors import UsageError
from app.core.filters import SHIFT
from app.core.people import May
from app.core.reporting import REPORT_NAMES, Exported, ShiftWanted

LAST = "last"
"""The time of the last shift report."""

reports = typer.Typer(help="Reports as pdf, xlsx, csv or jsonl.", no_args_is_help=True)

Target = Annotated[Path, typer.Argument(help="pdf, xlsx, csv or jsonl by suffix.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@reports.command("shift")
def shift(
    file: Target,
    since: Annotated[
        str,
        typer.Option(
            "--since",
            help="From this local time on, or 'last': since the last shift report. "
            "Else: 12 hours before the end.",
        ),
    ] = "",
    until: Annotated[
        str, typer.Option("--until", help="Before this local time; else now.")
    ] = "",
    giving: Annotated[str, typer.Option("--from", help="Who hands over.")] = "",
    taking: Annotated[str, typer.Option("--to", help="Who takes over.")] = "",
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Write the report of a shift: what was found, what is open, what failed."""
    with told(as_json), opened() as house:
        end = moment(until) or datetime.now(UTC)
        if since.strip() == LAST:
            begin = house.reports.last_shift()
            if begin is None:
                raise UsageError(
                    "日志里没有最近的交接班报告", "请用 --since 给出开始时间。"
                )
        else:
            begin = moment(since) or end - SHIFT
        actor = acting(house, May.HAND_OVER, login)
        wanted = ShiftWanted(
            since=begin, until=end, giving=giving or actor.name, taking=taking
        )
        made = asyncio.run(house.reports.shift(file, wanted, actor))
        tell_exported(made, as_json=as_json)


@reports.command("month")
def monthly(
    file: Target,
    wanted: Annotated[
        str, typer.Option("--month", help="Like 2026-11; else the month before this.")
    ] = "",
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Write the summary of a month: rates, findings, times, systems."""
    with told(as_json), opened() as house:
        day = month(wanted) if wanted else _month_before()
        actor = acting(house, May.EXPORT, login)
        made = asyncio.run(house.reports.month(file, day, actor))
        tell_exported(made, as_json=as_json)


def leave_note(
    text: Annotated[str, typer.Argument(help="What the next shift must know.")],
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Leave a note for the shift report; it is an entry of the log."""
    with told(as_json), opened() as house:
        said = text.strip()
        if not said:
            raise UsageError("备注是空的, 没有保存", "请写上要交代的事。")
        actor = acting(house, May.HAND_OVER, login)
        event = happened(EventKind.SHIFT_NOTE, actor, datetime.now(UTC), detail=said)
        asyncio.run(house.journal.review.note(event))
        if as_json:
            print_json({"note": said, "by": actor.name, "at": event.at.isoformat()})
        else:
            print(f"已记下, 会写入交接班报告: {said}")


def tell_exported(made: Exported, *, as_json: bool) -> None:
    """Say what was written where."""
    if as_json:
        print_json(exported_json(made))
        return
    name = REPORT_NAMES[made.notice.kind]
    print(
        f"已导出 {made.records} 条记录到 {made.path} ({name}, {made.notice.filtered})"
    )


def exported_json(made: Exported) -> Json:
    """Give the shape of an export."""
    return {
        "file": str(made.path),
        "records": made.records,
        "sha256": made.sha256,
        "filtered": made.notice.filtered,
        "head": {"seq": made.notice.head.seq, "hash": made.notice.head.hash},
    }


def _month_before() -> date:
    from app.core.workdays import desk_day

    first = desk_day().replace(day=1)
    before = first.toordinal() - 1
    return date.fromordinal(before)
