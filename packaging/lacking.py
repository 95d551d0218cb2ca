"""What a bare Linux system may lack, and the bundle brings: libraries and a font.

Taken from the system that builds. A library of the desk's own system goes first where
it has one: its drivers, sound plug-ins and servers belong to that one. PyInstaller
leaves some of these out for the same reason; then nothing starts without them.
`hooks/system_libraries.py` loads them when the program starts.
"""

import platform
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

FOLDER: Final = "fallback"
"""In the bundle, where the dynamic linker does not look by itself."""
LIBRARIES: Final = (
    ("libXau.so.6", "libmd.so.0", "libbsd.so.0", "libXdmcp.so.6", "libxcb.so.1"),
    ("libGLdispatch.so.0", "libGLX.so.0", "libGL.so.1"),
    ("libGLdispatch.so.0", "libEGL.so.1"),
    ("libasound.so.2",),
    ("libjack.so.0",),
)
"""The last of each is what is wanted; those before it, what it needs, in this order."""
ORDER: Final = "order.txt"

SOUND: Final = Path("/usr/share/alsa")
"""What the sound library reads; without it, PortAudio aborts the program."""
_READ: Final = ("alsa.conf", "cards/*", "pcm/*")

FONT: Final = "wqy-microhei.ttc"
"""Draws Chinese where no font of the system does; under the Apache licence 2.0."""
_FONTS: Final = Path("/usr/share/fonts")
_WIDTH: Final = {"x86_64": "x86-64", "aarch64": "AArch64"}
"""What `ldconfig` calls the libraries of a 64-bit machine, beside those of 32 bits."""


def libraries() -> Iterator[tuple[str, Path]]:
    """Give each library and its place on this system.

    Raises:
        SystemExit: One is not there; the text says what brings it.
    """
    told = subprocess.run(
        ["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True
    )
    width = _WIDTH.get(platform.machine(), "")
    found = re.findall(rf"^\s+(\S+) \(.*{width}.*\) => (\S+)$", told.stdout, re.M)
    # The first of a name is the one that is loaded.
    places = dict(reversed(found))
    for name in dict.fromkeys(each for group in LIBRARIES for each in group):
        if name not in places:
            raise SystemExit(
                f"This system has no {name}, which the bundle brings along. Install\n"
                "libgl1 libegl1 libxcb1 libasound2 libjack-jackd2-0, or what they are\n"
                "called here. 构建所用的系统缺少上述系统库。"
            )
        yield name, Path(places[name]).resolve()


def sound(folder: Path = SOUND) -> Iterator[tuple[str, Path]]:
    """Give what the sound library reads: by its path below that folder.

    What adds plug-ins (alsa.conf.d) stays out: a bare system has no plug-ins.
    """
    for pattern in _READ:
        for file in sorted(folder.glob(pattern)):
            if file.is_file():
                yield file.relative_to(folder).as_posix(), file.resolve()


def font() -> Path | None:
    """Give the font's file; None where the system that builds has another one."""
    return next(_FONTS.rglob(FONT), None)


def is_fallback(target: str) -> bool:
    """Say whether a file at the top of the bundle is one of these libraries."""
    return any(target == each for group in LIBRARIES for each in group)


def order() -> str:
    """Write the groups for whoever loads them: one a line."""
    return "".join(f"{' '.join(group)}\n" for group in LIBRARIES)
