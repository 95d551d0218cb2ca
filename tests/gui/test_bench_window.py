"""The window's figures in the performance table: their shape, never their size."""

import gc
from collections.abc import Iterator, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.commands.bench_window import reached, start_figures, window_figures
from app.compose import House
from app.core.model import Outcome
from app.core.ports import JournalQuery
from app.desktop.lateness import Lateness

pytestmark = [
    pytest.mark.gui,
    # What the offscreen platform cannot do is no fault of the window.
    pytest.mark.qt_log_ignore("This plugin does not support"),
]


@pytest.fixture(autouse=True)
def clean_qt(qapp: QApplication) -> Iterator[None]:
    qapp.setQuitOnLastWindowClosed(False)
    yield
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()


@pytest.mark.model
@pytest.mark.slow
def test_the_table_says_how_late_the_window_is_during_each_work() -> None:
    with House() as house:
        site = house.directory.sites()[0]
        found = window_figures(
            house, [f"查一下{site.name}的人数"], recordings=1, swept=20, board=30
        )
        records = [
            entry.record for entry in house.journal.page(JournalQuery(), limit=100)
        ]
    assert isinstance(found, Mapping)
    assert set(found) == {"understanding", "recognition", "sweep", "board"}
    names = {field.name for field in fields(Lateness)}
    for late in found.values():
        assert isinstance(late, Mapping)
        assert set(late) == names
        assert 0 <= late["p50"] <= late["p99"] <= late["worst"]
    # What was measured is what was done.
    assert {len(r.findings) for r in records if r.outcome is Outcome.ANSWERED} >= {
        1,
        20,
        30,
    }


def test_a_start_is_read_from_the_programs_own_log(tmp_path: Path) -> None:
    began = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
    log = tmp_path / "griddesk.log"
    assert reached(log, began) == {}
    log.write_text(
        "2026-11-22T09:00:00.500+00:00 INFO MainThread a: the window is painted\n"
        "2026-11-22T09:00:02.250+00:00 INFO MainThread a: ready to listen\n"
        "2026-11-22T09:00:03.000+00:00 INFO MainThread a: ready to listen\n",
        encoding="utf-8",
    )
    assert reached(log, began) == {"first_window_s": 0.5, "ready_to_listen_s": 2.25}


@pytest.mark.e2e
@pytest.mark.model
@pytest.mark.slow
def test_the_table_says_how_soon_the_window_is_there_and_listens() -> None:
    found = start_figures(1)
    window, listening, understanding = (
        found["first_window_s"],
        found["ready_to_listen_s"],
        found["ready_to_understand_s"],
    )
    assert found["starts"] == 1
    assert isinstance(window, float)
    assert isinstance(listening, float)
    assert isinstance(understanding, float)
    assert 0 < window < listening < understanding
