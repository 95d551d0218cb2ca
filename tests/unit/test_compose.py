"""The composition root: what is foreign cannot hold the desk up."""

import asyncio
import gc
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from app.agent import libraries
from app.compose import House
from app.core.errors import ModelMissingError, SettingsError
from app.core.model import Call, Check, Site
from app.core.observation import MissingReason, Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Backend, Health
from app.house.desk import make_desk
from app.house.model import DeskModel
from app.sites import upkeep
from app.sites.backends.table import Systems


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


class DeafBackend:
    """Never says how it is, and never closes."""

    contract = BACKEND_CONTRACT
    services = frozenset(Service)

    def __init__(self, name: str, ended: Callable[[], None] = lambda: None) -> None:
        self.name, self._ended = name, ended

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        raise NotImplementedError

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        raise NotImplementedError

    async def health(self) -> Health:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            self._ended()


class BrokenBackend(DeafBackend):
    """Fails in ways of its own."""

    async def health(self) -> Health:
        raise ZeroDivisionError

    async def close(self) -> None:
        raise ZeroDivisionError


def configured(home: Path, settings: str, **systems: str) -> None:
    (home / "systems").mkdir(parents=True)
    (home / "settings.toml").write_text("schema = 2\n" + settings, encoding="utf-8")
    for name, text in systems.items():
        (home / "systems" / f"{name}.toml").write_text(text, encoding="utf-8")


ROUTES = '[backend]\nname = "first"\n[backend.routes]\ndetection = "second"\n'
DEMO = 'kind = "demo"\n'


@pytest.mark.parametrize("kind", [DeafBackend, BrokenBackend])
async def test_a_system_that_never_answers_is_named_and_left(
    kind: type[DeafBackend],
    house: House,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = Systems.make

    def make(systems: Systems, name: str) -> Backend:
        return kind(name) if name == "first" else made(systems, name)

    monkeypatch.setattr(Systems, "make", make)
    monkeypatch.setattr(upkeep, "PATIENCE_S", 0.01)
    # The models that load meanwhile may hold up the thread of those that are well.
    monkeypatch.setattr(upkeep, "_GRACE_S", 30.0)
    monkeypatch.setattr(upkeep, "BEAT_S", 30.0)
    configured(own_home, ROUTES, first=DEMO, second=DEMO)
    parts = {part.key: part for part in await house.health()}
    assert not parts["backend"].ok
    assert parts["backend"].name == "现场系统 first"
    assert parts["backend"].remedy
    assert parts["backend:second"].ok
    assert parts["backend:second"].name == "现场系统 second"
    assert parts["journal"].ok
    await house.close_backend()
    assert "system first" in caplog.text
    caplog.clear()


async def test_systems_are_closed_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # None closes before all have begun to, so one after the other would never end.
    everyone = asyncio.Barrier(3)

    class Patient(DeafBackend):
        async def close(self) -> None:
            await everyone.wait()
            closed.append(self.name)

    closed: list[str] = []
    await upkeep.close_all([Patient(name) for name in "abc"])
    assert sorted(closed) == ["a", "b", "c"]


async def test_a_system_that_is_configured_wrongly_leaves_the_others_at_work(
    house: House, own_home: Path
) -> None:
    configured(own_home, ROUTES, first=DEMO, second='kind = "demo"\nnonsense = 1\n')
    parts = {part.key: part for part in await house.health()}
    assert parts["backend"].ok
    assert not parts["backend:second"].ok
    assert "nonsense" in parts["backend:second"].detail
    assert "second.toml" in parts["backend:second"].remedy
    site = house.directory.sites()[0]
    run = house.desk.run(house.desk.request(text=f"查一下{site.name}的人数"))
    ending = [event async for event in run][-1]
    (finding,) = ending.record.findings  # type: ignore[union-attr]
    assert finding.call == Call(site, Check.HEADCOUNT)
    assert finding.observation.missing is not None
    assert finding.observation.missing.reason is MissingReason.UNREACHABLE
    await house.desk.close()


async def test_a_default_system_that_does_not_exist_is_shown_and_not_fatal(
    house: House, own_home: Path
) -> None:
    configured(own_home, '[backend]\nname = "nobody"\n')
    parts = {part.key: part for part in await house.health()}
    assert not parts["backend"].ok
    assert "nobody" in parts["backend"].detail
    assert "demo" in parts["backend"].remedy


async def test_routes_that_cannot_be_read_are_told_before_the_desk_opens(
    house: House, own_home: Path
) -> None:
    configured(own_home, '[backend.routes]\n"colour=red" = "demo"\n')
    with pytest.raises(SettingsError, match="colour=red"):
        await make_desk(house)


async def test_a_request_carries_who_sits_where(house: House) -> None:
    request = house.desk.request(text="查一下济南的人数")
    assert request.operator == house.settings.desk.operator
    assert request.workstation == house.settings.desk.workstation


async def test_a_route_to_nowhere_asks_nobody(house: House, own_home: Path) -> None:
    routes = '[backend]\n[backend.routes]\n"region=火星" = "first"\n'
    configured(own_home, routes, first=DEMO)
    with pytest.raises(SettingsError, match="火星"):
        _ = house.router


async def test_while_the_model_loads_the_other_parts_are_told_at_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = threading.Event()
    tidied: list[str] = []
    monkeypatch.setattr(libraries, "_import", lambda: gate.wait(20))
    monkeypatch.setattr(gc, "collect", lambda: tidied.append("collect"))
    monkeypatch.setattr(gc, "freeze", lambda: tidied.append("freeze"))
    monkeypatch.setattr(gc, "set_threshold", lambda *numbers: None)
    desk = house.desk
    warming = asyncio.ensure_future(desk.warm_up())
    await asyncio.sleep(0)
    try:
        parts = {part.key: part for part in await desk.health()}
        assert not gate.is_set()
        assert (parts["agent"].ok, parts["agent"].detail) == (True, "正在载入")
        assert parts["journal"].ok
    finally:
        gate.set()
        await warming
    assert tidied == ["collect", "freeze"], "no rubbish is kept for good"
    parts = {part.key: part for part in await desk.health()}
    assert parts["agent"].detail == (await house.agent.health()).detail
    await desk.close()


async def test_nothing_is_imported_for_the_model_before_the_desk_can_hear(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    hearing = asyncio.Event()
    gate = asyncio.Event()

    async def warm_up() -> None:
        hearing.set()
        await gate.wait()
        begun.append("ears")

    monkeypatch.setattr(libraries, "_import", lambda: begun.append("libraries"))
    monkeypatch.setattr(house.recognizer, "warm_up", warm_up)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    monkeypatch.setattr(gc, "set_threshold", lambda *numbers: None)
    warming = asyncio.ensure_future(house.desk.warm_up())
    await hearing.wait()
    assert house.libraries._done is None
    assert "pipeline" not in house.__dict__
    gate.set()
    await warming
    assert begun == ["ears", "libraries"]
    # The first command finds it made, and the window does not stand still for it.
    assert "pipeline" in house.__dict__
    await house.desk.close()


async def test_who_did_not_ask_to_load_is_told_how_the_model_is(house: House) -> None:
    parts = {part.key: part for part in await house.health()}
    assert parts["agent"].detail == (await house.agent.health()).detail
    await house.close_backend()


@pytest.mark.parametrize("chosen", [False, True], ids=["first", "another adapter"])
async def test_a_command_of_the_first_seconds_waits_for_the_models_libraries(
    house: House, monkeypatch: pytest.MonkeyPatch, chosen: bool
) -> None:
    gate, done = threading.Event(), []

    def importing() -> None:
        assert gate.wait(20)
        done.append("libraries")

    def load(_model: DeskModel) -> None:
        done.append("model")
        raise ModelMissingError("本机没有模型")

    monkeypatch.setattr(libraries, "_import", importing)
    monkeypatch.setattr(DeskModel, "load", load)
    house.libraries.begin()
    if chosen:
        assert house.agent
        house._reload_model()
    early = asyncio.ensure_future(house.agent.health())
    await asyncio.sleep(0)
    waiting = threading.Timer(0.3, gate.set)
    waiting.start()
    assert "本机没有模型" in (await early).detail
    waiting.join()
    assert done == ["libraries", "model"]
