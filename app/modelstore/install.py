"""Putting a model's files in place: copied beside it, checked, renamed once."""

import shutil
import tarfile
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Final

from app.core.cancel import CancelToken
from app.core.errors import ModelCorruptError
from app.modelstore.bundles import Bundle
from app.modelstore.catalogue import Artefact
from app.modelstore.files import WrongBytesError, copy_verified
from app.modelstore.progress import Listener, Progress, Step

_DAMAGE: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
)
"""What reading a damaged, strange or protected archive raises."""


def install(
    bundle: Bundle,
    prefix: str,
    artefact: Artefact,
    folder: Path,
    work: Path,
    progress: Listener,
    cancel: CancelToken,
) -> Path:
    """Copy a model's files from below `prefix` into `folder`; give their place.

    Nobody sees the model before every byte of it is checked.

    Raises:
        WrongBytesError: The bytes are not the catalogue's. Nothing was changed.
        OSError, Cancelled.
    """
    fresh = work / "new"
    done = 0

    def on_bytes(count: int) -> None:
        nonlocal done
        done += count
        progress(Progress(step=Step.UNPACKING, done=done, total=artefact.size))

    try:
        for file in artefact.files:
            with bundle.open(prefix + file.path) as stream:
                copy_verified(
                    stream,
                    fresh / file.path,
                    sha256=file.sha256,
                    size=file.size,
                    cancel=cancel,
                    on_bytes=on_bytes,
                )
        return put_in_place(fresh, folder / artefact.name, work)
    except _DAMAGE as error:
        raise WrongBytesError(f"压缩包已损坏 ({error})") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def put_in_place(fresh: Path, target: Path, work: Path) -> Path:
    """Rename the complete folder to its name; what lay there before goes."""
    if target.exists():
        old = Path(tempfile.mkdtemp(prefix="old-", dir=work))
        target.rename(old / target.name)
        fresh.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    else:
        fresh.rename(target)
    return target


def clean(work: Path) -> None:
    """Remove what a killed process left, but for downloads that can be resumed."""
    for folder in work.iterdir():
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)


def empty(work: Path) -> None:
    """Remove everything a finished fetch needed."""
    clean(work)
    for file in work.iterdir():
        file.unlink(missing_ok=True)


def quick_fault(artefact: Artefact, place: Path) -> str:
    """Say what is plainly wrong with a model's folder, without reading its files."""
    try:
        files = artefact.files_in(place)
    except ModelCorruptError as error:
        return error.message
    for file in files:
        path = place / file.path
        if not path.is_file():
            return f"缺少文件 {file.path}"
        if file.size is not None and path.stat().st_size != file.size:
            return f"文件 {file.path} 大小不符"
    return ""
