"""Whom the desk believes over TLS: the system's authorities, and a private one."""

import re
import ssl
from pathlib import Path
from typing import Final

from app.core.errors import SettingsError

_MOST_BYTES: Final = 1 << 20
_BLOCK: Final = re.compile(
    rb"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
)
_REMEDY: Final = (
    "请向签发证书的部门索取 CA 证书, 用 Base64 (PEM) 格式保存, 再检查 ca_file 的路径。"
)


def trust(ca_file: str, folder: Path) -> ssl.SSLContext:
    """Give a context that checks every certificate; `ca_file` may be "".

    Raises:
        SettingsError: The file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH)
    if ca_file:
        path = folder / ca_file
        try:
            if path.stat().st_size > _MOST_BYTES:
                raise SettingsError(f"证书文件 {path} 超过 1 MB, 不像是证书", _REMEDY)
            data = path.read_bytes()
        except (OSError, ValueError) as error:
            cause = getattr(error, "strerror", None) or "路径不对"
            raise SettingsError(
                f"证书文件 {path} 读不出来: {cause}", _REMEDY
            ) from error
        # Read by us, for OpenSSL cannot open every path that Windows can.
        blocks = _BLOCK.findall(data)
        if not blocks:
            raise SettingsError(f"证书文件 {path} 里没有 PEM 格式的证书", _REMEDY)
        try:
            context.load_verify_locations(cadata=b"\n".join(blocks).decode("ascii"))
        except ssl.SSLError as error:
            raise SettingsError(f"证书文件 {path} 里的证书已损坏", _REMEDY) from error
    return context
