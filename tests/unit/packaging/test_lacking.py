"""A bundle on a bare system: what it lacks comes along, what it has goes first."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
HOOK = ROOT / "packaging" / "hooks" / "system_libraries.py"

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="other systems lack none of these"
)


@pytest.fixture
def lacking(packaging_modules):
    return packaging_modules["lacking"]


@pytest.fixture
def fallback(tmp_path: Path, lacking) -> Path:
    """Give the folder of a bundle with two copies of a small library."""
    places = dict(lacking.libraries())
    folder = tmp_path / lacking.FOLDER
    folder.mkdir()
    for name in ("libXau.so.6", "libNobodyHas.so.1"):
        shutil.copy(places["libXau.so.6"], folder / name)
    return folder


def loaded(fallback: Path, order: str, then: str = "") -> tuple[set[str], str]:
    """Start with the hook; give what was loaded from the bundle, and what was said."""
    (fallback / "order.txt").write_text(order)
    program = (
        "import runpy, sys\n"
        f"sys._MEIPASS = {str(fallback.parent)!r}\n"
        f"runpy.run_path({str(HOOK)!r})\n"
        "print(open('/proc/self/maps').read())\n"
        f"{then}"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    names = {p.name for p in fallback.iterdir() if str(p) in done.stdout}
    return names, done.stdout.splitlines()[-1] if then else ""


def test_a_library_that_the_system_lacks_comes_from_the_bundle(fallback) -> None:
    assert loaded(fallback, "libNobodyHas.so.1\n")[0] == {"libNobodyHas.so.1"}


def test_what_it_needs_comes_along_before_it(fallback) -> None:
    both = {"libXau.so.6", "libNobodyHas.so.1"}
    assert loaded(fallback, "libXau.so.6 libNobodyHas.so.1\n")[0] == both


def test_a_library_of_the_system_goes_first(fallback) -> None:
    assert loaded(fallback, "libXau.so.6\n")[0] == set()


def test_one_that_cannot_be_loaded_does_not_stop_the_program(fallback) -> None:
    (fallback / "libBroken.so.1").write_bytes(b"no library")
    found, _ = loaded(fallback, "libBroken.so.1\nlibNobodyHas.so.1\n")
    assert found == {"libNobodyHas.so.1"}


def test_sound_is_found_without_the_tools_that_look_for_it(fallback) -> None:
    look = "import ctypes.util; print(ctypes.util.find_library('portaudio'))\n"
    own = fallback.parent / "libportaudio.so.2"
    own.touch()
    assert loaded(fallback, "", look)[1] == str(own)
    own.unlink()
    assert loaded(fallback, "", look)[1] != str(own)


@pytest.mark.parametrize(("bare", "own"), [(True, ""), (True, "/mine"), (False, "")])
def test_sound_is_described_by_the_bundle_where_the_system_does_not(
    fallback, monkeypatch, tmp_path, bare, own
) -> None:
    described = tmp_path / "alsa.conf"
    described.touch()
    hook = HOOK.read_text("utf-8").replace(
        "/usr/share/alsa/alsa.conf", "/nowhere/alsa.conf" if bare else str(described)
    )
    other = tmp_path / "hook.py"
    other.write_text(hook)
    monkeypatch.setattr(sys.modules[__name__], "HOOK", other)
    monkeypatch.delenv("ALSA_CONFIG_DIR", raising=False)
    if own:
        monkeypatch.setenv("ALSA_CONFIG_DIR", own)
    look = "import os; print(os.environ.get('ALSA_CONFIG_DIR'))\n"
    wanted = own or (str(fallback / "alsa") if bare else "None")
    assert loaded(fallback, "", look)[1] == wanted


def test_programs_of_the_system_get_the_systems_libraries(
    fallback, monkeypatch
) -> None:
    look = "import os; print(os.environ.get('LD_LIBRARY_PATH'))\n"
    monkeypatch.setenv("LD_LIBRARY_PATH", str(fallback.parent))
    assert loaded(fallback, "", look)[1] == "None"
    monkeypatch.setenv("LD_LIBRARY_PATH_ORIG", "/usr/local/vendor")
    assert loaded(fallback, "", look)[1] == "/usr/local/vendor"


def test_what_the_bundle_brings_is_on_the_machine_that_builds(lacking) -> None:
    places = dict(lacking.libraries())
    assert all(path.is_file() for path in places.values())
    assert {group[-1] for group in lacking.LIBRARIES} <= set(places)
    assert lacking.font() is None or lacking.font().name == lacking.FONT
    listed = [line.split() for line in lacking.order().splitlines()]
    assert [tuple(each) for each in listed] == list(lacking.LIBRARIES)


def test_what_the_sound_library_reads_comes_along(lacking, tmp_path) -> None:
    brought = dict(lacking.sound())
    # The default device is described in a file of its own.
    assert {"alsa.conf", "pcm/default.conf"} <= set(brought)
    assert all(path.is_file() for path in brought.values())
    (tmp_path / "alsa.conf.d").mkdir()
    (tmp_path / "alsa.conf.d" / "99-pulse.conf").touch()
    assert list(lacking.sound(tmp_path)) == []


def test_one_that_is_missing_there_stops_the_build(lacking, monkeypatch) -> None:
    monkeypatch.setattr(lacking, "LIBRARIES", (("libNobodyHas.so.1",),))
    with pytest.raises(SystemExit, match=r"libNobodyHas\.so\.1"):
        list(lacking.libraries())


def test_no_second_copy_lies_where_the_linker_looks(lacking) -> None:
    assert lacking.is_fallback("libasound.so.2")
    assert not lacking.is_fallback("libportaudio.so.2")
    assert not lacking.is_fallback("fallback/libasound.so.2")
