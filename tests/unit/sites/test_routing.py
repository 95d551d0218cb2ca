"""Which system answers for a site and a question."""

from pathlib import Path

import pytest

from app.core.errors import SettingsError, UsageError
from app.core.model import Site
from app.core.observation import Service
from app.sites.backends.demo import DemoBackend
from app.sites.routing import Router

JINAN = Site(id="S001", name="济南一号", region="济南")
YANTAI = Site(id="S002", name="烟台", region="烟台")
KNOWN = ("demo", "cameras", "jinan", "other")


class Maker:
    """Makes systems, and remembers which."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.made: list[str] = []

    def __call__(self, name: str) -> DemoBackend:
        self.made.append(name)
        if name == "broken":
            raise SettingsError("系统 broken 的配置不对: 缺少 url。", "请更正。")
        return DemoBackend(self._folder, name=name)


@pytest.fixture
def make(tmp_path: Path) -> Maker:
    return Maker(tmp_path)


def router(make: Maker, routes: dict[str, str]) -> Router:
    return Router(routes, default="demo", known=(*KNOWN, "broken"), make=make)


def who(made: Router, site: Site, service: Service = Service.DETECTION) -> str:
    return made.backend_for(site, service).name


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ({}, "demo"),
        ({"detection": "cameras"}, "cameras"),
        ({"work_orders": "cameras"}, "demo"),
        ({"region=济南": "jinan"}, "jinan"),
        ({"region=烟台": "jinan"}, "demo"),
        ({"detection": "cameras", "region=济南": "jinan"}, "jinan"),
        ({"region=济南": "other", "detection region=济南": "jinan"}, "jinan"),
        ({"detection  region=济南": "other", "site=S001": "jinan"}, "jinan"),
        ({"site=S001": "other", "site=S001 detection": "jinan"}, "jinan"),
        ({"work_orders site=S001": "other", "region=济南": "jinan"}, "jinan"),
    ],
)
def test_the_most_specific_route_wins_in_any_order(
    make: Maker, routes: dict[str, str], expected: str
) -> None:
    assert who(router(make, routes), JINAN) == expected
    turned = dict(reversed(routes.items()))
    assert who(router(make, turned), JINAN) == expected


def test_a_question_may_go_elsewhere_than_the_other(make: Maker) -> None:
    made = router(make, {"work_orders region=济南": "jinan", "detection": "cameras"})
    assert who(made, JINAN, Service.WORK_ORDERS) == "jinan"
    assert who(made, JINAN, Service.DETECTION) == "cameras"
    assert who(made, YANTAI, Service.WORK_ORDERS) == "demo"


def test_systems_are_made_once_and_only_when_they_are_asked(make: Maker) -> None:
    made = router(make, {"detection": "cameras", "site=S009": "other"})
    assert make.made == []
    assert made.names() == ("demo", "other", "cameras")
    first = made.backend_for(JINAN, Service.DETECTION)
    assert made.backend_for(YANTAI, Service.DETECTION) is first
    assert make.made == ["cameras"]
    assert made.made() == (first,)


@pytest.mark.parametrize(
    "condition",
    [
        "",
        "  ",
        "people",
        "site=",
        "=S001",
        "region=济南 site=S001",
        "detection work_orders",
        "detection detection",
        "region=济南 东",
        "Detection",
        "site S001",
        "region=a region=a",
    ],
)
def test_a_condition_that_cannot_be_read_is_refused_by_name(
    make: Maker, condition: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        router(make, {condition: "demo"})
    assert condition.strip() in caught.value.message
    assert "work_orders" in caught.value.remedy


def test_a_route_to_an_unknown_system_is_refused_by_name(make: Maker) -> None:
    with pytest.raises(SettingsError) as caught:
        router(make, {"detection": "camera"})
    assert "detection" in caught.value.message
    assert "camera" in caught.value.message
    assert "cameras" in caught.value.remedy


def test_two_conditions_that_say_the_same_are_refused(make: Maker) -> None:
    with pytest.raises(SettingsError, match="意思相同"):
        router(make, {"detection site=1": "demo", "site=1 detection": "other"})


async def test_a_system_that_cannot_be_made_leaves_the_others_answering(
    make: Maker,
) -> None:
    made = router(make, {"region=济南": "broken"})
    broken = made.backend_for(JINAN, Service.DETECTION)
    health = await broken.health()
    assert not health.ok
    assert "缺少 url" in health.detail
    assert who(made, YANTAI) == "demo"
    assert made.backend_for(JINAN, Service.WORK_ORDERS) is broken
    assert make.made == ["broken", "demo"]


def test_a_bug_in_a_maker_is_not_hidden(tmp_path: Path) -> None:
    def fails(name: str) -> DemoBackend:
        raise ZeroDivisionError

    made = Router({}, default="demo", known=KNOWN, make=fails)
    with pytest.raises(ZeroDivisionError):
        made.backend_for(JINAN, Service.DETECTION)


async def test_an_unknown_default_is_said_by_its_stand_in(tmp_path: Path) -> None:
    def fails(name: str) -> DemoBackend:
        raise UsageError(f"没有名为 {name} 的站点系统", "请改用 demo")

    backend = Router({}, default="x", known=KNOWN, make=fails).system("x")
    health = await backend.health()
    assert "没有名为 x" in health.detail
    assert health.remedy == "请改用 demo"


@pytest.mark.parametrize("condition", ["region=济南市", "detection site=S009"])
def test_a_route_to_a_place_that_the_directory_has_not_is_refused(
    make: Maker, condition: str
) -> None:
    # What it should catch would be answered by the default, perhaps the demonstration.
    made = router(make, {condition: "jinan"})
    with pytest.raises(SettingsError, match=condition.rpartition("=")[2]):
        made.check([JINAN, YANTAI])


def test_routes_to_known_places_are_taken(make: Maker) -> None:
    made = router(make, {"region=济南": "jinan", "site=S002": "other"})
    made.check([JINAN, YANTAI])
    assert who(made, YANTAI) == "other"
