"""Rules that every test keeps: own user data, no leaked threads, no stray warnings."""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.postgres import Postgres, running_postgres

# Before anything imports Qt: tests never need a screen unless they make one.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

# How long an example takes says nothing on a machine that does other work as well.
settings.register_profile("griddesk", deadline=None)
settings.load_profile("griddesk")

_PATIENCE_S = 5.0
_FIGURES = pytest.StashKey[list[str]]()
# Threads of third parties that live as long as the process.
_LASTING = ("asyncio_", "pydevd", "tqdm")


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give every test user data of its own, so the developer's is never touched."""
    home = tmp_path / "griddesk-home"
    monkeypatch.setenv("GRIDDESK_HOME", str(home))
    return home


@pytest.fixture(autouse=True)
def no_leaked_threads() -> Iterator[None]:
    """Fail a test that leaves a thread running, and name the thread."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in left:
        if not thread.name.startswith(_LASTING):
            thread.join(_PATIENCE_S)
    names = [t.name for t in left if t.is_alive() and not t.name.startswith(_LASTING)]
    assert not names, f"threads left running: {names}"


@pytest.fixture(autouse=True)
def no_stray_warnings(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test that logs a warning or worse without saying so.

    A test that expects one calls `caplog.clear()` after it has looked at it.
    """
    yield
    stray = [
        r
        for r in caplog.get_records("call")
        if r.levelno >= logging.WARNING and r.name.startswith("app")
    ]
    assert not stray, f"unexpected log: {[r.getMessage() for r in stray]}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give a PostgreSQL server; it starts with the first test that asks for it."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def report_figure(request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Give a function that puts a measured figure under the test report."""
    lines = request.config.stash.setdefault(_FIGURES, [])
    return lines.append


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print what was measured; figures are shown, never asserted on."""
    lines = config.stash.get(_FIGURES, [])
    if lines:
        terminalreporter.section("measured figures")
        for line in lines:
            terminalreporter.line(line)
