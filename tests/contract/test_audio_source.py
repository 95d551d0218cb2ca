"""What every audio source keeps, from a file or from a microphone."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.cancel import CancelToken
from app.core.errors import Cancelled
from app.core.model import Origin
from app.core.ports import AudioSource
from app.hearing.devices import SoundSystem
from app.hearing.recording import Recording
from app.hearing.wav import FileSource
from tests.fakes import SilentAudio
from tests.virtual_audio import ScriptedSound

SAMPLES = np.random.default_rng(7).integers(-9000, 9000, 8_000, dtype="<i2")

Make = Callable[[Path], AudioSource]


def from_file(folder: Path) -> AudioSource:
    soundfile.write(folder / "a.wav", SAMPLES, 16_000, subtype="PCM_16")
    return FileSource(folder / "a.wav")


def from_microphone(folder: Path) -> AudioSource:
    sound = ScriptedSound()
    take = Recording(None, SoundSystem(sound))  # type: ignore[arg-type]
    started = threading.Event()
    take.start(lambda name, error: started.set())
    assert started.wait(5)
    for start in range(0, len(SAMPLES), 1_600):
        sound.streams[0].push(SAMPLES[start : start + 1_600].tobytes())
    take.finish()
    return take


@pytest.fixture(params=[from_file, from_microphone], ids=["file", "microphone"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[AudioSource]:
    source = request.param(tmp_path)
    yield source
    if isinstance(source, Recording):
        assert source.wait_closed(5)


def test_the_blocks_are_the_samples_in_order(source: AudioSource) -> None:
    blocks = list(source.blocks(CancelToken()))
    assert b"".join(blocks) == SAMPLES.tobytes()
    assert all(len(block) % 2 == 0 for block in blocks)


def test_nothing_is_lost_when_somebody_reads(source: AudioSource) -> None:
    list(source.blocks(CancelToken()))
    assert source.overflows == 0


def test_a_cancelled_token_ends_the_blocks(source: AudioSource) -> None:
    cancel = CancelToken()
    blocks = source.blocks(cancel)
    next(blocks)
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(blocks)


def test_the_origin_is_sound(source: AudioSource) -> None:
    assert source.origin in (Origin.FILE, Origin.MICROPHONE)


def test_the_fake_is_held_to_the_same() -> None:
    cancel = CancelToken()
    assert b"".join(SilentAudio().blocks(cancel))
    cancel.cancel()
    with pytest.raises(Cancelled):
        list(SilentAudio().blocks(cancel))
