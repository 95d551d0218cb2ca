"""Puts a backup in the place of the journal, and keeps what was there beside it.

The backup is copied and verified on the journal's own disk first; what happened is
written into that copy as its next entry; then it takes the place of the journal in one
step of the file system. Meanwhile nobody else can have the journal open.
"""

import contextlib
import os
import shutil
import sqlite3
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.errors import JournalBrokenError, JournalError, UsageError
from app.journal.backup import (
    EVIDENCE,
    JOURNAL,
    MANIFEST,
    RECORDINGS,
    keep_entry,
    read_manifest,
)
from app.journal.copying import (
    Copied,
    CopyError,
    Progress,
    copy_files,
    copy_journal,
    hash_at,
    journal_size,
    need_space,
    unwritten,
    verified,
)
from app.journal.database import Database
from app.journal.second_name import BESIDE, KEPT, drop_second_name

Note = Callable[[Path, Copied, int | None], object]
"""Writes into a copy what happened; gets the entries of the journal that it replaces,
None where there is none that can be read."""

_ROOM: Final = 16 * 1024 * 1024
"""Bytes needed beside the copy: the reserve, and the files of WAL."""
_WORK: Final = ".restoring-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a backup is restored to."""

    journal: Path
    evidence: Path
    recordings: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was put in the place of what."""

    copied: Copied
    kept: Path | None
    """Where the former journal lies now; None: there was none."""
    before: int | None
    """Entries of the former journal; None: there was none, or it was unreadable."""
    files: int
    """Pictures and recordings that were missing here, and are back."""


@dataclass(frozen=True, slots=True)
class _Head:
    seq: int
    hash: str


def restore(
    backup: Path,
    place: Place,
    *,
    at: datetime,
    replace: bool,
    note: Note,
    progress: Progress,
) -> Restored:
    """Put a backup in the place of the journal.

    `replace`: also where that loses entries, or the journal is another one. `note`
    writes into the copy, before it takes its place, what happened.

    Raises:
        UsageError: No such backup, or it is the journal itself.
        JournalError: The backup does not verify; the journal is longer, or another one,
            and `replace` was not said; another program has it open; no space.
            The journal stays as it was.
    """
    journal = place.journal
    source = _found(backup, journal)
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with _alone(journal) as held:
            work = _workplace(journal, held)
            try:
                return _restore(source, work, place, held, at, replace, note, progress)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except (OSError, CopyError, sqlite3.Error) as error:
        raise unwritten(error, journal.parent) from error


def _restore(
    source: Path,
    work: Path,
    place: Place,
    held: "_Held",
    at: datetime,
    replace: bool,
    note: Note,
    progress: Progress,
) -> Restored:
    need_space(work, journal_size(source) + _ROOM)
    copy = work / JOURNAL
    copied = _sound_copy(source, copy, progress)
    before = held.head()
    if not replace:
        _refuse_loss(place.journal, held.there, before, copy, copied)
    files = _bring_files(source.parent, place, progress)
    note(copy, copied, before.seq if before is not None else None)
    if any(copy.with_name(copy.name + end).exists() for end in BESIDE):
        raise JournalError(
            "恢复出的日志没有正常关闭, 没有替换现在的日志", "请再恢复一次。"
        )
    kept = _swap(copy, place.journal, held, at)
    keep_entry(place.journal.parent)
    return Restored(
        copied=copied,
        kept=kept,
        before=before.seq if before is not None else None,
        files=files,
    )


def _workplace(journal: Path, held: "_Held") -> Path:
    """Make a folder on the journal's disk; what a killed one left there goes."""
    drop_second_name(journal)
    if held.locked:
        for left in journal.parent.glob(f"{_WORK}*"):
            shutil.rmtree(left, ignore_errors=True)
    work = journal.parent / f"{_WORK}{uuid.uuid4().hex[:8]}"
    work.mkdir()
    return work


def _found(backup: Path, journal: Path) -> Path:
    """Give the database of a backup; a folder, its manifest or the file name it."""
    source = backup / JOURNAL if backup.is_dir() else backup
    if source.name == MANIFEST:
        source = source.with_name(JOURNAL)
    if not source.is_file():
        raise UsageError(
            f"「{backup}」里没有备份", "请给出 griddesk log backup 写成的文件夹。"
        )
    if journal.exists() and source.samefile(journal):
        raise UsageError("这就是现在的日志, 不是备份", "请给出备份所在的文件夹。")
    return source


def _sound_copy(source: Path, copy: Path, progress: Progress) -> Copied:
    """Copy and verify a backup."""
    try:
        manifest = read_manifest(source.parent) if source.name == JOURNAL else None
        there = copy_journal(source, copy, progress, 0.0)
        copied = verified(copy, progress) if there else None
    except JournalBrokenError as error:
        raise JournalError(
            f"备份「{source}」不能恢复: 它不是巡检日志的数据库文件, 或者已经损坏",
            "请换一份备份; 现在的日志没有改动。",
        ) from error
    if copied is None or not copied.seq:
        raise JournalError(f"备份「{source}」里没有记录", "请换一份备份。")
    if not copied.report.ok:
        raise JournalError(
            f"备份「{source}」没有通过校验: {copied.report.detail}",
            "请换一份备份; 现在的日志没有改动。",
        )
    if manifest and (manifest.seq, manifest.head) != (copied.seq, copied.head):
        raise JournalError(
            f"备份「{source}」与它的清单不符: 清单记的是{manifest.seq}条, "
            f"文件里有{copied.seq}条, 或链头不同",
            "备份在写成后被改动, 请换一份; 现在的日志没有改动。",
        )
    return copied


def _refuse_loss(
    journal: Path, there: bool, before: _Head | None, copy: Path, copied: Copied
) -> None:
    remedy = "确实要恢复时请加上 --replace; 现在的日志会改名保留, 不会删除。"
    if not there or (before is not None and not before.seq):
        return
    if before is None:
        raise JournalError(f"现在的日志「{journal}」读不出来", remedy)
    if before.seq > copied.seq:
        raise JournalError(
            f"现在的日志有{before.seq}条, 备份只有{copied.seq}条: "
            f"恢复后第{copied.seq + 1}条起的记录不在新日志里",
            remedy,
        )
    database = Database(copy, busy_s=0)
    try:
        with database.reading() as connection:
            same = connection is not None and hash_at(connection, before.seq)
    finally:
        database.close()
    if same != before.hash:
        raise JournalError(
            f"现在的日志与备份不是同一条链: 第{before.seq}条的哈希不同", remedy
        )


def _bring_files(folder: Path, place: Place, progress: Progress) -> int:
    """Bring back pictures and recordings that are not here."""
    pairs = (
        (folder / EVIDENCE, place.evidence),
        (folder / RECORDINGS, place.recordings),
    )
    if not (folder / MANIFEST).exists():
        return 0
    return sum(copy_files(*pair, progress).files for pair in pairs if pair[0].is_dir())


def _swap(copy: Path, journal: Path, held: "_Held", at: datetime) -> Path | None:
    """Let the copy take the place of the journal, in one step where that is possible.

    A moment without any journal would be one in which a desk begins a second chain.
    """
    if not held.there:
        copy.replace(journal)
        return None
    kept = _kept_name(journal, at)
    try:
        # A second name until the copy has the first one; see `journal.second_name`.
        os.link(journal, kept)
        linked = True
    except OSError:
        linked = False
    # Whoever might read the former one reads this one, and nobody else.
    shutil.copymode(journal, copy)
    held.let_go()
    if not linked:
        journal.rename(kept)
    for end in BESIDE:
        beside = journal.with_name(journal.name + end)
        if beside.exists():
            beside.rename(kept.with_name(kept.name + end))
    try:
        copy.replace(journal)
    except OSError:
        if linked:
            drop_second_name(journal)
        else:
            kept.rename(journal)
        raise
    return kept


def _kept_name(journal: Path, at: datetime) -> Path:
    stem = f"{journal.stem}{KEPT}{at.astimezone():%Y%m%d-%H%M%S}"
    kept, count = journal.with_name(f"{stem}{journal.suffix}"), 1
    while kept.exists():
        count += 1
        kept = journal.with_name(f"{stem}-{count}{journal.suffix}")
    return kept


class _Held:
    """The journal that is to be replaced, locked against everybody else."""

    def __init__(self, connection: sqlite3.Connection | None, *, there: bool) -> None:
        """Take the connection that holds the lock; None: nothing could be locked."""
        self._connection = connection
        self.there = there

    @property
    def locked(self) -> bool:
        """Whether nobody else can open it."""
        return self._connection is not None

    def head(self) -> _Head | None:
        """Give number and hash of the last entry; None: it cannot be read."""
        if self._connection is None:
            return None
        with contextlib.suppress(sqlite3.Error):
            last = self._connection.execute(
                "SELECT seq, hash FROM journal_entries ORDER BY seq DESC LIMIT 1"
            ).fetchone()
            return _Head(*last) if last else _Head(0, "")
        return None

    def let_go(self) -> None:
        """Close the file before it is renamed, where no open one can be."""
        if sys.platform == "win32" and self._connection is not None:
            self._connection.close()


@contextlib.contextmanager
def _alone(journal: Path) -> Iterator[_Held]:
    """Lock the journal, and fold what WAL holds into its file.

    Leaving WAL needs a lock that nobody gets while another has the file open at all,
    even if he does nothing: every desk, and every window of one, is noticed so. A file
    that is no database cannot be open in one.

    Raises:
        JournalError: Another program has it open.
    """
    if not journal.exists():
        yield _Held(None, there=False)
        return
    before = journal.stat().st_ino
    connection = sqlite3.connect(
        f"{journal.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=0,
        isolation_level=None,
    )
    with contextlib.closing(connection):
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            code = error.sqlite_errorcode & 0xFF
            if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
                raise JournalError(
                    f"巡检日志「{journal}」正被另一个程序打开, 没有恢复",
                    "请关闭 GridDesk 窗口和其他使用日志的程序, 然后再恢复。",
                ) from error
            if code not in {sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT}:
                raise
            yield _Held(None, there=True)
            return
        try:
            yield _Held(connection, there=True)
        finally:
            # As it was, where nothing took its place: only WAL shows who has it open.
            with contextlib.suppress(sqlite3.Error, OSError):
                if journal.stat().st_ino == before:
                    connection.execute("ROLLBACK")
                    connection.execute("PRAGMA journal_mode = WAL")
