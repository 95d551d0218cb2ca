"""Every kind of login, checked by a server that computes it on its own."""

import asyncio
import base64
import hashlib
import hmac
import re
import threading
from dataclasses import replace
from pathlib import Path
from urllib.request import parse_http_list, parse_keqv_list

import pytest
from starlette.requests import Request
from starlette.responses import Response

from app.core.errors import BackendDataError, BackendRefusedError, SettingsError
from app.sites.backends.http.transport import HttpRequest, json_of
from tests.fakes import HeldClock
from tests.site_server import RawCall, raw_serving, serving
from tests.unit.sites.http.asking import (
    GET,
    SECRET,
    Recorder,
    ask,
    context,
    options,
    transport,
)

TOKEN = {"kind": "token", "secret": "main"}
DIGEST = {"kind": "digest", "user": "值班", "secret": "main"}


def only_with(header: str, value: str) -> Recorder:
    def answer(request: Request, body: bytes) -> Response:
        good = request.headers.get(header) == value
        return Response(b"[]", status_code=200 if good else 401)

    return Recorder(answer)


@pytest.mark.parametrize(
    ("more", "header", "value"),
    [
        ({}, "Authorization", SECRET),
        ({"prefix": "Bearer "}, "Authorization", f"Bearer {SECRET}"),
        ({"header": "X-Access-Token"}, "X-Access-Token", SECRET),
    ],
)
async def test_a_token_is_sent(
    tmp_path: Path, more: dict[str, str], header: str, value: str
) -> None:
    server = only_with(header, value)
    async with serving(server.app) as url:
        assert json_of(await ask(url, tmp_path, auth={**TOKEN, **more})) == []


async def test_the_applications_id_goes_along(tmp_path: Path) -> None:
    server = only_with("appId", "desk-1")
    auth = {**TOKEN, "header": "token", "app_id_header": "appId", "app_id": "desk-1"}
    async with serving(server.app) as url:
        await ask(url, tmp_path, auth=auth)
    assert server.requests[0].headers["token"] == SECRET


async def test_no_login_sends_nothing(tmp_path: Path) -> None:
    server = only_with("Authorization", "")
    async with serving(server.app) as url:
        with pytest.raises(BackendRefusedError, match="401"):
            await ask(url, tmp_path)
    assert "authorization" not in server.requests[0].headers


async def test_the_secret_is_read_once_and_outside_the_event_loop(
    tmp_path: Path,
) -> None:
    threads: list[threading.Thread] = []

    def secret(name: str) -> str:
        threads.append(threading.current_thread())
        return SECRET

    within = replace(context(tmp_path), secret=secret)
    server = only_with("Authorization", SECRET)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=TOKEN) as made,
    ):
        await asyncio.gather(*(made.fetch(GET) for _ in range(20)))
    assert len(threads) == 1
    assert threads[0] is not threading.current_thread()


async def test_a_secret_that_came_later_is_found(tmp_path: Path) -> None:
    held: dict[str, str] = {}
    server = only_with("Authorization", SECRET)
    within = context(tmp_path, secrets=held)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=TOKEN) as made,
    ):
        with pytest.raises(BackendRefusedError, match="没有名为 main 的密钥"):
            await made.fetch(GET)
        held["main"] = SECRET
        await made.fetch(GET)
    assert len(server.requests) == 1


@pytest.mark.parametrize("bad", ["", "a\nb", "口令", " a", "a\x00"])
async def test_a_secret_that_no_header_can_hold(tmp_path: Path, bad: str) -> None:
    within = context(tmp_path, secrets={"main": bad})
    async with transport("http://127.0.0.1:9", tmp_path, within, auth=TOKEN) as made:
        with pytest.raises(BackendRefusedError, match="密钥 main") as caught:
            await made.fetch(GET)
    assert not bad or bad not in str(caught.value)


# Signed: the two styles vendors use most.

GATEWAY = {
    "kind": "signed",
    "key": "28730366",
    "secret": "main",
    "algorithm": "sha256",
    "encoding": "base64",
    "sign": "{method}\n{accept}\n{body_md5_base64}\n{content_type}\n{date}\n"
    "x-ca-key:{key}\nx-ca-nonce:{nonce}\nx-ca-timestamp:{timestamp_ms}\n"
    "{path_and_query}",
    "headers": {
        "Content-MD5": "{body_md5_base64}",
        "Date": "{date}",
        "X-Ca-Key": "{key}",
        "X-Ca-Nonce": "{nonce}",
        "X-Ca-Timestamp": "{timestamp_ms}",
        "X-Ca-Signature-Headers": "x-ca-key,x-ca-nonce,x-ca-timestamp",
        "X-Ca-Signature": "{signature}",
    },
}
SIMPLE = {
    "kind": "signed",
    "key": "desk",
    "secret": "main",
    "algorithm": "sha1",
    "encoding": "hex",
    "sign": "{key}{timestamp}{nonce}",
    "headers": {
        "appId": "{key}",
        "timestamp": "{timestamp}",
        "nonce": "{nonce}",
        "Authorization": "HMAC {key}:{signature}",
    },
}


async def test_a_gateways_signature_is_right(tmp_path: Path) -> None:
    def answer(request: Request, body: bytes) -> Response:
        sent = request.headers
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        text = "\n".join(
            [
                request.method,
                sent["accept"],
                md5,
                sent["content-type"],
                sent["date"],
                f"x-ca-key:{sent['x-ca-key']}",
                f"x-ca-nonce:{sent['x-ca-nonce']}",
                f"x-ca-timestamp:{sent['x-ca-timestamp']}",
                f"{request.scope['raw_path'].decode()}"
                f"?{request.scope['query_string'].decode()}",
            ]
        )
        mac = hmac.new(SECRET.encode(), text.encode(), "sha256").digest()
        good = (
            sent["x-ca-signature"] == base64.b64encode(mac).decode()
            and sent["content-md5"] == md5
            and sent["date"] == "Sat, 21 Nov 2026 03:00:00 GMT"
            and sent["x-ca-timestamp"] == "1795230000000"
        )
        return Response(b"[]", status_code=200 if good else 401)

    server = Recorder(answer)
    question = HttpRequest(
        method="POST",
        path="/v2/济南/count",
        query=(("b", "中 文"), ("a", "1")),
        body='{"regionName":"济南"}'.encode(),
        content_type="application/json",
    )
    async with (
        serving(server.app) as url,
        transport(f"{url}/artemis", tmp_path, auth=GATEWAY) as made,
    ):
        for _ in range(2):
            assert json_of(await made.fetch(question)) == []
    nonces = {request.headers["x-ca-nonce"] for request in server.requests}
    assert len(nonces) == 2


@pytest.mark.parametrize("algorithm", ["sha256", "sha1", "md5"])
async def test_a_simple_signature_is_right(tmp_path: Path, algorithm: str) -> None:
    clock = HeldClock()
    clock.advance(0.75)

    def answer(request: Request, body: bytes) -> Response:
        sent = request.headers
        assert sent["timestamp"] == "1795230000"
        text = sent["appId"] + sent["timestamp"] + sent["nonce"]
        mac = hmac.new(SECRET.encode(), text.encode(), algorithm).hexdigest()
        good = sent["authorization"] == f"HMAC desk:{mac}"
        return Response(b"[]", status_code=200 if good else 401)

    server = Recorder(answer)
    within = context(tmp_path, clock)
    auth = {**SIMPLE, "algorithm": algorithm}
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=auth) as made,
    ):
        await made.fetch(GET)
        await made.picture("/a.png")


async def test_every_placeholder_is_filled_and_braces_may_be_written(
    tmp_path: Path,
) -> None:
    names = [
        *("method", "path", "path_and_query", "body_sha256", "body_md5_base64"),
        *("content_type", "accept", "date", "timestamp", "timestamp_ms", "nonce"),
        "key",
    ]
    template = "{{" + "|".join(f"{{{name}}}" for name in names) + "}}"
    auth = {
        **SIMPLE,
        "sign": template,
        "headers": {"X-All": template, "X-Empty": "{content_type}", "S": "{signature}"},
    }

    def answer(request: Request, body: bytes) -> Response:
        text = request.headers["x-all"]
        mac = hmac.new(SECRET.encode(), text.encode(), "sha1").hexdigest()
        good = mac == request.headers["s"]
        return Response(b"[]", status_code=200 if good else 401)

    server = Recorder(answer)
    question = HttpRequest(method="GET", path="/x", query=(("a", "1"),))
    async with serving(server.app) as url, transport(url, tmp_path, auth=auth) as made:
        await made.fetch(question)
    sent = server.requests[0].headers
    values = sent["x-all"].removeprefix("{").removesuffix("}").split("|")
    assert values[:7] == [
        "GET",
        "/x",
        "/x?a=1",
        hashlib.sha256(b"").hexdigest(),
        "1B2M2Y8AsgTpgAmY7PhCfg==",
        "",
        "application/json",
    ]
    assert values[-1] == "desk"
    assert "x-empty" not in sent


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("sign", "{secret}", "{secret}"),
        ("sign", "{signature}", "{signature}"),
        ("sign", "{key.__class__}", "占位符"),
        ("sign", "{key[0]}", "占位符"),
        ("sign", "{}", "占位符"),
        ("sign", "{key!r}", "格式"),
        ("sign", "{key:>99999999}", "格式"),
        ("sign", "{key", "花括号"),
        ("sign", "key}", "花括号"),
        ("sign", "", "auth"),
        ("headers", {"S": "{signature}", "X": "{who}"}, "{who}"),
        ("headers", {"X": "{key}"}, "{signature}"),
        ("headers", {}, "auth"),
        ("headers", {"Host": "{signature}"}, "Host"),
        ("headers", {"a b": "{signature}"}, "请求头"),
        ("algorithm", "crc32", "algorithm"),
        ("encoding", "base32", "encoding"),
        ("key", "", "key"),
    ],
)
def test_a_signature_that_cannot_be_made_is_refused_beforehand(
    option: str, value: object, sentence: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        options("http://h", auth={**SIMPLE, option: value})
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    "auth",
    [
        {"kind": "basic"},
        {},
        {"kind": "token"},
        {"kind": "token", "secret": "main", "token": "hunter2"},
        {"kind": "token", "secret": ""},
        {"kind": "token", "secret": "main", "header": "Host"},
        {"kind": "token", "secret": "main", "app_id": "x"},
        {"kind": "token", "secret": "main", "app_id_header": "x"},
        {"kind": "token", "secret": "main", "app_id_header": "a b", "app_id": "x"},
        {"kind": "token", "secret": "main", "app_id_header": "a", "app_id": "x\n"},
        {"kind": "digest", "user": "u", "password": "hunter2"},
        {"kind": "digest", "user": "u:v", "secret": "main"},
        {"kind": "digest", "user": 'u"v', "secret": "main"},
        {"kind": "digest", "user": "u\n", "secret": "main"},
    ],
)
def test_a_login_that_is_not_whole_is_refused(auth: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        options("http://h", auth=auth)
    assert "hunter2" not in str(caught.value)


class DigestServer(Recorder):
    """RFC 7616, from its text: one nonce at a time, counts that only grow."""

    def __init__(self, algorithm: str = "MD5", password: str = SECRET) -> None:
        super().__init__(self._answer)
        self._hash = {"MD5": "md5", "SHA-256": "sha256"}[algorithm]
        self._algorithm = algorithm
        self._password = password
        self.nonce = "first"
        self.counts: list[str] = []

    def _of(self, *parts: str) -> str:
        return hashlib.new(self._hash, ":".join(parts).encode()).hexdigest()

    def _answer(self, request: Request, body: bytes) -> Response:
        if self._good(request):
            return Response(b"[]")
        challenge = (
            f'Digest realm="cam, 1", nonce="{self.nonce}", qop="auth,auth-int", '
            f'algorithm={self._algorithm}, opaque="o"'
        )
        return Response(
            b"x" * 10_000, status_code=401, headers={"WWW-Authenticate": challenge}
        )

    def _good(self, request: Request) -> bool:
        scheme, _, rest = request.headers.get("authorization", "").partition(" ")
        if scheme != "Digest":
            return False
        # Header values come as Latin-1; the user's name was sent as UTF-8.
        rest = rest.encode("latin-1").decode()
        sent = parse_keqv_list(parse_http_list(rest))
        target = request.scope["raw_path"].decode()
        if query := request.scope["query_string"].decode():
            target += f"?{query}"
        expected = self._of(
            self._of("值班", "cam, 1", self._password),
            sent["nonce"],
            sent["nc"],
            sent["cnonce"],
            "auth",
            self._of(request.method, target),
        )
        good = (
            sent["response"] == expected
            and sent["uri"] == target
            and sent["nonce"] == self.nonce
            and sent["opaque"] == "o"
            and sent["username"] == "值班"
        )
        if good:
            self.counts.append(sent["nc"])
        return good


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_a_digest_is_right_and_challenged_once(
    tmp_path: Path, algorithm: str
) -> None:
    server = DigestServer(algorithm)
    question = HttpRequest(
        method="GET", path="/快照 1.jpg", query=(("size", "大"), ("q", "1"))
    )
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, auth=DIGEST) as made,
    ):
        await made.fetch(question)
        await made.fetch(GET)
        await made.picture("/Streaming/channels/101/picture?w=1")
        assert server.counts == ["00000001", "00000002", "00000003"]
        assert len(server.requests) == 4
        server.nonce = "second"
        await made.fetch(GET)
    assert server.counts[-1] == "00000001"
    assert len(server.requests) == 6


async def test_many_digests_at_once_are_all_right(tmp_path: Path) -> None:
    server = DigestServer()
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, auth=DIGEST) as made,
    ):
        await asyncio.gather(*(made.fetch(GET) for _ in range(30)))
    assert len(server.counts) == 30


async def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    server = DigestServer(password="another")
    async with serving(server.app) as url:
        with pytest.raises(BackendRefusedError, match="401"):
            await ask(url, tmp_path, auth=DIGEST)
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("challenge", "error"),
    [
        ('Digest realm="r", nonce="n", qop="auth-int"', BackendDataError),
        ('Digest realm="r", nonce="n", algorithm=CRC32', BackendDataError),
        ('Digest realm="r", nonce="n", qop="other"', BackendDataError),
        ('Digest realm="r"', BackendDataError),
        ("Digest nothing", BackendDataError),
        ('Basic realm="r"', BackendRefusedError),
        ("NTLM", BackendRefusedError),
        ("", BackendRefusedError),
    ],
)
async def test_a_strange_challenge_is_no_answer(
    tmp_path: Path, challenge: str, error: type[Exception]
) -> None:
    def answer(request: Request, body: bytes) -> Response:
        headers = {"WWW-Authenticate": challenge} if challenge else {}
        return Response(status_code=401, headers=headers)

    server = Recorder(answer)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, auth=DIGEST) as made,
    ):
        for _ in range(2):
            with pytest.raises((BackendDataError, BackendRefusedError)) as caught:
                await made.fetch(GET)
            assert type(caught.value) is error
    # Asked anew each time: a bad challenge is not remembered.
    assert len(server.requests) == 2
    assert not any(
        re.match("basic", request.headers.get("authorization", ""), re.I)
        for request in server.requests
    )


async def test_the_body_of_a_challenge_is_not_waited_for(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        if "Authorization: Digest" not in call.head.replace(
            "authorization", "Authorization"
        ):
            await call.send(
                b"HTTP/1.1 401 No\r\n"
                b'WWW-Authenticate: Digest realm="r", nonce="n"\r\n\r\n'
            )
            await call.gone.wait()
        await call.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

    async with raw_serving(answer) as raw:
        assert json_of(await ask(raw.url, tmp_path, auth=DIGEST)) == []
