"""Taking in the description of a site system: tried first, kept only if it is right."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from app.core.errors import SettingsError, UsageError, UserFacingError
from app.core.ports import Backend
from app.sites.backends.described import MOST_BYTES, SystemFile, is_name, read_system
from app.sites.backends.table import Systems, UnavailableBackend
from app.sites.files import write_atomically

_EXAMPLE: Final = re.compile(
    r"(?:^|[/@.])"
    r"(example\.(?:com|org|net)|192\.0\.2\.\d+|198\.51\.100\.\d+|203\.0\.113\.\d+)"
    r"\.?(?=$|[:/?#])",
    re.IGNORECASE,
)
"""Hosts that are nobody's, kept for examples (RFC 2606, RFC 5737)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A system that this desk can ask from now on."""

    system: SystemFile
    backend: Backend
    """Made with it, and to be closed."""
    former: Path | None = None
    """Where the description that it replaced lies."""
    changed: bool = True
    """False: this very description was there."""


async def connect(
    file: Path, systems: Systems, *, name: str = "", replace: bool = False
) -> Connected:
    """Check a description, copy it among the desk's own, and make its system.

    It is made in its place, since the files that it names lie beside it there. One
    that cannot be made leaves everything as it was.

    Raises:
        UsageError: The name cannot be used or is taken, or the kind is not known.
        SettingsError: The description is wrong, or cannot be kept.
        LibraryMissingError: What it works with is not installed.
    """
    if file.suffix.lower() != ".toml":
        raise UsageError(
            f"{file.name} 不是 .toml 文件, 不是站点系统的配置",
            "请给出系统的配置 NAME.toml; 站点目录请用 griddesk sites import 导入。",
        )
    name = name or file.stem
    if not is_name(name):
        raise UsageError(
            f"「{name}」不能作系统名",
            "请用 --name 另给一个: 英文字母、数字、- 和 _, 不超过40个字符。",
        )
    data = _bytes_of(file)
    target = systems.folder / f"{name}.toml"
    try:
        _check_alone(name, data)
    except UserFacingError as error:
        raise _about(file, target, error) from None
    former = _former(target, data, replace=replace)
    changed = former != data
    if changed:
        _write(target, data)
    try:
        backend = systems.make(name)
        if isinstance(backend, UnavailableBackend):
            health = await backend.health()
            raise UsageError(health.detail, health.remedy)
        system = read_system(target)
    except BaseException as error:
        if former is None:
            target.unlink()
        elif changed:
            _write(target, former)
        if isinstance(error, UserFacingError):
            raise _about(file, target, error) from None
        raise
    kept: Path | None = None
    if former is not None and changed:
        kept = target.with_name(f"{target.name}.bak")
        _write(kept, former)
    return Connected(system=system, backend=backend, former=kept, changed=changed)


def examples(folder: Path) -> Mapping[str, str]:
    """Give the worked descriptions of a folder: name → what its first line says."""
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.toml")):
        first, *_ = [*path.read_text(encoding="utf-8").splitlines(), ""]
        found[path.stem] = first.lstrip("# ").strip()
    return found


def _bytes_of(file: Path) -> bytes:
    try:
        if file.stat().st_size > MOST_BYTES:
            raise UsageError(f"{file.name} 超过 1 MB, 不像是系统配置")
        return file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"{file} 读不出来: {error.strerror or error}", "请检查文件和读取权限。"
        ) from error


def _check_alone(name: str, data: bytes) -> None:
    """See whether it can be read at all, before anything is put in its place."""
    with TemporaryDirectory(prefix="griddesk-") as folder:
        path = Path(folder) / f"{name}.toml"
        path.write_bytes(data)
        for text in _texts(read_system(path).options):
            if (found := _EXAMPLE.search(text)) is not None:
                raise UsageError(
                    f"系统配置 {path.name} 里的地址还是样例 ({found[1]})",
                    f"请先把 systems/{path.name} 里的地址改成该系统真实的地址。",
                )


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _about(file: Path, target: Path, error: UserFacingError) -> UserFacingError:
    """Say the same of the file that was given: nothing lies in its place yet."""

    def named(text: str) -> str:
        text = text.replace(str(target), str(file))
        text = text.replace(f"systems/{target.name}", str(file))
        return text.replace(f"系统配置 {target.name}", f"系统配置 {file.name}")

    if type(error).__init__ is not UserFacingError.__init__:
        # A plug-in's own, made in a way of its own.
        return error
    return type(error)(named(error.message), named(error.remedy))


def _former(target: Path, data: bytes, *, replace: bool) -> bytes | None:
    """Give what would be replaced; refuse where nobody asked for that."""
    if not target.exists():
        return None
    former = _bytes_of(target)
    if former != data and not replace:
        raise UsageError(
            f"已经有名为 {target.stem} 的系统",
            "请用 --name 另给一个名称; 要替换它请加 --replace, 原配置会另存为 .bak。",
        )
    return former


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise SettingsError(
            f"系统配置「{path}」写不进去: {error.strerror or error}",
            "请检查磁盘空间和文件夹的写权限。",
        ) from error
