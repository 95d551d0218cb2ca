"""Long work on the loop that lets others have their turn."""

import asyncio
import time
from typing import Final

TURN_S: Final = 0.006
"""Work on the loop for so long, and the window has missed no frame yet."""


class Breath:
    """Lets the loop turn whenever one piece of work has had it for `TURN_S`."""

    def __init__(self) -> None:
        """Begin to count; a wait for anything else counts as well, which is no harm."""
        self._since = time.monotonic()

    async def take(self) -> None:
        """Give the loop a turn, if it is time; call it between two steps."""
        if time.monotonic() - self._since >= TURN_S:
            await asyncio.sleep(0)
            self._since = time.monotonic()
