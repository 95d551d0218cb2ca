"""What networks and bad servers do: each has its own sentence, none hangs or leaks."""

import asyncio
import socket
from pathlib import Path

import pytest

from app.core.errors import (
    BackendDataError,
    BackendError,
    BackendTimeoutError,
    BackendUnreachableError,
)
from app.sites.backends.http import faults, lanes
from app.sites.backends.http import transport as transporting
from app.sites.backends.http.transport import json_of
from tests.site_server import RawCall, raw_serving
from tests.unit.sites.http.asking import GET, ask, transport

OK = b"HTTP/1.1 200 OK\r\n"

BAD_ANSWERS: dict[str, tuple[bytes, type[BackendError], str]] = {
    "nothing": (b"", BackendUnreachableError, "没有答复就断开"),
    "half a head": (b"HTTP/1.1 200 OK\r\nContent-", BackendUnreachableError, "断"),
    "short body": (
        OK + b'Content-Length: 50\r\n\r\n{"a": 1',
        BackendUnreachableError,
        "没有发完",
    ),
    "short chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n10\r\n[1,",
        BackendUnreachableError,
        "没有发完",
    ),
    "no last chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n",
        BackendUnreachableError,
        "没有发完",
    ),
    "bad chunk": (
        OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]",
        BackendDataError,
        "不合 HTTP 规则",
    ),
    "no http": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", BackendDataError, "不合 HTTP 规则"),
    "two lengths": (
        OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n[]",
        BackendDataError,
        "不合 HTTP 规则",
    ),
    "bad length": (
        OK + b"Content-Length: -1\r\n\r\n[]",
        BackendDataError,
        "不合 HTTP 规则",
    ),
    "endless head": (
        OK + b"X-A: " + b"a" * 300_000,
        BackendDataError,
        "不合 HTTP 规则",
    ),
    "switching": (
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        BackendDataError,
        "不合 HTTP 规则",
    ),
    "tls alert": (
        b"\x15\x03\x01\x00\x02\x02\x46",
        BackendUnreachableError,
        "很可能是加密端口",
    ),
    "long tls alert": (
        b"\x15\x03\x01\x00\x02\x02\x46\r\n\r\n",
        BackendUnreachableError,
        "很可能是加密端口",
    ),
}


@pytest.mark.parametrize("kind", BAD_ANSWERS)
async def test_a_bad_answer_has_its_own_sentence(tmp_path: Path, kind: str) -> None:
    data, error, sentence = BAD_ANSWERS[kind]

    async def answer(call: RawCall) -> None:
        await call.send(data)

    async with raw_serving(answer) as raw:
        with pytest.raises(error, match=sentence) as caught:
            await ask(raw.url, tmp_path)
    assert type(caught.value) is error
    assert raw.url.removeprefix("http://") in caught.value.message


async def test_a_body_longer_than_it_says_ends_where_it_says(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        await call.send(OK + b"Content-Length: 2\r\n\r\n[][][][]")

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        for _ in range(3):
            assert json_of(await made.fetch(GET)) == []


async def test_a_kept_connection_that_was_given_up_costs_no_answer(
    tmp_path: Path,
) -> None:
    async def answer(call: RawCall) -> None:
        # Closes after every answer, and does not say so.
        await call.send(OK + b"Content-Length: 2\r\n\r\n[]")

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        for _ in range(20):
            assert json_of(await made.fetch(GET)) == []
    assert len(raw.calls) == 20


async def test_a_new_connection_that_breaks_is_not_tried_again(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        return

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        with pytest.raises(BackendUnreachableError):
            await made.fetch(GET)
    assert len(raw.calls) == 1


async def test_a_connection_that_is_reset_has_its_sentence(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        await call.send(OK + b"Content-Length: 99\r\n\r\n{")
        call.reset()

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendUnreachableError, match="断"):
            await ask(raw.url, tmp_path)


async def test_a_port_where_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for url in (f"http://127.0.0.1:{port}", f"http://localhost:{port}"):
        with pytest.raises(BackendUnreachableError, match="拒绝连接"):
            await ask(url, tmp_path)


async def test_a_host_that_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(BackendUnreachableError, match="找不到主机") as caught:
        await ask("http://no-such-host.invalid", tmp_path)
    assert "DNS" in caught.value.remedy


async def test_a_host_that_does_not_take_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transporting, "CONNECT_S", 0.05)
    # Listens with a full queue: further calls are neither taken nor refused.
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        port = deaf.getsockname()[1]
        callers = [socket.socket() for _ in range(4)]
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        try:
            with pytest.raises(BackendUnreachableError, match="连接不上"):
                await ask(f"http://127.0.0.1:{port}", tmp_path)
        finally:
            for caller in callers:
                caller.close()


async def test_silence_ends_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transporting, "READ_S", 0.05)

    async def answer(call: RawCall) -> None:
        await call.gone.wait()

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendTimeoutError, match="没有动静"):
            await ask(raw.url, tmp_path)
        await raw.calls[0].gone.wait()


async def test_a_trickle_ends_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transporting, "MOST_S", 0.2)

    async def answer(call: RawCall) -> None:
        await call.send(OK + b"\r\n")
        await call.trickle(b" " * 100_000, every_s=0.01)

    async with raw_serving(answer) as raw:
        with pytest.raises(BackendTimeoutError, match="没有收完"):
            await ask(raw.url, tmp_path)
        await raw.calls[0].gone.wait()


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\n", OK + b"\r\n["])
async def test_cancelling_closes_the_connection_at_once(
    tmp_path: Path, start: bytes
) -> None:
    closed = asyncio.Event()

    async def answer(call: RawCall) -> None:
        await call.send(start)
        await call.trickle(b" " * 100_000, every_s=0.01)
        await call.gone.wait()
        closed.set()

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        question = asyncio.ensure_future(made.fetch(GET))
        await raw.asked.wait()
        question.cancel()
        with pytest.raises(asyncio.CancelledError):
            await question
        # The transport itself is still open; only this connection is not.
        await closed.wait()


async def test_a_cancelled_question_gives_its_place_in_the_pool_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MOST", 2)
    monkeypatch.setattr(lanes, "LANES", 1)
    silent = True

    async def answer(call: RawCall) -> None:
        if silent:
            await call.gone.wait()
        await call.send(OK + b"Content-Length: 2\r\n\r\n[]")

    async with raw_serving(answer) as raw, transport(raw.url, tmp_path) as made:
        questions = [asyncio.ensure_future(made.fetch(GET)) for _ in range(5)]
        await raw.asked.wait()
        for question in questions:
            question.cancel()
        await asyncio.wait(questions)
        silent = False
        assert json_of(await made.fetch(GET)) == []


async def test_no_task_outlives_a_question(tmp_path: Path) -> None:
    async def answer(call: RawCall) -> None:
        await call.send(OK + b"Content-Length: 9\r\n\r\n{")

    before = asyncio.all_tasks()
    async with raw_serving(answer) as raw:
        with pytest.raises(BackendUnreachableError):
            await ask(raw.url, tmp_path)
    assert asyncio.all_tasks() == before


def test_a_fault_nobody_thought_of_has_a_sentence_too() -> None:
    error = faults.fault_of(RuntimeError("internal http://x/?token=1"), "h:1")
    assert isinstance(error, BackendUnreachableError)
    assert "token" not in str(error)
