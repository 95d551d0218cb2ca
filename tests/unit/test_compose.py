"""The composition root: what is foreign cannot hold the desk up."""

import asyncio
from collections.abc import Iterator

import pytest

from app import compose
from app.compose import House
from app.core.ports import Health


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


class DeafBackend:
    """Never says how it is, and never closes."""

    name = "deaf"

    async def health(self) -> Health:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        await asyncio.Event().wait()


async def test_a_backend_that_never_answers_is_named_and_left(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(compose, "_BACKEND_PATIENCE_S", 0.01)
    house.__dict__["backend"] = DeafBackend()
    parts = {part.key: part for part in await house.health()}
    assert not parts["backend"].ok
    assert parts["backend"].remedy
    assert parts["journal"].ok
    await house.close_backend()
    assert "did not close" in caplog.text
    caplog.clear()


async def test_a_request_carries_who_sits_where(house: House) -> None:
    request = house.desk.request(text="查一下济南的人数")
    assert request.operator == house.settings.desk.operator
    assert request.workstation == house.settings.desk.workstation
