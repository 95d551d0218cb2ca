"""The self-test of a house: level, clock, chain, and an archive from the real desk."""

import asyncio
import json
import logging
import threading
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.entries import EventKind
from app.core.errors import AudioDeviceError, SettingsError
from app.core.ports import Health
from app.house import doctor as module
from app.house.doctor import HouseDoctor, clock_health, level_health
from app.settings.declaration import DeskSettings, Settings
from app.settings.file import save
from app.system import logging as program_log
from tests.unit.test_log_commands import RUNS, write

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.fixture
def home(own_home: Path) -> Path:
    save(own_home / "settings.toml", Settings(desk=DeskSettings(operator="李明")))
    return own_home


@pytest.fixture
def house(home: Path) -> Iterator[House]:
    with House() as made:
        yield made


@pytest.mark.parametrize(
    ("peak", "ok", "word"),
    [
        (0.0, False, "没有声音"),
        (0.02, False, "太小"),
        (0.3, True, "-10 dBFS"),
        (1.0, False, "太大"),
    ],
)
def test_the_level_is_judged_in_words(peak: float, ok: bool, word: str) -> None:
    found = level_health(peak, "头戴式")
    assert found.ok is ok
    assert word in found.detail + found.remedy
    assert found.ok != bool(found.remedy)


class Take:
    """A take whose level rises."""

    def __init__(self, levels: Sequence[float]) -> None:
        self._levels = list(levels)
        self.finished = False

    @property
    def level(self) -> float:
        return self._levels.pop(0)

    @property
    def ended(self) -> bool:
        return not self._levels

    def finish(self) -> None:
        self.finished = True


class Microphone:
    """Gives one take, or none."""

    name = "头戴式"

    def __init__(self, take: Take | None) -> None:
        self._take = take

    async def open(self) -> Take:
        if self._take is None:
            raise AudioDeviceError("没有找到麦克风")
        return self._take


async def test_listening_takes_the_loudest_moment_and_gives_the_device_back(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_STEP_S", 0.0)
    take = Take([0.1, 0.5, 0.2])
    house.__dict__["microphone"] = Microphone(take)
    found = await HouseDoctor(house).listen()
    assert "-6 dBFS" in found.detail
    assert take.finished
    house.__dict__["microphone"] = Microphone(None)
    found = await HouseDoctor(house).listen()
    assert (found.ok, found.detail) == (False, "没有找到麦克风")
    assert found.remedy


@pytest.mark.parametrize(
    ("now", "last", "ok"),
    [
        (NOW, None, True),
        (NOW, NOW - timedelta(days=3), True),
        (NOW, NOW + timedelta(seconds=30), True),
        (NOW, NOW + timedelta(hours=1), False),
        (datetime(2000, 1, 1, tzinfo=UTC), None, False),
    ],
)
def test_a_clock_that_runs_before_the_log_is_a_fault(
    now: datetime, last: datetime | None, ok: bool
) -> None:
    found = clock_health(now, last)
    assert found.ok is ok
    assert found.ok != bool(found.remedy)


def journal_of(house: House) -> dict[str, Health]:
    return {each.key: each for each in HouseDoctor(house)._journal()}


def test_the_chain_is_walked_as_far_as_the_time_allows(
    home: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home, *RUNS)
    whole = journal_of(house)["journal-chain"]
    assert whole.ok
    assert f"{len(RUNS)}条全部完好" in whole.detail
    journal = house.journal

    class Long:
        def verify(self, progress: module.Callable[[int, int], None]) -> None:
            progress(500, 10_000)

        def __getattr__(self, name: str) -> object:
            return getattr(journal, name)

    monkeypatch.setitem(house.__dict__, "journal", Long())
    monkeypatch.setattr(module, "WALK_S", -1.0)
    part = journal_of(house)["journal-chain"]
    assert part.ok
    assert "前500条完好, 共10000条" in part.detail
    assert "griddesk log verify" in part.remedy
    monkeypatch.setitem(house.__dict__, "journal", journal)


def test_a_changed_record_is_a_fault_of_the_chain(home: Path, house: House) -> None:
    import sqlite3

    write(home, *RUNS)
    with sqlite3.connect(home / "journal.sqlite") as base:
        for (name,) in base.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        base.execute("UPDATE journal_entries SET body = body || ' ' WHERE seq = 2")
    found = journal_of(house)["journal-chain"]
    assert not found.ok
    assert "第2条" in found.detail
    assert "报告安监人员" in found.remedy


def test_an_archive_holds_no_word_of_the_commands_and_is_in_the_log(
    home: Path, house: House, tmp_path: Path
) -> None:
    heard = [run.utterance.text for run in RUNS if run.utterance]
    assert heard
    (home / "evidence").mkdir()
    (home / "evidence" / "a.jpg").write_bytes(b"\xff\xd8a face")
    (home / "systems").mkdir()
    (home / "systems" / "tickets.toml").write_text("token = 'geheim'")
    write(home, *RUNS)
    logs = program_log.setup_logging(home / "logs")
    logging.getLogger("desk").error("could not read %s", heard[0])
    logs.close()
    found = [Health(name="x", ok=True, detail=f"last: {heard[0]}")]
    saved = asyncio.run(HouseDoctor(house).save(tmp_path / "包 一.zip", found))
    with zipfile.ZipFile(saved.path) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    whole = b"".join(held.values()).decode()
    for word in (*heard, "a face", "geheim", "李明"):
        assert word not in whole, word
    assert "could not read" in whole
    assert json.loads(held["doctor.json"])[0]["detail"].startswith("last: 〔")
    assert "device" in held["settings.toml"].decode()
    (event,) = house.journal.review.events(kinds=(EventKind.DIAGNOSED,))
    assert (event.event.by, event.event.subject) == ("李明", "包 一.zip")
    assert saved.sha256 in event.event.detail


async def test_an_archive_is_saved_where_settings_and_journal_are_broken(
    home: Path, tmp_path: Path
) -> None:
    (home / "settings.toml").write_text('[agent]\ndevice = "abacus"\n')
    (home / "journal.sqlite").write_bytes(b"this is a letter and no database" * 200)
    with House() as broken:
        saved = await HouseDoctor(broken).save(tmp_path / "a.zip", ())
    with zipfile.ZipFile(saved.path) as archive:
        assert "abacus" in archive.read("settings.txt").decode()
        assert "日志读不出来" in archive.read("说明.txt").decode()


async def test_what_keeps_the_parts_from_being_made_is_one_finding(
    home: Path,
) -> None:
    (home / "settings.toml").write_text('[agent]\ndevice = "abacus"\n')
    with House() as broken:
        found = {each.key: each for each in await HouseDoctor(broken).examine()}
    assert not found["settings.invalid"].ok
    assert found["python"].ok
    assert "许可 Apache-2.0" in found["model:glm-mini"].detail


def test_the_log_keeps_every_detail_while_wanted(house: House) -> None:
    doctor, before = HouseDoctor(house), program_log.level()
    try:
        doctor.be_verbose(True)
        assert doctor.verbose
        assert logging.getLogger("app").isEnabledFor(logging.DEBUG)
        doctor.be_verbose(False)
        assert not doctor.verbose
    finally:
        program_log.set_level(before)


def test_the_command_writes_an_archive_and_never_over_a_file(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(_doctor: HouseDoctor) -> Sequence[Health]:
        return (Health(name="x", ok=False, detail="gone", remedy="bring it"),)

    async def listen(_doctor: HouseDoctor) -> Health:
        return level_health(0.5, "头戴式")

    monkeypatch.setattr(HouseDoctor, "examine", examine)
    monkeypatch.setattr(HouseDoctor, "listen", listen)
    stick = tmp_path / "U 盘"
    stick.mkdir()
    command = ["doctor", "--archive", str(stick), "--listen", "--json"]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 3, done.output
    shown = json.loads(done.stdout)
    assert [row["name"] for row in shown["checks"]] == ["x", "microphone-level"]
    (archive,) = stick.iterdir()
    assert shown["archive"] == str(archive)
    refused = CliRunner().invoke(app, ["doctor", "--archive", str(archive)])
    assert (refused.exit_code, "已经存在" in refused.stderr) == (2, True)


async def test_who_stops_waiting_keeps_nobody_waiting() -> None:
    begun, end = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert end.wait(10)

    task = asyncio.create_task(module._beside(work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done(), "the loop goes on while the work does"
    end.set()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_models_that_cannot_be_named_are_one_finding(house: House) -> None:
    class Broken:
        def __get__(self, *_: object) -> None:
            raise SettingsError("模型目录不可用")

    class Models:
        store = Broken()

    doctor = HouseDoctor(Models())  # type: ignore[arg-type]
    (found,) = doctor._stored()
    assert (found.ok, found.detail) == (False, "模型目录不可用")
