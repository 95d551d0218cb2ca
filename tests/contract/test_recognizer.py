"""What every recogniser keeps; Vosk also keeps what its two ears promise."""

import asyncio
import hashlib
import importlib.util
import itertools
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.core.cancel import CancelToken
from app.core.errors import (
    AudioEmptyError,
    AudioFormatError,
    Cancelled,
    ModelCorruptError,
    ModelMissingError,
)
from app.core.model import Origin, Outcome, RunRecord, Utterance
from app.core.ports import Recognizer
from app.hearing import bench
from app.hearing.lexicon import Lexicon, load_lexicon
from app.hearing.readings import MOST_ALTERNATIVES, agrees
from app.hearing.recognizer import VoskRecognizer
from app.hearing.sherpa import SherpaRecognizer
from app.hearing.wav import FileSource
from app.journal.store import SqliteJournal
from app.system import paths
from app.system.worker import InferenceWorker
from tests import sherpa_models
from tests.fakes import HeldClock, ScriptedRecognizer, SilentAudio

MODEL = paths.program_root() / "models" / "vosk-model-small-cn-0.22"
SAMPLES = paths.resources() / "samples"
SITES = ("济南", "青岛", "烟台", "潍坊", "临沂", "泰安", "济宁", "德州", "聊城", "菏泽")
needs_model = [
    pytest.mark.model,
    pytest.mark.skipif(
        not MODEL.is_dir(), reason="models/vosk-model-small-cn-0.22 is not fetched"
    ),
]
LEXICON = load_lexicon(SITES, paths.resources() / "lexicon")
GIVEN = os.environ.get("GRIDDESK_SHERPA_MODEL", "")
"""A folder with a sherpa-onnx model of Mandarin, of whoever runs this."""
SHERPA = [
    *(
        f"sherpa, {kind}"
        for kind in ("zipformer", "paraformer", "sense_voice")
        if importlib.util.find_spec("sherpa_onnx")
    ),
    *(["sherpa, given"] if GIVEN else []),
]
"""One-sentence models where the library is installed; a missing one is no skip."""


class Samples:
    """Audio that is already in memory."""

    origin = Origin.MICROPHONE
    overflows = 3

    def __init__(self, pcm: bytes) -> None:
        self.pcm = pcm

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        for start in range(0, len(self.pcm), 3200):
            cancel.raise_if_cancelled()
            yield self.pcm[start : start + 3200]


def noise(seconds: float, level: float) -> Samples:
    samples = np.random.default_rng(5).normal(0, level, int(16_000 * seconds))
    return Samples(samples.astype("<i2").tobytes())


@pytest.fixture
def worker() -> Iterator[InferenceWorker]:
    worker = InferenceWorker()
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def keep() -> Iterator[InferenceWorker]:
    """Keep one loaded model for the file; its thread outlives each test."""
    worker = InferenceWorker("asyncio_kept_inference")
    yield worker
    worker.close()


@pytest.fixture(scope="module")
def vosk(keep: InferenceWorker) -> VoskRecognizer:
    return VoskRecognizer(MODEL, keep, LEXICON)


@pytest.fixture(
    params=[
        pytest.param("scripted"),
        pytest.param("vosk", marks=needs_model),
        *SHERPA,
    ]
)
def recognizer(
    request: pytest.FixtureRequest, worker: InferenceWorker, tmp_path: Path
) -> Recognizer:
    match request.param:
        case "scripted":
            return ScriptedRecognizer(partials=("查一下",))
        case "vosk":
            found: VoskRecognizer = request.getfixturevalue("vosk")
            return found
        case "sherpa, given":
            return SherpaRecognizer(Path(GIVEN), worker)
        case kind:
            make = getattr(sherpa_models, kind.removeprefix("sherpa, "))
            return SherpaRecognizer(make(tmp_path / "一句话"), worker)


async def hear(recognizer: Recognizer, file: str, partials: list[str] | None = None):
    return await recognizer.recognize(
        FileSource(SAMPLES / file),
        on_partial=(partials if partials is not None else []).append,
        cancel=CancelToken(),
    )


_heard: dict[str, Utterance] = {}


async def heard_once(vosk: VoskRecognizer, file: str) -> Utterance:
    """Give what the desk's own words make of a sample; decoded once for all tests."""
    if file not in _heard:
        _heard[file] = await hear(vosk, file)
    return _heard[file]


async def test_speech_becomes_its_words(recognizer: Recognizer) -> None:
    utterance = await hear(recognizer, "headcount_jinan.flac")
    assert utterance.text == "查一下济南工地的人数"
    assert utterance.agreed
    assert utterance.origin is Origin.FILE
    assert utterance.recognizer == recognizer.name != ""


async def test_partials_come_on_the_event_loop_before_the_result(
    recognizer: Recognizer,
) -> None:
    loops, texts = [], []

    def partial(text: str) -> None:
        loops.append(asyncio.get_running_loop())
        texts.append(text)

    await recognizer.recognize(
        FileSource(SAMPLES / "headcount_jinan.flac"),
        on_partial=partial,
        cancel=CancelToken(),
    )
    assert texts
    assert set(loops) == {asyncio.get_running_loop()}
    assert all(texts)
    assert not any(a == b for a, b in itertools.pairwise(texts))


class TestVosk:
    pytestmark = needs_model

    async def test_the_utterance_tells_how_it_was_heard(
        self, vosk: VoskRecognizer
    ) -> None:
        partials: list[str] = []
        utterance = await hear(vosk, "headcount_jinan.flac", partials)
        source = FileSource(SAMPLES / "headcount_jinan.flac")
        pcm = b"".join(source.blocks(CancelToken()))
        assert utterance.audio_sha256 == hashlib.sha256(pcm).hexdigest()
        assert utterance.audio_s == len(pcm) / 32_000
        assert utterance.decode_s > 0
        assert utterance.first_partial_ms is not None
        assert utterance.confidence is not None
        assert 0.3 < utterance.confidence <= 1
        assert "".join(word.text for word in utterance.words) == utterance.free_text
        starts = [word.start_s for word in utterance.words]
        assert starts == sorted(starts)
        assert utterance.agreement is not None
        assert utterance.agreement <= 0.25

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            ("helmet_qingdao.flac", "青岛 安全帽"),
            ("equipment_yantai.flac", "烟台 电笔"),
            ("two_checks_weifang.flac", "潍坊 人数 安全帽"),
            ("two_sites_helmet.flac", "临沂 泰安 安全帽"),
            ("declined_camera.flac", "打开 烟台 摄像头"),
            ("asked_no_site.flac", "电笔 有没有带"),
            ("greeting.flac", "你好"),
        ],
    )
    async def test_the_samples_are_heard(
        self, vosk: VoskRecognizer, file: str, words: str
    ) -> None:
        utterance = await heard_once(vosk, file)
        assert utterance.agreed
        for word in words.split():
            assert word in utterance.text

    async def test_other_hearings_are_others_and_few(
        self, vosk: VoskRecognizer
    ) -> None:
        files = sorted(SAMPLES.glob("*.flac"))
        several = 0
        for file in files:
            utterance = await heard_once(vosk, file.name)
            found = utterance.alternatives
            assert len(set(found)) == len(found) <= MOST_ALTERNATIVES
            assert utterance.text not in found
            assert all(found)
            assert not any("[unk]" in other for other in found)
            several += bool(found)
        assert 0 < several < len(files)

    async def test_without_a_lexicon_there_are_no_other_hearings(
        self, vosk: VoskRecognizer
    ) -> None:
        vosk.set_lexicon(None)
        try:
            utterance = await hear(vosk, "helmet_qingdao.flac")
        finally:
            vosk.set_lexicon(LEXICON)
        assert utterance.alternatives == ()

    async def test_the_journal_keeps_what_else_was_heard(
        self, vosk: VoskRecognizer, tmp_path: Path
    ) -> None:
        utterance = await hear(vosk, "helmet_qingdao.flac")
        assert utterance.alternatives
        clock = HeldClock()
        journal = SqliteJournal(tmp_path / "journal.sqlite", clock=clock)
        run = RunRecord(
            run_id="1" * 32,
            started_at=clock.now(),
            finished_at=clock.now(),
            operator="李明",
            workstation="一号席",
            origin=Origin.FILE,
            outcome=Outcome.DECLINED,
            utterance=utterance,
        )
        try:
            await journal.append(run)
            entry = journal.get(run.run_id)
        finally:
            journal.close()
        assert entry is not None
        assert entry.record.utterance == utterance

    async def test_overflows_are_passed_on(self, vosk: VoskRecognizer) -> None:
        source = FileSource(SAMPLES / "headcount_jinan.flac")
        audio = Samples(b"".join(source.blocks(CancelToken())))
        utterance = await vosk.recognize(
            audio, on_partial=lambda _: None, cancel=CancelToken()
        )
        assert utterance.overflows == 3
        assert utterance.origin is Origin.MICROPHONE

    async def test_silence_and_noise_are_told_apart(self, vosk: VoskRecognizer) -> None:
        for audio, sentence in (
            (SilentAudio(), "音量太低"),
            (noise(1.0, 20), "音量太低"),
            (noise(0.3, 3_000), "没有听清"),
        ):
            with pytest.raises(AudioEmptyError, match=sentence):
                await vosk.recognize(
                    audio, on_partial=lambda _: None, cancel=CancelToken()
                )

    async def test_no_samples_at_all_are_empty(self, vosk: VoskRecognizer) -> None:
        with pytest.raises(AudioEmptyError):
            await vosk.recognize(
                Samples(b""), on_partial=lambda _: None, cancel=CancelToken()
            )

    async def test_a_bad_file_is_refused_and_the_next_one_heard(
        self, vosk: VoskRecognizer, tmp_path: Path
    ) -> None:
        with pytest.raises(AudioFormatError):
            await vosk.recognize(
                FileSource(tmp_path / "none.wav"),
                on_partial=lambda _: None,
                cancel=CancelToken(),
            )
        assert (await hear(vosk, "headcount_jinan.flac")).text

    async def test_a_cancelled_run_stops_at_the_next_block(
        self, vosk: VoskRecognizer
    ) -> None:
        cancel = CancelToken()
        with pytest.raises(Cancelled):
            await vosk.recognize(
                FileSource(SAMPLES / "headcount_jinan.flac"),
                on_partial=lambda _: cancel.cancel(),
                cancel=cancel,
            )

    async def test_words_outside_the_lexicon_do_not_agree(
        self, keep: InferenceWorker, vosk: VoskRecognizer
    ) -> None:
        try:
            vosk.set_lexicon(Lexicon(names=("菏泽",), phrases=("查一下",)))
            utterance = await hear(vosk, "helmet_qingdao.flac")
            assert not utterance.agreed
            assert utterance.text == utterance.free_text
            assert utterance.lexicon_text != utterance.free_text
            vosk.set_lexicon(None)
            utterance = await hear(vosk, "helmet_qingdao.flac")
            assert utterance.agreed
            assert utterance.agreement is None
            assert utterance.lexicon_text == ""
            assert utterance.text == utterance.free_text
        finally:
            vosk.set_lexicon(LEXICON)

    async def test_an_unknown_word_is_filled_from_the_witness(
        self, vosk: VoskRecognizer
    ) -> None:
        without = ("查一下", "济南", "工地的", "人数", "工地", "的", "安全帽")
        vosk.set_lexicon(Lexicon(phrases=without))
        try:
            utterance = await hear(vosk, "two_checks_weifang.flac")
        finally:
            vosk.set_lexicon(LEXICON)
        assert "[unk]" not in utterance.text

    async def test_health_names_what_cannot_be_spelt(
        self, vosk: VoskRecognizer
    ) -> None:
        assert (await vosk.health()).ok
        vosk.set_lexicon(Lexicon(names=("GIS",)))
        try:
            assert await vosk.unspeakable() == ("GIS",)
            assert "GIS" in (await vosk.health()).detail
        finally:
            vosk.set_lexicon(LEXICON)

    async def test_health_says_that_so_many_names_were_never_measured(
        self, vosk: VoskRecognizer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("app.hearing.recognizer.MEASURED_NAMES", 2)
        try:
            vosk.set_lexicon(Lexicon(names=("济南", "青岛")))
            assert "未经测定" not in (await vosk.health()).detail
            vosk.set_lexicon(Lexicon(names=("济南", "青岛", "烟台")))
            assert "3 个, 超过 2 个未经测定" in (await vosk.health()).detail
        finally:
            vosk.set_lexicon(LEXICON)

    @pytest.mark.slow
    async def test_the_shipped_samples_make_a_bench(self, vosk: VoskRecognizer) -> None:
        report = await bench.measure(vosk, SAMPLES)
        assert report.clips == 8
        assert report.agreed == 1
        assert report.cer <= min(0.05, report.free_cer)

    async def test_recordings_make_a_bench(
        self, vosk: VoskRecognizer, tmp_path: Path
    ) -> None:
        shutil.copy(SAMPLES / "greeting.flac", tmp_path)
        lines = (SAMPLES / "transcripts.tsv").read_text(encoding="utf-8").splitlines()
        wanted = [lines[0], *(line for line in lines if "greeting" in line)]
        table = "\n".join(dict.fromkeys(wanted))
        (tmp_path / "transcripts.tsv").write_text(table, encoding="utf-8")
        report = await bench.measure(vosk, tmp_path)
        assert (report.clips, report.agreed, report.cer) == (1, 1, 0)


def test_both_distances_have_to_be_small() -> None:
    assert agrees(0.25, 0.5)
    assert not agrees(0.26, 0.0)
    assert not agrees(0.0, 0.51)


async def test_a_missing_model_is_named(
    worker: InferenceWorker, tmp_path: Path
) -> None:
    recognizer = VoskRecognizer(tmp_path / "vosk-model", worker)
    with pytest.raises(ModelMissingError, match="vosk-model"):
        await recognizer.warm_up()
    assert not (await recognizer.health()).ok


@pytest.mark.model
@pytest.mark.skipif(not MODEL.is_dir(), reason=needs_model[1].kwargs["reason"])
@pytest.mark.parametrize(
    ("file", "damage", "error"),
    [
        ("am/final.mdl", None, ModelMissingError),
        ("graph/HCLr.fst", 100, ModelCorruptError),
        ("graph/Gr.fst", 0, ModelCorruptError),
    ],
)
async def test_a_damaged_model_is_refused_before_vosk_aborts_on_it(
    worker: InferenceWorker,
    tmp_path: Path,
    file: str,
    damage: int | None,
    error: type[Exception],
) -> None:
    copy = tmp_path / "模型"
    shutil.copytree(MODEL, copy, copy_function=os.link)
    whole = (copy / file).read_bytes()
    (copy / file).unlink()
    if damage is not None:
        (copy / file).write_bytes(whole[:damage])
    with pytest.raises(error, match=file):
        await VoskRecognizer(copy, worker).warm_up()
