"""The self-test names what is wrong with the machine, and what helps."""

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.doctor import OPTIONAL
from app.system import doctor, libraries


def test_every_fault_comes_with_a_remedy(tmp_path: Path) -> None:
    for health in doctor.system_health(tmp_path):
        assert health.name
        assert health.detail
        assert health.ok != bool(health.remedy)


def test_the_names_are_stable(tmp_path: Path) -> None:
    assert [health.name for health in doctor.system_health(tmp_path)] == [
        "python",
        "packages",
        "qt-libraries",
        "portaudio",
        "voice-libraries",
        "display",
        "chinese-font",
        "data-folder",
        "disk",
    ]


def test_nothing_heavy_is_imported() -> None:
    code = (
        "import sys; from pathlib import Path; from app.system import doctor;"
        "doctor.system_health(Path(sys.argv[1]));"
        "print([m for m in ('torch', 'PySide6', 'numpy', 'vosk') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "."], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_an_old_python_is_a_fault() -> None:
    assert not doctor.python_health((3, 10)).ok
    assert doctor.python_health((3, 11)).ok


def test_an_absent_package_is_named() -> None:
    def version_of(name: str) -> str:
        if name == "vosk":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    health = doctor.packages_health(version_of)
    assert not health.ok
    assert health.detail.startswith("缺少 vosk;")
    assert "bootstrap.py" in health.remedy


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="sound on 3.12 and later")
def test_the_qt_that_aborts_on_this_python_is_a_fault() -> None:
    assert not doctor.packages_health(lambda name: "6.12.0").ok
    assert doctor.packages_health(lambda name: "6.11.3").ok


def test_a_missing_library_is_named_with_its_package() -> None:
    missing = libraries.missing_libraries(
        loads=lambda soname: "cursor" not in soname and "portaudio" not in soname,
        platform="linux",
    )
    qt, sound = doctor.qt_health(missing), doctor.portaudio_health(missing)
    assert "libxcb-cursor.so.0" in qt.detail
    assert qt.remedy.startswith("请运行 sudo apt-get install libxcb-cursor0,")
    assert "libportaudio2" in sound.remedy
    assert "libportaudio2" not in qt.remedy


def test_wheels_carry_the_libraries_on_other_systems() -> None:
    assert libraries.missing_libraries(lambda soname: False, "win32") == ()
    assert libraries.chinese_font("darwin")


def test_loading_tells_a_library_that_is_there_from_one_that_is_not() -> None:
    assert not libraries.loads("libthere-is-no-such-thing.so.0")
    if sys.platform == "linux":
        assert libraries.loads("libc.so.6")


@pytest.mark.parametrize(
    ("environment", "platform", "ok"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ""}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({}, "win32", True),
    ],
)
def test_a_screen_is_where_the_session_says(environment, platform, ok) -> None:
    assert doctor.display_health(environment, platform).ok is ok


def test_no_chinese_font_is_a_fault() -> None:
    health = doctor.font_health(None)
    assert not health.ok
    assert libraries.FONT_PACKAGE in health.remedy


@pytest.mark.skipif(sys.platform != "linux", reason="font folders of Linux")
def test_a_font_is_found_without_fontconfig(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(libraries, "_FONT_FOLDERS", (str(tmp_path),))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert libraries.chinese_font() is None
    (tmp_path / "truetype").mkdir()
    (tmp_path / "truetype" / "DejaVuSans.ttf").touch()
    assert libraries.chinese_font() is None
    (tmp_path / "truetype" / "wqy-microhei.ttc").touch()
    assert libraries.chinese_font() == "wqy-microhei.ttc"


def test_a_folder_that_cannot_be_written_is_a_fault(tmp_path: Path) -> None:
    assert doctor.folder_health(tmp_path / "new").ok
    (tmp_path / "file").write_text("no folder")
    health = doctor.folder_health(tmp_path / "file")
    assert not health.ok
    assert "GRIDDESK_HOME" in health.remedy


def test_a_full_disk_is_a_fault(tmp_path: Path) -> None:
    assert doctor.disk_health(tmp_path / "not/yet", lambda path: 2 * 10**9).ok
    health = doctor.disk_health(tmp_path, lambda path: 10**8)
    assert not health.ok
    assert "0.1 GB" in health.detail


def test_a_missing_library_of_the_voice_does_not_blame_the_microphone() -> None:
    missing = libraries.missing_libraries(
        lambda soname: soname != "libpulse.so.0", platform="linux"
    )
    assert doctor.portaudio_health(missing).ok
    voice = doctor.voice_health(missing)
    assert not voice.ok
    assert "libpulse.so.0" in voice.detail
    assert "libpulse0" in voice.remedy
    assert voice.name in OPTIONAL
