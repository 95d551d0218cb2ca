"""Which headers an installer may set, and what may stand in one."""

import re
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]{0,4000}[\x21-\x7e])?")
_OURS: Final = frozenset(
    {
        "accept-encoding", "connection", "content-encoding", "content-length", "cookie",
        "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Those that the transport itself is answerable for."""
_SECRET: Final = re.compile(r"authori[sz]ation|token|secret|password|api-?key", re.I)


def login_header(name: str) -> str:
    """Give the name back if a login may set this header.

    Raises:
        ValueError: It may not; for pydantic, which names the option.
    """
    if not _NAME.fullmatch(name):
        raise ValueError("不是合格的请求头名称")
    if name.lower() in _OURS:
        raise ValueError(f"请求头 {name} 由程序自己填写, 不能配置")
    return name


def fixed_header(name: str) -> str:
    """Give the name back if settings may hold a value for this header.

    Raises:
        ValueError: They may not.
    """
    login_header(name)
    if _SECRET.search(name):
        raise ValueError(f"请求头 {name} 像是登录用的, 请改在 auth 中配置")
    if name.lower() in ("accept", "content-type", "user-agent"):
        raise ValueError(f"请求头 {name} 由程序自己填写, 不能配置")
    return name


def is_value(text: str) -> bool:
    """Whether this can be sent as the value of a header: visible ASCII, one line."""
    return _VALUE.fullmatch(text) is not None


def header_value(text: str) -> str:
    """Give the text back if it can be the value of a header.

    Raises:
        ValueError: It cannot; the text is not repeated.
    """
    if not is_value(text):
        raise ValueError("请求头的值只能用英文字母、数字和符号, 两头不能有空格")
    return text
