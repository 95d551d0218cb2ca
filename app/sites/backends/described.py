"""How an installer describes a site system: a file with a name, a kind, and options.

What the options mean says `options.py`; this needs nothing that takes a while to load.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from app.core.errors import SettingsError
from app.system.encoding import decoded

MOST_BYTES: Final = 1 << 20
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")
_SECRET_NAME: Final = re.compile(r"[a-z][a-z_-]{0,31}")
"""No digits and no capitals: a token or a password hardly ever looks like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFile:
    """One site system as an installer describes it, in `systems/NAME.toml`."""

    name: str
    kind: str
    """Which backend it is for: http, sql, spreadsheet, demo, or a plug-in's name."""
    path: Path
    options: Mapping[str, object]
    """Everything but the kind."""


def system_names(folder: Path) -> tuple[str, ...]:
    """Give the names of the systems that the folder describes, sorted."""
    return tuple(
        sorted(path.stem for path in folder.glob("*.toml") if is_name(path.stem))
    )


def is_name(name: str) -> bool:
    """Whether this can be the name of a system."""
    return _NAME.fullmatch(name) is not None


def read_system(path: Path) -> SystemFile:
    """Read the description of a system.

    Raises:
        SettingsError: It cannot be read, is no TOML, or names no kind.
    """
    where = f"系统配置 {path.name}"
    if not is_name(path.stem):
        raise SettingsError(
            f"{where} 的文件名不能作系统名",
            "文件名请只用英文字母、数字、- 和 _, 不超过40个字符, 以字母或数字开头。",
        )
    try:
        if path.stat().st_size > MOST_BYTES:
            raise SettingsError(f"{where} 超过 1 MB, 不像是系统配置")
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"{where} 读不出来: {error.strerror or error}", "请检查文件和读取权限。"
        ) from error
    text, _ = decoded(data) or ("", "")
    try:
        table = tomllib.loads(text.replace("\r\n", "\n"))
    # A number of thousands of digits is a plain ValueError.
    except (ValueError, RecursionError) as error:
        raise SettingsError(
            f"{where} 不是合格的 TOML: {error}", "请按提示的行和列更正。"
        ) from error
    kind = table.pop("kind", None)
    if not isinstance(kind, str) or not kind:
        raise SettingsError(
            f'{where} 没有写明类型 kind, 例如 kind = "http"',
            "类型有 http、sql、spreadsheet、demo, 或已安装插件的名称。",
        )
    return SystemFile(name=path.stem, kind=kind, path=path, options=table)


def is_secret_name(text: str) -> bool:
    """Whether this can be the name of a secret, and so may be shown."""
    return _SECRET_NAME.fullmatch(text) is not None
