"""OAuth2 client credentials: tokens are fetched, kept, renewed, and never guessed."""

import asyncio
import base64
from pathlib import Path
from urllib.parse import parse_qs, unquote_plus

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendUnreachableError,
)
from tests.fakes import HeldClock
from tests.site_server import RawCall, raw_serving, serving
from tests.unit.sites.http.asking import GET, Recorder, ask, context, transport

CLIENT = "desk:1"
PASSWORD = "p:%41+w 密&x"


class Issuer(Recorder):
    """Gives tokens to who knows the password, and answers to who has a token."""

    def __init__(self, **more: object) -> None:
        super().__init__(self._answer)
        self.more = {"token_type": "bearer", "expires_in": 100, **more}
        self.issued = 0
        self.valid: set[str] = set()
        self.answered = 0
        self.forms: list[dict[str, list[str]]] = []
        self.believed = True

    def _answer(self, request: Request, body: bytes) -> Response:
        if request.url.path != "/token":
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme != "Bearer" or token not in self.valid or not self.believed:
                return Response(status_code=401)
            self.answered += 1
            return Response(b"[]")
        assert request.method == "POST"
        kind = request.headers["content-type"]
        assert kind == "application/x-www-form-urlencoded"
        form = parse_qs(body.decode())
        self.forms.append(form)
        if self._client(request, form) != (CLIENT, PASSWORD):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        assert form["grant_type"] == ["client_credentials"]
        self.issued += 1
        token = f"token-{self.issued}"
        self.valid.add(token)
        return JSONResponse({"access_token": token, **self.more})

    def _client(
        self, request: Request, form: dict[str, list[str]]
    ) -> tuple[str, str] | None:
        scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
        if scheme == "Basic":
            assert "client_secret" not in form
            user, _, password = base64.b64decode(encoded).decode().partition(":")
            return unquote_plus(user), unquote_plus(password)
        if "client_secret" in form:
            return form["client_id"][0], form["client_secret"][0]
        return None


def oauth(url: str, **more: object) -> dict[str, object]:
    return {
        "kind": "oauth2",
        "token_url": f"{url}/token",
        "client_id": CLIENT,
        "secret": "main",
        **more,
    }


SECRETS = {"main": PASSWORD}


@pytest.mark.parametrize("client_auth", ["basic", "body"])
async def test_a_token_is_fetched_once_and_used_for_all(
    tmp_path: Path, client_auth: str
) -> None:
    server = Issuer()
    within = context(tmp_path, secrets=SECRETS)
    async with serving(server.app) as url:
        auth = oauth(url, client_auth=client_auth, scope="sites read")
        async with transport(url, tmp_path, within, auth=auth) as made:
            await asyncio.gather(*(made.fetch(GET) for _ in range(64)))
            await made.picture("/a.png")
    assert (server.issued, server.answered) == (1, 65)
    assert server.forms[0]["scope"] == ["sites read"]


async def test_the_token_goes_to_the_systems_host_and_the_password_to_neither(
    tmp_path: Path,
) -> None:
    issuer = Issuer()
    server = Recorder(lambda request, body: Response(b"[]"))
    async with serving(issuer.app) as issuer_url, serving(server.app) as url:
        others = [issuer_url.removeprefix("http://")]
        async with transport(
            url,
            tmp_path,
            context(tmp_path, secrets=SECRETS),
            auth=oauth(issuer_url),
            other_hosts=others,
            headers={"X-Tenant": "jn"},
        ) as made:
            await made.fetch(GET)
            with pytest.raises(BackendRefusedError):
                await made.picture(f"{issuer_url}/x.png")
    assert "authorization" not in issuer.requests[-1].headers
    assert server.requests[0].headers["authorization"] == "Bearer token-1"
    assert "x-tenant" not in issuer.requests[0].headers


async def test_a_token_is_renewed_shortly_before_its_end(tmp_path: Path) -> None:
    server, clock = Issuer(), HeldClock()
    within = context(tmp_path, clock, SECRETS)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=oauth(url)) as made,
    ):
        await made.fetch(GET)
        clock.advance(89)
        await made.fetch(GET)
        assert server.issued == 1
        clock.advance(2)
        await made.fetch(GET)
        assert server.issued == 2


@pytest.mark.parametrize(
    ("stated", "held_s"),
    [("3600", 3000), (None, 250), (3600.5, 3000), ("999999999999", 80_000)],
)
async def test_the_life_of_a_token_is_read(
    tmp_path: Path, stated: object, held_s: float
) -> None:
    server, clock = Issuer(expires_in=stated), HeldClock()
    within = context(tmp_path, clock, SECRETS)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=oauth(url)) as made,
    ):
        await made.fetch(GET)
        clock.advance(held_s)
        await made.fetch(GET)
        assert server.issued == 1
        clock.advance(86_400)
        await made.fetch(GET)
        assert server.issued == 2


async def test_a_token_that_was_taken_back_is_renewed_once_for_all(
    tmp_path: Path,
) -> None:
    server = Issuer()
    within = context(tmp_path, secrets=SECRETS)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=oauth(url)) as made,
    ):
        await made.fetch(GET)
        server.valid.clear()
        await asyncio.gather(*(made.fetch(GET) for _ in range(40)))
    assert (server.issued, server.answered) == (2, 41)


async def test_a_new_token_that_is_refused_too_is_a_refusal(tmp_path: Path) -> None:
    server = Issuer()
    server.believed = False
    within = context(tmp_path, secrets=SECRETS)
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=oauth(url)) as made,
    ):
        with pytest.raises(BackendRefusedError, match="401"):
            await made.fetch(GET)
    assert server.issued == 2
    assert len(server.requests) == 4


async def test_a_wrong_password_gets_no_token(tmp_path: Path) -> None:
    server = Issuer()
    within = context(tmp_path, secrets={"main": "wrong-pw"})
    async with (
        serving(server.app) as url,
        transport(url, tmp_path, within, auth=oauth(url)) as made,
    ):
        with pytest.raises(BackendRefusedError, match="令牌") as caught:
            await made.fetch(GET)
    assert "wrong-pw" not in str(caught.value)
    assert len(server.requests) == 1


BAD_TOKENS: dict[str, tuple[Response, type[BackendError]]] = {
    "400": (JSONResponse({"error": "invalid_scope"}, 400), BackendRefusedError),
    "403": (Response(status_code=403), BackendRefusedError),
    "404": (Response(status_code=404), BackendDataError),
    "500": (Response(status_code=500), BackendUnreachableError),
    "503": (Response(status_code=503), BackendBusyError),
    "302": (Response(status_code=302, headers={"Location": "/x"}), BackendDataError),
    "page": (Response("<html>login", media_type="text/html"), BackendDataError),
    "list": (JSONResponse([]), BackendDataError),
    "no token": (JSONResponse({"token_type": "bearer"}), BackendDataError),
    "number": (JSONResponse({"access_token": 7}), BackendDataError),
    "two lines": (JSONResponse({"access_token": "a\r\nb: c"}), BackendDataError),
    "empty": (JSONResponse({"access_token": ""}), BackendDataError),
    "mac": (
        JSONResponse({"access_token": "abc", "token_type": "mac"}),
        BackendDataError,
    ),
    "life": (
        JSONResponse({"access_token": "abc", "expires_in": "soon"}),
        BackendDataError,
    ),
    "negative": (
        JSONResponse({"access_token": "abc", "expires_in": -1}),
        BackendDataError,
    ),
    "true": (
        JSONResponse({"access_token": "abc", "expires_in": True}),
        BackendDataError,
    ),
    "huge": (Response(b" " * 5000), BackendDataError),
}


@pytest.mark.parametrize("kind", BAD_TOKENS)
async def test_a_bad_token_asks_no_question(tmp_path: Path, kind: str) -> None:
    response, error = BAD_TOKENS[kind]
    server = Recorder(lambda request, body: response)
    async with serving(server.app) as url:
        with pytest.raises(error) as caught:
            await ask(url, tmp_path, auth=oauth(url), most_bytes=4096)
    assert type(caught.value) is error
    assert server.paths == ["/token"]
    assert "abc" not in str(caught.value)


async def test_those_who_wait_for_a_token_share_its_failure(tmp_path: Path) -> None:
    answering = asyncio.Event()

    async def answer(call: RawCall) -> None:
        await answering.wait()
        await call.send(b"HTTP/1.1 500 No\r\n\r\n")

    async with raw_serving(answer) as raw:
        auth = oauth(raw.url)
        async with transport(raw.url, tmp_path, auth=auth) as made:
            questions = [asyncio.ensure_future(made.fetch(GET)) for _ in range(20)]
            await raw.asked.wait()
            answering.set()
            done, _ = await asyncio.wait(questions)
            assert {type(each.exception()) for each in done} == {
                BackendUnreachableError
            }
            assert len(raw.calls) == 1
            # Who comes later tries again.
            with pytest.raises(BackendUnreachableError):
                await made.fetch(GET)
            assert len(raw.calls) == 2


async def test_who_fetches_the_token_may_be_cancelled(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        if len(raw.calls) == 1:
            await call.gone.wait()
        body = b'{"access_token": "t"}' if "/token" in call.head else b"[]"
        head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n"
        await call.send(head.encode() + body)

    async with raw_serving(answer) as raw:
        auth = oauth(raw.url)
        async with transport(raw.url, tmp_path, auth=auth) as made:
            first = asyncio.ensure_future(made.fetch(GET))
            await raw.asked.wait()
            second = asyncio.ensure_future(made.fetch(GET))
            await asyncio.sleep(0)
            first.cancel()
            assert (await second).body == b"[]"
