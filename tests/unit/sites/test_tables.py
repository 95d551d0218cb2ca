"""Rows of CSV and Excel files, and files that only pretend to be such."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from pathlib import Path

import pytest

from app.core.errors import BadInputError, UserFacingError
from app.sites import tables
from app.sites.tables import TableRow, bytes_of, read_rows

SHEET = "xl/worksheets/sheet1.xml"
Parts = dict[str, bytes]


def wrong(message: str, remedy: str) -> UserFacingError:
    return BadInputError(message, remedy)


def rows(data: bytes, name: str = "表.xlsx", sheet: str = "") -> list[TableRow]:
    found, _ = read_rows(Path(name), data, wrong=wrong, sheet=sheet)
    return list(found)


def cells(data: bytes, name: str = "表.xlsx") -> list[tuple[str, ...]]:
    return [row.cells for row in rows(data, name)]


def refused(data: bytes, name: str = "表.xlsx") -> str:
    with pytest.raises(BadInputError) as caught:
        rows(data, name)
    assert caught.value.message.startswith(name)
    assert caught.value.remedy
    return caught.value.message


def workbook(
    *lines: list[object], change: Callable[[Parts], object] | None = None
) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for line in lines:
        sheet.append(line)
    out = io.BytesIO()
    book.save(out)
    book.close()
    return changed(out.getvalue(), change) if change else out.getvalue()


def changed(data: bytes, change: Callable[[Parts], object]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return out.getvalue()


def put(name: str, old: bytes, new: bytes) -> Callable[[Parts], None]:
    def change(parts: Parts) -> None:
        assert old in parts[name]
        parts[name] = parts[name].replace(old, new, 1)

    return change


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_in_any_usual_encoding_is_read_with_its_lines(encoding: str) -> None:
    data = '站点,人数\r\n\r\n　济南 ,"1\n2"\r\n,\r\n青岛,3'.encode(encoding)
    found, said = read_rows(Path("a.CSV"), data, wrong=wrong)
    assert list(found) == [
        TableRow(1, ("站点", "人数")),
        TableRow(3, ("济南", "1\n2")),
        TableRow(6, ("青岛", "3")),
    ]
    assert said == ("gb18030" if encoding == "gb18030" else "utf-8-sig")


def test_a_sheet_is_read_as_it_is_shown() -> None:
    data = workbook(
        ["站点", None, 7.0, 3.5, True],
        [None],
        [datetime(2026, 11, 21, 8, 30), date(2026, 11, 21), time(8, 30)],
        ["\u3000济南\u00a0"],
    )
    assert rows(data) == [
        TableRow(1, ("站点", "", "7", "3.5", "True")),
        TableRow(3, ("2026-11-21 08:30:00", "2026-11-21", "08:30:00")),
        TableRow(4, ("济南",)),
    ]


def test_midnight_that_is_shown_with_its_time_is_no_day() -> None:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet["A1"] = datetime(2026, 11, 21)
    sheet["A1"].number_format = "yyyy/m/d h:mm"
    sheet["B1"] = datetime(2026, 11, 21)
    sheet["B1"].number_format = 'yyyy"年"m"月"d"日"'
    out = io.BytesIO()
    book.save(out)
    book.close()
    assert cells(out.getvalue()) == [("2026-11-21 00:00:00", "2026-11-21")]


def test_the_named_sheet_is_read_and_a_missing_one_is_said() -> None:
    from openpyxl import Workbook

    book = Workbook()
    book.create_sheet("工单").append(["济南"])
    out = io.BytesIO()
    book.save(out)
    book.close()
    assert rows(out.getvalue(), sheet="工单") == [TableRow(1, ("济南",))]
    with pytest.raises(BadInputError, match="没有工作表「别的」"):
        rows(out.getvalue(), sheet="别的")


def test_rows_beyond_the_size_that_a_sheet_states_are_read() -> None:
    data = workbook(
        ["a", "b"], ["c", "d"],
        change=put(SHEET, b'ref="A1:B2"', b'ref="A1"'),
    )  # fmt: skip
    assert cells(data) == [("a", "b"), ("c", "d")]


def test_a_formula_without_a_result_is_refused_and_one_with_it_is_read() -> None:
    formula = b'<c r="B1"><f>1+1</f><v></v></c>'
    for result, said in (
        (b'<c r="B1"><f>1+1</f><v>2</v></c>', "2"),
        (b'<c r="B1" t="str"><f>1+1</f><v></v></c>', ""),
        (b'<c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "#DIV/0!"),
    ):
        data = workbook(["a", "=1+1"], change=put(SHEET, formula, result))
        assert cells(data) == [("a", said)]
    assert "第1行第2列的公式没有计算结果" in refused(workbook(["a", "=1+1"]))


def test_a_zero_in_place_of_a_result_is_refused() -> None:
    # Libraries write it, and ask that the sheet be calculated when it is opened.
    formula = b'<c r="B1"><f>1+1</f><v></v></c>'
    zero = put(SHEET, formula, b'<c r="B1"><f>1+1</f><v>0</v></c>')
    data = workbook(["a", "=1+1", 0], change=zero)
    assert "第1行第2列的公式没有计算结果" in refused(data)
    done = put("xl/workbook.xml", b'fullCalcOnLoad="1"', b"")
    assert cells(changed(data, done)) == [("a", "0", "0")]
    assert cells(workbook(["a", 0])) == [("a", "0")]


def test_a_workbook_that_is_cut_short_or_none_at_all_is_refused() -> None:
    data = workbook(*([f"站点{i}", i] for i in range(200)))
    for part in (b"", data[:1], data[:100], data[: len(data) // 2], data[:-1]):
        assert "还没有写完" in refused(part)
    broken = bytearray(data)
    broken[100] ^= 0xFF
    assert "还没有写完" in refused(bytes(broken))
    assert ".xls" in refused(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512))
    assert "还没有写完" in refused(changed(data, lambda parts: parts.pop(SHEET)))
    assert "还没有写完" in refused(
        changed(data, put(SHEET, b"</sheetData>", b"</sheetDat>"))
    )


def test_a_bomb_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*args: object, **kwargs: object) -> bytes:
        raise AssertionError("unpacked")

    big = workbook(["a"], change=lambda parts: parts.update(x=bytes(200 << 20)))
    dense = workbook(["a"], change=lambda parts: parts.update(x=bytes(20 << 20)))
    many = workbook(
        ["a"], change=lambda parts: parts.update({f"x{i}": b"" for i in range(2500)})
    )
    monkeypatch.setattr(zipfile.ZipFile, "read", never)
    for bomb in (big, dense, many):
        assert "解压后过大" in refused(bomb)


def test_a_part_that_is_larger_than_it_states_is_refused() -> None:
    data = bytearray(workbook(*([f"站点{i}", i] for i in range(200))))
    # The size in the directory at the end, where readers look.
    place = data.rindex(SHEET.encode()) - 46
    assert data[place : place + 4] == b"PK\x01\x02"
    struct.pack_into("<I", data, place + 24, 64)
    assert "还没有写完" in refused(bytes(data))


LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [LAUGHS, OUTSIDE, b"<!DOCTYPE x>"])
@pytest.mark.parametrize(
    "name",
    [SHEET, "xl/workbook.xml", "xl/sharedStrings.xml", "[Content_Types].xml",
     "_rels/.rels", "xl/styles.xml", "docProps/core.xml"],
)  # fmt: skip
def test_a_document_type_in_any_part_is_refused(name: str, declared: bytes) -> None:
    def change(parts: Parts) -> None:
        head, mark, body = parts.get(name, b"<sst/>").rpartition(b"?>")
        parts[name] = head + mark + declared + body

    assert "DOCTYPE" in refused(workbook(["a"], change=change))


def test_a_document_type_in_another_encoding_is_refused() -> None:
    def as_utf16(parts: Parts) -> None:
        body = parts[SHEET].decode().rpartition("?>")[2]
        parts[SHEET] = (LAUGHS.decode() + body).encode("utf-16")

    assert "DOCTYPE" in refused(workbook(["a"], change=as_utf16))

    def as_ebcdic(parts: Parts) -> None:
        body = parts["xl/workbook.xml"].decode()
        parts["xl/workbook.xml"] = ("<?xml version='1.0'?>" + body).encode("cp037")

    assert "不是可读的" in refused(workbook(["a"], change=as_ebcdic))

    def as_utf7(parts: Parts) -> None:
        parts[SHEET] = b'<?xml version="1.0" encoding="UTF-7"?>' + parts[SHEET]

    assert "不是可读的" in refused(workbook(["a"], change=as_utf7))


def test_a_sheet_in_utf16_is_read() -> None:
    def change(parts: Parts) -> None:
        body = parts[SHEET].decode().rpartition("?>")[2]
        parts[SHEET] = ('<?xml version="1.0" encoding="UTF-16"?>' + body).encode(
            "utf-16"
        )

    assert cells(workbook([1, 2], change=change)) == [("1", "2")]


def test_rows_columns_and_cells_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    far = put(SHEET, b'<row r="1"', b'<row r="99999999"')
    lone = put(SHEET, b'r="A1"', b'r="A99999999"')

    def both(parts: Parts) -> None:
        far(parts)
        lone(parts)

    assert "行或列过多" in refused(workbook([1], change=both))
    monkeypatch.setattr(tables, "MOST_CELLS", 1000)
    wide = workbook([1], change=put(SHEET, b'r="A1"', b'r="XFD1"'))
    assert "行或列过多" in refused(wide)
    assert "行或列过多" in refused(b"," * 2000 + b"x", "a.csv")
    assert "行或列过多" in refused(b"x\n" * 2000, "a.csv")
    long = workbook(["hier"], change=put(SHEET, b"hier", b"x" * 40_000))
    assert "超过32767个字" in refused(long)
    assert "第1行" in refused(b"x" * 200_000, "a.csv")


def test_text_that_is_no_csv_is_refused() -> None:
    assert "UTF-8" in refused("站点".encode("utf-16"), "a.csv")
    assert "第2行" in refused(b'a\n"b', "a.csv")
    assert ".pdf" in refused(b"%PDF", "a.pdf")
    assert "无后缀" in refused(b"x", "a")


def test_a_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"abc")
    assert bytes_of(path, wrong=wrong) == b"abc"
    monkeypatch.setattr(tables, "MOST_BYTES", 1 << 20)
    large = tmp_path / "large.csv"
    large.write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(BadInputError, match="超过1 MB"):
        bytes_of(large, wrong=wrong)
    with pytest.raises(BadInputError, match="找不到"):
        bytes_of(tmp_path / "none.csv", wrong=wrong)
    with pytest.raises(BadInputError, match="无法读取"):
        bytes_of(tmp_path, wrong=wrong)

    def locked(self: Path, mode: str) -> Iterator[bytes]:
        raise PermissionError(13, "sharing violation")

    monkeypatch.setattr(Path, "open", locked)
    with pytest.raises(BadInputError, match="占用"):
        bytes_of(path, wrong=wrong)
