"""Kills, full disks and read-only media: what was acknowledged stays."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.core.errors import JournalError, JournalUnwritableError
from app.core.ports import JournalQuery
from app.journal.reserve import Reserve
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import record

ROOT = Path(__file__).resolve().parents[3]
needs_posix = pytest.mark.skipif(os.name == "nt", reason="needs fork and SIGKILL")


def run_child(*arguments: object, timeout: float = 120) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.journal.children", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_posix
def test_a_killed_desk_loses_nothing_it_acknowledged(tmp_path: Path) -> None:
    assert run_child("crash", tmp_path, 12, 6).startswith("12 ")


@needs_posix
@pytest.mark.slow
def test_a_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    assert run_child("crash", tmp_path, 1000, 20, timeout=3600).startswith("1000 ")


@needs_posix
def test_a_power_cut_at_any_moment_loses_nothing_that_was_acknowledged(
    tmp_path: Path,
) -> None:
    assert run_child("cut", tmp_path, 8).startswith("8 ")


@needs_posix
@pytest.mark.slow
def test_three_hundred_power_cuts_lose_nothing(tmp_path: Path) -> None:
    assert run_child("cut", tmp_path, 300, timeout=3600).startswith("300 ")


@needs_posix
def test_a_file_that_may_not_grow_is_a_sentence(tmp_path: Path) -> None:
    assert "磁盘出错" in run_child("limit", tmp_path / "journal.db")


def mounted(folder: Path, options: str) -> bool:
    mount = shutil.which("mount")
    if mount is None or os.name == "nt" or os.geteuid() != 0:
        return False
    command = [mount, "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if not mounted(folder, "size=16m"):
        pytest.skip("a small disk can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill_up(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    return filler


def test_a_full_disk_costs_no_record_under_way(
    small_disk: Path, open_journal: OpenJournal, caplog: pytest.LogCaptureFixture
) -> None:
    journal = open_journal(small_disk / "journal.db")
    reserve = small_disk / "journal.db.reserve"
    fill(journal, 3)
    assert reserve.stat().st_size == 4 * 1024 * 1024
    filler = fill_up(small_disk)

    written = 3
    while reserve.exists():
        fill(journal, 1, start=written + 1)
        written += 1
    assert "reserve was released" in caplog.text
    health = asyncio.run(journal.health())
    assert not health.ok
    assert "预留空间已经动用" in health.detail
    assert "清理" in health.remedy

    with pytest.raises(JournalUnwritableError, match="磁盘已满") as caught:
        fill(journal, 5000, start=written + 1)
    written = len(journal.page(JournalQuery(), limit=9999))
    with pytest.raises(JournalUnwritableError, match="磁盘已满"):
        asyncio.run(journal.append(record(written + 1)))
    assert "清理" in caught.value.remedy
    report = journal.verify()
    assert (report.ok, report.checked) == (True, written)
    assert len(journal.page(JournalQuery(), limit=9999)) == written

    filler.unlink()
    fill(journal, 1, start=written + 1)
    assert journal.verify().checked == written + 1
    assert reserve.exists(), "space is held back again"
    caplog.clear()


def test_a_disk_that_is_full_from_the_start_is_a_sentence(
    small_disk: Path, open_journal: OpenJournal
) -> None:
    fill_up(small_disk)
    journal = open_journal(small_disk / "journal.db")
    with pytest.raises(JournalUnwritableError, match="磁盘已满"):
        asyncio.run(journal.append(record(1)))
    assert not asyncio.run(journal.health()).ok


def test_a_read_only_medium_is_read_and_not_written(
    small_disk: Path, open_journal: OpenJournal
) -> None:
    path = small_disk / "journal.db"
    journal = open_journal(path)
    fill(journal, 3)
    journal.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    journal = open_journal(path)
    assert len(journal.page(JournalQuery(text="工地"))) == 3
    assert journal.verify().ok
    with pytest.raises(JournalUnwritableError, match="只读"):
        asyncio.run(journal.append(record(4)))
    health = asyncio.run(journal.health())
    assert not health.ok
    assert "只读" in health.detail


def test_a_folder_that_cannot_be_looked_at_is_a_sentence(
    tmp_path: Path, open_journal: OpenJournal
) -> None:
    # A name no file system takes: like a lost network drive, even looking fails.
    journal = open_journal(tmp_path / ("很" * 200) / "journal.db")
    with pytest.raises(JournalError, match="读不出来"):
        journal.page(JournalQuery())
    with pytest.raises(JournalUnwritableError, match="打不开"):
        asyncio.run(journal.append(record(1)))
    assert not asyncio.run(journal.health()).ok


def test_a_disk_too_small_for_the_reserve_is_said(
    tmp_path: Path, open_journal: OpenJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reserve, "ensure", lambda self: False)
    journal = open_journal(tmp_path / "journal.db")
    fill(journal, 1)
    health = asyncio.run(journal.health())
    assert not health.ok
    assert "没有预留空间" in health.detail


def test_the_reserve_is_all_there_or_not_at_all(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "r", 8192)
    assert not reserve.present
    assert reserve.ensure()
    assert reserve.ensure()
    assert (tmp_path / "r").stat().st_blocks * 512 >= 8192
    (tmp_path / "r").write_bytes(b"half")
    assert not reserve.present
    too_much = Reserve(tmp_path / "x", 1 << 60)
    assert not too_much.ensure()
    assert not too_much.release()
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith("x")] == []
