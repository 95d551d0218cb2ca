"""Bad answers of a site system: each is 数据缺失 with its reason, at its site alone.

The system is a real server on the loopback; the answers go through `HttpBackend` and
the dispatcher. What the network does is in `test_backend_faults_network`.
"""

import gzip
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.checks import judge
from app.core.model import Call, Check, Verdict
from app.core.observation import MissingReason, Service
from tests.contract.three_sites import (
    AT,
    EAST,
    SICK,
    WEST,
    Reply,
    ThreeSites,
    Vendor,
    assert_no_number,
    assert_others_are_right,
    date,
    order,
    right,
    scene,
    settings,
    written,
)
from tests.site_server import serving

BAD = MissingReason.BAD_DATA
STALE = MissingReason.STALE
NOT_COUNTED = MissingReason.NOT_COUNTED
REFUSED = MissingReason.REFUSED
BUSY = MissingReason.BUSY
UNREACHABLE = MissingReason.UNREACHABLE


@dataclass(frozen=True, slots=True)
class Fault:
    """What the system answers, and what the operator is told."""

    reply: Reply
    reason: MissingReason
    words: str
    attempts: int = 1


def sends(body: bytes, status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: Response(body, status, named)


def shows(**changes: object) -> Reply:
    return lambda request: JSONResponse(scene(**changes))


def orders(**changes: object) -> Reply:
    return lambda request: JSONResponse(order(**changes))


def counts(written_so: str) -> Reply:
    """A number of people, as it stands in the JSON."""
    said = json.dumps(scene(people="PEOPLE"))
    return sends(said.replace('"PEOPLE"', written_so).encode())


def taken(moment: object) -> Reply:
    return shows(taken_at=moment)


def repeats_the_login(status: int, media_type: str, text: str) -> Reply:
    """An answer that holds what it was asked with, as careless systems do."""

    def reply(request: Request) -> Response:
        said = text.replace("LOGIN", request.headers["Authorization"])
        return Response(said, status, media_type=media_type)

    return reply


SOUND = written(scene())
BOMB = gzip.compress(bytes(64 << 20))

NO_COUNTS: dict[str, Fault] = {
    "text": Fault(counts('"34"'), BAD, "不是人数: 34"),
    "list": Fault(counts("[34]"), BAD, "不是人数: 列表"),
    "object": Fault(counts('{"n": 34}'), BAD, "不是人数: 对象"),
    "fraction": Fault(counts("33.5"), BAD, "不是人数: 33.5"),
    "float": Fault(counts("34.0"), BAD, "不是人数: 34.0"),
    "power": Fault(counts("1e2"), BAD, "不是人数: 100.0"),
    "true": Fault(counts("true"), BAD, "不是人数: true"),
    "false is no zero": Fault(counts("false"), BAD, "不是人数: false"),
    "empty text is no zero": Fault(counts('""'), BAD, "不是人数"),
    "negative": Fault(counts("-1"), BAD, "不是人数: -1"),
    "a city": Fault(counts("100001"), BAD, "不是人数: 100001"),
    "huge": Fault(counts("9" * 5000), BAD, "5000位的数字"),
    "huge power": Fault(counts("1e999"), BAD, "大得不合理"),
    "NaN": Fault(counts("NaN"), BAD, "不是数字"),
    "twice": Fault(counts('8, "people": 80'), BAD, "同一个字段出现两次"),
    "null": Fault(counts("null"), NOT_COUNTED, "没有给出实到人数"),
    "not there": Fault(
        sends(SOUND.replace(b'"people"', b'"People"')), NOT_COUNTED, "没有给出实到人数"
    ),
    "negative hats": Fault(shows(wearing=-1), BAD, "wearing"),
    "strange sureness": Fault(shows(confidence=88), BAD, "不是0到1之间的数"),
    "negative frames": Fault(shows(frames=-5), BAD, "frames"),
    "detector is no text": Fault(shows(detector=["a"]), BAD, "detector"),
    "of another site": Fault(shows(site="E-1"), BAD, "不是所问的站点: E-1"),
}

NO_TIMES: dict[str, Fault] = {
    "ten minutes ahead": Fault(
        taken((AT + timedelta(minutes=10)).isoformat()), STALE, "比现在晚10分钟"
    ),
    "ten minutes behind": Fault(
        taken((AT - timedelta(minutes=10)).isoformat()), STALE, "10分钟前拍摄"
    ),
    "utc without saying so": Fault(taken("2026-11-21T03:00:00"), STALE, "8小时前拍摄"),
    "no such day": Fault(taken("2026-02-30T08:00:00Z"), BAD, "不是配置的时间格式"),
    "a day alone": Fault(taken("2026-11-21"), BAD, "不是配置的时间格式"),
    "year 9999": Fault(taken("9999-12-31T23:59:59Z"), BAD, "不是配置的时间格式"),
    "year 9999 west": Fault(taken("9999-12-31T23:59:59-12:00"), BAD, "时间格式"),
    "year 1": Fault(taken("0001-01-01T00:00:00+14:00"), BAD, "不是配置的时间格式"),
    "1970": Fault(taken("1970-01-01T00:00:00Z"), BAD, "不是配置的时间格式"),
    "seconds": Fault(taken(1795230000), BAD, "不是配置的时间格式"),
    "words": Fault(taken("刚才"), BAD, "不是配置的时间格式: 刚才"),
    "null": Fault(taken(None), BAD, "没有给出拍摄时间"),
    "empty": Fault(taken(""), BAD, "没有给出拍摄时间"),
}

NO_JSON: dict[str, Fault] = {
    "html": Fault(
        repeats_the_login(200, "text/html", "<!DOCTYPE html><p>LOGIN</p>"), BAD, "网页"
    ),
    "xml": Fault(sends(b"<scene><people>8</people></scene>"), BAD, "XML"),
    "truncated": Fault(sends(SOUND[:-20]), BAD, "数据在中途断了"),
    "truncated in a number": Fault(sends(SOUND[:33]), BAD, "数据在中途断了"),
    "empty": Fault(sends(b""), BAD, "答复是空的"),
    "no content": Fault(sends(b"", 204), BAD, "答复是空的"),
    "null": Fault(sends(b"null"), BAD, "不是所问的站点: 空"),
    "list": Fault(sends(b"[%s]" % SOUND), BAD, "不是所问的站点: 空"),
    "json in a text": Fault(sends(written(SOUND.decode())), BAD, "不是所问的站点: 空"),
    "two documents": Fault(sends(SOUND + SOUND), BAD, "不是合格的 JSON"),
    "a script": Fault(sends(b"show(%s)" % SOUND), BAD, "不是合格的 JSON"),
    "gb18030": Fault(
        sends(SOUND.decode().encode("gb18030"), content_type="text/json; charset=gbk"),
        BAD,
        "不是 UTF-8",
    ),
    "utf-16": Fault(sends(SOUND.decode().encode("utf-16")), BAD, "不是 UTF-8"),
    "half a character": Fault(
        sends(SOUND.replace(b"hat-net", b"hat\\ud83d")), BAD, "残缺的字符"
    ),
    "deep": Fault(sends(b"[" * 100_000), BAD, "嵌套"),
    "deep and whole": Fault(sends(b"[" * 500 + b"]" * 500), BAD, "嵌套"),
    "millions of little things": Fault(
        sends(b"[" + b"[]," * 1_000_000 + b"1]"), BAD, "太多项"
    ),
    "too large": Fault(sends(SOUND + b" " * (9 << 20)), BAD, "超过8 MB"),
    "compressed": Fault(
        sends(gzip.compress(SOUND), content_encoding="gzip"), BAD, "压缩"
    ),
    "bomb": Fault(sends(BOMB, content_encoding="gzip, gzip"), BAD, "压缩"),
}

NO_JSON_ORDERS: dict[str, Fault] = {
    name: fault
    for name, fault in NO_JSON.items()
    if "不是所问的站点" not in fault.words
}
"""An order in the native contract does not name its site."""

NO_ANSWERS: dict[str, Fault] = {
    "busy": Fault(sends(b"", 429, Retry_After="30"), BUSY, "现场检测忙, 30秒后再试"),
    "away": Fault(
        sends(b"", 503, Retry_After="Sat, 21 Nov 2026 03:02:00 GMT"),
        BUSY,
        "现场检测忙, 120秒后再试",
    ),
    "busy for a year": Fault(
        sends(b"", 503, Retry_After="99999999999"), BUSY, "忙, 300秒后再试"
    ),
    "busy without a time": Fault(sends(b"", 503), BUSY, "太忙 (状态 503)", 2),
    "busy with nonsense": Fault(
        sends(b"", 429, Retry_After="-5"), BUSY, "太忙 (状态 429)", 2
    ),
    "login": Fault(
        repeats_the_login(401, "text/plain", "bad LOGIN"), REFUSED, "不认可登录"
    ),
    "rights": Fault(
        repeats_the_login(403, "application/json", '{"message": "LOGIN"}'),
        REFUSED,
        "不允许这样查询",
    ),
    "no such address": Fault(sends(b"{}", 404), BAD, "没有这个地址"),
    "broken": Fault(
        repeats_the_login(500, "text/plain", "Traceback: LOGIN"),
        UNREACHABLE,
        "内部出错 (状态 500)",
        2,
    ),
    "gateway": Fault(
        sends(b"<html>", 504), MissingReason.TIMEOUT, "内部超时 (状态 504)", 2
    ),
    "part of it": Fault(sends(SOUND[:60], 206), BAD, "数据在中途断了"),
}

NO_ORDERS: dict[str, Fault] = {
    "text": Fault(orders(expected="47"), BAD, "不是人数: 47"),
    "list": Fault(orders(expected=[47]), BAD, "不是人数: 列表"),
    "float": Fault(orders(expected=47.0), BAD, "不是人数: 47.0"),
    "true": Fault(orders(expected=True), BAD, "不是人数: true"),
    "negative": Fault(orders(expected=-47), BAD, "不是人数: -47"),
    "null": Fault(orders(expected=None), NOT_COUNTED, "没有给出应到人数"),
    "null for a list": Fault(sends(b'{"orders": null}'), BAD, "不是列表: 空"),
    "object for a list": Fault(sends(b'{"orders": {}}'), BAD, "不是列表: 对象"),
    "no list": Fault(sends(b"{}"), BAD, "不是列表: 空"),
    "texts in the list": Fault(
        sends(b'{"orders": ["GZP-1"]}'), BAD, "列表里应是对象, 却有: GZP-1"
    ),
    "twice the same": Fault(
        sends(written({"orders": order()["orders"] * 2})), BAD, "给了两次"
    ),
    "endless ticket": Fault(orders(ticket="长" * 501), BAD, "不是简短的文字"),
    "leader is an object": Fault(orders(leader={"name": "王"}), BAD, "不是简短的文字"),
    "ends before it begins": Fault(
        orders(valid_until="2026-11-20T08:00:00+08:00"), BAD, "在开始之前就结束了"
    ),
    "expired": Fault(
        orders(valid_until=(AT - timedelta(minutes=1)).isoformat()), STALE, "到期"
    ),
    "expired yesterday": Fault(
        orders(valid_from="2026-11-19", valid_until="2026-11-20"), STALE, "到期"
    ),
    "not yet valid": Fault(
        orders(valid_from=(AT + timedelta(minutes=1)).isoformat()), STALE, "才生效"
    ),
    "no such day": Fault(orders(valid_until="2026-02-30"), BAD, "不是配置的时间格式"),
}


def each(*tables: dict[str, Fault]) -> list[Any]:
    return [pytest.param(f, id=name) for table in tables for name, f in table.items()]


@pytest.mark.parametrize("fault", each(NO_COUNTS, NO_TIMES, NO_JSON, NO_ANSWERS))
async def test_a_bad_scene_is_named_and_harms_no_other(
    desk: ThreeSites, fault: Fault
) -> None:
    vendor = Vendor(scenes=fault.reply)
    async with serving(vendor.app) as url:
        seen = await desk.ask(url)
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], fault.reason, fault.words)
    assert seen[SICK.id].attempts == fault.attempts


@pytest.mark.parametrize("fault", each(NO_ORDERS, NO_JSON_ORDERS, NO_ANSWERS))
async def test_a_bad_order_is_named_and_harms_no_other(
    desk: ThreeSites, fault: Fault
) -> None:
    words = fault.words.replace("现场检测", "工单系统")
    vendor = Vendor(orders=fault.reply)
    async with serving(vendor.app) as url:
        seen = await desk.ask(url)
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], fault.reason, words, lost=Service.WORK_ORDERS)


@pytest.mark.parametrize(
    ("check", "said", "words"),
    [
        (Check.HELMET, {"wearing": 9}, "佩戴安全帽9人多于实到8人"),
        (Check.HELMET, {"people": 0, "wearing": 1}, "佩戴安全帽1人多于实到0人"),
        (Check.EQUIPMENT, {"carrying": 9}, "携带设备9人多于实到8人"),
    ],
)
async def test_more_hats_than_people_is_no_verdict(
    desk: ThreeSites, check: Check, said: dict[str, object], words: str
) -> None:
    async with serving(Vendor(scenes=shows(**said)).app) as url:
        seen = await desk.ask(url, check=check)
    assert_others_are_right(seen)
    told = seen[SICK.id].missing
    assert told is not None
    assert (told.reason, told.detail) == (MissingReason.CONTRADICTORY, words)
    judgement = judge(Call(SICK, check), seen[SICK.id])
    assert judgement.verdict is Verdict.DATA_MISSING
    assert words in judgement.sentence


@pytest.mark.parametrize("off", [timedelta(minutes=10), timedelta(minutes=-10)])
async def test_a_live_system_whose_clock_is_off(
    desk: ThreeSites, off: timedelta
) -> None:
    """Its answers have no time of their own but the one in their head."""
    dated = JSONResponse(scene(), headers={"Date": date(AT + off)})
    async with serving(Vendor(scenes=lambda request: dated).app) as url:
        live = settings(url)
        del live["detection"][0]["taken_at"]
        live["detection"][0]["live"] = True
        seen = await desk.ask(desk.http(live))
    words = "比现在晚10分钟" if off > timedelta() else "10分钟前拍摄"
    assert_no_number(seen[SICK.id], STALE, words)
    for site in (EAST, WEST):
        assert seen[site.id].missing is None
        assert (seen[site.id].actual, seen[site.id].taken_at) == (
            right(site).actual,
            AT,
        )
