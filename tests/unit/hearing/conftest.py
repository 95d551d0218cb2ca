"""The desk that tests of the microphone sit at."""

from collections.abc import AsyncIterator

import pytest

from app.hearing import line, standby
from tests.unit.hearing.kept_open import Clock, Desk


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@pytest.fixture
async def desk(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr(standby, "RETRY_S", 0.02)
    monkeypatch.setattr(standby, "LONGEST_RETRY_S", 0.02)
    # Blocks come when a test pushes them: a busy machine is no lost device.
    monkeypatch.setattr(line, "WATCHDOG_S", 30.0)
    monkeypatch.setattr(line, "FIRST_BLOCK_S", 30.0)
    desk = Desk()
    yield desk
    await desk.microphone.close()
    assert desk.sound.open_streams == 0
