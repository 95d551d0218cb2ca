"""Entries as a file for people (csv, xlsx) and for programs (jsonl).

A table has one row for each call, or one for a run that has none; the row names all
pictures of the call, and camera and time of the first. In jsonl a line is an entry with
its place in the chain; the member `body` is the canonical text as a string, so that its
hash can be computed from the file (see `journal.canonical`). Where alarms of it were
acknowledged, the member `acknowledged` says which, by whom and when.

Acknowledgements are entries of the chain and have no line of their own: where `seq`
jumps, in an export without a filter, the numbers between are theirs. Each line proves
itself; that none is missing is proved by the journal's file alone.
"""

import csv
import json
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import IO, Final, TypeAlias

from app.core.alarms import of_finding
from app.core.checks import label, missing_label
from app.core.errors import JournalUnwritableError, UsageError
from app.core.labels import OUTCOMES
from app.core.model import Call, Finding, Origin, Severity
from app.core.observation import Observation
from app.journal.queries import StoredEntry

OPEN: Final = "未确认"

Cell: TypeAlias = str | int | datetime | None

HEADER: Final = (
    "序号",
    "开始时间 (本机时区)",
    "运行编号",
    "值班员",
    "席位",
    "来源",
    "结果",
    "听到的话",
    "工地编号",
    "工地",
    "检查",
    "级别",
    "结论",
    "应到",
    "实到",
    "佩戴安全帽",
    "携带设备",
    "数据缺失原因",
    "工单号",
    "负责人",
    "检测时间 (本机时区)",
    "数据来源",
    "现场图片",
    "现场图片SHA-256",
    "图片摄像头",
    "图片拍摄时间 (本机时区)",
    "确认人",
    "确认时间 (本机时区)",
    "确认说明",
    "记录哈希",
)

_ORIGINS: Final = {
    Origin.MICROPHONE: "语音",
    Origin.FILE: "录音文件",
    Origin.TYPED: "文字",
    Origin.CHOSEN: "选定",
}
_SEVERITIES: Final = {
    Severity.NORMAL: "正常",
    Severity.ATTENTION: "注意",
    Severity.ALARM: "告警",
    Severity.UNKNOWN: "未知",
}
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
# What XML 1.0, and with it a workbook, cannot hold.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"
)
_LONGEST_CELL: Final = 32_767
_MOST_ROWS: Final = 1_048_576


def export(path: Path, entries: Iterable[StoredEntry]) -> int:
    """Write the entries to `path`, whole or not at all; give their number.

    Raises:
        UsageError: A suffix that is not supported.
        JournalUnwritableError: The file cannot be written.
    """
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        raise UsageError(
            f"不能导出为「{path.suffix or path.name}」格式",
            f"请使用这些后缀之一: {'、'.join(SUFFIXES)}。",
        )
    try:
        with _replacing(path) as half_made:
            return write(half_made, entries)
    except OSError as error:
        raise JournalUnwritableError(
            f"导出文件「{path}」写不进去: {error.strerror or error}",
            "请检查文件夹是否存在、磁盘空间、写权限, 并关闭正在打开它的程序。",
        ) from error


def _write_csv(path: Path, entries: Iterable[StoredEntry]) -> int:
    count = 0
    # The byte order mark tells a spreadsheet that this is UTF-8.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for entry in entries:
            count += 1
            writer.writerows([_as_text(cell) for cell in row] for row in _rows(entry))
        _settle(file)
    return count


def _write_xlsx(path: Path, entries: Iterable[StoredEntry]) -> int:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("巡检日志")
    sheet.freeze_panes = "A2"
    sheet.append(HEADER)
    count, lines = 0, 1
    try:
        for entry in entries:
            count += 1
            for row in _rows(entry):
                lines += 1
                if lines > _MOST_ROWS:
                    raise UsageError(
                        f"记录超过一个工作表的{_MOST_ROWS}行",
                        "请缩小时间范围分几次导出, 或导出为 .csv。",
                    )
                sheet.append(row)
    finally:
        sheet.close()
    book.save(path)
    with path.open("rb+") as file:
        os.fsync(file.fileno())
    return count


def _write_jsonl(path: Path, entries: Iterable[StoredEntry]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for stored in entries:
            count += 1
            entry = stored.entry
            line: dict[str, object] = {
                "seq": entry.seq,
                "previous_hash": entry.previous_hash,
                "hash": entry.hash,
                "body": stored.body,
            }
            if stored.acknowledged:
                line["acknowledged"] = [asdict(each) for each in stored.acknowledged]
            text = json.dumps(line, ensure_ascii=False, default=datetime.isoformat)
            file.write(text + "\n")
        _settle(file)
    return count


_WRITERS: Final[dict[str, Callable[[Path, Iterable[StoredEntry]], int]]] = {
    ".csv": _write_csv,
    ".xlsx": _write_xlsx,
    ".jsonl": _write_jsonl,
}
SUFFIXES: Final = tuple(_WRITERS)


def _rows(stored: StoredEntry) -> Iterator[list[Cell]]:
    """Give the cells of each call, or of the run where it has none."""
    record = stored.entry.record
    heard = record.utterance.text if record.utterance else ""
    before: list[Cell] = [
        stored.entry.seq,
        _local(record.started_at),
        _safe(record.run_id),
        _safe(record.operator),
        _safe(record.workstation),
        _ORIGINS[record.origin],
        OUTCOMES[record.outcome],
        _safe(heard),
    ]
    after: list[Cell] = [stored.entry.hash]
    nobody: list[Cell] = ["", None, ""]
    for index, finding in enumerate(record.findings):
        yield [
            *before,
            *_called(finding.call),
            *_found(finding),
            *_observed(finding.observation),
            *_acknowledged(stored, index),
            *after,
        ]
    if record.findings:
        return
    reading = record.understanding
    said = reading.reply if reading else ""
    if reading and reading.question:
        said = reading.question.sentence
    if record.fault is not None:
        said = f"{record.fault.message} ({record.fault.code})"
    unknown: list[Cell] = ["", _safe(said), *_observed(Observation()), *nobody]
    for call in reading.calls if reading else ():
        yield [*before, *_called(call), *unknown, *after]
    if reading is None or not reading.calls:
        yield [*before, "", "", "", *unknown, *after]


def _called(call: Call) -> list[Cell]:
    return [_safe(call.site.id), _safe(call.site.name), label(call.check)]


def _found(finding: Finding) -> list[Cell]:
    return [_SEVERITIES[finding.severity], _safe(finding.summary)]


def _acknowledged(stored: StoredEntry, index: int) -> list[Cell]:
    """Say who has acknowledged an alarm; that nobody has is said, too."""
    record = stored.entry.record
    said = of_finding(stored.acknowledged, record.run_id, index)
    if said is not None:
        return [_safe(said.by), _local(said.at), _safe(said.note)]
    alarm = record.findings[index].severity is Severity.ALARM
    return [OPEN if alarm else "", None, ""]


def _observed(seen: Observation) -> list[Cell]:
    missing = ""
    if seen.missing is not None:
        missing = f"{missing_label(seen.missing.reason)}: {seen.missing.detail}"
    pictures = seen.evidence
    first = pictures[0] if pictures else None
    return [
        seen.expected,
        seen.actual,
        seen.wearing,
        seen.carrying,
        _safe(missing),
        _safe(seen.ticket),
        _safe(seen.leader),
        _local(seen.taken_at) if seen.taken_at else None,
        _safe("; ".join(seen.sources)),
        _safe("; ".join(picture.path for picture in pictures)),
        _safe("; ".join(picture.sha256 for picture in pictures)),
        _safe(first.camera) if first else "",
        _local(first.taken_at) if first and first.taken_at else None,
    ]


def _safe(text: str) -> str:
    """Make a text harmless in a spreadsheet; a formula becomes the text it is."""
    text = _UNPRINTABLE.sub("\ufffd", text)
    if text.startswith(_FORMULA):
        text = "'" + text
    return text[:_LONGEST_CELL]


def _local(time: datetime) -> datetime:
    """Give the time by the clock on the wall; a workbook knows no zones."""
    return time.astimezone().replace(tzinfo=None, microsecond=0)


def _as_text(cell: Cell) -> str | int:
    if cell is None:
        return ""
    return cell.isoformat(" ") if isinstance(cell, datetime) else cell


def _settle(file: IO[str]) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file that becomes `path` only when it is complete."""
    half_made = path.with_name(f".{secrets.token_hex(6)}{path.suffix}")
    try:
        yield half_made
        half_made.replace(path)
    finally:
        with suppress(OSError):
            half_made.unlink(missing_ok=True)
