"""Recording from a device that is absent, late, busy, foreign, or goes away."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator

import numpy as np
import pytest

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError, AudioTooLongError, Cancelled
from app.hearing import line, microphone, recording
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from app.hearing.recording import Recording
from tests.virtual_audio import ScriptedSound, ScriptedStream, SoundError

BLOCK = b"\x01\x02" * 1600


class Desk:
    """A scripted sound library and the recordings made with it."""

    def __init__(self) -> None:
        self.takes: list[Recording] = []

    def use(self, sound: ScriptedSound) -> SoundSystem:
        self.sound = sound
        return SoundSystem(sound)  # type: ignore[arg-type]

    async def hold(
        self, sound: ScriptedSound | None = None, name: str | None = None
    ) -> Recording:
        system = self.use(sound or ScriptedSound())
        take = await SoundDeviceMicrophone(name, system=system).open()
        self.takes.append(take)
        return take

    @property
    def stream(self):
        return self.sound.streams[-1]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    yield desk
    for take in desk.takes:
        take.finish()
        assert await asyncio.to_thread(take.wait_closed, 5)


def rest(take: Recording) -> list[bytes]:
    return list(take.blocks(CancelToken()))


async def test_what_is_queued_at_release_is_still_delivered(desk: Desk) -> None:
    take = await desk.hold()
    for _ in range(5):
        desk.stream.push(BLOCK)
    take.finish()
    assert rest(take) == [BLOCK] * 5
    assert await asyncio.to_thread(desk.stream.closed.wait, 5)


async def test_the_block_under_way_at_release_is_waited_for(desk: Desk) -> None:
    take = await desk.hold()
    desk.stream.push(BLOCK)
    take.finish()
    late = threading.Timer(0.1, desk.stream.push, [b"\x09\x00" * 1600])
    late.start()
    blocks = rest(take)
    late.join()
    assert blocks == [BLOCK, b"\x09\x00" * 1600]


async def test_the_level_is_the_peak_of_the_last_block(desk: Desk) -> None:
    take = await desk.hold()
    assert take.level == 0
    desk.stream.push(b"\x00\x40" * 1600)
    assert take.level == pytest.approx(0.5)
    desk.stream.push(b"\x00\x80" * 1600)
    assert take.level == 1.0


async def test_a_full_queue_and_a_full_driver_are_both_counted() -> None:
    sound = ScriptedSound()
    take = Recording(None, SoundSystem(sound), queue_blocks=2)  # type: ignore[arg-type]
    started = threading.Event()
    take.start(lambda name, error: started.set())
    assert await asyncio.to_thread(started.wait, 5)
    for _ in range(3):
        sound.streams[0].push(BLOCK)
    sound.streams[0].push(BLOCK, overflow=True)
    take.finish()
    assert len(rest(take)) == 2
    assert take.overflows == 3
    assert await asyncio.to_thread(take.wait_closed, 5)


async def test_a_device_of_another_rate_is_resampled(desk: Desk) -> None:
    take = await desk.hold(ScriptedSound(rate=48_000, channels=2, only_own_form=True))
    assert desk.stream.form["samplerate"] == 48_000
    wave = 8_000 * np.sin(2 * np.pi * 440 * np.arange(48_000) / 48_000)
    stereo = np.repeat(wave[:, None], 2, axis=1).astype("<i2")
    for start in range(0, 48_000, 4_800):
        desk.stream.push(stereo[start : start + 4_800].tobytes())
    take.finish()
    heard = np.frombuffer(b"".join(rest(take)), dtype="<i2")
    assert len(heard) == pytest.approx(16_000, abs=2)
    assert np.argmax(np.abs(np.fft.rfft(heard))) == pytest.approx(440, abs=2)


async def test_the_device_is_found_by_its_name(desk: Desk) -> None:
    await desk.hold(name="USB 麦克风")
    assert desk.stream.form["device"] == 1


async def test_a_device_plugged_in_after_the_start_is_found(desk: Desk) -> None:
    sound = ScriptedSound(devices=("内置麦克风",))
    sound.plugged_later = ("耳机",)
    await desk.hold(sound, "耳机")
    assert desk.stream.form["device"] == 1


async def test_several_channels_become_one(desk: Desk) -> None:
    take = await desk.hold(ScriptedSound(rate=44_100, channels=6, only_own_form=True))
    wave = 8_000 * np.sin(2 * np.pi * 440 * np.arange(44_100) / 44_100)
    frames = np.repeat(wave[:, None], 6, axis=1).astype("<i2")
    for start in range(0, 44_100, 4_410):
        desk.stream.push(frames[start : start + 4_410].tobytes())
    assert take.left_s == pytest.approx(59.0)
    take.finish()
    heard = np.frombuffer(b"".join(rest(take)), dtype="<i2")
    assert len(heard) == pytest.approx(16_000, abs=2)
    assert np.argmax(np.abs(np.fft.rfft(heard))) == pytest.approx(440, abs=2)


async def test_an_open_stream_is_not_killed_by_looking_for_devices(
    desk: Desk,
) -> None:
    system = desk.use(ScriptedSound())
    mic = SoundDeviceMicrophone(system=system)
    desk.takes.append(await mic.open())
    assert (await mic.health()).ok
    assert desk.sound.refreshed == 0


async def test_a_name_that_is_not_plugged_in_is_an_error_that_names_it(
    desk: Desk,
) -> None:
    with pytest.raises(AudioDeviceError, match=r"「耳机」.*内置麦克风"):
        await desk.hold(name="耳机")


async def test_no_device_at_all_is_an_error_and_ill_health(desk: Desk) -> None:
    system = desk.use(ScriptedSound(devices=()))
    mic = SoundDeviceMicrophone(system=system)
    with pytest.raises(AudioDeviceError, match="没有找到麦克风"):
        await mic.open()
    health = await mic.health()
    assert not health.ok
    assert health.remedy


async def test_the_watchdog_notices_a_device_that_falls_silent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "WATCHDOG_S", 0.2)
    take = await desk.hold()
    desk.stream.push(BLOCK)
    blocks = take.blocks(CancelToken())
    assert next(blocks) == BLOCK
    with pytest.raises(AudioDeviceError, match="断开"):
        await asyncio.to_thread(next, blocks)


async def test_a_device_that_says_it_ended_is_gone_at_once(desk: Desk) -> None:
    take = await desk.hold()
    desk.stream.push(BLOCK)
    desk.stream.vanish()
    with pytest.raises(AudioDeviceError, match="断开"):
        await asyncio.to_thread(rest, take)


async def test_a_driver_that_breaks_while_it_is_watched_ends_the_recording(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    take = await desk.hold()
    desk.stream.latency = "unknown"
    take.finish()
    with pytest.raises(AudioDeviceError, match="出错"):
        await asyncio.to_thread(rest, take)
    assert "the recording broke off" in caplog.text
    caplog.clear()


async def test_a_key_that_is_held_too_long_ends_the_recording(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "LONGEST_S", 0.3)
    take = await desk.hold()
    left = []
    for _ in range(5):
        desk.stream.push(BLOCK)
        left.append(round(take.left_s, 1))
    assert left == [0.2, 0.1, 0.0, 0.0, 0.0]
    with pytest.raises(AudioTooLongError):
        await asyncio.to_thread(rest, take)
    assert take.ended
    assert take.overflows == 0


async def test_a_driver_that_hangs_while_opening_is_not_waited_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(microphone, "OPEN_S", 0.2)
    monkeypatch.setattr(line, "FIRST_BLOCK_S", 60.0)
    sound = ScriptedSound()
    sound.open_hangs = threading.Event()
    with pytest.raises(AudioDeviceError, match="没有响应"):
        await desk.hold(sound)
    sound.open_hangs.set()
    # What opened too late is closed again: nobody may be listening unseen.
    assert await asyncio.to_thread(sound.streams[0].closed.wait, 5)


async def test_a_driver_that_hangs_while_closing_holds_nobody_up(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.hearing.devices._PATIENCE_S", 0.2)
    sound = ScriptedSound()
    sound.close_hangs = threading.Event()
    system = desk.use(sound)
    mic = SoundDeviceMicrophone(system=system)
    take = await mic.open()
    sound.streams[0].push(BLOCK)
    take.finish()
    assert rest(take) == [BLOCK]
    with pytest.raises(AudioDeviceError, match="没有响应"):
        await mic.open()
    sound.close_hangs.set()
    assert await asyncio.to_thread(take.wait_closed, 5)


async def test_cancelling_ends_the_blocks_and_gives_the_device_back(
    desk: Desk,
) -> None:
    take = await desk.hold()
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(take.blocks(cancel))
    assert await asyncio.to_thread(desk.stream.closed.wait, 5)


async def test_opening_leaves_the_event_loop_free(desk: Desk) -> None:
    sound = ScriptedSound()
    sound.open_hangs = threading.Event()
    opening = asyncio.ensure_future(desk.hold(sound))
    for _ in range(3):
        await asyncio.sleep(0)
    assert not opening.done()
    sound.open_hangs.set()
    await opening


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SoundError("Device unavailable", -9985), "正被其他程序占用"),
        (SoundError("Invalid device", -9996), "已被拔出或关机"),
        (SoundError("Invalid sample rate", -9997), "不提供可用的采样格式"),
        (SoundError("Invalid number of channels", -9998), "不提供可用的采样格式"),
        (
            SoundError(
                "Unanticipated host error", -9999, (8, -13, "Permission denied")
            ),
            "没有使用麦克风「内置麦克风」的权限",
        ),
        (
            SoundError("Unanticipated host error", -9999, (13, -2147024891, "")),
            "没有使用麦克风「内置麦克风」的权限",
        ),
        (
            SoundError("Unanticipated host error", -9999, (8, -19, "No such device")),
            "已被拔出或关机",
        ),
        (SoundError("Internal PortAudio error", -9986), "无法打开"),
        (SoundError("Error opening stream"), "无法打开"),
    ],
)
async def test_each_failure_of_portaudio_has_its_sentence(
    desk: Desk, error: Exception, sentence: str
) -> None:
    sound = ScriptedSound()
    sound.refusal = error
    with pytest.raises(AudioDeviceError, match=sentence) as told:
        await desk.hold(sound)
    assert told.value.remedy.endswith("期间可以直接输入文字。")


@pytest.mark.parametrize("busy_at", [16_000, 48_000])
async def test_a_busy_device_is_not_told_as_one_of_a_foreign_form(
    desk: Desk, busy_at: int
) -> None:
    class BusyInItsOwnForm(ScriptedSound):
        def RawInputStream(self, **form: object) -> ScriptedStream:
            if form["samplerate"] == busy_at:
                raise SoundError("Device unavailable", -9985)
            raise SoundError("Invalid sample rate", -9997)

    with pytest.raises(AudioDeviceError, match="占用"):
        await desk.hold(BusyInItsOwnForm(rate=48_000))


async def test_a_device_is_offered_once_however_many_ways_lead_to_it(
    desk: Desk,
) -> None:
    sound = ScriptedSound(devices=("内置麦克风", "USB 麦克风", "内置麦克风", "虚拟线"))
    sound.hosts = {2: 1, 3: 1}
    mic = SoundDeviceMicrophone(system=desk.use(sound))
    names = [each.name for each in await mic.inputs()]
    assert names == ["内置麦克风", "USB 麦克风"]


_NO_LIBRARY = """
import asyncio, ctypes.util
ctypes.util.find_library = lambda name: None
from app.core.errors import LibraryMissingError
from app.hearing.microphone import SoundDeviceMicrophone
async def main():
    mic = SoundDeviceMicrophone(standby=True, cue=True)
    mic.stand_by()
    health = await mic.health()
    assert not health.ok and "libportaudio2" in health.detail, health
    try:
        await mic.inputs()
    except LibraryMissingError:
        pass
    else:
        raise AssertionError("a list without a library")
    try:
        await mic.open()
    except LibraryMissingError as error:
        assert "libportaudio2" in error.message and error.exit_status == 3
        await mic.close()
        print("named")
asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PortAudio is bundled")
def test_without_portaudio_the_package_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _NO_LIBRARY], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "named", done.stderr


_TWO_THREADS = """
import ctypes.util, threading
def find_library(name):
    if second.ident is None:
        second.start()
        # The second has to wait for the first, and so does not end here.
        second.join(0.3)
ctypes.util.find_library = find_library
from app.core.errors import LibraryMissingError
from app.hearing.devices import load_library
def load():
    try:
        load_library()
    except LibraryMissingError:
        print("named")
first, second = threading.Thread(target=load), threading.Thread(target=load)
first.start()
first.join()
second.join()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere PortAudio is bundled")
def test_a_missing_portaudio_is_named_to_whoever_asks_at_once() -> None:
    """The desk opens the microphone while it asks after its health."""
    done = subprocess.run(
        [sys.executable, "-c", _TWO_THREADS], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.count("named") == 2, done.stderr
