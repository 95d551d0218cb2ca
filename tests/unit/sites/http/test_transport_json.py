"""JSON is read strictly, and whatever else came is named."""

import pytest

from app.core.errors import BackendDataError
from app.sites.backends.http.transport import HttpReply, json_of


def reply(body: bytes | str, media_type: str = "application/json") -> HttpReply:
    data = body.encode() if isinstance(body, str) else body
    return HttpReply(status=200, body=data, media_type=media_type, date=None)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ('{"人数": 3, "l": [1.5, null, true]}', {"人数": 3, "l": [1.5, None, True]}),
        (b"\xef\xbb\xbf[]", []),
        (" \r\n\t[1]\n", [1]),
        ('"x"', "x"),
        ("18446744073709551615", 18446744073709551615),
        ("-9223372036854775808", -9223372036854775808),
        ('"\\ud83d\\ude00"', "\U0001f600"),
        ('{"a": {"a": 1}}', {"a": {"a": 1}}),
    ],
)
def test_json_is_read(body: bytes | str, value: object) -> None:
    assert json_of(reply(body)) == value


def test_the_type_a_server_gives_does_not_matter() -> None:
    assert json_of(reply("[]", "text/html")) == []
    assert json_of(reply("[]", "")) == []


NESTED = 63

BAD: dict[str, tuple[bytes | str, str]] = {
    "empty": ("", "空的"),
    "blank": (" \n", "空的"),
    "page": ("<!DOCTYPE html><p>请登录</p>", "答复是网页, 不是数据, 登录可能已失效"),
    "page 2": ("\n<HTML><body>", "网页"),
    "xml": ("<?xml version='1.0'?><a/>", "XML"),
    "gbk": ('{"人数": 3}'.encode("gbk"), "UTF-8"),
    "utf-16": ('{"a": 3}'.encode("utf-16"), "UTF-8"),
    "binary": (b"\x89PNG\r\n\x1a\n", "UTF-8"),
    "cut": ('{"a": [1, 2', "不完整"),
    "cut in text": ('{"a": "人数', "不完整"),
    "cut after name": ('{"a":', "不完整"),
    "cut in word": ('{"a": tru', "不是合格的 JSON"),
    "trailing": ("[1] [2]", "不是合格的 JSON"),
    "comment": ("[1, /* two */ 2]", "不是合格的 JSON"),
    "jsonp": ('cb({"a": 1})', "不是合格的 JSON"),
    "single quotes": ("{'a': 1}", "不是合格的 JSON"),
    "control": ('"a\nb"', "不是合格的 JSON"),
    "nan": ('{"a": NaN}', "NaN"),
    "infinity": ("[-Infinity]", "Infinity"),
    "huge number": ("[1e999]", "数字"),
    "huge integer": ("[" + "9" * 21 + "]", "21位的数字"),
    "huger integer": ("[" + "9" * 100_000 + "]", "100000位的数字"),
    "twice": ('{"people": 3, "people": 30}', "出现两次"),
    "twice below": ('[{"a": {"b": 1, "b": 1}}]', "出现两次"),
    "half a character": ('["\\ud83d"]', "残缺"),
    "half a name": ('{"\\ud83d": 1}', "残缺"),
    "deep": ("[" * 65 + "]" * 65, "嵌套"),
    "deep objects": ('{"a":' * 65 + "1" + "}" * 65, "嵌套"),
    "bottomless": ("[" * 1_000_000, "嵌套"),
    "bottomless objects": ('{"a":' * 1_000_000, "嵌套"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_no_json_is_named(kind: str) -> None:
    body, sentence = BAD[kind]
    with pytest.raises(BackendDataError, match=sentence) as caught:
        json_of(reply(body))
    assert len(str(caught.value)) < 120


def test_the_deepest_that_is_read() -> None:
    value = json_of(reply("[" * NESTED + "1" + "]" * NESTED))
    for _ in range(NESTED):
        assert isinstance(value, list)
        value = value[0]
    assert value == 1


def test_what_was_sent_is_not_repeated() -> None:
    with pytest.raises(BackendDataError) as caught:
        json_of(reply('{"password": "hunter2" oops'))
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
