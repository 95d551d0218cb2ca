"""The log copied while it is written to, and a copy put in its place."""

import asyncio
import os
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.acting import VARIABLE, AsLogin, acting, read_password
from app.commands.errors import opened, told
from app.commands.log_integrity import AsJson, Teller, noted, tell_verified
from app.commands.output import note, print_json
from app.core.entries import DeskEvent, EventKind, happened
from app.core.errors import NotAllowedError, UsageError
from app.core.people import Actor, May
from app.house.desk import PROGRAM

if TYPE_CHECKING:
    from app.compose import House
    from app.journal.copying import Copied

_STAGES: Final = {"copying": "复制日志", "verifying": "校验", "files": "图片和录音"}


def backup(
    folder: Annotated[Path, typer.Argument(help="Where the backup is put: a stick.")],
    evidence: Annotated[
        bool, typer.Option("--evidence", help="Copy pictures and recordings as well.")
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Copy the log while it is written to, and verify the copy."""
    from app.journal.backup import Source, back_up

    with told(as_json), opened() as house:
        actor = acting(house, May.BACK_UP, login)
        tell = Teller()
        made = back_up(
            Source(
                journal=house.journal.path,
                evidence=house.evidence_dir if evidence else None,
                recordings=house.recordings.folder if evidence else None,
            ),
            folder,
            at=house.clock.now(),
            actor=actor,
            program=PROGRAM,
            progress=lambda stage, done, total: tell(_STAGES[stage], done, total),
        )
        manifest, pictures = made.manifest, made.pictures
        if made.report.ok:
            detail = f"备份{manifest.seq}条到 {made.folder}, 已校验"
            noted(house, EventKind.BACKED_UP, actor, manifest.head, detail)
        if as_json:
            print_json(
                {
                    "folder": str(made.folder),
                    "ok": made.report.ok,
                    "records": manifest.seq,
                    "head": manifest.head,
                    "sha256": manifest.sha256,
                    "first_broken": made.report.first_broken,
                    "detail": made.report.detail,
                    "missing": list(manifest.missing),
                    "swapped": list(manifest.swapped),
                }
            )
        elif made.report.ok:
            print(f"已备份 {manifest.seq} 条记录到 {made.folder}, 已校验")
            print(f"链头   {manifest.head}")
        else:
            note(
                f"日志没有通过校验: {made.report.detail}。"
                f"已把它原样复制到 {made.folder} 供调查, 这不是备份。"
            )
        if pictures is not None and not as_json and not pictures.ok:
            tell_verified(made.report, None, pictures)
    if not made.report.ok:
        raise typer.Exit(1)


def restore(
    backup: Annotated[Path, typer.Argument(help="Folder that `log backup` made.")],
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Also where the log is longer, or another; it is kept."
        ),
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Put a backup in the place of the log; what was there is kept beside it."""
    from app.journal.restore import Place
    from app.journal.restore import restore as put_back

    with told(as_json), opened() as house:
        actor = _restorer(house, login)
        tell = Teller()

        def in_copy(at: Path, copied: "Copied", before: int | None) -> None:
            was = "没有可读的日志" if before is None else f"有{before}条"
            detail = f"自备份 {backup} 恢复{copied.seq}条; 此前{was}"
            now, subject = house.clock.now(), copied.head
            kind = EventKind.RESTORED
            _note_in(
                house, at, happened(kind, actor, now, subject=subject, detail=detail)
            )

        done = put_back(
            backup,
            Place(
                journal=house.journal.path,
                evidence=house.evidence_dir,
                recordings=house.recordings.folder,
            ),
            at=house.clock.now(),
            replace=replace,
            note=in_copy,
            progress=lambda stage, so_far, total: tell(_STAGES[stage], so_far, total),
        )
    if as_json:
        print_json(
            {
                "records": done.copied.seq,
                "head": done.copied.head,
                "kept": str(done.kept) if done.kept else None,
                "before": done.before,
                "files": done.files,
            }
        )
        return
    print(f"已恢复 {done.copied.seq} 条记录, 已校验; 恢复本身记为下一条")
    if done.kept is not None:
        print(f"原来的日志保留在 {done.kept}")
    if done.files:
        print(f"补回图片和录音 {done.files} 个")


def _restorer(house: "House", login: str) -> Actor:
    """Say who restores, without looking into a journal that may be beyond that.

    It is the entry about the restoring that names him.
    """
    people, desk = house.presence.people, house.settings.desk
    who = (login or os.environ.get(VARIABLE, "")).strip()
    if not people.configured():
        return Actor(name=desk.operator, workstation=desk.workstation)
    if not who:
        raise UsageError(
            "本席位设有账户, 要说明由谁操作",
            f"请加上 --as 登录名, 或设置环境变量 {VARIABLE}。",
        )
    person = people.sign_in(who, read_password(f"{who} 的密码"))
    if person.must_change:
        raise NotAllowedError(
            f"{person.name}的密码由他人设定, 还没有更换", "请先更换密码。"
        )
    actor = Actor(
        name=person.name,
        workstation=desk.workstation,
        login=person.login,
        role=person.role,
    )
    actor.require(May.BACK_UP)
    return actor


def _note_in(house: "House", path: Path, event: DeskEvent) -> None:
    """Write into a copy that it was restored."""
    from app.journal.store import SqliteJournal

    with closing(SqliteJournal(path, clock=house.clock)) as journal:
        asyncio.run(journal.review.note(event))
