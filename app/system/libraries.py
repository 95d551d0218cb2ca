"""The system libraries that Qt and PortAudio need, and whether they can be loaded.

Standard library only and importable from a bare checkout: the bootstrap script asks it
before anything is installed, the self-test asks it afterwards. Looking is done by
loading, because a package list says nothing about what the linker will find.
"""

import ctypes
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from app.system.glyphs import SAMPLE, draws


class Need(StrEnum):
    """What does not work without it."""

    WINDOW = "window"
    """Qt at all, even offscreen."""
    SCREEN = "screen"
    """Qt's window on a real X11 screen."""
    SOUND = "sound"
    """The microphone."""
    VOICE = "voice"
    """Reading aloud."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLibrary:
    """A shared library that comes with the system, not with a wheel."""

    soname: str
    package: str
    """Its package on Debian and Ubuntu."""
    need: Need


def _library(soname: str, package: str, need: Need) -> SystemLibrary:
    return SystemLibrary(soname=soname, package=package, need=need)


LIBRARIES: Final = (
    _library("libGL.so.1", "libgl1", Need.WINDOW),
    _library("libEGL.so.1", "libegl1", Need.WINDOW),
    _library("libxkbcommon.so.0", "libxkbcommon0", Need.WINDOW),
    _library("libdbus-1.so.3", "libdbus-1-3", Need.WINDOW),
    _library("libfontconfig.so.1", "libfontconfig1", Need.WINDOW),
    _library("libglib-2.0.so.0", "libglib2.0-0", Need.WINDOW),
    _library("libxcb-cursor.so.0", "libxcb-cursor0", Need.SCREEN),
    _library("libxcb-icccm.so.4", "libxcb-icccm4", Need.SCREEN),
    _library("libxcb-keysyms.so.1", "libxcb-keysyms1", Need.SCREEN),
    _library("libxcb-shape.so.0", "libxcb-shape0", Need.SCREEN),
    _library("libxcb-xkb.so.1", "libxcb-xkb1", Need.SCREEN),
    _library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", Need.SCREEN),
    _library("libportaudio.so.2", "libportaudio2", Need.SOUND),
    _library("libpulse.so.0", "libpulse0", Need.VOICE),
)
"""On Linux. Windows and macOS wheels carry all of this themselves."""

FONT_PACKAGE: Final = "fonts-wqy-microhei"
OWN_FONTS: Final = Path(__file__).resolve().parents[2] / "resources" / "fonts"
_FONT_FOLDERS: Final = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "C:/Windows/Fonts",
    "~/AppData/Local/Microsoft/Windows/Fonts",
    "/System/Library/Fonts",
    "/Library/Fonts",
    # A bundle brings one for systems that have none.
    str(OWN_FONTS),
)
_SAMPLE_CODES: Final = " ".join(f"{ord(letter):x}" for letter in SAMPLE)
_CHINESE_FONT: Final = re.compile(
    r"wqy|noto.*cjk|source.?han|droidsansfallback|uming|ukai|simsun|msyh|simhei|"
    r"harmonyos|lxgw|sarasa|pingfang|hiragino sans gb|stheiti|songti",
    re.IGNORECASE,
)


def loads(soname: str) -> bool:
    """Say whether the dynamic linker finds a library, and all that it needs."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_libraries(
    loads: Callable[[str], bool] = loads, platform: str = sys.platform
) -> tuple[SystemLibrary, ...]:
    """Give the libraries that cannot be loaded on this machine."""
    if not platform.startswith("linux"):
        return ()
    return tuple(library for library in LIBRARIES if not loads(library.soname))


def chinese_font() -> str | None:
    """Name a font that draws Chinese; None when there is none to be found.

    That a font is called so is not enough: its characters are looked at.
    """
    return next(_fontconfig(), None) or next(_font_files(), None)


def _fontconfig() -> Iterator[str]:
    tool = shutil.which("fc-list")
    if tool is None:
        return
    try:
        done = subprocess.run(
            [tool, f":charset={_SAMPLE_CODES}", "family"],
            capture_output=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    for line in done.stdout.decode("utf-8", errors="replace").splitlines():
        if line.strip():
            yield line.split(",")[0].strip()


def _font_files() -> Iterator[str]:
    for folder in _FONT_FOLDERS:
        try:
            place = Path(folder).expanduser()
        except RuntimeError:
            # Whoever has no home has no fonts in it.
            continue
        for path in place.rglob("*.[to]t[cf]"):
            if _CHINESE_FONT.search(path.name) and draws(path):
                yield path.name
