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
    preview = read_sites(path)
    if preview.problems:
        first = preview.problems[0]
        more = f" (共{len(preview.problems)}处)" if len(preview.problems) > 1 else ""
        raise SitesFileError(
            f"站点文件 {path.name} 第{first.line}行: {first.cause}{more}"
        )
    return Directory(preview.sites)


def save_directory(path: Path, sites: Iterable[Site]) -> None:
    """Write the desk's sites: the whole new file, or the old one untouched.

    Raises:
        SitesFileError: The file cannot be written.
    """
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
            )
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The byte order mark tells table programs that it is UTF-8.
        write_atomically(path, text.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise SitesFileError(
            f"无法写入站点文件 {path}: {error.strerror or error}",
            "请检查磁盘空间和文件权限后重试; 原来的站点表没有改动。",
        ) from error


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
