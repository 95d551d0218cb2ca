"""Files: every kind that is read, and every kind that is refused."""

import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.cancel import CancelToken
from app.core.errors import (
    AudioEmptyError,
    AudioFormatError,
    AudioTooLongError,
    Cancelled,
)
from app.hearing.wav import FileSource


def tone(rate: int, seconds: float, channels: int = 1) -> np.ndarray:
    wave = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(rate * seconds)) / rate)
    return np.repeat(wave[:, None], channels, axis=1)


def read(path: Path) -> list[bytes]:
    return list(FileSource(path).blocks(CancelToken()))


def test_a_16_khz_mono_file_comes_bit_for_bit_in_blocks_of_100_ms(
    tmp_path: Path,
) -> None:
    samples = np.random.default_rng(1).integers(-32768, 32767, 16_500, dtype=np.int16)
    soundfile.write(tmp_path / "a.wav", samples, 16_000, subtype="PCM_16")
    blocks = read(tmp_path / "a.wav")
    assert b"".join(blocks) == samples.astype("<i2").tobytes()
    assert [len(block) for block in blocks] == [3200] * 10 + [1000]


@pytest.mark.parametrize(
    ("rate", "channels", "suffix", "subtype"),
    [
        (8_000, 1, "wav", "PCM_16"),
        (8_000, 1, "wav", "ULAW"),
        (44_100, 2, "wav", "PCM_24"),
        (48_000, 2, "flac", "PCM_16"),
        (48_000, 6, "wav", "FLOAT"),
        (96_000, 1, "flac", "PCM_24"),
    ],
)
def test_any_rate_and_channel_count_becomes_the_same_tone(
    tmp_path: Path, rate: int, channels: int, suffix: str, subtype: str
) -> None:
    path = tmp_path / f"录音.{suffix}"
    soundfile.write(path, tone(rate, 1.0, channels), rate, subtype=subtype)
    heard = np.frombuffer(b"".join(read(path)), dtype="<i2")
    assert len(heard) == pytest.approx(16_000, abs=2)
    spectrum = np.abs(np.fft.rfft(heard))
    assert np.argmax(spectrum) * 16_000 / len(heard) == pytest.approx(440, abs=2)
    assert np.abs(heard).max() == pytest.approx(16_384, rel=0.05)


def broken(folder: Path) -> dict[str, Path]:
    whole = folder / "whole.flac"
    soundfile.write(whole, tone(16_000, 2.0), 16_000)
    cut = folder / "cut.flac"
    cut.write_bytes(whole.read_bytes()[:200])
    text = folder / "text.wav"
    text.write_text("这不是录音")
    nothing = folder / "nothing.wav"
    nothing.touch()
    return {
        "missing": folder / "没有.wav",
        "folder": folder,
        "text": text,
        "nothing": nothing,
        "cut": cut,
    }


@pytest.mark.parametrize("kind", ["missing", "folder", "text", "nothing", "cut"])
def test_what_is_not_audio_is_refused_with_its_name(tmp_path: Path, kind: str) -> None:
    path = broken(tmp_path)[kind]
    with pytest.raises(AudioFormatError) as refused:
        read(path)
    assert path.name in refused.value.message


def test_a_file_without_samples_is_empty(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16_000)
    with pytest.raises(AudioEmptyError, match=r"a\.wav"):
        read(tmp_path / "a.wav")


def test_ten_minutes_are_refused_from_the_header_at_once(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, np.zeros(600 * 48_000, dtype=np.int16), 48_000)
    start = time.monotonic()
    with pytest.raises(AudioTooLongError, match="600 秒"):
        next(FileSource(path).blocks(CancelToken()))
    assert time.monotonic() - start < 1


def test_a_minute_is_not_too_long(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(60 * 8_000, dtype=np.int16), 8_000)
    assert len(read(tmp_path / "a.wav")) >= 600


def test_reading_stops_when_it_is_cancelled(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(16_000, 2.0), 16_000)
    cancel = CancelToken()
    blocks = FileSource(tmp_path / "a.wav").blocks(cancel)
    next(blocks)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(blocks)
