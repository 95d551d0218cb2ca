"""All sites but some: which are left out, and that the question names them."""

from dataclasses import replace
from datetime import date

import pytest

from app.core.model import Check, QuestionKind, Site
from tests.unit.agent.test_sweeps import ALL, SITES, asked, ids, question, understood

HEAD, HAT = Check.HEADCOUNT, Check.HELMET


@pytest.mark.parametrize(
    "text",
    [
        "除了青岛和胶州, 所有工地的人数",
        "除了青岛、胶州,所有工地的人数",
        "除青岛和胶州以外所有工地的人数",
        "除青岛和胶州之外的所有工地的人数",
        "除青岛和胶州外的工地都查一下人数",
        "除了青岛和胶州都查一下人数",
        "除了青岛和胶州其他工地的人数",
        "除去青岛和胶州,其余的都查一下人数",
        "除了青岛和胶州以外,别的工地的人数",
        "所有工地的人数, 青岛和胶州不用查",
        "所有工地的人数青岛和胶州不用查了",
        "所有工地的人数,但是青岛和胶州就别查了",
        "所有工地的人数, 不用查青岛和胶州",
        "所有工地的人数, 不包括青岛和胶州",
        "青岛和胶州不算, 所有工地的人数",
        "所有工地的人数,青岛、胶州除外",
        "所有工地除了青岛和胶州的人数",
        "别查青岛和胶州,其他工地都查人数",
        "除了青島和膠州,所有工地的人數",
    ],
)
def test_what_is_left_out_is_named_and_not_asked(text: str) -> None:
    made = question(text)
    assert made.kind is QuestionKind.CONFIRM
    assert made.sentence == ("要查除青岛、胶州以外的全部 5 个工地: 人数检测, 请确认")
    assert asked(made) == {(site, HEAD) for site in ALL - {"S3", "S4"}}


def test_the_site_and_the_region_of_one_name_are_both_offered() -> None:
    made = question("除了济南其他工地的安全帽")
    assert ids(made) == ALL - {"S0"}
    assert ids(made, 1) == ALL - {"S0", "S1", "S2"}
    assert [one.label for one in made.candidates] == [
        "除济南以外的全部 6 个工地 安全检查",
        "除济南各工地以外的全部 4 个工地 安全检查",
    ]


@pytest.mark.parametrize(
    "text", ["除了城东片区,其他工地的人数", "所有工地的人数,城东片区不用查"]
)
def test_a_region_may_be_left_out(text: str) -> None:
    assert ids(question(text)) == ALL - {"S5"}


@pytest.mark.parametrize(
    "text",
    [
        "济南所有工地的人数不包括历城",
        "除了历城, 济南其他工地的人数",
        "除了历城,济南所有工地的人数",
    ],
)
def test_a_site_is_left_out_of_its_region(text: str) -> None:
    made = question(text)
    assert made.sentence == ("要查济南除历城以外的全部 2 个工地: 人数检测, 请确认")
    assert ids(made) == {"S0", "S2"}


def test_without_a_check_the_question_is_which_one() -> None:
    made = question("看一下除了胶州的所有工地")
    assert made.kind is QuestionKind.WHICH_CHECK
    assert "除胶州以外" in made.sentence
    assert ids(made) == ALL - {"S4"}


def test_of_two_sites_of_one_name_none_is_left_out_unasked() -> None:
    twins = (*SITES, Site(id="T", name="胶州", region="城东片区"))
    assert question("除了胶州所有工地的人数", twins).kind is QuestionKind.SAY_AGAIN


def test_who_is_left_out_and_has_no_work_is_not_counted_twice() -> None:
    over = [replace(s, valid_until=date(2026, 1, 1)) for s in SITES[4:5]]
    made = question("除了胶州所有工地的人数", (*SITES[:4], *over, *SITES[5:]))
    assert ids(made) == ALL - {"S4"}
    assert "另有" not in made.sentence


@pytest.mark.parametrize(
    "text",
    ["济南不用查", "青岛的人数,济南不用查", "别查济南的人数", "拆除济南所有工地的人数"],
)
def test_without_all_sites_nothing_is_cut_out(text: str) -> None:
    made = understood(text)
    assert made.calls == ()


def test_besides_is_no_exception() -> None:
    made = question("除了济南还要查青岛的安全帽")
    assert asked(made) == {("S0", HAT), ("S3", HAT)}


def test_the_others_of_a_region_without_an_exception_are_not_its_site() -> None:
    assert understood("济南其他工地的安全帽").calls == ()
