"""Settings as TOML: a fresh file that explains itself, or one changed in place."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final, cast

import tomlkit
from tomlkit import TOMLDocument

from app.settings.declaration import SECTIONS, Settings, describe, rule_of

SCHEMA_KEY: Final = "schema"
"""Under which a file says the version of its layout."""


def fresh(settings: Settings, schema: int, *, travels: bool = False) -> TOMLDocument:
    """Make a file that explains itself.

    One that `travels` to another desk leaves out what belongs to this seat, and says
    of a table also that it is empty.
    """
    document = tomlkit.document()
    document.add(tomlkit.comment("GridDesk 设置。删除一行即恢复该项的默认值。"))
    document.add(SCHEMA_KEY, tomlkit.item(schema))
    for section in SECTIONS:
        part = getattr(settings, section)
        table = tomlkit.table()
        for declared in fields(part):
            rule, value = rule_of(declared), getattr(part, declared.name)
            if travels and rule.seat:
                continue
            table.add(tomlkit.comment(rule.told))
            if travels and isinstance(value, Mapping):
                inline = tomlkit.inline_table()
                inline.update(value)
                table.add(declared.name, inline)
                continue
            if isinstance(value, Mapping) and not value:
                # An empty table would clash with the one that somebody adds below.
                table.add(tomlkit.comment(f"[{section}.{declared.name}]"))
                continue
            table.add(declared.name, _item(value))
        if table:
            document.add(section, table)
    return document


def update(document: TOMLDocument, settings: Settings, schema: int) -> None:
    """Change only what differs, so that everything a person wrote stays."""
    defaults = {info.key: info.default for info in describe()}
    document.setdefault(SCHEMA_KEY, schema)
    for section in SECTIONS:
        part = getattr(settings, section)
        for declared in fields(part):
            name, value = declared.name, getattr(part, declared.name)
            written = document.get(section)
            if written is None or name not in written:
                if value == defaults[f"{section}.{name}"]:
                    continue
                if written is None:
                    document.add(section, tomlkit.table())
                    written = document[section]
                written[name] = _item(value)
            elif isinstance(value, Mapping):
                _update_table(written[name], value)
            elif _plain(written[name]) != _plain(value):
                written[name] = _item(value)


def _update_table(written: Any, wanted: Mapping[str, str]) -> None:
    for name in [name for name in written if name not in wanted]:
        del written[name]
    for name, value in wanted.items():
        if written.get(name) != value:
            written[name] = value


def _plain(value: object) -> object:
    """Give a value so that what is written and what is set compare as equal."""
    return list(value) if isinstance(value, (list, tuple)) else value


def _item(value: object) -> Any:
    if isinstance(value, tuple):
        return tomlkit.item(list(value))
    if isinstance(value, Mapping):
        table = tomlkit.table()
        table.update(value)
        return table
    return tomlkit.item(cast("Any", value))
