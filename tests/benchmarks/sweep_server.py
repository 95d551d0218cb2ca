"""A site system of many sites that takes its time, in a process of its own.

    python -m tests.benchmarks.sweep_server LATENCY_MS

It speaks the contract of `resources/systems/openapi.json`, prints its address, and
answers until it is terminated. `/counts` says what it was asked, and how many
questions of a kind were under way at once.
"""

import asyncio
import json
import socket
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import uvicorn

HOST = "127.0.0.1"


class SlowSites:
    """An ASGI application."""

    def __init__(self, latency_s: float) -> None:
        self._latency_s = latency_s
        self._asked: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._most: Counter[str] = Counter()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        parts = scope["path"].strip("/").split("/")
        answer: object
        if parts[0] == "counts":
            answer = {"asked": self._asked, "most": self._most}
        elif parts[:2] == ["v1", "sites"]:
            answer = await self._answered(site=parts[2], kind=parts[3])
        else:
            answer = {"status": "ok"}
        body = json.dumps(answer).encode()
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        start = {"type": "http.response.start", "status": 200, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    async def _answered(self, *, site: str, kind: str) -> object:
        self._asked[f"{site} {kind}"] += 1
        self._now[kind] += 1
        self._most[kind] = max(self._most[kind], self._now[kind])
        try:
            await asyncio.sleep(self._latency_s)
        finally:
            self._now[kind] -= 1
        number = int(site.removeprefix("S"))
        if kind == "work-order":
            return {"orders": [{"expected": 5 + number % 7, "ticket": f"GD-{number}"}]}
        return {
            "site": site,
            "people": 5 + number % 5,
            "wearing": 5,
            "carrying": 5,
            "taken_at": datetime.now(UTC).isoformat(),
            "frames": 5,
            "detector": "sweep 1.0",
            "pictures": [],
        }


def main(latency_ms: float) -> None:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen(1024)
        print(f"http://{HOST}:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(
            SlowSites(latency_ms / 1000), lifespan="off", log_level="error"
        )
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(float(sys.argv[1]))
