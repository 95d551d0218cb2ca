"""Long work on the loop lets others have their turn."""

import asyncio

import pytest

from app.core import breath
from app.core.breath import Breath


async def turns_taken(times: int) -> int:
    """Count the turns that others have while one takes breath so often."""
    turns = 0

    def turn() -> None:
        nonlocal turns
        turns += 1
        loop.call_soon(turn)

    loop = asyncio.get_running_loop()
    loop.call_soon(turn)
    breathing = Breath()
    for _ in range(times):
        await breathing.take()
    return turns


async def test_work_that_has_had_its_time_lets_others_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breath, "TURN_S", 0.0)
    assert await turns_taken(20) >= 20


async def test_short_work_goes_on_without_a_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(breath, "TURN_S", 3600.0)
    assert await turns_taken(20) == 0
