"""Weights of a small model kept as whole numbers of eight bits, one scale a row.

A repository keeps every version of a model for ever, and installers travel on sticks:
this halves float16. Rounding moves a weight by at most 1/254 of the greatest of its
row. The weights are unpacked to float32 when they are read.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import torch

WEIGHTS: Final = "model.safetensors"
SCALE: Final = ".int8_scale"
"""What is added to the name of a matrix for its scales, `[rows, 1]`."""

_STORED: Final = "stored"
_INT8: Final = "int8 rows"
_MOST: Final = 127


def write_int8(weights: "Mapping[str, torch.Tensor]", folder: Path) -> None:
    """Write weights to `model.safetensors`: matrices in 8 bits, all else in float16.

    Whole numbers stay as they are.
    """
    import torch
    from safetensors.torch import save_file

    stored: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        if not tensor.is_floating_point():
            stored[name] = tensor.contiguous()
            continue
        if tensor.ndim != 2:
            stored[name] = tensor.half().contiguous()
            continue
        whole = tensor.float()
        scale = whole.abs().amax(dim=1, keepdim=True).clamp_min(1e-12) / _MOST
        stored[name] = (whole / scale).round().to(torch.int8).contiguous()
        stored[name + SCALE] = scale
    save_file(stored, folder / WEIGHTS, metadata={"format": "pt", _STORED: _INT8})


def is_int8(folder: Path) -> bool:
    """Whether the weights of a folder are kept this way; no if they cannot be read."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / WEIGHTS, "pt") as file:
            return (file.metadata() or {}).get(_STORED) == _INT8
    except (OSError, SafetensorError):
        return False


def read_int8(folder: Path) -> "dict[str, torch.Tensor]":
    """Read what `write_int8` wrote, in float32.

    Raises:
        SafetensorError: The file is broken.
        KeyError: The scales of a matrix are missing.
    """
    from safetensors.torch import load_file

    stored = load_file(folder / WEIGHTS)
    return {
        name: tensor.float() * stored[name + SCALE]
        if tensor.ndim == 2
        else (tensor.float() if tensor.is_floating_point() else tensor)
        for name, tensor in stored.items()
        if not name.endswith(SCALE)
    }
