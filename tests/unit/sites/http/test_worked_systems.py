"""The worked configurations, as they lie in resources, against what they are for."""

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.core.clock import SystemClock
from app.core.errors import BackendRefusedError
from app.core.model import Check, Site
from app.core.observation import Service
from app.sites.backends.context import BackendContext
from app.sites.backends.described import read_system
from app.sites.backends.http.backend import HttpBackend
from app.sites.backends.http.fields import FieldPath
from app.sites.backends.http.options import Meaning
from app.sites.backends.http.templates import ALL
from app.sites.conformance import RULES, Trial, conform
from app.system.paths import resources
from tests.site_server import serving
from tests.unit.sites.http import worked_servers as servers
from tests.unit.sites.http.worked_servers import SITE, TOKEN

SYSTEMS = resources() / "systems"
SERVERS: dict[str, Callable[[], Starlette]] = {
    "work-tickets": servers.work_tickets,
    "smart-site": servers.smart_site,
    "camera-zones": servers.camera_zones,
    "native": servers.native,
}


@dataclass(frozen=True, slots=True)
class Desk:
    backend: HttpBackend
    evidence: Path
    url: str


@asynccontextmanager
async def pointed_at(
    name: str, tmp_path: Path, *, empty: str = "unknown"
) -> AsyncIterator[Desk]:
    """The system of this name, with its server's address in place of the example."""
    async with serving(SERVERS[name]()) as url:
        system = read_system(SYSTEMS / f"{name}.toml")
        orders: Any = system.options.get("work_orders")
        assert orders is None or orders["empty"] == "unknown"
        connection: Any = system.options["connection"]
        path = httpx2.URL(connection["base_url"]).path
        context = BackendContext(
            name=name,
            evidence_dir=tmp_path,
            clock=SystemClock(),
            secret=lambda _: TOKEN,
            folder=tmp_path,
            options={
                **system.options,
                **(
                    {}
                    if orders is None
                    else {"work_orders": {**orders, "empty": empty}}
                ),
                "connection": {**connection, "base_url": url + path.rstrip("/")},
            },
        )
        backend = HttpBackend.from_context(context)
        try:
            yield Desk(backend, tmp_path, url)
        finally:
            await backend.close()


def at() -> datetime:
    return SystemClock().now()


def test_there_is_a_server_for_every_worked_configuration() -> None:
    systems = [read_system(path) for path in SYSTEMS.glob("*.toml")]
    assert {each.name for each in systems if each.kind == "http"} == set(SERVERS)


@pytest.mark.parametrize("name", SERVERS)
async def test_it_keeps_the_rules(name: str, tmp_path: Path) -> None:
    async with pointed_at(name, tmp_path) as desk:
        trial = Trial(
            backend=desk.backend, site=SITE, at=at(), evidence_dir=desk.evidence
        )
        results = await conform(trial)
    assert len(results) == len(RULES)
    assert [result for result in results if not result.ok] == []


async def test_the_tickets_of_two_pages_are_added_up(tmp_path: Path) -> None:
    async with pointed_at("work-tickets", tmp_path) as desk:
        order = await desk.backend.expected(SITE, at())
        health = await desk.backend.health()
        assert desk.backend.services == {Service.WORK_ORDERS}
        with pytest.raises(BackendRefusedError):
            await desk.backend.observe(SITE, Check.HELMET, at())
    # 150 orders, 15 called off; the first has 20 people and the others one each
    assert order.expected == 20 + 134
    assert order.ticket.startswith("GZP-0000、GZP-0001、")
    assert order.ticket.endswith("等135项")
    assert order.leader == "李卫东、王建国"
    assert order.source == "工单平台"
    assert order.valid_until is not None
    assert health.ok
    assert desk.url.removeprefix("http://") in health.detail
    assert "工单查询" in health.detail
    assert "目标检测" not in health.detail


@pytest.mark.parametrize(("empty", "expected"), [("unknown", None), ("none", 0)])
async def test_a_wrong_key_is_nobody_expected_only_where_keys_were_checked(
    empty: str, expected: int | None, tmp_path: Path
) -> None:
    other = Site(id="X", name="别处", work_order_key="none")
    async with pointed_at("work-tickets", tmp_path, empty=empty) as desk:
        order = await desk.backend.expected(other, at())
    assert order.expected == expected
    assert order.ticket == ""


def test_the_first_line_of_each_says_what_it_is_for() -> None:
    for path in SYSTEMS.glob("*.toml"):
        first, second, *_ = path.read_text("utf-8").splitlines()
        assert first.startswith("# "), path.name
        assert first.endswith("。"), path.name
        assert second == "#", path.name


def test_the_reference_names_every_variable_and_every_meaning() -> None:
    text = (SYSTEMS / "work-tickets.toml").read_text("utf-8").partition("\nkind")[0]
    assert [name for name in ALL if f"{{{name}}}" not in text] == []
    assert [each for each in Meaning if f" {each} " not in text] == []


async def test_people_on_site_are_counted_over_all_pages(tmp_path: Path) -> None:
    async with pointed_at("smart-site", tmp_path) as desk:
        order = await desk.backend.expected(SITE, at())
        scene = await desk.backend.observe(SITE, Check.HELMET, at())
        other = Site(id="X", name="别处", cameras=("c",))
        with pytest.raises(BackendRefusedError) as refused:
            await desk.backend.observe(other, Check.HELMET, at())
    assert (order.expected, order.ticket, order.leader) == (140, "20260001", "赵敏")
    assert (scene.people, scene.wearing, scene.carrying) == (130, 126, 120)
    assert scene.detector == "hat-net 3.1"
    assert [(e.annotated, e.camera) for e in scene.evidence] == [
        (False, SITE.cameras[0]),
        (True, SITE.cameras[0]),
    ]
    marked = desk.evidence / scene.evidence[1].path
    assert marked.read_bytes() == servers.picture(200)
    assert "站点不存在" in refused.value.message


@pytest.mark.parametrize(
    ("persons", "wearing", "carrying"),
    [
        ([{"alarms": [{"alarmType": 2}], "tools": []}], 0, 0),
        ([{"alarms": [{"alarmType": "2"}], "tools": [{"kind": "X"}]}], 0, 0),
        ([{"alarms": [{}], "tools": [{"kind": "VOLTAGE_TESTER"}]}], 1, 1),
        ([{"alarms": []}, {"tools": []}], None, None),
        ([], 0, 0),
    ],
)
def test_the_alarms_and_tools_of_people_are_read(
    persons: list[object], wearing: int | None, carrying: int | None
) -> None:
    block: Any = read_system(SYSTEMS / "smart-site.toml").options["detection"]
    document = {"rows": persons}
    assert FieldPath.parse(block[0]["wearing"]).search(document) == wearing
    assert FieldPath.parse(block[0]["carrying"]).search(document) == carrying


@pytest.mark.parametrize(
    ("status", "active"),
    [("APPROVED", True), ("WORKING", True), ("CANCELLED", False), (None, None)],
)
def test_an_order_without_a_status_is_not_called_off(
    status: str | None, active: bool | None
) -> None:
    block: Any = read_system(SYSTEMS / "work-tickets.toml").options["work_orders"]
    assert FieldPath.parse(block["active"]).search({"status": status}) is active


async def test_every_camera_of_the_site_is_asked(tmp_path: Path) -> None:
    async with pointed_at("camera-zones", tmp_path) as desk:
        before = at()
        scene = await desk.backend.observe(SITE, Check.HELMET, before)
        no_camera = Site(id="X", name="无摄像头")
        with pytest.raises(BackendRefusedError) as refused:
            await desk.backend.observe(no_camera, Check.HELMET, at())
    assert (scene.people, scene.wearing, scene.carrying) == (12, 11, None)
    assert scene.confidence == 0.84
    assert scene.frames == 5
    assert (before - scene.taken_at).total_seconds() > 15  # the older of the two
    # Both cameras show the same grey: one picture.
    assert [each.camera for each in scene.evidence] == [SITE.cameras[0]]
    assert "摄像头" in refused.value.message


async def test_the_native_contract_says_everything(tmp_path: Path) -> None:
    async with pointed_at("native", tmp_path) as desk:
        order = await desk.backend.expected(SITE, at())
        scene = await desk.backend.observe(SITE, Check.EQUIPMENT, at())
    assert (order.expected, order.ticket, order.leader) == (47, "GZP-1", "王建国")
    assert order.valid_from is not None
    assert order.valid_until is None
    assert (scene.people, scene.wearing, scene.carrying) == (34, 31, None)
    assert (scene.frames, scene.confidence) == (12, 0.88)
    assert [(e.annotated, e.camera) for e in scene.evidence] == [
        (False, "东门"),
        (True, "东门"),
    ]
    assert {each.taken_at for each in scene.evidence} == {scene.taken_at}


# The native contract's own description ---------------------------------------------


def described() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SYSTEMS / "openapi.json").read_text("utf-8"))
    return found


def misfits(value: object, schema: dict[str, Any], where: str) -> Iterator[str]:
    """What of a value is not as its schema says: the few words that ours use."""
    if name := schema.get("$ref"):
        schema = described()["components"]["schemas"][name.rpartition("/")[2]]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    python: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "integer": int,
        "number": (int, float), "boolean": bool, "null": type(None),
    }  # fmt: skip
    if not any(isinstance(value, python[kind]) for kind in kinds):
        yield f"{where} is no {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where} is not one of {schema['enum']}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield f"{where} is out of range"
    dated = schema.get("format") == "date-time" and isinstance(value, str)
    if dated and datetime.fromisoformat(str(value)).tzinfo is None:
        yield f"{where} has no offset"
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from misfits(each, schema["items"], f"{where}[{index}]")
    if isinstance(value, dict):
        properties = schema["properties"]
        for name in set(schema.get("required", ())) - set(value):
            yield f"{where}.{name} is missing"
        for name, each in value.items():
            if name in properties:
                yield from misfits(each, properties[name], f"{where}.{name}")
            elif schema.get("additionalProperties", True) is False:
                yield f"{where}.{name} is unknown"


def test_the_description_names_the_routes_and_nothing_else() -> None:
    routes = {
        route.path
        for route in servers.native().routes
        if isinstance(route, Route) and route.include_in_schema
    }
    assert routes == set(described()["paths"])


def test_the_configuration_asks_as_the_description_says() -> None:
    options: Any = read_system(SYSTEMS / "native.toml").options
    requests = [
        options["work_orders"]["request"],
        options["detection"][0]["request"],
        options["health"]["request"],
    ]
    asked = {
        request["path"].replace("{site.id}", "{id}"): set(request.get("query", ()))
        for request in requests
    }
    wanted = {
        path: {
            each["name"]
            for each in operation["get"].get("parameters", ())
            if each["in"] == "query"
        }
        for path, operation in described()["paths"].items()
    }
    assert asked == wanted


async def test_the_answers_are_as_the_description_says() -> None:
    async with (
        serving(servers.native()) as url,
        httpx2.AsyncClient(base_url=url, trust_env=False) as client,
    ):
        for path, operation in described()["paths"].items():
            reply = await client.get(
                path.replace("{id}", SITE.id),
                params={"at": at().isoformat(), "check": "helmet"},
                headers={"Authorization": f"Bearer {TOKEN}"},
            )
            content = operation["get"]["responses"][str(reply.status_code)]["content"]
            schema = content[reply.headers["Content-Type"]]["schema"]
            assert list(misfits(reply.json(), schema, path)) == []


def test_the_description_would_notice_another_answer() -> None:
    scene = {"$ref": "#/components/schemas/Scene"}
    wrong = {"site": 1, "people": -1, "taken_at": "2026-05-01T08:00:00", "hats": 3}
    assert {each.partition(" ")[0] for each in misfits(wrong, scene, "s")} == {
        "s.site", "s.people", "s.taken_at", "s.hats",
    }  # fmt: skip
