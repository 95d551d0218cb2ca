"""Which JMESPath expressions would count fewer than there are: they are refused.

By the book a projection drops what is null: `sum(cams[].cnt)` is 0 where the field is
called otherwise, and less than the truth where one camera does not state it. So nothing
is added up or counted behind a projection that can drop a row. `map` keeps the nulls,
and the answer is then "unknown".
"""

from enum import IntEnum
from typing import Any, Final, TypeAlias

Node: TypeAlias = dict[str, Any]

_NUMBERS: Final = frozenset({"sum", "avg", "max", "min"})
_ROWS: Final = frozenset({"length", "max_by", "min_by"})
_PROJECTIONS: Final = frozenset({"projection", "filter_projection", "value_projection"})
_STEPS: Final = frozenset({"subexpression", "pipe", "index_expression"})


class Rest(IntEnum):
    """What is left of a list, from all of it to too little."""

    WHOLE = 0
    HOLED = 1
    """All of it, with a null for what is not stated: the next projection drops that."""
    PICKED = 2
    """Whole rows that were picked, as `persons[?helmet]`; no null is left."""
    SHORT = 3
    """Rows are lost in which a field is not stated."""


def check_aggregates(expression: Node) -> None:
    """Refuse a sum or a count of what a projection left over.

    Raises:
        ValueError: There is one; the sentence says what to write instead.
    """
    _rest(expression, Rest.WHOLE)


def check_list(expression: Node) -> None:
    """Refuse a list of rows from which those without a field would be lost.

    Raises:
        ValueError: It is one.
    """
    if _rest(expression, Rest.WHOLE) is Rest.SHORT:
        raise ValueError("x[].y 会漏掉没有 y 的项, 不能作列表; 请写整个列表的位置")


def check_page(expression: Node) -> None:
    """Refuse to pick from a page: it would look shorter than it came, so the last.

    Raises:
        ValueError: It is not the whole list.
    """
    if _rest(expression, Rest.WHOLE) is not Rest.WHOLE:
        raise ValueError("分页的列表不能筛选; 请用 active, 或在计数的表达式里筛选")


def check_stand_ins(expression: Node) -> None:
    """Refuse a fixed number or list in place of what is not stated.

    Raises:
        ValueError: There is one, in `||` or in `not_null`.
    """
    kind, children = expression["type"], expression["children"]
    picks = kind == "or_expression" or (
        kind == "function_expression" and expression["value"] == "not_null"
    )
    if picks and any(map(_is_fixed, children)):
        raise ValueError("不能用固定的数字代替没有给出的数")
    for child in children:
        if isinstance(child, dict):
            check_stand_ins(child)


def _is_fixed(node: Node) -> bool:
    """Whether it may give a number or a list that no system has said."""
    match node["type"]:
        case "literal":
            value = node["value"]
            if isinstance(value, str):
                return value.strip().isdigit()
            return isinstance(value, int | float | list) and type(value) is not bool
        case "and_expression" | "multi_select_list":
            return any(map(_is_fixed, node["children"]))
        case "pipe" | "subexpression":
            return _is_fixed(node["children"][-1])
    return False


def _rest(node: Node, current: Rest) -> Rest:
    """Say what is left where `node` is evaluated on `current`."""
    kind, children = node["type"], node["children"]
    if kind in _PROJECTIONS:
        return _projected(node, current)
    if kind in _STEPS:
        for child in children:
            current = _rest(child, current)
        return current
    match kind:
        case "field" | "current" | "identity":
            return current
        case "index" | "slice":
            return _part(current)
        case "literal":
            return Rest.WHOLE
        case "function_expression":
            return _called(node, current)
    # What is nested most deeply decides: lists and objects that are put together,
    # `||`, `&&`, `!`, comparisons, the list that `[]` makes flat.
    rest = max((_rest(child, current) for child in children), default=Rest.WHOLE)
    if kind in ("comparator", "not_expression"):
        return Rest.WHOLE
    return max(rest, Rest.HOLED) if kind == "multi_select_list" else rest


def _part(rest: Rest) -> Rest:
    return Rest.SHORT if rest is Rest.SHORT else Rest.WHOLE


def _projected(node: Node, current: Rest) -> Rest:
    base, field, *condition = node["children"]
    rest = _rest(base, current)
    row = _part(rest)
    for each in condition:
        _rest(each, row)
    behind = _rest(field, row)
    drops = field["type"] != "identity" or rest is Rest.HOLED
    return Rest.SHORT if drops else max(behind, rest, Rest.PICKED)


def _called(node: Node, current: Rest) -> Rest:
    name, given = node["value"], node["children"]
    lists = [each for each in given if each["type"] != "expref"]
    rest = max((_rest(each, current) for each in lists), default=Rest.WHOLE)
    # `&y` is looked up in each row.
    inner = [_rest(e["children"][0], _part(rest)) for e in given if e not in lists]
    if name in _NUMBERS and rest >= Rest.PICKED:
        raise ValueError(_sentence(name, lists[0]))
    if name in _ROWS and rest is Rest.SHORT:
        raise ValueError(_sentence(name, lists[0]))
    if name == "map":
        return Rest.SHORT if Rest.SHORT in (rest, *inner) else Rest.HOLED
    return max(rest, Rest.HOLED) if name == "values" else rest


def _sentence(name: str, node: Node) -> str:
    """Name the rows and the field where they have plain names; else `x` and `y`."""
    rows, field, lost = "x", "y", "x[].y"
    if node["type"] in _PROJECTIONS:
        base, right = node["children"][:2]
        kept, written = _kept(node["type"], _plain(base) or rows)
        if right["type"] == "identity" and name in _NUMBERS:
            return (
                f"{name}({written}) 会漏掉空的项, 请写 {name}({rows}) 的形式, "
                f"筛选写在 map 里: {name}(map(&y, x[?…]))"
            )
        if _plain(base) and (behind := _plain(right)):
            rows, field, lost = kept, behind, f"{written}.{behind}"
    said = f"{name}({lost}) 会漏掉没有 {field} 的项"
    if name == "length":
        return (
            f"{said}, 数项请写 length({rows}), "
            f"数各项里的列表请写 sum(map(&length({field}), {rows}))"
        )
    if name in _ROWS:
        return f"{said}, 请先取整项再比较, 例如 {name}({rows}, &{field})"
    return f"{said}, 请写 {name}(map(&{field}, {rows}))"


def _kept(kind: str, rows: str) -> tuple[str, str]:
    """Give the rows as a list that keeps its nulls, and the projection of them."""
    match kind:
        case "filter_projection":
            return f"{rows}[?…]", f"{rows}[?…]"
        case "value_projection":
            return f"values({rows})", f"{rows}.*"
        case _:
            return rows, f"{rows}[]"


def _plain(node: Node) -> str:
    """Write an expression of names alone; empty: it has more in it."""
    match node["type"]:
        case "field":
            return f"{node['value']:.30}"
        case "flatten":
            return _plain(node["children"][0])
        case "subexpression":
            names = [_plain(child) for child in node["children"]]
            return ".".join(names) if all(names) else ""
    return ""
