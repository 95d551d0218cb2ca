#!/usr/bin/env python3
"""Try the built program – not the source – as somebody's machine would run it.

    python3 packaging/smoke.py dist/griddesk

It runs in a copy with a Chinese name and a blank in its path, with an empty PATH, a
home folder of its own, and, where this system lets a program have its own view of the
disk, without the environment that it was built in and without a network. Standard
library only. Exit status: 0 everything works, 1 something does not; the lines say what.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
# Bundles are built in more than one environment, and tried by its Python.
RUNS_IN: Final = Path(sys.prefix)
BUILT_IN: Final = RUNS_IN if RUNS_IN.is_relative_to(ROOT) else ROOT / ".venv"
WINDOWS: Final = sys.platform == "win32"
SUFFIX: Final = ".exe" if WINDOWS else ""
PATIENCE_S: Final = 180.0
MODELS: Final = ("glm-mini", "vosk-model-small-cn-0.22")
SPOKEN: Final = "headcount_jinan.flac"
TYPED: Final = "查一下济南工地的人数"


class Fault(Exception):
    """The built program does not do what it must; the text says what it did."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A built program in surroundings of its own."""

    program: Path
    home: Path
    hiding: tuple[str, ...]
    """What starts a command where the build's environment is not to be seen."""
    reduced: bool

    def environment(self) -> dict[str, str]:
        """Give an environment that knows nothing of this machine's Python."""
        kept: dict[str, str] = {}
        if WINDOWS:
            kept = {n: os.environ[n] for n in ("SYSTEMROOT", "WINDIR")}
            own = ("USERPROFILE", "APPDATA", "LOCALAPPDATA", "TEMP", "TMP")
            kept |= dict.fromkeys(own, str(self.home))
        return {
            **kept,
            "PATH": "",
            "PYTHONPATH": "",
            "HOME": str(self.home),
            "GRIDDESK_HOME": str(self.home / "data"),
            "QT_QPA_PLATFORM": "offscreen",
            "LANG": "C.UTF-8",
        }

    def command(self, name: str, *arguments: str) -> list[str]:
        """Give the command line of one of the two executables."""
        return [*self.hiding, str(self.program / f"{name}{SUFFIX}"), *arguments]

    def run(self, *arguments: str, status: Sequence[int] = (0,)) -> str:
        """Run the console executable; give what it printed.

        Raises:
            Fault: It ended with another status.
        """
        done = subprocess.run(
            self.command("griddesk", *arguments),
            env=self.environment(),
            cwd=self.home,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=PATIENCE_S,
            check=False,
        )
        if done.returncode not in status:
            said = f"{done.stdout}\n{done.stderr}".strip()
            raise Fault(f"exit status {done.returncode}: {said[-2000:]}")
        return done.stdout

    def log(self) -> str:
        """Give what the program wrote into its log."""
        logs = sorted((self.home / "data" / "logs").glob("*.log"))
        return "".join(path.read_text("utf-8", errors="replace") for path in logs)


def version(trial: Trial) -> None:
    """The version is the one that was built."""
    stated = (trial.program / "VERSION").read_text("utf-8").strip()
    said = trial.run("--version").strip()
    _demand(said == f"griddesk {stated}", f"it says {said!r}, VERSION is {stated!r}")


def doctor(trial: Trial) -> None:
    """The self-test finds packages, libraries, models and folders in order."""
    told = json.loads(trial.run("doctor", "--json", status=(0, 3)))
    checks = {each.get("key") or each["name"]: each for each in told["checks"]}
    wanted = ["python", "data-folder", "portaudio", "recognizer"]
    if not trial.reduced:
        wanted += ["packages", "agent", *(f"model:{name}" for name in MODELS)]
    for key in wanted:
        each = checks.get(key)
        _demand(each is not None, f"doctor says nothing of {key}: {sorted(checks)}")
        assert each is not None
        _demand(each["ok"], f"{key}: {each['detail']} {each['remedy']}")


def typed(trial: Trial) -> None:
    """A typed command is carried out on the demo province."""
    _inspected(json.loads(trial.run("ask", "--json", TYPED)))


def spoken(trial: Trial) -> None:
    """A recorded command is heard, understood, asked, summarised and journalled."""
    internal = trial.program / "_internal" / "resources" / "samples" / SPOKEN
    told = json.loads(trial.run("ask", "--json", "--wav", str(internal)))
    _inspected(told)
    _demand("人数" in told["heard"], f"heard {told['heard']!r}")


def _inspected(told: dict[str, object]) -> None:
    calls = told.get("calls")
    _demand(isinstance(calls, list) and bool(calls), f"no site was asked: {told}")
    assert isinstance(calls, list)
    call = calls[0]
    _demand(call["site"] == "济南工地" or "济南" in call["place"], f"asked {call}")
    _demand(call["check"] == "headcount", f"asked for {call['check']}")
    _demand(str(call["summary"]).startswith("[人数检测]"), f"said {call['summary']!r}")


def model(trial: Trial) -> None:
    """The model reads, not the rules alone."""
    if trial.reduced:
        return
    told = json.loads(trial.run("parse", TYPED))
    _demand("model" in str(told["source"]), f"read by {told['source']}")


def journal(trial: Trial) -> None:
    """What was asked is in the journal, and its chain is whole."""
    trial.run("log", "verify")
    said = trial.run("log", "list", "--json")
    _demand("济南" in said, f"the journal lists {said[:400]}")


def voice(trial: Trial) -> None:
    """The program that reads aloud starts, with Qt's silent engine."""
    said = trial.run("--speak", "--engine=mock", "--voice=Kari")
    _demand(json.loads(said).get("ready") == "Kari", f"it says {said!r}")


def tuning(trial: Trial) -> None:
    """Two steps of P-tuning leave an adapter behind."""
    if trial.reduced:
        return
    rows, made = trial.home / "rows", trial.home / "tuned"
    few = ("--rows", "24", "--dev", "8", "--test", "8")
    trial.run("tune", "data", *few, str(rows))
    base = str(trial.program / "models" / "glm-mini")
    short = ("--steps", "2", "--eval-every", "1", "--batch", "4", "--accumulation", "1")
    told = ("--data", str(rows), "--base", base, *short)
    trial.run("tune", "train", *told, str(made))
    _demand(any(made.rglob("*.safetensors")), f"it wrote {sorted(made.rglob('*'))}")


def window(trial: Trial) -> None:
    """The window opens, becomes ready, and closes in order when it is told to."""
    before = len(trial.log())
    with subprocess.Popen(
        trial.command("griddesk-desk"),
        env=trial.environment(),
        cwd=trial.home,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as started:
        try:
            _wait_for(trial, started, "the window is painted", before)
            if not trial.reduced:
                _wait_for(trial, started, "ready to understand", before)
            if WINDOWS:
                # There is no gentle signal for a program without a console.
                started.kill()
                return
            started.send_signal(signal.SIGTERM)
            said, _ = started.communicate(timeout=60)
        except BaseException:
            started.kill()
            raise
    _demand(started.returncode == 0, f"it ended with {started.returncode}: {said}")
    for line in trial.log()[before:].splitlines():
        _demand(" CRITICAL " not in line, line)
        # A bundle without a model says in the log what it lacks.
        _demand("Traceback" not in line or trial.reduced, line)


def _wait_for(
    trial: Trial, started: "subprocess.Popen[str]", words: str, before: int
) -> None:
    given_up = time.monotonic() + PATIENCE_S
    while words not in trial.log()[before:]:
        if started.poll() is not None:
            said = started.communicate()[0]
            raise Fault(f"the window ended with {started.returncode}: {said[-2000:]}")
        _demand(time.monotonic() < given_up, f"no {words!r} in {trial.log()[-2000:]}")
        time.sleep(0.1)


def _demand(condition: bool, otherwise: str) -> None:
    if not condition:
        raise Fault(otherwise)


TRIALS: Final[tuple[Callable[[Trial], None], ...]] = (
    version,
    doctor,
    typed,
    spoken,
    model,
    journal,
    voice,
    tuning,
    window,
)


@contextmanager
def trial_of(
    bundle: Path, models: Path = ROOT / "models", *, reduced: bool = False
) -> Iterator[Trial]:
    """Copy a bundle to a strange place, with its models beside it as the kit has them.

    A bundle that has models already – out of a kit – keeps them.
    """
    # Beside the bundle, where files can be linked and take no room.
    with tempfile.TemporaryDirectory(prefix="试运行 ", dir=bundle.parent) as folder:
        program = Path(folder) / "巡检 desk"
        _link(bundle, program)
        for name in MODELS:
            if not (program / "models" / name).exists():
                _link(models / name, program / "models" / name)
        home = Path(folder) / "home"
        home.mkdir()
        yield Trial(
            program=program,
            home=home,
            hiding=hiding(BUILT_IN),
            reduced=reduced,
        )


def _link(source: Path, target: Path) -> None:
    def one(file: str, copy: str) -> None:
        try:
            os.link(file, copy)
        except OSError:
            shutil.copy2(file, copy)

    shutil.copytree(source, target, symlinks=True, copy_function=one)


def hiding(environment: Path) -> tuple[str, ...]:
    """Give what runs a command without the build's environment and without a network.

    Empty where the system does not let this user do that.
    """
    unshare, mount, shell = (shutil.which(n) for n in ("unshare", "mount", "sh"))
    if not unshare or not mount or not shell:
        return ()
    script = f'{mount} -t tmpfs none "$0" && exec "$@"'
    for whose in ((), ("--map-root-user",)):
        start = (unshare, *whose, "--mount", "--net", shell, "-c", script)
        command = (*start, str(environment))
        tried = subprocess.run(
            [*command, "/bin/true"], capture_output=True, check=False
        )
        if tried.returncode == 0:
            return command
    return ()


def main() -> int:
    """Try a bundle; give the exit status."""
    parser = argparse.ArgumentParser(prog="smoke.py", description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--reduced", action="store_true", help="it has no model")
    options = parser.parse_args()
    failed = 0
    with trial_of(options.bundle.resolve(), reduced=options.reduced) as trial:
        if not trial.hiding:
            print("This user cannot hide the build's environment: tried beside it.")
        for check in TRIALS:
            began = time.monotonic()
            try:
                check(trial)
            except (Fault, ValueError, OSError, subprocess.SubprocessError) as fault:
                failed += 1
                print(f"✗ {check.__name__}: {fault}", flush=True)
            else:
                taken = time.monotonic() - began
                print(
                    f"✓ {check.__name__} ({taken:.1f} s): {check.__doc__}", flush=True
                )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
