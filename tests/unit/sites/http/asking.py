"""A transport as the desk makes it, and small servers to point it at."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.core.errors import BackendRefusedError
from app.sites.backends.context import BackendContext
from app.sites.backends.http.transport import (
    HttpReply,
    HttpRequest,
    Transport,
    TransportOptions,
)
from app.sites.backends.options import parsed
from tests.fakes import HeldClock
from tests.site_server import RawCall

SECRET = "s3cr3t-9f1c"
GET = HttpRequest(method="GET", path="/count")


def context(
    folder: Path,
    clock: HeldClock | None = None,
    secrets: Mapping[str, str] | None = None,
    asked: list[str] | None = None,
) -> BackendContext:
    held = {"main": SECRET} if secrets is None else secrets

    def secret(name: str) -> str:
        if asked is not None:
            asked.append(name)
        if name not in held:
            raise BackendRefusedError(f"没有名为 {name} 的密钥")
        return held[name]

    return BackendContext(
        name="theirs",
        evidence_dir=folder / "evidence",
        clock=clock or HeldClock(),
        secret=secret,
        folder=folder,
    )


def options(url: str, **more: object) -> TransportOptions:
    return parsed(TransportOptions, {"base_url": url, **more}, system="theirs")


@asynccontextmanager
async def transport(
    url: str, folder: Path, within: BackendContext | None = None, **more: object
) -> AsyncIterator[Transport]:
    made = Transport(options(url, **more), within or context(folder))
    try:
        yield made
    finally:
        await made.close()


async def ask(url: str, folder: Path, **more: object) -> HttpReply:
    async with transport(url, folder, **more) as made:
        return await made.fetch(GET)


class Recorder:
    """A server that keeps what came, and answers what a function says."""

    def __init__(self, answer: Callable[[Request, bytes], Response]) -> None:
        self.requests: list[Request] = []
        self.bodies: list[bytes] = []

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            self.requests.append(request)
            self.bodies.append(body)
            return answer(request, body)

        route = Route("/{path:path}", endpoint, methods=["GET", "POST"])
        self.app = Starlette(routes=[route])

    @property
    def paths(self) -> list[str]:
        return [request.scope["raw_path"].decode() for request in self.requests]


def always(response: Callable[[], Response]) -> Recorder:
    return Recorder(lambda request, body: response())


def sending(data: bytes) -> Callable[[RawCall], object]:
    """Answer every request with these bytes, and hang up."""

    async def answer(call: RawCall) -> None:
        await call.send(data)

    return answer
