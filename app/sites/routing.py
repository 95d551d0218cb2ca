"""Which system answers for a site: by the site, its region or the question.

The settings name conditions and systems:

    [backend.routes]
    "detection" = "cameras"
    "work_orders region=济南" = "jinan"
    "site=S001" = "demo"

A condition is a question (`work_orders`, `detection`), a place (`site=ID` or
`region=NAME`), or both with a blank between. The most specific one that fits wins: a
site before a region, a region before a question alone, and among equals the one with
a question. Where none fits, the system of `backend.name` answers.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.core.errors import SettingsError, UserFacingError
from app.core.model import Site
from app.core.observation import Service
from app.core.ports import Backend
from app.sites.backends.table import UnavailableBackend

_HOW: Final = (
    "条件写成 work_orders (工单查询)、detection (目标检测)、site=站点编号、"
    'region=区域, 或问题加地点, 例如 "work_orders region=济南" = "jinan"。'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One line of the settings: what it holds for, and who answers then."""

    system: str
    service: Service | None = None
    """None: both questions."""
    site: str = ""
    """Id of the site; empty: any."""
    region: str = ""
    """Region of the site; empty: any. Never beside a site."""

    @classmethod
    def parsed(cls, condition: str, system: str) -> "Route":
        """Read a condition.

        Raises:
            SettingsError: It says nothing, or nothing that can be understood.
        """
        service: Service | None = None
        places: dict[str, str] = {}
        for word in condition.split():
            kind, equals, name = word.partition("=")
            if not equals and service is None and kind in set(Service):
                service = Service(kind)
            elif kind in {"site", "region"} and name and not places:
                places[kind] = name
            else:
                raise SettingsError(
                    f"backend.routes 的条件「{condition}」读不懂: {word}", _HOW
                )
        if service is None and not places:
            raise SettingsError("backend.routes 里有一个空条件", _HOW)
        return cls(system=system, service=service, **places)

    @property
    def what(self) -> tuple[Service | None, str, str]:
        """Give what it holds for; two routes with the same contradict each other."""
        return (self.service, self.site, self.region)

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """Give how specific it is; the greatest that fits wins."""
        return (bool(self.site), bool(self.region), self.service is not None)

    def fits(self, site: Site, service: Service) -> bool:
        """Whether it holds for this question about this site."""
        return (
            self.service in (None, service)
            and self.site in ("", site.id)
            and self.region in ("", site.region)
        )


class Router:
    """Gives the system for a site and a question; makes each at its first use."""

    def __init__(
        self,
        routes: Mapping[str, str],
        *,
        default: str,
        known: Collection[str],
        make: Callable[[str], Backend],
    ) -> None:
        """Read the settings' routes; `known` are the names that `make` can make.

        Raises:
            SettingsError: A condition cannot be read, says the same as another, or
                names a system that is not known.
        """
        self._default = default
        self._make = make
        self._made: dict[str, Backend] = {}
        read = [Route.parsed(*each) for each in routes.items()]
        for (condition, system), route in zip(routes.items(), read, strict=True):
            if system not in known:
                names = ", ".join(sorted(known))
                raise SettingsError(
                    f"backend.routes 的「{condition}」指向没有的站点系统「{system}」",
                    f"请改用其中之一: {names}; 或先添加这个系统的配置。",
                )
            if sum(other.what == route.what for other in read) > 1:
                raise SettingsError(
                    f"backend.routes 有两个条件与「{condition}」意思相同",
                    "请只保留一个。",
                )
        self._routes = sorted(read, key=lambda route: route.rank, reverse=True)

    def names(self) -> tuple[str, ...]:
        """Give every system that may be asked, the default first."""
        routed = (route.system for route in self._routes)
        return tuple(dict.fromkeys((self._default, *routed)))

    def check(self, sites: Sequence[Site]) -> None:
        """Refuse a route to nowhere: what it should catch would go to the default.

        Raises:
            SettingsError: A route names a site or a region that the directory has not.
        """
        ids = {site.id for site in sites}
        regions = {site.region for site in sites if site.region}
        for route in self._routes:
            for named, known in ((route.site, ids), (route.region, regions)):
                if named and named not in known:
                    raise SettingsError(
                        f"backend.routes 里的「{named}」在站点目录里没有",
                        "请照站点目录里的编号 (id) 或地区填写, 一字不差。",
                    )

    def backend_for(self, site: Site, service: Service) -> Backend:
        """Give the system that answers this question about this site."""
        fitting = (r.system for r in self._routes if r.fits(site, service))
        return self.system(next(fitting, self._default))

    def system(self, name: str) -> Backend:
        """Give a system by its name.

        One that cannot be made leaves the others untouched: in its place stands one
        that has no answers and whose health says why.
        """
        if name not in self._made:
            try:
                self._made[name] = self._make(name)
            except UserFacingError as error:
                cause = error.message.removesuffix("。")
                self._made[name] = UnavailableBackend(name, cause, error.remedy)
        return self._made[name]

    def made(self) -> tuple[Backend, ...]:
        """Give the systems that were made so far; they have to be closed."""
        return tuple(self._made.values())
