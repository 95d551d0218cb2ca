"""Bytes on their way: copying and hashing with progress, cancel and a size limit."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

from app.core.cancel import CancelToken

BLOCK: Final = 1 << 20


def write_whole(path: Path, data: bytes) -> None:
    """Put `data` at `path` as a whole or not at all, also when power fails.

    Raises:
        OSError: It cannot be written; what was there stays.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class WrongBytesError(Exception):
    """What was read is not what the catalogue says."""


def sha256_of(
    path: Path, *, cancel: CancelToken, on_bytes: Callable[[int], object]
) -> str:
    """Hash a file; `on_bytes` gets the number of bytes of every block.

    Raises:
        OSError, Cancelled.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            cancel.raise_if_cancelled()
            digest.update(block)
            on_bytes(len(block))
    return digest.hexdigest()


class Readable(Protocol):
    """A stream, as far as copying needs one."""

    def read(self, count: int, /) -> bytes:
        """Give at most so many bytes; none at the end."""


def copy_verified(
    source: Readable,
    target: Path,
    *,
    sha256: str,
    size: int | None,
    cancel: CancelToken,
    on_bytes: Callable[[int], object],
) -> None:
    """Write a stream to a new file and check its bytes while they pass.

    Raises:
        WrongBytesError: Longer or shorter than said, or another hash.
        OSError, Cancelled.
    """
    digest, written = hashlib.sha256(), 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        while block := source.read(BLOCK):
            cancel.raise_if_cancelled()
            written += len(block)
            if size is not None and written > size:
                # An archive may unpack to far more than it says; stop in time.
                raise WrongBytesError(f"{target.name} 比应有的大")
            digest.update(block)
            out.write(block)
            on_bytes(len(block))
        out.flush()
        # The folder is renamed into place next: its files must not be empty after a
        # power cut, and sizes are all that is checked when a model is looked up.
        os.fsync(out.fileno())
    if digest.hexdigest() != sha256:
        raise WrongBytesError(f"{target.name} 的 SHA-256 不符")
