"""OAuth2 client credentials (RFC 6749, section 4.4): a token for many questions."""

import asyncio
import base64
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import quote_plus, urlencode

import httpx2
from pydantic import Field

from app.core.errors import BackendDataError, BackendError, BackendRefusedError
from app.core.ports import Clock
from app.sites.backends.http.bodies import json_of
from app.sites.backends.http.headers import is_value
from app.sites.backends.http.replies import checked
from app.sites.backends.http.secret import Secret
from app.sites.backends.options import Options, SecretName

_UNSTATED_S: Final = 300.0
"""How long a token is used whose life the system does not state."""
_EARLY_S: Final = 30.0
"""A token is renewed so long before its end, or a tenth of its life."""
_MOST_S: Final = 86_400.0
_REFUSED: Final = frozenset({400, 401, 403})
_REMEDY: Final = "请核对 client_id、密钥和 scope, 或向该系统的维护人员核实。"


class OAuth2Auth(Options):
    """A token is fetched with the client's id and secret, and sent with questions."""

    kind: Literal["oauth2"]
    token_url: str = Field(min_length=1)
    """On the system's own host, or on one of `other_hosts`."""
    client_id: str = Field(min_length=1, max_length=200)
    secret: SecretName = Field(min_length=1)
    """Name of the client's secret in the key ring."""
    scope: str = ""
    client_auth: Literal["basic", "body"] = "basic"
    """Where the client's id and secret stand in the request for a token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    text: str = field(repr=False)
    until_s: float
    """On the monotonic clock."""


class TokenBearer(httpx2.Auth):
    """Sends the token it holds; fetches one when there is none or it was refused."""

    def __init__(
        self,
        options: OAuth2Auth,
        secret: Secret,
        clock: Clock,
        ask: Callable[[httpx2.Request], Awaitable[httpx2.Response]],
    ) -> None:
        """Take what to ask for and `ask`, which sends a request as it is."""
        self._options = options
        self._secret = secret
        self._clock = clock
        self._ask = ask
        self._token: _Token | None = None
        self._renewing = asyncio.Lock()
        self._renewals = 0
        self._fault: BackendError | None = None

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Ask with the token; after a 401 once more with a new one."""
        token = await self._current(refused=None)
        request.headers["Authorization"] = f"Bearer {token.text}"
        response = yield request
        if response.status_code == 401:
            token = await self._current(refused=token)
            request.headers["Authorization"] = f"Bearer {token.text}"
            yield request

    async def _current(self, *, refused: _Token | None) -> _Token:
        """Give a token that is no longer than it should and was not just refused.

        One renewal at a time; those that waited for it share what came of it.
        """
        seen = self._renewals
        async with self._renewing:
            held = self._token
            if (
                held is not None
                and held is not refused
                and self._clock.monotonic() < held.until_s
            ):
                return held
            if self._fault is not None and self._renewals != seen:
                raise self._fault.with_traceback(None)
            try:
                self._token = token = await self._renewed()
            except BackendError as error:
                self._token, self._fault = None, error
                self._renewals += 1
                raise
            self._fault = None
            self._renewals += 1
            return token

    async def _renewed(self) -> _Token:
        since = self._clock.monotonic()
        response = await self._ask(await self._request())
        status = response.status_code
        if status in _REFUSED:
            raise BackendRefusedError(f"该系统不发给令牌 (状态 {status})", _REMEDY)
        found = json_of(checked(response, now=self._clock.now()))
        if not isinstance(found, dict):
            raise BackendDataError("令牌的答复不是一组字段, 无法读取")
        text = found.get("access_token")
        if not isinstance(text, str) or not is_value(f"Bearer {text}"):
            raise BackendDataError("令牌的答复中没有可用的 access_token", _REMEDY)
        kind = found.get("token_type", "Bearer")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise BackendDataError("令牌的类型不是 Bearer, 程序不会使用")
        life_s = _seconds(found.get("expires_in"))
        early_s = min(_EARLY_S, life_s / 10)
        return _Token(text=text, until_s=since + life_s - early_s)

    async def _request(self) -> httpx2.Request:
        options = self._options
        secret = await self._secret.text()
        form = {"grant_type": "client_credentials"}
        if options.scope:
            form["scope"] = options.scope
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if options.client_auth == "body":
            form |= {"client_id": options.client_id, "client_secret": secret}
        else:
            # Encoded twice, as RFC 6749 section 2.3.1 has it.
            pair = f"{quote_plus(options.client_id)}:{quote_plus(secret)}"
            encoded = base64.b64encode(pair.encode()).decode()
            headers["Authorization"] = f"Basic {encoded}"
        return httpx2.Request(
            "POST", options.token_url, headers=headers, content=urlencode(form).encode()
        )


def _seconds(stated: object) -> float:
    """Read `expires_in`: a number, or a text of digits, as some systems write it."""
    if stated is None:
        return _UNSTATED_S
    if isinstance(stated, str) and stated.isascii() and stated.isdigit():
        stated = int(stated[:9])
    if isinstance(stated, bool) or not isinstance(stated, int | float) or stated < 0:
        raise BackendDataError("令牌的有效期 expires_in 看不懂")
    return min(float(stated), _MOST_S)
