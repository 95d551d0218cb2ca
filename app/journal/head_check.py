"""Compares the chain with a head that was noted outside: cut off, replaced, rewritten.

What is compared is one entry. That the entries before it are those of then follows
from the chain, which `verify` walks.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import Connection, func, select

from app.core.errors import UsageError
from app.journal import schema
from app.journal.canonical import GENESIS
from app.journal.heads import ExportedHead, first_hash

_WHOLE, _SHORT = 64, 32
"""Hexadecimal digits of a hash, and of its short form: 128 bits."""
_SLIPS: Final = 4
"""Digits that a person gets wrong; by chance not even half of 32 are the same."""
_MISREAD: Final = str.maketrans("oil", "011")
"""Letters that hexadecimal has not, and the digits that they look like."""


class HeadState(StrEnum):
    """How the journal stands to a head that was noted outside."""

    THERE = "there"
    """The entry is in the journal as it was."""
    FORGED = "forged"
    """The file is not what somebody signed."""
    OTHER_KEY = "other_key"
    """Somebody signed it with another key than he should have."""
    UNSIGNED = "unsigned"
    """A signature was asked for, and there is none."""
    TRUNCATED = "truncated"
    """The journal has fewer entries than it had."""
    REPLACED = "replaced"
    """It is another journal, from its first entry on."""
    REWRITTEN = "rewritten"
    """The entry is another one than it was."""
    MISTYPED = "mistyped"
    """All but a few digits are right: somebody has typed it wrong."""
    UNKNOWN = "unknown"
    """No entry has this hash; which one it should be was not said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFinding:
    """What comparing the journal with a head found."""

    state: HeadState
    detail: str
    """A Chinese clause for people."""

    @property
    def ok(self) -> bool:
        """Whether the entry is in the journal as it was."""
        return self.state is HeadState.THERE


@dataclass(frozen=True, slots=True, kw_only=True)
class NotedHead:
    """A head as somebody noted it."""

    digits: str
    """All 64 of the hash, or the first 32."""
    seq: int | None = None
    """None: not noted."""
    journal: str = ""
    """Hash of the first entry; empty: not noted, or there was none."""


def typed(words: str) -> NotedHead:
    """Read a head that was typed from paper: `12345-3f2a-…`, or the hash alone.

    Blanks, hyphens and the width of the characters do not matter.

    Raises:
        UsageError: It is no head.
    """
    text = unicodedata.normalize("NFKC", words).casefold().strip()
    groups = [part for part in re.split(r"[^0-9a-z]+", text) if part]
    seq = None
    if _begins_with_number(groups):
        seq = int(groups.pop(0))
    digits = "".join(groups).translate(_MISREAD)
    if len(digits) not in {_WHOLE, _SHORT} or re.search(r"[^0-9a-f]", digits):
        raise UsageError(
            f"“{words}”不是链头: 读到{len(digits)}位, 哈希应为64位十六进制数, "
            "短码应为条数和32位十六进制数",
            "请照导出的链头逐组核对, 例如 12345-3f2a-9c1d-…",
        )
    return NotedHead(digits=digits, seq=seq)


def _begins_with_number(groups: list[str]) -> bool:
    """Say whether the first group is a number before the hash, and not part of it."""
    return (
        len(groups) > 1
        and re.fullmatch(r"[0-9]{1,15}", groups[0]) is not None
        and sum(map(len, groups[1:])) in {_WHOLE, _SHORT}
    )


def check_file(
    connection: Connection | None, head: ExportedHead, *, fingerprint: str = ""
) -> HeadFinding:
    """Compare the journal with a head file.

    `fingerprint` is of the key that it must be signed with; empty: a signature must
    fit where there is one.
    """
    if head.signature and not head.sound:
        return HeadFinding(
            state=HeadState.FORGED,
            detail="链头文件的签名与内容不符: 文件在签名后被改动, 或是伪造的",
        )
    if fingerprint and not head.signature:
        return HeadFinding(
            state=HeadState.UNSIGNED,
            detail="链头文件没有签名, 不能证明是谁导出的",
        )
    if fingerprint and head.fingerprint != fingerprint:
        return HeadFinding(
            state=HeadState.OTHER_KEY,
            detail=f"链头文件是用另一把私钥签的 (公钥指纹 {head.fingerprint}), "
            f"不是给定的 {fingerprint}: 文件是伪造的, 或密钥已更换",
        )
    noted = NotedHead(digits=head.hash, seq=head.seq, journal=head.journal)
    return check_head(connection, noted)


def check_head(connection: Connection | None, noted: NotedHead) -> HeadFinding:
    """Compare the journal with a head; no connection: there is no journal."""
    if noted.seq == 0 or GENESIS.startswith(noted.digits):
        return _there("链头是空日志的, 日志中没有更早的记录要核对")
    if connection is None:
        return HeadFinding(
            state=HeadState.TRUNCATED, detail="日志是空的, 导出链头时的记录已全部删除"
        )
    if noted.journal and noted.journal != (first := first_hash(connection)):
        was = "没有第1条记录" if not first else "第1条就不是导出链头时的第1条"
        return HeadFinding(
            state=HeadState.REPLACED,
            detail=f"整条链已被替换, 或是另一份日志: {was}",
        )
    return _searched(connection, noted) if noted.seq is None else _at(connection, noted)


def _at(connection: Connection, noted: NotedHead) -> HeadFinding:
    """Compare with the entry of the number that was noted."""
    entries = schema.entries.c
    asked = select(entries.hash).where(entries.seq == noted.seq)
    found = connection.execute(asked).scalar()
    if found is None:
        last = connection.execute(select(func.max(entries.seq))).scalar() or 0
        replaced = "" if noted.journal else ", 或整条链已被替换"
        return HeadFinding(
            state=HeadState.TRUNCATED,
            detail=f"链头是第{noted.seq}条, 日志只到第{last}条: "
            f"第{last + 1}条起的记录已被截掉{replaced}",
        )
    # A hash that was cut short fits no head.
    there = str(found).ljust(_WHOLE)
    wrong = sum(a != b for a, b in zip(there, noted.digits, strict=False))
    if not wrong:
        return _there(f"第{noted.seq}条与链头一致")
    if wrong <= _SLIPS and not noted.journal:
        return HeadFinding(
            state=HeadState.MISTYPED,
            detail=f"给出的链头与第{noted.seq}条只有{wrong}位不同, 多半是抄错, "
            "请逐组核对后再校验一次",
        )
    cause = f"第{noted.seq}条或更早的记录被改写, 其后的链是重新算出的"
    other = "" if noted.journal else ", 或整条链已被替换"
    return HeadFinding(
        state=HeadState.REWRITTEN,
        detail=f"第{noted.seq}条的哈希与链头不同: {cause}{other}",
    )


def _searched(connection: Connection, noted: NotedHead) -> HeadFinding:
    """Look for an entry with the hash, where its number was not noted."""
    entries = schema.entries.c
    begins = entries.hash.startswith(noted.digits)
    found = connection.execute(select(entries.seq).where(begins).limit(1)).scalar()
    if found is not None:
        return _there(f"第{found}条与链头一致")
    return HeadFinding(
        state=HeadState.UNKNOWN,
        detail="没有一条记录的哈希是给定的链头: 链头抄错, 末尾的记录已被截掉, "
        "或整条链已被替换",
    )


def _there(detail: str) -> HeadFinding:
    return HeadFinding(state=HeadState.THERE, detail=detail)
