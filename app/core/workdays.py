"""The desk's calendar, and whether a site is worked at on a day of it."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.core.model import Site

DESKS_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Where the desks are, whatever the machine is set to."""

YEARS: Final = range(2000, 3000)
"""Those that somebody who types a time can mean; the calendar ends at 9999."""


def desk_day() -> date:
    """Give the day on the desk's calendar."""
    return datetime.now(DESKS_ZONE).date()


def is_worked(site: Site, day: date) -> bool:
    """Say whether there is work on `day`, as far as the directory states it."""
    since, until = site.valid_from, site.valid_until
    return (since is None or since <= day) and (until is None or day <= until)
