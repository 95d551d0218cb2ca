"""The real window, microphone path and recogniser: press, speak, read."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.virtual_audio import PulseServer, missing_tools

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "vosk-model-small-cn-0.22"
SAMPLE = ROOT / "resources" / "samples" / "helmet_qingdao.flac"
PICTURES = ROOT / "reports"
lacking = [t for t in ("Xvfb", "xdotool") if shutil.which(t) is None] + missing_tools()
pytestmark = [
    pytest.mark.gui,
    pytest.mark.e2e,
    pytest.mark.audio,
    pytest.mark.model,
    pytest.mark.skipif(not MODEL.is_dir(), reason="the recogniser is not fetched"),
    pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}"),
]


@pytest.fixture
def screen() -> Iterator[str]:
    """A screen of the test's own, 1366×768: the smallest a desk may have."""
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-screen", "0", "1366x768x24"],
        pass_fds=(write,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as told:
        number = told.readline().strip()
    yield f":{number}"
    server.terminate()
    server.wait(10)


def until(ready: Callable[[], bool], what: str, seconds: float = 90) -> None:
    """Wait for something another process does; there is no signal to wait on."""
    pause = threading.Event()
    end = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < end, f"waited {seconds} s for {what}"
        pause.wait(0.2)


def test_a_spoken_command_is_answered_on_the_screen(
    screen: str, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with PulseServer(tmp_path / "pulse") as sound:
        env = {
            **os.environ,
            **sound.environment,
            "DISPLAY": screen,
            "QT_QPA_PLATFORM": "xcb",
            "GRIDDESK_HOME": str(home),
        }

        def do(*command: str) -> str:
            done = subprocess.run(
                command, env=env, cwd=ROOT, text=True, capture_output=True,
                timeout=60, check=False,
            )  # fmt: skip
            return done.stdout

        def records() -> list[dict[str, object]]:
            if not (home / "journal.sqlite").exists():
                return []
            told = do(sys.executable, "-m", "app", "log", "list", "--json")
            return json.loads(told)["records"] if told else []

        desk = subprocess.Popen(
            [sys.executable, "-m", "app", "desk"],
            env=env,
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            log = home / "logs" / "griddesk.log"
            until(
                lambda: log.exists() and "ready to listen" in log.read_text("utf-8"),
                "the models to be loaded",
            )
            do("xdotool", "mousemove", "300", "300")
            do("xdotool", "keydown", "F8")
            sound.play(SAMPLE)
            do("xdotool", "keyup", "F8")
            until(lambda: len(records()) == 1, "the record of the run")
            (record,) = records()
            assert record["heard"] == "检测在青岛的安全帽佩戴情况"
            (call,) = record["calls"]  # type: ignore[misc]
            assert (call["place"], call["check"]) == ("青岛", "helmet")
            _keep_picture(screen)
        finally:
            desk.send_signal(signal.SIGTERM)
            _, errors = desk.communicate(timeout=60)
        assert desk.returncode == 0, errors
        assert "Traceback" not in errors
        verified = do(sys.executable, "-m", "app", "log", "verify", "--json")
        assert json.loads(verified)["ok"] is True


def _keep_picture(screen: str) -> None:
    """Keep what was on the screen, for people to look at."""
    from PIL import ImageGrab

    PICTURES.mkdir(exist_ok=True)
    picture = ImageGrab.grab(xdisplay=screen)
    picture.save(PICTURES / "window-after-a-spoken-command.png")
    # A window that drew nothing has a handful of colours at most.
    assert len(picture.getcolors(maxcolors=1 << 24) or []) > 50
