"""What is given away to find a fault holds no secret and no word that was spoken."""

import json
import logging
import os
import zipfile
from pathlib import Path

import pytest

from app.core.errors import UsageError
from app.core.ports import Health
from app.system import diagnostics, redaction
from app.system.diagnostics import SPOKEN, cleaned, write_archive
from app.system.logging import setup_logging

FOUND = (Health(key="disk", name="磁盘空间", ok=True, detail="剩余 70 GB"),)
SECRET = "Kx9-geheim-令牌"


def texts(path: Path) -> dict[str, str]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_it_holds_findings_machine_and_logs(tmp_path: Path) -> None:
    logs = setup_logging(tmp_path / "logs")
    logging.getLogger("desk.x").error("the disk is slow")
    logs.close()
    (tmp_path / "logs" / "fault-20261122T010203.log").write_text("Fatal Python error\n")
    saved = write_archive(
        tmp_path / "a.zip",
        FOUND,
        logs=tmp_path / "logs",
        more={"settings.toml": 'device = "cpu"\n'},
    )
    held = texts(saved.path)
    assert tuple(held) == saved.names
    assert json.loads(held["doctor.json"])[0]["detail"] == "剩余 70 GB"
    machine = json.loads(held["machine.json"])
    assert machine["packages"]["typer"]
    assert "the disk is slow" in held["logs/griddesk.log"]
    assert "Fatal Python error" in held["logs/fault-20261122T010203.log"]
    assert held["settings.toml"] == 'device = "cpu"\n'
    assert "没有" in held["说明.txt"]
    assert [p.name for p in tmp_path.iterdir() if p.suffix != ""] == ["a.zip"]


def test_no_secret_and_no_spoken_word_is_in_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    redaction.hide(SECRET)
    monkeypatch.setenv("GRIDDESK_SECRET_TICKETS_TOKEN", "another-令牌-of-the-desk")
    logs = setup_logging(tmp_path / "logs", logging.DEBUG)
    told = logging.getLogger("desk.x")
    told.debug("heard 查一下南湖的安全帽\nand more of it")
    told.warning("refused with %s", SECRET)
    try:
        raise ValueError("cannot read 那青岛的人数呢")
    except ValueError:
        told.exception("a run failed")
    told.error('[SQL: INSERT]\n[parameters: (\'{"text": "烟台有几个人"}\',)]')
    logs.close()
    saved = write_archive(
        tmp_path / "a.zip",
        [Health(name="x", ok=False, detail=f"token {SECRET}", remedy="…")],
        logs=tmp_path / "logs",
        spoken=["那青岛的人数呢", "那青岛", "是"],
    )
    whole = "".join(texts(saved.path).values())
    for word in (
        "南湖", "and more of it", SECRET, "青岛", "烟台", "another-令牌-of-the-desk",
    ):  # fmt: skip
        assert word not in whole, word
    assert "GRIDDESK_SECRET_TICKETS_TOKEN" in whole
    assert f"ValueError: cannot read {SPOKEN}" in whole
    assert "refused with •••" in whole


def test_only_the_lines_that_may_hold_speech_are_left_out() -> None:
    log = (
        "2026-11-22T01:00:00.000+00:00 INFO    MainThread app: one\n"
        "2026-11-22T01:00:00.000+00:00 DEBUG   MainThread app: two\n"
        "  of two\n"
        "2026-11-22T01:00:00.000+00:00 ERROR   MainThread app: three\n"
        "Traceback: of three\n"
    )
    assert [line[-5:] for line in cleaned(log).splitlines()] == [
        ": one",
        "three",
        "three",
    ]


def test_a_log_that_cannot_be_read_does_not_stop_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs" / "griddesk.log"
    folder.mkdir(parents=True)
    saved = write_archive(
        tmp_path / "a.zip", FOUND, logs=tmp_path / "logs", ring=["kept in memory"]
    )
    held = texts(saved.path)
    assert "kept in memory" in held["logs/memory.log"]
    assert held["logs/griddesk.log"]


def test_an_archive_that_cannot_be_written_leaves_nothing_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="写不进去"):
        write_archive(tmp_path / "gone" / "a.zip", FOUND, logs=tmp_path)
    old = tmp_path / "a.zip"
    old.write_bytes(b"old")

    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UsageError, match="No space"):
        write_archive(old, FOUND, logs=tmp_path)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("a.zip", b"old")]


def test_too_little_space_is_seen_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Usage:
        free = 100

    monkeypatch.setattr(diagnostics.shutil, "disk_usage", lambda _path: Usage)
    with pytest.raises(UsageError, match="剩余"):
        write_archive(tmp_path / "a.zip", FOUND, logs=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_word_is_hidden_however_it_is_written_and_the_findings_stay_json(
    tmp_path: Path,
) -> None:
    said = '他说"别去"南湖'
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "griddesk.log").write_text(
        f"{said}\n{json.dumps(said)}\n{said!r}\n", encoding="utf-8"
    )
    found = [Health(name="x", ok=True, detail=f"last: {said}; true", remedy="\ud800")]
    saved = write_archive(
        tmp_path / "a.zip", found, logs=logs, spoken=[said, "true", '"ok": true']
    )
    held = texts(saved.path)
    (row,) = json.loads(held["doctor.json"])
    assert (row["ok"], row["detail"]) == (True, f"last: {SPOKEN}; {SPOKEN}")
    assert row["remedy"] == "\ud800"
    assert json.loads(held["machine.json"])["packages"]
    log = held["logs/griddesk.log"].splitlines()
    assert log == [SPOKEN, f'"{SPOKEN}"', f"'{SPOKEN}'"]


def test_where_it_is_not_known_what_was_said_errors_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "griddesk.log").write_text(
        "2026-11-22T01:00:00.000+00:00 ERROR   MainThread app: three\n"
        "Traceback (most recent call last):\n"
        '  File "a.py", line 3, in b\n'
        "    b()\n"
        "desk.OddError: 南湖有几个人\n"
        "还有青岛\n",
        encoding="utf-8",
    )
    saved = write_archive(tmp_path / "a.zip", FOUND, logs=tmp_path, all_spoken=False)
    held = texts(saved.path)
    assert "巡检日志读不出来" in held["说明.txt"]
    assert held["logs/griddesk.log"].splitlines()[1:] == [
        "Traceback (most recent call last):",
        '  File "a.py", line 3, in b',
        "desk.OddError: •••",
    ]
