"""Kept audio: named by what it holds, kept as long as the settings say."""

import asyncio
import hashlib
import importlib.abc
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.core.errors import JournalUnwritableError
from app.core.recording import Keep, Recording
from app.journal.recordings import KeptRecordings

START = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


class DayClock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return 0.0


def speech(seed: int = 0, samples: int = 16_000) -> bytes:
    noise = np.random.default_rng(seed).integers(-9000, 9000, samples)
    return noise.astype("<i2").tobytes()


def sha(pcm: bytes) -> str:
    return hashlib.sha256(pcm).hexdigest()


def made(folder: Path, clock: DayClock | None = None, **kind: object) -> KeptRecordings:
    settings: dict[str, object] = {"keep": Keep.FLAC, "days": 30} | kind
    return KeptRecordings(folder, clock=clock or DayClock(), **settings)  # type: ignore[arg-type]


async def kept(recordings: KeptRecordings, pcm: bytes) -> Path:
    await recordings.keep(pcm, sha(pcm))
    found = recordings.find(sha(pcm))
    assert found is not None
    assert not found.problem
    return found.path


async def test_a_recording_is_a_flac_named_by_the_hash_of_its_samples(
    tmp_path: Path,
) -> None:
    pcm = speech()
    path = await kept(made(tmp_path / "recordings"), pcm)
    assert path.name == f"{sha(pcm)}.flac"
    samples, rate = soundfile.read(path, dtype="int16")
    assert rate == 16_000
    assert samples.tobytes() == pcm
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX systems")
async def test_what_was_said_is_for_nobody_else_to_read(tmp_path: Path) -> None:
    path = await kept(made(tmp_path / "recordings"), speech())
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700


async def test_a_file_with_other_samples_is_reported_as_changed(tmp_path: Path) -> None:
    recordings = made(tmp_path)
    path = await kept(recordings, speech(1))
    soundfile.write(path, np.frombuffer(speech(2), "<i2"), 16_000, subtype="PCM_16")
    found = recordings.find(sha(speech(1)))
    assert found is not None
    assert "被改动" in found.problem
    path.write_bytes(b"fLaC and nothing more")
    found = recordings.find(sha(speech(1)))
    assert found is not None
    assert "已损坏" in found.problem


async def test_hearing_it_again_mends_what_was_changed(tmp_path: Path) -> None:
    recordings = made(tmp_path)
    path = await kept(recordings, speech(1))
    path.write_bytes(b"changed")
    assert await kept(recordings, speech(1)) == path


async def test_samples_that_are_not_what_was_hashed_are_not_kept(
    tmp_path: Path,
) -> None:
    recordings = made(tmp_path)
    await recordings.keep(speech(1), sha(speech(2)))
    assert recordings.kept().files == 0
    health = await recordings.health()
    assert health is not None
    assert not health.ok


def test_a_name_that_is_no_hash_finds_nothing_outside_the_folder(
    tmp_path: Path,
) -> None:
    (tmp_path / "secret.flac").write_bytes(b"x")
    recordings = made(tmp_path / "recordings")
    assert recordings.find("../../secret") is None
    assert recordings.find("") is None


async def test_runs_at_once_keep_one_file_each_and_equal_audio_once(
    tmp_path: Path,
) -> None:
    recordings, other = made(tmp_path), made(tmp_path)
    takes = [speech(seed % 4) for seed in range(12)]
    await asyncio.gather(
        *(
            (recordings, other)[index % 2].keep(pcm, sha(pcm))
            for index, pcm in enumerate(takes)
        )
    )
    assert recordings.kept().files == 4
    for pcm in takes:
        assert (await kept(recordings, pcm)).is_file()
    assert not list(tmp_path.rglob("*.part"))


async def test_a_day_too_old_goes_when_the_next_day_begins(tmp_path: Path) -> None:
    clock = DayClock()
    recordings = made(tmp_path, clock, days=2)
    first = await kept(recordings, speech(1))
    (tmp_path / "notes.txt").write_text("not ours")
    (first.parent / "notes.txt").write_text("not ours either")
    clock.at += timedelta(days=2)
    second = await kept(recordings, speech(2))
    assert first.exists()
    clock.at += timedelta(days=1)
    await recordings.health()
    assert not first.exists()
    assert second.exists()
    assert (first.parent / "notes.txt").exists()
    assert (tmp_path / "notes.txt").exists()
    clock.at += timedelta(days=30)
    await recordings.health()
    assert not second.parent.exists()


async def test_old_recordings_go_at_the_start_even_if_none_are_kept_any_more(
    tmp_path: Path,
) -> None:
    clock = DayClock()
    path = await kept(made(tmp_path, clock), speech())
    clock.at += timedelta(days=31)
    later = made(tmp_path, clock, keep=Keep.HASH)
    assert await later.health() is None
    assert not path.exists()


async def test_the_journal_is_told_before_old_recordings_go(tmp_path: Path) -> None:
    clock = DayClock()
    told: list[tuple[datetime, int, bool]] = []
    path = tmp_path / "nothing"

    def expiring(before: datetime, count: int) -> None:
        told.append((before, count, path.exists()))

    recordings = made(tmp_path, clock, days=2, expiring=expiring)
    path = await kept(recordings, speech(1))
    await kept(recordings, speech(2))
    clock.at += timedelta(days=3)
    await recordings.health()
    await recordings.health()
    first = (START + timedelta(days=1)).astimezone().date()
    midnight = datetime.combine(first, time.min).astimezone()
    assert told == [(midnight, 2, True)]
    assert not path.exists()


async def test_what_the_journal_cannot_be_told_of_is_not_deleted(
    tmp_path: Path,
) -> None:
    clock = DayClock()

    def expiring(before: datetime, count: int) -> None:
        raise JournalUnwritableError("磁盘已满", "请清理。")

    recordings = made(tmp_path, clock, days=2, expiring=expiring)
    path = await kept(recordings, speech(1))
    clock.at += timedelta(days=3)
    health = await recordings.health()
    assert path.exists()
    assert health is not None
    assert not health.ok
    assert "1 个到期的录音没有删除" in health.detail


async def test_the_same_words_on_a_later_day_are_kept_as_long_as_that_day(
    tmp_path: Path,
) -> None:
    clock = DayClock()
    recordings = made(tmp_path, clock, days=2)
    await kept(recordings, speech())
    clock.at += timedelta(days=2)
    later = await kept(recordings, speech())
    clock.at += timedelta(days=1)
    await recordings.health()
    assert await kept(recordings, speech()) is not None
    assert later.exists()


async def test_what_a_crash_left_half_written_goes_the_next_day(tmp_path: Path) -> None:
    clock = DayClock()
    recordings = made(tmp_path, clock)
    path = await kept(recordings, speech())
    half = path.with_name(f"{'0' * 64}.1234.part")
    half.write_bytes(b"half")
    clock.at += timedelta(days=1)
    await recordings.health()
    assert not half.exists()
    assert path.exists()


async def test_the_health_counts_what_is_kept(tmp_path: Path) -> None:
    recordings = made(tmp_path)
    for seed in range(3):
        await kept(recordings, speech(seed))
    health = await recordings.health()
    assert health is not None
    assert health.ok
    assert "3 个文件" in health.detail
    assert "2026-11-22" in health.detail
    assert "保留 30 天" in health.detail
    assert recordings.kept().bytes == sum(
        path.stat().st_size for path in tmp_path.rglob("*.flac")
    )


async def test_a_folder_that_cannot_be_written_is_named_and_nothing_raised(
    tmp_path: Path,
) -> None:
    (tmp_path / "recordings").write_text("a file stands in the way")
    recordings = made(tmp_path / "recordings")
    await recordings.keep(speech(), sha(speech()))
    health = await recordings.health()
    assert health is not None
    assert not health.ok
    assert "录音没有保存" in health.detail
    assert "recordings.keep" in health.remedy
    (tmp_path / "recordings").unlink()
    await kept(recordings, speech())
    health = await recordings.health()
    assert health is not None
    assert health.ok


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 1 MB; where none can be mounted, a device that is always full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    assert mount is not None
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        ).returncode
    )
    yield folder
    if mounted:
        subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_full_disk_leaves_no_half_file_and_is_told(small_disk: Path) -> None:
    recordings = made(small_disk / "recordings")
    if not os.path.ismount(small_disk):
        # Not root: a folder that takes nothing.
        (small_disk / "recordings").mkdir(mode=0o500)
    for seed in range(60):
        pcm = speech(seed)
        await recordings.keep(pcm, sha(pcm))
    health = await recordings.health()
    assert health is not None
    assert not health.ok
    assert "录音没有保存" in health.detail
    assert not list(small_disk.rglob("*.part"))
    for path in small_disk.rglob("*.flac"):
        found = recordings.find(path.stem)
        assert found is not None
        assert not found.problem


async def test_a_recording_is_added_to_the_count_without_counting_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recordings = made(tmp_path)
    await kept(recordings, speech(0))
    with monkeypatch.context() as patch:
        patch.delattr(KeptRecordings, "_counted")
        for seed in (1, 2, 2):
            path = await kept(recordings, speech(seed))
        health = await recordings.health()
    assert health is not None
    assert health.ok
    assert "3 个文件" in health.detail
    assert recordings._kept == recordings.kept()
    path.write_bytes(b"changed")
    await kept(recordings, speech(2))
    assert recordings._kept == recordings.kept()


@pytest.fixture
def no_libsndfile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library's import fail as it does where libsndfile is missing."""

    class Missing(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "soundfile":
                raise OSError("sndfile library not found")

    monkeypatch.delitem(sys.modules, "soundfile", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Missing(), *sys.meta_path])


async def test_without_libsndfile_the_library_is_named_and_not_the_disk(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    recordings = made(tmp_path)
    path = await kept(recordings, speech(1))
    request.getfixturevalue("no_libsndfile")
    assert recordings.find(sha(speech(1))) == Recording(
        path=path, problem="缺少 libsndfile, 无法读写录音", readable=False
    )
    await recordings.keep(speech(2), sha(speech(2)))
    health = await recordings.health()
    assert health is not None
    assert not health.ok
    assert "缺少 libsndfile, 无法读写录音" in health.detail
    assert "libsndfile1" in health.remedy
    assert "磁盘" not in health.remedy


async def test_a_folder_that_cannot_be_cleaned_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_recordings: KeptRecordings) -> None:
        raise RuntimeError("the log is closing")

    monkeypatch.setattr(KeptRecordings, "_clean", fail)
    await kept(made(tmp_path), speech())
    assert "old recordings were not deleted" in caplog.text
    caplog.clear()
