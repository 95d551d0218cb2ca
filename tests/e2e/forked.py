"""Commands in processes of their own, forked from one that has imported the libraries.

A command that understands something spends most of its time importing torch. Whoever
tests what the command does, and not how it starts, need not wait for that each time:
the process is a real one, with its own environment, folder and streams.
"""

import atexit
import contextlib
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
_PATIENCE_S: Final = 240


class Nest:
    """A process that does nothing but fork."""

    def __init__(self) -> None:
        """Start it; it imports while nobody waits yet."""
        self._ours, theirs = socket.socketpair()
        command = [sys.executable, "-m", "tests.e2e.forked", str(theirs.fileno())]
        self._process = subprocess.Popen(
            command, cwd=ROOT, pass_fds=[theirs.fileno()], start_new_session=True
        )
        theirs.close()
        self._answers = self._ours.makefile("r", encoding="utf-8")

    def run(
        self, code: str, *args: str, env: Mapping[str, str], stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run Python code as `python -c` would, in the project's folder."""
        told = {"code": code, "args": args, "env": dict(env)}
        pipes = [os.pipe() for _ in range(3)]
        (inside, feed), (out, told_out), (error, told_error) = pipes
        message = json.dumps(told).encode()
        head = f"{len(message)}\n".encode()
        socket.send_fds(self._ours, [head], [inside, told_out, told_error])
        self._ours.sendall(message)
        for end in (inside, told_out, told_error):
            os.close(end)
        texts: dict[int, str] = {}

        def read(end: int) -> None:
            with open(end, encoding="utf-8") as stream:
                texts[end] = stream.read()

        readers = [threading.Thread(target=read, args=(end,)) for end in (out, error)]
        for reader in readers:
            reader.start()
        with contextlib.suppress(BrokenPipeError), open(feed, "w") as stream:
            stream.write(stdin or "")
        child = int(self._answers.readline())
        watch = threading.Timer(_PATIENCE_S, os.kill, (child, signal.SIGKILL))
        watch.start()
        try:
            status = int(self._answers.readline())
        finally:
            watch.cancel()
            watch.join()
        for reader in readers:
            reader.join()
        return subprocess.CompletedProcess(list(args), status, texts[out], texts[error])

    def close(self) -> None:
        """End it."""
        self._answers.close()
        self._ours.close()
        self._process.wait(30)


@cache
def nest() -> Nest:
    """Give the one that the tests of a process share; `close_nest` ends it."""
    return Nest()


def close_nest() -> None:
    """End it, if there is one."""
    if nest.cache_info().currsize:
        nest().close()
        nest.cache_clear()


def _serve(orders: socket.socket) -> None:
    while True:
        head, given, _, _ = socket.recv_fds(orders, 1, 3)
        if not head:
            return
        while not head.endswith(b"\n"):
            head += orders.recv(1)
        left, parts = int(head), []
        while left:
            parts.append(orders.recv(left))
            left -= len(parts[-1])
        told = json.loads(b"".join(parts))
        child = os.fork()
        if child == 0:
            orders.close()
            _become(given, told["code"], told["args"], told["env"])
        for end in given:
            os.close(end)
        orders.sendall(f"{child}\n".encode())
        _, ended = os.waitpid(child, 0)
        orders.sendall(f"{os.waitstatus_to_exitcode(ended)}\n".encode())


def _become(given: list[int], code: str, args: list[str], env: dict[str, str]) -> None:
    """Carry out the code as the main program of this process, and end it."""
    for number, end in enumerate(given):
        os.dup2(end, number)
        os.close(end)
    streams = (
        io.FileIO(number, mode, closefd=False)
        for number, mode in enumerate(("r", "w", "w"))
    )
    inside, out, error = streams
    sys.stdin = io.TextIOWrapper(io.BufferedReader(inside), encoding="utf-8")
    sys.stdout = io.TextIOWrapper(io.BufferedWriter(out), encoding="utf-8")
    sys.stderr = io.TextIOWrapper(
        io.BufferedWriter(error), encoding="utf-8", line_buffering=True
    )
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["-c", *args]
    status = _status(lambda: exec(compile(code, "<string>", "exec"), {}))
    with contextlib.suppress(Exception):
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _status(work: Callable[[], object]) -> int:
    try:
        work()
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        sys.stderr.write(f"{ending.code}\n")
        return 1
    except BaseException:  # noqa: BLE001 – told as the interpreter would
        import traceback

        traceback.print_exc()
        return 1
    return 0


def _learn() -> None:
    """Import what a command would; nothing of it may begin a thread that works."""
    import numpy
    import sqlalchemy
    import torch
    import transformers.models.glm.modeling_glm
    import vosk

    import app.agent.prefix_lm
    import app.cli
    import app.compose

    known = (
        numpy,
        sqlalchemy,
        torch,
        transformers.models.glm.modeling_glm,
        vosk,
        app.agent.prefix_lm,
        app.cli,
        app.compose,
    )
    assert all(known)


if __name__ == "__main__":
    asked = socket.socket(fileno=int(sys.argv[1]))
    _learn()
    _serve(asked)
