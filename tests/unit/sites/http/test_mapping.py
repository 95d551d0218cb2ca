"""What the settings of a JSON system make of its answers."""

import asyncio
import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.core.model import Check
from app.core.observation import MissingReason, Service
from app.sites.answers import order_problem
from app.sites.backends.http.messages import HttpReply, HttpRequest
from tests.unit.sites.http.scripted import (
    AT,
    ORDERS,
    SCENE,
    SITE,
    Scripted,
    backend,
    saying,
)
from tests.unit.sites.http.worked_servers import picture

NOW = "2026-11-21T10:59:50"


def order(**more: object) -> dict[str, object]:
    return {"n": 5, "no": "A", "boss": "王", **more}


async def expected(document: object, text: str = ORDERS) -> Any:
    return await backend(text, saying(document)).expected(SITE, AT)


def scene_of(**more: object) -> dict[str, object]:
    return {"people": 3, "persons": [{"hat": True}, {}], "time": NOW, **more}


async def observed(document: object, text: str = SCENE, **more: object) -> Any:
    asked = backend(text, saying(document, **more))
    return await asked.observe(SITE, Check.HELMET, AT)


# Work orders -----------------------------------------------------------------------


async def test_valid_orders_are_added_up_and_named() -> None:
    found = await expected(
        {
            "list": [
                order(since="2026-11-21T08:00:00", until="2026-11-21T18:00:00"),
                order(n=7, no="B", until="2026-11-21"),
                order(n=100, no="old", until="2026-11-20"),
            ]
        }
    )
    assert (found.expected, found.ticket, found.leader) == (12, "A、B", "王")
    assert found.valid_from == datetime(2026, 11, 21, 0, 0, tzinfo=UTC)
    assert found.valid_until == datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
    assert found.source == "theirs"


async def test_a_last_day_counts_to_its_end() -> None:
    found = await expected({"list": [order(until="2026-11-21")]})
    assert found.valid_until == datetime(2026, 11, 21, 15, 59, 59, 999999, tzinfo=UTC)


async def test_an_order_without_a_number_makes_the_sum_unknown() -> None:
    found = await expected({"list": [order(), {"no": "B"}]})
    assert found.expected is None
    assert found.ticket == "A、B"


async def test_where_no_order_is_valid_the_nearest_says_why() -> None:
    found = await expected(
        {
            "list": [
                order(no="long ago", until="2026-11-01"),
                order(no="next", since="2026-11-21T13:00:00"),
            ]
        }
    )
    problem = order_problem(found, AT)
    assert problem is not None
    assert problem.reason is MissingReason.STALE
    assert "next" in problem.detail


NONE = 'empty = "none"\n'


async def test_an_empty_list_is_no_order_only_where_the_settings_say_so() -> None:
    assert (await expected({"list": []})).expected is None
    assert (await expected({"list": []}, ORDERS + 'empty = "unknown"')).expected is None
    assert (await expected({"list": []}, ORDERS + NONE)).expected == 0


@pytest.mark.parametrize("document", [{}, {"list": None}, {"list": {}}, [], 3, None])
async def test_a_list_that_is_not_there_is_not_an_empty_list(document: object) -> None:
    with pytest.raises(BackendDataError, match=r"work_orders\.items \(list\)"):
        await expected(document)


async def test_orders_that_are_not_active_do_not_count() -> None:
    text = ORDERS + "active = \"state == 'ok'\""
    rows = [order(state="ok"), order(n=50, no="B", state="void")]
    assert (await expected({"list": rows}, text)).expected == 5
    rows = [order(state="void")]
    assert (await expected({"list": rows}, text)).expected is None
    assert (await expected({"list": rows}, f"{text}\n{NONE}")).expected == 0
    with pytest.raises(BackendDataError, match="active"):
        await expected({"list": rows}, ORDERS + 'active = "state"')


async def test_another_sites_order_is_refused() -> None:
    text = ORDERS + 'site = "at"'
    assert (await expected({"list": [order(at="S1")]}, text)).expected == 5
    for other in ("S2", None, True, "", [], 1):
        with pytest.raises(BackendDataError, match=r"work_orders\.site"):
            await expected({"list": [order(at="S1"), order(no="B", at=other)]}, text)


async def test_the_same_order_twice_is_refused() -> None:
    with pytest.raises(BackendDataError, match="两次"):
        await expected({"list": [order(), order()]})
    # Two crews of one ticket.
    assert (await expected({"list": [order(), order(n=6)]})).expected == 11


@pytest.mark.parametrize(
    "wrong", [-1, True, 3.0, "5", [], {}, 10**6, 10**18, "x" * 400]
)
async def test_what_is_no_number_of_people_is_refused(wrong: object) -> None:
    for found in ({"list": [order(n=wrong)]}, {"list": [order(), order(n=wrong)]}):
        with pytest.raises(BackendDataError, match=r"work_orders\.expected") as error:
            await expected(found)
        assert "x" * 21 not in error.value.message


async def test_numbers_as_text_are_read_where_the_settings_say_so() -> None:
    text = ORDERS + 'numbers = "text"'
    assert (await expected({"list": [order(n="47")]}, text)).expected == 47
    for wrong in ("-1", "4.0", " 4", "４", "", "1_0"):
        with pytest.raises(BackendDataError):
            await expected({"list": [order(n=wrong)]}, text)


@pytest.mark.parametrize(
    "wrong", ["yesterday", 5, "2026-13-01", True, [], "0001-01-01", "2026-W47"]
)
async def test_a_date_that_is_none_is_refused(wrong: object) -> None:
    with pytest.raises(BackendDataError, match="valid_until"):
        await expected({"list": [order(until=wrong)]})


@pytest.mark.parametrize(
    "end", ["9999-12-31", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-11:00"]
)
async def test_the_usual_end_without_end_is_one(end: str) -> None:
    found = await expected({"list": [order(until=end)]})
    assert (found.expected, found.valid_until.year) == (5, 9999)
    assert order_problem(found, AT) is None
    with pytest.raises(BackendDataError, match="valid_from"):
        await expected({"list": [order(since=end)]})
    assert found.valid_until.astimezone(ZoneInfo("Pacific/Kiritimati"))


async def test_a_day_of_a_week_counts_to_its_end() -> None:
    found = await expected({"list": [order(until="2026-W47-6")]})
    assert found.valid_until == datetime(2026, 11, 21, 15, 59, 59, 999999, tzinfo=UTC)


async def test_a_long_number_is_a_ticket_in_full() -> None:
    found = await expected({"list": [order(no=12345678901234567890)]})
    assert found.ticket == "12345678901234567890"


async def test_a_value_in_a_message_is_no_token() -> None:
    with pytest.raises(BackendDataError) as error:
        await expected({"list": [order(n="a!b@c#d$e%f ok")]})
    assert "a!b@" not in error.value.message
    assert "… ok" in error.value.message


async def test_frames_that_nobody_states_are_not_stated() -> None:
    assert (await observed(scene_of(frames=None))).frames == 0
    answer = cams({"frames": None}, {"frames": 7})
    assert (await observed(answer, SEVERAL)).frames == 7


async def test_an_order_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BackendDataError):
        await expected({"list": [order(since="2026-11-22", until="2026-11-20")]})


async def test_a_ticket_may_be_a_number_and_loses_what_cannot_be_printed() -> None:
    found = await expected({"list": [order(no=20260001, boss="王\x1b[31m\n 建国")]})
    assert (found.ticket, found.leader) == ("20260001", "王[31m 建国")
    for wrong in ([], {}, True, 1.5, "x" * 501):
        with pytest.raises(BackendDataError, match="ticket"):
            await expected({"list": [order(no=wrong)]})


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("ms", 1795230000000),
        ("s", 1795230000.5),
        ("%Y-%m-%d %H:%M:%S", "2026-11-21 11:00:00"),
        ("%d.%m.%Y %H:%M%z", "21.11.2026 03:00+0000"),
    ],
)
async def test_times_are_read_as_the_settings_say(
    pattern: str, written: object
) -> None:
    text = ORDERS + f'time_format = "{pattern}"'
    found = await expected({"list": [order(since=written)]}, text)
    assert abs(found.valid_from - AT) < timedelta(seconds=1)


async def test_seconds_where_milliseconds_were_stated_are_refused() -> None:
    text = ORDERS + 'time_format = "ms"'
    with pytest.raises(BackendDataError, match="valid_from"):
        await expected({"list": [order(since=1795230000)]}, text)


# Detection -------------------------------------------------------------------------


async def test_counts_are_given_or_counted() -> None:
    found = await observed(scene_of(frames=4, model="m 1", sure=0.5))
    assert (found.people, found.wearing, found.carrying) == (3, 1, None)
    assert found.taken_at == datetime(2026, 11, 21, 2, 59, 50, tzinfo=UTC)
    assert (found.frames, found.detector, found.confidence) == (4, "m 1", 0.5)
    assert found.source == "theirs"
    assert found.evidence == ()


async def test_only_a_list_can_be_counted() -> None:
    text = SCENE.replace('"people"', '"length(persons)"')
    assert (await observed(scene_of(), text)).people == 2
    assert (await observed({"time": NOW}, text)).people is None
    for wrong in ("nobody", {"code": 1, "message": "x"}, 5, True):
        with pytest.raises(BackendDataError, match=r"detection\.people"):
            await observed(scene_of(persons=wrong), text)


async def test_more_hats_than_people_are_passed_on_as_they_are() -> None:
    text = SCENE.replace('"length(persons[?hat])"', '"hats"')
    found = await observed(scene_of(people=1, hats=9), text)
    assert (found.people, found.wearing) == (1, 9)


@pytest.mark.parametrize("field", ["people", "carrying", "frames"])
@pytest.mark.parametrize("wrong", [-1, True, 2.0, "2", [1], {"n": 1}])
async def test_a_wrong_count_is_refused_by_name(field: str, wrong: object) -> None:
    with pytest.raises(BackendDataError, match=rf"detection\.{field} \({field}\)"):
        await observed(scene_of(**{field: wrong}))


@pytest.mark.parametrize("wrong", [None, "", "2026-11-21", "noon", 7, []])
async def test_a_scene_without_a_time_is_refused(wrong: object) -> None:
    with pytest.raises(BackendDataError):
        await observed(scene_of(time=wrong))


@pytest.mark.parametrize("wrong", [1.1, -0.1, True, "0.9", []])
async def test_a_confidence_is_a_share(wrong: object) -> None:
    with pytest.raises(BackendDataError, match="confidence"):
        await observed(scene_of(sure=wrong))


SEVERAL = SCENE + 'items = "cams"\nmerge = "sum"\n'


def cams(*several: dict[str, object]) -> dict[str, object]:
    return {"cams": [scene_of(**each) for each in several]}


async def test_several_cameras_are_put_together_as_the_settings_say() -> None:
    answer = cams(
        {"carrying": 2, "sure": 0.9, "model": "a"},
        {"people": 5, "carrying": 1, "sure": 0.6, "model": "b", "time": AT.isoformat()},
    )
    found = await observed(answer, SEVERAL)
    assert (found.people, found.wearing, found.carrying) == (8, 2, 3)
    assert found.confidence == 0.6
    assert found.detector == "a、b"
    assert found.taken_at == datetime(2026, 11, 21, 2, 59, 50, tzinfo=UTC)
    found = await observed(answer, SEVERAL.replace("sum", "max"))
    assert (found.people, found.wearing, found.carrying) == (5, 1, 2)
    found = await observed(answer, SEVERAL.replace("sum", "first"))
    assert (found.people, found.confidence) == (3, 0.9)


@pytest.mark.parametrize("merge", ["sum", "max"])
async def test_a_camera_that_does_not_count_makes_the_sum_unknown(merge: str) -> None:
    answer = cams({"carrying": 2, "sure": 0.9}, {"people": None})
    found = await observed(answer, SEVERAL.replace("sum", merge))
    assert (found.people, found.wearing, found.carrying) == (None, found.wearing, None)
    assert found.confidence is None


@pytest.mark.parametrize("wrong", [[], None, {}, [1], [[]], "c"])
async def test_cameras_are_a_list_of_objects(wrong: object) -> None:
    with pytest.raises(BackendDataError):
        await observed({"cams": wrong}, SEVERAL)


async def test_a_live_answer_is_as_old_as_it_says() -> None:
    text = SCENE.replace('taken_at = "time"', "live = true")
    said = AT - timedelta(minutes=10)
    assert (await observed(scene_of(), text, date=said)).taken_at == said
    with pytest.raises(BackendDataError):
        await observed(scene_of(), text, date=None)


EACH = SCENE.replace("{site.id}", "{site.camera}") + (
    'each_camera = true\nmerge = "sum"\n'
)


async def test_each_camera_is_asked_for_itself() -> None:
    def answer(request: Any) -> object:
        return scene_of(people=10 if dict(request.query)["site"] == "c1" else 1)

    found = await backend(EACH, Scripted(answer)).observe(SITE, Check.HELMET, AT)
    assert found.people == 11


async def test_a_camera_that_is_listed_twice_counts_once() -> None:
    twice = replace(SITE, cameras=("c1", "c2", "c1"))
    carrier = saying(scene_of(people=4))
    found = await backend(EACH, carrier).observe(twice, Check.HELMET, AT)
    assert (found.people, len(carrier.asked)) == (8, 2)


async def test_a_camera_that_fails_is_not_left_out() -> None:
    def answer(request: Any) -> object:
        if dict(request.query)["site"] == "c2":
            return BackendTimeoutError("c2")
        return scene_of()

    with pytest.raises(BackendTimeoutError):
        await backend(EACH, Scripted(answer)).observe(SITE, Check.HELMET, AT)


# Pictures --------------------------------------------------------------------------

PICTURES = (
    SCENE
    + """
pictures_within_s = 0.1
most_pictures = 3
[[detection.pictures]]
url = "raw"
camera = "cam"
taken_at = "time"
[[detection.pictures]]
data = "marked"
annotated = true
"""
)


async def shown_by(tmp_path: Path, carrier: Scripted) -> Any:
    asked = backend(PICTURES, carrier, tmp_path)
    return await asked.observe(SITE, Check.HELMET, AT)


async def test_pictures_are_kept_with_what_is_known_of_them(tmp_path: Path) -> None:
    inline = "data:image/png;base64," + base64.b64encode(picture(200)).decode()
    carrier = saying(
        scene_of(raw="/a.png", marked=inline, cam="东门"),
        pictures={"/a.png": picture()},
    )
    found = await shown_by(tmp_path, carrier)
    raw, marked = found.evidence
    assert (raw.camera, raw.annotated, raw.taken_at) == ("东门", False, found.taken_at)
    assert (marked.camera, marked.annotated, marked.taken_at) == ("", True, None)
    assert (tmp_path / raw.path).read_bytes() == picture()
    assert (tmp_path / marked.path).read_bytes() == picture(200)


@pytest.mark.parametrize("raw", ["/gone.png", "/slow.png", "/text.png", 5, None, {}])
async def test_a_picture_that_cannot_be_had_leaves_the_counts(
    raw: object, tmp_path: Path
) -> None:
    carrier = saying(
        scene_of(raw=raw, marked="=no base64="),
        pictures={"/text.png": b"<html>"},
        slow=frozenset({"/slow.png"}),
    )
    found = await shown_by(tmp_path, carrier)
    assert found.people == 3
    assert found.evidence == ()


async def test_a_slow_picture_does_not_keep_the_others(tmp_path: Path) -> None:
    urls = ["/slow.png", "/a.png", "/b.png", "/one too many.png"]
    carrier = saying(
        scene_of(raw=urls),
        pictures={"/a.png": picture(), "/b.png": picture(200)},
        slow=frozenset({"/slow.png"}),
    )
    found = await shown_by(tmp_path, carrier)
    assert len(found.evidence) == 2
    assert sorted(carrier.looked_at) == ["/a.png", "/b.png", "/slow.png"]


async def test_wrong_numbers_are_not_looked_at(tmp_path: Path) -> None:
    carrier = saying(scene_of(people=-1, raw="/a.png"))
    with pytest.raises(BackendDataError):
        await shown_by(tmp_path, carrier)
    assert carrier.looked_at == []


async def test_a_question_that_is_given_up_leaves_no_picture_behind(
    tmp_path: Path,
) -> None:
    carrier = saying(scene_of(raw="/slow.png"), slow=frozenset({"/slow.png"}))
    text = PICTURES.replace("within_s = 0.1", "within_s = 10")
    asked = backend(text, carrier, tmp_path)
    task = asyncio.ensure_future(asked.observe(SITE, Check.HELMET, AT))
    await carrier.looking.wait()
    task.cancel()
    await asyncio.wait({task}, timeout=5)
    assert task.cancelled()
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_cameras_do_not_wait_for_one_another() -> None:
    together = asyncio.Barrier(2)

    class Meeting(Scripted):
        async def fetch(self, request: HttpRequest) -> HttpReply:
            await asyncio.wait_for(together.wait(), 5)
            return await super().fetch(request)

    asked = backend(EACH, Meeting(lambda request: scene_of()))
    assert (await asked.observe(SITE, Check.HELMET, AT)).people == 6


# Envelopes -------------------------------------------------------------------------

ENVELOPE = (
    ORDERS
    + """
[envelope]
ok = "code == `0`"
code = "code"
message = "msg"
[envelope.codes]
1 = "refused"
2 = "timeout"
3 = "busy"
4 = "unreachable"
5 = "bad_data"
6 = "nothing"
"""
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1, BackendRefusedError),
        ("2", BackendTimeoutError),
        (3, BackendBusyError),
        (4, BackendUnreachableError),
        (5, BackendDataError),
        (99, BackendRefusedError),
    ],
)
async def test_a_vendors_code_becomes_our_reason(
    code: object, kind: type[BackendError]
) -> None:
    token = "tok-0123456789abcdef"
    message = f"失败 {token} " + "很长" * 30
    with pytest.raises(BackendError) as error:
        await expected({"code": code, "msg": message, "list": [order()]}, ENVELOPE)
    assert isinstance(error.value, kind)
    assert f"代码 {code}" in error.value.message
    assert "失败" in error.value.message
    assert token[:10] not in error.value.message
    assert len(error.value.message) < 60


@pytest.mark.parametrize("said", [1, "true", [1], {"a": 1}])
async def test_only_true_is_true(said: object) -> None:
    text = ORDERS + '[envelope]\nok = "fine"\ncode = "code"\n'
    answer = {"fine": said, "code": 7, "list": [order()]}
    assert (await expected({**answer, "fine": True}, text)).expected == 5
    with pytest.raises(BackendRefusedError):
        await expected(answer, text)


async def test_the_code_for_nothing_is_an_empty_list() -> None:
    assert (await expected({"code": 6}, ENVELOPE)).expected is None
    text = ENVELOPE.replace("[envelope]", f"{NONE}[envelope]")
    assert (await expected({"code": 6}, text)).expected == 0


async def test_nothing_detected_is_not_nobody() -> None:
    text = SCENE + ENVELOPE.partition("}\n")[2]
    with pytest.raises(BackendRefusedError):
        await observed({"code": 6}, text)


@pytest.mark.parametrize("document", [[], 0, None, "ok", {"list": []}, {"code": True}])
async def test_an_answer_without_its_envelope_makes_no_sense(document: object) -> None:
    with pytest.raises(BackendDataError):
        await expected(document, ENVELOPE)


# The backend -----------------------------------------------------------------------


async def test_a_question_that_is_not_described_is_refused() -> None:
    orders = backend(ORDERS, saying({}))
    scenes = backend(SCENE + 'checks = ["helmet"]', saying({}))
    assert orders.services == {Service.WORK_ORDERS}
    assert scenes.services == {Service.DETECTION}
    with pytest.raises(BackendRefusedError):
        await orders.observe(SITE, Check.HELMET, AT)
    with pytest.raises(BackendRefusedError):
        await scenes.expected(SITE, AT)
    with pytest.raises(BackendRefusedError):
        await scenes.observe(SITE, Check.HEADCOUNT, AT)


async def test_health_asks_about_no_site_and_tells_of_clocks_that_differ() -> None:
    text = (
        'title = "工单平台"\n'
        + ORDERS
        + "[health]\nok = \"state == 'up'\"\nrequest = { path = '/ping' }\n"
    )
    carrier = saying({"state": "up"}, date=AT + timedelta(minutes=10))
    health = await backend(text, carrier).health()
    assert health.ok
    assert health.name == "工单平台"
    assert health.key == "theirs"
    assert "127.0.0.1:9" in health.detail
    assert "快10分钟" in health.detail
    assert [(each.path, each.query) for each in carrier.asked] == [("/ping", ())]
    health = await backend(text, saying({"state": "up"})).health()
    assert "时钟" not in health.detail
    health = await backend(text, saying({"state": "down"})).health()
    assert not health.ok
    assert health.remedy


async def test_without_a_health_question_the_connection_is_tried() -> None:
    page = Scripted(lambda request: BackendDataError("网页"))
    assert (await backend(ORDERS, page).health()).ok
    down = Scripted(lambda request: BackendUnreachableError("拒绝连接"))
    health = await backend(ORDERS, down).health()
    assert not health.ok
    assert "拒绝连接" in health.detail
    assert health.remedy


async def test_closing_gives_the_connections_back() -> None:
    carrier = saying({})
    await backend(ORDERS, carrier).close()
    assert carrier.closed
