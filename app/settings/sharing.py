"""Settings that come from another desk, and what differs between two of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from app.core.configuring import SettingChange, Value, parted
from app.core.errors import SettingsError, UsageError
from app.settings.declaration import Settings, describe
from app.settings.file import changed, exported, read_stated, value_of
from app.system.files import write_text

_LONGEST: Final = 60
_NOTHING: Final = "(空)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """What the settings would be with those of a file."""

    settings: Settings
    changes: tuple[SettingChange, ...]
    left: tuple[str, ...]
    """Keys that the file states and that belong to the seat it comes from."""
    warnings: tuple[str, ...]


def clause(change: SettingChange) -> str:
    """Say a change, for people and for the log; nothing of it is cut."""
    before, after = _text(change.before), _text(change.after)
    said = f"{change.key}: {before or _NOTHING} → {after or _NOTHING}"
    inside = parted(change.before, change.after)
    if inside is None:
        return said
    parts = (
        *(f"增加「{each}」" for each in inside.added),
        *(f"去掉「{each}」" for each in inside.removed),
        *(f"{name} 由「{b}」改为「{a}」" for name, b, a in inside.changed),
    )
    return f"{said} ({', '.join(parts)})"


def differences(before: Settings, after: Settings) -> tuple[SettingChange, ...]:
    """Give what differs, in the order of the file."""
    pairs = (
        (info.key, value_of(before, info.key), value_of(after, info.key))
        for info in describe()
    )
    return tuple(
        SettingChange(key=key, before=cast("Value", old), after=cast("Value", new))
        for key, old, new in pairs
        if old != new
    )


def confirmed(present: Settings, wanted: Sequence[SettingChange]) -> Settings:
    """Give the settings with the changes that somebody was shown, and no others.

    Raises:
        SettingsError: Somebody made one of them another meanwhile, or no such value.
    """
    for each in wanted:
        there = value_of(present, each.key)
        if there not in (each.before, each.after):
            raise SettingsError(
                f"设置项 {each.key} 刚刚被别人改为 {shown(there)}, 没有保存",
                "请核对后再保存一次。",
            )
        present = changed(present, each.key, each.after)
    return present


def incoming(path: Path, present: Settings, *, seat: bool = False) -> Incoming:
    """Say what a file would change; what it does not state stays as it is.

    Raises:
        SettingsError: It cannot be read, or states what cannot be.
    """
    stated = read_stated(path)
    of_seat = {info.key for info in describe() if info.rule.seat}
    wanted, left = present, []
    for key, value in stated.values.items():
        if key in of_seat and not seat:
            if value != value_of(present, key):
                left.append(key)
            continue
        wanted = changed(wanted, key, value)
    return Incoming(
        settings=wanted,
        changes=differences(present, wanted),
        left=tuple(left),
        warnings=stated.warnings,
    )


def export_to(path: Path, settings: Settings) -> tuple[str, ...]:
    """Write a file for another desk, never over one; give the keys left out.

    Raises:
        UsageError: There is a file of that name, or it cannot be written.
    """
    if path.exists():
        raise UsageError(f"「{path}」已经存在", "请换一个文件名。")
    try:
        write_text(path, exported(settings))
    except OSError as error:
        raise UsageError(
            f"「{path}」写不进去: {error.strerror or error}",
            "请检查文件夹、权限和磁盘空间。",
        ) from error
    return tuple(info.key for info in describe() if info.rule.seat)


def in_text(settings: Settings) -> dict[str, str]:
    """Give every setting as text, by its key, to be compared later."""
    return {info.key: _text(value_of(settings, info.key)) for info in describe()}


def shown(value: object) -> str:
    """Write a value for people; a long one is cut."""
    text = _text(value)
    return f"{text[: _LONGEST - 1]}…" if len(text) > _LONGEST else text or _NOTHING


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {item}" for name, item in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return str(value)
