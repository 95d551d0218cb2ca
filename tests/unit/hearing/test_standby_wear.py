"""The microphone kept open: other devices, the tick, and what many presses leave."""

import asyncio
import gc
import threading
import tracemalloc

import numpy as np
import pytest

from app.core.cancel import CancelToken
from app.core.errors import SettingsError
from app.hearing import cue
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from tests.unit.hearing.kept_open import Desk, block, rest
from tests.virtual_audio import ScriptedOutput, ScriptedSound, ScriptedStream


async def test_another_device_is_taken_and_remembered(desk: Desk) -> None:
    first = await desk.ready()
    desk.sound.opened.clear()
    await desk.microphone.choose("USB 麦克风")
    await desk.opens()
    await desk.microphone._kept_line()
    assert first.closed.is_set()
    assert desk.sound.streams[-1].form["device"] == 1
    assert desk.remembered == ["USB 麦克风"]
    assert (await desk.microphone.health()).detail == "USB 麦克风"


async def test_choosing_does_not_cut_a_take_short(desk: Desk) -> None:
    stream = await desk.ready()
    take = await desk.microphone.open()
    desk.sound.opened.clear()
    await desk.microphone.choose("USB 麦克风")
    # Long enough for the thread that would close the stream.
    assert not await asyncio.to_thread(stream.closed.wait, 0.5)
    stream.push(block(1))
    assert await rest(take) == block(1)
    await desk.opens()
    assert desk.sound.streams[-1].form["device"] == 1


async def test_a_choice_that_cannot_be_remembered_is_in_use_all_the_same() -> None:
    def refuse(name: str) -> None:
        raise SettingsError("设置文件写不进去")

    sound = ScriptedSound()
    mic = SoundDeviceMicrophone(remember=refuse, system=SoundSystem(sound))  # type: ignore[arg-type]
    with pytest.raises(SettingsError):
        await mic.choose("USB 麦克风")
    assert mic.chosen == "USB 麦克风"


async def test_a_list_shows_what_was_plugged_in_since(desk: Desk) -> None:
    await desk.ready()
    desk.sound.plugged_later = ("耳机",)
    names = [each.name for each in await desk.microphone.inputs()]
    assert names == ["内置麦克风", "USB 麦克风", "耳机"]
    await rest(await desk.microphone.open())


async def test_a_list_does_not_disturb_a_take(desk: Desk) -> None:
    stream = await desk.ready()
    take = await desk.microphone.open()
    assert len(await desk.microphone.inputs()) == 2
    stream.push(block(1))
    assert await rest(take) == block(1)
    assert desk.sound.refreshed == 0


async def test_the_tick_sounds_with_each_take(desk: Desk) -> None:
    desk.use(ScriptedSound(), cue=True)
    await desk.ready()
    take = await desk.microphone.open()
    await rest(take)
    await desk.microphone.close()
    (sound,) = desk.sound.played
    samples = np.frombuffer(sound, dtype="<i2")
    assert len(samples) == round(48_000 * 0.03)
    assert 0.05 < np.abs(samples).max() / 32768 <= 0.1


async def test_without_a_loudspeaker_there_is_no_tick_and_no_error(desk: Desk) -> None:
    desk.use(ScriptedSound(), cue=True)
    desk.sound.loudspeakers = 0
    await desk.ready()
    await rest(await desk.microphone.open())
    await desk.microphone.close()
    assert desk.sound.played == []


async def ticked(desk: Desk) -> None:
    """Press, and wait until the tick is over."""
    await rest(await desk.microphone.open())
    assert desk.microphone._cue is not None
    await asyncio.to_thread(desk.microphone._cue.wait)


async def test_a_loudspeaker_that_did_not_open_is_left_alone(desk: Desk) -> None:
    desk.use(ScriptedSound(), cue=True)
    desk.sound.loudspeakers = 0
    await desk.ready()
    await ticked(desk)
    desk.sound.loudspeakers = 1
    await ticked(desk)
    assert desk.sound.played == []


async def test_a_loudspeaker_that_opens_slowly_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cue, "SLOW_S", -1.0)
    desk.use(ScriptedSound(), cue=True)
    await desk.ready()
    await ticked(desk)
    assert desk.sound.outputs_open == 0
    monkeypatch.setattr(cue, "SLOW_S", 60.0)
    await ticked(desk)
    assert desk.sound.played == []


async def test_a_tick_that_could_not_be_closed_does_not_hide_new_devices(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.use(ScriptedSound(), cue=True)
    system = desk.microphone._system
    await desk.ready()
    before = system._open_streams
    monkeypatch.setattr("app.hearing.devices._PATIENCE_S", 0.05)
    # Another call hangs in the driver just when the tick has sounded.
    monkeypatch.setattr(ScriptedOutput, "stop", lambda output: system._lock.acquire())
    await ticked(desk)
    system._lock.release()
    assert desk.sound.played
    assert system._open_streams == before
    desk.sound.outputs_open = 0


def own_threads() -> list[str]:
    """Name the microphone's threads; other tests leave some of third parties."""
    names = sorted(thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith("microphone")]


async def presses(desk: Desk, count: int, stream: ScriptedStream) -> None:
    for number in range(count):
        take = await desk.microphone.open()
        stream.push(block(number % 60_000))
        # What comes after the release ends the wait for the last syllable.
        take.finish()
        reading = asyncio.ensure_future(
            asyncio.to_thread(lambda take=take: list(take.blocks(CancelToken())))
        )
        while not reading.done():
            stream.push(block(0))
            await asyncio.sleep(0.005)
        assert await asyncio.to_thread(take.wait_closed, 5)


async def soak(desk: Desk, count: int) -> int:
    """Press so often; give the bytes that stay behind."""
    stream = await desk.ready()
    kept = await desk.microphone._kept_line()
    await presses(desk, 10, stream)
    threads = own_threads()
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        await presses(desk, count, stream)
        gc.collect()
        left = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert own_threads() == threads == ["microphone-standby"]
    assert kept.idle
    assert desk.sound.attempts == 1
    return left


async def test_fifty_short_presses_leave_nothing_behind(desk: Desk) -> None:
    assert await soak(desk, 50) < 100_000


@pytest.mark.slow
async def test_a_thousand_short_presses_leave_nothing_behind(desk: Desk) -> None:
    assert await soak(desk, 1000) < 100_000


async def test_ten_minutes_of_holding_end_after_one_and_keep_no_more(
    desk: Desk,
) -> None:
    stream = await desk.ready()
    kept = await desk.microphone._kept_line()
    take = await desk.microphone.open()
    for number in range(6_000):
        stream.push(block(number % 60_000))
    assert take.left_s == 0
    assert take._queue.qsize() == 600
    assert take.overflows == 0
    assert await asyncio.to_thread(take.wait_closed, 5)
    assert take.ended
    assert kept.idle
    stream.push(block(1))
    again = await desk.microphone.open()
    assert (await rest(again))[-3200:] == block(1)
