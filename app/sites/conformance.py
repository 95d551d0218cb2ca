"""What every backend must do, as checks that can be run against any of them.

The contract suite runs them on the house's own backends; a third party runs them on
theirs. The docstring of a rule is what `griddesk sites conform` tells of it.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from app.core.errors import BackendDataError, BackendError, BackendRefusedError
from app.core.model import Check, Site
from app.core.observation import Evidence, Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Backend, Health
from app.sites.answers import order_problem, scene_problem
from app.sites.evidence import MOST_BYTES, picture_kind

PATIENCE_S: Final = 10.0
CANCEL_WITHIN_S: Final = 1.0
UNDER_WAY_S: Final = 0.05
"""After this time a question has left the desk and is cancelled in the middle."""
AT_ONCE: Final = 16
"""Questions asked at the same time: what the desk does by default."""
STRANGE: Final = """#\\*{}"/../?&=%00'; DROP TABLE --"""
"""A name that means something to whatever puts it together with other text."""
WORK_ORDERS: Final = frozenset({Service.WORK_ORDERS})
DETECTION: Final = frozenset({Service.DETECTION})


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


async def has_a_contract_version_that_this_desk_knows(trial: Trial) -> str:
    """`contract` is the `BACKEND_CONTRACT` of this program."""
    contract: object = trial.backend.contract
    if type(contract) is not int or contract != BACKEND_CONTRACT:
        return f"contract is {contract!r}, this desk knows {BACKEND_CONTRACT}"
    return ""


async def declares_which_questions_it_answers(trial: Trial) -> str:
    """`services` is a frozenset of `Service`, not empty, that stays the same."""
    services: object = trial.backend.services
    if not isinstance(services, frozenset):
        return f"services is a {type(services).__name__}"
    if not services:
        return "services is empty: it answers nothing"
    strange = [service for service in services if not isinstance(service, Service)]
    if strange:
        return f"services has {strange[0]!r}"
    return "" if services == trial.backend.services else "services changed"


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


async def refuses_a_question_that_it_does_not_answer(trial: Trial) -> str:
    """A question that is not in `services` raises `BackendRefusedError`."""
    declared = frozenset(trial.backend.services)
    for question in _questions(trial, trial.site, set(Service) - declared):
        try:
            await question.ask()
        except BackendRefusedError:
            continue
        return f"{question.name} was answered, but is not in services"
    return ""


async def gives_a_usable_order_or_a_reason(trial: Trial) -> str:
    """`expected` gives a sound `WorkOrder`, or raises a `BackendError`."""
    for question in _questions(trial, trial.site, _declared(trial, WORK_ORDERS)):
        answer = await question.ask_or_reason()
        if isinstance(answer, BackendError):
            if not answer.message:
                return "the error has no sentence"
        elif problem := order_problem(answer, trial.at):
            return problem.detail
    return ""


async def gives_a_usable_scene_or_a_reason(trial: Trial) -> str:
    """`observe` gives a sound, fresh `Scene` for each check, or a `BackendError`."""
    for question in _questions(trial, trial.site, _declared(trial, DETECTION)):
        answer = await question.ask_or_reason()
        if isinstance(answer, BackendError):
            if not answer.message:
                return f"{question.name}: the error has no sentence"
        elif problem := scene_problem(answer, trial.at, trial.max_age_s):
            return f"{question.name}: {problem.detail}"
    return ""


async def gives_aware_times(trial: Trial) -> str:
    """Every time that is given has a zone: of orders, of scenes, of pictures."""
    for question in _questions(trial, trial.site, _declared(trial)):
        answer = await question.ask_or_reason()
        for name, moment in _times(answer):
            if not isinstance(moment, datetime) or moment.utcoffset() is None:
                return f"{question.name}: {name} is {moment!r}"
    return ""


async def keeps_the_evidence_it_names(trial: Trial) -> str:
    """Each picture lies in the evidence folder, is one, and has its SHA-256."""
    for question in _questions(trial, trial.site, _declared(trial, DETECTION)):
        problem = _pictures_problem(trial, await question.ask_or_reason())
        if problem:
            return f"{question.name}: {problem}"
    return ""


async def is_not_confused_by_a_strange_site_name(trial: Trial) -> str:
    """A site named like code ends in an answer or a `BackendError`, as any other."""
    strange = replace(
        trial.site,
        id=STRANGE,
        name=STRANGE,
        aliases=(),
        work_order_key="",
        cameras=(STRANGE,),
    )
    for question in _questions(trial, strange, _declared(trial)):
        try:
            answer = await question.ask_or_reason()
        except Exception as error:  # noqa: BLE001 – a third party's code; reported
            return f"{question.name} raised {type(error).__name__}: {error}"
        if not isinstance(answer, question.gives):
            return f"{question.name} gave a {type(answer).__name__}"
        if problem := _pictures_problem(trial, answer):
            return f"{question.name}: {problem}"
    return ""


async def answers_many_at_once(trial: Trial) -> str:
    """Sixteen questions at once each end in an answer or a `BackendError`."""
    kinds = _questions(trial, trial.site, _declared(trial))
    asked = [kinds[number % len(kinds)] for number in range(AT_ONCE)] if kinds else []
    answers = await asyncio.gather(
        *(question.ask() for question in asked), return_exceptions=True
    )
    for question, answer in zip(asked, answers, strict=True):
        if not isinstance(answer, question.gives):
            return f"{question.name} of {AT_ONCE} at once gave {answer!r:.80}"
    return ""


async def stops_when_cancelled(trial: Trial) -> str:
    """A question that is given up ends at once, just asked or under way."""
    for question in _questions(trial, trial.site, _declared(trial)):
        for after_s in (0, UNDER_WAY_S):
            task = asyncio.ensure_future(question.ask())
            try:
                await asyncio.wait({task}, timeout=after_s)
            finally:
                task.cancel()
            _, pending = await asyncio.wait({task}, timeout=CANCEL_WITHIN_S)
            if pending:
                return f"{question.name} went on after it was cancelled"
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
        has_a_contract_version_that_this_desk_knows,
        declares_which_questions_it_answers,
        says_how_it_is,
        refuses_a_question_that_it_does_not_answer,
        gives_a_usable_order_or_a_reason,
        gives_a_usable_scene_or_a_reason,
        gives_aware_times,
        keeps_the_evidence_it_names,
        is_not_confused_by_a_strange_site_name,
        answers_many_at_once,
        stops_when_cancelled,
        closes_twice,
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One question to the backend that is tried."""

    name: str
    ask: Callable[[], Coroutine[Any, Any, object]]
    gives: tuple[type, ...]
    """How it may end."""

    async def ask_or_reason(self) -> object:
        try:
            return await self.ask()
        except BackendError as error:
            return error


def _questions(
    trial: Trial, site: Site, services: frozenset[Service] | set[Service]
) -> list[_Question]:
    """Give the questions about a site that belong to these services."""
    backend, at = trial.backend, trial.at
    questions = []
    if Service.WORK_ORDERS in services:
        questions.append(
            _Question(
                name="expected",
                ask=lambda: backend.expected(site, at),
                gives=(WorkOrder, BackendError),
            )
        )
    if Service.DETECTION in services:
        questions += [
            _Question(
                name=f"observe {check}",
                ask=partial(backend.observe, site, check, at),
                gives=(Scene, BackendError),
            )
            for check in Check
        ]
    return questions


def _declared(
    trial: Trial, wanted: frozenset[Service] = frozenset(Service)
) -> frozenset[Service]:
    """Give what it declares of these; all where its declaration makes no sense."""
    services: object = trial.backend.services
    sound = isinstance(services, frozenset) and services <= set(Service)
    return wanted & trial.backend.services if sound else wanted


def _times(answer: object) -> list[tuple[str, object]]:
    """Give every time that an answer states, by name."""
    if isinstance(answer, WorkOrder):
        stated = [
            ("valid_from", answer.valid_from),
            ("valid_until", answer.valid_until),
        ]
        return [(name, moment) for name, moment in stated if moment is not None]
    if isinstance(answer, Scene):
        pictures = [
            ("taken_at of a picture", picture.taken_at)
            for picture in answer.evidence
            if picture.taken_at is not None
        ]
        return [("taken_at", answer.taken_at), *pictures]
    return []


def _pictures_problem(trial: Trial, answer: object) -> str:
    """Say which picture of a scene is not what is said of it, or nothing."""
    pictures = answer.evidence if isinstance(answer, Scene) else ()
    problems = (_picture_problem(trial.evidence_dir, picture) for picture in pictures)
    return next((problem for problem in problems if problem), "")


def _picture_problem(evidence_dir: Path, evidence: Evidence) -> str:
    folder = evidence_dir.resolve()
    path = (folder / evidence.path).resolve()
    if not path.is_relative_to(folder) or Path(evidence.path).is_absolute():
        return f"{evidence.path} is not inside the evidence folder"
    if not path.is_file():
        return f"{evidence.path} is not there"
    if path.stat().st_size > MOST_BYTES:
        return f"{evidence.path} has more than {MOST_BYTES} bytes"
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != evidence.sha256:
        return f"{evidence.path} has another SHA-256"
    try:
        kind = picture_kind(data)
    except BackendDataError as error:
        return f"{evidence.path}: {error.message}"
    if kind.media_type != evidence.media_type:
        return f"{evidence.path} is {kind.media_type}, not {evidence.media_type}"
    return ""


async def _tried(rule: str, test: Rule, trial: Trial) -> Conformity:
    try:
        async with asyncio.timeout(trial.patience_s):
            detail = await test(trial)
    except TimeoutError:
        detail = f"no answer within {trial.patience_s:g} s"
    except Exception as error:  # noqa: BLE001 – a third party's code; it is reported
        detail = f"raised {type(error).__name__}: {error}"
    return Conformity(rule=rule, ok=not detail, detail=detail)
