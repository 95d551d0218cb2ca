"""A circuit breaker: a system that keeps failing is left alone for a while.

A camera that is down is no system that is down: only failures at several sites in a
row open the breaker.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.core.ports import Clock


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
        self._trying = False

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

    def admit(self) -> bool:
        """Whether a call may go now; half open lets one through at a time."""
        state = self.state
        if state is BreakerState.HALF_OPEN and not self._trying:
            self._trying = True
            return True
        return state is BreakerState.CLOSED

    def succeeded(self) -> None:
        """Record an answer: the system is well."""
        self._failures = 0
        self._places.clear()
        self._opened_at = None
        self._trying = False

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
        self._trying = False

    def abandoned(self) -> None:
        """Record that a call was given up by us; it says nothing of the system."""
        self._trying = False
