"""The settings as screens see them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, TypeAlias

Value: TypeAlias = str | int | float | tuple[str, ...] | Mapping[str, str]


class Kind(StrEnum):
    """How a setting is edited."""

    SWITCH = "switch"
    """Text, `on` or `off`."""
    CHOICE = "choice"
    """One of some texts."""
    TEXT = "text"
    WHOLE = "whole"
    """A whole number."""
    NUMBER = "number"
    LIST = "list"
    """Texts."""
    TABLE = "table"
    """Name → text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting, as its declaration says and as its file says."""

    key: str
    """Section and name with a dot between."""
    kind: Kind
    name: str
    """Chinese; translated when it is shown."""
    about: str
    """Chinese; translated when it is shown."""
    default: Value
    value: Value
    unit: str = ""
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """What each choice means; empty: they speak for themselves."""
    low: float = 0.0
    high: float = 0.0
    """Least and greatest of a number."""
    advanced: bool = False
    """Whether it is hidden at first."""

    @property
    def section(self) -> str:
        """Key of the section that it stands in."""
        return self.key.partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Settings that belong together."""

    key: str
    name: str
    """Chinese; translated when it is shown."""
    settings: tuple[Setting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsNow:
    """What the settings file says now."""

    path: Path
    sections: tuple[Section, ...]
    warnings: tuple[str, ...] = ()
    """Sentences about the file: keys that nobody knows, and were kept."""
    broken: bool = False
    """Whether the file is not readable as settings; these are the defaults, and
    nothing can be changed before somebody mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """One setting that is to be another, or is another now."""

    key: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """What differs between two lists, or between two tables."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str, str], ...] = ()
    """Name, text before, text after."""


def parted(before: object, after: object) -> Parted | None:
    """Say what of a list or table is another; None: it is said as a whole.

    That is so for what is neither, for what was or is empty, and for a list whose
    texts are the same in another order.
    """
    if not before or not after:
        return None
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return Parted(
            added=_pairs(after, [name for name in after if name not in before]),
            removed=_pairs(before, [name for name in before if name not in after]),
            changed=tuple(
                (name, text, after[name])
                for name, text in before.items()
                if name in after and after[name] != text
            ),
        )
    if isinstance(before, tuple) and isinstance(after, tuple):
        more, less = Counter(after), Counter(before)
        added = tuple((more - less).elements())
        removed = tuple((less - more).elements())
        return Parted(added=added, removed=removed) if added or removed else None
    return None


def _pairs(table: Mapping[str, str], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name} = {table[name]}" for name in names)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsImport:
    """What a file from another desk would change."""

    path: Path
    changes: tuple[SettingChange, ...]
    left: tuple[str, ...]
    """Keys that it states and that belong to the seat it comes from."""
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsTaken:
    """What an import has made."""

    made: tuple[SettingChange, ...]
    """What is another now; it may be less than was planned."""
    previous: Path | None
    """The copy of the former settings; None: there were none, or nothing is new."""


class Configuration(Protocol):
    """The settings file of a desk. Nothing is kept before the journal knows of it."""

    def look(self) -> SettingsNow:
        """Read the file. Blocks.

        Raises:
            SettingsError: It cannot be read, or states what cannot be.
        """
        ...

    def fault(self, key: str, value: Value) -> str:
        """Say why a setting cannot be this; empty: it can."""
        ...

    async def change(
        self, wanted: Sequence[SettingChange]
    ) -> tuple[SettingChange, ...]:
        """Make all changes, or none; give what is another now.

        Raises:
            NotAllowedError: Nobody is there who may.
            SettingsError: A value cannot be, somebody else has changed one of them
                meanwhile, or the file cannot be read or written.
            JournalError: It could not be kept in the log; nothing was changed.
        """
        ...

    def export(self, path: Path) -> tuple[str, ...]:
        """Write a file for another desk; give the keys that are not in it. Blocks.

        Raises:
            NotAllowedError: Nobody is there who may.
            UserFacingError: The settings file is broken, or nothing can be written.
        """
        ...

    def plan(self, path: Path) -> SettingsImport:
        """Say what a file from another desk would change; nothing is. Blocks.

        Raises:
            SettingsError: One of the files cannot be read, or states what cannot be.
        """
        ...

    async def take(self, planned: SettingsImport) -> SettingsTaken:
        """Make the changes of a plan that somebody was shown, and no others.

        The file is not read again: whatever lies there now was shown to nobody.

        Raises:
            NotAllowedError, SettingsError, JournalError: As for `change`.
        """
        ...
