"""`griddesk settings`, and what the log says of every change, on real files."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from app.cli import app
from app.compose import House
from app.core.configuring import SettingChange
from app.core.entries import DeskEvent, EventKind
from app.core.errors import JournalUnwritableError, NotAllowedError, SettingsError
from app.core.people import Actor, Role
from app.house.configuring import HouseConfiguration, configuration_of
from app.house.settings import KNOWN, SettingsKeeper
from app.settings.declaration import DeskSettings, Settings, describe
from app.settings.file import changed, keep_copy, load, save
from tests.fakes import HeldClock

LI = Actor(name="李明", workstation="南湖1号")


@pytest.fixture
def home(own_home: Path) -> Path:
    save(own_home / "settings.toml", Settings(desk=DeskSettings(operator="李明")))
    return own_home


def griddesk(*words: str, typed: str = "", status: int = 0) -> Result:
    done = CliRunner().invoke(app, ["settings", *words], input=typed)
    assert done.exit_code == status, done.output
    return done


def entered() -> list[DeskEvent]:
    with House() as house:
        found = house.journal.review.events(kinds=(EventKind.SETTINGS_CHANGED,))
    return [each.event for each in reversed(found)]


def test_a_change_is_in_the_log_with_name_and_both_values(home: Path) -> None:
    done = griddesk("set", "agent.device", "cpu", "--json")
    (row,) = json.loads(done.stdout)["changed"]
    assert row == {"key": "agent.device", "before": "auto", "after": "cpu"}
    griddesk("set", "window.favourites", '["P001", "P002"]')
    griddesk("set", "agent.device", "cpu")
    first, second = entered()
    assert (first.by, first.subject) == ("李明", "agent.device")
    assert first.detail == "agent.device: auto → cpu"
    assert second.detail == "window.favourites: (空) → P001, P002"
    assert load(home / "settings.toml").settings.window.favourites == ("P001", "P002")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("agent.devise", "cpu", "agent.device"),
        ("agent.device", "abacus", "auto / cpu / cuda"),
        ("backend.timeout_s", "soon", "数字"),
        ("backend.timeout_s", "900", "0.1 到 120"),
        ("window.favourites", "P001", "一组文字"),
        ("backend.routes", "demo", "一组文字"),
    ],
)
def test_what_cannot_be_is_refused_and_in_no_log(
    key: str, value: str, said: str, home: Path
) -> None:
    before = (home / "settings.toml").read_bytes()
    done = griddesk("set", key, value, status=2)
    assert said in done.stderr
    assert (home / "settings.toml").read_bytes() == before
    assert not (home / "journal.sqlite").exists() or entered() == []


def test_every_setting_is_listed_with_its_meaning(home: Path) -> None:
    rows = json.loads(griddesk("list", "--json").stdout)["settings"]
    assert [row["key"] for row in rows] == [info.key for info in describe()]
    assert all(row["about"] for row in rows)
    lines = griddesk("list").stdout.splitlines()
    # What is not the default is marked.
    assert next(line for line in lines if line.startswith("*")).startswith(
        "* desk.operator\t李明"
    )


def test_settings_travel_and_show_what_they_change_first(
    home: Path, tmp_path: Path
) -> None:
    griddesk("set", "agent.device", "cpu")
    file = tmp_path / "U 盘.toml"
    griddesk("export", str(file))
    assert "已经存在" in griddesk("export", str(file), status=2).stderr
    assert "李明" not in file.read_text(encoding="utf-8")
    griddesk("set", "agent.device", "auto")
    refused = griddesk("import", str(file), typed="n\n", status=2)
    assert "agent.device: auto → cpu" in refused.stderr
    assert load(home / "settings.toml").settings.agent.device == "auto"
    done = griddesk("import", str(file), "--json", typed="y\n")
    told = json.loads(done.stdout)
    assert [row["key"] for row in told["changed"]] == ["agent.device"]
    assert load(Path(told["previous"])).settings.agent.device == "auto"
    assert load(home / "settings.toml").settings.agent.device == "cpu"
    assert entered()[-1].detail == "agent.device: auto → cpu (导入 U 盘.toml)"
    assert "没有改动" in griddesk("import", str(file), "--yes").stderr
    assert len(entered()) == 3


def test_an_import_takes_what_was_confirmed_and_not_what_lies_there_since(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "other.toml"
    file.write_text('[agent]\ndevice = "cpu"\n[voice]\nvolume = 0.5\n')

    def swap() -> None:
        file.write_text('[agent]\ndevice = "cuda"\n[backend]\nname = "theirs"\n')

    monkeypatch.setattr("app.commands.settings._confirm", swap)
    told = json.loads(griddesk("import", str(file), "--json").stdout)
    assert [row["key"] for row in told["changed"]] == ["agent.device", "voice.volume"]
    settings = load(home / "settings.toml").settings
    assert (settings.agent.device, settings.voice.volume) == ("cpu", 0.5)
    assert settings.backend.name == "demo"


def test_an_import_does_not_overwrite_what_somebody_else_changed_meanwhile(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, file = home / "settings.toml", tmp_path / "other.toml"
    file.write_text('[agent]\ndevice = "cpu"\n[voice]\nvolume = 0.5\n')

    def meanwhile() -> None:
        save(path, changed(load(path).settings, "agent.device", "cuda"))

    monkeypatch.setattr("app.commands.settings._confirm", meanwhile)
    done = griddesk("import", str(file), status=2)
    assert "刚刚被别人改为 cuda" in done.stderr
    settings = load(path).settings
    assert (settings.agent.device, settings.voice.volume) == ("cuda", 0.8)
    assert list(home.glob("settings.before-import*")) == []


def test_a_broken_file_is_neither_exported_nor_changed(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "settings.toml").write_text("[agent\n")
    assert "损坏" in griddesk("export", str(tmp_path / "a.toml"), status=2).stderr
    griddesk("set", "agent.device", "cpu", status=2)
    assert (home / "settings.toml").read_text() == "[agent\n"
    caplog.clear()


class Log:
    """A journal that can refuse."""

    def __init__(self) -> None:
        self.events: list[DeskEvent] = []
        self.full = False

    async def note(self, event: DeskEvent) -> DeskEvent:
        if self.full:
            raise JournalUnwritableError("磁盘已满")
        self.events.append(event)
        return event

    @property
    def said(self) -> Sequence[tuple[str, str]]:
        return [(each.by, each.detail) for each in self.events]


def keeper_of(path: Path, log: Log, actor: Actor | None = LI) -> SettingsKeeper:
    return SettingsKeeper(
        path,
        workstation=lambda: "南湖1号",
        acting=lambda: actor,
        note=log.note,
        clock=HeldClock(),
    )


async def test_what_is_chosen_in_the_window_is_in_the_log_too(tmp_path: Path) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    keeper.keep("interface.theme", "light")
    keeper.keep("interface.theme", "light")
    # The file is written at once; the entry follows, and closing waits for it.
    assert load(path).settings.interface.theme == "light"
    await keeper.close()
    assert log.said == [("李明", "interface.theme: dark → light (在窗口里)")]
    await keeper.look()
    assert len(log.events) == 1


async def test_what_was_changed_with_an_editor_is_found_at_the_next_start(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    await keeper.look()
    assert log.said == []
    save(path, changed(Settings(), "backend.name", "tickets"))
    await keeper.look()
    await keeper.look()
    assert log.said == [
        ("不详", "backend.name: demo → tickets (设置文件在程序之外被修改)")
    ]
    # Nobody answers for what an editor did before him.
    save(path, changed(load(path).settings, "backend.name", "demo"))
    await keeper.change(lambda now: changed(now, "agent.device", "cpu"), LI)
    assert log.said[1:] == [
        ("不详", "backend.name: tickets → demo (设置文件在程序之外被修改)"),
        ("李明", "agent.device: auto → cpu"),
    ]


async def test_a_setting_that_is_new_in_a_version_was_changed_by_nobody(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    await keeper.look()
    known = json.loads((tmp_path / KNOWN).read_text(encoding="utf-8"))
    del known["agent.device"]
    (tmp_path / KNOWN).write_text(json.dumps(known), encoding="utf-8")
    await keeper.look()
    assert log.said == []
    save(path, changed(Settings(), "agent.device", "cpu"))
    await keeper.look()
    assert len(log.said) == 1, "it is known from now on"


async def test_without_its_entry_nothing_is_changed(tmp_path: Path) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    log.full = True
    with pytest.raises(JournalUnwritableError):
        await keeper.change(lambda now: changed(now, "agent.device", "cpu"), LI)
    assert load(path).settings.agent.device == "auto"


async def test_an_entry_whose_file_could_not_be_written_is_put_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, path = Log(), tmp_path / "settings.toml"

    def refuse(_path: Path, _settings: Settings) -> None:
        raise SettingsError("磁盘已满")

    monkeypatch.setattr("app.house.settings.save", refuse)
    keeper = keeper_of(path, log)
    with pytest.raises(SettingsError):
        await keeper.change(lambda now: changed(now, "agent.device", "cpu"), LI)
    assert [detail for _, detail in log.said] == [
        "agent.device: auto → cpu",
        "agent.device: auto → cpu (没有保存: 磁盘已满)",
    ]


async def test_a_full_journal_does_not_take_a_choice_back_and_says_so_later(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log, None)
    await keeper.look()
    log.full = True
    keeper.keep("voice.muted", "on")
    await keeper.close()
    assert "in no log yet" in caplog.text
    caplog.clear()
    assert load(path).settings.voice.muted == "on"
    log.full = False
    await keeper.look()
    assert [by for by, _ in log.said] == ["不详"]
    await asyncio.sleep(0)


async def test_a_choice_in_the_window_hides_no_change_of_an_editor(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    await keeper.look()
    save(path, changed(Settings(), "backend.name", "tickets"))
    keeper.keep("interface.theme", "light")
    await keeper.close()
    await keeper.look()
    assert log.said == [
        ("李明", "interface.theme: dark → light (在窗口里)"),
        ("不详", "backend.name: demo → tickets (设置文件在程序之外被修改)"),
    ]


async def test_a_change_nobody_waits_for_any_longer_is_made_whole(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    entering, on = asyncio.Event(), asyncio.Event()

    async def slowly(event: DeskEvent) -> DeskEvent:
        entering.set()
        await on.wait()
        return await log.note(event)

    keeper._note = slowly
    make = partial(changed, key="agent.device", value="cpu")
    waiting = asyncio.create_task(keeper.change(make, LI))
    await entering.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    closing = asyncio.create_task(keeper.close())
    await asyncio.sleep(0)
    assert not closing.done()
    on.set()
    await closing
    assert [detail for _, detail in log.said] == ["agent.device: auto → cpu"]
    assert load(path).settings.agent.device == "cpu"


async def test_a_choice_whose_entry_is_under_way_was_not_made_with_an_editor(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    await keeper.look()
    note = log.note

    async def slowly(event: DeskEvent) -> DeskEvent:
        for _ in range(5):
            await asyncio.sleep(0)
        return await note(event)

    keeper._note = slowly
    keeper.keep("interface.theme", "light")
    await asyncio.sleep(0)
    await keeper.change(partial(changed, key="agent.device", value="cpu"), LI)
    await keeper.close()
    await keeper.look()
    assert log.said == [
        ("李明", "interface.theme: dark → light (在窗口里)"),
        ("李明", "agent.device: auto → cpu"),
    ]


async def test_a_choice_made_while_an_editors_change_is_entered_is_entered_once(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    await keeper.look()
    save(path, changed(Settings(), "backend.name", "tickets"))

    async def slowly(event: DeskEvent) -> DeskEvent:
        keeper._note = log.note
        keeper.keep("interface.theme", "light")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return await log.note(event)

    keeper._note = slowly
    await keeper.look()
    await keeper.close()
    await keeper.look()
    assert sorted(by for by, _ in log.said) == ["不详", "李明"]


async def test_what_the_entry_does_not_say_is_not_written(tmp_path: Path) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)

    async def meanwhile(event: DeskEvent) -> DeskEvent:
        keeper._note = log.note
        save(path, changed(load(path).settings, "agent.device", "cuda"))
        return await log.note(event)

    keeper._note = meanwhile
    with pytest.raises(SettingsError, match=r"agent\.device 刚刚被别人改动"):
        await keeper.change(partial(changed, key="agent.device", value="cpu"), LI)
    assert load(path).settings.agent.device == "cuda"
    assert [detail for _, detail in log.said] == [
        "agent.device: auto → cpu",
        "agent.device: auto → cpu (没有保存: 设置项 agent.device 刚刚被别人改动, "
        "没有保存)",
    ]


async def test_an_import_that_changes_nothing_leaves_no_copy_behind(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    save(path, Settings())
    await keeper.look()
    wanted = (SettingChange(key="agent.device", before="auto", after="cpu"),)
    log.full = True
    with pytest.raises(JournalUnwritableError):
        await keeper.take(tmp_path / "a.toml", wanted, LI)
    log.full = False
    assert list(tmp_path.glob("*before-import*")) == []
    previous, made = await keeper.take(tmp_path / "a.toml", wanted, LI)
    assert previous is not None
    assert load(previous).settings.agent.device == "auto"
    assert [each.key for each in made] == ["agent.device"]
    assert await keeper.take(tmp_path / "a.toml", wanted, LI) == (None, ())
    assert list(tmp_path.glob("*before-import*")) == [previous]


async def test_a_broken_file_is_refused_before_anything_is_said_of_it(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    path.write_bytes(b"# \xb2\xe2\n[agent]\n")
    keeper = keeper_of(path, log)
    with pytest.raises(SettingsError, match="损坏"):
        await keeper.change(lambda now: changed(now, "agent.device", "cpu"), LI)
    with pytest.raises(SettingsError, match="损坏"):
        keeper.keep("interface.theme", "light")
    assert log.said == []


async def test_what_was_chosen_while_the_entry_was_written_stays(
    tmp_path: Path,
) -> None:
    log, path = Log(), tmp_path / "settings.toml"
    keeper = keeper_of(path, log)
    save(path, changed(Settings(), "backend.name", "tickets"))
    await keeper.look()
    note = log.note

    async def slowly(event: DeskEvent) -> DeskEvent:
        keeper._note = note
        keeper.keep("interface.theme", "light")
        return await note(event)

    keeper._note = slowly
    await keeper.change(lambda now: changed(now, "agent.device", "cpu"), LI)
    await keeper.close()
    settings = load(path).settings
    assert (settings.agent.device, settings.interface.theme) == ("cpu", "light")
    assert settings.backend.name == "tickets"
    await keeper.look()
    assert [by for by, _ in log.said] == ["李明", "李明"]


def test_the_window_changes_the_settings_of_the_house_in_somebodys_name(
    home: Path, tmp_path: Path
) -> None:
    wanted = SettingChange(key="agent.device", before="auto", after="cpu")
    with House() as house:
        configuration = configuration_of(house)
        asyncio.run(configuration.change([wanted]))
        asyncio.run(configuration.change([wanted]))
        now = configuration.look()
        assert configuration.fault("backend.timeout_s", 900.0) != ""
        assert configuration.fault("backend.timeout_s", 9.0) == ""
    assert {one.key: one.value for each in now.sections for one in each.settings}[
        "agent.device"
    ] == "cpu"
    (event,) = entered()
    assert (event.by, event.subject) == ("李明", "agent.device")
    assert event.detail == "agent.device: auto → cpu (在设置窗口里)"


def test_who_may_not_configure_changes_exports_and_imports_nothing(
    home: Path, tmp_path: Path
) -> None:
    operator = Actor(
        name="王建国", workstation="南湖1号", login="wangjg", role=Role.OPERATOR
    )
    wanted = SettingChange(key="agent.device", before="auto", after="cpu")
    other = tmp_path / "other.toml"
    other.write_text('[agent]\ndevice = "cpu"\n')
    before = (home / "settings.toml").read_bytes()
    with House() as house:
        own = HouseConfiguration(house.settings_path, house.keeper, lambda: operator)
        planned = own.plan(other)
        assert [each.after for each in planned.changes] == ["cpu"]
        with pytest.raises(NotAllowedError, match="王建国"):
            asyncio.run(own.change([wanted]))
        with pytest.raises(NotAllowedError):
            asyncio.run(own.take(planned))
        with pytest.raises(NotAllowedError):
            own.export(tmp_path / "out.toml")
    assert (home / "settings.toml").read_bytes() == before
    assert not (tmp_path / "out.toml").exists()
    assert entered() == []


def test_nothing_is_imported_into_a_file_that_is_no_text(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "other.toml"
    file.write_text('[agent]\ndevice = "cpu"\n')
    written = b"# \xb2\xe2\n[agent]\n"
    (home / "settings.toml").write_bytes(written)
    done = griddesk("import", str(file), "--yes", status=2)
    assert "损坏" in done.stderr
    assert (home / "settings.toml").read_bytes() == written
    assert [each.name for each in home.glob("settings*.toml")] == ["settings.toml"]
    assert entered() == []
    copy = keep_copy(home / "settings.toml", "kept")
    assert copy is not None
    assert copy.read_bytes() == written
    caplog.clear()
