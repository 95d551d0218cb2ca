"""What a click on the board asks for, and what it is called in the record.

The names are those that a spoken sweep has: they are read in the log, beside others.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

from app.core import checks
from app.core.labels import asked_label
from app.core.model import Call, Check, Site
from app.core.workdays import is_worked

Key: TypeAlias = tuple[str, Check]
"""Id of a site, and a check: a cell of the board."""


def key(call: Call) -> Key:
    """Give the cell of a call."""
    return call.site.id, call.check


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Calls that wait for the operator's word."""

    label: str
    """For card and record."""
    calls: tuple[Call, ...]
    idle: int = 0
    """Sites that were left out because there is no work on this day."""
    under_way: int = 0
    """Calls that were left out because they are being asked."""


def at_site(site: Site, wanted: Sequence[Check], busy: Collection[Key]) -> Plan:
    """Plan some checks at one site."""
    calls = tuple(Call(site, check) for check in wanted)
    free = tuple(call for call in calls if key(call) not in busy)
    return Plan(
        label=asked_label(site, (call.check for call in free)),
        calls=free,
        under_way=len(calls) - len(free),
    )


def in_region(
    region: str,
    sites: Sequence[Site],
    wanted: Sequence[Check],
    busy: Collection[Key],
    day: date,
) -> Plan:
    """Plan some checks at every site of a region that is worked at."""
    working = [site for site in sites if is_worked(site, day)]
    calls = tuple(Call(site, check) for site in working for check in wanted)
    free = tuple(call for call in calls if key(call) not in busy)
    asked = len({call.site.id for call in free})
    if asked == len(sites):
        where = f"{region}的全部 {asked} 个工地" if region else f"全部 {asked} 个工地"
    else:
        # Not all of them: the record must not say so.
        where = f"{region}的 {asked} 个工地" if region else f"{asked} 个工地"
    return Plan(
        label=f"{where} {_names(wanted)}",
        calls=free,
        idle=len(sites) - len(working),
        under_way=len(calls) - len(free),
    )


def _names(wanted: Iterable[Check]) -> str:
    return "、".join(map(checks.label, wanted))
