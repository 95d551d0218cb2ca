"""The parts of the house: made when asked for, closed when made."""

from pathlib import Path

import pytest

from app.compose import House


class Backend:
    """A backend that only remembers that it was closed."""

    closed = 0

    async def close(self) -> None:
        self.closed += 1


async def test_a_backend_is_closed_only_when_it_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path))
    house = House()
    await house.close_backend()
    assert "backend" not in vars(house)
    backend = Backend()
    vars(house)["backend"] = backend
    await house.close_backend()
    assert backend.closed == 1
