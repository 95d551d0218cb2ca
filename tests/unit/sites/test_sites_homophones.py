"""Names of a directory that cannot be told apart."""

import random
from pathlib import Path

import pytest

from app.core.model import Site
from app.sites import homophones
from app.sites.directory import limits
from app.sites.homophones import shared_names, sound_alike
from app.sites.nearest import SoundIndex
from app.sites.spelling import fold


def named(*names: str) -> list[Site]:
    return [Site(id=f"S{i}", name=name) for i, name in enumerate(names)]


def groups(*names: str) -> list[tuple[bool, set[str]]]:
    return [
        (group.same, {owned.name for owned in group.names})
        for group in sound_alike(named(*names)).groups
    ]


def test_a_spelling_of_several_sites_is_shared() -> None:
    sites = [
        Site(id="A", name="鼓楼", region="南京", aliases=("东 站",)),
        Site(id="B", name="鼓楼", region="福州", aliases=("东站", "2#主变")),
        Site(id="C", name="二号主变", aliases=("二号 主变",)),
    ]
    told = [(one.name, [s.id for s in one.sites]) for one in shared_names(sites)]
    assert told == [("鼓楼", ["A", "B"]), ("东 站", ["A", "B"]), ("2#主变", ["B", "C"])]


@pytest.mark.parametrize(
    ("one", "other"),
    [("历城", "郦城"), ("历城", "栗城区"), ("重阳", "崇阳"), ("1号主变", "一号主边")],
)
def test_names_of_the_same_sound_are_a_group(one: str, other: str) -> None:
    [(_, names)] = groups(one, other, "青岛")
    assert names == {one, other}


@pytest.mark.parametrize(
    ("one", "other"), [("兰山", "南山"), ("张家", "臧家"), ("泉城4号", "泉城10号")]
)
def test_names_that_accents_make_alike_are_a_group(one: str, other: str) -> None:
    [(same, names)] = groups(one, other, "青岛")
    assert (same, names) == (False, {one, other})


@pytest.mark.parametrize(
    ("one", "other"),
    [("济南", "济宁"), ("泉城1号", "泉城2号"), ("历城", "历城东"), ("North", "South"),
     ("泉城兰山张家少年宫", "泉城南山臧家扫年宫")],
)  # fmt: skip
def test_names_that_differ_are_none(one: str, other: str) -> None:
    assert groups(one, other) == []


def test_names_of_one_site_are_its_own_affair() -> None:
    site = Site(id="A", name="历城", aliases=("郦城", "历城区", "丽层", "泥城"))
    assert sound_alike([site]).groups == ()
    assert sound_alike([]).groups == ()


def test_one_spelling_is_shared_and_no_matter_of_sound() -> None:
    assert groups("鼓楼", "鼓楼") == []


def test_an_alias_sounds_like_the_name_of_another_site() -> None:
    sites = [Site(id="A", name="济南", aliases=("历城",)), Site(id="B", name="郦城")]
    [group] = sound_alike(sites).groups
    assert [(o.name, o.site.id) for o in group.names] == [("历城", "A"), ("郦城", "B")]


def test_every_pair_is_told_once_around_the_name_with_most() -> None:
    # 郎山 is near 兰山, which is near 南山; the other two are too far apart.
    others = map(str, range(200))
    told = sound_alike(named("郎山", "兰山", "南山", *others)).groups
    [names] = [[owned.name for owned in group.names] for group in told]
    assert names[0] == "兰山"
    assert sorted(names[1:]) == sorted(["郎山", "南山"])


@pytest.mark.parametrize("count", [100, 300, 1000])
def test_alike_is_what_the_directory_would_take_for_the_other(count: int) -> None:
    # Checked name by name against the index that the directory asks.
    words = Path(__file__).with_name("counties.txt").read_text(encoding="utf-8")
    every = sorted(set(words.split()))
    random.Random(count).shuffle(every)
    sites = named(*every[:count])
    index = SoundIndex(((i, fold(s.name)) for i, s in enumerate(sites)), len(sites))
    wanted, limit = set(), limits(len(sites))
    for site in sites:
        near = index.nearness([fold(site.name)])
        for other, distance, cost in zip(sites, near.distance, near.cost, strict=True):
            if other is not site and distance <= limit.distance and cost <= limit.cost:
                wanted.add(frozenset((site.name, other.name)))
    found = {
        frozenset((group.names[0].name, owned.name))
        for group in sound_alike(sites).groups
        for owned in group.names[1:]
    }
    assert {name for pair in found for name in pair} == {
        name for pair in wanted for name in pair
    }
    assert wanted


def test_more_pairs_than_anybody_reads_are_cut_off_and_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(homophones, "MOST_PAIRS", 2)
    cut = sound_alike(named("南山", "兰山", "岚三", "青岛"))
    assert not cut.complete
    assert sum(len(group.names) - 1 for group in cut.groups) == 2
    monkeypatch.setattr(homophones, "MOST_PAIRS", 3)
    assert sound_alike(named("南山", "兰山", "岚三", "青岛")).complete


def test_few_pairs_at_a_time_give_the_same_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [f"泉城{n}号{kind}" for n in range(60) for kind in ("主变", "变电站")]
    whole = groups(*names)
    monkeypatch.setattr(homophones, "_AT_ONCE", 7)
    assert groups(*names) == whole
    assert whole
