"""One secret of a system: asked for once, outside the event loop, and never shown."""

import asyncio
from collections.abc import Callable
from typing import Final

from app.core.errors import BackendRefusedError
from app.sites.backends.http.headers import is_value


class Secret:
    """Keeps a secret in memory after it was read; its repr says only the name."""

    def __init__(self, name: str, read: Callable[[str], str]) -> None:
        """Take the secret's name and what gives a secret by its name; may block."""
        self.name: Final = name
        self._read = read
        self._text: str | None = None
        self._reading = asyncio.Lock()

    def __repr__(self) -> str:
        return f"Secret({self.name!r})"

    async def text(self) -> str:
        """Give the secret.

        Raises:
            BackendRefusedError: There is none, or it is empty.
        """
        async with self._reading:
            if self._text is None:
                text = await asyncio.to_thread(self._read, self.name)
                if not text:
                    raise BackendRefusedError(
                        f"密钥 {self.name} 是空的", "请重新保存该系统的密钥。"
                    )
                if not _is_whole(text):
                    raise BackendRefusedError(
                        f"密钥 {self.name} 中有残缺的字符", "请重新保存该系统的密钥。"
                    )
                self._text = text
            return self._text

    async def header_text(self, prefix: str = "") -> str:
        """Give the secret as (the end of) a header's value.

        Raises:
            BackendRefusedError: There is none, or no header can hold it.
        """
        text = prefix + await self.text()
        if not is_value(text):
            raise BackendRefusedError(
                f"密钥 {self.name} 中有不能放进请求头的字符",
                "请重新保存该系统的密钥, 注意不要带上空格或换行。",
            )
        return text


def _is_whole(text: str) -> bool:
    """Whether it can be encoded; the error would say a part of it otherwise."""
    return not any("\ud800" <= each <= "\udfff" for each in text)
