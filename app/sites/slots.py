"""How many questions of one kind may be under way at one system.

The bound holds over all runs, since it protects the system, which does not care which
command a question belongs to. Who waits is served by turns, one command after the
other: a question about one site must not stand behind a sweep of five hundred.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Slots:
    """A bounded number of slots, given to parties by turns; on the event loop only."""

    def __init__(self, most: int) -> None:
        """Take how many may be held at once."""
        self._free = most
        self._waiting: dict[Hashable, deque[asyncio.Future[None]]] = {}
        """Those who wait, by party; the party whose turn it is comes first."""

    @asynccontextmanager
    async def held(self, party: Hashable) -> AsyncIterator[None]:
        """Hold a slot, waiting for it in the party's own line."""
        # Nobody waits while a slot is free: `_give_back` sees to it.
        if self._free:
            self._free -= 1
        else:
            await self._turn(party)
        try:
            yield
        finally:
            self._give_back()

    async def _turn(self, party: Hashable) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(party, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The slot was given at the very moment we were cancelled.
                self._give_back()
            raise

    def _give_back(self) -> None:
        """Give the slot to the next who still waits, or keep it free."""
        while self._waiting:
            party = next(iter(self._waiting))
            line = self._waiting.pop(party)
            turn = line.popleft()
            if line:
                # To the end: the other parties have their turn first.
                self._waiting[party] = line
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1
