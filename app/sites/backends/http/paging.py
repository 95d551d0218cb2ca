"""A list that comes in pages: all of it, or a reason why it cannot be trusted.

A page that is missing, repeated or skipped changes a number of people, so whatever
does not add up is an error and never a shorter list.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from app.core.errors import BackendDataError
from app.sites.backends.http.exchange import Answered
from app.sites.backends.http.fields import FieldPath, Reader, shown
from app.sites.backends.http.filling import PageAsked
from app.sites.backends.http.options import PagingOptions

MOST_ROWS: Final = 100_000

Cursor: TypeAlias = str | int


@dataclass(slots=True)
class Pages:
    """What has come so far."""

    first: Answered
    rows: list[object] = field(default_factory=list)
    total: int | None = None
    seen: set[str] = field(default_factory=set)
    """Pages, as they were written."""
    keys: set[str] = field(default_factory=set)
    cursors: set[Cursor] = field(default_factory=set)


async def all_rows(
    options: PagingOptions,
    ask: Callable[[PageAsked], Awaitable[Answered]],
    *,
    reader: Reader,
    name: str,
    items: FieldPath,
) -> Pages | None:
    """Ask page after page until the list is whole; None: the system has nothing.

    Args:
        options: How the system counts its pages.
        ask: Sends the request for one page.
        reader: Reads the answers.
        name: What the settings call the list.
        items: Where the list is in a page.

    Raises:
        BackendError: A page did not come, or the pages do not make one list.
    """
    pages: Pages | None = None
    cursor: Cursor | None = None
    for number in range(options.most_pages):
        offset = len(pages.rows) if pages else 0
        asked = PageAsked(
            number=options.first + number,
            size=options.page_size,
            offset=offset,
            cursor=cursor,
        )
        answered = await ask(asked)
        if answered.nothing:
            if pages is None:
                return None
            raise _wrong(reader, "中途说没有数据")
        pages = pages or Pages(answered)
        rows = reader.rows(name, items, answered.document)
        _add(pages, rows, options, reader)
        total = _total(pages, answered.document, options, reader)
        if options.style == "cursor":
            cursor = _next(pages, answered.document, options, reader)
            if cursor is None:
                if total is not None and len(pages.rows) != total:
                    raise _wrong(reader, f"共{total}条, 只给了{len(pages.rows)}条")
                if total is None and len(rows) == options.page_size:
                    raise _wrong(reader, "最后一页是满的, 又没有总数, 看不出是否给全了")
                return pages
        elif total is not None:
            if len(pages.rows) == total:
                return pages
            if not rows:
                raise _wrong(reader, f"共{total}条, 只给了{len(pages.rows)}条")
        elif not rows or (options.until == "short" and len(rows) < options.page_size):
            return pages
    raise _wrong(reader, f"超过{options.most_pages}页还没有结束")


def _add(
    pages: Pages, rows: list[object], options: PagingOptions, reader: Reader
) -> None:
    if len(rows) > options.page_size:
        raise _wrong(reader, f"要{options.page_size}条一页, 却给了{len(rows)}条")
    written = json.dumps(rows, sort_keys=True)
    if rows and written in pages.seen:
        raise _wrong(reader, "把同一页给了两次")
    pages.seen.add(written)
    if options.key is not None:
        for row in rows:
            key = reader.found("paging.key", options.key, row)
            if key is None:
                raise _wrong(reader, "有一条没有编号")
            written = json.dumps(key, sort_keys=True)
            if written in pages.keys:
                raise _wrong(reader, "把同一条给了两次")
            pages.keys.add(written)
    pages.rows.extend(rows)
    if len(pages.rows) > MOST_ROWS:
        raise _wrong(reader, f"超过{MOST_ROWS}条")


def _total(
    pages: Pages, document: object, options: PagingOptions, reader: Reader
) -> int | None:
    """Give the total, which every page must repeat."""
    if options.total is None:
        return None
    total = reader.count("paging.total", options.total, document)
    if total is None:
        raise _wrong(reader, "没有给出总数")
    if pages.total is not None and total != pages.total:
        raise _wrong(reader, f"总数前后不一: {pages.total}和{total}")
    pages.total = total
    if len(pages.rows) > total:
        raise _wrong(reader, f"共{total}条, 却给了{len(pages.rows)}条")
    return total


def _next(
    pages: Pages, document: object, options: PagingOptions, reader: Reader
) -> Cursor | None:
    """Give where the next page begins; None: this was the last."""
    if options.cursor is None:
        raise AssertionError("checked when the settings were read")
    cursor = reader.found("paging.cursor", options.cursor, document)
    if cursor is None or cursor == "":
        return None
    if isinstance(cursor, bool) or not isinstance(cursor, str | int):
        raise _wrong(reader, f"下一页的标记不对: {shown(cursor)}")
    if cursor in pages.cursors or len(str(cursor)) > 2000:
        raise _wrong(reader, "在兜圈子, 下一页的标记重复了")
    pages.cursors.add(cursor)
    return cursor


def _wrong(reader: Reader, why: str) -> BackendDataError:
    return BackendDataError(
        f"{reader.title}的分页数据 ({reader.block}) {why}",
        "请稍后重试; 若一再出现, 请联系该系统的维护人员核实。",
    )
