"""Two readings laid side by side: what differs, and what spoils no command."""

import json

import pytest

from app.core.model import Word
from app.hearing.aligning import differing, meanwhile
from app.hearing.ears import Hearing
from app.hearing.lexicon import Grammar, Lexicon, Vocabulary, load_lexicon
from app.hearing.readings import clear_up, compare, likeliest, other_readings
from app.system import paths

WORDS = (
    "查 一下 济南 德州 聊城 禹 城 临 沂 尼 的 工地 人数 还 差 谁 水 与 电 笔 没 带 别 "
    "和 把 看看 千伏 一百一十 一 十 百 零 幺 宝 应"
)
VOCABULARY = Vocabulary(words=frozenset(WORDS.split()))
LEXICON = Lexicon(
    names=("济南", "德州", "聊城", "禹城"),
    phrases=("查一下", "的人数", "工地的", "还差", "电笔", "没带电笔"),
    frames=("查一下…", "…的", "把…"),
    checks=("人数", "带", "没带"),
    others=("水电",),
)
GRAMMAR = VOCABULARY.compile(LEXICON)


def words(text: str) -> tuple[Word, ...]:
    return tuple(
        Word(text=part, start_s=float(n), end_s=n + 1.0, confidence=0.0)
        for n, part in enumerate(text.split())
    )


@pytest.mark.parametrize(
    ("text", "other", "marked"),
    [
        ("查一下济南的人数", "查一下济南的人数", []),
        # What recognisers confuse every day is nothing to look at.
        ("查一下济南的电笔", "查一下技能的垫底", []),
        ("即墨工地", "寂寞功底", []),
        ("德州还差水", "德州还差谁", []),
        ("淄博今天出勤怎么样", "淄博今天畜禽咋样", ["怎么"]),
        ("查济南和青岛的人数", "查济南和威海的人数", ["青岛"]),
        # A word that only the other one has: beside it.
        ("济南不查人数", "济南查人数", ["不"]),
        ("济南查人数", "济南不查人数", ["南查"]),
        # Digits are said in several ways, and kV is a word.
        ("查110kV泉城的人数", "查幺幺零千伏泉城的人数", []),
        ("查110kV泉城", "查一百一十千伏泉城", []),
        ("查110kV泉城", "查五零零千伏泉城", ["110"]),
        ("[unk]济南", "不查济南", ["[unk]"]),
        ("", "济南", []),
        ("济南", "", ["济南"]),
        ("查一下济南工地的人数", "你", ["查一下济南工地的人数"]),
        ("你", "查一下济南工地的人数", ["你"]),
    ],
)
def test_characters_that_sound_otherwise_are_marked(
    text: str, other: str, marked: list[str]
) -> None:
    spans = differing(text, other)
    assert [text[span.start : span.end] for span in spans] == marked


def test_each_character_has_what_was_heard_in_its_place() -> None:
    assert meanwhile("德州禹聊城", "德州与疗程") == ("德", "州", "与", "疗", "程")
    assert meanwhile("谁没带", "没带") == ("", "没", "带")


def test_a_word_that_nothing_supports_is_loose() -> None:
    assert GRAMMAR.loose(["德州", "还", "差", "水"]) == (3,)
    # 禹 is a piece of 禹城; alone it is none.
    assert GRAMMAR.loose(["德州", "禹", "聊城"]) == (1,)
    assert GRAMMAR.loose(["德州", "禹", "城", "的", "人数"]) == ()
    # Names, check words and negations mean something beside any other word.
    assert GRAMMAR.loose(["济南", "德州", "带", "人数", "别", "[unk]"]) == ()


def test_the_witness_speaks_where_the_interpreter_only_filled_up() -> None:
    def cleared(heard: str, witness: str) -> str:
        found = clear_up(words(heard), words(witness), GRAMMAR)
        return "".join(word.text for word in found)

    assert cleared("德州 还 差 水", "德州还差谁") == "德州还差谁"
    assert cleared("德州 禹 聊城 的 人数", "德州与疗程的人数") == "德州与聊城的人数"
    # Nothing heard meanwhile: it stays, and the agent does not understand it.
    assert cleared("水 德州 的 人数", "德州的人数") == "水德州的人数"
    # A negation that only one ear heard is never taken away.
    assert cleared("德州 别 查", "德州白茶").startswith("德州别")


def test_without_known_phrases_nothing_is_loose() -> None:
    assert Grammar(text="[]", size=0).loose(["水"]) == ()


def test_what_differs_is_marked_in_the_text_that_counts() -> None:
    agreed = compare(
        words("查一下 济南 工地 的 人数"), words("查 一下 德州 工地 的 人数"), GRAMMAR
    )
    assert agreed.agreed
    assert agreed.text == "查一下德州工地的人数"
    assert [agreed.text[s.start : s.end] for s in agreed.uncertain] == ["德州"]
    apart = compare(words("今天天气怎么样"), words("济南 的 人数"), GRAMMAR)
    assert not apart.agreed
    assert apart.text == "今天天气怎么样"
    assert apart.uncertain
    assert compare(words("查一下济南"), (), None).uncertain == ()


def test_a_word_that_is_only_spelt_otherwise_keeps_its_spelling() -> None:
    grammar = Grammar(text="[]", size=0, pairs=frozenset({("的", "人数")}))
    found = clear_up(words("泉城 变电站"), words("全程变电站"), grammar)
    assert "".join(word.text for word in found) == "泉城变电站"
    found = clear_up(words("全部 正去"), words("全部正确"), grammar)
    assert "".join(word.text for word in found) == "全部正确"


def test_other_hearings_stay_as_the_interpreter_heard_them() -> None:
    ways = tuple(
        Hearing(words=words(text), score=score)
        for text, score in (("德州 还 差 水", 9.0), ("聊城 还 差 水", 8.0))
    )
    assert likeliest((ways,)) == words("德州 还 差 水")
    found = other_readings("德州还差谁", (ways,), words("德州还差谁"), GRAMMAR)
    assert found == ("德州还差水", "聊城还差水")


def test_every_name_stands_in_every_frame() -> None:
    phrases = json.loads(GRAMMAR.text)
    for name in ("济南", "德州", "聊城", "禹 城"):
        assert {name, f"查 一下 {name}", f"{name} 的", f"把 {name}"} <= set(phrases)


def test_many_names_stand_in_fewer_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.hearing.lexicon.MOST_FRAMED", 8)
    phrases = json.loads(VOCABULARY.compile(LEXICON).text)
    assert {"济南", "查 一下 济南", "济南 的"} <= set(phrases)
    assert "把 济南" not in phrases


def test_an_n_may_run_on_into_the_next_syllable() -> None:
    grammar = VOCABULARY.compile(Lexicon(names=("临沂", "宝应")))
    assert json.loads(grammar.text) == ["临 沂", "临 尼", "宝 应", "[unk]"]
    assert grammar.restore("查一下临尼") == "查一下临沂"


def test_numbers_in_phrases_are_said_as_in_names() -> None:
    grammar = VOCABULARY.compile(Lexicon(phrases=("110千伏",)))
    assert "一百一十 千伏" in json.loads(grammar.text)


def test_the_shipped_lexicon_has_frames_and_check_words() -> None:
    shipped = load_lexicon([], paths.resources() / "lexicon")
    assert "…的" in shipped.frames
    assert not any("…" in phrase for phrase in shipped.phrases)
    assert {"人数", "安全帽", "电笔"} <= set(shipped.checks) <= set(shipped.phrases)
    assert {"播放", "天气"} <= set(shipped.others) <= set(shipped.phrases)
