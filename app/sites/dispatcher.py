"""Calls to observations: all at once, each within its time, whatever fails.

A backend can fail in any way it likes; the call then has an observation that says
why, and the other calls are not delayed. Only `Cancelled` is raised.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, TypeVar

from app.core.cancel import CancelToken
from app.core.checks import SPECS
from app.core.model import Call, Site
from app.core.observation import (
    STOPPED,
    Missing,
    MissingReason,
    Observation,
    Scene,
    Service,
    WorkOrder,
)
from app.core.ports import Backend, Clock
from app.sites.answers import order_problem, scene_problem, site_problem
from app.sites.asking import Answer, Asking, ask
from app.sites.breaker import Breaker, BreakerPolicy
from app.sites.exchanges import Put, Puts
from app.sites.slots import Slots

log = logging.getLogger(__name__)

WHO: Final = {Service.WORK_ORDERS: "工单系统", Service.DETECTION: "现场检测"}
WHAT: Final = {Service.WORK_ORDERS: "工单查询", Service.DETECTION: "目标检测"}
COURTESY_S: Final = 0.3
"""How long a verdict waits for a ticket number that it does not need."""

_T = TypeVar("_T", WorkOrder, Scene)


class _Line:
    """What the dispatcher remembers of one backend and one question."""

    def __init__(self, backend: Backend, slots: Slots, breaker: Breaker) -> None:
        # The backend is kept, so that its id is not used again.
        self.backend, self.slots, self.breaker = backend, slots, breaker


class ConcurrentDispatcher:
    """`core.ports.Dispatcher` over any number of backends."""

    def __init__(
        self,
        route: Callable[[Site, Service], Backend],
        *,
        clock: Clock,
        timeout_s: float = 5.0,
        max_concurrent: int = 64,
        max_age_s: float = 120.0,
        breaker: BreakerPolicy | None = None,
    ) -> None:
        """Take who answers which question about which site, and the limits.

        `timeout_s` holds for one question, its retry included, from the moment it is
        asked; `max_age_s` for the age of a picture. `max_concurrent` questions of one
        kind may be under way at one backend, over all runs: a slow camera system then
        holds up no work order, even where one system answers both.
        """
        self._route = route
        self._clock = clock
        self._timeout_s = timeout_s
        self._max_concurrent = max_concurrent
        self._max_age_s = max_age_s
        self._policy = breaker or BreakerPolicy()
        self._lines: dict[tuple[int, Service], _Line] = {}

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        """Yield (index of the call, observation) once for each call, as they come.

        What has come when the token is set is still given, and of the others which
        systems had been asked.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        loop = asyncio.get_running_loop()
        done: asyncio.Queue[tuple[int, Observation] | None] = asyncio.Queue()
        puts = [Puts() for _ in calls]
        open_calls = set(range(len(calls)))

        async def carry_out(index: int, call: Call) -> None:
            try:
                observation = await self._observe(call, at, puts[index], party=done)
            except Exception as error:
                log.exception("call %d for site %s failed", index, call.site.id)
                observation = _broken("查询程序出错", error)
            exchanges = puts[index].exchanges()
            done.put_nowait((index, replace(observation, exchanges=exchanges)))

        tasks = [
            loop.create_task(carry_out(index, call)) for index, call in enumerate(calls)
        ]
        forget = cancel.on_cancel(
            lambda: loop.call_soon_threadsafe(done.put_nowait, None)
        )
        try:
            for _ in tasks:
                answered = await done.get()
                if answered is None:
                    break
                open_calls.discard(answered[0])
                yield answered
            if cancel.cancelled:
                for task in tasks:
                    task.cancel()
                for index in sorted(open_calls):
                    if exchanges := puts[index].exchanges():
                        yield index, replace(STOPPED, exchanges=exchanges)
            cancel.raise_if_cancelled()
        finally:
            forget()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _observe(
        self, call: Call, at: datetime, puts: Puts, *, party: object
    ) -> Observation:
        """Ask both questions of a call, or nobody where there is nothing to ask."""
        if (closed := site_problem(call.site, at)) is not None:
            return Observation(missing=closed)
        order, scene = await self._ask_both(call, at, puts, party)
        return self._observation(call, at, order, scene)

    async def _ask_both(
        self, call: Call, at: datetime, puts: Puts, party: object
    ) -> tuple[Answer[WorkOrder], Answer[Scene]]:
        site = call.site
        asking = asyncio.ensure_future(
            self._ask(
                site,
                Service.WORK_ORDERS,
                lambda asked: asked.expected(site, at),
                puts,
                party,
            )
        )
        try:
            scene = await self._ask(
                site,
                Service.DETECTION,
                lambda asked: asked.observe(site, call.check, at),
                puts,
                party,
            )
            if not SPECS[call.check].needs_work_order:
                await asyncio.wait({asking}, timeout=COURTESY_S)
                if not asking.done():
                    return Answer(), scene
            return await asking, scene
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    async def _ask(
        self,
        site: Site,
        service: Service,
        question: Callable[[Backend], Awaitable[_T]],
        puts: Puts,
        party: object,
    ) -> Answer[_T]:
        """Ask one question of the system that is there for it."""
        try:
            backend = self._route(site, service)
            answers = service in backend.services
        except Exception as error:
            log.exception("nobody to ask %s about site %s", service, site.id)
            return Answer(missing=_internal("没有可用的站点系统", error))
        put = puts.add(Put(backend, service))
        if not answers:
            detail = f"站点系统 {backend.name} 不提供{WHAT[service]}, 请检查接口设置"
            refused = Missing(reason=MissingReason.REFUSED, detail=detail)
            put.end(refused, 0.0)
            return Answer(missing=refused)
        line = self._line(backend, service)
        # The time of a question begins when it is asked, not while it waits here.
        async with line.slots.held(party):
            answer = await ask(
                lambda: put.tried(lambda: question(backend)),
                Asking(
                    what=WHO[service],
                    place=site.id,
                    timeout_s=self._timeout_s,
                    breaker=line.breaker,
                ),
            )
            put.end(answer.missing, answer.took_ms)
            return answer

    def _line(self, backend: Backend, service: Service) -> _Line:
        key = (id(backend), service)
        if key not in self._lines:
            slots = Slots(self._max_concurrent)
            breaker = Breaker(self._policy, self._clock)
            self._lines[key] = _Line(backend, slots, breaker)
        return self._lines[key]

    def _observation(
        self,
        call: Call,
        at: datetime,
        order_answer: Answer[WorkOrder],
        scene_answer: Answer[Scene],
    ) -> Observation:
        """Put two answers together; what cannot be used is left out, with why."""
        order, no_order = order_answer.value, order_answer.missing
        if order_answer.missing is None and order_answer.attempts:
            no_order = order_problem(order, at)
        scene, no_scene = scene_answer.value, scene_answer.missing
        if scene_answer.missing is None:
            no_scene = scene_problem(scene, self._clock.now(), self._max_age_s)
        usable_order = order if no_order is None else None
        usable_scene = scene if no_scene is None else None
        # A picture that is too old is still evidence of why there is no number.
        shown = scene if isinstance(scene, Scene) and _is_told(no_scene) else None
        needed = SPECS[call.check].needs_work_order
        lacking = [
            missing for missing in (no_order if needed else None, no_scene) if missing
        ]
        return Observation(
            expected=usable_order.expected if usable_order else None,
            ticket=usable_order.ticket if usable_order else "",
            leader=usable_order.leader if usable_order else "",
            actual=usable_scene.people if usable_scene else None,
            wearing=usable_scene.wearing if usable_scene else None,
            carrying=usable_scene.carrying if usable_scene else None,
            taken_at=shown.taken_at if shown else None,
            frames=shown.frames if shown else 0,
            detector=shown.detector if shown else "",
            detector_confidence=shown.confidence if shown else None,
            evidence=shown.evidence if shown else (),
            sources=_sources(usable_order, shown),
            latency_ms=max(order_answer.took_ms, scene_answer.took_ms),
            attempts=max(order_answer.attempts, scene_answer.attempts),
            missing=_joined(lacking),
        )


def _broken(what: str, error: Exception) -> Observation:
    return Observation(missing=_internal(what, error))


def _internal(what: str, error: Exception) -> Missing:
    detail = f"{what} ({type(error).__name__}), 详情见日志"
    return Missing(reason=MissingReason.INTERNAL, detail=detail)


def _is_told(no_scene: Missing | None) -> bool:
    """Whether time and picture of a scene make sense, whatever its counts are."""
    return no_scene is None or no_scene.reason is MissingReason.STALE


def _sources(order: WorkOrder | None, scene: Scene | None) -> tuple[str, ...]:
    named = (order.source if order else "", scene.source if scene else "")
    return tuple(dict.fromkeys(name for name in named if name))


def _joined(lacking: Sequence[Missing]) -> Missing | None:
    """Name the first reason, and tell all of them."""
    if not lacking:
        return None
    details = dict.fromkeys(missing.detail for missing in lacking)
    return Missing(reason=lacking[0].reason, detail="; ".join(details))
