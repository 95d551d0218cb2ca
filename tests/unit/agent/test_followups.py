"""What leans on the last run: taken over where it is plain, asked where it is not."""

import re
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agent.grammar import MAX_CALLS
from app.agent.reading import Reading
from app.core.dialogue import NOTHING, Context
from app.core.explanation import ReasonKind
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
)
from tests.unit.agent.talking import (
    DEMO,
    RULES,
    SITES,
    after,
    asking,
    finding,
    offered,
    say,
    spelt,
)

JINAN = after("济南 人数")


def meanings(made: Understanding) -> list[str]:
    return [one.meaning for one in made.reasons if one.kind is ReasonKind.CONTEXT]


@pytest.mark.parametrize(
    "text",
    ["那青岛呢", "青岛呢", "那青岛工地呢", "换成青岛", "换青岛", "青岛的也查一下",
     "青岛也看看", "也查一下青岛", "再看看青岛", "还有青岛", "那个青岛呢?",
     "那青岛怎么样", "那#青岛\\*呢"],
)  # fmt: skip
@pytest.mark.parametrize("model", [None, "青岛"])
def test_another_place_is_asked_about_in_the_same_way(
    text: str, model: str | None
) -> None:
    made = say(text, JINAN, model)
    assert spelt(made) == ["青岛 人数"]
    assert made.continues == "run-1"
    assert meanings(made) == ["沿用刚才的检查: 人数检测"]
    assert "沿用刚才的检查: 人数检测" in made.notes
    assert [(one.place, one.heard_place) for one in made.mentions] == [("青岛", "青岛")]


@pytest.mark.parametrize(
    "text",
    ["再查一下安全帽", "那安全帽呢", "安全帽呢", "安全帽也看看", "换成安全帽",
     "还有安全帽", "再看看安全帽"],
)  # fmt: skip
@pytest.mark.parametrize("model", [None, "安全帽"])
def test_another_check_is_made_at_the_same_place(text: str, model: str | None) -> None:
    made = say(text, JINAN, model)
    assert spelt(made) == ["济南 安全帽"]
    assert made.continues == "run-1"
    assert meanings(made) == ["沿用刚才的工地: 济南"]
    # The place was not said, and nobody shall learn that it was.
    assert [(one.place, one.heard_place) for one in made.mentions] == [("济南", "")]


def test_several_places_and_checks_are_taken_over_together() -> None:
    made = say("那青岛和潍坊呢", after("济南 人数", "济南 安全帽"))
    assert set(spelt(made)) == {
        "青岛 人数", "青岛 安全帽", "潍坊 人数", "潍坊 安全帽",
    }  # fmt: skip
    made = say("电笔和安全帽呢", after("济南 人数", "青岛 人数"))
    assert set(spelt(made)) == {
        "济南 电笔", "济南 安全帽", "青岛 电笔", "青岛 安全帽",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["再查一遍", "再查一次", "刷新一下", "重新查一下"])
@pytest.mark.parametrize("model", [None, "再查一遍"])
def test_the_same_is_asked_anew(text: str, model: str | None) -> None:
    context = after("济南 人数", "青岛 电笔")
    made = say(text, context, model)
    assert made.calls == context.calls
    assert made.continues == "run-1"
    assert meanings(made) == ["再查一遍刚才的: 济南 人数检测、青岛 设备检查"]
    assert ReasonKind.REFUSAL not in {one.kind for one in made.reasons}


@pytest.mark.parametrize("text", ["那青岛呢", "再查一下安全帽", "再查一遍"])
@pytest.mark.parametrize(
    "more",
    [
        {"origin": Origin.MICROPHONE, "agreed": False},
        {"origin": Origin.MICROPHONE, "overflows": 1},
    ],
)
def test_what_may_be_misheard_is_asked(text: str, more: dict[str, object]) -> None:
    made = say(text, JINAN, **more)
    assert len(offered(made)) == 1
    assert made.continues == "run-1"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("那青岛呢", "潍坊"),
        ("那青岛呢", "青岛的安全帽"),
        ("那青岛呢", "今天天气"),
        ("那青岛呢", "查一下"),
        ("再查一下安全帽", "电笔"),
        ("再查一下安全帽", "青岛的安全帽"),
        ("再查一遍", "青岛的安全帽"),
        ("再查一遍", "今天天气"),
        ("不对,是潍坊", "济南"),
    ],
)
def test_a_model_that_hears_another_place_or_check_makes_it_a_question(
    text: str, model: str
) -> None:
    made = say(text, JINAN, model)
    assert made.calls == ()
    assert made.question is not None


def test_a_place_that_only_sounds_like_one_is_asked_with_the_check() -> None:
    made = say("那临易呢", JINAN)
    assert offered(made) == [["临沂 人数"]]
    assert "临易" in made.question.sentence  # type: ignore[union-attr]


def test_too_many_calls_are_shown_first() -> None:
    names = list(SITES)[: MAX_CALLS + 1]
    made = say("那安全帽呢", after(*(f"{name} 人数" for name in names)))
    assert offered(made) == [[f"{name} 安全帽" for name in names]]
    assert made.question.kind is QuestionKind.CONFIRM  # type: ignore[union-attr]


def test_all_sites_are_shown_first() -> None:
    made = say("那所有工地呢", JINAN)
    (only,) = offered(made)
    assert only == [f"{name} 人数" for name in SITES]
    assert made.question.kind is QuestionKind.CONFIRM  # type: ignore[union-attr]
    everything = after(*(f"{name} 人数" for name in SITES))
    for text in ("电笔呢", "再查一遍"):
        (only,) = offered(say(text, everything))
        assert len(only) == len(SITES)


def test_where_the_checks_differed_by_place_it_asks_for_the_check() -> None:
    mixed = after("济南 人数", "青岛 安全帽")
    made = say("那潍坊呢", mixed)
    assert offered(made) == [
        ["潍坊 人数", "潍坊 安全帽"], ["潍坊 人数"], ["潍坊 安全帽"],
    ]  # fmt: skip
    made = say("那电笔呢", mixed)
    assert offered(made) == [["济南 电笔", "青岛 电笔"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("不对,是潍坊", "潍坊 人数"),
        ("我说的是潍坊", "潍坊 人数"),
        ("应该是潍坊", "潍坊 人数"),
        ("不是济南是潍坊", "潍坊 人数"),
        ("错了,安全帽", "济南 安全帽"),
        ("不是人数是安全帽", "济南 安全帽"),
        ("不,是潍坊", "潍坊 人数"),
    ],
)
def test_a_correction_replaces_what_was_wrong(text: str, expected: str) -> None:
    made = say(text, JINAN)
    assert spelt(made) == [expected]
    assert made.continues == "run-1"
    assert len(meanings(made)) == 2


def test_a_correction_of_several_asks_which_is_wrong() -> None:
    made = say("不对,是潍坊", after("济南 人数", "青岛 人数"))
    assert offered(made) == [
        ["潍坊 人数"], ["潍坊 人数", "青岛 人数"], ["济南 人数", "潍坊 人数"],
    ]  # fmt: skip
    made = say("不是青岛是潍坊", after("济南 人数", "青岛 人数"))
    assert ["济南 人数", "潍坊 人数"] in offered(made)
    assert ["潍坊 人数", "青岛 人数"] not in offered(made)
    made = say("错了,电笔", after("济南 人数", "济南 安全帽"))
    assert len(offered(made)) == 3


@pytest.mark.parametrize("text", ["不是青岛是潍坊", "不是电笔是安全帽", "不对,是济南"])
def test_a_correction_of_what_was_not_asked_is_a_question(text: str) -> None:
    assert len(offered(say(text, JINAN))) == 1


def test_what_is_not_meant_is_no_correction() -> None:
    made = say("不是青岛", JINAN)
    assert made.calls == ()
    assert made.continues == ""


@pytest.mark.parametrize(
    "text",
    ["刚才那个再说一遍", "再说一遍", "没听清", "重复一下", "我没听清楚", "再报一遍"],
)
def test_the_answer_is_said_once_more_and_nothing_is_queried(text: str) -> None:
    made = say(text, JINAN)
    assert (made.calls, made.question) == ((), None)
    assert made.repeats
    assert made.continues == "run-1"
    (only,) = JINAN.findings
    assert made.reply == f"刚才 14:03 的回答: 济南 {only.summary}"
    assert meanings(made) == ["重复刚才的回答, 没有重新查询"]


def test_of_many_answers_the_worst_are_said_and_the_rest_counted() -> None:
    names = list(SITES)[:9]
    fine = after(*(f"{name} 安全帽" for name in names))
    bad = finding(Call(SITES[names[7]], Check.HEADCOUNT), actual=9)
    worse = replace(fine, findings=(*fine.findings[:8], bad))
    reply = say("再说一遍", worse).reply
    lines = reply.removeprefix("刚才 14:03 的回答: ").split("; ")
    assert lines[0] == f"{names[7]} {bad.summary}"
    assert lines[-1] == "另有 4 项"
    assert len(lines) == 6
    told = {f"{one.call.site.name} {one.summary}" for one in worse.findings}
    assert set(lines[:-1]) <= told


def test_what_was_not_answered_any_more_is_counted() -> None:
    cut = after("济南 人数", "青岛 人数", "潍坊 人数")
    cut = replace(cut, findings=cut.findings[:1])
    reply = say("再说一遍", cut).reply
    assert reply.split("; ")[1:] == ["还有 2 项没有得到答复"]


def test_what_was_never_answered_cannot_be_said_again() -> None:
    made = say("再说一遍", replace(JINAN, findings=()))
    assert not made.repeats
    assert offered(made) == [["济南 人数"]]
    assert made.continues == "run-1"


def test_a_repetition_heard_by_one_ear_only_repeats_nothing() -> None:
    made = say("再说一遍", JINAN, agreed=False, origin=Origin.MICROPHONE)
    assert not made.repeats
    assert made.question is not None


@pytest.mark.parametrize(
    "text",
    ["那青岛呢", "再查一下安全帽", "再查一遍", "刚才那个再说一遍", "不对,是潍坊",
     "我说的是潍坊", "换成安全帽"],
)  # fmt: skip
def test_without_anything_before_it_asks_and_says_so(text: str) -> None:
    made = say(text)
    assert made.calls == ()
    assert not made.repeats
    assert made.continues == ""
    assert made.question is not None
    assert made.question.sentence.startswith("最近2分钟没有查询过")


def test_a_bare_name_is_asked_about_with_the_last_check_first() -> None:
    assert offered(say("青岛")) == [["青岛 人数"], ["青岛 安全帽"], ["青岛 电笔"]]
    made = say("青岛", after("济南 电笔"))
    assert offered(made) == [["青岛 电笔"], ["青岛 人数"], ["青岛 安全帽"]]
    assert made.question.kind is QuestionKind.WHICH_CHECK  # type: ignore[union-attr]
    assert made.continues == ""


@pytest.mark.parametrize(
    "text",
    ["安全帽", "那青岛昨天呢", "那除了青岛呢", "那青岛附近呢", "那青岛", "那边呢",
     "青岛怎么样", "那昨天呢", "再查一下", "那不查青岛呢",
     "那青岛呢那个什么人啊在说话"],
)  # fmt: skip
def test_what_is_no_form_is_never_dispatched(text: str) -> None:
    made = say(text, JINAN)
    assert made.calls == ()
    assert made.continues == ""


@pytest.mark.parametrize(
    "text", ["把青岛也断电", "那青岛拉闸呢", "取消", "把刚才的删了"]
)
def test_what_is_forbidden_stays_refused(text: str) -> None:
    assert say(text, JINAN) == say(text)
    assert say(text, JINAN).intent is Intent.UNSUPPORTED
    assert say(text, JINAN).reply


@pytest.mark.parametrize("text", ["再说一遍", "再查一遍", "那青岛呢"])
def test_whatever_the_rules_forbid_has_no_form_that_saves_it(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbids = Reading(intent=Intent.UNSUPPORTED, confidence=0.95, forbidden=True)
    monkeypatch.setattr(RULES, "read", lambda text, typed: forbids)
    made = say(text, JINAN)
    assert (made.calls, made.repeats, made.continues) == ((), False, "")
    assert made.intent is Intent.UNSUPPORTED


def test_a_greeting_stays_one() -> None:
    assert say("你好", JINAN) == say("你好")


def test_a_whole_command_is_that_command_whatever_was_before() -> None:
    for context in (JINAN, asking("青岛", JINAN)):
        made = say("查一下潍坊的安全帽", context)
        assert spelt(made) == ["潍坊 安全帽"]
        assert (made.continues, meanings(made)) == ("", [])


def test_what_is_asked_between_is_not_passed_over() -> None:
    """After a question about helmets 那青岛呢 may go on with those."""
    context = asking("查一下所有工地的安全帽", JINAN)
    made = say("那青岛呢", context)
    assert made.calls == ()
    made = say("再查一遍", context)
    assert offered(made) == [["济南 人数"]]


def test_a_question_to_say_it_again_is_passed_over() -> None:
    again = Question(kind=QuestionKind.SAY_AGAIN, sentence="请再说一遍")
    context = replace(JINAN, question_run="run-2", question=again)
    assert spelt(say("那青岛呢", context)) == ["青岛 人数"]


def test_sites_that_are_gone_from_the_directory_are_not_asked_about() -> None:
    gone = Call(Site(id="gone", name="火星"), Check.HEADCOUNT)
    moved = Call(replace(SITES["济南"], region="潍坊"), Check.HEADCOUNT)
    for call in (gone, moved):
        context = replace(JINAN, calls=(call,), findings=(finding(call),))
        for text in ("那安全帽呢", "再查一遍", "那青岛呢"):
            assert say(text, context).calls == ()
        question = Question(
            kind=QuestionKind.CONFIRM,
            sentence="?",
            candidates=(Candidate(label="", calls=(call,)),),
        )
        open_ = replace(NOTHING, question_run="run-2", question=question)
        assert say("是", open_).calls == ()


_PIECES = (
    "那", "青岛", "济南", "临易", "呢", "再查一下", "安全帽", "电笔", "不对", ",", "是",
    "不是", "换成", "再查一遍", "再说一遍", "第一个", "第二个", "2", "好的", "取消",
    "也看看", "我说的是", "所有工地", "断电", "昨天", "#", "\\*", "步骤#", "\ue000",
    "就是", "那就", "的", "和",
)  # fmt: skip
_CONTEXTS = (
    NOTHING,
    JINAN,
    after("济南 人数", "青岛 安全帽"),
    asking("青岛", JINAN),
    asking("查一下所有工地的安全帽", JINAN),
    asking("查一下临易的人数"),
    asking("安全帽"),
)


@settings(max_examples=150)
@given(
    words=st.lists(st.sampled_from(_PIECES) | st.text(max_size=4), max_size=6),
    context=st.sampled_from(_CONTEXTS),
    agreed=st.booleans(),
)
def test_any_turn_is_valid_and_unheard_ones_dispatch_nothing(
    words: list[str], context: Context, agreed: bool
) -> None:
    origin = Origin.TYPED if agreed else Origin.MICROPHONE
    made = say("".join(words), context, agreed=agreed, origin=origin)
    outcomes = [bool(made.calls), made.question is not None, bool(made.reply)]
    assert outcomes.count(True) == 1
    known = set(DEMO.sites())
    assert {call.site for call in made.calls} <= known
    assert not made.calls or agreed
    assert made.continues in ("", context.calls_run, context.question_run)
    if made.question is not None:
        assert len(made.question.candidates) <= 3
    if made.repeats:
        for number in re.findall("[0-9]+(?=人)", made.reply):
            assert any(number in one.summary for one in context.findings)


@pytest.mark.parametrize(
    "piece", ["就是", "那就", "好的", "那个", "再", "是", "刚才的"]
)
def test_words_said_over_and_over_are_read_at_once(piece: str) -> None:
    began = time.process_time()
    for context in (JINAN, asking("青岛", JINAN)):
        assert say(piece * 40, context).calls == ()
    assert time.process_time() - began < 30
