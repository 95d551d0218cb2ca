"""The cancel token, across threads and the event loop."""

import asyncio
import threading

import pytest

from app.core.cancel import CancelToken, cancellable
from app.core.errors import Cancelled


def test_callbacks_run_once_and_can_be_taken_back() -> None:
    token = CancelToken()
    rang: list[str] = []
    token.on_cancel(lambda: rang.append("kept"))
    forget = token.on_cancel(lambda: rang.append("forgotten"))
    forget()
    token.cancel()
    token.cancel()
    assert rang == ["kept"]
    token.on_cancel(lambda: rang.append("late"))
    assert rang == ["kept", "late"]
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()


async def test_a_wait_ends_when_another_thread_cancels() -> None:
    token = CancelToken()
    began = asyncio.Event()
    ended = asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    waiting = asyncio.create_task(cancellable(work(), token))
    await began.wait()
    thread = threading.Thread(target=token.cancel)
    thread.start()
    with pytest.raises(Cancelled):
        await waiting
    assert ended.is_set()
    thread.join()


async def test_cancelling_the_waiter_is_not_mistaken_for_the_token() -> None:
    waiting = asyncio.create_task(cancellable(asyncio.Event().wait(), CancelToken()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_a_set_token_lets_nothing_begin() -> None:
    token = CancelToken()
    token.cancel()
    began: list[bool] = []

    async def work() -> None:
        began.append(True)

    with pytest.raises(Cancelled):
        await cancellable(work(), token)
    assert began == []


async def test_a_result_comes_through() -> None:
    async def work() -> int:
        return 7

    assert await cancellable(work(), CancelToken()) == 7
