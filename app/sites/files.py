"""The desk's own site list on disk: a CSV that a table program opens as well."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from app.core.errors import SitesFileError
from app.core.model import Site
from app.sites.directory import Directory
from app.sites.importing import COLUMNS, read_sites


def load_directory(path: Path) -> Directory:
    """Read the desk's sites.

    Raises:
        SitesFileError: The file cannot be read or any row of it is wrong. A desk must
            not run on half a list.
    """
    read = read_sites(path)
    if read.problems:
        first = read.problems[0]
        more = f" (共{len(read.problems)}处)" if len(read.problems) > 1 else ""
        raise SitesFileError(
            f"站点文件 {path.name} 第{first.line}行: {first.cause}{more}"
        )
    return Directory(read.sites)


def save_directory(path: Path, sites: Iterable[Site]) -> Path | None:
    """Write the desk's sites: the whole new file, or the old one untouched.

    The list that was there is kept beside it, and its path is returned; None where
    there was none. A list that is already there as it stands is not written again, so
    that it does not push out the one before it.

    Raises:
        SitesFileError: The file cannot be written.
    """
    data = _written(sites)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        old = path.read_bytes() if path.exists() else None
        if old == data:
            return None
        previous = path.with_name(f"{path.stem}.previous{path.suffix}")
        if old is not None:
            write_atomically(previous, old)
        write_atomically(path, data)
    except PermissionError as error:
        raise SitesFileError(
            f"无法写入站点文件 {path}: 没有权限, 或正被表格软件占用",
            "请关闭打开它的软件, 并检查写入权限后重试; 原来的站点表没有改动。",
        ) from error
    except OSError as error:
        raise SitesFileError(
            f"无法写入站点文件 {path}: {error.strerror or error}",
            "请检查磁盘空间和文件权限后重试; 原来的站点表没有改动。",
        ) from error
    return previous if old is not None else None


def _written(sites: Iterable[Site]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for site in sites:
        writer.writerow(
            (
                site.id,
                site.name,
                ";".join(site.aliases),
                site.region,
                site.work_order_key,
                ";".join(site.cameras),
                site.valid_from or "",
                site.valid_until or "",
            )
        )
    # The byte order mark tells table programs that it is UTF-8.
    return text.getvalue().encode("utf-8-sig")


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path` as a whole or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
