"""The demo province and the backend that answers for it."""

import hashlib
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from app.core.cancel import CancelToken
from app.core.checks import judge, judged_observation
from app.core.clock import SystemClock
from app.core.errors import SettingsError, UsageError
from app.core.model import Call, Check, Site, Verdict
from app.core.observation import MissingReason, Observation
from app.sites.backends import table
from app.sites.backends.demo import DemoBackend
from app.sites.backends.demo_picture import PictureOf, draw
from app.sites.backends.table import Systems
from app.sites.breaker import BreakerPolicy
from app.sites.dispatcher import ConcurrentDispatcher
from app.sites.evidence import store_evidence
from app.sites.files import load_directory
from app.system.paths import resources
from app.system.redaction import HIDDEN, hide
from tests.fakes import HeldClock

PROVINCE = load_directory(resources() / "demo" / "sites.csv")
CITIES = (
    "济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽"
)


def test_the_province_has_its_cities_and_every_name_is_its_own() -> None:
    sites = PROVINCE.sites()
    assert len(sites) >= 75
    assert set(CITIES.split()) <= {site.name for site in sites}
    for site in sites:
        for name in (site.name, *site.aliases, f"{site.name}工地"):
            found = PROVINCE.resolve(name)
            assert found.exact, name
            assert found.site == site
        assert site.region in CITIES
        assert site.work_order_key
        assert len(site.cameras) == 2


async def observed(
    folder: Path, calls: list[Call], clock: HeldClock
) -> list[tuple[Call, Observation]]:
    backend = DemoBackend(folder, latency_ms=0)
    # Ten times the slowest honest answer here; silence needs no longer.
    using = ConcurrentDispatcher(
        lambda site, service: backend,
        clock=clock,
        timeout_s=1.0,
        max_concurrent=400,
        breaker=BreakerPolicy(failures=10_000),
    )
    answers = using.dispatch(calls, at=clock.now(), cancel=CancelToken())
    return [(calls[i], seen) async for i, seen in answers]


@pytest.mark.parametrize("day", [0, 1, 100])
async def test_every_row_of_the_verdict_table_occurs_every_day(
    tmp_path: Path, day: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawing three hundred pictures says nothing about verdicts.
    monkeypatch.setattr("app.sites.backends.demo.draw", lambda picture: b"picture")
    clock = HeldClock()
    clock.advance(day * 86400)
    calls = [Call(s, c) for s in PROVINCE.sites() for c in Check]
    seen = await observed(tmp_path, calls, clock)
    judged = [judge(call, observation) for call, observation in seen]
    assert {j.verdict for j in judged} == set(Verdict)
    reasons = {
        whole.missing.reason
        for call, observation in seen
        if (whole := judged_observation(call, observation)).missing
    }
    assert reasons >= {
        MissingReason.TIMEOUT,
        MissingReason.REFUSED,
        MissingReason.UNREACHABLE,
        MissingReason.STALE,
        MissingReason.CONTRADICTORY,
        MissingReason.NOT_COUNTED,
    }
    cities = [o for call, o in seen if call.site.name in CITIES.split()]
    assert all(o.missing is None for o in cities)


async def test_a_day_has_one_truth_and_the_next_day_another(tmp_path: Path) -> None:
    backend = DemoBackend(tmp_path, latency_ms=0)
    noon = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    site = Site(id="anything", name="任意")
    orders = [
        (await backend.expected(site, noon + timedelta(hours=h))) for h in (0, 6, 24)
    ]
    assert orders[0] == orders[1] != orders[2]
    assert orders[0].valid_from is not None
    assert orders[0].valid_from <= noon
    first = await backend.observe(site, Check.HELMET, noon)
    assert first == await backend.observe(site, Check.HELMET, noon)
    again = DemoBackend(tmp_path / "other", latency_ms=0)
    assert first == await again.observe(site, Check.HELMET, noon)


def picture(**changes: int) -> bytes:
    shown = {"people": 12, "wearing": 9, "carrying": 7} | changes
    taken = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    draw.cache_clear()
    return draw(PictureOf(site_id="A", site_name="济南", taken_at=taken, **shown))


def test_a_picture_shows_what_is_counted() -> None:
    base = picture()
    assert base == picture()
    assert base.startswith(b"\x89PNG")
    others = [picture(people=13), picture(wearing=8), picture(carrying=6)]
    assert len({base, *others}) == 4
    assert picture(people=0, wearing=0, carrying=0)
    assert picture(people=120, wearing=120, carrying=0)


def test_a_picture_can_be_drawn_without_a_chinese_font(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from app.sites.backends import demo_picture

    monkeypatch.setattr(demo_picture, "_CHINESE_FONTS", ("no such font.ttf",))
    demo_picture._font.cache_clear()
    try:
        assert picture().startswith(b"\x89PNG")
        assert demo_picture._font()[1] is False
    finally:
        demo_picture._font.cache_clear()


def test_evidence_is_kept_by_its_hash_and_not_written_twice(tmp_path: Path) -> None:
    evidence = store_evidence(tmp_path, b"picture")
    path = tmp_path / evidence.path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == evidence.sha256
    before = path.stat().st_mtime_ns, path.stat().st_ino
    assert store_evidence(tmp_path, b"picture") == evidence
    assert (path.stat().st_mtime_ns, path.stat().st_ino) == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


async def test_a_full_disk_costs_the_picture_and_not_the_answer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    backend = DemoBackend(tmp_path / "file", latency_ms=0)
    scene = await backend.observe(
        PROVINCE.sites()[0], Check.HELMET, SystemClock().now()
    )
    assert scene.people is not None
    assert scene.evidence == ()
    assert len(caplog.records) == 1
    caplog.clear()


def systems(folder: Path, **described: str) -> Systems:
    for name, text in described.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")

    def no_secret(system: str, name: str) -> str:
        raise AssertionError("the demonstration has no secrets")

    return Systems(
        folder=folder, evidence_dir=folder, clock=SystemClock(), secret=no_secret
    )


def test_the_family_is_listed_and_made_by_name(tmp_path: Path) -> None:
    family = systems(tmp_path, east='kind = "demo"\nlatency_ms = 0\n')
    assert family.names() == ("demo", "east")
    assert family.make("demo").name == "demo"
    assert family.make("east").name == "east"
    with pytest.raises(UsageError) as raised:
        family.make("oracle")
    assert "demo" in raised.value.remedy


@pytest.mark.parametrize(
    "option", ['latency_ms = "快"', "latency_ms = -1", "latency_ms = true", "speed = 1"]
)
def test_an_option_that_the_demonstration_does_not_have_is_named(
    option: str, tmp_path: Path
) -> None:
    family = systems(tmp_path, east=f'kind = "demo"\n{option}\n')
    with pytest.raises(SettingsError, match=option.split()[0]):
        family.make("east")


async def test_another_packages_broken_backend_does_not_stop_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    points = [
        EntryPoint(name=name, value=value, group=table.GROUP)
        for name, value in (
            ("broken", "no_such_package:make"),
            ("strange", "app.core.model:Site"),
            ("theirs", "app.sites.backends.demo:DemoBackend.from_context"),
        )
    ]
    monkeypatch.setattr(table, "entry_points", lambda group: points)
    family = systems(tmp_path)
    assert family.names() == ("broken", "demo", "strange", "theirs")
    assert family.make("theirs").name == "theirs"
    for name in ("broken", "strange"):
        backend = family.make(name)
        health = await backend.health()
        assert not health.ok
        assert name in health.detail
        using = ConcurrentDispatcher(
            lambda site, service, it=backend: it, clock=HeldClock()
        )
        caplog.clear()
        calls = [Call(PROVINCE.sites()[0], Check.HELMET)]
        answers = using.dispatch(calls, at=HeldClock().now(), cancel=CancelToken())
        [(_, seen)] = [got async for got in answers]
        assert seen.missing is not None
        assert seen.missing.reason is MissingReason.UNREACHABLE


async def test_what_a_plug_in_dies_of_is_shown_without_its_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Careless:
        name, value = "careless", "theirs:make"

        def load(self) -> object:
            raise RuntimeError("cannot open db://desk:hunter2-plug@host")

    hide("hunter2-plug")
    monkeypatch.setattr(table, "entry_points", lambda group: [Careless()])
    health = await systems(tmp_path).make("careless").health()
    assert f"db://desk:{HIDDEN}@host" in health.detail
    caplog.clear()
