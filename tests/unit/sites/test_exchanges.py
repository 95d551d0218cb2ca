"""The record keeps every question that was put to a site system, answered or not."""

import asyncio
from datetime import timedelta
from typing import cast

import pytest

from app.core.cancel import CancelToken
from app.core.errors import (
    BackendBusyError,
    BackendRefusedError,
    BackendUnreachableError,
    Cancelled,
)
from app.core.model import Call, Check, Site
from app.core.observation import Exchange, MissingReason, Observation, Service
from app.core.ports import Backend
from app.sites.breaker import BreakerPolicy
from app.sites.dispatcher import ConcurrentDispatcher
from app.sites.exchanges import host_of
from tests.fakes import HeldClock
from tests.unit.sites.test_sites_dispatching import (
    NOW,
    SITES,
    Scripted,
    always,
    collect,
    dispatcher,
    failing,
    forever,
    one,
)

ORDERS, CAMERAS = Service.WORK_ORDERS, Service.DETECTION


class Remote(Scripted):
    """A system that says where it is asked."""

    host = "10.1.2.3:8443"


def by_service(seen: Observation) -> dict[Service, Exchange]:
    found = {each.service: each for each in seen.exchanges}
    assert len(found) == len(seen.exchanges)
    return found


async def test_both_questions_of_a_call_are_kept_with_system_host_and_tries() -> None:
    seen = await one(Remote(scene=failing(BackendUnreachableError("断网"), then=None)))
    found = by_service(seen)
    assert set(found) == {ORDERS, CAMERAS}
    for each in found.values():
        assert (each.system, each.host) == ("scripted", "10.1.2.3:8443")
    assert (found[ORDERS].status, found[ORDERS].attempts) == ("ok", 1)
    assert found[CAMERAS].attempts == 2
    assert found[CAMERAS].latency_ms > found[ORDERS].latency_ms >= 0


@pytest.mark.parametrize(
    ("error", "status", "attempts"),
    [
        (BackendRefusedError("无权"), "refused", 1),
        (BackendUnreachableError("断网"), "unreachable", 2),
        (BackendBusyError("太忙"), "busy", 2),
        (ZeroDivisionError("bug"), "internal", 1),
    ],
)
async def test_a_failed_question_is_kept_with_its_reason(
    error: Exception, status: str, attempts: int, caplog: pytest.LogCaptureFixture
) -> None:
    found = by_service(await one(Remote(scene=always(error))))
    caplog.clear()
    assert (found[CAMERAS].status, found[CAMERAS].attempts) == (status, attempts)
    assert found[ORDERS].status == "ok"


async def test_a_question_that_timed_out_is_kept() -> None:
    found = by_service(await one(Remote(scene=forever), timeout_s=0.05))
    assert (found[CAMERAS].status, found[CAMERAS].attempts) == ("timeout", 1)
    assert found[CAMERAS].latency_ms >= 50


async def test_a_ticket_that_nobody_waited_for_was_asked_all_the_same() -> None:
    seen = await one(Remote(order=forever), Check.HELMET, timeout_s=30)
    assert seen.missing is None
    found = by_service(seen)
    assert (found[ORDERS].status, found[ORDERS].attempts) == ("cancelled", 1)
    assert found[ORDERS].latency_ms > 0


async def test_a_question_that_the_breaker_held_back_is_kept_as_never_tried() -> None:
    backend = Remote(scene=always(BackendUnreachableError("断网")))
    using = dispatcher(
        backend,
        clock=HeldClock(),
        breaker=BreakerPolicy(failures=1, places=1),
    )
    call = Call(SITES[0], Check.HELMET)
    await collect(using, [call])
    tries = backend.scenes
    [(_, seen)] = await collect(using, [Call(SITES[1], Check.HELMET)])
    assert backend.scenes == tries
    found = by_service(seen)
    assert (found[CAMERAS].status, found[CAMERAS].attempts) == ("unreachable", 0)


async def test_a_system_that_does_not_answer_this_question_is_named() -> None:
    found = by_service(await one(Remote(services=frozenset({ORDERS}))))
    assert (found[CAMERAS].status, found[CAMERAS].attempts) == ("refused", 0)


async def test_of_a_stopped_sweep_the_record_names_who_had_been_asked() -> None:
    quick, slow = Remote(), Scripted(forever, forever)
    using = ConcurrentDispatcher(
        lambda site, service: quick if site is SITES[0] else slow,
        clock=HeldClock(),
        timeout_s=30,
        max_concurrent=1,
    )
    calls = [Call(site, Check.HEADCOUNT) for site in SITES[:3]]
    cancel = CancelToken()
    got: dict[int, Observation] = {}

    async def until_stopped() -> None:
        async for index, seen in using.dispatch(calls, at=NOW, cancel=cancel):
            got[index] = seen
            cancel.cancel()

    with pytest.raises(Cancelled):
        await until_stopped()
    assert got[0].missing is None
    # One place at the slow system: the third call had not had its turn.
    assert set(got) == {0, 1}
    assert got[1].missing is not None
    assert got[1].missing.reason is MissingReason.CANCELLED
    found = by_service(got[1])
    assert {each.status for each in found.values()} == {"cancelled"}
    assert {each.system for each in found.values()} == {"scripted"}


async def test_a_site_that_is_not_worked_at_is_asked_of_nobody() -> None:
    over = Site(id="x", name="x", valid_until=NOW.date() - timedelta(days=2))
    [(_, seen)] = await collect(dispatcher(Remote()), [Call(over, Check.HEADCOUNT)])
    assert seen.exchanges == ()


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("cameras.example:8443", "cameras.example:8443"),
        ("10.1.2.3", "10.1.2.3"),
        ("[fe80::1]:443", "[fe80::1]:443"),
        ("", ""),
        (None, ""),
        (17, ""),
        ("https://cameras.example", ""),
        ("cameras.example/api?token=hunter2", ""),
        ("admin:hunter2@cameras.example", ""),
        ("a b", ""),
        ("x" * 300, ""),
    ],
)
def test_a_host_is_kept_only_where_it_is_nothing_but_a_host(
    said: object, kept: str
) -> None:
    class Said:
        host = said

    assert host_of(cast("Backend", Said())) == kept


def test_a_plug_in_whose_host_fails_is_asked_all_the_same() -> None:
    class Broken:
        @property
        def host(self) -> str:
            raise ZeroDivisionError

    assert host_of(cast("Backend", Broken())) == ""
    assert host_of(cast("Backend", Scripted())) == ""
    assert asyncio.run(one(cast("Scripted", _Failing()))).missing is None


class _Failing(Scripted):
    @property
    def host(self) -> str:
        raise ZeroDivisionError
