"""What is chosen in the window is kept in the settings, and is there next time."""

from pathlib import Path
from typing import Any

import pytest

import app.desktop.main
from app.core.adapters import Adapters
from app.core.desk import Desk
from app.core.entries import DeskEvent
from app.core.people import Actor
from app.house.settings import SettingsKeeper
from app.house.window import open_window
from app.settings.declaration import Settings
from app.settings.file import changed, load
from tests.fakes import HeldClock


async def no_desk() -> Desk:
    raise AssertionError("the window is not opened here")


def keeper_at(path: Path) -> tuple[SettingsKeeper, list[DeskEvent]]:
    """Give what keeps settings, and what it has entered in the log."""
    entered: list[DeskEvent] = []

    async def note(event: DeskEvent) -> DeskEvent:
        entered.append(event)
        return event

    keeper = SettingsKeeper(
        path,
        workstation=lambda: "南湖1号",
        acting=lambda: Actor(name="李明", workstation="南湖1号"),
        note=note,
        clock=HeldClock(),
    )
    return keeper, entered


def options_of(
    monkeypatch: pytest.MonkeyPatch, path: Path, settings: Settings
) -> dict[str, Any]:
    """Give what the window is told, and what it tells back with."""
    told: dict[str, Any] = {}

    def run(_desk: object, options: object, **callbacks: Any) -> int:
        told.update(callbacks, options=options)
        return 0

    monkeypatch.setattr(app.desktop.main, "run_window", run)
    adapters: Adapters = None  # type: ignore[assignment]
    keeper, _ = keeper_at(path)
    assert open_window(settings, keeper.keep, no_desk, adapters) == 0
    return told


def test_a_fresh_desk_is_guided_once_and_keeps_its_favourites(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "settings.toml"
    told = options_of(monkeypatch, path, load(path).settings)
    assert told["options"].guided
    assert told["options"].favourites == ()
    told["on_guided"]()
    told["on_favourites"](("SD-JN-001", "SD-QD-001"))
    told["on_muted"](True)
    again = options_of(monkeypatch, path, load(path).settings)["options"]
    assert not again.guided
    assert again.favourites == ("SD-JN-001", "SD-QD-001")
    assert again.voice.muted


def test_a_file_that_cannot_be_written_ends_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    settings = changed(Settings(), "window.guide", "off")
    told = options_of(monkeypatch, blocked / "settings.toml", settings)
    assert not told["options"].guided
    told["on_favourites"](("a",))
    assert "could not be kept" in caplog.text
    caplog.clear()
