"""Values into templates: the request that is sent.

A value goes in as a value and nothing else: a query value, a form value, a JSON value
or a part of one percent-encoded segment of a path. So the name of a site cannot become
part of an address, whatever characters it holds.
"""

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final, TypeAlias
from urllib.parse import quote, urlencode

from app.core.errors import BackendRefusedError
from app.core.model import Check, Site
from app.sites.backends.http.messages import HttpRequest
from app.sites.backends.http.options import RequestOptions
from app.sites.backends.http.templates import (
    CHECK,
    PAGE,
    SITE,
    TIMES,
    Node,
    Table,
    Template,
    Variable,
)
from app.sites.backends.http.times import TimeFormat

_PATH_CHARACTERS: Final = "/:@!$&'()*+,;=%-._~"

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAsked:
    """Which part of a list a request is for."""

    number: int
    size: int
    offset: int = 0
    cursor: str | int | None = None
    """None: from the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a request is about."""

    at: datetime
    """In the system's time zone: days begin and end there."""
    site: Site | None = None
    check: Check | None = None
    camera: str = ""
    """The one of the site's cameras that is meant; empty: the first, or all."""
    page: PageAsked | None = None

    def on(self, page: PageAsked) -> "Asked":
        """Ask the same, for a page of the list."""
        return replace(self, page=page)

    def at_camera(self, camera: str) -> "Asked":
        """Ask the same of one of the site's cameras."""
        return replace(self, camera=camera)

    @property
    def cameras(self) -> tuple[str, ...]:
        """The cameras that are meant."""
        if self.camera or self.site is None:
            return (self.camera,) if self.camera else ()
        return self.site.cameras


def filled(options: RequestOptions, asked: Asked) -> HttpRequest:
    """Give the request for a question.

    Raises:
        BackendRefusedError: The directory lacks a value that the request needs.
    """
    values = _Values(asked, options.time_format, timedelta(hours=options.window_hours))
    body, content_type = b"", ""
    if options.body is not None:
        text = json.dumps(values.table(options.body), ensure_ascii=False)
        body, content_type = text.encode("utf-8", "replace"), "application/json"
    elif options.form is not None:
        body = urlencode(list(values.pairs(options.form)), errors="replace").encode()
        content_type = "application/x-www-form-urlencoded"
    return HttpRequest(
        method=options.method,
        path=values.path(options.path),
        query=tuple(values.pairs(options.query)),
        body=body,
        content_type=content_type,
        accept="application/json",
    )


def filled_path(template: Template, asked: Asked) -> str:
    """Give a path alone, e.g. of a snapshot.

    Raises:
        BackendRefusedError: The directory lacks a value that the path needs.
    """
    return _Values(asked, TimeFormat("iso"), timedelta()).path(template)


class _Values:
    """The values of the variables for one request, and the ways to put them in."""

    def __init__(self, asked: Asked, times: TimeFormat, window: timedelta) -> None:
        self._asked = asked
        self._times = times
        self._window = window

    def path(self, template: Template) -> str:
        path = "".join(
            quote(part, safe=_PATH_CHARACTERS)
            if isinstance(part, str)
            else quote(str(self._value(part)), safe="", errors="replace")
            for part in template.parts
        )
        # A server, or the client itself, would take these for a way up.
        if {".", ".."} & set(path.split("/")):
            raise BackendRefusedError(
                "站点在目录里登记的编号或名称是一个点或两个点, 不能用在地址里",
                "请在站点目录里更正后重新导入。",
            )
        return path

    def pairs(self, table: Table) -> Iterator[tuple[str, str]]:
        for key, value in self.table(table).items():
            for each in value if isinstance(value, list) else [value]:
                yield key, str(each).lower() if isinstance(each, bool) else str(each)

    def table(self, table: Table) -> dict[str, Json]:
        return {
            key: value
            for key, node in table.entries
            if (value := self._node(node)) is not None
        }

    def _node(self, node: Node) -> "Json | None":
        """Give a JSON value; None: leave it out, there is no cursor yet."""
        match node:
            case Template():
                if (alone := node.alone) is not None:
                    return self._value(alone)
                return "".join(
                    part if isinstance(part, str) else str(self._value(part))
                    for part in node.parts
                )
            case Table():
                return self.table(node)
            case tuple():
                return [value for each in node for value in self._items(each)]
            case _:
                return node

    def _items(self, node: Node) -> Iterator[Json]:
        """Give an element of a list: one for each camera where all are meant."""
        alone = node.alone if isinstance(node, Template) else None
        if alone is not None and alone.name == "site.cameras":
            self._value(alone)
            yield from self._asked.cameras
        elif (value := self._node(node)) is not None:
            yield value

    def _value(self, variable: Variable) -> str | int | None:
        name, page = variable.name, self._asked.page
        if name in TIMES:
            return (variable.format or self._times).written(self._moment(name))
        if name in PAGE and page is not None:
            return {
                "page": page.number,
                "page_size": page.size,
                "offset": page.offset,
                "cursor": page.cursor,
            }[name]
        if name == CHECK and self._asked.check is not None:
            return self._asked.check.value
        return self._of_site(name)

    def _of_site(self, name: str) -> str:
        site = self._asked.site
        if site is None:
            raise AssertionError(f"{name} is not allowed here")
        found = {
            "site.id": site.id,
            "site.name": site.name,
            "site.region": site.region,
            "site.work_order_key": site.work_order_key or site.id,
            "site.camera": next(iter(self._asked.cameras), ""),
            "site.cameras": ",".join(self._asked.cameras),
        }[name]
        # An empty value would ask about more than this site.
        if not found:
            raise BackendRefusedError(
                f"站点 {site.name:.40} 在目录里没有登记{SITE[name]}",
                "请在站点目录里补上这一项后重新导入。",
            )
        # Replaced by "?", it would ask about something else.
        if any(unicodedata.category(each) in ("Cc", "Cs") for each in found):
            raise BackendRefusedError(
                f"站点在目录里登记的{SITE[name]}含有控制字符或残缺的字符, 不能用来查询",
                "请在站点目录里更正后重新导入。",
            )
        return found

    def _moment(self, name: str) -> datetime:
        at = self._asked.at
        match name:
            case "day_start":
                return datetime.combine(at.date(), time.min, at.tzinfo)
            case "day_end":
                return datetime.combine(at.date(), time(23, 59, 59), at.tzinfo)
            case "window_start":
                return (at.astimezone(UTC) - self._window).astimezone(at.tzinfo)
            case _:
                return at
