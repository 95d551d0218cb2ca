"""The trial of the built program fails where the program does not do what it must."""

import json
import os
import subprocess
from pathlib import Path

import pytest

ANSWER = {
    "heard": "查一下济南工地的人数",
    "calls": [
        {
            "place": "济南",
            "site": "济南工地",
            "check": "headcount",
            "summary": "[人数检测] 应到47人, 实到34人, 有人缺勤",
        }
    ],
}
DOCTOR = {
    "checks": [
        {"name": name, "key": "", "ok": True, "detail": "", "remedy": ""}
        for name in (
            "python",
            "packages",
            "data-folder",
            "portaudio",
            "recognizer",
            "agent",
            "model:glm-mini",
            "model:vosk-model-small-cn-0.22",
        )
    ]
}
READ = {"source": "model+rules"}

PROGRAM = """\
#!/bin/sh
here=${0%/*}
case $1 in
--version) echo 'griddesk 1.2.3' ;;
doctor) /bin/cat "$here/doctor.json" ;;
ask) /bin/cat "$here/answer.json" ;;
parse) /bin/cat "$here/read.json" ;;
--speak) /bin/cat "$here/voice.json" ;;
tune) [ "$2" = data ] || { eval "made=\\${$#}"; /bin/cp -R "$here/tuned" "$made"; } ;;
log) echo '济南'; exit "$(/bin/cat "$here/status")" ;;
esac
"""
DESK = """\
#!/bin/sh
here=${0%/*}
logs=$GRIDDESK_HOME/logs
end() {
    /bin/cat "$here/parting" >>"$logs/d.log"
    exit "$(/bin/cat "$here/status")"
}
trap end TERM
/bin/mkdir -p "$logs"
if [ -n "$PYTHONPATH" ] || [ -n "$PATH" ]; then exit 7; fi
{ echo 'INFO the window is painted'; echo 'INFO ready to understand'; } >"$logs/d.log"
while :; do /bin/sleep 0.05; done
"""


@pytest.fixture
def smoke(packaging_modules):
    return packaging_modules["smoke"]


@pytest.fixture
def program(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    (folder / "_internal" / "torch").mkdir(parents=True)
    for name, text in (("griddesk", PROGRAM), ("griddesk-desk", DESK)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    for name, value in (("doctor", DOCTOR), ("answer", ANSWER), ("read", READ)):
        (folder / f"{name}.json").write_text(json.dumps(value))
    (folder / "voice.json").write_text('{"ready": "Kari"}\n')
    (folder / "tuned").mkdir()
    (folder / "tuned" / "adapter.safetensors").touch()
    (folder / "VERSION").write_text("1.2.3\n")
    (folder / "status").write_text("0")
    (folder / "parting").touch()
    return folder


def tried(smoke, program: Path, tmp_path: Path) -> dict[str, str]:
    """Try a program; give what each check found wrong."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    trial = smoke.Trial(program=program, home=home, hiding=(), reduced=False)
    found = {}
    for check in smoke.TRIALS:
        try:
            check(trial)
        except smoke.Fault as fault:
            found[check.__name__] = str(fault)
    return found


def test_a_program_that_works_passes(smoke, program, tmp_path) -> None:
    assert tried(smoke, program, tmp_path) == {}


def test_what_the_log_said_before_the_window_is_not_the_windows(
    smoke, program, tmp_path
) -> None:
    logs = tmp_path / "home" / "data" / "logs"
    logs.mkdir(parents=True)
    old = "INFO the window is painted\nINFO ready to understand\nTraceback: old\n"
    (logs / "a.log").write_text(old)
    assert tried(smoke, program, tmp_path) == {}


def test_on_windows_no_home_of_the_builder_is_seen(
    smoke, monkeypatch, tmp_path
) -> None:
    monkeypatch.setattr(smoke, "WINDOWS", True)
    for name in ("SYSTEMROOT", "WINDIR"):
        monkeypatch.setenv(name, "C:/Windows")
    trial = smoke.Trial(program=tmp_path, home=tmp_path, hiding=(), reduced=True)
    seen = trial.environment()
    # Without a profile, Python knows of no home folder there.
    assert seen["USERPROFILE"] == seen["LOCALAPPDATA"] == str(tmp_path)
    assert seen["SYSTEMROOT"] == "C:/Windows"


def change(path: Path, change) -> None:
    value = json.loads(path.read_text())
    change(value)
    path.write_text(json.dumps(value))


HARMS = {
    "version": lambda p: (p / "VERSION").write_text("1.2.4\n"),
    "doctor": lambda p: change(
        p / "doctor.json", lambda told: told["checks"][4].update(ok=False)
    ),
    "typed": lambda p: change(p / "answer.json", lambda told: told.update(calls=[])),
    "spoken": lambda p: change(p / "answer.json", lambda told: told.update(heard="")),
    "model": lambda p: change(
        p / "read.json", lambda told: told.update(source="rules")
    ),
    "journal": lambda p: (p / "status").write_text("1"),
    "voice": lambda p: (p / "voice.json").write_text('{"fault": "library"}'),
    "tuning": lambda p: (p / "tuned" / "adapter.safetensors").unlink(),
    "window": lambda p: (p / "parting").write_text("Traceback (most recent call last)"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_program_that_fails_in_one_thing_is_found_out(
    smoke, program, tmp_path, name
) -> None:
    HARMS[name](program)
    assert name in tried(smoke, program, tmp_path)


def test_the_copy_that_is_tried_has_its_models_beside_it(
    smoke, program, tmp_path
) -> None:
    models = tmp_path / "models"
    for name in smoke.MODELS:
        (models / name).mkdir(parents=True)
        (models / name / "file").write_text("weights")
    with smoke.trial_of(program, models) as trial:
        assert " " in str(trial.program)
        assert not str(trial.program).isascii()
        for name in smoke.MODELS:
            assert (trial.program / "models" / name / "file").read_text() == "weights"
        place = trial.program
    assert not place.exists()
    assert not (program / "models").exists()


def test_the_environment_of_the_build_is_hidden(smoke, tmp_path) -> None:
    (tmp_path / "secret").touch()
    hiding = smoke.hiding(tmp_path)
    if not hiding:
        pytest.skip("this user may not have a view of the disk of his own")
    look = ["/bin/ls", str(tmp_path)]
    done = subprocess.run([*hiding, *look], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert os.listdir(tmp_path) == ["secret"]
