"""Whether the log is whole: verify, and the head of the chain with its key."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from app.commands.acting import AsLogin, acting
from app.commands.errors import opened, told
from app.commands.output import Json, note, print_json
from app.core.entries import EventKind, happened
from app.core.errors import JournalError, UsageError
from app.core.people import Actor, May
from app.core.ports import ChainReport
from app.core.reviewing import EvidenceReport, RecordingsReport
from app.house.desk import PROGRAM
from app.system import paths

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from app.compose import House
    from app.journal.head_check import HeadFinding

_SILENT_S: Final = 2.0
"""What is done sooner needs no progress."""
_NAMED: Final = 20
"""Pictures that are named one by one."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
KeyFile = Annotated[
    Path | None,
    typer.Option("--key", help="Private key; keys/head.pem of the desk if left out."),
]

keys = typer.Typer(help="The key that signs chain heads.", no_args_is_help=True)


class Teller:
    """Tells progress on standard error: each tenth, once it takes a while."""

    def __init__(self) -> None:
        """Begin to count the time."""
        self._began = time.monotonic()
        self._last = ""

    def __call__(self, what: str, done: int, total: int) -> None:
        """Take what is done, and how far that is."""
        if total and time.monotonic() - self._began > _SILENT_S:
            line = f"  {what} {10 * done // total * 10}%"
            if line != self._last:
                self._last = line
                note(line)


def verify(
    head: Annotated[
        str,
        typer.Option("--head", help="A head noted earlier: its short form or hash."),
    ] = "",
    head_file: Annotated[
        Path | None,
        typer.Option("--head-file", help="A file that `log head --out` wrote."),
    ] = None,
    public_key: Annotated[
        str,
        typer.Option(
            "--public-key", help="Who must have signed it: a .pub file or fingerprint."
        ),
    ] = "",
    evidence: Annotated[
        bool,
        typer.Option(
            "--evidence", help="Compare every picture and recording with its hash."
        ),
    ] = False,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Walk the whole chain; exit status 1 names the first broken record.

    A journal whose end was cut off, or that was replaced, still hangs together: only a
    head that was noted elsewhere can show that something is gone.
    """
    with told(as_json), opened() as house:
        if public_key and head_file is None:
            raise UsageError(
                "--public-key 只用于核对链头文件", "请同时给出 --head-file。"
            )
        if head and head_file is not None:
            raise UsageError("--head 和 --head-file 只能给一个")
        # With accounts it needs no name to look: the disk can be read by anybody.
        named = login or not house.presence.people.configured()
        actor = acting(house, May.REVIEW, login) if named else None
        tell = Teller()
        compared = _compared(house, head, head_file, public_key)
        report = house.journal.verify(lambda done, total: tell("校验", done, total))
        beside = _beside(house, tell) if evidence and report.ok else None
        sound = _all_ok(report, compared, beside)
        if as_json:
            print_json(_verified_json(sound, report, compared, beside))
        else:
            tell_verified(report, compared, beside.pictures if beside else None)
            if beside is not None:
                _tell_recordings(beside.recordings)
        if sound and report.checked and actor is not None:
            _note_verified(house, actor, report, compared, beside)
    if not sound:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beside:
    """What was found of the files that lie beside the journal."""

    pictures: EvidenceReport
    recordings: RecordingsReport


def _beside(house: "House", tell: Teller) -> _Beside:
    review = house.journal.review
    return _Beside(
        pictures=review.check_evidence(
            house.evidence_dir, lambda done, total: tell("核对图片", done, total)
        ),
        recordings=review.check_recordings(
            house.recordings, lambda done, total: tell("核对录音", done, total)
        ),
    )


def _compared(
    house: "House", head: str, file: Path | None, public_key: str
) -> "HeadFinding | None":
    from app.journal.head_check import check_file, check_head, typed
    from app.journal.heads import load_head

    if file is not None:
        stated, wanted = load_head(file), _fingerprint(public_key)
        with _reading(house) as at:
            found = check_file(at, stated, fingerprint=wanted)
        if found.ok and stated.signature and not wanted:
            # Anybody can sign with a key of his own.
            by = f"签名公钥指纹 {stated.fingerprint}, 请与抄下的指纹核对"
            return replace(found, detail=f"{found.detail}; {by}")
        return found
    if head:
        noted = typed(head)
        with _reading(house) as at:
            return check_head(at, noted)
    return None


def _fingerprint(public_key: str) -> str:
    """Give the fingerprint that a file holds the key of, or that was typed."""
    from app.system.signing import fingerprint_of, load_public

    bare = "".join(char for char in public_key.casefold() if char.isalnum())
    if not bare:
        return ""
    if len(bare) == 32 and not Path(public_key).exists():
        return "-".join(bare[start : start + 4] for start in range(0, 32, 4))
    return fingerprint_of(load_public(Path(public_key)))


def _all_ok(
    report: ChainReport,
    compared: "HeadFinding | None",
    beside: _Beside | None,
) -> bool:
    return (
        report.ok
        and (compared is None or compared.ok)
        and (beside is None or (beside.pictures.ok and beside.recordings.ok))
    )


def tell_verified(
    report: ChainReport,
    compared: "HeadFinding | None",
    pictures: EvidenceReport | None,
) -> None:
    """Say what verifying found; what is wrong on standard error."""
    if report.ok:
        print(f"巡检日志完整: {report.checked} 条记录, 链头 {report.head}")
    else:
        note(
            f"巡检日志被改动: 第 {report.first_broken} 条记录 ({report.detail})。"
            "请立即备份日志文件并报告安监人员, 不要继续修改。"
        )
    if compared is not None:
        if compared.ok:
            print(f"链头相符: {compared.detail}")
        else:
            note(f"链头不符: {compared.detail}。")
    if pictures is not None:
        if pictures.ok:
            print(f"图片完好: {pictures.checked} 张与记录一致")
        for words, found in (
            ("缺失", pictures.missing),
            ("被换掉或损坏", pictures.swapped),
        ):
            if found:
                note(f"图片{words} {len(found)} 张:")
            for path in found[:_NAMED]:
                note(f"  {path}")


def _tell_recordings(found: RecordingsReport) -> None:
    """Say how the kept audio is; what is wrong on standard error."""
    if found.ok and found.checked:
        print(f"录音完好: {found.checked} 个与记录一致")
    if found.expired:
        print(f"录音到期: {found.expired} 个已由本程序按保留天数删除, 日志里有记载")
    if found.unstated:
        print(
            f"录音未知: {found.unstated} 个不在, 旧版本写的记录没有说明是否保存过录音, "
            "不能据此判断"
        )
    for words, seqs in (
        ("缺失, 日志里没有到期删除的记载", found.missing),
        ("被换掉或损坏", found.swapped),
        ("读不出来, 没有核对 (请运行 griddesk doctor 查看原因)", found.unread),
    ):
        if seqs:
            named = "、".join(str(seq) for seq in seqs[:_NAMED])
            more = " 等" if len(seqs) > _NAMED else ""
            note(f"录音{words} {len(seqs)} 个: 第 {named} 条记录{more}")


def _note_verified(
    house: "House",
    actor: Actor,
    report: ChainReport,
    compared: "HeadFinding | None",
    beside: _Beside | None,
) -> None:
    said = [f"共{report.checked}条, 完整"]
    if compared is not None:
        said.append(compared.detail)
    if beside is not None:
        said.append(f"{beside.pictures.checked}张图片与记录一致")
        said.append(f"{beside.recordings.checked}个录音与记录一致")
    try:
        noted(house, EventKind.VERIFIED, actor, report.head, ", ".join(said))
    except JournalError as error:
        # What was found stays true: a copy for an inquiry may be on a read-only disk.
        note(f"这次校验没有写入日志: {error}")


def _verified_json(
    sound: bool,
    report: ChainReport,
    compared: "HeadFinding | None",
    beside: _Beside | None,
) -> Json:
    found: dict[str, object] = {
        "ok": sound,
        "checked": report.checked,
        "head": report.head,
        "first_broken": report.first_broken,
        "detail": report.detail,
    }
    if compared is not None:
        found["noted_head"] = {
            "state": compared.state.value,
            "detail": compared.detail,
        }
    if beside is not None:
        pictures, audio = beside.pictures, beside.recordings
        found["evidence"] = {
            "checked": pictures.checked,
            "missing": list(pictures.missing),
            "swapped": list(pictures.swapped),
        }
        found["recordings"] = {
            "checked": audio.checked,
            "missing": list(audio.missing),
            "swapped": list(audio.swapped),
            "unread": list(audio.unread),
            "expired": audio.expired,
            "unstated": audio.unstated,
        }
    return found


def head(
    out: Annotated[
        Path | None, typer.Option("--out", help="Write a head file, to be carried off.")
    ] = None,
    sign: Annotated[bool, typer.Option("--sign", help="Sign it.")] = False,
    key: KeyFile = None,
    as_json: AsJson = False,
    login: AsLogin = "",
) -> None:
    """Print the head of the chain: noted elsewhere, it proves all before it."""
    from app.journal.heads import head_json, paper, read_head, signed, write_head
    from app.system.signing import load_key

    with told(as_json), opened() as house:
        signing = load_key(_key_path(key)) if sign or key is not None else None
        actor = acting(house, May.SIGN, login)
        with _reading(house) as at:
            found = read_head(at, at=house.clock.now(), actor=actor, program=PROGRAM)
        if not found.seq:
            raise UsageError("日志还没有记录, 没有可导出的链头", "有了记录以后再导出。")
        if signing is not None:
            found = signed(found, signing)
        if out is not None:
            write_head(out, found)
        by = f", 签名公钥指纹 {found.fingerprint}" if found.signature else ""
        to = f", 写入 {out.name}" if out is not None else ""
        detail = f"链头第{found.seq}条{by}{to}"
        noted(house, EventKind.HEAD_EXPORTED, actor, found.hash, detail)
        if as_json:
            print_json({**head_json(found), "short": found.short})
            return
        for line in paper(found):
            print(line)
        if out is not None:
            note(f"已写入 {out}。请存放在本机以外的地方。")


@keys.command("new")
def new_signing_key(
    key: KeyFile = None, as_json: AsJson = False, login: AsLogin = ""
) -> None:
    """Make the key that signs chain heads, and print what is to be noted of it."""
    from app.system.signing import new_key, write_public

    with told(as_json), opened() as house:
        actor = acting(house, May.CONFIGURE, login)
        path = _key_path(key)
        public = path.with_suffix(".pub")
        made = new_key(path)
        detail = f"公钥指纹 {made.fingerprint}, 私钥写入 {path.name}"
        try:
            write_public(public, made.public)
            noted(house, EventKind.SIGNING_KEY_MADE, actor, made.fingerprint, detail)
        except BaseException:
            # A key that the log does not know of is not to be signed with.
            path.unlink()
            public.unlink(missing_ok=True)
            raise
    if as_json:
        print_json(
            {
                "key": str(path),
                "public_key": str(public),
                "fingerprint": made.fingerprint,
            }
        )
        return
    print(f"公钥指纹 {made.fingerprint}")
    note(f"私钥已写入 {path} (只有本人可读), 公钥已写入 {public}。")
    note("请把公钥指纹抄下来, 由安监人员在本机以外保存: 以后靠它认出伪造的链头。")


@keys.command("show")
def show_signing_key(key: KeyFile = None, as_json: AsJson = False) -> None:
    """Print the fingerprint of the key that signs chain heads."""
    from app.system.signing import load_key

    with told(as_json):
        path = _key_path(key)
        fingerprint = load_key(path).fingerprint
    if as_json:
        print_json({"key": str(path), "fingerprint": fingerprint})
    else:
        print(f"公钥指纹 {fingerprint}")


def _key_path(key: Path | None) -> Path:
    return key if key is not None else paths.home() / "keys" / "head.pem"


def noted(
    house: "House", kind: EventKind, actor: Actor, subject: str, detail: str
) -> None:
    """Make what somebody did an entry of the log."""
    event = happened(kind, actor, house.clock.now(), subject=subject, detail=detail)
    asyncio.run(house.journal.review.note(event))


@contextmanager
def _reading(house: "House") -> "Iterator[Connection | None]":
    from app.journal.database import Database

    database = Database(house.journal.path, busy_s=5.0)
    with closing(database), database.reading() as at:
        yield at
