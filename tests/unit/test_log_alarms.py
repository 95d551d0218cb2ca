"""Alarms from the command line: listed until somebody acknowledges them by name."""

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.journal.store import SqliteJournal
from app.settings.declaration import DeskSettings, Settings
from app.settings.file import save
from tests.alarm_memory import ALARM, CALM
from tests.fakes import HeldClock
from tests.unit.journal.records import START, acknowledgement, record

RUN = f"{2:032x}"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Runs 1 … 3: nothing, two alarms, and an alarm that is acknowledged."""
    monkeypatch.setenv("GRIDDESK_HOME", str(tmp_path))
    desk = DeskSettings(operator="李明", workstation="一号席")
    save(tmp_path / "settings.toml", Settings(desk=desk))
    journal = opened(tmp_path)

    async def course() -> None:
        await journal.append(record(1, findings=(CALM,)))
        await journal.append(record(2, findings=(ALARM, CALM, ALARM)))
        await journal.append(record(3, findings=(ALARM,)))
        await journal.acknowledge(acknowledgement(3, by="王芳", note="已派人"))

    asyncio.run(course())
    journal.close()
    return tmp_path


def opened(home: Path) -> SqliteJournal:
    return SqliteJournal(home / "journal.sqlite", clock=HeldClock())


def griddesk(*words: str, status: int = 0) -> Result:
    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == status, done.output
    return done


def local(minutes: int) -> str:
    return f"{(START + timedelta(minutes=minutes)).astimezone():%Y-%m-%d %H:%M:%S}"


def test_the_list_marks_what_is_open_and_nothing_else(home: Path) -> None:
    third, second, first = griddesk("log", "list").output.splitlines()
    assert "未确认" not in third
    assert second.count("[未确认]") == 2
    assert "未确认" not in first


def test_show_says_by_whom_and_when(home: Path) -> None:
    shown = griddesk("log", "show", f"{3:032x}").output
    assert f"已确认: 王芳, {local(33)}, 已派人" in shown
    assert "未确认" not in shown
    other = griddesk("log", "show", RUN).output
    assert other.count("(未确认)") == 2
    assert "已确认" not in other


def test_the_json_of_list_and_show_says_so(home: Path) -> None:
    page = json.loads(griddesk("log", "list", "--json").output)["records"]
    assert [each["open_alarms"] for each in page] == [[], [0, 2], []]
    shown = json.loads(griddesk("log", "show", f"{3:032x}", "--json").output)
    assert shown["acknowledgements"] == [
        {
            "run_id": f"{3:032x}",
            "call": 0,
            "by": "王芳",
            "at": acknowledgement(3).at.isoformat(),
            "workstation": "一号席",
            "note": "已派人",
        }
    ]
    assert page[0]["acknowledgements"] == shown["acknowledgements"]


def test_the_open_alarms_are_listed(home: Path) -> None:
    lines = griddesk("log", "alarms").output.splitlines()
    assert len(lines) == 2
    assert all(RUN[:8] in line and "济南工地" in line for line in lines)
    found = json.loads(griddesk("log", "alarms", "--json", "--limit", "1").output)
    assert found["count"] == 2
    (alarm,) = found["alarms"]
    assert (alarm["run_id"], alarm["call"], alarm["site_id"]) == (RUN, 0, "A")


def test_a_run_is_acknowledged_in_the_name_of_the_operator(home: Path) -> None:
    said = griddesk("log", "acknowledge", RUN, "--note", "已电话通知").output
    assert said.count("已确认: 济南工地") == 2
    assert "李明" in said
    journal = opened(home)
    found = journal.acknowledgements([RUN])
    assert {(a.index, a.by, a.workstation, a.note) for a in found} == {
        (0, "李明", "一号席", "已电话通知"),
        (2, "李明", "一号席", "已电话通知"),
    }
    assert journal.open_alarms().count == 0
    assert journal.verify().ok
    journal.close()
    assert "没有未确认的告警" in griddesk("log", "alarms").stderr


def test_another_name_counts_and_whoever_was_first_stands(home: Path) -> None:
    griddesk("log", "acknowledge", RUN[:31], "--by", "赵强", status=2)
    griddesk("log", "acknowledge", RUN, "--by", "赵强")
    again = griddesk("log", "acknowledge", RUN, "--by", "李明", "--json").output
    told = json.loads(again)["acknowledgements"]
    assert [each["by"] for each in told] == ["赵强", "赵强"]


def test_all_before_a_time_are_acknowledged_together(home: Path) -> None:
    journal = opened(home)
    asyncio.run(journal.append(record(9, findings=(ALARM,))))
    journal.close()
    at = (START + timedelta(minutes=5)).isoformat()
    griddesk("log", "acknowledge", "--before", at)
    found = json.loads(griddesk("log", "alarms", "--json").output)
    assert [alarm["run_id"] for alarm in found["alarms"]] == [f"{9:032x}"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "没有说清"),
        ((RUN, "--before", "2026-11-21"), "没有说清"),
        (("f" * 32,), "没有编号"),
        ((f"{1:032x}",), "没有告警"),
        (("--before", "gestern"), "看不懂"),
        (("--before", "0001-01-01T00:00+14:00"), "看不懂"),
        (("--before", "9999-12-31T23:59-12:00"), "看不懂"),
    ],
)
def test_what_cannot_be_acknowledged_is_bad_usage(
    home: Path, words: tuple[str, ...], why: str
) -> None:
    assert why in griddesk("log", "acknowledge", *words, status=2).stderr
    journal = opened(home)
    assert journal.open_alarms().count == 2
    journal.close()
