"""What an answer says, by JMESPath: counts, words, times – or why it makes no sense."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, NoReturn, TypeAlias
from zoneinfo import ZoneInfo

import jmespath
from jmespath.exceptions import (
    JMESPathError,
    JMESPathTypeError,
)
from jmespath.functions import Functions, signature

from app.core.errors import BackendDataError
from app.core.model import Site
from app.sites.answers import LONGEST_TEXT, MOST_PEOPLE
from app.sites.backends.http.aggregates import (
    check_aggregates,
    check_list,
    check_page,
    check_stand_ins,
)
from app.sites.backends.http.parsing import ReadBy
from app.sites.backends.http.times import DayMeans, TimeFormat

_LONGEST_PATH: Final = 1000
_SHOWN: Final = 20
_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_LIKE_A_SECRET: Final = re.compile(r"[\x21-\x7e]{7,}")
"""Long words of an answer may be a token that it repeats."""


class _Functions(Functions):  # type: ignore[misc]
    """JMESPath's functions, except that they make no number out of nothing.

    By the book `length` also counts the letters of a text and the keys of an object:
    an error message in place of a list would become a number of people. And the sum of
    no numbers is 0 by the book: a list of cameras that came back empty is not nobody.
    And `to_array` makes a list of one out of anything, also out of nothing: one person.
    """

    @signature({"types": ["array"]})  # type: ignore[untyped-decorator]
    def _func_length(self, several: list[object]) -> int:
        return len(several)

    @signature({"types": ["array-number"]})  # type: ignore[untyped-decorator]
    def _func_sum(self, numbers: list[float]) -> float | None:
        return sum(numbers) if numbers else None

    @signature({"types": []})  # type: ignore[untyped-decorator]
    def _func_to_array(self, value: object) -> list[object] | None:
        return value if isinstance(value, list) else None


_OPTIONS: Final = jmespath.Options(custom_functions=_Functions())
_NULL: Final = frozenset({"null", "NoneType"})
"""What jmespath calls a null: as an argument, and in a list of numbers."""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A JMESPath expression that was found sound when the settings were read."""

    text: str
    compiled: Any

    @classmethod
    def parse(cls, text: object) -> "FieldPath":
        """Take what the installer wrote.

        Raises:
            ValueError: It is no JMESPath, uses a function that does not exist, counts
                what a projection left over, or puts a number for what is unknown.
        """
        if not isinstance(text, str) or not text.strip() or len(text) > _LONGEST_PATH:
            raise ValueError("应为 JMESPath 表达式 (加引号的文字)")
        try:
            compiled = jmespath.compile(text)
            calls = list(_called(compiled.parsed))
        except (JMESPathError, ValueError, RecursionError):
            raise ValueError(f"不是合格的 JMESPath: {text:.60}") from None
        for name, given in calls:
            _check_call(name, given)
        try:
            check_aggregates(compiled.parsed)
            check_stand_ins(compiled.parsed)
        except RecursionError:
            raise ValueError(f"JMESPath 嵌套太深: {text:.60}") from None
        return cls(text, compiled)

    @classmethod
    def parse_list(cls, text: object) -> "FieldPath":
        """Take the place of a list of rows.

        Raises:
            ValueError: As of `parse`; or rows would be lost from it.
        """
        made = cls.parse(text)
        try:
            check_list(made.compiled.parsed)
        except RecursionError:
            raise ValueError(f"JMESPath 嵌套太深: {made.text:.60}") from None
        return made

    def check_page(self) -> None:
        """Refuse it as the place of a list that comes in pages.

        Raises:
            ValueError: It does not give the whole list.
        """
        try:
            check_page(self.compiled.parsed)
        except RecursionError:
            raise ValueError(f"JMESPath 嵌套太深: {self.text:.60}") from None

    def search(self, document: object) -> object:
        """Give what the expression finds; None where there is nothing.

        Raises:
            ValueError: The answer is not of the form that the expression is for.
        """
        try:
            found: object = self.compiled.search(document, _OPTIONS)
        except JMESPathTypeError as error:
            if error.actual_type in _NULL:
                return None
            raise ValueError("another form") from None
        except (
            *(JMESPathError, ArithmeticError, RecursionError),
            *(TypeError, ValueError, LookupError, AttributeError),
        ):
            raise ValueError("another form") from None
        return found


Path: TypeAlias = Annotated[FieldPath, ReadBy(FieldPath.parse)]
ListPath: TypeAlias = Annotated[FieldPath, ReadBy(FieldPath.parse_list)]


def _called(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    """Walk an expression for its function calls: name, number of arguments."""
    if node["type"] == "function_expression":
        yield node["value"], len(node["children"])
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _called(child)


def _check_call(name: str, given: int) -> None:
    known = Functions.FUNCTION_TABLE.get(name)
    if known is None:
        raise ValueError(f"JMESPath 没有名为 {name:.30} 的函数")
    wanted = known["signature"]
    more = bool(wanted) and bool(wanted[-1].get("variadic"))
    if given < len(wanted) or (given > len(wanted) and not more):
        raise ValueError(f"JMESPath 函数 {name} 的参数个数不对")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Reads one block's fields; every mistake names the field."""

    title: str
    """What the desk calls the system."""
    block: str
    """The settings' table, e.g. `work_orders`."""
    times: TimeFormat
    zone: ZoneInfo
    digits: bool = False
    """Whether numbers may be given as text."""

    def found(self, field: str, path: FieldPath, document: object) -> object:
        """Give what is there, of any form.

        Raises:
            BackendDataError: The answer is not of the form that the path is for.
        """
        try:
            return path.search(document)
        except ValueError:
            self._wrong(field, path, "的形式与配置不符")

    def count(self, field: str, path: FieldPath | None, document: object) -> int | None:
        """Give a number of people; None: not stated.

        Raises:
            BackendDataError: It is no such number.
        """
        value = None if path is None else self.found(field, path, document)
        if path is None or value is None:
            return None
        if self.digits and isinstance(value, str) and _NUMBER.fullmatch(value):
            value = int(value)
        if type(value) is not int or not 0 <= value <= MOST_PEOPLE:
            self._wrong(field, path, f"不是人数: {shown(value)}")
        return value

    def words(self, field: str, path: FieldPath | None, document: object) -> str:
        """Give a text on one line; empty: not stated. A ticket may be a number.

        Raises:
            BackendDataError: It is no text, or longer than any name.
        """
        value = None if path is None else self.found(field, path, document)
        if path is None or value is None:
            return ""
        if type(value) is int:
            value = str(value)
        if not isinstance(value, str) or len(value) > LONGEST_TEXT:
            self._wrong(field, path, f"不是简短的文字: {shown(value)}")
        return on_one_line(value)

    def moment(
        self,
        field: str,
        path: FieldPath | None,
        document: object,
        *,
        day: DayMeans = DayMeans.NOTHING,
    ) -> datetime | None:
        """Give a time; None: not stated (an empty text states none).

        Raises:
            BackendDataError: It is no time of the format in the settings.
        """
        value = None if path is None else self.found(field, path, document)
        if path is None or value is None or value == "":
            return None
        try:
            return self.times.read(value, self.zone, digits=self.digits, day=day)
        except (ValueError, OverflowError):
            self._wrong(field, path, f"不是配置的时间格式: {shown(value)}")

    def share(
        self, field: str, path: FieldPath | None, document: object
    ) -> float | None:
        """Give a share of 0 … 1; None: not stated.

        Raises:
            BackendDataError: It is none.
        """
        value = None if path is None else self.found(field, path, document)
        if path is None or value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._wrong(field, path, f"不是数: {shown(value)}")
        if not 0 <= value <= 1:  # so NaN is refused too
            self._wrong(field, path, f"不是0到1之间的数: {shown(value)}")
        return float(value)

    def flag(self, field: str, path: FieldPath, document: object) -> bool:
        """Give true or false.

        Raises:
            BackendDataError: It is neither.
        """
        value = self.found(field, path, document)
        if not isinstance(value, bool):
            self._wrong(field, path, f"不是 true 或 false: {shown(value)}")
        return value

    def rows(self, field: str, path: FieldPath, document: object) -> list[object]:
        """Give a list; a missing one is a mistake, not an empty one.

        Raises:
            BackendDataError: It is no list.
        """
        value = self.found(field, path, document)
        if not isinstance(value, list):
            self._wrong(field, path, f"不是列表: {shown(value)}")
        return value

    def check_objects(
        self, field: str, path: FieldPath, rows: Iterable[object]
    ) -> None:
        """Refuse a list that holds anything but objects.

        Raises:
            BackendDataError: It does.
        """
        for row in rows:
            if not isinstance(row, dict):
                self._wrong(field, path, f"列表里应是对象, 却有: {shown(row)}")

    def check_site(self, path: FieldPath | None, document: object, site: Site) -> None:
        """Refuse what is about another site: the system did not heed the question.

        Raises:
            BackendDataError: It is, or it does not say.
        """
        if path is None:
            return
        value = self.found("site", path, document)
        known = {site.id, site.name, site.work_order_key} - {""}
        if type(value) not in (str, int) or str(value) not in known:
            self._wrong("site", path, f"不是所问的站点: {shown(value)}")

    def _wrong(self, field: str, path: FieldPath, why: str) -> NoReturn:
        where = f"{self.block}.{field} ({path.text:.40})"
        raise BackendDataError(
            f"{self.title}的答复里 {where} {why}",
            "请联系该系统的维护人员核实; 若接口有变化, 请更正系统配置里的这一项。",
        )


def shown(value: object) -> str:
    """Give what a person may see of a value: its kind, or twenty characters."""
    match value:
        case None:
            return "空"
        case bool():
            return "true" if value else "false"
        case int() | float():
            # A number of thousands of digits cannot even be written.
            return repr(value)[:_SHOWN] if abs(value) < 10**18 else "过大的数"
        case str():
            return harmless(value)
        case list():
            return f"列表 ({len(value)}项)"
        case _:
            return "对象"


def harmless(text: str) -> str:
    """Give twenty characters of a system's words, without what may be secret."""
    return _LIKE_A_SECRET.sub("…", on_one_line(text[:200]))[:_SHOWN]


def on_one_line(text: str) -> str:
    """Drop what cannot be printed on a line, or stored as text."""
    return "".join(c for c in " ".join(text.split()) if c.isprintable())
