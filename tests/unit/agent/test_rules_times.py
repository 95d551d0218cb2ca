"""The desk answers for now: any other time is asked about first."""

import pytest

from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.core.model import Origin, QuestionKind, Understanding, Utterance
from tests.unit.agent.sentences import directory

_READER = RuleReader(directory())


def understood(text: str) -> Understanding:
    utterance = Utterance(text=text, origin=Origin.TYPED)
    reading = _READER.read(text, typed=True)
    return decide(utterance, reading, None, _READER.directory.sites())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("昨天济南的人数", "昨天"),
        ("济南昨晚来了几个人", "昨晚"),
        ("前天济南的安全帽", "前天"),
        ("上周济南的人数", "上周"),
        ("上个月济南工地的电笔", "上个月"),
        ("去年济南的人数", "去年"),
        ("11月20号济南的人数", "11月20号"),
        ("十一月二十号济南的人数", "十一月二十号"),
        ("3号济南的人数", "3号"),
        ("济南早上八点的人数", "早上八点"),
        ("济南八点半有多少人", "八点半"),
        ("刚才之前济南的人数", "刚才之前"),
        ("济南三天前的人数", "三天前"),
        ("凌晨济南的人数", "凌晨"),
        ("周一济南的人数", "周一"),
        ("夜班济南的人数", "夜班"),
        ("济南刚刚的人数", "刚刚"),
        ("济南之前的人数", "之前"),
        ("济南的峰值人数", "峰值"),
        ("济南开工时的人数", "开工时"),
        ("济南最后一次的人数", "最后一次"),
        ("济南上一轮的人数", "上一轮"),
    ],
)
def test_a_time_that_is_past_is_said_in_the_question(text: str, words: str) -> None:
    made = understood(text)
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.CONFIRM
    assert made.question.sentence.startswith(
        f"只能查现在的情况, 「{words}」的结果请在巡检日志里看"
    )
    assert [c.site.name for c in made.question.candidates[0].calls] == ["济南"]


@pytest.mark.parametrize(
    "text",
    ["明天济南的人数", "一会儿查济南的人数", "下周济南的安全帽", "每天查济南的人数",
     "过两天查济南的人数", "等下查济南的人数", "下午再查济南人数", "今晚查济南的人数",
     "下班以后查济南人数", "吃完饭查济南人数", "济南的人数到时候再查",
     "复工后查济南的人数", "以后查济南的人数", "中午前查济南的人数",
     "必要时查济南的人数", "问过我再查济南的人数", "等领导来查济南的人数",
     "到点查济南的人数", "有空查济南的人数",
     "一直查济南的人数", "不停地查济南的人数", "持续监测济南的人数", "盯着济南的人数",
     "连续查济南的人数", "济南2026-11-20的人数", "济南8:30的人数"],
)  # fmt: skip
def test_what_is_to_come_and_what_repeats_is_asked(text: str) -> None:
    made = understood(text)
    assert made.calls == ()
    assert made.question is not None
    assert "只能查现在的情况" in made.question.sentence


@pytest.mark.parametrize(
    "text",
    [
        "现在济南的人数",
        "济南目前有多少人",
        "今天济南的人数",
        "济南今早来了几个人",
        "当前济南的安全帽",
        "此刻济南的人数",
        "济南这会儿有多少人",
        "今儿济南来了几个人",
        "3号变电站的人数",
        "快一点查济南的人数",
        "济南和青岛两个点的人数",
        "济南点一下名",
    ],
)
def test_now_and_numbers_of_names_are_no_other_time(text: str) -> None:
    assert _READER.read(text, typed=True).doubts == ()
    assert understood(text).calls
