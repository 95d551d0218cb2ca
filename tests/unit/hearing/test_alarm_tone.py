"""The tone of an alarm: heard, silenced at once, and missing without an error."""

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from app.hearing import alarm_tone
from app.hearing.alarm_tone import AlarmTone, tone
from app.hearing.devices import SoundSystem
from tests.virtual_audio import ScriptedSound


def made(sound: ScriptedSound, **options: Any) -> AlarmTone:
    return AlarmTone(SoundSystem(sound), **options)  # type: ignore[arg-type]


def ring(alarm: AlarmTone) -> None:
    """Play, and wait until it is over."""
    alarm.play()
    assert alarm._playing is not None
    alarm._playing.join(5)


def test_the_tone_is_loud_soft_at_its_ends_and_three_pulses() -> None:
    samples = np.frombuffer(tone(48_000), dtype="<i2").astype(float) / 32768
    assert 0.4 < np.abs(samples).max() <= 0.5
    assert samples[0] == 0
    assert np.abs(np.diff(samples)).max() < 0.1, "no crack"
    loud = np.abs(samples).reshape(-1, 480).max(axis=1) > 0.05
    assert np.count_nonzero(np.diff(loud.astype(int)) == 1) + int(loud[0]) == 3


def test_the_whole_tone_is_played_and_the_loudspeaker_given_back() -> None:
    sound = ScriptedSound()
    alarm = made(sound)
    ring(alarm)
    assert b"".join(sound.played) == tone(48_000)
    assert sound.outputs_open == 0
    assert alarm.lasts_s > len(tone(48_000)) / 2 / 48_000
    ring(alarm)
    assert len(b"".join(sound.played)) == 2 * len(tone(48_000))
    alarm.close()
    alarm.play()
    assert len(b"".join(sound.played)) == 2 * len(tone(48_000))


def test_it_falls_silent_in_the_middle_when_the_operator_talks() -> None:
    alarm: AlarmTone

    class Counting(list[bytes]):
        def append(self, block: bytes) -> None:
            super().append(block)
            alarm.stop()

    sound = ScriptedSound()
    sound.played = Counting()
    alarm = made(sound)
    ring(alarm)
    assert len(sound.played) == 1
    assert sound.outputs_open == 0


def test_two_tones_never_sound_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = threading.Event()

    class Waiting(list[bytes]):
        def append(self, block: bytes) -> None:
            super().append(block)
            gate.wait(5)

    sound = ScriptedSound()
    sound.played = Waiting()
    alarm = made(sound)
    alarm.play()
    first = alarm._playing
    alarm.play()
    assert alarm._playing is first
    gate.set()
    alarm.close()


async def test_without_a_loudspeaker_it_says_so_and_is_tried_again() -> None:
    sound = ScriptedSound()
    sound.loudspeakers = 0
    alarm = made(sound)
    await asyncio.to_thread(ring, alarm)
    health = await alarm.health()
    assert (health.key, health.ok) == ("alarm_sound", False)
    assert "没有可用的声音输出" in health.detail
    assert "不响" in health.detail
    assert health.remedy
    sound.loudspeakers = 1
    await asyncio.to_thread(ring, alarm)
    health = await alarm.health()
    assert health.ok
    assert sound.played


async def test_a_loudspeaker_that_does_not_open_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(**_form: object) -> object:
        raise sound.PortAudioError("Device unavailable")

    sound = ScriptedSound()
    monkeypatch.setattr(sound, "RawOutputStream", refused)
    alarm = made(sound)
    await asyncio.to_thread(ring, alarm)
    health = await alarm.health()
    assert not health.ok
    assert "打不开" in health.detail


async def test_a_driver_that_hangs_is_told_and_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gate = threading.Event()
    asked: list[threading.Thread] = []

    def hangs(kind: str = "") -> object:
        asked.append(threading.current_thread())
        gate.wait(20)
        return {"name": "扬声器", "default_samplerate": 48_000.0}

    sound = ScriptedSound()
    monkeypatch.setattr(sound, "query_devices", hangs)
    monkeypatch.setattr(alarm_tone, "OPEN_S", 0.05)
    health = await made(sound).health()
    assert not health.ok
    assert "声音驱动没有响应" in health.detail
    # Nothing that the end of the program waits for.
    assert [thread.daemon for thread in asked] == [True]
    gate.set()
    await asyncio.to_thread(asked[0].join)


async def test_a_tone_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gate, begun = threading.Event(), threading.Event()

    class Hanging(list[bytes]):
        def append(self, block: bytes) -> None:
            begun.set()
            gate.wait(20)

    sound = ScriptedSound()
    sound.played = Hanging()
    alarm = made(sound)
    alarm.play()
    await asyncio.to_thread(begun.wait)
    health = await alarm.health()
    assert health.ok, "it sounds"
    monkeypatch.setattr(alarm_tone, "HANGS_S", -1.0)
    alarm.play()
    health = await alarm.health()
    assert not health.ok
    assert "声音驱动没有响应" in health.detail
    gate.set()
    await asyncio.to_thread(alarm.close)
    health = await alarm.health()
    assert health.ok, "the driver has come back"
