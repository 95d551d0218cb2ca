"""How the desk talks to a vendor's interface: checked, bounded, and nowhere else.

Only the hosts that the settings name are ever connected to, certificates are always
checked, nothing is followed, unpacked or remembered, and an answer has a largest size.
The deadline of a question is the caller's: cancelling it closes the connection.
"""

import asyncio
import logging
from contextlib import aclosing
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Annotated, Final

import httpx2
from pydantic import AfterValidator, Field, model_validator

from app import __version__
from app.core.errors import (
    BackendDataError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.sites.backends.context import BackendContext
from app.sites.backends.http.addresses import (
    authority,
    base_address,
    below,
    host_entry,
    is_own,
    named,
    picture_address,
    token_address,
)
from app.sites.backends.http.auth import AuthOptions, NoAuth, OAuth2Auth, authenticator
from app.sites.backends.http.bodies import json_of
from app.sites.backends.http.faults import CONNECT_S, READ_S, fault_of
from app.sites.backends.http.headers import fixed_header, header_value, is_value
from app.sites.backends.http.lanes import Lanes
from app.sites.backends.http.messages import HttpReply, HttpRequest
from app.sites.backends.http.replies import checked
from app.sites.backends.http.tls import trust
from app.sites.backends.options import Options

__all__ = ["HttpReply", "HttpRequest", "Transport", "TransportOptions", "json_of"]

MOST_S: Final = 60.0
"""Of one exchange, for those who set no deadline of their own."""
_STALE: Final = 4
"""So many kept connections may turn out to be closed before one question fails."""
_MI_B: Final = 1 << 20
_TALKATIVE: Final = ("httpx2", "httpcore2.connection", "httpcore2.http11")
_ABOUT_BODY: Final = (b"content-encoding", b"content-length", b"transfer-encoding")


class TransportOptions(Options):
    """Where a system is, how to log in there, and how far to trust it."""

    base_url: str
    """`http://` or `https://`, host, perhaps port and path; nothing else."""
    auth: AuthOptions = NoAuth()
    ca_file: str = ""
    """A private CA (PEM), believed besides the operating system's."""
    other_hosts: Annotated[
        tuple[Annotated[str, AfterValidator(host_entry)], ...], Field(strict=False)
    ] = ()
    """Further `host` or `host:port` that pictures and tokens may be fetched from."""
    most_bytes: int = Field(default=8 * _MI_B, ge=1024, le=64 * _MI_B)
    """Of one answer."""
    headers: dict[
        Annotated[str, AfterValidator(fixed_header)],
        Annotated[str, AfterValidator(header_value)],
    ] = Field(default_factory=dict)
    """Sent with every question to the system's own host; no secrets."""

    @model_validator(mode="after")
    def _addresses(self) -> "TransportOptions":
        base = base_address(self.base_url)
        if isinstance(self.auth, OAuth2Auth):
            token_address(self.auth.token_url, base, self.other_hosts)
        return self


class Transport:
    """Asks one system; used on one event loop, by any number of tasks."""

    def __init__(self, options: TransportOptions, context: BackendContext) -> None:
        """Prepare; nothing is connected to before the first question.

        Raises:
            SettingsError: The file of the private CA cannot be used.
        """
        self._options = options
        self._base: Final = base_address(options.base_url)
        self._others: Final = named(options.other_hosts)
        self._trust: Final = trust(options.ca_file, context.folder)
        self._auth: Final = authenticator(options.auth, context, self._exchanged)
        self._clock: Final = context.clock
        self._lanes: Final = Lanes(self._client)
        self._closed = False

    def __repr__(self) -> str:
        return f"Transport({self.host!r})"

    @property
    def host(self) -> str:
        """`host:port`, for health and the record."""
        return authority(self._base)

    async def fetch(self, request: HttpRequest) -> HttpReply:
        """Ask, and give the answer.

        Raises:
            BackendError: There is no answer with status 2xx; the sentence says why.
        """
        if request.method not in ("GET", "POST"):
            raise ValueError(f"a question is no {request.method}")
        headers = {**self._options.headers, "Accept": request.accept}
        if request.content_type:
            headers["Content-Type"] = request.content_type
        if not all(is_value(value) for value in headers.values()):
            raise BackendDataError(
                "请求头中有不能发送的字符, 没有发出",
                "请核对该系统配置中的 accept 和 content_type。",
            )
        url = below(self._base, request.path, request.query)
        return await self._asked(
            _request(request.method, url, headers, request.body), self._auth
        )

    async def picture(self, url: str) -> HttpReply:
        """Fetch a picture by its address, which may be relative to the system's.

        The login is sent to the system's own host only.

        Raises:
            BackendError: It cannot be had, or is on a host that nobody named.
        """
        address = picture_address(self._base, self._others, url)
        headers = {"Accept": "image/*"}
        if not is_own(self._base, address):
            return await self._asked(_request("GET", address, headers), httpx2.Auth())
        headers = {**self._options.headers, **headers}
        return await self._asked(_request("GET", address, headers), self._auth)

    async def close(self) -> None:
        """Close every connection; may be called twice."""
        self._closed = True
        await self._lanes.close()

    async def _asked(self, request: httpx2.Request, auth: httpx2.Auth) -> HttpReply:
        """Let the login have its say before and after the request."""
        host = authority(request.url)
        try:
            async with (
                asyncio.timeout(MOST_S),
                aclosing(auth.async_auth_flow(request)) as flow,
            ):
                outgoing = await anext(flow)
                while True:
                    response = await self._exchanged(outgoing)
                    try:
                        outgoing = await flow.asend(response)
                    except StopAsyncIteration:
                        return checked(response, now=self._clock.now())
        except TimeoutError:
            raise BackendTimeoutError(
                f"{host} 的答复{MOST_S:.0f}秒还没有收完"
            ) from None

    async def _exchanged(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request as it is; the body is read only of an answer that is one."""
        host = authority(request.url)
        if self._closed:
            raise self._is_closed()
        try:
            with self._lanes.one() as client:
                response = await _sent(client, request)
                try:
                    whole = response.is_success
                    body = await self._body(response, host) if whole else b""
                finally:
                    await response.aclose()
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            fault = fault_of(error, host)
        except RuntimeError as error:
            fault = self._ended(error)
        else:
            headers = [
                (name, value)
                for name, value in response.headers.raw
                if name.lower() not in _ABOUT_BODY
            ]
            return httpx2.Response(
                response.status_code, headers=headers, content=body, request=request
            )
        # Not from within `except`: what came may hold what was sent.
        raise fault

    def _ended(self, error: RuntimeError) -> BackendUnreachableError:
        """Take the library's word for a client that was closed under a question."""
        if not self._closed:
            raise error
        return self._is_closed()

    def _is_closed(self) -> BackendUnreachableError:
        return BackendUnreachableError(f"与 {self.host} 的连接已经关闭")

    async def _body(self, response: httpx2.Response, host: str) -> bytes:
        packed = response.headers.get("Content-Encoding", "").strip().lower()
        if packed not in ("", "identity"):
            raise BackendDataError(
                f"{host} 的答复是压缩的, 程序没有要求压缩, 不会解开",
                "请让该系统的维护人员关闭这个接口的压缩。",
            )
        most = self._options.most_bytes
        stated = response.headers.get("Content-Length", "")
        body = bytearray()
        if not (stated.isdigit() and int(stated[:20]) > most):
            async with aclosing(response.aiter_raw()) as parts:
                async for part in parts:
                    body += part
                    if len(body) > most:
                        break
                else:
                    return bytes(body)
        raise BackendDataError(
            f"{host} 的答复超过{most / _MI_B:.3g} MB, 没有收完",
            "请缩小查询范围; 确有需要时增大该系统配置中的 most_bytes。",
        )

    def _client(self, limits: httpx2.Limits) -> httpx2.AsyncClient:
        _quieten()
        return httpx2.AsyncClient(
            verify=self._trust,
            trust_env=False,
            follow_redirects=False,
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=httpx2.Timeout(READ_S, connect=CONNECT_S),
            limits=limits,
        )


class _Watch:
    """Looks on while one question is sent, as the library's `trace`."""

    def __init__(self) -> None:
        self.fresh = False
        """Whether a connection was made for it."""
        self.early = False
        """Whether the answer had come before the question was asked."""
        self._waited = False

    async def __call__(self, event: str, _: object) -> None:
        match event:
            case "connection.connect_tcp.started":
                self.fresh = True
            case "http11.receive_response_headers.started":
                self._waited = False
                asyncio.get_running_loop().call_soon(self._wait)
            case "http11.receive_response_headers.complete":
                # Whoever reads from the network lets the loop turn at least once.
                self.early = not self._waited

    def _wait(self) -> None:
        self._waited = True


async def _sent(client: httpx2.AsyncClient, request: httpx2.Request) -> httpx2.Response:
    """Send; a kept connection that is of no use any more costs no answer.

    The system may have given it up, or – worse – have answered once too often: what
    lies there then is the answer to another question, with another site's people.
    """
    for left in reversed(range(_STALE + 1)):
        watch = _Watch()
        request.extensions["trace"] = watch
        try:
            response = await client.send(request, stream=True, auth=None)
        except (httpx2.ReadError, httpx2.WriteError, httpx2.RemoteProtocolError):
            # Nothing of an answer has come, and questions change nothing.
            if watch.fresh or not left:
                raise
            continue
        if not watch.early:
            return response
        # Not read to its end: that closes the connection.
        await response.aclose()
    raise httpx2.RemoteProtocolError("answers that nobody asked for", request=request)


def _request(
    method: str, url: httpx2.URL, headers: dict[str, str], body: bytes = b""
) -> httpx2.Request:
    """Make a request that holds these headers, and none of the library's own."""
    always = {"Accept-Encoding": "identity", "User-Agent": f"GridDesk/{__version__}"}
    return httpx2.Request(method, url, headers={**always, **headers}, content=body)


def _quieten() -> None:
    """Keep out of every log what the libraries narrate: addresses, headers, bodies.

    A level would not do: whoever looks for a fault sets another.
    """
    for name in _TALKATIVE:
        logging.getLogger(name).disabled = True
