"""Checkpoints that are whole or not there: written aside, proven, then renamed.

A folder `step-000120` is complete by construction; what a kill leaves behind is called
`step-000120.writing` and is swept away. A list of sizes and sums inside tells damage
by a dying disk, so that the last checkpoint used is the last intact one.
"""

import errno
import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.system.files import sha256_of

_NAME: Final = re.compile(r"step-(\d+)")
ASIDE: Final = ".writing"
_SUMS: Final = "intact.json"
_NO_ROOM: Final = 65_536
"""Bytes; with less left a disk counts as full."""


def name_of(step: int) -> str:
    """Name the checkpoint of a step."""
    return f"step-{step:06d}"


@contextmanager
def writing(folder: Path, step: int) -> Iterator[Path]:
    """Give a folder to write a checkpoint into; it counts only after the block.

    Raises:
        OSError: It could not be written; what was there before is untouched.
    """
    aside = folder / (name_of(step) + ASIDE)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        yield aside
        seal(aside)
    except BaseException as error:
        # Asked before the rest of the attempt makes room again.
        full = is_disk_full(error, folder)
        shutil.rmtree(aside, ignore_errors=True)
        if full and not isinstance(error, OSError):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise
    final = folder / name_of(step)
    shutil.rmtree(final, ignore_errors=True)
    aside.rename(final)
    _sync(folder)


def seal(aside: Path) -> None:
    """Write what a complete folder holds into it, and all of it to the disk."""
    files = sorted(path for path in aside.iterdir() if path.is_file())
    sums = {path.name: sha256_of(path) for path in files}
    record = aside / _SUMS
    record.write_text(json.dumps(sums, indent=1) + "\n", encoding="utf-8")
    for path in [*files, record]:
        _sync(path)
    _sync(aside)


def is_intact(folder: Path) -> bool:
    """Whether every file of a checkpoint is as it was written."""
    try:
        sums = json.loads((folder / _SUMS).read_text(encoding="utf-8"))
        return all(sha256_of(folder / name) == sum_ for name, sum_ in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def steps(folder: Path) -> list[int]:
    """Return the steps of which there is a checkpoint, intact or not, in order."""
    if not folder.is_dir():
        return []
    found = [_NAME.fullmatch(path.name) for path in folder.iterdir()]
    return sorted(int(match[1]) for match in found if match)


def last_intact(folder: Path) -> Path | None:
    """Return the last checkpoint that can be trusted."""
    for step in reversed(steps(folder)):
        if is_intact(folder / name_of(step)):
            return folder / name_of(step)
    return None


def keep_only(folder: Path, kept: set[int]) -> None:
    """Remove all other checkpoints, and what was never finished."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        match = _NAME.fullmatch(path.name)
        if path.name.endswith(ASIDE) or (match and int(match[1]) not in kept):
            shutil.rmtree(path, ignore_errors=True)


def is_disk_full(error: BaseException, folder: Path) -> bool:
    """Whether an error means that there was no room left to write into a folder."""
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # safetensors says so in words; torch says that its file has a wrong length.
    if "No space left" in str(error) or "StorageFull" in str(error):
        return True
    return isinstance(error, RuntimeError) and _free(folder) < _NO_ROOM


def _free(folder: Path) -> int:
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _sync(path: Path) -> None:
    if path.is_dir() and os.name == "nt":
        return  # Windows keeps folders by itself.
    handle = os.open(path, os.O_RDONLY if os.name != "nt" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
