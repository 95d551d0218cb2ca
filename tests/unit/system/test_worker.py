"""One thread owns every model."""

import asyncio
import threading

import pytest

from app.system.worker import InferenceWorker, WorkAbandonedError, left_behind


@pytest.fixture
def worker():
    made = InferenceWorker()
    yield made
    made.close()


async def test_all_work_runs_on_one_thread_that_is_not_the_loops(
    worker: InferenceWorker,
) -> None:
    threads = await asyncio.gather(
        *(worker.run(threading.current_thread) for _ in range(20))
    )
    assert len(set(threads)) == 1
    assert threads[0] is not threading.current_thread()


async def test_an_error_in_the_work_reaches_the_one_who_asked(
    worker: InferenceWorker,
) -> None:
    def bug() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await worker.run(bug)
    assert await worker.run(lambda: 3) == 3


async def test_the_loop_runs_on_while_the_worker_works(
    worker: InferenceWorker,
) -> None:
    gate = threading.Event()
    waiting = asyncio.create_task(worker.run(lambda: gate.wait(10)))
    await asyncio.sleep(0)
    gate.set()
    assert await waiting is True


async def test_cancelled_work_that_has_not_begun_never_begins(
    worker: InferenceWorker,
) -> None:
    gate, began = threading.Event(), threading.Event()

    def hold() -> bool:
        began.set()
        return gate.wait(10)

    first = asyncio.create_task(worker.run(hold))
    ran: list[int] = []
    second = asyncio.create_task(worker.run(lambda: ran.append(1)))
    await asyncio.to_thread(began.wait, 10)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    await first
    await worker.run(lambda: None)
    assert ran == []


async def test_a_closed_worker_finishes_its_queue_and_takes_no_more() -> None:
    worker = InferenceWorker()
    done: list[int] = []
    futures = [worker.submit(lambda n=n: done.append(n)) for n in range(5)]
    worker.close()
    worker.close()
    assert done == [0, 1, 2, 3, 4]
    assert all(f.done() for f in futures)
    with pytest.raises(RuntimeError):
        worker.submit(lambda: None)


def test_a_worker_that_never_worked_has_no_thread() -> None:
    before = threading.active_count()
    worker = InferenceWorker()
    assert threading.active_count() == before
    worker.close()


async def test_what_waits_behind_stuck_work_goes_on_on_another_thread(
    worker: InferenceWorker, caplog: pytest.LogCaptureFixture
) -> None:
    gate, began = threading.Event(), threading.Event()

    def stuck() -> None:
        began.set()
        gate.wait(20)

    first = asyncio.create_task(worker.run(stuck))
    await asyncio.to_thread(began.wait, 10)
    second = asyncio.create_task(worker.run(threading.current_thread))
    await asyncio.sleep(0)
    worker.abandon()
    caplog.clear()
    with pytest.raises(WorkAbandonedError):
        await first
    another = await second
    assert left_behind()
    gate.set()
    # It takes no more work when it comes back, and nobody is told what came of it.
    assert await worker.run(threading.current_thread) is another
    worker.abandon()
    assert await worker.run(threading.current_thread) is another, "nothing was stuck"


def test_a_worker_is_closed_although_its_work_is_stuck(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gate, began = threading.Event(), threading.Event()
    worker = InferenceWorker()
    worker.submit(lambda: began.set() or gate.wait(20))
    queued = worker.submit(lambda: 3)
    began.wait(10)
    closing = threading.Thread(target=worker.close)
    closing.start()
    worker.abandon()
    caplog.clear()
    closing.join(10)
    assert not closing.is_alive()
    assert queued.result(10) == 3
    gate.set()
