"""A backup: one folder that holds the journal of a moment, verified, and what it is.

    griddesk-20261122-150301/
        journal.sqlite      the journal, as one plain file
        manifest.json       number and hash of its last entry, its SHA-256, who, when
        evidence/           pictures, where asked for
        recordings/         kept audio, where asked for

It is made under a name that ends in `.part`, which it loses when all of it is on the
disk. A journal that does not verify is copied all the same – an inquiry needs it – and
the folder then says so in its name; nothing is ever restored from that one.
"""

import json
import os
import shutil
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.errors import JournalError, UsageError
from app.core.people import Actor
from app.core.ports import ChainReport
from app.core.reviewing import EvidenceReport
from app.journal.copying import (
    Copied,
    CopyError,
    Files,
    Progress,
    Stage,
    copy_files,
    copy_journal,
    journal_size,
    need_space,
    size_of,
    unwritten,
    verified,
)
from app.journal.database import Database
from app.journal.evidence_check import check_evidence
from app.system.files import sha256_of, write_json

FORMAT: Final = "griddesk-journal-backup/1"
JOURNAL: Final = "journal.sqlite"
MANIFEST: Final = "manifest.json"
EVIDENCE: Final = "evidence"
RECORDINGS: Final = "recordings"
_UNSOUND: Final = "-未通过校验"
_ROOM: Final = 8 * 1024 * 1024
"""Bytes that a backup may need beside what is copied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says of itself."""

    format: str = FORMAT
    made_at: str
    by: str
    login: str
    workstation: str
    program: str
    seq: int
    head: str
    journal: str
    """Hash of the first entry."""
    created_at: str
    sha256: str
    """Of `journal.sqlite`, for `sha256sum`."""
    bytes: int
    sound: bool
    """Whether the copy was verified."""
    detail: str
    evidence: Files | None = None
    """None: the pictures were not copied."""
    missing: tuple[str, ...] = ()
    """Pictures that records name and that were not there."""
    swapped: tuple[str, ...] = ()
    """Pictures that are not what was recorded."""
    recordings: Files | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A backup that was made."""

    folder: Path
    manifest: Manifest
    report: ChainReport

    @property
    def pictures(self) -> EvidenceReport | None:
        """How the copied pictures are; None: they were not copied."""
        manifest = self.manifest
        if manifest.evidence is None:
            return None
        return EvidenceReport(
            checked=manifest.evidence.files,
            missing=manifest.missing,
            swapped=manifest.swapped,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is copied."""

    journal: Path
    evidence: Path | None = None
    """None: without pictures."""
    recordings: Path | None = None


def back_up(
    source: Source,
    target: Path,
    *,
    at: datetime,
    actor: Actor,
    program: str,
    progress: Progress,
    busy_s: float = 5.0,
) -> Backup:
    """Copy the journal into a new folder in `target`, and verify the copy.

    Raises:
        UsageError: The folder is within that of the journal.
        JournalError: Nothing to copy, no space, read-only; nothing is left behind.
    """
    _refuse_own_folder(source.journal, target)
    part = target / f"{_stamp(at)}-{os.getpid()}.part"
    try:
        target.mkdir(parents=True, exist_ok=True)
        need_space(target, _size(source) + _ROOM)
        part.mkdir()
        manifest, report = _fill(
            part, source, at, actor, program, progress, busy_s=busy_s
        )
        folder = _free_name(target, _stamp(at) + ("" if report.ok else _UNSOUND))
        part.rename(folder)
    except (OSError, CopyError) as error:
        raise unwritten(error, target) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    keep_entry(target)
    return Backup(folder=folder, manifest=manifest, report=report)


def _fill(
    part: Path,
    source: Source,
    at: datetime,
    actor: Actor,
    program: str,
    progress: Progress,
    *,
    busy_s: float,
) -> tuple[Manifest, ChainReport]:
    copy = part / JOURNAL
    if not copy_journal(source.journal, copy, progress, busy_s):
        raise JournalError(
            f"巡检日志「{source.journal}」还没有记录, 没有可备份的内容",
            "有了记录以后再备份。",
        )
    found: Copied = verified(copy, progress)
    pictures = audio = None
    seen = EvidenceReport(checked=0)
    # What a record names was there before it: pictures may be copied after it.
    if source.evidence is not None:
        pictures = copy_files(source.evidence, part / EVIDENCE, progress)
        seen = _compared(copy, part / EVIDENCE, progress)
    if source.recordings is not None:
        audio = copy_files(source.recordings, part / RECORDINGS, progress)
    manifest = Manifest(
        made_at=at.isoformat(),
        by=actor.name,
        login=actor.login,
        workstation=actor.workstation,
        program=program,
        seq=found.seq,
        head=found.head,
        journal=found.journal,
        created_at=found.created_at,
        sha256=sha256_of(copy),
        bytes=copy.stat().st_size,
        sound=found.report.ok,
        detail=found.report.detail,
        evidence=pictures,
        missing=seen.missing,
        swapped=seen.swapped,
        recordings=audio,
    )
    write_json(part / MANIFEST, asdict(manifest))
    return manifest, found.report


def _compared(copy: Path, folder: Path, progress: Progress) -> EvidenceReport:
    database = Database(copy, busy_s=0)
    try:
        with database.reading() as at:
            return check_evidence(at, folder, lambda d, t: progress(Stage.FILES, d, t))
    finally:
        database.close()


def read_manifest(folder: Path) -> Manifest | None:
    """Read what a backup says of itself; None: it says nothing.

    Raises:
        JournalError: It is damaged, or of a newer program.
    """
    path = folder / MANIFEST
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(path) from error
    try:
        if stated["format"] != FORMAT:
            raise _unreadable(path)
        counts = {
            name: Files(**stated[name]) if stated[name] is not None else None
            for name in (EVIDENCE, RECORDINGS)
        }
        named = {name: tuple(stated[name]) for name in ("missing", "swapped")}
        return Manifest(**{**stated, **counts, **named})
    except (TypeError, KeyError) as error:
        raise _unreadable(path) from error


def _unreadable(path: Path) -> JournalError:
    return JournalError(
        f"备份的清单「{path}」已损坏, 或由较新版本的程序写成",
        "请换一份备份, 或用较新版本的程序恢复。",
    )


def _refuse_own_folder(journal: Path, target: Path) -> None:
    home = journal.parent.resolve()
    if target.resolve().is_relative_to(home):
        raise UsageError(
            f"「{target}」在日志自己的文件夹里: 这个磁盘坏了, 日志和备份会一起丢失",
            "请备份到另一个磁盘, U盘或网络文件夹。",
        )


def _size(source: Source) -> int:
    folders = (source.evidence, source.recordings)
    return journal_size(source.journal) + sum(size_of(f) for f in folders if f)


def _stamp(at: datetime) -> str:
    return f"griddesk-{at.astimezone():%Y%m%d-%H%M%S}"


def _free_name(target: Path, name: str) -> Path:
    """Give a name that nothing has: two backups may be made in one second."""
    folder, count = target / name, 1
    while folder.exists():
        count += 1
        folder = target / f"{name}-{count}"
    return folder


def keep_entry(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can be asked to."""
    if sys.platform == "win32":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
