"""Every backend of the house, and the stand-in, keeps the rules of the port."""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.errors import BackendRefusedError, BackendUnreachableError
from app.core.model import Check, Site
from app.core.observation import Evidence, Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Backend
from app.sites.backends.demo import DemoBackend
from app.sites.backends.demo_picture import PictureOf, draw
from app.sites.conformance import RULES, Conformity, Trial, conform
from app.sites.evidence import keep_picture
from app.sites.files import load_directory
from app.system.paths import resources
from tests.contract.every_backend import MAKERS
from tests.unit.sites.http.worked_servers import SITE as WORKED

SITE = load_directory(resources() / "demo" / "sites.csv").sites()[0]
PICTURE = PictureOf(
    site_id="A",
    site_name="济南",
    taken_at=datetime(2026, 11, 21, 8, 30, tzinfo=UTC),
    people=3,
    wearing=2,
    carrying=1,
)


def trial(backend: Backend, folder: Path, site: Site, **kwargs: float) -> Trial:
    at = SystemClock().now()
    return Trial(backend=backend, site=site, at=at, evidence_dir=folder, **kwargs)


@pytest.mark.parametrize("maker", MAKERS)
async def test_a_backend_keeps_the_rules(
    maker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with MAKERS[maker](tmp_path, request) as made:
        results = await conform(trial(made, tmp_path, WORKED))
    assert len(results) == len(RULES)
    assert [r for r in results if not r.ok] == []


@pytest.mark.parametrize("maker", sorted(set(MAKERS) - {"demo", "unavailable"}))
async def test_the_rules_are_tried_on_real_answers(
    maker: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """A reason for having none keeps the rules too."""
    async with MAKERS[maker](tmp_path, request) as made:
        order = await made.expected(WORKED, SystemClock().now())
        scenes = [
            await made.observe(WORKED, check, SystemClock().now())
            for check in Check
            if Service.DETECTION in made.services
        ]
    assert (order.expected, order.ticket, order.leader) == (47, "GZP-1", "王建国")
    assert {(scene.people, scene.wearing) for scene in scenes} <= {(34, 31)}
    assert len(scenes) == (0 if maker.startswith("spreadsheet") else len(Check))


@pytest.mark.parametrize("answered", Service)
async def test_a_backend_for_one_question_keeps_the_rules(
    answered: Service, tmp_path: Path
) -> None:
    results = await conform(trial(OnlyOne(tmp_path, answered), tmp_path, SITE))
    assert [r for r in results if not r.ok] == []


def test_every_rule_says_what_it_is_about() -> None:
    assert [rule for rule, test in RULES if not (test.__doc__ or "").strip()] == []


class OnlyOne(DemoBackend):
    """Answers one of the two questions."""

    def __init__(self, folder: Path, answered: Service) -> None:
        super().__init__(folder, latency_ms=0)
        self.services = frozenset({answered})  # type: ignore[misc]

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        if Service.WORK_ORDERS not in self.services:
            raise BackendRefusedError("没有工单")
        return await super().expected(site, at)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        if Service.DETECTION not in self.services:
            raise BackendRefusedError("没有检测")
        return await super().observe(site, check, at)


class Unruly(DemoBackend):
    """Breaks every rule there is."""

    contract = BACKEND_CONTRACT + 1
    services = frozenset({"coffee"})  # type: ignore[arg-type]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.asked = 0

    @property
    def name(self) -> str:
        return " "

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        if "%" in site.id:
            raise ValueError(f"unknown escape in {site.id}")
        return WorkOrder(expected=-1, valid_from=at.replace(tzinfo=None))

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        self.asked += 1
        try:
            if self.asked > 1:
                raise RuntimeError("one at a time")
            await asyncio.sleep(0.2)
        except asyncio.CancelledError:
            await asyncio.sleep(1.2)
        finally:
            self.asked -= 1
        evidence = (Evidence(path="../outside.png", sha256="0" * 64),)
        return Scene(people=1, wearing=-1, taken_at=at, evidence=evidence)

    async def health(self) -> str:  # type: ignore[override]
        return "ok"

    async def close(self) -> None:
        raise RuntimeError("closed already")


async def test_the_rules_notice_a_backend_that_breaks_them(tmp_path: Path) -> None:
    results = await conform(trial(Unruly(tmp_path), tmp_path, SITE))
    assert [r for r in results if r.ok] == []
    assert [r.detail for r in results if not r.detail] == []
    await let_go()


async def test_a_backend_that_never_answers_is_named(tmp_path: Path) -> None:
    class Silent(Unruly):
        async def expected(self, site: Site, at: datetime) -> WorkOrder:
            await asyncio.Event().wait()
            raise AssertionError

    one = trial(Silent(tmp_path), tmp_path, SITE, patience_s=0.05)
    results = {r.rule: r for r in await conform(one)}
    late = results["gives a usable order or a reason"]
    assert replace(late, detail="") == Conformity(rule=late.rule, ok=False)
    assert "no answer within" in late.detail
    await let_go()


async def broken(backend: Backend, folder: Path) -> dict[str, str]:
    """The rules that it does not keep, and why."""
    results = await conform(trial(backend, folder, SITE))
    return {r.rule: r.detail for r in results if not r.ok}


async def let_go() -> None:
    """The question that would not stop is let go."""
    left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    async with asyncio.timeout(10):
        await asyncio.gather(*left, return_exceptions=True)


def shows(*pictures: Evidence) -> Callable[[Path], Backend]:
    """A backend whose second picture is one of these."""

    class Shows(DemoBackend):
        async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
            scene = await super().observe(site, check, at)
            return replace(scene, evidence=(*scene.evidence, *pictures))

    return lambda folder: Shows(folder, latency_ms=0)


TEXT = b"<html>not found</html>"


@pytest.mark.parametrize(
    ("second", "why"),
    [
        (Evidence(path="../x.png", sha256="0" * 64), "not inside"),
        (Evidence(path="/etc/hostname", sha256="0" * 64), "not inside"),
        (Evidence(path="a/x.png", sha256="0" * 64), "not there"),
        (Evidence(path="text.png", sha256="0" * 64), "another SHA-256"),
        (
            Evidence(path="text.png", sha256=hashlib.sha256(TEXT).hexdigest()),
            "不是 PNG",
        ),
    ],
)
async def test_every_picture_is_looked_at(
    second: Evidence, why: str, tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_bytes(TEXT)
    problems = await broken(shows(second)(tmp_path), tmp_path)
    assert why in problems["keeps the evidence it names"]


async def test_a_picture_is_of_the_kind_it_is_said_to_be(tmp_path: Path) -> None:
    drawn = keep_picture(tmp_path, draw(PICTURE))
    false = replace(drawn, media_type="image/jpeg")
    assert await broken(shows(drawn)(tmp_path), tmp_path) == {}
    problems = await broken(shows(false)(tmp_path), tmp_path)
    assert "is image/png, not" in problems["keeps the evidence it names"]


async def test_a_picture_without_a_zone_in_its_time_is_noticed(tmp_path: Path) -> None:
    naive = keep_picture(
        tmp_path, draw(PICTURE), taken_at=PICTURE.taken_at.replace(tzinfo=None)
    )
    problems = await broken(shows(naive)(tmp_path), tmp_path)
    assert "taken_at of a picture" in problems["gives aware times"]


async def test_a_question_that_is_not_declared_must_be_refused(tmp_path: Path) -> None:
    class Sloppy(OnlyOne):
        async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
            raise BackendUnreachableError("没有检测")

    sloppy = Sloppy(tmp_path, Service.WORK_ORDERS)
    problems = await broken(sloppy, tmp_path)
    assert list(problems) == ["refuses a question that it does not answer"]


async def test_a_picture_that_a_site_name_puts_elsewhere_is_noticed(
    tmp_path: Path,
) -> None:
    class NamedBySite(DemoBackend):
        async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
            scene = await super().observe(site, check, at)
            if site is SITE:
                return scene
            strayed = Evidence(path=f"{site.id}/../../../x.png", sha256="0" * 64)
            return replace(scene, evidence=(strayed,))

    problems = await broken(NamedBySite(tmp_path, latency_ms=0), tmp_path)
    assert list(problems) == ["is not confused by a strange site name"]
