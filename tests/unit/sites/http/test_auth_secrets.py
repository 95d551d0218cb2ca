"""No secret leaves but in the request it belongs to: not in errors, logs or reprs."""

import base64
import logging
import socket
import traceback
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote_plus

import pytest

from app.core.errors import BackendError, SettingsError
from app.sites.backends.http.transport import HttpRequest, Transport
from tests.site_server import Authority, RawCall, raw_serving
from tests.unit.sites.http.asking import context, options, transport

SECRET = "sesame-opens-7b1"
TOKEN = "issued-token-55e"
CLIENT = "client-1"
BASIC = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
TELLTALES = (SECRET, TOKEN, BASIC, quote_plus(SECRET))

KINDS: dict[str, dict[str, object]] = {
    "token": {"kind": "token", "secret": "main", "prefix": "Bearer "},
    "signed": {
        "kind": "signed",
        "key": "k",
        "secret": "main",
        "sign": "{method}{path}{nonce}",
        "headers": {"X-Sign": "{signature}"},
    },
    "digest": {"kind": "digest", "user": "u", "secret": "main"},
    "oauth2": {
        "kind": "oauth2",
        "token_url": "{url}/token",
        "client_id": CLIENT,
        "secret": "main",
    },
    "oauth2 body": {
        "kind": "oauth2",
        "token_url": "{url}/token",
        "client_id": CLIENT,
        "secret": "main",
        "client_auth": "body",
    },
}
ECHO = b"{echo}"
"""Stands for all that came: a hostile server sends it back wherever it can."""
FAULTS: dict[str, bytes] = {
    "200": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]",
    "echo in reason": b"HTTP/1.1 400 {echo}\r\n\r\n",
    "echo in type": b"HTTP/1.1 500 No\r\nContent-Type: {echo}\r\n\r\n",
    "echo in body": b"HTTP/1.1 418 No\r\n\r\n{echo}",
    "redirect": b"HTTP/1.1 302 No\r\nLocation: http://x/?{echo}\r\n\r\n",
    "redirect host": b"HTTP/1.1 302 No\r\nLocation: /{echo}\r\n\r\n",
    "busy": b"HTTP/1.1 503 No\r\nRetry-After: {echo}\r\n\r\n",
    "refused": b"HTTP/1.1 401 No\r\nWWW-Authenticate: Digest {echo}\r\n\r\n",
    "challenge": b"HTTP/1.1 401 No\r\n"
    b'WWW-Authenticate: Digest realm="{echo}", nonce="n", algorithm="{echo}"\r\n\r\n',
    "packed": b"HTTP/1.1 200 OK\r\nContent-Encoding: {echo}\r\n\r\nx",
    "long": b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{echo}",
    "short": b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n{echo}",
    "no http": b"{echo}\r\n\r\n",
    "strange head": b"HTTP/1.1 200 OK\r\n\x01{echo}\r\n\r\n",
    "nothing": b"",
}


@pytest.fixture
def every_record(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Give every line that any logger would write at any level, after the test."""
    caplog.set_level(1)
    for name in ("httpx2", "httpcore2", "httpcore2.http11", "asyncio", "app"):
        caplog.set_level(1, name)
    lines: list[str] = []
    yield lines
    formatter = logging.Formatter("%(message)s")
    lines += [formatter.format(record) for record in caplog.get_records("call")]
    assert_silent(lines)
    talk = [each for each in caplog.get_records("call") if each.name.startswith("http")]
    assert talk == []


def assert_silent(said: list[str]) -> None:
    found = [text for text in said if any(tell in text for tell in TELLTALES)]
    assert found == []


def all_of(error: BaseException) -> list[str]:
    """Give what could be printed of an error, its causes and what it came up in."""
    said = traceback.format_exception(error)
    each: BaseException | None = error
    while each is not None:
        said += [str(each), repr(each), repr(each.args)]
        each = each.__cause__ or each.__context__
    return said


def line_of(call: RawCall) -> bytes:
    lines = [*call.head.splitlines()[1:], call.body.decode()]
    told = [each for each in lines if not each.lower().startswith(("host", "content"))]
    return " ".join(told).encode()


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("kind", KINDS)
async def test_no_fault_tells_a_secret(
    tmp_path: Path, kind: str, fault: str, every_record: list[str]
) -> None:
    async def answer(call: RawCall) -> None:
        if "POST /token" in call.head and fault not in ("nothing", "refused"):
            body = f'{{"access_token": "{TOKEN}"}}'.encode()
            head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
            await call.send(head.encode() + body)
        elif kind == "digest" and "igest" not in call.head and fault != "challenge":
            await call.send(
                b"HTTP/1.1 401 No\r\n"
                b'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n\r\n'
            )
        else:
            await call.send(FAULTS[fault].replace(ECHO, line_of(call)))

    async with raw_serving(answer) as raw:
        auth = dict(KINDS[kind])
        if "token_url" in auth:
            auth["token_url"] = f"{raw.url}/token"
        within = context(tmp_path, secrets={"main": SECRET})
        async with transport(raw.url, tmp_path, within, auth=auth) as made:
            question = HttpRequest(method="GET", path="/x", query=(("q", "1"),))
            for ask in (partial(made.fetch, question), partial(made.picture, "/x.png")):
                try:
                    every_record.append(repr(await ask()))
                    assert fault == "200"
                except BackendError as error:
                    assert fault != "200"
                    every_record += all_of(error)
            every_record += [repr(made), repr(vars(made)), repr(options(raw.url))]
    assert raw.calls


@pytest.mark.parametrize("kind", KINDS)
async def test_no_failing_network_tells_a_secret(
    tmp_path: Path, kind: str, every_record: list[str]
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}"

    async def answer(call: RawCall) -> None:
        raise AssertionError("nobody comes so far")

    wrong = Authority(tmp_path).issue("127.0.0.1")
    async with raw_serving(answer, wrong) as raw:
        urls = (nobody, "http://no-such-host.invalid", raw.url)
        for url in (*urls, raw.url.replace("https", "http")):
            auth = dict(KINDS[kind])
            if "token_url" in auth:
                auth["token_url"] = f"{url}/token"
            within = context(tmp_path, secrets={"main": SECRET})
            async with transport(url, tmp_path, within, auth=auth) as made:
                with pytest.raises(BackendError) as caught:
                    await made.fetch(HttpRequest(method="GET", path="/x"))
            every_record += all_of(caught.value)


@pytest.mark.parametrize("kind", ["token", "oauth2"])
@pytest.mark.parametrize("tail", ["\n", "\r\nX-Evil: 1", "\x00", "密", "\ud83d"])
async def test_a_secret_that_cannot_be_sent_is_not_told(
    tmp_path: Path, kind: str, tail: str, every_record: list[str]
) -> None:
    secret = SECRET + tail
    auth = {**KINDS[kind]}
    if "token_url" in auth:
        auth["token_url"] = "http://127.0.0.1:9/token"
    made = Transport(
        options("http://127.0.0.1:9", auth=auth),
        context(tmp_path, secrets={"main": secret}),
    )
    with pytest.raises(BackendError) as caught:
        await made.fetch(HttpRequest(method="GET", path="/x"))
    await made.close()
    every_record += all_of(caught.value)


@pytest.mark.parametrize("secret", ["eyJhbGciOi.J9", SECRET, "Token", "a" * 33, "a b"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_in_place_of_its_name_is_refused_and_not_repeated(
    kind: str, secret: str
) -> None:
    auth = {**KINDS[kind], "secret": secret}
    with pytest.raises(SettingsError) as caught:
        options("http://h", auth=auth)
    assert "secret 要写密钥的名称 (如 token), 像是把密钥本身写进来了" in str(
        caught.value
    )
    assert secret not in str(caught.value).replace("如 token", "")


@pytest.mark.parametrize("name", ["main", "app-secret", "key_secret", "a" * 32])
def test_a_name_of_a_secret_is_taken(name: str) -> None:
    options("http://h", auth={**KINDS["token"], "secret": name})
