"""The log keeps what helps to find a fault, and no operator's words."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.system import logging as logs_module
from app.system.logging import Logs, setup_logging

log = logging.getLogger("app.hearing.example")


@pytest.fixture
def logs(tmp_path: Path) -> Iterator[Logs]:
    made = setup_logging(tmp_path / "logs")
    yield made
    made.close()


def text(logs: Logs) -> str:
    assert logs.path is not None
    return logs.path.read_text("utf-8")


def test_a_line_reaches_file_and_ring_with_its_time_in_utc(logs) -> None:
    log.info("model %s ready", "x")
    (line,) = logs.ring.lines()
    assert line in text(logs)
    assert "+00:00 INFO" in line
    assert line.endswith("app.hearing.example: model x ready")


def test_what_is_said_at_debug_is_kept_nowhere(logs) -> None:
    log.debug("heard %s", "查一下济南工地的人数")
    assert logs.ring.lines() == ()
    assert "济南" not in text(logs)


def test_debug_is_kept_for_who_asks_for_it(tmp_path: Path) -> None:
    logs = setup_logging(tmp_path, "DEBUG")
    try:
        log.debug("heard %s", "济南")
        assert "济南" in text(logs)
    finally:
        logs.close()


def test_the_ring_keeps_the_last_lines(logs, monkeypatch) -> None:
    for number in range(logs_module.RING_LINES + 10):
        log.info("line %d", number)
    kept = logs.ring.lines()
    assert len(kept) == logs_module.RING_LINES
    assert kept[0].endswith("line 10")


def test_the_file_is_rotated_before_it_grows_without_end(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(logs_module, "FILE_BYTES", 1000)
    logs = setup_logging(tmp_path)
    try:
        for number in range(200):
            log.info("line %d", number)
    finally:
        logs.close()
    files = sorted(tmp_path.iterdir())
    assert len(files) == logs_module.FILE_COUNT + 1
    assert all(file.stat().st_size <= 1000 for file in files)


@pytest.mark.skipif(os.name == "nt", reason="POSIX permissions")
def test_only_its_owner_may_read_the_log(logs) -> None:
    assert logs.path.stat().st_mode & 0o077 == 0


def test_warnings_of_libraries_go_to_the_log_and_not_to_the_screen(tmp_path) -> None:
    code = (
        "import sys, warnings; from pathlib import Path;"
        "from app.system.logging import setup_logging;"
        "setup_logging(Path(sys.argv[1])); warnings.warn('old spelling')"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    assert "old spelling" in (tmp_path / "griddesk.log").read_text("utf-8")


def test_a_talkative_library_is_heard_only_when_it_warns(logs) -> None:
    logging.getLogger("urllib3.connectionpool").info("starting a connection")
    assert logs.ring.lines() == ()


def test_a_folder_that_cannot_be_written_costs_the_file_only(tmp_path, caplog) -> None:
    (tmp_path / "file").write_text("no folder")
    logs = setup_logging(tmp_path / "file")
    try:
        log.info("still here")
        assert logs.path is None
        assert "无法写入" in logs.problem
        assert "still here" in logs.ring.lines()[-1]
    finally:
        logs.close()
    caplog.clear()


def test_closing_gives_the_root_logger_back_as_it_was(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (list(root.handlers), root.level)
    logs = setup_logging(tmp_path, logging.DEBUG)
    logs.close()
    logs.close()
    assert (list(root.handlers), root.level) == before


def test_the_level_changes_while_the_program_runs(logs) -> None:
    assert logs_module.current() is logs
    logs_module.set_level(logging.DEBUG)
    log.debug("now heard")
    logs_module.set_level(logging.INFO)
    log.debug("no longer heard")
    lines = logs.ring.lines()
    assert [line.rpartition(": ")[2] for line in lines] == [
        "the log keeps DEBUG and above",
        "now heard",
        "the log keeps INFO and above",
    ]


def test_what_is_closed_is_not_what_is_logged_with(tmp_path: Path) -> None:
    before = logs_module.current()
    logs = setup_logging(tmp_path)
    assert logs_module.current() is logs
    logs.close()
    assert logs_module.current() is before
