"""Site lists from files, and the desk's own list."""

import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.errors import SitesFileError
from app.core.model import Site
from app.sites.files import load_directory, save_directory
from app.sites.importing import read_sites

HEADER = "id,name,aliases,region\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "sites.csv"
    path.write_bytes(text.encode(encoding))
    return path


def problems(folder: Path, rows: str, header: str = HEADER) -> list[tuple[int, str]]:
    return [
        (p.line, p.cause) for p in read_sites(written(folder, header + rows)).problems
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_in_any_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    path = written(
        tmp_path, HEADER + "A,济南,济南市；泉城;,山东\r\nB,#2主变,,\n", encoding
    )
    preview = read_sites(path)
    assert preview.problems == ()
    assert preview.sites == (
        Site(id="A", name="济南", aliases=("济南市", "泉城"), region="山东"),
        Site(id="B", name="#2主变"),
    )


def test_an_excel_sheet_is_read(tmp_path: Path) -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ["编号", "名称", "别名", "cameras"],
        [7.0, "济南", None, "c1;c2"],
        [None],
    ):
        sheet.append(row)
    path = tmp_path / "sites.xlsx"
    book.save(path)
    book.close()
    assert read_sites(path).sites == (Site(id="7", name="济南", cameras=("c1", "c2")),)


def test_optional_columns_are_taken_and_unknown_ones_named(tmp_path: Path) -> None:
    text = "name,电话,id,work_order_key,cameras\n济南,123,A,WO-1,c1;c2\n"
    preview = read_sites(written(tmp_path, text))
    assert preview.sites == (
        Site(id="A", name="济南", work_order_key="WO-1", cameras=("c1", "c2")),
    )
    assert preview.ignored_columns == ("电话",)
    assert any("电话" in notice for notice in preview.notices)


@pytest.mark.parametrize(
    ("rows", "line", "cause"),
    [
        ("A,济南,,\nA,青岛,,\n", 3, "编号 A 与第2行重复"),
        ("A,济南,,\n,青岛,,\n", 3, "编号 (id) 是空的"),
        ("A,济南,,\nB,,,\n", 3, "名称 (name) 是空的"),
        ("A,济南,,山东\nB,济南,,山东\n", 3, "名称「济南」与第2行相同"),
        ("A,济南,青岛,\nB,青岛,,\n", 2, "别名「青岛」是第3行站点的名称"),
        ('A,济南,,\nB,"青\n岛",,\n', 3, "控制字符 U+000A"),
        ("A,济南,,\n\nB,青\u200b岛,,\n", 4, "控制字符 U+200B"),
        ("A,济南,,\nB,青岛,,山东,x\n", 3, "有5格, 表头只有4列"),
        ("A,济南,,\nB,---,,\n", 3, "没有字"),
        ("A,济南,,\nB,工地,,\n", 3, "只是通称"),
        ("A,济南,,\nB," + "长" * 41 + ",,\n", 3, "超过40个字"),
    ],
)
def test_a_bad_row_is_reported_with_line_and_cause(
    tmp_path: Path, rows: str, line: int, cause: str
) -> None:
    [(at, why)] = problems(tmp_path, rows)
    assert at == line
    assert cause in why
    assert len(read_sites(tmp_path / "sites.csv").sites) == 1


def test_a_name_of_two_regions_and_a_shared_alias_are_noticed(tmp_path: Path) -> None:
    rows = "A,鼓楼,东站,南京\nB,鼓楼,东站,福州\n"
    preview = read_sites(written(tmp_path, HEADER + rows))
    assert len(preview.sites) == 2
    assert sum("先询问" in notice for notice in preview.notices) == 2


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "是空的"),
        ("a.csv", b"id,name\n", "没有站点"),
        ("a.csv", b"id,region\nA,B\n", "缺少 name"),
        ("a.csv", b"id,name,NAME\nA,B,C\n", "两列"),
        ("a.csv", b"\xff\xfei\x00d\x00", "UTF-8"),
        ("a.csv", b'id,name\nA,"x', "第2行"),
        ("a.xlsx", b"PK nonsense", "Excel"),
        ("a.pdf", b"%PDF", ".pdf"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SitesFileError, match=said):
        read_sites(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SitesFileError, match="找不到"):
        read_sites(tmp_path / "none.csv")
    with pytest.raises(SitesFileError, match="无法读取"):
        read_sites(tmp_path)


NAMES = st.text(
    st.sampled_from("济南青岛历城烟台潍坊威海AB12#"), min_size=1, max_size=6
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NAMES, unique_by=str.casefold, min_size=1, max_size=8), st.data())
def test_a_saved_list_loads_as_it_was(
    tmp_path: Path, names: list[str], data: st.DataObject
) -> None:
    from app.sites.spelling import fold

    names = list({fold(n): n for n in names if fold(n)}.values())
    if not names:
        return
    sites = [
        Site(
            id=f"S,{i}",
            name=name,
            aliases=(f"另名{i}", '引"号') if data.draw(st.booleans()) else (),
            region=f"区{i}",
            work_order_key=data.draw(st.sampled_from(["", "WO"])),
            cameras=("c1", "c2"),
        )
        for i, name in enumerate(names)
    ]
    path = tmp_path / "own" / "sites.csv"
    save_directory(path, sites)
    assert list(load_directory(path).sites()) == sites
    assert [p.name for p in path.parent.iterdir()] == ["sites.csv"]


def test_a_desk_does_not_run_on_half_a_list(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "A,济南,,\nA,青岛,,\nB,,,\n")
    with pytest.raises(SitesFileError, match=r"第3行.*共2处"):
        load_directory(path)


def test_a_failed_save_leaves_the_old_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "sites.csv"
    save_directory(path, [Site(id="A", name="济南")])
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("app.sites.files.os.fsync", full)
    with pytest.raises(SitesFileError, match="No space left"):
        save_directory(path, [Site(id="B", name="青岛")])
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if "sites" in p.name] == ["sites.csv"]


def test_ten_thousand_sites_are_imported_quickly(tmp_path: Path) -> None:
    firsts, seconds = "东西南北中上下大小新", "山河湖江海城州川原泉"
    names = [
        f"{a}{b}{c}{d}"
        for a in firsts
        for b in seconds
        for c in firsts
        for d in seconds
    ]
    rows = "".join(f"S{i},{name},{name}工程,\n" for i, name in enumerate(names))
    path = written(tmp_path, HEADER + rows)
    started = time.perf_counter()
    preview = read_sites(path)
    assert len(preview.sites) == 10_000
    assert time.perf_counter() - started < 10
