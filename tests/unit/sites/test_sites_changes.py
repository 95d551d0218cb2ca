"""What an import will change, told before it does."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.core.model import Site
from app.sites.changes import FieldChange, compare, merged, over
from app.sites.files import load_directory, save_directory
from app.sites.homophones import shared_names, sound_alike
from app.sites.importing import SitesFile, read_sites
from tests.benchmarks.directory import made_up, write_workbook

JINAN = Site(id="A", name="济南", aliases=("泉城",), region="鲁", cameras=("c1",))
QINGDAO = Site(id="B", name="青岛")
YANTAI = Site(id="C", name="烟台")


def of_file(folder: Path, rows: str) -> SitesFile:
    path = folder / "new.csv"
    path.write_text("id,name,aliases,region\n" + rows, encoding="utf-8")
    return read_sites(path)


def test_each_site_is_new_changed_removed_or_unchanged() -> None:
    moved = replace(QINGDAO, name="青岛港")
    changes = compare(
        [JINAN, QINGDAO, YANTAI], [Site(id="D", name="威海"), moved, JINAN]
    )
    assert [site.id for site in changes.added] == ["D"]
    assert [change.site for change in changes.changed] == [moved]
    assert [site.id for site in changes.removed] == ["C"]
    assert (changes.before, changes.unchanged) == (3, 1)


@pytest.mark.parametrize(
    ("change", "old", "new"),
    [
        ({"name": "泉州"}, "济南", "泉州"),
        ({"aliases": ("泉城", "省城")}, "泉城", "泉城;省城"),
        ({"region": ""}, "鲁", ""),
        ({"work_order_key": "WO"}, "", "WO"),
        ({"cameras": ("c2", "c1")}, "c1", "c2;c1"),
        ({"valid_from": date(2026, 1, 2)}, "", "2026-01-02"),
        ({"valid_until": date(2026, 1, 2)}, "", "2026-01-02"),
    ],
)
def test_what_changes_is_told_field_by_field(
    change: dict[str, object], old: str, new: str
) -> None:
    [told] = compare([JINAN], [replace(JINAN, **change)]).changed  # type: ignore[arg-type]
    [field] = change
    assert told.fields == (FieldChange(field=field, old=old, new=new),)


@pytest.mark.parametrize(
    ("left", "most", "every"),
    [("ABC", False, False), ("AB", False, False), ("A", True, False), ("", True, True)],
)
def test_the_loss_of_most_sites_is_noticed(left: str, most: bool, every: bool) -> None:
    old = [JINAN, QINGDAO, YANTAI]
    changes = compare(old, [site for site in old if site.id in left])
    assert (changes.removes_most, changes.removes_all) == (most, every)


def test_from_nothing_nothing_is_removed() -> None:
    changes = compare([], [JINAN])
    assert not changes.removes_most
    assert not changes.removes_all


def test_merging_keeps_what_the_file_does_not_name_and_its_order(
    tmp_path: Path,
) -> None:
    file = of_file(tmp_path, "D,威海,,\nB,青岛港,,\n")
    both = merged([JINAN, QINGDAO, YANTAI], file)
    assert both.problems == ()
    assert [site.name for site in both.sites] == ["济南", "青岛港", "烟台", "威海"]
    assert both.sites[0] == JINAN


@pytest.mark.parametrize(
    ("row", "cause"),
    [
        ("D,济南,,鲁\n", "名称「济南」与现有工地 A 相同, 且地区相同"),
        ("D,省城,济南,\n", "别名「济南」是现有工地 A 的名称"),
        ("D,泉城,,\n", "名称「泉城」是现有工地 A 的别名"),
    ],
)
def test_merging_refuses_a_name_that_a_kept_site_has(
    tmp_path: Path, row: str, cause: str
) -> None:
    both = merged([JINAN, QINGDAO], of_file(tmp_path, "E,威海,,\n" + row))
    assert [(p.line, p.cause) for p in both.problems] == [(3, cause)]
    # In the place of that site it is no problem.
    assert not merged([JINAN], of_file(tmp_path, row.replace("D", "A"))).problems


def test_a_site_is_over_after_its_last_day() -> None:
    last = replace(JINAN, valid_until=date(2026, 11, 22))
    assert over([last, QINGDAO], date(2026, 11, 22)) == ()
    assert over([last, QINGDAO], date(2026, 11, 23)) == (last,)


def test_ten_thousand_sites_are_read_compared_saved_and_found(tmp_path: Path) -> None:
    sites = made_up(10_000)
    path, book = tmp_path / "sites.csv", tmp_path / "sites.xlsx"
    save_directory(path, sites)
    write_workbook(book, sites)
    assert read_sites(book).sites == sites
    directory = load_directory(path)
    assert tuple(directory.sites()) == sites
    changes = compare(sites[:6000], sites[4000:])
    assert (len(changes.added), len(changes.removed)) == (4000, 4000)
    assert changes.unchanged == 2000
    assert shared_names(sites) == ()
    alike = sound_alike(sites)
    assert alike.complete
    assert alike.groups
    for site in sites[::1000]:
        found = directory.resolve(site.name)
        assert (found.site, found.exact) == (site, True)
    site = next(site for site in sites if site.name.startswith("虎"))
    heard = directory.resolve("户" + site.name[1:])
    assert site in [match.site for match in heard.matches]
