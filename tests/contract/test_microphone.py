"""What every microphone keeps: the real one, kept open or not, and the fake."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from app.core.cancel import CancelToken
from app.core.desk import Microphone, Take
from app.core.errors import AudioDeviceError, UserFacingError
from app.hearing.devices import SoundSystem
from app.hearing.microphone import SoundDeviceMicrophone
from tests.fake_microphone import FakeMicrophone, FakeTake
from tests.unit.hearing.kept_open import Clock
from tests.virtual_audio import ScriptedSound

BLOCK = b"\x01\x10" * 1600
OTHER = b"\x02\x20" * 1600


class FakeRig:
    """The fake, and how somebody speaks into it."""

    def __init__(self) -> None:
        self.microphone: Microphone = FakeMicrophone()

    async def speak(self, block: bytes) -> None:
        for take in self.microphone.takes:  # type: ignore[attr-defined]
            take.feed(block)

    def unplug(self) -> None:
        self.microphone.error = AudioDeviceError("没有找到麦克风")  # type: ignore[attr-defined]


class RealRig:
    """The real one on a scripted sound library."""

    def __init__(self, clock: Clock, *, standby: bool) -> None:
        self._clock = clock
        self.sound = ScriptedSound()
        self.microphone: Microphone = SoundDeviceMicrophone(
            standby=standby,
            system=SoundSystem(self.sound),  # type: ignore[arg-type]
        )

    async def speak(self, block: bytes) -> None:
        # Longer than a block: sound from before a resume must not be heard.
        self._clock.go_on(0.15)
        self.sound.streams[-1].push(block)

    def unplug(self) -> None:
        self.sound.unplug()


RIGS: dict[str, Callable[[Clock], Any]] = {
    "fake": lambda clock: FakeRig(),
    "opened": lambda clock: RealRig(clock, standby=False),
    "kept-open": lambda clock: RealRig(clock, standby=True),
}


@pytest.fixture(params=RIGS)
async def rig(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Any]:
    rig = RIGS[request.param](Clock(monkeypatch))
    rig.microphone.stand_by()
    yield rig
    await rig.microphone.close()


async def rest(take: Take) -> bytes:
    """Let go of the key and read what is left."""
    take.finish()
    blocks = await asyncio.to_thread(lambda: list(take.blocks(CancelToken())))
    assert take.ended
    if not isinstance(take, FakeTake):
        assert await asyncio.to_thread(take.wait_closed, 5)  # type: ignore[attr-defined]
    return b"".join(blocks)


async def test_what_is_said_after_the_press_is_in_the_take(rig: Any) -> None:
    take = await rig.microphone.open()
    assert not take.ended
    await rig.speak(BLOCK)
    await rig.speak(OTHER)
    assert (await rest(take)).endswith(BLOCK + OTHER)


async def test_the_time_that_is_left_shrinks(rig: Any) -> None:
    take = await rig.microphone.open()
    before = take.left_s
    await rig.speak(BLOCK)
    assert take.left_s == pytest.approx(before - 0.1)
    await rest(take)


async def test_nothing_is_heard_between_hush_and_resume(rig: Any) -> None:
    take = await rig.microphone.open()
    for _ in range(2):
        rig.microphone.hush()
    await rig.speak(BLOCK)
    for _ in range(2):
        rig.microphone.resume()
    await rig.speak(OTHER)
    heard = await rest(take)
    assert BLOCK not in heard
    assert heard.endswith(OTHER)


async def test_no_take_begins_while_the_desk_speaks(rig: Any) -> None:
    rig.microphone.hush()
    with pytest.raises(AudioDeviceError, match="播报"):
        await rig.microphone.open()
    rig.microphone.resume()
    await rest(await rig.microphone.open())


async def test_the_microphones_are_listed_default_first(rig: Any) -> None:
    inputs = await rig.microphone.inputs()
    assert [each.is_default for each in inputs] == [True, False]
    assert len({each.name for each in inputs}) == 2


async def test_a_chosen_microphone_is_the_one_that_is_used(rig: Any) -> None:
    assert rig.microphone.chosen == ""
    await rig.microphone.choose("USB 麦克风")
    assert rig.microphone.chosen == "USB 麦克风"
    assert rig.microphone.name == "USB 麦克风"
    await rest(await rig.microphone.open())


async def test_without_any_microphone_a_press_says_why(rig: Any) -> None:
    await rest(await rig.microphone.open())
    rig.unplug()
    with pytest.raises(UserFacingError, match="没有找到麦克风"):
        await rig.microphone.open()


async def test_health_names_the_device(rig: Any) -> None:
    health = await rig.microphone.health()
    assert health.ok
    assert health.key == "microphone"
    assert health.detail in {each.name for each in await rig.microphone.inputs()}


async def test_closing_and_standing_by_twice_is_nothing_more(rig: Any) -> None:
    rig.microphone.stand_by()
    await rig.microphone.close()
    await rig.microphone.close()
