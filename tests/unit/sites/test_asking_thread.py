"""The systems are asked on a thread of their own, whatever they do there."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import replace
from datetime import datetime

import pytest

from app.compose import House
from app.core import events
from app.core.cancel import CancelToken
from app.core.errors import BackendUnreachableError, Cancelled
from app.core.model import Call, Check, Site
from app.core.observation import Observation, Scene, Service, WorkOrder
from app.core.ports import BACKEND_CONTRACT, Backend, Health
from app.sites import asking_thread, upkeep
from app.sites.asking_thread import AskingThread, DispatcherBeside
from app.sites.backends.table import Systems
from app.sites.upkeep import health_beside
from tests.fakes import HeldClock

NOW = HeldClock().now()
CALLS = [Call(Site(id=f"S{n}", name=f"站{n}"), Check.HEADCOUNT) for n in range(200)]

Before = Callable[[int], Awaitable[object]]


async def at_once(_index: int) -> None:
    """Wait for nothing."""


async def never(_index: int) -> None:
    await asyncio.Event().wait()


class Answering:
    """A dispatcher that answers the calls in their order, each after `before`."""

    def __init__(self, before: Before = at_once) -> None:
        self._before = before
        self.begun, self.ended = threading.Event(), threading.Event()
        self.threads: set[str] = set()

    async def dispatch(
        self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
    ) -> AsyncGenerator[tuple[int, Observation], None]:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        forget = cancel.on_cancel(lambda: loop.call_soon_threadsafe(stopped.set))
        stopping = asyncio.ensure_future(stopped.wait())
        self.threads.add(threading.current_thread().name)
        try:
            for index in range(len(calls)):
                self.begun.set()
                waiting = asyncio.ensure_future(self._before(index))
                try:
                    await asyncio.wait(
                        {waiting, stopping}, return_when="FIRST_COMPLETED"
                    )
                finally:
                    waiting.cancel()
                    await asyncio.gather(waiting, return_exceptions=True)
                cancel.raise_if_cancelled()
                yield index, Observation(actual=index)
        finally:
            forget()
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
            self.ended.set()


@pytest.fixture
async def thread() -> AsyncIterator[AskingThread]:
    made = AskingThread("systems under test")
    yield made
    await asyncio.to_thread(made.close)


async def tasks_there(thread: AskingThread) -> int:
    """Count what goes on there, besides the thread's own and this question."""

    async def count() -> int:
        return len(asyncio.all_tasks()) - 2

    return await thread.run(count)


async def test_answers_cross_over_whole_and_in_order(thread: AskingThread) -> None:
    asked = Answering()
    answers = DispatcherBeside(asked, thread).dispatch(
        CALLS, at=NOW, cancel=CancelToken()
    )
    got = [each async for each in answers]
    assert got == [(n, Observation(actual=n)) for n in range(len(CALLS))]
    assert asked.threads == {"systems under test"}
    assert await tasks_there(thread) == 0


async def test_a_run_that_is_stopped_gives_what_was_answered_and_ends_there(
    thread: AskingThread,
) -> None:
    async def first_only(index: int) -> None:
        if index:
            await never(index)

    asked, cancel = Answering(first_only), CancelToken()
    answers = DispatcherBeside(asked, thread).dispatch(CALLS, at=NOW, cancel=cancel)
    assert (await anext(answers))[0] == 0
    cancel.cancel()
    with pytest.raises(Cancelled):
        await anext(answers)
    assert asked.ended.is_set()
    assert await tasks_there(thread) == 0


async def test_nothing_is_asked_for_a_run_that_is_already_stopped(
    thread: AskingThread,
) -> None:
    asked, cancel = Answering(), CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        await anext(
            DispatcherBeside(asked, thread).dispatch(CALLS, at=NOW, cancel=cancel)
        )
    assert not asked.begun.is_set()


async def test_who_leaves_early_leaves_nothing_behind(thread: AskingThread) -> None:
    asked = Answering()
    answers = DispatcherBeside(asked, thread).dispatch(
        CALLS, at=NOW, cancel=CancelToken()
    )
    async with aclosing(answers):
        await anext(answers)
    assert asked.ended.is_set()
    assert await tasks_there(thread) == 0


async def test_a_task_that_is_cancelled_ends_what_it_began(
    thread: AskingThread,
) -> None:
    asked = Answering(never)

    async def wait_for_answers() -> None:
        beside = DispatcherBeside(asked, thread)
        async for _ in beside.dispatch(CALLS, at=NOW, cancel=CancelToken()):
            raise AssertionError

    task = asyncio.ensure_future(wait_for_answers())
    await asyncio.to_thread(asked.begun.wait)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asked.ended.is_set()
    assert await tasks_there(thread) == 0


async def test_what_goes_wrong_there_is_raised_here(thread: AskingThread) -> None:
    async def broken(index: int) -> None:
        raise ZeroDivisionError

    async def fails() -> None:
        await broken(0)

    with pytest.raises(ZeroDivisionError):
        await thread.run(fails)

    class Failing(Answering):
        async def dispatch(
            self, calls: Sequence[Call], *, at: datetime, cancel: CancelToken
        ) -> AsyncGenerator[tuple[int, Observation], None]:
            yield 0, Observation()
            raise ZeroDivisionError

    failing = DispatcherBeside(Failing(), thread)
    answers = failing.dispatch(CALLS, at=NOW, cancel=CancelToken())
    assert (await anext(answers))[0] == 0
    with pytest.raises(ZeroDivisionError):
        await anext(answers)


async def test_code_that_blocks_holds_up_neither_the_loop_nor_the_end(
    thread: AskingThread,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(asking_thread, "LEAVING_S", 0.01)
    monkeypatch.setattr(asking_thread, "CLOSE_WITHIN_S", 0.01)
    monkeypatch.setattr(asking_thread, "LAST_WITHIN_S", 0.01)
    monkeypatch.setattr(upkeep, "BEAT_S", 0.01)
    release = threading.Event()

    async def a_system_that_blocks(_index: int) -> None:
        release.wait()

    asked = Answering(a_system_that_blocks)

    async def wait_for_answers() -> None:
        beside = DispatcherBeside(asked, thread)
        async for _ in beside.dispatch(CALLS, at=NOW, cancel=CancelToken()):
            raise AssertionError

    task = asyncio.ensure_future(wait_for_answers())
    try:
        await asyncio.to_thread(asked.begun.wait)
        health = await health_beside(thread, "stuck", lambda name: None)  # type: ignore[arg-type, return-value]
        assert (health.name, health.ok) == ("stuck", False)
        assert health.remedy
        assert "查询线程没有反应" in health.detail
        # Which code it is, once and not with every look at the systems.
        assert not await thread.beats(0.01)
        (held_up,) = [r for r in caplog.records if "is held up" in r.getMessage()]
        assert "a_system_that_blocks" in held_up.getMessage()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        async def last() -> None:
            raise AssertionError

        await thread.finish(last)
    finally:
        release.set()
    told = " ".join(record.getMessage() for record in caplog.records)
    assert "is held up" in told
    assert "a run is left behind" in told
    assert "does not do its last work" in told
    assert "does not end" in told
    caplog.clear()


async def test_a_system_that_never_says_how_it_is_is_told_from_a_held_up_thread(
    thread: AskingThread,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(upkeep, "PATIENCE_S", 0.0)
    monkeypatch.setattr(upkeep, "_GRACE_S", 0.01)
    release = threading.Event()

    def made(name: str) -> Backend:
        release.wait()
        raise ZeroDivisionError

    try:
        assert await thread.beats(10)
        health = await health_beside(thread, "stuck", made)
        assert not health.ok
        assert "system stuck keeps its thread" in caplog.text
    finally:
        release.set()
    assert await thread.beats(10)
    caplog.clear()


async def test_a_run_is_stopped_while_code_blocks_the_thread(
    thread: AskingThread,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(asking_thread, "LEAVING_S", 0.01)
    monkeypatch.setattr(asking_thread, "COURTESY_S", 0.01)
    release = threading.Event()

    async def blocks_the_second(index: int) -> None:
        if index:
            release.wait(20)

    asked, cancel = Answering(blocks_the_second), CancelToken()
    answers = DispatcherBeside(asked, thread).dispatch(CALLS, at=NOW, cancel=cancel)
    try:
        assert (await anext(answers))[0] == 0
        cancel.cancel()
        with pytest.raises(Cancelled):
            await anext(answers)
        assert not asked.ended.is_set(), "it was not waited for"
    finally:
        release.set()
    assert "a run is left behind" in caplog.text
    caplog.clear()


async def test_the_last_work_is_done_where_the_systems_live(
    thread: AskingThread,
) -> None:
    where: list[str] = []

    async def last() -> None:
        where.append(threading.current_thread().name)

    await thread.run(at_once_there)
    await thread.finish(last)
    await thread.finish(last)
    assert where == ["systems under test"]
    with pytest.raises(BackendUnreachableError):
        await thread.run(last)


async def test_systems_that_were_only_used_here_are_closed_here(
    thread: AskingThread,
) -> None:
    where: list[threading.Thread] = []

    async def last() -> None:
        where.append(threading.current_thread())

    await thread.finish(last)
    assert where == [threading.current_thread()]


async def test_what_still_goes_on_at_the_end_is_cancelled(thread: AskingThread) -> None:
    left = threading.Event()
    begun = threading.Event()

    async def goes_on() -> None:
        begun.set()
        try:
            await never(0)
        finally:
            left.set()

    waiting = asyncio.ensure_future(thread.run(goes_on))
    await asyncio.to_thread(begun.wait)
    await asyncio.to_thread(thread.close)
    assert left.is_set()
    with suppress(asyncio.CancelledError):
        await waiting


async def at_once_there() -> None:
    """Do nothing, but there."""


class Watched:
    """A system that notes on which thread it is used."""

    contract = BACKEND_CONTRACT
    services = frozenset(Service)
    name = "demo"

    def __init__(self) -> None:
        self.threads: dict[str, set[str]] = defaultdict(set)

    def _note(self, what: str) -> None:
        self.threads[what].add(threading.current_thread().name)

    async def expected(self, site: Site, at: datetime) -> WorkOrder:
        self._note("expected")
        return WorkOrder(expected=3)

    async def observe(self, site: Site, check: Check, at: datetime) -> Scene:
        self._note("observe")
        return Scene(people=3, taken_at=at)

    async def health(self) -> Health:
        self._note("health")
        return Health(name=self.name, ok=True, detail="ok")

    async def close(self) -> None:
        self._note("close")


async def test_a_house_makes_asks_and_closes_its_systems_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    system = Watched()

    def make(systems: Systems, name: str) -> Watched:
        system._note("made")
        return system

    monkeypatch.setattr(Systems, "make", make)
    with House() as house:
        request = replace(house.desk.request(), chosen=tuple(CALLS[:3]))
        ending = [event async for event in house.desk.run(request)][-1]
        assert isinstance(ending, events.RunFinished)
        check = health_beside(house.asking_thread, "demo", house.router.system)
        assert (await check).ok
        await house.close_backend()
    names = {"made", "expected", "observe", "health", "close"}
    assert system.threads == {name: {"site-systems"} for name in names}
