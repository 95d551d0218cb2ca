"""Press, speak, release: a real sound server, PortAudio, and the recogniser."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from app.system import paths
from tests.virtual_audio import PulseServer, missing_tools

MODEL = paths.program_root() / "models" / "vosk-model-small-cn-0.22"
SAMPLE = paths.resources() / "samples" / "headcount_jinan.flac"
pytestmark = [
    pytest.mark.audio,
    pytest.mark.e2e,
    pytest.mark.skipif(
        bool(missing_tools()), reason=f"no virtual sound device: {missing_tools()}"
    ),
]

# In a process of its own: ALSA reads where the server is once, when it starts.
_DESK = """
import asyncio, json, os, sys
from app.core.cancel import CancelToken
from app.core.errors import UserFacingError
from app.hearing.microphone import SoundDeviceMicrophone

async def say(**facts):
    print(json.dumps(facts), flush=True)

async def main():
    loop = asyncio.get_running_loop()
    order = lambda: loop.run_in_executor(None, sys.stdin.readline)
    mic = SoundDeviceMicrophone({device!r})
    health = await mic.health()
    await say(ok=health.ok, detail=health.detail)
    try:
        take = await mic.open()
    except UserFacingError as error:
        await say(code=error.code, message=error.message)
        return
    await say(open=mic.name)
    if {gone}:
        await order()
        try:
            await loop.run_in_executor(None, lambda: list(take.blocks(CancelToken())))
        except UserFacingError as error:
            await say(code=error.code, message=error.message)
        take.wait_closed(5)
        return
    await order()
    take.finish()
    blocks = await loop.run_in_executor(None, lambda: list(take.blocks(CancelToken())))
    with open({raw!r}, "wb") as file:
        file.write(b"".join(blocks))
    await say(overflows=take.overflows, closed=take.wait_closed(5))

asyncio.run(main())
"""


class DeskProcess:
    """A desk that records until a line comes in."""

    def __init__(
        self,
        folder: Path,
        environment: dict[str, str],
        *,
        device: str | None = "pulse",
        gone: bool = False,
    ) -> None:
        self.raw = folder / "heard.raw"
        script = _DESK.format(device=device, gone=gone, raw=str(self.raw))
        self.process = subprocess.Popen(
            [sys.executable, "-c", script],
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def facts(self) -> dict[str, object]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the desk ended without a word"
        found: dict[str, object] = json.loads(line)
        return found

    def order(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def __enter__(self) -> "DeskProcess":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.process.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise


@pytest.fixture
def server(tmp_path: Path) -> Iterator[PulseServer]:
    with PulseServer(tmp_path / "pulse") as server:
        yield server


def test_what_is_spoken_is_recorded_bit_for_bit_and_heard(
    server: PulseServer, tmp_path: Path
) -> None:
    samples, rate = soundfile.read(SAMPLE, dtype="int16")
    soundfile.write(tmp_path / "speech.wav", samples, rate, subtype="PCM_16")
    with DeskProcess(tmp_path, server.environment) as desk:
        assert desk.facts() == {"ok": True, "detail": "pulse"}
        assert desk.facts() == {"open": "pulse"}
        server.play(tmp_path / "speech.wav")
        desk.order()
        assert desk.facts() == {"overflows": 0, "closed": True}
    heard = desk.raw.read_bytes()
    spoken = samples.astype("<i2").tobytes().strip(b"\0")
    assert spoken in heard
    if not MODEL.is_dir():
        pytest.skip("models/vosk-model-small-cn-0.22 is not fetched: words not checked")
    assert asyncio.run(_words(heard, tmp_path)) == "查一下济南工地的人数"


@pytest.mark.slow
@pytest.mark.parametrize("loud", [True, False])
def test_the_self_test_says_how_loud_the_microphone_is(
    loud: bool, server: PulseServer, tmp_path: Path
) -> None:
    seconds = 120
    turns = np.arange(16_000 * seconds) / 16_000 * 440
    tone = (12_000 * np.sin(2 * np.pi * turns)).astype("int16")
    soundfile.write(tmp_path / "tone.wav", tone, 16_000, subtype="PCM_16")
    if loud:
        server.play_on(tmp_path / "tone.wav")
    home = {"GRIDDESK_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor", "--listen", "--json"],
        env=os.environ | server.environment | home,
        cwd=paths.program_root(), capture_output=True, text=True,
        timeout=seconds, check=False,
    )  # fmt: skip
    assert "请对着麦克风说话" in done.stderr
    (level,) = (
        check
        for check in json.loads(done.stdout)["checks"]
        if check["name"] == "microphone-level"
    )
    assert level["ok"] is loud, level
    assert re.search("最响 -[89] dBFS" if loud else "没有声音", level["detail"])


async def _words(pcm: bytes, folder: Path) -> str:
    from app.core.cancel import CancelToken
    from app.hearing.lexicon import load_lexicon
    from app.hearing.recognizer import VoskRecognizer
    from app.hearing.wav import FileSource
    from app.system.worker import InferenceWorker

    soundfile.write(
        folder / "heard.wav",
        memoryview(pcm).cast("h"),  # type: ignore[arg-type]
        16_000,
        subtype="PCM_16",
    )
    worker = InferenceWorker()
    try:
        lexicon = load_lexicon(["济南", "青岛"], paths.resources() / "lexicon")
        utterance = await VoskRecognizer(MODEL, worker, lexicon).recognize(
            FileSource(folder / "heard.wav"),
            on_partial=lambda _: None,
            cancel=CancelToken(),
        )
    finally:
        worker.close()
    return utterance.text


def test_a_device_that_goes_away_while_recording_is_told(
    server: PulseServer, tmp_path: Path
) -> None:
    with DeskProcess(tmp_path, server.environment, gone=True) as desk:
        assert desk.facts()["ok"] is True
        assert desk.facts() == {"open": "pulse"}
        server.stop()
        desk.order()
        facts = desk.facts()
        assert facts["code"] == "audio.device"
        assert "断开" in str(facts["message"])


def test_a_device_that_is_not_there_is_told(
    server: PulseServer, tmp_path: Path
) -> None:
    with DeskProcess(tmp_path, server.environment, device="没有的麦克风") as desk:
        assert desk.facts()["ok"] is False
        facts = desk.facts()
        assert facts["code"] == "audio.device"
        assert "没有的麦克风" in str(facts["message"])


@pytest.mark.skipif(Path("/dev/snd").exists(), reason="this machine has a sound card")
def test_a_machine_without_any_device_is_told(tmp_path: Path) -> None:
    nowhere = {"PULSE_SERVER": "unix:/nowhere", "XDG_RUNTIME_DIR": str(tmp_path)}
    with DeskProcess(tmp_path, nowhere, device=None) as desk:
        assert desk.facts()["ok"] is False
        facts = desk.facts()
        assert facts["code"] == "audio.device"
        assert "没有找到麦克风" in str(facts["message"])
