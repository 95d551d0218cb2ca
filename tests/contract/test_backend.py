"""Every backend of the house, and the stand-in, keeps the rules of the port."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.model import Check, Evidence, Scene, Site, WorkOrder
from app.core.ports import Backend
from app.sites.backends.demo import DemoBackend
from app.sites.backends.table import UnavailableBackend
from app.sites.conformance import RULES, Conformity, Trial, conform
from app.sites.files import load_directory
from app.system.paths import resources

MAKERS: dict[str, Callable[[Path], Backend]] = {
    "demo": lambda folder: DemoBackend(folder, latency_ms=0),
    "unavailable": lambda folder: UnavailableBackend("theirs", "ImportError"),
}


def trial(backend: Backend, folder: Path, site: Site, **kwargs: float) -> Trial:
    at = SystemClock().now()
    return Trial(backend=backend, site=site, at=at, evidence_dir=folder, **kwargs)


@pytest.mark.parametrize("maker", MAKERS)
async def test_a_backend_keeps_the_rules(maker: str, tmp_path: Path) -> None:
    city = load_directory(resources() / "demo" / "sites.csv").sites()[0]
    results = await conform(trial(MAKERS[maker](tmp_path), tmp_path, city))
    assert len(results) == len(RULES)
    assert [r for r in results if not r.ok] == []


class Unruly(DemoBackend):
    """Breaks every rule there is."""

    @property
    def name(self) -> str:
        return " "

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        return WorkOrder(expected=-1)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        try:
            await asyncio.sleep(0.01)
        except asyncio.CancelledError:
            await asyncio.sleep(1.2)
        evidence = Evidence(path="../outside.png", sha256="0" * 64)
        return Scene(people=1, wearing=-1, taken_at=at, evidence=evidence)

    async def health(self) -> str:  # type: ignore[override]
        return "ok"

    async def close(self) -> None:
        raise RuntimeError("closed already")


async def test_the_rules_notice_a_backend_that_breaks_them(tmp_path: Path) -> None:
    results = await conform(
        trial(Unruly(tmp_path), tmp_path, Site(id="A", name="济南"))
    )
    assert [r for r in results if r.ok] == []
    # The question that would not stop is let go.
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # type: ignore[arg-type]


async def test_a_backend_that_never_answers_is_named(tmp_path: Path) -> None:
    class Silent(Unruly):
        async def expected(self, site: Site, at: datetime) -> WorkOrder:
            await asyncio.Event().wait()
            raise AssertionError

    one = trial(Silent(tmp_path), tmp_path, Site(id="A", name="济南"), patience_s=0.05)
    results = {r.rule: r for r in await conform(one)}
    late = results["gives a usable order or a reason"]
    assert replace(late, detail="") == Conformity(rule=late.rule, ok=False)
    assert "no answer within" in late.detail
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))  # type: ignore[arg-type]
