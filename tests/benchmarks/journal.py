"""The journal at a million entries, beside a plain QSqlTableModel on the same file.

    python -m tests.benchmarks.journal make FILE 1000000
    python -m tests.benchmarks.journal find FILE
    python -m tests.benchmarks.journal write FILE
    python -m tests.benchmarks.journal walk FILE
    python -m tests.benchmarks.journal plain FILE

`make` writes a desk's years: runs, and after nineteen of twenty alarms that somebody
acknowledged and closed them. `plain` is what a textbook window does with the same file.
Beside the time that went by stands how much of it the process worked: the rest was
others' on a machine that is shared.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import insert

from app.core.alarms import alarms_of
from app.core.clock import SystemClock
from app.core.entries import DeskEvent, Disposition, EventKind, FindingState, Step
from app.core.model import Check, Outcome, Severity
from app.core.people import Actor
from app.core.ports import JournalQuery
from app.core.trends import Bucket, GroupBy, Measure, TrendQuery
from app.journal import canonical, index, schema, words
from app.journal.backup import Source, back_up
from app.journal.database import Database
from app.journal.derived import said
from app.journal.store import SqliteJournal
from app.reports.service import JournalReports
from tests.unit.journal.records import START, acknowledgement, record

CHUNK: Final = 5000
_BY: Final = {"by": "陈静", "workstation": "安监室"}


class Maker:
    """Writes many entries as the journal would, thousands in a transaction."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, busy_s=5)
        self._keys: dict[tuple[str, str], int] = {}
        self._head, self._seq, self._number = canonical.GENESIS, 0, 0
        self._rows: dict[str, list[dict[str, object]]] = {}
        self._words: list[tuple[int, str]] = []

    def make(self, count: int, chunk: int = CHUNK) -> None:
        while self._seq < count:
            self._rows, self._words = {}, []
            with self._database.writing(START) as connection:
                while len(self._rows.get("journal_entries", ())) < chunk:
                    self._number += 1
                    made = record(self._number)
                    rows = index.derive(made)
                    new = [
                        call
                        for call in rows.calls
                        if (call.site_id, call.site_name) not in self._keys
                    ]
                    self._keys |= index._site_keys(connection, new)
                    self._run(made, rows)
                for table in (
                    schema.entries,
                    schema.runs,
                    schema.calls,
                    schema.acknowledgements,
                    said,
                ):
                    if values := self._rows.get(table.name):
                        connection.execute(insert(table), values)
                connection.exec_driver_sql(
                    "INSERT INTO journal_words (rowid, words) VALUES (?, ?)",
                    self._words,
                )
        self._database.drop_writer()
        self._database.close()

    def _run(self, made: object, rows: index.IndexRows) -> None:
        assert isinstance(made, type(record(1)))
        seq = self._entry("run", made.run_id, made, rows.words)
        run = rows.run
        self._add(
            "journal_runs",
            seq=seq,
            started_us=run.started_us,
            finished_us=run.finished_us,
            outcome=run.outcome,
            operator=run.operator,
        )
        for at, call in enumerate(rows.calls):
            self._add(
                "journal_calls",
                seq=seq,
                position=at,
                site_key=self._keys[call.site_id, call.site_name],
                check_name=call.check_name,
                severity=call.severity,
                verdict=call.verdict,
            )
        if any(alarms_of(made)) and self._number % 20:
            self._deal_with(seq)

    def _deal_with(self, run_seq: int) -> None:
        seen = acknowledgement(self._number)
        seq = self._entry("acknowledgement", seen.entry_id, seen, words.of_later(seen))
        self._add("journal_acknowledgements", seq=seq, run_seq=run_seq, position=0)
        closed = Disposition(
            run_id=seen.run_id, index=0, step=Step.CLOSED, at=seen.at, **_BY
        )
        seq = self._entry(
            "disposition", closed.entry_id, closed, words.of_later(closed)
        )
        self._add(
            "journal_said",
            seq=seq,
            run_seq=run_seq,
            kind="disposition",
            position=0,
            step=Step.CLOSED.value,
        )

    def _entry(self, kind: str, entry_id: str, kept: canonical.Kept, text: str) -> int:
        self._seq += 1
        body = canonical.encode(kept, recorded_at=START)
        digest = canonical.chain_hash(self._head, self._seq, body)
        self._add(
            "journal_entries",
            seq=self._seq,
            kind=kind,
            entry_id=entry_id,
            previous_hash=self._head,
            hash=digest,
            body=body,
        )
        if text:
            self._words.append((self._seq, text))
        self._head = digest
        return self._seq

    def _add(self, table: str, **values: object) -> None:
        self._rows.setdefault(table, []).append(values)


def say(what: str, figure: str) -> None:
    print(f"| {what} | {figure} |", flush=True)


def timed(work: Callable[[], object], times: int = 3) -> str:
    """Median milliseconds, and how many of them this process itself worked."""
    taken = []
    for _ in range(times):
        began, worked = time.perf_counter(), time.process_time()
        work()
        taken.append((time.perf_counter() - began, time.process_time() - worked))
    wall, work_s = sorted(taken)[times // 2]
    return f"{wall * 1000:.1f} ms, {work_s * 1000:.1f} of work"


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def find(path: Path) -> None:
    """First pages, open findings, trends."""
    journal = SqliteJournal(path, clock=SystemClock())
    newest = journal.page(JournalQuery(), limit=1)[0]
    late = newest.record.started_at
    say("entries, size", f"{newest.seq}, {path.stat().st_size >> 20} MB")
    for name, query in {
        "no filter": JournalQuery(),
        "site id": JournalQuery(site="S07"),
        "part of a site's name": JournalQuery(site="济南"),
        "check": JournalQuery(check=Check.HELMET),
        "severity": JournalQuery(severity=Severity.ALARM),
        "site + check + severity": JournalQuery(
            site="S07", check=Check.HELMET, severity=Severity.ALARM
        ),
        "operator": JournalQuery(operator="李明"),
        "operator that never was": JournalQuery(operator="无此人"),
        "outcome that never was": JournalQuery(outcome=Outcome.FAILED),
        "last day": JournalQuery(since=late - timedelta(days=1)),
        "oldest day": JournalQuery(until=START + timedelta(days=1)),
        "open findings": JournalQuery(open=True),
        "closed": JournalQuery(state=FindingState.CLOSED),
        "region that never was": JournalQuery(region="无此区"),
        "text of two characters": JournalQuery(text="济南"),
        "text that never was": JournalQuery(text="南济"),
        "text + severity": JournalQuery(text="青岛", severity=Severity.ALARM),
        "text + open": JournalQuery(text="青岛", open=True),
    }.items():
        found = len(journal.page(query, limit=256))
        say(
            f"first page of 256, {name}",
            f"{timed(lambda query=query: journal.page(query, limit=256))} ({found})",
        )
    review = journal.review
    count = review.open_findings(limit=256).count
    taken = timed(lambda: review.open_findings(limit=256))
    say("open findings, counted, 256 in full", f"{taken} ({count})")
    say("operators to choose from", timed(review.operators))
    for measure_of, by, days in (
        (Measure.ATTENDANCE, GroupBy.ALL, 365),
        (Measure.FINDINGS, GroupBy.SITE, 91),
    ):
        wanted = TrendQuery(
            measure=measure_of,
            bucket=Bucket.WEEK,
            by=by,
            since=late - timedelta(days=days),
            until=late,
        )
        taken = timed(lambda wanted=wanted: review.trend(wanted), 1)
        say(f"trend {measure_of} by {by}, {days} days, weeks", taken)
    month = timed(lambda: journal.statistics(since=late - timedelta(days=30)), 1)
    say("statistics of 30 days", month)
    say("peak memory", peak())
    journal.close()


def peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB"


def walk(path: Path) -> None:
    """Verify, export, back up."""
    journal = SqliteJournal(path, clock=SystemClock())
    report = None

    def verify() -> None:
        nonlocal report
        report = journal.verify()

    taken = seconds(verify)
    assert report is not None
    assert report.ok, report
    say("verify", f"{taken:.0f} s, {report.checked / taken:.0f} entries/s")
    say("peak memory", peak())
    with tempfile.TemporaryDirectory(dir=path.parent) as folder:
        exports(journal, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        back_up_into(path, Path(folder))
    journal.close()


def back_up_into(path: Path, folder: Path) -> None:
    began, stages = time.perf_counter(), dict[str, float]()

    def progress(stage: str, done: int, total: int) -> None:
        stages[stage] = time.perf_counter() - began

    back_up(
        Source(journal=path),
        folder,
        at=START,
        actor=Actor(name="王工", workstation="运维"),
        program="bench",
        progress=progress,
    )
    say(
        "backup: copied, verified after",
        ", ".join(f"{s:.0f} s" for s in stages.values()),
    )


def write(path: Path, count: int = 500) -> None:
    """Appends, each awaited until it is durable."""
    journal = SqliteJournal(path, clock=SystemClock())
    first = time.time_ns()

    async def course() -> tuple[float, float]:
        began = time.perf_counter()
        for number in range(count):
            await journal.append(record(number, run_id=f"{first + number:032x}"))
        runs = time.perf_counter()
        for number in range(count):
            event = DeskEvent(
                kind=EventKind.SHIFT_NOTE, at=START, subject=str(number), **_BY
            )
            await journal.review.note(event)
        return runs - began, time.perf_counter() - runs

    runs, notes = asyncio.run(course())
    say(
        "durable appends of runs, notes", f"{count / runs:.0f}/s, {count / notes:.0f}/s"
    )
    journal.close()


def exports(journal: SqliteJournal, folder: Path) -> None:
    reports = JournalReports(
        journal,
        journal.review,
        evidence_dir=folder,
        program="bench",
        clock=SystemClock(),
    )
    actor = Actor(name="陈静", workstation="安监室")
    for suffix in ("csv", "jsonl"):
        file = folder / f"log.{suffix}"
        began = time.perf_counter()
        done = asyncio.run(reports.log(file, JournalQuery(), actor))
        taken = time.perf_counter() - began
        size = file.stat().st_size >> 20
        say(f"export {suffix}", f"{taken:.0f} s for {done.records} records, {size} MB")


def plain(path: Path) -> None:
    """Measure QSqlTableModel: the table, filtered in SQL, newest first."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtSql import QSqlDatabase, QSqlTableModel

    _ = QCoreApplication.instance() or QCoreApplication([])
    database = QSqlDatabase.addDatabase("QSQLITE")
    database.setDatabaseName(str(path))
    database.setConnectOptions("QSQLITE_OPEN_READONLY")
    assert database.open(), database.lastError().text()
    model = QSqlTableModel(None, database)
    model.setTable("journal_entries")
    model.setSort(0, Qt.SortOrder.DescendingOrder)

    def page(condition: str) -> int:
        model.setFilter(condition)
        assert model.select(), model.lastError().text()
        return model.rowCount()

    for name, condition in {
        "no filter": "",
        "site id": 'body LIKE \'%"id":"S07"%\'',
        "severity": 'body LIKE \'%"severity":"alarm"%\'',
        "operator that never was": 'body LIKE \'%"operator":"无此人"%\'',
        "text of two characters": "body LIKE '%济南%'",
        "text that never was": "body LIKE '%南济%'",
    }.items():
        found = page(condition)
        taken = timed(lambda condition=condition: page(condition))
        say(f"QSqlTableModel, first page (256), {name}", f"{taken} ({found})")
    page("")
    say("QSqlTableModel, memory after the first page", peak())

    def all_rows() -> None:
        while model.canFetchMore():
            model.fetchMore()

    taken = seconds(all_rows)
    say("QSqlTableModel, scrolled to the end", f"{taken:.0f} s, {peak()}")
    database.close()


if __name__ == "__main__":
    task, file = sys.argv[1], Path(sys.argv[2])
    if task == "make":
        print(f"{seconds(lambda: Maker(file).make(int(sys.argv[3]))):.0f} s to make")
    else:
        {"find": find, "write": write, "walk": walk, "plain": plain}[task](file)
