"""Questions and answers over HTTP: statuses, redirects, sizes, addresses, ends."""

import asyncio
import gzip
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.sites.backends.http.transport import HttpRequest, json_of
from tests.fakes import HeldClock
from tests.site_server import RawCall, raw_serving, serving
from tests.unit.sites.http.asking import (
    GET,
    Recorder,
    always,
    ask,
    context,
    transport,
)


async def test_a_question_arrives_as_it_was_put(tmp_path: Path) -> None:
    server = always(
        lambda: Response(
            b'{"n": 3}',
            media_type="Application/JSON; charset=utf-8",
            headers={"Date": "Sat, 21 Nov 2026 03:00:00 GMT"},
        )
    )
    async with (
        serving(server.app) as url,
        transport(f"{url}/api/v1/", tmp_path, headers={"X-Tenant": "jn"}) as made,
    ):
        reply = await made.fetch(
            HttpRequest(
                method="POST",
                path="/sites/济南 1/count%2F2",
                query=(("b", "中 文&"), ("a", "1"), ("a", "2")),
                body=b'{"x": 1}',
                content_type="application/json",
            )
        )
        assert made.host == url.removeprefix("http://")
    request = server.requests[0]
    assert server.paths == ["/api/v1/sites/%E6%B5%8E%E5%8D%97%201/count%2F2"]
    assert request.scope["query_string"] == b"b=%E4%B8%AD%20%E6%96%87%26&a=1&a=2"
    assert server.bodies == [b'{"x": 1}']
    sent = dict(request.headers)
    assert sent.pop("user-agent").startswith("GridDesk/")
    assert sent.pop("host") == made.host
    assert sent == {
        "accept": "application/json",
        "accept-encoding": "identity",
        "content-type": "application/json",
        "content-length": "8",
        "x-tenant": "jn",
    }
    assert json_of(reply) == {"n": 3}
    assert (reply.status, reply.media_type) == (200, "application/json")
    assert reply.date == HeldClock().now()


@pytest.mark.parametrize("date", ["", "yesterday", "Sat, 99 Nov 2026 03:00:00 GMT"])
async def test_a_date_that_is_none_is_not_stated(tmp_path: Path, date: str) -> None:
    async def answer(call: RawCall) -> None:
        line = f"Date: {date}\r\n" if date else ""
        head = f"HTTP/1.1 200 OK\r\n{line}Content-Length: 2\r\n\r\n[]"
        await call.send(head.encode())

    async with raw_serving(answer) as raw:
        reply = await ask(raw.url, tmp_path)
    assert reply.date is None
    assert reply.media_type == ""


STATUSES: dict[int, type[BackendError]] = {
    400: BackendDataError,
    401: BackendRefusedError,
    403: BackendRefusedError,
    404: BackendDataError,
    405: BackendDataError,
    408: BackendTimeoutError,
    410: BackendDataError,
    418: BackendDataError,
    429: BackendBusyError,
    500: BackendUnreachableError,
    501: BackendUnreachableError,
    502: BackendUnreachableError,
    503: BackendBusyError,
    504: BackendTimeoutError,
    599: BackendUnreachableError,
}


@pytest.mark.parametrize("status", STATUSES)
async def test_a_status_becomes_its_error(tmp_path: Path, status: int) -> None:
    body = b'{"code": 0, "secret-body": 1}'
    server = always(lambda: Response(body, status_code=status))
    async with serving(server.app) as url:
        with pytest.raises(BackendError) as caught:
            await ask(url, tmp_path)
    assert type(caught.value) is STATUSES[status]
    assert str(status) in caught.value.message
    assert "secret-body" not in str(caught.value)
    assert len(server.requests) == 1
    if isinstance(caught.value, BackendBusyError):
        assert caught.value.retry_after_s is None


@pytest.mark.parametrize("status", [204, 201])
async def test_every_2xx_is_an_answer(tmp_path: Path, status: int) -> None:
    server = always(lambda: Response(status_code=status))
    async with serving(server.app) as url:
        assert (await ask(url, tmp_path)).status == status


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("stated", "wait_s"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("999999999999", 3600.0),
        ("-3", None),
        ("1.5", None),
        ("soon", None),
        # One minute by the server's own clock, which is hours off.
        ("Sat, 21 Nov 2026 10:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2020 10:01:00 GMT", 0.0),
        ("Sat, 21 Nov 2036 10:01:00 GMT", 3600.0),
    ],
)
async def test_retry_after_is_read_and_bounded(
    tmp_path: Path, status: int, stated: str, wait_s: float | None
) -> None:
    headers = {"Retry-After": stated, "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    server = always(lambda: Response(status_code=status, headers=headers))
    async with serving(server.app) as url:
        with pytest.raises(BackendBusyError) as caught:
            await ask(url, tmp_path)
    assert caught.value.retry_after_s == wait_s


async def test_a_retry_after_date_counts_from_our_clock_without_theirs(
    tmp_path: Path,
) -> None:
    async def answer(call: RawCall) -> None:
        until = "Retry-After: Sat, 21 Nov 2026 03:00:30 GMT"
        await call.send(f"HTTP/1.1 503 No\r\n{until}\r\n\r\n".encode())

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendBusyError) as caught:
            await ask(raw.url, tmp_path)
    assert caught.value.retry_after_s == 30.0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308, 300, 304])
async def test_a_redirect_is_named_and_not_followed(
    tmp_path: Path, status: int
) -> None:
    target = always(lambda: PlainTextResponse("[]"))
    async with serving(target.app) as elsewhere:
        headers = {"Location": f"{elsewhere}/login?token=abc"}
        server = always(lambda: Response(status_code=status, headers=headers))
        async with serving(server.app) as url:
            with pytest.raises(BackendDataError) as caught:
                await ask(url, tmp_path)
    assert target.requests == []
    assert len(server.requests) == 1
    assert elsewhere.removeprefix("http://") in caught.value.message
    assert "login" not in str(caught.value)
    assert "abc" not in str(caught.value)


@pytest.mark.parametrize(
    "location",
    [
        "/login",
        "",
        "//",
        "http://",
        "http://[",
        "javascript:alert(1)",
        "http://x:99999999/",
        "\\\\evil\\share",
        "http://" + "a" * 300,
        "http://xn--a/",
        "//\xff\xfe",
    ],
)
async def test_a_strange_redirect_is_no_answer_either(
    tmp_path: Path, location: str
) -> None:
    async def answer(call: RawCall) -> None:
        head = f"HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n"
        await call.send(head.encode("latin-1"))

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendDataError, match="程序不会跟去") as caught:
            await ask(raw.url, tmp_path)
    assert len(caught.value.message) < 200


async def test_the_largest_answer_is_read_whole(tmp_path: Path) -> None:
    server = always(lambda: Response(b"x" * 2048))
    async with serving(server.app) as url:
        assert len((await ask(url, tmp_path, most_bytes=2048)).body) == 2048


@pytest.mark.parametrize("stated", [True, False])
async def test_an_answer_that_is_too_long_is_not_read_to_its_end(
    tmp_path: Path, stated: bool
) -> None:
    stopped = asyncio.Event()

    async def answer(call: RawCall) -> None:
        length = "Content-Length: 99999999999\r\n" if stated else ""
        await call.send(f"HTTP/1.1 200 OK\r\n{length}\r\n".encode())
        while not call.gone.is_set():
            await call.send(b"x" * 65536)
            await asyncio.sleep(0)
        stopped.set()

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendDataError, match="超过") as caught:
            await ask(raw.url, tmp_path, most_bytes=1 << 20)
        await stopped.wait()
    assert "most_bytes" in caught.value.remedy


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP, identity", "x"])
async def test_a_packed_answer_is_not_unpacked(tmp_path: Path, encoding: str) -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    server = always(lambda: Response(bomb, headers={"Content-Encoding": encoding}))
    async with serving(server.app) as url:
        with pytest.raises(BackendDataError, match="压缩"):
            await ask(url, tmp_path)


async def test_a_packed_refusal_is_a_refusal(tmp_path: Path) -> None:
    headers = {"Content-Encoding": "gzip"}
    server = always(lambda: Response(b"x", status_code=403, headers=headers))
    async with serving(server.app) as url:
        with pytest.raises(BackendRefusedError):
            await ask(url, tmp_path)


async def test_an_answer_in_pieces_is_one_answer(tmp_path: Path) -> None:
    async def pieces() -> object:
        for _ in range(5):
            yield b"[1],"

    server = always(lambda: StreamingResponse(pieces()))  # type: ignore[arg-type]
    async with serving(server.app) as url:
        assert (await ask(url, tmp_path)).body == b"[1]," * 5


@pytest.mark.parametrize(
    "path",
    [
        "../admin",
        "/a/../../admin",
        "/a/..",
        "/./a",
        "/%2e%2e/admin",
        "/%252e%252e/admin",
        "/..%2fadmin",
        "/a%2f..%2f..%2fadmin",
        "/..%5cadmin",
        "/..\\admin",
        "//evil.example/x",
        "http://evil.example/x",
        "/a?b=1",
        "/a#b",
        "/a\r\nX-Evil: 1",
        "/a\x00",
        "/a\tb",
        "/100%",
        "/%zz",
        "/" + "a" * 9000,
    ],
)
async def test_no_path_leads_away_from_the_address(tmp_path: Path, path: str) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with (
        serving(server.app) as url,
        transport(f"{url}/api", tmp_path) as made,
    ):
        with pytest.raises(BackendDataError) as caught:
            await made.fetch(HttpRequest(method="GET", path=path))
    assert server.requests == []
    assert path not in caught.value.message


@pytest.mark.parametrize(
    ("path", "arrives"),
    [
        ("", "/api/"),
        ("a", "/api/a"),
        ("/a/", "/api/a/"),
        ("/@evil.example", "/api/@evil.example"),
        ("/a:80/..b", "/api/a:80/..b"),
        ("/a//b", "/api/a//b"),
    ],
)
async def test_other_paths_arrive_below_it(
    tmp_path: Path, path: str, arrives: str
) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with (
        serving(server.app) as url,
        transport(f"{url}/api", tmp_path) as made,
    ):
        await made.fetch(HttpRequest(method="GET", path=path))
    assert server.paths == [arrives]


async def test_nothing_but_reading_methods(tmp_path: Path) -> None:
    async with transport("http://127.0.0.1:9", tmp_path) as made:
        with pytest.raises(ValueError, match="DELETE"):
            await made.fetch(HttpRequest(method="DELETE", path="/"))


async def test_headers_cannot_be_smuggled_by_a_content_type(tmp_path: Path) -> None:
    async with transport("http://127.0.0.1:9", tmp_path) as made:
        with pytest.raises(BackendDataError):
            await made.fetch(
                HttpRequest(method="GET", path="/", content_type="a\r\nX-Evil: 1")
            )


async def test_a_proxy_of_the_environment_is_not_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = always(lambda: PlainTextResponse("proxy"))
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(proxy.app) as proxy_url, serving(server.app) as url:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy_url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert (await ask(url, tmp_path)).body == b"[]"
    assert proxy.requests == []


async def test_cookies_are_not_kept(tmp_path: Path) -> None:
    server = always(lambda: Response(b"[]", headers={"Set-Cookie": "session=1"}))
    async with serving(server.app) as url, transport(url, tmp_path) as made:
        await made.fetch(GET)
        await made.fetch(GET)
        [client] = made._lanes.clients()
        assert list(client.cookies.jar) == []
    assert ["cookie" in request.headers for request in server.requests] == [False] * 2


async def test_64_questions_go_at_once_over_connections_that_are_kept(
    tmp_path: Path,
) -> None:
    clients: set[object] = set()
    waiting = 0
    all_there = asyncio.Event()

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        nonlocal waiting
        clients.add(scope["client"])
        waiting += 1
        if waiting == 64:
            all_there.set()
        await all_there.wait()
        await PlainTextResponse("[]")(scope, receive, send)  # type: ignore[arg-type]

    async with serving(app) as url, transport(url, tmp_path) as made:
        await asyncio.gather(*(made.fetch(GET) for _ in range(64)))
        await asyncio.gather(*(made.fetch(GET) for _ in range(64)))
    assert len(clients) == 64


async def test_it_may_be_closed_twice_and_then_answers_no_more(tmp_path: Path) -> None:
    server = always(lambda: PlainTextResponse("[]"))
    async with serving(server.app) as url, transport(url, tmp_path) as made:
        await made.fetch(GET)
        await made.close()
        await made.close()
        with pytest.raises(BackendUnreachableError, match="关闭"):
            await made.fetch(GET)
    assert len(server.requests) == 1


async def test_closing_ends_a_question_that_is_under_way(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        await call.gone.wait()

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        question = asyncio.ensure_future(made.fetch(GET))
        await raw.asked.wait()
        await made.close()
        with pytest.raises(BackendUnreachableError):
            await question


async def test_closing_ends_a_question_on_a_kept_connection(tmp_path: Path) -> None:
    asked, over = asyncio.Event(), asyncio.Event()
    calls: list[Request] = []

    async def answer(request: Request) -> Response:
        calls.append(request)
        if len(calls) > 1:
            asked.set()
            await over.wait()
        return PlainTextResponse("[]")

    app = Starlette(routes=[Route("/count", answer)])
    async with serving(app) as url, transport(url, tmp_path) as made:
        await made.fetch(GET)
        question = asyncio.ensure_future(made.fetch(GET))
        await asked.wait()
        await made.close()
        with pytest.raises(BackendUnreachableError, match="已经关闭"):
            await question
        over.set()


async def test_a_picture_comes_from_the_system_and_from_hosts_that_are_named(
    tmp_path: Path,
) -> None:
    def png() -> Response:
        return Response(b"\x89PNG", media_type="image/png")

    own, camera, stranger = always(png), always(png), always(png)
    async with (
        serving(own.app) as url,
        serving(camera.app) as camera_url,
        serving(stranger.app) as stranger_url,
        transport(
            f"{url}/api",
            tmp_path,
            auth={"kind": "token", "secret": "main"},
            headers={"X-Tenant": "jn"},
            other_hosts=[camera_url.removeprefix("http://")],
        ) as made,
    ):
        for address in ("snap.png", "/pics/1.png?t=1#top", f"{url}/2.png"):
            reply = await made.picture(address)
            assert (reply.body, reply.media_type) == (b"\x89PNG", "image/png")
        await made.picture(f"{camera_url}/3.png")
        for address in (
            f"{stranger_url}/4.png",
            f"//{stranger_url.removeprefix('http://')}/4.png",
            "http://169.254.169.254/latest",
        ):
            with pytest.raises(BackendDataError, match="不是该系统的主机") as caught:
                await made.picture(address)
            assert "4.png" not in str(caught.value)
    assert own.paths == ["/api/snap.png", "/pics/1.png", "/2.png"]
    assert own.requests[1].scope["query_string"] == b"t=1"
    for request in own.requests:
        assert request.headers["authorization"]
        assert request.headers["x-tenant"] == "jn"
    assert stranger.requests == []
    assert camera.paths == ["/3.png"]
    assert "authorization" not in camera.requests[0].headers
    assert "x-tenant" not in camera.requests[0].headers


@pytest.mark.parametrize(
    "address",
    [
        "",
        "file:///etc/passwd",
        "data:image/png;base64,AAAA",
        "ftp://127.0.0.1/x",
        "javascript:1",
        "http://[::1",
        "http://user:pw@{host}/x.png",
        "http://{host}@evil.example/x.png",
        "http://{host}\\@evil.example/x.png",
        "http://{host}\r\n/x.png",
        "/a b.png",
        "https://{host}/x.png",
        "http://{host}.evil.example/x.png",
        "http://127.0.0.1/x.png",
        "x" * 9000,
    ],
)
async def test_no_picture_is_fetched_from_a_strange_address(
    tmp_path: Path, address: str
) -> None:
    server = always(lambda: PlainTextResponse("x"))
    async with serving(server.app) as url, transport(url, tmp_path) as made:
        host = url.removeprefix("http://")
        with pytest.raises(BackendDataError) as caught:
            await made.picture(address.replace("{host}", host))
    assert server.requests == []
    assert "pw" not in str(caught.value)


async def test_a_picture_is_not_fetched_over_a_redirect(tmp_path: Path) -> None:
    inner = always(lambda: PlainTextResponse("inner"))
    async with serving(inner.app) as inner_url:
        headers = {"Location": inner_url}
        server = always(lambda: Response(status_code=302, headers=headers))
        async with serving(server.app) as url, transport(url, tmp_path) as made:
            with pytest.raises(BackendDataError, match="程序不会跟去"):
                await made.picture("/x.png")
    assert inner.requests == []


async def test_one_bad_answer_leaves_the_others_untouched(tmp_path: Path) -> None:
    def answer(request: object, body: bytes) -> Response:
        number = int(request.url.path.rsplit("/")[-1])  # type: ignore[attr-defined]
        if number % 3 == 0:
            return Response(status_code=500)
        return PlainTextResponse(f"[{number}]")

    server = Recorder(answer)
    within = context(tmp_path)
    async with serving(server.app) as url, transport(url, tmp_path, within) as made:
        replies = await asyncio.gather(
            *(made.fetch(HttpRequest(method="GET", path=f"/{n}")) for n in range(60)),
            return_exceptions=True,
        )
    for number, reply in enumerate(replies):
        if number % 3 == 0:
            assert isinstance(reply, BackendUnreachableError)
        else:
            assert json_of(reply) == [number]  # type: ignore[arg-type]
