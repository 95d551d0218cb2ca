"""Recordings that were swapped or removed, and those that the desk itself deleted."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.cancel import CancelToken
from app.core.entries import EventKind, happened
from app.core.errors import Cancelled, JournalBrokenError
from app.core.model import Origin, Utterance
from app.core.people import Actor
from app.core.recording import Keep
from app.core.reviewing import RecordingsReport
from app.journal import noting
from app.journal.recordings import KeptRecordings, folder_of
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.records import record
from tests.unit.journal.test_recordings import DayClock, sha, speech
from tests.unit.journal.test_verify import tamper

DAYS = 30
SPOKEN = 6


def recordings_of(path: Path, clock: DayClock | None = None) -> KeptRecordings:
    return KeptRecordings(
        folder_of(path), keep=Keep.FLAC, days=DAYS, clock=clock or DayClock()
    )


async def say(path: Path, numbers: range, *, kept: bool | None = True) -> None:
    """Keep commands that were spoken, an hour apart, and their audio."""
    clock = DayClock()
    recordings = recordings_of(path, clock)
    journal = SqliteJournal(path, clock=HeldClock())
    for number in numbers:
        at = clock.at + timedelta(hours=number)
        pcm = speech(number, 1600)
        if kept is not False:
            await recordings.keep(pcm, sha(pcm))
        heard = Utterance(
            text="查一下济南工地的人数",
            origin=Origin.MICROPHONE,
            audio_s=0.1,
            audio_sha256=sha(pcm),
            audio_kept=kept,
        )
        made = record(number, utterance=heard)
        await journal.append(replace(made, started_at=at, finished_at=at))
    journal.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "journal.sqlite"
    asyncio.run(say(path, range(1, SPOKEN + 1)))
    return path


def files(path: Path) -> dict[int, Path]:
    """Give the recording of each entry."""
    kept = recordings_of(path)
    found = {n: kept.find(sha(speech(n, 1600))) for n in range(1, SPOKEN + 1)}
    return {number: each.path for number, each in found.items() if each}


def checked(path: Path, **how: object) -> RecordingsReport:
    journal = SqliteJournal(path, clock=HeldClock())
    try:
        return journal.review.check_recordings(recordings_of(path), **how)  # type: ignore[arg-type]
    finally:
        journal.close()


def test_recordings_that_are_as_heard_are_said_to_be(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(noting, "_CHUNK", 2)
    seen: list[tuple[int, int]] = []
    report = checked(path, progress=lambda done, total: seen.append((done, total)))
    assert report == RecordingsReport(checked=SPOKEN)
    assert report.ok
    assert seen[-1] == (SPOKEN, SPOKEN)


def test_a_swapped_a_changed_and_a_removed_recording_are_named(path: Path) -> None:
    there = files(path)
    there[1].write_bytes(there[2].read_bytes())
    there[3].unlink()
    changed = bytearray(there[4].read_bytes())
    changed[-9] ^= 1
    there[4].write_bytes(changed)
    report = checked(path)
    assert (report.swapped, report.missing, report.ok) == ((1, 4), (3,), False)


def test_a_recording_that_cannot_be_read_is_not_called_sound(path: Path) -> None:
    there = files(path)[2]
    there.unlink()
    there.mkdir()
    report = checked(path)
    assert (report.unread, report.swapped, report.ok) == ((2,), (), False)


def test_what_was_never_kept_is_not_missed(path: Path) -> None:
    asyncio.run(say(path, range(11, 13), kept=False))
    assert checked(path) == RecordingsReport(checked=SPOKEN)


def test_records_that_do_not_say_whether_audio_was_kept_prove_nothing(
    path: Path,
) -> None:
    asyncio.run(say(path, range(11, 14), kept=None))
    audio = recordings_of(path).find(sha(speech(11, 1600)))
    assert audio is not None
    audio.path.unlink()
    other = recordings_of(path).find(sha(speech(12, 1600)))
    assert other is not None
    other.path.write_bytes(files(path)[1].read_bytes())
    report = checked(path)
    assert (report.unstated, report.missing) == (1, ())
    assert report.swapped == (SPOKEN + 2,), "what is there is judged all the same"


def test_what_the_desk_deleted_for_its_age_is_told_from_what_was_removed(
    own_home: Path,
) -> None:
    path = own_home / "journal.sqlite"
    own_home.mkdir(parents=True)
    clock = DayClock()
    # From 12:00 on the 22nd, an hour apart: the last ones are of the next day.
    asyncio.run(say(path, range(1, SPOKEN + 1)))
    day = clock.at.astimezone().date()
    tomorrow = folder_of(path) / (day + timedelta(days=1)).isoformat()
    tomorrow.mkdir()
    asyncio.run(say(path, range(31, 33)))
    late = [recordings_of(path).find(sha(speech(n, 1600))) for n in (31, 32)]
    for each in late:
        assert each is not None
        each.path.rename(tomorrow / each.path.name)
    clock.at += timedelta(days=DAYS + 1)
    with House() as house:
        house.__dict__["clock"] = clock
        asyncio.run(house.recordings.health())
        report = house.journal.review.check_recordings(house.recordings)
        (event,) = house.journal.review.events()
    assert event.event.kind is EventKind.RECORDINGS_EXPIRED
    assert f"{SPOKEN}个录音" in event.event.detail
    assert report == RecordingsReport(checked=2, expired=SPOKEN)
    assert report.ok
    next(tomorrow.iterdir()).unlink()
    missed = checked(path)
    assert (missed.expired, len(missed.missing), missed.ok) == (SPOKEN, 1, False)


def test_checking_recordings_can_be_stopped(path: Path) -> None:
    token = CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        checked(path, progress=lambda *_: token.raise_if_cancelled())
    assert checked(path).ok, "and done again"


def test_a_check_that_is_stopped_while_it_compares_says_that_it_was_stopped(
    path: Path,
) -> None:
    def stop(done: int, _total: int) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        checked(path, progress=stop)
    assert checked(path).ok, "and done again"


def test_what_a_later_run_heard_and_did_not_keep_is_not_missed(tmp_path: Path) -> None:
    path, pcm, start = tmp_path / "journal.sqlite", speech(1, 1600), DayClock().at

    async def write() -> None:
        journal = SqliteJournal(path, clock=HeldClock())
        for number, kept in ((1, True), (40, False)):
            heard = Utterance(
                text="查一下济南工地的人数",
                origin=Origin.MICROPHONE,
                audio_s=0.1,
                audio_sha256=sha(pcm),
                audio_kept=kept,
            )
            at = start + timedelta(days=number)
            made = record(number, utterance=heard)
            await journal.append(replace(made, started_at=at, finished_at=at))
        expired = happened(
            EventKind.RECORDINGS_EXPIRED,
            Actor(name="程序", workstation="南湖1号"),
            start + timedelta(days=39),
            subject=(start + timedelta(days=9)).isoformat(),
        )
        await journal.review.note(expired)
        journal.close()

    asyncio.run(write())
    assert checked(path) == RecordingsReport(expired=1)


def test_a_journal_that_is_not_there_names_no_recordings(tmp_path: Path) -> None:
    assert checked(tmp_path / "none" / "journal.db") == RecordingsReport()


def test_a_record_that_cannot_be_taken_apart_is_named(path: Path) -> None:
    tamper(
        path,
        lambda db: db.execute(
            "UPDATE journal_entries SET body = substr(body, 1, length(body) - 4) "
            "WHERE seq = 3"
        ),
    )
    with pytest.raises(JournalBrokenError, match="第3条"):
        checked(path)


def test_the_command_says_which_recordings_are_wrong(own_home: Path) -> None:
    path = own_home / "journal.sqlite"
    own_home.mkdir(parents=True)
    asyncio.run(say(path, range(1, SPOKEN + 1)))

    def verify(*words: str, status: int) -> str:
        done = CliRunner().invoke(app, ["log", "verify", "--evidence", *words])
        assert done.exit_code == status, done.output
        return done.output

    assert f"录音完好: {SPOKEN} 个与记录一致" in verify(status=0)
    there = files(path)
    there[2].unlink()
    there[5].write_bytes(there[1].read_bytes())
    said = verify(status=1)
    assert "缺失, 日志里没有到期删除的记载 1 个: 第 2 条记录" in said
    assert "被换掉或损坏 1 个: 第 5 条记录" in said
    found = json.loads(verify("--json", status=1))
    assert found["ok"] is False
    assert found["recordings"]["missing"] == [2]
    assert found["recordings"]["swapped"] == [5]
