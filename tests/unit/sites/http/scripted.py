"""A carrier that answers from a script, and backends over it from TOML texts."""

import asyncio
import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.core.errors import BackendUnreachableError
from app.core.model import Site
from app.sites.backends.context import BackendContext
from app.sites.backends.http.backend import HttpBackend
from app.sites.backends.http.messages import HttpReply, HttpRequest
from app.sites.backends.http.options import HttpOptions
from app.sites.backends.options import parsed
from tests.fakes import HeldClock

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
"""Where the held clock stands: eleven in the morning in Beijing."""
SITE = Site(id="S1", name="济南一号", region="济南", cameras=("c1", "c2"))

CONNECTION = """
[connection]
base_url = "http://127.0.0.1:9"
"""
ORDERS = """
[work_orders]
items = "list"
expected = "n"
ticket = "no"
leader = "boss"
valid_from = "since"
valid_until = "until"
request = { path = "/orders", query = { site = "{site.id}" } }
"""
SCENE = """
[[detection]]
people = "people"
wearing = "length(persons[?hat])"
carrying = "carrying"
taken_at = "time"
frames = "frames"
detector = "model"
confidence = "sure"
request = { path = "/scene", query = { site = "{site.id}" } }
"""


@dataclass
class Scripted:
    """Gives what `answer` gives for a request; keeps the requests."""

    answer: Callable[[HttpRequest], object]
    date: datetime | None = AT
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    slow: frozenset[str] = frozenset()
    """Pictures that never come."""
    asked: list[HttpRequest] = field(default_factory=list)
    looked_at: list[str] = field(default_factory=list)
    host: str = "127.0.0.1:9"
    looking: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a picture was asked for."""
    closed: bool = False

    async def fetch(self, request: HttpRequest) -> HttpReply:
        self.asked.append(request)
        found = self.answer(request)
        if isinstance(found, Exception):
            raise found
        return HttpReply(
            status=200,
            body=json.dumps(found).encode(),
            media_type="application/json",
            date=self.date,
        )

    async def picture(self, url: str) -> HttpReply:
        self.looked_at.append(url)
        self.looking.set()
        if url in self.slow:
            await asyncio.Event().wait()
        if url not in self.pictures:
            raise BackendUnreachableError("不在")
        return HttpReply(
            status=200, body=self.pictures[url], media_type="image/png", date=None
        )

    async def close(self) -> None:
        self.closed = True


def options(text: str) -> HttpOptions:
    return parsed(HttpOptions, tomllib.loads(text), system="theirs")


def backend(text: str, carrier: Scripted, folder: Path = Path("unused")) -> HttpBackend:
    """The system that a text describes; its connection is added."""
    clock = HeldClock()
    context = BackendContext(
        name="theirs",
        evidence_dir=folder,
        clock=clock,
        secret=lambda name: "",
        folder=folder,
    )
    return HttpBackend(options(text + CONNECTION), context, carrier)


def saying(document: object, **more: object) -> Scripted:
    return Scripted(lambda request: document, **more)  # type: ignore[arg-type]
