"""Backups while the desk goes on writing, and what may be put back in its place."""

import asyncio
import contextlib
import hashlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from app.core.cancel import CancelToken
from app.core.errors import Cancelled, JournalError, UsageError
from app.core.people import Actor
from app.core.ports import JournalQuery
from app.journal import copying
from app.journal import restore as restoring
from app.journal.backup import Backup, Source, back_up, read_manifest
from app.journal.copying import Copied, Stage
from app.journal.restore import Place, Restored, restore
from app.journal.second_name import drop_second_name
from app.journal.store import SqliteJournal
from tests.fakes import HeldClock
from tests.unit.journal.conftest import OpenJournal, fill
from tests.unit.journal.records import record
from tests.unit.journal.test_disaster import ROOT, fill_up, needs_posix, small_disk
from tests.unit.journal.test_verify import edited, tamper, truncated_everywhere

__all__ = ["small_disk"]

AT: Final = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
WANG: Final = Actor(name="王工", workstation="运维")
RESTORED: Final = 99_999
"""Stands in these tests for the entry that says what was restored."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A closed journal of sixty records."""
    path = tmp_path_factory.mktemp("template") / "journal.db"
    journal = SqliteJournal(path, clock=HeldClock())
    fill(journal, 60)
    journal.close()
    return path


@pytest.fixture
def path(template: Path, tmp_path: Path) -> Path:
    path = tmp_path / "巡检 日志#1?%41" / "journal.db"
    path.parent.mkdir()
    shutil.copy(template, path)
    return path


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    return tmp_path / "U 盘#2?%42" / "备份"


class Seen:
    """Progress that is remembered."""

    def __init__(self) -> None:
        self.stages: list[tuple[Stage, int, int]] = []

    def __call__(self, stage: Stage, done: int, total: int) -> None:
        self.stages.append((stage, done, total))


def backed_up(path: Path, to: Path, **more: Path) -> Backup:
    return back_up(
        Source(journal=path, **more),
        to,
        at=AT,
        actor=WANG,
        program="griddesk 1",
        progress=Seen(),
    )


def note(at: Path, copied: Copied, before: int | None) -> None:
    journal = SqliteJournal(at, clock=HeldClock())
    asyncio.run(journal.append(record(RESTORED)))
    journal.close()


def put_back(backup: Path, path: Path, *, replace: bool = False) -> Restored:
    return restore(
        backup,
        Place(
            journal=path,
            evidence=path.with_name("evidence"),
            recordings=path.with_name("recordings"),
        ),
        at=AT,
        replace=replace,
        note=note,
        progress=Seen(),
    )


def numbers(path: Path) -> list[int]:
    """Give the numbers of the records of a sound journal."""
    journal = SqliteJournal(path, clock=HeldClock())
    try:
        report = journal.verify()
        assert report.ok, report
        return [int(e.record.run_id, 16) for e in journal.entries(JournalQuery())]
    finally:
        journal.close()


def names(folder: Path) -> set[str]:
    """Give what lies in a folder, without what SQLite makes to read."""
    here = {each.name for each in folder.iterdir()}
    return {name for name in here if not name.endswith(("-wal", "-shm"))}


def test_a_backup_is_a_verified_journal_that_says_what_it_is(
    path: Path, stick: Path
) -> None:
    seen = Seen()
    source = Source(journal=path)
    made = back_up(
        source, stick, at=AT, actor=WANG, program="griddesk 1", progress=seen
    )
    assert made.report.ok
    assert names(stick) == {made.folder.name}
    assert names(made.folder) == {"journal.sqlite", "manifest.json"}
    copy = made.folder / "journal.sqlite"
    stated = json.loads((made.folder / "manifest.json").read_text(encoding="utf-8"))
    assert stated["sha256"] == hashlib.sha256(copy.read_bytes()).hexdigest()
    assert (stated["seq"], stated["by"], stated["sound"]) == (60, "王工", True)
    assert read_manifest(made.folder) == made.manifest
    assert numbers(copy) == list(range(1, 61))
    assert {stage for stage, _, _ in seen.stages} == {Stage.COPYING, Stage.VERIFYING}
    assert all(done <= total for _, done, total in seen.stages)
    assert seen.stages[-1] == (Stage.VERIFYING, 60, 60)


def test_two_backups_in_one_second_are_two(path: Path, stick: Path) -> None:
    first, second = backed_up(path, stick), backed_up(path, stick)
    assert names(stick) == {first.folder.name, second.folder.name}


def test_a_backup_is_one_plain_file_that_a_read_only_medium_can_hold(
    path: Path, stick: Path
) -> None:
    made = backed_up(path, stick)
    header = (made.folder / "journal.sqlite").read_bytes()[18:20]
    assert header == b"\x01\x01", "written by the rollback journal, not by WAL"


WRITES = """
import asyncio, sys
from pathlib import Path
from app.core.clock import SystemClock
from app.journal.store import SqliteJournal
from tests.unit.journal.records import record

async def course():
    journal = SqliteJournal(Path(sys.argv[1]), clock=SystemClock())
    number = 1000
    while True:
        await journal.append(record(number))
        print(number, flush=True)
        number += 1

asyncio.run(course())
"""


@pytest.fixture
def writer(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that appends without a pause."""
    child = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "1000\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_backup_holds_one_moment_while_another_process_writes(
    path: Path,
    stick: Path,
    writer: subprocess.Popen[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(copying, "_PAGES", 1)
    assert writer.stdout is not None
    left: list[int] = []

    def progress(stage: Stage, done: int, total: int) -> None:
        if stage is Stage.COPYING:
            left.append(total - done)
            if len(left) % 10 == 0:
                # Something is written between every ten pages.
                writer.stdout.readline()  # type: ignore[union-attr]

    made = back_up(
        Source(journal=path),
        stick,
        at=AT,
        actor=WANG,
        program="griddesk 1",
        progress=progress,
    )
    assert made.report.ok
    assert left == sorted(left, reverse=True), "it never began anew"
    assert len(left) > 20
    there = numbers(made.folder / "journal.sqlite")
    assert len(there) == made.manifest.seq
    assert there[:61] == [*range(1, 61), 1000]
    writer.kill()
    writer.wait()
    assert len(numbers(path)) > made.manifest.seq


def test_a_journal_that_does_not_verify_is_copied_and_called_no_backup(
    path: Path, stick: Path
) -> None:
    tamper(path, edited)
    made = backed_up(path, stick)
    assert not made.report.ok
    assert made.report.first_broken == 30
    assert made.folder.name.endswith("未通过校验")
    assert not made.manifest.sound
    path.unlink()
    with pytest.raises(JournalError, match="没有通过校验: 第30条"):
        put_back(made.folder, path)
    assert not path.exists()


def test_pictures_and_recordings_are_copied_and_compared(
    path: Path, stick: Path
) -> None:
    evidence, audio = path.with_name("evidence"), path.with_name("recordings")
    for folder, name in ((evidence, "ab/1.png"), (audio, "2026-11-22/2.flac")):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(name.encode())
    (evidence / "ab" / "half.png.part").write_bytes(b"half")
    made = backed_up(path, stick, evidence=evidence, recordings=audio)
    assert (made.folder / "evidence/ab/1.png").read_bytes() == b"ab/1.png"
    assert not (made.folder / "evidence/ab/half.png.part").exists()
    assert made.manifest.evidence == copying.Files(files=1, bytes=8)
    assert made.pictures is not None
    assert made.pictures.ok
    assert read_manifest(made.folder) == made.manifest
    shutil.rmtree(path.parent)
    restored = put_back(made.folder, path)
    assert restored.files == 2
    assert (audio / "2026-11-22/2.flac").read_bytes() == b"2026-11-22/2.flac"


@pytest.mark.parametrize("within", [".", "sub/备份"])
def test_a_backup_beside_the_journal_itself_is_refused(path: Path, within: str) -> None:
    before = names(path.parent)
    with pytest.raises(UsageError, match="日志自己的文件夹里"):
        backed_up(path, path.parent / within)
    assert names(path.parent) == before


def test_where_nothing_was_recorded_there_is_nothing_to_back_up(
    tmp_path: Path, stick: Path
) -> None:
    with pytest.raises(JournalError, match="没有可备份的内容"):
        backed_up(tmp_path / "none" / "journal.db", stick)
    assert names(stick) == set()


def test_a_target_that_is_full_is_a_sentence_and_leaves_nothing(
    path: Path, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill_up(small_disk)
    with pytest.raises(JournalError, match="只剩0 MB, 需要"):
        backed_up(path, small_disk / "b")
    monkeypatch.setattr(copying, "free_space", lambda folder: None)
    (small_disk / "filler").write_bytes(bytes(15 << 20))
    monkeypatch.setattr(copying, "_PAGES", 8)
    # What fills the disk while it is written is found only then.
    fill_up(small_disk)
    with (small_disk / "filler").open("rb+") as file:
        file.truncate((small_disk / "filler").stat().st_size - (64 << 10))
    with pytest.raises(JournalError, match="磁盘已满"):
        backed_up(path, small_disk / "b")
    assert names(small_disk / "b") == set()


def test_a_target_that_is_read_only_is_a_sentence(path: Path, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(JournalError, match="只读"):
        backed_up(path, small_disk / "b")


def test_a_target_that_is_a_file_is_a_sentence(path: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(JournalError, match="读写"):
        backed_up(path, tmp_path / "file" / "b")


@pytest.mark.parametrize("stage", [Stage.COPYING, Stage.VERIFYING])
def test_a_backup_that_is_stopped_leaves_nothing(
    path: Path, stick: Path, stage: Stage
) -> None:
    token = CancelToken()

    def progress(now: Stage, done: int, total: int) -> None:
        if now is stage:
            token.cancel()
        token.raise_if_cancelled()

    with pytest.raises(Cancelled):
        back_up(
            Source(journal=path),
            stick,
            at=AT,
            actor=WANG,
            program="griddesk 1",
            progress=progress,
        )
    assert names(stick) == set()


def test_a_lost_journal_comes_back_with_its_restoring_as_next_entry(
    path: Path, stick: Path
) -> None:
    made = backed_up(path, stick)
    shutil.rmtree(path.parent)
    restored = put_back(made.folder, path)
    assert (restored.kept, restored.before, restored.copied.seq) == (None, None, 60)
    assert numbers(path) == [*range(1, 61), RESTORED]
    assert names(path.parent) == {"journal.db"}


@pytest.mark.parametrize("given", ["journal.sqlite", "manifest.json"])
def test_a_backup_may_be_named_by_any_of_its_files(
    path: Path, stick: Path, given: str
) -> None:
    made = backed_up(path, stick)
    path.unlink()
    put_back(made.folder / given, path)
    assert len(numbers(path)) == 61


def test_a_shorter_journal_of_the_same_chain_is_replaced_and_kept(
    path: Path, stick: Path
) -> None:
    made = backed_up(path, stick)
    tamper(path, truncated_everywhere)
    path.chmod(0o600)
    restored = put_back(made.folder, path)
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600
    assert restored.before == 50
    assert numbers(path) == [*range(1, 61), RESTORED]
    assert restored.kept is not None
    assert numbers(restored.kept) == list(range(1, 51))
    assert names(path.parent) == {"journal.db", restored.kept.name}


def test_a_longer_journal_is_replaced_only_where_that_is_said(
    path: Path, stick: Path, open_journal: OpenJournal
) -> None:
    made = backed_up(path, stick)
    journal = open_journal(path)
    fill(journal, 3, start=61)
    journal.close()
    with pytest.raises(JournalError, match="有63条, 备份只有60条"):
        put_back(made.folder, path)
    assert numbers(path) == list(range(1, 64))
    restored = put_back(made.folder, path, replace=True)
    assert numbers(path) == [*range(1, 61), RESTORED]
    assert restored.kept is not None
    assert numbers(restored.kept) == list(range(1, 64)), "nothing is lost"


def test_another_chain_is_replaced_only_where_that_is_said(
    path: Path, stick: Path, open_journal: OpenJournal
) -> None:
    made = backed_up(path, stick)
    path.unlink()
    journal = open_journal(path)
    fill(journal, 2, start=700)
    journal.close()
    with pytest.raises(JournalError, match="不是同一条链: 第2条"):
        put_back(made.folder, path)
    assert numbers(path) == [700, 701]
    first = put_back(made.folder, path, replace=True).kept
    second = put_back(made.folder, path, replace=True).kept
    assert first is not None
    assert second is not None
    assert first != second
    assert numbers(first) == [700, 701]


def test_a_journal_that_is_beyond_reading_is_replaced_only_where_that_is_said(
    path: Path, stick: Path
) -> None:
    made = backed_up(path, stick)
    path.write_bytes(b"no database at all" * 400)
    with pytest.raises(JournalError, match="读不出来"):
        put_back(made.folder, path)
    assert path.read_bytes().startswith(b"no database")
    restored = put_back(made.folder, path, replace=True)
    assert restored.before is None
    assert restored.kept is not None
    assert restored.kept.read_bytes().startswith(b"no database")
    assert len(numbers(path)) == 61


def test_a_wal_of_the_former_journal_is_not_left_to_the_new_one(
    path: Path, stick: Path, open_journal: OpenJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backed_up(path, stick)
    desk = open_journal(path)
    fill(desk, 2, start=61)
    wal = path.with_name("journal.db-wal").read_bytes()
    desk.close()

    @contextlib.contextmanager
    def unlocked(journal: Path) -> Iterator[restoring._Held]:
        # As where SQLite could not even open what is there.
        path.with_name("journal.db-wal").write_bytes(wal)
        yield restoring._Held(None, there=True)

    monkeypatch.setattr(restoring, "_alone", unlocked)
    restored = put_back(made.folder, path, replace=True)
    assert Path(f"{restored.kept}-wal").read_bytes() == wal
    assert numbers(path) == [*range(1, 61), RESTORED]


def test_nothing_is_restored_while_another_has_the_journal_open(
    path: Path, stick: Path, writer: subprocess.Popen[str]
) -> None:
    made = backed_up(path, stick)
    with pytest.raises(JournalError, match="正被另一个程序打开"):
        put_back(made.folder, path, replace=True)
    writer.kill()
    writer.wait()
    there = numbers(path)
    restored = put_back(made.folder, path, replace=True)
    assert restored.kept is not None
    assert numbers(restored.kept) == there


def test_a_window_that_only_looks_is_noticed_as_well(
    path: Path, stick: Path, open_journal: OpenJournal
) -> None:
    made = backed_up(path, stick)
    fill(desk := open_journal(path), 1, start=61)
    assert desk.page(JournalQuery(), limit=1)
    with pytest.raises(JournalError, match="正被另一个程序打开"):
        put_back(made.folder, path, replace=True)
    desk.close()
    with pytest.raises(JournalError, match="备份只有60条"):
        put_back(made.folder, path)
    idle = open_journal(path)
    assert idle.page(JournalQuery(), limit=1)
    with pytest.raises(JournalError, match="正被另一个程序打开"):
        put_back(made.folder, path, replace=True)


def test_a_desk_that_opened_the_former_file_does_not_write_into_it(
    path: Path, stick: Path, open_journal: OpenJournal, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = backed_up(path, stick)
    from app.journal.database import Database

    enable = Database._enable_wal

    def late(self: Database, connection: object) -> None:
        # Between the opening of the file and its first use another took its place.
        shutil.copy(made.folder / "journal.sqlite", path.with_name("new"))
        path.with_name("new").replace(path)
        monkeypatch.setattr(Database, "_enable_wal", enable)
        enable(self, connection)  # type: ignore[arg-type]

    monkeypatch.setattr(Database, "_enable_wal", late)
    desk = open_journal(path)
    with pytest.raises(JournalError, match="被移走或替换"):
        fill(desk, 1, start=61)
    assert numbers(path) == list(range(1, 61))


def other_head(db: sqlite3.Connection) -> None:
    db.execute("UPDATE journal_entries SET hash = 'x' WHERE seq = 60")


def test_a_backup_that_was_changed_is_not_restored(path: Path, stick: Path) -> None:
    for change, why in (
        (edited, "没有通过校验: 第30条"),
        (other_head, "没有通过校验: 第60条"),
        (truncated_everywhere, "与它的清单不符: 清单记的是60条, 文件里有50条"),
    ):
        made = backed_up(path, stick)
        tamper(made.folder / "journal.sqlite", change)
        with pytest.raises(JournalError, match=why):
            put_back(made.folder, path, replace=True)
    made = backed_up(path, stick)
    (made.folder / "manifest.json").write_text("{}")
    with pytest.raises(JournalError, match="清单"):
        put_back(made.folder, path)
    (made.folder / "journal.sqlite").write_bytes(b"x" * 9999)
    (made.folder / "manifest.json").unlink()
    with pytest.raises(JournalError, match="不能恢复"):
        put_back(made.folder, path, replace=True)
    assert numbers(path) == list(range(1, 61))
    assert names(path.parent) == {"journal.db"}


def test_what_is_no_backup_is_a_sentence(path: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="里没有备份"):
        put_back(tmp_path, path)
    with pytest.raises(UsageError, match="现在的日志, 不是备份"):
        put_back(path, path)


def test_a_copy_made_by_hand_with_its_wal_can_be_restored(
    path: Path, tmp_path: Path, open_journal: OpenJournal
) -> None:
    by_hand = tmp_path / "hand" / "journal.db"
    by_hand.parent.mkdir()
    desk = open_journal(path)
    fill(desk, 5, start=61)
    for end in ("", "-wal"):
        shutil.copy(f"{path}{end}", f"{by_hand}{end}")
    desk.close()
    put_back(by_hand, path)
    assert numbers(path) == [*range(1, 66), RESTORED]


@needs_posix
@pytest.mark.parametrize("at", ["note", "swap"])
def test_a_restoring_that_dies_leaves_the_journal_as_it_was(
    path: Path, stick: Path, at: str
) -> None:
    made = backed_up(path, stick)
    child = os.fork()
    if child == 0:

        def die(*_: object) -> None:
            os._exit(9)

        if at == "swap":
            restoring._swap = die  # type: ignore[assignment]
        place = Place(journal=path, evidence=path, recordings=path)
        restore(
            made.folder,
            place,
            at=AT,
            replace=True,
            note=die if at == "note" else note,
            progress=Seen(),
        )
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert numbers(path) == list(range(1, 61))
    assert len(names(path.parent)) == 2, "what it had copied"
    put_back(made.folder, path, replace=True)
    assert not [n for n in names(path.parent) if n.startswith(".restoring")]


def killed_between_two_names(backup: Path, path: Path) -> None:
    """Restore, and die when the journal has a second name and keeps the first."""
    child = os.fork()
    if child == 0:
        link = os.link

        def link_and_die(*of: Any) -> None:
            link(*of)
            os.kill(os.getpid(), signal.SIGKILL)

        os.link = link_and_die
        place = Place(journal=path, evidence=path, recordings=path)
        progress = Seen()
        restore(backup, place, at=AT, replace=True, note=note, progress=progress)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert path.stat().st_nlink == 2
    assert [n for n in names(path.parent) if "-before-restore-" in n]


@needs_posix
@pytest.mark.parametrize("after", ["start", "restore"])
def test_a_second_name_that_a_killed_restoring_left_goes(
    path: Path, stick: Path, after: str
) -> None:
    made = backed_up(path, stick)
    killed_between_two_names(made.folder, path)
    former = path.stat().st_ino
    if after == "start":
        journal = SqliteJournal(path, clock=HeldClock())
        asyncio.run(journal.append(record(61)))
        journal.close()
        assert not [n for n in names(path.parent) if "-before-restore-" in n]
        assert numbers(path) == list(range(1, 62))
        assert path.stat().st_ino == former
        return
    kept = put_back(made.folder, path, replace=True).kept
    assert kept is not None
    assert [n for n in names(path.parent) if "-before-restore-" in n] == [kept.name]
    assert (kept.stat().st_ino, kept.stat().st_nlink) == (former, 1)
    assert numbers(kept) == list(range(1, 61))


@needs_posix
def test_what_was_moved_aside_with_a_second_name_comes_back(path: Path) -> None:
    kept = path.with_name(f"{path.stem}-before-restore-1{path.suffix}")
    os.link(path, kept)
    aside = kept.with_name(kept.name + "-journal")
    aside.write_bytes(b"pages")
    other = path.with_name(f"{path.stem}-before-restore-0{path.suffix}")
    other.write_bytes(b"kept by a restoring that ended well")
    drop_second_name(path)
    assert not kept.exists()
    assert other.exists()
    assert path.with_name(path.name + "-journal").read_bytes() == b"pages"


def test_a_restoring_that_finds_no_space_leaves_the_journal_as_it_was(
    template: Path, small_disk: Path, stick: Path
) -> None:
    made = backed_up(template, stick)
    path = small_disk / "journal.db"
    shutil.copy(template, path)
    fill_up(small_disk)
    with pytest.raises(JournalError, match=r"磁盘已满|只剩0 MB"):
        put_back(made.folder, path, replace=True)
    (small_disk / "filler").unlink()
    assert numbers(path) == list(range(1, 61))
