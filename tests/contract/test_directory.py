"""What every directory of sites must do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.model import Site
from app.core.ports import SiteDirectory
from app.sites.directory import Directory
from app.sites.files import load_directory, save_directory

SITES = (
    Site(id="A", name="济南", aliases=("济南市",), region="济南"),
    Site(id="B", name="历城", aliases=("东站",), region="济南"),
    Site(id="C", name="济宁", aliases=("东站",), region="济宁"),
    Site(id="D", name="泉城500千伏变电站", region="济南"),
)


def _in_memory(folder: Path) -> SiteDirectory:
    return Directory(SITES)


def _from_file(folder: Path) -> SiteDirectory:
    save_directory(folder / "sites.csv", SITES)
    return load_directory(folder / "sites.csv")


@pytest.fixture(params=[_in_memory, _from_file])
def directory(request: pytest.FixtureRequest, tmp_path: Path) -> SiteDirectory:
    make: Callable[[Path], SiteDirectory] = request.param
    return make(tmp_path)


def test_sites_keep_their_order_and_are_found_by_id(directory: SiteDirectory) -> None:
    assert tuple(directory.sites()) == SITES
    assert all(directory.get(site.id) == site for site in SITES)
    assert directory.get("none") is None


def test_every_name_as_written_is_its_site(directory: SiteDirectory) -> None:
    for site in SITES:
        found = directory.resolve(site.name)
        assert found.words == site.name
        assert found.site == site
        assert found.exact
        assert found.matches[0].site == site
        assert found.matches[0].distance == 0


def test_a_shared_alias_is_left_to_the_operator(directory: SiteDirectory) -> None:
    found = directory.resolve("东站")
    assert found.site is None
    assert {m.site.id for m in found.matches} == {"B", "C"}


@pytest.mark.parametrize("words", ["", "技能", "北京", "济", "#\\*", "步骤#问候"])
def test_what_is_not_sure_is_not_taken(directory: SiteDirectory, words: str) -> None:
    found = directory.resolve(words)
    assert found.site is None
    assert not found.exact
    assert len(found.matches) <= 3
    distances = [m.distance for m in found.matches]
    assert distances == sorted(distances)
    assert all(0 <= d <= 1 for d in distances)


def test_a_resolved_site_is_the_nearest_match(directory: SiteDirectory) -> None:
    found = directory.resolve("立成")
    assert found.site is not None
    assert found.matches[0].site == found.site
    assert not found.exact


def test_words_are_read_aloud_for_the_filter(directory: SiteDirectory) -> None:
    read = directory.readings("济南")
    assert [syllable[0] for syllable in read] == ["ji", "nan"]
    # 长 is both, whoever types it may think of either.
    assert {"chang", "zhang"} <= set(directory.readings("长")[0])
    assert list(directory.readings("")) == []
