"""Bytes of an answer → values of JSON, or a sentence on what they are instead."""

import json
from typing import Final, NoReturn

from app.core.errors import BackendDataError
from app.sites.backends.http.messages import HttpReply

MOST_DEPTH: Final = 64
_MOST_DIGITS: Final = 20
"""Enough for every 64-bit number and its sign."""
MOST_ITEMS: Final = 200_000
"""Of all lists and objects together; a page of a hundred orders has some thousand.
Millions fit into an answer, and reading them would hold up every other question."""
_PAGE_REMEDY: Final = "请检查地址和登录配置, 或用浏览器打开该地址核对。"


def json_of(reply: HttpReply) -> object:
    """Read the body as JSON, and as nothing that merely resembles it.

    Numbers have at most twenty digits and are finite, no name stands twice in an
    object, no text holds half a character, and there are not too many items to read
    them while others wait.

    Raises:
        BackendDataError: It is something else; the sentence says what.
    """
    try:
        text = reply.body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":
            raise BackendDataError(_cut(len(reply.body), "字节")) from None
        raise BackendDataError(
            "答复不是 UTF-8 文字, 无法读取", "请让该系统的维护人员改用 UTF-8 编码。"
        ) from None
    text = text.strip(" \t\r\n")
    _look(text, reply.media_type)
    try:
        value: object = json.loads(
            text,
            parse_int=_integer,
            parse_float=_number,
            parse_constant=_no_number,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text) or error.msg.startswith("Unterminated string")
        if cut:
            raise BackendDataError(_cut(len(text), "个字符")) from None
        raise BackendDataError(
            f"答复不是合格的 JSON 数据 (第{error.lineno}行第{error.colno}个字符处)"
        ) from None
    except RecursionError:
        _too_deep()
    _walk(value)
    return value


def _cut(length: int, unit: str) -> str:
    return f"答复不完整, 只有{length}{unit}, 数据在中途断了"


def _look(text: str, media_type: str) -> None:
    """Name what is plainly no JSON."""
    if not text:
        raise BackendDataError("答复是空的, 没有数据")
    if text.count(",") > MOST_ITEMS:
        raise BackendDataError(
            "答复里有太多项, 不像是一次查询的数据", "请缩小查询范围, 或改用分页查询。"
        )
    if not text.startswith("<"):
        return
    start = text[:200].lower()
    if "html" in media_type or "<html" in start or "<!doctype html" in start:
        raise BackendDataError("答复是网页, 不是数据, 登录可能已失效", _PAGE_REMEDY)
    raise BackendDataError("答复是 XML, 不是 JSON 数据", _PAGE_REMEDY)


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise BackendDataError(f"答复中有{len(digits)}位的数字, 不可能是真实数据")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise BackendDataError("答复中有大得不合理的数字")
    return number


def _no_number(name: str) -> NoReturn:
    raise BackendDataError(f"答复中有 {name}, 不是数字")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BackendDataError("答复中同一个字段出现两次, 无法判断哪个是真的")
    return found


def _walk(value: object) -> None:
    """Refuse what is nested too deeply, and halves of characters."""
    level: list[object] = [value]
    for _ in range(MOST_DEPTH):
        below: list[object] = []
        for each in level:
            if isinstance(each, str):
                _whole(each)
            elif isinstance(each, list):
                below.extend(each)
            elif isinstance(each, dict):
                below.extend(each)
                below.extend(each.values())
        if not below:
            return
        level = below
    _too_deep()


def _whole(text: str) -> None:
    if text.isascii():
        return
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BackendDataError("答复中有残缺的字符") from None


def _too_deep() -> NoReturn:
    raise BackendDataError(f"答复嵌套超过{MOST_DEPTH}层, 不像是真实数据")
