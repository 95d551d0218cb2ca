"""Calls to observations: all at once, each within its time, whatever fails.

A backend can fail in any way it likes; the call then has an observation that says
why, and the other calls are not delayed. Only `Cancelled` is raised.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from app.core.cancel import CancelToken
from app.core.checks import SPECS
from app.core.model import (
    Call,
    Missing,
    MissingReason,
    Observation,
    Scene,
    Site,
    WorkOrder,
)
from app.core.ports import Backend, Clock
from app.sites.answers import order_problem, scene_problem
from app.sites.asking import Answer, ask
from app.sites.breaker import Breaker, BreakerPolicy

log = logging.getLogger(__name__)

ORDERS: Final = "工单系统"
CAMERAS: Final = "现场检测"
COURTESY_S: Final = 0.3
"""How long a verdict waits for a ticket number that it does not need."""


@dataclass(slots=True)
class _System:
    """What the dispatcher remembers of one backend between calls."""

    backend: Backend
    orders: Breaker
    cameras: Breaker


@dataclass(slots=True)
class _Round:
    """One dispatch: its questions in time and the slots of each backend."""

    at: datetime
    slots: dict[int, asyncio.Semaphore] = field(default_factory=dict)


class ConcurrentDispatcher:
    """`core.ports.Dispatcher` over one backend, or one for each site."""

    def __init__(
        self,
        backend_for: Callable[[Site], Backend],
        *,
        clock: Clock,
        timeout_s: float = 5.0,
        max_concurrent: int = 16,
        max_age_s: float = 120.0,
        breaker: BreakerPolicy | None = None,
    ) -> None:
        """Take the backend of each site and the limits.

        `timeout_s` holds for one question, its retry included; `max_concurrent` for
        the calls under way at one backend; `max_age_s` for the age of a picture.
        """
        self._backend_for = backend_for
        self._clock = clock
        self._timeout_s = timeout_s
        self._max_concurrent = max_concurrent
        self._max_age_s = max_age_s
        self._policy = breaker or BreakerPolicy()
        self._systems: dict[int, _System] = {}

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        """Yield (index of the call, observation) once for each call, as they come.

        Raises:
            Cancelled: The token was set.
        """
        cancel.raise_if_cancelled()
        loop = asyncio.get_running_loop()
        done: asyncio.Queue[tuple[int, Observation] | None] = asyncio.Queue()
        this_round = _Round(at)

        async def carry_out(index: int, call: Call) -> None:
            try:
                observation = await self._observe(call, this_round)
            except Exception as error:
                log.exception("call %d for site %s failed", index, call.site.id)
                observation = _broken("查询程序出错", error)
            done.put_nowait((index, observation))

        tasks = [
            loop.create_task(carry_out(index, call)) for index, call in enumerate(calls)
        ]
        forget = cancel.on_cancel(
            lambda: loop.call_soon_threadsafe(done.put_nowait, None)
        )
        try:
            for _ in tasks:
                answered = await done.get()
                cancel.raise_if_cancelled()
                if answered is not None:
                    yield answered
            cancel.raise_if_cancelled()
        finally:
            forget()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _observe(self, call: Call, this_round: _Round) -> Observation:
        """Ask both questions of a call."""
        try:
            system = self._system(self._backend_for(call.site))
        except Exception as error:
            log.exception("no backend for site %s", call.site.id)
            return _broken("没有可用的站点系统", error)
        slot = this_round.slots.setdefault(
            id(system), asyncio.Semaphore(self._max_concurrent)
        )
        async with slot:
            started = self._clock.monotonic()
            order, scene = await self._ask_both(system, call, this_round.at)
            latency_ms = (self._clock.monotonic() - started) * 1000
        return self._observation(call, this_round.at, order, scene, latency_ms)

    def _system(self, backend: Backend) -> _System:
        # Keyed by identity; the backend is kept, so its id is not used again.
        system = self._systems.get(id(backend))
        if system is None:
            system = _System(
                backend,
                orders=Breaker(self._policy, self._clock),
                cameras=Breaker(self._policy, self._clock),
            )
            self._systems[id(backend)] = system
        return system

    async def _ask_both(
        self, system: _System, call: Call, at: datetime
    ) -> tuple[Answer[WorkOrder], Answer[Scene]]:
        backend, site = system.backend, call.site
        asking = asyncio.ensure_future(
            ask(
                lambda: backend.expected(site, at),
                what=ORDERS,
                place=site.id,
                timeout_s=self._timeout_s,
                breaker=system.orders,
            )
        )
        try:
            scene = await ask(
                lambda: backend.observe(site, call.check, at),
                what=CAMERAS,
                place=site.id,
                timeout_s=self._timeout_s,
                breaker=system.cameras,
            )
            if not SPECS[call.check].needs_work_order:
                await asyncio.wait({asking}, timeout=COURTESY_S)
                if not asking.done():
                    return Answer(), scene
            return await asking, scene
        finally:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    def _observation(
        self,
        call: Call,
        at: datetime,
        order_answer: Answer[WorkOrder],
        scene_answer: Answer[Scene],
        latency_ms: float,
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
            evidence=shown.evidence if shown else None,
            sources=_sources(usable_order, shown),
            latency_ms=latency_ms,
            attempts=max(order_answer.attempts, scene_answer.attempts),
            missing=_joined(lacking),
        )


def _broken(what: str, error: Exception) -> Observation:
    detail = f"{what} ({type(error).__name__}), 详情见日志"
    return Observation(missing=Missing(reason=MissingReason.INTERNAL, detail=detail))


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
