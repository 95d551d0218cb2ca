"""Findings from the command line: what is open, steps with it, what was said later."""

import asyncio
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.core.entries import (
    STATE_NAMES,
    STEP_NAMES,
    Correction,
    Decision,
    DeskEvent,
    Disposition,
    History,
    OpenFinding,
    Step,
)
from app.core.errors import UsageError
from app.core.people import May
from app.core.ports import JournalEntry

if TYPE_CHECKING:
    from app.compose import House

LISTED: Final = 50

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Region = Annotated[str, typer.Option("--region", help="Region of the site, whole.")]
SiteName = Annotated[str, typer.Option("--site", help="Site id, or part of a name.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000)]
RunId = Annotated[str, typer.Argument(help="Run id, or its beginning.")]


def findings(
    region: Region = "",
    site: SiteName = "",
    limit: Limit = LISTED,
    as_json: AsJson = False,
) -> None:
    """List the findings that somebody still has to deal with, newest first."""
    with told(as_json), opened() as house:
        found = house.journal.review.open_findings(
            region=region, site=site, limit=limit
        )
    if as_json:
        listed = [_open_json(each) for each in found.newest]
        print_json({"count": found.count, "findings": listed})
        return
    for each in found.newest:
        print(_open_line(each))
    if found.count > len(found.newest):
        note(f"共 {found.count} 条待处置, 以上是最新的 {len(found.newest)} 条。")
    if not found.count:
        note("没有待处置的结论。")


def dispose(
    run_id: RunId,
    taken: Annotated[Step, typer.Option("--step", help="What was done.")],
    number: Annotated[
        int | None,
        typer.Option(
            "--call", min=1, help="Which finding, from 1; needed where there are more."
        ),
    ] = None,
    responsible: Annotated[
        str, typer.Option("--responsible", help="Who has to put it right.")
    ] = "",
    remark: Annotated[str, typer.Option("--note", help="Reason or remark.")] = "",
    recheck: Annotated[
        str, typer.Option("--recheck", help="The run that looked again.")
    ] = "",
    login: AsLogin = "",
    as_json: AsJson = False,
) -> None:
    """Take a step with a finding: an entry of the log of its own."""
    with told(as_json), opened() as house:
        entry = _run(house, run_id)
        index = _which(entry, number)
        again = _run(house, recheck).record.run_id if recheck else ""
        actor = acting(house, May.DISPOSE, login)
        said = Disposition(
            run_id=entry.record.run_id,
            index=index,
            step=taken,
            at=house.clock.now(),
            by=actor.name,
            login=actor.login,
            role=actor.role or "",
            workstation=actor.workstation,
            responsible=responsible.strip(),
            note=remark.strip(),
            recheck_run=again,
        )
        asyncio.run(house.journal.review.dispose(said))
        (known,) = house.journal.review.histories([said.run_id])
    finding = entry.record.findings[index]
    state = known.state(index, finding.severity)
    if as_json:
        print_json({"disposition": _step_json(said), "state": state.value})
        return
    what = f"{finding.call.site.name} {finding.summary}"
    print(f"已登记: {what} ({_step_words(said)}), 现在是{STATE_NAMES[state]}")


def history(run_id: RunId, as_json: AsJson = False) -> None:
    """Show what was said later about one run."""
    with told(as_json), opened() as house:
        entry = _run(house, run_id)
        (known,) = house.journal.review.histories([entry.record.run_id])
    if as_json:
        print_json(
            {"run_id": known.run_id, **history_json(entry, known)},
        )
        return
    lines = list(history_lines(entry, known))
    for line in lines:
        print(line)
    if not lines:
        note("这条记录没有处置、更正和备注。")


def history_json(entry: JournalEntry, known: History) -> Json:
    """Give the shape of what was said later about a run; `call` counts from 0."""
    states = [
        known.state(index, finding.severity).value
        for index, finding in enumerate(entry.record.findings)
    ]
    return {
        "states": states,
        "dispositions": [_step_json(each) for each in known.dispositions],
        "corrections": [_correction_json(each) for each in known.corrections],
        "decisions": [_decision_json(each) for each in known.decisions],
    }


def history_lines(entry: JournalEntry, known: History) -> Iterator[str]:
    """Say of each finding what was done with it, and what was corrected."""
    for index, finding in enumerate(entry.record.findings):
        steps = [each for each in known.dispositions if each.index == index]
        if not steps:
            continue
        state = STATE_NAMES[known.state(index, finding.severity)]
        yield f"  处置   {finding.call.site.name} {finding.summary} ({state})"
        yield from (f"         {when(s.at)} {_step_words(s)}" for s in steps)
    stands = {each.correction_id: each for each in known.decisions}
    for said in known.corrections:
        decided = stands.get(said.entry_id)
        verdict = "待审批"
        if decided is not None:
            verdict = "已采纳" if decided.approved else "未采纳"
            verdict += f", {decided.by}"
        yield f"  更正   {when(said.at)} {said.by}: {_corrected(said)} ({verdict})"


def _run(house: "House", run_id: str) -> JournalEntry:
    entry = house.journal.get(run_id)
    if entry is None:
        raise UsageError(
            f"没有编号以“{run_id}”开头的唯一记录",
            "请用 griddesk log findings 或 griddesk log list 查看编号。",
        )
    return entry


def _which(entry: JournalEntry, number: int | None) -> int:
    count = len(entry.record.findings)
    if number is None and count > 1:
        raise UsageError(
            f"运行{entry.record.run_id[:8]}有{count}条结论, 没有说是哪一条",
            f"请用 --call 给出序号, 从1到{count}。",
        )
    return (number or 1) - 1


def when(at: datetime) -> str:
    """Give a time by the clock on the wall."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _open_line(found: OpenFinding) -> str:
    finding = found.finding
    state = STATE_NAMES[found.state]
    if found.responsible:
        state += f" {found.responsible}"
    what = f"{finding.call.site.name} {finding.summary}"
    number = f"{found.run_id[:8]} #{found.index + 1}"
    return "\t".join((when(found.at), number, found.operator, state, what))


def _open_json(found: OpenFinding) -> Json:
    site = found.finding.call.site
    return {
        "run_id": found.run_id,
        "call": found.index,
        "at": found.at.isoformat(),
        "operator": found.operator,
        "state": found.state.value,
        "responsible": found.responsible,
        "site_id": site.id,
        "site": site.name,
        "region": site.region,
        "check": found.finding.call.check.value,
        "severity": found.finding.severity.value,
        "summary": found.finding.summary,
    }


def _step_words(said: Disposition) -> str:
    parts = [f"{said.by}: {STEP_NAMES[said.step]}"]
    parts += [f"责任人{said.responsible}"] if said.responsible else []
    parts += [said.note] if said.note else []
    parts += [f"复查运行 {said.recheck_run[:8]}"] if said.recheck_run else []
    return ", ".join(parts)


def _corrected(said: Correction) -> str:
    meant = "、".join(f"{c.site.name} {c.check.value}" for c in said.calls)
    parts = [f"原话「{said.text}」"] if said.text else []
    parts += [f"要查 {meant}"] if meant else []
    parts += [said.note] if said.note else []
    return ", ".join(parts)


def who_json(said: Disposition | Correction | Decision | DeskEvent) -> Json:
    """Give the shape of who said something."""
    return {
        "by": said.by,
        "login": said.login,
        "role": said.role,
        "workstation": said.workstation,
    }


def _step_json(said: Disposition) -> Json:
    return {
        "id": said.entry_id,
        "run_id": said.run_id,
        "call": said.index,
        "step": said.step.value,
        "at": said.at.isoformat(),
        **who_json(said),
        "responsible": said.responsible,
        "note": said.note,
        "recheck_run": said.recheck_run,
    }


def _correction_json(said: Correction) -> Json:
    calls = [
        {"site_id": c.site.id, "site": c.site.name, "check": c.check.value}
        for c in said.calls
    ]
    return {
        "id": said.entry_id,
        "at": said.at.isoformat(),
        **who_json(said),
        "text": said.text,
        "calls": calls,
        "note": said.note,
    }


def _decision_json(said: Decision) -> Json:
    return {
        "correction_id": said.correction_id,
        "at": said.at.isoformat(),
        **who_json(said),
        "approved": said.approved,
        "note": said.note,
    }
