"""The connections to one system, in several pools.

The library looks at every connection of a pool for each request: in one pool of a
hundred a sweep spends half of its time looking. So there are several small pools, and
a new one is used only when those before it have enough to do.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import httpx2

IN_A_LANE: Final = 8
"""Exchanges that a pool has under way before the next pool is used."""
IDLE_S: Final = 4.0
"""Shorter than servers keep an idle connection, so that none closes under us."""
LANES: Final = 16
MOST: Final = 1024
"""Connections in all: more than the dispatcher ever asks at once."""


@dataclass(slots=True, eq=False)
class _Lane:
    client: httpx2.AsyncClient
    busy: int = 0


class Lanes:
    """Makes clients as they are needed; used on one event loop."""

    def __init__(self, make: Callable[[httpx2.Limits], httpx2.AsyncClient]) -> None:
        """Take what makes a client with these limits."""
        self._make = make
        self._lanes: list[_Lane] = []

    @contextmanager
    def one(self) -> Iterator[httpx2.AsyncClient]:
        """Give the client for one exchange, until the answer has been read."""
        lane = self._chosen()
        lane.busy += 1
        try:
            yield lane.client
        finally:
            lane.busy -= 1

    def clients(self) -> tuple[httpx2.AsyncClient, ...]:
        """Give those that were made."""
        return tuple(lane.client for lane in self._lanes)

    async def close(self) -> None:
        """Close every connection; may be called twice."""
        lanes, self._lanes = self._lanes, []
        for lane in lanes:
            await lane.client.aclose()

    def _chosen(self) -> _Lane:
        for lane in self._lanes:
            if lane.busy < IN_A_LANE:
                return lane
        if len(self._lanes) < LANES:
            each = max(1, MOST // LANES)
            limits = httpx2.Limits(
                max_connections=each,
                max_keepalive_connections=each,
                keepalive_expiry=IDLE_S,
            )
            self._lanes.append(_Lane(self._make(limits)))
            return self._lanes[-1]
        return min(self._lanes, key=lambda lane: lane.busy)
