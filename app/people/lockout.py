"""How long an account stays shut after wrong passwords.

Every fifth wrong one in a row shuts it, each time for twice as long. The rule is kept
with the moment at which it began, so that a clock which is put back neither opens the
account early nor keeps it shut for years.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

TRIES: Final = 5
FIRST: Final = timedelta(minutes=15)
LONGEST: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lockout:
    """Wrong passwords in a row, and since when nothing is tried because of them."""

    failures: int = 0
    since: datetime | None = None
    """None: the account is not shut."""

    @property
    def lasts(self) -> timedelta:
        """How long it stays shut from `since` on."""
        # The exponent is bounded, so that no number of failures overflows.
        doubled = min(max(0, self.failures // TRIES - 1), 16)
        return min(LONGEST, FIRST * (1 << doubled))

    @property
    def until(self) -> datetime | None:
        """When it opens again."""
        return None if self.since is None else self.since + self.lasts

    def at(self, now: datetime) -> "Lockout":
        """Give what is left of it now."""
        if self.since is None or now >= self.since + self.lasts:
            return Lockout(failures=self.failures)
        # The clock was put back: it begins again, and ends within the same time.
        since = min(self.since, now)
        return Lockout(failures=self.failures, since=since)

    def failed(self, now: datetime) -> "Lockout":
        """Count one more wrong password."""
        failures = self.failures + 1
        shut = failures % TRIES == 0
        return Lockout(failures=failures, since=now if shut else None)
