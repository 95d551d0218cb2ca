"""The tone of an alarm as a part of the desk: the settings, and the status strip."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.compose import House
from app.hearing.alarm_tone import AlarmTone
from app.hearing.devices import SoundSystem
from app.settings.declaration import AlarmSettings, Settings
from app.settings.file import save
from tests.virtual_audio import ScriptedSound


@pytest.fixture
def house() -> Iterator[House]:
    with House() as made:
        yield made


def loudspeakers(house: House, number: int, *, wanted: bool = True) -> None:
    sound = ScriptedSound()
    sound.loudspeakers = number
    system = SoundSystem(sound)  # type: ignore[arg-type]
    house.__dict__["alarm_sound"] = AlarmTone(system) if wanted else None


async def test_a_desk_that_nobody_would_hear_says_so(house: House) -> None:
    loudspeakers(house, 0)
    parts = {part.key: part for part in await house.health()}
    await house.close_backend()
    assert not parts["alarm_sound"].ok
    assert parts["alarm_sound"].name == "告警声"
    assert "声音输出" in parts["alarm_sound"].detail
    assert "音箱" in parts["alarm_sound"].remedy


@pytest.mark.parametrize(("number", "wanted"), [(1, True), (0, False)])
async def test_a_loudspeaker_or_no_wish_for_one_is_not_worth_a_word(
    house: House, number: int, wanted: bool
) -> None:
    loudspeakers(house, number, wanted=wanted)
    keys = [part.key for part in await house.health()]
    await house.close_backend()
    assert "alarm_sound" not in keys
    assert "journal" in keys


@pytest.mark.parametrize("wanted", ["on", "off"])
def test_the_settings_say_whether_and_how_often(
    house: House, own_home: Path, wanted: str
) -> None:
    own_home.mkdir(parents=True, exist_ok=True)
    alarm = AlarmSettings(sound=wanted, repeat_s=12.5)
    save(own_home / "settings.toml", Settings(alarm=alarm))
    made = house.desk.alarm_sound
    if wanted == "off":
        assert made is None, "or it would hush the microphone"
        return
    assert isinstance(made, AlarmTone)
    assert made.repeat_s == 12.5
    assert made._system is house.microphone._system, "one lock for all"
