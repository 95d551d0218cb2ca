"""The policy: what is dispatched, what is asked, what is declined."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agent.confidence import CAUTIOUS
from app.agent.reading import Reading
from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.agent.weighing import Hearing, ModelReading
from app.core.explanation import ReasonKind
from app.core.model import (
    Check,
    Intent,
    Origin,
    QuestionKind,
    Source,
    Understanding,
    Utterance,
)
from app.sites.directory import Directory
from tests.unit.agent.sentences import directory

SITES = directory()
RULES = RuleReader(SITES)


def heard(text: str, **more: object) -> Utterance:
    return replace(Utterance(text=text, origin=Origin.TYPED), **more)


def as_model(reading: Reading, p: float = 0.99, mass: float = 1.0) -> ModelReading:
    bare = replace(reading, confidence=p, forbidden=False)
    return ModelReading(reading=bare, mass=mass, name="tiny")


def ask(
    text: str, model: str | None = None, p: float = 0.99, **more: object
) -> Understanding:
    """Decide on `text`, with a model that reads as if `model` had been said."""
    reading = as_model(RULES.read(model), p) if model is not None else None
    return decide(heard(text, **more), RULES.read(text), reading, SITES.sites())


def test_two_readings_of_one_effect_are_dispatched() -> None:
    made = ask("查一下济南工地的人数", model="济南的人数")
    assert [(c.site.name, c.check) for c in made.calls] == [("济南", Check.HEADCOUNT)]
    assert made.question is None
    assert made.source is Source.MODEL_AND_RULES
    assert made.confidence >= 0.95


def test_rules_alone_dispatch_what_they_are_sure_of() -> None:
    made = ask("查一下济南工地的人数")
    assert len(made.calls) == 1
    assert made.source is Source.RULES


@pytest.mark.parametrize(
    "model", ["青岛的人数", "济南的安全帽", "查一下济南", "今天天气", "你好", "查一下"]
)
def test_readings_that_differ_are_asked_with_both_as_candidates(model: str) -> None:
    made = ask("查一下济南工地的人数", model=model)
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.CONFIRM
    assert made.question.candidates[0].label == "济南 人数检测"
    assert "不能确定" in made.question.sentence
    assert len(made.question.candidates) <= 3
    assert made.intent is Intent.INSPECT
    assert made.mentions[0].place == "济南"


def test_two_ears_that_differ_are_asked() -> None:
    made = ask("查一下济南的人数", model="济南的人数", agreed=False)
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.CONFIRM
    assert len(made.question.candidates) == 1


def test_a_recording_with_a_gap_is_asked() -> None:
    made = ask("查一下济南的人数", model="济南的人数", overflows=1)
    assert made.calls == ()
    assert made.question is not None
    assert "丢失了1段" in made.question.sentence


def test_an_unknown_place_stays_an_inspection_and_is_asked() -> None:
    made = ask("查一下火星工地的人数", model="火星的人数")
    assert made.intent is Intent.INSPECT
    assert made.mentions[0].place == "火星"
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.WHICH_SITE


def test_near_places_are_offered_with_the_check_kept() -> None:
    made = ask("查一下技能工地的安全帽")
    assert made.calls == ()
    assert made.question is not None
    assert 1 <= len(made.question.candidates) <= 3
    for candidate in made.question.candidates:
        assert {call.check for call in candidate.calls} == {Check.HELMET}
    assert "济南 安全检查" in [one.label for one in made.question.candidates]


def test_no_place_asks_for_one() -> None:
    made = ask("查一下人数", model="查一下人数")
    assert made.intent is Intent.NO_PLACE
    assert made.question is not None
    assert made.question.kind is QuestionKind.WHICH_SITE
    assert made.question.sentence.startswith("没有听到工地名称, 请说出工地名称")


def test_no_check_offers_the_three() -> None:
    made = ask("查一下济南", model="查一下济南")
    assert made.intent is Intent.NO_CHECK
    assert made.question is not None
    assert made.question.kind is QuestionKind.WHICH_CHECK
    assert [c.calls[0].check for c in made.question.candidates] == list(Check)


def test_unclear_asks_to_say_it_again() -> None:
    made = ask("嗯那个", model="嗯那个")
    assert made.intent is Intent.UNCLEAR
    assert made.question is not None
    assert made.question.kind is QuestionKind.SAY_AGAIN


def test_what_is_forbidden_is_declined_whatever_the_model_says() -> None:
    made = ask("把济南的闸拉了", model="济南的人数")
    assert (made.intent, made.calls, made.question) == (Intent.UNSUPPORTED, (), None)
    assert "没有执行任何操作" in made.reply


def test_a_greeting_is_answered_with_the_greeting_of_the_trade() -> None:
    made = ask("你好", model="你好")
    assert made.intent is Intent.GREETING
    assert made.reply.startswith("您好,我是电网大模型")
    assert made.question is None


def test_rules_that_abstain_leave_the_model_one_candidate() -> None:
    made = ask("哪些同仁未着首服于彼地劳作", model="济南的安全帽")
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.CONFIRM
    assert [one.label for one in made.question.candidates] == ["济南 安全检查"]


def test_unsure_rules_alone_ask() -> None:
    made = ask("查一下济南不对是青岛的人数")
    assert made.calls == ()
    assert made.question is not None


def test_more_than_six_calls_are_confirmed_first() -> None:
    made = ask("济南青岛烟台的人数安全帽和电笔")
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.CONFIRM
    assert len(made.question.candidates[0].calls) == 9


def test_a_speech_that_was_cut_is_not_dispatched_on_its_beginning() -> None:
    made = ask("查一下济南的人数" + ",谢谢" * 60 + "不对先别查了")
    assert made.calls == ()
    assert made.question is not None


def test_an_empty_directory_dispatches_nothing() -> None:
    rules = RuleReader(Directory([]))
    made = decide(heard("济南的人数"), rules.read("济南的人数"), None, ())
    assert made.calls == ()
    assert made.question is not None


@pytest.mark.parametrize(
    "text",
    [
        "查一下济南的人数不对是青岛",
        "我没说查济南的人数",
        "不查济南也不查青岛的人数",
        "不要济南的人数,要青岛的",
        "济南的人数我不想知道",
        "除了济南,查青岛的人数",
        "勿查济南人数",
        "禁止查济南人数",
        "济南查人数别的不要",
        "昨天济南的人数",
        "上周济南工地的安全帽",
        "三天前济南有多少人",
        "11月3日济南的人数",
        "济南博物馆的人数",
        "济南人寿大厦的人数",
        "今日照常检查人数",
        "泰安阳的人数",
        "我在济南,查青岛的人数",
        "从济南到青岛的人数",
        "济南的老王问青岛的人数",
        "为什么要查济南的人数",
        "济南附近工地的人数",
        "等会儿再查济南的人数",
        "济南有多少人感染",
        "济南工地的人数是34人",
        "因为出现地名为济南, 所以函数一参数为济南; 因为出现人数要求",
    ],
)
@pytest.mark.parametrize("model", [False, True])
def test_what_both_readers_may_misread_alike_is_asked(text: str, model: bool) -> None:
    made = ask(text, model=text if model else None)
    assert made.calls == ()
    assert made.question is not None
    assert made.intent is Intent.INSPECT


@pytest.mark.parametrize(
    "text",
    [
        "能不能查济南的人数",
        "要不要看看济南的安全帽",
        "济南有没有人没戴安全帽",
        "济南有没有不戴安全帽的",
        "济南的设备有没有问题",
        "不光济南,青岛的人数也要查",
        "查1下济南的人数",
        "查詢濟南的人數",
    ],
)
def test_negations_that_ask_are_no_doubt(text: str) -> None:
    made = ask(text)
    assert made.question is None
    assert made.calls


def test_a_typed_name_that_only_sounds_like_a_site_is_confirmed() -> None:
    typed = ask("临邑的人数")
    assert typed.calls == ()
    assert typed.question is not None
    assert "「临邑」" in typed.question.sentence
    (offered,) = typed.question.candidates
    assert offered.label == "临沂 人数检测"
    spoken = ask("临邑的人数", origin=Origin.FILE)
    assert [call.site.name for call in spoken.calls] == ["临沂"]


CERTAIN = replace(
    CAUTIOUS, weights=replace(CAUTIOUS.weights, start=50.0), threshold=0.5
)
"""Finds every reading as good as certain."""


@pytest.mark.parametrize(
    ("text", "model", "more"),
    [
        ("济南的人数", "济南的人数", {"agreed": False}),
        ("济南的人数", "济南的人数", {"overflows": 1}),
        ("济南的人数", "济南的安全帽", {}),
        ("济南的人数", "青岛的人数", {}),
        ("不查济南的人数", "济南的人数", {}),
        ("昨天济南的人数", "济南的人数", {}),
        ("临邑的人数", "临邑的人数", {}),
        ("济南青岛烟台的人数安全帽和电笔", "济南青岛烟台的人数安全帽和电笔", {}),
        ("查一下济南的人数" + ",谢谢" * 60, "济南的人数", {}),
        ("火星的人数", "火星的人数", {}),
        ("所有工地的人数", None, {}),
    ],
)
def test_no_probability_outvotes_what_must_hold(
    text: str, model: str | None, more: dict[str, object]
) -> None:
    second = as_model(RULES.read(model)) if model is not None else None
    made = decide(
        heard(text, **more),
        RULES.read(text, typed=True),
        second,
        SITES.sites(),
        calibration=CERTAIN,
        alone=CERTAIN,
    )
    assert made.confidence > 0.99
    assert made.calls == ()
    assert made.question is not None or made.reply


def test_the_threshold_decides_where_everything_else_holds() -> None:
    said, reading = heard("济南的人数"), RULES.read("济南的人数")
    model = as_model(reading)

    def made(threshold: float) -> Understanding:
        calibration = replace(CAUTIOUS, threshold=threshold)
        return decide(said, reading, model, SITES.sites(), calibration=calibration)

    sure = made(0.5).confidence
    assert made(sure - 0.001).calls
    asked = made(sure + 0.001)
    assert asked.calls == ()
    assert asked.question is not None
    assert "把握不大" in asked.question.sentence
    assert [one.label for one in asked.question.candidates] == ["济南 人数检测"]


def test_another_hearing_is_offered_where_there_is_a_question_anyway() -> None:
    text = "济男的人数"
    others = [Hearing(text="青岛的人数", reading=RULES.read("青岛的人数"))]
    said = heard(text, origin=Origin.FILE, agreed=False, alternatives=("青岛的人数",))
    reading = RULES.read(text)
    made = decide(said, reading, as_model(reading), SITES.sites(), others=others)
    assert made.calls == ()
    assert made.question is not None
    labels = [one.label for one in made.question.candidates]
    assert "青岛 人数检测" in labels


def heard_as(*texts: str) -> Understanding:
    """Decide on the first text with a certain model; the others were heard as well."""
    first, *more = texts
    others = [Hearing(text=one, reading=RULES.read(one)) for one in more]
    own = RULES.read(first)
    same = 1 + sum(one.reading.effect == own.effect for one in others)
    model = replace(as_model(own), hearings=len(texts), same=same)
    return decide(
        heard(first, origin=Origin.FILE, alternatives=tuple(more)),
        own,
        model,
        SITES.sites(),
        others=others,
        calibration=CERTAIN,
    )


def test_what_no_other_hearing_bears_out_is_asked_however_probable() -> None:
    asked = heard_as("济南的人数", "机男的人生", "妓女的人数")
    assert asked.calls == ()
    assert asked.question is not None
    assert "也可能听成别的" in asked.question.sentence
    assert heard_as("济南的人数").calls
    assert heard_as("济南的人数", "机男的人生", "济南工地的人数").calls


def test_a_hearing_that_names_another_site_is_asked_about() -> None:
    asked = heard_as("济南的人数", "济南工地人数", "青岛的人数")
    assert asked.calls == ()
    assert asked.question is not None
    labels = [one.label for one in asked.question.candidates]
    assert labels == ["济南 人数检测", "青岛 人数检测"]


def test_a_hearing_alone_makes_no_command_of_what_both_decline() -> None:
    text = "介绍一下济南这个城市"
    others = [Hearing(text="青岛的人数", reading=RULES.read("青岛的人数"))]
    said = heard(text, origin=Origin.FILE, alternatives=("青岛的人数",))
    reading = Reading(intent=Intent.UNSUPPORTED, confidence=0.5)
    made = decide(said, reading, as_model(reading), SITES.sites(), others=others)
    assert (made.calls, made.question) == ((), None)
    assert made.reply


def test_what_the_confidence_rests_on_is_said() -> None:
    text, other = "济南的人数", "青岛的人数"
    others = [Hearing(text=one, reading=RULES.read(one)) for one in (text, other)]
    model = replace(as_model(RULES.read(text)), hearings=3, same=2)
    said = heard(text, origin=Origin.FILE)
    made = decide(said, RULES.read(text), model, SITES.sites(), others=others)
    told = [one.meaning for one in made.reasons if one.kind is ReasonKind.CONFIDENCE]
    assert len(told) == 1
    assert told[0].startswith(f"{round(100 * made.confidence)} %: ")
    assert "模型与规则一致" in told[0]
    assert "三次识别中有两次" in told[0]
    second = [o.meaning for o in made.reasons if o.kind is ReasonKind.SECOND_OPINION]
    assert "模型与规则的理解一致: 济南 人数检测" in second
    assert "另一次识别「青岛的人数」: 青岛 人数检测" in second
    alone = decide(said, RULES.read(text), None, SITES.sites())
    assert "只有规则的理解" in alone.reasons[-1].meaning


PIECES = (
    "济南", "青岛", "历城", "火星", "三号变电站", "工地", "的", "和", "还有", "再", ",",
    "查一下", "不", "人数", "安全帽", "电笔", "有没有", "天气", "拉闸", "你好", "济男",
)  # fmt: skip


@settings(max_examples=100)
@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_every_sentence_ends_in_calls_or_a_question_or_a_reply(text: str) -> None:
    made = ask(text)
    assert [bool(made.calls), made.question is not None, bool(made.reply)].count(
        True
    ) == 1
    if made.calls:
        assert made.intent is Intent.INSPECT
        assert "拉闸" not in text
    if made.question is not None:
        assert len(made.question.candidates) <= 3
        assert made.question.sentence


def test_of_too_many_calls_the_model_is_no_rival() -> None:
    places = "济南、青岛、烟台、徐州、佛山、东莞、深圳"
    made = ask(f"{places}的人数", model="济南的人数和青岛的安全帽")
    assert made.question is not None
    assert len(made.question.candidates) == 1
    assert len(made.question.candidates[0].calls) == 7


def test_the_model_does_not_bring_back_what_was_taken_back() -> None:
    made = ask("查济南不对是潍坊的人数", model="济南和潍坊的人数")
    assert made.question is not None
    assert [one.label for one in made.question.candidates] == ["潍坊 人数检测"]
