"""Whether the machine has a graphics card that could compute."""

import os
import sys
from pathlib import Path
from typing import Final

_PCI: Final = Path("/sys/bus/pci/devices")
_NVIDIA: Final = "0x10de"
_DISPLAY: Final = "0x03"
"""How the class of every kind of graphics card begins."""


def has_nvidia_card(pci: Path = _PCI) -> bool:
    """Say whether there is a card of NVIDIA's; on Windows, its driver.

    The driver itself is not asked: one that is stuck would never answer.
    """
    if sys.platform == "win32":
        windows = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"))
        return (windows / "System32" / "nvcuda.dll").exists()
    return any(_is_card(device) for device in pci.glob("*"))


def _is_card(device: Path) -> bool:
    try:
        made_by = (device / "vendor").read_text("ascii").strip()
        kind = (device / "class").read_text("ascii")
    except (OSError, ValueError):
        return False
    return made_by == _NVIDIA and kind.startswith(_DISPLAY)
