"""The microphone kept open, on a real sound server: pre-roll, plugs, hush, a soak."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from numpy.typing import NDArray

from tests.virtual_audio import PulseServer, missing_tools

pytestmark = [
    pytest.mark.audio,
    pytest.mark.e2e,
    pytest.mark.skipif(
        bool(missing_tools()), reason=f"no virtual sound device: {missing_tools()}"
    ),
]

# In a process of its own: ALSA reads where the server is once, when it starts.
_DESK = """
import asyncio, json, os, sys, threading
from app.core.cancel import CancelToken
from app.core.errors import UserFacingError
from app.hearing.microphone import SoundDeviceMicrophone

class Probe:
    "Hears what comes after the press."
    def __init__(self): self.blocks = []
    def hear(self, block): self.blocks.append(block)
    def lose(self): pass

async def until(ready):
    async with asyncio.timeout(60):
        while not ready():
            await asyncio.sleep(0.01)

def memory_kb():
    with open("/proc/self/status") as status:
        return next(int(l.split()[1]) for l in status if l.startswith("VmRSS"))

async def main():
    wishes = json.loads(sys.argv[1])
    if only := wishes.pop("only", None):
        import sounddevice
        stream = sounddevice.RawInputStream
        def strict(**form):
            if [form["samplerate"], form["channels"]] != only:
                raise sounddevice.PortAudioError("Invalid sample rate", -9997)
            return stream(**form)
        sounddevice.RawInputStream = strict
    loop = asyncio.get_running_loop()
    mic = SoundDeviceMicrophone(**wishes)
    mic.stand_by()
    take = probe = None
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        order, *rest = line.split()
        told = {}
        try:
            if order == "ready":
                kept = await mic._kept_line()
                told = dict(rate=kept.rate, channels=kept.channels)
            elif order == "level":
                listening = await mic.open()
                await until(lambda: listening.level >= 0.01)
                listening.finish()
                await loop.run_in_executor(None, listening.wait_closed, 5)
            elif order == "ring":
                kept = await mic._kept_line()
                await until(lambda: len(kept._ring) == 3)
            elif order == "heard":
                await until(lambda: len(probe.blocks) >= int(rest[0]))
            elif order == "press":
                take = await mic.open()
                probe = Probe()
                take._line.attach(probe)
                told = dict(open=mic.name)
            elif order in ("release", "broken"):
                if order == "release":
                    take.finish()
                read = lambda: list(take.blocks(CancelToken()))
                try:
                    blocks = await loop.run_in_executor(None, read)
                finally:
                    take._line.detach(probe)
                for path, heard in zip(rest, (blocks, probe.blocks)):
                    with open(path, "wb") as file:
                        file.write(b"".join(heard))
                told = dict(overflows=take.overflows, closed=take.wait_closed(5))
            elif order == "spent":
                take.wait_closed(90)
                told = dict(
                    left=take.left_s, ended=take.ended, queued=take._queue.qsize(),
                    overflows=take.overflows,
                )
            elif order == "hush":
                mic.hush()
            elif order == "resume":
                mic.resume()
            elif order == "health":
                health = await mic.health()
                told = dict(ok=health.ok, detail=health.detail)
            elif order == "inputs":
                told = dict(names=[each.name for each in await mic.inputs()])
            elif order == "weight":
                told = dict(
                    memory_kb=memory_kb(),
                    threads=sorted(
                        t.name for t in threading.enumerate()
                        if not t.name.startswith("asyncio_")
                    ),
                    files=len(os.listdir("/proc/self/fd")),
                )
        except UserFacingError as error:
            told = dict(code=error.code, message=error.message)
        print(json.dumps(told), flush=True)
    await mic.close()
    names = {"microphone", "microphone-standby", "microphone-cue"}
    print(json.dumps(sorted(names & {t.name for t in threading.enumerate()})))

asyncio.run(main())
"""


class DeskProcess:
    """A desk that does what a line says, and answers with one."""

    def __init__(self, environment: dict[str, str], **wishes: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _DESK, json.dumps({"standby": True} | wishes)],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def do(self, *order: object) -> dict[str, Any]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(" ".join(map(str, order)) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the desk ended at {order}"
        told: dict[str, Any] = json.loads(line)
        return told

    def until(self, order: str, ready: Callable[[dict[str, Any]], bool]) -> None:
        """Ask again until the answer is right."""
        pause, end = threading.Event(), time.monotonic() + 60
        while not ready(told := self.do(order)):
            assert time.monotonic() < end, told
            pause.wait(0.1)

    def __enter__(self) -> "DeskProcess":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            out, _errors = self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise
        if kind is None:
            assert json.loads(out) == [], "threads left at the end"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PulseServer]:
    with PulseServer(tmp_path / "pulse") as server:
        yield server


def noise(folder: Path, seconds: float) -> tuple[Path, NDArray[np.int16]]:
    """Make sound in which every place is told from every other."""
    count = round(16_000 * seconds)
    samples = np.random.default_rng(11).integers(-9000, 9000, count, dtype="<i2")
    soundfile.write(folder / "noise.wav", samples, 16_000, subtype="PCM_16")
    return folder / "noise.wav", samples


def place(heard: bytes, all_of_it: bytes) -> int:
    """Give the sample at which this was played, bit for bit."""
    at = all_of_it.find(heard)
    assert at >= 0, "what was heard is not what was played"
    return at // 2


def test_what_sounded_before_the_press_is_in_the_take_bit_for_bit(
    server: PulseServer, tmp_path: Path
) -> None:
    file, samples = noise(tmp_path, 20)
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with DeskProcess(server.environment, device="pulse") as desk:
        assert desk.do("ready") == {"rate": 16_000, "channels": 1}
        server.play_on(file)
        desk.do("level")
        desk.do("ring")
        assert desk.do("press") == {"open": "pulse"}
        assert desk.do("release", take, after) == {"overflows": 0, "closed": True}
    played = samples.tobytes()
    began = place(take.read_bytes(), played)
    pressed = place(after.read_bytes(), played)
    # 300 ms before anything that the sound card gave after the press.
    assert pressed - began == 4_800


def test_without_standby_a_take_begins_with_its_key(
    server: PulseServer, tmp_path: Path
) -> None:
    file, samples = noise(tmp_path, 20)
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with DeskProcess(server.environment, device="pulse", standby=False) as desk:
        server.play_on(file)
        desk.do("level")
        desk.do("press")
        desk.do("release", take, after)
    place(take.read_bytes(), samples.tobytes())


def test_nothing_is_heard_while_the_desk_speaks(
    server: PulseServer, tmp_path: Path
) -> None:
    file, _ = noise(tmp_path, 0.5)
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with DeskProcess(server.environment, device="pulse") as desk:
        desk.do("ready")
        desk.do("press")
        desk.do("hush")
        server.play(file)
        desk.do("resume")
        assert desk.do("release", take, after)["closed"]
        desk.do("hush")
        server.play(file)
        assert desk.do("press")["code"] == "audio.device"
        desk.do("resume")
        desk.do("press")
        assert desk.do("release", take.with_suffix(".2"), after)["closed"]
    for heard in (take, take.with_suffix(".2")):
        assert heard.read_bytes().strip(b"\0") == b""


def test_a_server_that_goes_and_comes_back_is_followed(
    server: PulseServer, tmp_path: Path
) -> None:
    file, samples = noise(tmp_path, 20)
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with DeskProcess(server.environment, device="pulse") as desk:
        desk.do("ready")
        desk.do("press")
        server.stop()
        facts = desk.do("broken", take, after)
        assert facts["code"] == "audio.device"
        assert "断开" in facts["message"]
        desk.until("health", lambda health: not health["ok"])
        server.begin()
        desk.until("health", lambda health: health["ok"])
        server.play_on(file)
        desk.do("level")
        desk.do("ring")
        desk.do("press")
        assert desk.do("release", take, after)["closed"]
    place(take.read_bytes(), samples.tobytes())


def test_a_card_that_gives_only_stereo_at_its_own_rate_is_heard(
    tmp_path: Path,
) -> None:
    seconds = np.arange(48_000 * 20) / 48_000
    tone = (8_000 * np.sin(2 * np.pi * 440 * seconds)).astype("<i2")
    both = np.column_stack([tone, tone])
    soundfile.write(tmp_path / "tone.wav", both, 48_000, subtype="PCM_16")
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with PulseServer(tmp_path / "pulse", rate=48_000, channels=2) as server:
        # The sound server itself gives every form; a card does not.
        only = [44_100, 2]
        with DeskProcess(server.environment, device="pulse", only=only) as desk:
            assert desk.do("ready") == {"rate": 44_100, "channels": 2}
            server.play_on(tmp_path / "tone.wav")
            desk.do("level")
            desk.do("ring")
            desk.do("press")
            desk.do("heard", 10)
            assert desk.do("release", take, after)["closed"]
    heard = np.frombuffer(take.read_bytes(), dtype="<i2").astype(float)
    assert len(heard) > 16_000
    loudest = np.argmax(np.abs(np.fft.rfft(heard))) * 16_000 / len(heard)
    assert loudest == pytest.approx(440, abs=3)


@pytest.mark.slow
def test_ten_minutes_of_holding_the_key_leave_nothing_behind(
    server: PulseServer, tmp_path: Path, report_figure: Callable[[str], None]
) -> None:
    file, _ = noise(tmp_path, 100)
    take, after = tmp_path / "take.raw", tmp_path / "after.raw"
    with DeskProcess(server.environment, device="pulse") as desk:
        server.play_on(file)
        before = after_presses(desk, take, after)
        for _ in range(10):
            desk.do("press")
            # A take ends after a minute, however long the key is held.
            spent = desk.do("spent")
            assert spent == {"left": 0.0, "ended": True, "queued": 600, "overflows": 0}
            assert desk.do("broken", take, after)["code"] == "audio.too_long"
        left = after_presses(desk, take, after)
    grown = left["memory_kb"] - before["memory_kb"]
    report_figure(f"a key held for ten minutes: {grown} kB more than before")
    assert left["threads"] == before["threads"]
    assert left["files"] == before["files"]
    # A minute itself is 1.9 MB, twice over in this test.
    assert grown < 8_000


def after_presses(desk: DeskProcess, take: Path, after: Path) -> dict[str, Any]:
    """Give the weight of the desk once a few presses have made it what it stays."""
    for _ in range(20):
        desk.do("press")
        desk.do("release", take, after)
    weight: dict[str, Any] = desk.do("weight")
    return weight
