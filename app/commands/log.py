"""The inspection log from the command line."""

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands import (
    log_alarms,
    log_backup,
    log_dispositions,
    log_events,
    log_integrity,
    log_reports,
)
from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.narrate import explain, narrate
from app.commands.output import (
    Json,
    entry_json,
    exchange_words,
    note,
    picture_words,
    print_json,
)
from app.commands.times import moment
from app.core import events
from app.core.entries import FindingState
from app.core.errors import UsageError
from app.core.labels import OUTCOMES
from app.core.model import Check, Severity
from app.core.people import May
from app.core.ports import Journal, JournalEntry, JournalQuery

if TYPE_CHECKING:
    from app.core.recording import Recording
    from app.journal.recordings import Kept
    from app.journal.statistics import Statistics

_SHOWN = 12
"""Findings of one run that its line names; a sweep has hundreds."""

app = typer.Typer(help="The inspection log.", no_args_is_help=True)
app.command("alarms")(log_alarms.list_alarms)
app.command("acknowledge")(log_alarms.acknowledge)
app.command("findings")(log_dispositions.findings)
app.command("dispose")(log_dispositions.dispose)
app.command("history")(log_dispositions.history)
app.command("events")(log_events.events)
app.command("trend")(log_events.trend)
app.add_typer(log_reports.reports, name="report")
app.command("note")(log_reports.leave_note)
app.command("verify")(log_integrity.verify)
app.command("head")(log_integrity.head)
app.add_typer(log_integrity.keys, name="key")
app.command("backup")(log_backup.backup)
app.command("restore")(log_backup.restore)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Since = Annotated[
    str, typer.Option("--since", help="From this local time on, ISO 8601.")
]
Until = Annotated[str, typer.Option("--until", help="Before this local time.")]
SiteName = Annotated[str, typer.Option("--site", help="Site id, or part of a name.")]
OfCheck = Annotated[Check | None, typer.Option("--check")]
OfSeverity = Annotated[Severity | None, typer.Option("--severity")]
Operator = Annotated[str, typer.Option("--operator")]
OfState = Annotated[
    FindingState | None,
    typer.Option("--state", help="How far a finding has been dealt with."),
]
Open = Annotated[
    bool | None,
    typer.Option("--open/--settled", help="With findings to deal with, or without."),
]
Text = Annotated[str, typer.Option("--text", help="Part of what was said or shown.")]


def _query(
    since: str,
    until: str,
    site: str,
    check: Check | None,
    severity: Severity | None,
    operator: str,
    text: str,
    region: str = "",
    state: FindingState | None = None,
    still_open: bool | None = None,
) -> JournalQuery:
    return JournalQuery(
        since=moment(since),
        until=moment(until),
        site=site,
        check=check,
        severity=severity,
        operator=operator,
        text=text,
        region=region,
        state=state,
        open=still_open,
    )


@app.command("list")
def list_entries(
    since: Since = "",
    until: Until = "",
    site: SiteName = "",
    check: OfCheck = None,
    severity: OfSeverity = None,
    operator: Operator = "",
    text: Text = "",
    region: log_dispositions.Region = "",
    state: OfState = None,
    still_open: Open = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    before: Annotated[
        int | None, typer.Option(help="Continue below this sequence number.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List records, newest first."""
    with told(as_json), opened() as house:
        query = _query(
            *(since, until, site, check, severity, operator, text),
            *(region, state, still_open),
        )
        page = house.journal.page(query, before=before, limit=limit)
        said = log_alarms.acknowledged_of(house.journal, page)
        if as_json:
            records = [
                {**entry_json(e), **log_alarms.alarms_json(e, said)} for e in page
            ]
            print_json({"records": records})
            return
        for entry in page:
            print(_line(entry, log_alarms.open_of(entry, said)))
        if not page:
            note("没有符合条件的记录。")


def _line(entry: JournalEntry, unseen: Collection[int]) -> str:
    """Say in one line what a run was; `unseen` are its alarms nobody acknowledged."""
    record = entry.record
    when = record.started_at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    heard = record.utterance.text if record.utterance else ""
    shown = record.findings[:_SHOWN]
    said = "; ".join(
        f"{f.call.site.name} {f.summary}" + (" [未确认]" if index in unseen else "")
        for index, f in enumerate(shown)
    )
    if len(record.findings) > len(shown):
        said += f" … 共 {len(record.findings)} 项"
        if unseen:
            said += f", {len(unseen)} 条告警未确认"
    if not said and record.fault is not None:
        said = record.fault.message
    if not said and record.understanding is not None:
        asked = record.understanding.question
        said = asked.sentence if asked is not None else record.understanding.reply
    columns = (
        str(entry.seq),
        when,
        record.run_id[:8],
        record.operator,
        OUTCOMES[record.outcome],
        heard,
        said,
    )
    return "\t".join(columns)


@app.command("show")
def show(
    run_id: Annotated[str, typer.Argument(help="Run id, or its beginning.")],
    as_json: AsJson = False,
) -> None:
    """Show everything of one run."""
    with told(as_json), opened() as house:
        entry = house.journal.get(run_id)
        if entry is None:
            raise UsageError(
                f"没有编号以“{run_id}”开头的唯一记录",
                "请用 griddesk log list 查看编号。",
            )
        heard = entry.record.utterance
        sha256 = heard.audio_sha256 if heard is not None else ""
        recording = house.recordings.find(sha256) if sha256 else None
        said = log_alarms.acknowledged_of(house.journal, [entry])
        (known,) = house.journal.review.histories([entry.record.run_id])
        if as_json:
            alarms = log_alarms.alarms_json(entry, said)
            later = log_dispositions.history_json(entry, known)
            print_json(
                {
                    **entry_json(entry),
                    **alarms,
                    **later,
                    **_recording_json(recording),
                }
            )
            return
        print(_line(entry, log_alarms.open_of(entry, said)))
        for line in log_alarms.alarm_lines(entry, said):
            print(line)
        for line in log_dispositions.history_lines(entry, known):
            print(line)
        if recording is not None:
            state = recording.problem or "与日志里的指纹一致"
            print(f"  录音   {recording.path} ({state})")
        for line in _course(entry):
            print(line)
        for line in _before(house.journal, entry):
            print(line)
        for line in _reasons(entry):
            print(line)
        for finding in entry.record.findings:
            for picture in finding.observation.evidence:
                print(f"  图片   {picture_words(picture)}")
            for exchange in finding.observation.exchanges:
                print(f"  问询   {exchange_words(exchange)}")
        print(f"  链     {entry.previous_hash[:16]}… → {entry.hash}")


def _course(entry: JournalEntry) -> list[str]:
    """Tell a recorded run as it was told when it happened."""
    record = entry.record
    told_again: list[events.RunEvent] = []
    if record.utterance is not None:
        told_again.append(
            events.Heard(run_id=record.run_id, utterance=record.utterance)
        )
    if record.understanding is not None:
        told_again.append(
            events.Understood(run_id=record.run_id, understanding=record.understanding)
        )
        if record.understanding.question is not None:
            told_again.append(
                events.Asked(
                    run_id=record.run_id, question=record.understanding.question
                )
            )
        elif record.understanding.reply:
            told_again.append(
                events.Declined(
                    run_id=record.run_id, sentence=record.understanding.reply
                )
            )
    for index, finding in enumerate(record.findings):
        told_again.append(
            events.Summarised(run_id=record.run_id, index=index, finding=finding)
        )
    if record.fault is not None:
        told_again.append(
            events.RunFailed(run_id=record.run_id, record=record, fault=record.fault)
        )
    return [line for line in map(narrate, told_again) if line]


def _before(journal: Journal, entry: JournalEntry) -> list[str]:
    """Say what the run goes on from, or from when the answer is that it repeats."""
    understood = entry.record.understanding
    if understood is None or not understood.continues:
        return []
    earlier = journal.get(understood.continues)
    when = f"运行 {understood.continues[:8]}"
    if earlier is not None:
        ended = earlier.record.finished_at.astimezone()
        when = f"{when}, {ended:%Y-%m-%d %H:%M:%S} 结束"
    if understood.repeats:
        return [f"  重说   那时的答复 ({when}), 没有重新查询"]
    return [f"  接着   {when}"]


def _reasons(entry: JournalEntry) -> list[str]:
    """Say why the command was understood so, where that was recorded."""
    heard, understood = entry.record.utterance, entry.record.understanding
    if heard is None or understood is None or not understood.reasons:
        return []
    first, *rest = explain(heard.text, understood.reasons)
    return [f"  依据   {first}", *(f"         {line}" for line in rest)]


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="csv, xlsx, pdf, jsonl by suffix.")],
    since: Since = "",
    until: Until = "",
    site: SiteName = "",
    check: OfCheck = None,
    severity: OfSeverity = None,
    operator: Operator = "",
    text: Text = "",
    region: log_dispositions.Region = "",
    state: OfState = None,
    still_open: Open = None,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Write records for people (csv, xlsx, pdf) or programs (jsonl)."""
    with told(as_json), opened() as house:
        query = _query(
            *(since, until, site, check, severity, operator, text),
            *(region, state, still_open),
        )
        actor = acting(house, May.EXPORT, login)
        made = asyncio.run(house.reports.log(file, query, actor))
        log_reports.tell_exported(made, as_json=as_json)


@app.command("stats")
def stats(since: Since = "", until: Until = "", as_json: AsJson = False) -> None:
    """Count runs, questions, findings, and where model and rules did not agree."""
    with told(as_json), opened() as house:
        found = house.journal.statistics(since=moment(since), until=moment(until))
        recordings = house.recordings
        kept, days = recordings.kept(), recordings.days
    if as_json:
        print_json({**_stats_json(found), **_kept_json(kept, days)})
        return
    print(f"运行   {found.runs}")
    for each in found.outcomes:
        if each.runs:
            print(f"  {OUTCOMES[each.outcome]}   {each.runs}")
    print(f"提问   {found.asked}")
    print(f"结论   {found.findings}")
    wrong = f"{found.differed} / {found.compared}"
    print(f"模型语句与规则不同   {wrong}{_percent(found.differed, found.compared)}")
    read = found.agreed + found.disagreed
    apart = f"{found.disagreed} / {read}"
    print(f"模型与规则理解不同   {apart}{_percent(found.disagreed, read)}")
    if kept.files:
        from app.journal.recordings import described

        print(f"录音   {described(kept, days)}")


def _recording_json(recording: "Recording | None") -> Json:
    if recording is None:
        return {}
    return {
        "recording": {
            "path": str(recording.path),
            "ok": not recording.problem,
            "problem": recording.problem,
        }
    }


def _kept_json(kept: "Kept", days: int) -> Json:
    if not kept.files:
        return {}
    return {
        "recordings": {
            "files": kept.files,
            "bytes": kept.bytes,
            "oldest": kept.oldest.isoformat() if kept.oldest else None,
            "days": days,
        }
    }


def _percent(part: int, whole: int) -> str:
    return f" ({part / whole:.1%})" if whole else ""


def _stats_json(found: "Statistics") -> Json:
    return {
        "runs": found.runs,
        "outcomes": {each.outcome.value: each.runs for each in found.outcomes},
        "questions": found.asked,
        "findings": found.findings,
        "sentences_compared": found.compared,
        "sentences_different": found.differed,
        "readings_agreed": found.agreed,
        "readings_disagreed": found.disagreed,
    }
