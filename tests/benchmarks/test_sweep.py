"""The small version of the sweep: what it does, not how long it takes."""

import gc
from collections.abc import Iterator

import pytest
import qasync
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from app.core.model import Outcome
from app.core.observation import MissingReason
from tests.benchmarks.sweep import swept

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
    # A closed qasync loop is a cycle with a timer in it; no thread of a later test
    # may be the one that collects it.
    gc.collect()


def test_every_site_is_asked_once_and_no_more_at_once_than_allowed() -> None:
    sweep = qasync.run(swept(sites=20, latency_ms=20, max_concurrent=5))
    assert sweep.record.outcome is Outcome.ANSWERED
    assert [f.observation.missing for f in sweep.record.findings] == [None] * 20
    assert sweep.asked == {
        f"S{number} {question}": 1
        for number in range(20)
        for question in ("work-order", "scene")
    }
    assert set(sweep.most) == {"work-order", "scene"}
    assert max(sweep.most.values()) <= 5


def test_a_sweep_that_is_stopped_keeps_what_was_answered() -> None:
    sweep = qasync.run(swept(sites=500, latency_ms=20, stop_at=100))
    assert sweep.record.outcome is Outcome.CANCELLED
    missing = [f.observation.missing for f in sweep.record.findings]
    assert len(missing) == 500
    assert {m.reason for m in missing if m} == {MissingReason.CANCELLED}
    assert 100 <= missing.count(None) < 500
