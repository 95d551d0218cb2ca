"""What is no plain command is asked about, however well place and check are read."""

import pytest

from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.core.model import Origin, Understanding, Utterance
from tests.unit.agent.sentences import directory

_READER = RuleReader(directory())


def understood(text: str) -> Understanding:
    utterance = Utterance(text=text, origin=Origin.TYPED)
    reading = _READER.read(text, typed=True)
    return decide(utterance, reading, None, _READER.directory.sites())


def doubts(text: str) -> tuple[str, ...]:
    assert understood(text).calls == ()
    return _READER.read(text, typed=True).doubts


@pytest.mark.parametrize(
    "text",
    [
        "被查济南的人数", "部查济南的人数", "布要查济南的人数", "免查济南的人数",
        "暂缓查济南的人数", "停查济南人数", "防止查济南的人数", "避免查济南人数",
        "济南的人数用不着查", "济南的人数查不得", "济南人数就不了", "我没说济南的人数",
        "我没有要济南的人数", "济南的人数没人要",
    ],
)  # fmt: skip
def test_a_negation_in_other_words_is_heard(text: str) -> None:
    assert "话里有「不要」或「除了」之类的话" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南的安全帽不是人数", "查济南的人数和安全帽不要电笔",
        "济南人数查安全帽不查", "济南的人数和安全帽安全帽不查",
        "济南的人数,不", "济南的人数, 不是", "济南的人数——不", "济南的人数不",
        "济南的人数,别", "济南的人数,算", "济南的人数,等等", "济南的人数,等一下",
        "济南的人数,慢着", "济南的人数,哎算",
    ],
)  # fmt: skip
def test_a_check_does_not_swallow_the_negation_beside_it(text: str) -> None:
    assert "话里有「不要」或「除了」之类的话" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南有没有不戴安全帽的", "济南安全帽戴没戴", "济南是不是没戴安全帽",
        "济南要不要查人数", "能不能查一下济南的人数", "济南戴安全帽不",
        "济南人数够不够", "项目部查一下济南的人数", "济南的安全帽是不是都戴了",
        "济南电笔带了没有", "方便的话查一下济南的人数",
        "然后查济南的人数", "最后看看济南的人数", "及时查济南的人数",
        "目前查一下济南的人数", "领导让你查济南的人数", "济南的人数和安全帽都要",
        "领导问济南的人数", "查完济南的人数再查青岛的安全帽", "济南人数情况报一下",
    ],
)  # fmt: skip
def test_a_negation_that_asks_is_none(text: str) -> None:
    assert _READER.read(text, typed=True).doubts == ()
    assert understood(text).calls


@pytest.mark.parametrize(
    "text",
    [
        "如果查济南的人数呢", "假如查济南的人数", "要是济南人数不够就查安全帽",
        "济南的人数够的话查青岛", "先查济南的人数不行再查青岛", "比如查济南的人数",
        "我以为你查济南的人数", "提到济南的人数", "济南的人数我知道",
        "济南的人数刚查过", "济南的人数报上去了", "济南的人数是我查的",
        "济南的人数他们查的",
        "他刚才查的济南的人数", "你查过济南的人数吗", "记录济南的人数",
        "不是说查济南的人数吗", "明明查的是济南的人数", "本来要查济南的人数",
        "忘了查济南的人数", "叫老王查济南的人数", "你让老王去查济南的人数",
        "谁说查济南的人数", "济南的人数是三十", "济南的人数应该是十二个",
        "查济南的人数的是谁",
    ],
)  # fmt: skip
def test_talk_about_a_check_is_no_command(text: str) -> None:
    assert "听起来不是一条查询指令" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "把济南的人数告诉青岛", "青岛那边要查济南的人数", "济南的人在青岛戴安全帽了吗",
        "济南的人去青岛戴安全帽",
    ],
)  # fmt: skip
def test_a_place_that_only_takes_part_is_not_queried_unasked(text: str) -> None:
    assert "提到了不止一个地点" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南的人数,哦是青岛", "济南哦青岛的人数", "济南应该是青岛的人数",
        "济南我是说青岛的人数", "济南的人数,还是青岛吧",
    ],
)  # fmt: skip
def test_a_second_thought_is_a_correction(text: str) -> None:
    assert "话里有改口" in doubts(text)


@pytest.mark.parametrize("text", ["济南人数还是安全帽", "济南的人数或安全帽"])
def test_one_check_or_another_is_asked(text: str) -> None:
    assert "查的是哪一项, 不能确定" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南几个工地的人数", "济南两个工地的人数", "济南那几个工地的人数",
        "济南有些工地的人数", "济南的一个工地人数", "济南的另一个工地的人数",
        "济南下面的人数", "济南片区的人数", "济南那一片的安全帽", "济南辖区的人数",
        "整个济南的人数",
    ],
)  # fmt: skip
def test_some_sites_of_a_place_are_not_the_one_of_its_name(text: str) -> None:
    assert "说的可能不止一个工地" in doubts(text)


@pytest.mark.parametrize("text", ["济南青岛两个工地的人数", "济南和青岛两个工地的人数"])
def test_counted_sites_that_are_named_are_those(text: str) -> None:
    assert _READER.read(text, typed=True).doubts == ()
    assert len(understood(text).calls) == 2


@pytest.mark.parametrize("text", ["2、3号变电站的人数", "2和3号变电站的人数"])
def test_half_a_name_is_not_passed_over(text: str) -> None:
    assert "前面的「2」没有听懂" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南不光帽子人数也要", "济南不只是安全帽", "济南帽子人数", "查济南电笔人数",
        "历城我要看两样安全帽", "济南两件事先查人数", "济南三样都看人数和电笔",
        "济南缺不缺人缺不缺点",
        "青岛不仅要人数",
    ],
)  # fmt: skip
def test_one_check_where_two_may_be_meant_is_asked(text: str) -> None:
    assert "要查的可能不止一项" in doubts(text)


@pytest.mark.parametrize(
    "text",
    [
        "济南戴安全帽人数",
        "济南不光要查帽子还要查人数",
        "济南带试电笔人数",
        "济南看两样人数和电笔",
        "济南三样都看人数电笔和安全帽",
        "济南缺不缺人",
        "济南安全帽够不够用",
    ],
)
def test_two_checks_that_were_found_or_one_that_is_clear_are_not(text: str) -> None:
    assert _READER.read(text, typed=True).doubts == ()
    assert understood(text).calls


@pytest.mark.parametrize(
    "text",
    ["查济南的人数之前先问我", "小李没戴安全帽在济南", "先请示领导再查济南的人数"],
)
def test_a_condition_or_a_report_is_no_command(text: str) -> None:
    assert "听起来不是一条查询指令" in doubts(text)


def test_words_that_are_doubted_are_not_also_called_strange() -> None:
    assert doubts("昨晚济南的人数") == (
        "只能查现在的情况, 「昨晚」的结果请在巡检日志里看",
    )
