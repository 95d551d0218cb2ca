"""A real HTTP server on 127.0.0.1 that behaves as badly as a test asks."""

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Site:
    """What the server gives, and what it was asked for."""

    content: bytes = b""
    status: int = 200
    drop_after: list[int] = field(default_factory=list)
    """For each coming connection: break it after so many bytes."""
    redirect: str = ""
    ranges: bool = True
    range_shift: int = 0
    """How far from the asked byte an answer begins."""
    asked: list[str] = field(default_factory=list)
    """The Range header of each request, or an empty string."""
    url: str = ""


@pytest.fixture
def site() -> Iterator[Site]:
    """Serve a site until the test is over."""
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            wanted = self.headers.get("Range", "")
            site.asked.append(wanted)
            if site.redirect:
                self.send_response(302)
                self.send_header("Location", site.redirect)
                self.end_headers()
                return
            if site.status != 200:
                self.send_error(site.status)
                return
            match = re.fullmatch(r"bytes=(\d+)-", wanted) if site.ranges else None
            start = int(match[1]) + site.range_shift if match else 0
            if match and start >= len(site.content):
                self.send_error(416)
                return
            body = site.content[start:]
            self.send_response(206 if match else 200)
            if match:
                end = len(site.content)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if site.drop_after:
                body = body[: site.drop_after.pop(0)]
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}/model.zip"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
