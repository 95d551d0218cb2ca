"""Faults around the counts: pages, envelopes, pictures, the directory.

As in `test_backend_faults`: three sites at once, and the two others are untouched.
"""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import count
from typing import Any

import pytest
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.model import Site
from app.core.observation import MissingReason, Service
from app.sites.dispatcher import ConcurrentDispatcher
from tests.contract.three_sites import (
    EAST,
    SICK,
    WEST,
    Reply,
    ThreeSites,
    Vendor,
    assert_no_number,
    assert_others_are_right,
    order,
    picture,
    right,
    scene,
    settings,
)
from tests.site_server import serving

BAD = MissingReason.BAD_DATA

# Pages -----------------------------------------------------------------------------

FIRST, SECOND, THIRD = (
    {**order()["orders"][0], "ticket": f"GZP-{number}"} for number in range(3)
)
Pages = Callable[[int], dict[str, Any]]


def page(rows: list[object], total: object = 3, following: object = "more") -> Any:
    return {"code": 0, "total": total, "next": following, "orders": rows}


def one(pages: Any) -> Pages:
    """The same answer for every page."""
    return lambda number: pages


def two(first: Any, second: Any) -> Pages:
    return lambda number: first if number == 1 else second


NUMBERED: dict[str, tuple[Pages, str]] = {
    "the same page again": (one(page([FIRST, SECOND], 4)), "同一页给了两次"),
    "the same row again": (
        two(page([FIRST, SECOND]), page([SECOND])),
        "同一条给了两次",
    ),
    "a total that never comes": (
        two(page([FIRST, SECOND]), page([])),
        "共3条, 只给了2条",
    ),
    "more than the total": (one(page([FIRST, SECOND], 1)), "共1条, 却给了2条"),
    "a total that changes": (
        two(page([FIRST, SECOND], 3), page([THIRD], 4)),
        "总数前后不一: 3和4",
    ),
    "no total": (one(page([FIRST], None)), "没有给出总数"),
    "a total that is text": (one(page([FIRST], "1")), "不是人数: 1"),
    "a page that is too long": (
        one(page([FIRST, SECOND, THIRD])),
        "要2条一页, 却给了3条",
    ),
    "a row without a number": (one(page([{"expected": 9}], 1)), "没有编号"),
}
MARKED: dict[str, tuple[Pages, str]] = {
    "pages that go round": (
        lambda number: page([{**FIRST, "ticket": f"GZP-{number}"}], 9),
        "在兜圈子",
    ),
    "pages without end": (
        lambda number: page([{**FIRST, "ticket": f"{number}"}], 9999, f"at {number}"),
        "超过5页还没有结束",
    ),
    "an end before the total": (one(page([FIRST], 3, None)), "共3条, 只给了1条"),
    "a mark that is a list": (one(page([FIRST], 3, [1])), "标记不对"),
}


@pytest.mark.parametrize("name", [*NUMBERED, *MARKED])
async def test_pages_that_make_no_list(desk: ThreeSites, name: str) -> None:
    pages, words = {**NUMBERED, **MARKED}[name]
    numbers = count(1)

    def answer(request: Request) -> Response:
        return JSONResponse(pages(next(numbers)))

    async with serving(Vendor(orders=answer).app) as url:
        paged = settings(url)
        block = paged["work_orders"]
        block["paging"] = {
            "page_size": 2, "most_pages": 5, "total": "total", "key": "ticket",
        }  # fmt: skip
        block["request"]["query"] = {"page": "{page}"}
        if name in MARKED:
            block["paging"] |= {"style": "cursor", "cursor": "next"}
            block["request"]["query"] = {"from": "{cursor}"}
        seen = await desk.ask(desk.http(paged))
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], BAD, words, lost=Service.WORK_ORDERS)


# Envelopes -------------------------------------------------------------------------

CODES = {
    "1": "refused", "2": "timeout", "3": "busy", "4": "unreachable", "5": "bad_data",
    "6": "nothing",
}  # fmt: skip


@pytest.mark.parametrize(
    ("said", "reason", "words"),
    [
        ({"code": 1, "message": "无权限"}, "refused", "代码 1, 无权限"),
        ({"code": "2", "message": "设备超时"}, "timeout", "设备超时"),
        ({"code": 3, "message": "限流"}, "busy", "限流"),
        ({"code": 4, "message": "摄像头离线"}, "unreachable", "摄像头离线"),
        ({"code": 5, "message": "数据错误"}, "bad_data", "数据错误"),
        ({"code": 6}, "refused", "没有这个站点的检测数据"),
        ({"code": 777, "message": "?"}, "refused", "代码 777"),
        ({"code": False, "message": "好"}, "refused", "好"),
        ({"code": "0"}, "refused", "代码 0"),
        ({"message": "登录 LOGIN 失效"}, "refused", "登录"),
        ({"Code": 0}, "bad_data", "看不出查询是否成功"),
        ({"code": None}, "bad_data", "看不出查询是否成功"),
    ],
)
async def test_the_envelope_of_a_vendor_says_no(
    desk: ThreeSites, said: dict[str, object], reason: str, words: str
) -> None:
    """Counts beside a code that is not the good one are not looked at."""

    def answer(request: Request) -> Response:
        message = str(said.get("message", ""))
        told = {"message": message.replace("LOGIN", request.headers["Authorization"])}
        counts = {key: value for key, value in scene().items() if key != "code"}
        return JSONResponse({**counts, **said, **told})

    async with serving(Vendor(scenes=answer).app) as url:
        wrapped = settings(url)
        wrapped["envelope"] = {
            "ok": "code == `0`", "code": "code", "message": "message", "codes": CODES,
        }  # fmt: skip
        del wrapped["health"]
        seen = await desk.ask(desk.http(wrapped))
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], MissingReason(reason), words)


async def test_many_sites_whose_cameras_are_offline_close_no_system_to_the_others(
    desk: ThreeSites,
) -> None:
    """The system itself has answered: that is no reason to leave it alone."""
    offline = [Site(id=f"OFF-{number}", name=f"离线{number}") for number in range(8)]

    def answer(request: Request) -> Response:
        return JSONResponse({"code": 4, "message": "摄像头离线"})

    async with serving(Vendor(scenes=answer, sick=offline).app) as url:
        wrapped = settings(url)
        wrapped["envelope"] = {
            "ok": "code == `0`", "code": "code", "message": "message", "codes": CODES,
        }  # fmt: skip
        del wrapped["health"]
        theirs = desk.http(wrapped)
        dispatcher = ConcurrentDispatcher(
            lambda site, service: theirs, clock=desk.clock
        )
        try:
            for _ in range(2):
                down = await desk.dispatched(dispatcher, offline)
                seen = await desk.dispatched(dispatcher, (EAST, WEST))
        finally:
            await theirs.close()
    assert_others_are_right(seen)
    told = {each.missing and each.missing.detail for each in down.values()}
    assert told == {"站点服务答复: 代码 4, 摄像头离线"}


# Pictures --------------------------------------------------------------------------


def sends(body: bytes, status: int = 200, media_type: str = "image/png") -> Reply:
    return lambda request: Response(body, status, media_type=media_type)


def bomb() -> bytes:
    """A whole picture of few bytes and 48 million dots."""
    data = io.BytesIO()
    Image.new("1", (8000, 6000)).save(data, format="PNG")
    return data.getvalue()


@pytest.mark.parametrize(
    "reply",
    [
        sends(b"<html>login</html>", media_type="text/html"),
        sends(b"<html>login</html>"),
        sends(b"", 204),
        sends(b"", 404),
        sends(b"", 401),
        sends(picture(SICK.id)[:-30]),
        sends(picture(SICK.id)[:-12]),
        sends(bomb()),
        sends(b"GIF89a" + bytes(100), media_type="image/gif"),
        sends(b"<svg xmlns='http://www.w3.org/2000/svg'/>", media_type="image/svg+xml"),
        sends(picture(SICK.id) + bytes(9 << 20)),
    ],
    ids=[
        "html", "html called png", "nothing", "not there", "no login", "half", "no end",
        "bomb", "gif", "svg", "too large",
    ],
)  # fmt: skip
async def test_a_picture_that_is_none_leaves_the_counts_valid(
    desk: ThreeSites, reply: Reply
) -> None:
    async with serving(Vendor(pictures=reply).app) as url:
        seen = await desk.ask(url)
    assert_others_are_right(seen)
    assert replace(seen[SICK.id], latency_ms=0.0, exchanges=()) == replace(
        right(SICK), evidence=()
    )
    kept = [path for path in desk.evidence.rglob("*") if path.is_file()]
    assert len(kept) == 2


async def test_a_picture_elsewhere_is_not_fetched(desk: ThreeSites) -> None:
    elsewhere = Vendor()
    async with serving(elsewhere.app) as other:
        told = scene(pictures=[{"url": f"{other}/x.png", "annotated": False}])
        vendor = Vendor(scenes=lambda request: JSONResponse(told))
        async with serving(vendor.app) as url:
            seen = await desk.ask(url)
    assert elsewhere.requests == []
    assert_others_are_right(seen)
    assert replace(seen[SICK.id], latency_ms=0.0, exchanges=()) == replace(
        right(SICK), evidence=()
    )


# The directory ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dates", "words"),
    [
        ({"valid_until": date(2026, 11, 20)}, "已于2026年11月20日结束"),
        ({"valid_from": date(2026, 11, 22)}, "2026年11月22日才开工"),
    ],
)
async def test_nobody_is_asked_about_a_site_outside_its_time(
    desk: ThreeSites, dates: dict[str, date], words: str
) -> None:
    vendor = Vendor()
    closed = replace(SICK, **dates)
    async with serving(vendor.app) as url:
        seen = await desk.ask(url, sites=(EAST, closed, WEST))
    assert_others_are_right(seen)
    told = seen[SICK.id]
    assert told.missing is not None
    assert told.missing.reason is MissingReason.STALE
    assert words in told.missing.detail
    assert (told.expected, told.actual, told.attempts) == (None, None, 0)
    assert vendor.asked_about(EAST)
    assert not vendor.asked_about(SICK)
