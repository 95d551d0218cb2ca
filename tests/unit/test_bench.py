"""The performance table: what was not measured is no figure."""

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

from app.commands.bench import _spoken
from app.compose import House
from app.core import events
from app.core.model import Origin, Utterance
from app.tuning.training.memory import peak_of_process


def house_that_hears(*partials: float | None) -> House:
    """Give a house whose first recordings are heard, and the others are not."""
    left = list(partials)

    async def run(_: object) -> AsyncIterator[Any]:
        if left:
            utterance = Utterance(
                text="查人数",
                origin=Origin.FILE,
                audio_s=4.0,
                decode_s=1.0,
                first_partial_ms=left.pop(0),
            )
            yield events.Heard(run_id="1", utterance=utterance)

    desk = SimpleNamespace(run=run, request=lambda audio: audio)
    return cast("House", SimpleNamespace(desk=desk, audio_file=lambda path: path))


async def test_recordings_with_nothing_shown_early_do_not_count_as_instant() -> None:
    assert await _spoken(house_that_hears(None, 200.0, None, 400.0, 300.0)) == {
        "files": 5,
        "real_time_factor": 0.25,
        "first_partial_ms": 300,
    }
    found = await _spoken(house_that_hears(None))
    assert isinstance(found, dict)
    assert found["first_partial_ms"] is None


async def test_without_a_recogniser_there_is_no_figure() -> None:
    assert await _spoken(house_that_hears()) == "no recogniser"


def test_the_peak_of_memory_is_in_mebibytes() -> None:
    assert 20 < peak_of_process() < 100_000
