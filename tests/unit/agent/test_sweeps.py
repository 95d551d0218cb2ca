"""All sites at once: what means them, which they are, and that it is always asked."""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agent.regions import Regions, sweep_label
from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.agent.weighing import ModelReading
from app.core.model import (
    Check,
    Intent,
    Origin,
    Question,
    QuestionKind,
    Site,
    Source,
    Understanding,
    Utterance,
)
from app.sites.directory import Directory

TODAY = date(2026, 11, 21)
ROWS = (
    ("济南", "济南"),
    ("历城", "济南"),
    ("泉城500千伏变电站", "济南"),
    ("青岛", "青岛"),
    ("胶州", "青岛"),
    ("城东线路", "城东片区"),
    ("送变电二队", "检修一区"),
)
SITES = tuple(
    Site(id=f"S{n}", name=name, region=region) for n, (name, region) in enumerate(ROWS)
)
ALL = frozenset(site.id for site in SITES)
HEAD, HAT, GEAR = Check.HEADCOUNT, Check.HELMET, Check.EQUIPMENT


def understood(
    text: str,
    sites: Sequence[Site] = SITES,
    *,
    model: str | None = None,
    origin: Origin = Origin.TYPED,
    agreed: bool = True,
) -> Understanding:
    """Decide on `text`, with a model that reads as if `model` had been said."""
    rules = RuleReader(Directory(sites), today=lambda: TODAY)
    typed = origin is Origin.TYPED
    second = None
    if model is not None:
        reading = replace(rules.read(model, typed=typed), confidence=0.99)
        second = ModelReading(reading=reading, mass=1.0, name="tiny")
    utterance = Utterance(text=text, origin=origin, agreed=agreed)
    return decide(utterance, rules.read(text, typed=typed), second, sites)


def question(text: str, sites: Sequence[Site] = SITES, **more: object) -> Question:
    made = understood(text, sites, **more)  # type: ignore[arg-type]
    assert made.calls == ()
    assert made.question is not None, made
    return made.question


def asked(question: Question, number: int = 0) -> set[tuple[str, Check]]:
    calls = question.candidates[number].calls
    pairs = {(call.site.id, call.check) for call in calls}
    assert len(pairs) == len(calls)
    return pairs


def ids(question: Question, number: int = 0) -> frozenset[str]:
    return frozenset(site for site, _ in asked(question, number))


@pytest.mark.parametrize(
    "text",
    [
        "查一下所有工地的人数",
        "全部工地的人数",
        "各个工地的人数",
        "各工地人数",
        "每个工地都有多少人",
        "每一个施工现场的人数",
        "全体工地的人数",
        "全省的工地人数",
        "全省所有工地的人数",
        "全公司工地的人数",
        "各地的工地人数",
        "我们公司所有站点的人数",
        "所有现场的人数",
        "各施工点的人数",
        "各个作业点到了几个人",
        "所有项目部的人数",
        "每个标段人员到齐没有",
        "所有在建工地的人数",
        "全部12个工地的人数",
        "是不是所有工地人都到齐了",
        "能不能查一下所有工地的人数",
        "要不要查一下所有工地的人数",
        "所有工地的所有人到齐没有",
        "工地挨个查一遍人数",
        "所有公地的人数",
        "查詢所有工地的人數",
    ],
)
def test_all_sites_of_the_directory_are_asked_about(text: str) -> None:
    made = question(text)
    assert made.kind is QuestionKind.CONFIRM
    assert asked(made) == {(site, HEAD) for site in ALL}
    assert made.sentence == "要查全部 7 个工地: 人数检测, 请确认"
    assert [one.label for one in made.candidates] == ["全部 7 个工地 人数检测"]


@pytest.mark.parametrize(
    "text",
    [
        "济南所有工地的人数",
        "济南的所有工地的人数",
        "济南市所有工地的人数",
        "济南片区各工地的人数",
        "济南地区全部现场的人数",
        "济南供电公司全部在建工地的人数",
        "济南工地全部现场的人数",
        "所有济南工地的人数",
        "所有济南片区的工地的人数",
        "济南各标段的人数",
        "济南的工地逐个查一下人数",
        "麻烦查一下济南所有工地到了多少人",
    ],
)
def test_all_sites_of_a_region_or_just_the_site_that_is_called_so(text: str) -> None:
    made = question(text)
    assert made.sentence == "要查济南的全部 3 个工地: 人数检测, 请选择"
    assert ids(made) == {"S0", "S1", "S2"}
    assert ids(made, 1) == {"S0"}
    labels = [one.label for one in made.candidates]
    assert labels == ["济南的全部 3 个工地 人数检测", "济南 人数检测"]


@pytest.mark.parametrize(
    ("text", "sites"),
    [
        ("城东片区所有工地的人数", {"S5"}),
        ("城东所有工地的人数", {"S5"}),
        ("检修一区各工地的人数", {"S6"}),
        ("检修1区各工地的人数", {"S6"}),
        ("济南和青岛所有工地的人数", {"S0", "S1", "S2", "S3", "S4"}),
        ("济南片区、青岛片区所有工地的人数", {"S0", "S1", "S2", "S3", "S4"}),
        ("所有济南和青岛的工地的人数", {"S0", "S1", "S2", "S3", "S4"}),
    ],
)
def test_regions_without_a_site_of_their_name_and_several_regions(
    text: str, sites: set[str]
) -> None:
    made = question(text)
    assert made.kind is QuestionKind.CONFIRM
    assert ids(made) == sites
    if len(sites) > 1:
        assert ids(made, 1) == {"S0", "S3"}


def test_several_checks_are_all_asked_everywhere() -> None:
    made = question("济南所有工地的人数、安全帽和电笔")
    assert asked(made) == {
        (site, check) for site in ("S0", "S1", "S2") for check in Check
    }
    assert made.sentence == (
        "要查济南的全部 3 个工地: 人数检测、安全检查、设备检查, 共 9 项, 请选择"
    )
    assert made.candidates[1].label == "济南 人数检测、安全检查、设备检查"


def test_all_sites_stand_beside_another_site_with_its_own_check() -> None:
    made = question("济南所有工地的人数和胶州的安全帽")
    assert asked(made) == {("S0", HEAD), ("S1", HEAD), ("S2", HEAD), ("S4", HAT)}
    assert "共 4 项" in made.sentence
    assert asked(made, 1) == {("S0", HEAD), ("S4", HAT)}


@pytest.mark.parametrize(
    "text",
    [
        "济南工地所有人都戴安全帽了吗",
        "济南全部人员的安全帽",
        "济南每个人都戴安全帽了吗",
        "济南工地大家都戴安全帽了吗",
        "济南所有现场人员戴安全帽了吗",
        "济南工地全部人员戴安全帽没有",
    ],
)
def test_all_people_of_a_site_are_one_site(text: str) -> None:
    made = understood(text)
    assert [(call.site.id, call.check) for call in made.calls] == [("S0", HAT)]
    assert made.question is None


@pytest.mark.parametrize(
    "text", ["全部人员都戴安全帽了吗", "每个人都戴安全帽了吗", "各班组的安全帽"]
)
def test_all_people_of_nowhere_are_asked_for_their_site(text: str) -> None:
    made = understood(text)
    assert made.intent is Intent.NO_PLACE
    assert made.question is not None
    assert made.question.candidates == ()


@pytest.mark.parametrize(
    "text",
    [
        "所有工地不查济南的人数",
        "其他所有工地的人数",
        "其余各工地的人数",
        "除了这个所有工地都查一下人数",
        "不是所有工地的人数",
        "除了所有工地的人数",
        "除了火星所有工地的人数",
        "除济男以外所有工地的人数",
        "除了济南北站所有工地的人数",
        "除了济南的人数,所有工地的安全帽",
        "除了济南,所有工地也查一下人数",
        "除了青岛,济南所有工地的人数",
        "除了济南所有工地,青岛的人数",
        "所有工地的人数,新胶州除外",
    ],
)
def test_with_an_exception_that_is_not_sure_nothing_is_offered(text: str) -> None:
    made = question(text)
    assert made.kind is QuestionKind.SAY_AGAIN
    assert made.candidates == ()
    assert "除了" in made.sentence


@pytest.mark.parametrize(
    ("text", "area"),
    [("火星所有工地的人数", "火星"), ("历城所有工地的人数", "历城"),
     ("济南北站所有工地的人数", "济南北站")],
)  # fmt: skip
def test_a_region_that_nobody_knows_is_never_the_whole_directory(
    text: str, area: str
) -> None:
    made = question(text)
    assert made.kind is QuestionKind.WHICH_SITE
    assert f"「{area}」" in made.sentence
    assert all(len(one.calls) < len(ALL) for one in made.candidates)


def test_a_site_that_is_no_region_is_offered_alone() -> None:
    made = question("历城所有工地的人数")
    assert [one.label for one in made.candidates] == ["历城 人数检测"]


def test_a_region_that_was_misheard_is_asked_by_what_it_sounds_like() -> None:
    made = question("清岛所有工地的人数", origin=Origin.MICROPHONE)
    labels = [one.label for one in made.candidates]
    assert "青岛的全部 2 个工地 人数检测" in labels
    assert "青岛 人数检测" in labels


def test_a_single_place_where_all_of_a_region_would_stand_is_not_dispatched() -> None:
    made = understood("所有清岛的工地的人数", origin=Origin.MICROPHONE)
    assert made.calls == ()
    assert made.question is not None


@pytest.mark.parametrize(
    "text",
    ["拉开所有工地的闸", "停止所有工地的检查", "所有工地的人数, 胶州不用查安全帽"],
)
def test_what_is_forbidden_stays_refused(text: str) -> None:
    made = understood(text, model="济南的人数")
    assert made.intent is Intent.UNSUPPORTED
    assert made.question is None
    assert made.calls == ()


@pytest.mark.parametrize("model", ["济南的人数", "你好", "今天天气", "青岛的电笔"])
def test_the_rules_decide_whatever_the_model_says(model: str) -> None:
    made = understood("济南所有工地的人数", model=model)
    assert made.question == question("济南所有工地的人数")
    assert made.source is Source.RULES
    assert made.notes == ("「济南所有工地」理解为济南的全部 3 个工地",)


def test_what_else_is_doubtful_is_said_before() -> None:
    made = question("昨天济南所有工地的人数")
    assert made.sentence.startswith(
        "只能查现在的情况, 「昨天」的结果请在巡检日志里看; 要查济南的全部 3 个工地"
    )
    made = question("济南所有工地的人数", agreed=False, origin=Origin.MICROPHONE)
    assert "两次识别不一致; 要查济南的全部" in made.sentence


def test_without_a_check_the_question_is_which_one() -> None:
    made = question("看一下济南所有工地")
    assert made.kind is QuestionKind.WHICH_CHECK
    assert made.sentence == "要查济南的全部 3 个工地的哪一项?"
    assert [asked(made, n) for n in range(3)] == [
        {(site, check) for site in ("S0", "S1", "S2")} for check in Check
    ]


def test_the_mention_says_what_was_heard_and_what_it_means() -> None:
    (mention,) = understood("济南所有工地的人数").mentions
    assert mention.place == "济南的全部 3 个工地"
    assert mention.heard_place == "济南所有工地"
    assert mention.site is None


def dated(since: date | None, until: date | None) -> tuple[Site, ...]:
    return (*SITES[:2], replace(SITES[2], valid_from=since, valid_until=until))


@pytest.mark.parametrize(
    ("since", "until", "inside"),
    [
        (None, TODAY, True),
        (None, date(2026, 11, 20), False),
        (date(2026, 11, 22), None, False),
        (TODAY, None, True),
    ],
)
def test_sites_without_work_today_are_left_out_and_said_so(
    since: date | None, until: date | None, inside: bool
) -> None:
    made = question("济南所有工地的人数", dated(since, until))
    assert ("S2" in ids(made)) is inside
    assert ("另有 1 个工地已结束或还没开工" in made.sentence) is not inside


def test_where_nothing_is_left_nothing_is_offered() -> None:
    over = [replace(site, valid_until=date(2026, 1, 1)) for site in SITES]
    made = question("济南所有工地的人数", over)
    assert made.kind is QuestionKind.SAY_AGAIN
    assert "3 个工地都已结束或还没开工" in made.sentence
    assert question("所有工地的人数", ()).candidates == ()


def test_labels_stay_short_with_many_sites() -> None:
    many = [
        Site(id=f"M{n}", name=f"{n}号工地", region=f"第{n % 5}片区") for n in range(500)
    ]
    made = question("所有工地的人数、安全帽和电笔", many)
    assert len(made.candidates[0].calls) == 1500
    assert len(made.candidates[0].label) < 40
    label = sweep_label([f"第{n}片区" for n in range(5)], 500)
    assert label == "第0片区等 5 个片区的全部 500 个工地"


def test_a_region_that_two_may_be_is_not_taken_for_one_of_them() -> None:
    sites = [
        Site(id="A", name="甲变电站", region="鲁中片区"),
        Site(id="B", name="乙变电站", region="鲁中供电公司"),
    ]
    regions = Regions(sites)
    assert regions.find("鲁中") is None
    assert regions.find("鲁中片区") == "鲁中片区"
    assert question("鲁中所有工地的人数", sites).kind is QuestionKind.WHICH_SITE
    assert ids(question("鲁中片区所有工地的人数", sites)) == {"A"}


def test_a_changed_directory_counts_at_once() -> None:
    reader = RuleReader(Directory(SITES[:2]), today=lambda: TODAY)
    assert reader.read("所有工地的人数").spoken[0].place == "全部 2 个工地"
    reader.directory = Directory(SITES)
    assert reader.read("所有工地的人数").spoken[0].place == "全部 7 个工地"


_TOWNS = ("海州", "云川", "石门", "凤山", "龙泉", "银河")
_QUANTIFIERS = ("所有", "全部", "各", "各个", "每个", "所有的", "全体")
_NOUNS = ("工地", "站点", "施工现场", "现场", "施工点", "作业点", "项目部", "标段")
_SAID = {HEAD: "人数", HAT: "安全帽佩戴情况", GEAR: "电笔"}


@st.composite
def _directories(draw: st.DrawFn) -> list[Site]:
    size = draw(st.integers(1, 25))
    sites = []
    for number in range(size):
        town = draw(st.sampled_from(_TOWNS))
        until = draw(st.sampled_from((None, None, date(2026, 11, 20), TODAY)))
        name = town if draw(st.booleans()) else f"{town}{number}号杆塔"
        region = draw(st.sampled_from((*_TOWNS, "")))
        sites.append(Site(id=f"{number}", name=name, region=region, valid_until=until))
    return sites


@settings(max_examples=150)
@given(
    sites=_directories(),
    data=st.data(),
    quantifier=st.sampled_from(_QUANTIFIERS),
    noun=st.sampled_from(_NOUNS),
    link=st.sampled_from(("", "的", "片区", "地区的")),
    checks=st.lists(st.sampled_from(list(Check)), min_size=1, unique=True),
)
def test_the_calls_are_exactly_the_sites_that_were_said(
    sites: list[Site],
    data: st.DataObject,
    quantifier: str,
    noun: str,
    link: str,
    checks: list[Check],
) -> None:
    known = sorted({site.region for site in sites} - {""})
    some = st.lists(st.sampled_from(known), max_size=2, unique=True)
    towns = data.draw(some) if known else []
    area = "和".join(towns) + (link if towns else "")
    said = "和".join(_SAID[check] for check in checks)
    made = understood(f"查一下{area}{quantifier}{noun}的{said}", sites)
    assert made.calls == ()
    assert made.question is not None
    wanted = {
        (site.id, check)
        for site in sites
        for check in checks
        if (not towns or site.region in towns)
        and (site.valid_until is None or site.valid_until >= TODAY)
    }
    if not wanted:
        assert made.question.candidates == ()
        return
    assert asked(made.question) == wanted
    if len(checks) > 1:
        assert f"共 {len(wanted)} 项" in made.question.sentence
    count = re.search(r"全部 (\d+) 个工地", made.question.sentence)
    assert count is not None
    assert int(count[1]) == len({site for site, _ in wanted})


@settings(max_examples=200)
@given(
    st.text(
        alphabet="济南青岛所有全部各每个工地现场的人数安全帽除了不和火星,", max_size=24
    )
)
def test_whatever_is_said_of_all_sites_is_asked_first(text: str) -> None:
    reader = RuleReader(Directory(SITES), today=lambda: TODAY)
    reading = reader.read(text)
    made = decide(Utterance(text=text, origin=Origin.TYPED), reading, None, SITES)
    if reading.sweeps and not reading.forbidden:
        assert made.calls == ()
        assert made.question is not None
        assert len(made.question.candidates) <= 3
        assert all(len(one.label) < 120 for one in made.question.candidates)
