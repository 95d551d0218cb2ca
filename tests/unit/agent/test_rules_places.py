"""Nested and equal names, and names that hold words of the trade."""

import pytest

from app.agent.rules import RuleReader
from app.agent.understanding import decide
from app.core.model import Check, Intent, Origin, QuestionKind, Site, Utterance
from app.sites.directory import Directory
from tests.unit.agent.sentences import written

NAMES = (
    "济南", "青岛", "人民路安全小区", "设备厂", "电笔厂变电站", "查甸", "和平", "人和",
    "安全帽厂", "帽儿山", "检测中心工地", "110kV城东变", "2号主变", "3号楼", "3#变电站",
)  # fmt: skip
TWINS = (
    Site(id="J", name="历城", region="济南"),
    Site(id="L", name="历城", region="临沂"),
    Site(id="Q", name="青岛", region="青岛"),
)
_READER = RuleReader(
    Directory(
        [
            *(Site(id=name, name=name) for name in NAMES),
            Site(id="历城变电站", name="历城变电站", aliases=("人数路", "历变")),
        ]
    )
)


@pytest.mark.parametrize("name", [*NAMES, "历变", "人数路"])
@pytest.mark.parametrize(
    ("said", "check"),
    [("的人数", "headcount"), ("的安全帽", "helmet"), ("带电笔了吗", "equipment")],
)
def test_a_name_is_masked_before_checks_are_looked_for(
    name: str, said: str, check: str
) -> None:
    reading = _READER.read(f"查一下{name}{said}", typed=True)
    assert [(o.site.id, o.check) for o in reading.spoken if o.site] == [
        ("历城变电站" if name in {"历变", "人数路"} else name, Check(check))
    ]
    assert reading.doubts == ()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("said", ["查一下{}", "查一下{}工地", "{}", "看看{}现场"])
def test_a_name_alone_asks_for_its_check(name: str, said: str) -> None:
    reading = _READER.read(said.format(name), typed=True)
    assert reading.intent is Intent.NO_CHECK
    assert [one.site.id for one in reading.spoken if one.site] == [name]


@pytest.mark.parametrize(
    "text", ["查一下安全帽库工地", "电笔仓库的工地", "查一下头盔厂", "人数庄工地看一下"]
)
def test_the_name_of_no_site_is_never_a_check_of_another(text: str) -> None:
    reading = _READER.read(text, typed=True)
    assert all(one.site is None for one in reading.spoken)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("济南的工人和设备", "济南/equipment"),
        ("济南和和平的人数", "济南/headcount;和平/headcount"),
        ("人和的设备", "人和/equipment"),
    ],
)
def test_a_name_is_not_cut_out_where_two_words_meet(text: str, wanted: str) -> None:
    assert written(_READER.read(text)) == wanted


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("济南历城的人数", "J"),
        ("济南市历城的人数", "J"),
        ("济南市历城区的人数", "J"),
        ("济南的历城的人数", "J"),
        ("山东济南历城的人数", "J"),
        ("山东省济南市历城的人数", "J"),
        ("临沂历城的人数", "L"),
        ("山东省的青岛的人数", "Q"),
    ],
)
def test_a_region_tells_sites_of_one_name_apart(text: str, site: str) -> None:
    reading = RuleReader(Directory(TWINS)).read(text, typed=True)
    assert [one.site.id for one in reading.spoken if one.site] == [site]
    assert reading.doubts == ()


def test_sites_of_one_name_are_asked_with_their_regions() -> None:
    reading = RuleReader(Directory(TWINS)).read("历城的人数", typed=True)
    utterance = Utterance(text="历城的人数", origin=Origin.TYPED)
    made = decide(utterance, reading, None, TWINS)
    assert made.calls == ()
    assert made.question is not None
    assert made.question.kind is QuestionKind.WHICH_SITE
    labels = [one.label for one in made.question.candidates]
    assert labels == ["济南 历城 人数检测", "临沂 历城 人数检测"]


@pytest.mark.parametrize("text", ["江苏青岛的人数", "江苏省的青岛的人数"])
def test_a_site_of_another_province_is_another_place(text: str) -> None:
    (one,) = RuleReader(Directory(TWINS)).read(text, typed=True).spoken
    assert one.site is None


@pytest.mark.parametrize(
    "text", ["青岛历城的人数", "历城北变电站的人数", "历城北站的人数", "新历城的人数"]
)
def test_a_name_inside_another_is_not_dispatched(text: str) -> None:
    reading = RuleReader(Directory(TWINS[::2])).read(text, typed=True)
    assert reading.doubts or not all(one.site for one in reading.spoken)


def test_two_names_side_by_side_are_asked_where_they_may_be_one() -> None:
    sites = [Site(id=name, name=name) for name in ("济南", "青岛", "章丘")]
    reader = RuleReader(Directory(sites))
    assert reader.read("济南章丘的人数").doubts == ("「济南章丘」可能是一个地方",)
    assert reader.read("济南青岛的人数").doubts == ()
    assert reader.read("济南和章丘的人数").doubts == ()
