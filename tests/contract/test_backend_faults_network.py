"""Faults of the network and of servers that break the rules of HTTP, byte by byte.

As in `test_backend_faults`: three sites at once, and the two others are untouched.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass

import pytest
from starlette.responses import RedirectResponse

from app.core.observation import MissingReason, Service
from app.sites.dispatcher import ConcurrentDispatcher
from tests.contract.three_sites import (
    EAST,
    SICK,
    SITES,
    TOKEN,
    WEST,
    ThreeSites,
    Vendor,
    assert_no_number,
    assert_others_are_right,
    order,
    picture,
    raw_vendor,
    scene,
    settings,
    whole,
    written,
)
from tests.site_server import Authority, RawCall, raw_serving, serving

BAD = MissingReason.BAD_DATA
UNREACHABLE = MissingReason.UNREACHABLE
TIMEOUT = MissingReason.TIMEOUT

Sick = Callable[[RawCall], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SOUND = written(scene())


@dataclass(frozen=True, slots=True)
class Fault:
    """What the sick site's question is answered with, and what the operator is told."""

    sick: Sick
    reason: MissingReason
    words: str
    attempts: int = 1


def sends(*parts: bytes) -> Sick:
    async def sick(call: RawCall) -> None:
        for part in parts:
            await call.send(part)

    return sick


def without_end(start: bytes, again: bytes) -> Sick:
    """As fast as it goes, until nobody listens."""

    async def sick(call: RawCall) -> None:
        await call.send(start)
        while not call.gone.is_set():
            await call.send(again)
            await asyncio.sleep(0)  # sending alone need not let the others go on

    return sick


def trickles(start: bytes, rest: bytes) -> Sick:
    async def sick(call: RawCall) -> None:
        await call.send(start)
        await call.trickle(rest)

    return sick


async def resets(call: RawCall) -> None:
    await call.send(OK + b"Content-Length: 999\r\n\r\n{")
    call.reset()


async def says_nothing(call: RawCall) -> None:
    await call.gone.wait()


def stating(length: int, body: bytes = SOUND) -> bytes:
    return OK + b"Content-Length: %d\r\n\r\n" % length + body


BROKEN: dict[str, Fault] = {
    "closed at once": Fault(sends(), UNREACHABLE, "没有答复就断开", 2),
    "closed in the head": Fault(sends(OK), UNREACHABLE, "断", 2),
    "closed in the body": Fault(
        sends(stating(len(SOUND), SOUND[:50])), UNREACHABLE, "没有发完就断了", 2
    ),
    "closed between chunks": Fault(
        sends(CHUNKED, b"%x\r\n%s\r\n" % (len(SOUND), SOUND)),
        UNREACHABLE,
        "没有发完就断了",
        2,
    ),
    "reset in the body": Fault(resets, UNREACHABLE, "断了", 2),
    "a length that is too long": Fault(
        sends(stating(len(SOUND) + 1)), UNREACHABLE, "没有发完就断了", 2
    ),
    "a length that is too short": Fault(
        sends(stating(len(SOUND) - 1)), BAD, "数据在中途断了"
    ),
    "a length that is a word": Fault(
        sends(OK + b"Content-Length: many\r\n\r\n" + SOUND), BAD, "不合 HTTP 规则"
    ),
    "a length of exabytes": Fault(sends(stating(10**18)), BAD, "超过8 MB"),
    "two lengths": Fault(
        sends(OK + b"Content-Length: 5\r\n" + stating(6)[len(OK) :]),
        BAD,
        "不合 HTTP 规则",
    ),
    "a body cut without a length": Fault(
        sends(OK + b"\r\n" + SOUND[: SOUND.index("东".encode()) + 1]),
        BAD,
        "数据在中途断了",
    ),
    "no http": Fault(sends(b"220 smtp.example ESMTP\r\n\r\n"), BAD, "不合 HTTP 规则"),
    "http 0.9": Fault(sends(SOUND), UNREACHABLE, "没有答复就断开", 2),
    "chunks without end": Fault(
        without_end(CHUNKED, b"10000\r\n" + b" " * 0x10000 + b"\r\n"), BAD, "超过8 MB"
    ),
    "a body without end": Fault(
        without_end(OK + b"\r\n", b" " * 0x10000), BAD, "超过8 MB"
    ),
    "headers without end": Fault(
        without_end(OK, b"X-More: " + b"a" * 1000 + b"\r\n"), BAD, "不合 HTTP 规则"
    ),
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_broken_answer_is_named_and_harms_no_other(
    desk: ThreeSites, name: str
) -> None:
    fault = BROKEN[name]
    async with raw_serving(raw_vendor(fault.sick)) as raw:
        seen = await desk.ask(raw.url)
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], fault.reason, fault.words)
    assert seen[SICK.id].attempts == fault.attempts


SLOW: dict[str, Sick] = {
    "nothing": says_nothing,
    "the head by the byte": trickles(b"HTTP/1.1", b" 200 OK\r\n" + SOUND),
    "the body by the byte": trickles(OK + b"\r\n" + SOUND[:-9], SOUND[-9:]),
    "only that it goes on": without_end(b"", b"HTTP/1.1 102 Processing\r\n\r\n" * 99),
    "a chunk by the byte": trickles(CHUNKED + b"ffff\r\n", SOUND),
}


@pytest.mark.parametrize("name", SLOW)
async def test_a_slow_answer_ends_with_its_time_and_delays_no_other(
    desk: ThreeSites, name: str
) -> None:
    async with raw_serving(raw_vendor(SLOW[name])) as raw:
        seen = await desk.ask(raw.url, timeout_s=1.5)
        about_sick = [call for call in raw.calls if SICK.id + "/scene" in call.head]
        for call in about_sick:
            await call.gone.wait()  # the connection is not kept open
    assert len(about_sick) == 1
    assert_others_are_right(seen)
    assert_no_number(seen[SICK.id], TIMEOUT, "现场检测在1.5秒内没有答复")


ODD: dict[str, Sick] = {
    "http 1.0": sends(b"HTTP/1.0 200 OK\r\n\r\n" + SOUND),
    "continue first": sends(b"HTTP/1.1 100 Continue\r\n\r\n", whole(SOUND)),
    "hints first": sends(
        b"HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\n", whole(SOUND)
    ),
    "byte order mark": sends(whole(b"\xef\xbb\xbf" + SOUND)),
    "says it is gbk": sends(
        OK + b"Content-Type: text/html; charset=gbk\r\n", stating(len(SOUND))[len(OK) :]
    ),
    "small chunks": sends(
        CHUNKED,
        *(b"1\r\n%c\r\n" % byte for byte in SOUND),
        b"0\r\nTrailer: x\r\n\r\n",
    ),
    "no reason, and blanks around": sends(
        b"HTTP/1.1 200 \r\n", stating(len(SOUND) + 6, b"\r\n \t" + SOUND + b"\r\n")[17:]
    ),
    "time of the desk, without a zone": sends(
        whole(written(scene(taken_at="2026-11-21T10:59:56")))
    ),
    "more than was asked for": sends(
        whole(written(scene(zones=[{"people": 99}], 人数=99, People=99)))
    ),
}


@pytest.mark.parametrize("name", ODD)
async def test_an_odd_but_sound_answer_is_taken(desk: ThreeSites, name: str) -> None:
    async with raw_serving(raw_vendor(ODD[name])) as raw:
        seen = await desk.ask(raw.url)
    assert_others_are_right(seen, *SITES)


# Where the whole system of the sick site is at fault --------------------------------


def assert_the_system_is_lost(
    desk: ThreeSites, seen: dict[str, object], words: str
) -> None:
    """Both questions have the one reason, which is told once; health tells it too."""
    assert_others_are_right(seen)
    lost = seen[SICK.id]
    assert lost.missing is not None
    assert lost.missing.reason is UNREACHABLE
    assert words in lost.missing.detail
    assert lost.missing.detail.count(words) == 1
    assert (lost.expected, lost.actual, lost.evidence) == (None, None, ())
    well, sick = desk.health
    assert well.ok
    assert not sick.ok
    assert words in sick.detail
    assert sick.remedy


async def test_a_port_where_nobody_listens(desk: ThreeSites) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        async with serving(Vendor().app) as url:
            seen = await desk.ask(url, sick=f"http://127.0.0.1:{port}")
    assert_the_system_is_lost(desk, seen, "拒绝连接")


@pytest.mark.parametrize(
    ("host", "expired", "known", "words"),
    [
        ("site.example", False, True, "证书是发给别的主机的"),
        ("127.0.0.1", False, False, "不认识的机构签发"),
        ("127.0.0.1", True, True, "证书已过期"),
    ],
)
async def test_a_certificate_that_does_not_hold(
    desk: ThreeSites, host: str, expired: bool, known: bool, words: str
) -> None:
    authority, other = (
        Authority(desk.folder, name) for name in ("their authority", "another")
    )
    sick = Vendor()
    believed = (authority if known else other).ca_file.name
    async with (
        serving(Vendor().app) as well_url,
        serving(sick.app, authority.issue(host, expired=expired)) as sick_url,
    ):
        theirs = desk.http(settings(sick_url, ca_file=believed))
        seen = await desk.ask(well_url, sick=theirs)
    assert_the_system_is_lost(desk, seen, words)
    assert sick.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(desk: ThreeSites, status: int) -> None:
    elsewhere = Vendor()
    async with serving(elsewhere.app) as other:
        where = f"{other}/v1/sites/{SICK.id}/scene?token={TOKEN}"
        sends_on = RedirectResponse(where, status)
        async with serving(Vendor(scenes=lambda request: sends_on).app) as url:
            seen = await desk.ask(url)
    assert elsewhere.requests == []
    assert_others_are_right(seen)
    host = other.removeprefix("http://")
    assert_no_number(seen[SICK.id], BAD, f"要把询问转到 {host} , 程序不会跟去")


async def test_a_site_that_fails_again_and_again_closes_no_system_to_the_others(
    desk: ThreeSites,
) -> None:
    async with raw_serving(raw_vendor(resets)) as raw:
        theirs = desk.http(settings(raw.url))
        dispatcher = ConcurrentDispatcher(lambda *_: theirs, clock=desk.clock)
        try:
            for _ in range(8):
                down = await desk.dispatched(dispatcher, (SICK,))
            seen = await desk.dispatched(dispatcher, (EAST, WEST))
        finally:
            await theirs.close()
    assert_others_are_right(seen)
    assert_no_number(down[SICK.id], UNREACHABLE, "断了", lost=Service.DETECTION)


async def test_an_answer_too_many_is_not_taken_for_the_next_questions(
    desk: ThreeSites,
) -> None:
    """On a kept connection it would be: the people of one site at all others."""
    twice = whole(written(order())) * 2

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.decode().split(" ")[1].split("?")[0]
                site_id, _, asked = path.removeprefix("/v1/sites/").partition("/")
                if path.endswith(".png"):
                    body = picture(path.strip("/").removesuffix(".png"))
                elif asked == "scene":
                    body = written(scene(site_id))
                else:
                    body = written(order(site_id) if asked else {"status": "ok"})
                said = (
                    twice
                    if (site_id, asked) == (SICK.id, "work-order")
                    else whole(body)
                )
                writer.write(said)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        theirs = desk.http(
            settings(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        )
        dispatcher = ConcurrentDispatcher(lambda *_: theirs, clock=desk.clock)
        try:
            for site in (SICK, EAST, SICK, WEST):
                seen = await desk.dispatched(dispatcher, (site,))
                assert_others_are_right(seen, site)
        finally:
            await theirs.close()
