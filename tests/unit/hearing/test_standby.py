"""The microphone kept open: pre-roll, hush, devices that come and go, and the end."""

import asyncio
import threading

import numpy as np
import pytest

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError
from app.hearing import line, microphone, standby
from app.hearing.devices import SoundSystem
from app.hearing.line import Hush
from app.hearing.microphone import SoundDeviceMicrophone
from tests.unit.hearing.kept_open import Clock, Desk, block, rest
from tests.virtual_audio import ScriptedSound, ScriptedStream, SoundError

BUSY = SoundError("Device unavailable", -9985)


async def test_a_take_begins_300_ms_before_its_key(desk: Desk) -> None:
    stream = await desk.ready()
    for number in range(1, 8):
        stream.push(block(number))
    take = await desk.microphone.open()
    stream.push(block(8))
    assert await rest(take) == block(5) + block(6) + block(7) + block(8)


async def test_a_press_opens_nothing_and_the_next_block_is_in_the_take(
    desk: Desk,
) -> None:
    stream = await desk.ready()
    # Whatever is opened now hangs: a press must not need it.
    desk.sound.open_hangs = threading.Event()
    take = await desk.microphone.open()
    stream.push(block(1))
    assert await rest(take) == block(1)
    assert desk.sound.attempts == 1


async def test_what_one_take_heard_the_next_does_not_hear_again(desk: Desk) -> None:
    stream = await desk.ready()
    stream.push(block(1))
    first = await desk.microphone.open()
    stream.push(block(2))
    assert await rest(first) == block(1) + block(2)
    second = await desk.microphone.open()
    stream.push(block(3))
    assert await rest(second) == block(3)


async def test_without_standby_nothing_listens_before_the_key() -> None:
    sound = ScriptedSound()
    mic = SoundDeviceMicrophone(system=SoundSystem(sound))  # type: ignore[arg-type]
    mic.stand_by()
    await mic.health()
    assert sound.attempts == 0
    take = await mic.open()
    sound.streams[0].push(block(1))
    assert await rest(take) == block(1)
    assert sound.open_streams == 0
    await mic.close()


async def test_before_the_key_no_more_than_the_pre_roll_is_kept(desk: Desk) -> None:
    stream = await desk.ready()
    kept = await desk.microphone._kept_line()
    for number in range(1000):
        stream.push(block(number))
    assert len(kept._ring) == line.PRE_ROLL_BLOCKS == 3


async def test_a_driver_that_stalled_adds_nothing_old_to_a_take(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = await desk.ready()
    stream.push(block(1))
    monkeypatch.setattr(line, "_STALE_S", -1.0)
    take = await desk.microphone.open()
    stream.push(block(2))
    assert await rest(take) == block(2)


async def test_the_pre_roll_of_a_foreign_device_is_resampled(desk: Desk) -> None:
    desk.use(ScriptedSound(rate=48_000, channels=2, only_own_form=True))
    stream = await desk.ready()
    wave = 8_000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    stereo = np.repeat(wave[:, None], 2, axis=1).astype("<i2")
    for start in range(0, 24_000, 4_800):
        stream.push(stereo[start : start + 4_800].tobytes())
    take = await desk.microphone.open()
    for start in range(24_000, 48_000, 4_800):
        stream.push(stereo[start : start + 4_800].tobytes())
    heard = np.frombuffer(await rest(take), dtype="<i2")
    assert len(heard) == pytest.approx(16_000 * 0.8, abs=2)
    assert np.argmax(np.abs(np.fft.rfft(heard))) / 0.8 == pytest.approx(440, abs=3)


async def test_hush_empties_the_pre_roll(desk: Desk, clock: Clock) -> None:
    stream = await desk.ready()
    stream.push(block(1))
    desk.microphone.hush()
    stream.push(block(2))
    desk.microphone.resume()
    # It began to sound before the microphone might hear again.
    stream.push(block(3))
    clock.go_on(0.15)
    stream.push(block(4))
    take = await desk.microphone.open()
    assert await rest(take) == block(4)


async def test_a_hushed_microphone_is_still_known_to_be_there(
    desk: Desk, clock: Clock
) -> None:
    stream = await desk.ready()
    kept = await desk.microphone._kept_line()
    desk.microphone.hush()
    for _ in range(5):
        clock.go_on(line.WATCHDOG_S / 2)
        stream.push(block(1))
    assert not kept.gone
    assert (await desk.microphone.health()).ok
    assert desk.sound.attempts == 1


class WatchedHush(Hush):
    """Says when somebody has found it hushed twice, and so waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0
        self.waited_for = asyncio.Event()

    @property
    def hushed(self) -> bool:
        self._asked += 1
        if self._asked > 1:
            self.waited_for.set()
        return super().hushed


async def test_a_press_while_the_desk_speaks_waits_for_it_to_stop(desk: Desk) -> None:
    await desk.ready()
    kept = await desk.microphone._kept_line()
    hush = desk.microphone._hush = WatchedHush()
    desk.microphone.hush()
    opening = asyncio.ensure_future(desk.microphone.open())
    waiting = asyncio.ensure_future(hush.waited_for.wait())
    await asyncio.wait((opening, waiting), return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    assert not opening.done()
    assert kept.idle
    desk.microphone.resume()
    take = await opening
    assert not kept.idle
    await rest(take)


async def test_what_was_said_before_the_desk_speaks_is_in_the_take(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedStream, "latency", 0.4)
    stream = await desk.ready()
    take = await desk.microphone.open()
    stream.push(block(1))
    # The release frees the desk to say what waits, in the same breath.
    take.finish()
    desk.microphone.hush()
    stream.push(block(2))
    assert await rest(take) == block(1) + block(2)
    assert take.overflows == 0


async def test_what_a_take_does_not_hear_for_the_desks_voice_is_counted_as_lost(
    desk: Desk, clock: Clock
) -> None:
    stream = await desk.ready()
    take = await desk.microphone.open()
    desk.microphone.hush()
    for _ in range(2):
        clock.go_on(0.15)
        desk.microphone.hush()
        stream.push(block(1))
    # It sounded before the desk was silent again, and comes after that.
    desk.microphone.resume()
    stream.push(block(2))
    clock.go_on(0.15)
    stream.push(block(3))
    assert await rest(take) == block(3)
    assert take.overflows == 3


async def test_a_press_into_the_desks_voice_has_lost_nothing(
    desk: Desk, clock: Clock
) -> None:
    stream = await desk.ready()
    desk.microphone.hush()
    clock.go_on(3.0)
    desk.microphone.resume()
    take = await desk.microphone.open()
    stream.push(block(1))
    clock.go_on(0.15)
    stream.push(block(2))
    assert await rest(take) == block(2)
    assert take.overflows == 0


async def test_what_comes_late_does_not_fill_the_pre_roll_while_the_desk_speaks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedStream, "latency", 0.4)
    stream = await desk.ready()
    kept = await desk.microphone._kept_line()
    stream.push(block(1))
    assert len(kept._ring) == 1
    desk.microphone.hush()
    # Sound from before the desk spoke: nobody listens to it any more.
    stream.push(block(2))
    assert len(kept._ring) == 0


async def test_a_device_that_is_slow_to_open_is_not_gone_as_soon_as_it_is_open(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ScriptedStream, "start", lambda stream: clock.go_on(3.2))
    sound = ScriptedSound()
    opened = line.open_line(SoundSystem(sound), "", Hush())  # type: ignore[arg-type]
    assert not opened.gone
    assert opened.close(SoundSystem(sound))  # type: ignore[arg-type]


async def test_an_unplugged_device_is_told_and_comes_back_by_itself(
    desk: Desk,
) -> None:
    stream = await desk.ready()
    desk.sound.unplug()
    assert await asyncio.to_thread(stream.closed.wait, 5)
    health = await desk.microphone.health()
    assert not health.ok
    assert "麦克风" in health.detail
    assert health.remedy
    desk.sound.opened.clear()
    desk.sound.plugged_later = ("内置麦克风",)
    await desk.opens()
    await desk.microphone._kept_line()
    assert (await desk.microphone.health()).ok
    take = await desk.microphone.open()
    desk.sound.streams[-1].push(block(1))
    assert await rest(take) == block(1)


async def test_unplugged_in_mid_sentence_the_take_says_so_and_the_next_one_works(
    desk: Desk,
) -> None:
    stream = await desk.ready()
    take = await desk.microphone.open()
    stream.push(block(1))
    blocks = take.blocks(CancelToken())
    assert next(blocks) == block(1)
    desk.sound.unplug()
    with pytest.raises(AudioDeviceError, match="断开"):
        await asyncio.to_thread(next, blocks)
    desk.sound.plugged_later = ("内置麦克风",)
    again = await desk.microphone.open()
    desk.sound.streams[-1].push(block(2))
    assert await rest(again) == block(2)


async def test_a_device_that_falls_silent_is_opened_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "WATCHDOG_S", 0.1)
    stream = await desk.ready()
    desk.sound.opened.clear()
    stream.push(block(1))
    await desk.opens()
    assert stream.closed.is_set()


async def test_a_device_that_another_program_has_is_told_and_tried_again(
    desk: Desk,
) -> None:
    desk.sound.refusal = BUSY
    desk.microphone.stand_by()
    with pytest.raises(AudioDeviceError, match="占用"):
        await desk.microphone.open()
    health = await desk.microphone.health()
    assert not health.ok
    assert "占用" in health.detail
    desk.sound.refusal = None
    await desk.opens()
    await rest(await desk.microphone.open())
    assert (await desk.microphone.health()).ok


async def test_a_press_does_not_wait_for_the_next_try(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standby, "RETRY_S", 600.0)
    monkeypatch.setattr(standby, "LONGEST_RETRY_S", 600.0)
    desk.sound.refusal = BUSY
    desk.microphone.stand_by()
    with pytest.raises(AudioDeviceError, match="占用"):
        await desk.microphone.open()
    desk.sound.refusal = None
    await rest(await desk.microphone.open())


async def test_a_cancelled_press_leaves_the_standby_as_it_was(desk: Desk) -> None:
    desk.sound.open_hangs = threading.Event()
    desk.microphone.stand_by()
    opening = asyncio.ensure_future(desk.microphone.open())
    await desk_is_opening(desk)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    desk.sound.open_hangs.set()
    await desk.microphone._kept_line()
    await rest(await desk.microphone.open())
    assert desk.sound.attempts == 1


async def desk_is_opening(desk: Desk) -> None:
    while not desk.sound.streams:
        await asyncio.sleep(0)


async def test_a_driver_that_hangs_is_told_and_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "OPEN_S", 0.2)
    hangs = desk.sound.open_hangs = threading.Event()
    desk.microphone.stand_by()
    with pytest.raises(AudioDeviceError, match="没有响应"):
        await desk.microphone.open()
    hangs.set()
    monkeypatch.setattr(microphone, "OPEN_S", 5.0)


async def test_closing_leaves_a_driver_that_hangs_behind(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(microphone, "_CLOSE_S", 0.1)
    stream = await desk.ready()
    hangs = desk.sound.close_hangs = threading.Event()
    await desk.microphone.close()
    assert "left behind" in caplog.text
    caplog.clear()
    hangs.set()
    assert await asyncio.to_thread(stream.closed.wait, 5)


async def test_closing_gives_the_device_back_and_ends_the_thread(desk: Desk) -> None:
    await desk.ready()
    await desk.microphone.close()
    assert desk.sound.open_streams == 0
    names = [thread.name for thread in threading.enumerate()]
    assert "microphone-standby" not in names
