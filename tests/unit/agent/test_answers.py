"""Answers in words to the desk's own question."""

from dataclasses import replace

import pytest

from app.agent.answers import CLOSED
from app.agent.rules import RuleReader
from app.core.dialogue import NOTHING, Context
from app.core.explanation import ReasonKind
from app.core.model import (
    Call,
    Candidate,
    Check,
    Mention,
    Origin,
    Question,
    QuestionKind,
    Site,
    Source,
    Understanding,
)
from app.sites.directory import Directory
from tests.unit.agent import talking
from tests.unit.agent.talking import (
    SITES,
    after,
    asked,
    asking,
    calls,
    offered,
    say,
    spelt,
)

WHICH_CHECK = asking("青岛")
WHICH_SITE = asking("查一下安全帽")
CONFIRM = asking("查一下临易的人数")
SWEEP = asking("查一下所有工地的人数")


def choices(kind: QuestionKind, *options: str) -> Context:
    """Give an open question with one call a candidate."""
    question = Question(
        kind=kind,
        sentence="您要查的是?",
        candidates=tuple(Candidate(label=one, calls=calls(one)) for one in options),
    )
    return replace(NOTHING, question_run="run-2", question=question)


THREE = choices(QuestionKind.CONFIRM, "济南 人数", "青岛 人数", "潍坊 人数")
TWO = choices(QuestionKind.CONFIRM, "济南 人数", "青岛 人数")


def meaning(made: Understanding) -> str:
    (only,) = (one.meaning for one in made.reasons if one.kind is ReasonKind.CONTEXT)
    return only


def asks_the_same(made: Understanding, context: Context) -> bool:
    assert context.question is not None
    same = (
        made.question is not None
        and made.question.candidates == context.question.candidates
        and made.question.kind is context.question.kind
        and made.question.sentence.endswith(context.question.sentence)
    )
    return same and made.calls == () and made.continues == context.question_run


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("第一个", 0), ("第二个", 1), ("第三个", 2), ("1", 0), ("2", 1), ("３", 2),
        ("一号", 0), ("选二", 1), ("最后一个", 2), ("就第二个吧", 1), ("我要第三个", 2),
        ("第两个", 1), ("那就第一个", 0), ("选择第二项", 1),
    ],
)  # fmt: skip
def test_a_number_picks_the_candidate(text: str, number: int) -> None:
    assert THREE.question is not None
    picked = THREE.question.candidates[number]
    made = say(text, THREE)
    assert made.calls == picked.calls
    assert (made.source, made.confidence) == (Source.OPERATOR, 1.0)
    assert made.continues == "run-2"
    ordinal = ("第一个", "第二个", "第三个")[number]
    assert meaning(made) == f"回答刚才的提问: {ordinal} ({picked.label})"
    (reason,) = made.reasons
    assert (reason.words, reason.start) == (text, 0)
    assert made.notes == (meaning(made),)


def test_former_and_latter_are_of_two_only() -> None:
    assert spelt(say("前面那个", TWO)) == ["济南 人数"]
    assert spelt(say("后面那个", TWO)) == ["青岛 人数"]
    for text in ("前面那个", "后面那个"):
        assert asks_the_same(say(text, THREE), THREE)


@pytest.mark.parametrize("text", ["第三个", "3", "是", "对的", "好的"])
def test_what_picks_none_of_two_is_asked_again(text: str) -> None:
    assert asks_the_same(say(text, TWO), TWO)
    assert asks_the_same(say(text, asked(say(text, TWO), TWO)), TWO)


@pytest.mark.parametrize(
    "text",
    ["是", "对", "是的", "对的", "没错", "确认", "好的", "可以", "查吧", "对,查吧",
     "是的没错", "对对对"],
)  # fmt: skip
def test_yes_takes_the_only_candidate(text: str) -> None:
    made = say(text, CONFIRM)
    assert spelt(made) == ["临沂 人数"]
    assert (made.source, made.continues) == (Source.OPERATOR, "run-2")
    assert meaning(made) == "回答刚才的提问: 确认 (临沂 人数检测)"
    assert len(say(text, SWEEP).calls) > 6


def test_yes_answers_no_question_for_a_site_or_a_check() -> None:
    one = choices(QuestionKind.WHICH_SITE, "临沂 人数")
    assert asks_the_same(say("是", one), one)
    assert asks_the_same(say("是", WHICH_CHECK), WHICH_CHECK)


@pytest.mark.parametrize(
    "text", ["不是", "不对", "不要", "否", "取消", "算了", "不查了", "不用了", "都不是"]
)
@pytest.mark.parametrize("context", [CONFIRM, THREE, SWEEP, WHICH_CHECK, WHICH_SITE])
def test_no_and_cancel_close_the_question(text: str, context: Context) -> None:
    made = say(text, context)
    assert (made.reply, made.calls, made.question) == (CLOSED, (), None)
    assert made.continues == "run-2"
    assert not made.repeats


@pytest.mark.parametrize(
    "text",
    ["那是不是该吃饭了", "是啊我也这么说", "他说第二个人没来", "不是我说你",
     "对了你吃了吗", "一二三", "好的好的好的好的我知道了", "第二个是谁", "12"],
)  # fmt: skip
@pytest.mark.parametrize("context", [CONFIRM, THREE])
def test_an_answer_within_other_words_is_none(text: str, context: Context) -> None:
    made = say(text, context)
    assert made.calls == ()
    assert made.continues == ""


@pytest.mark.parametrize("text", ["第一个", "是", "2", "取消", "不是"])
@pytest.mark.parametrize("more", [{"agreed": False}, {"overflows": 2}])
def test_an_answer_that_may_be_misheard_is_asked_again(
    text: str, more: dict[str, object]
) -> None:
    for context in (CONFIRM, THREE):
        made = say(text, context, origin=Origin.MICROPHONE, **more)
        assert asks_the_same(made, context)


def test_a_spoken_answer_that_both_ears_heard_counts() -> None:
    assert spelt(say("第二个", TWO, origin=Origin.MICROPHONE)) == ["青岛 人数"]


@pytest.mark.parametrize(
    ("text", "other"),
    [("是", "不是"), ("可以", "不可以"), ("第一个", "第二个"), ("对", "不对"),
     ("查吧", "别查吧"), ("一", "取消")],
)  # fmt: skip
@pytest.mark.parametrize("where", ["free_text", "lexicon_text", "alternatives"])
def test_an_answer_that_was_also_heard_otherwise_is_asked_again(
    text: str, other: str, where: str
) -> None:
    more: dict[str, object] = {where: (other,) if where == "alternatives" else other}
    for context in (CONFIRM, THREE):
        made = say(text, context, origin=Origin.MICROPHONE, **more)
        assert asks_the_same(made, context)


def test_another_spelling_of_an_answer_does_no_harm() -> None:
    heard = {"free_text": "第二个把", "alternatives": ("第二个", "第二各")}
    made = say("第二个吧", TWO, origin=Origin.MICROPHONE, **heard)
    assert spelt(made) == ["青岛 人数"]


@pytest.mark.parametrize("text", ["再说一遍", "没听清"])
def test_a_question_is_repeated_rather_than_the_last_answer(text: str) -> None:
    context = replace(THREE, calls_run="run-1", calls=after("济南 人数").calls)
    assert asks_the_same(say(text, context), THREE)
    strange = asking("查一下火星工地的人数", after("济南 人数"))
    assert asks_the_same(say(text, strange), strange)


@pytest.mark.parametrize("text", ["是", "第二个", "好的", "2", "不是", "最后一个"])
@pytest.mark.parametrize("context", [NOTHING, after("济南 人数")])
def test_an_answer_to_nothing_asks_for_the_whole_command(
    text: str, context: Context
) -> None:
    made = say(text, context)
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.SAY_AGAIN
    assert "没有等您回答的提问" in made.question.sentence
    assert "完整的指令" in made.question.sentence


def test_a_bare_number_that_may_be_a_name_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sites = [Site(id=n, name=f"{n}号变电站") for n in "21"]
    question = Question(
        kind=QuestionKind.WHICH_SITE,
        sentence="?",
        candidates=tuple(
            Candidate(label=site.name, calls=(Call(site, Check.HELMET),))
            for site in sites
        ),
    )
    context = replace(NOTHING, question_run="run-2", question=question)
    monkeypatch.setattr(talking, "usable", lambda context, sites: context)
    for text in ("2", "一号", "选二"):
        assert asks_the_same(say(text, context), context)
    assert say("第二个", context).calls == (Call(sites[1], Check.HELMET),)


@pytest.mark.parametrize("text", ["安全帽", "查安全帽", "那就安全帽吧", "那安全帽呢"])
def test_a_check_answers_which_check(text: str) -> None:
    made = say(text, WHICH_CHECK)
    assert spelt(made) == ["青岛 安全帽"]
    assert (made.source, made.continues) == (Source.OPERATOR, "run-2")


def test_a_check_answers_for_all_the_sites_that_were_shown() -> None:
    context = asking("查一下济南所有工地")
    assert context.question is not None
    made = say("安全帽", context)
    assert made.calls == context.question.candidates[1].calls


def test_two_checks_answer_which_check() -> None:
    made = say("人数和安全帽", WHICH_CHECK)
    assert spelt(made) == ["青岛 人数", "青岛 安全帽"]
    assert made.continues == "run-2"


@pytest.mark.parametrize(
    "text", ["历城", "是历城", "历城的", "那历城呢", "我说的是历城"]
)
def test_a_site_completes_what_was_understood(text: str) -> None:
    made = say(text, WHICH_SITE)
    assert spelt(made) == ["历城 安全帽"]
    assert made.continues == "run-2"
    assert meaning(made) == "沿用刚才的检查: 安全检查"


def test_a_site_stands_for_the_one_that_nobody_knows_and_the_others_stay() -> None:
    context = asking("查一下济南和火星工地的人数")
    assert context.question is not None
    assert context.question.kind is QuestionKind.WHICH_SITE
    made = say("历城", context)
    assert set(spelt(made)) == {"济南 人数", "历城 人数"}


def test_a_site_that_is_said_not_to_be_meant_does_not_stay() -> None:
    context = asking("查一下济南和火星工地的人数")
    made = say("不是济南是青岛", context)
    assert "济南 人数" not in spelt(made)


@pytest.mark.parametrize("text", ["青岛", "是济南", "那青岛呢", "青岛和济南"])
def test_of_two_sites_of_one_name_a_region_is_no_other_site(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    east = [Site(id=f"E{n}", name="城东", region=n) for n in ("济南", "青岛")]
    directory = Directory([*SITES.values(), *east])
    monkeypatch.setattr(talking, "DEMO", directory)
    monkeypatch.setattr(talking, "RULES", RuleReader(directory))
    context = asking("查一下城东的人数")
    assert context.question is not None
    assert len(context.question.candidates) == 2
    assert asks_the_same(say(text, context), context)


def test_a_candidates_name_picks_it() -> None:
    made = say("青岛", THREE)
    assert spelt(made) == ["青岛 人数"]
    assert made.source is Source.OPERATOR


@pytest.mark.parametrize("model", ["潍坊", "青岛的安全帽", "今天天气"])
def test_a_name_that_the_model_hears_otherwise_picks_nothing(model: str) -> None:
    assert say("青岛", THREE, model).calls == ()
    assert say("历城", WHICH_SITE, model).calls == ()
    assert say("安全帽", WHICH_CHECK, "电笔").calls == ()


def test_a_name_that_may_be_misheard_picks_nothing() -> None:
    for more in ({"agreed": False}, {"overflows": 1}):
        spoken = {"origin": Origin.MICROPHONE, **more}
        assert say("青岛", THREE, **spoken).calls == ()
        assert say("历城", WHICH_SITE, **spoken).calls == ()
        assert say("安全帽", WHICH_CHECK, **spoken).calls == ()


def test_a_name_that_is_misspelt_asks_with_the_check() -> None:
    made = say("临易", WHICH_SITE)
    assert offered(made) == [["临沂 安全帽"]]
    assert made.continues == "run-2"


def test_no_with_another_place_corrects_what_was_to_be_confirmed() -> None:
    made = say("不对,是潍坊", CONFIRM)
    assert spelt(made) == ["潍坊 人数"]
    assert made.continues == "run-2"
    assert made.source is not Source.OPERATOR


@pytest.mark.parametrize(
    ("text", "context"),
    [
        # Another place without a word that the last was wrong.
        ("潍坊", CONFIRM),
        ("那潍坊呢", CONFIRM),
        # The place was not sure, so another check is asked about.
        ("不对,安全帽", CONFIRM),
        # All of a region were meant, and now one site, or its region.
        ("不对,是潍坊", SWEEP),
        ("不对,是潍坊", asking("查一下临易和济男的人数")),
        ("不是青岛是潍坊", CONFIRM),
    ],
)
def test_what_does_not_plainly_answer_is_asked(text: str, context: Context) -> None:
    made = say(text, context)
    assert made.calls == ()
    assert made.question is not None


def test_another_place_is_no_answer_to_which_check() -> None:
    made = say("潍坊", asking("青岛"))
    assert offered(made) == [["潍坊 人数"], ["潍坊 安全帽"], ["潍坊 电笔"]]


def test_a_site_is_asked_about_where_question_and_last_run_differ() -> None:
    context = asking("查一下火星工地的安全帽", after("济南 人数"))
    assert context.question is not None
    assert context.question.kind is QuestionKind.WHICH_SITE
    assert offered(say("那潍坊呢", context)) == [["潍坊 安全帽"]]
    assert spelt(say("潍坊", context)) == ["潍坊 安全帽"]


def test_where_the_check_was_not_sure_either_a_site_does_not_settle_it() -> None:
    context = choices(QuestionKind.WHICH_SITE, "临沂 人数", "烟台 安全帽")
    mention = Mention(place="林邑", heard_place="林邑", check=Check.HEADCOUNT)
    context = replace(context, mentions=(mention,))
    assert offered(say("潍坊", context)) == [["潍坊 人数"]]


def test_of_all_sites_of_a_region_only_a_number_tells_one() -> None:
    site = Candidate(label="济南", calls=calls("济南 人数"))
    region = Candidate(label="全部", calls=calls("济南 人数", "历城 人数"))
    question = Question(
        kind=QuestionKind.CONFIRM, sentence="?", candidates=(region, site)
    )
    context = replace(NOTHING, question_run="run-2", question=question)
    assert say("济南", context).calls == ()
    assert say("第二个", context).calls == site.calls


def test_what_is_forbidden_is_refused_while_a_question_is_open() -> None:
    for text in ("把青岛断电", "取消济南的工作票"):
        made = say(text, CONFIRM)
        assert made.reply
        assert made.reply != CLOSED
        assert made.continues == ""


def test_the_sites_of_the_tests_are_the_directorys() -> None:
    assert {"济南", "历城", "青岛", "潍坊", "临沂"} <= set(SITES)


def test_an_answer_that_was_not_caught_leaves_the_question_open() -> None:
    context = asking("查一下历成工地的人数")
    assert context.question is not None
    assert context.question.candidates
    made = say("第二得啊", context, origin=Origin.MICROPHONE)
    assert made.question is not None
    assert made.question.sentence.startswith("没有听清您的回答")
    assert made.question.candidates == context.question.candidates
    assert made.continues == context.question_run
    assert made.mentions == context.mentions


def test_other_words_that_mean_something_are_no_lost_answer() -> None:
    context = asking("查一下历成工地的人数")
    made = say("把济南的闸拉了", context, origin=Origin.MICROPHONE)
    assert made.question is None
    assert made.reply


@pytest.mark.parametrize("text", ["今天股票涨了没有", "查一下潍坊工地"])
def test_what_is_understood_otherwise_does_not_repeat_the_question(text: str) -> None:
    context = asking("查一下历成工地的人数")
    made = say(text, context, origin=Origin.MICROPHONE)
    assert made.question is None or made.question != context.question
    assert "没有听清您的回答" not in (made.question.sentence if made.question else "")
