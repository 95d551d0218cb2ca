"""Requests as the installer writes them: texts with a closed set of {variables}.

Here they are read and checked, once; `filling` puts in the values of a question.
"""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from app.sites.backends.http.parsing import ReadBy
from app.sites.backends.http.times import TimeFormat

SITE: Final = {
    "site.id": "编号",
    "site.name": "名称",
    "site.region": "地区",
    "site.work_order_key": "工单系统编号",
    "site.camera": "摄像头",
    "site.cameras": "摄像头",
}
"""Variable → what the directory calls it."""
TIMES: Final = frozenset({"at", "day_start", "day_end", "window_start", "window_end"})
CHECK: Final = "check"
PAGE: Final = frozenset({"page", "page_size", "offset", "cursor"})
ALL: Final = frozenset({*SITE, *TIMES, CHECK, *PAGE})

_PIECE: Final = re.compile(r"\{\{|\}\}|\{([a-z_.]+)(?::([^{}]*))?\}|[{}]|[^{}]+")
_LONGEST: Final = 2000
_DEEPEST: Final = 8


@dataclass(frozen=True, slots=True)
class Variable:
    """A place in a template that is filled for each request."""

    name: str
    format: TimeFormat | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A text with variables."""

    parts: tuple[str | Variable, ...]

    @classmethod
    def parse(cls, text: object) -> "Template":
        """Take what the installer wrote; `{{` and `}}` stand for a brace.

        Raises:
            ValueError: A brace is left open, or a variable does not exist.
        """
        if not isinstance(text, str) or len(text) > _LONGEST:
            raise ValueError(f"应为不超过{_LONGEST}字符的文字 (加引号)")
        made = cls(tuple(_parts(text)))
        if "cursor" in made.names and made.alone is None:
            raise ValueError("变量 {cursor} 要单独成为一个值")
        return made

    @property
    def names(self) -> frozenset[str]:
        """The variables in it."""
        return frozenset(p.name for p in self.parts if isinstance(p, Variable))

    @property
    def alone(self) -> Variable | None:
        """The variable, where there is nothing else."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, Variable) else None


def _parts(text: str) -> Iterator[str | Variable]:
    for piece in _PIECE.finditer(text):
        found, name, pattern = piece.group(), piece.group(1), piece.group(2)
        if name is None:
            if found in ("{", "}"):
                raise ValueError("花括号不成对; 文字里的花括号请写两遍: {{ 或 }}")
            yield found[0] if found in ("{{", "}}") else found
            continue
        if name not in ALL:
            known = "、".join(sorted(ALL))
            raise ValueError(f"没有变量 {{{name}}}, 可用的有: {known}")
        if pattern is not None and name not in TIMES:
            raise ValueError(f"变量 {{{name}}} 不是时间, 不能带格式")
        yield Variable(name, None if pattern is None else TimeFormat.parse(pattern))


@dataclass(frozen=True, slots=True)
class Table:
    """A JSON object with templates as values; also a query and a form."""

    entries: "tuple[tuple[str, Node], ...]" = ()

    @property
    def names(self) -> frozenset[str]:
        """The variables in it."""
        return _names(self)


Node: TypeAlias = "Template | bool | int | float | Table | tuple[Node, ...]"


def _names(node: Node) -> frozenset[str]:
    match node:
        case Template():
            return node.names
        case Table():
            return frozenset().union(*(_names(each) for _, each in node.entries))
        case tuple():
            return frozenset().union(*(_names(each) for each in node))
        case _:
            return frozenset()


def _node(value: object, depth: int) -> Node:
    if depth > _DEEPEST:
        raise ValueError(f"嵌套超过{_DEEPEST}层")
    match value:
        case str():
            return Template.parse(value)
        case bool() | int():
            return value
        case float() if math.isfinite(value):
            return value
        case list() | tuple():
            return tuple(_node(each, depth + 1) for each in value)
        case Mapping():
            return _table(value, depth)
        case _:
            raise ValueError("值只能是文字、数字、true/false、列表或表")


def _table(value: object, depth: int = 0) -> Table:
    if not isinstance(value, Mapping):
        raise ValueError("应为一组设置")
    entries = []
    for key, each in value.items():
        try:
            entries.append((key, _node(each, depth + 1)))
        except ValueError as error:
            raise ValueError(f"{key}: {error}") from None
    return Table(tuple(entries))


def _flat(value: object) -> Table:
    """Take a query or a form: no tables, lists for a name that is repeated."""
    table = _table(value)
    for key, node in table.entries:
        for each in node if isinstance(node, tuple) else (node,):
            if isinstance(each, Table | tuple | float):
                raise ValueError(f"{key}: 值只能是文字、整数、true/false 或它们的列表")
    return table


def _path(text: object) -> Template:
    """Take a path of the address, e.g. `/v1/sites/{site.id}/scene`."""
    template = Template.parse(text)
    literal = "".join(p if isinstance(p, str) else "{}" for p in template.parts)
    if not literal.startswith("/") or literal.startswith("//"):
        raise ValueError("路径要以一个 / 开头")
    if any(mark in literal for mark in "?#\\") or not literal.isprintable():
        raise ValueError("路径里不能有 ? # \\ 或控制字符; 参数请写在 query 里")
    if {".", ".."} & set(literal.split("/")):
        raise ValueError("路径里不能有 . 或 .. 一段")
    if "cursor" in template.names:
        raise ValueError("变量 {cursor} 不能用在路径里")
    return template


PathText: TypeAlias = Annotated[Template, ReadBy(_path)]
Pairs: TypeAlias = Annotated[Table, ReadBy(_flat)]
JsonTable: TypeAlias = Annotated[Table, ReadBy(_table)]
