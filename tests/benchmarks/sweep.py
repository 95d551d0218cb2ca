"""A sweep over many sites: how long it takes, and whether the window stays awake.

    python -m tests.benchmarks.sweep [--sites 500] [--latency-ms 200] [--stop-at N]

A real server in a process of its own (`sweep_server`), the real http backend with the
settings we ship, dispatcher, pipeline and journal, and a window without a screen. A
timer of 16 ms in the window's thread says how late it was served. Prints one JSON
object; nothing is asserted here.
"""

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import httpx2
import qasync
from PySide6.QtWidgets import QApplication

from app.core import events
from app.core.cancel import CancelToken
from app.core.clock import SystemClock
from app.core.model import Call, Candidate, Check, RunRecord, Site
from app.core.pipeline import Pipeline
from app.core.ports import Backend, Dispatcher
from app.desktop.lateness import Lateness, TimerWatch
from app.desktop.look import Look
from app.desktop.session import DeskSession
from app.desktop.window import DeskWindow
from app.journal.store import SqliteJournal
from app.sites.asking_thread import AskingThread, DispatcherBeside
from app.sites.backends.table import Systems
from app.sites.dispatcher import ConcurrentDispatcher
from app.system import paths
from tests.gui.support import DeskForTests

ROOT: Final = Path(__file__).resolve().parents[2]
SAMPLE: Final = 5
"""Calls that are asked one after another, for the comparison."""
AFTER_S: Final = 0.5
"""How long the window is watched after the end, while it lays out the card."""


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What one sweep took, in seconds from its start."""

    sites: int
    latency_ms: float
    max_concurrent: int
    first_observation_s: float
    last_observation_s: float
    durable_s: float
    one_after_another_s: float
    """Extrapolated from a few calls."""
    ratio: float
    answered: int
    missing: int
    lateness_ms: Lateness


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A sweep that has ended."""

    figures: Figures
    record: RunRecord
    asked: dict[str, int]
    """By site and question: how often the server was asked."""
    most: dict[str, int]
    """By question: how many were under way at once."""


class SweepDesk(DeskForTests):
    """The tests' desk with a real dispatcher and a real journal."""

    def __init__(self, home: Path, dispatcher: Dispatcher) -> None:
        super().__init__(home)
        self.journal = SqliteJournal(  # type: ignore[assignment]
            home / "journal.sqlite", clock=SystemClock()
        )
        self._pipeline = Pipeline(
            recognizer=self.recognizer,
            agent=self.agent,
            dispatcher=dispatcher,
            journal=self.journal,
            clock=SystemClock(),
            program="GridDesk sweep",
        )


@contextmanager
def slow_sites(latency_ms: float) -> Iterator[str]:
    """Serve, in a process of its own; give the address."""
    command = [sys.executable, "-m", "tests.benchmarks.sweep_server", str(latency_ms)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout is not None
        try:
            yield made.stdout.readline().strip()
        finally:
            made.terminate()


def native_backend(home: Path, url: str) -> Backend:
    """Make the http backend from the settings that we ship for our own contract."""
    shipped = (ROOT / "resources/systems/native.toml").read_text(encoding="utf-8")
    login = shipped.index("[connection.auth]")
    rest = shipped.index("[work_orders]")
    text = (shipped[:login] + shipped[rest:]).replace(
        "https://griddesk.example.com", url
    )
    folder = home / "systems"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "native.toml").write_text(text, encoding="utf-8")
    systems = Systems(
        folder=folder,
        evidence_dir=home / "evidence",
        clock=SystemClock(),
        secret=lambda system, name: "",
    )
    return systems.make("native")


async def swept(
    *,
    sites: int,
    latency_ms: float,
    max_concurrent: int = 64,
    check: Check = Check.HEADCOUNT,
    stop_at: int | None = None,
) -> Sweep:
    """Run one sweep in a window; stop it after `stop_at` answers."""
    calls = tuple(
        Call(Site(id=f"S{number}", name=f"第{number}标段"), check)
        for number in range(sites)
    )
    home = paths.home()
    home.mkdir(parents=True, exist_ok=True)
    with slow_sites(latency_ms) as url:
        backend, thread = native_backend(home, url), AskingThread()
        try:
            asking = ConcurrentDispatcher(
                lambda site, service: backend,
                clock=SystemClock(),
                max_concurrent=max_concurrent,
            )
            dispatcher = DispatcherBeside(asking, thread)
            single_s = await _one_after_another(dispatcher, calls[:SAMPLE])
            async with httpx2.AsyncClient(base_url=url) as client:
                before = (await client.get("/counts")).json()["asked"]
                course, late = await _in_a_window(home, dispatcher, calls, stop_at)
                counts = (await client.get("/counts")).json()
        finally:
            await thread.finish(backend.close)
    missing = sum(f.observation.missing is not None for f in course.record.findings)
    whole_s = single_s * sites
    figures = Figures(
        sites=sites,
        latency_ms=latency_ms,
        max_concurrent=max_concurrent,
        first_observation_s=round(course.observed_s[0], 3),
        last_observation_s=round(course.observed_s[-1], 3),
        durable_s=round(course.durable_s, 3),
        one_after_another_s=round(whole_s, 1),
        ratio=round(whole_s / course.durable_s, 1),
        answered=len(course.record.findings) - missing,
        missing=missing,
        lateness_ms=late,
    )
    asked = {key: n - before.get(key, 0) for key, n in counts["asked"].items()}
    return Sweep(
        figures=figures, record=course.record, asked=asked, most=counts["most"]
    )


async def _one_after_another(dispatcher: Dispatcher, calls: tuple[Call, ...]) -> float:
    """Give the seconds that one call takes when it is alone."""
    began = time.perf_counter()
    for call in calls:
        answers = dispatcher.dispatch(
            [call], at=SystemClock().now(), cancel=CancelToken()
        )
        assert [seen async for _, seen in answers]
    return (time.perf_counter() - began) / len(calls)


class _Course:
    """When what happened, by the signals that the window gets too."""

    def __init__(self, session: DeskSession, stop_at: int | None) -> None:
        self._session, self._stop_at = session, stop_at
        self._began = time.perf_counter()
        self.observed_s: list[float] = []
        self.durable_s = 0.0
        self.ended = asyncio.Event()
        self._record: RunRecord | None = None
        bridge = session.bridge
        bridge.observed.connect(self._observed)
        bridge.summarised.connect(self._durable)
        for signal in (bridge.run_finished, bridge.run_failed, bridge.run_cancelled):
            signal.connect(self._end)

    @property
    def record(self) -> RunRecord:
        assert self._record is not None
        return self._record

    def _now(self) -> float:
        return time.perf_counter() - self._began

    def _observed(self, _event: object) -> None:
        self.observed_s.append(self._now())
        if len(self.observed_s) == self._stop_at:
            self._session.cancel_newest()

    def _durable(self, _event: object) -> None:
        self.durable_s = self.durable_s or self._now()

    def _end(self, event: events.TerminalEvent) -> None:
        self._record = event.record
        self.ended.set()


async def _in_a_window(
    home: Path,
    dispatcher: Dispatcher,
    calls: tuple[Call, ...],
    stop_at: int | None,
) -> tuple[_Course, Lateness]:
    desk = SweepDesk(home, dispatcher)
    # As a desk does once everything is loaded.
    gc.freeze()
    look = Look()
    look.apply()
    window = DeskWindow(look)
    window.show()
    session = DeskSession(desk)
    window.attach(session)
    session.begin()
    try:
        await asyncio.sleep(AFTER_S)
        course, watch = _Course(session, stop_at), TimerWatch()
        session.choose("", Candidate(label=f"{len(calls)}个工地", calls=calls))
        await course.ended.wait()
        await asyncio.sleep(AFTER_S)
        return course, watch.stop()
    finally:
        await session.close()
        window.finish()
        window.deleteLater()


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.sweep")
    parser.add_argument("--sites", type=int, default=500)
    parser.add_argument("--latency-ms", type=float, default=200)
    parser.add_argument("--max-concurrent", type=int, default=64)
    parser.add_argument("--stop-at", type=int)
    wanted = parser.parse_args(arguments)
    app = QApplication.instance() or QApplication(["sweep"])
    app.setProperty("quitOnLastWindowClosed", False)
    with tempfile.TemporaryDirectory() as home:
        os.environ["GRIDDESK_HOME"] = home
        sweep: Any = qasync.run(
            swept(
                sites=wanted.sites,
                latency_ms=wanted.latency_ms,
                max_concurrent=wanted.max_concurrent,
                stop_at=wanted.stop_at,
            )
        )
    print(json.dumps(asdict(sweep.figures), ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
