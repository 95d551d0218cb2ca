"""A microphone by hand; the contract suite holds it to what the real one keeps."""

import asyncio
import queue
from collections.abc import Callable, Iterator

from app.core.cancel import CancelToken
from app.core.desk import SoundInput
from app.core.errors import AudioDeviceError
from app.core.model import Origin
from app.core.ports import Health


class FakeTake:
    """Audio by hand: `feed` blocks, `finish` ends."""

    origin = Origin.MICROPHONE
    level = 0.3
    overflows = 0

    def __init__(self, hushed: Callable[[], bool] = lambda: False) -> None:
        self._hushed = hushed
        self._blocks: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self.finished = 0
        self.left_s = 60.0
        self.ended = False

    def feed(self, block: bytes = b"\0\0" * 1600) -> None:
        if self._hushed():
            return
        self.left_s -= len(block) / 32_000
        self._blocks.put(block)

    def finish(self) -> None:
        self.finished += 1
        self.ended = True
        self._blocks.put(None)

    def blocks(self, cancel: CancelToken) -> Iterator[bytes]:
        forget = cancel.on_cancel(lambda: self._blocks.put(None))
        try:
            cancel.raise_if_cancelled()
            while (block := self._blocks.get()) is not None:
                cancel.raise_if_cancelled()
                yield block
            cancel.raise_if_cancelled()
        finally:
            forget()
            self.ended = True


class FakeMicrophone:
    """Hands out takes; what it was told is there to be looked at."""

    name = "USB 麦克风"

    def __init__(self) -> None:
        self.takes: list[FakeTake] = []
        self.error: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.devices = (
            SoundInput(name="内置麦克风", is_default=True),
            SoundInput(name="USB 麦克风"),
        )
        self.chosen = ""
        self.hands_free = False
        self.hushed = False
        self.stood_by = 0
        self.closed = 0

    def stand_by(self) -> None:
        self.stood_by += 1

    def hush(self) -> None:
        self.hushed = True

    def resume(self) -> None:
        self.hushed = False

    async def open(self) -> FakeTake:
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.hushed:
            raise AudioDeviceError("正在播报, 麦克风暂时关闭")
        take = FakeTake(lambda: self.hushed)
        take.feed()
        self.takes.append(take)
        return take

    async def inputs(self) -> tuple[SoundInput, ...]:
        if self.error is not None:
            raise self.error
        return self.devices

    async def choose(self, name: str) -> None:
        if self.error is not None:
            raise self.error
        self.chosen = name

    async def health(self) -> Health:
        return Health(name="麦克风", key="microphone", ok=True, detail=self.name)

    async def close(self) -> None:
        self.closed += 1
