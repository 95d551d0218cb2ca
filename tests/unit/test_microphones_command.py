"""`griddesk microphones`: names, the chosen one, the default."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from app.commands.microphones import microphones
from app.compose import House
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from tests.virtual_audio import ScriptedSound

command = typer.Typer()
command.command()(microphones)


def run(
    monkeypatch: pytest.MonkeyPatch, sound: ScriptedSound, *args: str
) -> tuple[int, str]:
    system = SoundSystem(sound)  # type: ignore[arg-type]
    mic = SoundDeviceMicrophone(system=system)
    monkeypatch.setattr(House, "microphone", mic)
    done = CliRunner().invoke(command, args)
    return done.exit_code, done.stdout


def chosen(home: Path, name: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    text = f'schema = 2\n[microphone]\ndevice = "{name}"\n'
    (home / "settings.toml").write_text(text, encoding="utf-8")


def test_the_default_is_marked_where_none_is_chosen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    status, told = run(monkeypatch, ScriptedSound())
    assert status == 0
    assert told.splitlines()[:2] == ["✓ 内置麦克风\t系统默认", "  USB 麦克风"]
    assert "没有指定麦克风" in told


def test_the_chosen_one_is_marked(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    chosen(own_home, "USB 麦克风")
    status, told = run(monkeypatch, ScriptedSound())
    assert status == 0
    assert told.splitlines() == ["  内置麦克风\t系统默认", "✓ USB 麦克风\t已指定"]


def test_a_chosen_one_that_is_away_is_said(
    monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    chosen(own_home, "耳机")
    _, told = run(monkeypatch, ScriptedSound())
    assert "✗ 耳机\t已指定, 但没有找到" in told


def test_json_is_one_object(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    chosen(own_home, "USB 麦克风")
    status, told = run(monkeypatch, ScriptedSound(), "--json")
    assert status == 0
    assert json.loads(told) == {
        "microphones": [
            {"name": "内置麦克风", "default": True, "chosen": False},
            {"name": "USB 麦克风", "default": False, "chosen": True},
        ],
        "chosen": "USB 麦克风",
    }


def test_no_microphone_is_an_empty_list(monkeypatch: pytest.MonkeyPatch) -> None:
    status, told = run(monkeypatch, ScriptedSound(devices=()), "--json")
    assert status == 0
    assert json.loads(told) == {"microphones": [], "chosen": ""}
    status, told = run(monkeypatch, ScriptedSound(devices=()))
    assert status == 0
    assert "没有找到麦克风" in told
