"""What a setting may be, and the sentence for what it may not."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, get_origin

from app.core.errors import SettingsError

_CONTROL: Final = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_LONGEST_TEXT: Final = 4096

SWITCH: Final = ("on", "off")
"""The choices of what is either so or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What one setting means and may be."""

    name: str
    """What people call it, in Chinese; translated when it is shown."""
    about: str
    """Description for people, in Chinese; translated when it is shown."""
    unit: str = ""
    choices: tuple[str, ...] = ()
    """The only values; empty: any."""
    words: tuple[str, ...] = ()
    """What each choice means, in their order; empty: they speak for themselves."""
    low: float | None = None
    high: float | None = None
    may_be_empty: bool = False
    advanced: bool = False
    """Whether a settings dialogue may hide it at first."""
    seat: bool = False
    """Whether it is of this one seat: another desk does not want it."""

    @property
    def told(self) -> str:
        """Say in one line what it is and may be, for a file or a terminal."""
        line = f"{self.name}: {self.about}"
        if self.words:
            pairs = zip(self.choices, self.words, strict=True)
            return f"{line}; " + " / ".join(f"{code} {word}" for code, word in pairs)
        return f"{line}; {self.allowed}" if self.choices or self.unit else line

    @property
    def allowed(self) -> str:
        """Give the operator's words for what is allowed."""
        if self.choices:
            return " / ".join(self.choices)
        if self.low is not None and self.high is not None:
            unit = f" {self.unit}" if self.unit else ""
            return f"{self.low:g} 到 {self.high:g}{unit}"
        return "任意文字" if self.may_be_empty else "非空文字"


def checked_value(key: str, value: object, kind: Any, rule: Rule) -> object:
    """Give the value as its type, or refuse it by name.

    Raises:
        SettingsError: It is of another type, or not allowed.
    """
    if kind is str:
        return _checked_text(key, value, rule)
    if kind in {int, float}:
        return _checked_number(key, value, kind, rule)
    if get_origin(kind) is tuple:
        return _checked_list(key, value)
    return _checked_table(key, value)


def _checked_text(key: str, value: object, rule: Rule) -> str:
    if not isinstance(value, str):
        raise _refused(key, value, rule.allowed + " (加引号)")
    if rule.choices and value not in rule.choices:
        raise _refused(key, value, rule.allowed)
    if not rule.may_be_empty and not value.strip():
        raise _refused(key, value, rule.allowed)
    if _CONTROL.search(value) or len(value) > _LONGEST_TEXT:
        raise _refused(key, value, f"不含控制字符, 不超过{_LONGEST_TEXT}字")
    return value


def _checked_number(
    key: str, value: object, kind: type[int] | type[float], rule: Rule
) -> float:
    whole = isinstance(value, int) and not isinstance(value, bool)
    fits = whole or (kind is float and isinstance(value, float))
    if not fits or not isinstance(value, (int, float)) or not math.isfinite(value):
        noun = "整数" if kind is int else "数字"
        raise _refused(key, value, f"{noun}, {rule.allowed}")
    low = -math.inf if rule.low is None else rule.low
    high = math.inf if rule.high is None else rule.high
    if not low <= value <= high:
        raise _refused(key, value, rule.allowed)
    return kind(value)


def _checked_list(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)):
        raise _refused(key, value, '一组文字, 例如 ["甲", "乙"]')
    for item in value:
        if not isinstance(item, str) or not item.strip() or _CONTROL.search(item):
            raise _refused(key, item, "非空文字 (加引号)")
    return tuple(value)


def _checked_table(key: str, value: object) -> Mapping[str, str]:
    if not isinstance(value, Mapping):
        raise _refused(key, value, "一组 名称 = 文字")
    table: dict[str, str] = {}
    for name, item in value.items():
        if isinstance(item, bool):
            item = "true" if item else "false"
        elif isinstance(item, (int, float)):
            item = str(item)
        if not isinstance(item, str) or _CONTROL.search(f"{name}{item}"):
            raise _refused(f"{key}.{name}", item, "文字 (加引号)")
        table[str(name)] = item
    return table


def _refused(key: str, value: object, allowed: str) -> SettingsError:
    shown = repr(value)
    if len(shown) > 60:
        shown = shown[:57] + "…"
    return SettingsError(
        f"设置项 {key} 的值 {shown} 不可用, 允许: {allowed}",
        f"请更正设置项 {key}, 或删除这一行以使用默认值。",
    )
