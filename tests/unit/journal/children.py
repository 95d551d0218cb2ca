"""Programs that tests start: desks that are killed, and one with a file-size limit.

Run as `python -m tests.unit.journal.children crash|cut|limit PATH …`.
"""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TextIO

from app.core.alarms import alarms_of
from app.core.clock import SystemClock
from app.core.entries import DeskEvent, Disposition, EventKind, FindingState, Step
from app.core.errors import JournalUnwritableError
from app.core.model import RunRecord
from app.core.ports import JournalQuery
from app.journal.store import SqliteJournal
from app.sites.evidence import store_evidence
from tests.unit.journal.records import START, acknowledgement, record


@contextlib.contextmanager
def opened(path: Path) -> Iterator[SqliteJournal]:
    journal = SqliteJournal(path, clock=SystemClock())
    try:
        yield journal
    finally:
        journal.close()


async def work_for_ever(path: Path, start: int, tell: Callable[[str], None]) -> None:
    """Do what a desk does, and tell each entry only when it is said to be durable.

    Every run names a picture; an alarm is acknowledged and dispatched at once; and of
    every third run it is noted that somebody exported it.
    """
    journal = SqliteJournal(path, clock=SystemClock())
    number = start
    while True:
        made = with_picture(number, path.with_name("evidence"))
        await journal.append(made)
        tell(f"run {number}")
        if any(alarms_of(made)):
            await journal.acknowledge(acknowledgement(number))
            tell(f"acknowledged {number}")
            await journal.review.dispose(dispatched(number))
            tell(f"dispatched {number}")
        if number % 3 == 0:
            event = DeskEvent(kind=EventKind.EXPORTED, subject=str(number), **_BY)
            await journal.review.note(event)
            tell(f"noted {number}")
        number += 1


_BY: Final[dict[str, Any]] = {"at": START, "by": "陈静", "workstation": "安监室"}


def with_picture(number: int, folder: Path) -> RunRecord:
    """A record whose picture is on the disk before it."""
    kept = store_evidence(folder, f"picture {number}".encode())
    made = record(number)
    finding = made.findings[0]
    seen = replace(finding.observation, evidence=(kept,))
    return replace(made, findings=(replace(finding, observation=seen),))


def dispatched(number: int) -> Disposition:
    return Disposition(
        run_id=f"{number:032x}",
        index=0,
        step=Step.DISPATCHED,
        responsible="赵强",
        **_BY,
    )


class Promised:
    """What desks said is durable."""

    def __init__(self) -> None:
        self.entries: set[tuple[str, int]] = set()

    def hear(self, line: str) -> None:
        # What was told with half a line was told all the same, but of which number?
        if line.endswith("\n"):
            what, number = line.split()[:2]
            self.entries.add((what, int(number)))

    def check(self, path: Path, killed: int) -> int:
        """See that all of it is there, and hardly more; give the number of runs."""
        with opened(path) as journal:
            report = journal.verify()
            assert report.ok, report
            runs = [entry.record.run_id for entry in journal.entries(JournalQuery())]
            pictures = journal.review.check_evidence(path.with_name("evidence"))
            histories = journal.review.histories(runs)
            events = journal.review.events(limit=10**6)
            unseen = {alarm.run_id for alarm in journal.open_alarms(limit=10**6).newest}
            waiting = journal.review.open_findings(limit=10**6).newest
        assert (pictures.ok, pictures.checked) == (True, len(runs)), pictures
        there = {("run", int(run, 16)) for run in runs}
        for said in histories:
            number = int(said.run_id, 16)
            there |= {("acknowledged", number) for _ in said.acknowledgements}
            there |= {("dispatched", number) for _ in said.dispositions}
        there |= {("noted", int(each.event.subject)) for each in events}
        assert report.checked == len(there), "each entry once"
        lost = self.entries - there
        assert not lost, lost
        # Of each killed desk the last entry may be there without its promise.
        assert len(there - self.entries) <= killed, there - self.entries
        seen = {f"{number:032x}" for what, number in there if what == "acknowledged"}
        assert not seen & unseen
        states = {each.run_id: each.state for each in waiting}
        for what, number in there:
            if what == "dispatched":
                assert states[f"{number:032x}"] is FindingState.DISPATCHED
        return len(runs)


def started(path: Path, start: int) -> tuple[int, TextIO]:
    """Start a desk; give its process, and what it tells."""
    hear, tell = os.pipe()
    child = os.fork()
    if child == 0:
        asyncio.run(
            work_for_ever(path, start, lambda line: _tell(tell, path, line)),
        )
    os.close(tell)
    return child, os.fdopen(hear)


def _tell(tell: int, path: Path, line: str) -> None:
    wal = path.with_name(path.name + "-wal")
    os.write(tell, f"{line} {wal.stat().st_size}\n".encode())


def crash(folder: Path, kills: int, a_file: int) -> None:
    """Kill desks `kills` times, a new journal every `a_file` kills; check each.

    Every second time two of them write into the same journal.
    """
    chance = random.Random(20261121)
    promised, killed, total = Promised(), 0, 0
    for kill in range(kills):
        if kill % a_file == 0:
            path = folder / str(kill) / "journal.db"
            path.parent.mkdir()
            promised, killed = Promised(), 0
        # Numbers leave a gap: the last append may be there without its promise.
        desks = [
            started(path, kill * 1000 + 500 * desk + 1) for desk in range(1 + kill % 2)
        ]
        for _ in range(chance.randrange(1, 9)):
            promised.hear(desks[chance.randrange(len(desks))][1].readline())
        time.sleep(chance.random() * 0.01)
        for child, _ in desks:
            os.kill(child, signal.SIGKILL)
        for child, told in desks:
            os.waitpid(child, 0)
            for line in told:
                promised.hear(line)
            told.close()
        killed += len(desks)
        runs = promised.check(path, killed)
        total += runs if kill % a_file == a_file - 1 else 0
    print(kills, len(promised.entries), total)


def power_cut(folder: Path, cuts: int) -> None:
    """Copy the files of a desk at work as a power cut leaves them; check each copy.

    What it told is on the disk. Of what was written to the WAL since, any part may be,
    and the block that was written just then may hold anything.
    """
    chance = random.Random(20261122)
    path = folder / "desk" / "journal.db"
    path.parent.mkdir()
    child, told = started(path, 1)
    promised = Promised()
    try:
        for cut in range(cuts):
            for _ in range(chance.randrange(1, 6)):
                promised.hear(line := told.readline())
            time.sleep(chance.random() * 0.005)
            os.kill(child, signal.SIGSTOP)
            os.waitpid(child, os.WUNTRACED)
            os.set_blocking(told.fileno(), False)
            while more := told.readline():
                promised.hear(line := more)
            os.set_blocking(told.fileno(), True)
            copy = folder / f"cut-{cut}" / "journal.db"
            shutil.copytree(path.parent, copy.parent, ignore=_NO_SHM)
            wal = copy.with_name("journal.db-wal")
            durable, written = int(line.split()[2]), wal.stat().st_size
            with wal.open("rb+") as file:
                # An older round of the WAL may have left it longer than it is.
                file.truncate(chance.randrange(durable, max(durable, written) + 1))
                file.seek(0, os.SEEK_END)
                file.write(chance.randbytes(chance.randrange(1, 5000)))
            promised.check(copy, 1)
            shutil.rmtree(copy.parent)
            os.kill(child, signal.SIGCONT)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        told.close()
    print(cuts, len(promised.entries))


_NO_SHM: Final = shutil.ignore_patterns("*-shm", "*.reserve*", "*.part")


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
    elif task == "cut":
        power_cut(target, int(sys.argv[3]))
    else:
        limit(target)
