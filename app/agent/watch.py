"""A GPU that fails or never answers: how it is told, and what is given back.

A failed CUDA context fails every later call of the process, and a stuck one never comes
back. Python can end neither: a thread that waits in a driver cannot be stopped. So the
thread is left behind, nothing asks the GPU again before the program is started anew,
and the model is loaded on the processor. What the stuck thread holds of the GPU's
memory is held until then. A driver that also holds Python's own lock stops the whole
program; only whoever watches the program from outside could help then.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from app.core.errors import ModelMemoryError
from app.system.worker import WorkAbandonedError

log = logging.getLogger(__name__)

_NO_ROOM: Final = (
    "out of memory",
    "out_of_memory",
    "outofmemoryerror",
    "cublas_status_alloc_failed",
    "cudnn_status_alloc_failed",
)
"""What a device without memory says, in small letters."""
_NO_RAM: Final = ("can't allocate memory", "not enough memory")
"""What torch says of a machine without memory; a smaller model on the GPU needs no less
of that than a large one."""
_MARKS: Final = ("CUDA error", "CUDA driver error", "CUBLAS_STATUS_", "CUDNN_STATUS_")
_LONGEST: Final = 80
FULL: Final = "显存不足"
"""What is said of a GPU without memory: it works, and can be asked for less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the GPU may take, in seconds, before it counts as stuck."""

    load_s: float = 900.0
    """To load the model and compute with it once; a slow disk takes minutes."""
    step_s: float = 20.0
    """To read one command, or to write one sentence; it takes less than one."""


LIMITS: Final = Limits()


def says_full(text: str) -> bool:
    """Say whether a text tells of a device, or a machine, without memory."""
    said = text.lower()
    return any(mark in said for mark in (*_NO_ROOM, *_NO_RAM))


def out_of_memory(error: BaseException | None) -> bool:
    """Say whether a device, or the machine, had no memory left."""
    while error is not None:
        if isinstance(error, MemoryError) or _device_full(error):
            return True
        if says_full(str(error)):
            return True
        error = error.__cause__
    return False


def _device_full(error: BaseException) -> bool:
    if any(kind.__name__ == "OutOfMemoryError" for kind in type(error).__mro__):
        return True
    said = str(error).lower()
    return isinstance(error, RuntimeError) and any(mark in said for mark in _NO_ROOM)


def failure_of_gpu(error: BaseException | None) -> str:
    """Say how the GPU failed, in Chinese; empty where the fault is another."""
    while error is not None:
        kinds = {kind.__name__ for kind in type(error).__mro__}
        text = str(error).strip()
        if isinstance(error, ModelMemoryError):
            # Whoever chose the precision has tried what there is, the CPU included.
            return ""
        if _device_full(error):
            return FULL
        marked = isinstance(error, RuntimeError) and any(m in text for m in _MARKS)
        if marked or "AcceleratorError" in kinds:
            first = text.splitlines()[0][:_LONGEST] if text else "CUDA"
            return f"显卡运算出错 ({first})"
        error = error.__cause__
    return ""


@contextmanager
def within(seconds: float, late: Callable[[], None]) -> Iterator[None]:
    """Call `late`, on another thread, if the block is not over in time.

    Raises:
        WorkAbandonedError: It came back after that; nothing may be done with it.
    """
    lock = threading.Lock()
    over = rang = False

    def ring() -> None:
        nonlocal rang
        with lock:
            if over:
                return
            rang = True
            late()

    timer = threading.Timer(seconds, ring)
    timer.name, timer.daemon = "model-watch", True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        with lock:
            over = True
        if rang:
            raise WorkAbandonedError


def dismantle(model: Any) -> None:
    """Take a model apart, so that its weights are given up whoever refers to it.

    Modules refer to one another in circles, which only a collection of garbage would
    find. That must not happen here: this is no thread that may delete windows.
    """
    for module in list(model.modules()):
        module.__dict__.clear()


def free_memory(device: str) -> None:
    """Give the memory of what is no longer used back to the GPU.

    Not after a GPU is stuck: this call would wait for it as well.
    """
    if device == "cpu":
        return
    import torch

    try:
        torch.cuda.empty_cache()
    except RuntimeError as error:
        # A failed context keeps what it has until the program ends.
        log.info("the GPU's memory was not given back: %s", error)
