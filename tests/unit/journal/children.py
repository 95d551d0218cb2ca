"""Programs that tests start: desks that are killed, and one with a file-size limit.

Run as `python -m tests.unit.journal.children crash|limit PATH …`.
"""

import asyncio
import contextlib
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from app.core.alarms import alarms_of
from app.core.clock import SystemClock
from app.core.errors import JournalUnwritableError
from app.core.ports import JournalQuery
from app.journal.store import SqliteJournal
from tests.unit.journal.records import acknowledgement, record


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(path, clock=SystemClock())
    try:
        yield journal
    finally:
        journal.close()


def append_for_ever(path: Path, start: int, tell: int) -> None:
    """Append, and tell each number only when its append has returned.

    An alarm is acknowledged at once, and its number then told below zero.
    """

    async def course() -> None:
        journal = SqliteJournal(path, clock=SystemClock())
        number = start
        while True:
            made = record(number)
            await journal.append(made)
            os.write(tell, b"%d\n" % number)
            if any(alarms_of(made)):
                await journal.acknowledge(acknowledgement(number))
                os.write(tell, b"%d\n" % -number)
            number += 1

    asyncio.run(course())


def crash(folder: Path, kills: int, a_file: int) -> None:
    """Kill a desk `kills` times, a new journal every `a_file` kills; check each."""
    chance = random.Random(20261121)
    promised: list[int] = []
    acknowledged: set[str] = set()
    total = 0
    for kill in range(kills):
        if kill % a_file == 0:
            path, promised = folder / f"journal-{kill}.db", []
            acknowledged = set()
        hear, tell = os.pipe()
        # Numbers leave a gap: the last append may be there without its promise.
        child = os.fork()
        if child == 0:
            append_for_ever(path, kill * 1000 + 1, tell)
        os.close(tell)
        with os.fdopen(hear) as told:
            for _ in range(chance.randrange(1, 9)):
                heard = [int(told.readline())]
                promised += [number for number in heard if number > 0]
                acknowledged |= {f"{-number:032x}" for number in heard if number < 0}
            time.sleep(chance.random() * 0.01)
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            heard = [int(line) for line in told if line.endswith("\n")]
            promised += [number for number in heard if number > 0]
            acknowledged |= {f"{-number:032x}" for number in heard if number < 0}
        with opened(path) as journal:
            report = journal.verify()
            there = {entry.record.run_id for entry in journal.entries(JournalQuery())}
            closed = {a.run_id for a in journal.acknowledgements(sorted(there))}
            still = {alarm.run_id for alarm in journal.open_alarms().newest}
        assert report.ok, (kill, report)
        lost = [number for number in promised if f"{number:032x}" not in there]
        assert not lost, (kill, lost)
        assert acknowledged <= closed, (kill, acknowledged - closed)
        assert not closed & still, (kill, closed & still)
        assert len(closed - acknowledged) + len(still) <= kill % a_file + 1, kill
        assert len(there) <= len(promised) + kill % a_file + 1, "one in flight a kill"
        total += len(there) if kill % a_file == a_file - 1 else 0
    print(kills, len(promised), total)


def limit(path: Path) -> None:
    """Append until files may not grow, then verify; then without the limit."""
    import resource

    with opened(path) as journal:
        asyncio.run(journal.append(record(0)))
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
        written = 1
        try:
            while written < 1000:
                asyncio.run(journal.append(record(written)))
                written += 1
        except JournalUnwritableError as error:
            print(error.message)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert journal.verify().checked == written
        asyncio.run(journal.append(record(written)))
        report = journal.verify()
        assert (report.ok, report.checked) == (True, written + 1)


if __name__ == "__main__":
    task, target = sys.argv[1], Path(sys.argv[2])
    if task == "crash":
        crash(target, int(sys.argv[3]), int(sys.argv[4]))
    else:
        limit(target)
