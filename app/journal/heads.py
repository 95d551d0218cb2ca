r"""The head of the chain on paper or in a file: carried off, it proves all before it.

Whoever may write the file of the journal can cut its end off, or write a whole new
chain: the chain alone cannot know. What he cannot do is make a chain that has the hash
of an entry of the old one. So the head is noted where he does not come to – on paper,
on a stick, in the post to the centre – and compared later.

A head file is one JSON object (RFC 8259) with these members; times are ISO 8601:

- `format`: "griddesk-journal-head/1"
- `seq`, `hash`: number and hash of the last entry; 0 and 64 zeros of an empty journal
- `at`: when it was exported, by the clock of the desk
- `journal`: the hash of the first entry, which no other journal has; may be empty
- `created_at`: when the journal was made
- `by`, `login`, `workstation`, `program`: who exported it, where and with what
- `public_key`, `signature`: of Ed25519 (RFC 8032), in hexadecimal; only where signed

What is signed is the object without `signature`, written with its keys sorted by code
point, no blanks, non-ASCII characters as themselves, in UTF-8. The private key
belongs on the stick of whoever answers for the log, or in the folder `keys` of the
desk; its public key, or the fingerprint of it, is noted elsewhere once. A signature
says that the holder of that key exported this head, and that nobody changed it since;
that the log is unchanged says only the comparison.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, select

from app.core.errors import UsageError
from app.core.people import Actor
from app.core.reviewing import ChainHead
from app.journal import schema
from app.journal.canonical import GENESIS
from app.journal.chain import last
from app.system.files import write_text
from app.system.signing import SigningKey, fingerprint_of, is_signed

FORMAT: Final = "griddesk-journal-head/1"
_HEXADECIMAL: Final = {"hash": 64, "public_key": 64, "signature": 128}
"""Members in hexadecimal, and their digits."""
_MOST_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedHead:
    """The head of a journal at a moment, and whose it is."""

    seq: int
    """0: the journal was empty."""
    hash: str
    at: datetime
    journal: str
    """Hash of the first entry; empty: there was none."""
    created_at: str
    by: str
    login: str = ""
    workstation: str = ""
    program: str = ""
    public_key: str = ""
    """In hexadecimal; empty: it is not signed."""
    signature: str = ""

    @property
    def short(self) -> str:
        """What a person compares or types."""
        return ChainHead(seq=self.seq, hash=self.hash, at=self.at).short

    @property
    def fingerprint(self) -> str:
        """The short name of the key that signed it; empty: it is not signed."""
        return fingerprint_of(bytes.fromhex(self.public_key)) if self.signature else ""

    @property
    def sound(self) -> bool:
        """Whether it is as the holder of its key signed it."""
        if not self.signature:
            return False
        public, signature = map(bytes.fromhex, (self.public_key, self.signature))
        return is_signed(public, signature, _signed_text(self))


def read_head(
    connection: Connection | None, *, at: datetime, actor: Actor, program: str
) -> ExportedHead:
    """Give the head of a journal; no connection: there is none yet."""
    seq, digest, first, created_at = 0, GENESIS, "", ""
    if connection is not None:
        meta = schema.meta.c
        seq, digest = last(connection)
        first = first_hash(connection)
        made = select(meta.value).where(meta.key == "created_at")
        created_at = connection.execute(made).scalar() or ""
    return ExportedHead(
        seq=seq,
        hash=digest,
        at=at,
        journal=first,
        created_at=created_at,
        by=actor.name,
        login=actor.login,
        workstation=actor.workstation,
        program=program,
    )


def first_hash(connection: Connection) -> str:
    """Give the hash of the first entry, by which journals are told apart."""
    entries = schema.entries.c
    asked = select(entries.hash).where(entries.seq == 1)
    return connection.execute(asked).scalar() or ""


def signed(head: ExportedHead, key: SigningKey) -> ExportedHead:
    """Sign a head."""
    named = replace(head, public_key=key.public.hex(), signature="")
    return replace(named, signature=key.sign(_signed_text(named)).hex())


def head_json(head: ExportedHead) -> Mapping[str, object]:
    """Give the object that a head file holds."""
    stated = {field.name: getattr(head, field.name) for field in fields(head)}
    stated = {"format": FORMAT, **stated, "at": head.at.isoformat()}
    if not head.signature:
        del stated["signature"], stated["public_key"]
    return stated


def write_head(path: Path, head: ExportedHead) -> None:
    """Write a head file; one that is there already is not written over.

    Raises:
        UsageError: There is one, or it cannot be written.
    """
    if path.exists():
        raise UsageError(
            f"{path} 已经存在, 没有覆盖: 以前导出的链头还要用来核对",
            "请另起一个文件名。",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_text(path, json.dumps(head_json(head), ensure_ascii=False, indent=1))
    except OSError as error:
        raise UsageError(
            f"链头无法写入 {path} ({error.strerror or error})",
            "请检查磁盘空间和写权限, 或换一个位置。",
        ) from error


def load_head(path: Path) -> ExportedHead:
    """Read a head file; whether its signature fits is asked of what it gives.

    Raises:
        UsageError: It cannot be read, or is no head file.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES)
    except OSError as error:
        raise UsageError(
            f"无法读取链头文件 {path} ({error.strerror or error})", "请检查文件名。"
        ) from error
    try:
        return _parsed(json.loads(data))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UsageError(
            f"{path} 不是链头文件, 或已经损坏: {error}",
            "请使用 griddesk log head --out 写成的文件。",
        ) from error


def paper(head: ExportedHead) -> list[str]:
    """Give the lines that are printed and filed."""
    groups = [head.hash[start : start + 4] for start in range(0, len(head.hash), 4)]
    when = f"{head.at.astimezone():%Y-%m-%d %H:%M:%S}"
    lines = [
        "巡检日志链头",
        f"条数   {head.seq}",
        f"哈希   {' '.join(groups[:8])}",
        f"       {' '.join(groups[8:])}",
        f"短码   {head.short}",
        f"时间   {when}",
        f"日志   {head.journal[:16] or '还没有记录'}",
        f"导出   {head.by}, {head.workstation}, {head.program}",
    ]
    if head.signature:
        lines.append(f"签名   公钥指纹 {head.fingerprint}")
    return lines


def _signed_text(head: ExportedHead) -> bytes:
    stated = {**head_json(replace(head, signature="-"))}
    del stated["signature"]
    text = json.dumps(stated, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # A name may have come from a file name: half a character is not UTF-8.
    return text.encode("utf-8", "replace")


def _parsed(stated: object) -> ExportedHead:
    if not isinstance(stated, dict) or stated.pop("format", None) != FORMAT:
        raise ValueError(f"format is not {FORMAT}")
    known = {field.name for field in fields(ExportedHead)}
    if unknown := sorted(stated.keys() - known):
        raise ValueError(f"unknown {unknown}")
    texts = {name: value for name, value in stated.items() if name != "seq"}
    if not all(isinstance(value, str) for value in texts.values()):
        raise ValueError("a member is no text")
    if type(stated["seq"]) is not int or stated["seq"] < 0:
        raise ValueError("seq is no number")
    for name, digits in _HEXADECIMAL.items():
        if name in stated and not re.fullmatch(f"[0-9a-f]{{{digits}}}", stated[name]):
            raise ValueError(f"{name} has not {digits} hexadecimal digits")
    if ("public_key" in stated) != ("signature" in stated):
        raise ValueError("public_key and signature belong together")
    at = datetime.fromisoformat(stated["at"])
    if at.tzinfo is None:
        raise ValueError("at has no zone")
    return ExportedHead(**{**stated, "at": at})
