"""Which addresses may be asked: below the system's own, and hosts that were named."""

import re
from collections.abc import Sequence
from typing import Final, TypeAlias
from urllib.parse import quote, unquote, urlencode

import httpx2

from app.core.errors import BackendDataError

Host: TypeAlias = tuple[str, int]
"""Host in lower case, and port."""

_PORTS: Final = {"http": 80, "https": 443}
_MOST_URL: Final = 8000
_MOST_PORT: Final = 65535
_MOST_HOST: Final = 100
_STRANGE: Final = re.compile(r"[\x00-\x20\x7f\\]")
"""What parsers of addresses disagree about; it has no place in one."""
_KEPT: Final = "/%:@!$&'()*+,;=~-._"
_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_REMEDY: Final = "请核对该系统配置中的路径, 以及站点的编号。"


def base_address(text: str) -> httpx2.URL:
    """Read the address of a system.

    Raises:
        ValueError: It is none, or holds more than scheme, host, port and path.
    """
    url = _absolute(text)
    if "?" in text or "#" in text:
        raise ValueError("地址中不能带 ? 或 #")
    if _climbs(text):
        raise ValueError("地址中不能有 ..")
    return url


def token_address(text: str, base: httpx2.URL, others: Sequence[str]) -> httpx2.URL:
    """Read the address where tokens are fetched.

    Raises:
        ValueError: It is none, is on another host, or less safe than the system's.
    """
    url = _absolute(text)
    if "#" in text:
        raise ValueError("token_url 中不能带 #")
    if host_of(url) != host_of(base) and host_of(url) not in named(others):
        raise ValueError("token_url 的主机既不是该系统的, 也不在 other_hosts 中")
    if base.scheme == "https" and url.scheme != "https":
        raise ValueError("token_url 也要用 https")
    return url


def host_entry(text: str) -> str:
    """Give a `host` or `host:port` back if it is one.

    Raises:
        ValueError: It is none.
    """
    named([text])
    return text


def named(entries: Sequence[str]) -> frozenset[Host]:
    """Give the hosts that are named; without a port those of http and https.

    Raises:
        ValueError: One is no host.
    """
    found: set[Host] = set()
    for entry in entries:
        url = None
        if not re.search(r"[/?#@]", entry):
            url = _absolute(f"http://{entry}", "应写成 主机 或 主机:端口")
        if url is None:
            raise ValueError("应写成 主机 或 主机:端口")
        if url.port is not None or entry.endswith(":80"):
            found.add(host_of(url))
        else:
            found.update((url.host, port) for port in _PORTS.values())
    return frozenset(found)


def host_of(url: httpx2.URL) -> Host:
    """Give host and port, the scheme's where none is written."""
    port = _PORTS.get(url.scheme, 0) if url.port is None else url.port
    return url.host, port


def authority(url: httpx2.URL) -> str:
    """Give `host:port` to be read by people; "" for what is none to be shown."""
    host, port = url.raw_host.decode("ascii", "replace"), host_of(url)[1]
    if not host or not host.isprintable() or len(host) > _MOST_HOST:
        return ""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def below(
    base: httpx2.URL, path: str, query: Sequence[tuple[str, str]] = ()
) -> httpx2.URL:
    """Join a path to the address of the system, and stay below it.

    Raises:
        BackendDataError: It would lead elsewhere; a part of it is a site's number.
    """
    if (
        _STRANGE.search(path.replace(" ", ""))
        or re.search(r"[?#]|^//|^[A-Za-z][A-Za-z0-9+.-]*://", path)
        or _ESCAPE.search(path)
        or _climbs(path)
    ):
        raise BackendDataError("询问的路径不合规则, 没有发出", _PATH_REMEDY)
    root = str(base).rstrip("/")
    text = f"{root}/{quote(path.removeprefix('/'), safe=_KEPT)}"
    if query:
        text += "?" + urlencode(query, quote_via=quote, safe="")
    if len(text) > _MOST_URL:
        raise BackendDataError("询问的地址太长, 没有发出", _PATH_REMEDY)
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise BackendDataError("询问的路径不合规则, 没有发出", _PATH_REMEDY) from None
    if not str(url).startswith(f"{root}/"):
        raise BackendDataError("询问的路径离开了该系统的地址, 没有发出", _PATH_REMEDY)
    return url


def picture_address(base: httpx2.URL, others: frozenset[Host], text: str) -> httpx2.URL:
    """Read the address of a picture, which may be relative to the system's.

    Raises:
        BackendDataError: It is none, or on a host that nobody named.
    """
    text = text.strip()
    if not text or len(text) > _MOST_URL or _STRANGE.search(text):
        raise BackendDataError("图片地址不合规则, 没有去取")
    try:
        url = httpx2.URL(f"{str(base).rstrip('/')}/").join(text)
    except (httpx2.InvalidURL, ValueError):
        raise BackendDataError("图片地址不合规则, 没有去取") from None
    if url.scheme not in _PORTS or not url.host or url.userinfo:
        raise BackendDataError(
            "图片地址不是普通的 http 地址, 没有去取",
            "账号和密码不能写在地址里, 请配置 auth。",
        )
    if not is_own(base, url) and host_of(url) not in others:
        raise BackendDataError(
            f"图片在 {authority(url) or '别的主机'}, 不是该系统的主机, 没有去取",
            "若确认可信, 请把这个主机加入 other_hosts。",
        )
    return url.copy_with(fragment=None)


def is_own(base: httpx2.URL, url: httpx2.URL) -> bool:
    """Whether both have scheme, host and port in common: credentials may go there."""
    return base.scheme == url.scheme and host_of(base) == host_of(url)


def _absolute(
    text: str, otherwise: str = "应以 http:// 或 https:// 开头"
) -> httpx2.URL:
    try:
        url = httpx2.URL(text)
    except httpx2.InvalidURL:
        raise ValueError("不是合格的网址") from None
    if url.scheme not in _PORTS or not url.host or _STRANGE.search(text):
        raise ValueError(otherwise)
    if "@" in text.split("//", 1)[1].split("/", 1)[0]:
        raise ValueError("账号和密码不能写在地址里, 请配置 auth")
    if not 0 < host_of(url)[1] <= _MOST_PORT:
        raise ValueError("端口应在 1 到 65535 之间")
    return url


def _climbs(path: str) -> bool:
    """Whether a part is `.` or `..`, however often it was encoded."""
    for _ in range(4):
        if any(part in (".", "..") for part in re.split(r"[/\\]", path)):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        path = decoded
    return True
