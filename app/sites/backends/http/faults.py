"""From what the network did to the sentence that says so."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final

import httpx2

from app.core.errors import (
    BackendDataError,
    BackendError,
    BackendTimeoutError,
    BackendUnreachableError,
)

CONNECT_S: Final = 3.0
READ_S: Final = 30.0

_EXPIRED: Final = 10
_NOT_YET: Final = 9
_OTHER_NAME: Final = frozenset({62, 64})
_UNKNOWN_ISSUER: Final = frozenset({2, 18, 19, 20, 21})
"""OpenSSL's X509_V_ERR_… numbers."""
_PLAIN: Final = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
_OLD: Final = ("UNSUPPORTED_PROTOCOL", "PROTOCOL_VERSION", "HANDSHAKE_FAILURE")
_LIKE_TLS: Final = ("illegal request line", r"bytearray(b'\x15\x03")
"""How h11 speaks of a TLS server's alert where an HTTP answer should begin."""


def fault_of(error: Exception, host: str) -> BackendError:
    """Put a failed exchange into words; `host` is all that is said of the address."""
    match error:
        case httpx2.ConnectTimeout():
            return BackendUnreachableError(
                f"{CONNECT_S:.0f}秒内连接不上 {host}",
                "请检查网络、防火墙和该系统的地址。",
            )
        case httpx2.PoolTimeout():
            return BackendTimeoutError(f"对 {host} 的询问太多, 没有轮到这一个")
        case httpx2.TimeoutException():
            return BackendTimeoutError(f"{host} 在{READ_S:.0f}秒内没有动静")
        case httpx2.ConnectError():
            return _not_connected(error, host)
        case httpx2.LocalProtocolError() | httpx2.UnsupportedProtocol():
            return BackendDataError(
                f"对 {host} 的询问不合 HTTP 规则, 没有发出",
                "请核对该系统配置中的地址和请求头。",
            )
        case httpx2.RemoteProtocolError():
            return _broke_rules(error, host)
        case _:
            return BackendUnreachableError(f"与 {host} 的连接中途断了")


def _not_connected(error: Exception, host: str) -> BackendError:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                return _distrusted(cause, host)
            case ssl.SSLError():
                return _no_tls(cause, host)
            case socket.gaierror():
                return BackendUnreachableError(
                    f"找不到主机 {host}",
                    "请核对主机名, 并检查本机的 DNS 或 hosts 设置。",
                )
            case ConnectionRefusedError():
                return BackendUnreachableError(
                    f"{host} 拒绝连接, 该端口没有程序在答复",
                    "请核对端口, 并确认该系统已启动。",
                )
    return BackendUnreachableError(
        f"连接不上 {host}", "请检查网络、防火墙和该系统的地址。"
    )


def _distrusted(error: ssl.SSLCertVerificationError, host: str) -> BackendError:
    code = error.verify_code
    if code == _EXPIRED:
        return BackendUnreachableError(
            f"{host} 的证书已过期, 没有连接",
            "请让该系统的维护人员更换证书, 并核对本机时间。",
        )
    if code == _NOT_YET:
        return BackendUnreachableError(
            f"{host} 的证书还没有生效, 没有连接", "请核对本机时间。"
        )
    if code in _OTHER_NAME:
        return BackendUnreachableError(
            f"{host} 的证书是发给别的主机的, 没有连接",
            "请用证书上写的主机名填写地址, 或让该系统的维护人员更换证书。",
        )
    if code in _UNKNOWN_ISSUER:
        return BackendUnreachableError(
            f"{host} 的证书由本机不认识的机构签发, 没有连接",
            "若是单位自己的 CA, 请把它的证书 (PEM) 填在 ca_file; 不能确认时不要使用。",
        )
    return BackendUnreachableError(
        f"{host} 的证书没有通过检查 (编号 {code}), 没有连接",
        "请让该系统的维护人员检查证书。",
    )


def _no_tls(error: ssl.SSLError, host: str) -> BackendError:
    reason = (error.reason or "").upper()
    if any(word in reason for word in _PLAIN):
        return BackendUnreachableError(
            f"{host} 不是加密端口, 没有连接",
            "请核对端口; 若该系统只提供 http, 请把 https:// 改为 http://。",
        )
    if any(word in reason for word in _OLD):
        return BackendUnreachableError(
            f"{host} 的加密方式过旧或不相容, 没有连接",
            "请让该系统的维护人员启用 TLS 1.2 以上。",
        )
    return BackendUnreachableError(
        f"与 {host} 建立加密连接失败",
        "请核对端口; 端口无误时, 请让该系统的维护人员启用 TLS 1.2 以上。",
    )


def _broke_rules(error: Exception, host: str) -> BackendError:
    said = str(error)
    if any(words in said for words in _LIKE_TLS):
        return BackendUnreachableError(
            f"{host} 答复的不是 http, 很可能是加密端口",
            "请核对端口; 若该系统用 https, 请把 http:// 改为 https://。",
        )
    if "without sending a response" in said:
        return BackendUnreachableError(f"{host} 没有答复就断开了连接")
    if "without sending complete message body" in said or "incomplete" in said:
        return BackendUnreachableError(f"{host} 的答复没有发完就断了")
    return BackendDataError(
        f"{host} 的答复不合 HTTP 规则", "请核对端口, 该端口可能不是 HTTP 接口。"
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give everything that led to an error, innermost groups included, once each."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        # The pool of httpcore2 drops the cause and keeps the context.
        waiting += [each.__context__, each.__cause__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
