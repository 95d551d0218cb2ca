"""How the desk proves to a vendor's interface who it is; all of it is configured.

Every kind is an `httpx2.Auth` whose flow the transport drives itself: it adds headers
to a request, and may answer a 401 once. Secrets come from the key ring by name.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Final, Literal, TypeAlias, assert_never

import httpx2
from pydantic import AfterValidator, Field, model_validator

from app.core.errors import BackendDataError
from app.sites.backends.context import BackendContext
from app.sites.backends.http.headers import header_value, login_header
from app.sites.backends.http.oauth2 import OAuth2Auth, TokenBearer
from app.sites.backends.http.secret import Secret
from app.sites.backends.http.signing import SignedAuth, Signer
from app.sites.backends.options import Options, SecretName

__all__ = [
    "AuthOptions",
    "DigestAuth",
    "NoAuth",
    "OAuth2Auth",
    "SignedAuth",
    "TokenAuth",
    "authenticator",
]


class NoAuth(Options):
    """The system asks nobody who he is."""

    kind: Literal["none"] = "none"


class TokenAuth(Options):
    """A fixed token in a header, and perhaps the application's id in another."""

    kind: Literal["token"]
    header: Annotated[str, AfterValidator(login_header)] = "Authorization"
    prefix: str = Field(default="", max_length=100)
    """Before the token, e.g. `"Bearer "` with its space."""
    secret: SecretName = Field(min_length=1)
    """Name of the token in the key ring; the token is never in this file."""
    app_id_header: str = ""
    app_id: str = ""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "TokenAuth":
        if bool(self.app_id_header) != bool(self.app_id):
            raise ValueError("app_id_header 和 app_id 要一起填写")
        if self.app_id_header:
            login_header(self.app_id_header)
            header_value(self.app_id)
        return self


class DigestAuth(Options):
    """HTTP digest (RFC 7616), as cameras and recorders have it."""

    kind: Literal["digest"]
    user: str = Field(min_length=1, max_length=200, pattern=r'^[^\x00-\x1f\x7f":\\]*$')
    secret: SecretName = Field(min_length=1)
    """Name of the password in the key ring."""


AuthOptions: TypeAlias = Annotated[
    NoAuth | TokenAuth | SignedAuth | DigestAuth | OAuth2Auth,
    Field(discriminator="kind"),
]
"""One of the kinds, told apart by `kind`."""

_CHALLENGE_REMEDY: Final = "请向该系统的维护人员核实它的登录方式是不是 HTTP 摘要认证。"


def authenticator(
    options: AuthOptions,
    context: BackendContext,
    ask: Callable[[httpx2.Request], Awaitable[httpx2.Response]],
) -> httpx2.Auth:
    """Make what adds the login to requests; `ask` fetches tokens."""
    match options:
        case NoAuth():
            return httpx2.Auth()
        case TokenAuth():
            return _Token(options, Secret(options.secret, context.secret))
        case SignedAuth():
            secret = Secret(options.secret, context.secret)
            return Signer(options, secret, context.clock)
        case DigestAuth():
            return _Digest(options, Secret(options.secret, context.secret))
        case OAuth2Auth():
            secret = Secret(options.secret, context.secret)
            return TokenBearer(options, secret, context.clock, ask)
        case _:
            assert_never(options)


class _Token(httpx2.Auth):
    def __init__(self, options: TokenAuth, secret: Secret) -> None:
        self._options = options
        self._secret = secret

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        options = self._options
        value = await self._secret.header_text(options.prefix)
        request.headers[options.header] = value
        if options.app_id_header:
            request.headers[options.app_id_header] = options.app_id
        yield request


class _Digest(httpx2.Auth):
    """httpx2's digest, with a password that is read late and hostile challenges."""

    def __init__(self, options: DigestAuth, secret: Secret) -> None:
        self._options = options
        self._secret = secret
        self._digest: httpx2.DigestAuth | None = None

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        password = await self._secret.text()
        if self._digest is None:
            self._digest = httpx2.DigestAuth(self._options.user, password)
        flow = self._digest.auth_flow(request)
        response: httpx2.Response | None = None
        while True:
            try:
                outgoing = next(flow) if response is None else flow.send(response)
            except StopIteration:
                return
            except (ValueError, httpx2.ProtocolError, NotImplementedError):
                self._digest = None  # it would remember the challenge
                raise BackendDataError(
                    "该系统的登录质询看不懂", _CHALLENGE_REMEDY
                ) from None
            response = yield outgoing
