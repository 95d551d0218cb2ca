"""Copies of a journal and of the files that belong to it: made, measured, verified."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from app.core.errors import JournalError
from app.core.ports import ChainReport
from app.journal import schema
from app.journal.chain import last
from app.journal.database import Database
from app.journal.heads import first_hash
from app.journal.reserve import free_space
from app.journal.verify import Walk

_PAGES: Final = 2048
"""Of 4 KiB in a step; between two of them the copy can be stopped."""
_PART: Final = ".part"
"""What a half-written file ends in, wherever this program writes one."""
_MEGABYTE: Final = 1024 * 1024


class Stage(StrEnum):
    """What is done at the moment."""

    COPYING = "copying"
    VERIFYING = "verifying"
    FILES = "files"
    """Pictures and recordings."""


Progress = Callable[[Stage, int, int], None]
"""Gets (stage, done, total), in units of the stage; what it raises ends the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """A copy of a journal that was verified."""

    report: ChainReport
    seq: int
    head: str
    journal: str
    """Hash of the first entry; empty: there is none."""
    created_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """Files that were copied."""

    files: int = 0
    bytes: int = 0


def copy_journal(source: Path, target: Path, progress: Progress, busy_s: float) -> bool:
    """Copy the journal as of this moment, while others go on writing.

    Gives False where there is no journal. The read transaction that the copy is made
    in keeps the moment: what is written meanwhile is not in it, and does not make it
    begin anew.

    Raises:
        JournalError: The journal cannot be read.
        sqlite3.Error, OSError: The copy cannot be written.
    """
    database = Database(source, busy_s=busy_s)
    try:
        with database.reading() as at:
            if at is None:
                return False
            driver = at.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            _copy(driver, target, progress)
    finally:
        database.close()
    with target.open("rb+") as file:
        os.fsync(file.fileno())
    return True


def _copy(source: sqlite3.Connection, target: Path, progress: Progress) -> None:
    try:
        with closing(sqlite3.connect(target, isolation_level=None)) as copy:
            # Alone, without files beside it: a stick may know no shared memory.
            copy.execute("PRAGMA locking_mode = EXCLUSIVE")
            copy.execute("PRAGMA journal_mode = OFF")
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(
                copy,
                pages=_PAGES,
                progress=lambda _, left, total: progress(
                    Stage.COPYING, total - left, total
                ),
            )
            # One plain file, which a read-only medium can be read from.
            copy.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in {
            sqlite3.SQLITE_CORRUPT,
            sqlite3.SQLITE_NOTADB,
        }:
            raise
        # Whoever reads the source must not take it for a fault of the source.
        raise CopyError(error) from error


class CopyError(Exception):
    """The copy could not be written; the cause is SQLite's."""

    def __init__(self, cause: sqlite3.Error) -> None:
        """Take the cause."""
        super().__init__(str(cause))
        self.cause = cause


def verified(copy: Path, progress: Progress) -> Copied:
    """Walk the chain of a copy.

    Raises:
        JournalError: It cannot be read.
    """
    database = Database(copy, busy_s=0)
    try:
        with database.reading() as at:
            if at is None:
                raise JournalError(f"「{copy}」里没有日志", "请换一份备份。")
            report = Walk(at).run(lambda d, t: progress(Stage.VERIFYING, d, t))
            meta = schema.meta.c
            seq, head = last(at)
            made = select(meta.value).where(meta.key == "created_at")
            return Copied(
                report=report,
                seq=seq,
                head=head,
                journal=first_hash(at),
                created_at=at.execute(made).scalar() or "",
            )
    finally:
        database.close()


def hash_at(connection: Connection, seq: int) -> str | None:
    """Give the hash of an entry; None: there is none of this number."""
    entries = schema.entries.c
    found = connection.execute(select(entries.hash).where(entries.seq == seq))
    return found.scalar()


def journal_size(path: Path) -> int:
    """Give the bytes that a copy of a journal takes at most."""
    beside = (path, path.with_name(path.name + "-wal"))
    return sum(each.stat().st_size for each in beside if each.exists())


def copy_files(source: Path, target: Path, progress: Progress) -> Files:
    """Copy what is not there yet, folder by folder; nothing is written over.

    Raises:
        OSError: A file cannot be read or written.
    """
    wanted = list(_files(source))
    copied = Files()
    for done, name in enumerate(wanted, start=1):
        there = target / name
        if not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            size = _copy_file(source / name, there)
            copied = Files(files=copied.files + 1, bytes=copied.bytes + size)
        progress(Stage.FILES, done, len(wanted))
    return copied


def _copy_file(source: Path, target: Path) -> int:
    """Copy one file whole or not at all; give its bytes."""
    aside = target.with_name(target.name + _PART)
    try:
        with source.open("rb") as read, aside.open("wb") as written:
            shutil.copyfileobj(read, written, _MEGABYTE)
            written.flush()
            os.fsync(written.fileno())
            size = written.tell()
        shutil.copystat(source, aside)
        aside.replace(target)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    return size


def _files(folder: Path) -> Iterator[Path]:
    """Give the plain files of a folder, by their names within it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink() and path.suffix != _PART:
            yield path.relative_to(folder)


def size_of(folder: Path) -> int:
    """Give the bytes of the files of a folder."""
    return sum((folder / name).stat().st_size for name in _files(folder))


def need_space(folder: Path, needed: int) -> None:
    """Refuse before hours of copying what cannot end well.

    Raises:
        JournalError: There is less space than that.
    """
    free = free_space(folder)
    if free is not None and free < needed:
        raise JournalError(
            f"「{folder}」所在的磁盘只剩{free // _MEGABYTE} MB, "
            f"需要{needed // _MEGABYTE + 1} MB",
            "请清理这个磁盘, 或换一个磁盘。",
        )


def unwritten(error: BaseException, folder: Path) -> JournalError:
    """Say why a copy could not be written."""
    number = error.errno if isinstance(error, OSError) else None
    code = getattr(getattr(error, "cause", error), "sqlite_errorcode", 0) & 0xFF
    free = free_space(folder)
    if (
        number in {errno.ENOSPC, errno.EDQUOT}
        or code == sqlite3.SQLITE_FULL
        or (code == sqlite3.SQLITE_IOERR and free is not None and free < _MEGABYTE)
    ):
        return JournalError(
            f"磁盘已满, 「{folder}」写不下", "请清理这个磁盘, 或换一个磁盘后重试。"
        )
    if number == errno.EFBIG or code == sqlite3.SQLITE_IOERR:
        return JournalError(
            f"写入「{folder}」时磁盘出错, 或者它放不下这么大的文件 (FAT32 最多4 GB)",
            "请检查磁盘, 或换一个 exFAT、NTFS 或 ext4 格式的磁盘。",
        )
    if number in {errno.EROFS, errno.EACCES, errno.EPERM} or code in {
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }:
        return JournalError(
            f"「{folder}」是只读的, 或者没有写权限", "请检查权限, 或换一个位置。"
        )
    said = error.strerror if isinstance(error, OSError) else str(error)
    return JournalError(
        f"读写「{folder}」时出错: {said or error}", "请检查磁盘后重试, 或换一个位置。"
    )
