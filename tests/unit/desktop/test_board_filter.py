"""Which sites are found by a few characters or letters."""

import pytest

from app.core.model import Site
from app.desktop.board.finding_sites import (
    Readings,
    SiteFinder,
    in_letters,
    sounding,
    spelt,
)
from app.sites.directory import Directory

SITES = (
    Site(id="SD-01", name="济南", aliases=("泉城",), region="鲁中"),
    Site(id="SD-02", name="济宁", region="鲁南"),
    Site(id="SD-03", name="长清220千伏变电站", region="鲁中"),
    Site(id="SD-04", name="集安", region="外地"),
)


@pytest.fixture
def finder() -> SiteFinder:
    made = SiteFinder(SITES)
    made.learn(Directory(()).readings)
    return made


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("", "SD-01 SD-02 SD-03 SD-04"),
        ("济", "SD-01 SD-02"),
        ("泉城", "SD-01"),
        ("鲁中", "SD-01 SD-03"),
        ("sd-04", "SD-04"),
        ("ＳＤ－０４", "SD-04"),
        ("220", "SD-03"),
        ("jn", "SD-01 SD-02"),
        ("JN", "SD-01 SD-02"),
        ("jinan", "SD-01"),
        ("jnan", "SD-01"),
        ("jin", "SD-01 SD-02"),
        ("nan", "SD-01 SD-02"),
        ("jian", "SD-04"),
        ("ja", "SD-04"),
        ("qc", "SD-01"),
        ("cq", "SD-03"),
        ("zhangq", "SD-03"),
        ("lz jn", "SD-01"),
        ("济 鲁南", "SD-02"),
        ("jnq", ""),
        ("没有", ""),
        ("xyz", ""),
    ],
)
def test_characters_initials_and_pinyin_find_sites(
    finder: SiteFinder, typed: str, ids: str
) -> None:
    assert finder.find(typed) == frozenset(ids.split())


def test_before_names_were_read_only_characters_find_them() -> None:
    finder = SiteFinder(SITES)
    assert not finder.reads
    assert finder.find("jn") == frozenset()
    assert finder.find("济南") == {"SD-01"}


def test_of_each_syllable_something_is_typed() -> None:
    jinan = (("ji", "qi"), ("nan",))

    def fits(letters: str, *names: Readings) -> bool:
        return sounding(letters).search(spelt(names)) is not None

    assert all(fits(letters, jinan) for letters in ("jina", "qn", "qin", "n", "jinan"))
    assert not any(fits(letters, jinan) for letters in ("jan", "jinann", "jqn", "i"))
    assert not fits("j")
    # Not from the end of one name into the next.
    assert not fits("nj", jinan, jinan)
    assert in_letters("jn")
    assert not in_letters("j2")
    assert not in_letters("")
