"""Reports and notes from the command line."""

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.entries import EventKind
from app.core.workdays import DESKS_ZONE, desk_day


def griddesk(*words: str) -> Result:
    return CliRunner().invoke(app, ["log", *words])


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_note_stands_in_the_shift_report(tmp_path: Path) -> None:
    assert griddesk("note", " 3 号门 =待修 ").exit_code == 0
    file = tmp_path / "shift.jsonl"
    told = griddesk("report", "shift", str(file), "--from", "李明", "--to", "王芳")
    assert told.exit_code == 0, told.output
    assert "交接班报告" in told.output
    notice, *rows = lines_of(file)
    assert notice["export"]["kind"] == "shift"  # type: ignore[index]
    (note,) = [row for row in rows if row["part"] == "notes"]
    assert note["note"] == "3 号门 =待修"
    front = {row["name"]: row["value"] for row in rows if row["part"] == "shift"}
    assert (front["交班人"], front["接班人"]) == ("李明", "王芳")


def test_a_shift_may_begin_where_the_last_one_was_handed_over(tmp_path: Path) -> None:
    file = str(tmp_path / "a.jsonl")
    none = griddesk("report", "shift", file, "--since", "last")
    assert none.exit_code == 2
    assert griddesk("report", "shift", file).exit_code == 0
    with House() as house:
        (event,) = house.journal.review.events(kinds=(EventKind.EXPORTED,))
        last = event.event.at
    again = griddesk("report", "shift", file, "--since", "last", "--json")
    made = json.loads(again.output)
    # Where the first one ended: its time of writing, to the second, or just before.
    begin = datetime.strptime(made["filtered"][:19], "%Y-%m-%d %H:%M:%S")
    begin = begin.replace(tzinfo=DESKS_ZONE)
    assert timedelta(0) <= last - begin < timedelta(seconds=5)
    assert len(made["sha256"]) == 64


def test_a_month_is_the_one_before_this_where_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    assert griddesk("report", "month", str(file)).exit_code == 0
    before = desk_day().replace(day=1) - timedelta(days=1)
    assert f"{before:%Y-%m}-01 00:00:00 起" in file.read_text("utf-8-sig")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("report", "month", "a.pdf", "--month", "十一月"), "月份“十一月”看不懂"),
        (("report", "shift", "a.pdf", "--since", "昨天"), "时间“昨天”看不懂"),
        (("report", "month", "a.csv", "--month", "9999-12"), "月份“9999-12”看不懂"),
        (("report", "shift", "a.csv", "--since", "0001-01-01"), "看不懂"),
        (("report", "shift", "a.doc"), "不能导出为「.doc」格式"),
        (("note", "  "), "备注是空的"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(words: tuple[str, ...], said: str) -> None:
    told = griddesk(*words)
    assert told.exit_code == 2
    assert said in told.output
