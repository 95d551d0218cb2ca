"""Calls to observations, whatever the backends do."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest

from app.core.cancel import CancelToken
from app.core.checks import judge
from app.core.clock import SystemClock
from app.core.errors import (
    BackendBusyError,
    BackendDataError,
    BackendRefusedError,
    BackendTimeoutError,
    BackendUnreachableError,
    Cancelled,
)
from app.core.model import Call, Check, Site, Verdict
from app.core.observation import (
    Evidence,
    MissingReason,
    Observation,
    Scene,
    Service,
    WorkOrder,
)
from app.core.ports import BACKEND_CONTRACT, Health
from app.sites.answers import LONGEST_TEXT
from app.sites.asking import Asking, ask
from app.sites.breaker import Breaker, BreakerPolicy, BreakerState
from app.sites.dispatcher import ConcurrentDispatcher
from app.sites.slots import Slots
from app.system.redaction import HIDDEN, hide
from tests.fakes import HeldClock

CLOCK = HeldClock()
NOW = CLOCK.now()
ORDER = WorkOrder(expected=47, ticket="T-1", leader="王工", source="orders")
SCENE = Scene(people=34, wearing=30, carrying=34, taken_at=NOW, source="cameras")
PICTURE = Evidence(path="a.png", sha256="0" * 64)
NAIVE = NOW.replace(tzinfo=None)
SITES = [Site(id=f"S{i}", name=f"站{i}") for i in range(60)]

Asked = Callable[[Site], Awaitable[Any]]


class Scripted:
    """A backend that does what the test says, and counts."""

    def __init__(
        self,
        order: Asked | object = ORDER,
        scene: Asked | object = SCENE,
        services: frozenset[Service] = frozenset(Service),
    ):
        self._order, self._scene = order, scene
        self.services = services
        self.orders = self.scenes = self.busy = self.busiest = self.left = 0

    name = "scripted"
    contract = BACKEND_CONTRACT

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        self.orders += 1
        return await self._give(self._order, site)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        self.scenes += 1
        self.busy += 1
        self.busiest = max(self.busy, self.busiest)
        try:
            return await self._give(self._scene, site)
        finally:
            self.busy -= 1

    async def _give(self, what: Any, site: Site) -> Any:
        try:
            return await what(site) if callable(what) else what
        except asyncio.CancelledError:
            self.left += 1
            raise

    async def health(self) -> Health:
        return Health(name=self.name, ok=True, detail="ok")

    async def close(self) -> None: ...


def failing(*errors: BaseException, then: object = None) -> Asked:
    rest = list(errors)

    async def give(site: Site) -> object:
        if rest:
            raise rest.pop(0)
        return then

    return give


async def forever(site: Site) -> object:
    await asyncio.Event().wait()
    raise AssertionError


def always(error: BaseException) -> Asked:
    async def give(site: Site) -> object:
        raise error

    return give


def dispatcher(backend: Scripted, **kwargs: Any) -> ConcurrentDispatcher:
    kwargs.setdefault("clock", CLOCK)
    kwargs.setdefault("timeout_s", 1.0)
    return ConcurrentDispatcher(lambda site, service: backend, **kwargs)


async def collect(
    using: ConcurrentDispatcher, calls: list[Call], cancel: CancelToken | None = None
) -> list[tuple[int, Observation]]:
    token = cancel or CancelToken()
    return [got async for got in using.dispatch(calls, at=NOW, cancel=token)]


async def one(
    backend: Scripted, check: Check = Check.HEADCOUNT, **kwargs: Any
) -> Observation:
    using = dispatcher(backend, **kwargs)
    [(index, seen)] = await collect(using, [Call(SITES[0], check)])
    assert index == 0
    return seen


def reason(seen: Observation) -> MissingReason | None:
    return seen.missing.reason if seen.missing else None


async def test_both_answers_become_one_observation() -> None:
    seen = await one(Scripted())
    assert (seen.expected, seen.actual, seen.wearing, seen.carrying) == (47, 34, 30, 34)
    assert (seen.ticket, seen.leader) == ("T-1", "王工")
    assert seen.sources == ("orders", "cameras")
    assert seen.attempts == 1
    assert seen.missing is None


async def test_work_order_and_camera_are_asked_at_the_same_time() -> None:
    order_asked, camera_asked = asyncio.Event(), asyncio.Event()

    async def order(site: Site) -> WorkOrder:
        order_asked.set()
        await camera_asked.wait()
        return ORDER

    async def scene(site: Site) -> Scene:
        camera_asked.set()
        await order_asked.wait()
        return SCENE

    assert (await one(Scripted(order, scene))).missing is None


async def test_every_call_is_answered_once_and_as_it_comes() -> None:
    gate = asyncio.Event()

    async def scene(site: Site) -> Scene:
        if site is SITES[0]:
            await gate.wait()
        return SCENE

    calls = [Call(site, Check.HELMET) for site in SITES[:9]]
    order = []
    async for index, seen in dispatcher(Scripted(scene=scene)).dispatch(
        calls, at=NOW, cancel=CancelToken()
    ):
        assert seen.missing is None
        order.append(index)
        if len(order) == 8:
            gate.set()
    assert sorted(order) == list(range(9))
    assert order[-1] == 0


async def test_no_more_calls_are_under_way_than_allowed() -> None:
    async def scene(site: Site) -> Scene:
        await asyncio.sleep(0)
        return SCENE

    backend = Scripted(scene=scene)
    calls = [Call(site, Check.HELMET) for site in SITES]
    got = await collect(dispatcher(backend, max_concurrent=4), calls)
    assert len(got) == 60
    assert backend.busiest == 4


async def test_a_slow_backend_does_not_delay_another() -> None:
    slow, quick = Scripted(forever, forever), Scripted()
    using = ConcurrentDispatcher(
        lambda site, service: slow if site.id < "S3" else quick,
        clock=CLOCK,
        timeout_s=30,
        max_concurrent=1,
    )
    calls = [Call(s, Check.HEADCOUNT) for s in sorted(SITES, key=lambda s: s.id)]
    answers = using.dispatch(calls, at=NOW, cancel=CancelToken())
    quick_calls = sum(s.id >= "S3" for s in SITES)
    async with asyncio.timeout(10):
        for _ in range(quick_calls):
            assert (await anext(answers))[1].missing is None
    await answers.aclose()
    assert slow.busy == 0


@pytest.mark.parametrize(
    ("error", "why", "attempts"),
    [
        (BackendRefusedError("无权"), MissingReason.REFUSED, 1),
        (BackendDataError("乱码"), MissingReason.BAD_DATA, 1),
        (BackendUnreachableError("断网"), MissingReason.UNREACHABLE, 2),
        (BackendBusyError("太忙"), MissingReason.BUSY, 2),
        (BackendTimeoutError("太慢"), MissingReason.TIMEOUT, 2),
    ],
)
async def test_a_failed_camera_is_a_missing_number_with_its_reason(
    error: Exception, why: MissingReason, attempts: int
) -> None:
    backend = Scripted(scene=always(error))
    seen = await one(backend)
    assert reason(seen) is why
    assert seen.actual is None
    assert backend.scenes == attempts
    judged = judge(Call(SITES[0], Check.HEADCOUNT), seen)
    assert judged.verdict is Verdict.DATA_MISSING


async def test_what_a_plug_in_says_holds_no_secret_and_no_whole_page() -> None:
    hide("hunter2-token")
    page = f"拒绝 token=hunter2-token {'<p>' * 5000}。"
    seen = await one(Scripted(scene=always(BackendRefusedError(page))))
    assert seen.missing is not None
    assert seen.missing.detail.startswith(f"拒绝 token={HIDDEN} <p>")
    assert len(seen.missing.detail) == LONGEST_TEXT


async def test_a_lost_connection_is_tried_once_more() -> None:
    scene = failing(BackendUnreachableError("断网"), then=SCENE)
    seen = await one(Scripted(scene=scene))
    assert seen.missing is None
    assert seen.attempts == 2


async def test_silence_ends_at_the_deadline() -> None:
    backend = Scripted(scene=forever)
    seen = await one(backend, timeout_s=0.02)
    assert reason(seen) is MissingReason.TIMEOUT
    assert "0.02秒" in seen.missing.detail  # type: ignore[union-attr]
    assert backend.busy == 0


@pytest.mark.parametrize(
    "error",
    [
        ValueError("x"),
        Cancelled(),
        asyncio.CancelledError(),
        ExceptionGroup("g", [OSError()]),
    ],
)
async def test_a_bug_in_a_backend_is_logged_and_spoils_only_its_call(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene(site: Site) -> Scene:
        if site is SITES[0]:
            raise error
        return SCENE

    calls = [Call(site, Check.HELMET) for site in SITES[:3]]
    got = dict(await collect(dispatcher(Scripted(scene=scene)), calls))
    assert reason(got[0]) is MissingReason.INTERNAL
    assert got[1].missing is got[2].missing is None
    assert [r.levelno for r in caplog.records] == [logging.ERROR]
    caplog.clear()


async def test_a_site_without_a_backend_is_a_missing_number(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def nobody(site: Site, service: Service) -> Scripted:
        raise KeyError(site.id)

    using = ConcurrentDispatcher(nobody, clock=CLOCK)
    [(_, seen)] = await collect(using, [Call(SITES[0], Check.HELMET)])
    assert reason(seen) is MissingReason.INTERNAL
    caplog.clear()


@pytest.mark.parametrize("check", [Check.HELMET, Check.EQUIPMENT])
@pytest.mark.parametrize(
    "order", [always(BackendUnreachableError("断网")), forever, {"n": 1}]
)
async def test_a_check_without_work_order_does_not_need_one(
    check: Check, order: object
) -> None:
    seen = await one(Scripted(order=order), check)
    assert seen.missing is None
    assert seen.expected is None
    assert seen.actual == 34


@pytest.mark.parametrize(
    "scene",
    [
        replace(SCENE, people=-1),
        replace(SCENE, people=True),
        replace(SCENE, people=3.0),  # type: ignore[arg-type]
        replace(SCENE, people="34"),  # type: ignore[arg-type]
        replace(SCENE, people=10**9),
        replace(SCENE, wearing=math.nan),  # type: ignore[arg-type]
        replace(SCENE, confidence=math.nan),
        replace(SCENE, taken_at=None),  # type: ignore[arg-type]
        replace(SCENE, taken_at=NOW.replace(tzinfo=None)),
        replace(SCENE, detector=None),  # type: ignore[arg-type]
        replace(SCENE, source="相" * 501),
        replace(SCENE, evidence="a.png"),  # type: ignore[arg-type]
        replace(SCENE, evidence=None),  # type: ignore[arg-type]
        replace(SCENE, evidence=(PICTURE, "a.png")),  # type: ignore[arg-type]
        replace(SCENE, evidence=(replace(PICTURE, sha256=b"0"),)),  # type: ignore[arg-type]
        replace(SCENE, evidence=(replace(PICTURE, annotated=1),)),  # type: ignore[arg-type]
        replace(SCENE, evidence=(replace(PICTURE, taken_at=NAIVE),)),
        replace(SCENE, evidence=(PICTURE,) * 9),
        {"people": 34},
        None,
    ],
)
async def test_a_senseless_scene_is_bad_data(scene: object) -> None:
    seen = await one(Scripted(scene=scene))
    assert reason(seen) is MissingReason.BAD_DATA
    assert seen.actual is None


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, expected=-3),
        replace(ORDER, expected=math.inf),  # type: ignore[arg-type]
        replace(ORDER, valid_from=NOW.replace(tzinfo=None)),
        replace(ORDER, ticket=17),  # type: ignore[arg-type]
        replace(ORDER, leader=None),  # type: ignore[arg-type]
        "47",
    ],
)
async def test_a_senseless_order_is_bad_data(order: object) -> None:
    seen = await one(Scripted(order=order))
    assert reason(seen) is MissingReason.BAD_DATA
    assert seen.expected is None


@pytest.mark.parametrize(
    ("age", "stale", "said"),
    [
        (timedelta(seconds=119), False, ""),
        (timedelta(seconds=121), True, "2分钟前"),
        (timedelta(hours=5), True, "5小时前"),
        (-timedelta(seconds=30), False, ""),
        (-timedelta(minutes=10), True, "晚10分钟"),
    ],
)
async def test_a_picture_of_another_time_is_stale(
    age: timedelta, stale: bool, said: str
) -> None:
    scene = replace(SCENE, taken_at=NOW - age)
    seen = await one(Scripted(scene=scene), max_age_s=120)
    assert reason(seen) is (MissingReason.STALE if stale else None)
    if seen.missing:
        assert said in seen.missing.detail
        assert seen.actual is None
        assert seen.taken_at == NOW - age


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [(None, -1, "到期"), (1, None, "生效"), (-2, 2, ""), (None, None, "")],
)
async def test_an_order_of_another_time_is_no_order(
    since: int | None, until: int | None, said: str
) -> None:
    def moment(hours: int | None) -> datetime | None:
        return None if hours is None else NOW + timedelta(hours=hours)

    order = replace(ORDER, valid_from=moment(since), valid_until=moment(until))
    seen = await one(Scripted(order=order))
    assert reason(seen) is (MissingReason.STALE if said else None)
    if seen.missing:
        assert said in seen.missing.detail
        assert seen.expected is None


async def test_an_order_that_states_no_number_stays_unknown() -> None:
    seen = await one(Scripted(order=replace(ORDER, expected=None)))
    assert seen.expected is None
    assert seen.missing is None


async def test_two_failures_are_both_told() -> None:
    seen = await one(
        Scripted(always(BackendRefusedError("甲")), always(BackendDataError("乙")))
    )
    assert seen.missing is not None
    assert seen.missing.reason is MissingReason.REFUSED
    assert seen.missing.detail == "甲; 乙"


async def test_a_cancel_is_honoured_at_once_and_leaves_nothing() -> None:
    started = asyncio.Event()

    async def scene(site: Site) -> Scene:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    backend = Scripted(forever, scene)
    token = CancelToken()
    calls = [Call(site, Check.HEADCOUNT) for site in SITES]
    using = dispatcher(backend, timeout_s=60)
    run = asyncio.ensure_future(collect(using, calls, token))
    await started.wait()
    # From another thread, as a window's key does it.
    await asyncio.to_thread(token.cancel)
    async with asyncio.timeout(5):
        with pytest.raises(Cancelled):
            await run
    assert backend.busy == 0
    assert backend.left > 0
    assert len(asyncio.all_tasks()) == 1


class Deaf:
    """Answers only when it is told to, however often it is cancelled."""

    def __init__(self) -> None:
        self.started, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, site: Site) -> object:
        self.started.set()
        while not self.go_on.is_set():
            try:
                await self.go_on.wait()
            except asyncio.CancelledError:
                continue
        raise BackendDataError("太晚了")

    async def end(self) -> None:
        self.go_on.set()
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)


async def test_a_backend_that_ignores_its_deadline_holds_nobody_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf = Deaf()
    asking = asyncio.ensure_future(one(Scripted(scene=deaf), timeout_s=0.05))
    answered, _ = await asyncio.wait({asking}, timeout=5)
    await deaf.end()
    assert answered
    assert reason(asking.result()) is MissingReason.TIMEOUT
    assert "left behind" in caplog.text
    caplog.clear()


async def test_a_backend_that_ignores_a_cancel_does_not_hold_it_up(
    caplog: pytest.LogCaptureFixture,
) -> None:
    deaf, token = Deaf(), CancelToken()
    using = dispatcher(Scripted(deaf, deaf), timeout_s=60)
    calls = [Call(SITES[0], Check.HEADCOUNT)]
    run = asyncio.ensure_future(collect(using, calls, token))
    await deaf.started.wait()
    token.cancel()
    ended, _ = await asyncio.wait({run}, timeout=5)
    await deaf.end()
    assert ended
    assert isinstance(run.exception(), Cancelled)
    assert "left behind" in caplog.text
    caplog.clear()


async def test_a_cancelled_token_asks_nobody() -> None:
    backend, token = Scripted(), CancelToken()
    token.cancel()
    with pytest.raises(Cancelled):
        await collect(dispatcher(backend), [Call(SITES[0], Check.HELMET)], token)
    assert backend.scenes == 0


async def test_an_abandoned_dispatch_leaves_no_task() -> None:
    backend = Scripted(forever, lambda site: forever(site))
    answers = dispatcher(backend, timeout_s=60).dispatch(
        [Call(s, Check.HEADCOUNT) for s in SITES[:4]], at=NOW, cancel=CancelToken()
    )
    step = asyncio.ensure_future(anext(answers))
    while backend.scenes < 4:
        await asyncio.sleep(0)
    step.cancel()
    with pytest.raises(asyncio.CancelledError):
        await step
    assert len(asyncio.all_tasks()) == 1


async def test_no_calls_give_no_answers() -> None:
    assert await collect(dispatcher(Scripted()), []) == []


async def test_a_dead_system_is_left_alone_and_tried_again_later() -> None:
    clock = HeldClock()
    backend = Scripted(scene=always(BackendUnreachableError("断网")))
    policy = BreakerPolicy(failures=3, rest_s=30)
    using = dispatcher(backend, clock=clock, breaker=policy, max_concurrent=1)
    calls = [Call(site, Check.HELMET) for site in SITES[:6]]
    got = dict(await collect(using, calls))
    assert backend.scenes == 6  # three calls, two attempts each
    assert reason(got[5]) is MissingReason.UNREACHABLE
    assert "暂停询问, 约30秒" in got[5].missing.detail  # type: ignore[union-attr]
    clock.advance(31)
    backend._scene = replace(SCENE, taken_at=clock.now())
    assert (await collect(using, calls[:1]))[0][1].missing is None
    assert all(seen.missing is None for _, seen in await collect(using, calls))


async def test_one_dead_camera_is_no_dead_system() -> None:
    backend = Scripted(scene=always(BackendUnreachableError("断网")))
    using = dispatcher(backend, breaker=BreakerPolicy(failures=3))
    for _ in range(5):
        await collect(using, [Call(SITES[0], Check.HELMET)])
    assert backend.scenes == 10


async def test_a_half_open_breaker_lets_one_try_at_a_time() -> None:
    clock = HeldClock()
    breaker = Breaker(BreakerPolicy(failures=2, rest_s=10), clock)
    breaker.failed("A")
    assert breaker.state is BreakerState.CLOSED
    breaker.failed("B")
    assert breaker.state is BreakerState.OPEN
    assert not await breaker.admit()
    clock.advance(10)
    assert await breaker.admit()
    second = asyncio.ensure_future(breaker.admit())
    await asyncio.sleep(0)
    assert not second.done()
    breaker.abandoned()
    assert await second
    breaker.failed("A")
    assert not await breaker.admit()
    clock.advance(10)
    assert await breaker.admit()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED


async def test_a_sweep_over_a_rested_system_waits_for_the_one_that_tries() -> None:
    clock = HeldClock()
    backend = Scripted(scene=always(BackendUnreachableError("断网")))
    policy = BreakerPolicy(failures=2, rest_s=30)
    using = dispatcher(backend, clock=clock, breaker=policy)
    calls = [Call(site, Check.HELMET) for site in SITES]
    await collect(using, calls[:2])
    clock.advance(31)
    tried = asyncio.Event()

    async def scene(site: Site) -> Scene:
        tried.set()
        await asyncio.sleep(0)
        return replace(SCENE, taken_at=clock.now())

    backend._scene, backend.busiest = scene, 0
    got = await collect(using, calls)
    assert [seen.missing for _, seen in got] == [None] * 60


# --- several systems ---------------------------------------------------------------


async def test_each_question_goes_to_the_system_that_is_there_for_it() -> None:
    orders = Scripted(services=frozenset({Service.WORK_ORDERS}))
    cameras = Scripted(services=frozenset({Service.DETECTION}))
    asked = {Service.WORK_ORDERS: orders, Service.DETECTION: cameras}
    using = ConcurrentDispatcher(lambda site, service: asked[service], clock=CLOCK)
    [(_, seen)] = await collect(using, [Call(SITES[0], Check.HEADCOUNT)])
    assert (seen.expected, seen.actual, seen.missing) == (47, 34, None)
    assert (orders.orders, orders.scenes) == (1, 0)
    assert (cameras.orders, cameras.scenes) == (0, 1)


@pytest.mark.parametrize(
    ("service", "check", "said"),
    [
        (Service.WORK_ORDERS, Check.HEADCOUNT, "scripted 不提供工单查询"),
        (Service.DETECTION, Check.HELMET, "scripted 不提供目标检测"),
        (Service.WORK_ORDERS, Check.HELMET, ""),
    ],
)
async def test_a_question_that_a_system_does_not_answer_is_not_put_to_it(
    service: Service, check: Check, said: str
) -> None:
    backend = Scripted(services=frozenset(Service) - {service})
    seen = await one(backend, check)
    assert reason(seen) is (MissingReason.REFUSED if said else None)
    if seen.missing:
        assert said in seen.missing.detail
    asked = {Service.WORK_ORDERS: backend.orders, Service.DETECTION: backend.scenes}
    assert asked[service] == 0


async def test_a_dead_camera_system_does_not_silence_the_work_orders() -> None:
    backend = Scripted(scene=always(BackendUnreachableError("断网")))
    using = dispatcher(backend, breaker=BreakerPolicy(failures=2), max_concurrent=1)
    calls = [Call(site, Check.HEADCOUNT) for site in SITES[:6]]
    got = dict(await collect(using, calls))
    assert backend.scenes == 4
    assert backend.orders == 6
    assert all(seen.expected == 47 for seen in got.values())


# --- slots --------------------------------------------------------------------------


async def test_the_bound_holds_over_all_runs() -> None:
    async def scene(site: Site) -> Scene:
        await asyncio.sleep(0)
        return SCENE

    backend = Scripted(scene=scene)
    using = dispatcher(backend, max_concurrent=4)
    calls = [Call(site, Check.HELMET) for site in SITES[:20]]
    got = await asyncio.gather(*(collect(using, calls) for _ in range(3)))
    assert [len(each) for each in got] == [20, 20, 20]
    assert backend.busiest == 4


async def test_one_site_does_not_stand_behind_a_sweep() -> None:
    gate = asyncio.Semaphore(0)
    answered: list[str] = []

    async def scene(site: Site) -> Scene:
        await gate.acquire()
        answered.append(site.id)
        return SCENE

    backend = Scripted(scene=scene)
    using = dispatcher(backend, max_concurrent=4, timeout_s=60)
    sweep = asyncio.ensure_future(
        collect(using, [Call(site, Check.HELMET) for site in SITES[:50]])
    )
    while backend.busy < 4:
        await asyncio.sleep(0)
    single = asyncio.ensure_future(collect(using, [Call(SITES[59], Check.HELMET)]))
    for _ in range(20):
        await asyncio.sleep(0)
    for _ in range(8):
        gate.release()
    async with asyncio.timeout(10):
        assert (await single)[0][1].missing is None
    assert len(answered) <= 8
    for _ in range(60):
        gate.release()
    assert len(await sweep) == 50


async def test_waiting_for_a_slot_is_not_counted_as_silence() -> None:
    async def scene(site: Site) -> Scene:
        await asyncio.sleep(0.02)
        return SCENE

    # One after another they take longer than the time of one question.
    using = dispatcher(Scripted(scene=scene), max_concurrent=1, timeout_s=0.2)
    calls = [Call(site, Check.HELMET) for site in SITES[:15]]
    assert {reason(seen) for _, seen in await collect(using, calls)} == {None}


async def test_a_slot_given_to_one_that_was_cancelled_is_not_lost() -> None:
    slots = Slots(1)
    entered: list[str] = []

    async def take(name: str) -> None:
        async with slots.held(name):
            entered.append(name)

    async with slots.held("first"):
        waiting = [asyncio.ensure_future(take(name)) for name in ("a", "b", "c")]
        await asyncio.sleep(0)
        waiting[0].cancel()
    # "b" has been given the slot and is cancelled before it runs.
    waiting[1].cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert entered == ["c"]
    async with asyncio.timeout(5):
        await take("d")


# --- busy systems -------------------------------------------------------------------


async def test_a_busy_system_is_asked_again_when_it_wants() -> None:
    scene = failing(BackendBusyError("忙", retry_after_s=0.05), then=SCENE)
    seen = await one(Scripted(scene=scene), clock=SystemClock(), max_age_s=1e9)
    assert seen.missing is None
    assert seen.attempts == 2


async def test_a_system_that_is_busy_for_longer_is_left_alone_until_then() -> None:
    clock = HeldClock()
    backend = Scripted(scene=always(BackendBusyError("忙", retry_after_s=30)))
    using = dispatcher(backend, clock=clock, max_concurrent=1)
    calls = [Call(site, Check.HELMET) for site in SITES[:4]]
    got = await collect(using, calls)
    assert backend.scenes == 1
    for _, seen in got:
        assert seen.missing is not None
        assert seen.missing.reason is MissingReason.BUSY
        assert seen.missing.detail == "现场检测忙, 30秒后再试"
    clock.advance(20)
    [(_, seen)] = await collect(using, calls[:1])
    assert seen.missing is not None
    assert seen.missing.detail == "现场检测忙, 10秒后再试"
    assert backend.scenes == 1
    clock.advance(10)
    backend._scene = replace(SCENE, taken_at=clock.now())
    assert (await collect(using, calls[:1]))[0][1].missing is None


@pytest.mark.parametrize("wait", [None, math.nan, math.inf, -1])
async def test_a_busy_system_that_names_no_time_is_tried_once_more(
    wait: float | None,
) -> None:
    backend = Scripted(scene=always(BackendBusyError("太忙", retry_after_s=wait)))
    seen = await one(backend)
    assert backend.scenes == 2
    assert seen.missing is not None
    assert seen.missing.detail == "太忙"


async def test_no_system_can_have_itself_left_alone_for_a_day() -> None:
    clock = HeldClock()
    breaker = Breaker(BreakerPolicy(), clock)
    assert breaker.pause(86_400)
    assert breaker.paused_s() == 300


async def test_a_busy_system_is_not_held_to_have_failed() -> None:
    clock = HeldClock()
    backend = Scripted(scene=always(BackendBusyError("忙", retry_after_s=10)))
    policy = BreakerPolicy(failures=2, rest_s=1000)
    using = dispatcher(backend, clock=clock, breaker=policy)
    for site in SITES[:5]:
        await collect(using, [Call(site, Check.HELMET)])
        clock.advance(11)
    backend._scene = replace(SCENE, taken_at=clock.now())
    [(_, seen)] = await collect(using, [Call(SITES[0], Check.HELMET)])
    assert seen.missing is None


async def test_a_question_that_was_not_put_says_nothing_of_the_system() -> None:
    clock = HeldClock()
    breaker = Breaker(BreakerPolicy(failures=2), clock)
    breaker.failed("A")
    breaker.pause(30)
    asking = Asking(what="现场检测", place="B", timeout_s=1, breaker=breaker)

    async def question() -> Scene:
        raise AssertionError("it wants to be left alone")

    answer = await ask(question, asking)
    assert answer.attempts == 0
    assert answer.missing is not None
    breaker.failed("C")
    assert breaker.state is BreakerState.OPEN


async def test_the_real_cause_is_told_where_there_is_no_time_to_try_again() -> None:
    async def scene(site: Site) -> Scene:
        await asyncio.sleep(0.1)
        raise BackendUnreachableError("断网")

    backend = Scripted(scene=scene)
    seen = await one(backend, timeout_s=0.14)
    assert seen.missing is not None
    assert (seen.missing.reason, seen.missing.detail) == (
        MissingReason.UNREACHABLE,
        "断网",
    )
    assert backend.scenes == 1


# --- the site's own days ------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        (date(2026, 11, 22), None, "2026年11月22日才开工"),
        (None, date(2026, 11, 20), "2026年11月20日结束"),
        (date(2026, 11, 21), date(2026, 11, 21), ""),
        (None, None, ""),
    ],
)
async def test_nobody_is_asked_about_a_site_outside_its_days(
    since: date | None, until: date | None, said: str
) -> None:
    backend = Scripted()
    site = replace(SITES[0], valid_from=since, valid_until=until)
    [(_, seen)] = await collect(dispatcher(backend), [Call(site, Check.HEADCOUNT)])
    assert reason(seen) is (MissingReason.STALE if said else None)
    if seen.missing:
        assert said in seen.missing.detail
        assert (backend.orders, backend.scenes) == (0, 0)


@pytest.mark.parametrize(("hour", "minute", "open_"), [(15, 59, True), (16, 1, False)])
async def test_the_day_ends_at_midnight_in_china(
    hour: int, minute: int, open_: bool
) -> None:
    site = replace(SITES[0], valid_until=date(2026, 11, 21))
    at = datetime(2026, 11, 21, hour, minute, tzinfo=UTC)
    answers = dispatcher(Scripted()).dispatch(
        [Call(site, Check.HELMET)], at=at, cancel=CancelToken()
    )
    [(_, seen)] = [got async for got in answers]
    assert (seen.missing is None) is open_


# --- stopping -----------------------------------------------------------------------


async def test_what_has_come_before_a_stop_is_still_given() -> None:
    async def scene(site: Site) -> Scene:
        if site.id < "S3":
            await asyncio.Event().wait()
        return SCENE

    backend, token = Scripted(scene=scene), CancelToken()
    answers = dispatcher(backend, timeout_s=60).dispatch(
        [Call(site, Check.HELMET) for site in SITES], at=NOW, cancel=token
    )
    got = [await anext(answers)]

    async def go_on() -> None:
        async for each in answers:
            got.append(each)

    # The others have come too, but nobody has looked yet.
    for _ in range(20):
        await asyncio.sleep(0)
    token.cancel()
    with pytest.raises(Cancelled):
        await go_on()
    come = [index for index, observation in got if observation.missing is None]
    assert sorted(come) == [n for n, site in enumerate(SITES) if site.id >= "S3"]
    stopped = [each for _, each in got if each.missing is not None]
    assert all(each.missing.reason is MissingReason.CANCELLED for each in stopped)
    # Which systems had been asked is kept even so.
    assert all(each.exchanges for each in stopped)
    assert backend.busy == 0
    assert len(asyncio.all_tasks()) == 1


NEVER = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=8)))
"""How some systems write that a time is not set; it is before UTC began."""


async def test_a_time_that_no_record_can_hold_is_no_time() -> None:
    for scene in (
        replace(SCENE, taken_at=NEVER),
        replace(SCENE, evidence=(Evidence(path="a", sha256="b", taken_at=NEVER),)),
    ):
        seen = await one(Scripted(scene=scene))
        assert reason(seen) is MissingReason.BAD_DATA
        assert seen.taken_at is None
        assert seen.evidence == ()


@pytest.mark.parametrize(
    "order",
    [
        WorkOrder(expected=3, ticket="T", valid_until=NEVER),
        WorkOrder(expected=3, ticket="T", valid_from=datetime.max.replace(tzinfo=UTC)),
    ],
)
async def test_an_order_of_a_time_without_end_says_why(order: WorkOrder) -> None:
    seen = await one(Scripted(order=order))
    assert reason(seen) is MissingReason.STALE
    assert seen.expected is None
