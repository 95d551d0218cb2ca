"""What a site system answers about one site, judged as the desk judges it, in words."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from app.commands.output import Json
from app.core.checks import judged_observation
from app.core.errors import BackendError
from app.core.model import Call, Check, Site
from app.core.observation import (
    Missing,
    MissingReason,
    Observation,
    Scene,
    Service,
    WorkOrder,
)
from app.core.ports import Backend, Clock
from app.system.redaction import redacted

CHECK_WORDS = {Check.HEADCOUNT: "人数", Check.HELMET: "安全帽", Check.EQUIPMENT: "电笔"}
_UNSTATED = "没有给出"
_TELLING = (
    MissingReason.STALE,
    MissingReason.NOT_COUNTED,
    MissingReason.CONTRADICTORY,
)
"""Reasons beside which the numbers make sense, and help to find the mistake."""
_T = TypeVar("_T", WorkOrder, Scene)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAnswer:
    """What one question about a site came to."""

    question: Service
    check: Check | None
    ok: bool
    detail: str
    """The numbers; or why there are none that can be used."""
    remedy: str
    values: Json

    @property
    def json(self) -> Json:
        """Give the shape of `sites conform --json`."""
        return {
            "question": self.question.value,
            "check": self.check.value if self.check else None,
            "ok": self.ok,
            "detail": self.detail,
            "remedy": self.remedy,
            **self.values,
        }

    @property
    def words(self) -> str:
        """Give the line for a person, and below it what to do."""
        from app.sites.dispatcher import WHAT

        what = WHAT[self.question]
        if self.check is not None:
            what = f"{what} {CHECK_WORDS[self.check]}"
        remedy = f"\n    → {self.remedy}" if self.remedy else ""
        return f"{'✓' if self.ok else '✗'} {what}: {self.detail}{remedy}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Asks one system about one site, with the desk's own limits."""

    backend: Backend
    site: Site
    clock: Clock
    timeout_s: float
    max_age_s: float
    checks: Collection[Check] = tuple(Check)
    """Those that the system is set up for."""

    async def answers(self) -> list[SiteAnswer]:
        """Ask every question that the system declares. Raises nothing of its own."""
        services: object = self.backend.services
        # Of one that declares nonsense the rules tell.
        declared = services if isinstance(services, frozenset) else frozenset()
        told = []
        if Service.WORK_ORDERS in declared:
            told.append(await self._order())
        if Service.DETECTION in declared:
            told += [await self._scene(c) for c in Check if c in self.checks]
        return told

    async def _order(self) -> SiteAnswer:
        from app.sites.answers import order_problem

        at = self.clock.now()
        came = await self._asked(
            Service.WORK_ORDERS, partial(self.backend.expected, self.site, at)
        )
        order, missing, remedy = came.value, came.missing, came.remedy
        if missing is None:
            missing = order_problem(order, at)
        if missing is None and order is not None and order.expected is None:
            detail = "工单系统没有给出应到人数"
            missing = Missing(reason=MissingReason.NOT_COUNTED, detail=detail)
            remedy = f"请核对站点的工单编号 {self._key}, 以及配置中应到人数的字段。"
        known = order if _has_numbers(missing) else None
        return SiteAnswer(
            question=Service.WORK_ORDERS,
            check=None,
            ok=missing is None,
            detail=_detail(missing, self._order_words(known) if known else ""),
            remedy=remedy,
            values={
                "expected": known.expected if known else None,
                "ticket": known.ticket if known else None,
                "leader": known.leader if known else None,
            },
        )

    async def _scene(self, check: Check) -> SiteAnswer:
        from app.sites.answers import scene_problem

        at = self.clock.now()
        came = await self._asked(
            Service.DETECTION, partial(self.backend.observe, self.site, check, at)
        )
        scene, missing = came.value, came.missing
        if missing is None:
            missing = scene_problem(scene, self.clock.now(), self.max_age_s)
        if missing is None and scene is not None:
            seen = Observation(
                # Whether that is known is the other question.
                expected=0,
                actual=scene.people,
                wearing=scene.wearing,
                carrying=scene.carrying,
            )
            missing = judged_observation(Call(self.site, check), seen).missing
        known = scene if _has_numbers(missing) else None
        return SiteAnswer(
            question=Service.DETECTION,
            check=check,
            ok=missing is None,
            detail=_detail(missing, _scene_words(known) if known else ""),
            remedy=came.remedy,
            values={
                "people": known.people if known else None,
                "wearing": known.wearing if known else None,
                "carrying": known.carrying if known else None,
                "taken_at": known.taken_at.isoformat() if known else None,
                "pictures": len(known.evidence) if known else None,
            },
        )

    async def _asked(
        self, service: Service, question: Callable[[], Awaitable[_T]]
    ) -> "_Came[_T]":
        from app.sites.asking import Asking, ask
        from app.sites.breaker import Breaker, BreakerPolicy
        from app.sites.dispatcher import WHO

        remedy = ""

        async def noted() -> _T:
            nonlocal remedy
            try:
                return await question()
            except BackendError as error:
                remedy = redacted(error.remedy)
                raise

        asking = Asking(
            what=WHO[service],
            place=self.site.id,
            timeout_s=self.timeout_s,
            breaker=Breaker(BreakerPolicy(), self.clock),
        )
        answer = await ask(noted, asking)
        if answer.missing and answer.missing.reason is MissingReason.TIMEOUT:
            remedy = remedy or "请确认该系统在运行; 它若答复得慢, 请调大 timeout_s。"
        if answer.missing is None:
            remedy = ""
        return _Came(value=answer.value, missing=answer.missing, remedy=remedy)

    def _order_words(self, order: WorkOrder) -> str:
        words = [] if order.expected is None else [f"应到 {order.expected} 人"]
        if order.ticket:
            words.append(f"工单 {order.ticket}")
        if order.leader:
            words.append(f"负责人 {order.leader}")
        said = " · ".join(words)
        if order.expected == 0:
            said += f" (今日无工单; 若不对请核对站点的工单编号 {self._key})"
        return said

    @property
    def _key(self) -> str:
        return self.site.work_order_key or self.site.id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Came(Generic[_T]):
    """What came back, and what can be done about what did not."""

    value: _T | None
    missing: Missing | None
    remedy: str


def _has_numbers(missing: Missing | None) -> bool:
    return missing is None or missing.reason in _TELLING


def _scene_words(scene: Scene) -> str:
    from app.sites.answers import DESKS

    return " · ".join(
        (
            f"实到 {_UNSTATED if scene.people is None else f'{scene.people} 人'}",
            f"戴安全帽 {_UNSTATED if scene.wearing is None else scene.wearing}",
            f"带电笔 {_UNSTATED if scene.carrying is None else scene.carrying}",
            f"拍摄 {scene.taken_at.astimezone(DESKS):%H:%M:%S}",
            f"图片 {len(scene.evidence)} 张",
        )
    )


def _detail(missing: Missing | None, numbers: str) -> str:
    """Put why and the numbers on one line; what a system sent may hold anything."""
    if missing is not None:
        numbers = f"{missing.detail} ({numbers})" if numbers else missing.detail
    return "".join(c if c.isprintable() else " " for c in redacted(numbers))
