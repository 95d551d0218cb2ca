"""Alarms of the inspection log from the command line: which are open, who saw which."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.core.alarms import Acknowledgement, OpenAlarm, alarms_of, of_finding
from app.core.errors import UsageError
from app.core.people import May
from app.core.ports import Journal, JournalEntry

if TYPE_CHECKING:
    from app.compose import House

OPEN = "未确认"
_LISTED = 50

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def acknowledged_of(
    journal: Journal, entries: Sequence[JournalEntry]
) -> Sequence[Acknowledgement]:
    """Give what has been acknowledged of these entries."""
    runs = [e.record.run_id for e in entries if any(alarms_of(e.record))]
    return journal.acknowledgements(runs) if runs else ()


def open_of(
    entry: JournalEntry, acknowledged: Sequence[Acknowledgement]
) -> frozenset[int]:
    """Give which findings of an entry are alarms that nobody has acknowledged."""
    return frozenset(
        alarm.index
        for alarm in alarms_of(entry.record)
        if of_finding(acknowledged, alarm.run_id, alarm.index) is None
    )


def alarms_json(entry: JournalEntry, acknowledged: Sequence[Acknowledgement]) -> Json:
    """Give the shape of a record's alarms; `call` counts its calls from 0."""
    mine = [each for each in acknowledged if each.run_id == entry.record.run_id]
    return {
        "open_alarms": sorted(open_of(entry, acknowledged)),
        "acknowledgements": [
            acknowledgement_json(each) for each in sorted(mine, key=lambda a: a.index)
        ],
    }


def acknowledgement_json(said: Acknowledgement) -> Json:
    """Give the shape of one acknowledgement."""
    return {
        "run_id": said.run_id,
        "call": said.index,
        "by": said.by,
        "at": said.at.isoformat(),
        "workstation": said.workstation,
        "note": said.note,
    }


def alarm_lines(
    entry: JournalEntry, acknowledged: Sequence[Acknowledgement]
) -> Iterator[str]:
    """Say of each alarm of a record who has acknowledged it, and when."""
    for alarm in alarms_of(entry.record):
        said = of_finding(acknowledged, alarm.run_id, alarm.index)
        state = OPEN if said is None else f"已确认: {_by_whom(said)}"
        print_of = f"{alarm.finding.call.site.name} {alarm.finding.summary}"
        yield f"  告警   {print_of} ({state})"


def list_alarms(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = _LISTED,
    as_json: AsJson = False,
) -> None:
    """List the alarms that nobody has acknowledged yet, newest first."""
    with told(as_json), opened() as house:
        found = house.journal.open_alarms(limit=limit)
        if as_json:
            alarms = [_alarm_json(alarm) for alarm in found.newest]
            print_json({"count": found.count, "alarms": alarms})
            return
        for alarm in found.newest:
            print(_line(alarm))
        if found.count > len(found.newest):
            note(
                f"共 {found.count} 条告警未确认, 以上是最新的 {len(found.newest)} 条。"
            )
        if not found.count:
            note("没有未确认的告警。")


def acknowledge(
    run_id: Annotated[str, typer.Argument(help="Run id, or its beginning.")] = "",
    before: Annotated[
        str,
        typer.Option("--before", help="Instead: all of runs that ended before this."),
    ] = "",
    by: Annotated[
        str,
        typer.Option(
            "--by",
            help="Your name, without accounts; else the operator of the settings.",
        ),
    ] = "",
    remark: Annotated[str, typer.Option("--note", help="What was done.")] = "",
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Say that you have seen the alarms of a run; each is an entry of the log."""
    with told(as_json), opened() as house:
        if bool(run_id.strip()) == bool(before.strip()):
            raise UsageError(
                "要确认哪些告警没有说清",
                "请给出运行编号, 或用 --before 给出时间, 二者只能选一个。",
            )
        wanted = _of_run(house, run_id) if run_id.strip() else _older(house, before)
        actor = acting(house, May.ACKNOWLEDGE, login)
        name = by.strip() or actor.name
        if actor.login and name != actor.name:
            raise UsageError(
                f"登录的是{actor.name}, 不能以「{name}」的名义确认", "请去掉 --by。"
            )
        said = asyncio.run(_say(house, wanted, name, remark.strip()))
        if as_json:
            print_json({"acknowledgements": [acknowledgement_json(a) for _, a in said]})
            return
        for alarm, standing in said:
            finding = alarm.finding
            what = f"{finding.call.site.name} {finding.summary}"
            print(f"已确认: {what} ({_by_whom(standing)})")
        if not said:
            note("没有要确认的告警。")


async def _say(
    house: "House", wanted: Sequence[OpenAlarm], name: str, remark: str
) -> list[tuple[OpenAlarm, Acknowledgement]]:
    """Acknowledge each; whoever was first stands."""
    said = []
    for alarm in wanted:
        mine = Acknowledgement(
            run_id=alarm.run_id,
            index=alarm.index,
            at=house.clock.now(),
            by=name,
            workstation=house.settings.desk.workstation,
            note=remark,
        )
        said.append((alarm, await house.journal.acknowledge(mine)))
    return said


def _of_run(house: "House", run_id: str) -> Sequence[OpenAlarm]:
    entry = house.journal.get(run_id)
    if entry is None:
        raise UsageError(
            f"没有编号以“{run_id}”开头的唯一记录", "请用 griddesk log alarms 查看编号。"
        )
    found = tuple(alarms_of(entry.record))
    if not found:
        raise UsageError(
            f"运行{entry.record.run_id[:8]}没有告警, 不需要确认",
            "请用 griddesk log alarms 查看未确认的告警。",
        )
    return found


def _older(house: "House", before: str) -> Sequence[OpenAlarm]:
    try:
        # Without an offset the operator means the wall clock of this machine.
        end = datetime.fromisoformat(before).astimezone(UTC)
    except (ValueError, OverflowError, OSError) as error:
        # The first and the last days of the calendar have no UTC.
        raise UsageError(
            f"时间“{before}”看不懂", "请写成 2026-11-21 或 2026-11-21T08:00。"
        ) from error
    count = house.journal.open_alarms(limit=1).count
    found = house.journal.open_alarms(limit=count).newest if count else ()
    return [alarm for alarm in reversed(found) if alarm.at < end]


def _line(alarm: OpenAlarm) -> str:
    when = alarm.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    finding = alarm.finding
    what = f"{finding.call.site.name} {finding.summary}"
    return "\t".join((when, alarm.run_id[:8], alarm.operator, OPEN, what))


def _by_whom(said: Acknowledgement) -> str:
    when = said.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    remark = f", {said.note}" if said.note else ""
    return f"{said.by}, {when}{remark}"


def _alarm_json(alarm: OpenAlarm) -> Json:
    finding = alarm.finding
    return {
        "run_id": alarm.run_id,
        "call": alarm.index,
        "at": alarm.at.isoformat(),
        "operator": alarm.operator,
        "workstation": alarm.workstation,
        "site_id": finding.call.site.id,
        "site": finding.call.site.name,
        "check": finding.call.check.value,
        "summary": finding.summary,
    }
