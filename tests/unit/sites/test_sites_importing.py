"""Site lists from files, and the desk's own list."""

import zipfile
from datetime import date, datetime
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


def workbook(folder: Path, *rows: list[object]) -> Path:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    path = folder / "sites.xlsx"
    book.save(path)
    book.close()
    return path


def test_an_excel_sheet_is_read(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["编号", "名称", "别名", "cameras", None, None],
        [7.0, "济南", None, "c1;c2", None, None],
        [None],
        ["0012", "青岛", None, None, None],
        [None, None],
    )
    assert read_sites(path).sites == (
        Site(id="7", name="济南", cameras=("c1", "c2")),
        Site(id="0012", name="青岛"),
    )


def test_dates_of_a_table_program_are_days(tmp_path: Path) -> None:
    path = workbook(
        tmp_path,
        ["编号", "名称", "开始日期", "结束日期"],
        [1, "济南", date(2026, 11, 22), datetime(2026, 12, 1, 17, 30)],
        [2, "青岛", 20261122, "2026年12月1日"],
    )
    first, second = read_sites(path).sites
    for site in (first, second):
        assert site.valid_from == date(2026, 11, 22)
        assert site.valid_until == date(2026, 12, 1)


@pytest.mark.parametrize(
    "cell",
    ["2026-11-22", "2026/11/22", "2026.11.22", "20261122", "2026年11月22日",
     "２０２６-11-22", "2026-11-22 00:00:00", "2026/11/22 8:30"],
)  # fmt: skip
def test_a_day_may_be_written_in_the_usual_ways(tmp_path: Path, cell: str) -> None:
    text = f"id,name,valid_from,结束日期\nA,济南,{cell},\nB,青岛,,{cell}\n"
    first, second = read_sites(written(tmp_path, text)).sites
    assert (first.valid_from, first.valid_until) == (date(2026, 11, 22), None)
    assert (second.valid_from, second.valid_until) == (None, date(2026, 11, 22))


@pytest.mark.parametrize(
    ("days", "cause"),
    [
        ("2026-02-30,", "开始日期「2026-02-30」不是日期"),
        (",11/22/2026", "结束日期「11/22/2026」不是日期"),
        ("2026-11/22,", "不是日期"),
        ("46348,", "不是日期"),
        ("长期,", "不是日期"),
        ("2026-11-22,2026-11-21", "结束日期 2026-11-21 早于开始日期 2026-11-22"),
    ],
)
def test_a_day_that_is_none_is_a_problem_of_its_row(
    tmp_path: Path, days: str, cause: str
) -> None:
    header = "id,name,valid_from,valid_until\n"
    [(line, why)] = problems(tmp_path, f"A,济南,,\nB,青岛,{days}\n", header)
    assert (line, cause in why) == (3, True), why


def test_a_site_of_one_day_is_no_problem(tmp_path: Path) -> None:
    header = "id,name,valid_from,valid_until\n"
    assert not problems(tmp_path, "A,济南,2026-11-22,2026-11-22\n", header)


def test_entries_may_be_parted_by_any_usual_sign(tmp_path: Path) -> None:
    text = (
        'id,name,aliases,cameras\nA,济南,"泉城；济南市，鲁中、省城;东郊, 西郊",c1；c2\n'
    )
    [site] = read_sites(written(tmp_path, text)).sites
    assert site.aliases == ("泉城", "济南市", "鲁中", "省城", "东郊", "西郊")
    assert site.cameras == ("c1", "c2")


def test_titles_may_have_blanks_marks_and_full_width(tmp_path: Path) -> None:
    text = "\ufeff ＩＤ ,名 称,Work-Order Key,Valid from\nA,济南,WO,2026-01-01\n"
    [site] = read_sites(written(tmp_path, text, "utf-8-sig")).sites
    assert site == Site(
        id="A", name="济南", work_order_key="WO", valid_from=date(2026, 1, 1)
    )


def test_optional_columns_are_taken_and_unknown_ones_named(tmp_path: Path) -> None:
    text = "name,电话,id,work_order_key,cameras\n济南,123,A,WO-1,c1;c2\n"
    read = read_sites(written(tmp_path, text))
    assert read.sites == (
        Site(id="A", name="济南", work_order_key="WO-1", cameras=("c1", "c2")),
    )
    assert read.notices == ("未导入的列: 电话",)


def test_what_stands_under_no_title_is_said(tmp_path: Path) -> None:
    text = "id,,name,,\nA,x,济南,,\n"
    assert read_sites(written(tmp_path, text)).notices == ("未导入的列: 第2列",)
    path = workbook(tmp_path, ["id", "name"], ["A", "济南", None, "备注"])
    assert read_sites(path).problems == ()
    assert read_sites(path).notices == ("未导入的列: 第4列",)


def test_a_formula_that_failed_is_a_problem_of_its_row(tmp_path: Path) -> None:
    path = workbook(tmp_path, ["id", "name"], ["A", "济南"], ["B", "#REF!"])
    [problem] = read_sites(path).problems
    assert (problem.line, "#REF!" in problem.cause) == (3, True)


@pytest.mark.parametrize(
    ("rows", "line", "cause"),
    [
        ("A,济南,,\nA,青岛,,\n", 3, "编号 A 与第2行重复"),
        ("A,济南,,\n,青岛,,\n", 3, "编号 (id) 是空的"),
        ("A,济南,,\nB,,,\n", 3, "名称 (name) 是空的"),
        ("A,济南,,山东\nB,济南,,山东\n", 3, "名称「济南」与第2行相同"),
        ("A,济南,青岛,\nB,青岛,,\n", 2, "别名「青岛」是第3行的名称"),
        ('A,济南,,\nB,"青\n岛",,\n', 3, "控制字符 U+000A"),
        ("A,济南,,\n\nB,青\u200b岛,,\n", 4, "控制字符 U+200B"),
        ("A,济南,,\nB,青岛,,山东,x\n", 3, "有5格, 表头只有4列"),
        ("A,济南,,\nB,---,,\n", 3, "没有字"),
        ("A,济南,,\nB,工地,,\n", 3, "只是通称"),
        ("A,济南,,\nB," + "长" * 41 + ",,\n", 3, "超过40个字"),
        ("A,济南,,\n" + "B" * 201 + ",青岛,,\n", 3, "超过200个字"),
        ("A,济南,,\nB,青岛," + "a;" * 1001 + ",\n", 3, "超过2000个字"),
    ],
)
def test_a_bad_row_is_reported_with_line_and_cause(
    tmp_path: Path, rows: str, line: int, cause: str
) -> None:
    [(at, why)] = problems(tmp_path, rows)
    assert at == line
    assert cause in why
    assert len(read_sites(tmp_path / "sites.csv").sites) == 1


def test_a_name_of_two_regions_is_no_problem(tmp_path: Path) -> None:
    assert not problems(tmp_path, "A,鼓楼,东站,南京\nB,鼓楼,东站,福州\n")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.csv", b"", "是空的"),
        ("a.xlsx", b"", "是空的"),
        ("a.csv", b"id,name\n", "没有站点"),
        ("a.csv", b"id,region\nA,B\n", "缺少 name"),
        ("a.csv", b"id,name,NAME\nA,B,C\n", "两列"),
        ("a.csv", b"\xff\xfei\x00d\x00", "UTF-8"),
        ("a.csv", b'id,name\nA,"x', "第2行"),
        ("a.xlsx", b"PK nonsense", "Excel"),
        ("a.xlsx", bytes.fromhex("d0cf11e0a1b11ae1"), "旧版"),
        ("a.csv", b"PK\x03\x04 workbook", "内容却是工作簿"),
        ("a.csv", b"id;name\nA;B\n", "应为逗号"),
        ("a.csv", b"\n,,\n", "是空的"),
        ("a.pdf", b"%PDF", "PDF"),
        ("a.xls", b"", "旧版 Excel"),
        ("a.numbers", b"PK", "Numbers"),
        ("a.docx", b"PK", "Word"),
        ("a", b"id,name", "不认识"),
        ("~$a.xlsx", b"", "临时文件"),
    ],
)
def test_a_file_that_is_no_list_is_refused_with_a_sentence(
    tmp_path: Path, name: str, data: bytes, said: str
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SitesFileError, match=said):
        read_sites(path)


def test_another_document_named_as_a_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<document/>")
    with pytest.raises(SitesFileError, match="不是可读的 Excel 工作簿"):
        read_sites(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SitesFileError, match="找不到"):
        read_sites(tmp_path / "none.csv")
    folder = tmp_path / "sites.csv"
    folder.mkdir()
    with pytest.raises(SitesFileError, match="是文件夹"):
        read_sites(folder)


def test_a_file_that_another_program_holds_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, HEADER + "A,济南,,\n")

    def held(*args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", held)
    monkeypatch.setattr(Path, "read_bytes", held)
    with pytest.raises(SitesFileError, match="被表格软件占用"):
        read_sites(path)


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
            valid_from=data.draw(st.none() | st.dates(date(2000, 1, 1))),
            valid_until=data.draw(st.sampled_from([None, date(9999, 12, 31)])),
        )
        for i, name in enumerate(names)
    ]
    path = tmp_path / "own" / "sites.csv"
    save_directory(path, sites)
    assert list(load_directory(path).sites()) == sites
    left = {p.name for p in path.parent.iterdir()}
    assert left <= {"sites.csv", "sites.previous.csv"}


def test_the_list_before_is_kept_and_can_be_gone_back_to(tmp_path: Path) -> None:
    path = tmp_path / "sites.csv"
    first, second = [Site(id="A", name="济南")], [Site(id="B", name="青岛")]
    assert save_directory(path, first) is None
    before = path.read_bytes()
    previous = save_directory(path, second)
    assert previous == tmp_path / "sites.previous.csv"
    assert previous.read_bytes() == before
    # The same list once more does not push out the one before it.
    assert save_directory(path, second) is None
    assert previous.read_bytes() == before
    assert save_directory(path, read_sites(previous).sites) == previous
    assert list(load_directory(path).sites()) == first
    assert list(read_sites(previous).sites) == second


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
