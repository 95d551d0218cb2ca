"""The self-test of the machine: what the program stands on, each with its remedy.

Models, microphone, backends and journal are asked by those who own them; here is what
can be said without loading any of them.
"""

import importlib.metadata
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from app.core.ports import Health
from app.system import libraries
from app.system.libraries import Need

BOOTSTRAP: Final = "请运行 python3 packaging/bootstrap.py run。"
SPACE_NEEDED: Final = 1_000_000_000

PACKAGES: Final = (
    "PySide6_Essentials",
    "qasync",
    "sounddevice",
    "soundfile",
    "soxr",
    "vosk",
    "numpy",
    "torch",
    "transformers",
    "safetensors",
    "SQLAlchemy",
    "sqlparse",
    "pg8000",
    "httpx2",
    "jmespath",
    "keyring",
    "pydantic",
    "pypinyin",
    "rapidfuzz",
    "typer",
    "platformdirs",
    "tomlkit",
)
"""What a running desk imports. Tuning's peft and bitsandbytes may be absent."""


NAMES: Final = {
    "python": "运行环境",
    "packages": "程序库",
    "qt-libraries": "界面所需的系统库",
    "portaudio": "录音所需的系统库",
    "voice-libraries": "朗读所需的系统库",
    "display": "显示器",
    "chinese-font": "中文字体",
    "data-folder": "数据文件夹",
    "disk": "磁盘空间",
}
"""What the findings of the machine are called for people, by their stable keys."""


def system_health(home: Path) -> tuple[Health, ...]:
    """Check the machine; `home` is the folder of the user's data."""
    missing = libraries.missing_libraries()
    found = (
        python_health(),
        packages_health(),
        qt_health(missing),
        portaudio_health(missing),
        voice_health(missing),
        display_health(os.environ),
        font_health(libraries.chinese_font()),
        folder_health(home),
        disk_health(home),
    )
    return tuple(replace(each, key=each.name, name=NAMES[each.name]) for each in found)


def python_health(version: tuple[int, int] = sys.version_info[:2]) -> Health:
    """Say which Python this is, and whether it is new enough."""
    return Health(
        name="python",
        ok=version >= (3, 11),
        detail=f"Python {platform.python_version()}, {platform.platform()}",
        remedy="" if version >= (3, 11) else "请安装 Python 3.11 或更高版本。",
    )


def packages_health(
    version_of: Callable[[str], str] = importlib.metadata.version,
) -> Health:
    """Give the versions of what the desk imports, without importing it."""
    found, absent = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version_of(name)}")
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
    # Qt 6.12 aborts the process on Python 3.10 and 3.11 after some thousand calls.
    bad_qt = sys.version_info < (3, 12) and any(
        each.startswith("PySide6_Essentials 6.12") for each in found
    )
    detail = ", ".join(found)
    if absent:
        detail = f"缺少 {', '.join(absent)}; 已有 {detail}"
    elif bad_qt:
        detail = f"PySide6 6.12 在此 Python 上会崩溃; {detail}"
    ok = not absent and not bad_qt
    return Health(name="packages", ok=ok, detail=detail, remedy="" if ok else BOOTSTRAP)


def qt_health(missing: tuple[libraries.SystemLibrary, ...]) -> Health:
    """Say which libraries of Qt the linker cannot find."""
    return _libraries_health("qt-libraries", missing, (Need.WINDOW, Need.SCREEN))


def portaudio_health(missing: tuple[libraries.SystemLibrary, ...]) -> Health:
    """Say whether the microphone's library is there."""
    return _libraries_health("portaudio", missing, (Need.SOUND,))


def voice_health(missing: tuple[libraries.SystemLibrary, ...]) -> Health:
    """Say whether Qt's text-to-speech can be loaded; all else works without it."""
    return _libraries_health("voice-libraries", missing, (Need.VOICE,))


def _libraries_health(
    name: str, missing: tuple[libraries.SystemLibrary, ...], needs: tuple[Need, ...]
) -> Health:
    lacking = [library for library in missing if library.need in needs]
    if not lacking:
        return Health(name=name, ok=True, detail="系统库齐全")
    packages = " ".join(library.package for library in lacking)
    return Health(
        name=name,
        ok=False,
        detail=f"缺少系统库 {', '.join(library.soname for library in lacking)}",
        remedy=f"请运行 sudo apt-get install {packages}, 或安装同类软件包。",
    )


def display_health(
    environment: Mapping[str, str], platform: str = sys.platform
) -> Health:
    """Say whether there is a screen to open a window on."""
    if not platform.startswith("linux"):
        return Health(name="display", ok=True, detail="由操作系统提供")
    for variable in ("WAYLAND_DISPLAY", "DISPLAY"):
        if value := environment.get(variable):
            return Health(name="display", ok=True, detail=f"{variable}={value}")
    return Health(
        name="display",
        ok=False,
        detail="没有图形界面 (DISPLAY 和 WAYLAND_DISPLAY 均未设置)",
        remedy="请在有图形界面的会话中启动窗口; 命令行功能不受影响。",
    )


def font_health(font: str | None) -> Health:
    """Say which font will draw the Chinese characters."""
    if font:
        return Health(name="chinese-font", ok=True, detail=font)
    return Health(
        name="chinese-font",
        ok=False,
        detail="没有找到中文字体, 界面文字会显示为方框",
        remedy=f"请运行 sudo apt-get install {libraries.FONT_PACKAGE}。",
    )


def folder_health(home: Path) -> Health:
    """Say whether settings, journal and logs can be written."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as probe:
            probe.write(b"griddesk")
    except OSError as error:
        return Health(
            name="data-folder",
            ok=False,
            detail=f"{home} 无法写入 ({error.strerror})",
            remedy="请检查该文件夹的权限, 或用 GRIDDESK_HOME 指定另一个文件夹。",
        )
    return Health(name="data-folder", ok=True, detail=str(home))


def disk_health(
    home: Path,
    free_bytes: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free,
) -> Health:
    """Say whether the journal has room to grow."""
    place = next(each for each in (home, *home.parents) if each.exists())
    free = free_bytes(place)
    ok = free >= SPACE_NEEDED
    return Health(
        name="disk",
        ok=ok,
        detail=f"{place} 剩余 {free / 1e9:.1f} GB",
        remedy="" if ok else "请清理磁盘, 至少留出 1 GB; 日志写不下时不能查询。",
    )
