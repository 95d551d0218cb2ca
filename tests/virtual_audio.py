"""Sound without hardware: a private PulseAudio server, and a scripted PortAudio.

`PulseServer` gives a real virtual microphone, bit-exact: what is played into its null
sink comes out of the source `virtmic`. `ScriptedSound` stands in for the sounddevice
module where a device has to misbehave.
"""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

_SERVER = """
load-module module-native-protocol-unix auth-anonymous=1 socket={socket}
load-module module-null-sink sink_name=virtmic_sink {form} format=s16le
load-module module-remap-source master=virtmic_sink.monitor source_name=virtmic {form}
set-default-sink virtmic_sink
set-default-source virtmic
"""
_NEEDED = ("pulseaudio", "pacat", "paplay", "pactl")


def missing_tools() -> list[str]:
    """Name the programs that a virtual microphone needs and that are not here."""
    return [tool for tool in _NEEDED if shutil.which(tool) is None]


class PulseServer:
    """A sound server of the test's own; `environment` leads programs to it."""

    def __init__(self, folder: Path, *, rate: int = 16_000, channels: int = 1) -> None:
        self._folder = folder
        self._form = f"rate={rate} channels={channels}"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder),
            "HOME": str(folder),
            "PULSE_SERVER": f"unix:{folder / 'pulse.sock'}",
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "PulseServer":
        self.begin()
        return self

    def begin(self) -> None:
        """Plug in; after `stop`, plug in again."""
        script = self._folder / "pulse.pa"
        socket = self._folder / "pulse.sock"
        script.write_text(_SERVER.format(socket=socket, form=self._form))
        self._start(
            "pulseaudio", "-n", "-F", str(script), "--daemonize=no",
            "--exit-idle-time=-1", "--use-pid-file=no",
        )  # fmt: skip
        self._await(lambda: "virtmic" in self._ask("list", "short", "sources"))
        # Keep-alive: without a running stream the first block is late and cut.
        self._start(
            "pacat", "-p", "--device=virtmic_sink", "--rate=16000", "--channels=1",
            "--format=s16le", "--latency-msec=20", "/dev/zero",
        )  # fmt: skip
        self._await(
            lambda: "RUNNING" in self._ask("list", "short", "sinks").split("\n")[0]
        )

    def __exit__(self, *_: object) -> None:
        self.stop()

    def play(self, file: Path) -> None:
        """Speak into the microphone; returns when all is played."""
        subprocess.run(
            ["paplay", "--device=virtmic_sink", str(file)],
            env=self._env(), check=True, timeout=60, capture_output=True,
        )  # fmt: skip

    def play_on(self, file: Path) -> None:
        """Begin to speak into the microphone, and go on while the test does."""
        self._start("paplay", "--device=virtmic_sink", str(file))

    def stop(self) -> None:
        """Pull the plug."""
        for program in reversed(self._running):
            program.kill()
            program.wait(10)
        self._running.clear()

    def _env(self) -> dict[str, str]:
        return os.environ | self.environment

    def _start(self, *command: str) -> None:
        self._running.append(
            subprocess.Popen(
                command,
                env=self._env(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )

    def _ask(self, *question: str) -> str:
        return subprocess.run(
            ["pactl", *question], env=self._env(), text=True, capture_output=True,
            timeout=20, check=False,
        ).stdout  # fmt: skip

    @staticmethod
    def _await(ready: Callable[[], bool]) -> None:
        until = time.monotonic() + 30
        pause = threading.Event()
        while not ready():
            if time.monotonic() > until:
                raise TimeoutError("the sound server did not start")
            pause.wait(0.1)


class SoundError(Exception):
    """PortAudioError of the scripted library."""


class ScriptedSound:
    """Enough of the sounddevice module to open, feed, lose and close a device."""

    PortAudioError = SoundError

    def __init__(
        self,
        *,
        devices: tuple[str, ...] = ("内置麦克风", "USB 麦克风"),
        rate: int = 16_000,
        channels: int = 1,
        only_own_form: bool = False,
    ) -> None:
        self.devices = devices
        self.rate = rate
        self.channels = channels
        self.only_own_form = only_own_form
        self.plugged_later: tuple[str, ...] = ()
        self.hosts: dict[int, int] = {}
        """Index of a device → its sound interface, where that is not the first."""
        self.refusal: Exception | None = None
        """What every opening fails with."""
        self.loudspeakers = 1
        self.played: list[bytes] = []
        self.outputs_open = 0
        self.default = SimpleNamespace(device=(0, 0))
        self.refreshed = 0
        self.attempts = 0
        self.streams: list[ScriptedStream] = []
        self.opened = threading.Event()
        self.open_hangs: threading.Event | None = None
        self.close_hangs: threading.Event | None = None

    def query_devices(self, kind: str = "") -> Any:
        if kind == "output":
            if not self.loudspeakers:
                raise SoundError("Error querying device -1")
            return {"name": "扬声器", "default_samplerate": 48_000.0}
        return [
            {
                "name": name,
                "index": index,
                "hostapi": self.hosts.get(index, 0),
                "max_input_channels": self.channels,
                "default_samplerate": float(self.rate),
            }
            for index, name in enumerate(self.devices)
        ]

    def _terminate(self) -> None:
        self.refreshed += 1
        assert not self.open_streams, "PortAudio ended under an open stream"

    def _initialize(self) -> None:
        self.devices += self.plugged_later
        self.plugged_later = ()

    @property
    def open_streams(self) -> int:
        """How many streams are open, of microphones and loudspeakers."""
        ours = sum(not stream.closed.is_set() for stream in self.streams)
        return ours + self.outputs_open

    def unplug(self) -> None:
        """Take every microphone away, the one that records too."""
        self.devices = ()
        for stream in self.streams:
            if not stream.closed.is_set():
                stream.vanish()

    def RawInputStream(self, **form: Any) -> "ScriptedStream":
        self.attempts += 1
        if self.refusal is not None:
            raise self.refusal
        if self.only_own_form and (form["samplerate"], form["channels"]) != (
            self.rate,
            self.channels,
        ):
            raise SoundError("Invalid sample rate", -9997)
        stream = ScriptedStream(self, form)
        self.streams.append(stream)
        return stream

    def RawOutputStream(self, **form: Any) -> "ScriptedOutput":
        self.outputs_open += 1
        return ScriptedOutput(self)


class ScriptedOutput:
    """A loudspeaker that keeps what it was given."""

    def __init__(self, sound: ScriptedSound) -> None:
        self._sound = sound

    def start(self) -> None:
        pass

    def write(self, sound: bytes) -> None:
        self._sound.played.append(sound)

    def play_on(self, file: Path) -> None:
        """Begin to speak into the microphone, and go on while the test does."""
        self._start("paplay", "--device=virtmic_sink", str(file))

    def stop(self) -> None:
        pass

    def close(self, ignore_errors: bool = True) -> None:
        self._sound.outputs_open -= 1


class ScriptedStream:
    """A stream whose blocks come when the test pushes them."""

    latency = 0.0

    def __init__(self, sound: ScriptedSound, form: dict[str, Any]) -> None:
        self._sound = sound
        self.form = form
        self.closed = threading.Event()

    def start(self) -> None:
        if self._sound.open_hangs is not None:
            self._sound.open_hangs.wait(30)
        self._sound.opened.set()

    def push(self, block: bytes, *, overflow: bool = False) -> None:
        if self.closed.is_set():
            return
        status = SimpleNamespace(input_overflow=overflow)
        frames = len(block) // 2 // self.form["channels"]
        self.form["callback"](block, frames, None, status)

    def vanish(self) -> None:
        """The device goes away as PortAudio tells it: no error, only an end."""
        self.form["finished_callback"]()

    def abort(self, ignore_errors: bool = True) -> None:
        if self._sound.close_hangs is not None:
            self._sound.close_hangs.wait(30)

    def close(self, ignore_errors: bool = True) -> None:
        self.closed.set()
