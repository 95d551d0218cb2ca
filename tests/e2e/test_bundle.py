"""The built program does what the source does: the executable itself is tried.

Tried is what `bootstrap.py bundle` put into dist/; where there is none, or the source
is newer, the reduced bundle is built first, which takes a minute or two. The full one
is tried by the command that builds it.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.e2e


def load_smoke():
    name = "griddesk_smoke"
    spec = spec_from_file_location(name, ROOT / "packaging" / "smoke.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    # Its dataclasses look for their module by its name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


SMOKE = load_smoke()


@pytest.fixture(scope="module")
def bundle() -> Path:
    if find_spec("PyInstaller") is None:
        pytest.fail("PyInstaller is missing: run packaging/bootstrap.py test once")
    sources = ("app", "packaging", "resources")
    files = (path for each in sources for path in (ROOT / each).rglob("*"))
    newest = max(path.stat().st_mtime for path in files if path.suffix != ".pyc")
    for name in ("griddesk", "griddesk-reduced"):
        made = ROOT / "dist" / name / "VERSION"
        if made.exists() and made.stat().st_mtime > newest:
            return made.parent
    command = [sys.executable, "packaging/bootstrap.py", "bundle", "--reduced"]
    done = subprocess.run(
        [*command, "--no-system"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return ROOT / "dist" / "griddesk-reduced"


@pytest.fixture(scope="module")
def trial(bundle):
    with SMOKE.trial_of(bundle, reduced=bundle.name.endswith("-reduced")) as made:
        yield made


@pytest.mark.parametrize("check", SMOKE.TRIALS, ids=lambda check: check.__name__)
def test_the_built_program_passes(trial, check) -> None:
    check(trial)


def test_every_part_of_the_built_program_has_the_text_of_its_licence(bundle) -> None:
    lines = (bundle / "licences" / "INDEX.txt").read_text("utf-8").splitlines()
    assert len(lines) > 40
    names = {line.partition(" ")[0] for line in lines}
    assert {"CPython", "PySide6_Essentials", "vosk", "pyinstaller"} <= names
    if sys.platform.startswith("linux") and shutil.which("dpkg-query"):
        # What comes from the system, whichever Python it was built with.
        assert {"libgl1", "libportaudio2", "libasound2-data"} <= names
    assert [line for line in lines if line.endswith("()")] == []


def test_no_file_of_the_build_machine_is_told(bundle) -> None:
    files = [path for path in bundle.rglob("*") if path.is_file()]
    assert len(files) > 500
    # Not the checkout alone: its path may be as short as that of any folder.
    places = [str(ROOT / name).encode() for name in (".venv", "packaging")]
    texts = ((path, path.read_bytes()) for path in files)
    told = [path.name for path, text in texts if any(each in text for each in places)]
    assert told == []
