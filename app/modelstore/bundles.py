"""Where a model's files can be read from: a folder, a zip or wheel, a tar archive.

Only files that the catalogue lists are ever taken out, and they are written to the
catalogue's own paths, so names inside an archive cannot lead anywhere else.
"""

import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol

from app.modelstore.catalogue import Artefact


class Bundle(Protocol):
    """Files with names, sizes and contents."""

    def sizes(self) -> Mapping[str, int]:
        """Give every regular file's name (with forward slashes) and size."""
        ...

    def open(self, name: str) -> IO[bytes]:
        """Open one of them for reading."""
        ...

    def close(self) -> None:
        """Give back the archive."""
        ...


class FolderBundle:
    """A folder on disk."""

    def __init__(self, root: Path) -> None:
        """Read from below `root`."""
        self._root = root

    def sizes(self) -> Mapping[str, int]:
        """Give every file below the folder."""
        found = (path for path in self._root.rglob("*") if path.is_file())
        return {
            path.relative_to(self._root).as_posix(): path.stat().st_size
            for path in found
        }

    def open(self, name: str) -> IO[bytes]:
        """Open a file below the folder."""
        return (self._root / name).open("rb")

    def close(self) -> None:
        """Do nothing; no file stays open."""


class ZipBundle:
    """A zip archive, or a wheel, which is one."""

    def __init__(self, path: Path) -> None:
        """Open the archive.

        Raises:
            zipfile.BadZipFile, OSError.
        """
        self._zip = zipfile.ZipFile(path)

    def sizes(self) -> Mapping[str, int]:
        """Give every file of the archive, as its directory says."""
        return {
            info.filename: info.file_size
            for info in self._zip.infolist()
            if not info.is_dir()
        }

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        return self._zip.open(name)

    def close(self) -> None:
        """Close the archive."""
        self._zip.close()


class TarBundle:
    """A tar archive, compressed or not."""

    def __init__(self, path: Path) -> None:
        """Open the archive.

        Raises:
            tarfile.TarError, OSError.
        """
        self._tar = tarfile.open(path)  # noqa: SIM115 – closed by `close`
        self._members = {
            member.name.removeprefix("./"): member
            for member in self._tar.getmembers()
            if member.isfile()
        }

    def sizes(self) -> Mapping[str, int]:
        """Give every regular file; links and devices are passed over."""
        return {name: member.size for name, member in self._members.items()}

    def open(self, name: str) -> IO[bytes]:
        """Open a member."""
        stream = self._tar.extractfile(self._members[name])
        assert stream is not None, "only regular files are listed"
        return stream

    def close(self) -> None:
        """Close the archive."""
        self._tar.close()


UNREADABLE = (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError, RuntimeError)
"""What reading a damaged or protected archive raises."""


def open_bundle(path: Path) -> Bundle:
    """Open a folder or an archive, whichever `path` is.

    Raises:
        zipfile.BadZipFile, tarfile.TarError, OSError: It is neither, or damaged.
    """
    if path.is_dir():
        return FolderBundle(path)
    if zipfile.is_zipfile(path):
        return ZipBundle(path)
    return TarBundle(path)


def find_model(bundle: Bundle, artefact: Artefact) -> str | None:
    """Give the prefix below which all of a model's files lie, or None.

    Archives of several models (one for each language) hold the same names more than
    once; the sizes tell which is meant.
    """
    sizes = bundle.sizes()
    if not artefact.files:
        return None
    key = max(artefact.files, key=lambda file: file.size or 0)
    ends = (name for name in sizes if name == key.path or name.endswith(f"/{key.path}"))
    for prefix in sorted((name.removesuffix(key.path) for name in ends), key=len):
        wanted = ((prefix + file.path, file.size) for file in artefact.files)
        if all(sizes.get(name) == size for name, size in wanted):
            return prefix
    return None
