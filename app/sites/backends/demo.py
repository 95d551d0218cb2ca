"""The embedded demonstration: answers for any site, without a network.

The same site gives the same answer all day and another one the next day. Most sites
show every kind of work and its faults; about a quarter have a broken system: no
answer, a refusal, no connection, an old picture, counts that contradict each other,
no count. `_SALT` is chosen so that on every day the demo province has at least one
of each, and its sixteen cities answer.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from typing import Final

from pydantic import Field

from app.core.errors import BackendRefusedError, BackendUnreachableError
from app.core.model import Check, Site
from app.core.observation import Evidence, Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Health
from app.sites.backends.context import BackendContext
from app.sites.backends.demo_picture import PictureOf, draw
from app.sites.backends.options import Options, parsed
from app.sites.evidence import store_evidence

log = logging.getLogger(__name__)

NAME: Final = "demo"
SOURCE: Final = "演示数据"
"""What every answer says of where it is from."""
_SYSTEM: Final = "演示系统"
_SALT: Final = "province 211"
_BEIJING: Final = timezone(timedelta(hours=8))
_PICTURE_EVERY_S: Final = 10
_OLD: Final = timedelta(minutes=47)
_FOREVER_S: Final = 3600.0
_LATENCY_MS: Final = (15, 80)
_LEADERS: Final = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """What is true of one site on one day."""

    expected: int | None
    people: int | None
    wearing: int | None
    carrying: int | None
    refuses: bool = False
    unreachable: bool = False
    silent: bool = False
    old: bool = False


_Kind = Callable[[int, int], _Day]
"""From the planned number (6 or more) and a small number (1 … 5) to a day."""


def _well(
    expected: Callable[[int, int], int],
    people: Callable[[int, int], int],
    bareheaded: bool = False,
    unequipped: bool = False,
) -> _Kind:
    def day(planned: int, few: int) -> _Day:
        there = people(planned, few)
        return _Day(
            expected=expected(planned, few),
            people=there,
            wearing=max(0, there - few) if bareheaded else there,
            carrying=max(0, there - few) if unequipped else there,
        )

    return day


def _all(planned: int, few: int) -> int:
    return planned


def _fewer(planned: int, few: int) -> int:
    return planned - few


def _more(planned: int, few: int) -> int:
    return planned + few


def _none(planned: int, few: int) -> int:
    return 0


def _few(planned: int, few: int) -> int:
    return few


_WELL: Final = (
    _well(_all, _all),
    _well(_all, _all),
    _well(_all, _all, bareheaded=True),
    _well(_all, _all, unequipped=True),
    _well(_all, _fewer),
    _well(_all, _fewer, bareheaded=True),
    _well(_all, _fewer, unequipped=True),
    _well(_all, _more),
    _well(_all, _more, bareheaded=True, unequipped=True),
    _well(_none, _few, bareheaded=True),
    _well(_none, _none),
    _well(_all, _none),
)
_TROUBLED: Final[tuple[_Kind, ...]] = (
    lambda n, k: _Day(expected=n, people=n, wearing=n, carrying=n, silent=True),
    lambda n, k: _Day(expected=n, people=n, wearing=n, carrying=n, refuses=True),
    lambda n, k: _Day(expected=n, people=n, wearing=n, carrying=n, unreachable=True),
    lambda n, k: _Day(expected=n, people=n, wearing=n, carrying=n, old=True),
    lambda n, k: _Day(expected=n, people=n, wearing=n + k, carrying=n + k),
    lambda n, k: _Day(expected=None, people=n, wearing=None, carrying=None),
)
_ONE_IN: Final = 4


class _Options(Options):
    latency_ms: int | None = Field(default=None, ge=0, le=60_000)
    """Milliseconds that every answer takes; None: as it is played."""


class DemoBackend:
    """`core.ports.Backend` with made-up, repeatable answers."""

    contract = BACKEND_CONTRACT
    services = frozenset(Service)

    def __init__(
        self, evidence_dir: Path, *, name: str = NAME, latency_ms: int | None = None
    ) -> None:
        """Take the folder for pictures; `latency_ms` replaces the played latency."""
        self._evidence_dir = evidence_dir
        self._name = name
        self._latency_ms = latency_ms

    @classmethod
    def from_context(cls, context: BackendContext) -> "DemoBackend":
        """Make it from settings; the only option is `latency_ms`."""
        wanted = parsed(_Options, context.options, system=context.name)
        return cls(
            context.evidence_dir, name=context.name, latency_ms=wanted.latency_ms
        )

    @property
    def name(self) -> str:
        """Name in the settings, on the screen and in the record."""
        return self._name

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        """Make up the work order of the site's day."""
        day = await self._asked(site, at, "order")
        today = _date(at)
        start = datetime.combine(today, time(), _BEIJING)
        number = _number(site.id, today.isoformat(), "ticket")
        has_order = day.expected != 0
        return WorkOrder(
            expected=day.expected,
            ticket=f"{today:%Y%m%d}-{number % 1000:03d}" if has_order else "",
            leader=f"{_LEADERS[number % len(_LEADERS)]}工" if has_order else "",
            valid_from=start,
            valid_until=start + timedelta(days=1),
            source=SOURCE,
        )

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        """Make up what the cameras count, and draw it."""
        day = await self._asked(site, at, check)
        if day.silent:
            await asyncio.sleep(_FOREVER_S)
        if day.refuses:
            raise BackendRefusedError(f"{_SYSTEM}不允许查询 {site.name} 的画面")
        number = _number(site.id, _date(at).isoformat(), "camera")
        taken_at = at.replace(microsecond=0) - timedelta(
            seconds=at.second % _PICTURE_EVERY_S
        )
        return Scene(
            people=day.people,
            wearing=day.wearing,
            carrying=day.carrying,
            taken_at=taken_at - _OLD if day.old else taken_at,
            frames=5 + number % 8,
            detector="演示检测 1.0",
            confidence=round(0.88 + number % 10 / 100, 2),
            evidence=self._pictures(
                site, day, taken_at - _OLD if day.old else taken_at
            ),
            source=SOURCE,
        )

    async def health(self) -> Health:
        """Say that the demonstration is at work."""
        return Health(
            name=self._name,
            ok=True,
            detail="演示数据, 不是真实现场",
            remedy="接入本单位的系统: griddesk sites connect FILE --default。",
        )

    async def close(self) -> None:
        """Nothing to give back."""

    async def _asked(self, site: Site, at: datetime, what: str) -> _Day:
        day = _day(site.id, _date(at))
        low, high = _LATENCY_MS
        played = low + _number(site.id, what, "latency") % (high - low)
        wait_ms = played if self._latency_ms is None else self._latency_ms
        await asyncio.sleep(wait_ms / 1000)
        if day.unreachable:
            raise BackendUnreachableError(f"连接不上{_SYSTEM}")
        return day

    def _pictures(
        self, site: Site, day: _Day, taken_at: datetime
    ) -> tuple[Evidence, ...]:
        people = day.people or 0
        picture = PictureOf(
            site_id=site.id,
            site_name=site.name,
            taken_at=taken_at.astimezone(_BEIJING),
            people=people,
            wearing=min(day.wearing or 0, people),
            carrying=min(day.carrying or 0, people),
        )
        try:
            kept = store_evidence(self._evidence_dir, draw(picture))
        except OSError as error:
            log.warning("no picture of %s kept: %s", site.id, error)
            return ()
        camera = site.cameras[0] if site.cameras else ""
        return (replace(kept, annotated=True, camera=camera, taken_at=taken_at),)


def _day(site_id: str, today: date) -> _Day:
    """Turn site and day into what is true there: kinds follow one another by day."""
    turn = _number(site_id, _SALT)
    kinds = _TROUBLED if turn % _ONE_IN == 0 else _WELL
    kind = kinds[(turn // _ONE_IN + today.toordinal()) % len(kinds)]
    size = _number(site_id, today.isoformat(), "size")
    return kind(6 + size % 43, 1 + size // 43 % 5)


def _date(at: datetime) -> date:
    return at.astimezone(_BEIJING).date()


def _number(*words: str) -> int:
    """Give a number that depends on the words alone, on every machine."""
    digest = hashlib.sha256("\0".join(words).encode()).digest()
    return int.from_bytes(digest[:6])
