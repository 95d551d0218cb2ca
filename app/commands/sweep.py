"""All sites at once from the command line, without speech: `sweep`."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Annotated, Final

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.narrate import Progress
from app.commands.output import (
    SEVERITY_WORDS,
    Json,
    exit_status,
    note,
    print_json,
    run_json,
)
from app.compose import House
from app.core import events
from app.core.cancel import CancelToken
from app.core.checks import URGENCY, label
from app.core.errors import UsageError
from app.core.model import Call, Check, Finding, Severity
from app.core.people import May
from app.core.request import RunRequest
from app.core.workdays import desk_day

_LISTED: Final = (Severity.ALARM, Severity.UNKNOWN)
_SHOWN: Final = 20
"""Regions that are named where one is asked for that there is not."""


def sweep(
    checks: Annotated[
        list[Check], typer.Argument(metavar="CHECK...", help="What to check.")
    ],
    region: Annotated[
        str | None, typer.Option("--region", help="Only the sites of this region.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object.")
    ] = False,
    login: AsLogin = "",
) -> None:
    """Check all sites of the directory, or of one region, and journal it.

    CHECK is headcount, helmet or equipment, one or several. Progress goes to standard
    error. Ctrl-C stops: what was answered by then is shown and recorded. Sites whose
    work is over or has not begun are left out. Exit status: 0 done, 1 failed or
    stopped, 2 bad usage, 3 something needed is missing.
    """
    with told(as_json):
        with opened() as house:
            acting(house, May.ASK, login)
            request = _request(house, tuple(dict.fromkeys(checks)), region)
            ending = asyncio.run(_sweep(house, request))
        record = ending.record
        if as_json:
            print_json({**run_json(record), "tally": _tally_json(record.findings)})
        elif record.findings:
            print("\n".join(_table(request.chosen_label, record.findings)), flush=True)
    if isinstance(ending, events.RunFailed):
        fault = ending.fault
        note(f"错误 [{fault.code}] {fault.message}。{fault.remedy}")
        raise typer.Exit(exit_status(fault.code))
    if isinstance(ending, events.RunCancelled):
        note(f"已停止, 已答复的结果记入巡检日志 {record.run_id[:8]}。")
        raise typer.Exit(1)
    note(f"已记入巡检日志 {record.run_id[:8]}。")


def _request(house: House, checks: Sequence[Check], region: str | None) -> RunRequest:
    """Put every site and check into one request.

    Raises:
        UsageError: No such region, or no site to ask.
    """
    from app.agent.regions import Regions, sweep_label

    if region is not None and not region.strip():
        # An unset variable of a script must not become all sites there are.
        raise UsageError("--region 后面是空的", "要查全部工地请不带 --region。")
    regions = Regions(house.directory.sites())
    wanted = regions.find(region) if region else None
    if region and wanted is None:
        raise UsageError(f"工地目录里没有片区“{region}”", _known(regions.names()))
    named = (wanted,) if wanted else ()
    sites, left_out = regions.of(named, desk_day())
    if left_out:
        note(f"注意: {left_out} 个工地已结束或还没开工, 不在其中。")
    if not sites:
        raise UsageError(
            "没有可查的工地", "请用 griddesk sites list 核对工地目录和有效期。"
        )
    calls = tuple(Call(site, check) for site in sites for check in checks)
    what = f"{sweep_label(named, len(sites))} {'、'.join(map(label, checks))}"
    return replace(house.desk.request(), chosen=calls, chosen_label=what)


def _known(names: Sequence[str]) -> str:
    if not names:
        return "目录里的工地都没有写片区, 请不带 --region 查询。"
    rest = f" 等 {len(names)} 个" if len(names) > _SHOWN else ""
    return f"目录里的片区: {'、'.join(names[:_SHOWN])}{rest}。"


async def _sweep(house: House, request: RunRequest) -> events.TerminalEvent:
    try:
        return await _carry_out(house, request)
    finally:
        await house.close_backend()


async def _carry_out(house: House, request: RunRequest) -> events.TerminalEvent:
    note(f"  开始   {request.chosen_label}, 共 {len(request.chosen)} 项 (Ctrl-C 停止)")
    ending: events.TerminalEvent | None = None
    progress = Progress()
    with _stopped_by_keyboard(request.cancel):
        async for event in house.desk.run(request):
            if (far := progress.follow(event)) is not None:
                note(far)
            if isinstance(event, events.TerminalEvent):
                ending = event
    assert ending is not None  # promise 3
    return ending


@contextmanager
def _stopped_by_keyboard(cancel: CancelToken) -> Iterator[None]:
    """Let the first Ctrl-C stop the run in good order; the second ends at once."""
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGINT)

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, before)
        loop.call_soon_threadsafe(cancel.cancel)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _tally(findings: Sequence[Finding]) -> list[tuple[Severity, int]]:
    counts = Counter(finding.severity for finding in findings)
    return [(severity, counts[severity]) for severity in URGENCY]


def _tally_json(findings: Sequence[Finding]) -> Json:
    return {
        "total": len(findings),
        **{severity.value: count for severity, count in _tally(findings)},
    }


def _table(title: str, findings: Sequence[Finding]) -> Iterator[str]:
    """Give the counts, then what somebody has to look at, the worst first."""
    yield f"{title}: 共 {len(findings)} 项"
    for severity, count in _tally(findings):
        yield f"  {SEVERITY_WORDS[severity]}\t{count}"
    for severity in _LISTED:
        found = [finding for finding in findings if finding.severity is severity]
        if found:
            yield f"{SEVERITY_WORDS[severity]}:"
        for finding in found:
            site = finding.call.site
            yield f"  {site.id}\t{site.name}\t{finding.summary}"
