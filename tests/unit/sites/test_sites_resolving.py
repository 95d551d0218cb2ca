"""Which site some words mean."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.model import Site
from app.core.sounds import sound_distance, split
from app.sites.directory import FARTHEST_CANDIDATE, Directory, limits
from app.sites.pinyin import syllables
from app.sites.spelling import fold, spoken
from tests.unit.sites.confusions import counties, measure, mishear, sites_named


def directory(*names: str, region: str = "") -> Directory:
    return Directory(
        [Site(id=f"S{i}", name=n, region=region) for i, n in enumerate(names)]
    )


def meant(found: Directory, words: str) -> str | None:
    resolution = found.resolve(words)
    return resolution.site.name if resolution.site else None


PROVINCE = ("济南", "青岛", "历城", "烟台", "泉城500千伏变电站", "茌平", "乐陵")


@pytest.mark.parametrize(
    "words",
    ["济南", " 济 南 ", "济南工地", "济南的工地", "济南那边", "位于济南的工地",
     "济南施工现场", "济南项目部", "工地济南", "济南工地上"],
)  # fmt: skip
def test_a_written_name_is_that_site_whatever_stands_around_it(words: str) -> None:
    found = directory(*PROVINCE).resolve(words)
    assert found.site is not None
    assert found.site.name == "济南"
    assert found.exact
    assert [m.distance for m in found.matches] == [0.0]


@pytest.mark.parametrize(
    ("heard", "name"),
    [("几男", "济南"), ("济兰", "济南"), ("几男功底", "济南"), ("立成", "历城"),
     ("青到", "青岛"), ("老凌", "乐陵"), ("持平工地", "茌平"),
     ("全程五百千伏变电站", "泉城500千伏变电站"), ("全城变", "泉城500千伏变电站")],
)  # fmt: skip
def test_a_misheard_name_is_found_by_its_sound(heard: str, name: str) -> None:
    found = directory(*PROVINCE).resolve(heard)
    assert found.site is not None
    assert found.site.name == name
    assert not found.exact


@pytest.mark.parametrize(
    "words",
    ["济南站", "新济南", "济南北站", "济南医院", "莱城500千伏变电站",
     "泉城220千伏变电站", "历下", "上海", "hello", "天气怎么样"],
)  # fmt: skip
def test_another_place_is_not_taken_for_one_of_ours(words: str) -> None:
    assert meant(directory(*PROVINCE), words) is None


@pytest.mark.parametrize("words", ["", " ", "工地", "那个工地", "现场", "#\\*", "的"])
def test_words_that_name_no_place_have_no_candidates(words: str) -> None:
    found = directory(*PROVINCE, "公地").resolve(words)
    assert found.site is None
    assert found.matches == ()


def test_a_name_that_ends_in_a_generic_word_keeps_it() -> None:
    found = directory("济南", "济南工地", "青岛项目部")
    assert meant(found, "济南工地") == "济南工地"
    assert meant(found, "济南") == "济南"
    assert meant(found, "青岛") == "青岛项目部"


def test_two_near_names_are_put_to_the_operator_nearest_first() -> None:
    found = directory("济南", "济宁", "淄博", "青岛").resolve("技能")
    assert found.site is None
    assert [m.site.name for m in found.matches[:2]] == ["济宁", "济南"]
    distances = [m.distance for m in found.matches]
    assert distances == sorted(distances)


def test_a_name_heard_right_is_never_repaired_to_another() -> None:
    found = directory("集安", "吉安", "济安")
    for name in ("集安", "吉安", "济安"):
        assert meant(found, name) == name
    assert meant(found, "即安") is None


def test_an_alias_of_two_sites_is_asked() -> None:
    found = Directory(
        [
            Site(id="A", name="历城", aliases=("东站",)),
            Site(id="B", name="青岛", aliases=("东站",)),
        ]
    ).resolve("东站")
    assert found.site is None
    assert not found.exact
    assert {m.site.id for m in found.matches} == {"A", "B"}


def test_a_name_of_several_provinces_needs_its_region() -> None:
    found = Directory(
        [
            Site(id="A", name="鼓楼", region="南京"),
            Site(id="B", name="鼓楼", region="福州"),
            Site(id="C", name="南京", region="南京"),
        ]
    )
    assert found.resolve("鼓楼").site is None
    assert len(found.resolve("鼓楼").matches) == 2
    for words, site in (("南京鼓楼", "A"), ("福州鼓楼", "B"), ("南京", "C")):
        resolution = found.resolve(words)
        assert resolution.site is not None
        assert resolution.site.id == site


@pytest.mark.parametrize(
    ("one", "other"),
    [("10kV", "十千伏"), ("220 KV", "二百二十千伏"), ("２２０千伏", "二百二千伏"),
     ("110千伏", "幺幺零千伏"), ("#2", "2号"), ("2#", "二号"), ("35kV", "三五千伏"),
     ("202千伏", "二百零二千伏"), ("500千伏", "五百千伏")],
)  # fmt: skip
def test_numbers_are_equal_however_they_are_written(one: str, other: str) -> None:
    assert fold(f"泉城{one}变") == fold(f"泉城{other}变")


def test_a_numeral_in_a_name_stays_a_character() -> None:
    assert fold("三门峡") == "三门峡"
    assert fold("九江") == "九江"


@pytest.mark.parametrize(
    ("digits", "words"),
    [("10", "十"), ("35", "三十五"), ("110", "一百一十"), ("500", "五百"),
     ("202", "二百零二"), ("1000", "一千"), ("0", "零"), ("007", "零零七")],
)  # fmt: skip
def test_numbers_are_spoken(digits: str, words: str) -> None:
    assert spoken(digits) == words


SOUNDS = sorted({r for n in counties() for s in syllables(n) for r, _ in s.readings})


@given(st.sampled_from(SOUNDS), st.sampled_from(SOUNDS))
def test_the_distance_of_sounds_is_symmetric_and_bounded(one: str, other: str) -> None:
    distance = sound_distance(one, other)
    assert distance == sound_distance(other, one)
    assert 0 <= distance <= 1
    assert (distance == 0) == (one == other)


def test_every_reading_can_be_split() -> None:
    assert [s for s in SOUNDS if split(s) is None] == []


@pytest.mark.parametrize(
    "pair",
    ["zi/zhi", "cai/chai", "san/shan", "nan/lan", "fu/hu", "ran/lan", "fan/fang",
     "chen/cheng", "jin/jing", "lian/liang", "guan/guang"],
)  # fmt: skip
def test_what_accents_confuse_is_cheap(pair: str) -> None:
    one, other = pair.split("/")
    assert sound_distance(one, other) <= 0.15
    assert sound_distance(one, "kuai") > 0.5


def test_a_name_with_several_readings_is_found_by_each() -> None:
    found = directory("长岛", "青岛")
    assert found.resolve("常倒").matches[0].distance == 0
    assert found.resolve("张倒").matches[0].site.name == "长岛"


@given(st.text(max_size=60))
def test_any_text_has_a_resolution(words: str) -> None:
    found = SMALL.resolve(words)
    assert len(found.matches) <= 3
    assert all(0 <= m.distance <= FARTHEST_CANDIDATE for m in found.matches)
    assert not found.exact or found.site is not None


SMALL = directory(*PROVINCE)


def test_every_name_of_a_large_catalogue_resolves_to_itself() -> None:
    names = counties()
    found = Directory(sites_named(names))
    assert [n for n in names if meant(found, n) != n] == []


def test_an_empty_directory_knows_nothing() -> None:
    found = Directory([])
    assert found.resolve("济南").site is None
    assert found.sites() == ()
    assert found.get("S0") is None


def test_two_sites_with_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match="one id"):
        Directory([Site(id="A", name="济南"), Site(id="A", name="青岛")])


@given(st.integers(1, 20000), st.integers(1, 20000))
def test_limits_tighten_as_the_catalogue_grows(one: int, other: int) -> None:
    few, many = limits(min(one, other)), limits(max(one, other))
    assert few.distance >= many.distance
    assert few.cost >= many.cost
    assert few.margin <= many.margin


@pytest.mark.parametrize("sites", [30, 60, 200, 1000])
def test_a_misheard_name_is_hardly_ever_taken_for_another_site(sites: int) -> None:
    # A small version of the table in app/sites/directory.py.
    outcome = measure(sites, 600, seed=7)
    least_top_3 = {30: 93, 60: 92, 200: 88, 1000: 78}[sites]
    least_taken = {30: 50, 60: 45, 200: 35, 1000: 10}[sites]
    assert outcome.wrong <= 0.5
    assert outcome.strangers_taken <= 4
    assert outcome.exact_broken == 0
    assert outcome.top_3 >= least_top_3
    assert outcome.taken >= least_taken


def test_misheard_names_differ_from_what_is_written() -> None:
    rng = random.Random(3)
    assert all(mishear("济南", rng) != "济南" for _ in range(50))
