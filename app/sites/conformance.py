"""What every backend must do, as checks that can be run against any of them.

The contract suite runs them on the house's own backends; a third party runs them on
theirs.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from app.core.errors import BackendError
from app.core.model import Check, Scene, Site
from app.core.ports import Backend, Health
from app.sites.answers import order_problem, scene_problem

PATIENCE_S: Final = 10.0
CANCEL_WITHIN_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Conformity:
    """Whether a backend keeps one rule."""

    rule: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a backend is tried with."""

    backend: Backend
    site: Site
    at: datetime
    evidence_dir: Path
    max_age_s: float = 120.0
    patience_s: float = PATIENCE_S


async def conform(trial: Trial) -> tuple[Conformity, ...]:
    """Try every rule; closes the backend at the end."""
    return tuple([await _tried(rule, test, trial) for rule, test in RULES])


async def has_a_name(trial: Trial) -> str:
    """The name is a short word that stays the same."""
    name = trial.backend.name
    if not name or name != name.strip() or name != trial.backend.name:
        return f"name is {name!r}"
    return ""


async def says_how_it_is(trial: Trial) -> str:
    """`health` gives a `Health` with words, also when the system is down."""
    health: object = await trial.backend.health()
    if not isinstance(health, Health):
        return f"health() gave {type(health).__name__}"
    if not health.detail:
        return "health() has no detail"
    if not health.ok and not health.remedy:
        return "health() is not ok and says no remedy"
    return ""


async def gives_a_usable_order_or_a_reason(trial: Trial) -> str:
    """`expected` gives a sound `WorkOrder`, or raises a `BackendError`."""
    try:
        order: object = await trial.backend.expected(trial.site, trial.at)
    except BackendError as error:
        return "" if error.message else "the error has no sentence"
    problem = order_problem(order, trial.at)
    return problem.detail if problem else ""


async def gives_a_usable_scene_or_a_reason(trial: Trial) -> str:
    """`observe` gives a sound, fresh `Scene` for each check, or a `BackendError`."""
    for check in Check:
        try:
            scene: object = await trial.backend.observe(trial.site, check, trial.at)
        except BackendError as error:
            if not error.message:
                return "the error has no sentence"
            continue
        problem = scene_problem(scene, trial.at, trial.max_age_s)
        if problem:
            return f"{check}: {problem.detail}"
    return ""


async def keeps_the_evidence_it_names(trial: Trial) -> str:
    """A picture lies in the evidence folder with the SHA-256 that is given."""
    try:
        scene: object = await trial.backend.observe(
            trial.site, Check.HEADCOUNT, trial.at
        )
    except BackendError:
        return ""
    evidence = scene.evidence if isinstance(scene, Scene) else None
    if evidence is None:
        return ""
    folder = trial.evidence_dir.resolve()
    path = (folder / evidence.path).resolve()
    if not path.is_relative_to(folder) or Path(evidence.path).is_absolute():
        return f"{evidence.path} is not inside the evidence folder"
    if not path.is_file():
        return f"{evidence.path} is not there"
    if hashlib.sha256(path.read_bytes()).hexdigest() != evidence.sha256:
        return f"{evidence.path} has another SHA-256"
    return ""


async def stops_when_cancelled(trial: Trial) -> str:
    """A question that is given up ends at once."""
    questions: tuple[Awaitable[object], ...] = (
        trial.backend.expected(trial.site, trial.at),
        trial.backend.observe(trial.site, Check.HELMET, trial.at),
    )
    for question in questions:
        task = asyncio.ensure_future(question)
        await asyncio.sleep(0)
        task.cancel()
        _, pending = await asyncio.wait({task}, timeout=CANCEL_WITHIN_S)
        if pending:
            return "a cancelled question went on"
        if not task.cancelled():
            task.exception()
    return ""


async def closes_twice(trial: Trial) -> str:
    """`close` may be called more than once."""
    await trial.backend.close()
    await trial.backend.close()
    return ""


Rule = Callable[[Trial], Awaitable[str]]
"""Gives what is wrong, or nothing."""

RULES: Final[tuple[tuple[str, Rule], ...]] = tuple(
    (rule.__name__.replace("_", " "), rule)
    for rule in (
        has_a_name,
        says_how_it_is,
        gives_a_usable_order_or_a_reason,
        gives_a_usable_scene_or_a_reason,
        keeps_the_evidence_it_names,
        stops_when_cancelled,
        closes_twice,
    )
)


async def _tried(rule: str, test: Rule, trial: Trial) -> Conformity:
    try:
        async with asyncio.timeout(trial.patience_s):
            detail = await test(trial)
    except TimeoutError:
        detail = f"no answer within {trial.patience_s:g} s"
    except Exception as error:  # noqa: BLE001 – a third party's code; it is reported
        detail = f"raised {type(error).__name__}: {error}"
    return Conformity(rule=rule, ok=not detail, detail=detail)
