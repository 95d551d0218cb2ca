"""The machine's own clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """`core.ports.Clock` on the operating system."""

    def now(self) -> datetime:
        """Give the time as aware UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never run backwards."""
        return time.monotonic()
