"""What sherpa-onnx keeps as a recogniser, with tiny models that know one sentence."""

import hashlib
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from app.compose import House
from app.core.cancel import CancelToken
from app.core.errors import (
    AudioEmptyError,
    AudioFormatError,
    Cancelled,
    LibraryMissingError,
    ModelCorruptError,
    ModelMissingError,
)
from app.core.model import Origin
from app.core.ports import AudioSource
from app.hearing.recognizer import VoskRecognizer
from app.hearing.sherpa import SherpaRecognizer, _WholeEar
from app.hearing.wav import FileSource
from app.settings.declaration import Settings
from app.settings.file import changed, save
from app.system import paths
from app.system.worker import InferenceWorker
from tests import sherpa_models
from tests.sherpa_models import SENTENCE

SAMPLE = paths.resources() / "samples" / "headcount_jinan.flac"


class Samples:
    """Audio in memory, which knows who read it."""

    origin = Origin.MICROPHONE
    overflows = 3

    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm
        self.readers: set[str] = set()

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        for start in range(0, len(self.pcm), 3200):
            self.readers.add(threading.current_thread().name)
            yield self.pcm[start : start + 3200]


def noise(seconds: float, level: float) -> Samples:
    samples = np.random.default_rng(5).normal(0, level, int(16_000 * seconds))
    return Samples(samples.astype("<i2").tobytes())


def click() -> Samples:
    """Give a sound above silence that is no speech."""
    samples = np.zeros(16_000, "<i2")
    samples[8_000] = 300
    return Samples(samples.tobytes())


@pytest.fixture
def worker() -> Iterator[InferenceWorker]:
    worker = InferenceWorker()
    yield worker
    worker.close()


@pytest.fixture(params=["zipformer", "paraformer", "sense_voice"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    make: Callable[[Path], Path] = getattr(sherpa_models, request.param)
    return make(tmp_path / "一句话")


@pytest.fixture
def sherpa(model: Path, worker: InferenceWorker) -> SherpaRecognizer:
    return SherpaRecognizer(model, worker)


async def hear(
    recognizer: SherpaRecognizer, audio: AudioSource, partials: list[str] | None = None
):
    return await recognizer.recognize(
        audio,
        on_partial=(partials if partials is not None else []).append,
        cancel=CancelToken(),
    )


async def test_there_is_one_reading_and_nothing_bears_it_out(
    sherpa: SherpaRecognizer,
) -> None:
    utterance = await hear(sherpa, FileSource(SAMPLE))
    assert utterance.text == utterance.free_text == SENTENCE
    assert utterance.agreement is None
    assert utterance.agreed
    assert utterance.lexicon_text == ""
    assert utterance.alternatives == ()
    assert utterance.confidence is None


async def test_the_utterance_tells_how_it_was_heard(sherpa: SherpaRecognizer) -> None:
    pcm = b"".join(FileSource(SAMPLE).blocks(CancelToken()))
    audio = Samples(pcm)
    utterance = await hear(sherpa, audio)
    assert utterance.audio_sha256 == hashlib.sha256(pcm).hexdigest()
    assert utterance.audio_s == len(pcm) / 32_000
    assert utterance.decode_s > 0
    assert utterance.first_partial_ms is not None
    assert utterance.recognizer == sherpa.name == "一句话"
    assert utterance.origin is Origin.MICROPHONE
    assert utterance.overflows == 3
    assert audio.readers == {"inference"}


async def test_partials_grow_to_the_result(sherpa: SherpaRecognizer) -> None:
    partials: list[str] = []
    await hear(sherpa, FileSource(SAMPLE), partials)
    assert len(partials) >= 3
    assert all(b.startswith(a) and a != b for a, b in pairwise(partials))
    assert SENTENCE.startswith(partials[-1])


async def test_the_last_word_is_heard_though_nothing_follows_it(
    sherpa: SherpaRecognizer,
) -> None:
    # As much sound as the slowest of the models needs, and no silence after it.
    assert (await hear(sherpa, noise(1.8, 3_000))).text == SENTENCE


async def test_silence_and_what_is_not_understood_are_told_apart(
    sherpa: SherpaRecognizer,
) -> None:
    for audio, sentence in (
        (Samples(bytes(32_000)), "音量太低"),
        (noise(1.0, 20), "音量太低"),
        (click(), "没有听清"),
        (Samples(b""), "没有录到"),
    ):
        with pytest.raises(AudioEmptyError, match=sentence):
            await hear(sherpa, audio)


async def test_words_made_up_in_silence_are_not_heard(
    tmp_path: Path, worker: InferenceWorker
) -> None:
    fancies = sherpa_models.zipformer(tmp_path / "幻听", loud=-1000)
    partials: list[str] = []
    with pytest.raises(AudioEmptyError, match="音量太低"):
        await hear(SherpaRecognizer(fancies, worker), Samples(bytes(64_000)), partials)
    assert partials


@pytest.mark.parametrize("samples", [1, 160, 400, 800, 1600])
async def test_a_recording_shorter_than_a_frame_is_empty(
    sherpa: SherpaRecognizer, samples: int
) -> None:
    quiet = np.full(samples, 300, "<i2")
    with pytest.raises(AudioEmptyError):
        await hear(sherpa, Samples(quiet.tobytes()))


async def test_a_cancelled_run_stops_and_leaves_nothing_to_the_next(
    sherpa: SherpaRecognizer,
) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        await sherpa.recognize(
            FileSource(SAMPLE), on_partial=lambda _: cancel.cancel(), cancel=cancel
        )
    assert (await hear(sherpa, FileSource(SAMPLE))).text == SENTENCE


async def test_no_block_is_read_after_a_cancel(sherpa: SherpaRecognizer) -> None:
    cancel, read = CancelToken(), []

    class Cancelling(Samples):
        def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
            for block in super().blocks(cancel):
                read.append(block)
                if len(read) == 3:
                    cancel.cancel()
                yield block

    with pytest.raises(Cancelled):
        await sherpa.recognize(
            Cancelling(bytes(32_000)), on_partial=lambda _: None, cancel=cancel
        )
    assert len(read) == 3


async def test_a_bad_file_is_refused_and_the_next_one_heard(
    sherpa: SherpaRecognizer, tmp_path: Path
) -> None:
    with pytest.raises(AudioFormatError):
        await hear(sherpa, FileSource(tmp_path / "none.wav"))
    assert (await hear(sherpa, FileSource(SAMPLE))).text == SENTENCE


async def test_health_loads_and_names_the_model(sherpa: SherpaRecognizer) -> None:
    health = await sherpa.health()
    assert health.ok
    assert "一句话" in health.detail


async def test_a_missing_model_is_named(
    tmp_path: Path, worker: InferenceWorker
) -> None:
    recognizer = SherpaRecognizer(tmp_path / "zipformer-zh", worker)
    with pytest.raises(ModelMissingError, match="zipformer-zh"):
        await recognizer.warm_up()
    assert not (await recognizer.health()).ok


async def test_without_the_library_it_says_what_to_install(
    sherpa: SherpaRecognizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", None)
    with pytest.raises(LibraryMissingError) as caught:
        await sherpa.warm_up()
    assert "griddesk[sherpa]" in caught.value.remedy
    assert not (await sherpa.health()).ok


async def test_parts_that_do_not_fit_are_a_broken_model(
    tmp_path: Path, worker: InferenceWorker
) -> None:
    model = sherpa_models.zipformer(tmp_path / "混装")
    shutil.copy(model / "decoder-tiny.onnx", model / "joiner-tiny.onnx")
    with pytest.raises(ModelCorruptError, match="混装"):
        await hear(SherpaRecognizer(model, worker), FileSource(SAMPLE))


async def test_a_network_that_cannot_be_read_is_a_broken_model(
    tmp_path: Path, worker: InferenceWorker
) -> None:
    model = sherpa_models.zipformer(tmp_path / "损坏")
    joiner = model / "joiner-tiny.onnx"
    raw = bytearray(joiner.read_bytes())
    raw[40:60] = b"\xff" * 20
    joiner.write_bytes(raw)
    with pytest.raises(ModelCorruptError, match="损坏"):
        await SherpaRecognizer(model, worker).warm_up()


@pytest.fixture
def decoded() -> list[int]:
    """Say how many samples each decoding had that `whole_ear` asked for."""
    return []


@pytest.fixture
def whole_ear(decoded: list[int]) -> _WholeEar:
    def stream() -> SimpleNamespace:
        return SimpleNamespace(
            accept_waveform=lambda rate, samples: decoded.append(len(samples)),
            result=SimpleNamespace(text=""),
        )

    library = SimpleNamespace(create_stream=stream, decode_stream=lambda stream: None)
    return _WholeEar(library)


def test_hearing_all_again_for_partials_stays_a_small_multiple(
    whole_ear: _WholeEar, decoded: list[int]
) -> None:
    for _ in range(600):
        whole_ear.hear(np.zeros(1600, np.float32))
    whole_ear.finish()
    assert decoded[-1] == 600 * 1600
    assert sum(decoded) < 7 * decoded[-1]
    assert len(decoded) > 15


def test_no_recording_is_shorter_than_what_the_library_reads(
    whole_ear: _WholeEar, decoded: list[int]
) -> None:
    # sense-voice takes seven frames of 10 ms, without asking whether there are seven.
    whole_ear.hear(np.zeros(160, np.float32))
    whole_ear.finish()
    assert decoded == [3200]


class TestChoosing:
    """`recogniser.model` names a folder, and its files tell the kind."""

    @pytest.fixture
    def chosen(self, own_home: Path) -> str:
        settings = changed(Settings(), "recogniser.model", "zipformer-zh")
        save(own_home / "settings.toml", settings)
        return "zipformer-zh"

    async def test_a_folder_for_sherpa_is_heard_with_it(
        self, own_home: Path, chosen: str
    ) -> None:
        sherpa_models.zipformer(own_home / "models" / chosen)
        with House() as house:
            assert isinstance(house.recognizer, SherpaRecognizer)
            assert (await hear(house.recognizer, FileSource(SAMPLE))).text == SENTENCE

    async def test_a_folder_with_a_missing_file_still_is_for_sherpa(
        self, own_home: Path, chosen: str
    ) -> None:
        model = sherpa_models.zipformer(own_home / "models" / chosen)
        (model / "tokens.txt").unlink()
        with House() as house:
            health = await house.recognizer.health()
        assert not health.ok
        assert "tokens.txt" in health.detail

    def test_everything_else_is_for_vosk(self, chosen: str) -> None:
        with House() as house:
            assert isinstance(house.recognizer, VoskRecognizer)
