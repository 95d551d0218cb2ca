from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.agent.lexicon import lexicon
from app.agent.rules import RuleReader
from app.core.model import Check, Intent, Resolution, Site
from app.sites.directory import Directory
from tests.unit.agent.sentences import directory, sentences, written


@pytest.fixture(scope="module")
def reader() -> RuleReader:
    return RuleReader(directory())


def test_every_sentence_of_the_working_set_is_read(reader: RuleReader) -> None:
    wrong = {
        text: written(reading)
        for text, wanted in sentences("dev")
        if written(reading := reader.read(text)) != wanted
    }
    assert wrong == {}


def test_the_untouched_set_is_read_almost_whole(reader: RuleReader) -> None:
    rows = sentences("check")
    right = sum(written(reader.read(text)) == wanted for text, wanted in rows)
    assert len(rows) >= 125
    assert right / len(rows) >= 0.97


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("没戴安全帽的有多少人,济南", "济南/helmet"),
        ("电笔没带,青岛的", "青岛/equipment"),
        ("设备厂的安全帽", "设备厂/helmet"),
        ("安全路配电室的人数", "安全路配电室/headcount"),
        ("人和变电站和济南的电笔", "人和变电站/equipment;济南/equipment"),
        ("济南市的人数", "济南/headcount"),
        ("历变的人数", "历城变电站/headcount"),
        ("查一下三号变电站的人数", "3号变电站/headcount"),
    ],
)
def test_names_with_check_words_do_not_confuse(
    reader: RuleReader, text: str, wanted: str
) -> None:
    assert written(reader.read(text)) == wanted


@pytest.mark.parametrize(
    "text", ["济南北站的人数", "新济南的人数", "济南变电站的人数", "济南二期的人数"]
)
def test_a_longer_name_is_not_taken_for_the_known_one(
    reader: RuleReader, text: str
) -> None:
    reading = reader.read(text)
    assert reading.intent is Intent.INSPECT
    assert reading.spoken[0].site is None


@pytest.mark.parametrize(
    "text",
    [
        "把济南的闸拉了再查人数",
        "查一下济南的人数然后拉闸",
        "打开济南摄像头看看人数",
        "别查济南的人数",
        "停止济南的人数检测",
        "把济南的人数改成十个",
        "告诉济南工地戴好安全帽",
        "叫济南的师傅把电笔带上",
        "济南没戴帽子的一人罚两百",
    ],
)
def test_an_action_is_forbidden_whatever_else_is_said(
    reader: RuleReader, text: str
) -> None:
    reading = reader.read(text)
    assert reading.intent is Intent.UNSUPPORTED
    assert reading.forbidden
    assert reading.spoken == ()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("榆林队伍都在不在岗", "榆林/headcount"),
        ("确定西宁的人数", "西宁/headcount"),
        ("来安全帽检查", "/helmet"),
        ("厦门漳州泉州出勤报一下", "厦门/headcount;漳州/headcount;泉州/headcount"),
        ("昆山市和东湖变电站带电笔没", "昆山市/equipment;东湖变电站/equipment"),
        ("瞧瞧黄渡变人到得怎么样", "黄渡变/headcount"),
        ("横店工地和周庄的头盔", "横店/helmet;周庄/helmet"),
        ("锦苏线现在怎么样", "锦苏线/"),
        ("敦煌呢", "敦煌/"),
    ],
)
def test_places_that_only_the_map_or_their_build_knows_are_cut_out(
    reader: RuleReader, text: str, wanted: str
) -> None:
    assert written(reader.read(text)) == wanted


def test_who_types_the_name_of_another_town_means_it() -> None:
    reader = RuleReader(Directory([Site(id="q", name="青州")]))
    typed = reader.read("钦州的人数", typed=True).spoken[0]
    assert (typed.site, typed.place) == (None, "钦州")
    assert typed.resolution is not None
    assert typed.resolution.matches[0].site.name == "青州"
    heard = reader.read("钦州的人数").spoken[0]
    assert heard.site is not None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("济南戴安全帽的人多不多", "济南/helmet"),
        ("济南作业人员防护到不到位", "济南/helmet"),
        ("济南电笔带了吗到齐没有", "济南/equipment;济南/headcount"),
        ("济南工地有几个灭火器", "unsupported"),
        ("济南有多少人抽烟", "unsupported"),
        ("安全帽哪种颜色好看", "unsupported"),
        ("朝阳路变电站有人没戴帽子吗", "朝阳路变电站/helmet"),
        ("红柳林那边人到了没", "红柳林/headcount"),
        ("榆横线三标段电笔还缺几支", "榆横线三标段/equipment"),
    ],
)
def test_what_is_counted_and_named_is_taken_whole(
    reader: RuleReader, text: str, wanted: str
) -> None:
    assert written(reader.read(text)) == wanted


def test_a_blank_between_phrases_parts_them(reader: RuleReader) -> None:
    text = "烟台来了几个人 都戴帽子没"
    assert written(reader.read(text)) == "烟台/headcount;烟台/helmet"
    assert written(reader.read("查 一下 烟台 的 人数")) == "烟台/headcount"


class Lax(Directory):
    """A directory that takes any words for its first site."""

    def resolve(self, words: str) -> Resolution:
        return replace(super().resolve(words), site=self.sites()[0])


def test_a_longer_name_is_asked_even_where_the_directory_is_lax() -> None:
    reader = RuleReader(Lax([Site(id="a", name="济南")]))
    assert reader.read("济南站的人数").spoken[0].site is None


def test_two_sites_of_one_name_are_not_decided() -> None:
    sites = [
        Site(id="a", name="历城", region="济南"),
        Site(id="b", name="历城", region="临沂"),
    ]
    reading = RuleReader(Directory(sites)).read("历城的人数")
    assert reading.spoken[0].site is None
    assert reading.spoken[0].check is Check.HEADCOUNT


def test_a_region_before_its_site_is_no_site_of_its_own() -> None:
    sites = [Site(id="a", name="济南"), Site(id="b", name="历城", region="济南")]
    reader = RuleReader(Directory(sites))
    assert written(reader.read("济南市历城的人数")) == "历城/headcount"
    assert written(reader.read("济南和历城的人数")) == "济南/headcount;历城/headcount"
    assert written(reader.read("历城济南的人数")) == "历城/headcount;济南/headcount"


def test_a_correction_lowers_the_confidence(reader: RuleReader) -> None:
    plain = reader.read("查一下青岛的人数")
    changed = reader.read("查一下济南不对是青岛的人数")
    assert changed.confidence < 0.6 < plain.confidence


def test_the_directory_may_be_replaced(reader: RuleReader) -> None:
    own = RuleReader(directory())
    assert own.read("火星的人数").spoken[0].site is None
    own.directory = Directory([Site(id="m", name="火星")])
    site = own.read("火星的人数").spoken[0].site
    assert site is not None
    assert site.id == "m"


@settings(max_examples=150)
@given(st.text(max_size=300))
def test_any_text_has_a_reading(text: str) -> None:
    reading = _SHARED.read(text)
    assert 0 <= reading.confidence <= 1
    assert (reading.intent is Intent.INSPECT) <= bool(reading.spoken)


def test_hostile_repetition_is_read_in_time(reader: RuleReader) -> None:
    # Patterns with nested repeats would take minutes here.
    for piece in (
        "没有",
        "人",
        "有没有多少人",
        "的",
        "济南和",
        "安全帽",
        "戴没",
        ",查",
    ):
        reader.read(piece * 5000)


def test_traditional_characters_map_one_to_one() -> None:
    assert lexicon().normalise("檢查濟南的設備") == "检查济南的设备"


_SHARED = RuleReader(directory())
