"""Bringing a model's archive to this machine, one function for each kind of source."""

import importlib.util
import subprocess
import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Final, Protocol

from app.core.cancel import CancelToken
from app.modelstore.catalogue import Source, SourceKind
from app.modelstore.download import DownloadError, download

_POLL_S: Final = 0.2


class Fetcher(Protocol):
    """Brings a source's archive into a folder and returns its path.

    What a broken-off attempt left in the folder may be used again. Raises
    DownloadError, Cancelled, OSError.
    """

    def __call__(
        self,
        source: Source,
        folder: Path,
        *,
        hosts: Collection[str],
        cancel: CancelToken,
        on_total: Callable[[int], object],
    ) -> Path:
        """Bring the archive."""
        ...


def fetch_archive(
    source: Source,
    folder: Path,
    *,
    hosts: Collection[str],
    cancel: CancelToken,
    on_total: Callable[[int], object],
) -> Path:
    """Download an archive, going on where the last attempt broke off."""
    # Named by its hash: another version's beginning is never continued.
    part = folder / f"{source.sha256[:16]}.part"
    download(
        source.location,
        part,
        size=source.size,
        hosts=hosts,
        cancel=cancel,
        on_total=on_total,
    )
    return part


def fetch_wheel(
    source: Source,
    folder: Path,
    *,
    hosts: Collection[str],
    cancel: CancelToken,
    on_total: Callable[[int], object],
) -> Path:
    """Ask pip of the running interpreter for a wheel, and install nothing.

    pip honours the index, mirror, proxy and certificates that the user configured.
    """
    if getattr(sys, "frozen", False) or importlib.util.find_spec("pip") is None:
        raise DownloadError("此安装中没有 pip, 不能从 Python 软件源取得")
    wheels = folder / "wheels"
    wheels.mkdir(parents=True, exist_ok=True)
    for old in wheels.iterdir():
        old.unlink()
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input"]
    command += ["--disable-pip-version-check", "--progress-bar", "off", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(wheels), source.location]
    said = folder / "pip.log"
    with said.open("wb") as log:
        try:
            _run(command, log.fileno(), cancel)
        except OSError as error:
            raise DownloadError(f"pip 无法启动 ({error.strerror})") from error
    found = sorted(wheels.glob("*.whl"))
    if not found:
        raise DownloadError(f"pip 没有取得 {source.location} ({_last_line(said)})")
    on_total(source.size)
    return found[0]


def _run(command: list[str], output: int, cancel: CancelToken) -> None:
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
    ) as process:
        while True:
            try:
                process.wait(_POLL_S)
            except subprocess.TimeoutExpired:
                if cancel.cancelled:
                    process.terminate()
            else:
                break
    cancel.raise_if_cancelled()


def _last_line(path: Path) -> str:
    lines = path.read_text("utf-8", errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR")] or lines
    return errors[-1].removeprefix("ERROR: ")[:200] if errors else "没有说明原因"


FETCHERS: Final[dict[SourceKind, Fetcher]] = {
    SourceKind.ARCHIVE: fetch_archive,
    SourceKind.WHEEL: fetch_wheel,
}
"""A new kind of source is a member of `SourceKind` and a row here."""
