"""What a training takes of memory."""

import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_MIB = 1 << 20


@dataclass(frozen=True)
class Memory:
    """Peaks of one training in MiB."""

    process: float
    """Of the whole process, its libraries included."""
    added: float
    """Over what the process held before base and rows were loaded."""
    device: float
    """Of the GPU's own memory; 0 without one."""


class MemoryWatch:
    """Remembers what the process held, then says what the peak was."""

    def __init__(self) -> None:
        """Begin; the peak counts from here on where the system can forget peaks."""
        import torch

        # Where this is not Linux, the peak is of the process's whole life.
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        self._before = _resident()
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def read(self) -> Memory:
        """Return the peaks until now."""
        import torch

        peak = peak_of_process()
        device = 0.0
        if torch.cuda.is_available():
            device = torch.cuda.max_memory_allocated() / _MIB
        return Memory(peak, max(0.0, peak - self._before), device)


def _resident() -> float:
    import psutil

    return float(psutil.Process().memory_info().rss) / _MIB


def peak_of_process() -> float:
    """Return the most that this process ever held, in MiB."""
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM:"):
                return float(line.split()[1]) / 1024
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / _MIB
    import resource

    scale = _MIB if sys.platform == "darwin" else 1024
    return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / scale
