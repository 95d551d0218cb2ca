"""The bench of recordings counts right, and hears the same again from its file."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.agent.desk_agent import DeskAgent
from app.compose import House
from app.core.cancel import CancelToken
from app.core.errors import UsageError
from app.core.model import (
    Call,
    Candidate,
    Check,
    Intent,
    Origin,
    Question,
    QuestionKind,
    Site,
    Understanding,
    Utterance,
    Word,
)
from app.hearing.pcm import peak_of
from app.hearing.sherpa import SherpaRecognizer
from app.system import paths
from tests.benchmarks.hearing import (
    COMBINED,
    FREE,
    LEXICON,
    as_read,
    delay,
    measure,
    seconds_of,
)
from tests.benchmarks.hearing_figures import HEAD, Figures, delays, table
from tests.benchmarks.hearing_kept import EarTime, Kept
from tests.benchmarks.hearing_sounds import Recording, Sound, read_folder, sound_of
from tests.fakes import ScriptedRecognizer
from tests.sherpa_models import SENTENCE, zipformer

MODEL = paths.program_root() / "models" / "vosk-model-small-cn-0.22"
SAMPLES = paths.resources() / "samples"
JINAN, QINGDAO = Site(id="1", name="济南"), Site(id="2", name="青岛")
SITES = (JINAN, QINGDAO)


def folder_of(folder: Path, *lines: str) -> Path:
    (folder / "transcripts.tsv").write_text(
        "".join(line.replace("|", "\t") + "\n" for line in lines), encoding="utf-8"
    )
    return folder


class TestFolder:
    def test_calls_and_intent_say_what_was_meant(self, tmp_path: Path) -> None:
        folder = folder_of(
            tmp_path,
            "file|text|intent|calls",
            "a.wav|查一下济南和青岛的人数||济南:headcount;青岛:headcount",
            "b.wav|查一下人数|no_place|:headcount",
            "c.wav|你好|greeting|",
            "d.wav|调高温度||",
        )
        a, b, c, d = read_folder(folder)
        assert a.intent is Intent.INSPECT
        assert a.pairs == {("济南", Check.HEADCOUNT), ("青岛", Check.HEADCOUNT)}
        assert b.pairs == {("", Check.HEADCOUNT)}
        assert [one.foreign for one in (a, b, c, d)] == [False, False, False, True]
        assert a.file == tmp_path / "a.wav"

    def test_every_row_of_a_foreign_folder_is_foreign(self, tmp_path: Path) -> None:
        rows = ("file|transcript|calls", "a.wav|济南|济南:headcount", "b.wav||")
        found = read_folder(folder_of(tmp_path, *rows), foreign=True)
        assert all(one.foreign for one in found)
        assert [one.text for one in found] == ["济南", ""]

    @pytest.mark.parametrize(
        "lines",
        [
            ("name|text", "a.wav|好"),
            ("file|words", "a.wav|好"),
            ("file|text|intent", "a.wav|好|sing"),
            ("file|text|calls", "a.wav|好|济南:weather"),
        ],
    )
    def test_a_table_that_cannot_be_used_is_named(
        self, lines: tuple[str, ...], tmp_path: Path
    ) -> None:
        with pytest.raises(UsageError, match="transcripts"):
            read_folder(folder_of(tmp_path, *lines))

    def test_a_folder_without_a_table_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="transcripts"):
            read_folder(tmp_path)


class TestNoise:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        time = np.arange(32_000) / 16_000
        soundfile.write(tmp_path / "a.wav", 0.2 * np.sin(2000 * time), 16_000)
        return tmp_path / "a.wav"

    @pytest.mark.parametrize("snr", [20, 10, 5])
    def test_it_is_as_loud_as_asked(self, file: Path, snr: int) -> None:
        clean, noisy = (
            np.frombuffer(sound_of(file, level), "<i2").astype(float)
            for level in (None, snr)
        )
        found = 20 * np.log10(clean.std() / (noisy - clean).std())
        assert found == pytest.approx(snr, abs=0.1)

    def test_it_is_pink(self, file: Path) -> None:
        clean, noisy = (
            np.frombuffer(sound_of(file, level), "<i2").astype(float)
            for level in (None, 5)
        )
        power = np.abs(np.fft.rfft(noisy - clean)) ** 2
        low, high = power[200:400].mean(), power[2000:4000].mean()
        assert 10 * np.log10(low / high) == pytest.approx(10, abs=2)

    def test_it_is_the_same_each_time_and_another_in_each_file(
        self, file: Path, tmp_path: Path
    ) -> None:
        other = tmp_path / "b.wav"
        other.write_bytes(file.read_bytes())
        assert sound_of(file, 10) == sound_of(file, 10) != sound_of(other, 10)
        assert sound_of(file, None) == sound_of(other, None)

    def test_what_is_too_loud_is_clipped(self, tmp_path: Path) -> None:
        loud = np.sign(np.sin(np.arange(16_000) / 10)) * 0.99
        soundfile.write(tmp_path / "a.wav", loud, 16_000)
        assert peak_of(sound_of(tmp_path / "a.wav", 5)) == 1.0


def recording(text: str, *pairs: tuple[str, Check]) -> Recording:
    intent = Intent.INSPECT if pairs else Intent.UNSUPPORTED
    return Recording(
        file=Path("a.wav"), text=text, intent=intent, pairs=frozenset(pairs)
    )


def sent(*calls: Call) -> Understanding:
    return Understanding(intent=Intent.INSPECT, calls=calls)


class TestCounting:
    HEADCOUNT = recording("济南人数", ("济南", Check.HEADCOUNT))
    RIGHT = Call(JINAN, Check.HEADCOUNT)
    WRONG = Call(QINGDAO, Check.HEADCOUNT)

    def counted(
        self, recording: Recording, made: Understanding, text: str = ""
    ) -> Figures:
        figures = Figures()
        heard = Utterance(text=text, origin=Origin.FILE)
        figures.add(recording, heard, made, SITES)
        return figures

    def asked(self, *calls: Call) -> Understanding:
        question = Question(
            kind=QuestionKind.CONFIRM,
            sentence="?",
            candidates=(Candidate(label="济南", calls=calls),),
        )
        return Understanding(intent=Intent.INSPECT, question=question)

    def test_errors_are_those_of_the_characters(self) -> None:
        figures = self.counted(self.HEADCOUNT, sent(), "济宁, 人数")
        assert (figures.errors, figures.spoken, figures.exact) == (1, 4, 0)
        assert self.counted(self.HEADCOUNT, sent(), "济南人数。").exact == 1

    def test_every_command_has_one_outcome(self) -> None:
        for made, expected in (
            (sent(self.RIGHT), (1, 0, 0, 0)),
            (self.asked(self.RIGHT), (0, 1, 0, 0)),
            (self.asked(self.WRONG), (0, 0, 1, 0)),
            (Understanding(intent=Intent.UNCLEAR), (0, 0, 1, 0)),
            (sent(self.WRONG), (0, 0, 0, 1)),
            (sent(self.RIGHT, self.WRONG), (0, 0, 0, 1)),
        ):
            figures = self.counted(self.HEADCOUNT, made)
            tally = figures.tally
            others = tally.needless - tally.offered
            found = (figures.right, tally.offered, others, tally.wrong)
            assert found == expected

    def test_what_is_dispatched_on_foreign_speech_is_a_false_accept(self) -> None:
        figures = self.counted(recording("调高温度"), sent(self.RIGHT))
        assert (figures.accepted, figures.foreign, figures.tally.wrong) == (1, 1, 1)
        figures = self.counted(recording("调高温度"), self.asked(self.RIGHT))
        assert (figures.accepted, figures.foreign) == (0, 1)

    def test_a_place_that_the_desk_does_not_have_is_no_command(self) -> None:
        abroad = recording("北京人数", ("北京", Check.HEADCOUNT))
        assert self.counted(abroad, sent()).tally.answerable == 0
        assert self.counted(abroad, sent(self.RIGHT)).tally.wrong == 1

    def test_the_table_has_a_cell_for_every_head(self) -> None:
        figures = self.counted(self.HEADCOUNT, sent(self.RIGHT), "济南人数")
        empty, full = Figures(), figures
        lines = table({("clean", FREE): full, ("5 dB", FREE): empty}).splitlines()
        assert {line.count("|") for line in lines} == {len(HEAD) + 1}
        assert "1 of 1 = 100.0%" in lines[2]

    def test_delays_are_told_in_milliseconds(self) -> None:
        told = delays([0.1, 0.2, 0.3], 1)
        assert "median 200 ms" in told
        assert "1 had it only with the result" in told
        assert delays([], 0) == "no partials"


class TestWays:
    HEARD = Utterance(
        text="查一下济南人数",
        origin=Origin.FILE,
        free_text="查一下技能人数",
        lexicon_text="查一下[unk]济南人数",
        agreement=0.4,
        agreed=False,
        alternatives=("查一下济宁人数",),
    )

    def test_one_ear_alone_knows_of_no_other(self) -> None:
        free, lexicon = as_read(self.HEARD, FREE), as_read(self.HEARD, LEXICON)
        assert free.text == "查一下技能人数"
        assert lexicon.text == "查一下济南人数"
        for one in (free, lexicon):
            assert one.free_text == one.text
            assert one.lexicon_text == ""
            assert one.alternatives == ()
            assert one.agreement is None
            assert one.agreed
        assert as_read(self.HEARD, COMBINED) is self.HEARD

    def test_a_reading_takes_as_long_as_its_ears(self) -> None:
        ears = [
            EarTime(limited=False, seconds=1.0),
            EarTime(limited=True, seconds=0.2),
            EarTime(limited=True, seconds=0.1),
        ]
        found = [seconds_of(ears, way) for way in (FREE, LEXICON, COMBINED)]
        assert found == pytest.approx([1.0, 0.3, 1.3])


class TestDelay:
    class Recognizer(ScriptedRecognizer):
        async def recognize(self, audio, *, on_partial, cancel):
            for _ in audio.blocks(CancelToken()):
                pass
            for text in self._partials:
                on_partial(text)
            word = Word(text="人数", start_s=0.0, end_s=0.05, confidence=1.0)
            return Utterance(
                text="济南人数",
                free_text="济南人数",
                origin=Origin.FILE,
                words=(word,) if self._text else (),
            )

    async def test_the_whole_text_has_to_be_shown(self) -> None:
        shown = await delay(self.Recognizer(partials=("济南", "济男人数")), bytes(3200))
        assert shown is not None
        assert shown.shown
        # A block of 100 ms is over before it can be heard.
        assert shown.seconds >= 0.05
        missed = await delay(self.Recognizer(partials=("济南",)), bytes(3200))
        assert missed is not None
        assert not missed.shown

    async def test_without_words_there_is_no_delay(self) -> None:
        assert await delay(self.Recognizer(text=""), bytes(3200)) is None


@pytest.mark.model
@pytest.mark.skipif(
    not MODEL.is_dir(), reason="models/vosk-model-small-cn-0.22 is not fetched"
)
class TestHearing:
    @pytest.fixture
    def rows(self) -> list[Recording]:
        text, call = "查一下济南工地的人数", ("济南", Check.HEADCOUNT)
        file = SAMPLES / "headcount_jinan.flac"
        return [replace(recording(text, call), file=file)]

    @pytest.fixture
    def house(self) -> Iterator[House]:
        with House() as house:
            # Rules alone: the model takes longer to load than all of this.
            house.agent = DeskAgent(house.worker, house.directory, None)
            yield house

    async def test_decoders_that_are_known_are_not_asked_again(
        self, house: House, rows: list[Recording], tmp_path: Path
    ) -> None:
        file = tmp_path / "kept.jsonl"
        first = Kept(file, house.recognizer.name)
        found = await measure(house, rows, [None], first)
        assert first.decoded == len(first.ears) > 1
        assert found["clean", COMBINED].right == 1
        assert found["clean", COMBINED].seconds > found["clean", LEXICON].seconds > 0

        again = Kept(file, house.recognizer.name)
        repeated = await measure(house, rows, [None], again)
        assert again.decoded == 0
        assert table(repeated) == table(found)

    async def test_what_was_asked_otherwise_is_decoded_anew(
        self, house: House, rows: list[Recording], tmp_path: Path
    ) -> None:
        file = tmp_path / "kept.jsonl"
        first = Kept(file, house.recognizer.name)
        found = await measure(house, rows, [None], first)
        items = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
        for item in items:
            # As if the ears had asked for other things half way.
            half = len(item["calls"]) // 2
            item["calls"][half][0] = "Reset"
            item["calls"][half:] = [["Reset", "{}"]] * 3
            item["seconds"] = 1000.0
        file.write_text("\n".join(map(json.dumps, items)) + '\n{"key"', "utf-8")
        again = Kept(file, house.recognizer.name)
        repeated = await measure(house, rows, [None], again)
        assert again.decoded == first.decoded
        for key, figures in found.items():
            assert figures.cells()[:-1] == repeated[key].cells()[:-1]
            assert repeated[key].seconds < 1000

    def test_vosk_is_left_as_it_was(self) -> None:
        import vosk

        before = vosk.KaldiRecognizer
        with Kept(None, "m").decoders():
            assert vosk.KaldiRecognizer is not before
        assert vosk.KaldiRecognizer is before

    async def test_nothing_heard_is_asked_about(
        self, house: House, tmp_path: Path
    ) -> None:
        soundfile.write(tmp_path / "a.wav", np.zeros(16_000), 16_000)
        folder_of(tmp_path, "file|text|calls", "a.wav|查一下济南的人数|济南:headcount")
        kept = Kept(None, house.recognizer.name)
        found = await measure(house, read_folder(tmp_path), [None], kept)
        for figures in found.values():
            assert figures.tally.needless == 1
            assert figures.tally.wrong == 0
            assert figures.errors == figures.spoken > 0


async def test_another_recogniser_is_measured_as_its_one_ear(tmp_path: Path) -> None:
    text, call = SENTENCE, ("济南", Check.HEADCOUNT)
    row = replace(recording(text, call), file=SAMPLES / "headcount_jinan.flac")
    with House() as house:
        house.agent = DeskAgent(house.worker, house.directory, None)
        house.recognizer = SherpaRecognizer(zipformer(tmp_path), house.worker)
        kept = Kept(None, house.recognizer.name)
        found = await measure(house, [row], [None], kept, ways=[FREE])
    assert found["clean", FREE].right == 1
    assert found["clean", FREE].seconds > 0


async def test_a_paced_sound_comes_as_fast_as_speech() -> None:
    sound = Sound(bytes(2 * 3200), paced=True)
    blocks = list(sound.blocks(CancelToken()))
    assert blocks == [bytes(3200)] * 2
    assert sound.began > 0
