"""A failing program writes everything down and tells the operator one sentence."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import SettingsError
from app.system.crash import FAULT_FILE, CrashGuard, sentence_for

BEGIN = """
import logging, sys, threading
from pathlib import Path
from app.core.errors import Cancelled, SettingsError
from app.system.crash import CrashGuard
from app.system.logging import setup_logging
folder = Path(sys.argv[1])
logs = setup_logging(folder)
guard = CrashGuard(folder, log_file=logs.path)
guard.install()
"""


def run(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEGIN + code, str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )


def test_a_bug_is_a_sentence_on_the_screen_and_a_traceback_in_the_log(tmp_path) -> None:
    done = run(tmp_path, "1 / 0")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "程序内部故障 (ZeroDivisionError)" in done.stderr
    assert str(tmp_path / "griddesk.log") in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in (tmp_path / "griddesk.log").read_text("utf-8")


def test_a_bug_in_a_thread_is_told_as_well(tmp_path) -> None:
    done = run(
        tmp_path,
        "thread = threading.Thread(target=lambda: 1 / 0, name='worker')\n"
        "thread.start(); thread.join()",
    )
    assert "程序内部故障 (ZeroDivisionError)" in done.stderr
    assert "Traceback" not in done.stderr
    assert "thread worker ended" in (tmp_path / "griddesk.log").read_text("utf-8")


def test_a_known_fault_is_told_in_its_own_words(tmp_path) -> None:
    done = run(tmp_path, "raise SettingsError('设置有误', '请更正。')")
    assert done.stderr == "设置有误。请更正。\n"


@pytest.mark.parametrize("error", ["KeyboardInterrupt()", "Cancelled()"])
def test_what_was_asked_for_is_no_crash(tmp_path, error) -> None:
    assert run(tmp_path, f"raise {error}").stderr == ""


def test_the_next_start_finds_the_stacks_of_a_process_that_died(
    tmp_path, caplog
) -> None:
    died = run(tmp_path, "import ctypes; ctypes.string_at(0)")
    assert died.returncode != 0
    assert "Traceback" not in died.stderr
    guard = CrashGuard(tmp_path)
    guard.install()
    try:
        assert guard.previous_fault is not None
        assert "string_at" in guard.previous_fault.read_text("utf-8")
        assert "the last start died" in caplog.text
    finally:
        guard.close()
    caplog.clear()
    again = CrashGuard(tmp_path)
    again.install()
    again.close()
    assert again.previous_fault is None


def test_only_the_newest_stacks_are_kept(tmp_path, caplog) -> None:
    for day in range(1, 8):
        (tmp_path / f"fault-2026010{day}T000000.log").write_text("Fatal")
    (tmp_path / FAULT_FILE).write_text("Fatal Python error: Aborted")
    guard = CrashGuard(tmp_path)
    guard.install()
    newest = guard.previous_fault
    guard.close()
    kept = sorted(path.name for path in tmp_path.glob("fault-*.log"))
    assert kept[:4] == [f"fault-2026010{day}T000000.log" for day in range(4, 8)]
    assert [newest.name] == kept[4:]
    assert newest.read_text() == "Fatal Python error: Aborted"
    caplog.clear()


def test_a_start_that_ends_well_leaves_no_fault_file(tmp_path) -> None:
    assert run(tmp_path, "guard.close()").returncode == 0
    assert not (tmp_path / FAULT_FILE).exists()


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[CrashGuard, list[str]]]:
    sentences: list[str] = []
    guard = CrashGuard(tmp_path, tell=sentences.append)
    yield guard, sentences
    guard.close()


def test_the_hooks_are_given_back(told) -> None:
    guard, _ = told
    before = (sys.excepthook, threading.excepthook)
    guard.install()
    assert sys.excepthook != before[0]
    guard.close()
    guard.close()
    assert (sys.excepthook, threading.excepthook) == before


def test_a_folder_that_cannot_be_written_does_not_stop_the_guard(
    tmp_path, caplog
) -> None:
    (tmp_path / "file").write_text("no folder")
    sentences: list[str] = []
    guard = CrashGuard(tmp_path / "file", tell=sentences.append)
    guard.install()
    try:
        guard.report(ValueError("x"))
    finally:
        guard.close()
    assert len(sentences) == 1
    assert "no fault file" in caplog.text
    caplog.clear()


def test_the_sentence_names_what_to_do() -> None:
    assert "重新启动程序" in sentence_for(ValueError("secret words"), None)
    assert "secret words" not in sentence_for(ValueError("secret words"), None)
    assert sentence_for(SettingsError("甲", "乙"), None) == "甲。乙"
