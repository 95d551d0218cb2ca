"""Transcripts and the lexicon, without a model."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.errors import ModelCorruptError
from app.core.model import Word
from app.hearing.lexicon import (
    Lexicon,
    Vocabulary,
    load_lexicon,
    read_vocabulary,
)
from app.hearing.readings import fill
from app.hearing.transcript import (
    join_words,
    reading_distance,
    settle_homophones,
    spelling_distance,
    syllables,
)
from app.system import paths
from app.tuning.phrases import lexicon as taught_words

WORDS = (
    "查 一下 一 下 济南 工地 的 人数 电 笔 带电 没 带 千伏 百 十 零 幺 卷 城 举 县 山"
)


@pytest.fixture
def vocabulary() -> Vocabulary:
    return Vocabulary(words=frozenset(WORDS.split()))


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["查", "一下", "济南"], "查一下济南"),
        (["查 一下", " 济南 "], "查一下济南"),
        (["GIS", "3", "号"], "GIS 3号"),
        (["Ａ", "区"], "A区"),
        ([], ""),
    ],
)
def test_words_are_joined_without_blanks_between_chinese(
    words: list[str], text: str
) -> None:
    assert join_words(words) == text


def test_syllables_have_no_tone_and_no_punctuation() -> None:
    assert syllables("济南,3号 GIS。") == (
        *("ji", "nan", "3", "hao"),
        *"gis",
    )


def test_readings_are_compared_by_sound() -> None:
    assert reading_distance("济南工地", "技能工地") < 0.2
    assert reading_distance("济南", "济南") == 0
    assert reading_distance("", "你好") == 1
    assert reading_distance("济南的人数", "信托受益权") > 0.25


def test_an_unknown_word_is_a_disagreement() -> None:
    assert reading_distance("查[unk]济南", "查济南") > 0.1
    assert reading_distance("[unk]", "查济南") == 1
    assert spelling_distance("查[unk]济南", "查一济南") == 0.25


def test_speech_that_only_sounds_alike_shares_no_spelling() -> None:
    assert spelling_distance("信过寿衣全的呗翻值", "信托收益权的百分之") > 0.5


@pytest.mark.parametrize(
    ("heard", "meant"),
    [
        ("电笔有没有戴", "电笔有没有带"),
        ("有没有人没带安全帽", "有没有人没戴安全帽"),
        ("安全帽戴了没有电笔戴了没有", "安全帽戴了没有电笔带了没有"),
        ("安全帽佩戴情况和电笔携带情况", "安全帽佩戴情况和电笔携带情况"),
        ("检查安全帽和安全带", "检查安全帽和安全带"),
        ("章丘合莱芜的人数", "章丘和莱芜的人数"),
        ("给济南合闸", "给济南合闸"),
        ("合格", "合格"),
        ("戴好了吗", "戴好了吗"),
    ],
)
def test_homophones_are_written_as_their_neighbours_ask(heard: str, meant: str) -> None:
    assert settle_homophones(heard) == meant


def test_a_phrase_is_cut_into_the_fewest_words(vocabulary: Vocabulary) -> None:
    assert vocabulary.segment("查一下济南") == ("查", "一下", "济南")
    assert vocabulary.segment("电笔") == ("电", "笔")
    assert vocabulary.segment("莒县") is None


def test_a_rare_character_is_spelt_by_its_sound_and_written_back(
    vocabulary: Vocabulary,
) -> None:
    grammar = vocabulary.compile(Lexicon(names=("莒县", "鄄城")))
    assert json.loads(grammar.text) == ["举 县", "卷 城", "[unk]"]
    assert grammar.restore("查一下举县和卷城") == "查一下莒县和鄄城"


def test_a_name_without_sounds_is_reported(vocabulary: Vocabulary) -> None:
    grammar = vocabulary.compile(Lexicon(names=("济南", "GIS")))
    assert grammar.unspeakable == ("GIS",)


def test_digits_are_said_in_each_usual_way_and_written_back(
    vocabulary: Vocabulary,
) -> None:
    grammar = vocabulary.compile(Lexicon(names=("110kV济南",)))
    spoken = {phrase.replace(" ", "") for phrase in json.loads(grammar.text)}
    assert {"一百一十千伏济南", "一一零千伏济南", "幺幺零千伏济南"} <= spoken
    assert grammar.restore("查一下幺幺零千伏济南") == "查一下110kV济南"


def test_a_name_that_sounds_like_another_keeps_the_others_spelling() -> None:
    vocabulary = Vocabulary(words=frozenset({"兰", "山"}))
    grammar = vocabulary.compile(Lexicon(names=("兰山", "岚山")))
    assert grammar.restore("兰山") == "兰山"


def test_the_grammar_is_raw_utf8_and_ends_in_unknown(vocabulary: Vocabulary) -> None:
    grammar = vocabulary.compile(Lexicon(phrases=("查一下", "查一下", "☃")))
    assert grammar.text == '["查 一下", "[unk]"]'
    assert grammar.size == 1


def test_phrase_files_hold_comments_and_many_phrases_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# why\n查一下 济南 # more\n\n人数 查一下\n")
    lexicon = load_lexicon(["青岛", "青岛"], tmp_path)
    assert lexicon.names == ("青岛",)
    assert lexicon.phrases == ("查一下", "济南", "人数")


def fst(words: list[str], *, flags: int = 1) -> bytes:
    def text(value: bytes) -> bytes:
        return struct.pack("<i", len(value)) + value

    table = b"".join(
        text(word.encode()) + struct.pack("<q", key) for key, word in enumerate(words)
    )
    return (
        struct.pack("<i", 2125659606) + text(b"ngram") + text(b"standard")
        + struct.pack("<iiQqqq", 4, flags, 0, 0, 0, 0)
        + struct.pack("<i", 2125658996) + text(b"words.txt")
        + struct.pack("<qq", len(words), len(words)) + table
    )  # fmt: skip


def test_the_vocabulary_is_read_from_the_graph(tmp_path: Path) -> None:
    path = tmp_path / "Gr.fst"
    path.write_bytes(fst(["<eps>", "!SIL", "[unk]", "济南", "人数", "#0", "<s>"]))
    assert read_vocabulary(path).words == {"济南", "人数"}


@pytest.mark.parametrize(
    "data",
    [b"", b"nonsense of some length", fst(["济南"])[:-9], fst(["济南"], flags=0)],
)
def test_a_graph_without_words_is_corrupt(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "Gr.fst"
    path.write_bytes(data)
    with pytest.raises(ModelCorruptError, match=r"Gr\.fst"):
        read_vocabulary(path)


SHIPPED = load_lexicon([], paths.resources() / "lexicon").phrases


@pytest.mark.parametrize(
    "word",
    [
        "查一下",
        "告诉我",
        "有没有",
        "没戴",
        "电笔",
        "安全帽",
        "人数",
        "和",
        "还有",
        "打开",
        "关闭",
        "停止",
        "取消",
        "不要",
        "摄像头",
        "拉闸",
        "合闸",
        "播放",
        "天气",
        "你好",
        "工地",
        "施工现场",
        "怎么样",
    ],
)
def test_what_operators_say_around_a_site_is_in_the_lexicon(word: str) -> None:
    assert word in SHIPPED


def test_every_common_way_to_name_a_check_can_be_heard(
    report_figure: Callable[[str], None],
) -> None:
    hearable = Vocabulary(words=frozenset(SHIPPED))
    pools = [
        pool
        for kinds in taught_words.Lexicon().checks.values()
        for pool in kinds.values()
    ]
    common = [phrase for pool in pools for phrase in pool.items[: pool.core]]
    assert [phrase for phrase in common if hearable.segment(phrase) is None] == []
    taught = [
        phrase
        for pool in pools
        for split in taught_words.Split
        for phrase in pool.own(split)
    ]
    heard = sum(hearable.segment(phrase) is not None for phrase in taught)
    report_figure(
        f"ways to name a check that the ear's lexicon holds: {heard} of {len(taught)} "
        "taught"
    )
    assert heard > len(common)


def test_a_lone_he_between_two_words_is_the_joint_that_the_witness_wrote() -> None:
    def words(*texts: str) -> tuple[Word, ...]:
        return tuple(
            Word(text=text, start_s=n, end_s=n + 1.0, confidence=1.0)
            for n, text in enumerate(texts)
        )

    witness = words("临沂", "和", "泰安")
    assert fill(words("临沂", "河", "泰安"), witness) == ["临沂", "和", "泰安"]
    # A piece of a spelt name stays, and so does what the witness heard as 河 too.
    assert fill(words("沂", "河", "泰安"), witness) == ["沂", "河", "泰安"]
    rivers = words("临沂", "河", "泰安")
    assert fill(rivers, rivers) == ["临沂", "河", "泰安"]
