"""Other readings of a recording, put together without a model."""

import json
from collections.abc import Sequence
from typing import cast

import pytest
import vosk

from app.core.model import Word
from app.hearing.ears import Hearing, WideEar
from app.hearing.lexicon import Grammar
from app.hearing.readings import MOST_ALTERNATIVES, other_readings

GRAMMAR = Grammar(text="[]", size=0)


def words(text: str, start: float = 0.0) -> tuple[Word, ...]:
    """Give a word of one second for each part of `text`."""
    return tuple(
        Word(text=part, start_s=start + n, end_s=start + n + 1, confidence=0.0)
        for n, part in enumerate(text.split())
    )


def stretch(*ways: tuple[str, float], start: float = 0.0) -> tuple[Hearing, ...]:
    return tuple(Hearing(words=words(text, start), score=score) for text, score in ways)


def others(
    text: str,
    *stretches: tuple[Hearing, ...],
    witness: str = "",
    grammar: Grammar = GRAMMAR,
) -> tuple[str, ...]:
    return other_readings(text, stretches, words(witness), grammar)


def test_the_likelier_comes_first_and_the_text_is_none_of_them() -> None:
    heard = stretch(("济南 人数", 9.0), ("济宁 人数", 8.0), ("青岛 人数", 7.0))
    assert others("济南人数", heard) == ("济宁人数", "青岛人数")
    # The text may be any of them, or, where the ears disagree, none.
    assert others("济宁人数", heard) == ("济南人数", "青岛人数")
    assert others("金宁人数", heard) == ("济南人数", "济宁人数", "青岛人数")


def test_what_is_written_alike_in_the_end_is_one_reading() -> None:
    heard = stretch(
        ("济南 没 戴 安全帽", 9.0),
        ("济南 没 带 安全帽", 8.0),
        ("济宁 没 带 安全帽", 7.0),
        ("济宁 没 戴 安全帽", 6.0),
    )
    assert others("济南没戴安全帽", heard) == ("济宁没戴安全帽",)


def test_names_are_restored_and_unknown_words_filled_as_in_the_text() -> None:
    grammar = Grammar(text="[]", size=0, respelt=(("莒南", "举南"), ("居县", "莒县")))
    heard = stretch(("[unk] 莒南", 9.0), ("[unk] 居县", 8.0), ("[unk]", 7.0))
    found = others("不要举南", heard, witness="不要 居县", grammar=grammar)
    assert found == ("不要莒县", "不要")


def test_no_more_than_four_are_given() -> None:
    heard = stretch(*((f"济南 {n}", -float(n)) for n in range(9)))
    assert len(others("", heard)) == MOST_ALTERNATIVES == 4


def test_a_long_recording_varies_one_stretch_at_a_time() -> None:
    found = others(
        "济南人数泰安设备",
        stretch(("济南 人数", 90.0), ("济宁 人数", 87.0)),
        stretch(("泰安 设备", 20.0), ("台安 设备", 19.0), ("太安 设备", 15.0), start=2),
    )
    assert found == ("济南人数台安设备", "济宁人数泰安设备", "济南人数太安设备")


def test_nothing_heard_gives_nothing() -> None:
    assert others("济南") == ()
    assert others("济南", stretch(("", 3.0))) == ()


class ScriptedKaldi:
    """Says that a stretch has ended at every block but the last."""

    def __init__(self, results: Sequence[object]) -> None:
        self.results = [json.dumps(result) for result in results]
        self.asked: list[object] = []

    def SetWords(self, words: bool) -> None:
        self.asked.append(words)

    def SetMaxAlternatives(self, most: int) -> None:
        self.asked.append(most)

    def AcceptWaveform(self, block: bytes) -> bool:
        return len(self.results) > 1

    def Result(self) -> str:
        return self.results.pop(0)

    FinalResult = Result


@pytest.mark.parametrize(
    "silence", [{"text": ""}, {"alternatives": [{"text": "", "confidence": 1.0}]}]
)
def test_the_wide_ear_keeps_every_stretch_and_leaves_out_silence(
    silence: object,
) -> None:
    def way(score: float, *said: str) -> dict[str, object]:
        result = [
            {"word": word, "start": n, "end": n + 1} for n, word in enumerate(said)
        ]
        return {"confidence": score, "text": " ".join(said), "result": result}

    kaldi = ScriptedKaldi(
        [
            {"alternatives": [way(9.0, "济南", "人数"), way(8.0, "济宁", "人数")]},
            silence,
            {"alternatives": [way(5.0, "泰安")]},
        ]
    )
    ear = WideEar(cast("vosk.KaldiRecognizer", kaldi))
    for _ in range(3):
        ear.hear(b"")
    assert kaldi.asked == [True, 5]
    assert ear.finish() == (
        stretch(("济南 人数", 9.0), ("济宁 人数", 8.0)),
        stretch(("泰安", 5.0)),
    )
