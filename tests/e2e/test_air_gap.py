"""Nothing leaves the machine: the whole program where there is no way out."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "vosk-model-small-cn-0.22"
CALLS = "connect,sendto,sendmsg,sendmmsg,bind"
# Machine-local whatever the routes: Unix sockets, and the machine's own address.
_LOCAL = re.compile(
    r"AF_UNIX|AF_NETLINK|AF_UNSPEC|inet_addr\(\"127\.|\"::1\"|NULL, 0\)|msg_name=NULL"
    r"|sun_path"
)
_NAMES_A_PLACE = re.compile(r"AF_INET6?")


def _refused() -> str:
    """Say why there can be no place without a network here; empty: there can."""
    for tool in ("unshare", "strace"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    done = subprocess.run(
        ["unshare", "-n", "strace", "-f", "-o", "/dev/null", "true"],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return "" if done.returncode == 0 else f"the kernel forbids it: {done.stderr[:200]}"


why_not = _refused()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(bool(why_not), reason=why_not or "-"),
]


def left_alone(
    command: list[str], tmp_path: Path
) -> tuple[subprocess.CompletedProcess[str], list[str]]:
    """Run without a network; give what came, and every attempt to reach out."""
    trace = tmp_path / "calls"
    done = subprocess.run(
        ["unshare", "-n", "strace", "-f", "--seccomp-bpf", "-e", f"trace={CALLS}",
         "-o", str(trace), *command],
        cwd=ROOT,
        env={
            **os.environ,
            "GRIDDESK_HOME": str(tmp_path / "值班 台"),
            "QT_QPA_PLATFORM": "offscreen",
        },
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=280,
        check=False,
    )  # fmt: skip
    calls = trace.read_text("utf-8", errors="replace").splitlines()
    return done, [c for c in calls if _NAMES_A_PLACE.search(c) and not _LOCAL.search(c)]


def test_whoever_reaches_out_is_seen(tmp_path: Path) -> None:
    code = (
        "import socket\n"
        "for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):\n"
        "    with socket.socket(socket.AF_INET, kind) as out:\n"
        "        try:\n"
        "            out.connect(('192.0.2.1', 53))\n"
        "        except OSError as error:\n"
        "            print(error.errno)\n"
    )
    done, tried = left_alone([sys.executable, "-c", code], tmp_path)
    # 101: no route leads there.
    assert done.stdout.split() == ["101", "101"]
    assert len(tried) == 2
    assert all("192.0.2.1" in each for each in tried)


def test_the_window_starts_and_ends_without_a_network_and_asks_for_none(
    tmp_path: Path,
) -> None:
    code = (
        "import os, signal, threading\n"
        "from app.desktop import main as window\n"
        "shown = window._show\n"
        "async def show(*args, **more):\n"
        "    await shown(*args, **more)\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "window._show = show\n"
        "import sys; sys.argv = ['griddesk']\n"
        "from app.start import main; main()\n"
    )
    done, tried = left_alone([sys.executable, "-c", code], tmp_path)
    assert done.returncode == 0, done.stderr
    assert tried == []


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.skipif(not MODEL.is_dir(), reason="the recogniser is not fetched")
def test_the_whole_program_works_without_a_network_and_asks_for_none(
    tmp_path: Path,
) -> None:
    command = [sys.executable, "-m", "tests.e2e.no_route", "--spoken"]
    done, tried = left_alone(command, tmp_path)
    assert tried == []
    assert done.returncode == 0, done.stderr
    came = json.loads(done.stdout.splitlines()[-1])
    assert "error" not in came, came
    assert (came["typed"], came["spoken"]) == ("answered", "answered")
    assert {"agent", "recognizer", "backend", "journal-chain"} <= set(came["found"])
    assert "doctor.json" in came["archive"]
    assert came["status"] == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("models", "list"),
        ("models", "verify", "glm-mini"),
        ("sites", "systems"),
        ("settings", "list"),
        ("ask", "查一下济南工地的人数"),
        ("log", "verify"),
    ],
)
def test_no_command_asks_for_a_network(words: tuple[str, ...], tmp_path: Path) -> None:
    done, tried = left_alone([sys.executable, "-m", "app", *words], tmp_path)
    assert done.returncode == 0, done.stderr
    assert tried == []
