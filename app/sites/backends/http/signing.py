"""HMAC-signed requests: a template of what is signed, and templates of the headers."""

import base64
import hashlib
import hmac
import string
import uuid
from collections.abc import AsyncGenerator, Mapping
from datetime import UTC
from email.utils import format_datetime
from typing import Annotated, Final, Literal

import httpx2
from pydantic import AfterValidator, Field, model_validator

from app.core.errors import BackendRefusedError
from app.core.ports import Clock
from app.sites.backends.http.headers import is_value, login_header
from app.sites.backends.http.secret import Secret
from app.sites.backends.options import Options, SecretName

PLACEHOLDERS: Final = frozenset(
    {
        "method", "path", "path_and_query", "body_sha256", "body_md5_base64",
        "content_type", "accept", "date", "timestamp", "timestamp_ms", "nonce", "key",
    }
)  # fmt: skip
"""What a template of the signed text may use; a header's also `{signature}`."""
_SIGNATURE: Final = "signature"


def _placeholders(template: str) -> frozenset[str]:
    """Give the names in `{}`; `{{` and `}}` stand for braces.

    Raises:
        ValueError: It is no template.
    """
    try:
        parts = list(string.Formatter().parse(template))
    except ValueError:
        raise ValueError("花括号不成对; 花括号本身请写成 {{ 或 }}") from None
    if any(spec or conversion for _, _, spec, conversion in parts):
        raise ValueError("花括号中只能写名称, 不能写格式")
    return frozenset(name for _, name, _, _ in parts if name is not None)


def _known(template: str, allowed: frozenset[str]) -> str:
    for name in sorted(_placeholders(template) - allowed):
        known = ", ".join(f"{{{each}}}" for each in sorted(allowed))
        raise ValueError(f"没有名为 {{{name[:40]}}} 的占位符, 可用的有 {known}")
    return template


def _sign_template(template: str) -> str:
    return _known(template, PLACEHOLDERS)


def _header_template(template: str) -> str:
    return _known(template, PLACEHOLDERS | {_SIGNATURE})


class SignedAuth(Options):
    """Every request carries an HMAC that only the holder of the secret can make."""

    kind: Literal["signed"]
    key: str = Field(min_length=1, max_length=200)
    """Names the holder: app key, access key id."""
    secret: SecretName = Field(min_length=1)
    """Name of the secret in the key ring; the secret is never in this file."""
    algorithm: Literal["sha256", "sha1", "md5"] = "sha256"
    encoding: Literal["base64", "hex"] = "base64"
    """Of the signature; hexadecimal digits are in lower case."""
    sign: Annotated[
        str, Field(min_length=1, max_length=4000), AfterValidator(_sign_template)
    ]
    """Template of what is signed."""
    headers: Annotated[
        dict[
            Annotated[str, AfterValidator(login_header)],
            Annotated[str, AfterValidator(_header_template)],
        ],
        Field(min_length=1),
    ]
    """Header → template of its value; one that comes to nothing is not sent."""

    @model_validator(mode="after")
    def _has_signature(self) -> "SignedAuth":
        if not any(_SIGNATURE in _placeholders(each) for each in self.headers.values()):
            raise ValueError("headers 中要有一个请求头用到 {signature}")
        return self


class Signer(httpx2.Auth):
    """Signs requests one by one, each with its own time and nonce."""

    def __init__(self, options: SignedAuth, secret: Secret, clock: Clock) -> None:
        """Take what to sign and how; the clock gives date and timestamps."""
        self._options = options
        self._secret = secret
        self._clock = clock

    async def async_auth_flow(
        self, request: httpx2.Request
    ) -> AsyncGenerator[httpx2.Request, httpx2.Response]:
        """Add the headers, once: a signature that was refused is refused."""
        known = self._values(request)
        secret = await self._secret.text()
        signed = self._options.sign.format_map(known)
        digest = hmac.digest(
            secret.encode(), signed.encode(), getattr(hashlib, self._options.algorithm)
        )
        known[_SIGNATURE] = (
            digest.hex()
            if self._options.encoding == "hex"
            else base64.b64encode(digest).decode()
        )
        for name, template in self._options.headers.items():
            if value := _sendable(name, template, known):
                request.headers[name] = value
        yield request

    def _values(self, request: httpx2.Request) -> dict[str, str]:
        now = self._clock.now().astimezone(UTC)
        target = request.url.raw_path.decode("ascii")
        body = request.content
        return {
            "method": request.method,
            "path": target.partition("?")[0],
            "path_and_query": target,
            "body_sha256": hashlib.sha256(body).hexdigest(),
            "body_md5_base64": base64.b64encode(
                hashlib.md5(body, usedforsecurity=False).digest()
            ).decode(),
            "content_type": request.headers.get("Content-Type", ""),
            "accept": request.headers.get("Accept", ""),
            "date": format_datetime(now, usegmt=True),
            "timestamp": str(int(now.timestamp())),
            "timestamp_ms": str(int(now.timestamp() * 1000)),
            "nonce": str(uuid.uuid4()),
            "key": self._options.key,
        }


def _sendable(name: str, template: str, known: Mapping[str, str]) -> str:
    value = template.format_map(known)
    if value and not is_value(value):
        raise BackendRefusedError(
            f"签名请求头 {name} 的值中有不能发送的字符",
            "请检查该系统配置中 auth.headers 的模板。",
        )
    return value
