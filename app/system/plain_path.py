"""Paths for libraries that open files by bytes in the system's own code page.

On Windows such a library (Vosk is one) is handed UTF-8 and reads it as GBK: it finds no
folder with a Chinese name. The same folder has another name that is plain ASCII: its
short one, or that of a junction, which needs no rights and takes no space.
"""

import hashlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from app.core.errors import MissingError

_LONGEST: Final = 32_768


def plain(
    path: Path,
    *,
    platform: str = sys.platform,
    short: Callable[[Path], str] | None = None,
    link: Callable[[Path, Path], None] | None = None,
    folders: Callable[[], Iterator[Path]] | None = None,
) -> Path:
    """Give the same folder by a name that every library can open.

    Args:
        path: A folder that exists.
        platform: As `sys.platform` says.
        short: Gives the short name of Windows; empty: the disk keeps none.
        link: Makes a folder of the second name that is the first one.
        folders: Where such names may be made.

    Raises:
        MissingError: There is no such name, and none can be made.
    """
    if platform != "win32" or str(path).isascii():
        return path
    named = (short or _short_name)(path)
    if named and named.isascii():
        return Path(named)
    problem = ""
    mark = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    for folder in (folders or _plain_folders)():
        made = folder / mark
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if not os.path.lexists(made):
                (link or _junction)(path, made)
            if made.samefile(path):
                return made
            problem = f"{made} 指向别处"
        except OSError as error:
            problem = str(error.strerror or error)
    raise MissingError(
        f"语音识别库打不开含中文的路径「{path}」, 也不能另取英文名称 ({problem})",
        "请把模型文件夹移到只有英文字母的路径, 例如 D:\\griddesk\\models, "
        "并用环境变量 GRIDDESK_MODELS 指定。",
    )


def _plain_folders() -> Iterator[Path]:
    for variable in ("ProgramData", "PUBLIC", "TEMP"):
        value = os.environ.get(variable, "")
        if value and value.isascii():
            yield Path(value) / "GridDesk" / "names"


def _short_name(path: Path) -> str:
    import ctypes

    windows: Any = getattr(ctypes, "windll")  # noqa: B009 – only Windows has it
    buffer = ctypes.create_unicode_buffer(_LONGEST)
    windows.kernel32.GetShortPathNameW(str(path), buffer, _LONGEST)
    return buffer.value


def _junction(path: Path, made: Path) -> None:
    winapi: Any = __import__("_winapi")
    winapi.CreateJunction(str(path), str(made))
