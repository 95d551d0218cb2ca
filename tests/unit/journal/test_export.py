"""Exports: whole or not at all, harmless in a spreadsheet, provable in jsonl."""

import asyncio
import csv
import json
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import load_workbook

from app.core.errors import JournalUnwritableError, UsageError
from app.core.model import Check, Intent, Outcome, Severity, Understanding, Utterance
from app.core.observation import Evidence
from app.core.ports import JournalQuery
from app.journal import export
from app.journal.canonical import chain_hash, decode
from app.journal.store import SqliteJournal
from tests.unit.journal.conftest import OpenJournal
from tests.unit.journal.records import record


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_is_chinese_with_a_mark_for_spreadsheets(
    filled: SqliteJournal, tmp_path: Path
) -> None:
    target = tmp_path / "日志.CSV"
    assert filled.export(target, JournalQuery()) == 60
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = read_csv(target)
    assert tuple(rows[0]) == export.HEADER
    assert [int(row["序号"]) for row in rows] == list(range(1, 61))
    first, made = rows[0], record(1)
    local = made.started_at.astimezone().replace(tzinfo=None)
    assert first["开始时间 (本机时区)"] == local.isoformat(" ")
    assert (first["工地"], first["检查"]) == ("青岛1号工地", "安全检查")
    assert (first["应到"], first["实到"], first["佩戴安全帽"]) == ("1", "1", "1")
    assert first["结论"] == made.findings[0].summary
    assert first["结果"] == "已答复"
    assert rows[16]["数据缺失原因"] == "超时未答复: 5秒内没有答复"


def test_an_export_holds_what_the_filter_finds(
    filled: SqliteJournal, tmp_path: Path
) -> None:
    query = JournalQuery(severity=Severity.ALARM, check=Check.HEADCOUNT)
    count = filled.export(tmp_path / "a.csv", query)
    assert 0 < count == len(filled.page(query)) < 60


def test_a_run_with_several_findings_has_a_row_for_each(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    journal = open_journal()
    two = (*record(1).findings, *record(2).findings)
    asyncio.run(journal.append(record(1, findings=two)))
    assert journal.export(tmp_path / "a.csv", JournalQuery()) == 1
    assert [r["工地"] for r in read_csv(tmp_path / "a.csv")] == [
        "青岛1号工地",
        "烟台2号工地",
    ]


def test_all_pictures_are_named_and_the_first_one_told(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    made = record(1)
    pictures = (
        Evidence(path="a/a.png", sha256="a1", camera="塔吊", taken_at=made.started_at),
        Evidence(path="b/b.jpg", sha256="b2", camera="东门", annotated=True),
    )
    (finding,) = made.findings
    seen = replace(finding.observation, evidence=pictures)
    journal = open_journal()
    shown = record(1, findings=(replace(finding, observation=seen), finding))
    asyncio.run(journal.append(shown))
    journal.export(tmp_path / "a.csv", JournalQuery())
    with_pictures, without = read_csv(tmp_path / "a.csv")
    local = made.started_at.astimezone().replace(tzinfo=None).isoformat(" ")
    names = (
        "现场图片",
        "现场图片SHA-256",
        "图片摄像头",
        "图片拍摄时间 (本机时区)",
    )
    told = [with_pictures[name] for name in names]
    assert told == ["a/a.png; b/b.jpg", "a1; b2", "塔吊", local]
    assert [without[name] for name in names] == ["", "", "", ""]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "＝"])
def test_a_formula_is_defused(
    open_journal: OpenJournal, tmp_path: Path, start: str
) -> None:
    journal = open_journal()
    evil = start + 'HYPERLINK("http://x")'
    made = record(
        1,
        operator=evil,
        workstation=evil,
        findings=(),
        outcome=Outcome.DECLINED,
        utterance=Utterance(text=evil, origin=record(1).origin),
        understanding=Understanding(intent=Intent.UNSUPPORTED, reply=evil),
    )
    asyncio.run(journal.append(made))
    journal.export(tmp_path / "a.csv", JournalQuery())
    (row,) = read_csv(tmp_path / "a.csv")
    for name in ("值班员", "席位", "听到的话", "结论"):
        assert row[name] == "'" + evil
    journal.export(tmp_path / "a.xlsx", JournalQuery())
    sheet = load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    cells = [cell for cell in sheet[2] if cell.value == "'" + evil]
    assert len(cells) == 4
    assert "f" not in {cell.data_type for cell in sheet[2]}


def test_a_workbook_holds_numbers_and_times(
    filled: SqliteJournal, tmp_path: Path
) -> None:
    target = tmp_path / "a.xlsx"
    assert filled.export(target, JournalQuery()) == 60
    sheet = load_workbook(target).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0] == export.HEADER
    assert len(rows) == 61
    started = record(1).started_at.astimezone().replace(tzinfo=None)
    assert rows[1][:2] == (1, started)
    assert rows[1][13] == 1


def test_what_a_workbook_cannot_hold_is_replaced(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    journal = open_journal()
    asyncio.run(journal.append(record(1, operator="a\x00\x0b\ud800b")))
    for name in ("a.xlsx", "a.csv"):
        assert journal.export(tmp_path / name, JournalQuery()) == 1
    assert read_csv(tmp_path / "a.csv")[0]["值班员"] == "a\ufffd\ufffd\ufffdb"


def test_more_rows_than_a_sheet_has_are_refused(
    filled: SqliteJournal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_MOST_ROWS", 20)
    with pytest.raises(UsageError, match="20行"):
        filled.export(tmp_path / "a.xlsx", JournalQuery())
    assert [p.name for p in tmp_path.glob("*a.xlsx")] == []


def test_jsonl_can_be_proved_line_by_line(
    filled: SqliteJournal, tmp_path: Path
) -> None:
    target = tmp_path / "a.jsonl"
    assert filled.export(target, JournalQuery(operator="李明")) == 30
    for text in target.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        digest = chain_hash(line["previous_hash"], line["seq"], line["body"])
        assert digest == line["hash"]
        assert decode(line["body"]).record == record(line["seq"])


@pytest.mark.parametrize("name", ["a.pdf", "a", "a.csv.gz"])
def test_another_suffix_names_those_supported(
    filled: SqliteJournal, tmp_path: Path, name: str
) -> None:
    with pytest.raises(UsageError) as caught:
        filled.export(tmp_path / name, JournalQuery())
    for suffix in (".csv", ".xlsx", ".jsonl"):
        assert suffix in caught.value.remedy
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".jsonl"])
def test_a_failed_export_leaves_the_old_file(
    filled: SqliteJournal,
    tmp_path: Path,
    suffix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    target = tmp_path / "out" / f"a{suffix}"
    with pytest.raises(JournalUnwritableError):
        filled.export(target, JournalQuery())
    target.parent.mkdir()
    target.write_text("old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export.os, "fsync", full)
    with pytest.raises(JournalUnwritableError, match="No space"):
        filled.export(target, JournalQuery())
    assert [(p.name, p.read_text()) for p in target.parent.iterdir()] == [
        (target.name, "old")
    ]


def test_an_empty_journal_exports_a_header(
    open_journal: OpenJournal, tmp_path: Path
) -> None:
    for name in ("a.csv", "a.xlsx", "a.jsonl"):
        assert open_journal().export(tmp_path / name, JournalQuery()) == 0
    assert read_csv(tmp_path / "a.csv") == []
