"""The archive for whoever looks into a fault: no secret, no face, no word spoken.

Pictures, recordings, the journal, the accounts and the descriptions of systems are
never opened for it. Of the log, lines at DEBUG are left out, which alone may hold what
was said; and whoever writes the archive gives the words of the last commands, so that
they stand in nothing else either.
"""

import hashlib
import importlib.metadata
import io
import json
import os
import platform
import re
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Final

from app import __version__
from app.core.doctoring import Diagnostics
from app.core.errors import UsageError
from app.core.ports import Health
from app.system.logging import FILE_NAME
from app.system.redaction import HIDDEN, redacted, spellings

LEAST: Final = 4
"""Characters of a command that is looked for: a 「是」 stands everywhere."""
SPOKEN: Final = "〔指令〕"
_LONGEST: Final = 8_000_000
"""Characters of one log file; its end is what counts."""
_BEGINS: Final = re.compile(r"\d{4}-\d\d-\d\dT[\d:.+]+ (\w+)")
_FRAME: Final = re.compile(r'\s+File "|Traceback \(most recent')
_RAISED: Final = re.compile(r"([A-Za-z_][\w.]*)(: |$)", re.ASCII)
_PARAMETERS: Final = re.compile(r"\[parameters: .*", re.DOTALL)
_VARIABLES: Final = ("QT_", "XDG_SESSION", "WAYLAND_DISPLAY", "DISPLAY", "LANG", "LC_")
_ABOUT: Final = "说明.txt"
_SAID: Final = """GridDesk 诊断包

供维护人员查找故障。里面有: 自检结果、程序和系统的版本、设置 (不含本席位的姓名
和麦克风)、程序日志和崩溃记录。

里面没有: 密钥和密码、图片、录音、巡检日志、账户、现场系统的配置。程序日志里的详细
(DEBUG) 行已删去; 最近说过、输入过的指令以「〔指令〕」代替。
发出之前可以逐个打开查看, 都是文字。
"""
_UNREAD: Final = """
注意: 巡检日志读不出来, 最近的指令没有逐一代替; 为此程序日志里的出错原文已删去。
"""


def write_archive(
    path: Path,
    found: Sequence[Health],
    *,
    logs: Path,
    more: Mapping[str, str] | None = None,
    ring: Iterable[str] = (),
    spoken: Iterable[str] = (),
    all_spoken: bool = True,
) -> Diagnostics:
    """Write the archive whole or not at all.

    Args:
        path: Where to; what is there is replaced.
        found: What the self-test says.
        logs: The folder of the program's logs.
        more: Further texts by their names.
        ring: The last lines of the log in memory, where there is no file.
        spoken: Words that stand in none of it.
        all_spoken: Whether those are all; else what errors say is left out too.

    Raises:
        UsageError: It cannot be written.
    """
    hidden = _words(spoken)

    def hide(text: str) -> str:
        shown = redacted(text)
        return shown if hidden is None else hidden.sub(SPOKEN, shown)

    members = {_ABOUT: _SAID if all_spoken else _SAID + _UNREAD}
    # Within values, before they are JSON: 「true」 may be a word that was said.
    for name, value in (
        ("doctor.json", list(map(_row, found))),
        ("machine.json", machine()),
    ):
        members[name] = _json(_hidden(value, hide))
    texts = _texts(logs, more or {}, "\n".join(ring), strict=not all_spoken)
    members |= {name: hide(text) for name, text in texts}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            # Names of files on the disk may hold what is no character.
            archive.writestr(name, text.encode("utf-8", "backslashreplace"))
    data = packed.getvalue()
    try:
        _write(path, data)
    except OSError as error:
        raise UsageError(
            f"诊断包「{path}」写不进去: {error.strerror or error}",
            "请换一个文件夹, 例如插上的 U 盘, 或清理磁盘。",
        ) from error
    digest = hashlib.sha256(data).hexdigest()
    return Diagnostics(path=path, sha256=digest, names=tuple(members))


def archive_name(now: datetime) -> str:
    """Give a name for an archive of this moment, in local time."""
    return f"griddesk-diagnostics-{now.astimezone():%Y%m%d-%H%M%S}.zip"


def cleaned(log: str, *, strict: bool = False) -> str:
    """Give a log without what may hold speech; `strict`: nor what errors say."""
    kept: list[str] = []
    skips = False
    for line in log.splitlines():
        if match := _BEGINS.match(line):
            skips = match[1] == "DEBUG"
        elif strict and not _FRAME.match(line):
            if not skips and (raised := _RAISED.match(line)):
                kept.append(f"{raised[1]}: {HIDDEN}")
            continue
        if not skips:
            # Of a statement to a database, what it was about.
            kept.append(_PARAMETERS.sub("[parameters: •••]", line))
    return "\n".join(kept) + "\n"


def machine() -> Mapping[str, object]:
    """Say on what the program runs."""
    variables = {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(_VARIABLES)
    }
    ours = [name for name in sorted(os.environ) if name.startswith("GRIDDESK_")]
    return {
        "griddesk": __version__,
        "frozen": bool(getattr(sys, "frozen", False)),
        "python": platform.python_version(),
        "system": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "environment": variables,
        # Names alone: one of them may carry a secret.
        "own_variables": ours,
        "packages": dict(_packages()),
    }


@cache
def _packages() -> tuple[tuple[str, str], ...]:
    """Give name and version of everything that is installed."""
    found = {
        each.name: each.version
        for each in importlib.metadata.distributions()
        # A folder that was half removed has none.
        if each.name
    }
    return tuple(sorted(found.items()))


def _texts(
    logs: Path, more: Mapping[str, str], ring: str, *, strict: bool
) -> Iterator[tuple[str, str]]:
    yield from more.items()
    if ring:
        yield "logs/memory.log", cleaned(ring, strict=strict)
    for path in sorted((*logs.glob(f"{FILE_NAME}*"), *logs.glob("fault*.log"))):
        try:
            text = path.read_text("utf-8", errors="replace")
        except OSError as error:
            text = f"{error.strerror or error}\n"
        if text:
            # Stacks of foreign code name no values.
            bare = strict and path.name.startswith(FILE_NAME)
            yield f"logs/{path.name}", cleaned(text[-_LONGEST:], strict=bare)


def _row(health: Health) -> Mapping[str, object]:
    return {
        "name": health.key or health.name,
        "label": health.name,
        "ok": health.ok,
        "detail": health.detail,
        "remedy": health.remedy,
    }


def _hidden(value: object, hide: Callable[[str], str]) -> object:
    """Give a value for JSON whose texts hold nothing that is hidden."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, Mapping):
        return {name: _hidden(each, hide) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_hidden(each, hide) for each in value]
    return value


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def _words(spoken: Iterable[str]) -> re.Pattern[str] | None:
    spelt = {s for word in spoken if len(word) >= LEAST for s in spellings(word)}
    wanted = sorted(spelt, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, wanted))) if wanted else None


def _write(path: Path, data: bytes) -> None:
    free = shutil.disk_usage(path.absolute().parent).free
    aside = path.with_name(f".{path.name}.half")
    if free < len(data):
        raise OSError(28, f"还需要 {len(data) // 1000 + 1} kB, 剩余 {free // 1000} kB")
    try:
        with aside.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
