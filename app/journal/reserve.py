"""A file that holds disk space back, so that a full disk does not cost a record."""

import contextlib
import logging
import os
import shutil
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)

SIZE: Final = 4 * 1024 * 1024


class Reserve:
    """Space beside the journal, given free when the disk is full."""

    def __init__(self, path: Path, size: int = SIZE) -> None:
        """Name the file; nothing is written yet."""
        self._path = path
        self._size = size

    @property
    def size(self) -> int:
        """Bytes held back."""
        return self._size

    @property
    def present(self) -> bool:
        """Whether the space is held."""
        try:
            return self._path.stat().st_size >= self._size
        except OSError:
            return False

    def ensure(self) -> bool:
        """Hold the space if there is plenty; say whether it is held."""
        if self.present:
            return True
        free = free_space(self._path.parent)
        if free is None or free < 2 * self._size:
            return False
        half_made = self._path.with_name(self._path.name + ".part")
        try:
            with half_made.open("wb") as file:
                # Random, so that no file system stores it in less than its size.
                file.write(os.urandom(self._size))
                file.flush()
                os.fsync(file.fileno())
            half_made.replace(self._path)
        except OSError as error:
            log.info("no space could be held back: %s", error)
            with contextlib.suppress(OSError):
                half_made.unlink(missing_ok=True)
            return False
        return True

    def release(self) -> bool:
        """Give the space free; say whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        log.warning("the disk is full: the journal's reserve was released")
        return True


def free_space(folder: Path) -> int | None:
    """Give the bytes that may still be written in a folder; None: cannot be known."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
