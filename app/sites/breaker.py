"""A circuit breaker: a system that keeps failing is left alone for a while.

A camera that is down is no system that is down: only failures at several sites in a
row open the breaker. A system that says when it wants to be asked again is left alone
until then, without being held to have failed.
"""

import asyncio
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.core.ports import Clock

LONGEST_PAUSE_S: Final = 300.0
"""No system can have itself left alone for longer: its word may be a mistake."""


class BreakerState(StrEnum):
    """Whether calls go through."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerPolicy:
    """When to stop asking, and when to try again."""

    failures: int = 5
    """Consecutive failures that open it."""
    places: int = 2
    """Different sites that must be among them."""
    rest_s: float = 30.0
    """How long it stays open before one call may try."""


class Breaker:
    """Counts one system's consecutive failures; used on the event loop only."""

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        """Start closed."""
        self._policy = policy
        self._clock = clock
        self._failures = 0
        self._places: set[str] = set()
        self._opened_at: float | None = None
        self._paused_until = -math.inf
        self._trial: asyncio.Event | None = None
        """Set when the one call that tries has come to an end."""

    @property
    def state(self) -> BreakerState:
        """Say whether calls go through now."""
        if self._opened_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if self.wait_s() > 0 else BreakerState.HALF_OPEN

    def wait_s(self) -> float:
        """Give the seconds until a call may try; 0: now."""
        if self._opened_at is None:
            return 0.0
        rested = self._clock.monotonic() - self._opened_at
        return max(0.0, self._policy.rest_s - rested)

    async def admit(self) -> bool:
        """Whether a call may go; half open lets one try, and the others wait for it.

        Else a sweep that begins when the system has rested would be refused but for
        one site.
        """
        while self.state is BreakerState.HALF_OPEN:
            if self._trial is None:
                self._trial = asyncio.Event()
                return True
            await self._trial.wait()
        return self.state is BreakerState.CLOSED

    def pause(self, seconds: float | None) -> bool:
        """Leave the system alone so long, as it wants; whether it said how long."""
        if seconds is None or not math.isfinite(seconds) or seconds < 0:
            return False
        until = self._clock.monotonic() + min(seconds, LONGEST_PAUSE_S)
        self._paused_until = max(self._paused_until, until)
        return True

    def paused_s(self) -> float:
        """Give the seconds for which the system wants to be left alone; 0: none."""
        return max(0.0, self._paused_until - self._clock.monotonic())

    def succeeded(self) -> None:
        """Record an answer: the system is well."""
        self._failures = 0
        self._places.clear()
        self._opened_at = None
        self._end_trial()

    def failed(self, place: str) -> None:
        """Record that there was no answer for the site `place`."""
        self._failures += 1
        self._places.add(place)
        enough = (
            self._failures >= self._policy.failures
            and len(self._places) >= self._policy.places
        )
        if enough or self._opened_at is not None:
            self._opened_at = self._clock.monotonic()
        self._end_trial()

    def abandoned(self) -> None:
        """Record that a call was given up by us; it says nothing of the system."""
        self._end_trial()

    def _end_trial(self) -> None:
        if self._trial is not None:
            self._trial.set()
            self._trial = None
