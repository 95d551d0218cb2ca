"""The window waits for nothing that only commands need."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import start
from app.commands import desk

ROOT = Path(__file__).parents[2]
HEAVY = (
    *("typer", "pydantic", "sqlalchemy", "numpy", "keyring", "httpx2", "torch"),
    *("transformers", "vosk", "sounddevice", "pypinyin", "openpyxl", "PIL"),
    *("cryptography", "argon2", "app.cli", "app.commands.bench"),
)
_LOOKING = f"""
import sys
sys.argv = ["griddesk", "desk"]
from app.desktop import main as window
async def shown(*_, **__):
    print("HEAVY", sorted(set({HEAVY!r}) & set(sys.modules)), flush=True)
    raise SystemExit(0)
window._show = shown
from app.start import main
main()
"""


def test_the_window_is_shown_before_anything_heavy_is_imported(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOOKING],
        cwd=ROOT,
        env={
            **os.environ,
            "GRIDDESK_HOME": str(tmp_path),
            "QT_QPA_PLATFORM": "offscreen",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "HEAVY []" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("words", [[], ["desk"]])
def test_both_ways_to_open_the_desk_end_with_its_status(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["griddesk", *words])
    monkeypatch.setattr(desk, "open_desk", lambda: 3)
    with pytest.raises(SystemExit) as ended:
        start._begin()
    assert ended.value.code == 3


def test_an_interrupted_start_is_said_in_the_operators_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted() -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(desk, "_opened", interrupted)
    assert desk.open_desk() == 1
    assert "已取消" in capsys.readouterr().err


def test_a_window_that_a_system_library_keeps_shut_says_which(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    def lacks(_: object) -> int:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path))
    monkeypatch.setattr(desk.House, "open_window", lacks)
    assert desk.open_desk() == 3
    said = capsys.readouterr().err
    assert "libGL.so.1" in said
    assert "griddesk doctor" in said


_STUCK = """
import atexit, sys, threading
from app.system.worker import InferenceWorker
from app import start
# As a driver does that waits for the thread it holds.
atexit.register(threading.Event().wait)
def begin():
    began, worker = threading.Event(), InferenceWorker()
    worker.submit(lambda: began.set() or threading.Event().wait())
    began.wait()
    worker.abandon()
    worker.close()
    print("closed")
    sys.exit(3)
start._begin = begin
start.main()
"""


def test_the_program_ends_although_a_thread_is_stuck(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _STUCK],
        cwd=ROOT,
        env={**os.environ, "GRIDDESK_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "closed\n"), done.stderr
