"""Files that are there whole or not at all."""

import hashlib
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from app.core.errors import JournalUnwritableError

_BLOCK = 1 << 20


@contextmanager
def half_made(path: Path, left: threading.Event) -> Iterator[Path]:
    """Give the name of a file beside `path`; what is left of it goes.

    A thread that still writes it finds `left` set, and removes it when it is done.
    """
    beside = path.with_name(f".{secrets.token_hex(6)}{path.suffix.lower()}")
    try:
        yield beside
    finally:
        left.set()
        remove(beside)


def remove(half: Path) -> None:
    """Remove what is half made, if it is there."""
    with suppress(OSError):
        half.unlink(missing_ok=True)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Say in a sentence why a file cannot be written.

    Raises:
        JournalUnwritableError: In the place of an OSError.
    """
    try:
        yield
    except OSError as error:
        raise JournalUnwritableError(
            f"导出文件「{path}」写不进去: {error.strerror or error}",
            "请检查文件夹是否存在、磁盘空间、写权限, 并关闭正在打开它的程序。",
        ) from error


def check_free(path: Path) -> None:
    """Open a file that is to be replaced, as another program may hold it.

    Raises:
        OSError: It may not be written, or is in use.
    """
    if path.exists():
        with path.open("rb+"):
            pass


def settle(file: IO[Any]) -> None:
    """Wait until what was written is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def settled(path: Path) -> None:
    """Wait until a file that another program wrote is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def digest_of(path: Path) -> str:
    """Give the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
