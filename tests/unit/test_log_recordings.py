"""Kept audio from the command line: its path beside the record, and how much."""

import asyncio
import hashlib
import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.core.clock import SystemClock
from app.core.model import Origin, Outcome, Utterance
from app.core.recording import Keep
from app.journal.recordings import KeptRecordings, folder_of
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.records import record

PCM = bytes(range(256)) * 200
SHA = hashlib.sha256(PCM).hexdigest()


@pytest.fixture
def path(own_home: Path) -> Path:
    """Keep one command and its audio; give the file."""

    async def fill() -> None:
        journal = SqliteJournal(own_home / "journal.sqlite", clock=HeldClock())
        heard = Utterance(
            text="查一下济南工地的人数",
            origin=Origin.MICROPHONE,
            audio_s=1.6,
            audio_sha256=SHA,
        )
        run = record(1, utterance=heard, outcome=Outcome.ANSWERED, run_id="a" * 32)
        await journal.append(run)
        journal.close()
        recordings = KeptRecordings(
            folder_of(own_home / "journal.sqlite"),
            keep=Keep.FLAC,
            days=30,
            clock=SystemClock(),
        )
        await recordings.keep(PCM, SHA)

    own_home.mkdir(parents=True)
    asyncio.run(fill())
    (found,) = own_home.rglob("*.flac")
    return found


def invoked(*arguments: str) -> Result:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done


def test_show_gives_the_path_of_the_recording(path: Path) -> None:
    told = invoked("log", "show", "aaaa").stdout
    assert f"录音   {path} (与日志里的指纹一致)" in told
    shown = json.loads(invoked("log", "show", "aaaa", "--json").stdout)
    assert shown["recording"] == {"path": str(path), "ok": True, "problem": ""}


def test_show_says_that_a_recording_was_changed(path: Path) -> None:
    path.write_bytes(b"something else")
    assert "被改动" in invoked("log", "show", "aaaa").stdout
    shown = json.loads(invoked("log", "show", "aaaa", "--json").stdout)
    assert not shown["recording"]["ok"]


def test_a_record_whose_recording_is_gone_says_nothing_of_it(path: Path) -> None:
    path.unlink()
    assert "  录音 " not in invoked("log", "show", "aaaa").stdout
    assert "recording" not in json.loads(
        invoked("log", "show", "aaaa", "--json").stdout
    )


def test_stats_count_the_recordings(path: Path) -> None:
    assert "录音   1 个文件" in invoked("log", "stats").stdout
    kept = json.loads(invoked("log", "stats", "--json").stdout)["recordings"]
    assert kept["files"] == 1
    assert kept["bytes"] == path.stat().st_size
    assert kept["oldest"] == path.parent.name
    assert kept["days"] == 30
