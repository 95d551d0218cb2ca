"""Kept audio: one FLAC a command, beside the journal, named by what it holds.

`recordings/2026-11-22/<SHA-256 of the samples>.flac`, the day being the desk's local
one. The record of the run holds the same SHA-256, so that the link proves itself: a
file whose samples do not hash to its name is not what was heard. Files older than the
days of the settings are deleted when the desk starts and when a day begins; the journal
is told before, so that what the desk itself deletes is not missed as something removed.
"""

import asyncio
import contextlib
import hashlib
import io
import logging
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from app.core.errors import JournalError
from app.core.ports import Clock, Health
from app.core.recording import Keep, Recording

log = logging.getLogger(__name__)

RATE: Final = 16_000
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_FILE: Final = re.compile(r"([0-9a-f]{64})\.flac")
_PART: Final = ".part"
_OWN_FOLDER: Final = 0o700
_MEGA: Final = 1024 * 1024
_NO_LIBRARY: Final = "缺少 libsndfile, 无法读写录音"


Expiring = Callable[[datetime, int], None]
"""Gets told before files are deleted: those of before that time, and how many. Raises
JournalError where that could not be written down; then nothing is deleted."""


class _NoLibraryError(Exception):
    """There is nothing to read or write FLAC with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What lies in the folder."""

    files: int = 0
    bytes: int = 0
    oldest: date | None = None


class KeptRecordings:
    """The folder of recordings of one desk; safe from several threads."""

    def __init__(
        self,
        folder: Path,
        *,
        keep: Keep,
        days: int,
        clock: Clock,
        expiring: Expiring = lambda before, count: None,
    ) -> None:
        """Take the folder, what is kept, for how many days, and whom to tell."""
        self.folder: Final = folder
        self._wanted, self._days, self._clock = keep, days, clock
        self._expiring = expiring
        self._lock = threading.Lock()
        self._cleaned: date | None = None
        self._kept = Kept()
        self._fault = ""
        """Why the last recording was not kept."""
        self._undeleted = 0

    @property
    def wanted(self) -> Keep:
        """What is to be kept."""
        return self._wanted

    @property
    def days(self) -> int:
        """For how many days."""
        return self._days

    async def keep(self, pcm: bytes, sha256: str) -> bool:
        """Keep samples as FLAC; see `core.recording.Recordings`."""
        return await asyncio.to_thread(self._keep, pcm, sha256)

    def _keep(self, pcm: bytes, sha256: str) -> bool:
        with self._lock:
            self._clean_if_due()
            try:
                self._write(pcm, sha256)
                self._fault = ""
            except _NoLibraryError as error:
                self._fault = _NO_LIBRARY
                log.info("a recording was not kept: %s", error)
            except OSError as error:
                self._fault = error.strerror or type(error).__name__
                log.info("a recording was not kept: %s", error)
            except Exception as error:
                # libsndfile says whatever it likes; the run goes on.
                self._fault = f"{type(error).__name__}: {error}"
                log.info("a recording was not kept", exc_info=True)
            return not self._fault

    def _write(self, pcm: bytes, sha256: str) -> None:
        if hashlib.sha256(pcm).hexdigest() != sha256:
            raise OSError(0, "录音与识别器听到的不一致")
        path = self.folder / self._today().isoformat() / f"{sha256}.flac"
        if (here := self._checked(path)) is not None and not here.problem:
            return
        data = _encoded(pcm)
        # What people said is nobody else's on this machine.
        self.folder.mkdir(mode=_OWN_FOLDER, parents=True, exist_ok=True)
        path.parent.mkdir(mode=_OWN_FOLDER, exist_ok=True)
        mended = path.exists()
        aside = path.with_name(f"{sha256}.{uuid.uuid4().hex}{_PART}")
        try:
            with open(aside, "wb", opener=_own) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
        except OSError:
            with contextlib.suppress(OSError):
                aside.unlink(missing_ok=True)
            raise
        if mended:
            # Who knows what the changed file was counted as.
            self._kept = self._counted()
        else:
            self._add(len(data))

    def _add(self, size: int) -> None:
        """Add to the count: a folder of a month takes too long to be counted anew."""
        kept = self._kept
        self._kept = Kept(
            files=kept.files + 1,
            bytes=kept.bytes + size,
            oldest=min(kept.oldest or self._today(), self._today()),
        )

    def find(self, sha256: str) -> Recording | None:
        """Give the newest file of this name, checked against it; None: there is none.

        What was changed is given only where no sound copy is left.
        """
        if not _FILE.fullmatch(f"{sha256}.flac"):
            return None
        changed: Recording | None = None
        for day in sorted(self._days_here(), reverse=True):
            found = self._checked(self.folder / day.isoformat() / f"{sha256}.flac")
            if found is not None and not found.problem:
                return found
            changed = changed or found
        return changed

    def _checked(self, path: Path) -> Recording | None:
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            problem = f"读不出来 ({error.strerror})"
            return Recording(path=path, problem=problem, readable=False)
        try:
            pcm = _decoded(data)
        except _NoLibraryError:
            return Recording(path=path, problem=_NO_LIBRARY, readable=False)
        if pcm is None:
            return Recording(path=path, problem="文件已损坏或被改动, 不是录音")
        if hashlib.sha256(pcm).hexdigest() != path.stem:
            return Recording(path=path, problem="被改动: 内容与日志里的指纹不符")
        return Recording(path=path)

    def kept(self) -> Kept:
        """Count what lies in the folder."""
        with self._lock:
            self._kept = self._counted()
            return self._kept

    async def health(self) -> Health | None:
        """Say how the recordings are; None where none is kept, nor wanted."""
        return await asyncio.to_thread(self._health)

    def _health(self) -> Health | None:
        with self._lock:
            self._clean_if_due()
            kept, fault, left = self._kept, self._fault, self._undeleted
        if self._wanted is not Keep.FLAC and not kept.files:
            return None
        detail, remedy = described(kept, self._days), ""
        if left:
            detail = f"{left} 个到期的录音没有删除; {detail}"
            remedy = f"请检查日志能否写入, 以及文件夹 {self.folder} 的权限。"
        if fault:
            detail = f"录音没有保存 ({fault}); {detail}"
            cause = f"请检查磁盘空间和文件夹 {self.folder} 的权限"
            if fault == _NO_LIBRARY:
                cause = "请运行 sudo apt-get install libsndfile1, 或安装同类软件包"
            remedy = (
                f"查询和日志不受影响。{cause}, 或把设置项 recordings.keep 改为 hash。"
            )
        ok = not fault and not left
        return Health(
            key="recordings", name="录音保存", ok=ok, detail=detail, remedy=remedy
        )

    def _today(self) -> date:
        return self._clock.now().astimezone().date()

    def _clean_if_due(self) -> None:
        if self._cleaned == self._today():
            return
        try:
            self._clean()
        except Exception:
            # A run, and what else the folder is asked for, goes on.
            log.exception("old recordings were not deleted")

    def _clean(self) -> None:
        """Delete what is older than it may be, and what a crash left half written."""
        today = self._today()
        first = today - timedelta(days=self._days)
        self._undeleted = 0
        old = [
            self.folder / day.isoformat() for day in self._days_here() if day < today
        ]
        for folder in old:
            for path in list(_entries(folder)):
                if path.name.endswith(_PART):
                    self._delete(path)
        due = [folder for folder in old if folder.name < first.isoformat()]
        files = [
            path
            for folder in due
            for path in _entries(folder)
            if _FILE.fullmatch(path.name)
        ]
        if files and not self._told(first, len(files)):
            self._undeleted += len(files)
            files, due = [], []
        for path in files:
            self._delete(path)
        for folder in due:
            # Only an empty folder can be removed: what is not ours stays.
            with contextlib.suppress(OSError):
                folder.rmdir()
        self._cleaned, self._kept = today, self._counted()

    def _told(self, first: date, count: int) -> bool:
        """Have it written down that files are deleted; say whether it was."""
        try:
            self._expiring(datetime.combine(first, time.min).astimezone(), count)
        except JournalError as error:
            log.info("old recordings stay, as the journal is not told: %s", error)
            return False
        return True

    def _delete(self, path: Path) -> None:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            self._undeleted += 1
            log.info("a recording could not be deleted: %s", error)

    def _days_here(self) -> Iterator[date]:
        for path in _entries(self.folder):
            if _DAY.fullmatch(path.name) and not path.is_symlink() and path.is_dir():
                with contextlib.suppress(ValueError):
                    yield date.fromisoformat(path.name)

    def _counted(self) -> Kept:
        files, size, oldest = 0, 0, None
        for day in self._days_here():
            for path in _entries(self.folder / day.isoformat()):
                if not _FILE.fullmatch(path.name):
                    continue
                with contextlib.suppress(OSError):
                    size += path.stat().st_size
                    files += 1
                    oldest = min(oldest or day, day)
        return Kept(files=files, bytes=size, oldest=oldest)


def folder_of(journal: Path) -> Path:
    """Name the folder of recordings that belongs to a journal's file."""
    return journal.parent / "recordings"


def described(kept: Kept, days: int) -> str:
    """Put into words what is kept."""
    if kept.oldest is None:
        return f"没有录音文件, 保留 {days} 天"
    size = f"{kept.bytes / _MEGA:.1f} MB"
    return f"{kept.files} 个文件, {size}, 最早 {kept.oldest}, 保留 {days} 天"


def _entries(folder: Path) -> Iterator[Path]:
    try:
        yield from sorted(folder.iterdir())
    except OSError:
        return


def _need_library() -> None:
    """Import the library for FLAC, which looks for libsndfile as it is imported.

    Raises:
        _NoLibraryError: It is not there.
    """
    try:
        import soundfile  # noqa: F401
    except (ImportError, OSError) as error:
        raise _NoLibraryError(str(error)) from error


def _encoded(pcm: bytes) -> bytes:
    _need_library()
    import numpy as np
    import soundfile

    out = io.BytesIO()
    samples = np.frombuffer(pcm, dtype="<i2")
    soundfile.write(out, samples, RATE, format="FLAC", subtype="PCM_16")
    return out.getvalue()


def _decoded(data: bytes) -> bytes | None:
    _need_library()
    import soundfile

    try:
        samples, _ = soundfile.read(io.BytesIO(data), dtype="int16")
    except (soundfile.LibsndfileError, RuntimeError, TypeError):
        return None
    return bytes(samples.astype("<i2").tobytes())


def _own(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
