"""Site systems as an installer connects them: a subprocess, a terminal, a key ring."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.forked import nest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.e2e

NO_RING = "keyring.backends.null.Keyring"
MEMORY = "tests.keyrings.MemoryKeyring"
HTTP = """
kind = "http"
[connection]
base_url = "http://127.0.0.1:9"
[connection.auth]
kind = "token"
prefix = "Bearer "
secret = "token"
[work_orders]
items = "orders"
expected = "expected"
[work_orders.request]
path = "/orders/{site.id}"
"""


def described(home: Path, name: str = "east") -> None:
    """Put a system that wants a secret in its place."""
    (home / "systems").mkdir()
    (home / "systems" / f"{name}.toml").write_text(HTTP, encoding="utf-8")


def environment(home: Path, ring: str, **others: str) -> dict[str, str]:
    own = {"GRIDDESK_HOME": str(home), "PYTHON_KEYRING_BACKEND": ring}
    return os.environ | own | others


def griddesk(
    home: Path, *args: str, ring: str = NO_RING, stdin: str = "", **others: str
) -> subprocess.CompletedProcess[str]:
    env = environment(home, ring, **others)
    return nest().run("from app.start import main; main()", *args, env=env, stdin=stdin)


def answer(done: subprocess.CompletedProcess[str], status: int = 0) -> dict:
    assert done.returncode == status, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def test_a_system_is_connected_by_a_file_and_asked_from_then_on(tmp_path: Path) -> None:
    home, file = tmp_path / "home", tmp_path / "east.toml"
    file.write_text('kind = "demo"\nlatency_ms = 0\n', encoding="utf-8")
    shown = answer(griddesk(home, "sites", "connect", str(file), "--default", "--json"))
    assert shown["file"] == str(home / "systems" / "east.toml")
    (east, demo) = answer(griddesk(home, "sites", "systems", "--json"))["systems"]
    assert (east["name"], east["routes"], east["kind"]) == ("east", ["default"], "demo")
    assert (demo["name"], demo["routes"]) == ("demo", [])
    doctor = griddesk(home, "doctor", "--json")
    checks = {c["name"]: c for c in json.loads(doctor.stdout)["checks"]}
    assert checks["backend"]["ok"]
    assert checks["backend"]["label"] == "现场系统 east"
    asked = answer(griddesk(home, "ask", "查一下济南工地的人数", "--json"))
    assert asked["calls"][0]["status"] == "ok"
    tried = answer(griddesk(home, "sites", "conform", "east", "--json"))
    assert all(rule["ok"] for rule in tried["rules"])
    assert [each["ok"] for each in tried["answers"]] == [True] * 4


def test_doctor_names_every_system_and_goes_on_past_a_wrong_one(tmp_path: Path) -> None:
    (tmp_path / "systems").mkdir()
    (tmp_path / "systems" / "cams.toml").write_text('kind = "demo"\nx = 1\n')
    (tmp_path / "settings.toml").write_text(
        'schema = 2\n[backend.routes]\ndetection = "cams"\n', encoding="utf-8"
    )
    done = griddesk(tmp_path, "doctor", "--json")
    checks = {c["name"]: c for c in json.loads(done.stdout)["checks"]}
    assert done.returncode == 3
    assert checks["backend"]["ok"]
    assert not checks["backend:cams"]["ok"]
    assert "cams.toml" in checks["backend:cams"]["remedy"]
    assert not checks["keyring"]["ok"]
    assert checks["keyring"]["remedy"]


def test_no_key_ring_is_status_three_with_the_way_out(tmp_path: Path) -> None:
    described(tmp_path)
    done = griddesk(
        tmp_path, "sites", "secret", "east", "token", "--json", stdin="hunter2\n"
    )
    assert answer(done, 3)["error"]["code"] == "library.missing"
    assert "GRIDDESK_SECRET_EAST_TOKEN" in done.stderr
    assert "hunter2" not in done.stdout + done.stderr


def test_a_system_whose_secret_is_missing_does_not_pass(tmp_path: Path) -> None:
    described(tmp_path)
    done = griddesk(tmp_path, "sites", "conform", "east")
    assert done.returncode == 1
    (order, remedy) = done.stdout.splitlines()[1:3]
    assert order.startswith("✗ 工单查询: ")
    assert "GRIDDESK_SECRET_EAST_TOKEN (本机没有钥匙串)" in remedy


@pytest.mark.skipif(os.name == "nt", reason="no pseudo-terminals there")
def test_a_person_types_a_secret_without_an_echo(tmp_path: Path) -> None:
    import pty

    described(tmp_path)
    ours, theirs = pty.openpty()
    typing = subprocess.Popen(
        [sys.executable, "-m", "app", "sites", "secret", "east", "token"],
        cwd=ROOT,
        env=environment(tmp_path, MEMORY),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    screen = b""
    try:
        while "不显示".encode() not in screen:
            screen += os.read(ours, 1024)
        os.write(ours, b"hunter2\n")
        # Linux ends a terminal that nobody holds any more with an error.
        with contextlib.suppress(OSError):
            while more := os.read(ours, 1024):
                screen += more
        assert typing.wait(60) == 0
    finally:
        os.close(ours)
        if typing.poll() is None:
            typing.kill()
            typing.wait()
    assert "已存入本机钥匙串" in screen.decode()
    assert b"hunter2" not in screen
    for file in tmp_path.rglob("*"):
        assert not file.is_file() or b"hunter2" not in file.read_bytes()
