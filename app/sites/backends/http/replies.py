"""From a status to an answer, or to the sentence that says why it is none."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final, NoReturn

import httpx2

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.sites.backends.http.addresses import authority
from app.sites.backends.http.messages import HttpReply

MOST_WAIT_S: Final = 3600.0


def checked(response: httpx2.Response, *, now: datetime) -> HttpReply:
    """Give the answer of a response whose body was read.

    Raises:
        BackendError: The status is not 2xx; the subclass and the sentence say why.
    """
    if not response.is_success:
        _refuse(response, now)
    media_type = response.headers.get("Content-Type", "")
    return HttpReply(
        status=response.status_code,
        body=response.content,
        media_type=media_type.partition(";")[0].strip().lower(),
        date=_moment(response.headers.get("Date", "")),
    )


def _refuse(response: httpx2.Response, now: datetime) -> NoReturn:
    status = response.status_code
    host = authority(response.request.url)
    if 300 <= status < 400:
        raise BackendDataError(
            f"{host} 要把询问转到{_whereto(response)}, 程序不会跟去",
            "请核对该系统的地址; 若转到登录页, 说明登录已失效。",
        )
    match status:
        case HTTPStatus.UNAUTHORIZED:
            raise BackendRefusedError(
                f"{host} 不认可登录 (状态 401)",
                "请核对该系统的密钥和 auth 配置, 以及本机时间。",
            )
        case HTTPStatus.FORBIDDEN:
            raise BackendRefusedError(
                f"{host} 不允许这样查询 (状态 403)",
                "请让该系统的维护人员开通查询权限。",
            )
        case HTTPStatus.NOT_FOUND | HTTPStatus.GONE:
            raise BackendDataError(
                f"{host} 没有这个地址 (状态 {status})", "请核对该系统配置中的地址。"
            )
        case HTTPStatus.REQUEST_TIMEOUT | HTTPStatus.GATEWAY_TIMEOUT:
            raise BackendTimeoutError(f"{host} 内部超时 (状态 {status})")
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            wait_s = _retry_after(response, now)
            when = "" if wait_s is None else f", 要求{wait_s:.0f}秒后再来"
            raise BackendBusyError(
                f"{host} 太忙 (状态 {status}){when}", retry_after_s=wait_s
            )
    if status >= 500:
        raise BackendUnreachableError(f"{host} 内部出错 (状态 {status})")
    raise BackendDataError(
        f"{host} 不接受这个询问 (状态 {status})",
        "请核对该系统配置中的地址和参数。",
    )


def _whereto(response: httpx2.Response) -> str:
    """Name the host that a redirect leads to, and nothing else of it."""
    try:
        target = response.request.url.join(response.headers.get("Location", ""))
    except (httpx2.InvalidURL, ValueError):
        return "别处"
    name = authority(target)
    if not name:
        return "别处"
    if name == authority(response.request.url):
        return "自己的另一个地址"
    return f" {name} "


def _retry_after(response: httpx2.Response, now: datetime) -> float | None:
    """Read seconds or a date; a date counts from the server's own clock."""
    stated = response.headers.get("Retry-After", "").strip()
    if stated.isascii() and stated.isdigit():
        return min(float(stated[:9]), MOST_WAIT_S)
    if (until := _moment(stated)) is None:
        return None
    since = _moment(response.headers.get("Date", "")) or now
    return min(max((until - since).total_seconds(), 0.0), MOST_WAIT_S)


def _moment(stated: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(stated)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
