"""The self-test names what is wrong with the machine, and what helps."""

import importlib.metadata
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from app.commands.doctor import OPTIONAL
from app.system import doctor, glyphs, libraries


def font_of(text: str, layout: int = 12, *, collection: bool = False) -> bytes:
    """Make a font file that holds a table of characters and nothing else."""
    codes = sorted(map(ord, text))
    if layout == 12:
        groups = b"".join(
            struct.pack(">III", code, code, number)
            for number, code in enumerate(codes, start=1)
        )
        table = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, len(codes)) + groups
    else:
        ends = [*codes, 0xFFFF]
        deltas = [(n - code) & 0xFFFF for n, code in enumerate(codes, start=1)] + [1]
        rows = [ends, [0], ends, deltas, [0] * len(ends)]
        body = b"".join(struct.pack(f">{len(row)}H", *row) for row in rows)
        table = struct.pack(">HHHHHHH", 4, 14 + len(body), 0, 2 * len(ends), 0, 0, 0)
        table += body
    cmap = struct.pack(">HHHHI", 0, 1, 3, 1, 12) + table
    before = struct.pack(">4sIII", b"ttcf", 0x10000, 1, 16) if collection else b""
    head = struct.pack(">IHHHH", 0x10000, 1, 0, 0, 0)
    entry = struct.pack(">4sIII", b"cmap", 0, len(before) + 28, len(cmap))
    return before + head + entry + cmap


def test_every_fault_comes_with_a_remedy(tmp_path: Path) -> None:
    for health in doctor.system_health(tmp_path):
        assert not health.name.isascii()
        assert health.detail
        assert health.ok != bool(health.remedy)


def test_the_names_are_stable(tmp_path: Path) -> None:
    assert [health.key for health in doctor.system_health(tmp_path)] == [
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
    # Some accounts have no home to look in.
    homeless = "~nobody-of-this-name/fonts"
    monkeypatch.setattr(libraries, "_FONT_FOLDERS", (homeless, str(tmp_path)))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert libraries.chinese_font() is None
    (tmp_path / "truetype").mkdir()
    (tmp_path / "truetype" / "DejaVuSans.ttf").touch()
    assert libraries.chinese_font() is None
    # A file of that name draws nothing yet.
    (tmp_path / "truetype" / "wqy-microhei.ttc").touch()
    assert libraries.chinese_font() is None
    (tmp_path / "truetype" / "wqy-zenhei.ttf").write_bytes(font_of(glyphs.SAMPLE))
    assert libraries.chinese_font() == "wqy-zenhei.ttf"
    (tmp_path / "truetype" / "wqy-zenhei.ttf").write_bytes(font_of("人数"))
    assert libraries.chinese_font() is None


@pytest.mark.parametrize("layout", [4, 12])
@pytest.mark.parametrize("collection", [False, True])
def test_a_font_draws_what_its_own_table_says(
    layout: int, collection: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.ttf"
    path.write_bytes(font_of("工地人数", layout, collection=collection))
    assert glyphs.draws(path, "人数")
    assert not glyphs.draws(path, "人数安")
    whole = path.read_bytes()
    for size in range(0, len(whole) - 24, 5):
        path.write_bytes(whole[:size])
        assert not glyphs.draws(path, "工地人数"), size


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
