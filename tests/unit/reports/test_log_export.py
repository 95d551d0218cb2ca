"""The log as files: harmless in a spreadsheet, provable in jsonl, told by whom."""

import asyncio
import csv
import inspect
import json
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from app.core.errors import UsageError
from app.core.model import Check, Severity
from app.core.ports import JournalQuery
from app.core.reporting import Exported
from app.journal.canonical import GENESIS, chain_hash, decode
from app.journal.store import SqliteJournal
from app.reports import jsonl_file, xlsx_file
from app.reports.log_sheet import COLUMNS
from app.reports.service import JournalReports
from tests.fakes import HeldClock
from tests.unit.reports.told import ALL, END, LI, WANG, YANTAI, at, reports_of, run

HEADINGS = tuple(column.heading for column in COLUMNS)


def write(reports: JournalReports, path: Path, query: JournalQuery = ALL) -> Exported:
    return asyncio.run(reports.log(path, query, WANG))


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def lines_of(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first, *rest = path.read_text(encoding="utf-8").split("\n")[:-1]
    return json.loads(first)["export"], [json.loads(line) for line in rest]


def documented_program() -> str:
    told = inspect.getdoc(jsonl_file) or ""
    start = told.index("    import hashlib")
    end = told.index("With a filter there is")
    return textwrap.dedent(told[start:end])


def run_documented(path: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", documented_program(), str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_csv_begins_with_a_mark_and_one_heading_row(
    reports: JournalReports, tmp_path: Path
) -> None:
    target = tmp_path / "日志.CSV"
    assert write(reports, target).records == 10
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = rows_of(target)
    *headings, notice = rows[0]
    assert tuple(headings) == HEADINGS
    assert len(rows) == 11
    assert {row[notice] for row in rows} == {""}
    alarm = rows[1]
    assert (alarm["工地"], alarm["检查"], alarm["级别"]) == (
        "烟台工地",
        "安全检查",
        "告警",
    )
    assert (alarm["应到"], alarm["实到"], alarm["佩戴安全帽"]) == ("", "34", "30")
    assert alarm["开始时间 (北京时间)"] == "2026-11-21 08:10:00"
    assert (alarm["确认人"], alarm["确认说明"]) == ("李明", "已通知现场")
    assert (alarm["处置状态"], alarm["责任人"]) == ("已派发", "赵强")
    assert alarm["处置经过"] == "2026-11-21 08:30:00 派发 王芳 → 赵强"
    assert rows[0]["确认人"] == "未确认"
    assert rows[4]["数据缺失原因"] == "超时未答复: 没有答复"
    assert rows[4]["系统问询"].startswith(
        "目标检测 相机系统 10.1.2.3: timeout, 3000毫秒"
    )
    assert rows[4]["更正"].endswith("[待审批]")


def test_the_heading_of_the_last_column_says_what_by_whom_when_and_of_which_chain(
    journal: SqliteJournal, reports: JournalReports, tmp_path: Path
) -> None:
    head = journal.review.head()
    query = JournalQuery(site="烟台", severity=Severity.ALARM, check=Check.HELMET)
    made = write(reports, tmp_path / "a.csv", query)
    notice = list(rows_of(tmp_path / "a.csv")[0])[-1]
    for told in (
        "筛选: 工地「烟台」, 检查「安全检查」, 级别「告警」",
        "导出人: 王芳 (wangfang, 安监)",
        "席位: 一号席",
        "导出时间: 2026-11-21 20:05:00 +08:00",
        "程序: griddesk 9.9",
        f"链头: 第{head.seq}条 {head.hash}",
    ):
        assert told in notice
    assert notice.rstrip().endswith(f"记录数: {made.records}")
    assert made.records == len(journal.page(query)) == 1


def test_a_workbook_is_typed_frozen_filtered_and_ready_to_print(
    reports: JournalReports, tmp_path: Path
) -> None:
    write(reports, tmp_path / "a.xlsx")
    book = load_workbook(tmp_path / "a.xlsx")
    notice, sheet = book.worksheets
    told = {row[0].value: row[1].value for row in notice.iter_rows()}
    assert told["导出人"] == "王芳 (wangfang, 安监)"
    assert told["记录数"] == "10"
    assert tuple(cell.value for cell in sheet[1]) == HEADINGS
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == f"A1:{sheet.cell(1, len(HEADINGS)).column_letter}12"
    assert sheet.print_title_rows == "$1:$1"
    row = dict(zip(HEADINGS, sheet[3], strict=True))
    assert (row["实到"].value, row["实到"].data_type) == (34, "n")
    assert row["开始时间 (北京时间)"].value == at(8 * 60 + 10).replace(tzinfo=None)
    assert row["开始时间 (北京时间)"].is_date
    assert sheet.column_dimensions["C"].width > sheet.column_dimensions["A"].width


def test_a_text_wider_than_its_column_is_shown_in_lines(
    reports: JournalReports, tmp_path: Path
) -> None:
    write(reports, tmp_path / "a.xlsx")
    sheet = load_workbook(tmp_path / "a.xlsx").worksheets[1]
    row = dict(zip(HEADINGS, sheet[3], strict=True))
    assert row["现场图片SHA-256"].alignment.wrap_text
    assert not row["听到的话"].alignment.wrap_text


@pytest.mark.parametrize("suffix", ["csv", "xlsx"])
def test_no_text_of_a_record_is_taken_for_a_formula(
    reports: JournalReports, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"a.{suffix}"
    write(reports, file)
    if suffix == "csv":
        cells = [cell for row in rows_of(file) for cell in row.values()]
    else:
        sheets = load_workbook(file).worksheets
        found = [cell for sheet in sheets for row in sheet.iter_rows() for cell in row]
        assert "f" not in {cell.data_type for cell in found}
        cells = [cell.value for cell in found if isinstance(cell.value, str)]
    assert '\'=HYPERLINK("http://x")<b>&amp;' in cells
    assert "'=cmd|' /C x'!A0" in cells
    assert "'+钱<i>" in cells
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))] == []


def test_more_rows_than_a_sheet_has_are_refused_and_leave_no_file(
    reports: JournalReports, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(xlsx_file, "MOST_ROWS", 5)
    with pytest.raises(UsageError, match="5行"):
        write(reports, tmp_path / "a.xlsx")
    assert list(tmp_path.glob("*a.xlsx")) == []


def test_a_full_jsonl_alone_proves_the_whole_chain(
    journal: SqliteJournal, reports: JournalReports, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    head = journal.review.head()
    assert write(reports, file).records == head.seq
    notice, lines = lines_of(file)
    assert (notice["records"], notice["complete"]) == (len(lines), True)
    assert (notice["by"], notice["role"]) == ("王芳", "安监")
    kinds = {line["kind"] for line in lines}
    assert {"run", "event", "acknowledgement", "disposition", "correction"} <= kinds
    proved = run_documented(file)
    assert proved.stdout.split() == [str(head.seq), head.hash], proved.stderr


@pytest.mark.parametrize("harm", ["edit", "delete", "swap", "cut"])
def test_the_documented_program_sees_what_was_changed_in_a_jsonl(
    reports: JournalReports, tmp_path: Path, harm: str
) -> None:
    file = tmp_path / "a.jsonl"
    write(reports, file)
    lines = file.read_text(encoding="utf-8").split("\n")
    if harm == "edit":
        lines[3] = lines[3].replace("30人", "34人").replace("李明", "李四")
    elif harm == "delete":
        del lines[4]
    elif harm == "swap":
        lines[4], lines[5] = lines[5], lines[4]
    else:
        del lines[-2]
    file.write_text("\n".join(lines), encoding="utf-8")
    assert run_documented(file).returncode == 1


def test_a_filtered_jsonl_proves_each_line_and_says_what_came_later(
    reports: JournalReports, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    assert write(reports, file, JournalQuery(site="YT")).records == 3
    notice, lines = lines_of(file)
    assert (notice["records"], notice["complete"]) == (3, False)
    for line in lines:
        digest = chain_hash(line["previous_hash"], line["seq"], line["body"])
        assert digest == line["hash"]
        assert decode(line["body"]).record.findings[0].call.site == YANTAI
    alarm, *others = lines
    (said,) = alarm["acknowledgements"]
    assert (said["by"], said["at"]) == ("李明", at(25).isoformat())
    (step,) = alarm["dispositions"]
    assert step["responsible"] == "赵强"
    assert not any("dispositions" in line for line in others)


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "jsonl", "pdf"])
def test_an_empty_journal_exports_the_notice_alone(tmp_path: Path, suffix: str) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())
    try:
        file = tmp_path / f"a.{suffix}"
        made = write(reports_of(journal, tmp_path, END), file)
    finally:
        journal.close()
    assert made.records == 0
    assert made.notice.head.hash == GENESIS
    assert file.stat().st_size > 0


def test_half_characters_and_control_codes_do_not_stop_an_export(
    tmp_path: Path,
) -> None:
    journal = SqliteJournal(tmp_path / "j.db", clock=HeldClock())
    try:
        odd = run(1, at(1), operator="a\x00\x0b\ud800b")
        asyncio.run(journal.append(odd))
        reports = reports_of(journal, tmp_path, END)
        # First the lines: they tell of the exports, too.
        for suffix in ("jsonl", "csv", "xlsx", "pdf"):
            assert write(reports, tmp_path / f"a.{suffix}").records == 1
    finally:
        journal.close()
    assert rows_of(tmp_path / "a.csv")[0]["值班员"] == "a\ufffd\ufffd\ufffdb"
    assert run_documented(tmp_path / "a.jsonl").returncode == 0


def test_a_desk_without_accounts_says_so_on_the_export(
    reports: JournalReports, tmp_path: Path
) -> None:
    asyncio.run(reports.log(tmp_path / "a.csv", ALL, LI))
    notice = list(rows_of(tmp_path / "a.csv")[0])[-1]
    assert "导出人: 李明 (本席位没有账户, 姓名取自设置)" in notice


def test_a_text_of_several_lines_has_the_room_for_them(
    reports: JournalReports, tmp_path: Path
) -> None:
    """Not every program that opens a workbook makes rows high enough by itself."""
    file = tmp_path / "month.xlsx"
    asyncio.run(reports.month(file, date(2026, 11, 1), WANG))
    front = load_workbook(file)["导出说明"]
    lines = {
        front.cell(line, 1).value: front.row_dimensions[line].height
        for line in range(1, front.max_row + 1)
    }
    assert lines["各周比率"] == 45
    assert lines["内容"] is None


def test_a_wide_table_is_printed_on_pages_that_can_be_read(
    reports: JournalReports, tmp_path: Path
) -> None:
    write(reports, tmp_path / "a.xlsx")
    front, table = load_workbook(tmp_path / "a.xlsx").worksheets[:2]
    assert front.page_setup.fitToWidth == 1
    assert table.page_setup.fitToWidth > 1
    assert table.print_title_rows == "$1:$1"
