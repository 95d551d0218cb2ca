"""How fast the journal is: printed, not asserted (see it with `pytest -s`)."""

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from app.core.model import Check, Outcome, Severity
from app.core.ports import JournalQuery
from app.journal import canonical, index, schema
from app.journal.database import Database
from app.journal.store import SqliteJournal
from tests.unit.journal.conftest import OpenJournal
from tests.unit.journal.records import START, record


def bulk(path: Path, count: int, chunk: int = 5000) -> None:
    """Write many records as the journal would, thousands in a transaction."""
    database = Database(path, busy_s=5)
    keys: dict[tuple[str, str], int] = {}
    head = canonical.GENESIS
    for low in range(1, count + 1, chunk):
        entries, runs, calls, words = [], [], [], []
        with database.writing(START) as connection:
            for seq in range(low, min(low + chunk, count + 1)):
                made = record(seq)
                body = canonical.encode(made, recorded_at=START)
                digest = canonical.chain_hash(head, seq, body)
                rows = index.derive(made)
                entries.append((seq, "run", made.run_id, head, digest, body))
                run = rows.run
                runs.append(
                    (seq, run.started_us, run.finished_us, run.outcome, run.operator)
                )
                for at, call in enumerate(rows.calls):
                    site = (call.site_id, call.site_name)
                    if site not in keys:
                        keys[site] = index._site_key(connection, call)
                    result = (call.check_name, call.severity, call.verdict)
                    calls.append((seq, at, keys[site], *result))
                words.append((seq, rows.words))
                head = digest
            for table, values in (
                (schema.entries, entries),
                (schema.runs, runs),
                (schema.calls, calls),
            ):
                names = [column.name for column in table.columns]
                named = [dict(zip(names, row, strict=True)) for row in values]
                connection.execute(insert(table), named)
            connection.exec_driver_sql(
                "INSERT INTO journal_words (rowid, words) VALUES (?, ?)", words
            )
    database.drop_writer()
    database.close()


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Median milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return sorted(taken)[times // 2]


def measure(journal: SqliteJournal, path: Path, count: int, appends: int) -> None:
    began = time.perf_counter()
    bulk(path, count)
    print(f"\n{count} records in bulk: {time.perf_counter() - began:.1f} s, ", end="")
    print(f"{path.stat().st_size / count:.0f} bytes a record")
    late = START + timedelta(minutes=count)
    for name, query in {
        "first page": JournalQuery(),
        "site id": JournalQuery(site="S07"),
        "part of a site's name": JournalQuery(site="济南"),
        "every site's name": JournalQuery(site="工地"),
        "severity": JournalQuery(severity=Severity.ALARM),
        "site + check + severity": JournalQuery(
            site="S07", check=Check.HELMET, severity=Severity.ALARM
        ),
        "outcome that never was": JournalQuery(outcome=Outcome.FAILED),
        "operator that never was": JournalQuery(operator="无此人"),
        "check + outcome that never was": JournalQuery(
            check=Check.HELMET, outcome=Outcome.FAILED
        ),
        "oldest day": JournalQuery(until=START + timedelta(days=1)),
        "last day": JournalQuery(since=late - timedelta(days=1)),
        "text, two characters": JournalQuery(text="济南"),
        "text, rare": JournalQuery(text="应到39人 实到36人"),
        "text that never was": JournalQuery(text="南济"),
        "text + severity": JournalQuery(text="青岛", severity=Severity.ALARM),
        "text + operator that never was": JournalQuery(text="济南", operator="无此人"),
    }.items():
        page = timed(lambda query=query: journal.page(query, limit=256))
        few = timed(lambda query=query: journal.page(query, limit=1))
        found = len(journal.page(query))
        print(f"  {name}: {page:.1f} ms for {found}, {few:.1f} ms for one")

    month = timed(lambda: journal.statistics(since=late - timedelta(days=30)), 1)
    print(f"  statistics: the last 30 days {month:.0f} ms, ", end="")
    print(f"all {timed(journal.statistics, 1):.0f} ms")

    async def append() -> list[float]:
        taken = []
        for number in range(count + 1, count + appends + 1):
            began = time.perf_counter()
            await journal.append(record(number))
            taken.append((time.perf_counter() - began) * 1000)
        return sorted(taken[1:])

    taken = asyncio.run(append())
    print(f"  durable appends: {1000 * len(taken) / sum(taken):.0f}/s, ", end="")
    print(
        f"median {taken[len(taken) // 2]:.2f} ms, p99 {taken[-len(taken) // 100]:.2f}"
    )
    began = time.perf_counter()
    report = journal.verify()
    print(f"  verify: {time.perf_counter() - began:.1f} s")
    assert (report.ok, report.checked) == (True, count + appends), report


def test_speed_at_twenty_thousand(open_journal: OpenJournal, path: Path) -> None:
    path.parent.mkdir()
    measure(open_journal(), path, 20_000, 200)


@pytest.mark.slow
def test_speed_at_a_million(open_journal: OpenJournal, path: Path) -> None:
    path.parent.mkdir()
    measure(open_journal(), path, 1_000_000, 500)
