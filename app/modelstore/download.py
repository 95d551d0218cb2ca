"""One file over HTTP: resumed where it broke off, only from hosts that are allowed."""

import http
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable, Collection
from pathlib import Path
from typing import IO, Final
from urllib.parse import urlsplit

from app.core.cancel import CancelToken

TIMEOUT_S: Final = 15.0
_BLOCK: Final = 1 << 16


class DownloadError(Exception):
    """No file came; the text says why, for the operator."""


class _SameHosts(urllib.request.HTTPRedirectHandler):
    """Follows redirects only to hosts of the catalogue, and never to plain HTTP."""

    def __init__(self, hosts: Collection[str]) -> None:
        self._hosts = hosts

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        host = urlsplit(newurl).hostname or ""
        insecure = urlsplit(newurl).scheme != "https" and req.type == "https"
        if host not in self._hosts or insecure:
            raise DownloadError(f"服务器要求转到目录以外的地址 {host}, 已拒绝")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(
    url: str,
    part: Path,
    *,
    size: int,
    hosts: Collection[str],
    cancel: CancelToken,
    on_total: Callable[[int], object],
    timeout_s: float = TIMEOUT_S,
) -> None:
    """Bring `url` to the file `part`, going on from what is there already.

    The file is complete on return; its hash is the caller's business. On any error
    `part` keeps what has come, so that the next attempt goes on from there.
    `on_total` gets the bytes present after every block.

    Raises:
        DownloadError: The server cannot be reached, refuses, or sends the wrong size.
        Cancelled: The token was set.
        OSError: The file cannot be written.
    """
    if (urlsplit(url).hostname or "") not in hosts:
        raise DownloadError("地址不在模型目录中, 已拒绝连接")
    opener = urllib.request.build_opener(_SameHosts(hosts))
    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    while have < size:
        cancel.raise_if_cancelled()
        before = have
        have = _more(opener, url, part, have, size, cancel, on_total, timeout_s)
        if have <= before:
            raise DownloadError(f"连接中断, 已收到{have}字节, 应为{size}字节")


def _more(
    opener: urllib.request.OpenerDirector,
    url: str,
    part: Path,
    have: int,
    size: int,
    cancel: CancelToken,
    on_total: Callable[[int], object],
    timeout_s: float,
) -> int:
    """Fetch what one connection gives; return the bytes present afterwards."""
    request = urllib.request.Request(url)
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = opener.open(request, timeout=timeout_s)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                # What is here is no beginning of what is there: start afresh.
                part.unlink(missing_ok=True)
            raise DownloadError(f"服务器答复 {error.code} {error.reason}") from error
    except urllib.error.URLError as error:
        raise DownloadError(f"无法连接服务器 ({error.reason})") from error
    except (OSError, http.client.HTTPException) as error:
        raise DownloadError(f"连接失败 ({error})") from error
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            have = 0
        elif not _continues(answer, have):
            part.unlink(missing_ok=True)
            raise DownloadError("服务器没有从断点继续")
        with part.open("ab" if have else "wb") as out:
            while True:
                cancel.raise_if_cancelled()
                try:
                    block = answer.read1(_BLOCK)
                except (OSError, http.client.HTTPException):
                    # What came is kept; the caller goes on from there or gives up.
                    return have
                if not block:
                    return have
                if have + len(block) > size:
                    break
                out.write(block)
                have += len(block)
                on_total(have)
        # Closed by now: Windows does not remove a file that is open.
        part.unlink()
        raise DownloadError(f"服务器给出的文件大于{size}字节")


def _continues(answer: http.client.HTTPResponse, have: int) -> bool:
    """Say whether the answer begins where the file ends."""
    match = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return match is not None and int(match[1]) == have
