"""The window's part of the performance table: how late it is, how soon it is there."""

import csv
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final

from app.commands.desk import has_display
from app.commands.output import note
from app.compose import House
from app.core.model import Call, Check, Site
from app.system import paths
from app.system.logging import FILE_NAME

RECORDINGS: Final = 4
SWEPT: Final = 500
BOARD: Final = 2000
STARTS: Final = 3
"""How often the program is started; the median counts."""
_PATIENCE_S: Final = 120.0
_LOOK_EVERY_S: Final = 0.05
_STEPS: Final = {
    "first_window_s": "the window is painted",
    "ready_to_listen_s": "ready to listen",
    "ready_to_understand_s": "ready to understand",
}
"""Figure → what the program's own log says when it is so far."""


def window_figures(
    house: House,
    sentences: Sequence[str],
    *,
    recordings: int = RECORDINGS,
    swept: int = SWEPT,
    board: int = BOARD,
) -> Mapping[str, object] | str:
    """Say how late a 16 ms timer of the window is served, in milliseconds.

    Closes the house's desk. Where there is no screen, the window is not shown on any.
    """
    _screen()
    try:
        from app.desktop.lateness import Load, window_lateness
    except ImportError as error:
        return f"no window: {error}"
    note("测量窗口的响应 …")
    samples = paths.resources() / "samples"
    with (samples / "transcripts.tsv").open(encoding="utf-8") as table:
        files = [row["file"] for row in csv.DictReader(table, delimiter="\t")]
    load = Load(
        sentences=sentences,
        recordings=[
            partial(house.audio_file, samples / file) for file in files[:recordings]
        ],
        sweep=_calls(swept),
        board=_calls(board),
    )
    late = window_lateness(house.desk, load)
    return {
        name: asdict(each) if each else "not measured" for name, each in late.items()
    }


def start_figures(starts: int = STARTS) -> Mapping[str, object]:
    """Start the program anew and say when it was how far, in seconds."""
    _screen()
    note("测量启动 …")
    measured = [_started() for _ in range(starts)]
    found: dict[str, object] = {"starts": starts}
    for figure in _STEPS:
        seconds = [one[figure] for one in measured if figure in one]
        found[figure] = round(median(seconds), 2) if seconds else None
    return found


def _screen() -> None:
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"


def _calls(count: int) -> tuple[Call, ...]:
    return tuple(
        Call(
            Site(id=f"S{n}", name=f"第{n}标段", region=f"片区{n % 20}"), Check.HEADCOUNT
        )
        for n in range(count)
    )


def _started() -> dict[str, float]:
    """Start the window in a folder of its own and read its log until it is ready."""
    own = [] if getattr(sys, "frozen", False) else ["-m", "app"]
    with tempfile.TemporaryDirectory(prefix="griddesk-bench-") as home:
        log = Path(home) / "logs" / FILE_NAME
        began = datetime.now(UTC)
        given_up = time.monotonic() + _PATIENCE_S
        with subprocess.Popen(
            [sys.executable, *own, "desk"],
            env={**os.environ, "GRIDDESK_HOME": home},
            cwd=Path(__file__).resolve().parents[2] if own else None,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as started:
            found = reached(log, began)
            while len(found) < len(_STEPS) and started.poll() is None:
                if time.monotonic() > given_up:
                    break
                time.sleep(_LOOK_EVERY_S)
                found = reached(log, began)
            started.terminate()
            try:
                started.wait(_PATIENCE_S)
            except subprocess.TimeoutExpired:
                started.kill()
    return found


def reached(log: Path, began: datetime) -> dict[str, float]:
    """Give the seconds from the start to each step that the log tells of."""
    if not log.exists():
        return {}
    found: dict[str, float] = {}
    for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
        for figure, words in _STEPS.items():
            if line.endswith(words):
                at = datetime.fromisoformat(line.split(" ", 1)[0])
                found.setdefault(figure, (at - began).total_seconds())
    return found
