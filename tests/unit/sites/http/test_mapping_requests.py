"""Requests from templates, and settings that are refused when they are read."""

import json
import unicodedata
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import BackendRefusedError, SettingsError
from app.core.model import Check, Site
from app.sites.backends.http.filling import Asked, PageAsked, filled, filled_path
from app.sites.backends.http.messages import HttpRequest
from app.sites.backends.http.options import RequestOptions
from app.sites.backends.options import parsed
from tests.unit.sites.http.scripted import AT, CONNECTION, ORDERS, SCENE, options

BEIJING = ZoneInfo("Asia/Shanghai")
ODD = "a#b/c&d={page}\"'%2e..?\\ \u3000中"
EVERY = (
    *("site.id", "site.name", "site.region", "site.work_order_key", "site.camera"),
    *("site.cameras", "at", "day_start", "day_end", "window_start", "window_end"),
    *("check", "page", "page_size", "offset", "cursor"),
)


def asked(**more: Any) -> Asked:
    site = Site(id="S 1", name=ODD, region="山东", cameras=("c,1", "c2"))
    page = PageAsked(number=3, size=50, offset=100, cursor="nx")
    at = AT.astimezone(BEIJING)
    return Asked(
        **{"at": at, "site": site, "check": Check.HELMET, "page": page, **more}
    )


def request(about: Asked | None = None, **more: object) -> HttpRequest:
    made = parsed(RequestOptions, {"path": "/", **more}, system="theirs")
    return filled(made, about or asked())


def test_every_variable_has_a_value() -> None:
    query = {name: f"{{{name}}}" for name in EVERY}
    found = dict(request(query=query).query)
    assert found == {
        "site.id": "S 1",
        "site.name": ODD,
        "site.region": "山东",
        "site.work_order_key": "S 1",
        "site.camera": "c,1",
        "site.cameras": "c,1,c2",
        "at": "2026-11-21T11:00:00+08:00",
        "day_start": "2026-11-21T00:00:00+08:00",
        "day_end": "2026-11-21T23:59:59+08:00",
        "window_start": "2026-11-20T11:00:00+08:00",
        "window_end": "2026-11-21T11:00:00+08:00",
        "check": "helmet",
        "page": "3",
        "page_size": "50",
        "offset": "100",
        "cursor": "nx",
    }


def test_times_are_written_as_the_settings_say() -> None:
    query = {
        "a": "{at}",
        "b": "{at:%Y/%m/%d}",
        "c": "{at:s}",
        "d": "{day_start:ms}!",
    }
    found = request(query=query, time_format="%H:%M", window_hours=2)
    assert found.query == (
        ("a", "11:00"),
        ("b", "2026/11/21"),
        ("c", "1795230000"),
        ("d", "1795190400000!"),
    )


def test_the_day_is_the_systems_own() -> None:
    late = datetime(2026, 11, 21, 17, 0, tzinfo=UTC).astimezone(BEIJING)
    found = request(asked(at=late), query={"day": "{day_start:%Y-%m-%d}"})
    assert found.query == (("day", "2026-11-22"),)


def test_a_json_body_is_filled_value_by_value() -> None:
    body = {
        "name": "{site.name}",
        "page": {"index": "{page}", "text": "第{page}页"},
        "at": "{at:ms}",
        "cameras": ["{site.cameras}"],
        "joined": "{site.cameras}",
        "kinds": [1, "{check}", True, 0.5],
        "brace": "{{at}}",
    }
    found = request(method="POST", body=body)
    assert found.content_type == "application/json"
    assert json.loads(found.body) == {
        "name": ODD,
        "page": {"index": 3, "text": "第3页"},
        "at": 1795230000000,
        "cameras": ["c,1", "c2"],
        "joined": "c,1,c2",
        "kinds": [1, "helmet", True, 0.5],
        "brace": "{at}",
    }


def test_a_form_and_repeated_names() -> None:
    form = {"name": "{site.name}", "cam": ["{site.cameras}"], "all": True, "n": 5}
    found = request(method="POST", form=form)
    assert found.content_type == "application/x-www-form-urlencoded"
    text = found.body.decode("ascii").replace("+", " ")
    assert [unquote(each) for each in text.split("&")] == [
        f"name={ODD}", "cam=c,1", "cam=c2", "all=true", "n=5",
    ]  # fmt: skip


def test_the_first_page_has_no_cursor() -> None:
    page = PageAsked(number=1, size=50)
    query = {"next": "{cursor}", "size": "{page_size}"}
    assert request(asked(page=page), query=query).query == (("size", "50"),)


def test_one_camera_stands_for_all_when_it_is_the_one_that_is_asked() -> None:
    query = {"one": "{site.camera}", "all": "{site.cameras}"}
    found = request(asked().at_camera("c2"), query=query)
    assert found.query == (("one", "c2"), ("all", "c2"))


@given(st.text(min_size=1))
def test_a_name_stays_inside_its_segment(name: str) -> None:
    site = Site(id="x", name=name, region=name, cameras=(name,))
    about = asked(site=site)
    made = parsed(
        RequestOptions,
        {"path": "/v1/{site.name}/x", "query": {"q": "{site.name}"}},
        system="theirs",
    )
    try:
        found = filled(made, about)
    except BackendRefusedError:
        odd = any(unicodedata.category(each) in ("Cc", "Cs") for each in name)
        assert odd or name in (".", "..")
        return
    assert found.path.isascii()
    first, version, segment, last = found.path.split("/")
    assert (first, version, last) == ("", "v1", "x")
    assert not set(segment) & set("?#\\{}\"' \n;&=")
    assert unquote(segment) == name.encode("utf-8", "replace").decode()
    assert found.query == (("q", name),)


@pytest.mark.parametrize("name", [".", ".."])
def test_a_name_that_is_a_way_up_is_refused(name: str) -> None:
    made = parsed(RequestOptions, {"path": "/v1/{site.name}/x"}, system="theirs")
    with pytest.raises(BackendRefusedError):
        filled_path(made.path, asked(site=Site(id="x", name=name)))


@pytest.mark.parametrize("name", ["a\ud800", "a\nb", "a\x00", "\x9f"])
@pytest.mark.parametrize(
    "given",
    [
        {"query": {"q": "{site.name}"}},
        {"method": "POST", "body": {"q": "{site.name}"}},
        {"method": "POST", "form": {"q": "{site.name}"}},
        {"path": "/{site.name}"},
    ],
)
def test_a_name_that_cannot_be_sent_is_refused(
    name: str, given: dict[str, object]
) -> None:
    with pytest.raises(BackendRefusedError, match="控制字符"):
        request(asked(site=Site(id="x", name=name)), **given)


@pytest.mark.parametrize("variable", ["site.region", "site.camera", "site.cameras"])
@pytest.mark.parametrize("place", ["query", "body", "path"])
def test_what_the_directory_does_not_say_is_not_asked_for(
    variable: str, place: str
) -> None:
    template = f"{{{variable}}}"
    given: dict[str, object] = {
        "query": {"query": {"q": template}},
        "body": {"method": "POST", "body": {"q": [template]}},
        "path": {"path": f"/a/{template}"},
    }[place]
    with pytest.raises(BackendRefusedError, match="没有登记"):
        request(asked(site=Site(id="x", name="x")), **given)


# What is refused when it is read ---------------------------------------------------

REFUSED = {
    "unknown variable": (
        ORDERS.replace("{site.id}", "{site.boss}"),
        "{site.boss}, 可用的有",
    ),
    "open brace": (ORDERS.replace("{site.id}", "{site.id"), "花括号"),
    "a page without paging": (ORDERS.replace("{site.id}", "{page}"), "page"),
    "a check of work orders": (ORDERS.replace("{site.id}", "{check}"), "check"),
    "format of what is no time": (ORDERS.replace("{site.id}", "{site.id:ms}"), "时间"),
    "unknown time format": (ORDERS + 'time_format = "%Q"', "time_format"),
    "a reading without its day": (ORDERS + 'time_format = "%H:%M"', "time_format"),
    "bad JMESPath": (ORDERS.replace('"n"', '"n["'), "expected"),
    "empty JMESPath": (ORDERS.replace('"n"', '""'), "expected"),
    "unknown function": (ORDERS.replace('"n"', '"a.b.count(n)"'), "count"),
    "function with too few": (ORDERS.replace('"n"', '"length()"'), "length"),
    "function with too many": (ORDERS.replace('"n"', '"length(a, b)"'), "length"),
    "a word too many": (ORDERS + 'tikcet = "x"', "tikcet"),
    "missing field": (ORDERS.replace('expected = "n"', ""), "expected"),
    "no path": (ORDERS.replace("/orders", "orders"), "path"),
    "another host": (ORDERS.replace("/orders", "//evil.example/x"), "path"),
    "query in the path": (ORDERS.replace("/orders", "/orders?a=1"), "path"),
    "a way up": (ORDERS.replace("/orders", "/a/../orders"), "path"),
    "body of a GET": (ORDERS.replace("query", "body"), "POST"),
    "two days": (ORDERS.replace("path =", "window_hours = 48, path ="), "window_hours"),
    "no time zone": ('timezone = "Mars/Base"\n' + ORDERS, "timezone"),
    "a way as time zone": ('timezone = "../../etc"\n' + ORDERS, "timezone"),
    "nothing to answer": ('title = "x"\n', "work_orders"),
    "no title": ('title = ""\n' + ORDERS, "title"),
    "a check twice": (SCENE + SCENE, "headcount"),
    "an unknown check": (SCENE + 'checks = ["hats"]', "checks"),
    "several cameras, no merge": (SCENE + 'items = "cams"', "merge"),
    "merge of one": (SCENE + 'merge = "sum"', "merge"),
    "no time": (SCENE.replace('taken_at = "time"', ""), "taken_at"),
    "two times": (SCENE + "live = true", "taken_at"),
    "no camera to ask": (SCENE + 'each_camera = true\nmerge = "sum"', "site.camera"),
    "rows without pages": (SCENE + 'rows = "list"', "paging"),
    "a picture from nowhere": (SCENE + "[[detection.pictures]]", "url"),
    "a site in health": (
        ORDERS + '[health]\nrequest = { path = "/{site.id}" }',
        "site.id",
    ),
    "codes without their place": (
        ORDERS + '[envelope]\nok = "ok"\ncodes = { 1 = "busy" }',
        "codes",
    ),
    "the first camera for all": (
        SCENE.replace("{site.id}", "{site.camera}"),
        "each_camera = true",
    ),
    "orders with holes": (ORDERS.replace('"list"', '"g[].list[]"'), "不能作列表"),
    "cameras with holes": (
        SCENE + 'items = "cams[].zone"\nmerge = "sum"',
        "不能作列表",
    ),
    "rows with holes": (
        SCENE + 'rows = "g[].persons[]"\npaging = { until = "empty" }',
        "不能作列表",
    ),
    "a page that is filtered": (
        ORDERS.replace('"list"', '"list[?ok]"').replace("{site.id}", "{page}")
        + 'paging = { until = "empty" }',
        "分页的列表不能筛选",
    ),
    "a page of people that is filtered": (
        SCENE.replace("{site.id}", "{page}")
        + 'rows = "list[?ok]"\npaging = { until = "empty" }',
        "分页的列表不能筛选",
    ),
    "a short page of unknown length": (
        ORDERS.replace("{site.id}", "{page}") + 'paging = { until = "short" }',
        "{page_size}",
    ),
    "an unknown meaning": (
        ORDERS + '[envelope]\nok = "ok"\ncode = "c"\ncodes = { 1 = "zero" }',
        "codes",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_wrong_settings_are_refused_by_name(why: str) -> None:
    text, named = REFUSED[why]
    with pytest.raises(SettingsError) as error:
        options(text + CONNECTION)
    assert named in error.value.message
    assert "theirs" in error.value.message


def test_the_settings_of_these_tests_are_sound() -> None:
    assert options(ORDERS + SCENE + CONNECTION).services


PAGED = (
    ORDERS.replace("{site.id}", "{site.id}-{page}-{page_size}")
    + "[work_orders.paging]\n"
)


@pytest.mark.parametrize(
    "paging",
    [
        "",
        'until = "short"\ntotal = "total"',
        'until = "never"',
        'until = "short"\npage_size = 101',
        'until = "short"\npage_size = 0',
        'until = "short"\nfirst = 2',
        'until = "short"\nmost_pages = 1000',
        'style = "cursor"',
        'until = "short"\nstyle = "offset"',
        'cursor = "next"\nuntil = "short"',
    ],
)
def test_pages_that_could_not_end_are_refused(paging: str) -> None:
    options(PAGED + 'until = "short"' + CONNECTION)
    with pytest.raises(SettingsError, match="work_orders"):
        options(PAGED + paging + CONNECTION)
