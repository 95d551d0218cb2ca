"""The one table of what each role may do, walked wherever somebody acts."""

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import app
from app.commands.acting import acting
from app.compose import House
from app.core.errors import NotAllowedError
from app.core.people import MAY_NAMES, ROLE_MAY, ROLE_NAMES, Actor, May, Role
from app.house.adapters import GuardedAdapters
from tests.fake_people import PASSWORD, FakePeople, Noted, presence_over
from tests.unit.journal.records import record

LOGINS = {role: role.value for role in Role}
EVERY = [(may, role) for may in May for role in Role]


class Staffed(House):
    """A house whose accounts, one of each role, are in memory."""

    def __init__(self) -> None:
        self.people = FakePeople()
        self.noted = Noted()
        for role in Role:
            self.people.put(LOGINS[role], f"{ROLE_NAMES[role]}甲", role)
        self.__dict__["presence"] = presence_over(self.people, self.noted)


@pytest.fixture
def house() -> Iterator[Staffed]:
    with Staffed() as made:
        yield made


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(line: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(line))

    return give


def test_every_right_has_a_name_and_somebody_who_has_it() -> None:
    assert set(MAY_NAMES) == set(May)
    assert set(ROLE_MAY) == set(ROLE_NAMES) == set(Role)
    for may in May:
        assert any(may in rights for rights in ROLE_MAY.values()), may


def test_nobody_may_do_everything() -> None:
    for role, rights in ROLE_MAY.items():
        assert rights < set(May), role
    assert not any({May.KEEP_PEOPLE, May.DISPOSE} <= r for r in ROLE_MAY.values())


@pytest.mark.parametrize(("may", "role"), EVERY)
def test_a_command_lets_a_role_do_what_the_table_says(
    house: Staffed, typed: Callable[[str], None], may: May, role: Role
) -> None:
    typed(f"{PASSWORD}\n")
    if may in ROLE_MAY[role]:
        actor = acting(house, may, LOGINS[role])
        assert (actor.login, actor.role) == (LOGINS[role], role)
    else:
        with pytest.raises(NotAllowedError, match=f"不能{MAY_NAMES[may]}"):
            acting(house, may, LOGINS[role])
    # Who was refused had signed in all the same.
    assert house.noted.kinds == ["signed_in"]
    assert house.noted.events[0].detail == "命令行"


@pytest.mark.parametrize("role", Role)
def test_a_desk_asks_only_for_a_role_that_may_ask(
    house: Staffed, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    desk = house.desk
    with pytest.raises(NotAllowedError, match="还没有人登录"):
        desk.request(text="查一下济南工地的人数")
    asyncio.run(desk.presence.sign_in(LOGINS[role], PASSWORD))
    request = desk.request(text="查一下济南工地的人数")
    assert (request.operator, request.role) == (f"{ROLE_NAMES[role]}甲", role.value)
    for may in set(May) - {May.ASK}:
        monkeypatch.setitem(ROLE_MAY, role, frozenset({may}))  # type: ignore[arg-type]
        with pytest.raises(NotAllowedError, match="不能查询"):
            desk.request(text="查一下济南工地的人数")
    monkeypatch.undo()
    asyncio.run(desk.presence.lock())
    with pytest.raises(NotAllowedError, match="屏幕已锁定"):
        desk.request(text="查一下济南工地的人数")


def test_what_one_person_asked_is_not_what_the_next_one_means(house: Staffed) -> None:
    desk, presence = house.desk, house.presence
    asyncio.run(presence.sign_in(LOGINS[Role.OPERATOR], PASSWORD))
    now = house.clock.now()
    desk._dialogue.remember(replace(record(1), started_at=now, finished_at=now))
    asyncio.run(presence.lock())
    asyncio.run(presence.unlock(LOGINS[Role.OPERATOR], PASSWORD))
    assert desk.context.calls
    asyncio.run(presence.lock())
    asyncio.run(presence.unlock(LOGINS[Role.SUPERVISOR], PASSWORD))
    assert not desk.context.calls


@pytest.mark.parametrize("role", Role)
def test_the_window_lets_only_tuners_choose_adapters(role: Role) -> None:
    chosen: list[str] = []

    class Shelf:
        override = ""

        def sheets(self) -> list[object]:
            return []

        def activate(self, name: str) -> str:
            chosen.append(name)
            return name

        def rollback(self) -> str:
            chosen.append("former")
            return "former"

    actor = Actor(name="甲", workstation="一号席", login="jia", role=role)
    guarded = GuardedAdapters(Shelf(), lambda: actor)  # type: ignore[arg-type]
    assert guarded.sheets() == []
    for act in (lambda: guarded.activate("new"), guarded.rollback):
        if May.TUNE in ROLE_MAY[role]:
            act()
        else:
            with pytest.raises(NotAllowedError, match="不能管理适配器"):
                act()
    assert chosen == (["new", "former"] if May.TUNE in ROLE_MAY[role] else [])


COMMANDS: dict[str, tuple[May, tuple[str, ...]]] = {
    "ask": (May.ASK, ("ask", "查一下济南工地的人数")),
    "sweep": (May.ASK, ("sweep", "headcount")),
    "acknowledge": (
        May.ACKNOWLEDGE,
        ("log", "acknowledge", "--before", "2026-11-01"),
    ),
    "export": (May.EXPORT, ("log", "export", "out.csv")),
    "sites": (May.CONFIGURE, ("sites", "import", "sites.csv", "--yes")),
    "connect": (May.CONFIGURE, ("sites", "connect", "x.toml")),
    "conform": (May.CONFIGURE, ("sites", "conform", "demo")),
    "secret": (May.CONFIGURE, ("sites", "secret", "x", "y")),
    "model": (May.CONFIGURE, ("models", "import", "folder")),
    "activate": (May.TUNE, ("models", "activate", "new")),
    "rollback": (May.TUNE, ("models", "rollback")),
    "remove": (May.TUNE, ("models", "remove", "new")),
    "rows": (May.TUNE, ("tune", "data", "out", "--rows", "20")),
    "people": (May.KEEP_PEOPLE, ("people", "unlock", "operator")),
}


@pytest.fixture
def staffed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let every command run in a house with accounts; nothing is where it looks."""
    monkeypatch.setattr("app.commands.errors.House", Staffed)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("may", "words"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_that_acts_refuses_whom_the_table_refuses(
    staffed: Path, may: May, words: tuple[str, ...]
) -> None:
    run = partial(CliRunner().invoke, app)
    nobody = run([*words, "--json"])
    assert nobody.exit_code == 2, nobody.output
    assert "要说明由谁操作" in nobody.stderr
    for role in Role:
        if may in ROLE_MAY[role]:
            continue
        done = run([*words, "--as", LOGINS[role], "--json"], input=f"{PASSWORD}\n")
        assert done.exit_code == 2, done.output
        assert json.loads(done.stdout)["error"]["code"] == "access.not_allowed"
        assert f"{ROLE_NAMES[role]}甲" in done.stderr
    assert list(staffed.glob("*.csv")) == []
    assert not (staffed / "out").exists()


@pytest.mark.parametrize("command", ["train", "search"])
def test_a_training_is_for_those_who_may_tune(staffed: Path, command: str) -> None:
    run = partial(CliRunner().invoke, app)
    words = ["tune", command, "out", "--data", "none"]
    assert "要说明由谁操作" in run(words).stderr
    for role in Role:
        done = run([*words, "--as", LOGINS[role]], input=f"{PASSWORD}\n")
        refused = f"{ROLE_NAMES[role]}甲" in done.stderr and "不能" in done.stderr
        assert refused is (May.TUNE not in ROLE_MAY[role]), done.output
        assert done.exit_code in {2, 3}, "there are no rows to train with"
    assert not (staffed / "out").exists()


@pytest.mark.parametrize(
    "words",
    [("log", "list"), ("log", "verify"), ("sites", "list"), ("people", "list")],
    ids=" ".join,
)
def test_reading_commands_stay_open(staffed: Path, words: tuple[str, ...]) -> None:
    done = CliRunner().invoke(app, [*words, "--json"])
    assert done.exit_code == 0, done.output
