"""The settings file: TOML that people may edit, read and written with care.

What a person wrote – comments, order, keys of another version – stays. The file is
replaced in one step, so that a power cut leaves the old one or the new one.
"""

import logging
import os
import secrets
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeAlias, cast

import tomlkit
from tomlkit import TOMLDocument
from tomlkit.exceptions import TOMLKitError

from app.core.errors import SettingsError
from app.settings.declaration import (
    RETIRED,
    SECTIONS,
    Settings,
    describe,
    nearest,
)
from app.settings.document import SCHEMA_KEY, fresh, update

log = logging.getLogger(__name__)

SCHEMA: Final = 2
"""Version of the file's layout."""

Migration: TypeAlias = Callable[[TOMLDocument], None]


def _drop_empty_options(document: TOMLDocument) -> None:
    """Take out the options that systems had here; what was written is left to move."""
    backend = document.get("backend")
    if not isinstance(backend, MutableMapping) or backend.get("options", True):
        return
    del backend["options"]


MIGRATIONS: Final[Mapping[int, Migration]] = {1: _drop_empty_options}
"""From version → what makes the next version of it, in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSettings:
    """Settings, and what the operator should know about the file."""

    settings: Settings
    warnings: tuple[str, ...] = ()
    """Chinese sentences."""
    broken: bool = False
    """Whether the file is no TOML: what it says is not known, and these are defaults.
    Nobody may be asked for numbers then: the default system is a demonstration."""


def load(
    path: Path,
    *,
    schema: int = SCHEMA,
    migrations: Mapping[int, Migration] = MIGRATIONS,
) -> LoadedSettings:
    """Read the settings; defaults where the file, or a key of it, is not there.

    A file that is not TOML stays as it is, for whoever wrote it to mend; the defaults
    are used and marked as such. Keys that this version does not know are reported and
    left in the file.

    Raises:
        SettingsError: A value that a setting cannot have, a file that cannot be read,
            or a migration that failed.
    """
    warnings: list[str] = []
    try:
        document = _read(path)
    except _NotTomlError as error:
        log.info("settings file is not TOML: %s", error)
        told = (f"{error}, 改正之前使用默认设置, 不查询任何系统。",)
        return LoadedSettings(settings=Settings(), warnings=told, broken=True)
    if document is None:
        return LoadedSettings(settings=Settings())
    document = _migrated(path, document, schema, migrations, warnings)
    settings = _interpreted(document.unwrap(), warnings)
    return LoadedSettings(settings=settings, warnings=tuple(warnings))


def sound(path: Path) -> Settings:
    """Read the settings in order to change them.

    Raises:
        SettingsError: As for `load`, and where the file is broken: what it says is not
            known, so nobody can say what a change changes.
    """
    loaded = load(path)
    if loaded.broken:
        raise SettingsError(
            f"设置文件 {path.name} 已损坏, 没有改动",
            f"请先改正「{path}」, 或把它移走。",
        )
    return loaded.settings


@dataclass(frozen=True, slots=True, kw_only=True)
class StatedSettings:
    """What a file says, and nothing of what it leaves out."""

    values: Mapping[str, object]
    """Key like `agent.device` → value, in the order of the file."""
    warnings: tuple[str, ...] = ()
    """Chinese sentences."""


def read_stated(path: Path) -> StatedSettings:
    """Read what a file says; nothing is written, and nothing beside it.

    Raises:
        SettingsError: It cannot be read, is no TOML, or says what cannot be.
    """
    try:
        document = _read(path)
    except _NotTomlError as error:
        raise SettingsError(f"{error}, 没有导入", "请检查这个文件。") from error
    if document is None:
        raise SettingsError(f"没有设置文件「{path}」", "请检查文件名。")
    warnings: list[str] = []
    _upgraded(document, SCHEMA, MIGRATIONS, warnings)
    raw = document.unwrap()
    made = _interpreted(raw, warnings)
    stated = {
        info.key: value_of(made, info.key)
        for info in describe()
        for section, _, name in (info.key.partition("."),)
        if name in raw.get(section, {})
    }
    return StatedSettings(values=stated, warnings=tuple(warnings))


def value_of(settings: Settings, key: str) -> object:
    """Give a setting by its key, like `agent.device`."""
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def exported(settings: Settings) -> str:
    """Give a file for another desk: every setting but those of this seat.

    No setting is a secret: what systems are asked with lies in the key ring. What the
    desk's own file says besides – options of a former version, with a password
    perhaps – is in none of it.
    """
    return tomlkit.dumps(fresh(settings, SCHEMA, travels=True))


def keep_copy(path: Path, mark: str) -> Path | None:
    """Keep the file as it is beside itself; None: there is none.

    Raises:
        SettingsError: It cannot be read or written.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"设置文件「{path}」读不出来: {error.strerror or error}"
        ) from error
    copy = _beside(path, mark)
    _write(copy, data)
    return copy


def save(path: Path, settings: Settings) -> None:
    """Write the settings in one step; comments and unknown keys stay.

    Raises:
        SettingsError: The file cannot be written, or is broken: to write a new one
            would lose what it says.
    """
    try:
        document = _read(path)
    except _NotTomlError as error:
        raise SettingsError(
            f"{error}, 没有保存", f"请先改正「{path}」, 或把它移走。"
        ) from error
    if document is None:
        document = fresh(settings, SCHEMA)
    else:
        update(document, settings, SCHEMA)
    _write(path, tomlkit.dumps(document).encode())


def changed(settings: Settings, key: str, value: object) -> Settings:
    """Give the settings with one of them changed; `key` is like `agent.device`.

    Raises:
        SettingsError: No such key – the nearest is named – or no such value.
    """
    if key not in {info.key for info in describe()}:
        raise SettingsError(
            f"没有设置项 {key}{_meant(key)}", "请用设置窗口或文档查看全部设置项。"
        )
    section, _, name = key.partition(".")
    part = replace(getattr(settings, section), **{name: value})
    return replace(settings, **{section: part})


class _NotTomlError(Exception):
    """The file is broken; the text is a sentence without its stop."""


def _read(path: Path) -> TOMLDocument | None:
    """Read the file; None: there is none."""
    try:
        # utf-8-sig: Windows editors put a byte order mark in front.
        return tomlkit.parse(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise SettingsError(
            f"设置文件「{path}」读不出来: {error.strerror or error}",
            "请检查文件权限, 或移走这个文件后重试。",
        ) from error
    except (TOMLKitError, UnicodeDecodeError, RecursionError) as error:
        raise _NotTomlError(f"设置文件 {path.name} 已损坏 ({error})") from error


def _migrated(
    path: Path,
    document: TOMLDocument,
    schema: int,
    migrations: Mapping[int, Migration],
    warnings: list[str],
) -> TOMLDocument:
    """Bring an older file to this version, keeping a copy; or leave all as it was."""
    before = tomlkit.dumps(document)
    found = _upgraded(document, schema, migrations, warnings)
    if found == schema:
        return document
    backup = _beside(path, f"v{found}")
    _write(backup, before.encode())
    _write(path, tomlkit.dumps(document).encode())
    warnings.append(f"设置文件已升级到版本{schema}, 原文件保存为「{backup.name}」。")
    return document


def _upgraded(
    document: TOMLDocument,
    schema: int,
    migrations: Mapping[int, Migration],
    warnings: list[str],
) -> int:
    """Bring a document to this version in place; give the version that it had.

    A newer one is left as it is, said, and counts as this one.
    """
    found = document.unwrap().get(SCHEMA_KEY, 1)
    if not isinstance(found, int) or isinstance(found, bool) or found < 1:
        raise SettingsError(
            f"设置文件的版本号 {SCHEMA_KEY} = {found!r} 不可用, 允许: 1 到 {schema}"
        )
    if found > schema:
        warnings.append(
            f"设置文件由较新版本的程序写成 (版本{found}), 只使用本程序认识的设置项。"
        )
        return schema
    if found == schema:
        return schema
    numbered = SCHEMA_KEY in document
    try:
        for version in range(found, schema):
            migrations[version](document)
        document[SCHEMA_KEY] = schema
        _interpreted(document.unwrap(), [])
    except (SettingsError, TOMLKitError, LookupError, ValueError, TypeError) as error:
        if isinstance(error, SettingsError) and not numbered:
            # Nothing says that the file is old: a person wrote a wrong value.
            raise
        raise SettingsError(
            f"设置文件从版本{found}升级到版本{schema}失败 ({error}), 文件没有改动",
            "请把设置文件交给维护人员, 或移走它以使用默认设置。",
        ) from error
    return found


def _interpreted(values: Mapping[str, Any], warnings: list[str]) -> Settings:
    made: dict[str, Any] = {}
    for key, value in values.items():
        section = SECTIONS.get(key)
        if section is None:
            if key != SCHEMA_KEY:
                warnings.append(_unknown(key))
            continue
        if not isinstance(value, Mapping):
            raise SettingsError(
                f"设置项 {key} 的值 {value!r} 不可用, 允许: 一节设置 [{key}]"
            )
        names = {declared.name for declared in fields(cast("Any", section))}
        warnings += [_unknown(f"{key}.{name}") for name in value if name not in names]
        made[key] = section(**{n: v for n, v in value.items() if n in names})
    return Settings(**made)


def _unknown(key: str) -> str:
    if key in RETIRED:
        return f"设置项 {key} 已不再使用, 已保留但不起作用: {RETIRED[key]}。"
    return f"设置文件中有不认识的设置项 {key}{_meant(key)}, 已保留但不起作用。"


def _meant(key: str) -> str:
    near = nearest(key)
    return f" (是不是 {near}?)" if near else ""


def _beside(path: Path, mark: str) -> Path:
    stamp = datetime.now().astimezone().strftime("%Y%m%d-%H%M%S")
    wanted = path.with_name(f"{path.stem}.{mark}-{stamp}{path.suffix}")
    number = 1
    while wanted.exists():
        number += 1
        wanted = path.with_name(f"{path.stem}.{mark}-{stamp}-{number}{path.suffix}")
    return wanted


def _write(path: Path, data: bytes) -> None:
    half_made = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with half_made.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            # The file may hold a backend's key: it is nobody else's to read.
            mode = path.stat().st_mode & 0o777 if path.exists() else 0o600
            half_made.chmod(mode)
            half_made.replace(path)
        finally:
            with suppress(OSError):
                half_made.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"设置文件「{path}」写不进去: {error.strerror or error}",
            "请检查磁盘空间和文件夹的写权限。",
        ) from error
